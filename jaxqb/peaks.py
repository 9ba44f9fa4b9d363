"""Peaks of a battery's energy and power, at continuous times.

One flow marches frozen in windows (`search`); in each, the energy is known by its derivatives at a few points, and its maxima
are bracketed and refined on the interpolant. Every figure is then evaluated once, exactly, at its frozen time (`settle`): at a
maximum the derivative of the time drops out (envelope theorem), and one Newton step gives the time its own derivative.
"""

import functools
import itertools
import operator
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from . import merit as merits
from .algebra import chebyshev, maxima
from .algebra.gradients import frozen, most
from .conventions import epsilon
from .methods.method import POINTS

ORDERS = 4  # a window is known by the energy and three derivatives at equally spaced points
FINE = np.linspace(0.0, 1.0, 49)  # where it is looked at
WIDTH = float(FINE[1])
SEAM = 1e-3  # of a window, by which its interpolant is trusted beyond its ends
SHARPEN = 14  # Newton steps on an interpolant at most
BUDGET = 50_000  # windows


class _Marks(eqx.Module):
    """Where the maximum of each figure was seen: its place x in a window that begins at time t.

    `y`: coordinates at the nearest known point, `base`. `turning`: the slope vanishes there (it is not the end of what was
    looked at).
    """

    t: Float[Array, " figures"]
    y: Any
    base: Float[Array, " figures"]
    x: Float[Array, " figures"]
    best: Float[Array, " figures"]
    turning: Bool[Array, " figures"]


class _March(eqx.Module):
    turn: Int[Array, ""]
    t: Float[Array, ""]
    y: Any
    slope: Float[Array, ""]
    lowest: Float[Array, ""]
    edge: Float[Array, ""]
    found: Bool[Array, ""]
    marks: _Marks


def _choose(condition: Bool[Array, " n"], new: Any, old: Any) -> Any:
    return jax.tree.map(lambda a, b: jnp.where(condition.reshape(-1, *(1,) * (a.ndim - 1)), a, b), new, old)


