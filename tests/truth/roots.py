"""Roots and maxima of one variable (one place for scipy's loose types)."""

from collections.abc import Callable
from typing import Any

from scipy import optimize

_scipy: Any = optimize


def root(f: Callable[[float], float], low: float, high: float, relative: float = 1e-15) -> float:
    """x in [low, high] with f(x) = 0, by Brent's method."""
    return float(_scipy.brentq(f, low, high, xtol=1e-300, rtol=relative))


def highest(f: Callable[[float], float], low: float, high: float, absolute: float = 1e-10) -> tuple[float, float]:
    """(x, f(x)) at the only maximum of f between low and high."""
    found = _scipy.minimize_scalar(lambda x: -f(x), bounds=(low, high), method="bounded", options={"xatol": absolute})
    return float(found.x), -float(found.fun)
