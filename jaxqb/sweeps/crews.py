"""Who solves chunks: threads of this process, one for each core, or the workers of a Dask cluster."""

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..errors import SweepError, fail
from .blocks import Solver
from .grid import Grid
from .program import build
from .sinks import Chunk


class Threads:
    """Threads of this process.

    Attributes:
        room: chunks at a time.
    """

    def __init__(self, solver: Solver, crew: int) -> None:
        self.solver, self.room = solver, 1 if build(solver.job).alone else crew

    def submit(self, chunk: Chunk) -> Any:
        """Begin to solve a chunk."""
        return _pool(self.room).submit(self.solver, *chunk)

    def close(self) -> None:
        """Threads are kept for the next sweep."""


@functools.cache
def _pool(crew: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(crew, thread_name_prefix="jaxqb-sweep")


class Workers:
    """Workers of a cluster; each compiles before it takes work, or finds what another one has compiled.

    Attributes:
        room: chunks at a time: one on each thread, and one that waits for it.
    """

    def __init__(self, client: Any, grid: Grid) -> None:
        import jax
        from dask.base import tokenize  # of the name only: what is solved is sent along

        self.client, self.room = client, 2 * threads(client)
        self.name = f"jaxqb-{tokenize(id(grid), id(self))}"
        settings = {
            "jax_enable_x64": bool(jax.config.jax_enable_x64),  # pyright: ignore[reportAttributeAccessIssue]
            "jax_compilation_cache_dir": jax.config.jax_compilation_cache_dir,  # pyright: ignore[reportAttributeAccessIssue]
        }
        # the result of a task, in place of scattered data: it is made again if all workers that hold it die
        self.task = client.submit(_same, (self.name, settings, grid), key=self.name)
        known = list(client.scheduler_info(n_workers=-1)["workers"])
        warm = [client.submit(_warm, self.task, workers=[each], key=f"{self.name}-warm-{k}") for k, each in enumerate(known)]
        client.gather(warm)

    def submit(self, chunk: Chunk) -> Any:
        """Begin to solve a chunk."""
        return self.client.submit(_solve, self.task, chunk, key=f"{self.name}-{'-'.join(map(str, chunk[0]))}", pure=False)

    def close(self) -> None:
        """Let go of what was sent."""
        self.task.release()


def check_client(client: Any) -> Any:
    """The client, if it is one that has workers."""
    try:
        from distributed import Client
    except ImportError:
        fail(SweepError, "client", "have dask.distributed", "it is not installed", "run pip install 'jaxqb[cluster]'")
    if not isinstance(client, Client):
        fail(SweepError, "client", "be a dask.distributed.Client", f"it is {type(client).__name__}", "use Client(...)")
    if client.asynchronous or client.status != "running":
        but = "it is asynchronous" if client.asynchronous else f"it is {client.status}"
        fail(SweepError, "client", "be connected, and not asynchronous", but, "make a new one")
    if not threads(client):
        fail(SweepError, "client", "have workers", "there is none yet", "wait for them: client.wait_for_workers(1)")
    return client


def threads(client: Any) -> int:
    """Threads of all workers."""
    return sum(client.nthreads().values())


def _same(task: tuple[str, dict, Grid]) -> tuple[str, dict, Grid]:
    """As it was sent."""
    return task


def _warm(task: tuple[str, dict, Grid]) -> None:
    """Compile, on a worker."""
    _solver(task)


def _solve(task: tuple[str, dict, Grid], chunk: Chunk) -> Any:
    """Solve a chunk, on a worker."""
    return _solver(task)(*chunk)


_SOLVERS: dict[str, Solver] = {}


def _solver(task: tuple[str, dict, Grid]) -> Solver:
    name, settings, grid = task
    if name not in _SOLVERS:
        import jax

        for key, value in settings.items():
            jax.config.update(key, value)
        _SOLVERS.clear()  # of sweeps before
        _SOLVERS[name] = grid.solver(tuple(jax.local_devices()[:1]))
    return _SOLVERS[name]
