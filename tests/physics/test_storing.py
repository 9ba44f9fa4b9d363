"""How long batteries hold what they have, and how soon they have it: against closed forms and bisection."""

import functools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq

import jaxqb as qb
from jaxqb.compiled import options
from jaxqb.errors import FieldError, MeritError, MethodError, Status, TimesError

quickly = functools.partial(eqx.filter_jit, compiler_options=options(0))  # as the verbs compile what is small


def alone(damping: Any, hopping: Any = 0.1) -> Any:
    """Equal spins with one excitation, which decays as if each were alone."""
    return qb.DimerChain(2, 1.0, damping, hopping, initial=qb.single_excitation([1.0, 0.0]))


def lifetime(damping: Any, fraction: Any) -> Any:
    return qb.storage_time(alone(damping), fraction).time


def test_what_holds_nothing_keeps_no_part_of_it() -> None:
    kept = qb.storage_time(qb.SpinCharger(1, 1), 0.5, window=2.0)
    assert np.isnan(kept.time) and not kept.found and int(kept.status) == Status.NOT_FINITE


def test_lifetime() -> None:
    """With derivatives in both directions, and in batches."""
    kept = qb.storage_time(alone(0.05))
    assert float(kept.time) == pytest.approx(20.0, rel=1e-13) and float(kept.value) == pytest.approx(np.exp(-1), rel=1e-13)
    assert bool(kept.found) and int(kept.status) == Status.OK and "at t = 20" in repr(kept)
    time, slopes = quickly(jax.value_and_grad(lifetime, argnums=(0, 1)))(0.05, 0.3)
    assert float(time) == pytest.approx(-np.log(0.3) / 0.05, rel=1e-13)
    np.testing.assert_allclose(slopes, [np.log(0.3) / 0.05**2, -1 / (0.05 * 0.3)], rtol=1e-11)
    along = quickly(lambda x: jax.jvp(lambda x: lifetime(x, 2 * x), (x,), (1.0,))[1])(0.1)
    assert float(along) == pytest.approx(np.log(0.2) / 0.1**2 - 2 / (0.1 * 0.2), rel=1e-11)
    dampings = np.array([0.01, 0.05, 0.7])
    np.testing.assert_allclose(quickly(jax.vmap(lambda x: lifetime(x, 0.5)))(dampings), np.log(2) / dampings, rtol=1e-12)
    assert float(lifetime(0.05, 1e-3)) == pytest.approx(np.log(1e3) / 0.05, rel=1e-12)


def two_gaps(level: float, ratio: float, damping: float, odd: float = 1.0, even: float = 1.0) -> float:
    """When the energy of spins without hopping, so many of each kind, is a part of what it was: a sum of two exponentials."""
    left = lambda t: odd * np.exp(-damping * t) + even * ratio * np.exp(-ratio * damping * t)  # noqa: E731
    return brentq(lambda t: left(t) / left(0.0) - level, 0.0, 1e4, xtol=1e-12, rtol=1e-14)


def test_two_gaps() -> None:
    def ours(ratio, damping):
        start = qb.single_excitation([0.6, 0.8])
        return qb.storage_time(qb.DimerChain(2, ratio, damping, 0.0, initial=start), 0.4).time

    truth = lambda ratio, damping: two_gaps(0.4, ratio, damping, 0.36, 0.64)  # noqa: E731
    time, slopes = quickly(jax.value_and_grad(ours, argnums=(0, 1)))(0.25, 0.05)
    assert float(time) == pytest.approx(truth(0.25, 0.05), rel=1e-12)
    known = [(truth(0.25 + h, 0.05 + g) - truth(0.25 - h, 0.05 - g)) / 2e-6 for h, g in ((1e-6, 0.0), (0.0, 1e-6))]
    np.testing.assert_allclose(slopes, known, rtol=1e-6)


def test_sign_change() -> None:
    """The energy that the source normalises vanishes where half is left: by the closure of a chain that is full at first."""
    zero = lambda *pattern: qb.storage_time(qb.DimerChain(4, *pattern), 0.0, "normalised_energy")  # noqa: E731
    assert float(zero(1.0, 0.05, 0.05).time) == pytest.approx(np.log(2) / 0.05, rel=1e-9)
    assert float(zero(0.25, 0.05, 0.0).time) == pytest.approx(two_gaps(0.5, 0.25, 0.05), rel=1e-9)


RATIO, BOND = 0.4, 0.5
TURN = np.hypot((1 - RATIO) / 2, BOND)
MOVED = (BOND / TURN) ** 2  # of the excitation goes to the other spin, and comes back


