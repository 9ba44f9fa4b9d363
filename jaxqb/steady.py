"""`steady_state`: where a battery ends, from where it began."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int

from .algebra import kernels
from .batteries import AbstractBattery
from .compiled import compiled
from .errors import FieldError, fail
from .evolution import state_size
from .fields import check_flag, traced
from .given import check_law, check_single
from .laws import AbstractDecayLaw, AbstractLaw, AbstractMasterLaw, AbstractMemoryLaw, AbstractUnitaryLaw
from .methods.exponential import generator


class Rest(eqx.Module):
    """How a steady state was found.

    Attributes:
        multiplicity: how many numbers are conserved, the trace among them: with more than one the end depends on the start.
        residual: largest entry of the generator's action on the state; zero but for rounding.

    >>> import jaxqb as qb
    >>> _, rest = qb.steady_state(qb.DarkStateBattery(n_battery=1, n_charger=2), report=True)
    >>> int(rest.multiplicity)
    2
    """

    multiplicity: Int[Array, ""]
    residual: Float[Array, ""]

    def __repr__(self) -> str:
        if traced(self.residual) or np.ndim(self.residual):
            return "Rest()"
        return f"Rest(multiplicity={int(self.multiplicity)}, residual={float(self.residual):.1e})"


def steady_state(battery: AbstractBattery, *, law: AbstractLaw | None = None, report: bool = False) -> Any:
    """The state that a battery tends to at late times.

    What is conserved keeps its value, so the answer depends on the start: it is not the kernel of the generator, which is
    degenerate wherever something is conserved. Where something turns for ever, it is the mean over time. What relaxes by less
    than rounding of the generator's largest rate counts as conserved.

    Args:
        battery: one battery.
        law: one of ``battery.laws()``; default ``battery.law()``.
        report: return a `Rest` with the state.

    Returns:
        A state: figures of merit are functions of it, ``merit.energy(battery, state)``. Differentiable, as long as no
        conserved quantity comes or goes (a rate that breaks one has no derivative at 0: the limits do not commute).

    Raises:
        FieldError: for a unitary law, which turns for ever.
        MethodError: where the dense generator, which a battery without a closed form needs, does not fit into memory.

    >>> import jaxqb as qb
    >>> battery = qb.DarkStateBattery(n_battery=3, n_charger=15)
    >>> state, rest = qb.steady_state(battery, report=True)
    >>> round(float(qb.merit.energy_per_cell(battery, state)), 9), int(rest.multiplicity)
    (0.856758676, 4)
    """
    check_single(battery, "steady_state")
    check_law(law, battery)
    check_flag(FieldError, "report", report)
    state, rest = _steady(battery, law, numbers=state_size(battery, law))
    return (state, rest) if report else state


@compiled
def _steady(battery: Any, law: Any) -> tuple[Any, Rest]:
    law = battery.law() if law is None else law
    valid = law.valid() & battery.admitted()
    if isinstance(law, AbstractDecayLaw):
        state = jax.tree.map(lambda x: jnp.where(valid, x, jnp.nan) if eqx.is_inexact_array(x) else x, law.steady())
        return state, Rest(law.conserved(), jnp.zeros(()))
    if isinstance(law, AbstractMemoryLaw):
        fix = (
            "use `battery.long_time()`, or `evolve` at late times"
            if hasattr(battery, "long_time")
            else "use `evolve` at late times"
        )
        fail(FieldError, "battery", "forget", "its reservoir remembers", fix)
    if isinstance(law, AbstractUnitaryLaw):
        fail(FieldError, "battery", "decay", f"a {type(law).__name__.lower()} turns for ever", "use `charge` or `evolve`")
    if not isinstance(law, AbstractMasterLaw):
        masters = [f"law=battery.laws()[{name!r}]" for name, one in battery.laws().items() if isinstance(one, AbstractMasterLaw)]
        fix = " or ".join(masters) or "`evolve` at late times"
        fail(FieldError, "law", "have a steady state that can be computed", f"{type(law).__name__} has none", f"use {fix}")
    matrix, (start, whole) = generator(law), ravel_pytree(law.start)
    end, multiplicity = kernels.rest(matrix, start, lax.stop_gradient(law.radius()))
    residual = jnp.max(jnp.abs(jnp.matmul(matrix, end, precision=lax.Precision.HIGHEST)))
    there = jnp.where(valid, 1.0, jnp.nan)
    return law.state(whole(end * there)), Rest(multiplicity, residual)
