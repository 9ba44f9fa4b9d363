"""The dark-state battery against the unstructured master equation (`truth.dark`), closed forms and limits."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from truth import dark

import jaxqb as qb
from jaxqb.algebra import poisson
from jaxqb.errors import FieldError, MethodError, Status

TIMES = np.array([0.0, 0.05, 0.3, 2.0])
CASES = [(1, 1, 0.0), (1, 5, 0.0), (2, 10, 0.0), (3, 6, 0.3), (2, 2, 1.5)]
PRECISE = qb.Adaptive(rtol=1e-12, atol=1e-13)
WITHIN = {"joints": 4, "levels": 17}  # of all cases: one program


def battery(cells: int, chargers: int, n: float = 0.0, **options: Any) -> qb.DarkStateBattery:
    return qb.DarkStateBattery(cells, chargers, thermal_occupation=n, **(WITHIN | options))


def means(cells: int, chargers: int, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Excitations of battery and charger."""
    m, n = dark.excitations(cells, chargers)
    diagonal = np.real(np.einsum("...ii->...i", rho))
    return diagonal @ m, diagonal @ n


@pytest.mark.parametrize("method", [None, PRECISE], ids=["uniformization", "adaptive"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_curves(case: tuple, method: Any) -> None:
    cells, chargers, n = case
    rho = dark.evolve(cells, chargers, TIMES, n=n)
    slopes = (dark.liouvillian(cells, chargers, n=n) @ rho.reshape(len(TIMES), -1).T).T.reshape(rho.shape)
    sol = qb.evolve(battery(*case), TIMES, ["energy", "charger_energy", "instantaneous_power"], method=method)
    assert sol.status == Status.OK
    found = [sol.saved[name] for name in ("energy", "charger_energy", "instantaneous_power")]
    wanted = [*means(cells, chargers, rho), means(cells, chargers, slopes)[0]]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=2e-13 if method is None else 2e-11)


def test_units() -> None:
    """Energies in the gap, times in the decay rate, which is a single spin's amplitude's."""
    sol = qb.evolve(battery(1, 1, decay_rate=0.3, frequency=1.7), [0.8, 1.1], ["energy", "charger_energy", "total_energy"])
    x = np.exp(-2 * 0.3 * np.array([0.8, 1.1]))
    np.testing.assert_allclose(sol.saved["energy"], 1.7 * (1 - x) ** 2 / 4, rtol=1e-13)
    np.testing.assert_allclose(sol.saved["charger_energy"], 1.7 * (1 + x) ** 2 / 4, rtol=1e-13)
    np.testing.assert_allclose(sol.saved["total_energy"], 1.7 * (1 + x**2) / 2, rtol=1e-13)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_steady_state(case: tuple) -> None:
    cells, chargers, n = case
    state = qb.steady_state(battery(*case))
    found = float(qb.merit.energy(battery(*case), state)), float(qb.merit.charger_energy(battery(*case), state))
    np.testing.assert_allclose(found, means(cells, chargers, dark.evolve(cells, chargers, 60.0, n=n)[0]), rtol=0, atol=1e-12)
    if n == 0:
        assert found[0] == pytest.approx(dark.steady_excitations(cells, chargers), rel=1e-14)


def test_steady_state_of_two_spins_at_any_temperature() -> None:
    """Eq. 13 of quach2020."""
    for n in (0.2, 1.0, 5.0, 1e3, 1e7):
        held = qb.merit.energy(battery(1, 1, n), qb.steady_state(battery(1, 1, n)))
        assert float(held) == pytest.approx(0.5 - (2 * n + 1) / (12 * n * (n + 1) + 4), rel=1e-15)


def test_one_cell_keeps_the_square_of_its_share() -> None:
    for ratio in (2, 5, 10, 150):
        one = qb.DarkStateBattery(1, ratio)
        assert float(qb.merit.energy(one, qb.steady_state(one))) == pytest.approx((ratio / (ratio + 1)) ** 2, rel=1e-13)


@pytest.mark.parametrize("ratio", [1, 2, 5])
def test_a_million_cells(ratio: int) -> None:
    """What is missing falls as 1/N_B, at ratio one as its root: Stirling's series of the weights."""
    cells = 10**6
    large = qb.DarkStateBattery(cells, ratio * cells)
    missing = 1 - float(qb.merit.energy_per_cell(large, qb.steady_state(large)))
    if ratio == 1:
        assert (missing - 0.5) * np.sqrt(cells) == pytest.approx(np.sqrt(np.pi) / 4, rel=1e-3)
    else:
        assert missing * cells == pytest.approx((2 * ratio - 1) / (ratio - 1) ** 2, rel=1e-4)


def test_the_largest_power_of_two_spins() -> None:
    best = qb.charge(battery(1, 1)).max_instantaneous_power
    np.testing.assert_allclose([best.value, best.time], [0.25, np.log(2) / 2], rtol=1e-12)


def test_largest_powers() -> None:
    cells, chargers, n = case = (2, 10, 0.3)
    best = qb.charge(battery(*case))
    energy = lambda t: means(cells, chargers, dark.evolve(cells, chargers, t, n=n))[0][0]  # noqa: E731
    average = minimize_scalar(lambda t: -energy(t) / t, bounds=(0.05, 1.0), method="bounded", options={"xatol": 1e-9})
    assert float(best.max_average_power.value) == pytest.approx(-average.fun, rel=1e-12)
    assert float(best.max_average_power.time) == pytest.approx(average.x, rel=1e-6)
    assert (best.max_instantaneous_power.found, best.first_peak.found) == (True, False)  # from below to what it keeps
    assert best.status == Status.NO_PEAK


# ------------------------------------------------------------------------------------------------- derivatives


@functools.partial(jax.jit, static_argnums=0)
def figures(sizes: tuple[int, int], x: jax.Array) -> jax.Array:
    """Energies, powers and the steady energy by decay rate, occupation, frequency and a scale of times."""
    one = qb.DarkStateBattery(*sizes, decay_rate=x[0], thermal_occupation=x[1], frequency=x[2])
    sol = qb.evolve(one, jnp.array([0.1, 0.4]) * x[3], ["energy", "instantaneous_power"])
    best = qb.charge(one, figures="max_average_power").max_average_power
    kept = qb.merit.energy(one, qb.steady_state(one))
    return jnp.concatenate([sol.saved["energy"], sol.saved["instantaneous_power"], jnp.stack([best.value, best.time, kept])])


@functools.cache
def slopes() -> list[Any]:
    """In both modes, compiled once."""
    return [jax.jit(d(functools.partial(figures, (2, 6)))) for d in (jax.jacrev, jax.jacfwd)]


@pytest.mark.parametrize("occupation", [0.3, 0.0])
def test_derivatives(occupation: float) -> None:
    x = jnp.array([1.1, occupation, 1.3, 0.9])
    reverse, forward = (derivative(x) for derivative in slopes())
    np.testing.assert_allclose(reverse, forward, rtol=0, atol=1e-12)
    for k, step in enumerate(np.eye(4) * 1e-4):
        f = lambda s: np.asarray(figures((2, 6), x + s * step))  # noqa: B023, E731
        one_sided = occupation == 0 and k == 1
        slope = (-11 * f(0) + 18 * f(1) - 9 * f(2) + 2 * f(3)) / 6 if one_sided else (8 * (f(1) - f(-1)) - f(2) + f(-2)) / 12
        np.testing.assert_allclose(reverse[:, k], slope / 1e-4, rtol=0, atol=1e-7 if one_sided else 1e-9)


def test_batches_and_sweeps() -> None:
    """Sizes are data, and what is no battery is NaN."""
    table = qb.sweep("max_average_power", qb.DarkStateBattery(1, 1), {"n_battery": [1, 2], "n_charger": [1, 4]}, progress=False)
    for m, cells in enumerate((1, 2)):
        for n, chargers in enumerate((1, 4)):
            value = float(table.max_average_power[m, n])
            alone = np.nan if chargers < cells else float(qb.charge(battery(cells, chargers)).max_average_power.value)
            assert value == pytest.approx(alone, rel=1e-12, nan_ok=True)
    assert table.status.values.tolist() == [[Status.OK, Status.OK], [Status.OUTSIDE_PADDING, Status.OK]]


def test_sweeps_of_starts() -> None:
    """Three of two cells cannot be excited, nor half a one."""
    table = qb.sweep("max_energy", qb.DarkStateBattery(2, 3), {"battery_excitations": [0, 2, 3]}, window=1.0, progress=False)
    known = [qb.charge(qb.DarkStateBattery(2, 3, battery_excitations=m), 1.0).max_energy.value for m in (0, 2)]
    np.testing.assert_allclose(table.max_energy, [*known, np.nan], rtol=1e-12)
    assert table.status.values.tolist() == [Status.OK, Status.OK, Status.OUTSIDE_PADDING]
    rest = lambda m: qb.merit.energy(start(m), qb.steady_state(start(m)))  # noqa: E731
    start = lambda m: qb.DarkStateBattery(2, 4, battery_excitations=m)  # noqa: E731
    held = jax.jit(jax.vmap(rest))(jnp.array([1.0, 3.0, 0.5, -1.0]))
    np.testing.assert_allclose(held, [rest(1), np.nan, np.nan, np.nan], rtol=1e-12)


# ------------------------------------------------------------------------------------------- traps and bad input


def test_far_from_normal() -> None:
    """One cell and 150 charger spins, where contours in the complex plane are off by 1e5."""
    one, times = qb.DarkStateBattery(1, 150), np.linspace(0.0, 0.06, 13)
    quick = qb.evolve(one, times).saved["energy"]
    np.testing.assert_allclose(quick, qb.evolve(one, times, method=PRECISE).saved["energy"], rtol=0, atol=1e-10)
    assert np.all(np.diff(quick) > 0)
    late = qb.evolve(one, [1.0]).saved["energy"][0]
    assert float(late) == pytest.approx((150 / 151) ** 2, rel=1e-13)


def test_poisson_weights() -> None:
    from scipy.stats import poisson as exact

    means = np.array([0.0, 1e-3, 0.7, 40.0, 3e4])
    last = np.asarray(poisson.last(means)).astype(int)
    k = np.arange(last.max() + 1.0)
    for end, mean, weights in zip(last, means, np.asarray(jax.jit(poisson.weights)(k, means)), strict=True):
        assert weights[: end + 1].sum() == pytest.approx(1.0, rel=1e-12)
        np.testing.assert_allclose(weights, exact.pmf(k, mean), rtol=1e-9, atol=1e-17)


@pytest.mark.parametrize(
    ("make", "error", "names"),
    [
        (lambda: qb.DarkStateBattery(5, 3), FieldError, ["n_charger", "no smaller", "use 5"]),
        (lambda: qb.DarkStateBattery(2.5, 3), FieldError, ["n_battery", "integer"]),
        (lambda: qb.DarkStateBattery(1, 3, decay_rate=-1.0), FieldError, ["decay_rate", "at least 0"]),
        (lambda: qb.DarkStateBattery(1, 3, thermal_occupation=-0.1), FieldError, ["thermal_occupation", "at least 0"]),
        (lambda: qb.DarkStateBattery(1, 3, thermal_occupation=np.nan), FieldError, ["thermal_occupation", "finite"]),
        (lambda: qb.DarkStateBattery(1, 3, coupling=1.0), FieldError, ["coupling"]),
        (lambda: jax.jit(lambda n: qb.charge(qb.DarkStateBattery(1, n)))(3.0), FieldError, ["traced"]),
        (lambda: qb.evolve(qb.DarkStateBattery(1, 3), [0.1], method=qb.Eigen()), MethodError, ["unitary"]),
        (lambda: qb.evolve(qb.SpinCharger(1, 3), [0.1], method=qb.Uniformization()), MethodError, ["decay law"]),
        (lambda: qb.steady_state(qb.SpinCharger(1, 3)), FieldError, ["decay", "turns for ever"]),
        (lambda: qb.DarkStateBattery(1, 2, local_decay=0.1).ladders(), FieldError, ["`local_decay` must be 0", "battery.law()"]),
        (lambda: qb.DarkStateBattery(1, 2, dephasing=0.1).ladders(), FieldError, ["`dephasing` must be 0", "battery.law()"]),
    ],
)
def test_bad_input(make: Any, error: type, names: list[str]) -> None:
    with pytest.raises(error) as caught:
        make()
    assert all(name in str(caught.value) for name in names), caught.value


def test_a_battery_that_does_not_move() -> None:
    still = battery(1, 3, decay_rate=0.0)
    assert float(qb.evolve(still, [0.5]).saved["energy"][0]) == pytest.approx(0.0, abs=1e-15)
    assert qb.charge(still).status == Status.NO_PEAK
    assert np.isnan(qb.merit.energy(still, qb.steady_state(still)))


def test_a_traced_size_outside_its_padding_is_said() -> None:
    """Three joint spins are all that two cells need, and not enough for five."""
    status = jax.jit(lambda n: qb.charge(qb.DarkStateBattery(n, 6, joints=3, levels=12), figures="max_average_power").status)
    assert int(status(2.0)) != Status.OUTSIDE_PADDING
    assert int(status(5.0)) == int(status(7.0)) == int(status(1.5)) == Status.OUTSIDE_PADDING


def test_no_peak_where_energy_only_rises() -> None:
    """From one excited cell the energy falls, then rises for ever: its slope is tiny at last, and never negative again."""
    one = qb.DarkStateBattery(2, 6, battery_excitations=1)
    best = qb.charge(one)
    assert best.status == Status.NO_PEAK and not best.first_peak.found
    power = np.asarray(qb.evolve(one, np.linspace(0.5, 6.0, 400), "instantaneous_power").saved["instantaneous_power"])
    assert power.min() > -1e-14


def test_long_after_all_is_at_rest() -> None:
    """Two hundred million jumps, of which all but some thousand change nothing."""
    large = qb.DarkStateBattery(30, 150)
    held = float(qb.evolve(large, [5000.0]).saved["energy"][0])
    assert held == pytest.approx(dark.steady_excitations(30, 150), rel=1e-12)
