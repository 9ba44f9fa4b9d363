"""Closures of a chain's moments: their equations are exact before they are closed, and their errors are known."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from truth import chain as truth

import jaxqb as qb

RNG = np.random.default_rng(5)
N = 5
SPINS = truth.Spins(RNG.uniform(0.2, 1.0, N), RNG.uniform(0.02, 0.1, N), RNG.uniform(-0.2, 0.3, N - 1), 0.17)
STATES = [truth.state(RNG, N, symmetric) for symmetric in (True, False)]
PAIRS = ("factorised", "followed", "printed")


class Moments:
    """The equations of a chain in loops; what they need of three or more spins, and of ``z z``, is given."""

    def __init__(self, spins: truth.Spins, c: np.ndarray, third: Callable, both: Callable):
        """``third(l, n, m) = <z_l s+_n s-_m>``, ``both(n, m) = <z_n z_m>``."""
        self.s, self.c, self.third, self.both = spins, c, third, both
        self.z = 2 * np.real(np.diagonal(c)) - 1

    def near(self, j: int, *less: int) -> list[tuple[int, float]]:
        """Neighbours of a spin and the bonds to them."""
        ways = [(h, self.s.bonds[min(h, j)]) for h in (j - 1, j + 1) if 0 <= h < self.s.n]
        return [(h, bond) for h, bond in ways if h not in less]

    def population(self, n: int) -> float:
        """S14, halved."""
        c, gamma = self.c, self.s.collective
        gain = sum(2 * bond * c[n, h].imag for h, bond in self.near(n))
        return gain - self.s.rates[n] * c[n, n].real - gamma * sum(c[n, k].real for k in range(self.s.n))

    def pair(self, n: int, m: int, printed: bool = False) -> complex:
        """S15 and S16, with the collective terms that they lack unless as printed."""
        s, z, third = self.s, self.z, self.third
        total = (1j * (s.gaps[n] - s.gaps[m]) - (s.rates[n] + s.rates[m]) / 2) * self.c[n, m]
        total += sum(-1j * bond * third(n, h, m) for h, bond in self.near(n, m))
        total += sum(1j * bond * third(m, n, h) for h, bond in self.near(m, n))
        total += sum(-0.5j * bond * (z[n] - z[m]) for h, bond in self.near(n) if h == m)
        if printed:
            return total
        others = [k for k in range(s.n) if k not in (n, m)]
        reached = sum(third(n, k, m) + third(m, n, k) for k in others)
        return total + s.collective * (-self.c[n, m] + (z[n] + z[m] + 2 * self.both(n, m)) / 4 + reached / 2)

    def pair_z(self, n: int, m: int) -> float:
        """Of ``<z_n z_m>``."""
        s, z, gamma = self.s, self.z, self.s.collective
        total = 0.0
        for a, b in ((n, m), (m, n)):
            total += sum(4 * bond * self.third(b, a, h).imag for h, bond in self.near(a, b))
            total -= s.rates[a] * (z[b] + self.both(n, m))
        others = [k for k in range(s.n) if k not in (n, m)]
        reached = sum(2 * (self.third(m, k, n) + self.third(n, k, m)).real for k in others)
        return total - gamma * (z[n] + z[m] + 2 * self.both(n, m) - 4 * self.c[n, m].real + reached)


def fermion(s: truth.Spins, g: np.ndarray, string: Callable, n: int, m: int) -> complex:
    """Rate of ``<c^+_n c_m>``, where ``string(j, n, m) = <n_j c^+_n c_m>``."""
    total = (1j * (s.gaps[n] - s.gaps[m]) - (s.rates[n] + s.rates[m]) / 2) * g[n, m]
    total += sum(1j * s.bonds[min(h, n)] * g[h, m] for h in (n - 1, n + 1) if 0 <= h < s.n)
    total -= sum(1j * s.bonds[min(h, m)] * g[n, h] for h in (m - 1, m + 1) if 0 <= h < s.n)
    return total - 2 * sum(s.rates[j] * string(j, n, m) for j in range(min(n, m) + 1, max(n, m)))


def exact(rho: np.ndarray) -> Moments:
    """With moments of a state."""
    third = lambda l, n, m: SPINS.mean(rho, ("z", l), ("+", n), ("-", m))  # noqa: E731, E741
    both = lambda n, m: SPINS.mean(rho, ("z", n), ("z", m)).real  # noqa: E731
    return Moments(SPINS, SPINS.moments(rho), third, both)


@pytest.mark.parametrize("rho", STATES, ids=["symmetric", "general"])
def test_the_equations_of_spins_are_those_of_the_master_equation_before_they_are_closed(rho):
    moments, slope = exact(rho), SPINS.slope(rho)
    rates = SPINS.moments(slope)
    for n in range(N):
        assert abs(moments.population(n) - rates[n, n]) < 1e-15
        for m in {*range(N)} - {n}:
            assert abs(moments.pair(n, m) - rates[n, m]) < 1e-15
            assert abs(moments.pair_z(n, m) - SPINS.mean(slope, ("z", n), ("z", m))) < 1e-15


@pytest.mark.parametrize("rho", STATES, ids=["symmetric", "general"])
def test_the_equations_of_fermions_are_those_of_the_master_equation_before_they_are_closed(rho):
    alone = truth.Spins(SPINS.gaps, SPINS.rates, SPINS.bonds)
    g, rates = alone.fermions(rho), alone.fermions(alone.slope(rho))
    strings = [alone.fermions(rho, j) for j in range(N)]
    for n in range(N):
        for m in range(N):
            assert abs(fermion(alone, g, lambda j, n, m: strings[j][n, m], n, m) - rates[n, m]) < 1e-15


def chain(spins: truth.Spins, initial: Any = "full", known: bool = True) -> Any:
    """The same in jaxqb; without `known`, as if the collective rate were traced."""
    battery = qb.SpinChain(spins.gaps, spins.rates, spins.bonds, spins.collective, initial)
    if not known:
        object.__setattr__(battery, "structure", battery.structure._replace(alone=False))
    return battery


def hermitian(n: int) -> np.ndarray:
    """A random matrix of correlations, with probabilities on its diagonal."""
    a = RNG.normal(size=(n, n)) + 1j * RNG.normal(size=(n, n))
    return np.where(np.eye(n) > 0, np.diag(RNG.uniform(0, 1, n)), 0.2 * (a + a.conj().T))


def rows(c: np.ndarray, bands: int) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of a banded law."""
    d = np.array([np.pad(np.diagonal(c, k), (0, k)) for k in range(bands + 1)])
    return np.real(d), np.imag(d)


