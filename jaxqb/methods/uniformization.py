"""Uniformization: the exponential of a rate equation as a mean over a Poisson number of jumps, every term of it positive.

    exp(t L) y = sum_k Poisson(k; rate t) P^k y        P = 1 + L / rate

Nothing cancels, so rounding does not grow, however far from normal L is; contours in the complex plane and diagonalisation do
fail on such ladders. The number of terms grows as rate times t.
Source: A. Jensen, Skand. Aktuarietidskr. 36, 87 (1953).
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from ..algebra import poisson
from ..algebra.gradients import columnwise, frozen, most
from ..conventions import epsilon
from ..errors import MethodError, fail
from ..laws import AbstractDecayLaw
from .method import AbstractFlow, AbstractMethod, Figures

TERMS = 32  # that are added up at a time
RESTING = 4.0  # rounding errors of the whole, below which a jump changes nothing


class Uniformization(AbstractMethod):
    r"""Positive series for rate equations: a mean over a Poisson number of jumps, in which nothing cancels.

    .. math:: e^{tL} y = \sum_k \frac{(rt)^k e^{-rt}}{k!}\, P^k y, \quad P = 1 + L / r

    with r the largest rate. The number of terms grows as r t.

    Raises:
        MethodError: for a law that is no rate equation.

    Source: A. Jensen, Skand. Aktuarietidskr. 36, 87 (1953).

    >>> import jaxqb as qb
    >>> sol = qb.evolve(qb.DarkStateBattery(1, 1), [0.5], method=qb.Uniformization())
    >>> round(float(sol.saved["energy"][0]), 6)  # (1 - exp(-1))^2 / 4
    0.099894
    """

    def prepare(self, law: Any) -> "UniformizationFlow":
        """The coefficients of the field, once."""
        if not isinstance(law, AbstractDecayLaw):
            fail(MethodError, "Uniformization", "solve a decay law", f"this is {type(law).__name__}", "leave `method` out")
        radius = lax.stop_gradient(law.radius())
        return UniformizationFlow(law, law.coefficients(), jnp.maximum(radius, jnp.finfo(radius.dtype).tiny ** 0.5))


class UniformizationFlow(AbstractFlow):
    """A rate equation, its coefficients, and its largest rate."""

    law: AbstractDecayLaw
    coefficients: Any
    rate: Float[Array, ""]

    def field(self, y: Any) -> Any:
        """The time derivative at y."""
        return self.law.apply(self.coefficients, y)

    def jump(self, y: Any) -> Any:
        """P y, and nothing negative in it where there is nothing negative in y."""
        return jax.tree.map(lambda y, d: y + d / self.rate, y, self.field(y))

    def values(self, figures: Figures, battery: Any, ts: Float[Array, " t"]) -> tuple[dict[str, Any], Any]:
        """Figures linear in the state are summed as they are; for others the state itself, from time to time."""
        run = _series if figures.smooth else _path

        def at(args: Any, ts: Any, look: Callable = figures.at) -> Any:
            law, battery = args
            flow = Uniformization().prepare(law)  # once more: columns by what a law is made of are few, by coefficients many
            return run(flow, ts, lambda y: look(flow, battery, y))

        def slope(args: Any, ts: Any) -> Any:
            return jax.tree.map(lambda jet: jet[:, 1], at(args, ts, figures.sloped))

        return columnwise(at, slope)((self.law, battery), ts), True

    def window(self, pace: Float[Array, ""]) -> Float[Array, ""]:
        """A part of the avalanche."""
        return 1.0 / jnp.maximum(pace, jnp.finfo(pace.dtype).tiny ** 0.5)

    def stride(self, span: Float[Array, ""]) -> Any:
        """The length."""
        return span

    def hop(self, stride: Any, y: Any, moves: Any = True) -> Any:
        """One series."""
        return _travel(self, jnp.where(moves, stride, 0.0), y)

    def derivatives(self, figure: Callable, y: Any, order: int) -> tuple[Any, ...]:
        """The figure of successive powers of the field."""
        out = [figure(self.state(y))]
        for _ in range(order):
            y = self.field(y)
            out.append(figure(self.state(y)))
        return tuple(out)

    def taylor(self, figure: Callable, t: Float[Array, ""], y: Any, order: int) -> tuple[Any, ...]:
        """A series from the start, so that derivatives pass."""
        del y
        way = columnwise(lambda law, t: _travel(Uniformization().prepare(law), t, law.start))
        return self.derivatives(figure, way(self.law, lax.stop_gradient(t)), order)


def _add(total: Any, weights: Float[Array, "t k"], terms: Any) -> Any:
    """`total`, and terms (on the leading axis) by their weights."""
    by = lambda w, x: jnp.tensordot(w, x, 1, precision=lax.Precision.HIGHEST)  # noqa: E731
    return jax.tree.map(lambda t, x: t + by(weights.astype(x.dtype), x), total, terms)


def _blocks(flow: UniformizationFlow, means: Float[Array, " t"], y: Any, look: Callable) -> Any:
    """``sum_k Poisson(k; mean) look(P^k y)`` for each mean."""

    def term(y, _):
        return flow.jump(y), look(y)

    def block(carry):
        k, y, total, left, _ = carry
        y, terms = lax.scan(term, y, length=TERMS)
        weights = poisson.weights(k + jnp.arange(TERMS), means)
        return k + TERMS, y, _add(total, weights, terms), left - jnp.sum(weights, axis=1), moves(y)

    def moves(y):
        """Whether a jump changes more than rounding does: later ones change no more than this one."""
        norm = lambda y: sum(jnp.sum(jnp.abs(leaf)) for leaf in jax.tree.leaves(frozen(y)))  # noqa: E731
        return most(jnp.where(norm(flow.field(y)) > RESTING * epsilon() * flow.rate * norm(y), 1, 0)) > 0

    nothing = jax.tree.map(lambda x: jnp.zeros((*means.shape, *x.shape), x.dtype), jax.eval_shape(look, y))
    end = most(poisson.last(frozen(jnp.max(means))))
    start = jnp.zeros((), means.dtype), y, nothing, jnp.ones_like(means), jnp.ones((), bool)
    _, y, total, left, _ = lax.while_loop(lambda c: (c[0] <= end) & c[-1], block, start)
    # all jumps that are left lead to where it rests
    return _add(total, left[:, None], jax.tree.map(lambda x: x[None], look(y)))


def _travel(flow: UniformizationFlow, span: Float[Array, ""], y: Any) -> Any:
    """Coordinates a time `span` ahead of y."""
    return jax.tree.map(lambda x: x[0], _blocks(flow, (flow.rate * span)[None], y, lambda y: y))


def _series(flow: UniformizationFlow, ts: Float[Array, " t"], look: Callable) -> Any:
    """What is linear in the state, at all times from one series."""
    return _blocks(flow, flow.rate * ts, flow.law.start, look)


def _path(flow: UniformizationFlow, ts: Float[Array, " t"], look: Callable) -> Any:
    """Anything, from time to time."""

    def leg(y, span):
        y = _travel(flow, span, y)
        return y, look(y)

    return lax.scan(leg, flow.law.start, jnp.diff(ts, prepend=0.0))[1]
