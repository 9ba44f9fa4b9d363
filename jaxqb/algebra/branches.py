r"""Eigenvalues of Hermitian blocks in descending order, and how they rise along a curve of matrices.

Where several of them are one number, be it in one block or in different ones, they are not smooth. What they have on any curve
are slopes to the right: those of X at an eigenvalue with projector P are the eigenvalues of :math:`P \dot X P`, and where they
part the steepest one is the largest. Ordinary derivatives know no direction, and take equal eigenvalues as they are found.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Inexact, Int

from ..conventions import epsilon

ROUNDING = 64  # rounding errors of a density matrix, whose trace is 1, by which eigenvalues that are one number may differ


def eigenvalues(blocks: Inexact[Array, "*b n n"], rising: bool = False) -> Float[Array, "*b n"]:
    """Of Hermitian blocks; `rising` for `jax.jvp` only: what that gives are the slopes to the right along the tangent."""
    return _branches(blocks) if rising else jnp.linalg.eigvalsh(blocks)


def descending(
    values: Float[Array, " n"], copies: Float[Array, " n"], rising: bool = False
) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    """Eigenvalues, and how often each occurs, the largest first; `rising` as above: the one that rises most comes first."""
    return _parting(values, copies) if rising else _taken(jnp.argsort(-values), values, copies)


class _Split(NamedTuple):
    """Of blocks X and the way they go: a basis in which X is diagonal, and the way is at each eigenvalue; the way in it.

    `level` numbers the different eigenvalues of a block.
    """

    values: Float[Array, "*b n"]
    level: Int[Array, "*b n"]
    vectors: Inexact[Array, "*b n n"]
    way: Inexact[Array, "*b n n"]


@jax.custom_jvp
def _branches(blocks: Inexact[Array, "*b n n"]) -> Float[Array, "*b n"]:
    return jnp.linalg.eigvalsh(blocks)


@_branches.defjvp
def _(primals: Any, tangents: Any) -> Any:
    return _values_and_slopes(*primals, *tangents)


@jax.custom_jvp
def _values_and_slopes(blocks: Any, way: Any) -> tuple[Float[Array, "*b n"], Float[Array, "*b n"]]:
    x = _split(blocks, way)
    return x.values, _diagonal(x.way)


@_values_and_slopes.defjvp
def _(primals: Any, tangents: Any) -> Any:
    """By perturbation theory, in which what is one number stays one number."""
    x = _split(*primals)
    moved, bent = (_turned(x.vectors, part) for part in tangents)
    others = x.level[..., :, None] != x.level[..., None, :]
    apart = jnp.where(others, x.values[..., :, None] - x.values[..., None, :], 1.0)
    mixing = jnp.sum(jnp.where(others, jnp.real(moved * jnp.conj(x.way)) / apart, 0.0), axis=-1)
    return (x.values, _diagonal(x.way)), (_diagonal(moved), _diagonal(bent) + 2 * mixing)


def _split(blocks: Any, way: Any) -> _Split:
    values, vectors = jnp.linalg.eigh(blocks)
    level = _levels(values)
    inside = jnp.where(level[..., :, None] == level[..., None, :], _turned(vectors, way), 0.0)
    # further apart than any slopes, levels stay in their order
    size = jnp.sqrt(jnp.sum(jnp.abs(inside) ** 2, axis=(-2, -1), keepdims=True))
    shift = jnp.where(size > 0, 2 * size, 1.0) * level[..., None] * jnp.eye(values.shape[-1], dtype=values.dtype)
    vectors = _times(vectors, jnp.linalg.eigh(inside + shift)[1])
    return _Split(values, level, vectors, _turned(vectors, way))


@jax.custom_jvp
def _parting(values: Float[Array, " n"], copies: Float[Array, " n"]) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    return descending(values, copies)


@_parting.defjvp
def _(primals: Any, tangents: Any) -> Any:
    order = jnp.argsort(-primals[0])
    level = _levels(primals[0][order], primals[1][order])
    order = order[jnp.lexsort((-tangents[0][order], level))]
    return _taken(order, *primals), _taken(order, *tangents)


def _levels(values: Float[Array, "*b n"], copies: Any = 1.0) -> Int[Array, "*b n"]:
    """Numbers, from 0, of different eigenvalues among sorted ones, of which there are so many copies with a trace of one."""
    many = jnp.broadcast_to(copies, values.shape)
    many = jnp.maximum(many, jnp.concatenate([many[..., :1], many[..., :-1]], axis=-1))
    apart = jnp.abs(jnp.diff(values, axis=-1, prepend=values[..., :1])) > ROUNDING * epsilon() / many
    return jnp.cumsum(apart, axis=-1)


def _taken(order: Int[Array, " n"], *arrays: Any) -> Any:
    return tuple(array[order] for array in arrays)


def _turned(vectors: Any, x: Any) -> Any:
    """Blocks in a basis."""
    return _times(jnp.conj(jnp.swapaxes(vectors, -1, -2)), _times(x, vectors))


def _diagonal(x: Any) -> Float[Array, "*b n"]:
    return jnp.real(jnp.diagonal(x, axis1=-2, axis2=-1))


def _times(a: Any, b: Any) -> Any:
    return jnp.matmul(a, b, precision=lax.Precision.HIGHEST)