def swing(first: int, method: Any, level: float, figure: Any = "energy") -> Any:
    """Two spins in exchange, one of which is excited, for a little more than half a cycle."""
    chain = qb.DimerChain(2, RATIO, 0.0, BOND, initial=qb.single_excitation(np.eye(2)[first]))
    return qb.first_time(chain, figure, level, 3.3 / TURN, method=method)


@pytest.mark.parametrize("method", [None, qb.Chebyshev(), qb.Exponential()])
def test_grazing(method: Any) -> None:
    """Summits and valleys that pass the level by hardly anything are seen, those that miss it by as little are not."""
    for margin in (0.3, 1e-4, 1e-10):
        moved = MOVED * (1 - margin)
        time = np.arcsin(np.sqrt(moved / MOVED)) / TURN
        for first, level in ((1, RATIO + (1 - RATIO) * moved), (0, 1 - (1 - RATIO) * moved)):
            seen = swing(first, method, level)
            assert bool(seen.found) and float(seen.time) == pytest.approx(time, abs=1e-14 / np.sqrt(margin) + 1e-13), margin
        for first, level in ((1, RATIO + (1 - RATIO) * MOVED * (1 + margin)), (0, 1 - (1 - RATIO) * MOVED * (1 + margin))):
            seen = swing(first, method, level)
            assert not seen.found and np.isnan(seen.time) and np.isnan(seen.value) and int(seen.status) == Status.NOT_REACHED


def edge(battery: Any, state: Any) -> Any:
    """It comes down to zero in a corner, twice, and turns back at once."""
    return jnp.abs(state.excited()[0] - 0.5)


def test_corners() -> None:
    for level in (0.2, 1e-3, 1e-9):
        time = np.arcsin(np.sqrt((0.5 - level) / MOVED)) / TURN
        assert float(swing(0, None, level, edge).time) == pytest.approx(time, abs=1e-13)
    assert not swing(0, None, -1e-9, edge).found


def test_ergotropy_of_an_excitation() -> None:
    """A cell that is excited with probability p > 1/2 gives 2 p - 1 of its gap."""
    kept = qb.storage_time(alone(0.05), 0.5, "ergotropy")
    assert float(kept.time) == pytest.approx(-np.log(0.75) / 0.05, rel=1e-12)
    full = qb.storage_time(qb.DimerChain(2, 1.0), 0.5, "ergotropy")  # the closure does not know it, the exact law does
    assert float(full.time) == pytest.approx(-np.log(0.75) / 0.05, rel=1e-11) and full.law == "sectors"


def test_charging() -> None:
    full = lambda g: qb.first_time(qb.SpinCharger(1, 1, coupling=g), "filling", 0.9).time  # noqa: E731
    known = np.arcsin(np.sqrt(0.9)) / 1.3
    time, slope = quickly(jax.value_and_grad(full))(1.3)
    assert float(time) == pytest.approx(known, rel=1e-12) and float(slope) == pytest.approx(-known / 1.3, rel=1e-10)
    half = qb.first_time(qb.SpinCharger(1, 1), "ergotropy", 0.2)  # flat until the cell is half full
    assert float(half.time) == pytest.approx(np.arcsin(np.sqrt(0.6)), rel=1e-12)
    fast = qb.first_time(qb.SpinCharger(1, 1), "instantaneous_power", 0.7)  # the slope is sin(2 t)
    assert float(fast.time) == pytest.approx(np.arcsin(0.7) / 2, rel=1e-12)
    at_once = qb.first_time(qb.SpinCharger(1, 1, battery_excitations=1, charger_excitations=0), "filling", 1.0)
    assert float(at_once.time) == 0.0 and at_once.found


def test_dark_states() -> None:
    """Cell and charger: a fourth of the energy stays, reached as (1 - exp(-2 gamma t))^2."""
    reach = lambda rate, level: qb.first_time(qb.DarkStateBattery(1, 1, rate), "energy", level)  # noqa: E731
    known = -np.log(1 - 2 * np.sqrt(0.1)) / 2
    assert float(reach(1.0, 0.1).time) == pytest.approx(known, rel=1e-12)
    assert float(reach(2.0, 0.1).time) == pytest.approx(known / 2, rel=1e-12)
    never = reach(1.0, 0.3)
    assert not never.found and int(never.status) == Status.NOT_REACHED


def test_a_warm_spin() -> None:
    """It falls to what the bath holds, and no further: the search ends by itself."""
    down = np.array([[0.0, 1.0], [0.0, 0.0]])
    spin = qb.OpenBattery(0.7 * down.T @ down, [down, down.T], [0.4, 0.1], down.T @ down, [0.0, 1.0])
    kept = qb.storage_time(spin, 0.5)
    assert float(kept.time) == pytest.approx(-np.log((0.5 - 0.2) / 0.8) / 0.5, rel=1e-12)
    never = qb.storage_time(spin, 0.1)
    assert not never.found and int(never.status) == Status.NOT_REACHED


