"""Peaks of a battery's energy and power, at continuous times.

One flow marches frozen in windows (`search`); in each, the energy is known by its derivatives at a few points, and its maxima
are bracketed and refined on the interpolant. The same flow then visits every maximum, for exact derivatives there.
"""

import functools
import itertools
import operator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from . import merit as merits
from .algebra import chebyshev, maxima
from .algebra.gradients import frozen, most
from .algebra.inline import inlined, while_loop
from .conventions import epsilon, stillness
from .landing import Found, Marks, height, kind_is, order, residue
from .laws import AbstractUnitaryLaw
from .methods import method

FINE = np.linspace(0.0, 1.0, method.FINE)  # where it is looked at
WIDTH = float(FINE[1])
SEAM = 1e-3  # of a window, by which its interpolant is trusted beyond its ends
SHARPEN = 14  # Newton steps on an interpolant at most
BUDGET = 50_000  # windows
STILL = 1e4  # rounding errors: by less in a whole window the energy does not move
TIED, TIED_SINGLE = 1e-11, 1e3  # relative; in rounding errors: maxima that differ by less are equal, and the earliest stands


class _March(NamedTuple):
    """The march so far: windows, the time they reach, coordinates and slope there.

    `lowest`, `edge`: the lowest energy and the largest population of truncated levels seen. `dip`: the lowest that each figure
    was since its mark. `found`: there was a first peak. `going`: another window, or a visit, is to follow.
    """

    turn: Int[Array, ""]
    t: Float[Array, ""]
    y: Any
    slope: Float[Array, ""]
    lowest: Float[Array, ""]
    edge: Float[Array, ""]
    dip: Float[Array, " figures"]
    found: Bool[Array, ""]
    going: Bool[Array, ""]
    marks: Marks


