"""A Lindblad equation among the numbers that its start ever reaches, as a sparse real matrix.

Whatever is conserved (numbers of excitations, parities, the phase of a coherence) leaves most elements of the density matrix at
zero for ever. Which, is read off the operators: the generator is followed from the start to wherever it leads. With excitations
conserved by the Hamiltonian and changed one by one by jumps these are the blocks of equal numbers.
"""

import functools
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ..algebra.patterns import Pattern, Reach, reach
from ..states import OpenState
from .law import AbstractMasterLaw
from .master import Master

UNROLLED = 96  # entries of a row that are written out one by one


class Rows(eqx.Module):
    """A sparse matrix row by row (along the last axis), filled up with zeros; or its columns, if it is `turned` over."""

    values: Float[Array, "width y"]
    turned: bool = eqx.field(static=True, default=False)


class Reachable(AbstractMasterLaw):
    """The reached part of a density matrix, as a vector of real and of imaginary parts.

    Arguments are those of `Lindblad`. Made by ``battery.reachable_law()`` of an `OpenBattery` whose start reaches few of all
    numbers.

    >>> import jaxqb as qb
    >>> down = [[0.0, 1.0], [0.0, 0.0]]
    >>> battery = qb.OpenBattery([[0.0, 0.0], [0.0, 1.0]], [down], [0.5], [[0.0, 0.0], [0.0, 1.0]], [0.0, 1.0])
    >>> battery.reachable_law().start.shape  # of four numbers of a density matrix the two populations
    (2,)
    """

    exact: ClassVar[bool] = True

    master: Master
    initial: Float[Array, "n n"]
    gap: Float[Array, "d d"]
    modes: int | None = eqx.field(static=True, default=None)

    @property
    def _reach(self) -> Reach:
        return reach(self.master.pattern)

    def valid(self) -> Bool[Array, ""]:
        """Whether rates and start are possible."""
        return self.master.physical(self.initial)

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

    def coefficients(self) -> Rows:
        """The sparse matrix."""
        table = _rows(self.master.pattern, False)
        values = jnp.zeros(table.origins.size, self.initial.dtype).at[table.places].add(self._entries())
        return Rows(values.reshape(table.origins.shape))

    def transposed(self, coefficients: Rows) -> Rows:
        """The same numbers by columns."""
        there, here = (_rows(self.master.pattern, turned) for turned in (coefficients.turned, not coefficients.turned))
        values = coefficients.values.ravel()[there.slots]
        rows = jnp.zeros(here.origins.size, values.dtype).at[here.slots].set(values)
        return Rows(rows.reshape(here.origins.shape), not coefficients.turned)

    def apply(self, coefficients: Rows, y: Float[Array, " y"]) -> Float[Array, " y"]:
        """The field: entry by entry of all rows at once."""
        origins = _rows(self.master.pattern, coefficients.turned).origins
        if len(origins) > UNROLLED:
            return jnp.sum(coefficients.values * _take(y, origins), axis=0)
        terms = [c * _take(y, k) for c, k in zip(coefficients.values, origins, strict=True)]
        return functools.reduce(jnp.add, terms)

    def generator(self) -> Float[Array, "y y"]:
        """The same as a dense matrix."""
        r = self._reach
        to, origin = (np.concatenate([getattr(e, name) for e in (r.drift, r.jumps)]) for name in ("to", "origin"))
        return jnp.zeros((r.size, r.size), self.initial.dtype).at[to, origin].add(self._entries())

    def extent(self) -> tuple[Any, Any, Any]:
        """Of the numerical range."""
        return self.master.extent()

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
        return OpenState(m, self.gap, self.modes)


def _take(y: Float[Array, " y"], k: np.ndarray) -> Array:
    return y.at[k].get(mode="promise_in_bounds")


class _Table(NamedTuple):
    """A sparse matrix in rows of equal length: origins of each, where each entry and where each distinct number goes."""

    origins: Int[np.ndarray, "width y"]
    places: Int[np.ndarray, " entries"]
    slots: Int[np.ndarray, " numbers"]


@functools.lru_cache(maxsize=16)
def _rows(pattern: Pattern, turned: bool) -> _Table:
    """By rows, or, `turned`, by columns; numbers are in the same order in both."""
    r = reach(pattern)
    to, origin = (np.concatenate([getattr(e, name) for e in (r.drift, r.jumps)]) for name in ("to", "origin"))
    numbers, index = np.unique(to * r.size + origin, return_inverse=True)
    row, column = np.divmod(numbers, r.size)[:: -1 if turned else 1]
    order = np.argsort(row, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order)) - np.searchsorted(row[order], row[order])
    origins = np.tile(np.arange(r.size), (int(rank.max(initial=0)) + 1, 1))
    origins[rank, row] = column
    slots = rank * r.size + row
    return _Table(origins.astype(np.int32), slots[index], slots)
