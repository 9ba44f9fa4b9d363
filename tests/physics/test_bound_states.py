"""Bound states and resonances of two emitters in a waveguide, against mpmath, numpy and printed numbers."""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

import jaxqb
from jaxqb.algebra.poles import zeros
from jaxqb.bound_states import (
    bound_states,
    frequencies_of_continuum_states,
    gap_state,
    long_time,
    resonances,
    threshold,
)
from jaxqb.bound_states.below import gap_states
from jaxqb.compiled import compiled
from jaxqb.reservoirs import AbstractReservoir, BandEdge, Waveguide

sys.path.insert(0, str(Path(__file__).parents[1]))
from truth import waveguide as truth

LENGTH = 2 * np.pi  # in units of the speed of light over the cut-off frequency
PAPER = Waveguide(0.5)


@pytest.fixture(autouse=True)
def _digits():
    with mp.workdps(truth.DIGITS):
        yield


def close(value, known, **tolerances):
    return np.asarray(value) == pytest.approx(np.asarray(known), **tolerances)


def quick(function):
    """Compiled in the shortest time."""
    run = compiled(function)
    arrays = lambda args: [x if isinstance(x, jax.Array) else np.asarray(x) for x in args]  # noqa: E731
    return lambda *args: run(*arrays(args), numbers=50)


@quick
@jax.vmap
def gap(w0, d, g):
    return gap_states(g, w0, d)


@quick
def gap_derivatives(p):
    """Energies and residues of both channels, their first derivatives in both modes, and the second ones of the energies."""

    def figures(p):
        v, residue, _ = gap_states(p[2], p[0], p[1])
        return jnp.stack([1 - 2 * v**2, residue])

    energy = lambda p: figures(p)[0]  # noqa: E731
    return figures(p), jax.jacfwd(figures)(p), jax.jacrev(figures)(p), jax.jacfwd(jax.jacfwd(energy))(p)


@quick
def states(w0, d, g):
    return bound_states(Waveguide(g), w0, d)


@quick
def lasting(w0, d, g, beyond):
    return bound_states(Waveguide(g), w0, d, beyond)


@quick
def figures(w0, d, g):
    late = long_time(bound_states(Waveguide(g), w0, d), w0)
    return late.max_energy, late.max_ergotropy, late.mean_energy


@quick
def figure_slopes(p):
    of = lambda p: jnp.stack(figures(*p))  # noqa: E731
    return jax.jacrev(of)(p)


@jax.jit
def poles(w0, d, g, s, high, depth):
    return resonances(Waveguide(g), w0, d, s, high, depth)


def points(count, seed=0):
    rng = np.random.default_rng(seed)
    w0, d, g = rng.uniform(0.1, 3, count), LENGTH * 10 ** rng.uniform(-1.7, 0.5, count), 10 ** rng.uniform(-2, 0.7, count)
    return w0, d, g


def test_the_line_integral_is_the_definition():
    with mp.workdps(18):
        for energy, d in ((-0.4, 0.8), (0.9, 2.6)):
            assert abs(truth.between(energy, d, 1) - truth.by_definition(energy, d, 1)) < 1e-15


