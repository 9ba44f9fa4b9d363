"""Who solves chunks: threads of this process, one for each core, or the workers of a Dask cluster."""

import contextlib
import functools
import pickle
import platform
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from queue import Empty
from typing import Any

from ..errors import SweepError, fail
from .blocks import Solver
from .grid import Grid
from .program import FLAGS as OF_PROGRAMS
from .program import build
from .sinks import Chunk

# of jax: on them depend programs, and how soon a worker is ready; XLA_FLAGS are read once, when a process starts
FLAGS = (
    *OF_PROGRAMS,
    "jax_compilation_cache_dir",
    "jax_persistent_cache_min_compile_time_secs",
    "jax_persistent_cache_min_entry_size_bytes",
)
PACKAGES = ("jaxqb", "jax", "jaxlib", "numpy")
AHEAD = 2  # chunks for each thread of a worker: one that runs, and one that waits for it
LOOK = 1.0  # seconds after which workers are counted again


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

    def missing(self) -> str:
        """Nobody is."""
        return ""

    def close(self) -> None:
        """Threads are kept for the next sweep."""


@functools.cache
def _pool(crew: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(crew, thread_name_prefix="jaxqb-sweep")


class Workers:
    """Workers of a cluster; each compiles before it takes work, or finds what another one has compiled.

    What they need lies with the scheduler, so that one that joins late, or takes the place of one that was killed, gets it too.

    Raises:
        SweepError: if they have other packages or devices than this process, cannot get what is to be solved, or are killed or
            lost again and again.
    """

    def __init__(self, client: Any, grid: Grid) -> None:
        from dask import config

        self.client, self.name = client, f"jaxqb-{uuid.uuid4().hex}"
        self._threads, self._counted = 0, 0.0
        task = (self.name, _packed(grid), _here(grid))
        when = "while workers compiled"
        with _worded(when):
            for worker, found in _versions(client).items():
                _check(found, worker, task[-1])
            # the result of a task, in place of scattered data: it is made again if all workers that hold it die
            with config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"}):
                self.task = client.submit(_same, task, key=self.name)
            known = list(client.scheduler_info(n_workers=-1)["workers"])
            begun = [
                client.submit(_warm, self.task, workers=[each], allow_other_workers=True, key=(f"{self.name}-warm", k))
                for k, each in enumerate(known)
            ]
        warm = [Asked(each, when) for each in begun]
        try:
            for each in warm:
                each.result()
        finally:  # those that are not needed any more must not go on
            for each in warm:
                each.cancel()

    @property
    def room(self) -> int:
        """Chunks at a time, as workers come and go."""
        if time.monotonic() - self._counted > LOOK:
            with contextlib.suppress(OSError):  # a lost scheduler is told of by the chunks
                self._threads = threads(self.client)
            self._counted = time.monotonic()
        return AHEAD * max(self._threads, 1)

    def submit(self, chunk: Chunk) -> Any:
        """Begin to solve a chunk."""
        about = f"at a chunk of points {chunk[0]} to {chunk[1]}"
        key = (f"{self.name}-solve", *chunk[0])  # one name for all: Dask deals them out evenly, wherever the task lies
        with _worded(about):
            return Asked(self.client.submit(_solve, self.task, chunk, key=key), about)

    def missing(self) -> str:
        """A sentence, if there are no workers."""
        with contextlib.suppress(OSError):
            if not threads(self.client):
                return "the cluster has no workers any more: waiting until some join (Ctrl-C stops)"
        return ""

    def close(self) -> None:
        """Let go of what was sent."""
        self.task.release()


class Asked:
    """A future of a chunk, whose errors say what to do about them."""

    def __init__(self, future: Any, about: str) -> None:
        self.future, self.about = future, about

    def add_done_callback(self, tell: Callable[["Asked"], object]) -> None:
        """Call when it has ended."""
        self.future.add_done_callback(lambda _: tell(self))

    def result(self, seconds: float | None = None) -> Any:
        """What came out, or `Empty`: what was there is made again if its worker has gone."""
        with _worded(self.about, self.future):
            try:
                return self.future.result(seconds)
            except TimeoutError:
                if self.future.status == "error":  # it is that of the chunk
                    raise
        raise Empty

    def cancel(self) -> None:
        """Not wanted any more; a scheduler that is lost need not be told."""
        if self.future.client.status == "running":
            with contextlib.suppress(OSError):
                self.future.cancel()


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
    with _worded("before it began"):
        if not threads(client):
            fail(SweepError, "client", "have workers", "there is none yet", "wait for them: client.wait_for_workers(1)")
    return client


def threads(client: Any) -> int:
    """Threads of all workers."""
    return sum(client.nthreads().values())


def _packed(grid: Grid) -> bytes:
    """A grid as bytes; functions that cannot be imported (of a notebook, lambdas) go along whole."""
    import cloudpickle

    try:
        return cloudpickle.dumps(grid)
    except Exception as error:  # any object may say anything when it is asked
        said = str(error).rstrip(".") or type(error).__name__
        fix = "make locks, files and the like inside of the function"
        fail(SweepError, "figures", "be such as can be sent to workers", f"they cannot be pickled: {said}", fix)


def _versions(client: Any) -> dict[str, dict[str, str]]:
    """What each worker has, asked by functions that are there without jaxqb too."""
    found = {"python": client.run(platform.python_version_tuple, on_error="return")}
    for package in PACKAGES:
        found[package] = client.run(metadata.version, package, on_error="return")
    gone = OSError()  # of workers that came or went meanwhile
    there = [
        worker for worker in found["python"] if not any(isinstance(each.get(worker, gone), OSError) for each in found.values())
    ]
    return {worker: {name: _short(answers[worker]) for name, answers in found.items()} for worker in there}


def _own_versions() -> dict[str, str]:
    """What this process has."""
    found = {"python": _short(platform.python_version_tuple())}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "none"
    return found


def _short(answer: Any) -> str:
    """A version; "none" if there is none."""
    return "none" if isinstance(answer, Exception) else answer if isinstance(answer, str) else ".".join(answer[:2])


def _here(grid: Grid) -> dict[str, Any]:
    """What a worker must have, or do, to compute the same."""
    import jax

    device = _device()
    return {
        "flags": {name: getattr(jax.config, name) for name in FLAGS},
        "versions": _own_versions(),
        "device": (device.platform, device.device_kind),
        "program": build(grid.solver((device,)).job).digest,
    }


def _device() -> Any:
    """Where jax computes, if it is not told."""
    import jax

    default = jax.config.jax_default_device  # pyright: ignore[reportAttributeAccessIssue]
    return default if isinstance(default, jax.Device) else jax.local_devices(backend=default)[0]


def _check(found: dict[str, str], worker: str, there: dict[str, Any]) -> None:
    """A sentence, if a worker has other packages."""
    wanted = there["versions"].items()
    others = [f"{name} {found[name]} in place of {version}" for name, version in wanted if found[name] != version]
    if others:
        but = f"the one at {worker} has {', '.join(others)}"
        fail(SweepError, "client", "have workers with the packages of this process", but, "install the same ones there")


@contextlib.contextmanager
def _worded(when: str, future: Any = None) -> Iterator[None]:
    """Sentences in place of what a cluster says; what a figure raises stays as it is."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker

    kept = "with a store, the same call goes on where it was left"
    try:
        yield
    except KilledWorker as error:
        but = f"{error.allowed_failures + 1} were killed one after the other {when}, most often for want of memory"
        fix = f"give them more memory, or take smaller chunks (chunk=); {kept}"
        fail(SweepError, "client", "have workers that stay", but, fix)
    except (CancelledError, OSError):
        if future is not None and future.status == "error":  # of the task itself
            raise
        fail(SweepError, "client", "stay connected", f"its scheduler was lost, or started anew, {when}", f"connect again; {kept}")
    except ModuleNotFoundError as error:
        module = str(error.name).partition(".")[0]
        fix = "install jaxqb there" if module == "jaxqb" else f"install it there, or client.upload_file('{module}.py')"
        fail(SweepError, "client", "have workers that can import what is asked for", f"a worker has no {module}", fix)


def _same(task: Any) -> Any:
    """As it was sent."""
    return task


def _warm(task: Any) -> None:
    """Compile, on a worker."""
    _solver(task)


def _solve(task: Any, chunk: Chunk) -> Any:
    """Solve a chunk, on a worker."""
    solver = _solver(task)
    with _ALONE if build(solver.job).alone else contextlib.nullcontext():
        return solver(*chunk)


_SOLVERS: dict[str, Solver] = {}
_LOCK, _ALONE = threading.Lock(), threading.Lock()  # threads of a worker: one compiles, the others wait for it


def _solver(task: Any) -> Solver:
    name, packed, there = task
    with _LOCK:
        if name not in _SOLVERS:
            _SOLVERS.clear()  # of sweeps before
            _SOLVERS[name] = _made(packed, there)
        return _SOLVERS[name]


def _made(packed: bytes, there: dict[str, Any]) -> Solver:
    """The compiled program, on a worker; it must be the one of the process that asks."""
    import jax
    from distributed import get_worker

    _check(_own_versions(), get_worker().address, there)
    _like(there["flags"])
    backend, kind = there["device"]
    try:
        device = jax.local_devices(backend=backend)[0]
    except RuntimeError:  # there is none of them
        device = jax.local_devices()[0]
    if (device.platform, device.device_kind) != (backend, kind):
        but = f"{get_worker().address} has {device.device_kind} in place of {kind}"
        fail(SweepError, "client", "have workers with the device of this process", but, "call sweep where such a device is")
    if device != _device():
        jax.config.update("jax_default_device", device)
    solver = pickle.loads(packed).solver((device,))
    if build(solver.job).digest != there["program"]:
        but = f"{get_worker().address} made another program of the same figures"
        fix = "bring all to one version of it, and start them anew"
        fail(SweepError, "client", "have workers with the code of this process", but, fix)
    return solver


def _like(flags: dict[str, Any]) -> None:
    """Set flags as they are elsewhere; a cache that was opened, or found missing, is opened anew if it lies elsewhere."""
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    before = jax.config.jax_compilation_cache_dir  # pyright: ignore[reportAttributeAccessIssue]
    for name, value in flags.items():
        if value is not None or name != "jax_compilation_cache_dir":  # a worker may have a folder of its own
            jax.config.update(name, value)
    if before != jax.config.jax_compilation_cache_dir:  # pyright: ignore[reportAttributeAccessIssue]
        compilation_cache.reset_cache()
