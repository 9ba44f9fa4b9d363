"""`evolve`: a battery, a law and a method meet; figures are computed inside the solve."""

import contextlib
import functools
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from . import merit as merits
from .algebra.gradients import existing, frozen
from .asked import ask_array
from .batteries.battery import AbstractBattery
from .compiled import compiled
from .conventions import UNITS, epsilon
from .errors import CutoffError, MeritError, Status, TimesError, fail
from .fields import differentiable, traced
from .given import check_law, check_method, check_save, check_single, check_times
from .laws import AbstractLaw, AbstractMemoryLaw, AbstractUnitaryLaw
from .methods import AbstractMethod, AbstractPlanned, Figures, Resolvent, Stepped, select_method
from .methods.method import EDGE, ERROR, along

if TYPE_CHECKING:
    import xarray

FULL = 1e-9  # population at a truncated edge above which an answer is called unresolved


class Solution(eqx.Module):
    """What `evolve` returns.

    Attributes:
        ts: the times, shape (t,).
        saved: one array a figure, times on the leading axis.
        error: of figures that are means over a sample: their standard errors; else empty.
        status: a `Status` value.
        law: the law that was solved, in words.
        method: the method that ran; printing the solution says why.
        why: who chose it.
        labels: name, symbol and unit of each figure, for `to_dataset`.

    Raises:
        TimesError: by `to_dataset`, for a batch of solutions.

    >>> import jaxqb as qb
    >>> qb.evolve(qb.SpinCharger(n_battery=1, n_charger=1), [0.0, 0.5])
    Solution(energy[2]; chain law by Eigen(), chosen by the law's type and size; solved)
    """

    ts: Float[Array, " t"]
    saved: dict[str, Array]
    error: dict[str, Array]
    status: Int[Array, ""]
    law: str = eqx.field(static=True)
    method: AbstractMethod = eqx.field(static=True)
    why: str = eqx.field(static=True)
    labels: tuple[tuple[str, str, str], ...] = eqx.field(static=True)

    def to_dataset(self) -> "xarray.Dataset":
        """The curves with symbols and units, as `jaxqb.plot.lines` draws them.

        Returns:
            An `xarray.Dataset` along ``time``; further axes of a figure are called ``NAME_0``, ``NAME_1``; standard errors, where
            there are some, ``NAME_error``.

        Raises:
            TimesError: for a batch of solutions (of `jax.vmap`), and within `jax.jit`.

        >>> import jaxqb as qb
        >>> curves = qb.evolve(qb.SpinCharger(1, 1), [0.0, 0.5], ["energy", "average_power"]).to_dataset()
        >>> round(float(curves.energy.sel(time=0.5)), 6), curves.average_power.attrs["units"]
        (0.229849, 'hbar frequency^2')
        """
        import xarray

        if traced(self.ts) or np.ndim(self.ts) != 1:
            but = "they are traced" if traced(self.ts) else f"their shape is {np.shape(self.ts)}"
            fix = "call it outside of jit, and on one solution: jax.tree.map(lambda x: x[0], sol)"
            fail(TimesError, "ts", "be those of one solution for a Dataset", but, fix)
        about = {"long_name": "time", "symbol": "t", "units": UNITS["time"]}
        variables, coordinates = {}, {"time": ("time", np.asarray(self.ts), about)}
        for name, symbol, units in self.labels:
            label = {"long_name": name.replace("_", " "), "symbol": symbol, "units": units}
            inner = {f"{name}_{k}": np.arange(n) for k, n in enumerate(np.shape(self.saved[name])[1:])}
            coordinates |= {dim: (dim, index, {"long_name": f"index of {label['long_name']}"}) for dim, index in inner.items()}
            dims = ("time", *inner)
            variables[name] = (dims, np.asarray(self.saved[name]), label)
            if name in self.error:
                about = label | {"long_name": f"standard error of {label['long_name']}"}
                variables[f"{name}_error"] = (dims, np.asarray(self.error[name]), about)
        attrs = {"law": self.law, "method": str(self.method), "status": told(self.status, self.method)}
        return xarray.Dataset(variables, coordinates, attrs)

    def __repr__(self) -> str:
        known = not traced(self.status) and not np.ndim(self.status)
        status = told(self.status, self.method) if known else self.status
        figures = ", ".join(f"{name}{list(np.shape(value))}" for name, value in self.saved.items())
        return f"Solution({figures}; {self.law} law by {self.method}, {self.why}; {status})"