field = jax.jit(lambda law, y: law.field(y))
slope = jax.jit(lambda law, v: ravel_pytree(law.field(ravel_pytree(law.start)[1](v)))[0])


@pytest.mark.parametrize("pairs", PAIRS)
def test_the_law_with_collective_decay_is_these_equations_factorised(pairs):
    c, zz = hermitian(N), RNG.uniform(-1, 1, (N, N))
    zz = zz + zz.T
    z = 2 * np.real(np.diagonal(c)) - 1
    both = (lambda n, m: zz[n, m]) if pairs == "followed" else lambda n, m: z[n] * z[m]
    closed = Moments(SPINS, c, lambda l, n, m: z[l] * c[n, m], both)  # noqa: E741
    y = (np.real(c), np.imag(c), *((zz,) if pairs == "followed" else ()))
    re, im, *followed = field(chain(SPINS).closure(pairs), tuple(map(jnp.asarray, y)))
    for n in range(N):
        assert abs(re[n, n] + 1j * im[n, n] - closed.population(n)) < 1e-14
        for m in {*range(N)} - {n}:
            assert abs(re[n, m] + 1j * im[n, m] - closed.pair(n, m, pairs == "printed")) < 1e-14
            for rate in followed:
                assert abs(rate[n, m] - closed.pair_z(n, m)) < 1e-14


