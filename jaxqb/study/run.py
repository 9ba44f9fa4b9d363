"""A study: its battery and figures, checked against each other, and the verb that answers it."""

import abc
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import JaxqbError, StudyError, fail, nearest
from . import words
from .read import read
from .tables import DesignTables, Grid, SweepTables

if TYPE_CHECKING:
    from ..batteries import AbstractBattery
    from ..design import Optimum

Fields = str | tuple[str, ...]


class Study(abc.ABC):
    """A study file that was read: `SweepStudy` or `DesignStudy`."""

    path: Path
    tables: Any

    @abc.abstractmethod
    def varied(self) -> Mapping[Fields, list[Any]]:
        """What varies, by field (or by several that move together): all values of a sweep, both bounds of a design."""

    def columns(self) -> Mapping[str, list[float]]:
        """The same, field by field."""
        columns = {}
        for names, given in self.varied().items():
            several = (names,) if isinstance(names, str) else names
            for k, name in enumerate(several):
                columns[name] = [value[k] if isinstance(value, tuple) else value for value in given]
        return columns

    def fields(self) -> list[str]:
        """What varies, one by one, in the order of the file."""
        return list(self.columns())

    @abc.abstractmethod
    def named(self) -> list[tuple[str, str]]:
        """Every figure that is named, with its place in the file."""

    @abc.abstractmethod
    def run(self) -> Any:
        """Check the study against its battery, and answer it."""

    def battery(self) -> "AbstractBattery":
        """The battery, with every name and value of the study checked; nothing is compiled.

        Raises:
            StudyError: in one sentence, with the name of the file.
        """
        try:
            return self._battery()
        except JaxqbError as error:
            raise StudyError(f"{self.path}: {error}") from None

    def _battery(self) -> "AbstractBattery":
        import numpy as np

        from ..fields import entry

        numerics, kind = self.tables.numerics, self.tables.battery.type
        table = "sweep" if isinstance(self, SweepStudy) else "design"
        battery_class = words.battery_class(kind)
        known, declared = words.numbers_of(battery_class), battery_class.declared()
        values = {}
        for name, given in self.columns().items():
            field = entry(name)[0]  # of gaps[0]: which are given whole in [battery]
            if field not in known:
                fail(StudyError, f"{table}.{name}", f"be a number of {kind}", "it is none", nearest(name, known))
            if field in declared:
                here = dataclasses.replace(declared[field], name=f"{table}.{name}")
                _ = [here.convert(value) for value in given]  # one by one, so that a sentence names the wrong one
            values[name] = np.asarray(given, dtype=float)
        for place, name in self.named():
            words.check_figure(place, name, numerics.window)
        words.method_of(numerics.method)
        fields = self.tables.battery.model_extra or {}
        if isinstance(self, SweepStudy):  # what is swept need not be given
            fields = {name: float(given[0]) for name, given in values.items() if name in known} | fields
        battery = words.battery_of(kind, fields)
        if battery.memory and numerics.window is None:
            must, fix = "be given for a battery with memory", "write below [numerics] e.g. window = 40.0"
            fail(StudyError, "numerics.window", must, "it is missing", fix)
        battery.hull(values)
        return battery


@dataclasses.dataclass(frozen=True)
class SweepStudy(Study):
    """Figures over axes."""

    path: Path
    tables: SweepTables

    def varied(self) -> Mapping[Fields, list[Any]]:
        axes = {}
        for key, axis in self.tables.sweep.items():
            names = tuple(part.strip() for part in key.split(","))
            values = axis.values() if isinstance(axis, Grid) else [tuple(x) if isinstance(x, list) else x for x in axis]
            for k, value in enumerate(values):
                if isinstance(value, tuple) and len(value) != len(names):
                    must, fix = f"have {len(names)} value{'s' * (len(names) > 1)}", "give one for each field"
                    fail(StudyError, f"sweep.{key}[{k}]", must, f"it has {len(value)}", fix)
            axes[names if len(names) > 1 else key.strip()] = values
        return axes

    def named(self) -> list[tuple[str, str]]:
        return [("figures", name) for name in self.tables.figures]

    def run(self, **options: Any) -> Any:
        """What `jaxqb.sweep` gives: a Dataset, or with dry_run=True an outlook. `options` are those of long sweeps."""
        from ..sweeps import sweep

        numerics = self.tables.numerics
        solved = {"window": numerics.window, "method": words.method_of(numerics.method)}
        shared = {"mapping": numerics.mapping, "chunk": numerics.chunk}
        return sweep(self.tables.figures, self.battery(), dict(self.varied()), **solved, **shared, **options)


@dataclasses.dataclass(frozen=True)
class DesignStudy(Study):
    """The best battery within bounds."""

    path: Path
    tables: DesignTables

    def varied(self) -> Mapping[Fields, list[float]]:
        return {name: list(bounds) for name, bounds in self.tables.design.items()}

    def named(self) -> list[tuple[str, str]]:
        objective = [(f"objective.{goal}", name) for goal, name in self.tables.objective if name is not None]
        return objective + [(f"constraints.{name}", name) for name in self.tables.constraints]

    def run(self) -> "Optimum":
        """The `Optimum` of `jaxqb.optimize`."""
        from ..design import optimize

        numerics, objective = self.tables.numerics, self.tables.objective
        constraints = {}
        for name, limits in self.tables.constraints.items():
            both = None not in (limits.at_least, limits.at_most)
            for key, sign, limit in (("at least", ">=", limits.at_least), ("at most", "<=", limits.at_most)):
                if limit is not None:
                    constraints[f"{name} {key}" if both else name] = (name, sign, limit)
        return optimize(
            objective.maximise or objective.minimise,
            self.battery(),
            {name: tuple(bounds) for name, bounds in self.varied().items()},
            constraints=constraints,
            minimise=objective.minimise is not None,
            starts=numerics.starts,
            method=numerics.search,
            steps=numerics.steps,
            key=numerics.seed,
            window=numerics.window,
            solver=words.method_of(numerics.method),
        )


def load(path: str | Path) -> SweepStudy | DesignStudy:
    """Read a study file and check its tables, keys and types (values are checked by `Study.battery`, which knows it).

    Args:
        path: of a TOML file.

    Raises:
        StudyError: in one sentence that names the file, the table and the key, and the nearest key that is known.
    """
    path = Path(path)
    tables = read(path)
    return SweepStudy(path, tables) if isinstance(tables, SweepTables) else DesignStudy(path, tables)
