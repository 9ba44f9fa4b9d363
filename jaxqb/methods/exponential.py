"""Matrix exponentials of small linear laws, however stiff, at a cost that does not depend on the time."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from ..algebra.gradients import with_slope
from ..conventions import epsilon
from ..errors import MethodError, fail
from ..laws import AbstractLinearLaw
from .method import AbstractFlow, AbstractMethod, Figures, few_turns

LARGEST = 4096  # numbers of a state that a dense generator is made for
SQUARINGS = 64
LOST = 4e7  # units of rounding that an answer may be off by; in single precision few are left


class Exponential(AbstractMethod):
    """The exponential of the dense generator over each interval of time, by scaling and squaring; equal intervals share one.

    Each squaring doubles what rounding did, so where generator times time exceeds a hundred million the answer is NaN: by then
    `steady_state` is the answer.

    Raises:
        MethodError: for a law that is not linear, or whose generator would not fit into memory.

    Source: Higham, SIAM J. Matrix Anal. Appl. 26, 1179 (2005), https://doi.org/10.1137/04061101X.

    >>> import jaxqb as qb
    >>> down = [[0.0, 1.0], [0.0, 0.0]]
    >>> decaying = qb.OpenBattery([[0.0, 0.0], [0.0, 1.0]], [down], [0.5], [[0.0, 0.0], [0.0, 1.0]], [0.0, 1.0])
    >>> sol = qb.evolve(decaying, [2.0], method=qb.Exponential())
    >>> round(float(sol.saved["energy"][0]), 6)  # exp(-1)
    0.367879
    """

    def prepare(self, law: Any) -> "ExponentialFlow":
        """The dense generator."""
        if not isinstance(law, AbstractLinearLaw):
            must, but = "solve a master equation or damped amplitudes", f"this is {type(law).__name__}"
            fail(MethodError, "Exponential", must, but, "leave `method` out")
        return ExponentialFlow(law, generator(law))


def generator(law: AbstractLinearLaw) -> Float[Array, "y y"]:
    """The field as a dense matrix on flattened coordinates.

    Raises:
        MethodError: where it would not fit into memory.
    """
    own = getattr(law, "generator", None)
    flat, whole = jax.eval_shape(lambda: ravel_pytree(law.start)[0]), ravel_pytree(jax.tree.map(jnp.zeros_like, law.start))[1]
    if flat.size > LARGEST:
        need = f"{flat.size**2 * flat.dtype.itemsize / 2**30:.3g} GiB for {flat.size} numbers"
        fail(
            MethodError, "law", f"have at most {LARGEST} numbers for a dense generator", f"it takes {need}", "leave `method` out"
        )
    if own is not None:
        return own()
    coefficients = law.coefficients()
    field = lambda y: ravel_pytree(law.apply(coefficients, whole(y)))[0]  # noqa: E731
    return jax.vmap(field, out_axes=1)(jnp.eye(flat.size, dtype=flat.dtype))


class ExponentialFlow(AbstractFlow):
    """A linear law and its dense generator."""

    law: AbstractLinearLaw
    matrix: Float[Array, "y y"]

    def _over(self, span: Float[Array, ""]) -> Float[Array, "y y"]:
        grown = jnp.max(jnp.sum(jnp.abs(lax.stop_gradient(self.matrix)), axis=0)) * lax.stop_gradient(span)
        over = jax.scipy.linalg.expm(self.matrix * span, max_squarings=SQUARINGS)
        return jnp.where(grown < min(LOST, 1e-2 / epsilon()), over, jnp.nan)

    def _move(self, step: Float[Array, "y y"], y: Any) -> Any:
        flat, whole = ravel_pytree(y)
        return whole(jnp.matmul(step, flat, precision=lax.Precision.HIGHEST))

    def field(self, y: Any) -> Any:
        """The time derivative at y."""
        return self._move(self.matrix, y)

    def values(self, figures: Figures, battery: Any, ts: Float[Array, " t"]) -> tuple[dict[str, Any], Any]:
        """From time to time."""

        def at(args: Any, ts: Any, look: Callable = figures.at) -> Any:
            law, battery = args
            flow = ExponentialFlow(law, generator(law))
            ts = lax.stop_gradient(ts)
            common = ts[min(1, len(ts) - 1)] - (ts[0] if len(ts) > 1 else 0.0)
            shared = flow._over(common)

            @jax.checkpoint
            def leg(carry, t):
                y, now = carry
                span = t - now
                near = jnp.abs(span - common) <= 8 * epsilon() * t
                still = lambda _: jnp.eye(len(shared), dtype=shared.dtype)  # noqa: E731
                other = lambda: lax.cond(span > 0, lambda span: flow._over(span), still, span)  # noqa: E731
                y = flow._move(lax.cond(near, lambda: shared, other), y)
                return (y, jnp.where(near, now + common, t)), look(flow, battery, y)

            return lax.scan(leg, (law.start, jnp.zeros_like(common)), ts)[1]

        slope = lambda args, ts: jax.tree.map(lambda jet: jet[:, 1], at(args, ts, figures.sloped))  # noqa: E731
        return with_slope(at, slope)((self.law, battery), ts), True

    def window(self, pace: Float[Array, ""]) -> Float[Array, ""]:
        """A few turns of the fastest figure."""
        return few_turns(pace)

    def stride(self, span: Float[Array, ""]) -> Any:
        """The exponential."""
        return self._over(span)

    def hop(self, stride: Any, y: Any, moves: Any = True) -> Any:
        """One product."""
        return jax.tree.map(lambda new, old: jnp.where(moves, new, old), self._move(stride, y), y)

    def taylor(self, figure: Callable, t: Float[Array, ""], y: Any, order: int) -> tuple[Any, ...]:
        """An exponential from the start, so that derivatives pass."""
        del y
        return self.derivatives(figure, self._move(self._over(lax.stop_gradient(t)), self.law.start), order)
