"""Maxima of a smooth function on an interval, from its derivatives at points that stand `width` apart."""

import math
from typing import Any

import jax.numpy as jnp


def turning_points(points: Any, slope: Any, slope_after: Any, bend: Any, bend_after: Any, width: float) -> tuple[Any, Any, Any]:
    """Where a slope passes from + to - in the interval that ends at each point, and whether it does.

    Known are slope and bend at both ends. Beside a change of sign from end to end, the slope may dip below zero and come
    back, or rise above it and return, between ends of equal sign: its extremum is looked at. Also returns by how much the
    function rises in the latter case (else 0), of which its values at the points know nothing.
    """
    crosses = (slope > 0) & (slope_after <= 0)
    x = points - width * slope_after / jnp.where(crosses, slope_after - slope, 1.0)

    # the extremum of the slope, where the bend vanishes, by cubic interpolation
    extreme = bend * bend_after < 0
    u = jnp.where(extreme, bend / jnp.where(extreme, bend - bend_after, 1.0), 0.0)
    most = (
        (1 + 2 * u) * (1 - u) ** 2 * slope
        + u * (1 - u) ** 2 * width * bend
        + u**2 * (3 - 2 * u) * slope_after
        + u**2 * (u - 1) * width * bend_after
    )
    dips = extreme & (bend < 0) & (slope > 0) & (slope_after > 0) & (most < 0)
    bumps = extreme & (bend > 0) & (slope <= 0) & (slope_after <= 0) & (most > 0)
    pair = dips | bumps
    # beside the extremum of a parabola, on its left where the slope falls first and on its right where it rises first
    away = jnp.sqrt(jnp.where(pair, 2 * jnp.abs(most) * width / jnp.abs(jnp.where(pair, bend_after - bend, 1.0)), 0.0))
    beside = points - width * (1 - u) + jnp.where(dips, -away, away)
    rise = jnp.where(bumps, 4 / 3 * most * away, 0.0)
    return jnp.where(pair, jnp.clip(beside, points - width, points), x), crosses | pair, rise


def highest(points: Any, derivatives: Any, allowed: Any, floor: Any, ceiling: Any, width: float) -> tuple[Any, Any]:
    """Near the largest value of a function on a window, from its first derivatives at points: where, and whether allowed.

    From each point one step is made to the nearby maximum of its Taylor polynomial (at most to the next point, and between
    x = `floor` and `ceiling`), so that maxima of nearly equal height are compared by their height and not by where the
    points fell.
    """
    f, d, dd, ddd = derivatives
    step = jnp.where(dd < 0, -d / jnp.where(dd < 0, dd, 1.0), jnp.sign(d))
    low, high = jnp.maximum(-width, floor - points), jnp.minimum(width, ceiling - points)
    step = jnp.clip(step, low, high)
    bend = dd + step * ddd / 2
    step = jnp.where((dd < 0) & (bend < 0), -d / jnp.where(bend < 0, bend, 1.0), step)
    step = jnp.clip(step, low, high)
    i = jnp.argmax(jnp.where(allowed, f + step * (d + step * (dd / 2 + step * ddd / 6)), -jnp.inf))
    return points[i] + step[i], allowed[i]


def average_slope(t: Any, e: Any, *derivatives: Any) -> list[Any]:
    """``E / t`` and its derivatives from those of E, where E(0) = 0."""
    safe = jnp.where(t > 0, t, 1.0)
    out = [jnp.where(t > 0, e / safe, derivatives[0])]
    for order, derivative in enumerate(derivatives, 1):
        limit = derivatives[order] / (order + 1) if order < len(derivatives) else 0 * e
        out.append(jnp.where(t > 0, (derivative - order * out[-1]) / safe, limit))
    return out


def shifted(derivatives: Any, step: Any) -> list[Any]:
    """Value and derivatives a step further on, by Taylor's series."""
    count = len(derivatives)
    return [sum(derivatives[n + k] * step**k / math.factorial(k) for k in range(count - n)) for n in range(count)]
