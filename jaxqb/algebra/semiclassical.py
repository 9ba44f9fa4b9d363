r"""The law of a large battery and a full charger: M cells, N = nu M charger spins, M >> 1.

The charge begins as two-mode squeezing, whose noise is exponential, and goes on along a classical separatrix. With

.. math:: E/M = \int_0^\infty e^{-\xi} x(q_0/\xi)\, d\xi, \quad x(q) = \frac{4\nu q}{(q+1+\nu)^2-4\nu},
          \quad q_0 = 16 \nu M e^{-2\sqrt\nu g M t}

corrections are of order 1/M. The law covers one pass: it says nothing of later returns.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

Number = Float[Array, "..."] | Float[np.ndarray, "..."] | float

# The trapezoidal rule in u = ln xi: the integrand is analytic for |Im u| < pi/2 and falls off at both ends, so the
# error is about exp(-pi^2 / STEP) = 1e-27, plus tails of exp(-38) to the left and exp(-exp(3.7)) to the right.
STEP = 0.16  # exact multiples of it: np.arange(-38, 3.8, STEP) would be off by 4e-14
_U = STEP * np.arange(-238, 24)
_XI, _WEIGHTS = np.exp(_U), STEP * np.exp(_U - np.exp(_U))


def orbit(q: Number, ratio: Number = 1.0) -> Float[Array, "..."]:
    """``x(q)``: excited fraction on the classical orbit of parameter q, for charger over battery size nu = `ratio`."""
    ratio = jnp.asarray(ratio)
    q = jnp.maximum(jnp.asarray(q), jnp.finfo(jnp.result_type(float)).tiny ** 0.5)  # the law is over where q is that small
    # the denominator over q, without the cancellation of (q + 1 + nu)^2 - 4 nu
    return 4 * ratio / (q + 2 * (1 + ratio) + (1 - ratio) ** 2 / q)


def fraction(start: Number, ratio: Number = 1.0) -> Float[Array, "..."]:
    """Mean excited fraction E/M where ``q_0 = start``.

    >>> round(float(fraction(4.0)), 6)  # nu = 1: 1 - x e^x E_1(x) at x = q_0 / 4
    0.403653
    """
    start, ratio = jnp.asarray(start)[..., None], jnp.asarray(ratio)[..., None]
    return jnp.sum(_WEIGHTS * orbit(start / _XI, ratio), axis=-1)


def squeeze(t: Number, cells: Number, ratio: Number = 1.0, coupling: Number = 1.0) -> Float[Array, "..."]:
    """``q_0 = 16 nu M exp(-2 sqrt(nu) g M t)``."""
    ratio, cells = jnp.asarray(ratio), jnp.asarray(cells)
    return 16 * ratio * cells * jnp.exp(-2 * jnp.sqrt(ratio) * coupling * cells * t)


def energy(t: Number, cells: Number, ratio: Number = 1.0, coupling: Number = 1.0) -> Float[Array, "..."]:
    """Stored energy ``E(t)`` in units of a cell's gap; times in 1/frequency.

    >>> round(float(energy(0.006, 1000.0)), 1)
    920.6
    """
    return jnp.asarray(cells) * fraction(squeeze(t, cells, ratio, coupling), ratio)


def average_power(
    cells: Float[Array, ""] | float, ratio: Float[Array, ""] | float = 1.0, coupling: Float[Array, ""] | float = 1.0
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Time and value of the largest ``E(t)/t`` for M >= 2; the value is differentiable, the time is not.

    >>> time, power = average_power(100.0)
    >>> round(float(power), 1)
    1939.4
    """
    rate = jnp.sqrt(ratio) * coupling * cells
    log_fraction = lambda s: jnp.log(fraction(16 * ratio * cells * jnp.exp(-2 * s), ratio))  # noqa: E731
    slope = jax.grad(log_fraction)

    def newton(_, s):
        residue, curvature = jax.jvp(lambda s: slope(s) - 1 / s, (s,), (jnp.ones_like(s),))
        return s - jnp.clip(jnp.where(curvature < 0, residue / curvature, -0.5 * jnp.sign(residue)), -0.5, 0.5)

    start = 0.5 * jnp.log(16 * ratio * jnp.asarray(cells, float) / (1 + ratio))
    s = lax.stop_gradient(lax.fori_loop(0, 12, newton, jnp.maximum(start, 0.5)))
    return s / rate, rate / s * cells * jnp.exp(log_fraction(s))


def exponent(cells: Float[Array, ""] | float, ratio: Float[Array, ""] | float = 1.0) -> Float[Array, ""]:
    """``d ln(P/M) / d ln M``, the local exponent of the collective advantage, at fixed ratio.

    >>> round(float(exponent(1e4)), 6)
    0.929068
    """
    log_power = lambda log_cells: jnp.log(average_power(jnp.exp(log_cells), ratio)[1]) - log_cells  # noqa: E731
    return jax.grad(log_power)(jnp.log(jnp.asarray(cells, float)))