def test_energies_and_residues_below_the_edge():
    """Random points, and extreme ones: hardly bound, far below the edge (E < -1), at E = 0 and -1, far apart, close together."""
    w0, d, g = points(12)
    extremes = [(2.9, 0.3, 1e-3), (0.02, 0.05, 4.0), (0.05, 6.0, 3.0), (1.0, 1e-2, 0.3), (1.4, 20.0, 0.5), (0.01, 20.0, 1e-3)]
    # by hand: the frequency at which a state has a given energy
    ends = [(float(e + truth.alone(e, 1) + truth.between(e, 1, 1)), 1.0, 1.0) for e in (mp.mpf(0), mp.mpf("-0.9999999"))]
    close = [(float(truth.threshold(1.0, 0.5)) - gap, 1.0, 0.5) for gap in (1e-2, 1e-6)]
    w0, d, g = np.concatenate([np.array([w0, d, g]), np.transpose(extremes + ends + close)], axis=1)
    v, residue, found = map(np.asarray, gap(w0, d, g))
    for i in range(w0.size):
        for j, s in enumerate((1, -1)):
            known = truth.bound_state(w0[i], d[i], g[i], s, v[i, j])
            assert bool(found[i, j]) == (known is not None)
            if known is not None:
                slack = 1e-15 / min(
                    1.0, g[i] * d[i] ** 2 * float(known[0])
                )  # the threshold is a difference of numbers of order 1
                assert v[i, j] == pytest.approx(float(known[0]), rel=1e-12 + 10 * slack)
                assert residue[i, j] == pytest.approx(float(known[1]), rel=1e-12 + 100 * slack)
            else:
                assert residue[i, j] == 0


def test_a_state_that_is_hardly_bound():
    """kappa = 2v is G / (w0 - 1), and the residue kappa^3 / 2G, whatever the distance."""
    v, residue, _ = map(np.asarray, gap(np.full(2, 2.0), np.array([0.5, 5.0]), np.full(2, 1e-6)))
    assert 2 * v[:, 0] == pytest.approx(1e-6, rel=1e-4)
    assert residue[:, 0] == pytest.approx((2 * v[:, 0]) ** 3 / 2e-6, rel=1e-4)


def test_splitting_far_apart():
    w0, d, g = 1.4, LENGTH * 4.0, 0.5
    v = np.asarray(gap(*np.array([[w0], [d], [g]]))[0])[0]
    plus, minus = (truth.bound_state(w0, d, g, s, x)[0] for s, x in zip((1, -1), v, strict=True))
    known = 2 * (plus - minus) * (plus + minus)
    energy = states(w0, d, g).energy
    assert energy[1] - energy[0] == pytest.approx(float(known), abs=1e-14)
    assert 0 < known < 1e-5


def test_numbers_of_the_paper():
    """What Song et al. print, or print rounded; each recomputed in the notes on their physics."""
    assert threshold(PAPER, 0.1 * LENGTH) == pytest.approx(1.1117878467, abs=1e-10)
    lonely = states(2.8, 0.1 * LENGTH, 0.5)
    assert lonely.energy[0] == pytest.approx(0.9709626250, abs=1e-10)
    assert lonely.residue[0] / 2 == pytest.approx(0.0137658220, abs=1e-10)
    assert long_time(lonely, 2.8).max_energy == pytest.approx(5.306e-4, abs=1e-7)
    assert int(long_time(lonely, 2.8).count) == 1
    for w0, separation in ((1.4, 0.3003850141), (1.2, 0.1646882943)):
        assert threshold(PAPER, separation * LENGTH) == pytest.approx(w0, abs=1e-9)
    late = long_time(states(1.4, 1.7 * LENGTH, 0.5), 1.4)
    assert late.beat == pytest.approx(3.02383e-3, abs=1e-8)
    assert late.half_period == pytest.approx(1039, abs=0.5)
    assert late.max_energy == pytest.approx(0.09504, abs=1e-5)
    for w0, separation, energy in (
        (1.4, 0.54054, 0.1089113),
        (1.2, 0.25636, 0.3026650),
        (1.0, 0.1, 0.566689),
        (0.94316, 0.1, 0.572907),
    ):
        assert figures(w0, separation * LENGTH, 0.5)[0] == pytest.approx(energy, abs=1e-6)
    assert figures(1.0, 1e-6, 0.5)[0] == pytest.approx(0.659213, abs=1e-5)
    works = [(0.6, 0.1, 0.317495), (0.661161, 0.1, 0.321632), (0.616551, 0.16, 0.296146), (0.53821, 20.0, 0.2559669708)]
    for w0, separation, work in works:
        assert figures(w0, separation * LENGTH, 0.5)[1] == pytest.approx(work, abs=1e-6)
    for w0, separation in ((1.06216, 0.1), (0.90827, 0.5), (0.89471, 2.0)):  # work vanishes
        assert figures(w0 - 1e-4, separation * LENGTH, 0.5)[1] > 0 == figures(w0 + 1e-4, separation * LENGTH, 0.5)[1]
    for separation, wait in ((0.1, 15.7), (0.5, 161), (1.0, 2758)):
        best = {0.1: 0.661161, 0.5: 0.55, 1.0: 0.54}[separation]
        assert long_time(states(best, separation * LENGTH, 0.5), best).half_period == pytest.approx(wait, rel=0.05)


