"""What is asked of a sweep, checked before anything is compiled: axes, their values, and the hull that covers them."""

import dataclasses
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Any

import numpy as np

from ..batteries import AbstractBattery
from ..batteries.starts import AbstractStart, Full, Level
from ..conventions import UNITS, real_dtype
from ..errors import FieldError, SweepError, fail, nearest, shown
from ..fields import Field
from ..given import check_battery, check_known, check_single


@dataclasses.dataclass(frozen=True)
class Axis:
    """One dimension of a sweep: a field, or several that move together.

    Attributes:
        fields: what is known of each field; the first names the dimension.
        given: their values as the user wrote them (coordinates).
        values: the same in the real type of the process (what is computed with).
    """

    fields: tuple[Field, ...]
    given: tuple[np.ndarray, ...]
    values: tuple[np.ndarray, ...]

    @property
    def name(self) -> str:
        """Name of the dimension."""
        return self.fields[0].name

    @property
    def size(self) -> int:
        """Number of points."""
        return len(self.given[0])

    def coordinates(self) -> Iterator[tuple[str, np.ndarray, dict[str, str]]]:
        """Name, values and description of each field."""
        for field, values in zip(self.fields, self.given, strict=True):
            yield field.name, values, {"long_name": field.doc, "symbol": field.symbol, "units": UNITS.get(field.unit, field.unit)}

    @property
    def slow(self) -> bool:
        """Whether an expensive piece depends on it."""
        return any(field.slow for field in self.fields)


def sweepable(battery: AbstractBattery) -> dict[str, Field]:
    """Fields of a battery that a sweep may vary: its declared ones, entry by entry, and initial excitations as numbers."""
    known = {}
    for name, field in battery.variables().items():
        count = np.shape(attrgetter(name)(battery)) if field.vector else ()
        entries = [f"{name}[{k}]" for k in range(*count)] if count else [name]
        known |= {each: dataclasses.replace(field, name=each) for each in entries}
    for item in dataclasses.fields(battery):
        if item.init and isinstance(getattr(battery, item.name), Level | Full):  # others are no numbers
            doc = "initial " + item.name.replace("_", " ")
            known[item.name] = Field("n_0", "number", doc, 0.0, True, False, False, item.name)
    return known


def check_axes(battery: Any, axes: Any) -> tuple[Axis, ...]:
    """The axes of a sweep, in the order given.

    Raises:
        SweepError: for axes that are no axes of this battery.
        FieldError: for a value that no battery can have.
    """
    check_battery(battery)
    check_known(battery, "sweep")
    if not isinstance(axes, Mapping) or not axes:
        but = "it is empty" if isinstance(axes, Mapping) else f"it is {type(axes).__name__}"
        fail(SweepError, "axes", "be a dict from fields to values", but, "give e.g. {'coupling': [0.1, 0.2]}")
    known = sweepable(battery)
    checked = tuple(_axis(battery, known, key, values) for key, values in axes.items())
    names = [field.name for axis in checked for field in axis.fields]
    for name in names:
        if names.count(name) > 1:
            fail(SweepError, "axes", "name each field once", f"{name} occurs twice", f"keep one {name}")
    return checked


def _axis(battery: AbstractBattery, known: dict[str, Field], key: Any, values: Any) -> Axis:
    names = (key,) if isinstance(key, str) else key
    if isinstance(key, str) and "," in key:
        several = tuple(map(str.strip, key.split(",")))
        fail(SweepError, "axes", "name fields that move together by a tuple", f"{key!r} is text", f"write {several}")
    if not isinstance(names, tuple) or not names:
        fail(SweepError, "axes", "have names or tuples of names as keys", f"one is {key!r}", "use e.g. 'coupling'")
    for name in names:
        if isinstance(start := getattr(battery, str(name), None), AbstractStart) and name not in known:
            but, fix = f"the battery has {shown(start)}", f"give the battery a number there, e.g. {name}=1"
            fail(SweepError, name, "be a number of quanta where it is swept", but, fix)
        if name not in known:
            must = f"name fields of {type(battery).__name__}"
            fail(SweepError, "axes", must, f"{name!r} is none", nearest(str(name), known))
    label = ", ".join(names)
    columns = _columns(label, len(names), values)
    fields = tuple(known[name] for name in names)
    values = tuple(map(_convert, fields, columns))
    given = tuple(field.counted(column) for field, column in zip(fields, columns, strict=True))
    return Axis(fields, given, values)


def _columns(label: str, count: int, values: Any) -> tuple[np.ndarray, ...]:
    """One array a field, from one value for all of them, or one tuple, at each point."""
    example = [(1, 2), (3, 4)] if count > 1 else [1, 2, 3]
    if count > 1 and isinstance(values, tuple) and values and all(isinstance(one, list) for one in values):
        fail(SweepError, label, "be a list of tuples, one a point", "it is a tuple of lists", f"give {label} e.g. {example}")
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "iuf":
            array = np.asarray(values, object)  # each entry as it was written, for sentences
    except (TypeError, ValueError):
        array = np.asarray(None)
    shapes = ((1,), (2,))[count > 1]
    if array.ndim == 0 or array.ndim not in (1, 2) or (array.ndim == 2 and shapes == (1,)):
        rows = f"a sequence of numbers, or of tuples of {count}" if count > 1 else "a sequence of numbers"
        but = f"its shape is {array.shape}" if array.dtype != object else f"it is {shown(values)}"
        fail(SweepError, label, f"be {rows}", but, f"give {label} e.g. {example}")
    if array.size == 0:
        fail(SweepError, label, "have at least one value", "it is empty", f"give values of {label}, or leave it out")
    if array.ndim == 1:
        return (array,) * count
    if array.shape[1] != count:
        but = f"its tuples have {array.shape[1]}"
        fail(SweepError, label, f"have one value for each of {count} fields", but, f"give tuples of {count}")
    return tuple(np.asarray(column) for column in zip(*values, strict=True))


def _convert(field: Field, values: np.ndarray) -> np.ndarray:
    """The values in the real type; where one is wrong, the sentence names that one."""
    try:
        return field.convert(values)
    except FieldError:
        for value in values.tolist():
            field.convert(value)
        raise


def hull(battery: AbstractBattery, axes: tuple[Axis, ...]) -> AbstractBattery:
    """The family that covers the grid, with placeholders for what is swept, so that values never enter a program.

    Values are laid along a dimension of their own: two fields coincide only where they move together.
    """
    mesh, blank = {}, {}
    for k, axis in enumerate(axes):
        shape = tuple(axis.size if i == k else 1 for i in range(len(axes)))
        for field, values in zip(axis.fields, axis.values, strict=True):
            mesh[field.name] = values.reshape(shape)
            blank[field.name] = np.zeros((), real_dtype())
    family = battery.hull(mesh).put(**blank)
    check_single(family, "sweep")
    return family
