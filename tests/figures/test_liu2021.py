"""Liu et al. 2021: every figure against dense master equations, closed forms and tables made independently."""

import dataclasses
import functools
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from scipy.linalg import expm
from scipy.optimize import linprog, minimize_scalar

from jaxqb.papers.liu2021 import PAPER, tables
from jaxqb.papers.paper import Results

sys.path.insert(0, str(Path(__file__).parents[1]))
from truth import chain

jax.config.update("jax_enable_x64", True)

R, G, HOP = 0.25, 0.05, 0.05
# computed apart, in numpy: 80 spins at 0.25, extrapolated from blocks of 4, 6, 8 and 10 spins
SHIFTED = {10: 0.0903, 20: 0.2202, 30: 0.4074, 40: 0.6776, 50: 1.0684, 60: 1.6341, 80: 3.640, 100: 7.854}
PRINTED = {2: 0.0348, 5: 0.1149, 10: 0.5143, 13: 2.948}
BY_LENGTH = {4: -0.54474, 6: -0.54515, 20: -0.54574, 80: -0.54593}  # E at t = 40
SLOPES = {5: 1.09, 10: 1.19, 20: 1.41, 24: 1.50, 30: 1.65, 40: 1.91, 50: 2.19, 80: 3.12, 99: 3.77}
PRINTED_SLOPES = {5: 1.55, 10: 3.54}
BEST = {5: 0.3995, 10: 0.3837, 20: 0.3530, 30: 0.3230, 40: 0.2947, 50: 0.2679, 80: 0.2032, 100: 0.1723}
DEFICITS = {0.05: 0.0065, 0.1: 0.023, 0.2: 0.062}
LATE = {0.05: (7.854, 7.851), 0.1: (6.730, 6.688), 0.2: (4.156, 3.881)}  # relative excess at t = 100, exactly and by the closure
CLOSURE, FERMIONS = {0.05: 6.3e-5, 0.1: 7.6e-4, 0.2: 5.3e-3}, {0.05: 2.9e-5, 0.1: 2.8e-4, 0.2: 8.8e-4}
CAVITY = {5: 0.176, 20: 0.043, 80: 0.0108}  # of the worst spin


@pytest.fixture(scope="module")
def results():
    return Results(PAPER.figures, quick=True)


def dimer(n):
    return np.where(np.arange(n) % 2 == 0, 1.0, R)


def full(gaps, t, collective=0.0):
    """A full chain after some time, by dense matrices."""
    spins = chain.Spins(gaps, G * gaps, np.full(len(gaps) - 1, HOP), collective)
    return spins, spins.evolve(np.ones(len(gaps)), np.array([t]))[0]


def held(spins, rho, hopping=True):
    """Energy over capacity."""
    free = sum(g * (s.T @ s) for g, s in zip(spins.gaps, spins.lowering, strict=True))
    return ((spins.hamiltonian if hopping else free) @ rho).trace().real / spins.gaps.sum()


def one_excitation(times, ratio, damping, sites, n=50, hop=HOP):
    """Amplitudes by the exponential of K."""
    gaps = np.where(np.arange(n) % 2 == 0, 1.0, ratio)
    k = np.diag(gaps * (1 - 0.5j * damping)) + hop * (np.eye(n, k=1) + np.eye(n, k=-1))
    start = np.isin(np.arange(n), sites) / 2
    return np.array([expm(-1j * k * t) @ start for t in times])


def free(t, r):
    return r / (1 + r) * (np.exp((1 - r) * G * t) - 1)


def test_every_claim_stands(results):
    checked = PAPER.check(results)
    assert not [one.claim.says for one in checked if not one.stands]
    assert len({one.claim.says for one in checked}) == len(checked) >= 50
    assert {one.claim.verdict for one in checked} == {"reproduced", "convention", "misprint", "wrong"}
    assert all(one.claim.why for one in checked if one.claim.verdict != "reproduced")


def test_claims_could_fall(results):
    for claim in PAPER.claims:
        if claim.verdict == "reproduced":
            other = 0.0 if claim.printed is True else 1.1 * float(claim.printed) + 0.1
            assert not dataclasses.replace(claim, printed=other).check(results).stands, claim.says


def test_captions():
    for item in PAPER.figures.values():
        first = item.caption.split(". ")[0] + "."
        assert 20 <= len(first) <= 180 and item.caption.endswith("."), item.name


