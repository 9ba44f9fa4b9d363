"""What is wanted of a design: one objective and constraints, evaluated together."""

from collections.abc import Callable, Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ..charging import no_figure
from ..conventions import real_dtype
from ..errors import DesignError, Status, fail, shown
from ..fields import check_flag, numbers, traced
from ..figures import ALIASES, DERIVED, Charging, Function, check_function, derived, names_of_figures
from ..given import check_window
from ..methods import AbstractMethod

SIGNS = (">=", "<=", "==")


class Goals(eqx.Module):
    """The objective (row 0) and the constraints (rows 1 ...) of a battery.

    Each is a function of the battery, or the name of a figure; all names share one `charge`.
    """

    charging: Charging | None
    wanted: tuple[str | Function, ...]
    limits: Float[np.ndarray | Array, " k"]
    labels: tuple[str, ...] = eqx.field(static=True)
    signs: tuple[str, ...] = eqx.field(static=True)
    minimise: bool = eqx.field(static=True)

    def __call__(self, battery: Any) -> tuple[Float[Array, " goals"], Int[Array, ""]]:
        """Values in the order of `labels`, and the first status that is not ok."""
        figures = {} if self.charging is None else self.charging(battery)
        statuses = [figures["status"]] if figures else []
        values = []
        for one in self.wanted:
            if isinstance(one, str):
                value = derived(one, figures, battery)
            else:
                found = one(battery)
                statuses.append(found.pop("status"))
                value = _scalar(one.name, found)
            values.append(jnp.asarray(value, real_dtype()))
        status = jnp.asarray(Status.OK, int)
        for one in reversed(statuses):
            status = jnp.where(jnp.asarray(one) != Status.OK, one, status)
        return jnp.stack(values), status

    def gaps(self, values: Any) -> Any:
        """Constraints in units of their limits, from values (..., k+1): at least 0 where they hold (equalities: 0)."""
        turn = np.array([-1.0 if sign == "<=" else 1.0 for sign in self.signs])
        return turn * (values[..., 1:] - self.limits) / self.units

    @property
    def units(self) -> Any:
        """What a constraint is measured in."""
        return abs(self.limits) + (self.limits == 0)

    @property
    def equal(self) -> np.ndarray:
        """Which constraints are equalities."""
        return np.array([sign == "==" for sign in self.signs], dtype=bool)

    def violation(self, values: np.ndarray) -> Any:
        """Largest violation of each row of values (..., k+1); 0 where all constraints hold."""
        gaps = self.gaps(values)
        return np.max(np.where(self.equal, np.abs(gaps), np.maximum(-gaps, 0.0)), axis=-1, initial=0.0)


def _scalar(name: str, found: dict[str, Array]) -> Array:
    shapes = {key: jnp.shape(value) for key, value in found.items()}
    if len(found) != 1 or any(shapes.values()):
        what = "nothing" if not found else ", ".join(f"{key} of shape {shape}" for key, shape in shapes.items())
        fail(DesignError, name, "return one real number", f"it returns {what}", "return a scalar array")
    value = next(iter(found.values()))
    if jnp.iscomplexobj(value):
        fail(DesignError, name, "return one real number", "it returns a complex one", "return e.g. its magnitude")
    return value


def read_goals(objective: Any, constraints: Any, minimise: bool, window: Any, solver: AbstractMethod | None) -> Goals:
    """Objective and constraints from what a user may give."""
    window = check_window(window)
    if constraints is None:
        constraints = {}
    if not isinstance(constraints, Mapping):
        fail(DesignError, "constraints", "be a dict", f"it is {shown(constraints)}", "use e.g. {'first_peak': ('>=', 9.0)}")
    read = {str(getattr(label, "__name__", label)): _read_constraint(label, given) for label, given in constraints.items()}
    name = objective if isinstance(objective, str) else getattr(objective, "__name__", "objective")
    wanted = [_read_wanted("objective", objective, name.replace("<lambda>", "objective"), window)]
    wanted += [_read_wanted(f"constraints[{label!r}]", what, label, window) for label, (what, _, _) in read.items()]
    bases = tuple(dict.fromkeys(DERIVED[one] for one in wanted if isinstance(one, str)))
    for label, value in {"window": window, "solver": solver}.items():
        if value is not None and not bases:
            but = "objective and constraints are functions of their own"
            fail(DesignError, label, "go with names of figures", but, f"use {label} within the function")
    return Goals(
        Charging(bases, window, solver) if bases else None,
        tuple(wanted),
        np.array([limit for _, _, limit in read.values()], dtype=real_dtype()),
        (name.replace("<lambda>", "objective"), *read),
        tuple(sign for _, sign, _ in read.values()),
        check_flag(DesignError, "minimise", minimise),
    )


def _read_wanted(argument: str, what: Any, name: str, window: Any) -> str | Function:
    if isinstance(what, str):
        what = ALIASES.get(what, what)
        base = DERIVED.get(what)
        if base is None:
            no_figure(DesignError, argument, what, names_of_figures(window))
        if base == "max_energy" and window is None:
            fail(DesignError, argument, "have a window for max_energy", "window is None", "pass `window=` (a time)")
        return what
    check_function(DesignError, argument, what)
    return Function(what, name)


def _read_constraint(label: Any, given: Any) -> tuple[str | Callable, str, float]:
    argument = f"constraints[{label!r}]"
    parts: list[Any] = list(given) if isinstance(given, (tuple, list)) else []
    if len(parts) not in (2, 3) or not isinstance(parts[-2], str) or parts[-2] not in SIGNS:
        must = "be (sign, limit) or (function, sign, limit) with a sign of >=, <=, =="
        fail(DesignError, argument, must, f"it is {shown(given)}", "use e.g. ('>=', 0.95)")
    limit = numbers(parts[-1])
    if limit is None or traced(limit) or limit.ndim or not np.isfinite(limit):
        fail(DesignError, argument, "have a finite limit", f"it is {shown(parts[-1])}", "give a number")
    return label if len(parts) == 2 else parts[0], parts[-2], float(limit)
