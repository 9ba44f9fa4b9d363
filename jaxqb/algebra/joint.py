"""Two spins j_B and j_C added to a joint spin J: weights, ladders and the share of either spin in J^z.

Joint spins are counted by k = J - (j_C - j_B), from 0 (the lowest, which the smaller spin can just reach) to N_B = 2 j_B; levels
by the number of excitations e = M + j_B + j_C. All are polynomials in the sizes, so that sizes may be traced.
"""

import functools
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax
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


def product(room: int, m: Any, e: Any, cells: Any, chargers: Any) -> Float[Array, "{room} ..."]:
    """Components on joint spins 0, ..., room - 1 of the state with m excitations in the smaller spin and e - m in the larger one.

    It is the eigenvector of J_B^z, tridiagonal in J, at the eigenvalue ``m - j_B``, which is known exactly. Ratios of neighbours
    come from pivots from both ends, joined where the residual pivot is least, so that the smallest component has its sign and its
    digits. The largest J has all its components positive, which is the phase of product states. `m` and `e` are arrays of
    one shape; zero where there is no such state. `room` has to hold all of ``cells + 1`` joint spins.

    Source: I. S. Dhillon and B. N. Parlett, Linear Algebra Appl. 387, 1 (2004).
    """
    m, e = jnp.broadcast_arrays(m, e)
    k = jnp.arange(room, dtype=m.dtype).reshape(-1, *(1,) * m.ndim)
    there = (k <= cells) & (k >= jnp.maximum(cells - e, e - chargers))
    middle = share(k, cells, chargers) * (e - (cells + chargers) / 2) - (m - cells / 2)
    middle = jnp.where(there, middle, 1.0)
    link = exchange(k, e, cells, chargers)  # to the next
    back = jnp.concatenate([jnp.zeros_like(link[:1]), link[:-1]])  # to the one before
    first = _pivots(middle, back)
    last = _pivots(middle[::-1], link[::-1])[::-1]
    twist = jnp.argmin(jnp.where(there, jnp.abs(first + last - middle), jnp.inf), axis=0)

    def grow(one: Any, x: Any) -> Any:
        ratio, here, outside = x
        one = jnp.where(here, 1.0, jnp.where(outside, ratio * one, 0.0))
        return one, one

    ends = ((-link / first, k == twist, k < twist), (-back / last, k == twist, k > twist))
    low, high = (lax.scan(grow, jnp.zeros_like(m), x, reverse=r)[1] for x, r in zip(ends, (True, False), strict=True))
    vector = jnp.where(k < twist, low, high)
    vector = vector / jnp.sqrt(jnp.sum(vector**2, axis=0))
    sign = jnp.prod(jnp.where((k > twist) & (k <= cells), jnp.sign(last), 1.0), axis=0)  # of the largest J, however small
    exists = there & (m >= jnp.maximum(e - chargers, 0.0)) & (m <= jnp.minimum(cells, e))
    return jnp.where(exists, sign * vector, 0.0)


def _pivots(middle: Any, link: Any) -> Any:
    """Of a tridiagonal matrix, row by row on the leading axis; `link` is that to the row before."""
    tiny = jnp.finfo(middle.dtype).tiny ** 0.5

    def step(before: Any, row: Any) -> Any:
        pivot = row[0] - row[1] ** 2 / before
        pivot = jnp.where(jnp.abs(pivot) < tiny, tiny, pivot)
        return pivot, pivot

    return lax.scan(step, jnp.ones_like(middle[0]), (middle, link))[1]


def products(count: int, room: int, e: Any, cells: Any, chargers: Any) -> Float[Array, "levels {count} {room}"]:
    """Components of all product states: at each level e, of joint spins 0, ..., count - 1, in order of the smaller spin's m."""
    m = jnp.arange(room, dtype=e.dtype)
    return jnp.swapaxes(product(room, m, e[:, None], cells, chargers)[:count], 0, 1)


def levels(count: int, number: int, cells: Any) -> Float[Array, " {number}"]:
    """Numbers of excitations, from the lowest of joint spin count - 1 on."""
    return cells - (count - 1) + jnp.arange(number, dtype=jnp.result_type(cells))


@functools.cache
def pairs(count: int, orders: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of joint spins that differ by less than `orders`: first each with itself, then neighbours, and so on."""
    apart = np.concatenate([np.full(count - q, q) for q in range(min(orders, count))])
    one = np.concatenate([np.arange(count - q) for q in range(min(orders, count))])
    return one, one + apart


def held(count: int, orders: int, e: Any, cells: Any, chargers: Any) -> Float[Array, "pairs levels"]:
    """Excitations of the smaller spin in the populations, and in the coherences between neighbours, each and its mirror image."""
    one, other = pairs(count, min(orders, 2))
    k = one.astype(e.dtype)[:, None]
    mean = share(k, cells, chargers) * (e - (cells + chargers) / 2) + cells / 2
    return jnp.where((one == other)[:, None], mean, 2 * exchange(k, e, cells, chargers))


def rungs(count: int, e: Any, cells: Any, chargers: Any, occupation: Any) -> Float[Array, "{count} levels"]:
    """Populations of the levels e of each joint spin in a bath: each n / (n + 1) of the one below."""
    k = jnp.arange(count, dtype=e.dtype)[:, None]
    rung = e - (cells - k)
    there = (rung >= 0) & (rung < chargers - cells + 2 * k + 1)
    ratio = occupation / (occupation + 1)
    heights = jnp.where(there, jnp.where(rung > 0, ratio ** jnp.maximum(rung, 1.0), 1.0), 0.0)
    return heights / jnp.sum(heights, axis=1, keepdims=True)


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
