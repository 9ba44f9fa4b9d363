"""Adaptive Runge-Kutta by diffrax: the independent partner of every specialised method, and the one for new laws."""

import functools
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from ..algebra.gradients import two_ways
from ..conventions import epsilon
from ..errors import MethodError, fail
from ..fields import plain, whole
from ..laws import AbstractDifferentialLaw
from .checks import check_reach, check_steps, check_tolerance
from .method import AbstractFlow, AbstractMethod, Figures, along, few_turns


class Adaptive(AbstractMethod):
    """Dormand-Prince 8(7), for any differential law; steps are clipped to the saved times, for interpolation loses digits.

    Differentiable once, forward and backward.

    Args:
        rtol, atol: tolerances of the local error.
        max_steps: budget of steps; an element that spends it is NaN with status `budget_spent`.

    Raises:
        ToleranceError: for tolerances that are not positive, or below what the floating point type can deliver.
        MethodError: for another number of steps; for a law with memory.

    Source: Prince and Dormand, J. Comput. Appl. Math. 7, 67 (1981), as `diffrax.Dopri8`.

    >>> import jaxqb as qb
    >>> sol = qb.evolve(qb.SpinCharger(1, 1), [0.5], method=qb.Adaptive(rtol=1e-9, atol=1e-9))
    >>> round(float(sol.saved["energy"][0]), 6)  # sin(0.5)^2
    0.229849
    """

    rtol: float = eqx.field(static=True, converter=plain, default=1e-10)
    atol: float = eqx.field(static=True, converter=plain, default=1e-10)
    max_steps: int = eqx.field(static=True, converter=whole, default=100_000)

    def __check_init__(self) -> None:
        for name in ("rtol", "atol"):
            check_tolerance(name, getattr(self, name), f"use {name}=1e-10")
        check_steps(self.max_steps)

    def prepare(self, law: AbstractDifferentialLaw) -> "AdaptiveFlow":
        """Nothing to prepare but the check of tolerances against the floating point type."""
        if not isinstance(law, AbstractDifferentialLaw):
            but = f"this is {type(law).__name__}"
            fail(MethodError, "Adaptive", "solve a differential law", but, "leave `method` out")
        for name in ("rtol", "atol"):
            check_reach(name, getattr(self, name), 4 * epsilon(), 1e-10)
        return AdaptiveFlow(law, self)


class AdaptiveFlow(AbstractFlow):
    """A law with tolerances."""

    law: AbstractDifferentialLaw
    method: Adaptive

    def _solve(self, y: Any, ts: Float[Array, " t"], end: Any, sign: Any = 1.0) -> tuple[Any, Any]:
        """Coordinates at times ahead of y, or behind it for a negative sign; and 1 if the solver got there, else 0."""
        import diffrax  # slow to import, and only this method needs it

        m = self.method
        # a stretch of no length has no step; ask for a tiny one
        end = jnp.maximum(end, jnp.finfo(ts.dtype).tiny ** 0.5)

        def solve(adjoint: Any, given: Any) -> tuple[Any, Any]:
            law, y, ts, end, sign = given
            solution = diffrax.diffeqsolve(
                diffrax.ODETerm(lambda t, y, args: jax.tree.map(lambda d: args[1] * d, args[0].field(y))),
                diffrax.Dopri8(),
                t0=jnp.zeros((), ts.dtype),
                t1=end,
                dt0=None,
                y0=y,
                args=(law, sign),
                saveat=diffrax.SaveAt(ts=ts),
                stepsize_controller=diffrax.ClipStepSizeController(diffrax.PIDController(rtol=m.rtol, atol=m.atol), step_ts=ts),
                adjoint=adjoint,
                max_steps=m.max_steps,
                throw=False,
            )
            return solution.ys, (solution.result == diffrax.RESULTS.successful).astype(ts.dtype)

        ahead, back = (functools.partial(solve, way) for way in (diffrax.ForwardMode(), diffrax.RecursiveCheckpointAdjoint()))
        return two_ways(ahead, back, (self.law, y, ts, end, sign), "Adaptive")

    def values(self, figures: Figures, battery: Any, ts: Float[Array, " t"]) -> tuple[dict[str, Any], Any]:
        """One solve that lands on every time."""
        ys, done = self._solve(self.law.start, ts, ts[-1])
        done = done > 0
        ys = jax.tree.map(lambda y: jnp.where(done, y, jnp.nan), ys)
        return jax.vmap(lambda y: figures.at(self, battery, y))(ys), done

    def window(self, pace: Float[Array, ""]) -> Float[Array, ""]:
        """A few turns of the fastest figure."""
        return few_turns(pace)

    def stride(self, span: Float[Array, ""]) -> Any:
        """The length."""
        return span

    def hop(self, stride: Any, y: Any, moves: Any = True) -> Any:
        """One solve to one time."""
        end = jnp.where(moves, jnp.abs(stride), 0.0)
        ys = self._solve(y, end[None], end, jnp.sign(stride))[0]
        return jax.tree.map(lambda y: y[0], ys)

    def taylor(self, figure: Callable, t: Float[Array, ""], y: Any, order: int) -> tuple[Any, ...]:
        """A solve from the start, so that derivatives pass."""
        del y
        y = self.hop(lax.stop_gradient(t), self.law.start)
        return along(self.law.field, lambda y: figure(self.law.state(y)), y, order)
