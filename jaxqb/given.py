"""What a verb is given, checked before its program is compiled."""

import dataclasses
import functools
import re
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from . import merit as merits
from .batteries import AbstractBattery
from .batteries.battery import is_hull
from .conventions import epsilon, real_dtype
from .errors import FieldError, MeritError, TimesError, fail, nearest, shown
from .fields import numbers, traced
from .laws import AbstractLaw
from .methods import AbstractMethod
from .methods.method import EDGE, ERROR

TAKEN = EDGE, ERROR, "time"  # names of what goes beside the figures
CHARGED = "first_peak", "max_"  # how names of figures of `charge` begin
ROUNDING = 1e3  # units of rounding, of a battery's largest number, by which those of its laws may be off


def check_battery(battery: Any) -> None:
    """A sentence if `battery` is none."""
    if not isinstance(battery, AbstractBattery):
        but = f"it is the class {battery.__name__}" if isinstance(battery, type) else f"it is {type(battery).__name__}"
        fail(FieldError, "battery", "be a battery", but, "pass e.g. jaxqb.SpinCharger(2, 4)")


def check_known(battery: Any, verb: str) -> None:
    """A sentence if a number of `battery` is traced, for a verb that compiles programs of its own."""
    if any(map(traced, jax.tree.leaves(battery))):
        fix = f"call `{verb}` outside of jit, vmap and grad"
        fail(FieldError, "battery", f"be known in `{verb}`", "it is traced", fix)


def check_single(battery: Any, verb: str) -> None:
    """A sentence if `battery` is not one battery."""
    check_battery(battery)
    if is_hull(battery):
        shapes = {name: np.shape(attrgetter(name)(battery)) for name, field in battery.variables().items() if not field.vector}
        name = next(name for name, shape in shapes.items() if shape)
        fail(
            FieldError,
            name,
            f"be one number in `{verb}`",
            f"it has shape {shapes[name]}",
            f"use `jaxqb.sweep(figures, battery, {{'{name}': values}})`",
        )
    for item in dataclasses.fields(battery):
        mean = getattr(getattr(battery, item.name), "mean", 0.0)
        if np.ndim(mean) > 0:
            fail(FieldError, item.name, f"have one mean in `{verb}`", f"it has shape {np.shape(mean)}", "use `jax.vmap`")


def check_times(ts: Any) -> Any:
    """Times as an array: at least one, finite, not negative, increasing."""
    array = numbers(ts)
    if array is None:
        fail(TimesError, "ts", "be real numbers", f"it is {shown(ts)}", "give times, e.g. jnp.linspace(0.0, 5.0, 101)")
    array = array.astype(real_dtype())
    if array.size == 0:
        fail(TimesError, "ts", "have at least one time", "it is empty", "use e.g. jnp.linspace")
    if array.ndim != 1:
        fail(
            TimesError,
            "ts",
            "be a one-dimensional array of times",
            f"its shape is {array.shape}",
            "use e.g. jnp.linspace" if array.ndim else "put it in brackets, [t]",
        )
    if traced(array):
        return array
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


def check_window(window: Any) -> Any:
    """A positive time as an array (which shares one program with any other), or None."""
    if window is None:
        return None
    time = numbers(window)
    if time is None or time.ndim or not (traced(time) or 0 < time < np.inf):
        fix = "name figures by `figures=`" if isinstance(window, str) else "give a number, or None for all times"
        but = f"it is {shown(window)}" if time is None or not traced(time) else f"its shape is {time.shape}"
        fail(TimesError, "window", "be a positive time", but, fix)
    return time.astype(real_dtype())


