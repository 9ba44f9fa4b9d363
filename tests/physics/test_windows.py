"""Maxima within a window: at its end, just inside it, and beside equals, against `truth.peaks`."""

from types import SimpleNamespace
from typing import Any, ClassVar

import jax
import numpy as np
import pytest
from truth import flows, peaks
from truth.model import Spins

import jaxqb as qb
from jaxqb.errors import MethodError, Status
from jaxqb.landing import settle
from jaxqb.laws import AbstractDifferentialLaw
from jaxqb.peaks import search

NAMES = ("first_peak",)

DETUNED = {"coupling": 0.7, "charger_frequency": 1.8, "ising": 0.3}
BEATS = {
    "fast": {"coupling": 85.93, "ising": 8e-5, "battery_frequency": 1.634, "charger_frequency": 1.573},
    "slow": {"coupling": 4.6356, "battery_frequency": 1.703, "charger_frequency": 1.7025},
}


def best_average(flow: Any, window: float) -> float:
    """Largest E / t: a maximum inside, or at the end."""
    times = np.linspace(window / 4000, window, 4000)
    falls = times * flow.slope(times) - flow.energy(times)
    inside = peaks._falls(lambda t: t * flow.slope(t).item() - flow.energy(t).item(), times, falls)
    return max(flow.energy(t).item() / t for t in [*inside, window])


def best_slope(flow: Any, window: float) -> float:
    times = np.linspace(0, window, 4000)
    inside = peaks._falls(lambda t: flow.bend(t).item(), times, flow.bend(times))
    return max(flow.slope(t).item() for t in [*inside, window])


@pytest.mark.parametrize("held", [0, 1])
def test_at_rest(held: int) -> None:
    """Without coupling nothing moves: the largest energy is the one there is; what does not exist has no derivative."""
    still = lambda gap, figures=None: qb.charge(  # noqa: E731
        qb.SpinCharger(2, 3, coupling=0.0, battery_frequency=gap, battery_excitations=held), 2.0, figures=figures
    )
    best = still(1.3)
    assert bool(best.max_energy.found) and float(best.max_energy.value) == pytest.approx(1.3 * held, abs=1e-14)
    assert float(best.max_energy.time) == 0.0 and int(best.status) == Status.NO_PEAK
    assert not best.first_peak.found and np.isnan(best.first_peak.value)
    assert jax.grad(lambda gap: still(gap, "max_energy").max_energy.value)(1.3) == pytest.approx(held, abs=1e-14)
    assert np.isnan(jax.grad(lambda gap: still(gap, "first_peak").first_peak.value)(1.3))
    when = lambda gap: still(gap, "max_average_power").max_average_power.time  # noqa: E731
    assert np.isnan(jax.jvp(when, (1.3,), (1.0,))[1]) and np.isnan(jax.grad(when)(1.3))


def test_is_solved_where_all_that_was_asked_for_exists() -> None:
    """With a negative gap the energy falls and comes back: a first peak (of zero), no power on average."""
    battery = qb.SpinCharger(1, 1, battery_frequency=-1.0)
    best = qb.charge(battery)
    assert bool(best.first_peak.found) and not best.max_average_power.found and int(best.status) == Status.NO_PEAK
    assert int(qb.charge(battery, figures="first_peak").status) == Status.OK
    still = qb.SpinCharger(1, 1, coupling=0.0)
    assert int(qb.charge(still, 2.0, figures="max_energy").status) == Status.OK  # what it holds


def test_a_search_that_ends_early_says_only_what_it_knows() -> None:
    """Within so long a window the largest energy is not found; nothing later can have more power than what came early."""
    battery = qb.SpinCharger(2, 3)
    whole, best = qb.charge(battery), qb.charge(battery, 1e6)
    assert int(best.status) == Status.BUDGET_SPENT
    for name in ("first_peak", "max_average_power"):
        assert float(getattr(best, name).value) == pytest.approx(float(getattr(whole, name).value), rel=1e-12)
    for unknown in (best.max_energy, best.max_instantaneous_power):
        assert not unknown.found and np.isnan(unknown.value)
    assert "or a shorter one" in repr(best)


