"""`steady_state`: where a battery ends, from where it began."""

from typing import Any

from .batteries import AbstractBattery
from .compiled import compiled
from .errors import FieldError, fail
from .evolution import state_size
from .given import check_law, check_single
from .laws import AbstractDecayLaw, AbstractLaw


def steady_state(battery: AbstractBattery, *, law: AbstractLaw | None = None) -> Any:
    """The state that a battery tends to at late times.

    What is conserved keeps its value, so the answer depends on the start: it is not the kernel of the generator, which is
    degenerate wherever something is conserved.

    Args:
        battery: one battery.
        law: one of ``battery.laws()``; default ``battery.law()``.

    Returns:
        A state: figures of merit are functions of it, ``merit.energy(battery, state)``. Differentiable.

    Raises:
        FieldError: where nothing decays, so that there is no such state.

    >>> import jaxqb as qb
    >>> battery = qb.DarkStateBattery(n_battery=3, n_charger=15)
    >>> round(float(qb.merit.energy_per_cell(battery, qb.steady_state(battery))), 9)
    0.856758676
    """
    check_single(battery, "steady_state")
    check_law(law, battery)
    return _steady(battery, law, numbers=state_size(battery, law))


@compiled
def _steady(battery: Any, law: Any) -> Any:
    law = battery.law() if law is None else law
    if not isinstance(law, AbstractDecayLaw):
        fail(FieldError, "battery", "decay", f"a {type(law).__name__.lower()} turns for ever", "use `charge` or `evolve`")
    return law.steady()
