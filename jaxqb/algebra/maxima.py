"""Maxima of a smooth function on an interval, from its derivatives at points that stand `width` apart."""

import math
import operator
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from .inline import fori_loop


def turning_points(points: Any, before: Any, after: Any, width: float) -> tuple[Any, Any, Any, Any]:
    """Where a slope passes from + to - in the interval that ends at each point, and whether it does.

    Known are the slope and two derivatives at both ends. Beside a change of sign from end to end, the slope may dip below
    zero and come back, or rise above it and return, between ends of equal sign: its extremum is looked at. Also returns by how
    much the function rises within the interval before it falls, and falls before it rises, of which its values at the points know
    nothing (what falls on beyond the interval falls without end).
    """
    (slope, bend, third), (slope_after, bend_after, third_after) = before, after
    crosses = (slope > 0) & (slope_after <= 0)
    x = points - width * slope_after / jnp.where(crosses, slope_after - slope, 1.0)

    # the extremum of the slope, where the bend vanishes: from a line through the bends by Newton's steps on the quintic
    extreme = bend * bend_after < 0
    u = jnp.where(extreme, bend / jnp.where(extreme, bend - bend_after, 1.0), 0.0)
    b, c = width * bend, width**2 * third / 2
    off, off_bend, off_third = slope_after - slope - b - c, width * bend_after - b - 2 * c, width**2 * third_after - 2 * c
    cubic = 10 * off - 4 * off_bend + off_third / 2
    quartic = -15 * off + 7 * off_bend - off_third
    quintic = 6 * off - 3 * off_bend + off_third / 2

    def newton(_, u):
        first = b + u * (2 * c + u * (3 * cubic + u * (4 * quartic + u * 5 * quintic)))
        second = 2 * c + u * (6 * cubic + u * (12 * quartic + u * 20 * quintic))
        return jnp.clip(u - jnp.where(second == 0, 0.0, first / jnp.where(second == 0, 1.0, second)), 0.0, 1.0)

    u = fori_loop(0, 2, newton, u)  # unrolled it would be compiled into everything below
    most = slope + u * (b + u * (c + u * (cubic + u * (quartic + u * quintic))))
    dips = extreme & (bend < 0) & (slope > 0) & (slope_after > 0) & (most < 0)
    bumps = extreme & (bend > 0) & (slope <= 0) & (slope_after <= 0) & (most > 0)
    pair = dips | bumps
    # beside the extremum of a parabola, on its left where the slope falls first and on its right where it rises first
    away = jnp.sqrt(jnp.where(pair, 2 * jnp.abs(most) * width / jnp.abs(jnp.where(pair, bend_after - bend, 1.0)), 0.0))
    beside = points - width * (1 - u) + jnp.where(dips, -away, away)
    between = 4 / 3 * jnp.abs(most) * away
    rise = jnp.where(crosses, slope * (x - points + width) / 2, jnp.where(bumps, between, 0.0))
    return jnp.where(pair, jnp.clip(beside, points - width, points), x), crosses | pair, rise, jnp.where(dips, between, jnp.inf)


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
    i = lax.argmax(jnp.where(allowed, f + step * (d + step * (dd / 2 + step * ddd / 6)), -jnp.inf), 0, np.uint32)
    return points[i] + step[i], allowed[i]


def average_slope(t: Any, e: Any, *derivatives: Any) -> list[Any]:
    """``E / t`` and its derivatives from those of E, where E(0) = 0."""
    safe = jnp.where(t > 0, t, 1.0)
    out = [jnp.where(t > 0, e / safe, derivatives[0])]
    for order, derivative in enumerate(derivatives, 1):
        limit = derivatives[order] / (order + 1) if order < len(derivatives) else 0 * e
        out.append(jnp.where(t > 0, (derivative - order * out[-1]) / safe, limit))
    return out


def shifted(derivatives: Sequence[Any], step: Any) -> list[Any]:
    """Value and derivatives a step further on, by Taylor's series."""
    terms = [step**k / math.factorial(k) if k else 1.0 for k in range(len(derivatives))]
    return [sum(map(operator.mul, derivatives[n:], terms)) for n in range(len(derivatives))]