def _walk(
    flow: Any, figure: Any, reachable: Any, scale: Any, horizon: Any, valid: Any, names: tuple[str, ...]
) -> tuple[_March, Any]:
    """March until every maximum that was asked for is bracketed; also returns the length of a window."""
    start = flow.start
    initial = figure(flow.state(start))
    dtype = initial.dtype
    least = tolerance(scale)
    gain = reachable - initial  # what can be gained at all
    span = flow.window()
    turns = jnp.inf
    if horizon is not None:  # windows of equal length, the last of which ends there
        turns = jnp.ceil(horizon / span)
        span = horizon / turns
    moving = (flow.law.pace() > 0) & (scale > 0)
    zero, no = jnp.zeros_like(initial), jnp.zeros((), bool)
    zeros = jnp.zeros(len(names), dtype)
    y = jax.tree.map(lambda leaf: jnp.stack([leaf] * len(names)), start)
    none = _Marks(zeros, y, zeros, zeros, zeros - jnp.inf, zeros > 0)
    jet = lambda y: jnp.stack(flow.derivatives(figure, y, ORDERS - 1))  # noqa: E731
    sample = flow.sampler(span, POINTS, jet)
    march = _March(jnp.zeros((), int), zero, start, zero, zero, zero, no, none)
    # value and derivatives that are asked for, (4 or 5, points, data)
    grid = _interpolants()[: 5 if "max_instantaneous_power" in names else 4]
    powers = jnp.stack(list(itertools.accumulate([span] * (ORDERS - 1), operator.mul, initial=jnp.ones_like(span))))
    points = jnp.asarray(FINE, dtype)

    def unfinished(m: _March):
        if horizon is None:
            wanted = ~m.found
            if "max_average_power" in names:
                wanted |= (m.t * m.marks.best[names.index("max_average_power")] <= gain) & (gain > least)
        else:
            wanted = m.turn < turns
        return wanted & (m.turn < BUDGET) & valid & moving

    def advance(m: _March) -> _March:
        active = unfinished(m)  # not in every lane of a batch
        ys, jets = sample(m.y)
        data = (jets.at[:, 0].add(-initial) * powers).ravel()
        fine = jnp.matmul(grid, data, precision=lax.Precision.HIGHEST)
        e, d, dd, ddd, *dddd = fine
        # maxima at a seam are seen from both sides; nothing is before the start, or behind the end of what was asked
        floor = jnp.where(m.t > 0, -SEAM, 0.0)
        ceiling = jnp.where(m.turn + 1 < turns, 1.0 + SEAM, 1.0)
        since = m.t / span
        # from each point on to a maximum nearby, and whether it is one to look for
        starts, admitted = [], []

        # first peak: the slope turns from rising to falling, between two points or at the seam of two windows
        d_before = jnp.concatenate([(m.slope * span)[None], d[:-1]])
        e_before, dd_before, ddd_before = (jnp.concatenate([f[:1], f[:-1]]) for f in (e, dd, ddd))
        x, down, rise = maxima.turning_points(points, (d_before, dd_before, ddd_before), (d, dd, ddd), WIDTH)
        lowest = jnp.minimum(m.lowest, lax.cummin(e_before))
        falls = down & (jnp.maximum(rise, jnp.maximum(e_before, e) - lowest) > least)
        i = jnp.argmax(falls)
        is_peak, peak_x = falls[i] & ~m.found & active, x[i]

        for name in names:
            if name == "first_peak":
                start, admit = peak_x, is_peak
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

        x, aims = _sharpen(jnp.stack(starts), fine[:4], since, floor, ceiling, names)
        best = jnp.stack([_value(name, since + x[k], aims[:, k], 0.0) for k, name in enumerate(names)])
        inside = (floor < x) & (x < ceiling)
        # where the way to a maximum leads across a seam, the window on the other side knows it better
        last = (m.turn + 1 >= turns) & (x >= ceiling)
        end = ((m.t == 0) & (x <= 0)) | last
        best = jnp.where(inside | end, best, best - 1e-7 * jnp.abs(best))
        is_first = np.array([name == "first_peak" for name in names])
        best = best / jnp.where(np.array([name.endswith("power") for name in names]), span, 1.0)
        better = jnp.stack(admitted) & (is_first | (best > m.marks.best)) & active
        nearest = jnp.clip(jnp.round(x * (POINTS - 1)), 0, POINTS - 1).astype(int)
        new = _Marks(
            jnp.broadcast_to(m.t, x.shape),
            jax.tree.map(lambda y: y[nearest], ys),
            nearest / (POINTS - 1),
            x,
            best,
            ~end | (is_first & last),
        )

        y = jax.tree.map(lambda y: y[-1], ys)
        edge = jnp.where(active, jnp.maximum(m.edge, flow.state(y).edge()), m.edge)
        found = m.found | is_peak
        return _March(
            m.turn + active,
            (m.turn + 1) * span,
            y,
            d[FINE.size - 1] / span,
            jnp.minimum(m.lowest, jnp.min(e)),
            edge,
            found,
            _choose(better, new, m.marks),
        )

    return lax.while_loop(lambda m: most(unfinished(m)), advance, march), span


@functools.cache
def _interpolants() -> np.ndarray:
    """From the jets of a window to its energy and the first four derivatives in x at the fine points, (5, points, data)."""
    values = chebyshev.hermite(tuple(np.linspace(0.0, 1.0, POINTS)), ORDERS)
    return chebyshev.basis(FINE, len(values)) @ _derivatives(values, 5)


@functools.cache
def _between() -> np.ndarray:
    """From jets at two neighbouring fine points to Chebyshev coefficients between them of the jet, (4, coefficients, data)."""
    scale = WIDTH ** np.arange(4.0)
    values = chebyshev.hermite((0.0, 1.0), 4) * np.tile(scale, 2)
    return _derivatives(values, 4) / scale[:, None, None]


