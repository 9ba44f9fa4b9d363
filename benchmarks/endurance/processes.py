"""Sweeps in processes of their own, which may be killed, and in those of a Dask cluster."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from ..__main__ import set_up
from ..timing import peak_memory
from .sweeps import count_solved, solve

HERE = Path(__file__).parents[2]


def spawn(job, cache, **options):
    """A process of `child` with programs from a cache; it says what it does on its standard output."""
    env = os.environ | {
        "JAX_COMPILATION_CACHE_DIR": str(cache),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "PYTHONWARNINGS": "ignore",
    }
    env |= options.pop("env", {})
    command = [sys.executable, "-m", "benchmarks.endurance", "--child", json.dumps(job)]
    pipes = {"stdout": subprocess.PIPE, "stdin": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=env, cwd=HERE, **pipes, **options)


def child(job):
    """One sweep to a store; with ``each`` one for each line of the standard input."""
    set_up()
    from jaxqb.sweeps import task

    if "workers" in job:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: job["workers"]])
    if "log" in job:
        count_solved(job["log"])
    opened = task.opened
    task.opened = lambda *args: print("begun", flush=True) or opened(*args)
    begun = time.perf_counter()
    stores = (line.strip() for line in sys.stdin) if job.get("each") else [job["store"]]
    for store in stores:
        ds = solve(store=store, **job["sweep"])
        about = {"seconds": time.perf_counter() - begun, "run": ds.seconds_run, "MB": peak_memory()}
        print(json.dumps(about), flush=True)


def finished(process):
    """What a process said last."""
    out, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"a process ended with {process.returncode}")
    return json.loads(out.splitlines()[-1])


class Counting:
    """A plugin of Dask: workers, new ones too, log what they solve."""

    def __init__(self, log):
        self.log = log

    def setup(self, worker):
        from jaxqb.sweeps import blocks

        if blocks.Solver.__call__.__name__ == "__call__":
            count_solved(self.log)


@contextlib.contextmanager
def cluster(log=None):
    """A client with two workers of one thread."""
    from distributed import Client, LocalCluster
    from distributed.diagnostics.plugin import WorkerPlugin

    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50}
    with LocalCluster(**options) as local, Client(local) as client:
        if log:
            plugin = type("Logging", (Counting, WorkerPlugin), {"name": "logging"})(str(log))
            client.register_plugin(plugin)
        yield client