def _walk(
    flow: Any, figure: Any, reachable: Any, scale: Any, horizon: Any, valid: Any, names: tuple[str, ...]
) -> tuple[_March, Any, Any]:
    """March until every maximum that was asked for is bracketed, then visit all.

    Also returns the energy at the start and the length of a window.
    """
    start = flow.start
    initial = figure(flow.state(start))
    dtype = initial.dtype
    least = tolerance(scale)
    gain = reachable - initial  # what can be gained at all
    pace = flow.law.pace()
    span = flow.window(pace)
    turns = jnp.inf
    if horizon is not None:  # windows of equal length, the last of which ends there
        turns = jnp.ceil(horizon / span)
        span = horizon / turns
    zero, zeros = jnp.zeros_like(initial), jnp.zeros(len(names), dtype)
    y = jax.tree.map(lambda leaf: jnp.stack([leaf] * len(names)), start)
    nearest = jnp.round if isinstance(flow.law, AbstractUnitaryLaw) else jnp.floor  # what decays is not followed backwards
    returning = ("max_energy", "max_instantaneous_power") if horizon is not None else ()  # which may be as large again, later
    orders = 1 + max(map(order, names))
    jet = lambda y: jnp.stack(flow.derivatives(figure, y, orders - 1))  # noqa: E731
    none = Marks(jnp.stack([zeros, zeros - jnp.inf, zeros, zeros]), y, jnp.zeros((len(names), orders), dtype))
    going = valid & (pace > 0) & (scale > 0) & (turns > 0)
    march = _March(jnp.zeros((), int), zero, start, zero, zero, zero, zeros + jnp.inf, jnp.zeros((), bool), going, none)
    # value and derivatives, (4 or 5, points, data)
    points, known = jnp.asarray(FINE, dtype), flow.points
    put = lax.dynamic_update_index_in_dim  # `.at[k].set` would check k
    powers = jnp.stack(list(itertools.accumulate([span] * (orders - 1), operator.mul, initial=jnp.ones_like(span))))

    def wanted(m: _March) -> Bool[Array, ""]:
        if horizon is not None:
            return m.turn < turns
        more = ~m.found
        if "max_average_power" in names:
            more |= (m.t * m.marks.best[names.index("max_average_power")] <= gain) & (gain > least)
        return more & ~(reachable * flow.law.unrest(m.y, m.t) <= least)  # where nothing moves any more, nothing will come

    @inlined
    def advance(m: _March, ys: Any, jets: Any) -> _March:
        active = m.going  # not in every lane of a batch
        data = jets.at[:, 0].add(-initial) * powers
        if known == FINE.size:
            fine = data.T
        else:
            fine = jnp.matmul(_interpolants(orders), data.ravel(), precision=lax.Precision.HIGHEST)
        e, d, dd, ddd, *dddd = fine
        # maxima at a seam are seen from both sides; nothing is before the start, or behind the end of what was asked
        floor = jnp.where(m.t > 0, -SEAM, 0.0)
        ceiling = jnp.where(m.turn + 1 < turns, 1.0 + SEAM, 1.0)
        since = m.t / span
        # from each point on to a maximum nearby, and whether it is one to look for
        starts, admitted, seen = [], [], []

        # first peak: the slope turns from rising to falling, between two points or at the seam of two windows
        d_before = jnp.concatenate([(m.slope * span)[None], d[:-1]])
        e_before, dd_before, ddd_before = (jnp.concatenate([f[:1], f[:-1]]) for f in (e, dd, ddd))
        x, down, rise, fall = maxima.turning_points(points, (d_before, dd_before, ddd_before), (d, dd, ddd), WIDTH)
        lowest = jnp.minimum(m.lowest, lax.cummin(e_before))
        falls = down & (jnp.maximum(rise, jnp.maximum(e_before, e) - lowest) > least)
        # where the energy stands still its slope is rounding, and so is a dip between two points
        falls &= jnp.minimum(jnp.max(jnp.abs(d)), fall) > STILL * epsilon() * scale
        i = lax.argmax(falls, 0, np.uint32)  # no number from the end, which would be made sure of at each use
        is_peak, peak_x = falls[i] & ~m.found & active, x[i]

        for name in names:
            if name == "first_peak":
                start, admit, derivatives = peak_x, is_peak, (e, d)
            else:
                derivatives = {
                    "max_average_power": lambda: maxima.average_slope(since + points, e, d, dd, ddd),
                    "max_instantaneous_power": lambda: (d, dd, ddd, *dddd),
                    "max_energy": lambda: (e, d, dd, ddd),
                }[name]()
                # instantaneous power counts up to the first peak unless there is a window
                early = ~m.found & (points <= jnp.where(is_peak, peak_x, 1.0))
                limited = name == "max_instantaneous_power" and horizon is None
                allowed = early if limited else jnp.ones(FINE.size, bool)
                start, admit = maxima.highest(points, derivatives, allowed, floor, ceiling, WIDTH)
            starts.append(start)
            admitted.append(admit)
            seen.append(derivatives[:2])

        x, best = _sharpen(jnp.stack(starts), fine[:4], since, floor, ceiling, names)
        if dtype == np.float32:
            best = jnp.minimum(best, _ceilings(x, seen))
        unit = jnp.where(kind_is(names, "power"), span, 1.0)
        lows = [jnp.min(values) if name in returning else jnp.inf for name, (values, _) in zip(names, seen, strict=True)]
        best, dip = best / unit, jnp.minimum(m.dip, jnp.stack(lows).astype(dtype) / unit)
        inside = (floor < x) & (x < ceiling)
        # where the way to a maximum leads across a seam, the window on the other side knows it better
        last = (m.turn + 1 >= turns) & (x >= ceiling)
        end = ((m.t == 0) & (x <= 0)) | last
        tied = max(TIED, TIED_SINGLE * epsilon()) * jnp.abs(best)
        best = jnp.where(inside | end, best, best - jnp.maximum(1e-7 * jnp.abs(best), 2 * tied))
        is_first = kind_is(names, "first_peak")
        equal = (dip < m.marks.best - tied) & (best < m.marks.best + tied)  # what never fell in between is one maximum
        better = jnp.stack(admitted) & (is_first | ((best > m.marks.best) & ~equal)) & active
        base = jnp.clip(nearest(x * (known - 1)), 0, known - 1).astype(int)
        way = (x - base / (known - 1)) * span
        table = jnp.where(better, jnp.stack([m.t + x * span, best, way, 1.0 * (~end | (is_first & last))]), m.marks.table)
        here = lambda new, old: jnp.where(better.reshape(-1, *(1,) * (old.ndim - 1)), new[base], old)  # noqa: E731
        marks = Marks(table, jax.tree.map(here, ys, m.marks.y), m.marks.jet)

        y = jax.tree.map(lambda y: y[-1], ys)
        edge = jnp.where(active, jnp.maximum(m.edge, flow.state(y).edge()), m.edge)
        lowest, slope = jnp.minimum(m.lowest, jnp.min(e)), d[FINE.size - 1] / span
        dip = jnp.where(better, jnp.inf, dip)
        count = jnp.where(jnp.isfinite(slope), m.turn + active, BUDGET)  # a flow that broke off leads nowhere
        m = _March(count, (m.turn + 1) * span, y, slope, lowest, edge, dip, m.found | is_peak, active, marks)
        return m._replace(going=active & wanted(m) & (m.turn < BUDGET))

    def stage(k: Any, march: _March) -> _March:
        """First march, then visit one mark after the other: each is hops from point to point, so that they are compiled once."""
        visiting, mark = k > 0, jnp.maximum(k - 1, 0)
        way, there = jax.tree.map(lambda leaf: leaf[mark], (march.marks.way, march.marks.y))
        stride = flow.stride(jnp.where(visiting, way, span / (known - 1)))

        def visit(m: _March, ys: Any, jets: Any) -> _March:
            y, jet = jax.tree.map(lambda all_, one: put(all_, one[0], mark, 0), (m.marks.y, m.marks.jet), (ys, jets))
            return m._replace(marks=m.marks._replace(y=y, jet=jet), going=jnp.zeros_like(m.going))

        def turn(m: _March) -> _March:
            def leg(i, carry):
                y, ys, jets = carry
                y = flow.hop(stride, y, visiting | (i > 0))
                return y, *jax.tree.map(lambda all_, one: put(all_, one, i, 0), (ys, jets), (y, jet(y)))

            y = jax.tree.map(lambda a, b: jnp.where(visiting, a, b), there, m.y)
            ys, jets = jax.tree.map(lambda leaf: jnp.zeros((known, *leaf.shape), leaf.dtype), (y, m.marks.jet[0]))
            _, ys, jets = lax.fori_loop(0, jnp.where(visiting, 1, known), leg, (y, ys, jets))
            return lax.cond(visiting, visit, advance, m, ys, jets)

        return lax.while_loop(lambda m: most(m.going), turn, march._replace(going=march.going | visiting))

    return lax.fori_loop(0, 1 + len(names), stage, march), initial, span


