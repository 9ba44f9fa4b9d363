"""Every number of `tables`, computed again."""

from typing import Any

import numpy as np
import pytest

from . import chains, closed, flows, peaks, real_size, semiclassical, series, tables
from .chains import full_charger, mirrored, tavis_cummings
from .model import Spins

P_CELL = tables.SINC_PEAK[1]


def power(chain: chains.Chain) -> float:
    """P_max of a chain."""
    return peaks.average_power(flows.of_chain(chain)).value


def first(chain: chains.Chain) -> float:
    """First maximum of a chain."""
    return peaks.first_peak(flows.of_chain(chain)).value


def anisotropic(cells: int, gamma: float, field: float = 10.0) -> flows.Flow:
    """M = N, empty x full, w_B = w_C = field, energies in units of w_B."""
    model = Spins(cells, cells, 1.0, gamma, 0.0, field, field)
    return flows.Flow(flows.spin_charger(model).parts)


def exponents(powers: list[float], cells: int) -> tuple[float, float]:
    """Central and backward d ln(P/M)/d ln M from P at M-1, M, M+1."""
    low, mid, high = (p / (cells + k) for k, p in zip((-1, 0, 1), powers, strict=True))
    backward = np.log(mid / low) / np.log(cells / (cells - 1))
    return float(np.log(high / low) / np.log((cells + 1) / (cells - 1))), float(backward)


def test_ten_by_ten() -> None:
    chain = full_charger(10, 10)
    flow = flows.of_chain(chain)
    top, fast = peaks.first_peak(flow), peaks.average_power(flow)
    assert top == pytest.approx(tables.FIRST_PEAK_10, rel=2e-14)
    assert fast == pytest.approx(tables.AVERAGE_POWER_10, rel=2e-14)
    steep = peaks.instantaneous_power(flow)
    assert steep == pytest.approx(tables.INSTANTANEOUS_POWER_10, rel=1e-11)
    for exact, found, average in (
        (tables.FIRST_PEAK_10, top, False),
        (tables.AVERAGE_POWER_10, fast, True),
    ):
        sharp = peaks.sharpen(chain, found.time, average)
        assert [float(x) for x in sharp] == pytest.approx(exact, rel=3e-16)
    for found, known in zip(peaks.records(flow, 60), tables.RECORDS_10, strict=True):
        assert found == pytest.approx(known, rel=1e-11)
    late = peaks.best_in_window(flow, 1000)
    assert late == pytest.approx(tables.RECORD_10_TO_1000, rel=1e-11)


def test_anisotropic_ten() -> None:
    flow = anisotropic(10, 1.0)
    assert peaks.average_power(flow) == pytest.approx(tables.XX_10_POWER, rel=1e-10)
    assert peaks.first_peak(flow) == pytest.approx(tables.XX_10_FIRST, rel=1e-10)
    assert peaks.best_in_window(flow, 10) == pytest.approx(tables.XX_10_WINDOW_10, rel=1e-10)
    bare = peaks.average_power(anisotropic(10, 1.0, 0.0))
    assert bare == pytest.approx(tables.XX_10_POWER_NO_FIELD, rel=1e-10)
    grid = np.arange(1, 1000) * 0.01
    for gamma, printed, exact, coarse in tables.P1_POWER_OVER_ROOT:
        flow = anisotropic(10, gamma)
        assert peaks.average_power(flow).value / 10**0.5 == pytest.approx(exact, rel=1e-8)
        on_grid = (flow.energy(grid) / grid).max() / 10**0.5
        assert on_grid == pytest.approx(coarse, rel=1e-12)
        assert printed == pytest.approx(coarse, abs=5e-3)
    for cells, gamma, value in tables.WINDOW_5:
        found = peaks.best_in_window(anisotropic(cells, gamma), 5, 2.0).value
        assert found == pytest.approx(value, rel=1e-11)


