"""Numbers that a method is given: a sentence for what is none of its kind."""

from typing import Any

import numpy as np

from ..errors import MethodError, ToleranceError, fail, shown
from ..fields import numbers, traced


def check_tolerance(name: str, value: Any, fix: str) -> None:
    """A positive number."""
    if not _positive(value):
        fail(ToleranceError, name, "be a number larger than 0", f"it is {shown(value)}", fix)


def check_reach(name: str, value: float, least: float, usual: float) -> None:
    """A tolerance that the floating point type can deliver."""
    if value < least:
        wide = "enable x64 with jax.config.update('jax_enable_x64', True), or " if least > usual else ""
        must, fix = f"be at least {least:.1e} in this floating point type", f"{wide}use {name}={least:.0e}"
        fail(ToleranceError, name, must, f"it is {value:.1e}", fix)


def check_steps(value: Any) -> None:
    """A number of steps."""
    if not _positive(value) or value < 1 or value % 1:
        fail(MethodError, "max_steps", "be an integer of at least 1", f"it is {shown(value)}", "leave it out")


def check_horizon(value: Any) -> None:
    """A latest time."""
    if not _positive(value):
        fail(MethodError, "horizon", "be a positive number", f"it is {shown(value)}", "give e.g. horizon=100.0")


def _positive(value: Any) -> bool:
    number = numbers(value)
    return number is not None and not traced(number) and number.ndim == 0 and bool(0 < number < np.inf)
