r"""Two groups of spins 1/2, each without order: their numbers, and what their generators do to them. Tables, made on the host.

A state of N spins that no exchange of them changes lies in towers of collective spin j = N/2 - a, a = 0, 1, ...: tower a holds
the levels of e = a, ..., N - a excited spins and occurs ``C(N, a) - C(N, a - 1)`` times, and all copies are in the same state:

.. math:: \rho = \sum_a \sum_{e, e'} r_a(e, e')\, \frac{1}{d_a} \sum_{i=1}^{d_a} |a\, i\, e\rangle\langle a\, i\, e'|

so that r counts all copies together, and its trace is one. Of two groups only numbers between as many excitations in all are
kept, ``m + n = m' + n'`` for battery levels m, m' and charger levels n, n', for no other ones are reached from them; they are
real, so those with m < m' are mirror images of others. Coordinates are these numbers times `scales`, so that the sum of their
squares is that of the density matrix.

What the spins of a group do one by one leads from tower a to a - 1, a and a + 1. A component of a spin is a component of a
vector, whose elements within and between towers depend on the levels as those of any other vector do (Wigner and Eckart), so
that for each pair of towers ``sum_i s_i rho s_i^+`` is a product of an amplitude of the ket, one of the bra and one number.
Source of these: B. A. Chase & J. M. Geremia, Phys. Rev. A 78, 052101 (2008).
"""

import functools
import math
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

FALL, RISE, LOCAL_FALL, LOCAL_RISE, DEPHASE, SWAP = range(6)  # kinds of terms
TERMS = 35  # of which a derivative is the sum


class Elements(NamedTuple):
    """The numbers that are kept: towers and levels of ket and bra, battery and charger by row; `lookup` finds them."""

    cells: tuple[int, int]
    towers: Int[np.ndarray, "2 n"]
    ket: Int[np.ndarray, "2 n"]
    bra: Int[np.ndarray, "2 n"]
    lookup: Int[np.ndarray, "battery_towers charger_towers battery_ket battery_bra charger_ket"]

    def find(self, towers: Any, ket: Any, bra: Any) -> tuple[Int[np.ndarray, "*shape"], Bool[np.ndarray, "*shape"]]:
        """Where numbers (or their mirror images) stand, and whether there are such."""
        mirrored = ket[0] < bra[0]
        ket, bra = np.where(mirrored, bra, ket), np.where(mirrored, ket, bra)
        there = np.ones(ket.shape[1:], bool)
        for size, a, e, f in zip(self.cells, towers, ket, bra, strict=True):
            there &= (a >= 0) & (2 * a <= size) & _holds(size, a, e) & _holds(size, a, f)
        key = [np.where(there, x, 0) for x in (*towers, ket[0], bra[0], ket[1])]
        return self.lookup[tuple(key)], there


class Generator(NamedTuple):
    """Sums of a few coordinates each: ``y' = sum_s rate[kinds[s]] weights[s] y[sources[s]]``."""

    kinds: Int[np.ndarray, " terms"]
    sources: Int[np.ndarray, "terms n"]
    weights: Float[np.ndarray, "terms n"]


def count(cells: int, chargers: int, most: float | int = math.inf) -> int:
    """How many numbers are kept; counting stops beyond `most`."""
    total, c = 0.0, np.arange(chargers + 1.0, 0.0, -2.0)
    for b in range(cells + 1, 0, -2):
        k = np.minimum(b, c)  # for each distance from the diagonal one number fewer of either
        total += np.sum(k * (k + 1) * ((2 * k + 1) / 3 + np.abs(b - c)) / 2)
        if total > most:
            break
    return round(total)


def table_bytes(cells: int, chargers: int, most: float | int = math.inf) -> int:
    """Memory of `generator`, or a smaller number beyond `most`."""
    each = TERMS * (np.dtype(np.int32).itemsize + np.dtype(np.float64).itemsize)
    return each * count(cells, chargers, most / each)


