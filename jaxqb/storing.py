"""`first_time` and `storage_time`: when a figure of merit first reaches a level, at continuous times.

The flow marches frozen in short intervals, at whose ends the figure and its slope are known exactly. Where it passes the level
within one, or may dip to it, the interval is closed in upon by exact values; nothing is interpolated, so kinks do no harm. One
differentiable evaluation at the time that was found gives that time its derivative (implicit function theorem).
"""

import functools
import math
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from . import merit as merits
from .algebra.gradients import DIFFERENCES, existing, frozen, most, once_differentiable
from .batteries.battery import AbstractBattery
from .compiled import compiled
from .conventions import epsilon, stillness
from .errors import MeritError, Status, TimesError, fail, shown
from .evolution import FULL, answered, explain_edge, inside, planned, rising, state_size, told
from .fields import numbers, traced
from .given import check_law, check_method, check_save, check_single, check_window
from .laws import AbstractLaw, AbstractMemoryLaw
from .methods import AbstractMethod, Figures, select_method

PARTS = 16  # intervals of a window: the fastest figure turns by a third of a radian in one
BUDGET = 800_000  # turns, each of which is one hop
CURVED = 0.05  # of its change of slope, by which a figure may come below its tangents in an interval
ROUNDING = 8.0  # units of rounding by which a figure may miss a level that it is at
NAME = "figure"
LIFETIME = math.exp(-1)


class Crossing(eqx.Module):
    """The first time at which a figure has a value, and whether there is one (else both are NaN).

    Attributes:
        time: in 1/frequency.
        value: the figure there, which is the level that was asked for.
        found: whether the figure reaches it.
        status: a `Status` value.
        law: the law that was solved, in words.
        method: the method that solved it.

    >>> import jaxqb as qb
    >>> crossing = qb.first_time(qb.SpinCharger(n_battery=1, n_charger=1), "energy", 0.5)
    >>> round(float(crossing.time), 6), bool(crossing.found)  # sin(t)^2 = 1/2
    (0.785398, True)
    """

    time: Float[Array, ""]
    value: Float[Array, ""]
    found: Bool[Array, ""]
    status: Int[Array, ""]
    law: str = eqx.field(static=True)
    method: AbstractMethod = eqx.field(static=True)

    def __repr__(self) -> str:
        by = f"by {self.law} law, {self.method}"
        if traced(self.status) or np.ndim(self.status):
            return f"Crossing({by})"
        return f"Crossing({float(self.value):.10g} at t = {float(self.time):.10g}; {by}; {told(self.status, self.method)})"


def first_time(
    battery: AbstractBattery,
    figure: Any,
    level: Any,
    window: Any = None,
    *,
    law: AbstractLaw | None = None,
    method: AbstractMethod | None = None,
) -> Crossing:
    """Find the first time at which a figure of merit is at a level, be it from below (charging) or from above (storing).

    Main arguments:
        battery: one battery.
        figure: any figure that `evolve` can save and that is one number, or its name.
        level: a number; the time is 0 where the figure begins there.
        window: look at 0 <= t <= window only. Without one the search ends where hardly anything changes any more, or its budget
            is spent: give one where the level may be out of reach.

    Other arguments:
        law, method: as in `evolve`, but without known times.

    Returns:
        A `Crossing` with ``.time``, ``.value`` (the level), ``.found`` and ``.status``. Time and value are differentiable, by the
        level too, and NaN where the level is not reached.

    Raises:
        TimesError, FieldError, MeritError: before anything is compiled.
        CutoffError: where a truncated charger was filled to its edge.

    Spins that decay alone hold half of their energy for the time log(2) / gamma:

    >>> import jaxqb as qb
    >>> half = qb.first_time(qb.SpinChain.uniform(4, damping=0.05, hopping=0.0), "filling", 0.5)
    >>> round(float(half.time), 6)
    13.862944
    """
    value = numbers(level)
    if value is None or value.ndim or not (traced(value) or np.isfinite(value)):
        fail(MeritError, "level", "be a finite number", f"it is {shown(level)}", "give e.g. 0.5")
    return _checked(battery, figure, value, window, law, method, False)