def check_save(save: Any, argument: str = "save") -> dict[str, Callable]:
    """Figures by name; sentences name the `argument` that was written."""
    if save is None:
        return {"energy": merits.energy}
    if not isinstance(save, Mapping):
        asked = [save] if isinstance(save, (str, merits.AbstractMerit)) or not isinstance(save, Iterable) else list(save)
        names = list(map(_name, asked))
        if twice := sorted({name for name in names if names.count(name) > 1}):
            fix = "give them names, e.g. save={'one': ..., 'other': ...}"
            fail(MeritError, "save", "have names of their own", f"there are two of {twice[0]!r}", fix)
        save = dict(zip(names, asked, strict=True))
    if not save:
        fail(MeritError, "save", "name at least one figure of merit", "it is empty", "use e.g. save=['energy']")
    chosen = {}
    for name, value in save.items():
        if isinstance(value, str):
            if value not in merits.NAMED:
                charged = value.startswith(CHARGED)
                but = f"{value!r} is found by charging" if charged else f"{value!r} is none"
                fix = "use jaxqb.charge(battery)" if charged else nearest(value, merits.NAMED)
                fail(MeritError, argument, "name figures of merit", but, fix)
            value = merits.NAMED[value]
        merits.check_figure(f"save[{name!r}]" if argument == "save" else argument, value)
        if name in TAKEN:
            fail(MeritError, "save", "have names of their own", f"{name!r} means something else", "choose another name")
        chosen[str(name)] = value
    return chosen


def _name(figure: Any) -> str:
    """Of a figure without one: that by which it is known, or that of its class in the same spelling."""
    if not isinstance(figure, merits.AbstractMerit):
        return getattr(figure, "__name__", str(figure))
    known = [name for name, merit in merits.NAMED.items() if merit is figure]
    return known[0] if known else re.sub(r"(?<!^)(?=[A-Z])", "_", type(figure).__name__).lower()


def check_method(method: Any, name: str = "method") -> None:
    """A method or None."""
    if method is not None and not isinstance(method, AbstractMethod):
        fail(FieldError, name, "be a method", f"it is {shown(method)}", f"use e.g. {name}=jaxqb.Chebyshev()")


def check_law(law: Any, battery: AbstractBattery) -> None:
    """A law of this battery or None."""
    if law is None:
        return
    fix = "use one of battery.laws(), e.g. law=battery.law()"
    if not isinstance(law, AbstractLaw):
        name = getattr(law, "__name__", None)
        but = f"it is a {type(law).__name__}" if isinstance(law, Mapping) else f"it is {shown(law)}"
        fail(FieldError, "law", "be a law", f"it is the function {name}, not called" if name else but, fix)
    own = _own(battery, law)
    if not traced(own) and not own:
        fail(FieldError, "law", "be a law of this battery", f"this {type(law).__name__} is of another one", fix)


@eqx.filter_jit
def _own(battery: AbstractBattery, law: AbstractLaw) -> Any:
    """Whether this law is one of the battery's: by type and shapes, then by numbers, up to their rounding."""
    key = lambda leaf: jnp.issubdtype(getattr(leaf, "dtype", float), jax.dtypes.prng_key)  # noqa: E731
    leaves = lambda law: [leaf for leaf in jax.tree.leaves(law) if not key(leaf)]  # noqa: E731
    shapes = lambda law: [np.shape(leaf) for leaf in leaves(law)]  # noqa: E731
    size = functools.reduce(jnp.maximum, [jnp.max(jnp.abs(leaf), initial=0.0) for leaf in jax.tree.leaves(battery)], 0.0)

    def alike(one: Any, other: Any) -> Any:
        one, other = (jnp.asarray(leaf, real_dtype()) for leaf in (one, other))
        largest = jnp.max(jnp.where(jnp.isfinite(one), jnp.abs(one), 0.0), initial=0.0)
        near = jnp.maximum(epsilon() ** 0.5 * largest, ROUNDING * epsilon() * size)
        return jnp.all(jnp.isclose(one, other, rtol=0, atol=near, equal_nan=True))

    laws = [one for one in battery.candidates(law) if type(one) is type(law) and shapes(one) == shapes(law)]
    same = [jnp.stack(list(map(alike, leaves(one), leaves(law)))).all() for one in laws]
    return jnp.stack(same).any() if same else False