@pytest.mark.parametrize("bands", [N - 1, 2])
def test_the_law_without_is_these_equations_on_diagonals(bands):
    alone = truth.Spins(SPINS.gaps, SPINS.rates, SPINS.bonds)
    distance = np.abs(np.subtract.outer(np.arange(N), np.arange(N)))
    c = np.where(distance <= bands, hermitian(N), 0.0)
    z = 2 * np.real(np.diagonal(c)) - 1
    closed = Moments(alone, c, lambda l, n, m: z[l] * c[n, m], lambda n, m: z[n] * z[m])  # noqa: E741
    rates = np.array([[closed.pair(n, m) if n != m else closed.population(n) for m in range(N)] for n in range(N)])
    for rate, expected in zip(field(chain(alone).closure(bands=bands), rows(c, bands)), rows(rates, bands), strict=True):
        np.testing.assert_allclose(rate, expected, atol=1e-14)
    wick = lambda j, n, m: c[j, j] * c[n, m] - c[n, j] * c[j, m]  # noqa: E731
    rates = np.array([[fermion(alone, c, wick, n, m) for m in range(N)] for n in range(N)])
    for rate, expected in zip(field(chain(alone).fermionic(bands=bands), rows(c, bands)), rows(rates, bands), strict=True):
        np.testing.assert_allclose(rate, expected, atol=1e-14)


@eqx.filter_jit
def law_of(battery: Any, kind: str = "closure", **options: Any) -> Any:
    """A law, made by one program."""
    return getattr(battery, kind)(**options)


class Curves(NamedTuple):
    """Populations, correlations of neighbours and, but for fermions, all."""

    p: np.ndarray
    near: np.ndarray
    far: Any = None


@jax.jit
def _curves(law: Any, vs: jax.Array) -> Curves:
    def at(v: Any) -> Curves:
        state = law.state(ravel_pytree(law.start)[1](v))
        return Curves(state.excited(), state.neighbours(), None if getattr(state, "strings", False) else state.correlations())

    return jax.vmap(at)(vs)


def solved(law: Any, times: np.ndarray, rtol: float = 1e-9) -> Curves:
    """By scipy."""
    start = np.concatenate([np.ravel(part) for part in law.start])
    solution = solve_ivp(lambda t, v: slope(law, v), (0.0, times[-1]), start, "DOP853", times, rtol=rtol, atol=rtol / 1e3)
    return jax.tree.map(np.asarray, _curves(law, solution.y.T))


def energy(spins: truth.Spins, curves: Curves) -> np.ndarray:
    """Eq. 6."""
    return 2 * (curves.p @ spins.gaps + 2 * np.real(curves.near) @ spins.bonds) / spins.gaps.sum() - 1


def dimer(n: int, ratio: float, hopping: float, collective: float = 0.0) -> truth.Spins:
    """Gaps 1, ratio, 1, ...; rates of 0.05 of them."""
    gaps = np.where(np.arange(n) % 2 == 0, 1.0, ratio)
    return truth.Spins(gaps, 0.05 * gaps, np.full(n - 1, hopping), collective)


def true(spins: truth.Spins, times: np.ndarray, initial: Any = 1.0) -> Curves:
    """From the master equation."""
    c = spins.moments(spins.evolve(np.broadcast_to(initial, spins.n), times))
    return Curves(np.real(np.einsum("tii->ti", c)), np.diagonal(c, 1, 1, 2), c)


@pytest.mark.parametrize(("n", "hopping"), [(2, 0.3), (9, -0.2), (30, 0.1)])
def test_equal_spins_decay_as_if_alone(n, hopping):
    spins, times = dimer(n, 1.0, hopping), np.array([3.0, 30.0])
    for kind in ("closure", "fermionic"):
        found = energy(spins, solved(law_of(chain(spins), kind), times))
        np.testing.assert_allclose(found, 2 * np.exp(-0.05 * times) - 1, atol=1e-9)


def test_spins_without_hopping_decay_alone():
    initial, times = RNG.uniform(0, 1, N), np.array([5.0, 20.0])
    spins = truth.Spins(SPINS.gaps, SPINS.rates, np.zeros(N - 1))
    for kind in ("closure", "fermionic"):
        found = solved(law_of(chain(spins, initial), kind), times)
        np.testing.assert_allclose(found.p, initial * np.exp(-SPINS.rates * times[:, None]), atol=1e-9)
        assert not found.near.any()


