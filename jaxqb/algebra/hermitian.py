r"""Hermitian matrices in real coordinates.

.. math:: M = \mathrm{Re}\,\rho + \mathrm{Im}\,\rho, \quad \mathrm{Re}\,\rho = (M + M^T)/2, \quad \mathrm{Im}\,\rho = (M - M^T)/2

holds a Hermitian matrix in as many real numbers as it has, one real matrix of the same shape, and keeps inner products:
``Tr(rho sigma) = sum M N``. Products with complex matrices become real ones with M and its transpose.
"""

from typing import Any

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Complex, Float


def folded(rho: Any) -> Float[Array, "*b n n"]:
    """``Re rho + Im rho``."""
    return jnp.real(rho) + jnp.imag(rho)


def unfolded(m: Float[Array, "*b n n"]) -> Complex[Array, "*b n n"]:
    """The Hermitian matrix behind M."""
    transposed = jnp.swapaxes(m, -1, -2)
    return lax.complex((m + transposed) / 2, (m - transposed) / 2)
