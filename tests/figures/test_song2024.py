"""Song et al. 2024: every figure against spectral integrals in numpy and tables made independently."""

import dataclasses
import functools

import jax
import numpy as np
import pytest
from scipy.optimize import brentq

from jaxqb.papers.paper import Results
from jaxqb.papers.song2024 import PAPER

jax.config.update("jax_enable_x64", True)

G = 0.5
# computed apart
OPENS = {0.1: 1.1117878467}  # frequency below which two are bound
DISTANCES = [0.4635443, 0.9292851, 1.3937921, 1.858398, 2.322997]  # of states in the continuum, omega_0 = 1.4
OPTIMA = {0.1: (0.321632, 0.661161, 15.7), 0.5: (0.257977, None, 161), 1.0: (0.255983, None, 2758)}


@pytest.fixture(scope="module")
def results():
    return Results(PAPER.figures, quick=True)


def self_energy(energy, d, sign):
    """S of a channel below the edge: that between emitters along a line in the plane of rapidity where nothing oscillates."""
    height = np.arccos(energy) / 2
    theta = np.linspace(-8, 8, 20001) + 1j * height
    across = G / (4 * np.pi) * 16 / 20000 * np.sum(np.exp(1j * d * np.sinh(theta)) / (np.cosh(theta) - energy)).real
    return G / (2 * np.pi) * np.arccos(-energy) / np.sqrt(1 - energy**2) + sign * across


@functools.cache
def bound(w0, dz, sign):
    """Energy and residue by bisection and differences; residue 0 where there is none."""
    d = 2 * np.pi * dz

    def left(energy):
        return energy - w0 + self_energy(energy, d, sign)

    if left(0.9999) < 0:
        return np.nan, 0.0
    energy = brentq(left, -0.8, 0.9999, xtol=1e-15, rtol=1e-14)
    h = 1e-4 * (1 - energy)
    rise = (8 * (left(energy + h) - left(energy - h)) - left(energy + 2 * h) + left(energy - 2 * h)) / (12 * h)
    return energy, 1 / rise


def above(w, d, sign):
    """S of a channel above the edge, reached from the upper half plane."""
    k, u = np.sqrt(w - 1) * np.sqrt(w + 1), 0.05 * np.arange(170)
    weights = np.where(u == 0, 0.5, 1.0) * 0.05 * np.exp(-d * np.cosh(u))
    still = np.sum(weights / (np.sinh(u) ** 2 + w[..., None] ** 2), axis=-1)
    return 0.5j * G / k * (1 + sign * np.exp(1j * k * d)) - G / (2 * np.pi) * (np.arcsinh(k) / k + sign * w * still)


def inside(n, dz):
    """Residue of the n-th bound state in the continuum, by differences along the real axis."""
    w, d = np.hypot(1, n / (2 * dz)), 2 * np.pi * dz
    ends = w + 1e-5 * np.array([-1.0, 1.0])
    values = ends + above(ends, d, -((-1) ** n))
    return float(1 / ((values[1] - values[0]) / 2e-5).real)


def amplitudes(w0, dz, ts):
    """c_1 and c_2 by the spectral density of each channel along the real axis, and what is bound below."""
    d, (x, g) = 2 * np.pi * dz, np.polynomial.legendre.leggauss(8)
    ends = np.concatenate([[0], np.geomspace(1e-4, 0.2, 40), np.linspace(0.2, 3, 2000)[1:], np.linspace(3, 200, 3000)[1:]])
    half = np.diff(ends) / 2
    k = (ends[:-1, None] + half[:, None] * (1 + x)).ravel()
    w, weight = np.sqrt(1 + k**2), (half[:, None] * g).ravel()
    channels = []
    for sign in (1, -1):
        density = G / (2 * np.pi) * (1 + sign * np.cos(k * d)) / w
        spectrum = density / np.abs(w - w0 + above(w, d, sign)) ** 2 * weight
        energy, residue = bound(w0, dz, sign)
        late = residue * np.exp(-1j * (energy if residue else 0.0) * ts)
        channels.append(np.exp(-1j * np.multiply.outer(ts, w)) @ spectrum + late)
    even, odd = channels
    return (even + odd) / 2, (even - odd) / 2


def test_every_claim_stands(results):
    checked = PAPER.check(results)
    assert not [one.claim.says for one in checked if not one.stands]
    assert len({one.claim.says for one in checked}) == len(checked) >= 45
    assert {one.claim.verdict for one in checked} == {"reproduced", "convention", "misprint", "wrong"}
    assert all(one.claim.why for one in checked if one.claim.verdict != "reproduced")


def test_claims_could_fall(results):
    for claim in PAPER.claims:
        if claim.verdict == "reproduced":
            other = 0.0 if claim.printed is True else 1.2 * float(claim.printed) + 0.2
            assert not dataclasses.replace(claim, printed=other).check(results).stands, claim.says