def told(status: Any, method: Any) -> str:
    """A status in words; where a budget of steps was spent, what to do."""
    said, steps = Status(int(status)).sentence, getattr(method, "max_steps", None)
    if status != Status.BUDGET_SPENT:
        return said
    if steps is None:
        return f"{said}; fix: pass `window=` (a time), or a shorter one"
    other = ", or use method=jaxqb.Adaptive()" if isinstance(method, Stepped) else ""
    return f"{said}; fix: raise max_steps={steps}{other}"


def planned(battery: AbstractBattery, law: Any, method: AbstractMethod | None, times: Any, name: str) -> AbstractMethod | None:
    """A method for a law with memory: it has to know the latest time beforehand."""
    if not (battery.memory if law is None else isinstance(law, AbstractMemoryLaw)):
        return method
    method = method or Resolvent()
    if isinstance(method, AbstractPlanned) and method.horizon is None:
        if traced(times):
            fix = "pass e.g. method=jaxqb.Resolvent(horizon=100.0)"
            fail(TimesError, name, "be known for a battery with memory", "it is traced", fix)
        return method.planned(float(np.max(times)))
    end = getattr(method, "horizon", None) or np.inf
    if not traced(times) and np.max(times) > end * (1 + 8 * epsilon()):
        but = f"it reaches {np.max(times):g} with {method!r}"
        fail(TimesError, name, "lie within the horizon", but, "leave the horizon out, or raise it")
    return method


def state_size(battery: AbstractBattery, law: Any = None) -> int:
    """About how many numbers a state holds."""
    return battery.amplitudes() if law is None else law.numbers()


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
        law: one of ``battery.laws()``; default the first of them that can answer.
        method: how it is solved; default `select_method`.

    Returns:
        A `Solution` with ``.saved[name]`` of shape (t, ...).

    Raises:
        TimesError, MeritError, FieldError: before anything is compiled.
        CutoffError: where a truncated charger or closure was filled to its edge (outside of jit and vmap; inside, see `.status`).

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
    asked, method = method is not None, planned(battery, law, method, ts, "ts")
    battery = _with_phases(battery, chosen)
    sizes = [getattr(battery, field.name) for field in type(battery).declared().values() if field.size]
    by_size = law is None and any(map(differentiable, sizes))
    figures = tuple(chosen.items())
    solution = _evolve(battery, ts, law, figures, method, asked, by_size, numbers=state_size(battery, law))
    again = lambda wider: _evolve(wider, ts, None, figures, method, asked, by_size, numbers=state_size(wider)).status  # noqa: E731
    explain_edge(battery, law, solution.status, again)
    if not traced(solution.status) and int(solution.status) == Status.TOO_FEW:
        warnings.warn(Status.TOO_FEW.sentence, stacklevel=2)
    return solution


def explain_edge(battery: Any, law: Any, status: Any, retry: Any) -> None:
    """Outside of traces: if the truncation was reached, find a sufficient one and say it."""
    if traced(status) or int(status) != Status.UNRESOLVED:
        return
    wider = battery if law is None else battery.led_by(law)
    for _ in range(5):
        wider = wider.widened()
        if int(retry(wider)) != Status.UNRESOLVED:
            fail(CutoffError, *battery.overflow(wider))
    fail(CutoffError, *wider.overflow(None))


def _with_phases(battery: Any, save: dict[str, Any]) -> Any:
    """Drop the shortcut of resonance where a derivative by a detuning could be asked of a coherence."""
    inside = any(traced(leaf) for leaf in jax.tree.leaves(battery))
    sensitive = any(getattr(m, "phase_sensitive", True) for m in save.values())
    return battery.without_resonance() if inside and sensitive else battery


