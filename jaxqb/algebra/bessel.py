"""Bessel functions of orders 0 and 1 and Bickley's integrals of K_0: one integral serves them all.

    Ki_n(z) = int_0^inf exp(-z cosh u) / cosh(u)^n du,   Ki_n' = -Ki_(n-1),   Ki_0 = K_0,   Ki_(-1) = K_1

and ``H_0^(2)(x) = J_0(x) - i Y_0(x) = (2i/pi) K_0(ix)``. With ``r = sqrt(2z) sinh(u/2)`` the integrand is a Gaussian times a
function that is smooth where ``|z| >= 1``, so the trapezoidal rule converges exponentially; below, the power series is good.

Errors are a few roundings of the modulus (of J - iY, or K). At 0 stands the value at a tiny argument, so that nothing is
infinite; derivatives of any order follow the rule above (at 0 itself, J_1 has one).
"""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Inexact

STEP, NODES, TERMS = 0.15, 42, 10  # of the trapezoidal rule, and terms of the series


def j0(x: Any) -> Float[Array, "*n"]:
    """J_0 of real x >= 0."""
    return hankel0(x).real


def y0(x: Any) -> Float[Array, "*n"]:
    """Y_0 of real x > 0."""
    return -hankel0(x).imag


def j1(x: Any) -> Float[Array, "*n"]:
    """J_1 of real x >= 0."""
    return hankel1(x).real


def y1(x: Any) -> Float[Array, "*n"]:
    """Y_1 of real x > 0."""
    return -hankel1(x).imag


def hankel0(x: Any) -> Complex[Array, "*n"]:
    """``H_0^(2) = J_0 - i Y_0`` of real x > 0.

    >>> print(f"{hankel0(jnp.array(2.0)):.5f}")
    0.22389-0.51038j
    """
    return 2j / np.pi * k0(1j * _off_zero(x))


def hankel1(x: Any) -> Complex[Array, "*n"]:
    """``H_1^(2) = J_1 - i Y_1`` of real x > 0."""
    return -2 / np.pi * k1(1j * _off_zero(x))


def k0(z: Any) -> Inexact[Array, "*n"]:
    """K_0 of real or complex z with ``Re z >= 0``."""
    return _bickley(0, z)


def k1(z: Any) -> Inexact[Array, "*n"]:
    """K_1 of real or complex z with ``Re z >= 0``."""
    return _bickley(-1, z)


def bickley1(x: Any) -> Float[Array, "*n"]:
    """``Ki_1(x) = int_x^inf K_0`` for real x >= 0."""
    return _bickley(1, x)


def bickley2(x: Any) -> Float[Array, "*n"]:
    """``Ki_2(x) = int_x^inf Ki_1 = x [K_1(x) - pi/2 + int_0^x K_0]`` for real x >= 0."""
    return _bickley(2, x)


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def _bickley(n: int, z: Any) -> Any:
    """Ki_n; each formula is fed with arguments of its own domain only."""
    z, near = _off_zero(z), jnp.abs(z) < 1
    return jnp.where(near, _series(n, jnp.where(near, z, 0.5)), _trapezoid(n, jnp.where(near, 2.0, z)))


@_bickley.defjvp
def _(n, primals, tangents):
    (z,), (dz,) = primals, tangents
    out = _bickley(n, z)
    slope = _bickley(n - 1, z) if n >= 0 else _bickley(0, z) + out / _off_zero(z)
    return out, -slope * dz


def _off_zero(z: Any) -> Any:
    """Third powers of the tiny argument can still be inverted."""
    return z + jnp.where(z == 0, jnp.finfo(jnp.result_type(z)).tiny ** 0.3, 0.0)


def _trapezoid(n: int, z: Any) -> Any:
    """In r, whose Gaussian is below rounding at the last node."""
    s = (np.arange(NODES) * STEP) ** 2
    weights = np.where(s == 0, 0.5, 1.0) * np.exp(-s) * STEP
    s, weights = s.astype(z.real.dtype), weights.astype(z.real.dtype)
    ratio = s * (1 / z)[..., None]
    terms = weights * _inverse_sqrt(1 + ratio / 2) * (1 + ratio) ** -n
    return math.sqrt(2) * _inverse_sqrt(z) * jnp.exp(-z) * jnp.sum(terms, axis=-1)


def _inverse_sqrt(z: Any) -> Any:
    """Where ``Re z >= 0``: in real arithmetic, which is quicker."""
    if not jnp.iscomplexobj(z):
        return jax.lax.rsqrt(z)
    size = jnp.sqrt(z.real**2 + z.imag**2)
    real = jnp.sqrt((size + z.real) / 2)
    return jax.lax.complex(real, -z.imag / (2 * real)) / size


def _series(n: int, z: Any) -> Any:
    """K_0 term by term, ``z^(2k) / (2^k k!)^2 (psi(k+1) - log(z/2))``, integrated n times from 0 (for n = -1 differentiated)."""
    k = np.arange(TERMS)
    logs = 1 / np.cumprod(np.maximum(4.0 * k**2, 1))
    constants = logs * (np.cumsum(1 / np.maximum(k, 1)) - 1 - np.euler_gamma)
    for power in 2 * k + np.arange(1, n + 1)[:, None]:
        constants, logs = (constants + logs / power) / power, logs / power
    if n < 0:
        constants, logs = 2 * k * constants - logs, 2 * k * logs
    sums = (functools.reduce(lambda y, c: y * z**2 + c, reversed(table.tolist())) for table in (constants, logs))
    constant, log = sums
    at_zero = {1: np.pi / 2, 2: 1 - np.pi / 2 * z}.get(n, 0.0)
    return at_zero + (-z) ** n * (constant - log * jnp.log(z / 2))
