"""States of a chain of spins that hold one excitation at most."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from .reduced import AbstractReduced
from .spins import AbstractSpins


class OneExcitation(AbstractSpins):
    """Amplitudes of one excitation beside that of the empty chain; what has decayed is in the empty chain too, incoherently."""

    a: Complex[Array, " n"]
    vacuum: Float[Array, ""]
    gaps: Float[Array, " n"]
    bonds: Float[Array, " bonds"]

    def excited(self) -> Float[Array, " n"]:
        """Squares of the amplitudes."""
        return jnp.real(self.a) ** 2 + jnp.imag(self.a) ** 2

    def neighbours(self) -> Complex[Array, " bonds"]:
        """Products of amplitudes next to each other."""
        return self.a[:-1].conj() * self.a[1:]

    def correlations(self) -> Complex[Array, "n n"]:
        """Products of all amplitudes."""
        return self.a.conj()[:, None] * self.a

    def coherences(self) -> Complex[Array, " n"]:
        """With the empty chain, whose amplitude is real."""
        return self.vacuum * self.a

    def amplitudes(self) -> Complex[Array, " n"]:
        """Of the excitation."""
        return self.a

    def battery(self) -> "Lit":
        """The whole chain."""
        return Lit(self.excited(), self.vacuum, self.gaps)


class Lit(AbstractReduced):
    """A chain that is empty, or holds one excitation in a pure state, or both in part: a matrix of rank two.

    Energies are those of the gaps alone, which may be negative, as in `merit.energy`.
    """

    excited: Float[Array, " n"]
    vacuum: Float[Array, ""]
    gaps: Float[Array, " n"]

    def moment(self, power: int) -> Float[Array, ""]:
        """The empty chain has no energy."""
        return jnp.sum(self.excited * self.gaps**power)

    def populations(self) -> Float[Array, " levels"]:
        """Probabilities of 0, 1, ... n excitations."""
        p = jnp.sum(self.excited)
        return jnp.zeros(len(self.gaps) + 1, p.dtype).at[0].set(1 - p).at[1].set(p)

    def spectrum(self, rising: bool = False) -> tuple[Float[Array, " 2"], Float[Array, " 2"]]:
        """The eigenvalues that are not zero, from ``[[1 - p, v sqrt(p)], [v sqrt(p), p]]``; they never meet at t = 0."""
        del rising
        p = jnp.sum(self.excited)
        square = (1 - 2 * p) ** 2 + 4 * self.vacuum**2 * p
        apart = jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)
        return jnp.stack([1 + apart, 1 - apart]) / 2, jnp.ones(2, p.dtype)

    def passive(self, space: str, rising: bool = False) -> Float[Array, ""]:
        """The larger eigenvalue in the lowest level, the other one a flip of the smallest gap above; there is one space only."""
        del space, rising
        return jnp.sum(jnp.minimum(self.gaps, 0.0)) + self._flip()

    def swing(self, rising: bool = False) -> Any:
        """The highest level is a mirror image of the lowest."""
        del rising
        return jnp.sum(jnp.abs(self.gaps)) - 2 * self._flip()

    def _flip(self) -> Float[Array, ""]:
        return self.spectrum()[0][1] * jnp.min(jnp.abs(self.gaps))