def _derivatives(values: np.ndarray, count: int) -> np.ndarray:
    """Chebyshev coefficients (rows) of a function and of its derivatives, `count` in all."""
    return np.stack([np.linalg.matrix_power(chebyshev.slope(len(values)), k) for k in range(count)]) @ values


def _residue(name: str, t: Any, e: Any) -> tuple[Any, Any]:
    """What vanishes at the maximum of a figure, and its derivative, from derivatives of the energy gained since the start."""
    if name == "max_average_power":
        return e[1] * t - e[0], e[2] * t
    if name == "max_instantaneous_power":
        return e[2], e[3]
    return e[1], e[2]


def _picked(function: Any, names: tuple[str, ...], kind: Any) -> Any:
    """A function of a name, for the figure whose number among the names is data."""
    return jax.tree.map(lambda *z: jnp.stack(z)[kind], *map(function, names))


def _sharpen(x: Any, fine: Any, since: Any, floor: Any, ceiling: Any, names: tuple[str, ...]) -> tuple[Any, Any]:
    """From places nearby to the maxima of a window's interpolant, or to an end of it; also the jets there, (4, figures).

    Between two fine points, and as far again on either side, value and three derivatives at both are as good as the
    interpolant. Newton's steps, as many as a flat maximum may take (at a quartic one each takes off a third of the error).
    """
    low, high = jnp.maximum(floor, x - 2 * WIDTH), jnp.minimum(ceiling, x + 2 * WIDTH)
    i = jnp.clip(jnp.floor(x / WIDTH), 0, FINE.size - 2).astype(int)
    near = jnp.concatenate([fine[:, i], fine[:, i + 1]])
    local = jnp.moveaxis(jnp.matmul(_between(), near, precision=lax.Precision.HIGHEST), 1, 2)
    jet = lambda x: chebyshev.evaluate(local, x / WIDTH - i)  # noqa: E731

    def newton(state):
        k, x, _ = state
        e = jet(x)
        ends = [_residue(name, since + x[k], e[:, k]) for k, name in enumerate(names)]
        root, slope = map(jnp.stack, zip(*ends, strict=True))
        step = jnp.where(slope < 0, -root / jnp.where(slope < 0, slope, 1.0), WIDTH / 4 * jnp.sign(root))
        new = jnp.clip(x + jnp.clip(step, -WIDTH / 2, WIDTH / 2), low, high)
        return k + 1, new, jnp.max(jnp.abs(new - x))

    moving = lambda state: most((state[0] < SHARPEN) & (state[2] > 1e-10))  # noqa: E731
    x = lax.while_loop(moving, newton, (jnp.zeros((), int), x, jnp.full((), jnp.inf, x.dtype)))[1]
    return x, jet(x)


class Found(eqx.Module):
    """Maxima as the search leaves them, without derivatives.

    Attributes:
        marks: where they were seen.
        y: coordinates there.
        span: length of a window.
        horizon: the end of what was looked at, or None.
        peak: whether the energy has a first peak.
        turns: windows that were looked at.
        edge: the largest population of truncated levels.
    """

    marks: _Marks
    y: Any
    span: Float[Array, ""]
    horizon: Float[Array, ""] | None
    peak: Bool[Array, ""]
    turns: Int[Array, ""]
    edge: Float[Array, ""]


def search(flow: Any, battery: Any, scale: Any, horizon: Any, valid: Any, names: tuple[str, ...]) -> Found:
    """Every maximum that was asked for, to the accuracy of the interpolants."""
    flow, battery, scale, horizon, valid = frozen((flow, battery, scale, horizon, valid))
    energy = lambda state: merits.energy(battery, state)  # noqa: E731
    march, span = _walk(flow, energy, battery.reachable(), scale, horizon, valid, names)
    marks = march.marks
    y = lax.map(lambda leg: flow.hop(*leg), (marks.y, (marks.x - marks.base) * span))
    return frozen(Found(marks, y, span, horizon, march.found, march.turn, march.edge))


