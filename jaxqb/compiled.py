"""How programs are compiled: small ones in a fraction of the time.

XLA's compiler for CPUs has two ways to write a kernel. The newer one, its default, takes twice as long to compile; its loops
are up to twice as fast over arrays of a thousand numbers, and a fifth at most over a hundred. LLVM's optimization takes half
of what then remains, and repays where a program goes through much: without it, programs of a hundred numbers take up to twice
as long to run, which is a millisecond a call, and those of ten a fifth longer. Three more of its passes cost a fourth of the
time and gain nothing measurable here: its checks of itself, and two that look for what may be taken out of loops. Where loops
over points stand around what they have in common (`shared`), those two make a program ten times faster.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import equinox as eqx
import jax
import numpy as np

from .fields import traced

SHORT: dict[str, str | bool] = {
    "xla_cpu_use_fusion_emitters": False,
    "xla_disable_hlo_passes": "hlo-verifier,simplify-while-loops,while-loop-invariant-code-motion",
}
# to split what is not optimized among threads takes longer than to write it
SHORTEST = SHORT | {"xla_backend_optimization_level": "0", "xla_cpu_parallel_codegen_split_count": "1"}
SMALL, SMALLEST = 200, 100  # numbers in an array up to which it repays to compile in short, and in the shortest, time
HOISTED = {"xla_disable_hlo_passes": "hlo-verifier"}
LITTLE = 2000  # numbers in all that a program may go through to be compiled in the shortest time


def options(numbers: float | int, times: float | int = 1, shared: bool = False) -> dict[str, str | bool]:
    """Compiler options for a program whose arrays hold about so many numbers, and that does its work so many times a call.

    `shared`: its loops have much in common, which the compiler is to take out of them.
    """
    if numbers > SMALL or jax.default_backend() != "cpu":
        return {}
    chosen = SHORTEST if numbers <= SMALLEST and numbers * times <= LITTLE else SHORT
    return understood(chosen | HOISTED if shared else chosen)


def understood(chosen: Mapping[str, str | bool]) -> dict[str, str | bool]:
    """Those options that this version of the compiler has."""
    return {name: value for name, value in chosen.items() if _has(name, value)}


@functools.cache
def _has(name: str, value: str | bool) -> bool:
    try:
        jax.jit(lambda: 0, compiler_options={name: value}).lower().compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True


def compiled(function: Callable) -> Callable:
    """`eqx.filter_jit` of a function, with two more keywords, ``numbers`` and ``times``, for `options`.

    Options hold for whole programs: within another transformation it is for that one to say how it is compiled.
    """
    ways: dict[tuple, Callable] = {}

    @functools.wraps(function)
    def call(*args: Any, numbers: float | int = np.inf, times: float | int = 1) -> Any:
        chosen = options(numbers, times)
        chosen = {} if chosen and _within(args) else chosen
        way = tuple(chosen)
        if way not in ways:
            ways[way] = eqx.filter_jit(function, compiler_options=chosen or None)  # pyright: ignore[reportCallIssue]
        return ways[way](*args)

    return call


def _within(args: Any) -> bool:
    """Whether another transformation is at work: within jit whatever touches a device is traced, constants too."""
    return any(map(traced, jax.tree.leaves(args))) or traced(jax.device_put(np.zeros(())))
