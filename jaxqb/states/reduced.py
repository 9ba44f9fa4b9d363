"""Reduced states of the battery: what figures of work and energy need to know."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float


class Populations(eqx.Module):
    """A battery state without coherence between its levels: `weights[t, k]` in level `levels[t, k]` of tower t.

    A tower is a collective spin; tower t occurs `copies[t]` times, its weight spread evenly over the copies.
    """

    weights: Float[Array, "towers levels"]
    levels: Float[Array, "towers levels"]
    copies: Float[Array, " towers"]
    cells: Float[Array, ""]

    def moment(self, power: int) -> Float[Array, ""]:
        """Mean of the excitation number to a power."""
        return jnp.sum(self.weights * self.levels**power)

    def spectrum(self) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
        """Eigenvalues and how often each occurs."""
        copies = jnp.broadcast_to(self.copies[:, None], self.weights.shape)
        return (self.weights / copies).ravel(), copies.ravel()

    def populations(self) -> Float[Array, "towers levels"]:
        """Weights of the levels."""
        return self.weights


class Density(eqx.Module):
    """A battery state with coherences: one matrix a tower, `levels` on its diagonal."""

    matrices: Complex[Array, "towers levels levels"]
    levels: Float[Array, "towers levels"]
    copies: Float[Array, " towers"]
    cells: Float[Array, ""]

    def populations(self) -> Float[Array, "towers levels"]:
        """Weights of the levels."""
        return jnp.real(jnp.diagonal(self.matrices, axis1=-2, axis2=-1))

    def moment(self, power: int) -> Float[Array, ""]:
        """Mean of the excitation number to a power."""
        return jnp.sum(self.populations() * self.levels**power)

    def spectrum(self) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
        """Eigenvalues and how often each occurs."""
        copies = jnp.broadcast_to(self.copies[:, None], self.levels.shape)
        values = jnp.linalg.eigvalsh(self.matrices)
        return (values / copies).ravel(), copies.ravel()
