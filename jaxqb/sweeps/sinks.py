"""Where chunks go: arrays in memory, or a store."""

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .blocks import Corner
from .store import Store

Chunk = tuple[Corner, Corner]


class Pieces:
    """A grid in chunks, and the way from the order of evaluation to the order in which axes were given.

    Attributes:
        lengths: points along each axis, outermost first.
        shape: of a chunk.
        as_given: from each axis as it was given to its place in the order of evaluation.
    """

    def __init__(self, lengths: Corner, shape: Corner, order: Corner) -> None:
        self.lengths, self.shape = lengths, shape
        self.as_given = tuple(order.index(k) for k in range(len(order)))

    @property
    def counts(self) -> Corner:
        """Chunks along each axis."""
        return tuple(math.ceil(n / c) for n, c in zip(self.lengths, self.shape, strict=True))

    def all(self) -> list[tuple[int, ...]]:
        """Every chunk, by its place."""
        return list(itertools.product(*map(range, self.counts)))

    def corners(self, place: Corner) -> Chunk:
        """The first point of a chunk, and the one after its last."""
        low = tuple(p * c for p, c in zip(place, self.shape, strict=True))
        return low, tuple(min(a + c, n) for a, c, n in zip(low, self.shape, self.lengths, strict=True))

    def given(self, numbers: Corner) -> Corner:
        """Numbers, one an axis, in the order in which axes were given."""
        return tuple(numbers[k] for k in self.as_given)

    def evaluated(self, numbers: Corner) -> Corner:
        """The inverse of `given`."""
        return tuple(numbers[self.as_given.index(k)] for k in range(len(numbers)))

    def turned(self, array: np.ndarray) -> np.ndarray:
        """An array with its axes as they were given."""
        return array.transpose(*self.as_given, *range(len(self.as_given), array.ndim))


class Memory:
    """All of a grid as arrays, in the order given."""

    def __init__(self, pieces: Pieces, outputs: Mapping[str, Any]) -> None:
        self.pieces, self.todo = pieces, list(map(pieces.corners, pieces.all()))
        shape = pieces.given(pieces.lengths)
        self.arrays = {name: np.empty(shape + inner, dtype) for name, (inner, dtype) in outputs.items()}

    def publish(self, chunk: Chunk, arrays: Mapping[str, np.ndarray]) -> None:
        place = tuple(slice(a, b) for a, b in zip(*map(self.pieces.given, chunk), strict=True))
        for name, array in arrays.items():
            self.arrays[name][place] = self.pieces.turned(array)


class Disk:
    """A store, and which chunks it lacks.

    Attributes:
        damaged: how many of these are there, but not as they were written.
    """

    def __init__(self, pieces: Pieces, store: Store) -> None:
        self.pieces, self.store = pieces, store
        missing, self.damaged = store.missing()
        self.todo = [pieces.corners(pieces.evaluated(place)) for place in missing]

    def publish(self, chunk: Chunk, arrays: Mapping[str, np.ndarray]) -> None:
        place = tuple(a // c for a, c in zip(chunk[0], self.pieces.shape, strict=True))
        self.store.publish(self.pieces.given(place), {name: self.pieces.turned(array) for name, array in arrays.items()})
