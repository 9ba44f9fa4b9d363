"""Peng et al. 2021: every figure against closed forms, tables and flows that know nothing of the library."""

import dataclasses
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from scipy.special import ellipj

from jaxqb.papers import entries
from jaxqb.papers.paper import Results
from jaxqb.papers.peng2021 import PAPER
from jaxqb.papers.report import picture, write

sys.path.insert(0, str(Path(__file__).parents[1]))
from truth import chains, closed, dicke, flows, linear, peaks, tables
from truth.model import Spins

jax.config.update("jax_enable_x64", True)

GRID = np.linspace(0, 2, 1000)
EXACT = {"rel": 1e-10}


@pytest.fixture(scope="module")
def results():
    return Results(PAPER.figures, quick=True)


def optima(cells, size, start, begin=0, **more):
    """First peak and best average power, each (time, value)."""
    flow = flows.spin_charger(Spins(cells, size, **more), begin, start)
    return peaks.first_peak(flow), peaks.average_power(flow)


def light(cells, photons):
    """Best average power of a cavity with coupling 1."""
    return peaks.average_power(flows.of_chain(chains.tavis_cummings(cells, photons)))


def test_every_claim_stands(results):
    fallen = [checked.claim.says for checked in PAPER.check(results) if not checked.stands]
    assert not fallen
    assert len({claim.says for claim in PAPER.claims}) == len(PAPER.claims)
    assert {claim.verdict for claim in PAPER.claims} == {"reproduced", "convention", "misprint", "wrong"}


def test_claims_could_fall(results):
    # a printed number that is 2 percent off, or a sentence turned round, must not be borne out
    for claim in PAPER.claims:
        if claim.verdict != "reproduced":
            continue
        if claim.printed is True:
            other = dataclasses.replace(claim, printed=0.0)
        else:
            other = dataclasses.replace(claim, printed=str(1.02 * float(claim.printed) + 0.02), rule="round")
        assert not other.check(results).stands, claim.says


@pytest.mark.parametrize("row", tables.TABLE_I)
def test_table_one(results, row):
    size, _, _, *printed_and_exact = row
    printed, exact = printed_and_exact[:2], printed_and_exact[2:]
    table = results["table1"].sel(n_charger=size)
    found = [float(table[name]) for name in ("alpha", "beta", "alpha_grid", "beta_grid")]
    assert found == pytest.approx(exact, rel=1e-9)
    assert [round(value, 4) for value in found[2:]] == printed
    drawn = [y for _, x, y in results["table1"].attrs["printed"] if x == size]
    assert drawn == printed


def test_table_one_is_a_table(results, tmp_path):
    found = entries(results["table1"])
    truth = {str(row[0]): dict(alpha=row[3:8:2], beta=row[4:9:2]) for row in tables.TABLE_I}
    assert [(row["quantity"], row["N"]) for row in found] == [(name, n) for name in ("alpha", "beta") for n in truth]
    for row in found:
        ours = [row[head] for head in ("printed", "exact", "on the paper's times")]
        assert ours == [f"{value:.4f}" for value in truth[row["N"]][row["quantity"]]]
    limits = {row["N"]: (row["printed limit"], row["exact limit"]) for row in found if row["quantity"] == "beta"}
    assert limits["5"][0] == "" and limits["200"] == ("10.1823", f"{tables.TANH_PEAK[1] * 200**0.5:.4f}")
    picture(results["table1"], tmp_path / "peng2021" / "table1")
    paths = write({PAPER: {"table1": results["table1"]}}, {}, tmp_path)
    assert {f"table1.{kind}" for kind in ("txt", "csv", "json")} == {path.name for path in paths[:-1]}
    lines = (tmp_path / "peng2021" / "table1.txt").read_text().splitlines()
    assert len(lines) == 13 and len({len(line) for line in lines}) == 1
    page = (tmp_path / "index.html").read_text()
    assert page.count('<td class="n">15.9241</td>') == 2 and page.count("<tr>") == 15 + len(PAPER.symbols)