def test_one_excitation(results):
    steps = [0, 20, 100, 200]
    times = results["fig2a"].time.values[steps]
    for name, ratio in (("dimerised", R), ("uniform", 1.0)):
        for by, damping, hue, of in (("by Eq. 3", G, "chain", ""), ("printed Omega", 2 * G, "printed", "_printed")):
            a = one_excitation(times, ratio, damping, [9, 11])
            population, correlation = (results[key].sel({hue: f"{name}, {by}"}).isel(time=steps) for key in ("fig2a", "fig2b"))
            np.testing.assert_allclose(population[f"site10{of}"], 2 * abs(a[:, 9]) ** 2 - 1, atol=1e-12)
            wanted = 2 * abs(a[:, 10]) ** 2 - 1 if name == "dimerised" else np.full(4, np.nan)
            np.testing.assert_allclose(population[f"site11{of}"], wanted, atol=1e-12)
            pair = a[:, 9].conj() * a[:, 10]
            np.testing.assert_allclose(correlation[f"re{of}"], pair.real, atol=1e-12)
            np.testing.assert_allclose(correlation[f"im{of}"], pair.imag, atol=1e-12)
    a = one_excitation([25.0], R, G, [8, 10])[0]
    lost = results["contrast"].lost.sel(time=25.0)
    assert float(lost.sel(case="by Eq. 3, from spins 9 and 11")) == pytest.approx(1 - 4 * abs(a[8]) ** 2, abs=1e-12)
    contrast = results["contrast"].contrast.sel(case="by Eq. 3, without coupling")
    np.testing.assert_allclose(contrast, np.exp(-R * G * contrast.time) - np.exp(-G * contrast.time), rtol=0, atol=1e-12)
    assert float(results["contrast"].contrast_printed.sel(other="printed Omega").idxmax()) == pytest.approx(15.1, abs=0.15)
    np.testing.assert_allclose(lost, [0.289, 0.268, 0.709], rtol=0, atol=6e-4)
    np.testing.assert_allclose(results["contrast"].lost_printed.sel(time=25.0), [0.489, 0.914], rtol=0, atol=6e-4)


def test_forty_percent_at_twenty_five_and_a_contrast_at_thirty(results):
    """No coupling makes both of the printed parameters; others do."""
    data, site = results["contrast"], 9
    for way, ratio, damping in (("0.25, by Eq. 3", R, G), ("0.25, printed Omega", R, 2 * G), ("0.4, by Eq. 3", 0.4, G)):
        found = data.sel(way=f"ratio {way}")
        for hop in (0.02, 0.05):
            at = found.isel(hopping=round(100 * hop))
            when = float(at.when) + np.array([-0.1, 0.0, 0.1])
            times = np.concatenate([[25.0], when, np.linspace(0.0, 50.0, 26)])
            dimer, uniform = (
                4 * abs(one_excitation(times, r, damping, [site, site + 2], n=30, hop=hop)[:, site]) ** 2 for r in (ratio, 1.0)
            )
            assert float(at.by_then) == pytest.approx(1 - dimer[0], abs=1e-9)
            before, most, after, *others = (dimer - uniform)[1:]
            assert most > max(before, after, *others)
    near = (abs(data.by_then - 0.4) < 0.05) & (abs(data.when - 30) < 5)
    assert near.any("hopping").values.tolist() == [False, False, True]


def test_decay_rates(results):
    data = results["figS1"]
    np.testing.assert_allclose(data.rate.sel(over=4.0), [0.024786, 0.006464], rtol=0, atol=5e-7)
    np.testing.assert_allclose(data.rate_printed.sel(over=4.0), [0.049572, 0.012928], rtol=0, atol=5e-7)
    k = np.diag(np.where(np.arange(50) % 2 == 0, 1 - 0.5j * G, R * (1 - 0.5j * G))) + HOP * (np.eye(50, k=1) + np.eye(50, k=-1))
    rates = np.sort(-np.linalg.eigvals(k).imag)
    printed = np.sort(-np.linalg.eigvals(k - 0.5j * G * np.diag(np.diag(k).real)).imag)
    np.testing.assert_allclose(np.sort(data.of_all.values.ravel()), rates, rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.sort(data.of_all_printed.values.ravel()), printed, rtol=0, atol=1e-12)
    np.testing.assert_allclose(data.uniform, np.broadcast_to([[0.025], [0.05]], data.uniform.shape), rtol=1e-9)
    a = one_excitation(results["figS2"].time.values[::80], 0.8, G, [9, 11])
    wanted = np.sqrt(0.5) * 2 * a[:, 9:11].real
    found = results["figS2"].coherence.sel(ratio=0.8).transpose("time", "spin")[::80]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