@pytest.mark.parametrize(("cells", "chargers", "rest"), [(6, 6, {}), (3, 5, DETUNED)])
def test_ends_of_windows(cells: int, chargers: int, rest: dict[str, float]) -> None:
    flow = flows.spin_charger(Spins(cells, chargers, **rest))
    first = peaks.first_peak(flow)
    battery = qb.SpinCharger(cells, chargers, **rest)
    for part in (0.01, 0.3, 0.66, 0.95, 0.99, 0.9999, 1.0001, 1.01, 1.3, 3.7):
        window = part * first.time
        best = qb.charge(battery, window)
        known = [peaks.best_in_window(flow, window).value, best_average(flow, window), best_slope(flow, window)]
        found = (best.max_energy, best.max_average_power, best.max_instantaneous_power)
        np.testing.assert_allclose([float(figure.value) for figure in found], known, rtol=1e-10, err_msg=str(part))
        assert all(float(figure.time) <= window * (1 + 1e-12) for figure in found)
        assert bool(best.first_peak.found) == (part > 1)
        assert int(best.status) == (Status.OK if part > 1 else Status.NO_PEAK)
        if part > 1:
            assert float(best.first_peak.time) == pytest.approx(first.time, rel=1e-10)


@pytest.mark.parametrize("name", BEATS)
def test_the_best_of_near_equals(name: str) -> None:
    """Of many maxima within 1e-6 of each other the largest is found."""
    rest = BEATS[name]
    flow = flows.spin_charger(Spins(2, 8, **rest), 0, 2 if name == "fast" else 8)
    window = 80 / rest["coupling"]
    best = qb.charge(qb.SpinCharger(2, 8, charger_excitations=2 if name == "fast" else 8, **rest), window)
    assert float(best.max_energy.value) == pytest.approx(peaks.best_in_window(flow, window).value, rel=1e-10)
    assert float(best.max_instantaneous_power.value) == pytest.approx(peaks.instantaneous_power(flow, window).value, rel=1e-10)


@pytest.mark.parametrize(("cells", "chargers", "frequency"), [(2, 2, 1.0), (2, 1, 1.0), (1, 2, 1.7), (1, 7, 1.0)])
def test_of_equals_the_earliest_stands(cells: int, chargers: int, frequency: float) -> None:
    """What turns with one frequency comes back to its largest energy, as far as rounding lets it, for ever."""
    battery = qb.SpinCharger(cells, chargers, charger_frequency=frequency)
    for window in (5.0, 19.0, 50.0, 300.0):
        best = qb.charge(battery, window)
        assert float(best.max_energy.time) == pytest.approx(float(best.first_peak.time), rel=1e-12)
        assert float(best.max_energy.value) == pytest.approx(float(best.first_peak.value), rel=1e-14)


def test_negative_gaps_reach_their_least_excited_state_at_once() -> None:
    battery = qb.SpinCharger(5, 1, battery_frequency=-1.0, charger_frequency=-1.0, battery_excitations=2, charger_excitations=1)
    best = qb.charge(battery)
    assert int(best.status) == Status.NO_PEAK and not best.max_average_power.found  # the energy stays below its first value
    assert bool(best.first_peak.found)
    assert float(best.first_peak.value) == pytest.approx(-2.0, abs=1e-12)


@pytest.mark.parametrize("method", [qb.Eigen(), qb.Chebyshev()])
def test_power_has_derivatives_where_the_spectrum_is_degenerate(method: Any) -> None:
    """Against differences of the dense curve."""

    def power(g: Any) -> Any:
        battery = qb.SpinCharger(2, 2, coupling=g, anisotropy=0.3)
        return qb.evolve(battery, [0.3], "instantaneous_power", method=method).saved["instantaneous_power"][0]

    sides = [
        flows.spin_charger(Spins(2, 2, coupling=1 + s, anisotropy=0.3)).slope(0.3).item() for s in (-2e-4, -1e-4, 1e-4, 2e-4)
    ]
    known = (sides[0] - 8 * sides[1] + 8 * sides[2] - sides[3]) / 12e-4
    assert float(jax.grad(power)(1.0)) == pytest.approx(known, rel=1e-9)