def test_table_one_limits(results):
    table = results["table1"]
    for size, beta in tables.LOWER_BOUND_BETA:
        assert float(table.beta_limit.sel(n_charger=size)) == pytest.approx(beta, rel=1e-9)
    for size in (100, 200, 300):
        column = table.sel(n_charger=size)
        assert float(column.beta_limit) == pytest.approx(tables.TANH_PEAK[1] * size**0.5, rel=1e-12)
        assert float(column.beta_claimed) == pytest.approx(0.72 * size**0.5, rel=1e-12)


@pytest.mark.parametrize(("panel", "row"), list(zip("abcd", tables.P2_TRANSFER, strict=True)))
def test_fig2(results, panel, row):
    field, ising, transfer = row
    data = results["fig2"].sel(panel=panel)
    assert (float(data.field), float(data.ising)) == (field, ising)
    offset, omega = closed.one_cell_rates(10, 5, 1.0, field - 1, ising)
    assert (float(data.offset), float(data.omega)) == pytest.approx((offset, omega), rel=1e-14)
    times = 2 * data.phase.values / omega
    up = closed.one_cell_excitation(times, 10, 5, 1.0, field - 1, ising)
    np.testing.assert_allclose(data.battery, field * up, atol=1e-12)
    np.testing.assert_allclose(data.charger, -up, atol=1e-12)  # n = N/2 is the middle of the ladder
    np.testing.assert_allclose(data.interaction, closed.one_cell_interaction(times, 10, 5, 1.0, field - 1, ising), atol=1e-12)
    np.testing.assert_allclose(data.power[1:], field * up[1:] / times[1:], atol=1e-12)
    spins = Spins(1, 10, ising=ising, battery_frequency=field)
    start = np.kron(dicke.number(1, 0), dicke.number(10, 5))
    np.testing.assert_allclose(data.total, linear.expect(dicke.hamiltonian(spins), start), atol=1e-12)
    assert float(data.transfer) == pytest.approx(transfer, rel=1e-12)
    for name in ("battery", "charger", "interaction"):
        np.testing.assert_allclose(data[name], data[f"{name}_closed"], atol=1e-12)


@pytest.mark.parametrize(
    ("name", "size", "cells"), [("fig3", 5, 1), ("fig3", 10, 11), ("fig3", 15, 80), ("fig4", 100, 50), ("fig4", 300, 3)]
)
def test_fig3_and_fig4(results, name, size, cells):
    start = size if name == "fig3" else cells
    point = results[name].sel(n_charger=size, n_battery=cells)
    top, fast = optima(cells, size, start)
    assert (float(point.energy_time), float(point.energy)) == pytest.approx(top, **EXACT)
    assert (float(point.power_time), float(point.power)) == pytest.approx(fast, **EXACT)
    assert float(point.energy_per_cell) == pytest.approx(top.value / cells, **EXACT)
    energy = flows.spin_charger(Spins(cells, size), 0, start).energy(GRID)
    assert float(point.energy_grid) == pytest.approx(energy.max(), **EXACT)
    assert float(point.power_grid) == pytest.approx((energy[1:] / GRID[1:]).max(), **EXACT)


def test_fig3_and_fig4_against_the_notes(results):
    for cells, energy in tables.P2_FIG3A:
        assert float(results["fig3"].energy.sel(n_charger=5, n_battery=cells)) == pytest.approx(energy, abs=1e-10)
    for cells, energy in tables.P2_FIG4A:
        found = results["fig4"].energy_per_cell.sel(n_charger=300, n_battery=cells)
        assert float(found) == pytest.approx(energy, abs=1e-10)
    for name, low in (("fig3", 20), ("fig4", 1)):
        data = results[name]
        fit = data.beta * data.n_battery**data.alpha
        np.testing.assert_allclose(data.fit.sel(n_battery=slice(low, None)), fit.T.sel(n_battery=slice(low, None)).T, rtol=1e-12)
        assert bool(data.fit.sel(n_battery=slice(None, low - 1)).isnull().all())


