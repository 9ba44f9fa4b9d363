"""`charge`: first peak, best average power and best instantaneous power at continuous times.

One flow marches frozen in windows; in each, the energy is sampled at Chebyshev points and its maxima are bracketed
and refined on the interpolant. Every figure is then evaluated once, exactly, at its frozen time: at a maximum the derivative of
the time drops out (envelope theorem), and one Newton step gives the time its own derivative.
"""

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from . import merit as merits
from .algebra import chebyshev
from .algebra.gradients import frozen
from .batteries.battery import AbstractBattery, check_single
from .conventions import epsilon
from .errors import Status, TimesError, fail
from .evolution import EDGE, check_law, check_method, explain_edge
from .fields import traced
from .laws import AbstractLaw
from .methods import AbstractMethod, select_method

NODES = 12
FINE = np.linspace(0.0, 1.0, 25)
BUDGET = 50_000  # windows


class Figure(eqx.Module):
    """A maximum: its time, its value, and whether it exists (else both are NaN)."""

    time: Float[Array, ""]
    value: Float[Array, ""]
    found: Bool[Array, ""]


class Charge(eqx.Module):
    """What `charge` returns.

    Attributes:
        first_peak: first local maximum of the battery's energy.
        max_average_power: maximum of ``(E(t) - E(0)) / t`` over all t > 0 (or the window).
        max_instantaneous_power: maximum of ``dE/dt`` up to the first peak (or over the window).
        max_energy: the largest energy within the window; None without one.
        status: a `Status` value.
    """

    first_peak: Figure
    max_average_power: Figure
    max_instantaneous_power: Figure
    max_energy: Figure | None
    status: Int[Array, ""]
    law: str = eqx.field(static=True)
    method: AbstractMethod = eqx.field(static=True)

    def __repr__(self) -> str:
        if traced(self.status) or np.ndim(self.status):
            return f"Charge({self.law} law by {self.method})"
        lines = [f"Charge by {self.law} law, {self.method}: {Status(int(self.status)).sentence}"]
        for name in ("first_peak", "max_average_power", "max_instantaneous_power", "max_energy"):
            figure = getattr(self, name)
            if figure is not None:
                lines.append(f"  {name}: {float(figure.value):.10g} at t = {float(figure.time):.10g}")
        return "\n".join(lines)


def charge(
    battery: AbstractBattery,
    window: Any = None,
    *,
    law: AbstractLaw | None = None,
    method: AbstractMethod | None = None,
) -> Charge:
    """Find the maxima of energy and power of a battery, at continuous times.

    Main arguments:
        battery: one battery.
        window: look at 0 <= t <= window only, and report the largest energy there too. Without one the average power is
            maximal over all t > 0 (nothing after t = capacity / P can win). The largest energy over all times is not a
            well-defined number (energies are almost periodic), which is why it needs a window.

    Other arguments:
        law: one of ``battery.laws()``; default ``battery.law()``.
        method: default `select_method` without times.

    Returns:
        A `Charge`; each figure has ``.time``, ``.value`` and ``.found``, all differentiable but the last.

    Raises:
        TimesError, FieldError: before anything is compiled.
        CutoffError: where a truncated charger was filled to its edge.

    >>> import jaxqb as qb
    >>> best = qb.charge(qb.SpinCharger(n_battery=1, n_charger=1)).max_average_power
    >>> round(float(best.value), 9), round(float(best.time), 6)
    (0.724611354, 1.165561)
    """
    check_single(battery, "charge")
    window = check_window(window)
    check_law(law)
    check_method(method)
    best = _charge(battery, window, law, method)
    explain_edge(battery, best.status, lambda wider: _charge(wider, window, None, method).status)
    return best


def check_window(window: Any) -> Any:
    """A positive time, or None."""
    if window is None or traced(window):
        return window
    try:
        time = np.asarray(window, dtype=float)
        good = not isinstance(window, bool) and time.ndim == 0 and np.isfinite(time) and time > 0
    except (TypeError, ValueError):
        time, good = None, False
    if not good:
        fail(TimesError, "window", "be a positive time", f"it is {window!r}", "give a number, or None for all times")
    return time


