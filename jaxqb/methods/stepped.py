"""Explicit Runge-Kutta in equal steps, for laws that are not linear and whose rates are of one size."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from ..algebra.gradients import with_slope
from ..algebra.runge_kutta import USUAL, Course, attempts, travelled
from ..conventions import epsilon
from ..errors import MethodError, fail
from ..fields import plain, whole
from ..laws import AbstractDifferentialLaw
from .checks import check_reach, check_steps, check_tolerance
from .method import AbstractFlow, AbstractMethod, Figures, along, few_turns


class Stepped(AbstractMethod):
    """Runge-Kutta of order 7 in equal steps, for ``dy/dt = field(y)`` whose rates are of one size.

    The law's `radius`, a bound on rates, times the length of a step is 0.8 for a tolerance of 1e-9. Saved times cost no steps: in
    between, figures are interpolated. An embedded formula looks at the error of every fourth step; where there is too much, as
    for a law that is faster than its radius says, all is done again with shorter steps.

    Args:
        tolerance: of the estimated sum of errors, over the largest coordinate; what it underestimates is a factor of 3 at most,
            measured on chains. None: 1e-9, or what the floating point type can deliver.
        max_steps: budget of steps; an element that needs more is NaN with status `budget_spent`. Reverse mode goes back over
            18 000 steps at most (1000, if a state is more than 80 000 numbers), beyond which derivatives are NaN.

    Raises:
        ToleranceError, MethodError: for numbers that are none of this kind, or too small for the floating point type.

    Source: J. H. Verner, Numer. Algor. 53, 383 (2010).

    >>> import jaxqb as qb
    >>> sol = qb.evolve(qb.DimerChain(4, gap_ratio=1.0), [10.0], method=qb.Stepped(tolerance=1e-12))
    >>> round(float(sol.saved["energy"][0]), 9)  # 4 exp(-0.5)
    2.426122639
    """

    tolerance: float | None = eqx.field(static=True, converter=plain, default=None)
    max_steps: int = eqx.field(static=True, converter=whole, default=100_000)

    def __check_init__(self) -> None:
        if self.tolerance is not None:
            check_tolerance("tolerance", self.tolerance, "leave it out, or use tolerance=1e-9")
        check_steps(self.max_steps)

    def prepare(self, law: Any) -> "SteppedFlow":
        """The radius, and a check of the tolerance against the floating point type."""
        if not isinstance(law, AbstractDifferentialLaw):
            but = f"this is {type(law).__name__}"
            fail(MethodError, "Stepped", "solve a differential law", but, "leave `method` out")
        least = 16 * epsilon()
        if self.tolerance is not None:
            check_reach("tolerance", self.tolerance, least, USUAL)
        return SteppedFlow(law, lax.stop_gradient(law.radius()), self.tolerance or max(USUAL, least), self.max_steps)


class SteppedFlow(AbstractFlow):
    """A law, its radius (without derivatives), the tolerance and the budget."""

    law: AbstractDifferentialLaw
    radius: Float[Array, ""]
    tolerance: float = eqx.field(static=True)
    max_steps: int = eqx.field(static=True)

    def values(self, figures: Figures, battery: Any, ts: Float[Array, " t"]) -> tuple[dict[str, Any], Any]:
        """Smooth figures are interpolated; for others the state is, and asked at each time."""
        method = Stepped(self.tolerance, self.max_steps)

        def curves(args: Any, ts: Any) -> Any:
            def look(args: Any, y: Any, slope: Any) -> Any:
                law, battery = args
                return _jets(figures, method.prepare(law), battery, y, slope)

            return method.prepare(args[0]).along(args, ts, look)

        def states(args: Any, ts: Any, look: Callable = figures.at) -> Any:
            law, battery = args
            flow = method.prepare(law)
            ys, reached = flow.along((law,), ts, _state)
            return jax.vmap(lambda y: look(flow, battery, y))(ys), reached

        def slope(args: Any, ts: Any) -> Any:
            found, reached = states(args, ts, figures.sloped)
            return jax.tree.map(lambda jet: jet[:, 1], found), jnp.zeros_like(reached)

        found, reached = with_slope(curves if figures.smooth else states, slope)((self.law, battery), ts)
        return found, reached[0] > 0

    def along(self, args: tuple, ts: Float[Array, " t"], look: Callable) -> tuple[Any, Float[Array, " t"]]:
        """What ``look(args, y, slope)`` gives as value and slope, at times `ts`; and 1 if all is well, else 0, at each.

        `args` begin with the law.
        """
        params, rest = eqx.partition(args, eqx.is_inexact_array)
        whole = lambda params: eqx.combine(params, rest)  # noqa: E731
        start = args[0].start
        course = Course(
            lambda params, y: whole(params)[0].field(y),
            lambda params, y, slope: jax.tree.map(_real, look(whole(params), y, slope)),
            self.tolerance,
            self.max_steps,
        )
        found, reached = travelled(course, params, start, lax.stop_gradient(ts), self.radius)
        shapes = jax.eval_shape(look, args, start, start)
        found = jax.tree.map(lambda x, s: lax.complex(x[..., 0], x[..., 1]) if s.dtype.kind == "c" else x, found, shapes)
        return found, jnp.broadcast_to(reached, ts.shape)

    def window(self, pace: Float[Array, ""]) -> Float[Array, ""]:
        """A few turns of the fastest figure."""
        return few_turns(pace)

    def stride(self, span: Float[Array, ""]) -> Any:
        """The length."""
        return span

    def hop(self, stride: Any, y: Any, moves: Any = True) -> Any:
        """Some steps."""
        course = Course(lambda _, y: self.law.field(y), lambda *_: (), self.tolerance, self.max_steps)
        end = attempts(course, (), y, jnp.zeros((0,), self.radius.dtype), jnp.where(moves, stride, 0.0), self.radius)
        return jax.tree.map(lambda new: jnp.where(end.good > 0, new, jnp.nan), end.y)

    def taylor(self, figure: Callable, t: Float[Array, ""], y: Any, order: int) -> tuple[Any, ...]:
        """Steps from the start, so that derivatives pass."""
        ys = self.along((self.law,), lax.stop_gradient(t)[None], _state)[0]
        return self.derivatives(figure, jax.tree.map(lambda y: y[0], ys), order)


def _state(args: Any, y: Any, slope: Any) -> Any:
    """Coordinates themselves, and their slope."""
    del args
    return jax.tree.map(lambda *pair: jnp.stack(pair), y, slope)


def _jets(figures: Figures, flow: SteppedFlow, battery: Any, y: Any, slope: Any) -> dict[str, Any]:
    """Value and slope of all figures at coordinates y, whose own slope is known."""
    on_y = lambda f: lambda y: f(battery, flow.state(y))  # noqa: E731
    jets = {name: jax.jvp(on_y(f), (y,), (slope,)) for name, f in figures.plain.items()}
    jets |= {name: along(flow.field, on_y(f), y, 2, least=1) for name, f in figures.rates.items()}
    return {name: jnp.stack(jet) for name, jet in jets.items()}


def _real(x: Any) -> Any:
    """Real and imaginary parts of what is complex."""
    return jnp.stack([x.real, x.imag], axis=-1) if jnp.iscomplexobj(x) else x
