"""A sweep in words that travel between processes: what is solved at each point, the points, and how they are mapped."""

import dataclasses
import math
from typing import Any

import numpy as np

from ..conventions import real_dtype
from .blocks import Solver, affordable
from .costs import costs_of
from .plan import CPU_BLOCK, batch, block_shape
from .program import Job, split


@dataclasses.dataclass(frozen=True)
class Grid:
    """What is solved, axes outermost first.

    Attributes:
        battery: the family of batteries, with placeholders for what is swept.
        figures: a function of a battery.
        fields: names of the fields of each axis.
        values: those of each field of each axis.
        kinds: how each axis is mapped.
        free: whether other kinds may be chosen.
        chunk: about how many points one has.
    """

    battery: Any
    figures: Any
    fields: tuple[tuple[str, ...], ...]
    values: tuple[tuple[np.ndarray, ...], ...]
    kinds: tuple[str, ...]
    free: bool
    chunk: int

    @property
    def lengths(self) -> tuple[int, ...]:
        """Points along each axis."""
        return tuple(len(columns[0]) for columns in self.values)

    def solver(self, devices: tuple[Any, ...]) -> Solver:
        """The compiled program on these devices, ready to solve chunks.

        Loops go through as many points as they are told, so that their program does not depend on the chunks: a point is the same
        in each, to the last bit.
        """
        arrays, static, leaves = split(self.battery, self.figures)
        points, free = math.prod(self.lengths), "vmap" not in self.kinds and devices[0].platform == "cpu"
        count = math.ceil(points / (CPU_BLOCK if free else self.chunk))
        shape = block_shape(self.lengths, self.kinds, count, len(devices))
        job = affordable(Job(static, leaves, self.fields, shape, self.kinds, real_dtype(), devices, points), self.free)
        return Solver(job, arrays, self.values, costs_of(self.battery, self.fields, self.values, job.kinds))

    def chunk_shape(self, job: Job, points: int | None = None) -> tuple[int, ...]:
        """Lengths of a chunk of so many points (default: as many as are wanted); whole batches."""
        wanted = points or self.chunk
        shape = block_shape(self.lengths, ("loop",) * len(self.lengths), math.ceil(math.prod(self.lengths) / wanted))
        lanes = batch(job.shape[-1]) if job.kinds[-1] == "lanes" else 1
        return (*shape[:-1], lanes * math.ceil(shape[-1] / lanes)) if shape[-1] > lanes else shape
