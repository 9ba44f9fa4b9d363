"""One declaration a field: it feeds tracing, errors, study keys, coordinates, axis labels and help.

    coupling: Real = parameter(default=1.0, symbol="g", unit="frequency", doc="battery-charger exchange")
    n_battery: Real = size(symbol="N_B", doc="number of battery cells")

A concrete number is kept in numpy with the strong dtype of the process, so that constructing a battery compiles
nothing and two values share one trace; a traced value passes through. Arrays are allowed: such a battery is the
*hull* of a family, and whatever is static (padding, symmetries) is derived from its largest and nonzero entries.
"""

import contextlib
import contextvars
import dataclasses
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from .conventions import real_dtype
from .errors import FieldError, JaxqbError, fail, shown

if TYPE_CHECKING:
    Real = Any  # what a user gives and what is stored differ; a type checker has but one word for both
else:
    from typing_extensions import TypeAliasType

    Number = Float[Array | np.ndarray, "..."] | Int[Array | np.ndarray, "..."] | np.number | float | int | list | tuple
    Real = TypeAliasType("Real", Number)


@dataclasses.dataclass(frozen=True)
class Field:
    """What is known of one leaf of a battery, apart from its value."""

    symbol: str
    unit: str
    doc: str
    minimum: float
    integer: bool
    size: bool
    slow: bool
    name: str = ""
    vector: bool = False
    positive: bool = False

    def convert(self, value: Any) -> Any:
        """`value` as an array of the process's real dtype; a sentence if it is no such number."""
        array = numbers(value)
        if array is None:
            fail(FieldError, self.name, "be a real number", f"it is {shown(value)}", f"give {self.name} as a number")
        if traced(array):
            return array
        array = array.astype(real_dtype())
        if array.size == 0 and not self.vector:
            fail(FieldError, self.name, "hold a number", "it is empty", f"give at least one value of {self.name}")
        if not np.all(np.isfinite(array)):
            fail(FieldError, self.name, "be finite", f"it is {shown(value)}", "give a finite number")
        if np.any(array < self.minimum):
            fail(FieldError, self.name, f"be at least {self.minimum:g}", f"it is {shown(value)}", f"raise {self.name}")
        if self.positive and np.any(array <= 0):
            fail(FieldError, self.name, "be positive", f"it is {shown(value)}", f"raise {self.name}")
        if self.integer and np.any(array != np.round(array)):
            nearest = max(self.minimum, round(float(array.flat[0])))
            fail(FieldError, self.name, "be an integer", f"it is {shown(value)}", f"use {nearest:g}")
        return array

    def counted(self, value: Any) -> Any:
        """Values that are known, as integers if they are numbers of something and all whole."""
        array = np.asarray(value)
        exact = (self.integer or self.size) and np.all((array == np.round(array)) & (np.abs(array) < 2**53))
        return array.astype(np.int64) if exact else array

    def admits(self, value: Any) -> Any:
        """Whether a value that was traced is within its bounds (a size may be any real number: derivatives are by such)."""
        if not self.positive and self.minimum == -math.inf:
            return True
        return ~jnp.any((value <= 0) if self.positive else (value < self.minimum))


def parameter(
    *,
    symbol: str,
    unit: str,
    doc: str,
    default: Any = dataclasses.MISSING,
    minimum: float = -math.inf,
    positive=False,
    slow=False,
    vector=False,
) -> Any:
    """A real design parameter: a differentiable leaf. `slow`: an expensive piece depends on it; `vector`: several numbers."""
    info = Field(symbol, unit, doc, float(minimum), integer=False, size=False, slow=slow, vector=vector, positive=positive)
    return eqx.field(default=default, metadata={"jaxqb": info})


def size(
    *,
    symbol: str,
    doc: str,
    unit: str = "cells",
    default: Any = dataclasses.MISSING,
    minimum: float = 1.0,
    integer: bool = True,
) -> Any:
    """A number of cells: data, not shape, wherever the physics allows it (`integer=False`: real sizes have a meaning)."""
    info = Field(symbol, unit, doc, float(minimum), integer=integer, size=True, slow=False)
    return eqx.field(default=default, metadata={"jaxqb": info})


def fields_of(battery: Any) -> dict[str, Field]:
    """The declared fields of a battery (class or instance), by name, in the order of the constructor."""
    declared = {}
    for item in dataclasses.fields(battery):
        if "jaxqb" in item.metadata:
            declared[item.name] = dataclasses.replace(item.metadata["jaxqb"], name=item.name)
    return declared


