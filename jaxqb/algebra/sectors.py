"""States of spins, sorted by their number of excitations, and which of them a hop or a flip leads to: tables of numbers."""

import functools
from typing import NamedTuple

import numpy as np


class Sector(NamedTuple):
    """States of which coherent superpositions occur, and where operators lead from each: to a row of some sector.

    `bits[s, j]`: whether spin j is excited in state s. `hops[k, s]`: the row that an exchange over bond `bonds[k, s]` leads to; a
    last bond, which is none, fills up. `ups[j, s]` and `downs[j, s]`: rows of the sectors `above` and `below` with spin j flipped
    up or down; where it cannot be, the number of rows there.
    """

    bits: np.ndarray
    hops: np.ndarray
    bonds: np.ndarray
    ups: np.ndarray
    downs: np.ndarray
    above: int | None
    below: int | None


@functools.lru_cache(maxsize=16)
def sectors(n: int, single: bool) -> tuple[Sector, ...]:
    """Of n spins: one sector for each number of excitations; `single`: one, with the empty state and a single excitation."""
    if single:
        both = np.vstack([np.zeros((1, n), bool), np.eye(n, dtype=bool)])
        return (_sector(n, both, both, both, 0, 0),)
    every = (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(bool)
    each = [every[every.sum(axis=1) == m] for m in range(n + 1)]
    near = lambda m: each[m] if 0 <= m <= n else np.zeros((0, n), bool)  # noqa: E731
    number = lambda m: m if 0 <= m <= n else None  # noqa: E731
    return tuple(_sector(n, each[m], near(m + 1), near(m - 1), number(m + 1), number(m - 1)) for m in range(n + 1))


def size(n: int, single: bool) -> int:
    """How many real numbers all sectors' density matrices hold."""
    counts = np.array([n + 1]) if single else np.cumprod([1, *((n - k) / (k + 1) for k in range(n))])
    return int(np.sum(np.round(counts) ** 2))


@functools.lru_cache(maxsize=16)
def exchanges(n: int, single: bool, far: bool) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """For each sector, and pair of spins i < j (neighbours, or `far` all): all rows with j excited, i not, and exchanged ones.

    Two arrays (pairs, rows) a sector; pairs are in the order of `np.triu_indices`.
    """
    first, second = np.triu_indices(n, 1) if far else (np.arange(n - 1), np.arange(1, n))
    out = []
    for sector in sectors(n, single):
        rows = [np.nonzero(sector.bits[:, j] & ~sector.bits[:, i])[0] for i, j in zip(first, second, strict=True)]
        flip = np.zeros((len(first), n), bool)
        flip[np.arange(len(first)), first] = flip[np.arange(len(first)), second] = True
        there = [_rows(sector.bits, sector.bits[row] ^ one) for row, one in zip(rows, flip, strict=True)]
        out.append((np.array(rows, np.int32), np.array(there, np.int32)))
    return tuple(out)


def _rows(bits: np.ndarray, states: np.ndarray) -> np.ndarray:
    """Where states stand in a sector, which is in the order of binary numbers, spin 0 last; its length if they do not."""
    powers = 1 << np.arange(bits.shape[1])
    known, asked = bits @ powers, states @ powers
    if not len(known):
        return np.zeros(len(asked), int)
    rows = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return np.where(known[rows] == asked, rows, len(known))


def _sector(n: int, bits: np.ndarray, upper: np.ndarray, lower: np.ndarray, above: int | None, below: int | None) -> Sector:
    one = np.eye(n, dtype=bool)
    walls = bits[:, 1:] != bits[:, :-1]
    width = int(walls.sum(axis=1).max(initial=0))
    hops, bonds = np.zeros((width, len(bits)), np.int32), np.full((width, len(bits)), n - 1, np.int32)
    state, bond = np.nonzero(walls)
    place = (np.cumsum(walls, axis=1) - 1)[state, bond]
    hops[place, state] = _rows(bits, bits[state] ^ one[bond] ^ one[bond + 1])
    bonds[place, state] = bond
    ups, downs = np.zeros((2, n, len(bits)), np.int32)
    for j in range(n):
        ups[j] = np.where(bits[:, j], len(upper), _rows(upper, bits | one[j]))
        downs[j] = np.where(bits[:, j], _rows(lower, bits & ~one[j]), len(lower))
    return Sector(bits, hops, bonds, ups, downs, above, below)
