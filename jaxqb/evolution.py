"""`evolve`: a battery, a law and a method meet; figures are computed inside the solve."""

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from . import merit as merits
from .algebra.gradients import frozen
from .asked import ask_array
from .batteries.battery import AbstractBattery, check_single
from .compiled import compiled
from .conventions import epsilon, real_dtype
from .errors import CutoffError, FieldError, MeritError, Status, TimesError, fail
from .fields import numbers, traced
from .laws import AbstractLaw
from .methods import AbstractMethod, Chebyshev, Figures, select_method
from .methods.method import EDGE, along

FULL = 1e-9  # population at a truncated edge above which an answer is called unresolved


class Solution(eqx.Module):
    """What `evolve` returns.

    Attributes:
        ts: the times.
        saved: one array a figure, times on the leading axis.
        status: a `Status` value.
        method: the method that ran; printing the solution says why.
    """

    ts: Float[Array, " t"]
    saved: dict[str, Array]
    status: Int[Array, ""]
    law: str = eqx.field(static=True)
    method: AbstractMethod = eqx.field(static=True)
    why: str = eqx.field(static=True)

    def __repr__(self) -> str:
        status = self.status if traced(self.status) else Status(int(self.status)).sentence
        figures = ", ".join(f"{name}{list(np.shape(value))}" for name, value in self.saved.items())
        return f"Solution({figures}; {self.law} law by {self.method}, {self.why}; {status})"


def check_times(ts: Any) -> Any:
    """Times as an array: at least one, finite, not negative, increasing."""
    array = numbers(ts)
    if array is None:
        fail(TimesError, "ts", "be real numbers", f"it is {ts!r}", "give an array of times, e.g. jnp.linspace(0.0, 5.0, 101)")
    if traced(array):
        return array
    array = array.astype(real_dtype())
    if array.ndim != 1 or array.size == 0:
        fail(
            TimesError,
            "ts",
            "be a one-dimensional array of times",
            f"its shape is {array.shape}",
            "use e.g. jnp.linspace",
        )
    if not np.all(np.isfinite(array)):
        fail(TimesError, "ts", "be finite", "it has NaN or infinite entries", "remove them")
    if array[0] < 0:
        fail(TimesError, "ts", "not be negative", f"it begins at {array[0]:g}", "begin at 0 or later")
    if np.any(np.diff(array) <= 0):
        at = int(np.argmax(np.diff(array) <= 0))
        fail(
            TimesError,
            "ts",
            "increase",
            f"{array[at + 1]:g} follows {array[at]:g}",
            "sort the times and drop repeated ones",
        )
    return array


def check_save(save: Any) -> dict[str, Callable]:
    """Figures by name."""
    if save is None:
        return {"energy": merits.energy}
    if isinstance(save, merits.AbstractMerit):
        save = {type(save).__name__.lower(): save}
    if not isinstance(save, Mapping):
        names = [save] if isinstance(save, str) or not isinstance(save, Iterable) else list(save)
        save = {str(name): name for name in names}
    if not save:
        fail(MeritError, "save", "name at least one figure of merit", "it is empty", "use e.g. save=['energy']")
    chosen = {}
    for name, value in save.items():
        if isinstance(value, str):
            if value not in merits.NAMED:
                known = ", ".join(merits.NAMED)
                fail(MeritError, "save", "name figures of merit", f"{value!r} is none", f"use one of {known}")
            value = merits.NAMED[value]
        merits.check_figure(f"save[{name!r}]", value)
        chosen[str(name)] = value
    return chosen


def check_law(law: Any, battery: AbstractBattery) -> None:
    """A law of this battery or None."""
    if law is None:
        return
    fix = "use one of battery.laws(), e.g. law=battery.grid()"
    if not isinstance(law, AbstractLaw):
        name = getattr(law, "__name__", None)
        but = f"it is a {type(law).__name__}" if isinstance(law, Mapping) else f"it is {law!r}"
        fail(FieldError, "law", "be a law", f"it is the function {name}, not called" if name else but, fix)
    own = _own(battery, law)
    if not traced(own) and not own:
        fail(FieldError, "law", "be a law of this battery", f"this {type(law).__name__} is of another one", fix)


@eqx.filter_jit
def _own(battery: AbstractBattery, law: AbstractLaw) -> Any:
    """Whether this law is one of the battery's: by type and shapes, then by numbers, up to their rounding."""
    shapes = lambda law: [np.shape(leaf) for leaf in jax.tree.leaves(law)]  # noqa: E731
    size = jnp.stack([jnp.max(jnp.abs(leaf)) for leaf in jax.tree.leaves(battery)]).max()

    def alike(one: Any, other: Any) -> Any:
        one, other = (jnp.asarray(leaf, real_dtype()) for leaf in (one, other))
        largest = jnp.maximum(size, jnp.max(jnp.where(jnp.isfinite(one), jnp.abs(one), 0.0), initial=0.0))
        return jnp.all(jnp.isclose(one, other, rtol=0, atol=epsilon() ** 0.5 * largest, equal_nan=True))

    laws = [one for one in battery.laws().values() if type(one) is type(law) and shapes(one) == shapes(law)]
    same = [jnp.stack(list(map(alike, jax.tree.leaves(one), jax.tree.leaves(law)))).all() for one in laws]
    return jnp.stack(same).any() if same else False


def state_size(battery: AbstractBattery, law: Any = None) -> int:
    """About how many numbers a state holds."""
    return battery.amplitudes() if law is None else max(np.size(leaf) for leaf in jax.tree.leaves(law))


def check_method(method: Any, name: str = "method") -> None:
    """A method or None."""
    if method is not None and not isinstance(method, AbstractMethod):
        fail(FieldError, name, "be a method", f"it is {method!r}", f"use e.g. {name}=jaxqb.Chebyshev()")