def storage_time(
    battery: AbstractBattery,
    fraction: Any = LIFETIME,
    figure: Any = merits.energy,
    window: Any = None,
    *,
    law: AbstractLaw | None = None,
    method: AbstractMethod | None = None,
) -> Crossing:
    """Find how long a figure of merit keeps more than a fraction of its value at t = 0: `first_time` at that level.

    Main arguments:
        battery: one battery.
        fraction: a number below 1; default 1/e, for a lifetime.
        figure, window: see `first_time`.

    Other arguments:
        law, method: see `first_time`.

    Returns:
        A `Crossing`, as `first_time`; where there is nothing at t = 0, its time is NaN, with `NOT_FINITE`.

    Raises:
        MeritError: for a fraction that is no number below 1; and whatever `first_time` raises.

    >>> import jaxqb as qb
    >>> chain = qb.SpinChain.uniform(4, damping=0.05, initial=qb.single_excitation([1, 0, 0, 0]))
    >>> round(float(qb.storage_time(chain).time), 9)
    20.0
    """
    value = numbers(fraction)
    if value is None or value.ndim or not (traced(value) or value < 1):
        fail(MeritError, "fraction", "be a number below 1", f"it is {shown(fraction)}", "give e.g. 0.5")
    return _checked(battery, figure, value, window, law, method, True)


def _checked(battery: Any, figure: Any, level: Any, window: Any, law: Any, method: Any, relative: bool) -> Crossing:
    check_single(battery, "storage_time" if relative else "first_time")
    chosen = check_save({NAME: figure}, "figure")[NAME]
    window = check_window(window)
    check_law(law, battery)
    check_method(method)
    if isinstance(chosen, merits.Average):
        fail(MeritError, "figure", "be known at each time", "an average looks back to the start", "use e.g. merit.energy")
    if window is None and (battery.memory if law is None else isinstance(law, AbstractMemoryLaw)):
        fail(TimesError, "window", "be given for a battery with memory", "it is None", "pass `window=` (a time)")
    method = planned(battery, law, method, window, "window")
    seen = _reach(battery, level, window, law, method, chosen, relative, numbers=state_size(battery, law))
    again = lambda wider: _reach(wider, level, window, None, method, chosen, relative, numbers=state_size(wider)).status  # noqa: E731
    explain_edge(battery, law, seen.status, again)
    return seen


@compiled
def _reach(battery, level, window, law, method, figure, relative: bool) -> Crossing:
    run = functools.partial(_run, battery, jnp.asarray(level), window, method=method, figure=figure, relative=relative)
    return answered(battery, law, run)


def _run(battery, level, window, law, method, figure, relative: bool) -> Crossing:
    chosen = method or select_method(law)
    flow = chosen.prepare(law)
    figures = _figures(figure)
    start = figures.at(flow, battery, flow.start)[NAME]
    if np.ndim(start):
        fail(MeritError, "figure", "be one number", f"it has shape {np.shape(start)}", "write a function that picks one")
    level = (level * start if relative else level).astype(start.dtype)
    valid = law.valid() & battery.admitted()
    seen = frozen(_search(*frozen((flow, battery, figures, level, None if window is None else jnp.asarray(window), valid))))
    status = jnp.where(seen.turn < BUDGET, Status.NOT_REACHED, Status.BUDGET_SPENT)
    status = jnp.where(seen.edge > FULL, Status.UNRESOLVED, jnp.where(seen.found, Status.OK, status))
    status = jnp.where(valid, status, Status.OUTSIDE_PADDING)
    # what holds nothing keeps no part of it, for however long
    holds = abs(start) > epsilon() ** 1.5 if relative else True
    status = jnp.where(holds | ~valid, status, Status.NOT_FINITE)
    found = seen.found & holds
    time = _landed((flow, battery, level), figures, seen, "storage_time" if relative else "first_time")
    time, level = (existing(x, found, (battery, level)) for x in (time, level))
    return Crossing(time, level, found, status, type(law).__name__.lower(), chosen)


