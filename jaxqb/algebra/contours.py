"""A contour for inverse Laplace transforms: along a line above the real axis, and straight down at both of its ends.

    f(t) = (i / 2 pi) int F(z) exp(-i z t) dz

All that turns lies below the line, so that nothing has to be known of it. The line is near enough to the real axis for
``exp(-i z t)`` to grow but little up to the horizon, and its panels are as short as poles below and turns of the exponential
need. Along the vertical rays the exponential falls, at any scale of time: their points are those of a double-exponential rule.
"""

import dataclasses
import functools
import math

import numpy as np

POINTS = 16  # of a panel
ASIDE = 3.0  # of the height, by which a ray passes beside what is below the line
ANGLE = 1.25  # between a ray and what it so passes
LEAST, MOST, LONG = 3.0, 12.0, 50.0  # powers of e between which rounding grows along the line; less for a horizon so long
MANY = 20.0  # contributions of which each may be wrong by a part of the tolerance
SOON = 2.0  # in powers of e: distances fall double-exponentially below the inverse horizon over this


@dataclasses.dataclass(frozen=True, eq=False)
class Line:
    """Points ``middles[p] + offsets[j]`` of panels p, and their weights, factor i / 2 pi included."""

    middles: np.ndarray
    offsets: np.ndarray
    weights: np.ndarray

    @property
    def points(self) -> np.ndarray:
        """All of them in a row."""
        return np.add.outer(self.middles, self.offsets).ravel()


@dataclasses.dataclass(frozen=True, eq=False)
class Contour:
    """The line; what goes on beyond its right corner; both corners; distances from them on rays, and weights of these.

    `near`: how many of the distances what falls as their third power needs.
    """

    line: Line
    beyond: Line
    left: complex
    right: complex
    radii: np.ndarray
    weights: np.ndarray
    near: int


@functools.lru_cache(maxsize=32)
def contour(horizon: float, low: float, high: float, far: float, tolerance: float, rounding: float) -> Contour:
    """For times up to `horizon`: a line from `low` to `high`, and on to `far` for what does not end in a ray.

    It lies as high as a tolerance is above `rounding`, which the exponential makes grow.
    """
    tolerance = tolerance / MANY
    growth = min(math.log(tolerance / rounding), MOST) - max(0.0, math.log(horizon / LONG))
    height = min(max(growth, LEAST) / horizon, 2.0)
    low, high, far = low - ASIDE * height, high + height, far + height
    # errors of Gauss' rule: a pole at distance h from a panel of length l leaves rho^-2n with (rho - 1 / rho) / 2 = 2 h / l,
    # and an exponential that turns by 2 x along it (e x / 4n)^2n
    rho = tolerance ** (-0.5 / POINTS)
    turns = 2 * (4 * POINTS / math.e / rho) / horizon
    line, beyond = _line(low, high, min(4 * height / (rho - 1 / rho), turns), height), _line(high, far, turns, height)

    step = 2 * np.pi * ANGLE / -math.log(tolerance)
    soon = SOON + math.log(horizon)
    end = math.log(0.01 / tolerance)  # of amplitudes that fall as the square of the distance, at early times
    s = np.arange(-math.log(-math.log(tolerance)) - soon, end, step)
    fall = np.exp(-s - soon)
    radii = np.exp(s - fall)
    weights = step * radii * (1 + fall) / (2 * np.pi)
    near = int(np.searchsorted(radii, (0.01 / tolerance) ** 0.5))
    return Contour(line, beyond, complex(low, height), complex(high, height), radii, weights, near)


def _line(low: float, high: float, length: float, height: float) -> Line:
    """Gauss-Legendre points and weights of panels of this length at most."""
    count = math.ceil((high - low) / length)
    x, w = np.polynomial.legendre.leggauss(POINTS)
    half = (high - low) / max(count, 1) / 2
    middles = low + half * (2 * np.arange(count) + 1)
    return Line(middles + 1j * height, half * x, 1j / (2 * np.pi) * np.tile(half * w, count))
