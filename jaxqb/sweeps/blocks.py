"""A chunk of a grid, block by block: smaller blocks where memory runs out."""

import dataclasses
import functools
import math
from typing import Any

import jax
import numpy as np

from .plan import CACHE, tiles
from .program import Job, Program, build

HOST_MEMORY = 2.0 * 2**30  # bytes of temporaries a block may take on a CPU
DEVICE_SHARE = 0.5  # of an accelerator's memory

Corner = tuple[int, ...]


def affordable(job: Job, free: bool) -> Job:
    """The job as its memory estimate allows: lanes that overflow a cache become loops (if `free`), blocks halve."""
    while True:
        need = build(job).temporaries
        if free and "lanes" in job.kinds and need > CACHE:
            job = dataclasses.replace(job, kinds=("loop",) * len(job.kinds))
        elif need > _budget(job.devices[0]) and max(job.shape) > 1:
            job = job.halved()
        else:
            return job


@functools.cache
def _budget(device: Any) -> float:
    """Bytes that a block may take for temporaries."""
    if device.platform == "cpu":
        return HOST_MEMORY
    limit = (device.memory_stats() or {}).get("bytes_limit")
    return DEVICE_SHARE * limit if limit else math.inf


class Solver:
    """Solves rectangles of one grid; axes outermost first.

    Attributes:
        job: what is compiled; it becomes smaller where memory runs out.
        arrays: those of battery and figures.
        grids: for each axis, the values of its fields.
        costs: for each axis, numbers that rise with the work of its points, or None where their order does not matter.
    """

    def __init__(self, job: Job, arrays: list[Any], grids: tuple, costs: tuple) -> None:
        self.job, self.arrays, self.grids, self.costs = job, arrays, grids, costs

    def __call__(self, low: Corner, high: Corner) -> dict[str, np.ndarray]:
        """Arrays by name, of the points from `low` up to `high` (status as int8)."""
        size = tuple(b - a for a, b in zip(low, high, strict=True))
        rows = [_alike(np.arange(a, b), cost) for a, b, cost in zip(low, high, self.costs, strict=True)]
        back = np.ix_(*(np.argsort(row) for row in rows))
        out = build(self.job).out
        found = {name: np.empty((*size, *one.shape[len(size) :]), one.dtype) for name, one in out.items()}
        waiting = _parts(self.job, (0,) * len(size), size)
        while waiting:
            job, begin, end = waiting.pop()
            try:
                block = _solve(build(job), job, self.arrays, self.grids, rows, begin, end)
            except jax.errors.JaxRuntimeError as error:
                if "RESOURCE_EXHAUSTED" not in str(error) or max(job.shape) == 1:
                    raise
                self.job = min(self.job, job.halved(), key=lambda job: math.prod(job.shape))
                waiting += _parts(self.job, begin, end)
                continue
            for name, array in block.items():
                found[name][tuple(map(slice, begin, end))] = array
        if any(cost is not None for cost in self.costs):
            found = {name: array[back] for name, array in found.items()}
        return {name: array.astype(np.int8) if name == "status" else array for name, array in found.items()}


def _parts(job: Job, low: Corner, high: Corner) -> list[tuple[Job, Corner, Corner]]:
    """Blocks of a rectangle, the first one last."""
    return [(job, *tile) for tile in tiles(low, high, job.shape)][::-1]


def _alike(row: np.ndarray, cost: np.ndarray | None) -> np.ndarray:
    """Points of an axis such that those of equal work are neighbours."""
    return row if cost is None else row[np.argsort(cost[row], kind="stable")]


def _solve(program: Program, job: Job, arrays: list[Any], grids: tuple, rows: list, begin: Corner, end: Corner) -> dict[str, Any]:
    """One block, of the points that are wanted; the rest of it repeats one of them."""
    dealt = job.dealt(tuple(b - a for a, b in zip(begin, end, strict=True)))
    parts = []
    for columns, row, a, b, n, (places, _) in zip(grids, rows, begin, end, job.shape, dealt, strict=True):
        wanted = np.full(n, row[a])
        wanted[places] = row[a:b]
        parts.append(tuple(values[wanted] for values in columns))
    block = jax.device_get(program.run(arrays, tuple(parts), tuple(counts for _, counts in dealt)))
    return {name: array[np.ix_(*(places for places, _ in dealt))] for name, array in block.items()}
