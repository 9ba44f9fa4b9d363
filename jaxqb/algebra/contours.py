"""A contour for inverse Laplace transforms: along a line above the real axis, and straight down at both of its ends.

    f(t) = (i / 2 pi) int F(z) exp(-i z t) dz

All that turns lies below the line, so that nothing has to be known of it. The line is near enough to the real axis for
``exp(-i z t)`` to grow by `GROWTH` up to the horizon at most, and its panels are as short as poles below need. Along the vertical
rays the exponential falls, at any scale of time: their points are those of a double-exponential rule.
"""

import dataclasses
import functools
import math

import numpy as np

GROWTH, LEAST, LONG = 8.0, 3.0, 50.0  # in powers of e; less beyond a horizon so long that phases are rounded, but so much
POINTS = 16  # of a panel
CLOSE = 1.08  # distance of a pole over half a panel, at which 16 points are exact to 1e-13
ASIDE = 3.0  # of the height, by which a ray passes beside what is below the line
STEP = 0.25  # of the rule on a ray
FALL, LAST = 3.4, 26.0  # how long distances fall double-exponentially, to 1e-14; and the logarithm of the largest
SOON = 2.0  # in powers of e: they do so below the inverse horizon over this


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
    """The line; what goes on beyond its right corner; both corners; distances from them on rays, and weights of these."""

    line: Line
    beyond: Line
    left: complex
    right: complex
    radii: np.ndarray
    weights: np.ndarray


@functools.lru_cache(maxsize=32)
def contour(horizon: float, low: float, high: float, far: float) -> Contour:
    """For times up to `horizon`: a line from `low` to `high`, and on to `far` for what does not end in a ray."""
    growth = max(GROWTH - max(0.0, math.log(horizon / LONG)), LEAST)
    height = min(growth / horizon, 2.0)
    low, high, far = low - ASIDE * height, high + height, far + height
    line, beyond = _line(low, high, 2 * height / CLOSE, height), _line(high, far, 18 / horizon, height)
    soon = SOON + math.log(horizon)
    s = np.arange(-FALL - soon, LAST, STEP)
    fall = np.exp(-s - soon)
    radii = np.exp(s - fall)
    return Contour(line, beyond, complex(low, height), complex(high, height), radii, STEP * radii * (1 + fall) / (2 * np.pi))


def _line(low: float, high: float, length: float, height: float) -> Line:
    """Gauss-Legendre points and weights of panels of this length at most."""
    count = math.ceil((high - low) / length)
    x, w = np.polynomial.legendre.leggauss(POINTS)
    half = (high - low) / max(count, 1) / 2
    middles = low + half * (2 * np.arange(count) + 1)
    return Line(middles + 1j * height, half * x, 1j / (2 * np.pi) * np.tile(half * w, count))