def test_excess(results):
    fig3 = results["fig3"]
    for t, value in SHIFTED.items():
        assert float(fig3.shifted.sel(time=t)) == pytest.approx(value, rel=6e-4)
    for t, value in PRINTED.items():
        assert float(fig3.excess.sel(early=t)) == pytest.approx(value, rel=6e-4)
    truth = tables.extended(80).sel(hopping=HOP, ratio=R)
    shifted = (1 + truth) * np.exp(G * truth.time) / 2 - 1
    np.testing.assert_allclose(shifted.sel(time=list(SHIFTED)), list(SHIFTED.values()), rtol=4e-4)
    assert float(truth.sel(time=40)) == pytest.approx(BY_LENGTH[80], abs=5e-6)
    short = fig3.shifted_short.sel(mark=40) * 2 * np.exp(-G * 40) + 2 * np.exp(-G * 40) - 1
    for n in (4, 6):
        assert float(short.sel(spins=n)) == pytest.approx(BY_LENGTH[n], abs=6e-6)
    data = results["figS3"]
    for t in (8.0, 48.0):  # populations of short chains, from which those of long ones hardly differ
        found = held(*full(dimer(6), t), hopping=False) * np.exp(G * t) - 1
        assert float(data.shifted_short.sel(spins=6, mark=t)) == pytest.approx(found, rel=1e-8)
        assert float(data.shifted.sel(time=t)) == pytest.approx(found, rel=0.01)
    t = 12.0
    p, u = 2 * held(*full(dimer(6), t), hopping=False) - 1, 2 * np.exp(-G * t) - 1
    assert float(data.short.sel(spins=6, dots=t)) == pytest.approx((p - u) / u, rel=1e-8)
    assert float(data.excess.sel(early=t)) == pytest.approx((p - u) / u, rel=0.01)
    for name in ("fig3", "figS3"):
        at = results[name].by_ratio.sel(ratio=R)
        np.testing.assert_allclose(at, results[name].shifted.sel(time=at.late.values), rtol=1e-9)


def test_energies_in_every_guise(results):
    """From the exact energy, which the closure has to 1e-4, and without coupling from closed forms."""
    e = tables.extended(80).sel(hopping=HOP, ratio=R)
    t = e.time
    u, d = 2 * np.exp(-G * t) - 1, 2 * (np.exp(-G * t) + R * np.exp(-R * G * t)) / (1 + R) - 1
    signs, s4, s5, slopes = (results[name] for name in ("signs", "figS4", "figS5", "exponent"))
    close = functools.partial(np.testing.assert_allclose, rtol=0, atol=2e-4)
    close(signs.energy, np.stack([e, u]))
    close(signs.each, np.stack([(1 + e) * 0.3125, (1 + u) / 2]))
    close(signs.shifted * (1 + u), e - u)
    close(signs.printed_all * u, e - u)
    for curve in (signs.printed, s5.excess):  # on a finer axis
        same = curve.sel(early=slice(1.0, None))[::10]
        np.testing.assert_allclose(same, signs.printed_all.sel(time=same.early.values), rtol=1e-6)
        assert len(curve) > 240
    assert float(signs.printed_late.sel(time=20) - signs.printed_all.sel(time=20)) == 0
    close(s4.more, e - u)
    close(s4.free, (d - u).sel(time=s4.mark.values))
    close(s5.shifted * (1 + u[2:]), (e - u)[2:])
    close(s5.free, free(s5.mark.values, R))
    np.testing.assert_allclose(s5.law / s5.law.sel(time=24.0), (t[2:] / 24) ** 1.5, rtol=1e-12)
    close(slopes.free_excess, d - u)
    ratio = np.log((1 + e) / (1 + u)).differentiate("time") * t
    np.testing.assert_allclose(slopes.of_ratio[10:-1], ratio[10:-1], rtol=3e-3)
    f = free(t, R)
    alpha = t * (1 - R) * G * (f * (1 + R) / R + 1) / (f * (1 + R) / R)
    np.testing.assert_allclose(slopes.free[1:], alpha.sel(time=slopes.mark.values)[1:], rtol=1e-9)


