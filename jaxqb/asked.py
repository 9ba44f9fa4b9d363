"""A user's function is called while a program is traced; what goes wrong in it is said in a sentence."""

import dataclasses
import inspect
import traceback
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from .errors import MeritError, fail

# float(), int(), `if` and numpy ask for a number, where there is none before the program runs
UNKNOWN = (
    jax.errors.ConcretizationTypeError,
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError,
)


def takes(function: Callable, count: int) -> bool:
    """Whether it can be called with so many arguments, as far as can be told."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of what is not written in Python
        return True
    try:
        signature.bind(*(None,) * count)
    except TypeError:
        return False
    return True


def ask(function: Callable, name: str, *args: Any) -> Any:
    """What a function returns; a sentence if it asks for numbers that are not known yet."""
    try:
        return function(*args)
    except UNKNOWN as error:
        own = getattr(getattr(function, "__code__", None), "co_filename", None)
        lines = [f"line {at.lineno}, `{at.line}`" for at in traceback.extract_tb(error.__traceback__) if at.filename == own]
    must, but = "work on values that are known when it runs", "it asks for one before (float(), int(), `if` or numpy)"
    if lines:
        but += f" in {lines[-1]}"
    fail(MeritError, name, must, but, "use jax.numpy on what the battery holds, and jnp.where in place of `if`")


def array(name: str, value: Any) -> Array:
    """What a function returned, as an array; a sentence if it is none."""
    try:
        return jnp.asarray(value)
    except (TypeError, ValueError):
        pass
    kept = [item.name for item in dataclasses.fields(value)] if dataclasses.is_dataclass(value) else []
    fix = f"return one of its numbers ({', '.join(kept)})" if kept else "return an array, e.g. a jnp scalar"
    fail(MeritError, name, "return numbers", f"it returns {type(value).__name__}", fix)


def ask_array(function: Callable, name: str, *args: Any) -> Array:
    """The array that a function returns."""
    return array(name, ask(function, name, *args))
