"""Figures at many times from few series: what `Chebyshev` does where times are dense.

A series serves several times at once (`direct`); where the figures are smooth, their values at the Chebyshev points of a window
serve every time in it (`interpolated`).
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from ..algebra import chebyshev
from ..algebra.gradients import most
from ..conventions import epsilon
from . import series
from .method import EDGE, is_chain

LONG = 512.0  # dimensionless length that one series may cover
NODES = 16  # times that one series serves
POINTS = 20  # Chebyshev points of a window between which figures are interpolated, by value and slope
TURN, TURN_CHAIN = 0.86, 0.4  # turn of a figure from point to point by the law's estimate, which is better for a chain
RETRIES = 3  # halvings of a window; figures that are nothing but rounding never look smooth
BLOCK = 64  # times that are interpolated at once


def direct(flow: Any, figures: Callable, ts: Float[Array, " t"]) -> dict[str, Any]:
    """Figures at given times, as many at once as a series reaches."""
    count, order = ts.shape[0], chebyshev.terms(LONG)
    padded = jnp.concatenate([ts, jnp.full((NODES,), ts[-1])])

    def window(carry):
        k, t, y, out = carry
        here = lax.dynamic_slice(padded, (k,), (NODES,))
        s = jnp.clip(flow.radius * (here - t), 0.0, LONG)
        ys = series.ahead(flow, y, chebyshev.exponential(s, order), s)
        # times out of reach are written too, and written again when their turn comes
        out = jax.tree.map(lambda o, new: lax.dynamic_update_slice_in_dim(o, new, k, 0), out, figures(ys))
        reached = (flow.radius * (here - t) <= LONG) & (k + np.arange(NODES) < count)
        return k + jnp.sum(reached), t + s[-1] / flow.radius, jax.tree.map(lambda y: y[-1], ys), out

    start = (jnp.zeros((), int), jnp.zeros((), ts.dtype), flow.law.start, _unknown(flow, figures, count + NODES))
    out = lax.while_loop(lambda c: (c[0] < count) & jnp.isfinite(c[1]), window, start)[3]
    return jax.tree.map(lambda o: o[:count], out)


def interpolated(flow: Any, figures: Callable, ts: Float[Array, " t"]) -> dict[str, Any]:
    """From values and slopes at the Chebyshev points of windows; a window is halved until the interpolation is exact.

    `figures` answers both for given coordinates, on a leading axis.
    """
    matrix = chebyshev.hermite(tuple(chebyshev.nodes(POINTS)), 2).astype(float)
    weigh = lambda rows, x: jnp.tensordot(rows, x, 1, precision=lax.Precision.HIGHEST)  # noqa: E731
    longest, steps, chain = windows(flow)
    longest = ts[-1] / jnp.ceil(ts[-1] / longest)
    shortest = longest * 0.5**RETRIES
    padded = jnp.concatenate([ts, jnp.full((BLOCK,), ts[-1])])
    count = ts.shape[0]

    def window(carry):
        k, t, length, table, y, out = carry
        real = False if chain else ~jnp.any(jnp.stack([jnp.any(z != 0) for z in jax.tree.leaves(y[1])]))
        s = flow.radius * length * jnp.where(real, chebyshev.nodes(POINTS), steps)
        # one table serves all windows of one length
        stale = most(jnp.isnan(table[0, 0]).astype(int)) > 0
        table = lax.cond(stale, lambda: chebyshev.exponential(s, chebyshev.terms(LONG)), lambda: table)
        ys = series.path(flow, y, table, s) if chain else series.spread(flow, y, table, s, real)
        data = lambda jets: jets.at[:, 1].multiply(length).reshape(2 * POINTS, *jets.shape[2:])  # noqa: E731
        fitted = {name: weigh(matrix, data(jets)) for name, jets in lax.map(figures, ys).items()}
        seen = [jnp.abs(c.reshape(2 * POINTS, -1)) for name, c in fitted.items() if name != EDGE]
        good = jnp.all(jnp.stack([jnp.max(c[-3:]) <= 200 * epsilon() * jnp.max(c) for c in seen]))
        good = good | (length < 1.5 * shortest)
        end = t + length

        def block(carry):
            k, out = carry
            here = lax.dynamic_slice(padded, (k,), (BLOCK,))
            rows = chebyshev.basis((here - t) / length, 2 * POINTS)
            new = {name: weigh(rows, c) for name, c in fitted.items()}
            # times beyond this window are written too, and written again when their turn comes
            out = jax.tree.map(lambda o, new: lax.dynamic_update_slice_in_dim(o, new, k, 0), out, new)
            return k + jnp.sum((here <= end) & (k + np.arange(BLOCK) < count)), out

        # the last window ends at the last time, but for rounding
        last = end > ts[-1] * (1 - 1e3 * epsilon())
        end = jnp.where(last, ts[-1], end)
        pending = lambda c: good & (c[0] < count) & (padded[c[0]] <= end)  # noqa: E731
        k, out = lax.while_loop(pending, block, (k, out))
        y = jax.tree.map(lambda ys, y: jnp.where(good, ys[-1], y), ys, y)
        table = jnp.where(good & ~jnp.asarray(real), table, jnp.nan)
        return k, jnp.where(good, end, t), jnp.where(good, length, length / 2), table, y, out

    y = flow.law.start
    out = _unknown(flow, lambda ys: {name: jets[:, 0] for name, jets in jax.vmap(figures)(ys).items()}, count + BLOCK)
    table = jnp.full((len(steps), chebyshev.terms(LONG)), jnp.nan, ts.dtype)
    carry = (jnp.zeros((), int), jnp.zeros((), ts.dtype), longest, table, y, out)
    unfinished = lambda c: (c[0] < count) & jnp.isfinite(c[1] + c[2])  # noqa: E731
    return jax.tree.map(lambda o: o[:count], lax.while_loop(unfinished, window, carry)[-1])


def windows(flow: Any) -> tuple[Float[Array, ""], np.ndarray, bool]:
    """How long a window of interpolation may be, the steps to its points as parts of it, and whether these are successive.

    Products are cheap on a chain, which is followed from point to point; those of a grid serve all points at once, half of
    them behind the middle of the window and half ahead.
    """
    points, chain = chebyshev.nodes(POINTS), is_chain(flow.law)
    steps, turn = (np.diff(points, prepend=0.0), TURN_CHAIN) if chain else (np.tile(points[POINTS // 2 :] - 0.5, 2), TURN)
    reach = LONG / steps.max() if chain else LONG  # of a window: the first one of a grid is one series
    pace = jnp.maximum(lax.stop_gradient(flow.law.pace()), flow.radius * 1e-9)
    return jnp.minimum(reach / flow.radius, POINTS * turn / pace), steps, chain


def _unknown(flow: Any, figures: Callable, count: int) -> dict[str, Any]:
    """Room for figures at `count` times."""
    shapes = jax.eval_shape(figures, jax.eval_shape(lambda y: jax.tree.map(lambda x: x[None], y), flow.law.start))
    return jax.tree.map(lambda s: jnp.full((count, *s.shape[1:]), jnp.nan, s.dtype), shapes)
