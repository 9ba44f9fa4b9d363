"""Quach & Munro 2020: every figure against the unstructured master equation, closed forms and tables made independently."""

import dataclasses
import sys
from math import comb
from pathlib import Path

import jax
import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.linalg import expm
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix

from jaxqb.papers.paper import Results
from jaxqb.papers.quach2020 import PAPER

sys.path.insert(0, str(Path(__file__).parents[1]))
from truth import dark

jax.config.update("jax_enable_x64", True)

# computed apart, by ladders in numpy: cells -> largest rate of entanglement; lag behind the largest power
RATES = {3: [0.16323, 0.80886, 1.37981, 1.93404], 5: [0.501, 1.662, 2.765, 3.846]}
LAGS = {3: [0.8078, 0.2705, 0.1384, 0.1425], 5: [0.4236, 0.1615, 0.1232, 0.0971], 10: [0.2239, 0.0998, 0.0724]}
FASTEST = {2: (0.553, 0.408), 5: (1.611, 1.585), 10: (3.524, 3.566)}  # P_max / N_B for 1 and 12 cells
SATURATED = {2: 1.9690, 5: 1.1352}


@pytest.fixture(scope="module")
def results():
    return Results(PAPER.figures, quick=True)


def stepped(cells, chargers, times):
    """The density matrix by Runge and Kutta's steps, in operator form."""
    jump, still = csr_matrix(dark.jump(cells, chargers)), dark.start(cells, chargers)

    def field(_, vector):
        rho = vector.reshape(still.shape)
        rho = (rho + rho.T) / 2  # what is not symmetric is rounding, and would grow below
        half = jump.T @ (jump @ rho)
        return (2 * jump @ (jump @ rho).T - half - half.T).ravel()

    found = solve_ivp(field, (0, times[-1]), still.ravel(), "DOP853", times, rtol=1e-8, atol=1e-11)
    return [y.reshape(still.shape) for y in found.y.T]


def energies(cells, chargers, rho):
    """Per cell and per charger spin."""
    diagonal = np.real(np.einsum("...ii->...i", rho))
    m, n = dark.excitations(cells, chargers)
    return diagonal @ m / cells, diagonal @ n / chargers


def populations(cells, chargers, rho):
    """Of the battery's levels."""
    return np.real(np.einsum("...ii->...i", rho)).reshape(*rho.shape[:-2], cells + 1, chargers + 1).sum(axis=-1)


def ergotropy(p):
    """Within the collective spin, and by all unitaries, which find one ground level and as many first ones as cells; per cell."""
    cells, falling = len(p) - 1, np.sort(p)[::-1]
    energy = p @ np.arange(cells + 1)
    return (energy - falling @ np.arange(cells + 1)) / cells, (energy - (1 - falling[0])) / cells


def negativity(cells, chargers, rho):
    """log2 of the trace norm of the partial transpose."""
    d = (cells + 1, chargers + 1)
    swapped = rho.reshape(*d, *d).transpose(2, 1, 0, 3).reshape(d[0] * d[1], -1)
    return np.log2(np.abs(np.linalg.eigvalsh(swapped)).sum())


def test_every_claim_stands(results):
    checked = PAPER.check(results)
    assert not [one.claim.says for one in checked if not one.stands]
    assert len({one.claim.says for one in checked}) == len(checked) >= 85
    assert {one.claim.verdict for one in checked} == {"reproduced", "convention", "misprint", "wrong"}
    assert all(one.claim.why for one in checked if one.claim.verdict != "reproduced")


def test_claims_could_fall(results):
    for claim in PAPER.claims:
        if claim.verdict != "reproduced":
            continue
        if claim.printed is True:
            other = dataclasses.replace(claim, printed=0.0)
        else:
            other = dataclasses.replace(claim, printed=1.02 * float(claim.printed) + 0.02)
        assert not other.check(results).stands, claim.says