def test_captions():
    for item in PAPER.figures.values():
        first = item.caption.split(". ")[0] + "."
        assert 20 <= len(first) <= 180 and item.caption.endswith("."), item.name


@pytest.mark.parametrize(("regime", "w0"), list(enumerate([0.8, 1.6, 3.0])))
def test_curves(results, regime, w0):
    data = results["fig2"].isel(regime=regime)
    steps = [0, 11, 30, 100, 160]
    ts = data.time.values[steps]
    _, c = amplitudes(w0, 0.1, ts)
    np.testing.assert_allclose(data.energy[steps], w0 * np.abs(c) ** 2, rtol=0, atol=3e-6)
    (plus, r), (minus, q) = (bound(w0, 0.1, s) for s in (1, -1))
    late = data.dots.values
    other = q * np.exp(-1j * minus * late) if q else 0.0
    limit = w0 * np.abs(r * np.exp(-1j * plus * late) - other) ** 2 / 4
    np.testing.assert_allclose(data.eq8, limit, rtol=0, atol=1e-9)
    # Eq. 6, from J and its principal value
    d = 0.2 * np.pi
    shifts = [w0 - (above(np.array(w0), d, s) if w0 > 1 else self_energy(w0, d, s)) for s in (1, -1)]
    even, odd = (np.exp(-1j * shift * data.time.values) for shift in shifts)
    np.testing.assert_allclose(data.markov, w0 * np.abs(even - odd) ** 2 / 4, rtol=0, atol=1e-9)


def test_spectrum(results):
    fig2 = results["fig2"]
    for i in (0, 20, 40, 79):
        w0 = float(fig2.frequency[i])
        found = [float(x) for x in fig2.bound[i]]
        np.testing.assert_allclose(found, [bound(w0, 0.1, s)[0] for s in (1, -1)], rtol=0, atol=1e-11)
    assert float(fig2.threshold) == pytest.approx(OPENS[0.1], abs=5e-11)


def test_distances(results):
    assert float(results["fig3a"].threshold) == pytest.approx(0.3003850141, abs=5e-11)
    _, c = amplitudes(1.4, 0.5, np.array([20.0, 100.0]))
    found = results["fig3a"].energy.isel(distance=1).sel(time=[20.0, 100.0])
    np.testing.assert_allclose(found, 1.4 * np.abs(c) ** 2, rtol=0, atol=1e-5)
    most = results["fig3b"].most
    for case, top, place in ((1.4, 0.1089113, 0.54054), (1.2, 0.3026650, 0.25636)):
        row = most.sel(case=case)
        assert top - 3e-4 < float(row.max()) < top + 1e-7
        assert float(row.idxmax()) == pytest.approx(place, abs=0.03)
    assert float(most.sel(case=1.0)[-1]) == pytest.approx(0.396582, abs=5e-6)
    apart = results["splitting"].splitting.sel(case=1.4)
    assert float(apart.interp(separation=1.7)) == pytest.approx(3.02383e-3, rel=2e-3)
    near, far = results["splitting"].splitting.sel(case=1.4, separation=[1.0, 3.0], method="nearest")
    for x in (near, far):
        energies = [bound(1.4, float(x.separation), s)[0] for s in (1, -1)]
        assert float(x) == pytest.approx(energies[1] - energies[0], rel=1e-7)
    ratio = (results["splitting"].splitting / results["splitting"].splitting_law).isel(separation=-1)
    np.testing.assert_allclose(ratio, 1.0, rtol=1e-3)


def test_threshold(results):
    data = results["threshold"]
    energy, residue = bound(float(data.frequency[40]), 0.1, 1)
    assert float(data.gap[40]) == pytest.approx(1 - energy, rel=1e-7)
    assert float(data.kept[40]) == pytest.approx(float(data.frequency[40]) * residue**2 / 4, rel=1e-9)
    for kind, resolution in enumerate((0.029, 0.0203, 0.0119)):
        assert float(data.ends[kind].interp(resolution=resolution)) == pytest.approx(2.8, abs=0.02)


def test_plane_of_bound_states(results):
    fig4a, fig4b = results["fig4a"], results["fig4b"]
    assert set(np.unique(fig4a["count"])) == {1, 2} and set(np.unique(fig4a.told)) == {0, 1, 2, 3}
    for i, j in ((5, 3), (11, 0), (30, 20), (55, 39)):
        w0, dz = float(fig4a.frequency[i]), float(fig4a.separation[j])
        residues = [bound(w0, dz, s)[1] for s in (1, -1)]
        assert int(fig4a["count"][i, j]) == sum(r > 0 for r in residues)
        assert float(fig4b.work[i, j]) == pytest.approx(max(0.0, w0 * sum(residues) ** 2 / 2 - w0), abs=1e-10)
    # work vanishes at these frequencies
    for dz, edge in ((0.1, 1.06216), (0.5, 0.90827), (2.0, 0.89471)):
        column = fig4b.work.sel(separation=dz, method="nearest")
        last = float(column.frequency[int(np.flatnonzero(column.values > 0)[-1])])
        assert edge - 0.06 < last < edge + 0.06


