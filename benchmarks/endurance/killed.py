"""Processes and workers that die at random instants."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import threading
import time

import numpy as np

from ..disturb import contents, entries
from .processes import cluster, finished, spawn
from .rows import Row
from .sweeps import lines, solve


def kills(folder, quick):
    """SIGKILL at random instants."""
    instants, total = random.Random(1), 6 if quick else 100
    names, ways = ["spins"] if quick else ["spins", "cavity", "dimers"], (1, 2)
    each = -(-total // (len(names) * len(ways)))
    killed = lost = redone = differ = strays = 0
    for name in names:
        sweep = {"case": name, "shape": (24, 8) if quick else (48, 16)}
        undisturbed = folder / f"{name}.zarr"
        finished(spawn({"store": str(undisturbed), "sweep": sweep}, folder / "cache"))
        span = finished(spawn({"store": str(folder / f"{name}-span.zarr"), "sweep": sweep}, folder / "cache"))["run"]
        for workers in ways:
            path, log = folder / f"{name}-{workers}.zarr", folder / f"{name}-{workers}.log"
            job = {"store": str(path), "sweep": sweep, "workers": workers, "log": str(log)}
            for _ in range(each):
                before, begun = entries(path), lines(log)
                process = spawn(job, folder / "cache", stderr=subprocess.DEVNULL)
                with process:
                    process.stdout.readline()
                    time.sleep(instants.uniform(0, span))
                    process.kill()
                now = entries(path)
                killed += process.returncode == -signal.SIGKILL
                lost += len(before.items() - now.items())
                redone = max(redone, (lines(log) - begun - len(now.keys() - before.keys())) / workers)
                if len(now) == np.prod(sweep["shape"]) // 8:
                    differ += contents(path).keys() - contents(undisturbed).keys() != set()
                    shutil.rmtree(path)
            before = entries(path)
            finished(spawn(job, folder / "cache"))
            lost += len(before.items() - entries(path).items())
            there, whole = contents(path), contents(undisturbed)
            strays += len(there.keys() - whole.keys())
            differ += there != whole
    yield Row(f"{killed} SIGKILLs: chunks lost or solved again", "0", str(lost), lost == 0 and killed > 0, {"killed": killed})
    yield Row("chunks begun and not published, for each of 1 or 2 workers killed", "<= 1", f"{redone:g}", redone <= 1)
    yield Row("final stores that differ, and stray files", "0, 0", f"{differ}, {strays}", not differ and not strays)


def one_of(client):
    """The process of a worker; asked again where one of them has just gone."""
    while True:
        with contextlib.suppress(OSError):
            return next(iter(client.run(os.getpid).values()))
        time.sleep(0.1)


def clustered(folder, quick):
    """One of two Dask workers dies at a random chunk. (Chunks take longer than to fetch and to write them.)"""
    instants, times = random.Random(2), 1 if quick else 10
    chunks = 12 if quick else 24
    sweep = {"case": "tens", "shape": (chunks, 2000 if quick else 4000), "chunk": 2000 if quick else 4000}
    solve(store=folder / "whole.zarr", **sweep)
    differ, redone = 0, []
    with cluster(folder / "log") as client:
        for k in range(times):
            client.wait_for_workers(2)
            victim, before = one_of(client), lines(folder / "log")
            at, later = instants.randrange(1, chunks // 2), instants.uniform(0, 0.3)

            def listen(event, at=at, later=later, victim=victim):
                if event.get("chunk") == at:
                    threading.Timer(later, os.kill, (victim, signal.SIGKILL)).start()

            solve(store=folder / f"{k}.zarr", client=client, progress=listen, **sweep)
            redone.append(lines(folder / "log") - before - chunks)
            differ += contents(folder / f"{k}.zarr") != contents(folder / "whole.zarr")
    yield Row(f"one of 2 Dask workers killed, {times} times: stores that differ", "0", str(differ), differ == 0)
    each = sum(redone) / times
    got = f"{each:g}, at most {max(redone)}"  # what a worker has solved and nobody has fetched is lost with it
    yield Row("chunks solved twice for each worker killed", "<= 1", got, each <= 1, {"redone": redone})
