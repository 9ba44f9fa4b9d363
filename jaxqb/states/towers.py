"""States of battery and charger whose spins have lost more than their common bath takes: towers of collective spin."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..algebra import towers
from .joint import AbstractJointState
from .reduced import Populations


class TowerDensity(AbstractJointState):
    """A density matrix of two groups of spins, in the numbers of `algebra.towers`."""

    r: Float[Array, " n"]
    cells: int = eqx.field(static=True)
    chargers: int = eqx.field(static=True)

    def _diagonal(self) -> tuple[Float[Array, " n"], towers.Elements]:
        """Numbers that count for the trace, the others zero; and where they all stand."""
        at = towers.elements(self.cells, self.chargers)
        return jnp.where(at.ket[0] == at.bra[0], self.r, 0.0), at

    def battery(self) -> Populations:
        """Reduced state: excitations in all are the same in ket and bra, so no coherence is left without the charger."""
        weights, at = self._diagonal()
        shape = (self.cells // 2 + 1, self.cells + 1)
        cell = jnp.asarray(np.ravel_multi_index((at.towers[0], at.ket[0]), shape))
        summed = jax.ops.segment_sum(weights, cell, num_segments=shape[0] * shape[1]).reshape(shape)
        levels = jnp.broadcast_to(jnp.arange(shape[1], dtype=self.r.dtype), shape)
        copies = jnp.asarray(towers.copies(self.cells), self.r.dtype)
        return Populations(summed, levels, copies, jnp.asarray(self.cells, self.r.dtype))

    def battery_excitations(self, power: int = 1) -> Float[Array, ""]:
        """Mean of a power of the number of excited battery cells."""
        weights, at = self._diagonal()
        return jnp.sum(weights * at.ket[0] ** power)

    def charger_excitations(self) -> Float[Array, ""]:
        """Mean number of excited charger spins."""
        weights, at = self._diagonal()
        return jnp.sum(weights * at.ket[1])

    def partial_transpose(self) -> Float[Array, "blocks n n"]:
        """Blocks of the partial transpose; towers are classical labels, all copies of one count as one."""
        found, there = towers.transposed(self.cells, self.chargers)
        return jnp.where(there, self.r[found], 0.0)