def test_two_spins_are_exact():
    spins, initial, times = truth.Spins(SPINS.gaps[:2], SPINS.rates[:2], SPINS.bonds[:1], 0.2), [0.8, 0.3], np.array([4.0, 20.0])
    alone = truth.Spins(spins.gaps, spins.rates, spins.bonds)
    laws = [(spins, law_of(chain(spins, initial), pairs="followed"))]
    laws += [(alone, law_of(chain(alone, initial), kind)) for kind in ("closure", "fermionic")]
    for given, law in laws:
        expected, found = true(given, times, initial), solved(law, times)
        np.testing.assert_allclose(found.p, expected.p, atol=1e-9)
        np.testing.assert_allclose(found.near, expected.near, atol=1e-9)


def test_fermions_from_a_single_excitation_are_exact():
    a = RNG.normal(size=N) + 1j * RNG.normal(size=N)
    a *= 0.9 / np.linalg.norm(a)
    alone = truth.Spins(SPINS.gaps, SPINS.rates, SPINS.bonds)
    k = np.diag(alone.gaps - 0.5j * alone.rates) + np.diag(alone.bonds, 1) + np.diag(alone.bonds, -1)
    times = np.array([5.0, 20.0])
    psi = np.array([expm(-1j * k * t) @ a for t in times])
    found = solved(law_of(chain(alone, qb.single_excitation(a)), "fermionic"), times)
    np.testing.assert_allclose(found.p, np.abs(psi) ** 2, atol=1e-9)
    np.testing.assert_allclose(found.near, psi[:, :-1].conj() * psi[:, 1:], atol=1e-9)


TIMES = np.arange(2.0, 101.0, 2.0)
# hopping and ratio; largest errors of E at N = 80 of the closure and of fermions, and of z and C of the closure at N = 8
ERRORS = [
    (0.05, 0.25, 6.3e-5, 2.9e-5, 3.9e-4, 5.3e-4),
    (0.1, 0.25, 7.4e-4, 2.7e-4, 6.2e-3, 4.2e-3),
    (0.2, 0.25, 5.3e-3, 8.7e-4, 5.2e-2, 2.9e-2),
    (0.05, 0.5, 8.0e-5, None, 7.3e-4, 7.6e-4),
    (0.05, 0.8, 1.8e-4, None, 4.1e-3, 2.3e-3),
]


@pytest.mark.parametrize(("hopping", "ratio", "bosons", "fermions", "z", "pair"), ERRORS)
def test_closures_are_off_by_what_is_known(hopping, ratio, bosons, fermions, z, pair):
    short, spins, long = (dimer(n, ratio, hopping) for n in (4, 6, 80))
    exact, found = true(spins, TIMES), solved(law_of(chain(spins)), TIMES, 1e-7)
    apart = ~np.eye(6, dtype=bool)
    assert np.isclose(np.abs(2 * (found.p - exact.p)).max(), z, rtol=0.15)
    assert np.isclose(np.abs(found.far - exact.far)[:, apart].max(), pair, rtol=0.15)
    less, more = (energy(short, true(short, TIMES)) + 1) * 4, (energy(spins, exact) + 1) * 6
    expected = (less + (more - less) * 38) / long.n - 1  # energies of long chains are those of a bulk and of two edges
    for kind, error in (("closure", bosons), ("fermionic", fermions)):
        if error:
            found = energy(long, solved(law_of(chain(long), kind), TIMES, 1e-7))
            assert np.isclose(np.abs(found - expected).max(), error, rtol=0.05)


DISCHARGE = [(0.02, 100.0, 0.0045, 0.0015), (0.1, 60.0, 0.052, 0.010), (0.5, 20.0, 0.122, 0.028)]


