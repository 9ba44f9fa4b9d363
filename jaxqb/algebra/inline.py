"""Straight code, traced right into the program it is part of.

To jax every function of jnp, an operator too, is a jitted program of its own, traced by itself for each combination of
operation and shapes that is new. That takes half a millisecond; a search of a thousand small operations spends half of its
tracing so.
"""

import contextlib
import functools
from collections.abc import Callable
from typing import Any

import jax
from jax import lax

from ..fields import traced


def inlined(function: Callable) -> Callable:
    """A function without such programs within; loops in it have to be those below."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with _programs(False, (args, kwargs)):
            return function(*args, **kwargs)

    return call


def while_loop(going: Callable, body: Callable, state: Any) -> Any:
    """`lax.while_loop`, for inlined code."""
    with _programs(True, state):
        return lax.while_loop(going, inlined(body), state)


def fori_loop(start: Any, stop: Any, body: Callable, state: Any) -> Any:
    """`lax.fori_loop`, for inlined code."""
    with _programs(True, state):
        return lax.fori_loop(start, stop, inlined(body), state)


def _programs(wanted: bool, args: Any) -> Any:
    """Whether functions of jnp become programs, where `args` are traced; else that is for the user to say."""
    return jax.disable_jit(not wanted) if any(map(traced, jax.tree.leaves(args))) else contextlib.nullcontext()