class _Mark(eqx.Module):
    """Where a maximum was seen: coordinates y at time t, node values of the window ahead, and its place x there.

    `turning`: the slope vanishes there (it is not the end of what was looked at).
    """

    t: Float[Array, ""]
    y: Any
    values: Float[Array, " nodes"]
    x: Float[Array, ""]
    best: Float[Array, ""]
    turning: Bool[Array, ""]


class _March(eqx.Module):
    turn: Int[Array, ""]
    t: Float[Array, ""]
    y: Any
    slope: Float[Array, ""]
    lowest: Float[Array, ""]
    edge: Float[Array, ""]
    found: Bool[Array, ""]
    peak: _Mark
    average: _Mark
    rate: _Mark
    top: _Mark | None


def _choose(condition: Any, new: Any, old: Any) -> Any:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), new, old)


def _highest(points: Any, derivatives: Any, allowed: Any, floor: Any, ceiling: Any) -> tuple[Any, Any, Any]:
    """Largest value of a function on a window, from its first derivatives at points: (x, value, turning).

    From each point one step is made to the nearby maximum of its Taylor polynomial (at most to the next point, and between
    x = `floor` and `ceiling`), so that maxima of nearly equal height are compared by their height and not by where the
    points fell.
    """
    f, d, dd, ddd = derivatives
    step = jnp.where(dd < 0, -d / jnp.where(dd < 0, dd, 1.0), jnp.sign(d))
    low, high = jnp.maximum(-FINE[1], floor - points), jnp.minimum(FINE[1], ceiling - points)
    step = jnp.clip(step, low, high)
    bend = dd + step * ddd / 2
    step = jnp.where((dd < 0) & (bend < 0), -d / jnp.where(bend < 0, bend, 1.0), step)
    step = jnp.clip(step, low, high)
    value = jnp.where(allowed, f + step * (d + step * (dd / 2 + step * ddd / 6)), -jnp.inf)
    i = jnp.argmax(value)
    left = jnp.abs(d + step * (dd + step * ddd / 2))[i]  # slope that is left
    return points[i] + step[i], value[i], left < jnp.abs(dd[i]) * FINE[1] / 2


