"""What surrounds an optimum: the given battery, the best one, and lines through it along each parameter; one sweep."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import words
from .run import DesignStudy

if TYPE_CHECKING:
    import xarray as xr

    from ..design import Optimum

POINTS = 41


class Around(NamedTuple):
    """Figures of the given battery, of the best one, and along each parameter with the others at their best."""

    given: "xr.Dataset"
    best: "xr.Dataset"
    lines: "list[xr.Dataset]"


def around(study: DesignStudy, best: "Optimum") -> Around:
    """Evaluate a design study's figures around its optimum.

    Args:
        study: with a [design] of scalar fields.
        best: what `study.run()` gave.
    """
    from ..sweeps import sweep

    battery = study.battery()
    names, declared = list(best.parameters), battery.declared()
    found = [float(best.parameters[name]) for name in names]
    points = [[_own(battery, name) for name in names], found]
    ends = []
    for k, (low, high) in enumerate(study.varied()[name] for name in names):
        grid = np.linspace(low, high, POINTS)
        if names[k] not in declared or declared[names[k]].size:
            grid = np.unique(np.round(grid))
        points += [[*found[:k], float(value), *found[k + 1 :]] for value in grid]
        ends.append(len(points))
    figures = dict.fromkeys([*(name for _, name in study.named()), "first_peak", "max_average_power"])
    numerics = study.tables.numerics
    method = words.method_of(numerics.method)
    axes = {tuple(names): [tuple(row) for row in points]} if len(names) > 1 else {names[0]: [row[0] for row in points]}
    data = sweep(list(figures), battery, axes, window=numerics.window, method=method, progress=False)
    lines = []
    for name, begin, end in zip(names, [2, *ends], ends, strict=False):
        line = data.isel({names[0]: slice(begin, end)}).swap_dims({} if name == names[0] else {names[0]: name})
        lines.append(line.drop_vars([other for other in names if other != name]))
    return Around(data.isel({names[0]: 0}), data.isel({names[0]: 1}), lines)


def _own(battery: Any, name: str) -> float:
    """Where a parameter begins; a full charger counts its spins."""
    value = getattr(battery, name)
    if hasattr(value, "highest"):
        value = getattr(value, "number", None)
        value = battery.n_charger if value is None else value
    return float(value)