@pytest.mark.parametrize("cells", [1, 2, 3])
def test_curves_in_time(results, cells):
    """Figs. 2a, 2d, 3, 4a, 4b at R = 5."""
    chargers, steps = 5 * cells, (0, 30, 80, 200)
    times = results["fig2"].time.values[list(steps)]
    rho = dark.evolve(cells, chargers, times)
    battery, charger = energies(cells, chargers, rho)
    at = {"n_battery": cells}
    np.testing.assert_allclose(results["fig2"].energy.sel(at)[list(steps)], battery, rtol=0, atol=1e-12)
    marks = [0, 3, 8, 20]
    np.testing.assert_allclose(results["fig2"].charger_energy.sel(at)[marks], charger, rtol=0, atol=1e-12)
    slope = (dark.liouvillian(cells, chargers) @ rho.reshape(len(times), -1).T).T.reshape(rho.shape)
    np.testing.assert_allclose(
        results["fig2"].power.sel(at)[list(steps)], energies(cells, chargers, slope)[0], rtol=0, atol=1e-10
    )
    found = results["fig4"].entanglement.sel(at)[list(steps)]
    np.testing.assert_allclose(found, [negativity(cells, chargers, one) for one in rho], rtol=0, atol=1e-9)
    if cells < 3:
        work = np.array([ergotropy(p) for p in populations(cells, chargers, rho)]).T
        for name, wanted in zip(("work", "work_full"), work, strict=True):
            np.testing.assert_allclose(results["fig3"][name].sel(size=cells)[list(steps)], wanted, rtol=0, atol=1e-11)


def test_capacity(results):
    fig2, fixed = results["fig2"], results["fixed_charger"]
    for ratio, cells in ((2, 12), (5, 3), (10, 7)):
        kept = dark.steady_excitations(cells, ratio * cells) / cells
        assert float(fig2.kept.sel(ratio=ratio, cells=cells)) == pytest.approx(kept, rel=1e-13)
    np.testing.assert_allclose(fig2.kept_by_ratio.sel(n_battery=1), (fig2.ratios / (fig2.ratios + 1)) ** 2, rtol=1e-13)
    assert float(fig2.kept.sel(ratio=5, cells=3)) == pytest.approx(176177 / 205632, rel=1e-13)
    assert float(fixed.energy.sel(cells=50)) == pytest.approx(dark.steady_excitations(50, 60) / 50, rel=1e-12)


def test_largest_power(results):
    for ratio, (one, twelve) in FASTEST.items():
        row = results["fig2"].max_power.sel(ratio=ratio)
        assert (float(row.sel(cells=1)), float(row.sel(cells=12)) / 12) == pytest.approx((one, twelve), abs=1e-3)
    for cells, ratio in ((1, 1), (1, 4)):
        chargers = ratio * cells
        generator, still = dark.liouvillian(cells, chargers), dark.start(cells, chargers)

        def power(t, generator=generator, still=still, sizes=(cells, chargers)):
            slope = generator @ expm(t * generator) @ still.ravel()
            return -float(energies(*sizes, slope.reshape(still.shape))[0])

        best = minimize_scalar(power, bounds=(0.01, 1.0), method="bounded", options={"xatol": 1e-10})
        found = float(results["fig2"].max_power_by_ratio.sel(n_battery=cells, ratios=ratio))
        assert found == pytest.approx(-best.fun, rel=1e-10)
    for cells, value in ((1, 23.34), (50, 5.01)):
        assert float(results["fixed_charger"].power.sel(cells=cells)) == pytest.approx(value, abs=5e-3)


def test_entanglement(results):
    fig4 = results["fig4"]
    for (cells, ratio), bits in {(1, 5): 0.5621, (2, 5): 0.8010, (3, 5): 0.9058}.items():
        assert float(fig4.kept_entanglement.sel(cells=cells, ratio=ratio)) == pytest.approx(bits, abs=5e-5)
    m = fig4.ratios.values
    closed = np.log2((m + np.sqrt(1 + 4 * m**3 / (m + 1) ** 2)) / (m + 1))
    np.testing.assert_allclose(fig4.kept_by_ratio.sel(n_battery=1), closed, rtol=1e-12)
    for ratio, limit in SATURATED.items():
        data = results["limits"].sel(ratio=ratio)
        assert float(data.entanglement_limit[-1]) == pytest.approx(limit, abs=5e-5)
        gap = limit - data.entanglement.sel(some=[10, 20]).values
        assert gap[1] / gap[0] == pytest.approx(0.5, abs=0.12)  # 1/N_B


