r"""Exponential integrals of complex argument and real order, on both sheets.

.. math:: F_s(z) = \int_0^\infty \frac{x^s e^{-x}}{x - z} dx = \Gamma(s+1) (-z)^s e^{-z} \Gamma(-s, -z), \qquad
          G_s(z) = \int_0^1 \frac{x^s}{x - z} dx

Both by the trapezoid rule in a coordinate u in which the integrand is analytic in a strip about the real axis and falls off
exponentially. The pole at ``x = z`` adds to a rule of step h its residue times ``2 pi i / (exp(-2 pi i (u(z) - u_0) / h) - 1)``,
with u_0 any node; that is taken off, and the nodes are laid half a step from the pole, so that nothing cancels on the cut. So
there is one formula for all z and s, which has derivatives by both.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

# Step of the rule, and how far from the real axis a pole is still seen by it: the strip is pi / 2 wide for F, pi for G.
SOFT, HARD = (0.18, 1.42), (0.3, 2.5)
FALL = 38.0  # what exp(-FALL) multiplies is nothing
MOST = 8.0  # order up to which the rule of this step holds to 1e-13
DEPTH = 50.0  # nodes reach to -DEPTH at least, so that derivatives hold where z is small


def exponential(z: Any, order: Any, through: bool = False, least: float = 0.5) -> Any:
    """``F_s(z)`` for real s > 0: cut along z > 0 (there it is the value from above), or continued from above `through` the cut.

    NaN for an order below `least` (the smaller it is, the more nodes there are) or above 8; and on
    the second sheet where ``exp(-z)`` overflows. Derivatives by z hold down to ``|z| = 1e-20``.

    >>> round(complex(exponential(-1.0, 1.0)).real, 11)  # 1 - e E_1(1)
    0.40365263768
    """
    z, s = jnp.asarray(z) + 0j, jnp.asarray(order)
    place = jnp.log(jnp.where(z == 0, -1.0, z))
    step, reach = SOFT
    u = _nodes(place, s, least, np.log(150.0), step)
    x = jnp.exp(u)
    terms = jnp.exp((s[..., None] + 1) * u - x) / (x - z[..., None])
    return step * jnp.sum(terms, axis=-1) + _missed(z, place, s * place - z, through, step, reach)


def finite(z: Any, order: Any, through: bool = False, least: float = 0.5) -> Any:
    """``G_s(z)`` for real s > 0: cut between 0 and 1 (there it is the value from above), or continued from above `through` it.

    NaN for an order below `least` (the smaller it is, the more nodes there are) or above 8.

    >>> round(complex(finite(2.0, 1.0)).real, 11)  # 1 - 2 log 2
    -0.38629436112
    """
    z, s = jnp.asarray(z) + 0j, jnp.asarray(order)
    off_ends = jnp.where((z == 0) | (z == 1), 2.0, z)
    place = jnp.log(off_ends / (1 - off_ends))
    step, reach = HARD
    u = _nodes(place, s, least, 2 * FALL, step)
    x, left = jax.nn.sigmoid(u), jax.nn.sigmoid(-u)
    apart = jnp.where(u < 0, x - z[..., None], (1 - z[..., None]) - left)
    terms = jnp.exp((s[..., None] + 1) * jax.nn.log_sigmoid(u)) * left / apart
    value = step * jnp.sum(terms, axis=-1) + _missed(z, place, s * jnp.log(off_ends), through, step, reach)
    return jnp.where(z == 1, -jnp.inf, value)


def wave(phase: Any, order: Any) -> Any:
    r"""``int_0^1 x^s exp(-i phase x) dx`` for phase >= 0, s up to 8: a series up to 4, then integrals along -i from both ends.

    >>> round(complex(wave(0.0, 1.0)).real, 11)
    0.5
    """
    phase, s = jnp.asarray(phase), jnp.asarray(order)
    early = phase < 4
    short, long = jnp.where(early, phase, 1.0)[..., None], jnp.where(early, 4.0, phase)
    k = np.arange(36)
    factors = (-1j) ** k / np.array([float(math.factorial(j)) for j in k])
    series = jnp.sum(factors * short**k / (k + s[..., None] + 1), axis=-1)
    step = SOFT[0]
    u = step * np.arange(np.floor(-FALL / step), np.ceil(np.log(FALL) / step) + 1)
    weights = step * np.exp(u - np.exp(u))
    end = jnp.sum(weights * jnp.exp(s[..., None] * jnp.log(1 - 1j * np.exp(u) / long[..., None])), axis=-1)
    begin = jnp.exp(lax.lgamma(s + 1.0) - s * (jnp.log(long) + 0.5j * np.pi))
    return jnp.where(early, series, -1j / long * (begin - jnp.exp(-1j * long) * end))


def _nodes(place: Any, s: Any, least: float, right: float, step: float) -> Any:
    """Nodes of the rule on a new last axis, half a step off the place of the pole."""
    grid = step * np.arange(np.floor(-max(DEPTH, FALL / least) / step), np.ceil(right / step) + 1)
    shift = jnp.mod(lax.stop_gradient(jnp.real(place)), step) + step / 2
    return jnp.where((s >= least) & (s <= MOST), shift, jnp.nan)[..., None] + grid


def _missed(z: Any, place: Any, log_residue: Any, through: bool, step: float, reach: float) -> Any:
    """What the rule misses of the pole, with its share of the other sheet: a part of ``2 pi i residue``, between -1 and 1."""
    below = jnp.imag(z) < 0
    sign = jnp.where(below & (not through), -1.0, 1.0)
    seen = jnp.abs(jnp.imag(place)) < reach
    # with u_0 half a step from the pole, exp(-2 pi i (u(z) - u_0) / h) is minus this
    turn = 2j * np.pi / step * (place - lax.stop_gradient(jnp.real(place)))
    part = sign / (1 + jnp.exp(-sign * jnp.where(seen, turn, 0.0)))
    part = jnp.where(seen, part, 1.0 * (below & through))
    return 2j * np.pi * part * jnp.exp(jnp.where(part == 0, 0.0, log_residue))