def test_short_chain():
    late = tables.exact(4).energy.sel(hopping=HOP, ratio=R)
    for t in (10.0, 40.0):
        assert float(late.sel(time=t)) == pytest.approx(2 * held(*full(dimer(4), t)) - 1, abs=1e-10)


def test_summits(results):
    more = results["figS4"].more
    assert float(more.idxmax()) == 36.0 and float(more.max()) == pytest.approx(0.18425, abs=5e-6)
    turnover = results["turnover"].sel(ratio=R)
    assert float(turnover.time_of.sel(hopping=HOP)) == pytest.approx(36.06, abs=5e-3)
    assert float(turnover.height.sel(hopping=HOP)) == pytest.approx(0.18430, abs=5e-6)
    peak = minimize_scalar(lambda t: -2 * np.exp(-G * t) * free(t, R), bounds=(20, 60), method="bounded")
    assert (float(turnover.free_time), float(turnover.free_height)) == pytest.approx((peak.x, -peak.fun), rel=1e-6)
    best = results["optimum"]
    np.testing.assert_allclose(best.place.sel(hopping=HOP, time=list(BEST)), list(BEST.values()), rtol=0, atol=6e-5)
    for t in best.mark.values[::6]:
        ratio = minimize_scalar(lambda r, t=t: -free(t, r), bounds=(0.05, 0.95), method="bounded", options={"xatol": 1e-10}).x
        assert float(best.free_place.sel(mark=t)) == pytest.approx(ratio, abs=1e-6)


def test_exponents(results):
    data = results["exponent"]
    for t, value in SLOPES.items():
        assert float(data.shifted.sel(time=t)) == pytest.approx(value, abs=6e-3)
    for t, value in PRINTED_SLOPES.items():
        assert float(data.printed.sel(time=t)) == pytest.approx(value, rel=0.01)
    fits = [
        np.polyfit(np.log(x.time), np.log(x), 1)[0]
        for x in (results["fig3"].shifted.sel(time=slice(*w)) for w in ((20, 40), (50, 100)))
    ]
    np.testing.assert_allclose(fits, [1.62, 2.89], atol=6e-3)
    early = results["figS5"].excess.sel(early=slice(1, 10))
    assert np.polyfit(np.log(early.early), np.log(early), 1)[0] == pytest.approx(1.5007, abs=1e-3)


def test_coupling_takes(results):
    data = results["protection"]
    assert float(data.most.max()) < 1e-12
    gained = (tables.extended(80) - tables.alone(tables.ALL, tables.NODES)).sel(hopping=HOP, ratio=R, drop=True)
    np.testing.assert_allclose(data.plane.sel(dense=R, method="nearest"), gained, rtol=0, atol=1e-5)
    for hop, deficit in DEFICITS.items():
        assert float(data.least.sel(hopping=hop, ratio=R)) == pytest.approx(-deficit, rel=0.02)


@pytest.mark.slow
def test_closures(results):
    data = results["closures"]
    for hop, (exact, closed) in LATE.items():
        assert float(data.exact.sel(hopping=hop, time=100)) == pytest.approx(exact, rel=6e-4)
        ours = data.exact.sel(hopping=hop, time=96) - data.by_closure.sel(hopping=hop, dots=96)
        assert float(ours) == pytest.approx(exact - closed, rel=0.3, abs=2e-3)
        assert float(data.closure.sel(hopping=hop).max()) == pytest.approx(CLOSURE[hop], rel=0.03)
        assert float(data.fermions.sel(hopping=hop).max()) == pytest.approx(FERMIONS[hop], rel=0.03)

    off, error = data.sampled_off, data.sampled_error
    assert bool((off < 4 * error + 4e-8).all()) and float(error.max()) < 1e-5
    np.testing.assert_allclose(data.sampled_energy.sel(sampled=40.0), BY_LENGTH[20], rtol=0, atol=1e-5)


def test_storage_times(results):
    data = results["lifetimes"]
    uniform = data.time_of.sel(ratio=1.0)
    np.testing.assert_allclose(uniform, -np.log(data.fraction) / G, rtol=1e-8)
    late, energy = tables.ALL.values, tables.extended(80).sel(hopping=HOP, ratio=R).values
    wanted = [np.interp(-f, -(1 + energy) / 2, late) for f in data.fraction.values]
    np.testing.assert_allclose(data.time_of.sel(ratio=R), wanted, rtol=2e-3)