def settle(given: Any, found: Found, names: tuple[str, ...]) -> tuple[Any, Any]:
    """Exact times and values of the maxima, differentiable by (flow, battery, window).

    Without derivatives one program serves all figures. With them each figure has its own, so that only those pay that are
    differentiated.
    """
    dynamic, static = eqx.partition(given, eqx.is_array)

    @jax.custom_jvp
    def run(dynamic, found):
        given = eqx.combine(dynamic, static)

        def one(now):
            mark, y, kind = now
            return _land(given, mark, y, found, lambda f: _picked(f, names, kind), _orders(names))

        return lax.map(one, (found.marks, found.y, np.arange(len(names))))

    @run.defjvp
    def _(primals, tangents):
        def each(dynamic, found):
            given, frozen_found = eqx.combine(dynamic, static), frozen(found)
            ends = []
            for k, name in enumerate(names):
                mark, y = jax.tree.map(lambda leaf, k=k: leaf[k], (found.marks, found.y))
                ends.append(_land(given, mark, y, frozen_found, lambda f, name=name: f(name), _orders((name,))))
            return tuple(map(jnp.stack, zip(*ends, strict=True)))

        return run(*primals), jax.jvp(each, primals, tangents)[1]

    return run(dynamic, frozen(found))


def _orders(names: tuple[str, ...]) -> int:
    return 4 if "max_instantaneous_power" in names else 3


def _land(given: Any, mark: _Marks, y: Any, found: Found, pick: Any, order: int) -> tuple[Any, Any]:
    """Time and value of a maximum; `pick` makes a function of a name that of this figure's.

    The interpolant gives a time t, good to some digits; exact derivatives at t give a small step, along which they are
    continued (no step where the maximum is so flat that they do not reach as far). The step is frozen (at a maximum the
    derivative of the time drops out), and one more Newton step, whose value is nothing, gives the time its own derivative.
    The end of a window moves with the window.
    """
    flow, battery, window = given
    span, horizon = found.span, found.horizon
    initial = merits.energy(battery, flow.state(flow.start))
    t = mark.t + mark.x * span
    derivatives = flow.taylor(lambda state: merits.energy(battery, state), t, y, order)
    gained = lambda e: [e[0] - initial, *e[1:]]  # noqa: E731
    residue = lambda t, e: pick(lambda name: _residue(name, t, e))  # noqa: E731
    now, here = frozen((t, gained(derivatives)))

    def closer(_, state):
        step, last, _ = state
        root, slope = residue(now + step, maxima.shifted(here, step))
        return step - jnp.where(slope == 0, 0.0, root / jnp.where(slope == 0, 1.0, slope)), slope, last

    step, slope, first = lax.fori_loop(0, 2, closer, (jnp.zeros_like(t),) * 3)
    trusted = (jnp.abs(step) < 1e-2 * span) & (jnp.abs(slope - first) <= 0.1 * jnp.abs(first))
    step = frozen(jnp.maximum(jnp.where(mark.turning & trusted, step, 0.0), -t))
    if window is not None and horizon is not None:
        end = ~mark.turning & (t > horizon * (1 - 1e3 * epsilon()))
        step = jnp.minimum(step, horizon - t) + jnp.where(end, window - horizon, 0.0)
    t = t + step
    moved = maxima.shifted(derivatives, step)
    # of the frozen time, not of the one below, whose derivative must not enter
    value = pick(lambda name: _value(name, t, moved, initial))
    root, slope = residue(t, gained(moved))
    newton = -root / lax.stop_gradient(jnp.where(slope == 0, -1.0, slope))
    return t + jnp.where(mark.turning, newton - lax.stop_gradient(newton), 0.0), value


def _value(name: str, t: Any, e: Any, initial: Any) -> Any:
    """A figure from the energy and its derivatives."""
    if name == "max_average_power":
        return jnp.where(t > 0, (e[0] - initial) / jnp.where(t > 0, t, 1.0), e[1])
    return e[1] if name == "max_instantaneous_power" else e[0]


def tolerance(scale: Any) -> Any:
    """Changes of energy below this are rounding."""
    return 1e6 * epsilon() * scale
