r"""Where a linear flow comes to rest, if what it conserves is taken from its start.

.. math:: y_\infty = P y_0, \quad P = R (L^T R)^{-1} L^T

with R and L the right and left null vectors of the generator G. There are as many as there are conserved numbers, and only the
start says how much of each is there: a kernel by itself is no answer where it has more than one dimension. A singular value
decomposition finds both, however far from normal G is.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from ..conventions import epsilon

ROUNDING = 10.0  # times the size and the rounding of the largest singular value: below that one is zero


def rest(matrix: Float[Array, "n n"], start: Float[Array, " n"], scale: Float[Array, ""]) -> tuple[Any, Int[Array, ""]]:
    """``P start``, and the dimension of the kernel; singular values are zero beside `scale`, or beside the largest.

    Derivatives, of any order, are those at a kernel of constant dimension.
    """
    kernel = _kernel(lax.stop_gradient(matrix), lax.stop_gradient(scale))
    return _projected(matrix, kernel, start), jnp.sum(kernel[3])


@jax.custom_jvp
def _projected(matrix: Float[Array, "n n"], kernel: tuple[Any, Any, Any, Any], v: Float[Array, " n"]) -> Float[Array, " n"]:
    """``P v``. With S the inverse of G off its kernel, ``dP = -S dG P - P dG S``."""
    left, right, overlaps, _ = kernel
    return _times(right, jnp.linalg.solve(overlaps, _times(left.T, v)))


@_projected.defjvp
def _(primals: Any, tangents: Any) -> Any:
    import lineax  # slow to import, and only derivatives need it

    (matrix, kernel, v), (moved, _, late) = primals, tangents
    project = lambda v: _projected(matrix, kernel, v)  # noqa: E731
    end = project(v)
    off = lineax.MatrixLinearOperator(matrix - jax.vmap(project, in_axes=1, out_axes=1)(jnp.eye(len(v), dtype=v.dtype)))
    invert = lambda v: lineax.linear_solve(off, v - project(v), lineax.LU()).value  # noqa: E731
    return end, project(late) - invert(_times(moved, end)) - project(_times(moved, invert(v)))


def _times(a: Any, b: Any) -> Any:
    return jnp.matmul(a, b, precision=lax.Precision.HIGHEST)


def _kernel(matrix: Float[Array, "n n"], scale: Any) -> tuple[Any, Any, Any, Any]:
    """Left and right null vectors (columns; others are zero), their overlaps, and which columns they are."""
    left, size, right = jnp.linalg.svd(matrix)
    null = size <= ROUNDING * len(size) * epsilon() * jnp.maximum(size[0], scale)
    left, right = jnp.where(null, left, 0.0), jnp.where(null, right.T, 0.0)
    return left, right, _times(left.T, right) + jnp.diag(jnp.where(null, 0.0, 1.0)), null