@pytest.mark.parametrize(("ratio", "printed", "near", "far", "firsts"), tables.P1_SLOPES)
def test_p1_slopes(ratio: int, printed: float, near: float, far: float, firsts: float) -> None:
    runs = [flows.of_chain(full_charger(m, ratio * m)) for m in range(1, 11)]
    rates = [peaks.average_power(f).value / np.sqrt(ratio * m) for m, f in enumerate(runs, 1)]
    assert near == pytest.approx(printed, abs=6e-4)
    for expected, window in ((near, np.pi), (far, 10.0), (firsts, None)):
        tops = [(peaks.first_peak(f) if window is None else peaks.best_in_window(f, window)).value for f in runs]
        assert np.polyfit(tops, rates, 1)[0] == pytest.approx(expected, abs=1e-8)


def test_p1_small_cases() -> None:
    for size, printed, exact in tables.P1_TWO_CELLS:
        assert closed.two_cells_peak(size)[1] == pytest.approx(exact, abs=1e-12)
        assert exact == pytest.approx(printed, abs=5e-3)
    for size, printed, exact in tables.P1_TWO_CELLS_POWER_OVER_ROOT:
        assert power(full_charger(2, size)) / size**0.5 == pytest.approx(exact, abs=1e-10)
        assert exact == pytest.approx(printed, abs=5e-3)
    for strength, _, top, _, rate in tables.P1_CROSSTALK:
        flow = flows.spin_charger(Spins(2, 4, charger_crosstalk=strength))
        assert peaks.best_in_window(flow, 5).value == pytest.approx(top, abs=1e-11)
        assert peaks.average_power(flow).value == pytest.approx(rate, abs=1e-11)


def test_p1_non_ideal_starts() -> None:
    ideal = flows.spin_charger(Spins(2, 4))
    starts = {
        "charger": flows.mix([(0.6, ideal)] + [(0.1, flows.spin_charger(Spins(2, 4), 0, n)) for n in range(4)]),
        "battery": flows.product_start(Spins(2, 4), [0.6, 0.4, 0], np.eye(5)[4]),
        "battery_symmetric": flows.mix([(0.6, ideal), (0.4, flows.spin_charger(Spins(2, 4), 1, 4))]),
    }
    for name, flow in starts.items():
        top = peaks.best_in_window(flow, 5).value / peaks.best_in_window(ideal, 5).value
        rate = peaks.average_power(flow).value / peaks.average_power(ideal).value
        assert (top, rate) == pytest.approx(tables.P1_NON_IDEAL[name], abs=1e-10)


def test_collective_advantage() -> None:
    for cells in (20, 100):
        eta = power(full_charger(cells, cells)) / P_CELL / cells
        assert eta == pytest.approx(tables.ETA[cells], rel=1e-12)
    for cells, gamma, central, backward in tables.BETA:
        if cells > 100 or (gamma and cells > 20):
            continue
        runs = [anisotropic(cells + k, gamma) for k in (-1, 0, 1)]
        found = exponents([peaks.average_power(f, 2.0).value for f in runs], cells)
        assert found == pytest.approx((central, backward), abs=1e-9)


def test_beyond() -> None:
    for cells, part, rest, best, time, eta, _ in tables.BEYOND[:2]:
        flow = flows.of_chain(full_charger(cells, cells))
        coarse = 0.5 if cells < 500 else 8.0
        top, fast = peaks.first_peak(flow, coarse), peaks.average_power(flow, coarse)
        assert top.time == pytest.approx(tables.BEYOND_FIRST_TIME[cells], rel=1e-11)
        assert top.value / cells == pytest.approx(part, rel=1e-13)
        assert cells - top.value == pytest.approx(rest, abs=1e-9)
        assert fast == pytest.approx((time, best), rel=1e-11)
        assert fast.value / P_CELL / cells == pytest.approx(eta, rel=1e-12)
        problem = series.of_chain(full_charger(cells, cells))
        by_series = series.average_power(problem, 0.9 * time, 1.1 * time)
        assert by_series == pytest.approx(fast, rel=1e-12)