def test_derivatives():
    """dE/dw0 = R and dE/dG = -R (w0 - E) / G; those of R and by distance against mpmath; second ones of E are those of R."""
    p = np.array([1.1, 2.3, 0.7])
    (energy, residue), forward, reverse, second = (np.asarray(x) for x in gap_derivatives(p))
    assert close(forward, reverse, rel=1e-11)
    step = 1e-4
    for i in range(3):
        near = p + step * np.array([-2, -1, 1, 2])[:, None] * (np.arange(3) == i)
        guess = np.asarray(gap(*near.T)[0])
        for j, s in enumerate((1, -1)):
            there = [truth.bound_state(*map(float, q), s, v) for q, v in zip(near, guess[:, j], strict=True)]
            known = ([1 - 2 * v**2 for v, _ in there], [r for _, r in there])
            slopes = [(8 * (c - b) - (e - a)) / (12 * step) for a, b, c, e in known]
            assert close(forward[:, j, i], np.array(slopes, float), abs=1e-11)
    assert close(forward[0, :, 0], residue, rel=1e-12)
    assert close(forward[0, :, 2], -residue * (p[0] - energy) / p[2], rel=1e-11)
    assert close(second[:, 0], forward[1], rel=1e-10)
    assert close(second, np.swapaxes(second, 1, 2), abs=1e-12)


def test_beyond_a_threshold_nothing_is_nan_but_the_energy():
    w0, d = 1.3, 0.1 * LENGTH
    alone = states(w0, d, 0.5)
    assert np.isnan(alone.energy[1]) and alone.residue[1] == 0 and not alone.found[1]
    assert np.all(np.isfinite(figure_slopes(np.array([w0, d, 0.5]))))
    assert np.isnan(long_time(alone, w0).beat) and np.isnan(long_time(alone, w0).half_period)
    assert np.all(np.isfinite(alone.amplitudes(jnp.array([0.0, 10.0]))))
    # on the other side the residue falls linearly to the threshold, with the slope 8 / (G d^2)^2 of v -> R = 8v / (G d^2)
    edge = float(threshold(PAPER, d))
    near = [float(states(edge - x, d, 0.5).residue[1]) for x in (1e-5, 2e-5)]
    assert near[1] / near[0] == pytest.approx(2, rel=2e-2)


def test_states_in_the_continuum():
    lowest = frequencies_of_continuum_states(PAPER, LENGTH * 1.3937921, 4)
    for n in range(1, 5):
        energy, w0, residue = truth.in_continuum(n, LENGTH * 1.3937921, 0.5)
        for mine, known in ((lowest.energy, energy), (lowest.frequency, w0), (lowest.residue, residue)):
            assert mine[n - 1] == pytest.approx(float(known), rel=1e-13)
    printed = [(0.4635443, 1.4, 0.5154, 1.47088), (0.9292851, 1.4, 0.3484, None), (1.3937921, 1.4, 0.2634, None)]
    printed += [(1.858398, 1.4, None, None), (2.322997, 1.4, None, None), (0.63387, 1.2, None, None), (1.24531, 1.0, None, None)]
    for n, (separation, w0, residue, energy) in zip((1, 2, 3, 4, 5, 1, 1), printed, strict=True):
        some = frequencies_of_continuum_states(PAPER, separation * LENGTH, n)
        assert some.channel[-1] == -((-1) ** n)
        assert some.frequency[-1] == pytest.approx(w0, abs=1e-5)
        assert residue is None or some.residue[-1] == pytest.approx(residue, abs=5e-5)
        assert energy is None or some.energy[-1] == pytest.approx(energy, abs=5e-6)


