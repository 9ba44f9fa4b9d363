"""Closed forms for any size; times may be arrays, results count excited cells."""

from fractions import Fraction
from math import comb, factorial, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import eval_laguerre

from .closed import ladder

Array = NDArray[np.float64]


def one_charger(t: ArrayLike, cells: int, m: int = 0, g: float = 1.0) -> Array:
    """N = 1, resonant, from m excited cells: stored sin^2(sqrt(b_{M,m+1}) g t)."""
    return np.sin(sqrt(ladder(cells, m + 1)) * g * np.asarray(t)) ** 2


def xx_coupling(t: ArrayLike, cells: int, size: int, g: float = 1.0) -> Array:
    """gamma = 1, w_B = w_C = 0, H = 4 g S^x J^x: cells turn by the charger's J^x,
    excited cells (M/2) [1 - cos^N(2 g t)] from any charger that is up or down in z."""
    return cells / 2 * (1 - np.cos(2 * g * np.asarray(t)) ** size)


def xx_cavity(t: ArrayLike, cells: int, photons: int, g: float = 1.0) -> Array:
    """Dicke (counter_rotating = 1), w_B = w_c = 0, n photons: excited cells
    (M/2) [1 - e^{-y/2} L_n(y)], y = (2 g t)^2."""
    y = (2 * g * np.asarray(t)) ** 2
    return cells / 2 * (1 - np.exp(-y / 2) * eval_laguerre(photons, y))


def oscillators(t: ArrayLike, cells: int, size: float, m: int, n: int, g: float = 1.0) -> Array:
    """P2 Eq. 29 (both spins as oscillators, only for m, n << M, N):
    (n - m) sin^2(sqrt(M N) g t)."""
    return (n - m) * np.sin(sqrt(cells * size) * g * np.asarray(t)) ** 2


def clebsch_gordan(j1: Fraction, m1: Fraction, j2: Fraction, m2: Fraction, j: Fraction) -> float:
    """<j1 m1 j2 m2 | j m1+m2> by Racah's sum in exact integers."""
    m = m1 + m2
    if abs(m) > j:
        return 0.0

    def f(x: Fraction) -> int:
        return factorial(int(x))

    front = Fraction(f(j1 + j2 - j) * f(j1 - j2 + j) * f(j2 - j1 + j), f(j1 + j2 + j + 1))
    front *= (2 * j + 1) * f(j + m) * f(j - m)
    front *= f(j1 - m1) * f(j1 + m1) * f(j2 - m2) * f(j2 + m2)
    total = Fraction(0)
    for k in range(int(j1 + j2 - j) + 1):
        down = (j1 + j2 - j - k, j1 - m1 - k, j2 + m2 - k, j - j2 + m1 + k, j - j1 - m2 + k)
        if min(down) >= 0:
            bottom = factorial(k)
            for x in down:
                bottom *= f(x)
            total += Fraction((-1) ** k, bottom)
    square = front * total**2
    sign = -1.0 if total < 0 else 1.0
    return sign * sqrt(square.numerator / square.denominator)


def heisenberg(t: ArrayLike, cells: int, size: int, m: int = 0, n: int | None = None, g: float = 1.0) -> Array:
    """Delta = g, w_B = w_C: H = 2 g S.J + w F^z; excited cells <m(t)>, not minus m.

    amplitude of |m'>|m+n-m'> is sum_F C_{m'F} C_{mF} e^{-i g F(F+1) t}.
    """
    n = size if n is None else n
    j1, j2 = Fraction(cells, 2), Fraction(size, 2)
    spins = [abs(j1 - j2) + k for k in range(int(j1 + j2 - abs(j1 - j2)) + 1)]
    levels = range(max(0, m + n - size), min(cells, m + n) + 1)
    table = np.array([[clebsch_gordan(j1, k - j1, j2, m + n - k - j2, f) for f in spins] for k in levels])
    rates = g * np.array([float(f * (f + 1)) for f in spins])
    phases = np.exp(-1j * np.outer(rates, np.atleast_1d(np.asarray(t, dtype=float))))
    waves = table @ (table[m - levels.start][:, None] * phases)
    return np.array(levels, dtype=float) @ np.abs(waves) ** 2


def coherent_cell(t: ArrayLike, size: int, theta: float, g: float = 1.0) -> Array:
    """One empty cell, charger spin-coherent (theta = pi full), resonant:
    sum_n C(N,n) cos^{2(N-n)}(theta/2) sin^{2n}(theta/2) sin^2(sqrt(b_{N,n}) g t)."""
    c, s = np.cos(theta / 2) ** 2, np.sin(theta / 2) ** 2
    weights = [comb(size, n) * c ** (size - n) * s**n for n in range(size + 1)]
    rows = [p * np.sin(sqrt(ladder(size, n)) * g * np.asarray(t)) ** 2 for n, p in enumerate(weights)]
    return np.sum(rows, axis=0)