def test_fig5(results):
    data = results["fig5"]
    for size, cells in ((1, 7), (3, 40), (40, 3), (200, 25)):
        found = float(data.power.sel(n_charger=size, n_battery=cells))
        assert found == pytest.approx(optima(cells, size, size)[1].value, **EXACT)
        assert float(data.log_power.sel(n_charger=size, n_battery=cells)) == pytest.approx(np.log10(found), rel=1e-12)
    for cells, slope in tables.P2_FIG5:
        assert float(data.exponent.sel(shown=200, n_battery=cells)) == pytest.approx(slope, abs=1e-8)


def test_one_cell_and_one_spin(results):
    cell = results["one_cell"]
    for size, n in ((10, 1), (10, 5), (11, 6), (11, 11)):
        point, known = cell.sel(n_charger=size, excitations=n), closed.one_cell_optima(size, n)
        found = [float(point[name]) for name in ("time", "energy", "power_time", "power")]
        assert found == pytest.approx([known[name] for name in ("peak_time", "peak", "power_time", "power")], **EXACT)
    assert bool(cell.sel(n_charger=10, excitations=11)[["power", "time"]].isnull().to_array().all())  # 11 of 10 spins
    spin = results["one_spin"]
    for row, begin in enumerate((lambda m: 0, lambda m: (m - 1) // 2)):
        for cells in (1, 2, 9, 50):
            _, fast = optima(cells, 1, 1, begin(cells))
            point = spin.isel(start=row).sel(n_battery=cells)
            assert (float(point.power_time), float(point.power)) == pytest.approx(fast, **EXACT)


def test_beyond_bound(results):
    data = results["beyond_bound"]
    assert float(data.bound[0]) == pytest.approx(tables.SINC_PEAK[1], rel=1e-13)
    assert float(data.limit[0]) == pytest.approx(tables.TANH_PEAK[1], rel=1e-13)
    for size, cells in ((50, 50), (300, 7), (10000, 20)):
        time, power = optima(cells, size, cells)[1]
        point = data.sel(n_charger=size, n_battery=cells)
        assert float(point.ratio) == pytest.approx(power / size**0.5 / cells**1.5, **EXACT)
        assert float(point.filled) == pytest.approx(time * power / cells, **EXACT)
    powers = [light(m, m) for m in range(1, 51)]
    alpha, height = np.polyfit(np.log(range(1, 51)), np.log([p.value for p in powers]), 1)
    assert alpha == pytest.approx(tables.UPPER_BOUND_ALPHA, abs=1e-8)
    assert (float(data.alpha), float(data.beta)) == pytest.approx((alpha, np.exp(height)), rel=1e-9)
    far = data.sel(n_charger=np.inf)
    np.testing.assert_allclose(far.ratio, [p.value / m**1.5 for m, p in enumerate(powers, 1)], rtol=1e-10)
    np.testing.assert_allclose(far.filled, [p.value * p.time / m for m, p in enumerate(powers, 1)], rtol=1e-9)
    assert float(data.time.sel(n_battery=9)) == pytest.approx(3 * powers[8].time, **EXACT)
    for ratio in (2, 4):
        assert float(data.started.sel(ratio_start=ratio, n_battery=20)) == pytest.approx(
            light(20, 20 * ratio).value / 20**1.5, **EXACT
        )
        # classical limit: E/N_B = sn^2(sqrt(c) x | 1/c) for c excitations a cell
        x = np.linspace(0.1, 3, 100001)
        limit = (ellipj(np.sqrt(ratio) * x, 1 / ratio)[0] ** 2 / x).max()
        assert float(data.started.sel(ratio_start=ratio, n_battery=50)) == pytest.approx(limit, rel=2e-3)
    assert float(data.oscillator.sel(begin=0)) / tables.SINC_PEAK[1] == pytest.approx(tables.OSCILLATOR_RATIO, rel=1e-9)
    chain = chains.isotropic(Spins(1000, 10**6), 5, 10)
    fast = peaks.average_power(flows.of_chain(chain))
    assert float(data.oscillator.sel(begin=5)) == pytest.approx(fast.value / (5 * 1e9**0.5), rel=1e-9)
    assert float(data.oscillator_time.sel(begin=5)) == pytest.approx(fast.time * 1e9**0.5, rel=1e-9)


def test_detuning(results):
    data = results["detuning"]
    known = dict(tables.ISING)
    for ising in (0.5, 1.0):
        found = 10 * float(data.equal_fields[1].sel(ising=ising))
        assert found == pytest.approx(known[ising], abs=1e-10)
    for case, (cells, size, start) in enumerate(((1, 10, 5), (10, 10, 10), (10, 20, 10))):
        row = data.isel(case=case)
        for i, j in ((0, 3), (4, 8), (8, 11)):
            ising, detuning = float(data.ising[i]), float(data.detuning[j])
            flow = flows.spin_charger(Spins(cells, size, ising=ising, charger_frequency=1 - detuning), 0, start)
            best = peaks.best_in_window(flow, 5).value / cells
            assert float(row.energy[i, j]) == pytest.approx(best, abs=1e-10)
        tuned = Spins(cells, size, ising=1.0, charger_frequency=1 + (2 * start - cells - size))
        best = peaks.best_in_window(flows.spin_charger(tuned, 0, start), 5).value / cells
        assert float(row.compensated.sel(ising=1.0)) == pytest.approx(best, abs=1e-10)
    # one cell: full transfer on Delta_n = 0, and the closed form off it
    np.testing.assert_allclose(data.compensated[0], 1.0, atol=1e-12)
    top = closed.one_cell_optima(10, 5, detuning=-4.0, ising=2.0)["peak"]
    assert float(data.energy[0].sel(ising=2.0, detuning=-4.0)) == pytest.approx(top, abs=1e-12)


def test_design(results):
    data = results["design"]
    power = {n: optima(50, 300, n) for n in (50, 166, 167, 168)}
    best = max(power, key=lambda n: power[n][1].value)
    assert int(data.best_start) == best
    assert float(data.best_power) == pytest.approx(power[best][1].value, **EXACT)
    assert float(data.best_energy) == pytest.approx(power[best][0].value, **EXACT)
    assert float(data.paper_power) == pytest.approx(power[50][1].value, **EXACT)
    assert float(data.best_power / data.paper_power) == pytest.approx(1.6183, abs=1e-4)
    assert float(data.parallel_power) == pytest.approx(50 * closed.one_cell_optima(300, 150)["power"], **EXACT)
    for choice, ising, n, h in (
        (0, 0.0, 100, 1.0),
        (0, 0.0, 300, 1.0),
        (1, 1.0, 300, 1.0),
        (2, 1.0, 50, 1 + 2 * 50 - 350),
    ):
        spins = Spins(50, 300, ising=ising, charger_frequency=h)
        flow = flows.spin_charger(spins, 0, n)
        point = data.isel(choice=choice).sel(excitations=n)
        assert float(point.power) == pytest.approx(peaks.average_power(flow).value, rel=1e-9)
        assert float(point.energy) == pytest.approx(peaks.best_in_window(flow, 0.2).value / 50, rel=1e-9)


@pytest.mark.slow
def test_design_by_gradients():
    data = PAPER.figures["design"](quick=False)
    assert float(data.searched_start) == float(data.best_start)
    assert float(data.searched_power) == pytest.approx(float(data.best_power), rel=1e-10)
    # a parabola through three integer starts has its top where the gradient vanishes
    low, mid, high = (optima(50, 300, n)[1].value for n in (166, 167, 168))
    assert float(data.real_start) == pytest.approx(167 + (low - high) / (2 * (low - 2 * mid + high)), abs=1e-3)
    tuned = Spins(50, 300, ising=1.0, charger_frequency=float(data.tuned_frequency))
    power = peaks.average_power(flows.spin_charger(tuned, 0, int(data.tuned_start))).value
    assert float(data.tuned_power) == pytest.approx(power, rel=1e-9)
    assert power > float(data.power[1:].max())  # better than equal fields and mean resonance for every n