@pytest.mark.parametrize(("collective", "end", "factorised", "followed"), DISCHARGE)
def test_closures_of_a_discharge_are_off_by_what_is_known(collective, end, factorised, followed):
    spins, times = dimer(6, 0.25, 0.05, collective), np.linspace(0.0, end, 101)[1:]
    exact = energy(spins, true(spins, times))
    for pairs, error in (("factorised", factorised), ("followed", followed)):
        found = energy(spins, solved(law_of(chain(spins), pairs=pairs), times, 1e-7))
        assert np.isclose(np.abs(found - exact).max(), error, rtol=0.05)


def test_the_printed_closure_builds_no_superradiance():
    spins, times = dimer(6, 1.0, 0.05, 0.1), np.array([5.0])
    found = energy(spins, solved(law_of(chain(spins), pairs="printed"), times))
    assert np.allclose(found, 2 * np.exp(-0.15 * times) - 1, atol=1e-9)
    assert np.allclose(energy(spins, true(spins, times)), -0.397, atol=5e-4)


def test_no_collective_decay_that_is_traced_is_none():
    alone = truth.Spins(SPINS.gaps, SPINS.rates, SPINS.bonds)
    c = hermitian(N)
    closure, y = chain(alone).closure(), rows(c, N - 1)
    expected = np.array(field(closure, y))
    for pairs in PAIRS:
        law = chain(alone, known=False).closure(pairs)
        full = (np.real(c), np.imag(c), *((np.ones((N, N)),) if pairs == "followed" else ()))
        re, im = field(law, tuple(map(jnp.asarray, full)))[:2]
        np.testing.assert_allclose(rows(np.asarray(re) + 1j * np.asarray(im), N - 1), expected, atol=1e-15)
        assert type(law).__name__ == "Collective"
    assert type(closure).__name__ == "Closure"


def kept(kind: str, knobs: Any) -> Any:
    """Energy after a while as a function of all gaps, rates, bonds, probabilities and the collective rate of a chain of 4."""
    gaps, rates, bonds, initial, collective = jnp.split(knobs, [4, 8, 11, 15])
    battery: Any = qb.SpinChain(gaps, rates, bonds, collective[0] if kind == "followed" else 0.0, initial)
    law = {"closure": battery.closure, "followed": lambda: battery.closure("followed"), "fermionic": battery.fermionic}[kind]()
    step = lambda y, _: (jax.tree.map(lambda y, d: y + 0.1 * d, y, law.field(y)), None)  # noqa: E731
    return battery.total_energy(law.state(jax.lax.scan(step, law.start, None, length=30)[0]))


@pytest.mark.parametrize("kind", ["closure", "fermionic", "followed"])
def test_derivatives_are_those_of_differences_and_batches_are_loops(kind):
    # no decay, no collective decay and a certain start are points like others
    decay = [0.0, *RNG.uniform(0.02, 0.1, 3)]
    knobs = np.array([*RNG.uniform(0.2, 1, 4), *decay, *RNG.uniform(-0.2, 0.3, 3), 1.0, 0.0, 0.3, 0.9, 0.0])
    value = functools.partial(kept, kind)
    steps = 1e-4 * np.eye(knobs.size)
    forward, (energy, reverse) = jax.jit(lambda x: (jax.jacfwd(value)(x), jax.value_and_grad(value)(x)))(knobs)
    # analytic in all of them, also where a rate or probability is no longer physical
    batch = jax.jit(jax.vmap(value))(np.concatenate([knobs + steps, knobs - steps, knobs[None]]))
    differences = (batch[: knobs.size] - batch[knobs.size : -1]) / 2e-4
    np.testing.assert_allclose(forward, differences, atol=1e-7)
    np.testing.assert_allclose(reverse, forward, atol=1e-13)
    np.testing.assert_allclose(batch[-1], energy, rtol=1e-14)