def test_a_state_in_the_continuum_is_found_on_its_frequency_only():
    for seed, (d, g) in enumerate(((2.9, 0.5), (8.0, 1.5), (18.0, 3.0), (0.7, 0.05), (30.0, 0.2))):
        n = 1 + seed
        energy, w0, residue = (float(x) for x in truth.in_continuum(n, d, g))
        exact, detuned = states(w0, d, g), states(w0 + 1e-4, d, g)
        (i,) = np.flatnonzero(np.asarray(exact.found & exact.in_continuum))
        assert exact.energy[i] == pytest.approx(energy, abs=1e-13)
        assert exact.residue[i] == pytest.approx(residue, rel=1e-11)
        assert exact.channel[i] == -((-1) ** n)
        assert exact.phase[i] == pytest.approx(0, abs=1e-11)
        assert not np.any(detuned.found & detuned.in_continuum)
        assert np.array_equal(lasting(w0, d, g, 1e9).found[2:].sum(), 1)


def test_derivative_of_a_state_in_the_continuum():
    """dE/dw0 = R; along the line on which it exists, E = sqrt(1 + (n pi / d)^2)."""
    d, g = 2.9, 0.5

    def on_line(d):
        return states(frequencies_of_continuum_states(PAPER, d, 1).frequency[0], d, g)

    i = int(np.argmax(on_line(d).in_continuum & on_line(d).found))
    slope = quick(jax.grad(lambda d: on_line(d).energy[i]))(d)
    assert slope == pytest.approx(float(mp.diff(lambda d: mp.sqrt(1 + (mp.pi / d) ** 2), d)), rel=1e-10)
    _, w0, residue = truth.in_continuum(1, d, g)
    assert quick(jax.grad(lambda w0: states(w0, d, g).energy[i]))(float(w0)) == pytest.approx(float(residue), rel=1e-10)


def test_near_resonances_live_long():
    """From the notes: lifetime 572 at a separation of 0.5; nothing beyond that time."""
    near = lasting(1.4, 0.5 * LENGTH, 0.5, 150.0)
    (i,) = np.flatnonzero(np.asarray(near.found & near.in_continuum))
    assert 1 / near.width[i] == pytest.approx(572, abs=1)
    assert int(long_time(lasting(1.4, 0.5 * LENGTH, 0.5, 600.0), 1.4).count) == 2
    z = near.energy[i] - 0.5j * near.width[i]
    assert abs(truth.second_sheet(z, 1.4, 0.5 * LENGTH, 0.5, int(near.channel[i]))) < 1e-13
    # the width is quadratic in the way from the exact frequency
    w0, residue = (float(x) for x in truth.in_continuum(1, 2.9, 0.5)[1:])
    near, far = (lasting(w0 + x, 2.9, 0.5, 150.0) for x in (1e-4, 2e-4))
    assert np.max(far.width) / np.max(near.width) == pytest.approx(4, rel=1e-2)
    assert np.max(near.residue * near.in_continuum) == pytest.approx(residue, rel=1e-3)


def test_all_resonances_are_found():
    rng = np.random.default_rng(5)
    low, high, depth = 1.002, 4.0, 1.0
    total = 0
    for _ in range(30):
        w0, d = rng.uniform(0.3, 3.0), LENGTH * 10 ** rng.uniform(np.log10(0.05), np.log10(3))
        g, s = 10 ** rng.uniform(np.log10(0.05), np.log10(3)), int(rng.choice([-1, 1]))
        every = poles(w0, d, g, float(s), high, depth)
        inside = np.asarray(every.found & (every.energy.real > low))
        assert np.sum(inside) == truth.zeros_in(low, high, depth, w0, d, g, s)
        z, total = np.asarray(every.energy)[inside], total + np.sum(inside)
        assert np.all(abs(truth.second_sheet(z, w0, d, g, s)) < 1e-11)
        rise = (truth.second_sheet(z + 1e-5, w0, d, g, s) - truth.second_sheet(z - 1e-5, w0, d, g, s)) / 2e-5
        assert np.asarray(every.residue)[inside] == pytest.approx(1 / rise, rel=1e-5)
        assert np.all(np.diff(z.imag) <= 1e-12)
    assert total > 50


