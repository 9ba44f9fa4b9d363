"""Chebyshev expansion in steps of fixed dimensionless length: O(levels) memory, any size, real arithmetic.

One step covers ``radius * tau <= reach``; its number of terms is static, the number of steps is data. Steps of a unitary law
are undone rather than stored, so the reverse sweep needs no more memory than the value.
"""

import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from ..algebra import chebyshev
from ..algebra.gradients import frozen, reversible
from ..errors import MethodError, fail
from ..laws import AbstractUnitaryLaw, Chain
from .method import AbstractFlow, AbstractMethod, Figures, along, intervals

PHASE = 2.5  # turn of the fastest figure that a window may cover
HALVINGS = 6
BLOCK = 8  # times that are answered at once


class Chebyshev(AbstractMethod):
    """Real Chebyshev steps for unitary laws.

    Args:
        reach: dimensionless length of a step (radius times time); None: by the size of the state.
    """

    reach: float | None = eqx.field(static=True, default=None)

    def __check_init__(self) -> None:
        if self.reach is not None and not 0.1 <= self.reach <= 1e4:
            fail(MethodError, "reach", "lie between 0.1 and 10000", f"it is {self.reach!r}", "leave it out")

    def prepare(self, law: AbstractUnitaryLaw) -> "ChebyshevFlow":
        """Bounds of the spectrum."""
        if not isinstance(law, AbstractUnitaryLaw):
            fail(MethodError, "Chebyshev", "solve a unitary law", f"this is {type(law).__name__}", "use jaxqb.Adaptive()")
        size = sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(jax.eval_shape(lambda: law.start)))
        # long chains are slow to follow and want few, long steps; a grid's figures turn nearly as fast as its amplitudes
        reach = self.reach or (64.0 if isinstance(law, Chain) and size >= 4096 else 24.0)
        radius = lax.stop_gradient(law.radius())
        radius = jnp.maximum(radius, jnp.finfo(radius.dtype).tiny ** 0.5)
        stretch = PHASE * radius / jnp.maximum(lax.stop_gradient(law.pace()), radius * 1e-9)
        halvings = jnp.clip(jnp.ceil(jnp.log2(reach / stretch)), 0, HALVINGS - 1).astype(int)
        return ChebyshevFlow(law, radius, halvings, reach)