def _flat(n_charger: float) -> float:
    """Two cells: with r = N / (3 N - 2) the energy is r (1 - c^2) + 2 r (1 - r) (1 - c)^2, c a cosine; quartic at N = 1.2."""
    r = n_charger / (3 * n_charger - 2)
    c = max(-2 * (1 - r) / (2 * r - 1), -1.0)
    return r * (1 - c**2) + 2 * r * (1 - r) * (1 - c) ** 2


@pytest.mark.parametrize("n_charger", [1.1988, 1.1995219347466992, 1.1998976667671084, 1.2, 1.2004, 1.21])
def test_flat_maxima(n_charger: float) -> None:
    known = _flat(n_charger)
    battery = qb.SpinCharger(2, n_charger)
    for best in (qb.charge(battery).first_peak, qb.charge(battery, 9.0).first_peak, qb.charge(battery, 9.0).max_energy):
        assert float(best.value) == pytest.approx(known, rel=1e-11)
        assert float(qb.evolve(battery, [float(best.time)]).saved["energy"][0]) == pytest.approx(known, rel=1e-11)


@pytest.mark.parametrize(
    ("n_charger", "window"), [(1.1996160212604754, 8.7292), (1.199750351545696, 4.2383), (1.1999962477610775, 4.3575)]
)
@pytest.mark.parametrize("method", [qb.Eigen(), qb.Chebyshev()])
def test_flat_maxima_where_points_fall_badly(n_charger: float, window: float, method: Any) -> None:
    """Their curvature is positive, or next to nothing, at the points of the search."""
    known = _flat(n_charger)
    best = qb.charge(qb.SpinCharger(2, n_charger), window, method=method)
    assert float(best.first_peak.value) == pytest.approx(known, rel=1e-11)
    assert float(best.max_energy.value) == pytest.approx(known, rel=1e-11)


def test_a_shoulder() -> None:
    rest = {"ising": -0.09165346792955766, "battery_crosstalk": 0.25532226562499993, "charger_crosstalk": 2.1515141955719472}
    flow = flows.spin_charger(Spins(3, 3, **rest), 1, 1)
    first = peaks.first_peak(flow, resolution=0.02)
    best = qb.charge(qb.SpinCharger(3, 3, battery_excitations=1, charger_excitations=1, **rest), figures="first_peak").first_peak
    assert float(best.value) == pytest.approx(first.value + flow.initial, rel=1e-11)
    assert float(best.time) == pytest.approx(0.926445923, abs=1e-7)


@pytest.mark.parametrize("window", [None, 0.36, 0.5])
def test_a_peak_just_behind_a_minimum(window: float | None) -> None:
    """The energy falls, rises by 7.5e-6 and falls again, within a small part of its turn."""
    rest = {"coupling": -2.7775746459338215, "ising": -4.6564377381122934}
    rest |= {"battery_frequency": 0.5260059026769691, "charger_frequency": 0.5260059026769691}
    flow = flows.spin_charger(Spins(2, 2, **rest), 2, 0)
    first = peaks.first_peak(flow, resolution=0.02)
    assert first.time == pytest.approx(0.344003, abs=1e-6)
    best = qb.charge(
        qb.SpinCharger(2, 2, battery_excitations=2, charger_excitations=0, **rest), window, figures="first_peak"
    ).first_peak
    assert float(best.value) == pytest.approx(first.value + flow.initial, rel=1e-11)
    assert float(best.time) == pytest.approx(first.time, rel=1e-8)


@pytest.mark.parametrize("method", [qb.Eigen(), qb.Chebyshev()])
def test_a_rise_between_two_points(method: Any) -> None:
    """The energy rises by 2e-6; wherever points fall, none or one of them sees the slope positive."""
    rest = {"anisotropy": -0.9456997848667635, "battery_frequency": -0.8354467601666742, "charger_frequency": -0.8354467601666742}
    flow = flows.spin_charger(Spins(1, 3, -5.865823770597991, **rest), 0, 3)
    first = peaks.first_peak(flow, resolution=0.002)
    assert first.time == pytest.approx(0.1397099, abs=1e-6)
    best = qb.charge(qb.SpinCharger(1, 3, coupling=-5.865823770597991, **rest), figures="first_peak", method=method).first_peak
    assert float(best.value) == pytest.approx(first.value + flow.initial, rel=1e-11)
    assert float(best.time) == pytest.approx(first.time, rel=1e-8)


