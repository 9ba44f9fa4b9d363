"""All tests: float64, repeatable hypothesis, a counter of compilations, bounded memory, and who runs what under xdist."""

import contextlib
import pathlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import jax
import pytest

jax.config.update("jax_enable_x64", True)

hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=40, print_blob=False)
hypothesis.settings.load_profile("repeatable")

_COMPILED = "/jax/core/compile/backend_compile_duration"
STEP, MAPS = 5, 15_000  # programs between looks at the maps (one may take a thousand); maps at which all are dropped
_seen: list[str] = []
jax.monitoring.register_event_duration_secs_listener(lambda event, _, **kwargs: _seen.append(event))

Compiles = Callable[[int], contextlib.AbstractContextManager[None]]


@contextlib.contextmanager
def _compiles(at_most: int) -> Iterator[None]:
    before = len(_seen)
    yield
    count = _seen[before:].count(_COMPILED)
    assert count <= at_most, f"{count} programs were compiled, at most {at_most} expected"


@pytest.fixture(scope="session")
def compiles() -> Compiles:
    """`with compiles(0): ...` fails if more programs are compiled inside."""
    from jaxqb.compiled import options

    options(0)  # what the compiler understands is found out once in a process, by an empty program
    return _compiles


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Compiled programs are dropped in time: each maps memory hundreds of times, and beyond 65530 maps a process crashes."""
    yield
    if _seen.count(_COMPILED) > STEP:
        _seen.clear()
        if _maps() > MAPS:
            from jaxqb.sweeps import program

            program.build.cache_clear()
            jax.clear_caches()


def _maps() -> int:
    """Memory maps of this process (nothing is known, or limited, outside Linux)."""
    try:
        return pathlib.Path("/proc/self/maps").read_bytes().count(b"\n")
    except OSError:
        return 0


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: Any, log: Any) -> Any:
    """Compilation is most of the work: tests that share programs (a module; in it, one example) go to one worker."""
    from xdist.scheduler import LoadScopeScheduling

    class Sharing(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            module = nodeid.split("::", 1)[0]
            group = re.search(r"\[(\w+)/", nodeid)
            return f"{module}[{group[1]}]" if group else module

    return Sharing(config, log)


@pytest.fixture
def vector_design() -> str:
    """A study that designs a field of several numbers: of two spins that decay, the energy at the start is the largest."""
    return """
[battery]
type = "SpinChain"
gaps = [1.0, 1.5]
decay_rates = 0.05
hopping = 0.05
[design]
gaps = [0.5, 2.0]
hopping = [0.0, 0.1]
[objective]
maximise = "max_energy"
[numerics]
starts = 2
window = 5.0
"""