def evolve(
    battery: AbstractBattery,
    ts: Any,
    save: Any = None,
    *,
    law: AbstractLaw | None = None,
    method: AbstractMethod | None = None,
) -> Solution:
    """Evolve a battery and save figures of merit at given times.

    Main arguments:
        battery: one battery.
        ts: increasing times in 1/frequency, shape (t,); t = 0 is the start, whether or not it is in `ts`.
        save: figures to save: a dict from names to merits (or to names of merits), or names; default the energy.

    Other arguments:
        law: one of ``battery.laws()``; default ``battery.law()``.
        method: how it is solved; default `select_method`.

    Returns:
        A `Solution` with ``.saved[name]`` of shape (t, ...).

    Raises:
        TimesError, MeritError, FieldError: before anything is compiled.
        CutoffError: where a truncated charger was filled to its edge (outside of jit and vmap; inside, see `.status`).

    Works under jit, vmap, grad and jvp. To batch, vmap over a function of parameters, or use `sweep`.

    >>> import jaxqb as qb
    >>> sol = qb.evolve(qb.SpinCharger(n_battery=1, n_charger=1), [0.0, 0.5], save=["energy", "average_power"])
    >>> [round(float(x), 6) for x in sol.saved["energy"]]
    [0.0, 0.229849]
    """
    check_single(battery, "evolve")
    ts = check_times(ts)
    chosen = check_save(save)
    check_law(law, battery)
    check_method(method)
    battery = _with_phases(battery, chosen)
    sizes = [getattr(battery, field.name) for field in type(battery).declared().values() if field.size]
    if method is None and law is None and any(map(traced, sizes)):
        method = Chebyshev()  # its derivatives by a size are right where those of `Eigen` do not exist
    figures = tuple(chosen.items())
    solution = _evolve(battery, ts, law, figures, method, numbers=state_size(battery, law))
    again = lambda wider: _evolve(wider, ts, None, figures, method, numbers=state_size(wider)).status  # noqa: E731
    explain_edge(battery, solution.status, again)
    return solution


def explain_edge(battery: Any, status: Any, retry: Any) -> None:
    """Outside of traces: if the truncation was reached, find a sufficient cutoff and say it."""
    if traced(status) or int(status) != Status.UNRESOLVED:
        return
    wider = battery
    for _ in range(5):
        wider = wider.widened()
        if int(retry(wider)) != Status.UNRESOLVED:
            fail(
                CutoffError,
                "cutoff",
                "hold the light at all times",
                f"its last levels filled up at cutoff={battery.kept()}",
                f"use cutoff={wider.kept()}",
            )
    fail(
        CutoffError,
        "cutoff",
        "hold the light",
        f"even {wider.kept()} is too small",
        "use shorter times or weaker coupling",
    )


def _with_phases(battery: Any, save: dict[str, Any]) -> Any:
    """Drop the shortcut of resonance where a derivative by a detuning could be asked of a coherence."""
    inside = any(traced(leaf) for leaf in jax.tree.leaves(battery))
    sensitive = any(getattr(m, "phase_sensitive", True) for m in save.values())
    return battery.without_resonance() if inside and sensitive else battery


@compiled
def _evolve(battery, ts, law, save, method) -> Solution:
    ts = jnp.asarray(ts)
    law = battery.law() if law is None else law
    chosen = method or select_method(law, ts)
    flow = chosen.prepare(law)
    valid = law.valid()
    values, done = flow.values(_asked(save), battery, ts)
    edge = jnp.max(values.pop(EDGE))
    saved = {}
    for name, figure in save:
        value = values[name]
        if isinstance(figure, merits.Average):
            value = _average(battery, flow, figure.merit, ts, value)
        saved[name] = jax.tree.map(lambda x: jnp.where(valid, x, jnp.nan), value)
    finite = jnp.all(jnp.stack([jnp.all(jnp.isfinite(frozen(jnp.abs(x)))) for x in jax.tree.leaves(saved)]))
    status = jnp.where(
        ~valid,
        Status.OUTSIDE_PADDING,
        jnp.where(
            ~jnp.asarray(done),
            Status.BUDGET_SPENT,
            jnp.where(~finite, Status.NOT_FINITE, jnp.where(edge > FULL, Status.UNRESOLVED, Status.OK)),
        ),
    )
    why = "as asked" if method else "chosen by the law's type and size"
    return Solution(ts, saved, status, type(law).__name__.lower(), chosen, why)


def _asked(save: Any) -> Figures:
    """What the flow must answer: wrappers are taken apart."""
    plain: dict[str, Callable] = {EDGE: lambda battery, state: state.edge()}
    rates = {}
    for name, figure in save:
        if isinstance(figure, merits.Rate):
            rates[name] = figure.merit
        elif isinstance(figure, merits.AbstractMerit):
            plain[name] = figure.merit if isinstance(figure, merits.Average) else figure
        else:
            plain[name] = functools.partial(ask_array, figure, f"save[{name!r}]")
    inner = [plain.get(name, rates.get(name)) for name, _ in save]
    return Figures(plain, rates, smooth=all(isinstance(figure, merits.AbstractObservable) for figure in inner))


def _average(battery: Any, flow: Any, figure: Any, ts: Any, values: Any) -> Any:
    """Mean slope since t = 0, and the slope itself there."""
    start = flow.start
    value = lambda y: figure(battery, flow.state(y))  # noqa: E731
    gain = values - value(start)
    return jnp.where(ts > 0, gain / jnp.where(ts > 0, ts, 1.0), along(flow.field, value, start, 1)[1])