def _search(flow: Any, energy: Any, reachable: Any, scale: Any, horizon: Any, valid: Any) -> tuple[_March, Any]:
    """March until every maximum that was asked for is bracketed; also returns the length of a window."""
    start = flow.start
    initial = energy(start)
    dtype = initial.dtype
    tolerance = _tolerance(scale)
    gain = reachable - initial  # what can be gained at all
    span = flow.window()
    moving = (flow.law.pace() > 0) & (scale > 0)
    zero, no = jnp.zeros_like(initial), jnp.zeros((), bool)
    none = _Mark(zero, start, jnp.zeros(NODES, dtype), zero, jnp.full_like(zero, -jnp.inf), no)
    top = None if horizon is None else none
    march = _March(jnp.zeros((), int), zero, start, zero, zero, zero, no, none, none, none, top)
    grid = chebyshev.basis(FINE, NODES) @ chebyshev.calculus(NODES)  # (4, points, nodes)
    fine = jnp.asarray(FINE, dtype)

    def unfinished(m: _March):
        if horizon is None:
            wanted = ~(m.found & ((m.t * m.average.best > gain) | (gain <= tolerance)))
        else:
            wanted = m.t < horizon
        return wanted & (m.turn < BUDGET) & valid & moving

    def advance(m: _March) -> _March:
        ys = flow.sample(m.y, span, NODES)
        values = jax.vmap(energy)(ys) - initial
        rows, points, ceiling = grid, fine, jnp.inf
        if horizon is not None:  # the end of the window is a point of its own
            ceiling = (horizon - m.t) / span
            end = jnp.clip(ceiling, 0.0, 1.0)[None]
            last = chebyshev.basis(end, NODES) @ chebyshev.calculus(NODES)
            rows, points = jnp.concatenate([grid, last], axis=1), jnp.concatenate([fine, end])
        e, d, dd, ddd = jnp.matmul(rows, values, precision=lax.Precision.HIGHEST)
        floor = jnp.where(m.t > 0, -FINE[1], 0.0)  # nothing is before the start
        since = m.t / span
        allowed = points <= ceiling
        mark = lambda x, best, turning: _Mark(  # noqa: E731
            m.t, m.y, values, jnp.maximum(x, floor), best, turning & ((m.t > 0) | (x > 0))
        )

        # first peak: the slope turns from rising to falling, inside a window or at the seam of two
        so_far = jnp.minimum(m.lowest, jnp.min(jnp.where(np.tri(points.size, dtype=bool), e, jnp.inf), axis=1))
        before = jnp.concatenate([(m.slope * span)[None], d[:-1]])
        turns = ((before > 0) & (d <= 0) & (e - so_far > tolerance) & allowed)[: FINE.size]
        i = jnp.argmax(turns)
        is_peak = turns[i] & ~m.found
        peak_x = fine[i] - FINE[1] * d[i] / jnp.where(turns[i], d[i] - before[i], 1.0)
        peak = _choose(is_peak, mark(peak_x, e[i], ~no), m.peak)

        # average power: largest of E / t, whose limit at t = 0 is the slope
        elapsed = since + points
        over = jnp.where(elapsed > 0, elapsed, 1.0)
        power = [jnp.where(elapsed > 0, e / over, d)]
        for order, derivative in ((1, d), (2, dd), (3, ddd)):
            limit = (dd, ddd, 0 * d)[order - 1] / (order + 1)
            power.append(jnp.where(elapsed > 0, (derivative - order * power[-1]) / over, limit))
        x, best, turning = _highest(points, power, allowed, floor, ceiling)
        average = _choose(best / span > m.average.best, mark(x, best / span, turning), m.average)

        # instantaneous power: largest slope, up to the first peak unless there is a window
        early = allowed if horizon is not None else ~m.found & (points <= jnp.where(is_peak, peak_x, 1.0))
        x, best, turning = _highest(points, (d, dd, ddd, 0 * d), early, floor, ceiling)
        rate = _choose(best / span > m.rate.best, mark(x, best / span, turning), m.rate)

        # largest energy in the window, which may be at its end
        top = m.top
        if top is not None:
            x, best, turning = _highest(points, (e, d, dd, ddd), allowed, floor, ceiling)
            top = _choose(best > top.best, mark(x, best, turning), top)

        y = jax.tree.map(lambda y: y[-1], ys)
        edge = jnp.maximum(m.edge, flow.state(y).edge())
        found = m.found | is_peak
        return _March(
            m.turn + 1,
            m.t + span,
            y,
            d[FINE.size - 1] / span,
            so_far[FINE.size - 1],
            edge,
            found,
            peak,
            average,
            rate,
            top,
        )

    return lax.while_loop(unfinished, advance, march), span


def _tolerance(scale: Any) -> Any:
    """Changes of energy below this are rounding."""
    return 1e6 * epsilon() * scale


def _refine(mark: _Mark, span: Any, initial: Any, residue: Any) -> Any:
    """Time from the mark to the root of `residue` on the interpolant, beside the mark's guess."""
    coefficients = jnp.matmul(chebyshev.calculus(NODES), mark.values, precision=lax.Precision.HIGHEST)
    scale = span ** -jnp.arange(4.0)

    def newton(_, x):
        energies = chebyshev.evaluate(coefficients, x) * scale
        root, slope = residue(mark.t + x * span, energies.at[0].add(initial))
        step = jnp.where(slope == 0, 0.0, root / jnp.where(slope == 0, 1.0, slope * span))
        return x - jnp.where(mark.turning, jnp.clip(step, -FINE[1], FINE[1]), 0.0)

    # a guess is good to a few per cent of a fine interval, and convergence is quadratic
    x = lax.fori_loop(0, 4, newton, mark.x)
    return jnp.maximum(x, jnp.where(mark.t > 0, -FINE[1], 0.0)) * span


