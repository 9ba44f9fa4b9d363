"""After the search: whole sizes, and parameters beside a bound put exactly there; the rest is optimised anew."""

import itertools
from typing import Any, NamedTuple

import numpy as np

from ..errors import Status
from .box import Box
from .constraints import Goals
from .search import WALL, Ends

FEASIBLE = 1e-6  # of a limit: how far a constraint may be missed
NEAR = 1e-3  # of the range: what counts as lying at a bound


class Trials(NamedTuple):
    """Rows of a second search: where they begin, what is held there, and the whole sizes of each row."""

    x: np.ndarray
    held: np.ndarray
    sizes: np.ndarray


def standing(ends: Ends, goals: Goals) -> list[tuple[int, float]]:
    """For each row, smaller is better: feasible ones by objective, others by violation, last what has no objective."""
    values = np.asarray(ends.point.values)
    violation = goals.violation(values)
    exists = ends.point.loss < WALL
    turn = 1.0 if goals.minimise else -1.0
    return [
        (2, 0.0) if not there else (0, turn * float(value)) if broken <= FEASIBLE else (1, float(broken))
        for there, value, broken in zip(exists, values[:, 0], violation, strict=True)
    ]


def better(one: tuple[int, float], other: tuple[int, float]) -> bool:
    """Whether `one` is better than `other` by more than rounding."""
    return one[0] < other[0] or (one[0] == other[0] and one[1] < other[1] - 1e-9 * abs(other[1]))


def statuses(ends: Ends) -> np.ndarray:
    """Status of each row: of its objective, of its derivatives, and whether the search came to rest."""
    known = np.where(ends.settled, int(Status.OK), int(Status.BUDGET_SPENT))
    dead = (ends.point.loss >= WALL) & (ends.point.status == Status.OK)
    known = np.where(~ends.point.smooth | dead, int(Status.NOT_FINITE), known)
    return np.where(ends.point.status != Status.OK, ends.point.status, known).astype(int)


def trials(box: Box, ends: Ends, ranking: list[int], rows: int) -> Trials | None:
    """Every combination of whole neighbours of the best sizes, from the best ends, with pinned parameters and without.

    The sizes of a row are NaN where they are not held. None if there is nothing to settle.
    """
    whole = np.array(box.whole)
    best = np.asarray(ends.point.x[ranking[0]])
    low, high = np.asarray(box.low), np.asarray(box.high)
    pairs = [
        sorted({float(np.clip(side(best[i]), np.ceil(low[i]), np.floor(high[i]))) for side in (np.floor, np.ceil)})
        for i in np.flatnonzero(whole)
    ]
    combinations = list(itertools.product(*pairs))
    pinned = np.array([box.side(best[i], i, NEAR) is not None for i in range(len(best))]) & ~whole
    if not whole.any() and not pinned.any():
        return None
    x, held = np.empty((rows, len(best))), np.zeros((rows, len(best)), bool)
    for row in range(rows):
        turn, which = divmod(row, len(combinations))
        # first all combinations from the best end with pinned parameters, then without, then from the next best ends
        x[row] = ends.point.x[ranking[(turn // 2) % len(ranking)]]
        x[row, whole] = combinations[which]
        held[row, whole] = True
        if turn % 2 == 0:
            sides = [box.side(x[row, i], i, NEAR) for i in range(len(best))]
            for i in np.flatnonzero(~whole):
                if sides[i] is not None:
                    x[row, i], held[row, i] = (low if sides[i] == "low" else high)[i], True
    return Trials(x, held, np.where(whole, x, np.nan))


def pick(ranks: list[tuple[int, float]], rows: Any) -> int:
    """The best row; among equals the first."""
    best = rows[0]
    for row in rows[1:]:
        if better(ranks[row], ranks[best]):
            best = row
    return int(best)
