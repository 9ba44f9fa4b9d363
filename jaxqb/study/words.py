"""From what a user writes to what it means: batteries, starts, methods and figures by their names."""

import dataclasses
import functools
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import FieldError, StudyError, fail, nearest

if TYPE_CHECKING:
    from ..batteries import AbstractBattery
    from ..methods import AbstractMethod


def battery_class(kind: str, place: str = "battery.type") -> type["AbstractBattery"]:
    """The battery of this name, which was written at this place.

    >>> battery_class("SpinCharger").__name__
    'SpinCharger'
    """
    from .. import batteries
    from ..batteries import REGISTRY

    if isinstance(getattr(batteries, kind, None), type) and kind not in REGISTRY:
        fail(StudyError, place, "be one that a file can describe", f"{kind} holds more than numbers", "build it in Python")
    if kind not in REGISTRY:
        fail(StudyError, place, "name a battery", f"it is {kind!r}", nearest(kind, REGISTRY))
    return REGISTRY[kind]


def battery_of(kind: str, fields: Mapping[str, Any], in_file: bool = True) -> "AbstractBattery":
    """A battery from its name and what a user wrote for its fields; a start may be a table such as ``{thermal = 2.0}``.

    Sentences about a file name the table [battery], too.

    Raises:
        StudyError, FieldError: where the name, a field or a value is none of this battery's.

    >>> battery = battery_of("SpinCharger", {"n_battery": 2, "n_charger": 4, "charger_excitations": {"thermal": 2.0}})
    >>> type(battery.charger_excitations).__name__
    'Thermal'
    """
    battery, table = battery_class(kind, "battery.type" if in_file else "BATTERY"), "battery." if in_file else ""
    known = {item.name: item for item in dataclasses.fields(battery) if item.init}
    for name in fields:
        if name not in known:
            fail(StudyError, f"{table}{name}", f"be a field of {kind}", "it is none", nearest(name, known))
    for name, item in known.items():
        if name not in fields and item.default is dataclasses.MISSING:
            fail(StudyError, f"{table}{name}", f"be given for a {kind}", "it is missing", f"give {name} a value")
    for name, info in battery.declared().items():
        if name in fields:
            dataclasses.replace(info, name=f"{table}{name}").convert(fields[name])
    numeric, start = battery.declared(), functools.partial(_start, battery.starts)
    return battery(**{name: value if name in numeric else start(f"{table}{name}", value) for name, value in fields.items()})


def _start(known: tuple[str, ...], place: str, value: Any) -> Any:
    """A table as the start it names, one of `known`, a list as populations; any other value as it is."""
    if isinstance(value, list) and "populations" in known:
        value = {"populations": value}
    elif isinstance(value, Mapping) and known:
        if len(value) != 1:
            fail(StudyError, place, "have one key", f"it has {len(value)}", f"use one of {', '.join(known)}")
        place = f"{place}.{next(iter(value))}"
    else:
        return value
    from .. import batteries

    ((kind, number),) = value.items()
    if kind not in known:
        fail(StudyError, place, "be a start", "it is none", nearest(kind, known))
    if isinstance(number, list) and not (number and all(isinstance(x, (int, float)) and math.isfinite(x) for x in number)):
        fail(StudyError, place, "hold a finite number for each level", f"it is {number!r}", "write e.g. [0.25, 0.75]")
    try:
        return getattr(batteries, kind)(number)
    except FieldError as error:  # its sentence names the argument of the start, which is not written here
        raise FieldError(re.sub("^`.*?`", f"`{place}`", str(error))) from None


def numbers_of(battery: type["AbstractBattery"]) -> list[str]:
    """Fields of a battery that are numbers, and so may vary: declared ones, and starts."""
    return [item.name for item in dataclasses.fields(battery) if item.init and not item.metadata.get("static")]


def method_of(name: str | None) -> "AbstractMethod | None":
    """The method of this name, with its defaults.

    >>> method_of("Eigen")
    Eigen()
    """
    from .. import methods

    if name is None:
        return None
    kinds = {key: kind for key, kind in vars(methods).items() if isinstance(kind, type) and not key.startswith("Abstract")}
    kinds = {key: kind for key, kind in kinds.items() if issubclass(kind, methods.AbstractMethod)}
    if name not in kinds:
        fail(StudyError, "numerics.method", "name a method", f"it is {name!r}", nearest(name, kinds))
    return kinds[name]()


def check_figure(place: str, name: str, window: float | None) -> None:
    """Whether a figure of `charge` has this name (with _time, _per_cell, or _filling)."""
    from ..charging import no_figure
    from ..figures import ALIASES, DERIVED, names_of_figures

    if name not in DERIVED and name not in ALIASES:
        no_figure(StudyError, place, name, names_of_figures(window))
    if name.startswith("max_energy") and window is None:
        fail(StudyError, place, "have a window", f"{name} has none", "give [numerics] a window")
