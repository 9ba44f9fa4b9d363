"""The exact state of a chain of spins: blocks of its density matrix."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from ..algebra.hermitian import unfolded
from ..algebra.sectors import Sector, exchanges, sectors
from .reduced import AbstractReduced
from .spins import AbstractSpins


class Blocks(AbstractSpins):
    """Blocks of the density matrix, each as one real matrix M (`algebra.hermitian`): those of `algebra.sectors`."""

    blocks: tuple[Float[Array, "_ _"], ...]
    gaps: Float[Array, " n"]
    bonds: Float[Array, " bonds"]
    single: bool = eqx.field(static=True)

    def _sectors(self) -> tuple[Sector, ...]:
        return sectors(len(self.gaps), self.single)

    def excited(self) -> Float[Array, " n"]:
        """From the diagonals."""
        return sum(jnp.diagonal(m) @ s.bits for m, s in zip(self.blocks, self._sectors(), strict=True))  # type: ignore[return-value]

    def neighbours(self) -> Complex[Array, " bonds"]:
        """Sums over elements that one exchange leads to."""
        return self._exchanged(far=False)

    def correlations(self) -> Complex[Array, "n n"]:
        """The same for all pairs."""
        n = len(self.gaps)
        upper = jnp.zeros((n, n), complex).at[np.triu_indices(n, 1)].set(self._exchanged(far=True))
        return jnp.diag(self.excited()) + upper + upper.conj().T

    def _exchanged(self, far: bool) -> Complex[Array, " pairs"]:
        """``<sigma^+_i sigma^-_j>`` of all pairs i < j, or of neighbours."""
        total: Any = 0.0
        for m, (row, column) in zip(self.blocks, exchanges(len(self.gaps), self.single, far), strict=True):
            one, other = jnp.sum(m[row, column], axis=1), jnp.sum(m[column, row], axis=1)
            total += (one + other) / 2 + 0.5j * (one - other)
        return total

    def coherences(self) -> Complex[Array, " n"]:
        """From elements between no excitation and one."""
        if not self.single:
            return super().coherences()
        (m,) = self.blocks
        return (m[1:, 0] + m[0, 1:]) / 2 + 0.5j * (m[1:, 0] - m[0, 1:])

    def battery(self) -> "Blocked":
        """All of it."""
        return Blocked(self.blocks, self.gaps, self.single)


class Blocked(AbstractReduced):
    """The same state as one of a battery with the energies of its gaps, which are zero for the empty chain.

    Unitaries may be any of the 2^n-dimensional space.
    """

    blocks: tuple[Float[Array, "_ _"], ...]
    gaps: Float[Array, " n"]
    single: bool = eqx.field(static=True)

    def moment(self, power: int) -> Float[Array, ""]:
        """Mean of a power of the energy."""
        each = zip(self.blocks, sectors(len(self.gaps), self.single), strict=True)
        return sum(jnp.diagonal(m) @ (s.bits @ self.gaps) ** power for m, s in each)  # type: ignore[return-value]

    def populations(self) -> Float[Array, " n+1"]:
        """Probabilities of 0, 1, ... n excitations."""
        if self.single:
            empty = self.blocks[0][0, 0]
            return jnp.zeros(len(self.gaps) + 1, empty.dtype).at[0].set(empty).at[1].set(jnp.trace(self.blocks[0]) - empty)
        return jnp.stack([jnp.trace(m) for m in self.blocks])

    def spectrum(self) -> tuple[Float[Array, " d"], Float[Array, " d"]]:
        """Eigenvalues, each once; zeros where blocks are left out.

        One block waits for the other: batches of several factorisations at a time may wait for ever on two cores (jaxlib 0.10.2).
        """
        found = [jnp.linalg.eigvalsh(unfolded(self.blocks[0]))]
        for m in self.blocks[1:]:
            before = found[-1][0]
            found.append(jnp.linalg.eigvalsh(unfolded(jnp.where(jnp.isnan(before), before, m))))
        values = jnp.concatenate(found)
        values = jnp.pad(values, (0, 2 ** len(self.gaps) - len(values)))
        return values, jnp.ones_like(values)

    def _levels(self) -> Float[Array, " d"]:
        """All energies, lowest first."""
        total = jnp.zeros(1, self.gaps.dtype)
        for gap in self.gaps:
            total = jnp.concatenate([total, total + gap])
        return jnp.sort(total)

    def passive(self, space: str) -> Float[Array, ""]:
        """Largest eigenvalue lowest; there is one space only."""
        del space
        return jnp.sort(self.spectrum()[0])[::-1] @ self._levels()

    def swing(self) -> Float[Array, ""]:
        """From largest eigenvalue lowest to largest eigenvalue highest."""
        eigenvalues, levels = jnp.sort(self.spectrum()[0]), self._levels()
        return (eigenvalues - eigenvalues[::-1]) @ levels