def _figures(figure: Any) -> Figures:
    """What the flow must answer."""
    known = inside(figure, NAME)
    return Figures({}, {NAME: rising(known)}) if isinstance(figure, merits.Rate) else Figures({NAME: known}, {})


class _Seen(NamedTuple):
    """What the search found: time, slope there, whether there is one; turns taken; population of truncated levels."""

    time: Float[Array, ""]
    slope: Float[Array, ""]
    found: Bool[Array, ""]
    turn: Int[Array, ""]
    edge: Float[Array, ""]


class _Hunt(NamedTuple):
    """The interval that is looked at: the k-th, with coordinates `y` at its left end and `ahead` at its right one.

    `ends`, `jets`: both ends (since the left one) of the part of it that is of interest, and there by how much the figure is on
    the side of the level on which it began, and the slope of that. `far`: the same at the right end of the interval. `closing`:
    the part is being closed in upon.
    """

    turn: Int[Array, ""]
    k: Int[Array, ""]
    y: Any
    ahead: Any
    ends: Float[Array, " 2"]
    jets: Float[Array, "2 2"]
    far: Float[Array, " 2"]
    closing: Bool[Array, ""]
    going: Bool[Array, ""]
    edge: Float[Array, ""]


def _search(flow: Any, battery: Any, figures: Figures, level: Any, window: Any, valid: Any) -> _Seen:
    """March until the figure is at the level."""
    pace = flow.law.pace()
    span = flow.window(pace) / PARTS
    count = jnp.inf
    if window is not None:  # equal intervals, the last of which ends there
        count = jnp.ceil(window / span)
        span = window / count
    whole = flow.stride(span)
    above = lambda y: figures.sloped(flow, battery, y)[NAME] - jnp.stack([level, jnp.zeros_like(level)])  # noqa: E731
    first = above(flow.start)
    side = jnp.where(first[0] < 0, -1.0, 1.0).astype(first.dtype)
    # a figure that comes to rest at the level is there but for rounding
    floor = ROUNDING * epsilon() * jnp.maximum(jnp.abs(level), jnp.abs(first[0] + level))
    short = lambda jet: side * jet - jnp.stack([floor, jnp.zeros_like(floor)])  # noqa: E731
    choose = lambda which, one, other: jax.tree.map(lambda a, b: jnp.where(which, a, b), one, other)  # noqa: E731

    def turn(h: _Hunt) -> _Hunt:
        x = jnp.where(h.closing, _inside(h), span)
        stride = lax.cond(most(jnp.where(h.closing, 1, 0)) > 0, lambda: flow.stride(x), lambda: whole)
        y = flow.hop(stride, h.y)
        jet = short(above(y))
        # of a part that holds the level, or a dip, x becomes the right end or the left one
        right = (jet[0] <= 0) | ((h.jets[1, 0] > 0) & (jet[1] > 0)) | ~h.closing
        ends = jnp.where(right, h.ends.at[1].set(x), h.ends.at[0].set(x))
        jets = jnp.where(right, h.jets.at[1].set(jet), h.jets.at[0].set(jet))
        ahead, far = choose(h.closing, (h.ahead, h.far), (y, jet))
        crosses = jets[1, 0] <= 0
        width = ends[1] - ends[0]
        sharp = jnp.abs(_newton(jets)[1]) <= epsilon() ** 0.75 * span
        closing = jnp.where(crosses, ~sharp, _may_dip(width, jets)) & (width > 4 * epsilon() * (h.k * span + ends[1]))
        onward = ~closing & ~crosses
        k = h.k + onward
        edge = jnp.maximum(h.edge, flow.state(ahead).edge())
        more = k < count
        if window is None:
            more &= jnp.asarray(flow.law.unrest(ahead, k * span) > stillness()) | closing
        turns = jnp.where(jnp.isfinite(jet[0]), h.turn + 1, BUDGET)  # a flow that broke off leads nowhere
        new = _Hunt(
            turns,
            k,
            choose(onward, ahead, h.y),
            ahead,
            jnp.where(onward, jnp.stack([jnp.zeros_like(span), span]), ends),
            jnp.where(onward, jnp.stack([far, far]), jets),
            far,
            closing,
            (closing | onward) & more & (turns < BUDGET),
            edge,
        )
        return choose(h.going, new, h)

    zero, at_once = jnp.zeros_like(span), jnp.abs(first[0]) <= floor
    going = valid & (pace > 0) & (count > 0) & ~at_once
    ends, jets = jnp.stack([zero, span]), jnp.stack([short(first)] * 2)
    none, nought = jnp.zeros((), bool), jnp.zeros((), int)
    h = _Hunt(nought, nought, flow.start, flow.start, ends, jets, short(first), none, going, zero)
    h = lax.while_loop(lambda h: most(jnp.where(h.going, 1, 0)) > 0, turn, h)
    end, step = _newton(h.jets)
    time = jnp.where(at_once, 0.0, h.k * span + jnp.clip(h.ends[end] + step, *h.ends))
    found = valid & (at_once | (h.jets[1, 0] <= 0) & ~h.closing)
    return _Seen(time, side * h.jets[end, 1], found, h.turn, h.edge)