def test_the_end_of_a_window_moves_with_it() -> None:
    flow = flows.spin_charger(Spins(6, 6))
    best = lambda window: qb.charge(qb.SpinCharger(6, 6), window).max_energy  # noqa: E731
    assert float(jax.grad(lambda w: best(w).value)(0.1)) == pytest.approx(flow.slope(0.1).item(), rel=1e-11)
    assert float(jax.grad(lambda w: best(w).time)(0.1)) == 1.0
    assert float(jax.grad(lambda w: best(w).value)(0.7)) == 0.0


def test_a_traced_window_that_does_not_begin() -> None:
    """A concrete one is refused; of a traced one nothing is found."""
    battery = qb.SpinCharger(2, 3)
    found = jax.jit(lambda window: qb.charge(battery, window).max_energy)
    for window in (-7.0, 0.0):
        assert not found(window).found and np.isnan(found(window).value)
    assert found(0.3).value == pytest.approx(float(qb.charge(battery, 0.3).max_energy.value), rel=1e-14)


def test_a_solver_that_gives_up() -> None:
    best = qb.charge(qb.SpinCharger(2, 3), method=qb.Adaptive(max_steps=2))
    assert best.status == Status.BUDGET_SPENT and not best.first_peak.found


@pytest.mark.parametrize("method", [None, qb.Eigen()])
def test_a_second_derivative_is_refused(method: Any) -> None:
    peak = lambda gap: qb.charge(qb.SpinCharger(2, 3, charger_frequency=gap), method=method, figures="first_peak")  # noqa: E731
    with pytest.raises(MethodError, match="differentiated once only"):
        jax.grad(jax.grad(lambda gap: peak(gap).first_peak.value))(1.3)


class Decaying(AbstractDifferentialLaw):
    """An oscillation, beside something that decays and that the energy does not see."""

    rate: Any
    exact: ClassVar[bool] = True
    linear: ClassVar[bool] = True

    @property
    def start(self) -> Any:
        return np.array([-1.0, 0.0, 0.1])

    def valid(self) -> Any:
        return np.True_

    def field(self, y: Any) -> Any:
        return jax.numpy.stack([y[1], -y[0], -self.rate * y[2]])

    def radius(self) -> Any:
        return self.rate + 1.0

    def pace(self) -> Any:
        return jax.numpy.asarray(1.5)

    def state(self, y: Any) -> Any:
        return SimpleNamespace(battery_excitations=lambda: y[0], edge=lambda: 0.0)


def test_a_decay_is_not_followed_backwards() -> None:
    """Backwards it would grow by exp(rate * way), beyond all numbers."""
    one = jax.numpy.asarray(1.0)
    flow, battery = qb.Adaptive().prepare(Decaying(5000.0)), SimpleNamespace(battery_frequency=one)
    find = jax.jit(lambda: settle((flow, battery, None), search(flow, battery, one, one, None, one > 0, NAMES), NAMES))
    (time,), (value,) = find()
    assert (time, value) == (pytest.approx(np.pi, abs=1e-8), pytest.approx(1.0, abs=1e-9))


def test_a_maximum_that_does_not_exist_leaves_the_others_their_derivatives():
    """Before the first peak; without scales of energy, power grows as the coupling."""
    charge = lambda g: qb.charge(qb.SpinCharger(n_battery=3, n_charger=3, coupling=g), 0.8)  # noqa: E731
    power, slope = jax.value_and_grad(lambda g: charge(g).max_average_power.value)(1.0)
    assert not charge(1.0).first_peak.found
    assert float(slope) == pytest.approx(float(power), rel=1e-9)
    assert np.isnan(jax.grad(lambda g: charge(g).first_peak.value)(1.0))