def test_best_work(results):
    for dz, (work, frequency, wait) in OPTIMA.items():
        here = results["fig4c"].interp(separation=dz)
        assert float(here.work) == pytest.approx(work, abs=3e-6)
        assert float(here.wait) == pytest.approx(wait, rel=5e-3)
        assert frequency is None or float(here.frequency) == pytest.approx(frequency, abs=2e-5)


def test_continuum(results):
    data = results["continuum"]
    np.testing.assert_allclose(data.places, DISTANCES, rtol=0, atol=1e-6)
    at = data.sel(separation=float(data.places[0]), method="nearest")
    assert float(at.largest) == pytest.approx(0.397, abs=3e-3) and float(at.largest_eq8) == pytest.approx(0.107, abs=5e-4)
    for dz, largest, lifetime in ((0.5, 0.333, 572), (0.6, 0.145, None)):
        here = data.sel(separation=dz, method="nearest")
        assert float(here.largest) == pytest.approx(largest, abs=4e-3)
        assert lifetime is None or float(here.lifetime) == pytest.approx(lifetime, abs=0.5)
    assert float(data.residues[-1]) == pytest.approx(inside(1, DISTANCES[0]), rel=1e-5)
    np.testing.assert_allclose(data.energy[150:], data.energy_all[150:], rtol=0, atol=5e-3)


def test_chargers(results):
    """One charger, and two as the modes of a box that reach further than light does."""
    data, dz = results["chargers"], 0.3
    i = 2
    w0 = float(data.frequency[i])
    _, c = amplitudes(w0, dz, data.time.values[[20, 120]])
    np.testing.assert_allclose(data.energy.sel(chargers="one charger")[[20, 120]], w0 * np.abs(c) ** 2, rtol=0, atol=1e-5)
    step, top = 2 * np.pi / 100, 40.0
    k = step * np.arange(int(top / step))
    w = np.sqrt(1 + k**2)
    weight = np.sqrt(G / (2 * np.pi) / w * step)
    weight[0] /= np.sqrt(2)
    places = 2 * np.pi * np.array([-dz, dz, 0.0])
    shifted = w0 - G / (2 * np.pi) * (1 / top + w0 / (2 * top**2))
    even, odd = np.cos(np.multiply.outer(places, k)) * weight, np.sin(np.multiply.outer(places, k)) * weight
    matrix = np.diag(np.concatenate([np.full(3, shifted), w, w]))
    matrix[:3, 3:] = np.hstack([even, odd])
    matrix[3:, :3] = matrix[:3, 3:].T
    energies, states = np.linalg.eigh(matrix)
    start = states.T @ np.concatenate([[1, 1, 0], np.zeros(2 * len(k))]) / np.sqrt(2)
    for step in (20, 120):
        c = states[2] @ (np.exp(-1j * energies * data.time.values[step]) * start)
        found = float(data.energy.sel(chargers="two, one on each side")[step])
        assert found == pytest.approx(w0 * abs(c) ** 2, abs=2e-4)


@pytest.mark.slow
def test_losses(results):
    data = results["aging"]
    # what is lost at one and the same rate everywhere only falls by exp(-gamma t)
    curve = data.energy.isel(loss=2).values
    assert curve[0] == 0.0 and 0.4 < curve.max() < 0.45
    np.testing.assert_allclose(data.late, data.late_law.transpose(*data.late.dims), rtol=0, atol=0.012)


@pytest.mark.slow
def test_map_and_front(results):
    plane, front = results["plane"], results["waiting"]
    i, j = 5, 0
    w0, dz = float(plane.frequency[i]), float(plane.separation[j])
    _, c = amplitudes(w0, dz, np.linspace(0, 100, 200))
    assert float(plane.filling[i, j]) == pytest.approx(np.max(np.abs(c) ** 2), abs=1e-5)
    for low in (0, 1):
        row = front.isel(least=low)
        k = int(np.flatnonzero(np.isfinite(row.work))[-1])
        w0, dz, top = float(row.frequency[k]), float(row.separation[k]), float(row.wait[k])
        _, c = amplitudes(w0, dz, np.linspace(0.0, top, 400))
        assert float(row.work[k]) == pytest.approx(w0 * (2 * np.max(np.abs(c) ** 2) - 1), abs=5e-4)
        assert float(row.work[k]) > 0.95 * float(row.paper)
