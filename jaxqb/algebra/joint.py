"""Two spins j_B and j_C added to a joint spin J: weights, ladders and the share of either spin in J^z.

Joint spins are counted by k = J - (j_C - j_B), from 0 (the lowest, which the smaller spin can just reach) to N_B = 2 j_B; levels
by the number of excitations e = M + j_B + j_C. All are polynomials in the sizes, so that sizes may be traced.
"""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float


def weights(count: int, cells: Any, chargers: Any) -> Float[Array, " {count}"]:
    r"""Weight of each of the lowest joint spins in the state with the smaller spin down and the larger one up.

    .. math:: p_J = \frac{(2J+1)\, N_C!\, N_B!}{(j_C+j_B-J)!\,(j_C+j_B+J+1)!}
    """
    k = jnp.arange(count - 1)
    steps = jnp.where(k < cells, _step(k, cells, chargers), 0.0)
    return (chargers - cells + 1) / (chargers + 1) * jnp.concatenate([jnp.ones(1), jnp.cumprod(steps)])


def kept(cells: int, chargers: int, least: float) -> int:
    """How many joint spins there are until the next one weighs less than `least`."""
    weight, k = (chargers - cells + 1) / (chargers + 1), 0
    while k < cells and (k < 1 or weight > least):
        weight *= _step(k, cells, chargers)
        k += 1
    return k + 1


def _step(k: Any, cells: Any, chargers: Any) -> Any:
    """Weight of joint spin k + 1 over that of joint spin k."""
    gap = chargers - cells + 2 * k + 1
    return (gap + 2) / gap * (cells - k) / (chargers + k + 2)


def lowering(k: Any, e: Any, cells: Any, chargers: Any) -> Any:
    """``(J + M)(J - M + 1)``, the squared element of the lowering operator from level e; 0 where there is no such step."""
    return jnp.where(k <= cells, jnp.maximum(e - cells + k, 0.0) * jnp.maximum(chargers + k - e + 1, 0.0), 0.0)


def share(k: Any, cells: Any, chargers: Any) -> Any:
    """Part g of M that the smaller spin holds within a joint spin, ``<J, M|J_B^z|J, M> = g M``."""
    j, b, c = (chargers - cells) / 2 + k, cells / 2, chargers / 2
    square = j * (j + 1)
    return jnp.where(square > 0, (square + b * (b + 1) - c * (c + 1)) / jnp.where(square > 0, 2 * square, 1.0), 0.0)


def exchange(k: Any, e: Any, cells: Any, chargers: Any) -> Any:
    """``<J, M|J_B^z|J + 1, M>``: never positive, if all amplitudes of the state of `weights` are positive."""
    j, m = (chargers - cells) / 2 + k + 1, e - (cells + chargers) / 2  # J + 1 and M
    reach = ((cells + chargers) / 2 + 1) ** 2 - j**2
    square = jnp.maximum((j**2 - m**2) * (k + 1) * (chargers - cells + k + 1) * reach, 0.0)
    there = (k < cells) & (jnp.abs(m) < j)
    return jnp.where(there, -jnp.sqrt(jnp.where(there, square / (j**2 * (4 * j**2 - 1)), 1.0)) / 2, 0.0)


def thermal(count: Any, occupation: Any) -> Any:
    """Mean of M on a ladder of `count` levels in a bath: a geometric distribution, each level n / (n + 1) of the one below.

    In a warm bath by Brillouin's function of beta = log(1 + 1/n), in which no large numbers cancel; in a cold one by powers of
    n / (n + 1), which have derivatives at n = 0.
    """
    warm = occupation > 1
    beta = jnp.log1p(1 / jnp.where(warm, occupation, 1.0))
    brillouin = (_langevin(beta / 2) - count * _langevin(count * beta / 2)) / 2
    n = jnp.where(warm, 1.0, occupation)
    last = (n / (n + 1)) ** count
    return jnp.where(warm, brillouin, n - count * last / (1 - last) - (count - 1) / 2)


def _langevin(x: Any) -> Any:
    """``coth(x) - 1/x`` for x > 0."""
    small = x < 0.25
    far = jnp.where(small, 1.0, x)
    z = jnp.where(small, x, 0.0) ** 2
    series = 1 / 3 - z * (1 / 45 - z * (2 / 945 - z * (1 / 4725 - z * (2 / 93555 - z * 1382 / 638512875))))
    return jnp.where(small, x * series, 1 / jnp.tanh(far) - 1 / far)