def test_beyond_ten_thousand() -> None:
    cells, _, _, best, time, eta, _ = tables.BEYOND[2]
    value, slope = series.energy(series.of_chain(full_charger(cells, cells)), time)
    assert value / time == pytest.approx(best, rel=1e-11)
    assert slope == pytest.approx(best, rel=1e-9)  # at the optimum E' = E/t
    assert value / time / P_CELL / cells == pytest.approx(eta, rel=1e-10)


def test_series_anisotropic() -> None:
    problem = series.of_spins(Spins(20, 20, 1.0, 0.6, 0.0, 10.0, 10.0))
    found = peaks.average_power(anisotropic(20, 0.6))
    by_series = series.average_power(problem, 0.9 * found.time, 1.1 * found.time)
    assert by_series == pytest.approx(found, rel=1e-11)
    gamma, time, value = tables.ANISOTROPIC_100[2]
    problem = series.of_spins(Spins(100, 100, 1.0, gamma, 0.0, 10.0, 10.0))
    assert series.energy(problem, time)[0] / time == pytest.approx(value, rel=1e-12)


def test_exact_against_semiclassical_first_peaks() -> None:
    for nu, limit, _ in tables.FIRST_FRACTION[1:3]:
        exact = [first(full_charger(m, int(nu * m))) / m - limit for m in (100, 200)]
        assert exact[0] / exact[1] == pytest.approx(2.0, rel=0.1)  # a correction O(1/M)
    flow = flows.of_chain(full_charger(300, 600))
    times = np.linspace(0.2, 1.6, 5) * np.log(300) / 300 / np.sqrt(2)
    law = [semiclassical.energy(float(t), 300, 2.0) for t in times]
    np.testing.assert_allclose(flow.energy(times) / 300, np.array(law) / 300, atol=8e-3)


@pytest.mark.parametrize("row", tables.REAL_SIZE)
def test_real_size(row: tuple[float, ...]) -> None:
    size, *rest = row
    top, fast = real_size.first_peak(10, size), real_size.average_power(10, size)
    found = (top.value, top.value_slope, top.time, top.time_slope)
    found += (fast.value, fast.value_slope, fast.time, fast.time_slope)
    assert found == pytest.approx(rest, rel=1e-11)
    value, slope = real_size.energy(10, size, 0.31)
    flow = flows.of_chain(full_charger(10, size))
    assert (value.real, slope.real) == pytest.approx((flow.energy(0.31).item(), flow.slope(0.31).item()), rel=1e-13)


@pytest.mark.parametrize("size", [10.0, 10.5, 20.0])
def test_real_size_differences(size: float) -> None:
    h = 2e-3
    for search, exact in (
        (peaks.first_peak, real_size.first_peak(10, size)),
        (peaks.average_power, real_size.average_power(10, size)),
    ):
        at = [np.array(search(flows.of_chain(full_charger(10, size + k * h)))) for k in (-2, -1, 1, 2)]
        time_slope, value_slope = (8 * (at[2] - at[1]) - (at[3] - at[0])) / (12 * h)
        assert value_slope == pytest.approx(exact.value_slope, abs=1e-10)
        assert time_slope == pytest.approx(exact.time_slope, abs=1e-10)


