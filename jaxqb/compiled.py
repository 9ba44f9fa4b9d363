"""How programs are compiled: small ones in half the time.

XLA's compiler for CPUs has two ways to write a kernel. The newer one, its default, takes twice as long to compile; its loops
are up to twice as fast over arrays of a thousand numbers, and a fifth at most over a hundred.
"""

import functools
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import numpy as np

from .fields import traced

SHORT: dict[str, str | bool] = {"xla_cpu_use_fusion_emitters": False}
SMALL = 200  # numbers in an array up to which it repays to compile in short time


def options(numbers: float | int) -> dict[str, str | bool]:
    """Compiler options for a program whose arrays hold about so many numbers."""
    return SHORT if numbers <= SMALL and jax.default_backend() == "cpu" and _understood() else {}


@functools.cache
def _understood() -> bool:
    """Whether this version of the compiler has the option."""
    try:
        jax.jit(lambda: 0, compiler_options=SHORT).lower().compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True


def compiled(function: Callable) -> Callable:
    """`eqx.filter_jit` of a function, with one more keyword, ``numbers``, for `options`.

    Options hold for whole programs: within another transformation it is for that one to say how it is compiled.
    """
    general, short = eqx.filter_jit(function), eqx.filter_jit(function, compiler_options=SHORT)  # pyright: ignore[reportCallIssue]

    @functools.wraps(function)
    def call(*args: Any, numbers: float | int = np.inf) -> Any:
        return (short if options(numbers) and not _within(args) else general)(*args)

    return call


def _within(args: Any) -> bool:
    """Whether another transformation is at work: within jit whatever touches a device is traced, constants too."""
    return any(map(traced, jax.tree.leaves(args))) or traced(jax.device_put(np.zeros(())))
