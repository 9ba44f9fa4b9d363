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
from .evolve import EDGE, check_law, check_method, explain_edge
from .laws import AbstractLaw
from .methods import AbstractMethod, select_method

NODES = 16
FINE = np.linspace(0.0, 1.0, 49)
BUDGET = 50_000  # windows


class Figure(eqx.Module):
    """A maximum: its time, its value, and whether it exists (else both are NaN)."""

    time: Float[Array, ""]
    value: Float[Array, ""]
    found: Bool[Array, ""]


class Charge(eqx.Module):
    """What `charge` returns.

    Attributes:
        first_peak: first local maximum of the stored energy ``E(t) - E(0)``... of the battery's energy.
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
        if isinstance(self.status, jax.core.Tracer) or np.ndim(self.status):
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
    if window is not None and not isinstance(window, jax.core.Tracer):
        try:
            window = np.asarray(window, dtype=float)
            good = window.ndim == 0 and np.isfinite(window) and window > 0
        except (TypeError, ValueError):
            good = False
        if not good:
            fail(TimesError, "window", "be a positive time", f"it is {window!r}", "give a number, or None for all times")
    check_law(law)
    check_method(method)
    best = _charge(battery, window, law, method)
    explain_edge(battery, best.status, lambda wider: _charge(wider, window, None, method).status)
    return best


class _Mark(eqx.Module):
    """A place on the way: coordinates y at time t, and how far ahead of them the maximum lies."""

    t: Float[Array, ""]
    y: Any
    ahead: Float[Array, ""]
    best: Float[Array, ""]
    found: Bool[Array, ""]
    inside: Bool[Array, ""]


class _March(eqx.Module):
    turn: Int[Array, ""]
    t: Float[Array, ""]
    y: Any
    slope: Float[Array, ""]
    risen: Bool[Array, ""]
    edge: Float[Array, ""]
    peak: _Mark
    average: _Mark
    rate: _Mark
    top: _Mark


def _choose(condition: Any, new: Any, old: Any) -> Any:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), new, old)


def _newton(slope: Any, curvature: Any, x: Any) -> Any:
    """Three Newton steps for a root on an interpolant, each at most one fine interval long."""
    reach = FINE[1]
    for _ in range(3):
        step = slope(x) / curvature(x)
        x = x - jnp.clip(jnp.where(jnp.isfinite(step), step, 0.0), -reach, reach)
    return x


def _search(flow: Any, energy: Any, capacity: Any, horizon: Any, valid: Any) -> _March:
    """March until every maximum asked for is bracketed."""
    tolerance = 1e6 * epsilon() * capacity
    start = flow.start
    initial = energy(start)
    span0 = flow.window()
    zero, no = jnp.zeros_like(initial), jnp.zeros((), bool)
    none = _Mark(zero, start, zero, jnp.full_like(zero, -jnp.inf), no, no)
    march = _March(jnp.zeros((), int), zero, start, zero, no, zero, none, none, none, none)
    calculus = jnp.asarray(chebyshev.calculus(NODES), initial.dtype)
    fine = jnp.asarray(FINE, initial.dtype)
    basis = jnp.cos(jnp.arccos(2 * fine - 1)[:, None] * np.arange(NODES))
    moving = flow.window() < jnp.finfo(initial.dtype).max ** 0.25

    def unfinished(m: _March):
        if horizon is None:
            power = jnp.where(m.average.found, m.average.best, 0.0)
            wanted = ~(m.peak.found & (m.t * power > capacity - jnp.minimum(initial, 0.0)))
        else:
            wanted = m.t < horizon * (1 - 4 * epsilon())
        return wanted & (m.turn < BUDGET) & valid & moving

    def advance(m: _March) -> _March:
        span = span0 if horizon is None else jnp.minimum(span0, horizon - m.t)
        ys = flow.sample(m.y, span, NODES)
        values = jax.vmap(energy)(ys) - initial
        coefficients = jnp.matmul(calculus, values, precision=lax.Precision.HIGHEST)
        e, d, dd, _ = jnp.matmul(coefficients, basis.T, precision=lax.Precision.HIGHEST)
        at = lambda k: lambda x: chebyshev.evaluate(coefficients[k], x)  # noqa: E731
        times = m.t + span * fine

        # first peak: the slope turns from rising to falling, between fine points or across the seam of two windows
        before = jnp.concatenate([(m.slope * span)[None], d[:-1]])
        risen = m.risen | (lax.cummax(d) > tolerance)
        risen = jnp.concatenate([m.risen[None], risen[:-1]])
        turns = (before > 0) & (d <= 0) & risen
        first = jnp.argmax(turns)
        left = jnp.maximum(first - 1, 0)
        guess = fine[left] + jnp.where(first > 0, FINE[1] * before[first] / (before[first] - d[first] + 1e-300), 0.0)
        peak_x = _newton(at(1), at(2), guess)
        is_peak = jnp.any(turns) & ~m.peak.found
        peak = _choose(is_peak, _Mark(m.t, m.y, peak_x * span, e[first], ~no, ~no), m.peak)

        # average power: largest of E / t, its limit at t = 0 being the slope
        slopes = jnp.where(times > 0, e / jnp.where(times > 0, times, 1.0), d / span)
        i = jnp.argmax(slopes)
        lag = lambda x: at(1)(x) * (m.t / span + x) - at(0)(x)  # noqa: E731
        average_x = _newton(lag, lambda x: at(2)(x) * (m.t / span + x), fine[i])
        average_x = jnp.clip(average_x, jnp.where(m.t > 0, -FINE[1], 0.0), 1 + FINE[1])
        better = slopes[i] > m.average.best
        average = _choose(
            better, _Mark(m.t, m.y, average_x * span, slopes[i], slopes[i] * span > tolerance, ~no), m.average
        )

        # instantaneous power: largest slope, up to the first peak unless there is a window
        allowed = jnp.ones_like(fine, bool) if horizon is not None else fine <= jnp.where(is_peak, peak_x, 1.0)
        allowed = allowed & (horizon is not None or ~m.peak.found)
        rates = jnp.where(allowed, d, -jnp.inf) / span
        j = jnp.argmax(rates)
        rate_x = _newton(at(2), at(3), fine[j])
        rate_x = jnp.clip(rate_x, jnp.where(m.t > 0, -FINE[1], 0.0), 1 + FINE[1])
        rate = _choose(
            rates[j] > m.rate.best, _Mark(m.t, m.y, rate_x * span, rates[j], rates[j] * span > tolerance, ~no), m.rate
        )

        # largest energy in the window, possibly at its end
        k = jnp.argmax(e)
        inner = (d[jnp.maximum(k - 1, 0)] > 0) & (d[jnp.minimum(k + 1, fine.shape[0] - 1)] < 0)
        top_x = jnp.where(inner, _newton(at(1), at(2), fine[k]), fine[k])
        top = _choose(e[k] > m.top.best, _Mark(m.t, m.y, top_x * span, e[k], ~no, inner), m.top)

        y = jax.tree.map(lambda y: y[-1], ys)
        edge = jnp.maximum(m.edge, flow.state(y).edge())
        return _March(
            m.turn + 1, m.t + span, y, d[-1] / span, m.risen | jnp.any(d > tolerance), edge, peak, average, rate, top
        )

    return lax.while_loop(unfinished, advance, march)


@eqx.filter_jit
def _charge(battery, window, law, method) -> Charge:
    law = battery.law() if law is None else law
    chosen = method or select_method(law)
    flow = chosen.prepare(law)
    valid = law.valid()
    energy = lambda state: merits.energy(battery, state)  # noqa: E731
    still, still_battery = frozen(flow), frozen(battery)
    horizon = None if window is None else lax.stop_gradient(jnp.asarray(window))
    march = _search(
        still,
        lambda y: merits.energy(still_battery, still.state(y)),
        still_battery.capacity(),
        horizon,
        lax.stop_gradient(valid),
    )
    march = frozen(march)
    initial = energy(flow.state(flow.start))

    def land(mark: _Mark, order: int):
        y = still.hop(mark.y, mark.ahead)
        return mark.t + mark.ahead, flow.taylor(energy, mark.t + mark.ahead, y, order)

    def figure(found, time, value):
        found = found & valid & jnp.isfinite(value)
        return Figure(jnp.where(found, time, jnp.nan), jnp.where(found, value, jnp.nan), found)

    def settle(t, residue, slope, *derivatives):
        """The maximum beside t, where `residue` vanishes: its time, and the figure there from its derivatives at t.

        The step is tiny and frozen in the value (whose derivative by time vanishes); in the time it carries the derivative.
        """
        slope = lax.stop_gradient(jnp.where(slope == 0, -1.0, slope))
        step = jnp.where(t > 0, -residue / slope, 0.0)
        moved = frozen(jnp.where(jnp.abs(step) < 1e-3 * t, step, 0.0))
        value = sum(d * moved**k / math.factorial(k) for k, d in enumerate(derivatives))
        return t + step, value

    t, (e, de, d2e) = land(march.peak, 2)
    first_peak = figure(march.peak.found, *settle(t, de, d2e, e, de, d2e))

    t, (e, de, d2e) = land(march.average, 2)
    time, e = settle(t, de * t - (e - initial), d2e * t, e, de, d2e)
    value = jnp.where(t > 0, (e - initial) / jnp.where(t > 0, frozen(time), 1.0), de)
    max_average_power = figure(march.average.found, time, value)

    t, (e, de, d2e, d3e) = land(march.rate, 3)
    max_instantaneous_power = figure(march.rate.found, *settle(t, d2e, d3e, de, d2e, d3e))

    max_energy = None
    if window is not None:
        t, (e, de, d2e) = land(march.top, 2)
        inside = (march.top.inside) & (t < horizon)
        max_energy = figure(march.top.found, *settle(t, jnp.where(inside, de, 0.0), d2e, e, de, d2e))

    complete = march.turn < BUDGET
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
