"""Exponentials of real symmetric matrices through their spectrum, with derivatives that survive degeneracy.

Differentiating eigenvectors divides by differences of eigenvalues: NaN at a degeneracy and silently wrong beside one. In
the eigenbasis the derivative of exp(-iHt) needs no division:

    (d exp(-iHt))_ij = -i t exp(-i t (w_i + w_j) / 2) sinc(t (w_i - w_j) / 2) dH_ij.
"""

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Complex, Float


@jax.custom_jvp
def propagate(matrix: Float[Array, "n n"], vector: Float[Array, " n"], ts: Float[Array, " t"]) -> Complex[Array, "t n"]:
    """``exp(-i H t) v`` at each t for real symmetric H and real v."""
    w, v = jnp.linalg.eigh(matrix)
    return _propagate(w, v, vector, ts)


def _propagate(w, v, vector, ts):
    highest = lax.Precision.HIGHEST
    return jnp.matmul(jnp.exp(-1j * ts[:, None] * w) * jnp.matmul(vector, v, precision=highest), v.T, precision=highest)


@propagate.defjvp
def _(primals, tangents):
    matrix, vector, ts = primals
    dmatrix, dvector, dts = tangents
    highest = lax.Precision.HIGHEST
    w, v = jnp.linalg.eigh(matrix)
    out = _propagate(w, v, vector, ts)
    inner = jnp.matmul(jnp.matmul(v.T, dmatrix, precision=highest), v, precision=highest)
    c = jnp.matmul(vector, v, precision=highest)

    def at(t):
        half = jnp.exp(-0.5j * t * w)
        kernel = jnp.sinc(t * (w[:, None] - w[None, :]) / (2 * jnp.pi)) * inner
        return -1j * t * half * (kernel @ (half * c))

    turned = jnp.matmul(lax.map(at, ts), v.T, precision=highest)
    moved = _propagate(w, v, dvector, ts)
    along = -1j * dts[:, None] * jnp.matmul(out, matrix, precision=highest)
    return out, turned + moved + along