@eqx.filter_jit
def _charge(battery, window, law, method) -> Charge:
    law = battery.law() if law is None else law
    chosen = method or select_method(law)
    flow = chosen.prepare(law)
    valid = law.valid()
    energy = lambda state: merits.energy(battery, state)  # noqa: E731
    still, still_battery = frozen(flow), frozen(battery)
    horizon = None if window is None else lax.stop_gradient(jnp.asarray(window))
    scale = jnp.maximum(
        still_battery.reachable(), jnp.minimum(abs(still_battery.capacity()), abs(still_battery.battery_frequency))
    )
    march, span = _search(
        still,
        lambda y: merits.energy(still_battery, still.state(y)),
        still_battery.reachable(),
        scale,
        horizon,
        lax.stop_gradient(valid),
    )
    march, span = frozen((march, span))
    initial = energy(flow.state(flow.start))

    def figure(found, time, value):
        found = found & valid & jnp.isfinite(value)
        return Figure(jnp.where(found, time, jnp.nan), jnp.where(found, value, jnp.nan), found)

    def settle(mark: _Mark, residue, order: int):
        """Time of a maximum, where `residue(t, derivatives)` = (root, slope) vanishes, and the energy's derivatives there.

        The interpolant gives a time t, good to a few digits; exact derivatives at t give a small step, along which they are
        continued. The step is frozen (at a maximum the derivative of the time drops out), and one more Newton step, whose
        value is nothing, gives the time its own derivative.
        """
        ahead = frozen(_refine(mark, span, frozen(initial), residue))
        t = mark.t + ahead
        derivatives = flow.taylor(energy, t, still.hop(mark.y, ahead), order)
        root, slope = frozen(residue(t, derivatives))
        step = jnp.where(slope == 0, 0.0, -root / jnp.where(slope == 0, 1.0, slope))
        step = jnp.where(mark.turning & (jnp.abs(step) < 1e-2 * span), step, 0.0)
        t = t + step
        moved = [sum(f * step**k / math.factorial(k) for k, f in enumerate(derivatives[n:])) for n in range(len(derivatives))]
        root, slope = residue(t, moved)
        slope = lax.stop_gradient(jnp.where(slope == 0, -1.0, slope))
        return t, jnp.where(mark.turning, t - root / slope, t), moved

    tolerance = _tolerance(scale)

    _, time, e = settle(march.peak, lambda t, e: (e[1], e[2]), 3)
    first_peak = figure(march.found, time, e[0])

    # at the frozen time t, not at `time`, whose derivative must not enter
    t, time, e = settle(march.average, lambda t, e: (e[1] * t - (e[0] - initial), e[2] * t), 3)
    value = jnp.where(t > 0, (e[0] - initial) / jnp.where(t > 0, t, 1.0), e[1])
    max_average_power = figure(value * span > tolerance, time, value)

    _, time, e = settle(march.rate, lambda t, e: (e[2], e[3]), 4)
    max_instantaneous_power = figure(e[1] * span > tolerance, time, e[1])

    max_energy = None
    if march.top is not None:
        _, time, e = settle(march.top, lambda t, e: (e[1], e[2]), 3)
        max_energy = figure(march.turn > 0, time, e[0])

    complete = march.turn < BUDGET  # a battery that does not move has taken no turn
    status = jnp.where(
        ~valid,
        Status.OUTSIDE_PADDING,
        jnp.where(
            march.edge > EDGE,
            Status.UNRESOLVED,
            jnp.where(~complete, Status.BUDGET_SPENT, jnp.where(first_peak.found, Status.OK, Status.NO_PEAK)),
        ),
    )
    return Charge(first_peak, max_average_power, max_instantaneous_power, max_energy, status, type(law).__name__.lower(), chosen)
