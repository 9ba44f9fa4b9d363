"""`charge`: first peak, best average power, best instantaneous power and largest energy, at continuous times."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from . import merit as merits
from .algebra.gradients import existing
from .batteries.battery import AbstractBattery
from .compiled import compiled
from .errors import JaxqbError, MeritError, Status, TimesError, fail, nearest, shown
from .evolution import FULL, explain_edge, planned, state_size, told
from .fields import traced, written
from .given import check_law, check_method, check_single, check_window
from .landing import kind_is, settle
from .laws import AbstractLaw, AbstractMemoryLaw
from .methods import AbstractMethod, select_method
from .peaks import BUDGET, search, tolerance

RIPPLE = 1e-12  # an energy that is rounding
FIGURES = ("first_peak", "max_average_power", "max_instantaneous_power", "max_energy")


class Figure(eqx.Module):
    """A maximum: its time, its value, and whether it exists (else both are NaN)."""

    time: Float[Array, ""]
    value: Float[Array, ""]
    found: Bool[Array, ""]

    def __repr__(self) -> str:
        return f"Figure({written(self.value)} at t = {written(self.time)})"


if TYPE_CHECKING:
    Asked = Figure  # who asks for a figure need not rule out None
else:
    Asked = Figure | None


class Charge(eqx.Module):
    """What `charge` returns; a figure that was not asked for is None.

    Each figure has ``.time`` (1/frequency), ``.value`` and ``.found``; where there is none, time and value are NaN.

    Attributes:
        first_peak: first local maximum of the battery's energy.
        max_average_power: maximum of ``(E(t) - E(0)) / t`` over all t > 0 (or the window).
        max_instantaneous_power: maximum of ``dE/dt`` up to the first peak (or over the window).
        max_energy: the largest energy within the window; None without one.
        initial: the energy at t = 0.
        status: a `Status` value: OK where every figure that was asked for exists.
        law: the law that was solved, in words.
        method: the method that solved it.

    >>> import jaxqb as qb
    >>> best = qb.charge(qb.SpinCharger(n_battery=1, n_charger=1), figures="first_peak")
    >>> round(float(best.first_peak.value), 6), round(float(best.first_peak.time), 6), bool(best.first_peak.found)  # pi / 2
    (1.0, 1.570796, True)
    >>> qb.Status(int(best.status)).name
    'OK'
    """

    first_peak: Asked
    max_average_power: Asked
    max_instantaneous_power: Asked
    max_energy: Asked
    initial: Float[Array, ""]
    status: Int[Array, ""]
    law: str = eqx.field(static=True)
    method: AbstractMethod = eqx.field(static=True)

    def __repr__(self) -> str:
        if traced(self.status) or np.ndim(self.status):
            return f"Charge({self.law} law by {self.method})"
        lines = [f"Charge by {self.law} law, {self.method}: {told(self.status, self.method)}"]
        for name in FIGURES:
            figure = getattr(self, name)
            if figure is not None:
                lines.append(f"  {name}: {float(figure.value):.10g} at t = {float(figure.time):.10g}")
        power = self.max_average_power
        if power is not None and not power.found and float(self.initial) > RIPPLE:
            lines.append("  the energy stays below its first value: how long that is kept, jaxqb.storage_time finds")
        return "\n".join(lines)


def charge(
    battery: AbstractBattery,
    window: Any = None,
    *,
    law: AbstractLaw | None = None,
    method: AbstractMethod | None = None,
    figures: Any = None,
) -> Charge:
    """Find the maxima of energy and power of a battery, at continuous times.

    Main arguments:
        battery: one battery.
        window: look at 0 <= t <= window only, and report the largest energy there too. Without one the average power is
            maximal over all t > 0 (nothing after t = capacity / P can win). The largest energy over all times is not a
            well-defined number (energies are almost periodic), which is why it needs a window. Of maxima that agree to
            eight digits any may be returned, of those that agree to eleven (four in float32) the earliest.

    Other arguments:
        law: one of ``battery.laws()``; default ``battery.law()``.
        method: default `select_method` without times.
        figures: names of the figures to find; what is left out is not computed, nor compiled. Default: all.

    Returns:
        A `Charge`; each figure has ``.time``, ``.value`` and ``.found``, all differentiable but the last.

    Raises:
        TimesError, FieldError, MeritError: before anything is compiled.
        CutoffError: where a truncated charger was filled to its edge.

    >>> import jaxqb as qb
    >>> best = qb.charge(qb.SpinCharger(n_battery=1, n_charger=1)).max_average_power
    >>> round(float(best.value), 9), round(float(best.time), 6)
    (0.724611354, 1.165561)
    """
    check_single(battery, "charge")
    window = check_window(window)
    check_law(law, battery)
    check_method(method)
    names = check_figures(figures, window)
    if window is None and (battery.memory if law is None else isinstance(law, AbstractMemoryLaw)):
        fail(TimesError, "window", "be given for a battery with memory", "it is None", "pass `window=` (a time)")
    method = planned(battery, law, method, window, "window")
    best = _charge(battery, window, law, method, names, numbers=state_size(battery, law))
    again = lambda wider: _charge(wider, window, None, method, names, numbers=state_size(wider)).status  # noqa: E731
    explain_edge(battery, law, best.status, again)
    return best


def check_figures(figures: Any, window: Any, known: Iterable[str] = FIGURES) -> tuple[str, ...]:
    """Names of figures, in a fixed order; a sentence about another names one of `known`."""
    if figures is None:
        return FIGURES if window is not None else FIGURES[:3]
    names = (figures,) if isinstance(figures, str) or not isinstance(figures, Iterable) else tuple(figures)
    for name in names:
        if name not in FIGURES:
            no_figure(MeritError, "figures", name, known)
        if name == "max_energy" and window is None:
            fail(MeritError, "figures", "have a window for max_energy", "window is None", "pass `window=` (a time)")
    if not names:
        fail(MeritError, "figures", "name at least one figure", "it is empty", f"use e.g. {FIGURES[0]!r}")
    return tuple(name for name in FIGURES if name in names)


def no_figure(kind: type[JaxqbError], argument: str, name: Any, known: Iterable[str]) -> NoReturn:
    """A sentence about what is no figure of `charge`: where it is to be had, or which of `known` is meant."""
    must = "name a figure of `charge`"
    if name in merits.NAMED:
        fix = f"use jaxqb.evolve(battery, ts, save={name!r}), or in a sweep a function of a battery that calls it"
        fail(kind, argument, must, f"{name!r} is asked of a state at one time", fix)
    fail(kind, argument, must, f"{shown(name)} is none", nearest(str(name), known))


@compiled
def _charge(battery, window, law, method, names: tuple[str, ...]) -> Charge:
    law = battery.law() if law is None else law
    chosen = method or select_method(law)
    flow = chosen.prepare(law)
    valid = law.valid() & battery.admitted()
    given = None if window is None else jnp.asarray(window)
    reachable = battery.reachable()
    scale = jnp.maximum(reachable, jnp.minimum(abs(battery.capacity()), abs(battery.battery_frequency)))
    seen = search(flow, battery, reachable, scale, given, valid, names)
    times, values = settle((flow, battery, given), seen, names)

    least = tolerance(lax.stop_gradient(scale)) / seen.span
    # of a battery at rest the largest energy is what it holds
    exists = jnp.where(kind_is(names, "first_peak"), seen.peak, (values > least) | kind_is(names, "max_energy"))
    ahead = True if given is None else given > 0  # a traced window may be anything
    complete = seen.turns < BUDGET  # a battery that does not move has taken no turn
    # what comes first is known however early the search ends, and so is a power that nothing later can exceed
    early = kind_is(names, "first_peak") | (kind_is(names, "max_average_power") & (reachable <= values * seen.turns * seen.span))
    if given is None:
        early = early | (kind_is(names, "max_instantaneous_power") & seen.peak)
    found = exists & valid & ahead & jnp.isfinite(values) & (complete | early)
    figures: dict[str, Any] = dict.fromkeys(FIGURES)
    for name, time, value, one in zip(names, times, values, found, strict=True):
        # each by itself, so that the others have their derivatives
        time, value = (existing(x, one, (battery, given)) for x in (time, value))
        figures[name] = Figure(time, value, one)

    status = jnp.where(
        ~valid,
        Status.OUTSIDE_PADDING,
        jnp.where(
            seen.edge > FULL,
            Status.UNRESOLVED,
            jnp.where(~complete, Status.BUDGET_SPENT, jnp.where(jnp.all(found), Status.OK, Status.NO_PEAK)),
        ),
    )
    return Charge(**figures, initial=seen.initial, status=status, law=type(law).__name__.lower(), method=chosen)