def test_cavity_benchmarks() -> None:
    for cells, true_top, true_rate, mirror_top, mirror_rate in tables.CAVITY_BENCHMARK:
        true, mirror = tavis_cummings(cells, cells), mirrored(cells)
        found = first(true), power(true), first(mirror), power(mirror)
        expected = true_top, true_rate, mirror_top, mirror_rate
        assert found == pytest.approx(expected, rel=1e-12)
        np.testing.assert_allclose(true.couplings, mirror.couplings[::-1], rtol=1e-15)
    near = full_charger(10, 1000)
    found = first(near), power(near) / 1000**0.5
    assert found == pytest.approx(tables.SPINS_100_PER_CELL, rel=1e-11)
    for cells, eta in tables.TC_ETA:
        found = power(tavis_cummings(cells, cells)) / P_CELL / cells**0.5
        assert found == pytest.approx(eta, rel=1e-10)
    makers = (lambda m: tavis_cummings(m, m)), mirrored
    for make, beta in zip(makers, tables.TC_BETA_100, strict=True):
        powers = [power(make(m)) for m in (99, 100, 101)]
        assert exponents(powers, 100)[0] == pytest.approx(beta, abs=1e-9)


@pytest.mark.parametrize("row", tables.TABLE_I)
def test_table_one(row: tuple[Any, ...]) -> None:
    size, (low, high), start, alpha, beta, *exact = row
    cells = range(low, high + 1)
    grid = np.linspace(0, 2, 1000)[1:]
    runs = [flows.spin_charger(Spins(m, size), 0, size if start == "full" else m) for m in cells]
    found: list[float] = []
    for values in (
        [peaks.average_power(f).value for f in runs],
        [(f.energy(grid) / grid).max() for f in runs],
    ):
        slope, height = np.polyfit(np.log(cells), np.log(values), 1)
        found += [float(slope), float(np.exp(height))]
    assert found == pytest.approx(exact, rel=1e-9)
    assert (alpha, beta) == pytest.approx(found[2:], abs=5.1e-5)


def test_p2_limits_and_figures() -> None:
    for size, beta in tables.LOWER_BOUND_BETA:
        assert power(mirrored(size)) == pytest.approx(beta, rel=1e-10)
        many = power(full_charger(10**6, size)) / 10**3
        assert many == pytest.approx(beta, rel=1e-4)
    powers = [power(tavis_cummings(m, m)) for m in range(1, 51)]
    slope = np.polyfit(np.log(range(1, 51)), np.log(powers), 1)[0]
    assert slope == pytest.approx(tables.UPPER_BOUND_ALPHA, abs=1e-8)
    near = power(chains.isotropic(Spins(20, 10**6), 0, 20)) / 1e3
    assert (near, powers[19]) == pytest.approx(tables.UPPER_LIMIT_20, rel=1e-11)
    few = power(chains.isotropic(Spins(1000, 10**6), 0, 10)) / (10 * P_CELL * 1e9**0.5)
    assert few == pytest.approx(tables.OSCILLATOR_RATIO, rel=1e-9)
    for cells, value in tables.P2_FIG3A:
        assert first(full_charger(cells, 5)) == pytest.approx(value, abs=1e-11)
    for cells, value in tables.P2_FIG4A:
        found = first(chains.isotropic(Spins(cells, 300), 0, cells)) / cells
        assert found == pytest.approx(value, abs=1e-11)
    for cells, value in tables.P2_FIG5:
        low, high = power(full_charger(cells - 1, 200)), power(full_charger(cells + 1, 200))
        found = np.log(high / low) / np.log((cells + 1) / (cells - 1))
        assert found == pytest.approx(value, abs=1e-9)
    for ising, value in tables.ISING:
        flow = flows.spin_charger(Spins(10, 10, ising=ising))
        assert peaks.best_in_window(flow, 5).value == pytest.approx(value, abs=1e-11)
    for cells, size, value in tables.FIRST_PEAKS:
        assert first(full_charger(cells, size)) == pytest.approx(value, abs=1e-11)


def test_exchange_of_battery_and_charger() -> None:
    times = np.linspace(0, 3, 13)
    for m, n in ((3, 7), (10, 4), (1, 5)):
        one, two = (flows.of_chain(full_charger(*pair)) for pair in ((m, n), (n, m)))
        np.testing.assert_allclose(one.energy(times), two.energy(times), atol=1e-13)