def test_work(results):
    """Ergotropy of six spins by dense matrices."""
    gaps, data = dimer(6), results["work"].sel(chain="dimerised")
    levels = np.sort([sum(gaps[k] for k in range(6) if i >> k & 1) for i in range(64)])
    for t in (5.0, 30.0):
        spins, rho = full(gaps, t)
        rest = np.sort(np.linalg.eigvalsh(rho))[::-1] @ levels
        wanted = held(spins, rho, hopping=False) - rest / gaps.sum()
        assert float(data.work.sel(time=t)) == pytest.approx(wanted, abs=1e-9)
    uniform = results["work"].work.sel(chain="uniform")
    np.testing.assert_allclose(uniform, np.maximum(2 * np.exp(-G * uniform.time) - 1, 0), rtol=0, atol=1e-10)


@pytest.mark.slow
def test_pattern(results):
    data = results["pattern"]
    gap = np.linspace(0.05, 2.0, 2001)  # any mixture of gaps, without coupling
    for t, best in zip(data.late.values, data.best.values, strict=True):
        found = linprog(-gap * np.exp(-G * gap * t), A_eq=[np.ones_like(gap), gap], b_eq=[1, 1], method="highs")
        bound = float(data.kept.isel(kind=0).sel(time=t))
        assert bound == pytest.approx(-found.fun, rel=1e-5) and best <= bound + 1e-12
    np.testing.assert_allclose(data.best[:2], np.exp(-G * data.late[:2]), rtol=1e-8)  # all gaps are equal
    assert bool((data.best[2:] > 1.02 * np.exp(-G * data.late[2:])).all()) and float(data.closure_off.max()) < 5e-6
    gaps, t = data.gaps.sel(shown=60.0).values, 60.0
    assert gaps.mean() == pytest.approx(1.0, rel=1e-9)
    value, rng = held(*full(gaps, t)), np.random.default_rng(1)
    assert float(data.exact.sel(late=t)) == pytest.approx(value, abs=1e-9)
    for _ in range(6):  # nothing near it is better
        other = np.clip(gaps + 0.05 * rng.normal(size=6), 0.05, 2.0)
        other = np.where(other < 1.99, other + (6 - other.sum()) / np.sum(other < 1.99), other)
        assert held(*full(other, t)) < value


def test_discharge(results):
    data = results["discharge"]
    for name, ratio, gamma, t in (("dimerised", R, 0.1, 5.0), ("uniform", 1.0, 0.1, 5.0), ("dimerised", R, 0.5, 2.5)):
        spins, rho = full(np.where(np.arange(6) % 2 == 0, 1.0, ratio), t, gamma)
        found = float(data.exact.sel(case=f"{name}, Gamma = {gamma:g}", mark=t))
        assert found == pytest.approx(2 * held(spins, rho) - 1, abs=1e-9)
    for gamma, (factorised, followed) in {0.1: (0.052, 0.010), 0.5: (0.122, 0.028)}.items():
        worst = data.worst.sel(case=f"dimerised, Gamma = {gamma:g}")
        assert float(worst.sel(law="pairs factorised")) == pytest.approx(factorised, abs=6e-4)
        assert float(worst.sel(law="pairs followed")) == pytest.approx(followed, abs=6e-4)
    assert float(data.exact.sel(case="uniform, Gamma = 0.1", mark=5.0)) == pytest.approx(-0.397, abs=5e-4)
    printed = data.energy.sel(case="uniform, Gamma = 0.1", law="as printed (S14, S17, S18)")
    np.testing.assert_allclose(printed, 2 * np.exp(-(G + 0.1) * data.time) - 1, rtol=0, atol=1e-7)


def test_cavity(results):
    """Its limit by dense matrices, and its distance from that."""
    data = results["cavity"]
    for kappa, worst in CAVITY.items():
        assert 0.9 * worst < float(data.off_few.sel(kappa=kappa)) <= worst + 5e-4
    wanted = 2 * held(*full(dimer(3), 10.0, collective=0.2), hopping=False) - 1
    assert float(data.limit.sel(mark=10.0)) == pytest.approx(wanted, abs=1e-9)