def _newton(jets: Float[Array, "2 2"]) -> tuple[Any, Any]:
    """The end that is nearer to the level, and Newton's step from there."""
    end = jnp.argmin(jnp.abs(jets[:, 0]))
    value, slope = jets[end]
    step = jnp.where(slope == 0, jnp.inf, -value / jnp.where(slope == 0, 1.0, slope))
    return end, jnp.where(value == 0, 0.0, step)


def _inside(h: _Hunt) -> Float[Array, ""]:
    """Where to look next: Newton's step to the level, or the lowest point of a cubic; each third time the middle."""
    low, high = h.ends
    width, (value, slope), (value_after, slope_after) = high - low, *h.jets
    end, step = _newton(h.jets)
    rise, first, last = value_after - value, width * slope, width * slope_after
    c, d = 3 * rise - 2 * first - last, first + last - 2 * rise
    root = c + jnp.sqrt(jnp.maximum(c**2 - 3 * d * first, 0.0))
    lowest = low + width * jnp.clip(-first / jnp.where(root > 0, root, 1.0), 0.01, 0.99)
    x = jnp.where(value_after <= 0, h.ends[end] + step, lowest)
    return jnp.where((h.turn % 3 == 0) | (x <= low) | (x >= high), (low + high) / 2, x)


def _may_dip(width: Any, jets: Float[Array, "2 2"]) -> Bool[Array, ""]:
    """Whether a figure that falls at one end and rises at the other may come down to the level between."""
    (value, slope), (value_after, slope_after) = jets
    valley = (slope < 0) & (slope_after > 0)
    bend = jnp.where(valley, slope_after - slope, 1.0)
    tangents = value + slope * (value + width * slope_after - value_after) / bend  # where both meet
    return valley & (tangents <= CURVED * width * bend)


def _landed(given: Any, figures: Figures, seen: _Seen, verb: str) -> Float[Array, ""]:
    """The time that was found, differentiable by (flow, battery, level), for the user of `verb`."""
    dynamic, static = eqx.partition(given, eqx.is_array)

    @jax.custom_jvp
    def run(dynamic, seen):
        del dynamic
        return seen.time

    @run.defjvp
    def _(primals, tangents):
        dynamic, seen = once_differentiable(primals, verb, DIFFERENCES)

        def off(dynamic):
            flow, battery, level = eqx.combine(dynamic, static)
            return flow.values(figures, battery, frozen(seen.time)[None])[0][NAME][0] - level

        slope = frozen(seen.slope)
        return run(*primals), -jax.jvp(off, (dynamic,), tangents[:1])[1] / jnp.where(slope == 0, jnp.nan, slope)

    return run(dynamic, seen)