def test_entanglement_rate(results):
    fig5 = results["fig5"]
    for ratio, values in RATES.items():
        np.testing.assert_allclose(fig5.max_rate.sel(ratio=ratio), values, rtol=0, atol=6e-4)
    for ratio, values in LAGS.items():
        np.testing.assert_allclose(fig5.lag.sel(ratio=ratio)[: len(values)], values, rtol=0, atol=6e-5)
    cells, chargers = fig5.cells, fig5.ratio * fig5.cells
    first = 2 / np.log(2) * (np.sqrt(chargers**2 + cells * chargers) - chargers)
    np.testing.assert_allclose(fig5.first_rate, first.transpose(*fig5.first_rate.dims), rtol=1e-7)
    assert fig5.jump.sel(ratio=[3, 5], cells=[1, 2]).values.all() and not fig5.jump.sel(ratio=3, cells=[3, 4]).values.any()
    # the slope of the logarithmic negativity between two times
    pair = [negativity(1, 50, rho) for rho in stepped(1, 50, fig5.time.values[60] + np.array([-1e-4, 1e-4]))]
    assert float(fig5.rate.sel(n_battery=1)[60]) == pytest.approx((pair[1] - pair[0]) / 2e-4, rel=1e-4)


def test_temperature(results):
    fig6 = results["fig6"]
    for temperature, kept in ((0.0, 0.8264), (2.0, 0.7171), (4.0, 0.6333)):
        n = 1 / np.expm1(1 / temperature) if temperature else 0.0
        late = dark.evolve(1, 10, [0.5, 20.0], n=n)
        assert energies(1, 10, late)[0][1] == pytest.approx(kept, abs=5e-5)
        assert float(fig6.energy.sel(temperature=temperature)[-1]) == pytest.approx(energies(1, 10, late)[0][0], abs=1e-12)
    t = fig6.temperatures.values[1:]
    n = 1 / np.expm1(1 / t)
    two = fig6.sel(ratio=1)
    np.testing.assert_allclose(two.kept[1:], 0.5 - (2 * n + 1) / (12 * n * (n + 1) + 4), rtol=1e-12)
    by_hand = np.gradient(two.kept.values, fig6.temperatures.values)
    np.testing.assert_allclose(two.slope[10:-1], by_hand[10:-1], rtol=0, atol=2e-3)
    lowest = fig6.kept.sel(ratio=2)
    assert float(lowest.min()) == pytest.approx(0.434446684, abs=2e-6)
    assert float(lowest.temperatures[int(np.argmin(lowest.values))]) == pytest.approx(0.601, abs=0.05)
    # a cell that is up at the start: the same generator, another start
    k, ratio = 20, 3
    n = float(n[k - 1])
    generator, parts = dark.liouvillian(1, ratio, n=n), []
    for level in (0, 1):
        ket = np.zeros(2 * (ratio + 1))
        ket[level * (ratio + 1) + ratio] = 1
        late = expm(40.0 * generator) @ np.outer(ket, ket).ravel()
        parts.append(float(energies(1, ratio, late.reshape(len(ket), -1))[0]))
    up = n / (2 * n + 1)
    assert float(fig6.kept_if_warm.sel(ratio=ratio)[k]) == pytest.approx((1 - up) * parts[0] + up * parts[1], abs=1e-11)
    late = dark.evolve(2, 8, 40.0, n=n)[0]
    work = ergotropy(populations(2, 8, late))
    found = [float(fig6[name].sel(n_battery=2)[k]) for name in ("kept_work", "kept_work_full")]
    assert found == pytest.approx(list(work), abs=1e-11)