def test_bands_are_diagonals_of_all_correlations():
    spins, times = dimer(12, 0.8, 0.1), np.array([40.0])
    wide, narrow = solved(law_of(chain(spins)), times), solved(law := law_of(chain(spins), bands=5), times)
    c, d = wide.far[0], narrow.far[0]
    np.testing.assert_allclose(c, c.conj().T)
    np.testing.assert_allclose(np.diagonal(c, 1), wide.near[0])
    np.testing.assert_allclose(np.diagonal(c), wide.p[0])
    distance = np.abs(np.subtract.outer(np.arange(12), np.arange(12)))
    assert not d[distance > 5].any()
    assert np.abs(c - d)[distance <= 1].max() < 3e-5 < np.abs(c - d)[distance <= 5].max()
    edge = float(law.state([*map(jnp.asarray, rows(d, 5))]).edge())
    assert np.isclose(edge, np.abs(np.diagonal(d, 5)).max() ** 2)
    # what the edge promises
    assert np.abs(energy(spins, narrow) - energy(spins, wide))[0] < 3 * edge
    full = law_of(chain(spins))
    assert float(full.state(full.start).edge()) == 0.0
    assert [law_of(chain(dimer(n, 0.5, 0.1))).bands for n in (25, 26)] == [24, 16]


def test_a_start_that_bands_do_not_hold_is_seen():
    spread = qb.single_excitation([0.6, 0.0, 0.0, 0.8])
    battery: Any = qb.SpinChain([1.0, 1.0, 0.5, 1.0], 0.05, 0.1, initial=spread)
    assert law_of(battery).bands == 3
    law = law_of(battery, bands=2)
    assert np.isclose(float(law.state(law.start).edge()), 0.48**2)


def test_too_few_bands_are_said_with_enough():
    battery = chain(dimer(4, 0.5, 0.2))
    with pytest.raises(qb.errors.CutoffError, match=r"use law=chain.closure\(bands=3\)"):
        qb.evolve(battery, [20.0], law=law_of(battery, bands=1))
    with pytest.raises(qb.errors.CutoffError, match=r"use law=chain.fermionic\(bands=3\)"):
        qb.evolve(battery, [20.0], law=battery.fermionic(bands=1))
    one = chain(dimer(4, 0.5, 0.2), qb.single_excitation([0.0, 1.0, 0.0, 0.0]))
    with pytest.raises(qb.errors.CutoffError, match=r"use law=chain.closure\(bands=3\)"):
        qb.storage_time(one, 0.9, law=law_of(one, bands=1))
    assert battery.overflow(None)[0] == "bands"


WRONG = [
    (lambda: chain(SPINS).closure("paired"), "pairs", "'paired'"),
    (lambda: chain(SPINS).closure(None), "pairs", "None"),
    (lambda: chain(dimer(N, 0.5, 0.1)).closure(["followed"]), "pairs", "followed"),
    (lambda: chain(dimer(N, 0.5, 0.1)).closure(bands=N), "bands", "1 to 4"),
    (lambda: chain(dimer(N, 0.5, 0.1)).closure(bands=0), "bands", "0"),
    (lambda: chain(dimer(N, 0.5, 0.1)).closure(bands=2.0), "bands", "2.0"),
    (lambda: chain(dimer(N, 0.5, 0.1)).fermionic(bands=True), "bands", "True"),
    (lambda: chain(SPINS).closure(bands=3), "bands", "left out"),
    (lambda: chain(SPINS).fermionic(), "collective_decay", "known 0"),
]


@pytest.mark.parametrize(("make", "argument", "said"), WRONG)
def test_bad_options_are_said_before_anything_is_compiled(make, argument, said, compiles):
    with compiles(0), pytest.raises(qb.errors.FieldError, match=rf"^`{argument}` must .*{said}.*; fix: "):
        make()


def test_what_moments_do_not_know_is_said():
    battery = chain(dimer(3, 0.5, 0.1), qb.single_excitation([0.6, 0.0, 0.0]))
    fermions, closure = law_of(battery, "fermionic"), law_of(battery)
    for law, ask in [(fermions, "correlations"), (fermions, "coherences"), (closure, "coherences"), (closure, "battery")]:
        with pytest.raises(qb.errors.MeritError, match="; fix: use "):
            getattr(law.state(law.start), ask)()
    full = law_of(chain(dimer(3, 0.5, 0.1)))
    assert not full.state(full.start).coherences().any()
