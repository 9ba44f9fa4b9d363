"""`charge` against every number that is known to many digits (truth/tables.py, notes 2, 3 and 5).

Sizes are data: one hull serves many rows, so a test compiles once.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from truth import flows, peaks, real_size, tables
from truth.chains import full_charger
from truth.model import Spins

import jaxqb as qb

TIGHT = 1e-9
FIGURES = ("first_peak", "max_average_power", "max_instantaneous_power")


def family(kind: Any, /, *args: Any, **limits: Any) -> Any:
    """A battery whose static shapes hold all given values."""
    return kind(*args).hull({name: np.asarray(values, dtype=float) for name, values in limits.items()})


def rows(hull: Any, window: Any = None) -> Any:
    """A jitted function from columns of leaves to columns of figures, one row after the other."""

    def one(leaves: dict[str, Any]) -> dict[str, Any]:
        leaves = dict(leaves)
        end = leaves.pop("window") if window else None
        best = qb.charge(hull.put(**leaves), end)
        names = (*FIGURES, "max_energy") if window else FIGURES
        both = {name: jnp.stack([getattr(best, name).time, getattr(best, name).value]) for name in names}
        return {**both, "status": best.status}

    return jax.jit(lambda leaves: jax.lax.map(one, leaves))


def table(**columns: Any) -> dict[str, np.ndarray]:
    """Columns of equal length."""
    longest = max(np.size(column) for column in columns.values())
    return {name: np.broadcast_to(np.asarray(column, dtype=float), longest) for name, column in columns.items()}


# ------------------------------------------------------------------------------------------- full charger, resonant


@pytest.fixture(scope="module")
def resonant() -> Any:
    """M up to 20 or N up to 20, resonant, charger full."""
    run = rows(family(qb.SpinCharger, 20, 1000, n_battery=[1, 20], n_charger=[1, 1000]))
    return lambda cells, chargers: run(table(n_battery=cells, n_charger=chargers))


def test_ten_by_ten(resonant: Any) -> None:
    best = resonant([10.0], [10.0])
    np.testing.assert_allclose(best["first_peak"][0], tables.FIRST_PEAK_10, rtol=1e-12)
    np.testing.assert_allclose(best["max_average_power"][0], tables.AVERAGE_POWER_10, rtol=1e-12)
    np.testing.assert_allclose(best["max_instantaneous_power"][0], tables.INSTANTANEOUS_POWER_10, rtol=1e-11)


def test_one_by_one(resonant: Any) -> None:
    best = resonant([1.0], [1.0])
    np.testing.assert_allclose(best["max_average_power"][0], tables.SINC_PEAK, rtol=1e-12)
    np.testing.assert_allclose(best["first_peak"][0], [np.pi / 2, 1], rtol=1e-12)
    np.testing.assert_allclose(best["max_instantaneous_power"][0], [np.pi / 4, 1], rtol=1e-12)


def test_first_peaks_and_powers(resonant: Any) -> None:
    known = [(m, n, e) for m, n, e in tables.FIRST_PEAKS] + [(2, n, e) for n, _, e in tables.P1_TWO_CELLS]
    known += [(10, 1000, tables.SPINS_100_PER_CELL[0]), *((5, n, e) for n, e in tables.P2_FIG3A)]
    cells, chargers, energies = np.array(known).T
    best = resonant(cells, chargers)
    np.testing.assert_allclose(best["first_peak"][:, 1], energies, rtol=2e-12 * 10)
    powers = [(2, n, p * np.sqrt(n)) for n, _, p in tables.P1_TWO_CELLS_POWER_OVER_ROOT]
    powers += [(10, 1000, tables.SPINS_100_PER_CELL[1] * np.sqrt(1000)), (20, 20, tables.ETA[20] * 20 * tables.SINC_PEAK[1])]
    cells, chargers, known_powers = np.array(powers).T
    found = resonant(cells, chargers)["max_average_power"][:, 1]
    np.testing.assert_allclose(found, known_powers, rtol=1e-10)


def test_battery_and_charger_change_places(resonant: Any) -> None:
    cells, chargers = np.array([3.0, 7, 1, 12, 20]), np.array([7.0, 3, 20, 5, 19])
    here, there = resonant(cells, chargers), resonant(chargers, cells)
    for name in FIGURES:
        np.testing.assert_allclose(here[name], there[name], rtol=1e-11, err_msg=name)


def test_lower_bound_table() -> None:
    sizes = np.arange(20.0, 81)
    run = rows(family(qb.SpinCharger, 80, 15, n_battery=sizes, n_charger=[5, 10, 15]))
    for n, span, _, _, _, alpha, beta, *_ in tables.TABLE_I[:3]:
        assert span == (20, 80)
        power = run(table(n_battery=sizes, n_charger=n))["max_average_power"][:, 1]
        slope, offset = np.polyfit(np.log(sizes), np.log(power), 1)
        np.testing.assert_allclose([slope, np.exp(offset)], [alpha, beta], rtol=1e-9)


def test_upper_bound_table() -> None:
    sizes = np.arange(1.0, 51)
    hull = family(qb.SpinCharger, 50, 100, n_battery=sizes, n_charger=[100, 300], charger_excitations=sizes)
    run = rows(hull)
    for n, span, _, _, _, alpha, beta, *_ in tables.TABLE_I[3:]:
        assert span == (1, 50)
        best = run(table(n_battery=sizes, n_charger=n, charger_excitations=sizes))
        slope, offset = np.polyfit(np.log(sizes), np.log(best["max_average_power"][:, 1]), 1)
        np.testing.assert_allclose([slope, np.exp(offset)], [alpha, beta], rtol=1e-9)
        if n == 300:
            cells = np.array([m for m, _ in tables.P2_FIG4A])
            fractions = best["first_peak"][cells - 1, 1] / cells
            np.testing.assert_allclose(fractions, [f for _, f in tables.P2_FIG4A], rtol=1e-10)


def test_photon_limit_of_large_chargers() -> None:
    ends = {"n_battery": [20, 1000], "n_charger": [20, 1e6], "charger_excitations": [10, 20]}
    run = rows(family(qb.SpinCharger, 20, 1000, **ends))
    best = run(table(n_battery=[20, 1000], n_charger=1e6, charger_excitations=[20, 10]))["max_average_power"][:, 1]
    assert best[0] / 1e3 == pytest.approx(tables.UPPER_LIMIT_20[0], rel=1e-11)
    ratio = best[1] / (tables.SINC_PEAK[1] * 10 * np.sqrt(1000 * 1e6))
    assert ratio == pytest.approx(tables.OSCILLATOR_RATIO, rel=1e-9)


# ----------------------------------------------------------------------------------------------- derivatives by N


def test_derivatives_by_charger_size() -> None:
    hull = family(qb.SpinCharger, 10, 20, n_charger=[9, 20])

    def figures(n: Any) -> Any:
        best = qb.charge(hull.put(n_charger=n))
        return jnp.stack([best.first_peak.value, best.first_peak.time, best.max_average_power.value, best.max_average_power.time])

    known = np.array(tables.REAL_SIZE)
    values, slopes = jax.jit(jax.vmap(lambda n: (figures(n), jax.jacrev(figures)(n))))(known[:, 0])
    np.testing.assert_allclose(values, known[:, [1, 3, 5, 7]], rtol=1e-11)
    np.testing.assert_allclose(slopes, known[:, [2, 4, 6, 8]], rtol=0, atol=1e-8)


@pytest.mark.parametrize("method", [qb.Chebyshev(), None], ids=["chebyshev", "default"])
def test_energy_derivative_where_a_coupling_vanishes(method: Any) -> None:
    time, cells = 0.37, 6
    for size in (5.0, 6.5):
        slope = jax.jit(
            jax.grad(
                lambda n: qb.evolve(
                    qb.SpinCharger(cells, n, levels=cells + 1), np.array([time]), {"E": qb.merit.energy}, method=method
                ).saved["E"][0]
            )
        )(size)
        exact = real_size.energy(cells, size + 1j * real_size.STEP, time)[0].imag / real_size.STEP
        assert slope == pytest.approx(exact, rel=1e-10)


# ------------------------------------------------------------------------------------------------------- windows


def test_records_of_the_energy() -> None:
    run = rows(qb.SpinCharger(10, 10), window=True)
    windows = np.array([3.0, 5, 20, 60, 1000])
    known = [*tables.RECORDS_10, tables.RECORD_10_TO_1000]
    best = run(table(window=windows))
    np.testing.assert_allclose(best["max_energy"][:4], known[:4], rtol=1e-11)
    np.testing.assert_allclose(best["max_energy"], known, rtol=TIGHT)
    np.testing.assert_allclose(best["first_peak"][:, 1], tables.FIRST_PEAK_10[1], rtol=1e-12)


def test_windows_with_diagonal_terms() -> None:
    names = ("n_battery", "n_charger", "ising", "charger_crosstalk")
    hull = family(qb.SpinCharger, 10, 10, **{name: [0.5, 1.5] if name in names[2:] else [2, 10] for name in names})
    crosstalk = np.array([row[0] for row in tables.P1_CROSSTALK])
    ising = np.array([row[0] for row in tables.ISING])
    size = np.concatenate([np.full(len(crosstalk), 2.0), np.full(len(ising), 10.0)])
    best = rows(hull, window=True)(
        table(
            n_battery=size,
            n_charger=np.where(size == 2, 4, 10),
            ising=np.concatenate([0 * crosstalk, ising]),
            charger_crosstalk=np.concatenate([crosstalk, 0 * ising]),
            window=5.0,
        )
    )
    energies = [row[2] for row in tables.P1_CROSSTALK] + [row[1] for row in tables.ISING]
    np.testing.assert_allclose(best["max_energy"][:, 1], energies, rtol=1e-9)
    powers = [row[4] for row in tables.P1_CROSSTALK]
    np.testing.assert_allclose(best["max_average_power"][: len(powers), 1], powers, rtol=1e-9)


def test_imperfect_starts() -> None:
    ideal = tables.P1_CROSSTALK[0]
    for name, start in (
        ("charger", {"charger_excitations": [0.0, 0.1, 0.1, 0.1, 0.1, 0.6][1:]}),
        ("battery_symmetric", {"battery_excitations": [0.6, 0.4, 0.0]}),
    ):
        best = qb.charge(qb.SpinCharger(2, 4, **start), 5.0)
        initial = float(start.get("battery_excitations", [0, 0])[1])
        fractions = (float(best.max_energy.value) - initial) / ideal[2], float(best.max_average_power.value) / ideal[4]
        np.testing.assert_allclose(fractions, tables.P1_NON_IDEAL[name], rtol=1e-9, err_msg=name)


# ----------------------------------------------------------------------------------------------------- anisotropy


def test_anisotropic_tables() -> None:
    fields = {"battery_frequency": [1, 10], "charger_frequency": [1, 10]}
    hull = family(qb.SpinCharger, 20, 20, n_battery=[8, 20], n_charger=[8, 20], anisotropy=[0.5, 1], **fields)
    run = rows(hull, window=True)
    known = [
        (10, 1.0, 10.0, 10.0),
        (10, 0.0, 10.0, 1.0),
        (10, 1.0, 1e-6, 1.0),
        *((m, gamma, 10.0, 5.0) for m, gamma, _ in tables.WINDOW_5),
    ]
    size, gamma, field, window = np.array(known).T
    best = run(
        table(n_battery=size, n_charger=size, anisotropy=gamma, battery_frequency=field, charger_frequency=field, window=window)
    )
    first, power, top = (
        best[name] / np.stack([0 * field + 1, field], 1) for name in ("first_peak", "max_average_power", "max_energy")
    )
    np.testing.assert_allclose(first[0], tables.XX_10_FIRST, rtol=TIGHT)
    np.testing.assert_allclose(power[0], tables.XX_10_POWER, rtol=TIGHT)
    np.testing.assert_allclose(top[0], tables.XX_10_WINDOW_10, rtol=TIGHT)
    np.testing.assert_allclose(power[1], tables.AVERAGE_POWER_10, rtol=TIGHT)
    np.testing.assert_allclose(power[2], tables.XX_10_POWER_NO_FIELD, rtol=TIGHT)
    np.testing.assert_allclose(top[3:, 1], [energy for *_, energy in tables.WINDOW_5], rtol=TIGHT)


@pytest.mark.slow
@pytest.mark.parametrize(("gamma", "time", "power"), tables.ANISOTROPIC_100)
def test_anisotropic_hundred(gamma: float, time: float, power: float) -> None:
    battery = qb.SpinCharger(100, 100, anisotropy=1.0, battery_frequency=10.0, charger_frequency=10.0)
    best = jax.jit(lambda g: qb.charge(battery.put(anisotropy=g), 0.1, figures="max_average_power").max_average_power)(gamma)
    np.testing.assert_allclose([best.time, best.value / 10], [time, power], rtol=1e-8)


# --------------------------------------------------------------------------------------------------- large sizes


@pytest.fixture(scope="module")
def large() -> Any:
    """Up to a thousand cells."""
    best = rows(family(qb.SpinCharger, 1000, 2000, n_battery=[1, 1000], n_charger=[1, 2000]))(
        table(n_battery=[100, 300, 1000, 1000], n_charger=[100, 300, 1000, 2000])
    )
    return {name: np.asarray(value) for name, value in best.items()}


@pytest.mark.parametrize(("row", "known"), [(0, tables.BEYOND[0]), (2, tables.BEYOND[1])])
def test_large_tables(large: Any, row: int, known: Any) -> None:
    cells, fraction, missing, power, power_time, *_ = known
    np.testing.assert_allclose(large["first_peak"][row], [tables.BEYOND_FIRST_TIME[cells], cells * fraction], rtol=TIGHT)
    assert cells - large["first_peak"][row, 1] == pytest.approx(missing, rel=1e-8)
    np.testing.assert_allclose(large["max_average_power"][row], [power_time, power], rtol=TIGHT)


def test_large_against_the_spectrum(large: Any) -> None:
    flow = flows.of_chain(full_charger(300, 300))
    np.testing.assert_allclose(large["first_peak"][1], peaks.first_peak(flow), rtol=TIGHT)
    np.testing.assert_allclose(large["max_average_power"][1], peaks.average_power(flow), rtol=TIGHT)
    np.testing.assert_allclose(large["max_instantaneous_power"][1], peaks.instantaneous_power(flow), rtol=TIGHT)
    doubled = dict((nu, exact) for nu, _, exact in tables.FIRST_FRACTION)[2.0]
    assert large["first_peak"][3, 1] / 1000 == pytest.approx(doubled, rel=TIGHT)


@pytest.mark.slow
def test_ten_thousand() -> None:
    cells, fraction, _, power, power_time, *_ = tables.BEYOND[2]
    best = qb.charge(qb.SpinCharger(cells, cells))
    np.testing.assert_allclose(
        [best.first_peak.time, best.first_peak.value], [tables.BEYOND_FIRST_TIME[cells], cells * fraction], rtol=1e-8
    )
    np.testing.assert_allclose([best.max_average_power.time, best.max_average_power.value], [power_time, power], rtol=1e-8)


# --------------------------------------------------------------------------------------------------------- light


def test_light_tables() -> None:
    cells = np.array([2.0, 10, 50, 100])
    best = rows(family(qb.CavityCharger, 100, 100, n_battery=cells, photons=cells))(table(n_battery=cells, photons=cells))
    known = np.array(tables.CAVITY_BENCHMARK)
    np.testing.assert_allclose(best["first_peak"][:2, 1], known[:, 1], rtol=1e-11)
    np.testing.assert_allclose(best["max_average_power"][:2, 1], known[:, 2], rtol=1e-11)
    eta = best["max_average_power"][1:, 1] * np.sqrt(cells[1:]) / cells[1:] / tables.SINC_PEAK[1]
    np.testing.assert_allclose(eta, [e for _, e in tables.TC_ETA], rtol=1e-10)
    twenty = qb.charge(qb.CavityCharger(20, 20), figures="max_average_power").max_average_power.value
    assert twenty == pytest.approx(tables.UPPER_LIMIT_20[1], rel=1e-11)


def test_mirrored_light_tables() -> None:
    cells = np.array([2.0, 10])
    best = rows(qb.CavityCharger(n_battery=cells, photons=0, mirrored=True))(table(n_battery=cells))
    known = np.array(tables.CAVITY_BENCHMARK)
    np.testing.assert_allclose(best["first_peak"][:, 1], known[:, 3], rtol=1e-11)
    np.testing.assert_allclose(best["max_average_power"][:, 1], known[:, 4], rtol=1e-11)


def test_detuned_sweep_against_the_spectrum() -> None:
    """Charge at random couplings, detunings, crosstalks and starts, beside roots of the exact slope."""
    rng = np.random.default_rng(3)
    count = 12
    cells, chargers = rng.integers(1, 7, count), rng.integers(1, 8, count)
    columns = {
        "n_battery": cells,
        "n_charger": chargers,
        "charger_excitations": rng.integers(1, chargers + 1),
        "coupling": rng.choice([-1, 1], count) * rng.uniform(0.3, 2, count),
        "battery_frequency": rng.uniform(0.5, 2, count),
        "charger_frequency": rng.uniform(0.5, 2, count),
        "ising": rng.normal(size=count) * rng.integers(0, 2, count),
        "battery_crosstalk": 0.3 * rng.normal(size=count),
        "charger_crosstalk": 0.3 * rng.normal(size=count),
    }
    best = rows(family(qb.SpinCharger, 6, 7, **columns))(table(**columns))
    for i in range(count):
        row = {name: float(column[i]) for name, column in columns.items()}
        start = int(row.pop("charger_excitations"))
        flow = flows.spin_charger(Spins(int(row.pop("n_battery")), int(row.pop("n_charger")), **row), 0, start)
        for name, exact in (
            ("first_peak", peaks.first_peak(flow)),
            ("max_average_power", peaks.average_power(flow)),
            ("max_instantaneous_power", peaks.instantaneous_power(flow)),
        ):
            np.testing.assert_allclose(best[name][i], exact, rtol=1e-8, err_msg=f"{name} of {row}")
