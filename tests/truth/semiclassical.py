"""The large-size law of a full charger, N = nu M, M >> 1 (notes, section 5).

E/M = int_0^inf e^{-xi} x(q0/xi) dxi,  x(q) = 4 nu q / [(q+1+nu)^2 - 4 nu],
q0 = 16 nu M exp(-2 sqrt(nu) g M t): exponential noise of the two-mode squeezing at
the start, then the classical orbit.  Corrections are O(1/M).  The law covers one pass:
it says nothing of the return after E has fallen to zero again (nu > 1).
"""

from itertools import pairwise
from math import factorial

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import quad
from scipy.special import expn

from .roots import highest

Array = NDArray[np.float64]


def orbit(q: ArrayLike, nu: float) -> Array:
    """x(q); nu = inf in the variable q/nu: 4 q/(1+q)^2 (the mirrored chain)."""
    y = np.asarray(q, dtype=float)
    if np.isinf(nu):
        return 4 * y / (1 + y) ** 2
    # the denominator without the cancellation of (q+1+nu)^2 - 4 nu
    return 4 * nu * y / (y * y + 2 * y * (1 + nu) + (1 - nu) ** 2)


def fraction(q0: float, nu: float) -> float:
    """E/M at q0, by quadrature over u = ln xi."""

    def integrand(u: float) -> float:
        return float(np.exp(u - np.exp(u)) * orbit(q0 * np.exp(-u), nu))

    low, high = -60.0, np.log(60.0)
    mid = float(np.clip(np.log(q0), low + 1, high - 1))
    spans = pairwise(sorted({low, -8.0, mid, 0.0, high}))
    pieces = [quad(integrand, a, b, epsabs=1e-14, epsrel=1e-13, limit=200)[0] for a, b in spans]
    return float(sum(pieces))


def fraction_equal(q0: float) -> float:
    """nu = 1: E/M = 1 - (1/s) e^{1/s} E_1(1/s) = e^x E_2(x), x = 1/s = q0/4.

    Beyond x = 600 the series 1/x - 2!/x^2 + 3!/x^3 - .. (scipy's U(1, 1, x), which is
    e^x E_1(x), is wrong by 1e-9 near x = 25).
    """
    x = q0 / 4
    if x < 600:
        return float(np.exp(x) * expn(2, x))
    return sum((-1) ** k * factorial(k + 1) * x ** (-k - 1) for k in range(8))


def squeeze(t: ArrayLike, cells: float, nu: float = 1.0, g: float = 1.0) -> Array:
    """q0 = 16 nu M exp(-2 sqrt(nu) g M t)."""
    return 16 * nu * cells * np.exp(-2 * np.sqrt(nu) * g * cells * np.asarray(t, dtype=float))


def energy(t: float, cells: float, nu: float = 1.0, g: float = 1.0) -> float:
    """E(t) = M x `fraction`."""
    q0 = float(squeeze(t, cells, nu, g))
    return cells * (fraction_equal(q0) if nu == 1 else fraction(q0, nu))


def first_fraction(nu: float) -> float:
    """Largest E/M over all q0: the limit of E_first/M (nu = 1: 1, approached as q0 -> 0)."""
    if nu == 1:
        return 1.0
    return highest(lambda u: fraction(float(np.exp(u)), nu), -8.0, 12.0)[1]


def average_power(cells: float, nu: float = 1.0, g: float = 1.0) -> tuple[float, float]:
    """(t, max E/t) of the law; t in units where sqrt(nu) g M t = O(ln M)."""
    scale = np.sqrt(nu) * g * cells
    guess = np.log(16 * nu * cells) / 2
    u, value = highest(lambda u: energy(u / scale, cells, nu, g) * scale / u, guess / 2, 2 * guess)
    return u / scale, value


def exponent(cells: float) -> float:
    """Local beta = d ln(P/M)/d ln M of the law at nu = 1, by central differences."""
    step = 1e-3
    low, high = (average_power(cells * np.exp(s))[1] for s in (-step, step))
    return float(np.log(high / low) / (2 * step) - 1)