def test_work_that_is_kept(results):
    cells = {1: 0.3889, 2: 0.6116, 10: 0.8977}
    found = results["fig3"].kept_work.sel(cells=list(cells))
    np.testing.assert_allclose(found, list(cells.values()), rtol=0, atol=5e-5)
    # ten cells and fifty spins, where a superoperator does not fit
    (rho,) = stepped(10, 50, results["fig3"].time.values[[14]])
    found = [float(results["fig3"][name].sel(size=10)[14]) for name in ("work", "work_full")]
    assert found == pytest.approx(list(ergotropy(populations(10, 50, rho))), abs=1e-7)


def test_laws_of_large_batteries(results):
    data = results["limits"]
    assert float(abs(data.over_law.sel(cells=1e6) - 1).max()) < 2e-3
    peak = minimize_scalar(
        lambda z: -quad(lambda v: np.exp(-v) * z * v / (1 + z * v) ** 2, 0, np.inf)[0], bounds=(0.5, 3), method="bounded"
    )
    assert float(data.limit[0]) == pytest.approx(-peak.fun, rel=1e-9)
    assert float(data.power.sel(ratio=5, few=20)) == pytest.approx(-peak.fun, rel=0.02)
    np.testing.assert_allclose(data.energy_of_one, (data.chargers / (data.chargers + 1)) ** 2, rtol=1e-12)


def test_discharge(results):
    """Three cells, one by one, in the bath that they share."""
    cells, ratio = 3, 5
    data, times = results["discharge"].sel(size=cells), results["discharge"].time.values
    p = populations(cells, ratio * cells, dark.evolve(cells, ratio * cells, 40.0)[0])
    down = np.array([[0.0, 1.0], [0.0, 0.0]])
    one = np.eye(2)
    jump = sum(np.kron(np.kron(*pair), last) for pair, last in (((down, one), one), ((one, down), one), ((one, one), down)))
    up = np.array([bin(i).count("1") for i in range(8)])
    loss, eye = jump.T @ jump, np.eye(8)
    generator = 2 * np.kron(jump, jump) - np.kron(loss, eye) - np.kron(eye, loss)
    dicke = [np.where(up == m, comb(cells, m) ** -0.5, 0.0) for m in range(cells + 1)]
    whole = sum(p[m] * np.outer(ket, ket) for m, ket in enumerate(dicke))
    for name, rho in (("energy", whole), ("energy_dephased", np.diag(np.diag(whole)))):
        for k in (0, 20, 150):
            late = (expm(times[k] * generator) @ rho.ravel()).reshape(8, 8)
            assert float(data[name][k]) == pytest.approx(np.diag(late) @ up / cells, abs=1e-11)


def test_lifetimes(results):
    data = results["local_noise"]
    slow = data.lifetime.sel(rate=1e-4)
    np.testing.assert_allclose(slow.sel(noise="local decay"), np.log(2), rtol=1e-3)
    assert np.all(np.abs(slow.sel(noise="dephasing") - np.array([0.589, 0.952])) < 2e-3)


@pytest.mark.slow
def test_design():
    data = PAPER.figures["design"](quick=True)
    cold, warm = data.sel(bath="cold bath"), data.sel(bath="best temperature")
    for cells in (1, 2):
        p = populations(cells, 12 - cells, dark.evolve(cells, 12 - cells, 40.0)[0])
        assert float(cold.kept.sel(cells=cells)) == pytest.approx(cells * ergotropy(p)[1], rel=1e-6)
    assert int(cold.kept.idxmax()) == 4 and bool((warm.kept >= cold.kept - 1e-9).all())
    time = float(cold.haste_time.sel(cells=2))
    work = [2 * ergotropy(populations(2, 10, rho))[1] for rho in dark.evolve(2, 10, [0.98 * time, time, 1.02 * time])]
    assert float(cold.haste.sel(cells=2)) == pytest.approx(work[1] / time, rel=1e-6)
    assert work[1] / time >= max(work[0] / 0.98, work[2] / 1.02) / time