class ChebyshevFlow(AbstractFlow):
    """A unitary law with a bound on its spectrum, and how often a step is halved to follow the figures of merit."""

    law: AbstractUnitaryLaw
    radius: Float[Array, ""]
    halvings: Int[Array, ""]
    reach: float = eqx.field(static=True)

    def _expand(self, law: AbstractUnitaryLaw, y: Any, coefficients: Float[Array, " k"], radius: Any) -> Any:
        """Sum of the series: a leapfrog over even and odd orders, in place."""
        add = lambda a, x, b: jax.tree.map(lambda x, b: x + a * b, x, b)  # noqa: E731
        even, odd = y, jax.tree.map(lambda d: d / radius, law.field(y))
        pairs = coefficients.reshape(-1, 2)
        total = jax.tree.map(lambda e, o: pairs[0, 0] * e + pairs[0, 1] * o, even, odd)

        def orders(carry, pair):
            even, odd, total = carry
            even = add(2 / radius, even, law.field(odd))
            odd = add(2 / radius, odd, law.field(even))
            total = jax.tree.map(lambda s, e, o: s + pair[0] * e + pair[1] * o, total, even, odd)
            return (even, odd, total), None

        return lax.scan(orders, (even, odd, total), pairs[1:])[0][2]

    def _terms(self, y: Any) -> Any:
        """All terms of the series, even and odd orders apart, orders on the leading axis."""
        law, radius = self.law, self.radius
        first = jax.tree.map(lambda d: d / radius, law.field(y))

        def orders(carry, _):
            even, odd = carry
            later = jax.tree.map(lambda x, b: x + 2 / radius * b, even, law.field(odd))
            last = jax.tree.map(lambda x, b: x + 2 / radius * b, odd, law.field(later))
            return (later, last), (even, odd)

        return lax.scan(orders, (y, first), None, length=chebyshev.terms(self.reach) // 2)[1]

    @staticmethod
    def _weigh(terms: Any, table: Float[Array, "q k"]) -> Any:
        """Sums of several series with the same terms."""
        highest = lax.Precision.HIGHEST

        def weigh(even, odd):
            lines = lambda x: x.reshape(x.shape[0], -1)  # noqa: E731
            total = jnp.matmul(table[:, 0::2], lines(even), precision=highest)
            total = total + jnp.matmul(table[:, 1::2], lines(odd), precision=highest)
            return total.reshape(-1, *even.shape[1:])

        return jax.tree.map(weigh, *terms)

    def _travel(self, span: Float[Array, ""], y: Any, known: Any = None) -> Any:
        """Coordinates a time `span` ahead of y, in equal steps, differentiable by law, y and span."""
        # where only derivatives are wanted, longer steps: fewer terms a unit of time, and one step is all that is stored
        reach = self.reach if known is None else 2 * self.reach
        stretch = self.radius * lax.stop_gradient(jnp.abs(span))
        turns = jnp.ceil(stretch / reach).astype(int)
        turns = jnp.where(stretch > 0, jnp.maximum(turns, 1), 0)
        count = chebyshev.terms(reach)
        radius = self.radius

        def step(params, y):
            law, coefficients, radius = params
            return self._expand(law, y, coefficients, radius)

        def undo(params, y):
            law, coefficients, radius = params
            sign = jnp.tile(jnp.array([1.0, -1.0], coefficients.dtype), count // 2)
            return self._expand(law, y, coefficients * sign, radius)

        coefficients = chebyshev.exponential(radius * span / jnp.maximum(turns, 1), count)
        dynamic, static = eqx.partition(self.law, eqx.is_inexact_array)
        merge = lambda params: (eqx.combine(params[0], static), *params[1:])  # noqa: E731
        return reversible(
            lambda p, y: step(merge(p), y),
            lambda p, y: undo(merge(p), y),
            (dynamic, coefficients, radius),
            turns,
            y,
            known,
        )

    def values(self, figures: Figures, battery: Any, ts: Float[Array, " t"]) -> tuple[dict[str, Any], Any]:
        """Travel from time to time, or, where times are dense, many from one window; derivatives by the travel."""

        def legs(args, ts):
            flow, battery = args

            def leg(y, dt):
                y = flow._travel(dt, y)
                return y, figures.at(flow, battery, y)

            return lax.scan(leg, flow.law.start, intervals(ts))[1]

        if ts.shape[0] < BLOCK:
            return legs((self, battery), ts), True

        @jax.custom_jvp
        def run(args, ts):
            flow = args[0]
            windows = flow.radius * ts[-1] / flow.reach
            return lax.cond(windows < ts.shape[0] / 2, lambda: flow._windows(figures, args[1], ts), lambda: legs(args, ts))

        @run.defjvp
        def _(primals, tangents):
            return run(*primals), jax.jvp(legs, primals, tangents)[1]

        return run((self, battery), ts), True

    def _windows(self, figures: Figures, battery: Any, ts: Float[Array, " t"]) -> dict[str, Any]:
        """Figures at all times from few windows: the terms of a window serve every time in it, a block of times at once."""
        count = ts.shape[0]
        order = chebyshev.terms(self.reach)
        length = self.reach / self.radius
        padded = jnp.concatenate([ts, jnp.full((BLOCK,), ts[-1])])
        shapes = jax.eval_shape(lambda y: figures.at(self, battery, y), self.law.start)
        out = jax.tree.map(lambda s: jnp.zeros((count + BLOCK, *s.shape), s.dtype), shapes)
        whole = chebyshev.exponential(jnp.asarray([self.reach], ts.dtype), order)

        def window(carry):
            k, t, y, out = carry
            terms = self._terms(y)
            end = t + length

            def block(carry):
                k, out = carry
                here = lax.dynamic_slice(padded, (k,), (BLOCK,))
                table = chebyshev.exponential(jnp.clip(self.radius * (here - t), 0.0, self.reach), order)
                new = jax.vmap(lambda y: figures.at(self, battery, y))(self._weigh(terms, table))
                # times beyond this window are written too, and written again when their turn comes
                out = jax.tree.map(lambda o, n: lax.dynamic_update_slice_in_dim(o, n, k, 0), out, new)
                inside = (here <= end) & (k + jnp.arange(BLOCK) < count)
                return k + jnp.sum(inside), out

            pending = lambda c: (c[0] < count) & (padded[c[0]] <= end)  # noqa: E731
            k, out = lax.while_loop(pending, block, (k, out))
            return k, end, jax.tree.map(lambda y: y[0], self._weigh(terms, whole)), out

        start = (jnp.zeros((), int), jnp.zeros((), ts.dtype), self.law.start, out)
        out = lax.while_loop(lambda c: (c[0] < count) & jnp.isfinite(length), window, start)[3]
        return jax.tree.map(lambda o: o[:count], out)

    def window(self) -> Float[Array, ""]:
        """What one step reaches, halved until the fastest figure turns by no more than PHASE in it."""
        return self.reach * 0.5**self.halvings / self.radius

    def sample(self, y: Any, span: Float[Array, ""], count: int) -> Any:
        """All nodes from one set of terms; the dimensionless times of a window are one of a few fixed sets."""
        del span
        table = jnp.asarray(chebyshev.tables(self.reach, HALVINGS, count), self.radius.dtype)[self.halvings]
        return self._weigh(self._terms(y), table)

    def hop(self, y: Any, span: Float[Array, ""]) -> Any:
        """One series."""
        return self._expand(self.law, y, chebyshev.exponential(self.radius * span, chebyshev.terms(self.reach)), self.radius)

    def taylor(self, figure: Callable, t: Float[Array, ""], y: Any, order: int) -> tuple[Any, ...]:
        """The known coordinates, with derivatives through the whole way from the start."""
        y = self._travel(lax.stop_gradient(t), self.law.start, frozen(y))
        return along(self.law.field, lambda y: figure(self.law.state(y)), y, order)