def test_memory() -> None:
    """A leaky mode lets half of the excitation oscillate between two emitters and itself."""
    weight, width = 0.04, 0.05
    battery = qb.ReservoirBattery(1.0, qb.reservoirs.Exponentials([weight], [1.0], [width]))
    omega = np.sqrt(2 * weight - width**2 / 4)
    bright = lambda t: np.exp(-width * t / 2) * (np.cos(omega * t) + width / (2 * omega) * np.sin(omega * t))  # noqa: E731
    seen = qb.first_time(battery, "energy", 0.5, 30.0)
    assert float(seen.time) == pytest.approx(brentq(lambda t: (1 - bright(t)) ** 2 / 4 - 0.5, 1.0, 10.0), rel=1e-10)
    with pytest.raises(TimesError, match="`window` must be given for a battery with memory"):
        qb.first_time(battery, "energy", 0.5)


def test_never() -> None:
    """What is not there has no derivative; a chain that is empty has nothing more to wait for; one at rest neither."""
    assert np.isnan(quickly(jax.grad(lifetime))(0.05, -0.1))
    gone = qb.first_time(alone(0.05), "energy", -0.1)
    assert not gone.found and int(gone.status) == Status.NOT_REACHED and "not reached" in repr(gone)
    rest = qb.first_time(qb.SpinCharger(2, 2, coupling=0.0), "filling", 0.5)
    assert not rest.found and int(rest.status) == Status.NOT_REACHED
    bad = quickly(lambda damping: qb.first_time(alone(damping), "energy", 0.5))(jnp.asarray(-0.05))
    assert not bad.found and int(bad.status) == Status.OUTSIDE_PADDING


def test_charging_what_only_stores() -> None:
    assert "jaxqb.storage_time" in repr(qb.charge(alone(0.05), figures="max_average_power"))


def test_sweep() -> None:
    figure = qb.figures.Storing(0.5)
    data = qb.sweep(figure, alone(0.05), {"damping": [0.05, 0.1, 0.4]})
    np.testing.assert_allclose(data.storage_time, np.log(2) / data.damping, rtol=1e-12)
    assert data.storage_time.attrs["units"] == "1 / frequency" and not data.status.values.any()


def test_bad_input() -> None:
    chain = alone(0.05)
    with pytest.raises(MeritError, match="`level` must be a finite number, but it is nan"):
        qb.first_time(chain, "energy", np.nan)
    with pytest.raises(MeritError, match="`fraction` must be a number below 1"):
        qb.storage_time(chain, 1.5)
    with pytest.raises(MeritError, match=r"`figure` must be one number, but it has shape \(2,\)"):
        qb.first_time(chain, "populations", 0.5)
    with pytest.raises(MeritError, match="`figure` must be known at each time"):
        qb.first_time(chain, "average_power", 0.5)
    with pytest.raises(MeritError, match="must name figures of merit"):
        qb.first_time(chain, "charge", 0.5)
    with pytest.raises(TimesError, match="`window` must be a positive time"):
        qb.first_time(chain, "energy", 0.5, -1.0)
    with pytest.raises(FieldError, match="`law` must be a law of this battery"):
        qb.first_time(chain, "energy", 0.5, law=qb.SpinCharger(1, 1).law())
    with pytest.raises(MethodError, match="`storage_time` must be differentiated once only"):
        quickly(jax.grad(jax.grad(lifetime)))(0.05, 0.5)
    with pytest.raises(MethodError, match="`first_time` must be differentiated once only"):
        quickly(jax.grad(jax.grad(lambda level: qb.first_time(alone(0.05), "energy", level).time)))(0.5)


def test_figures_that_come_to_rest_at_the_level() -> None:
    """Where work ends it is zero but for rounding, and where a population touches zero too."""
    ends = [(qb.SpinChain.uniform(2), np.log(2) / 0.05), (qb.DimerChain(2, 1.0, 0.1, 0.0), np.log(2) / 0.1)]
    for chain, time in ends:
        assert float(qb.first_time(chain, "ergotropy", 0.0, window=4 * time).time) == pytest.approx(time, rel=1e-9)
    swapped = qb.SpinChain([1.0, 1.0], 0.0, 0.1, initial=qb.single_excitation([1, 0]))
    touch = qb.first_time(swapped, lambda battery, state: state.excited()[0], 0.0, window=100.0)
    assert float(touch.time) == pytest.approx(np.pi / 0.2, rel=1e-6)


def test_what_all_decays_never_grows() -> None:
    """Second moments come to rest, so that a level out of reach is found to be so."""
    assert not qb.first_time(qb.SpinChain.uniform(2), "filling", 2.0).found
