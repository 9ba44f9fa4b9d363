"""Derivatives of a long chain's end by Duhamel's integral, where that is smooth in time.

    y' = A y   =>   dy(T) = U(T) dy(0) + int_0^T U(T - t) dA y(t) dt

Its transpose carries y and the cotangent back together, and takes the integral at Gauss's nodes: two series a unit of time,
where the transpose of a series takes four.
"""

from collections.abc import Callable
from typing import Any, TypeGuard

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Int

from ..algebra import chebyshev
from ..algebra.gradients import frozen
from ..laws import Chain

LEVELS = 512  # from which on nodes lie far enough apart for it to be the shorter way
REACH = 760.0  # dimensionless length over which one integral is taken, at most
TURN = 2.9  # turn of the fastest figure over that length, at most
NODES = 20
TAIL = 1e-5  # last Legendre coefficients of an integrand that is smooth: the error of the integral is about their square


def serves(law: Any) -> TypeGuard[Chain]:
    """Whether this is the way back for a law."""
    return isinstance(law, Chain) and law.diagonal.shape[0] >= LEVELS


def turns(law: Chain, radius: Float[Array, ""], span: Float[Array, ""]) -> Int[Array, ""]:
    """Equal parts of `span`, as many as there are integrals to take."""
    return jnp.ceil(span * jnp.maximum(radius / REACH, lax.stop_gradient(law.pace()) / TURN)).astype(int)


def way_back(law: Chain, radius: Float[Array, ""], span: Float[Array, ""]) -> Callable:
    """The way back over a time `span`, in the form that `reversible` asks for, with derivatives by the law.

    They are good where the integrand of every link is smooth, which it is not where a narrow packet runs by.
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    last = np.linalg.inv(np.polynomial.legendre.legvander(nodes, NODES - 1))[-2:]
    gaps = np.diff((nodes + 1) / 2, prepend=0.0, append=1.0)  # the same in both directions
    law, radius, span = frozen((law, radius, span))
    s = radius * span * gaps
    rows = (chebyshev.exponential(s, chebyshev.terms(REACH * gaps.max())), chebyshev.enough(s))
    parts = lambda law: (law.up, law.down, law.diagonal)  # noqa: E731 - all that the field depends on
    slope = lambda values, y: eqx.tree_at(parts, law, values).field(y)  # noqa: E731
    backwards = jax.tree.map(lambda *x: -jnp.stack(x), parts(law), parts(law.adjoint()))
    pair = lambda *ys: jax.tree.map(lambda *x: jnp.stack(x), *ys)  # noqa: E731
    halves = lambda ys: [jax.tree.map(lambda x, i=i: x[i], ys) for i in range(2)]  # noqa: E731
    weigh = lambda w, x: jnp.matmul(w, x[:NODES], precision=lax.Precision.HIGHEST)  # noqa: E731

    def smooth(integrand: Any, integral: Any) -> Any:
        return jnp.max(jnp.abs(weigh(last, integrand)), initial=0.0) <= TAIL * jnp.max(jnp.abs(integral), initial=0.0)

    def quick(params: Any, fixed: Any, y: Any, ct: Any) -> tuple[Any, Any, Any, Any]:
        del fixed

        def gap(ys, row):
            coefficients, orders = row
            ys = chebyshev.expand(lambda ys: jax.vmap(slope)(backwards, ys), radius, ys, coefficients, orders)
            y, ct = halves(ys)
            return ys, jax.vjp(lambda values: slope(values, y), parts(law))[1](ct)[0]

        ys, integrands = lax.scan(gap, pair(y, ct), rows)
        integrals = [weigh(weights / 2, x) for x in integrands]
        good = jnp.all(jnp.stack(list(map(smooth, integrands, integrals))))
        nothing = jax.tree.map(jnp.zeros_like, params)
        dlaw = eqx.tree_at(parts, nothing, tuple(span * x for x in integrals))
        y, ct = halves(ys)
        return y, dlaw, ct, good

    return quick
