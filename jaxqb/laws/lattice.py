"""A row of spins that exchange excitations and decay, and how it begins: what all laws of a spin chain share."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

UNIT = 1e-6  # by how much probabilities may leave the interval from 0 to 1


class Product(eqx.Module):
    """Spins that are excited independently of one another, with these probabilities."""

    excited: Float[Array, " n"]

    def physical(self) -> Any:
        """Whether these are probabilities."""
        return jnp.all((self.excited >= -UNIT) & (self.excited <= 1 + UNIT))

    def correlations(self) -> Complex[Array, "n n"]:
        """``<sigma^+_n sigma^-_m>``."""
        return jnp.diag(self.excited).astype(jnp.result_type(self.excited, 1j))


class Single(eqx.Module):
    """One excitation in superposition over the spins, and, with the rest of the norm, none.

    `amplitudes` as real and imaginary parts; the amplitude of the empty chain is real and positive.
    """

    amplitudes: Float[Array, "2 n"]

    def physical(self) -> Any:
        """Whether the norm is at most 1."""
        return jnp.sum(self.amplitudes**2) <= 1 + UNIT

    def vacuum(self) -> Float[Array, ""]:
        """Amplitude of the empty chain."""
        rest = 1 - jnp.sum(self.amplitudes**2)
        there = rest > 8 * jnp.finfo(rest.dtype).eps
        return jnp.where(there, jnp.sqrt(jnp.where(there, rest, 1.0)), 0.0)

    def correlations(self) -> Complex[Array, "n n"]:
        """``<sigma^+_n sigma^-_m>``."""
        re, im = self.amplitudes
        return (re - 1j * im)[:, None] * (re + 1j * im)


class Lattice(eqx.Module):
    r"""The parameters of a chain and its start.

    .. math:: H = \sum_j \Delta_j \sigma^+_j\sigma^-_j + \sum_j \lambda_j (\sigma^+_j\sigma^-_{j+1} + h.c.), \quad
              \dot\rho = -i[H, \rho] + \sum_j \gamma_j D[\sigma^-_j]\rho + \Gamma D[\textstyle\sum_j\sigma^-_j]\rho

    Energy is zero in the empty chain.

    Args:
        gaps, rates: Delta and gamma, shape (n,).
        bonds: lambda, shape (n-1,).
        collective: Gamma.
        begin: the start, independent spins or a single excitation.
        alone: (static) there is no collective decay.

    >>> import jaxqb as qb
    >>> lattice = qb.SpinChain.uniform(3, damping=0.1, hopping=0.2).lattice()
    >>> lattice.n, [round(float(x), 9) for x in lattice.rates], [round(float(x), 9) for x in lattice.bonds]
    (3, [0.1, 0.1, 0.1], [0.2, 0.2])
    """

    gaps: Float[Array, " n"]
    rates: Float[Array, " n"]
    bonds: Float[Array, " bonds"]
    collective: Float[Array, ""]
    begin: Product | Single
    alone: bool = eqx.field(static=True)

    @property
    def n(self) -> int:
        """Number of spins."""
        return self.gaps.shape[-1]

    def physical(self) -> Any:
        """Whether rates and start are possible."""
        return jnp.all(self.rates >= 0) & (self.collective >= 0) & self.begin.physical()
