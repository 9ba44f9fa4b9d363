"""Study files: a sweep or a design written down in TOML, checked key by key before anything is compiled.

    figures = ["first_peak", "max_average_power"]   # what is tabulated

    [battery]                        # which battery, by its name and fields
    type = "SpinCharger"
    n_battery = 10
    n_charger = 10

    [sweep]                          # axes: a list of values or {start, stop, count, spacing};  or, in place of it,
    n_charger = [5, 10, 20]

    [design]                         # bounds of what may change, from the value that [battery] gives
    n_charger = [2, 40]

    [objective]                      # of a design: maximize or minimize one figure
    maximize = "max_average_power"

    [constraints]                    # of a design: bounds of other figures
    first_peak_per_cell = {at_least = 0.95}

    [numerics]                       # window, method, x64, ...: how it is computed
    [output]                         # where it is written

`load` checks tables, keys and types with neither jax nor a battery at hand; `Study.prepare` makes the battery and checks
fields, values and figures against it, still without compiling.
"""

import dataclasses
import difflib
import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from .errors import JaxqbError, StudyError, fail

if TYPE_CHECKING:
    from .batteries import AbstractBattery

Number = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
STARTS = ("localised", "thermal", "coherent", "populations")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Battery(_Table):
    """Its fields are checked in `prepare`, against the battery's own declarations."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    type: str


class Grid(_Table):
    """Evenly spaced values (of the logarithm, if so asked)."""

    start: Number
    stop: Number
    count: Count
    spacing: Literal["linear", "log"] = "linear"

    def values(self) -> list[float]:
        """The values, both ends included."""
        if self.spacing == "linear":
            step = (self.stop - self.start) / max(self.count - 1, 1)
            return [self.start + step * i for i in range(self.count)]
        ratio = math.log(self.stop / self.start) / max(self.count - 1, 1)
        return [self.start * math.exp(ratio * i) for i in range(self.count)]


Axis = Annotated[
    Annotated[Annotated[list[Number], Field(min_length=1)], Tag("list")] | Annotated[Grid, Tag("grid")],
    Discriminator(lambda value: "grid" if isinstance(value, (dict, Grid)) else "list"),
]


class Objective(_Table):
    """One figure, to be made large or small."""

    maximize: str | None = None
    minimize: str | None = None


class Range(_Table):
    """What a constraint allows."""

    at_least: Number | None = None
    at_most: Number | None = None


class Numerics(_Table):
    """How it is computed."""

    window: Positive | None = None
    method: str | None = None
    x64: bool = True
    mapping: str | None = None
    chunk: Count | None = None
    starts: Count | None = None


class Output(_Table):
    """What is written, and where."""

    directory: str | None = None
    store: str | None = None
    plot: bool = True


class Tables(_Table):
    """The tables of a study file and the keys above them."""

    title: str | None = None
    figures: Annotated[list[str], Field(min_length=1)] | None = None
    battery: Battery
    sweep: dict[str, Axis] | None = None
    design: dict[str, Annotated[list[Number], Field(min_length=2, max_length=2)]] | None = None
    objective: Objective | None = None
    constraints: dict[str, Range] = {}
    numerics: Numerics = Numerics()
    output: Output = Output()


def load(path: str | Path) -> "Study":
    """Read a study file and check its tables, keys and types.

    Args:
        path: of a TOML file.

    Raises:
        StudyError: in one sentence that names the file, the table and the key, and the nearest key that is known.
    """
    path = Path(path)
    try:
        tables = Tables.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        _check(tables)
    except FileNotFoundError:
        fail(StudyError, str(path), "be a study file", "there is no such file", "give the path of a TOML file")
    except (OSError, UnicodeDecodeError):
        fail(StudyError, str(path), "be a study file", "it cannot be read as text", "give the path of a TOML file")
    except tomllib.TOMLDecodeError as error:
        what = str(error)
        line = re.search(r"line (\d+)", what)
        place = f"line {line[1]}" if line else "the end of the file"
        fail(StudyError, str(path), "be valid TOML", f"the parser says: {what[:1].lower() + what[1:]}", f"mend {place}")
    except ValidationError as error:
        raise StudyError(f"{path}: {_sentence(error)}") from None
    except StudyError as error:
        raise StudyError(f"{path}: {error}") from None
    return Study(path, tables)


def nearest(name: str, known: Iterable[str]) -> str:
    """What to do about an unknown name: write the nearest known one, or one of all."""
    known = list(known)
    close = difflib.get_close_matches(name.lower(), [k.lower() for k in known], n=1, cutoff=0.5)
    if close:
        return f"write {next(k for k in known if k.lower() == close[0])}"
    return f"use one of {', '.join(known)}"


def _sentence(error: ValidationError) -> str:
    """The first thing pydantic found, unknown keys before all others, in our grammar."""
    found = min(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
    place = [part for part in found["loc"] if part not in ("list", "grid")]
    keys = [part for part in place if isinstance(part, str)]
    name, table = _dotted(place), ".".join(keys[:-1])
    where = f"a key of [{table}]" if table else "a table of a study, or a key above the tables"
    try:
        if found["type"] == "extra_forbidden":
            fail(StudyError, name, f"be {where}", "it is none", nearest(keys[-1], _keys(found["loc"][:-1])))
        if found["type"] == "missing":
            fix = f"add {keys[-1]} = ..." if table else f"add a table [{name}]"
            fail(StudyError, name, "be given", "it is missing", fix)
        must = found["msg"].removeprefix("Input should ").replace("dictionary", "table")
        if must.startswith("be a valid table or instance"):
            must = "be a table"
        given = "a table" if isinstance(found["input"], dict) else repr(found["input"])
        fail(StudyError, name, must[:1].lower() + must[1:], f"it is {given}", f"mend {keys[-1]}")
    except StudyError as sentence:
        return str(sentence)


def _dotted(place: list[Any]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def _keys(place: tuple[Any, ...]) -> list[str]:
    """The keys that are known at this place of a study."""
    models = {"battery": Battery, "objective": Objective, "numerics": Numerics, "output": Output}
    if not place:
        return list(Tables.model_fields)
    inner = {"constraints": Range, "sweep": Grid}
    return list((models | inner)[place[0]].model_fields)


def _check(tables: Tables) -> None:
    """What concerns several keys at once."""
    given = [name for name in ("sweep", "design") if getattr(tables, name) is not None]
    if len(given) != 1:
        but = "both are there" if given else "neither is there"
        fail(
            StudyError,
            "sweep or design",
            "be the one table that says what varies",
            but,
            "keep one of [sweep] and [design]",
        )
    (verb,) = given
    if not getattr(tables, verb):
        fail(StudyError, verb, "name a field of the battery", "it is empty", f"add e.g. n_charger = {_EXAMPLE[verb]}")
    if verb == "sweep":
        for name in ("objective", "constraints"):
            if getattr(tables, name):
                fail(StudyError, name, "belong to a design", "this is a sweep", f"remove [{name}], or write [design]")
        if tables.numerics.starts:
            fail(StudyError, "numerics.starts", "belong to a design", "this is a sweep", "remove starts")
        for name, axis in tables.sweep.items():
            if isinstance(axis, Grid) and axis.spacing == "log" and min(axis.start, axis.stop) <= 0:
                fail(
                    StudyError,
                    f"sweep.{name}",
                    "be positive where spacing is log",
                    "it is not",
                    'use spacing = "linear"',
                )
        return
    if tables.objective is None:
        fail(
            StudyError,
            "objective",
            "be given with [design]",
            "it is missing",
            'add [objective] with maximize = "max_average_power"',
        )
    if (tables.objective.maximize is None) == (tables.objective.minimize is None):
        but = "it has neither" if tables.objective.maximize is None else "it has both"
        fail(StudyError, "objective", "have one of maximize and minimize", but, "keep one of them")
    for name in ("mapping", "chunk"):
        if getattr(tables.numerics, name):
            fail(StudyError, f"numerics.{name}", "belong to a sweep", "this is a design", f"remove {name}")
    for name, (low, high) in tables.design.items():
        if not low < high:
            fail(
                StudyError,
                f"design.{name}",
                "be [lowest, highest]",
                f"it is [{low:g}, {high:g}]",
                f"write [{high:g}, {low:g}]",
            )
    for name, limit in tables.constraints.items():
        if limit.at_least is None and limit.at_most is None:
            fail(StudyError, f"constraints.{name}", "have at_least or at_most", "it has neither", "add at_least = ...")


_EXAMPLE = {"sweep": "[5, 10, 20]", "design": "[2, 40]"}


def battery_class(kind: str) -> type["AbstractBattery"]:
    """The battery of this name.

    >>> battery_class("SpinCharger").__name__
    'SpinCharger'
    """
    from .batteries import REGISTRY

    if kind not in REGISTRY:
        fail(StudyError, "battery.type", "name a battery", f"it is {kind!r}", nearest(kind, REGISTRY))
    return REGISTRY[kind]


def battery_of(kind: str, fields: Mapping[str, Any]) -> "AbstractBattery":
    """A battery from its name and what a user wrote for its fields; starts are tables such as ``{thermal = 2.0}``.

    Raises:
        StudyError, FieldError: where the name, a field or a value is none of this battery's.

    >>> battery_of("SpinCharger", {"n_battery": 2, "n_charger": 4, "charger_excitations": {"thermal": 2.0}}).capacity()
    Array(2., dtype=float64)
    """
    battery = battery_class(kind)
    known = {item.name: item for item in dataclasses.fields(battery) if item.init}
    for name in fields:
        if name not in known:
            fail(StudyError, f"battery.{name}", f"be a field of {kind}", "it is none", nearest(name, known))
    for name, item in known.items():
        if name not in fields and item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING:
            fail(StudyError, f"battery.{name}", f"be given for a {kind}", "it is missing", f"add {name} = ...")
    return battery(**{name: _start(name, value) for name, value in fields.items()})


def _start(name: str, value: Any) -> Any:
    """A start as the user wrote it; any other value as it is."""
    if not isinstance(value, Mapping):
        return value
    from . import batteries

    if len(value) != 1:
        fail(StudyError, f"battery.{name}", "have one key", f"it has {len(value)}", f"use one of {', '.join(STARTS)}")
    ((kind, number),) = value.items()
    if kind not in STARTS:
        fail(StudyError, f"battery.{name}.{kind}", "be a start", "it is none", nearest(kind, STARTS))
    return getattr(batteries, kind)(number)


@dataclasses.dataclass(frozen=True)
class Asked:
    """Figures of one charge, by the names of `names_of_figures`; a function of a battery that is compared by value."""

    names: tuple[str, ...]
    charging: Any

    def __call__(self, battery: Any) -> dict[str, Any]:
        out = self.charging(battery)
        for name in self.names:
            if name.endswith("_per_cell"):
                out[name] = out[name.removesuffix("_per_cell")] / battery.n_battery
        return {name: out[name] for name in (*self.names, "status")}


@dataclasses.dataclass(frozen=True)
class Study:
    """A study that was read: its file and its tables."""

    path: Path
    tables: Tables

    @property
    def verb(self) -> Literal["sweep", "optimize"]:
        """What the study asks for."""
        return "optimize" if self.tables.sweep is None else "sweep"

    def axes(self) -> dict[str, list[float]]:
        """Values of every axis of a sweep."""
        axes = self.tables.sweep or {}
        return {name: axis.values() if isinstance(axis, Grid) else axis for name, axis in axes.items()}

    def bounds(self) -> dict[str, tuple[float, float]]:
        """Bounds of every parameter of a design."""
        return {name: (low, high) for name, (low, high) in (self.tables.design or {}).items()}

    def prepare(self) -> tuple["AbstractBattery", Any]:
        """The battery and the figures, every name and value checked against them; nothing is compiled.

        Raises:
            StudyError: in one sentence, with the name of the file.
        """
        try:
            return self._battery(), self._figures()
        except JaxqbError as error:
            raise StudyError(f"{self.path}: {error}") from None

    def _battery(self) -> "AbstractBattery":
        kind, table = self.tables.battery.type, "sweep" if self.verb == "sweep" else "design"
        varied = {name: np.asarray(values, dtype=float) for name, values in (self.axes() | self.bounds()).items()}
        known = variable(battery_class(kind))
        for name in varied:
            if name not in known:
                fail(StudyError, f"{table}.{name}", f"be a number of {kind}", "it is none", nearest(name, known))
        first = {name: values[0] for name, values in self.axes().items()}
        battery = battery_of(kind, first | (self.tables.battery.model_extra or {}))
        try:
            battery.hull(varied)
        except JaxqbError as error:
            raise StudyError(f"[{table}] {error}") from None
        return battery

    def _figures(self) -> Any:
        from . import methods
        from .figures import LABELS, Charging

        numerics, method = self.tables.numerics, None
        if numerics.method is not None:
            known = [n for n, kind in vars(methods).items() if isinstance(kind, type) and not n.startswith("Abstract")]
            if numerics.method not in known:
                but = f"it is {numerics.method!r}"
                fail(StudyError, "numerics.method", "name a method", but, nearest(numerics.method, known))
            method = getattr(methods, numerics.method)()
        every = [name + suffix for name in LABELS for suffix in ("", "_time", "_per_cell")]
        for place, name in self._named():
            if name not in every:
                fail(StudyError, place, "name a figure", f"it is {name!r}", nearest(name, every))
            if name.startswith("max_energy") and numerics.window is None:
                fail(StudyError, place, "have a window", f"{name} has none", "add window = ... to [numerics]")
        names = tuple(dict.fromkeys(name for _, name in self._named()))
        bases = tuple(base for base in LABELS if any(name.startswith(base) for name in names))
        return Asked(names, Charging(bases, numerics.window, method))

    def _named(self) -> list[tuple[str, str]]:
        """Every figure that is named, with its place."""
        tables, named = self.tables, []
        if tables.objective is not None:
            named += [(f"objective.{goal}", name) for goal, name in tables.objective if name is not None]
        named += [(f"constraints.{name}", name) for name in tables.constraints]
        default = [] if named else ["first_peak", "max_average_power"]
        return named + [("figures", name) for name in tables.figures or default]


def variable(battery: type["AbstractBattery"]) -> list[str]:
    """Names of the fields of a battery that hold a number and may vary: declared ones and starts."""
    options = [item for item in dataclasses.fields(battery) if item.init and not item.metadata.get("static")]
    return [item.name for item in options]
