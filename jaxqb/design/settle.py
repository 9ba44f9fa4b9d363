"""After the search: sizes become whole, and the other parameters are optimised anew."""

import itertools
from typing import Any, NamedTuple

import numpy as np

from ..errors import Status
from .box import Box
from .constraints import Goals
from .search import Ends

FEASIBLE = 1e-6  # of a limit: how far a constraint may be missed
NEAR = 1e-3  # of the range: what counts as lying at a bound


class Trials(NamedTuple):
    """Rows of a second search: where they begin, and what is held there."""

    x: np.ndarray
    held: np.ndarray


def standing(ends: Ends, goals: Goals) -> list[tuple[int, float]]:
    """For each row, smaller is better: feasible ones by objective, others by violation, last what has no objective."""
    values = np.asarray(ends.point.values)
    violation = goals.violation(values)
    turn = 1.0 if goals.minimise else -1.0
    return [
        (2, 0.0) if not there else (0, turn * float(value)) if broken <= FEASIBLE else (1, float(broken))
        for there, value, broken in zip(ends.alive, values[:, 0], violation, strict=True)
    ]


def better(one: tuple[int, float], other: tuple[int, float]) -> bool:
    """Whether `one` is better than `other` by more than rounding."""
    return one[0] < other[0] or (one[0] == other[0] and one[1] < other[1] - 1e-9 * abs(other[1]))


def statuses(ends: Ends) -> np.ndarray:
    """Status of each row: of its objective, of its derivatives, and whether the search came to rest."""
    known = np.where(ends.settled, int(Status.OK), int(Status.BUDGET_SPENT))
    dead = ~ends.alive & (ends.point.status == Status.OK)
    known = np.where(~ends.point.smooth | dead, int(Status.NOT_FINITE), known)
    return np.where(ends.point.status != Status.OK, ends.point.status, known).astype(int)


def trials(box: Box, ends: Ends, ranking: list[int], rows: int) -> Trials:
    """Every combination of whole neighbours of the best sizes, each begun at several of the best ends."""
    whole = np.array(box.whole)
    x = np.asarray(ends.point.x)[[ranking[0]] * rows]
    low, high = np.ceil(np.asarray(box.low)), np.floor(np.asarray(box.high))
    neighbours = [
        sorted({float(np.clip(side(x[0, i]), low[i], high[i])) for side in (np.floor, np.ceil)}) for i in np.flatnonzero(whole)
    ]
    combinations = list(itertools.product(*neighbours))
    for row in range(rows):
        turn, which = divmod(row, len(combinations))
        x[row] = ends.point.x[ranking[turn % len(ranking)]]
        x[row, whole] = combinations[which]
    return Trials(x, np.tile(whole, (rows, 1)))


def pick(ranks: list[tuple[int, float]], rows: Any) -> int:
    """The best row; among equals the first."""
    best = rows[0]
    for row in rows[1:]:
        if better(ranks[row], ranks[best]):
            best = row
    return int(best)