def entry(name: str) -> tuple[str, int | None]:
    """A field, and the number of an entry where a name ends in one.

    >>> entry("rates[2]"), entry("coupling")
    (('rates', 2), ('coupling', None))
    """
    field, bracket, index = str(name).removesuffix("]").partition("[")
    return (field, int(index)) if bracket and index.isdigit() else (str(name), None)


def traced(value: Any) -> bool:
    """Whether `value` stands for a number that is not known yet (under jit, vmap or differentiation)."""
    return isinstance(value, jax.core.Tracer)


_settled: contextvars.ContextVar[tuple[Any, ...]] = contextvars.ContextVar("settled", default=())


@contextlib.contextmanager
def settled(values: Any) -> Iterator[None]:
    """Within, nobody asks for derivatives by these traced numbers, as they are (a sweep has none to give)."""
    token = _settled.set(tuple(jax.tree.leaves(values)))
    try:
        yield
    finally:
        _settled.reset(token)


def differentiable(value: Any) -> bool:
    """Whether a derivative by `value` may be asked for."""
    return traced(value) and all(value is not known for known in _settled.get())


def array_of(value: Any) -> Any:
    """`value` as an array, with traced numbers in a list or tuple too; None if it is ragged, or none at all."""
    if traced(value):
        return value
    try:
        return (jnp if any(map(traced, jax.tree.leaves(value))) else np).asarray(value)
    except (TypeError, ValueError):
        return None


def numbers(value: Any) -> Any:
    """`value` as an array in double precision (traced: of the process's dtype); None if it holds no real numbers."""
    array = array_of(value)
    if array is None or array.dtype.kind not in "iuf":
        return None
    return array.astype(real_dtype() if traced(array) else np.float64)


def plain(value: Any) -> Any:
    """A known number as Python has it, which can be compared and hashed; all else as it is."""
    number = numbers(value)
    return value if number is None or number.ndim or traced(number) else np.asarray(value).item()


def whole(value: Any) -> Any:
    """The same, with 1e5 as an integer."""
    number = plain(value)
    return int(number) if isinstance(number, float) and number.is_integer() else number


def check_flag(kind: type[JaxqbError], name: str, value: Any) -> bool:
    """True or False, as Python or numpy write it."""
    if not isinstance(value, (bool, np.bool_)):
        fail(kind, name, "be True or False", f"it is {shown(value)}", f"use {name}=True, or leave {name} out")
    return bool(value)


def concrete(value: Any) -> Any:
    """The numbers behind `value`, or None where it is traced."""
    return None if traced(value) else np.asarray(value)


def vanishes(*values: Any) -> bool:
    """Whether all values are known to be zero; a traced value counts as nonzero."""
    return all(known is not None and not np.any(known) for known in map(concrete, values))


def written(value: Any) -> str:
    """A field as one would write it: numbers shortly, long arrays by their shape.

    >>> written(np.asarray(10.0)), written(np.asarray([0.5, 1.0])), written(None)
    ('10', '[0.5, 1.0]', 'None')
    """
    if traced(value):
        return "traced"
    if isinstance(value, (np.ndarray, np.number, jax.Array)) and not np.ndim(value):
        return f"{value.item():.10g}"
    return composed(value) if isinstance(value, eqx.Module) and type(value).__repr__ is eqx.Module.__repr__ else shown(value)


def composed(module: Any) -> str:
    """A battery, or a part of one, as its constructor would be called; what is as by default is left out."""
    parts = []
    for item in dataclasses.fields(module):
        if item.init:
            number = None if item.default is dataclasses.MISSING else numbers(item.default)
            usual = "'full'" if item.default is None else written(item.default if number is None else number)
            text = written(getattr(module, item.name))
            if item.default is dataclasses.MISSING or text not in (usual, written(item.default)):
                parts.append(f"{item.name}={text}")
    return f"{type(module).__name__}({', '.join(parts)})"


def coincide(one: Any, other: Any) -> bool:
    """Whether two values are known to be one number; arrays of several numbers may vary apart, so they do not count."""
    a, b = concrete(one), concrete(other)
    if a is None or b is None:
        return one is other
    return bool(np.ptp(a) == 0 and np.ptp(b) == 0 and a.flat[0] == b.flat[0])
