"""Which points of an axis take about as long, so that those go together."""

from typing import Any

import jax
import numpy as np
from jax import lax

from ..batteries import AbstractBattery
from ..fields import settled


def costs_of(battery: AbstractBattery, fields: tuple, values: tuple, kinds: tuple[str, ...]) -> tuple[np.ndarray | None, ...]:
    """For each axis, numbers that rise with the work of its points; None where points are alone, or neighbours are alike."""
    if battery.memory:  # all points of an axis share their times and contours, and take as long
        return (None,) * len(kinds)
    return tuple(
        _along(battery, fields, values, k) if kinds[k] != "loop" and not all(map(_monotone, values[k])) else None
        for k in range(len(kinds))
    )


def _monotone(values: np.ndarray) -> bool:
    steps = np.diff(values)
    return bool(np.all(steps >= 0) or np.all(steps <= 0))


def _along(battery: AbstractBattery, fields: tuple, values: tuple, k: int) -> np.ndarray:
    """Turns of the fastest phase while the fastest figure turns once, in the middle of the other axes."""
    names = [name for group in fields for name in group]
    middle = [[column[len(column) // 2] for column in columns] for columns in values]

    def work(own: Any) -> Any:
        point = [value for j, group in enumerate(middle) for value in (own if j == k else group)]
        here = battery.put(**dict(zip(names, point, strict=True)))
        with settled(here):
            law: Any = here.law()
            return law.radius() / law.pace()

    return np.asarray(jax.jit(lambda columns: lax.map(work, columns))(values[k]))
