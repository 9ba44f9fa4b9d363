"""Where operators may differ from zero, known before anything is traced, and what follows from it for a master equation."""

import dataclasses
import functools
from typing import NamedTuple

import numpy as np

Mask = np.ndarray


def pack(mask: Mask) -> bytes:
    """A mask as something that can be hashed."""
    return np.packbits(mask).tobytes()


def unpack(packed: bytes, n: int) -> Mask:
    """The mask of an n x n matrix."""
    return np.unpackbits(np.frombuffer(packed, np.uint8), count=n * n).reshape(n, n).astype(bool)


@dataclasses.dataclass(frozen=True)
class Pattern:
    """Masks of Hamiltonian, jumps and start, each of its real and of its imaginary part, packed."""

    n: int
    hamiltonian: tuple[bytes, bytes]
    jumps: tuple[tuple[bytes, bytes], ...]
    start: tuple[bytes, bytes]

    def parts(self, packed: tuple[bytes, bytes]) -> tuple[Mask, Mask]:
        """Masks of real and imaginary part."""
        return unpack(packed[0], self.n), unpack(packed[1], self.n)

    @functools.cached_property
    def losses(self) -> tuple[Mask, Mask]:
        """Of ``sum L^+ L``."""
        real = imag = np.zeros((self.n, self.n), bool)
        for a, b in map(self.parts, self.jumps):
            real, imag = real | times(a.T, a) | times(b.T, b), imag | times(a.T, b) | times(b.T, a)
        return real, imag

    @functools.cached_property
    def drift(self) -> tuple[Mask, Mask]:
        """Of ``-i H - sum L^+ L / 2``."""
        (a, b), (c, d) = self.parts(self.hamiltonian), self.losses
        return b | c, a | d


def times(a: Mask, b: Mask) -> Mask:
    """Where a product may differ from zero."""
    return a.astype(np.float32) @ b.astype(np.float32) > 0


@functools.lru_cache(maxsize=8)
def elements(pattern: Pattern) -> Mask:
    """Elements of the density matrix that the start ever reaches (with their mirror images)."""
    real, imag = pattern.parts(pattern.start)
    drift = np.logical_or(*pattern.drift)
    jumps = [np.logical_or(*pattern.parts(jump)) for jump in pattern.jumps]
    found = real | imag
    while True:
        once = times(drift, found)
        more = found | once | once.T
        for jump in jumps:
            more |= times(times(jump, found), jump.T)
        if np.array_equal(more, found):
            return found
        found = more


class Reach(NamedTuple):
    """The generator among the real coordinates that a start reaches: a sparse matrix, entry by entry.

    Coordinate c is the real part (or, where `odd`, the imaginary one) of element rows[c], columns[c] with row >= column, times
    the root of 2 off the diagonal. An entry of the generator at (to, origin) is ``weight`` times either a number of the drift
    (real parts, then imaginary ones, row by row) or a product of two numbers of jump `jump` (likewise), times its rate.
    """

    rows: np.ndarray
    columns: np.ndarray
    odd: np.ndarray
    drift: "Entries"
    jumps: "Entries"

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return len(self.rows)


class Entries(NamedTuple):
    """Entries of a sparse matrix: where, how much, and of which numbers."""

    to: np.ndarray
    origin: np.ndarray
    weight: np.ndarray
    jump: np.ndarray
    first: np.ndarray
    second: np.ndarray


@functools.lru_cache(maxsize=8)
def reach(pattern: Pattern) -> Reach:
    """The coordinates that a start reaches."""
    n, found = pattern.n, elements(pattern)
    i, j = np.nonzero(np.tril(found))
    drift, jumps = [], []
    for odd, mask in enumerate(pattern.drift):  # real, then imaginary part of a weight
        for side in (0, 1):  # K rho, and rho K^+, in which the imaginary part changes sign
            k, a = _neighbours(mask, (i, j)[side])
            to = i[k], j[k]
            origin = (a, j[k]) if side == 0 else (i[k], a)
            source = odd * n * n + (to[side] * n + a)
            sign = -1.0 if odd and side else 1.0
            drift += _entries(found, to, origin, odd, sign, np.zeros_like(k), source, source)
    for number, jump in enumerate(pattern.jumps):
        for left, one in enumerate(pattern.parts(jump)):
            for right, other in enumerate(pattern.parts(jump)):
                k, a = _neighbours(one, i)
                again, b = _neighbours(other, j[k])
                k, a = k[again], a[again]
                first, second = left * n * n + (i[k] * n + a), right * n * n + (j[k] * n + b)
                sign = -1.0 if right and not left else 1.0  # of conj(L)
                jumps += _entries(found, (i[k], j[k]), (a, b), left ^ right, sign, np.full_like(k, number), first, second)
    drift, jumps = (Entries(*map(np.concatenate, zip(*entries, strict=True))) for entries in (drift, jumps or [_none()]))
    alive = _spread(pattern, drift, jumps)
    number = np.cumsum(alive) - 1
    even, odd = np.nonzero(alive[: n * n])[0], np.nonzero(alive[n * n :])[0]
    where = np.concatenate([even, odd])
    drift, jumps = (Entries(*(x[alive[e.origin]] for x in e)) for e in (drift, jumps))
    drift, jumps = (e._replace(to=number[e.to], origin=number[e.origin]) for e in (drift, jumps))
    return Reach(where // n, where % n, np.repeat([False, True], [len(even), len(odd)]), drift, jumps)


def _none() -> Entries:
    return Entries(*(np.zeros(0, kind) for kind in (int, int, float, int, int, int)))


def _neighbours(mask: Mask, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each of the rows all columns of a mask: positions in `rows`, and columns."""
    k, a = np.nonzero(mask[rows])
    return k, a


def _entries(found: Mask, to: tuple, origin: tuple, odd: int, sign: float, *numbers: np.ndarray) -> list[Entries]:
    """Of one complex weight times one element: real part of the target, and imaginary one."""
    n = len(found)
    there = found[origin]
    (i, j), (a, b), kept = ([x[there] for x in group] for group in (to, origin, numbers))
    low, high = np.minimum(a, b), np.maximum(a, b)
    scale = sign * np.where(i > j, np.sqrt(2.0), 1.0) / np.where(a != b, np.sqrt(2.0), 1.0)
    turned = np.where(a < b, -1.0, 1.0)  # an imaginary part below the diagonal is minus the one above
    out = []
    for part in (0, 1):  # of the target
        other = part ^ odd  # of the origin
        weight = scale * (turned if other else 1.0) * (-1.0 if odd and other else 1.0)
        good = ((a != b) | (other == 0)) & ((i != j) | (part == 0))
        place = [part * n * n + i * n + j, other * n * n + high * n + low, weight]
        out.append(Entries(*(x[good] for x in (*place, *kept))))
    return out


def _spread(pattern: Pattern, *parts: Entries) -> Mask:
    """Which coordinates (real parts, then imaginary ones) are reached from those of the start."""
    alive = np.concatenate([np.tril(mask | mask.T, -odd).ravel() for odd, mask in enumerate(pattern.parts(pattern.start))])
    to, origin = (np.concatenate([getattr(e, name) for e in parts]) for name in ("to", "origin"))
    while True:
        new = np.unique(to[alive[origin]])
        if np.all(alive[new]):
            return alive
        alive[new] = True
