r"""Trace norms of Hermitian blocks (a partial transpose in its blocks), and how they rise along a curve of matrices.

The trace norm is not smooth where an eigenvalue vanishes, and at a product state all but one do. What it has on any curve is a
slope to the right,

.. math:: \frac{d}{dt^+} \|X\|_1 = \mathrm{Tr}[S \dot X], \qquad S = \mathrm{sgn}(X) + P_0\, \mathrm{sgn}(P_0 \dot X P_0)\, P_0,

with P_0 the projector on the kernel of X, where only the direction says which way an eigenvalue goes. Ordinary derivatives know
no direction, and take S = sgn(X): the mean of both one-sided slopes.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Inexact

from ..conventions import epsilon

ROUNDING = 64  # rounding errors of the trace of a state, one, below which an eigenvalue is taken for zero


class _Spectrum(NamedTuple):
    """Of blocks X: eigenvectors (columns), eigenvalues, which of them vanish, and signs of the others."""

    vectors: Inexact[Array, "blocks n n"]
    values: Float[Array, "blocks n"]
    null: Bool[Array, "blocks n"]
    signs: Float[Array, "blocks n"]

    def turn(self, x: Inexact[Array, "blocks n n"]) -> Inexact[Array, "blocks n n"]:
        """Blocks in the eigenbasis."""
        return _times(jnp.conj(jnp.swapaxes(self.vectors, -1, -2)), _times(x, self.vectors))

    def back(self, x: Inexact[Array, "blocks n n"]) -> Inexact[Array, "blocks n n"]:
        """Blocks from the eigenbasis."""
        return _times(self.vectors, _times(x, jnp.conj(jnp.swapaxes(self.vectors, -1, -2))))


def _times(a: Any, b: Any) -> Any:
    return jnp.matmul(a, b, precision=lax.Precision.HIGHEST)


def _spectrum(blocks: Inexact[Array, "blocks n n"]) -> _Spectrum:
    values, vectors = jnp.linalg.eigh(blocks)
    null = jnp.abs(values) <= ROUNDING * epsilon()  # in any block: one may hold nothing but rounding errors of the others
    return _Spectrum(vectors, values, null, jnp.where(null, 0.0, jnp.sign(values)))


@jax.custom_jvp
def trace_norm(blocks: Inexact[Array, "blocks n n"]) -> Float[Array, ""]:
    """Sum of the absolute eigenvalues of Hermitian blocks. Its derivative takes nothing from eigenvalues that vanish."""
    return jnp.sum(jnp.abs(jnp.linalg.eigvalsh(blocks)))


@trace_norm.defjvp
def _(primals: Any, tangents: Any) -> Any:
    norm, sign = _sign(*primals)
    return norm, _inner(sign, *tangents)


@jax.custom_jvp
def rising(blocks: Inexact[Array, "blocks n n"]) -> Float[Array, ""]:
    """The trace norm, for `jax.jvp` only: what that gives is the slope to the right along the tangent (see `slope`)."""
    return trace_norm(blocks)


@rising.defjvp
def _(primals: Any, tangents: Any) -> Any:
    return _norm_and_slope(*primals, *tangents)


def either(blocks: Inexact[Array, "blocks n n"], one_sided: bool) -> Float[Array, ""]:
    """The trace norm, and whether its slope is that to the right at kinks, or the mean of both sides."""
    return rising(blocks) if one_sided else trace_norm(blocks)


def _twice(x: Inexact[Array, "m n"]) -> Inexact[Array, "1 k k"]:
    """A Hermitian block of whose eigenvalues the singular values are, twice, the magnitudes."""
    m, n = x.shape
    zero = lambda k: jnp.zeros((k, k), x.dtype)  # noqa: E731
    return jnp.block([[zero(m), x], [jnp.conj(x.T), zero(n)]])[None]


@jax.custom_jvp
def nuclear_norm(x: Inexact[Array, "m n"]) -> Float[Array, ""]:
    """Sum of the singular values. Its derivative takes nothing from those that vanish."""
    return jnp.sum(jnp.linalg.svd(x, compute_uv=False))


@nuclear_norm.defjvp
def _(primals: Any, tangents: Any) -> Any:
    return nuclear_norm(*primals), _inner(_sign(_twice(*primals))[1], _twice(*tangents)) / 2


def rising_singular(x: Inexact[Array, "m n"]) -> Float[Array, ""]:
    """Sum of the singular values, to rise alike."""
    return rising(_twice(x)) / 2


@jax.custom_jvp
def rising_magnitude(x: Inexact[Array, " n"]) -> Float[Array, " n"]:
    """Magnitudes of numbers, to rise alike."""
    return jnp.abs(x)


@rising_magnitude.defjvp
def _(primals: Any, tangents: Any) -> Any:
    (x,), (way,) = primals, tangents
    size = jnp.abs(x)
    null = size <= ROUNDING * epsilon()
    moves = way != 0
    along = jnp.real(jnp.conj(x) * way) / jnp.where(null, 1.0, size)
    return size, jnp.where(null, jnp.where(moves, jnp.abs(jnp.where(moves, way, 1.0)), 0.0), along)


def slope(blocks: Inexact[Array, "blocks n n"], way: Inexact[Array, "blocks n n"]) -> Float[Array, ""]:
    """Slope to the right of ``trace_norm(blocks + t way)`` at t = 0; differentiable by both."""
    return _norm_and_slope(blocks, way)[1]


@jax.custom_jvp
def _norm_and_slope(blocks: Any, way: Any) -> tuple[Float[Array, ""], Float[Array, ""]]:
    x = _spectrum(blocks)
    return jnp.sum(jnp.abs(x.values)), _inner(*_one_sided(x, way))


@_norm_and_slope.defjvp
def _(primals: Any, tangents: Any) -> Any:
    """Eigenvectors turn, so that S follows X: between kernel and the rest as well, as long as the kernel keeps its size."""
    (blocks, way), (moved, bent) = primals, tangents
    x = _spectrum(blocks)
    (sign, inner), turned = _one_sided(x, way), x.turn(moved)
    values = jnp.sum(jnp.abs(x.values)), _inner(sign, inner)
    norm = _inner(_diagonal(x.signs, turned.dtype), turned)
    return values, (norm, _inner(sign, x.turn(bent)) + _inner(_follow(x, sign, turned), inner))


@jax.custom_jvp
def _sign(blocks: Inexact[Array, "blocks n n"]) -> tuple[Float[Array, ""], Inexact[Array, "blocks n n"]]:
    """The trace norm, and sgn(X)."""
    x = _spectrum(blocks)
    return jnp.sum(jnp.abs(x.values)), x.back(_diagonal(x.signs, blocks.dtype))


@_sign.defjvp
def _(primals: Any, tangents: Any) -> Any:
    x = _spectrum(*primals)
    turned = x.turn(*tangents)
    sign = _diagonal(x.signs, turned.dtype)
    norm = jnp.sum(jnp.abs(x.values))
    return (norm, x.back(sign)), (_inner(sign, turned), x.back(_follow(x, sign, turned)))


def _one_sided(x: _Spectrum, way: Any) -> tuple[Any, Any]:
    """S and the way, in the eigenbasis."""
    inner = x.turn(way)
    kernel = x.null[..., :, None] & x.null[..., None, :]
    directions, vectors = jnp.linalg.eigh(jnp.where(kernel, inner, 0.0))
    turned = _times(vectors * jnp.sign(directions)[..., None, :], jnp.conj(jnp.swapaxes(vectors, -1, -2)))
    return _diagonal(x.signs, inner.dtype) + jnp.where(kernel, turned, 0.0), inner


def _follow(x: _Spectrum, sign: Any, moved: Any) -> Any:
    """How S moves with X, all in the eigenbasis: S and X commute and keep doing so, ``[dS, X] = [dX, S]``."""
    apart = x.values[..., None, :] - x.values[..., :, None]
    mixes = (x.signs[..., None, :] != x.signs[..., :, None]) & (apart != 0)
    commutator = _times(moved, sign) - _times(sign, moved)
    return jnp.where(mixes, commutator / jnp.where(mixes, apart, 1.0), 0.0)


def _diagonal(signs: Any, dtype: Any) -> Any:
    return signs[..., None] * jnp.eye(signs.shape[-1], dtype=dtype)


def _inner(a: Any, b: Any) -> Float[Array, ""]:
    """Tr[a b] of Hermitian blocks."""
    return jnp.sum(jnp.real(jnp.conj(a) * b))
