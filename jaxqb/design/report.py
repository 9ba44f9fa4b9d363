"""From the ends of a search to an `Optimum`."""

from typing import Any

import numpy as np

from ..errors import Status
from .box import Box
from .constraints import Goals
from .optimum import Constraint, Optimum
from .search import Ends
from .settle import FEASIBLE, NEAR, Trials, pick, standing, statuses


def summarise(
    battery: Any,
    box: Box,
    goals: Goals,
    *,
    given: float,
    begun: tuple[np.ndarray, np.ndarray],
    searched: tuple[Ends, int],
    chosen: tuple[Ends, int],
    settled: tuple[Ends | None, Trials | None],
    unit: float,
    method: str,
    clock: list[float],
    notes: tuple[str, ...],
) -> Optimum:
    """The result from the ends of the search, the row that was chosen, and the integers that were tried."""
    ends, leader = searched
    final, row = chosen
    count = len(begun[0])
    values, x = np.asarray(final.point.values)[row], np.asarray(final.point.x)[row]
    reached = np.asarray(ends.point.values)[:count]
    exists = bool(final.alive[row])
    parameters = {name: value if np.ndim(value) else float(value) for name, value in box.leaves(x).items()}
    status = Status(int(statuses(final)[row]))
    multipliers = np.asarray(ends.multipliers)[leader] * unit
    trail = np.asarray(ends.trail)[leader][: int(ends.steps[leader])]
    return Optimum(
        battery=battery.replace(**parameters) if exists else battery,
        objective=goals.labels[0],
        parameters=parameters,
        value=float(values[0]),
        start_value=given,
        at_bound={name: _side(box, float(x[i]), i) for i, name in enumerate(box.names)},
        constraints=_constraints(goals, values, multipliers),
        relaxed=_relaxed(box, ends, leader) if any(box.whole) else None,
        integers=_integers(box, goals, *settled) if any(box.whole) else [],
        starts={
            "begin": begun[0],
            "end": np.asarray(ends.point.x)[:count],
            "value": reached[:, 0],
            "violation": goals.violation(reached),
            "status": statuses(ends)[:count],
            "steps": np.asarray(ends.steps)[:count],
            "moved": begun[1],
        },
        history={"value": trail[:, 0]} | {name: trail[:, 1 + i] for i, name in enumerate(box.names)},
        names=box.names,
        minimise=goals.minimise,
        converged=exists and status == Status.OK and bool(goals.violation(values) <= FEASIBLE),
        status=status,
        method=method,
        seconds={"compile": clock[1] - clock[0], "run": clock[2] - clock[1]},
        notes=notes,
    )


def _side(box: Box, x: float, i: int) -> str | None:
    """A whole size is at a bound where the next integer would leave the box."""
    if not box.whole[i] or x != round(x):
        return box.side(x, i, NEAR)
    return "low" if x - 1 < box.low[i] else "high" if x + 1 > box.high[i] else None


def _constraints(goals: Goals, values: np.ndarray, multipliers: np.ndarray) -> dict[str, Constraint]:
    units, broken = goals.units, goals.gaps(values)
    report = {}
    for i, (label, sign) in enumerate(zip(goals.labels[1:], goals.signs, strict=True)):
        holds = bool((abs(broken[i]) if sign == "==" else -broken[i]) <= FEASIBLE)
        cost = float(multipliers[i] / units[i])
        report[label] = Constraint(sign, float(goals.limits[i]), float(values[i + 1]), holds, cost)
    return report


def _relaxed(box: Box, ends: Ends, row: int) -> dict[str, float]:
    named = {name: float(ends.point.x[row, i]) for i, name in enumerate(box.names)}
    return named | {"value": float(ends.point.values[row, 0])}


def _integers(box: Box, goals: Goals, settled: Ends | None, tried: Trials | None) -> list[dict[str, Any]]:
    """The best row of each combination of whole sizes."""
    if settled is None or tried is None:
        return []
    ranks, known = standing(settled, goals), statuses(settled)
    whole = np.flatnonzero(box.whole)
    table = []
    for sizes in np.unique(tried.x[:, whole], axis=0):
        row = pick(ranks, np.flatnonzero(np.all(tried.x[:, whole] == sizes, axis=1)))
        table.append(
            {
                "sizes": {box.names[i]: int(size) for i, size in zip(whole, sizes, strict=True)},
                "parameters": {name: float(settled.point.x[row, i]) for i, name in enumerate(box.names)},
                "value": float(settled.point.values[row, 0]),
                "feasible": ranks[row][0] == 0,
                "status": Status(int(known[row])),
            }
        )
    return table
