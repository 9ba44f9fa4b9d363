"""Coordinates at many times from one Chebyshev series, or from successive ones."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from ..algebra import chebyshev
from ..algebra.gradients import most

ORDERS = 64  # terms of a series that are kept at once
TIMES = 2  # that are served at once: those whose terms have all been added are left out


def path(flow: Any, y: Any, table: Float[Array, "q k"], s: Float[Array, " q"]) -> Any:
    """Coordinates after each of successive steps of dimensionless lengths s, by the rows of `table`."""

    def leg(y, now):
        coefficients, s = now
        y = chebyshev.expand(flow.field, flow.radius, y, coefficients, chebyshev.enough(s))
        return y, y

    return lax.scan(leg, y, (table, s))[1]


def ahead(flow: Any, y: Any, table: Float[Array, "q k"], s: Float[Array, " q"]) -> Any:
    """Coordinates at ascending lengths s ahead of y, by the rows of `table`; times on the leading axis."""
    if not isinstance(y, tuple):
        return jax.tree.map(jnp.add, *add_orders(flow, y, table, s, room(y, s), 0, len(s)))
    parts = jax.tree.map(lambda *parts: jnp.stack(parts), *y)
    even, odd = lax.map(lambda part: add_orders(flow, part, table, s, room(part, s), 0, len(s)), parts)
    return jax.tree.map(lambda e, o: e[0] - o[1], even, odd), jax.tree.map(lambda e, o: o[0] + e[1], even, odd)


def spread(flow: Any, y: Any, table: Float[Array, "q k"], s: Float[Array, " q"], real: Any) -> Any:
    """Coordinates at all points of a window that begins at y.

    Those ahead of a `real` y are real even orders and imaginary odd ones. Any other is brought to the middle of the window
    first, and its parts served one after the other: the imaginary one by the first half of the rows, the real one by the
    second; ahead of the middle odd orders are added to even ones, behind it they are subtracted.
    """
    times, count = table.shape
    half = times // 2
    coefficients = jnp.where(real, np.arange(count) == 0, table[-1])
    middle = chebyshev.expand(flow.field, flow.radius, y, coefficients, jnp.where(real, 0.0, chebyshev.enough(s[-1])))
    parts = jax.tree.map(lambda *parts: jnp.stack(parts), *middle)

    def serve(k, sums):
        x = jax.tree.map(lambda v: v[k], parts)
        return add_orders(flow, x, table, s, sums, jnp.where(real, 0, half * (1 - k)), jnp.where(real | (k == 0), times, half))

    even, odd = lax.fori_loop(0, most(jnp.where(real, 1, 2)), serve, room(y[0], s))

    def both():
        """Real and imaginary part, behind and ahead."""
        join = lambda e, o: jnp.concatenate([(e - o)[::-1], e + o])  # noqa: E731
        ahead, late = jax.tree.map(lambda x: x[half:], (even, odd)), jax.tree.map(lambda x: x[:half], (even, odd))
        return jax.tree.map(lambda e, o: join(e, -o), ahead[0], late[1]), jax.tree.map(join, late[0], ahead[1])

    return lax.cond(real, lambda: (even, odd), both)


def add_orders(flow: Any, x: Any, table: Float[Array, "q k"], s: Float[Array, " q"], sums: Any, first: Any, stop: Any) -> Any:
    """The even orders of a series of x, and its odd ones, for many lengths s at once, added to the two `sums`.

    x is a vector of the gauge, or real part of a pair whose other part is zero: then even orders are real and odd ones
    imaginary, and only what does not vanish is computed. Lengths ascend; only those from `first` to `stop` are served
    (multiples of TIMES, traced).
    """
    field = flow.law.field
    to_odd = to_even = field
    if isinstance(flow.law.start, tuple):
        zero = jax.tree.map(jnp.zeros_like, x)
        to_odd, to_even = lambda x: field((x, zero))[1], lambda z: field((zero, z))[0]
    put = lax.dynamic_update_slice_in_dim  # `.at[k].set` would check k

    def pair(k, carry):
        (even, odd), kept = carry
        even = jax.tree.map(lambda x, b: x + 2 / flow.radius * b, even, to_even(odd))
        odd = jax.tree.map(lambda x, b: x + 2 / flow.radius * b, odd, to_odd(even))
        return (even, odd), jax.tree.map(lambda room, x: put(room, x[None], k, 0), kept, (even, odd))

    def weigh(weights, terms):
        lines = terms.reshape(terms.shape[0], -1)
        return jnp.matmul(weights, lines, precision=lax.Precision.HIGHEST).reshape(-1, *terms.shape[1:])

    here = (np.arange(len(table)) >= first) & (np.arange(len(table)) < stop)
    table = jnp.where(here[:, None], table, 0.0)

    # orders go in blocks that stay in the processor's cache
    count = table.shape[1] - 2
    blocks = -(-count // ORDERS)
    size = -(-count // (2 * blocks))
    weights = jnp.pad(table[:, 2:], ((0, 0), (0, 2 * size * blocks - count))).reshape(-1, blocks, size, 2)
    weights = jnp.moveaxis(weights, (1, 3), (0, 1))  # block, even or odd, time, order
    pairs = jnp.minimum(chebyshev.pairs(chebyshev.enough(s)) - 1, blocks * size)
    last = most(pairs[-1])

    def block(carry):
        i, terms, kept, sums = carry
        terms, kept = lax.fori_loop(0, jnp.minimum(size, last - i * size), pair, (terms, kept))

        def add(group, sums):
            """For some of the times."""
            at = group * TIMES
            rows = lax.dynamic_slice_in_dim(weights[i], at, TIMES, 1)
            old = jax.tree.map(lambda a: lax.dynamic_slice_in_dim(a, at, TIMES), sums)
            new = tuple(jax.tree.map(lambda a, v, w=rows[k]: a + weigh(w, v), old[k], kept[k]) for k in (0, 1))
            return jax.tree.map(lambda a, b: put(a, b, at, 0), sums, new)

        done = jnp.sum(here & (pairs <= i * size))  # earlier times need fewer orders
        return i + 1, terms, kept, lax.fori_loop(-most(-(first + done)) // TIMES, most(jnp.asarray(stop)) // TIMES, add, sums)

    start = x, jax.tree.map(lambda d: d / flow.radius, to_odd(x))
    sums = tuple(jax.tree.map(lambda a, v, w=table[:, k, None]: a + weigh(w, v[None]), sums[k], start[k]) for k in (0, 1))
    kept = jax.tree.map(lambda v: jnp.zeros((size, *v.shape), v.dtype), start)
    return lax.while_loop(lambda c: c[0] * size < last, block, (jnp.zeros((), int), start, kept, sums))[-1]


def room(x: Any, s: Float[Array, " q"]) -> tuple[Any, Any]:
    """Two sums of vectors like x at each of lengths s, nothing added yet."""
    zeros = lambda: jax.tree.map(lambda x: jnp.zeros((*s.shape, *x.shape), x.dtype), x)  # noqa: E731
    return zeros(), zeros()
