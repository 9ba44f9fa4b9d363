"""Passive states: the least energy that unitaries can leave behind."""

import jax.numpy as jnp
import numpy as np
from jax.lax import stop_gradient
from jax.scipy.special import gammaln
from jaxtyping import Array, Float

from .branches import descending


def passive_levels(eigenvalues: Float[Array, " n"], levels: Float[Array, " n"], rising: bool = False) -> Float[Array, ""]:
    """Mean of levels, which ascend, in the passive state: largest eigenvalue lowest. `rising`: as in `branches`."""
    return descending(eigenvalues, jnp.ones_like(eigenvalues), rising)[0] @ levels


def passive_symmetric(eigenvalues: Float[Array, " n"], rising: bool = False) -> Float[Array, ""]:
    """The same on a ladder of non-degenerate levels 0, 1, 2, ..."""
    return passive_levels(eigenvalues, jnp.arange(eigenvalues.shape[0], dtype=eigenvalues.dtype), rising)


def passive_full(
    eigenvalues: Float[Array, " n"], copies: Float[Array, " n"], cells: Float[Array, ""], levels: int, rising: bool = False
) -> Float[Array, ""]:
    """Mean level of the passive state in the space of `cells` two-level systems, level k being C(cells, k)-fold.

    Eigenvalue i occurs copies[i] times. With F(D) the summed energy of the D lowest slots the passive energy is
    ``sum_i lambda_i (F(D_i) - F(D_{i-1}))`` over eigenvalues in descending order, D_i counting slots used so far.
    """
    eigenvalues, copies = descending(eigenvalues, copies, rising)
    used = jnp.cumsum(copies)
    before = used - copies
    k = jnp.arange(levels, dtype=eigenvalues.dtype)
    log_slots = gammaln(cells + 1) - gammaln(k + 1) - gammaln(jnp.maximum(cells - k, 0.0) + 1)
    most = 0.9 * float(np.log(np.finfo(eigenvalues.dtype).max))  # no sum of slots overflows
    slots = jnp.where(k <= cells, jnp.round(jnp.exp(jnp.minimum(log_slots, most))), 0.0)
    filled = jnp.cumsum(slots) - slots

    def summed(count):
        return jnp.sum(k * jnp.clip(count[:, None] - filled, 0.0, slots), axis=1)

    return eigenvalues @ stop_gradient(summed(used) - summed(before))
