"""Two emitters in a rectangular waveguide, by closed forms and quadrature in mpmath (bound states) and numpy (resonances).

Units of the cut-off frequency; G the radiation rate, d the distance, s = +1 or -1 the channel.  The self-energy of
one emitter is elementary; that between two is an integral over the rapidity theta, w = cosh(theta), along a line
on which it does not oscillate.  D_s(z) = z - w0 + S_0(z) + s S_1(z).
"""

import functools

import mpmath as mp
import numpy as np
from numpy.typing import ArrayLike, NDArray

DIGITS = 36
DIVISIONS = 20  # of the unit of rapidity: errors below 1e-20


def alone(energy: mp.mpf, g: mp.mpf) -> mp.mpf:
    """S_0 below the edge."""
    e = mp.mpf(energy)
    if abs(e) < 1:
        return g / (2 * mp.pi) * mp.acos(-e) / mp.sqrt(1 - e * e)
    return g / (2 * mp.pi) * mp.acosh(-e) / mp.sqrt(e * e - 1)


def between(energy: mp.mpf, d: mp.mpf, g: mp.mpf) -> mp.mpf:
    """S_1 below the edge: exp(i d sinh theta) / (cosh theta - E) on a line above the real axis."""
    e = mp.mpf(energy)
    if e > 0.7:  # beyond the pole, which is added
        kappa = mp.sqrt(1 - e * e)
        return g / 2 * mp.exp(-kappa * d) / kappa - g / (2 * mp.pi) * e * standing(e, d)
    height = mp.acos(e) / 2 if e > -1 else mp.pi / 2
    reach = int(DIVISIONS * mp.acosh(2 + 50 / (d * mp.sin(height))))
    total = mp.mpf(0)
    for n in range(reach + 1):  # the other half of the line is its mirror image
        theta = mp.mpc(mp.mpf(n) / DIVISIONS, height)
        total += (0.5 if n == 0 else 1) * mp.re(mp.exp(1j * d * mp.sinh(theta)) / (mp.cosh(theta) - e))
    return g / (2 * mp.pi) * total / DIVISIONS


@functools.cache
def _nodes(d: mp.mpf) -> tuple[tuple[mp.mpf, mp.mpf], ...]:
    """sinh(u)^2 and weights times exp(-d cosh u)."""
    reach = int(DIVISIONS * mp.acosh(2 + 50 / d))
    us = [mp.mpf(n) / DIVISIONS for n in range(reach + 1)]
    return tuple((mp.sinh(u) ** 2, (0.5 if u == 0 else 1) * mp.exp(-d * mp.cosh(u)) / DIVISIONS) for u in us)


def standing(z: mp.mpf, d: mp.mpf) -> mp.mpf:
    """A(z) = int_0^inf exp(-d cosh u) / (sinh(u)^2 + z^2) du for z > 0.7."""
    return mp.fsum(weight / (square + z * z) for square, weight in _nodes(mp.mpf(d)))


def dispersion(energy: mp.mpf, w0: float, d: float, g: float, s: int) -> mp.mpf:
    """D_s below the edge."""
    return energy - w0 + alone(energy, mp.mpf(g)) + s * between(energy, mp.mpf(d), mp.mpf(g))


def by_definition(energy: float, d: float, g: float) -> mp.mpf:
    """S_1 as it is defined, an integral over frequencies k of J: slow, to check the others."""

    def integrand(k: mp.mpf) -> mp.mpf:
        w = mp.sqrt(1 + k * k)
        return mp.cos(k * d) / (w * (w - energy))

    return mp.mpf(g) / (2 * mp.pi) * mp.quadosc(integrand, [0, mp.inf], omega=d)


def threshold(d: float, g: float) -> mp.mpf:
    """Frequency below which there is a bound state of the channel -1: D_- vanishes at the edge (E = 1)."""
    return 1 + mp.mpf(g) / (2 * mp.pi) * (mp.pi * d - 1 + standing(mp.mpf(1), d))


def bound_state(w0: float, d: float, g: float, s: int, guess: float) -> tuple[mp.mpf, mp.mpf] | None:
    """v with E = 1 - 2 v^2, and the residue; None where there is none.

    D rises with E up to the edge, so that it has one root at most, and none unless it is positive there.  That root is
    one step of Newton's method from a guess that is good to half of the digits.
    """
    if s < 0 and w0 >= threshold(d, g):
        return None
    v = mp.mpf(guess)
    small = v * mp.mpf(10) ** -8
    above, at, below = (dispersion(1 - 2 * x * x, w0, d, g, s) for x in (v + small, v, v - small))
    slope, bend = (above - below) / (2 * small), (above - 2 * at + below) / small**2
    step = -at / slope
    assert abs(step) < 1e-8 * v, "the guess is bad"
    return v + step, -4 * (v + step) / (slope + step * bend)


def in_continuum(n: int, d: float, g: float) -> tuple[mp.mpf, mp.mpf, mp.mpf]:
    """Energy, frequency of the emitters, and residue of the n-th bound state in the continuum, term by term."""
    k, g, d = n * mp.pi / mp.mpf(d), mp.mpf(g), mp.mpf(d)
    w = mp.sqrt(1 + k * k)
    a = standing(w, d)
    slope = -2 * w * mp.fsum(weight / (square + w * w) ** 2 for square, weight in _nodes(d))
    w0 = w - g / (2 * mp.pi) * (mp.acosh(w) / k - (-1) ** n * w * a)
    local = 1 / k**2 - w * mp.acosh(w) / k**3 - (-1) ** n * (a + w * slope)
    return w, w0, 1 / (1 + g * d * w / (2 * k * k) - g / (2 * mp.pi) * local)


_U = (np.arange(80) + 0.5) * 0.2


def second_sheet(z: ArrayLike, w0: float, d: float, g: float, s: int) -> NDArray[np.complex128]:
    """D_s for Re z > 1, continued from the upper half plane through the cut."""
    z = np.asarray(z, complex)
    k = np.sqrt(z - 1) * np.sqrt(z + 1)
    theta = 2 * np.log(np.sqrt((z - 1) / 2) + np.sqrt((z + 1) / 2))
    a = 0.2 * np.sum(np.exp(-d * np.cosh(_U)) / (np.sinh(_U) ** 2 + z[..., None] ** 2), axis=-1)
    return z - w0 + 0.5j * g / k * (1 + s * np.exp(1j * k * d)) - g / (2 * np.pi) * (theta / k + s * z * a)


def zeros_in(low: float, high: float, depth: float, w0: float, d: float, g: float, s: int) -> int:
    """How many resonances have low < Re z < high and Im z > -depth: by how D turns around the box (none is above the axis)."""
    corners = np.array([low - 1j * depth, high - 1j * depth, high + 0.05j, low + 0.05j])
    t = np.linspace(0.0, 1.0, 4000)
    path = np.concatenate([a + (b - a) * t for a, b in zip(corners, np.roll(corners, -1), strict=True)])
    values = second_sheet(path, w0, d, g, s)
    turns = np.angle(values[1:] / values[:-1])
    assert np.max(np.abs(turns)) < 1.5, "the path is too coarse, or leads across a zero"
    return round(float(np.sum(turns)) / (2 * np.pi))
