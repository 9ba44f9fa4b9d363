"""What surrounds an optimum: the given battery, the best one, and lines through it along each parameter; one sweep."""

from typing import TYPE_CHECKING, NamedTuple

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
        study: with a [design]; of a field of several numbers each is a parameter.
        best: what `study.run()` gave.
    """
    from ..design.bounds import own_value
    from ..fields import entry
    from ..sweeps import sweep

    battery = study.battery()
    names, declared = list(best.names), battery.variables()
    found = np.hstack([best.parameters[field] for field in best.parameters]).tolist()
    points = [np.hstack([own_value(battery, field) for field in best.parameters]).tolist(), found]
    ends = []
    for k, field in enumerate(entry(name)[0] for name in names):
        low, high = study.varied()[field]
        grid = np.linspace(low, high, POINTS)
        if field not in declared or declared[field].size:
            grid = np.unique(np.round(grid))
        points += [[*found[:k], float(value), *found[k + 1 :]] for value in grid]
        ends.append(len(points))
    figures = dict.fromkeys([*(name for _, name in study.named()), "first_peak", "max_average_power"])
    numerics = study.tables.numerics
    method = words.method_of(numerics.method)
    axes = {tuple(names): [tuple(row) for row in points]} if len(names) > 1 else {names[0]: [row[0] for row in points]}
    data = sweep(list(figures), battery, axes, window=numerics.window, method=method, progress=False)
    for name in names:
        if number := name.removeprefix(entry(name)[0]):  # entries are told apart
            data[name].attrs["long_name"] += f" {number}"
    lines = []
    for name, begin, end in zip(names, [2, *ends], ends, strict=False):
        line = data.isel({names[0]: slice(begin, end)}).swap_dims({} if name == names[0] else {names[0]: name})
        lines.append(line.drop_vars([other for other in names if other != name]))
    return Around(data.isel({names[0]: 0}), data.isel({names[0]: 1}), lines)
