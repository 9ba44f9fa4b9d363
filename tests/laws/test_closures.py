"""Closures of a chain's moments: their equations are exact before they are closed, and their errors are known."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
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


def chain(spins: truth.Spins, initial: Any = "full", known: bool = True) -> qb.SpinChain:
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
