"""Exact optima of the stored energy of a `flows.Flow`: bracket, find the root.

The stored energy is E(t) - E(0).  Nothing here depends on a time grid, except that a
scan of step `resolution` / (width of the spectrum) must see every change of sign;
E(t) holds no frequency above that width.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath
import numpy as np
from numpy.typing import NDArray

from .chains import Chain
from .flows import Flow
from .roots import root

Array = NDArray[np.float64]


class Peak(NamedTuple):
    """Where and how high."""

    time: float
    value: float


def _falls(f: Callable[[float], float], times: Array, values: Array) -> list[float]:
    """Roots of f where it passes from + to - between neighbouring samples."""
    turns = np.flatnonzero((values[:-1] > 0) & (values[1:] <= 0))
    return [root(f, times[i], times[i + 1]) for i in turns]


def maxima(flow: Flow, window: float, resolution: float = 0.5) -> list[Peak]:
    """Every local maximum of E(t) in (0, window), in order of time."""
    count = int(np.ceil(window * flow.width / resolution)) + 2
    times = np.linspace(0, window, count)
    blocks = np.array_split(times, count // 512 + 1)
    values = np.concatenate([flow.slope(block) for block in blocks])
    roots = _falls(lambda t: flow.slope(t).item(), times, values)
    return [Peak(t, flow.energy(t).item()) for t in roots]


def first_peak(flow: Flow, resolution: float = 0.5) -> Peak:
    """First local maximum of E(t)."""
    block = 128 * resolution / flow.width
    for index in range(100000):
        times = np.linspace(index * block, (index + 1) * block, 129)
        times[0] = times[0] or times[1] * 1e-3
        if roots := _falls(lambda t: flow.slope(t).item(), times, flow.slope(times)):
            return Peak(roots[0], flow.energy(roots[0]).item())
    raise RuntimeError("no peak found")


def best_in_window(flow: Flow, window: float, resolution: float = 0.5) -> Peak:
    """Largest E(t) in [0, window], end included."""
    ends = [Peak(0.0, 0.0), Peak(window, flow.energy(window).item())]
    return max(maxima(flow, window, resolution) + ends, key=lambda peak: peak.value)


def records(flow: Flow, window: float, resolution: float = 0.5) -> list[Peak]:
    """Local maxima that exceed all before them."""
    kept: list[Peak] = []
    for peak in maxima(flow, window, resolution):
        if not kept or peak.value > kept[-1].value + 1e-12:
            kept.append(peak)
    return kept


def average_power(flow: Flow, resolution: float = 0.5) -> Peak:
    """max over ALL t > 0 of E(t)/t: roots of t E' - E, until t > most / found."""
    block, edge, best = 256 * resolution / flow.width, 0.0, Peak(0.0, 0.0)
    while best.value <= 0 or edge < flow.most / best.value:
        times = np.linspace(edge, edge + block, 257)
        times[0] = times[0] or times[1] * 1e-2
        values = times * flow.slope(times) - flow.energy(times)

        def rising(t: float) -> float:
            return t * flow.slope(t).item() - flow.energy(t).item()

        for t in _falls(rising, times, values):
            best = max(best, Peak(t, flow.energy(t).item() / t), key=lambda peak: peak.value)
        edge += block
        if edge * flow.width > 1e6:
            raise RuntimeError("no power found")
    return best


def instantaneous_power(flow: Flow, window: float | None = None, resolution: float = 0.5) -> Peak:
    """max of dE/dt up to the window, or up to the first peak; the ends do not count."""
    end = first_peak(flow, resolution).time if window is None else window
    count = int(np.ceil(end * flow.width / resolution)) + 2
    times = np.linspace(end / count / 100, end, count)
    roots = _falls(lambda t: flow.bend(t).item(), times, flow.bend(times))
    return max((Peak(t, flow.slope(t).item()) for t in roots), key=lambda peak: peak.value)


def sharpen(chain: Chain, time: float, average: bool = False, digits: int = 40) -> tuple[Any, Any]:
    """(time, value) of the same optimum in mpmath, from a zero-diagonal chain.

    The value holds `digits` digits, the time about two thirds of them.  Couplings are
    taken as square roots of rounded squares (integers here), exactly.
    """
    with mpmath.workdps(digits + 10):
        size = len(chain.cells)
        h = mpmath.matrix(size, size)
        for k, a in enumerate(chain.couplings):
            h[k, k + 1] = h[k + 1, k] = mpmath.sqrt(mpmath.mpf(round(a * a)))
        levels, vectors = mpmath.eigsy(h)
        cells = [mpmath.mpf(float(c)) for c in chain.cells]

        def energy(t: Any) -> Any:
            waves = [vectors[chain.start, k] * mpmath.expj(-levels[k] * t) for k in range(size)]
            kets = [mpmath.fdot(vectors[m, :], waves) for m in range(size)]
            return mpmath.fsum(c * abs(z) ** 2 for c, z in zip(cells, kets, strict=True))

        def merit(t: Any) -> Any:
            return energy(t) / t if average else energy(t)

        step = mpmath.mpf(10) ** (-digits // 3)
        guess = mpmath.mpf(time)
        for _ in range(8):  # Newton on the slope, by central differences
            low, mid, high = merit(guess - step), merit(guess), merit(guess + step)
            guess -= step * (high - low) / 2 / (high - 2 * mid + low)
        return guess, merit(guess)
