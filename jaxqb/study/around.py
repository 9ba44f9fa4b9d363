"""What surrounds an optimum: the given battery, the best one, and lines through it along each parameter; one sweep."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import words
from .run import Study

if TYPE_CHECKING:
    import xarray as xr

    from ..design import Optimum

POINTS = 41


class Around(NamedTuple):
    """Figures of the given battery, of the best one, and along each parameter with the others at their best."""

    given: "xr.Dataset"
    best: "xr.Dataset"
    lines: "list[xr.Dataset]"


def around(study: Study, best: "Optimum") -> Around:
    """Evaluate a design study's figures around its optimum.

    Args:
        study: with a [design] of scalar fields.
        best: what `study.run()` gave.
    """
    from ..sweep import sweep

    tables, battery = study.tables, study.battery()
    names, declared = list(best.parameters), battery.declared()
    found = [float(best.parameters[name]) for name in names]
    points = [_own(battery, names), found]
    ends = []
    for k, (low, high) in enumerate(study.axes()[name] for name in names):
        grid = np.linspace(low, high, POINTS)
        if names[k] not in declared or declared[names[k]].size:
            grid = np.unique(np.round(grid))
        points += [[*found[:k], float(value), *found[k + 1 :]] for value in grid]
        ends.append(len(points))
    objective = [name for _, name in tables.objective if name is not None]
    figures = dict.fromkeys([*objective, *tables.constraints, "first_peak", "max_average_power"])
    numerics = tables.numerics
    asked = words.figures_of(figures, numerics.window, words.method_of(numerics.method))
    axes = {tuple(names): [tuple(row) for row in points]} if len(names) > 1 else {names[0]: [row[0] for row in points]}
    data = sweep(asked, battery, axes, progress=False)
    for name in figures:
        data[name].attrs |= words.label_of(name)
    lines = []
    for name, begin, end in zip(names, [2, *ends], ends, strict=False):
        line = data.isel({names[0]: slice(begin, end)}).swap_dims({} if name == names[0] else {names[0]: name})
        lines.append(line.drop_vars([other for other in names if other != name]))
    return Around(data.isel({names[0]: 0}), data.isel({names[0]: 1}), lines)


def _own(battery: Any, names: list[str]) -> list[float]:
    """Where the design begins; a full charger counts its spins."""
    values = [getattr(battery, name) for name in names]
    values = [getattr(value, "number", battery.n_charger) if hasattr(value, "highest") else value for value in values]
    return [float(value) for value in values]
