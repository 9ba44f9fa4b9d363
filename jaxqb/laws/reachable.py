"""A Lindblad equation among the numbers that its start ever reaches, as a sparse real matrix.

Whatever is conserved (numbers of excitations, parities, the phase of a coherence) leaves most elements of the density matrix at
zero for ever. Which, is read off the operators: the generator is followed from the start to wherever it leads. With excitations
conserved by the Hamiltonian and changed one by one by jumps these are the blocks of equal numbers.
"""

import functools
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from ..algebra.patterns import Pattern, Reach, reach
from ..states import OpenState
from .law import AbstractMasterLaw
from .master import Master

UNROLLED = 96  # entries of a row that are written out one by one


class Reachable(AbstractMasterLaw):
    """The reached part of a density matrix, as a vector of real and of imaginary parts.

    Arguments are those of `Lindblad`.
    """

    exact: ClassVar[bool] = True

    master: Master
    initial: Float[Array, "n n"]
    gap: Float[Array, "d d"]

    @property
    def _reach(self) -> Reach:
        return reach(self.master.pattern)

    def valid(self) -> Bool[Array, ""]:
        """Always: it has no padding."""
        return jnp.ones((), bool)

    @property
    def start(self) -> Float[Array, " y"]:
        """The reached numbers at t = 0."""
        r, m = self._reach, self.initial
        one, other = m[r.rows, r.columns], m[r.columns, r.rows]
        return jnp.where(r.odd, one - other, one + other) * np.where(r.rows == r.columns, 0.5, 0.5**0.5)

    def _entries(self) -> Float[Array, " entries"]:
        """Numbers of the sparse matrix: those of the drift, then those of the jumps."""
        r = self._reach
        drift = jnp.concatenate([part.ravel() for part in self.master.drift()])
        jumps = jnp.concatenate([part.reshape(part.shape[0], part.shape[1] ** 2) for part in self.master.jumps], axis=1)
        turn = r.jumps
        both = jumps[turn.jump, turn.first] * jumps[turn.jump, turn.second] * self.master.rates[turn.jump]
        return jnp.concatenate([r.drift.weight * drift[r.drift.first], turn.weight * both])

    def coefficients(self) -> Float[Array, "width y"]:
        """Row by row (along the last axis), filled up with zeros."""
        _, places, width = _rows(self.master.pattern)
        size = self._reach.size
        return jnp.zeros(width * size, self.initial.dtype).at[places].add(self._entries()).reshape(width, size)

    def apply(self, coefficients: Float[Array, "width y"], y: Float[Array, " y"]) -> Float[Array, " y"]:
        """The field: entry by entry of all rows at once."""
        origins = _rows(self.master.pattern)[0]
        if len(origins) > UNROLLED:
            return jnp.sum(coefficients * _take(y, origins), axis=0)
        terms = [c * _take(y, k) for c, k in zip(coefficients, origins, strict=True)]
        return functools.reduce(jnp.add, terms)

    def generator(self) -> Float[Array, "y y"]:
        """The same as a dense matrix."""
        r = self._reach
        to, origin = (np.concatenate([getattr(e, name) for e in (r.drift, r.jumps)]) for name in ("to", "origin"))
        return jnp.zeros((r.size, r.size), self.initial.dtype).at[to, origin].add(self._entries())

    def extent(self) -> tuple[Any, Any, Any]:
        """Of the numerical range."""
        return self.master.extent()

    def radius(self) -> Float[Array, ""]:
        """The largest distance from zero that the numerical range can have."""
        left, _, height = self.extent()
        return jnp.hypot(left, height)

    def pace(self) -> Float[Array, ""]:
        """Any two levels may beat against each other."""
        return self.radius()

    def state(self, y: Float[Array, " y"]) -> OpenState:
        """The density matrix."""
        r, n = self._reach, self.master.pattern.n
        parts = y / np.where(r.rows == r.columns, 1.0, np.sqrt(2.0))
        m = jnp.zeros((n, n), y.dtype).at[r.rows, r.columns].add(parts)
        mirrored = np.nonzero(r.rows != r.columns)[0]
        m = m.at[r.columns[mirrored], r.rows[mirrored]].add(np.where(r.odd, -1.0, 1.0)[mirrored] * parts[mirrored])
        return OpenState(m, self.gap)


def _take(y: Float[Array, " y"], k: np.ndarray) -> Array:
    return y.at[k].get(mode="promise_in_bounds")


@functools.lru_cache(maxsize=64)
def _rows(pattern: Pattern) -> tuple[np.ndarray, np.ndarray, int]:
    """Origins of each row's entries (width, y), where in that table each entry goes, and its width."""
    r = reach(pattern)
    to, origin = (np.concatenate([getattr(e, name) for e in (r.drift, r.jumps)]) for name in ("to", "origin"))
    slots, index = np.unique(to * r.size + origin, return_inverse=True)
    row, column = slots // r.size, slots % r.size
    rank = np.arange(len(slots)) - np.searchsorted(row, row)
    width = int(rank.max(initial=0)) + 1
    origins = np.tile(np.arange(r.size), (width, 1))
    origins[rank, row] = column
    return origins.astype(np.int32), (rank * r.size + row)[index], width