@quick
def band_resonance(p):
    """The one of an emitter in the band of `BandEdge`, with its derivatives by frequency and strength, and its residue."""

    def find(p):
        law = BandEdge(p[1], 5.0)
        starts = p[0] - 1j * np.array([0.1, 0.5, 1.0])
        return zeros(lambda z: z - p[0] + law.self_energy(z, 0.0, True), starts, 5.0, np.inf, 3.0, 2)

    def parts(p):
        return jnp.stack([find(p)[0][0].real, find(p)[0][0].imag])

    return find(p), jax.jacfwd(parts)(p), jax.jacrev(parts)(p)


def test_a_resonance_and_its_derivatives():
    """With z = w_e + q^2 it is a root of a cubic."""
    w0, beta = 7.0, 0.8
    (z, residue, found), forward, reverse = band_resonance(np.array([w0, beta]))
    (q,) = (q for q in np.roots([1, 0, 5 - w0, 1j * beta]) if q.real > 0.1 > q.imag and q.imag < -0.05)
    assert np.array_equal(found, [True, False])
    assert complex(z[0]) == pytest.approx(5 + q**2, abs=1e-13)
    rise = 1 - 0.5j * beta / q**3
    assert close(residue, [1 / rise, 0], abs=1e-12)
    for slopes in (forward, reverse):
        assert close(slopes[0] + 1j * slopes[1], [1 / rise, -1j / q / rise], abs=1e-12)


def test_long_times_are_extremes_of_the_amplitudes():
    w0 = 0.8
    some = states(w0, 0.2 * LENGTH, 0.5)
    late = long_time(some, w0)
    energies = w0 * np.abs(late.amplitudes(jnp.linspace(0, 20 * late.half_period, 20001))[:, 1]) ** 2
    assert np.max(energies) == pytest.approx(float(late.max_energy), rel=1e-6)
    assert np.min(energies) == pytest.approx(float(late.min_energy), abs=1e-6)
    assert np.mean(energies[:-1]) == pytest.approx(float(late.mean_energy), rel=1e-6)
    assert w0 * np.abs(late.amplitudes(late.half_period[None])[0, 1]) ** 2 == pytest.approx(float(late.max_energy), rel=1e-10)
    residues = np.asarray(some.residue[:2])
    assert late.amplitudes(jnp.zeros(1))[0] == pytest.approx([sum(residues) / 2, (residues[0] - residues[1]) / 2])


class Wrapped(AbstractReservoir):
    """A waveguide of which nothing but its self-energy is known."""

    guide: Waveguide

    @property
    def edge(self):
        return 1.0

    def kernel(self, t, x=0.0):
        return self.guide.kernel(t, x)

    def density(self, w, x=0.0):
        return self.guide.density(w, x)

    def self_energy(self, z, x=0.0, through=False):
        return self.guide.self_energy(z, x, through)


@quick
def wrapped(w0, d, g):
    return bound_states(Wrapped(Waveguide(g)), w0, d)


def test_any_reservoir():
    for w0 in (0.6, 1.3):
        special, plain = (one(w0, 0.7, 0.5) for one in (states, wrapped))
        assert close(plain.energy, special.energy[:2], abs=1e-10, nan_ok=True)
        assert close(plain.residue, special.residue[:2], rel=1e-8)


