"""States of spins, sorted by their number of excitations, and what flips and exchanges of spins make of them: tables."""

import functools
import itertools
import math
from typing import NamedTuple

import numpy as np

NOWHERE = 1 << 29  # beyond all elements, however it is added to


class Layout(NamedTuple):
    """Elements |a><b| of blocks, row by row, block after block: states a and b of each, and where a row begins.

    `begin` has one number a state, and a last one for no state: `NOWHERE`, which rows have too that are not there.
    """

    rows: np.ndarray
    columns: np.ndarray
    begin: np.ndarray


class Sectors(NamedTuple):
    """All states of which coherent superpositions occur together, sector by sector, each a block of the density matrix.

    `bits[a, j]`: whether spin j is excited in state a. `sizes`: how many states each sector has. `place[a]`: where state a stands
    in its sector, `NOWHERE` for no state. `ups[j, a]`, `downs[j, a]` and `swaps[j, a]`: the state with spin j flipped up, down,
    or exchanged with spin j + 1 (the last one with none); else no state, ``len(bits)``. `diagonal`: elements with a = b;
    `mirror`: from each element to the one with a and b exchanged. `lower` are the elements with one excitation less in b than in
    a (or, in the only sector, the same as `whole`).
    """

    bits: np.ndarray
    sizes: tuple[int, ...]
    place: np.ndarray
    ups: np.ndarray
    downs: np.ndarray
    swaps: np.ndarray
    whole: Layout
    diagonal: np.ndarray
    mirror: np.ndarray
    lower: Layout


@functools.lru_cache(maxsize=16)
def sectors(n: int, single: bool) -> Sectors:
    """Of n spins: one sector for each number of excitations; `single`: one, with the empty state and a single excitation."""
    if single:
        bits, sizes = np.vstack([np.zeros((1, n), bool), np.eye(n, dtype=bool)]), (n + 1,)
    else:
        bits = (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(bool)
        count = bits.sum(axis=1)
        bits, sizes = bits[np.argsort(count, kind="stable")], tuple(map(int, np.bincount(count)))
    first = [0, *itertools.accumulate(sizes)]
    place = np.arange(len(bits)) - np.repeat(first[:-1], sizes)
    one = np.eye(n, dtype=bool)
    ups, downs = (_states(bits, bits[None] ^ one[:, None], good) for good in (~bits.T, bits.T))
    walls = np.append(bits[:, 1:] != bits[:, :-1], np.zeros((len(bits), 1), bool), axis=1)
    swaps = _states(bits, bits[None] ^ (one | np.roll(one, -1, axis=0))[:, None], walls.T)
    blocks = list(zip(first, sizes, strict=False))
    whole = _layout(blocks, blocks, len(bits))
    element = lambda a, b: whole.begin[a] + place[b]  # noqa: E731
    diagonal, mirror = element(np.arange(len(bits)), np.arange(len(bits))), element(whole.columns, whole.rows)
    lower = whole if single else _layout(blocks[1:], blocks[:-1], len(bits))
    return Sectors(bits, sizes, np.append(place, NOWHERE), ups, downs, swaps, whole, diagonal, mirror.astype(np.int32), lower)


def size(n: int, single: bool) -> int:
    """How many real numbers all blocks hold."""
    counts = [n + 1] if single else [math.comb(n, m) for m in range(n + 1)]
    return sum(count**2 for count in counts)


@functools.lru_cache(maxsize=16)
def exchanges(n: int, single: bool, far: bool) -> tuple[np.ndarray, np.ndarray]:
    """For each pair of spins i < j (neighbours, or `far` all) the elements |a><b| where b is a with j lowered and i raised.

    And those with a and b exchanged; both of shape (pairs, elements), pairs in the order of `np.triu_indices`.
    """
    first, second = np.triu_indices(n, 1) if far else (np.arange(n - 1), np.arange(1, n))
    t, one = sectors(n, single), np.eye(n, dtype=bool)
    good = (t.bits[:, second] & ~t.bits[:, first]).T
    there = _states(t.bits, t.bits[None] ^ (one[first] | one[second])[:, None], good)
    here = np.nonzero(good)[1].reshape(len(first), -1)
    there = np.take_along_axis(there, here, axis=1)
    return t.whole.begin[here] + t.place[there], t.whole.begin[there] + t.place[here]


def _states(bits: np.ndarray, wanted: np.ndarray, good: np.ndarray) -> np.ndarray:
    """Where states stand among `bits`; their number for those that do not, or are not `good`."""
    powers = 1 << np.arange(bits.shape[1])
    known, asked = bits @ powers, wanted @ powers
    order = np.argsort(known)
    found = order[np.minimum(np.searchsorted(known[order], asked), len(known) - 1)]
    return np.where(good & (known[found] == asked), found, len(known))


def _layout(rows: list[tuple[int, int]], columns: list[tuple[int, int]], states: int) -> Layout:
    """Of blocks, each with (first, count) of its rows' and of its columns' states."""
    begin, total, a, b = np.full(states + 1, NOWHERE), 0, [], []
    for (row, height), (column, width) in zip(rows, columns, strict=True):
        begin[row : row + height] = total + width * np.arange(height)
        a.append(np.repeat(np.arange(row, row + height), width))
        b.append(np.tile(np.arange(column, column + width), height))
        total += height * width
    return Layout(np.concatenate(a).astype(np.int32), np.concatenate(b).astype(np.int32), begin)
