"""The exact state of a chain of spins: blocks of its density matrix."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Complex, Float

from ..algebra.branches import eigenvalues
from ..algebra.hermitian import unfolded
from ..algebra.passive import passive_levels
from ..algebra.sectors import exchanges, sectors
from .reduced import AbstractReduced
from .spins import AbstractSpins


class Blocks(AbstractSpins):
    """Blocks of the density matrix, each as one real matrix M (`algebra.hermitian`), row by row: those of `algebra.sectors`."""

    y: Float[Array, " y"]
    gaps: Float[Array, " n"]
    bonds: Float[Array, " bonds"]
    single: bool = eqx.field(static=True)

    def excited(self) -> Float[Array, " n"]:
        """From the diagonals."""
        tables = sectors(len(self.gaps), self.single)
        return jnp.matmul(self.y[tables.diagonal], tables.bits, precision=lax.Precision.HIGHEST)

    def neighbours(self) -> Complex[Array, " bonds"]:
        """Sums over elements that one exchange leads to."""
        return self._exchanged(far=False)

    def correlations(self) -> Complex[Array, "n n"]:
        """The same for all pairs."""
        n = len(self.gaps)
        found = self._exchanged(far=True)
        upper = jnp.zeros((n, n), found.dtype).at[np.triu_indices(n, 1)].set(found)
        return jnp.diag(self.excited()) + upper + upper.conj().T

    def _exchanged(self, far: bool) -> Complex[Array, " pairs"]:
        """``<sigma^+_i sigma^-_j>`` of all pairs i < j, or of neighbours."""
        elements, mirrored = exchanges(len(self.gaps), self.single, far)
        one, other = jnp.sum(self.y[elements], axis=1), jnp.sum(self.y[mirrored], axis=1)
        return (one + other) / 2 + 0.5j * (one - other)

    def coherences(self) -> Complex[Array, " n"]:
        """From elements between no excitation and one."""
        if not self.single:
            return super().coherences()
        n = len(self.gaps)
        row, column = self.y[1 : n + 1], self.y[n + 1 :: n + 1]
        return (row + column) / 2 + 0.5j * (column - row)

    def battery(self) -> "Blocked":
        """All of it."""
        return Blocked(self.y, self.gaps, self.single)


class Blocked(AbstractReduced):
    """The same state as one of a battery with the energies of its gaps, which are zero for the empty chain.

    Unitaries may be any of the 2^n-dimensional space.
    """

    y: Float[Array, " y"]
    gaps: Float[Array, " n"]
    single: bool = eqx.field(static=True)

    def _diagonal(self) -> Float[Array, " states"]:
        return self.y[sectors(len(self.gaps), self.single).diagonal]

    def moment(self, power: int) -> Float[Array, ""]:
        """Mean of a power of the energy."""
        energies = jnp.sum(sectors(len(self.gaps), self.single).bits * self.gaps, axis=1)
        return jnp.sum(self._diagonal() * energies**power)

    def populations(self) -> Float[Array, " levels"]:
        """Probabilities of 0, 1, ... n excitations."""
        count = sectors(len(self.gaps), self.single).bits.sum(axis=1)
        return jnp.matmul(self._diagonal(), count[:, None] == np.arange(len(self.gaps) + 1), precision=lax.Precision.HIGHEST)

    def spectrum(self, rising: bool = False) -> tuple[Float[Array, " d"], Float[Array, " d"]]:
        """Eigenvalues, each once; zeros where blocks are left out.

        One block waits for the other: batches of several factorisations at a time may wait for ever on two cores (jaxlib 0.10.2).
        """
        sizes = sectors(len(self.gaps), self.single).sizes
        found = [jnp.zeros(1, self.y.dtype)]
        for part, n in zip(jnp.split(self.y, np.cumsum(np.square(sizes))[:-1]), sizes, strict=True):
            before = found[-1][0]
            found.append(eigenvalues(unfolded(jnp.where(jnp.isnan(before), before, part.reshape(n, n))), rising))
        values = jnp.concatenate(found[1:])
        values = jnp.pad(values, (0, 2 ** len(self.gaps) - len(values)))
        return values, jnp.ones_like(values)

    def _levels(self) -> Float[Array, " d"]:
        """All energies, lowest first."""
        total = jnp.zeros(1, self.gaps.dtype)
        for gap in self.gaps:
            total = jnp.concatenate([total, total + gap])
        return jnp.sort(total)

    def passive(self, space: str, rising: bool = False) -> Float[Array, ""]:
        """Largest eigenvalue lowest; there is one space only."""
        del space
        return passive_levels(self.spectrum(rising)[0], self._levels(), rising)

    def swing(self, rising: bool = False) -> Float[Array, ""]:
        """From largest eigenvalue lowest to largest eigenvalue highest."""
        levels = self._levels()
        return passive_levels(self.spectrum(rising)[0], levels[::-1] - levels, rising)