@compiled
def _evolve(battery, ts, law, save, method, asked: bool, by_size: bool) -> Solution:
    run = functools.partial(_run, battery, jnp.asarray(ts), save=save, method=method, asked=asked, by_size=by_size)
    return answered(battery, law, run)


def answered(battery: Any, law: Any, run: Callable) -> Any:
    """What `run` makes of a law; of None, by the first law of the battery that knows the figures."""
    if law is not None:
        return run(law)
    try:
        return run(battery.law())
    except MeritError:
        *others, richest = battery.laws().values()
        for known in others[1:]:
            with contextlib.suppress(MeritError):
                return run(known)
        if not others:
            raise
    return run(richest)  # or it says what it lacks, too


def _run(battery, ts, law, save, method, asked: bool, by_size: bool) -> Solution:
    # derivatives by a size are right in methods for unknown times where those of `Eigen` do not exist
    chosen = method or select_method(law, None if by_size else ts)
    flow = chosen.prepare(law)
    valid = law.valid() & battery.admitted()
    timely = jnp.all(jnp.isfinite(ts)) & (ts[0] >= 0) & jnp.all(jnp.diff(ts) >= 0)  # traced ones may be anything
    given, ts = ts, jnp.where(timely, ts, 0.0)
    values, done = flow.values(_asked(save), battery, ts)
    edge = jnp.max(values.pop(EDGE))
    error = {name: value for name, value in values.pop(ERROR, {}).items() if name != EDGE}
    saved = {}
    for name, figure in save:
        value = values[name]
        if isinstance(figure, merits.Average):
            value = _average(battery, flow, inside(figure, f"save[{name!r}]"), ts, value)
        saved[name] = jax.tree.map(lambda x: existing(x, valid & timely & jnp.isfinite(frozen(x)), (battery, ts)), value)
    finite = jnp.all(jnp.stack([jnp.all(jnp.isfinite(frozen(jnp.abs(x)))) for x in jax.tree.leaves(saved)]))
    status = jnp.where(
        ~valid,
        Status.OUTSIDE_PADDING,
        jnp.where(
            ~jnp.asarray(done),
            Status.BUDGET_SPENT,
            jnp.where(~finite, Status.NOT_FINITE, jnp.where(edge > FULL, Status.UNRESOLVED, flow.solved)),
        ),
    )
    why = "as asked" if asked else "chosen by the law's type and size"
    labels = tuple((name, getattr(figure, "notation", ""), getattr(figure, "units", "")) for name, figure in save)
    return Solution(given, saved, error, status, type(law).__name__.lower(), chosen, why, labels)


def _asked(save: Any) -> Figures:
    """What the flow must answer: wrappers are taken apart."""
    plain: dict[str, Callable] = {EDGE: lambda battery, state: state.edge()}
    rates = {}
    for name, figure in save:
        if isinstance(figure, merits.Rate):
            rates[name] = rising(inside(figure, f"save[{name!r}]"))
        else:
            plain[name] = inside(figure, f"save[{name!r}]")
    inner = [getattr(figure, "merit", figure) for _, figure in save]
    return Figures(plain, rates, smooth=all(isinstance(figure, merits.AbstractObservable) for figure in inner))


def _average(battery: Any, flow: Any, figure: Any, ts: Any, values: Any) -> Any:
    """Mean slope since t = 0, and the slope itself there."""
    source = flow.law if isinstance(flow.law, AbstractUnitaryLaw) else flow  # eigenvectors are known without derivatives
    start = source.start
    value = lambda y: figure(battery, source.state(y))  # noqa: E731
    gain = values - value(start)
    slope = lambda y: rising(figure)(battery, source.state(y))  # noqa: E731
    return jnp.where(ts > 0, gain / jnp.where(ts > 0, ts, 1.0), along(source.field, slope, start, 1, least=1)[0])


def inside(figure: Any, argument: str) -> Callable:
    """A figure that is known at each time: itself, or what a rate or an average is of; functions answer in sentences."""
    figure = getattr(figure, "merit", figure)
    return figure if isinstance(figure, merits.AbstractMerit) else functools.partial(ask_array, figure, argument)


def rising(figure: Any) -> Callable:
    """What gives a figure's slope."""
    return getattr(figure, "rising", figure)
