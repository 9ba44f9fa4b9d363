"""All tests: float64, repeatable hypothesis, a counter of compilations, bounded memory, and who runs what under xdist."""

import contextlib
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
KEPT = 200  # programs; one may take several hundred maps
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
    return _compiles


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Compiled programs are dropped now and then: each maps memory, and Linux gives a process 65530 maps, then it crashes."""
    yield
    if _seen.count(_COMPILED) > KEPT:
        jax.clear_caches()
        _seen.clear()


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