def _ceilings(x: Any, seen: list[Any]) -> Any:
    """What figures near x can be worth at most, by values and slopes there: high derivatives are rounding in single precision."""
    i = jnp.clip(jnp.floor(x / WIDTH), 0, FINE.size - 2).astype(int)
    value, slope = (
        jnp.stack([jnp.stack([f[k], f[k + 1]]) for f, k in zip(fs, i, strict=True)]) for fs in zip(*seen, strict=True)
    )
    return jnp.max(value, axis=1) + 2 * WIDTH * jnp.max(jnp.abs(slope), axis=1)


@functools.cache
def _interpolants(orders: int) -> np.ndarray:
    """From the jets of a window to its energy and derivatives in x at the fine points, (orders, points, data)."""
    values = chebyshev.hermite(tuple(np.linspace(0.0, 1.0, method.POINTS)), orders)
    table = chebyshev.basis(FINE.astype(np.longdouble), len(values)) @ _derivatives(values, chebyshev.slope(len(values)), orders)
    return table.astype(float)


@functools.cache
def _between() -> np.ndarray:
    """From jets at two neighbouring fine points to the jet between, (4, powers of the part of the way, highest first, data)."""
    scale, slope = WIDTH ** np.arange(4.0), np.diag(np.arange(1.0, 8.0), 1)
    ends = [u ** np.arange(8.0) @ np.linalg.matrix_power(slope, k) for u in (0.0, 1.0) for k in range(4)]
    return _derivatives(np.linalg.inv(ends) * np.tile(scale, 2), slope, 4)[:, ::-1] / scale[:, None, None]


def _derivatives(values: np.ndarray, slope: np.ndarray, count: int) -> np.ndarray:
    """Coefficients (rows) of a function and of its derivatives, `count` in all; `slope` makes those of the derivative."""
    return np.stack([np.linalg.matrix_power(slope, k) for k in range(count)]) @ values


def _sharpen(x: Any, fine: Any, since: Any, floor: Any, ceiling: Any, names: tuple[str, ...]) -> tuple[Any, Any]:
    """From places nearby to the maxima of a window's interpolant, or to an end of it; also the figures a step before.

    Between two fine points, and as far again on either side, value and three derivatives at both are as good as the
    interpolant. Newton's steps, as many as a flat maximum may take (at a quartic one each takes off a third of the error).
    """
    low, high = jnp.maximum(floor, x - 2 * WIDTH), jnp.minimum(ceiling, x + 2 * WIDTH)
    i = jnp.clip(jnp.floor(x / WIDTH), 0, FINE.size - 2).astype(int)
    near = jnp.concatenate([fine[:, i], fine[:, i + 1]])
    local = jnp.moveaxis(jnp.matmul(_between(), near, precision=lax.Precision.HIGHEST), 1, 0)

    def newton(state):
        k, x, _, _ = state
        u = x / WIDTH - i
        jet = [*functools.reduce(lambda e, c: e * u + c, [*local])]
        root, slope = residue(names, since + x, jet)
        step = jnp.where(slope < 0, -root / jnp.where(slope < 0, slope, 1.0), WIDTH / 4 * jnp.sign(root))
        new = jnp.clip(x + jnp.clip(step, -WIDTH / 2, WIDTH / 2), low, high)
        return k + 1, new, height(names, since + x, jet), jnp.max(jnp.abs(new - x))

    moving = lambda state: most((state[0] < SHARPEN) & (state[3] > 1e-10))  # noqa: E731
    return while_loop(moving, newton, (jnp.zeros((), int), x, x, jnp.full((), jnp.inf, x.dtype)))[1:3]


def search(flow: Any, battery: Any, reachable: Any, scale: Any, horizon: Any, valid: Any, names: tuple[str, ...]) -> Found:
    """Every maximum that was asked for; `reachable` bounds the energy, and changes far below `scale` are rounding."""
    flow, battery, reachable, scale, horizon, valid = frozen((flow, battery, reachable, scale, horizon, valid))
    energy = lambda state: merits.energy(battery, state)  # noqa: E731
    march, initial, span = _walk(flow, energy, reachable, scale, horizon, valid, names)
    return Found(march.marks, initial, span, horizon, march.found, march.turn, march.edge)


def tolerance(scale: Any) -> Any:
    """Changes of energy below this are rounding."""
    return stillness() * scale