def copies(cells: int) -> Float[np.ndarray, " towers"]:
    """How often each tower occurs."""
    return np.array([math.comb(cells, a) - (math.comb(cells, a - 1) if a else 0) for a in range(cells // 2 + 1)], float)


@functools.lru_cache(8)
def elements(cells: int, chargers: int) -> Elements:
    """The numbers of two groups."""
    shape = (cells // 2 + 1, chargers // 2 + 1, cells + 1, cells + 1, chargers + 1)
    a, b, m, p, n = np.indices(shape, sparse=True)
    inside = (m >= p) & _holds(cells, a, m) & _holds(cells, a, p) & _holds(chargers, b, n) & _holds(chargers, b, m + n - p)
    lookup = np.where(inside, np.cumsum(inside, dtype=np.int32).reshape(shape) - 1, 0)
    a, b, m, p, n = np.nonzero(inside)
    return Elements((cells, chargers), np.stack([a, b]), np.stack([m, n]), np.stack([p, m + n - p]), lookup)


@functools.lru_cache(8)
def scales(cells: int, chargers: int) -> Float[np.ndarray, " n"]:
    """What makes coordinates of numbers: all copies share one number, and a mirror image counts as well."""
    at = elements(cells, chargers)
    shared = copies(cells)[at.towers[0]] * copies(chargers)[at.towers[1]]
    return np.sqrt(np.where(at.ket[0] == at.bra[0], 1.0, 2.0) / shared)


@functools.lru_cache(8)
def generator(cells: int, chargers: int) -> Generator:
    """Of a bath that sees the sum of all spins (kinds FALL, RISE, and SWAP for what both do) and of spins one by one."""
    at, scale = elements(cells, chargers), scales(cells, chargers)
    terms = [*_collective(at), *(term for group in (0, 1) for term in _local(at, group)), *_losses(at)]
    kinds, sources, weights = zip(*terms, strict=True)
    sources = np.stack(sources).astype(np.int32)
    return Generator(np.array(kinds), sources, np.stack(weights) * (scale / scale[sources]))


@functools.lru_cache(8)
def transposed(cells: int, chargers: int) -> tuple[Int[np.ndarray, "blocks n n"], Bool[np.ndarray, "blocks n n"]]:
    """Where the numbers of the partial transpose stand, block by block, and whether there are such.

    Its row (m', n) and column (m, n') hold the number of |m, n><m', n'|, where ``n - m' = n' - m``: a block for each difference.
    """
    at = elements(cells, chargers)
    k = np.arange(min(cells, chargers) + 1)
    a, b, gap, row, column = np.indices((cells // 2 + 1, chargers // 2 + 1, cells + chargers + 1, len(k), len(k)))
    low = np.maximum(a, b - (gap - cells))  # battery level of the first row
    row, column = row + low, column + low
    gap = gap - cells
    found, there = at.find(np.stack([a, b]), np.stack([column, row + gap]), np.stack([row, column + gap]))
    used = there.any(axis=(-1, -2))
    return found[used], there[used]


def _holds(size: Any, a: Any, e: Any) -> Any:
    """Whether tower a has level e."""
    return (a <= e) & (e <= size - a)


def _lowering(size: Any, a: Any, e: Any) -> Any:
    """Element of the collective lowering operator from level e, zero where there is none."""
    return np.sqrt(np.maximum(e - a, 0) * np.maximum(size - a - e + 1, 0))


def _term(at: Elements, kind: int, weight: Any, ket: Any, bra: Any, towers: Any = None) -> Any:
    """One source of every number; of those that do not exist the weight is zero."""
    found, there = at.find(at.towers if towers is None else towers, ket, bra)
    return kind, np.where(there, found, 0), np.where(there, weight, 0.0)


def _collective(at: Elements) -> Any:
    """All gains, and what the losses exchange between battery and charger: in units of decay_rate times n + 1, and n."""
    unit = np.eye(2, dtype=int)[..., None]
    amplitude = lambda g, e: _lowering(at.cells[g], at.towers[g], e[g])  # noqa: E731
    for g in (0, 1):
        for h in (0, 1):
            above, over = at.ket + unit[g], at.bra + unit[h]
            yield _term(at, FALL, 2 * amplitude(g, above) * amplitude(h, over), above, over)
            yield _term(at, RISE, 2 * amplitude(g, at.ket) * amplitude(h, at.bra), at.ket - unit[g], at.bra - unit[h])
        swap = unit[g] - unit[1 - g]
        yield _term(at, SWAP, -amplitude(g, at.ket + swap) * amplitude(1 - g, at.ket), at.ket + swap, at.bra)
        yield _term(at, SWAP, -amplitude(g, at.bra + swap) * amplitude(1 - g, at.bra), at.ket, at.bra + swap)


def _local(at: Elements, group: int) -> Any:
    """Gains from spins one by one, from the towers below and above and from the same one."""
    unit = np.eye(2, dtype=int)[group, :, None]
    for kind, step, scale in ((LOCAL_FALL, -1, 1), (LOCAL_RISE, 1, 1), (DEPHASE, 0, 4)):
        for shift in (-1, 0, 1):
            towers, ket, bra = at.towers - shift * unit, at.ket - step * unit, at.bra - step * unit
            size, a = at.cells[group], np.clip(towers[group], 0, at.cells[group] // 2)
            part = _share(size, a, shift)
            weight = scale * part * _vector(size, a, ket[group], step, shift) * _vector(size, a, bra[group], step, shift)
            yield _term(at, kind, weight, ket, bra, towers)


def _share(size: int, a: Any, shift: int) -> Any:
    """Sum over spins of the squared reduced element from tower a to tower a + shift."""
    j = size / 2 - a
    if shift < 0:
        return a / (2 * (j + 1) * (2 * j + 1))
    safe = np.maximum(j, 0.5)
    part = (size / 2 + 1) / (2 * safe * (safe + 1)) if shift == 0 else (j + 1 + size / 2) / (2 * safe * (2 * safe + 1))
    return np.where(j > 0, part, 0.0)


def _vector(size: int, a: Any, e: Any, step: int, shift: int) -> Any:
    """Element of a vector's component (-1: lowering, 0: z, 1: raising) from level e of tower a to tower a + shift."""
    up, down = np.maximum(e - a, 0), np.maximum(size - a - e, 0)  # j + m and j - m
    if step == 0:
        return (up - down) / 2 if shift == 0 else np.sqrt(up * down if shift > 0 else (up + 1) * (down + 1))
    near, far = (up, down) if step < 0 else (down, up)
    return np.sqrt({0: near * (far + 1), 1: near * (near - 1), -1: (far + 1) * (far + 2)}[shift])


def _losses(at: Elements) -> Any:
    """What each number loses to all others."""
    sizes = np.array(at.cells)[:, None]
    here = np.arange(at.ket.shape[1])
    both = lambda f: np.sum(f(at.ket) + f(at.bra), axis=0)  # noqa: E731
    squared = lambda e: _lowering(sizes, at.towers, e) ** 2  # noqa: E731
    yield FALL, here, -both(squared)
    yield RISE, here, -both(lambda e: squared(e + 1))
    yield LOCAL_FALL, here, -both(lambda e: e) / 2
    yield LOCAL_RISE, here, -both(lambda e: sizes - e) / 2
    yield DEPHASE, here, np.full(here.shape, -float(sum(at.cells)))
