"""Chebyshev expansion in steps of fixed dimensionless length: O(levels) memory, any size, real arithmetic.

One step covers ``radius * tau <= reach``; its number of terms is static, the number of steps is data. Steps of a unitary law
are undone rather than stored, so the reverse sweep needs no more memory than the value.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from ..algebra import chebyshev
from ..algebra.gradients import frozen, most, reversible, with_slope
from ..errors import MethodError, fail, shown
from ..fields import numbers, plain
from ..laws import AbstractDampedLaw, AbstractUnitaryLaw, Chain
from . import curves, duhamel
from .method import POINTS, AbstractFlow, AbstractMethod, Figures, intervals, is_chain
from .moments import MomentsFlow

PHASE = 6.4  # turn of the fastest figure that a window may cover


class Chebyshev(AbstractMethod):
    """Real Chebyshev steps for unitary laws, and Chebyshev moments for master equations and damped amplitudes.

    Derivatives of the latter go back over four million orders at most (about as many as radius times time), beyond which they are
    NaN.

    Args:
        reach: dimensionless length of a step (radius times time), from 0.1 to 10000; None: by law and size of the state.

    Raises:
        MethodError: for another number; for a law that is neither unitary nor damped.

    Source: Tal-Ezer and Kosloff, J. Chem. Phys. 81, 3967 (1984), https://doi.org/10.1063/1.448136.

    >>> import jaxqb as qb
    >>> sol = qb.evolve(qb.SpinCharger(1, 1), [0.5], method=qb.Chebyshev())
    >>> round(float(sol.saved["energy"][0]), 6)  # sin(0.5)^2
    0.229849
    """

    reach: float | None = eqx.field(static=True, converter=plain, default=None)

    def __check_init__(self) -> None:
        reach = None if self.reach is None else numbers(self.reach)
        if self.reach is not None and (reach is None or reach.ndim or not 0.1 <= reach <= 1e4):
            fail(MethodError, "reach", "be a number between 0.1 and 10000", f"it is {shown(self.reach)}", "leave it out")

    def prepare(self, law: Any) -> "ChebyshevFlow | MomentsFlow":
        """Bounds of the spectrum."""
        if isinstance(law, AbstractDampedLaw):
            return MomentsFlow.of(law, self.reach)
        if not isinstance(law, AbstractUnitaryLaw):
            fail(
                MethodError,
                "Chebyshev",
                "solve a unitary law, a master equation or damped amplitudes",
                f"this is {type(law).__name__}",
                "leave `method` out",
            )
        leaves = jax.tree.leaves(jax.eval_shape(lambda: law.start))
        size, levels = sum(math.prod(leaf.shape) for leaf in leaves), leaves[0].shape[-1]
        # long chains are slow to follow and want few, long steps; a grid's figures turn nearly as fast as its amplitudes
        reach = self.reach or (64.0 if isinstance(law, Chain) and size >= 4096 else 24.0)
        leap = self.reach or (min(max(levels / 2, 24.0), 256.0) if is_chain(law) else 48.0)
        radius = lax.stop_gradient(law.radius())
        return ChebyshevFlow(law, jnp.maximum(radius, jnp.finfo(radius.dtype).tiny ** 0.5), reach, leap)


class ChebyshevFlow(AbstractFlow):
    """A unitary law with a bound on its spectrum, and dimensionless lengths: of a step, and between two points of a window."""

    law: AbstractUnitaryLaw
    radius: Float[Array, ""]
    reach: float = eqx.field(static=True)
    leap: float = eqx.field(static=True)

    def _travel(self, span: Float[Array, ""], y: Any, known: Any = None) -> Any:
        """Coordinates a time `span` ahead of y, in equal steps, differentiable by law and y."""
        length, reach, quick = lax.stop_gradient(jnp.abs(span)), self.reach, None
        if known is not None:
            # only derivatives are wanted: longer steps take fewer terms a unit of time, and one step is all that is stored
            size = sum(leaf.size for leaf in jax.tree.leaves(y))
            reach *= 2 if size < 80 else 10 if is_chain(self.law) else 6
        if known is not None and duhamel.serves(self.law):
            reach, turns = duhamel.REACH, duhamel.turns(self.law, self.radius, length)
            quick = duhamel.way_back(self.law, self.radius, length / jnp.maximum(turns, 1))
        else:
            turns = jnp.ceil(self.radius * length / reach).astype(int)
        count = chebyshev.terms(reach)
        coefficients = chebyshev.exponential(self.radius * span / jnp.maximum(turns, 1), count)
        dynamic, static = eqx.partition(self.law, eqx.is_inexact_array)

        def step(dynamic, fixed, y, signs: Any = 1.0):
            coefficients, radius = fixed
            return chebyshev.expand(eqx.combine(dynamic, static).field, radius, y, coefficients * signs)

        undo = functools.partial(step, signs=np.tile([1.0, -1.0], count // 2))
        return reversible(step, undo, dynamic, frozen((coefficients, self.radius)), turns, y, known, quick)

    def values(self, figures: Figures, battery: Any, ts: Float[Array, " t"]) -> tuple[dict[str, Any], Any]:
        """Travel from time to time, serve many times from one series, or interpolate; derivatives by the travel."""

        def legs(args, ts, look: Callable = figures.at):
            flow, battery = args

            def leg(y, dt):
                y = flow._travel(dt, y)
                return y, look(flow, battery, y)

            return lax.scan(leg, flow.law.start, intervals(ts))[1]

        def slope(args, ts):
            return jax.tree.map(lambda jet: jet[:, 1], legs(args, ts, figures.sloped))

        def curve(args, ts):
            flow, battery = args
            if figures.smooth:
                dense = ts[-1] / curves.windows(flow)[0] * curves.POINTS < 2 * ts.shape[0]
                quick = lambda: curves.interpolated(flow, lambda y: figures.sloped(flow, battery, y), ts)  # noqa: E731
            else:
                dense = flow.radius * ts[-1] < curves.LONG / 4 * ts.shape[0]
                quick = lambda: curves.direct(flow, jax.vmap(lambda y: figures.at(flow, battery, y)), ts)  # noqa: E731
            # of a batch all or none: a choice between lanes would do both
            return lax.cond(most(dense.astype(int)) > 0, quick, lambda: legs(args, ts))

        run = legs if ts.shape[0] < curves.NODES else curve
        return with_slope(run, slope, legs)((self, battery), ts), True

    def window(self, pace: Float[Array, ""]) -> Float[Array, ""]:
        """As long as the fastest figure turns by no more than PHASE, and a series of moderate length reaches."""
        return jnp.minimum(PHASE / jnp.maximum(pace, self.radius * 1e-9), (POINTS - 1) * self.leap / self.radius)

    def stride(self, span: Float[Array, ""]) -> Any:
        """Coefficients of a series, and how many of them matter."""
        s = self.radius * span
        return chebyshev.exponential(s, chebyshev.terms(self.leap)), chebyshev.enough(jnp.abs(s))

    def hop(self, stride: Any, y: Any, moves: Any = True) -> Any:
        """One series."""
        coefficients, orders = stride
        row = jnp.where(moves, coefficients, np.arange(len(coefficients)) == 0)
        return chebyshev.expand(self.field, self.radius, y, row, jnp.where(moves, orders, 0.0))

    def taylor(self, figure: Callable, t: Float[Array, ""], y: Any, order: int) -> tuple[Any, ...]:
        """The known coordinates, with derivatives through the whole way from the start."""
        y = self._travel(lax.stop_gradient(t), self.law.start, frozen(y))
        return self.derivatives(figure, y, order)