def test_a_band_edge():
    """With E = w_e - q^2, q is a root of a cubic; at the edge E = w_e - beta^(2/3) and R = 2/3 (John and Quang)."""
    reservoir = BandEdge(1.3, 5.0)
    state = quick(lambda w: gap_state(w, reservoir.self_energy, reservoir.edge))
    for w in (5.0, 4.0, 3.9, 20.0):
        (q,) = (x.real for x in np.roots([1, 0, w - 5, -1.3]) if abs(x.imag) < 1e-9 and x.real > 0)
        energy, residue, found = state(w)
        assert found
        assert energy == pytest.approx(5 - q**2, abs=1e-13)
        assert residue == pytest.approx(1 / (1 + 0.65 / q**3), rel=1e-11)
    assert state(5.0)[0] == pytest.approx(5 - 1.3 ** (2 / 3), abs=1e-13)
    both = bound_states(reservoir, 4.0, 1.0)  # emitters at one place: the channel -1 feels nothing
    assert both.energy[1] == pytest.approx(4.0, abs=1e-13) and both.residue[1] == pytest.approx(1.0)


def test_one_mode_above_an_edge():
    """S = g^2 / (W - E): the lower eigenvalue of two coupled levels, and its derivative."""

    @quick
    def level(w):
        (energy, (residue, found)), slope = jax.value_and_grad(
            lambda w: (lambda e, *rest: (e, rest))(*gap_state(w, mode, 2.0)), has_aux=True
        )(w)
        return energy, residue, found, slope

    def mode(e):
        return 0.3**2 / (2.0 - e)

    for w in (-1.0, 1.0, 1.9, 5.0):
        energy, residue, found, slope = level(w)
        values, vectors = np.linalg.eigh([[w, 0.3], [0.3, 2.0]])
        assert bool(found)
        assert energy == pytest.approx(values[0], abs=1e-13)
        assert residue == pytest.approx(vectors[0, 0] ** 2, rel=1e-10)
        assert slope == pytest.approx(vectors[0, 0] ** 2, rel=1e-10)
    flat = gap_state(3.0, lambda e: 0.1 / (3.0 - e), 2.0)  # finite at the edge: none
    assert np.isnan(flat[0]) and flat[1] == 0 and not flat[2]
    assert not gap_state(3.0, lambda e: 0.1 / (3.0 - e), -jnp.inf)[2]


def test_beyond_a_time_in_any_reservoir_with_loss():
    """To first order a state decays by loss R: it counts as bound where that is slower than asked."""
    reservoir, loss = BandEdge(1.3, 5.0), 1e-3
    ever = bound_states(reservoir, 4.0, 1.0)
    width = loss * float(ever.residue[0])
    for beyond, found in ((0.99 / width, True), (1.01 / width, False)):
        assert bool(bound_states(reservoir, 4.0, 1.0, beyond, loss).found[0]) is found


def test_what_prints():
    text = repr(bound_states(PAPER, 1.4, LENGTH * 0.46354423841374895))
    assert [line.split()[0] for line in text.splitlines()] == ["channel", "+", "-", "+"]
    assert text.endswith("in the continuum")


def test_bad_input():
    for bad in ({"frequency": 0.0}, {"distance": -1.0}, {"beyond": 0.0}):
        with pytest.raises(jaxqb.errors.FieldError, match="must be positive"):
            bound_states(PAPER, **({"frequency": 1.0, "distance": 1.0} | bad))
    with pytest.raises(jaxqb.errors.FieldError, match="radiation_rate"):
        bound_states(Waveguide(0.0), 1.0, 1.0)
    with pytest.raises(jaxqb.errors.FieldError, match="slots"):
        resonances(PAPER, 1.0, 100.0, 1.0, slots=8)
    assert not np.any(bound_states(Waveguide(0.5, loss=0.01), 1.0, 1.0).found)
    with pytest.raises(jaxqb.errors.FieldError, match=r"`beyond` must be left out without loss, but .*BandEdge lives for ever"):
        bound_states(BandEdge(1.3, 5.0), 4.0, 1.0, beyond=10.0)
