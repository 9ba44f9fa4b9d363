"""Laws whose solution is known: any time costs the same, and nothing is stepped through."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from ..errors import MethodError, fail
from ..laws import AbstractClosedLaw
from .method import AbstractFlow, AbstractMethod, Figures, few_turns


class ClosedForm(AbstractMethod):
    """The law's own solution, where it knows one: amplitudes of one excitation in a dimerised chain with equal bonds.

    Raises:
        MethodError: for any other law.

    Source: Liu et al., "Boosting quantum battery performance by structure engineering", supplement, Eqs. S2-S4.

    >>> import jaxqb as qb
    >>> chain = qb.DimerChain(50, gap_ratio=0.25, initial=qb.single_excitation([1.0] + 49 * [0.0]))
    >>> qb.select_method(chain.law())
    ClosedForm()
    """

    def prepare(self, law: Any) -> "ClosedFlow":
        """Nothing to prepare."""
        if not isinstance(law, AbstractClosedLaw):
            but = f"this is {type(law).__name__}"
            fail(MethodError, "ClosedForm", "be given a law that knows its solution", but, "leave `method` out")
        return ClosedFlow(law)


class ClosedFlow(AbstractFlow):
    """A law that knows its solution."""

    law: AbstractClosedLaw

    def values(self, figures: Figures, battery: Any, ts: Float[Array, " t"]) -> tuple[dict[str, Any], Any]:
        """All times at once."""
        return jax.vmap(lambda t: figures.at(self, battery, self.law.after(self.law.start, t)))(ts), True

    def window(self, pace: Float[Array, ""]) -> Float[Array, ""]:
        """A few turns of the fastest figure."""
        return few_turns(pace)

    def stride(self, span: Float[Array, ""]) -> Any:
        """The length."""
        return span

    def hop(self, stride: Any, y: Any, moves: Any = True) -> Any:
        """One step of any length."""
        return self.law.after(y, jnp.where(moves, stride, 0.0))

    def taylor(self, figure: Callable, t: Float[Array, ""], y: Any, order: int) -> tuple[Any, ...]:
        """From the start, so that derivatives pass."""
        del y
        return self.derivatives(figure, self.law.after(self.law.start, lax.stop_gradient(t)), order)
