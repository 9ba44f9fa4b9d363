"""Chebyshev expansion of the exponential of an antisymmetric matrix, and of smooth functions on an interval.

For ``|A| <= 1`` and any real s,   exp(s A) = sum_k (2 - delta_k0) J_k(s) u_k,   u_{k+1} = 2 A u_k + u_{k-1},
with ``u_0 = 1`` and ``u_1 = A``: real arithmetic throughout, and no term is larger than the answer.
Source: Tal-Ezer & Kosloff, J. Chem. Phys. 81, 3967 (1984), in the real form for antisymmetric generators.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from .gradients import most
from .inline import inlined
from .sine import sine


def enough(reach: Any) -> Any:
    """A number of terms after which all ``|J_k(s)|`` with ``s <= reach`` are below 1e-16 (fitted from above)."""
    return reach + 5.0 + 10.5 * reach ** (1 / 3)


def terms(reach: float) -> int:
    """That number for a known reach, even."""
    return 2 * math.ceil(enough(reach) / 2)


@functools.cache
def _quadrature(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes sin(theta) on a quarter circle, and the matrix from cosines and sines there (one after the other) to all J_k."""
    quarter = count // 2 + 1
    theta = (np.arange(quarter) + 0.5) * (np.pi / 2 / quarter)
    matrix = np.zeros((2, quarter, count))
    matrix[0, :, ::2] = np.cos(np.outer(theta, np.arange(0, count, 2))) / quarter
    matrix[1, :, 1::2] = np.sin(np.outer(theta, np.arange(1, count, 2))) / quarter
    return np.sin(theta), matrix.reshape(-1, count)


def bessel(s: Float[Array, "*b"], count: int) -> Float[Array, "*b {count}"]:
    """``J_0(s) ... J_{count-1}(s)`` for an even count beyond |s|, by the trapezoidal rule on Bessel's integral.

    The rule converges faster than any power once it has more points than ``|s| + k``, has no division (s = 0 is an
    ordinary point) and an absolute error of a few rounding errors. Dividing by the root of ``J_0^2 + 2 sum J_k^2``, which
    is 1 but for rounding, keeps thousands of successive steps from drifting.
    """
    points, matrix = _quadrature(count)
    waves = sine(jnp.asarray(s)[..., None, None] * points, np.array([[1], [0]]))
    values = jnp.matmul(waves.reshape(*waves.shape[:-2], -1), matrix, precision=lax.Precision.HIGHEST)
    excess = 2 * jnp.sum(values**2, axis=-1, keepdims=True) - values[..., :1] ** 2 - 1
    return values - values * (excess / 2)


def bessel_ahead(s: Float[Array, " b"], count: int) -> Float[Array, "b {count}"]:
    """The same for s >= 0, to a relative accuracy of a few rounding errors also where ``J_k(s)`` is small (k > s).

    There the ratio of each to the one before is a continued fraction, which converges from any beginning.
    """

    def ratio(later, k):
        now = s / (2 * k - s * later)
        return now, now

    after = np.arange(count + 40, 0.0, -1.0)
    ratios = lax.scan(ratio, jnp.zeros_like(s), after, unroll=8)[1][::-1][: count - 1].T
    order, turn = np.arange(1, count), jnp.clip(jnp.floor(s), 0, count - 1)[:, None]
    falls = jnp.concatenate([jnp.ones_like(s)[:, None], jnp.cumprod(jnp.where(order > turn, ratios, 1.0), axis=1)], axis=1)
    values = bessel(s, count)
    first = jnp.take_along_axis(values, turn.astype(int), axis=1)
    return jnp.where(np.arange(count) > turn, first * falls, values)


@inlined
def exponential(s: Float[Array, "*b"], count: int) -> Float[Array, "*b {count}"]:
    """Coefficients ``(2 - delta_k0) J_k(s)`` of exp(s A).

    Those that are nothing but rounding are left out: derivatives of high orders are large (as k^2) and would amplify it.
    """
    order = np.arange(count)
    needed = order < enough(jnp.abs(lax.stop_gradient(s)))[..., None]
    return jnp.where(needed, bessel(s, count) * np.where(order > 0, 2.0, 1.0), 0.0)


def expand(field: Callable, radius: Any, y: Any, coefficients: Float[Array, " k"], orders: Any = None) -> Any:
    """``sum_k c_k u_k y`` for ``A y = field(y) / radius``: a leapfrog over even and odd orders, in place.

    `orders`: how many of an even number of coefficients are not zero (traced); then without derivatives.
    """
    both = coefficients.reshape(-1, 2)
    add = lambda a, x, b: jax.tree.map(lambda x, b: x + a * b, x, b)  # noqa: E731
    weigh = lambda w, even, odd: jax.tree.map(lambda e, o: w[0] * e + w[1] * o, even, odd)  # noqa: E731
    odd = jax.tree.map(lambda d: d / radius, field(y))

    def turn(carry, weights):
        even, odd, total = carry
        even = add(2 / radius, even, field(odd))
        odd = add(2 / radius, odd, field(even))
        return even, odd, add(1.0, total, weigh(weights, even, odd))

    start = y, odd, weigh(both[0], y, odd)
    if orders is None:
        return lax.scan(lambda carry, weights: (turn(carry, weights), None), start, both[1:])[0][2]
    count = jnp.minimum(most(pairs(orders)), len(both))
    return lax.fori_loop(1, count, lambda k, carry: turn(carry, both[k]), start)[2]


def pairs(orders: Any) -> Any:
    """Pairs of even and odd orders, from a number of orders."""
    return jnp.ceil(orders / 2).astype(int)


@functools.cache
def nodes(count: int) -> np.ndarray:
    """Chebyshev points of the second kind on [0, 1], ascending, ends included."""
    return 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / (count - 1))


@functools.cache
def hermite(points: tuple[float, ...], orders: int) -> np.ndarray:
    """Matrix from value and derivatives (orders in all) at points of [0, 1] to Chebyshev coefficients.

    It loses eight digits where a matrix in double precision is inverted, so three of Newton's steps go in the longest one, in
    which the matrix is returned.
    """
    count = len(points) * orders
    shift, rows = slope(count), []
    for x in points:
        row = np.cos(np.arccos(np.longdouble(2 * x - 1)) * np.arange(count))
        for _ in range(orders):
            rows.append(row)
            row = row @ shift
    matrix, one = np.array(rows), np.eye(count, dtype=np.longdouble)
    inverse = np.linalg.inv(matrix.astype(float)).astype(np.longdouble)
    for _ in range(3):
        inverse = inverse @ (2 * one - matrix @ inverse)
    return inverse


@functools.cache
def slope(count: int) -> np.ndarray:
    """Matrix from Chebyshev coefficients of a function on [0, 1] to those of its derivative."""
    once = np.zeros((count, count))
    for k in range(1, count):  # T_k' = 2 k (T_(k-1) + T_(k-3) + ...), with half of T_0
        once[k - 1 :: -2, k] = 4 * k  # d/dx of T_k(2x - 1)
    once[0] /= 2
    return once


def basis(x: Any, count: int) -> Any:
    """``T_k(2x - 1)`` for k below count and x in [0, 1] (clipped), shape (points, count)."""
    if isinstance(x, np.ndarray):
        return np.cos(np.arccos(np.clip(2 * x - 1, -1.0, 1.0))[:, None] * np.arange(count))
    return sine(jnp.arccos(jnp.clip(2 * x - 1, -1.0, 1.0))[:, None] * np.arange(count), 1)
