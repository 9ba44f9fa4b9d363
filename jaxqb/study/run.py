"""A study: its battery and figures, checked against each other, and the verb that answers it."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import JaxqbError, StudyError, fail
from . import words
from .read import nearest, read
from .tables import DesignTables, Grid, SweepTables, Tables

if TYPE_CHECKING:
    import xarray as xr

    from ..batteries import AbstractBattery
    from ..design import Optimum


@dataclasses.dataclass(frozen=True)
class Study:
    """A study file and its tables."""

    path: Path
    tables: Tables

    def axes(self) -> dict[str | tuple[str, ...], list[float]]:
        """What varies, by field (or several that move together): all values of a sweep, both bounds of a design."""
        varied = self.tables.sweep if isinstance(self.tables, SweepTables) else self.tables.design
        values = {name: axis.values() if isinstance(axis, Grid) else list(axis) for name, axis in varied.items()}
        fields = {name: tuple(part.strip() for part in name.split(",")) for name in values}
        return {names if len(names) > 1 else names[0]: values[name] for name, names in fields.items()}

    def battery(self) -> "AbstractBattery":
        """The battery, with every name and value checked; nothing is compiled.

        What a sweep varies need not stand in [battery].

        Raises:
            StudyError: in one sentence, with the name of the file.
        """
        try:
            return self._battery()
        except JaxqbError as error:
            raise StudyError(f"{self.path}: {error}") from None

    def _battery(self) -> "AbstractBattery":
        tables = self.tables
        table = "sweep" if isinstance(tables, SweepTables) else "design"
        kind = tables.battery.type
        known, declared = words.numbers_of(words.battery_class(kind)), words.battery_class(kind).declared()
        values = {}
        for names, given in self.axes().items():
            for name in (names,) if isinstance(names, str) else names:
                if name not in known:
                    fail(StudyError, f"{table}.{name}", f"be a number of {kind}", "it is none", nearest(name, known))
                if name in declared:
                    here = dataclasses.replace(declared[name], name=f"{table}.{name}")
                    _ = [here.convert(value) for value in given]
                values[name] = given
        window = tables.numerics.window
        if isinstance(tables, SweepTables):
            named = [("figures", name) for name in tables.figures]
        else:
            named = [(f"objective.{goal}", name) for goal, name in tables.objective if name is not None]
            named += [(f"constraints.{name}", name) for name in tables.constraints]
        for place, name in named:
            words.check_figure(place, name, window)
        words.method_of(tables.numerics.method)
        first = {name: given[0] for name, given in values.items()} if table == "sweep" else {}
        battery = words.battery_of(kind, first | (tables.battery.model_extra or {}))
        battery.hull({name: _array(given) for name, given in values.items()})
        return battery

    def run(self, **options: Any) -> "xr.Dataset | Optimum":
        """The Dataset of a sweep, or the `Optimum` of a design; `options` go to `sweep` or `optimize`."""
        battery, tables = self.battery(), self.tables
        method = words.method_of(tables.numerics.method)
        if isinstance(tables, SweepTables):
            return _sweep(battery, tables, self.axes(), method, options)
        return _optimize(battery, tables, self.axes(), method, options)


def load(path: str | Path) -> Study:
    """Read a study file and check its tables, keys and types (batteries are checked by `Study.battery`).

    Args:
        path: of a TOML file.

    Raises:
        StudyError: in one sentence that names the file, the table and the key, and the nearest key that is known.
    """
    path = Path(path)
    return Study(path, read(path))


def _array(values: list[float]) -> Any:
    import numpy as np

    return np.asarray(values, dtype=float)


def _sweep(battery: Any, tables: SweepTables, axes: Any, method: Any, options: dict[str, Any]) -> "xr.Dataset":
    from ..sweep import sweep

    numerics = tables.numerics
    figures = words.figures_of(tables.figures, numerics.window, method)
    options = {"mapping": numerics.mapping, "chunk": numerics.chunk} | options
    data = sweep(figures, battery, axes, **options)
    for name in tables.figures:
        data[name].attrs |= words.label_of(name)
    return data


def _optimize(battery: Any, tables: DesignTables, bounds: Any, method: Any, options: dict[str, Any]) -> "Optimum":
    from ..design import optimize

    numerics, objective = tables.numerics, tables.objective
    constraints = {}
    for name, limits in tables.constraints.items():
        both = None not in (limits.at_least, limits.at_most)
        for key, sign, limit in (("least", ">=", limits.at_least), ("most", "<=", limits.at_most)):
            if limit is not None:
                constraints[f"{name} at {key}" if both else name] = (name, sign, limit)
    return optimize(
        objective.maximise or objective.minimise,
        battery,
        {name: tuple(pair) for name, pair in bounds.items()},
        constraints=constraints,
        minimise=objective.minimise is not None,
        starts=numerics.starts,
        method=numerics.search,
        steps=numerics.steps,
        key=numerics.seed,
        window=numerics.window,
        solver=method,
        **options,
    )
