"""``python -m benchmarks.endurance [PART ...]``: what sweeps survive.

``inputs`` are malformed; ``kills`` ends processes at random instants, ``cluster`` workers of Dask; ``damage`` truncates
files of a store, flips bits in them and removes them; ``disks`` are full, denied or read-only at one write; ``writers`` meet on
one store; ``plans`` are others than that of the store; ``unsolvable`` points stand among others; ``bits`` are compared between
sizes of chunks, devices and clusters; ``million`` points go to a store; ``overhead`` is the time of a store over that of memory.
"""

# ruff: noqa: E402
import argparse
import contextlib
import errno
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

for library in ("OPENBLAS", "MKL", "OMP"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")  # as in `python -m benchmarks`, before numpy loads

import numpy as np

from .disturb import contents, entries, failing, flip, refused, truncate
from .timing import clocked, cores, peak_memory, write

HERE = Path(__file__).parents[1]


@dataclass
class Row:
    """One promise."""

    what: str
    target: str
    got: str
    met: bool
    numbers: dict = field(default_factory=dict)
    cores: int | None = field(default_factory=cores)
    load: float = field(default_factory=lambda: os.getloadavg()[0])
    date: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


# ------------------------------------------------------------------------------------------------------------- sweeps


def last_energy(battery):
    """Of a battery that stores."""
    import jaxqb as qb

    return {"energy": qb.evolve(battery, [10.0]).saved["energy"][0]}


def cases():
    """Batteries, figures, and the fields of two axes with their ranges."""
    import jaxqb as qb

    return {
        "spins": (qb.SpinCharger(6, 6), ["first_peak"], {"coupling": (0.5, 1.5), "charger_frequency": (0.9, 1.1)}),
        "cavity": (qb.CavityCharger(3, 3), ["first_peak"], {"coupling": (0.5, 1.5), "cavity_frequency": (0.9, 1.1)}),
        "tens": (
            qb.SpinCharger(10, 10),
            ["first_peak", "max_average_power"],
            {"coupling": (0.5, 1.5), "charger_frequency": (0.9, 1.1)},
        ),
        "dimers": (qb.DimerChain(6, gap_ratio=0.25), last_energy, {"gap_ratio": (0.1, 0.9), "hopping": (0.02, 0.1)}),
    }  # fmt: skip


def solve(case="spins", shape=(24, 8), chunk=8, **options):
    """The sweep of a case."""
    import jaxqb as qb

    battery, figures, ranges = cases()[case]
    axes = {name: np.linspace(*ends, n) for (name, ends), n in zip(ranges.items(), shape, strict=True)}
    return qb.sweep(figures, battery, axes, **{"chunk": chunk, "progress": False} | options)


def count_solved(log):
    """From now on every chunk that is begun is a line of this file."""
    from jaxqb.sweeps import blocks

    call = blocks.Solver.__call__

    def counted(self, low, high):
        with open(log, "a") as file:
            file.write(f"{low}\n")
        return call(self, low, high)

    blocks.Solver.__call__ = counted


def lines(log):
    """How many chunks were begun."""
    return Path(log).read_text().count("\n") if Path(log).exists() else 0


@contextlib.contextmanager
def solved():
    """A list of the chunks that are solved inside."""
    from jaxqb.sweeps import blocks

    call, seen = blocks.Solver.__call__, []
    blocks.Solver.__call__ = lambda self, low, high: seen.append(low) or call(self, low, high)
    try:
        yield seen
    finally:
        blocks.Solver.__call__ = call


# ---------------------------------------------------------------------------------------------------------- processes


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
    from .__main__ import set_up

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


# --------------------------------------------------------------------------------------------------------------- rows


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


KINDS = {
    "first_peak/c/3/0": 1,
    "status/c/5/0": 1,
    "ledger/checksums/c/7/0/0": 1,
    "coupling/c/0": 0,
    "charger_frequency/zarr.json": 0,
    "first_peak/zarr.json": 0,
    "status/zarr.json": 0,
    "ledger/checksums/zarr.json": 0,
    "ledger/zarr.json": 0,
    "zarr.json": 0,
}


def damage(folder, quick):
    """Ten kinds of files, truncated, with a flipped bit, removed."""
    solve(store=folder / "whole.zarr")
    found, exactly, path = 0, 0, folder / "x.zarr"
    for file, chunks in KINDS.items():
        for how in (truncate, flip, Path.unlink):
            shutil.copytree(folder / "whole.zarr", path)
            how(path / file)
            said = []
            with solved() as seen:
                solve(store=path, progress=said.append)
            found += len(seen) > 0 or "note" in {event["event"] for event in said}
            exactly += len(seen) == chunks and contents(path) == contents(folder / "whole.zarr")
            shutil.rmtree(path)
    total = 3 * len(KINDS)
    yield Row("damaged files found", f"{total} of {total}", f"{found} of {total}", found == total)
    yield Row("exactly those solved or written again", f"{total} of {total}", f"{exactly} of {total}", exactly == total)


def disks(folder, quick):
    """Errors of the operating system at ten writes, and a disk that is full, or read only, indeed."""
    sweep = {"shape": (6, 8)}
    with failing(0, 0) as calls:
        solve(store=folder / "whole.zarr", **sweep)
    whole, codes = contents(folder / "whole.zarr"), (errno.ENOSPC, errno.EACCES, errno.EROFS)
    said = resumed = 0
    for k, number in enumerate(np.linspace(1, len(calls), 10).astype(int)):
        path, code = folder / f"{k}.zarr", codes[k % 3]
        with failing(number, code):
            said += refused(lambda path=path: solve(store=path, **sweep), path, os.strerror(code).lower(), "; fix: ")
        solve(store=path, **sweep)
        resumed += contents(path) == whole
    yield Row("writes refused: one sentence", "10 of 10", f"{said} of 10", said == 10)
    yield Row("and then gone on with", "10 of 10", f"{resumed} of 10", resumed == 10)
    yield small_disk(folder / "disk", whole, sweep)


def small_disk(mount, whole, sweep):
    """A disk of 64 kB, full, then read only, then large enough."""
    what, target = "a disk that is full, then read only, then neither", "two sentences, a whole store"
    mount.mkdir()
    do = lambda *command: subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: E731
    if not do("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(mount)):
        return Row(what, target, "no disk can be mounted here", True)
    try:
        path = mount / "x.zarr"
        call = lambda: solve(store=path, **sweep)  # noqa: E731
        full = refused(call, path, "no space left", "bytes are to be written")
        do("mount", "-o", "remount,ro", str(mount))
        closed = refused(call, path, "read-only")
        do("mount", "-o", "remount,rw,size=16m", str(mount))
        call()
        same = contents(path) == whole
    finally:
        do("umount", str(mount))
    got = f"{full + closed} sentences, {'a whole store' if same else 'another store'}"
    return Row(what, target, got, full and closed and same)


def writers(folder, quick):
    """A second process asks for the store of one that runs."""
    instants, times = random.Random(3), 3 if quick else 20
    solve(store=folder / "whole.zarr", shape=(48, 16))
    whole, no, same = contents(folder / "whole.zarr"), 0, 0
    job = {"each": True, "sweep": {"shape": (48, 16)}}
    with spawn(job, folder / "cache") as other:
        for k in range(times):
            path = folder / f"{k}.zarr"
            other.stdin.write(f"{path}\n")
            other.stdin.flush()
            other.stdout.readline()
            time.sleep(instants.uniform(0, 0.2))
            no += refused(lambda path=path: solve(store=path, shape=(48, 16)), path, "another process writes")
            other.stdout.readline()
            same += contents(path) == whole
        other.stdin.close()
    yield Row("two runs on one store: the second refused", f"{times} of {times}", f"{no} of {times}", no == times)
    yield Row("and nothing lost", f"{times} of {times}", f"{same} of {times}", same == times)


def plans(folder, quick):
    """Ten changes of a plan."""
    import jaxqb as qb
    from jaxqb.sweeps import dataset, run

    path, battery = folder / "x.zarr", qb.SpinCharger(2, 2)
    axes = {"coupling": [1.0, 2.0, 3.0], "charger_frequency": [1.0, 1.1]}
    figures = lambda battery: {"sum": battery.coupling + battery.charger_frequency}  # noqa: E731
    other = lambda battery: {"sum": battery.coupling - battery.charger_frequency}  # noqa: E731
    same = {"figures": figures, "battery": battery, "axes": axes, "store": path, "chunk": 2, "progress": False}
    qb.sweep(**same)
    before = contents(path)
    changes = {
        "battery.anisotropy: 0.0 there, 0.5 here": {"battery": battery.replace(anisotropy=0.5)},
        "battery.type: SpinCharger there, CavityCharger here": {
            "battery": qb.CavityCharger(2, 2), "axes": {"coupling": axes["coupling"]}, "figures": lambda b: {"sum": b.coupling},
        },
        "axes.coupling.coupling[1]: 2.0 there, 2.5 here": {"axes": axes | {"coupling": [1.0, 2.5, 3.0]}},
        "axes.ising: none there": {"axes": axes | {"ising": [0.0]}},
        "order[0]: coupling there, charger_frequency here": {"axes": dict(reversed(axes.items()))},
        "program of the figures: ": {"figures": other},
        "chunk.coupling: ": {"chunk": 6},
        "mapping.coupling: loop there, vmap here": {"mapping": "vmap"},
    }  # fmt: skip
    named = sum(refused(lambda change=change: qb.sweep(**same | change), path, line) for line, change in changes.items())
    versions, provenance = dataset.versions, run.provenance
    dataset.versions = lambda: versions() | {"jaxqb": "9.9"}
    named += refused(lambda: qb.sweep(**same), path, "jaxqb: ", " there, 9.9 here")
    dataset.versions = versions
    run.provenance = lambda *args: provenance(*args) | {"device_kind": "H100"}
    named += refused(lambda: qb.sweep(**same), path, "device_kind: ", " there, H100 here")
    run.provenance = provenance
    total, kept = len(changes) + 2, contents(path) == before
    yield Row("changed plans refused, with what changed", f"{total} of {total}", f"{named} of {total}", named == total and kept)


def unsolvable(folder, quick):
    """One size in a hundred is too small for its start."""
    import jaxqb as qb

    count, differ, bad = 200 if quick else 2000, 0, 0
    battery, sizes = qb.SpinCharger(4, 12, charger_excitations=4), np.resize([5.0, 7.0, 9.0, 12.0], count)
    for mapping, places in {"loop": slice(50, None, 100), "lanes": slice(count // 100)}.items():
        # in lanes points of equal work go together, which ones decides on last bits, and so order must be the same
        sizes = np.sort(sizes) if mapping == "lanes" else sizes
        small = sizes.copy()
        small[places] = 3
        options = {"mapping": mapping, "chunk": 64, "progress": False}
        good = qb.sweep("first_peak", battery, {"n_charger": sizes}, **options)
        some = qb.sweep("first_peak", battery, {"n_charger": small}, store=folder / f"{mapping}.zarr", **options)
        here = some.status.values == 0
        bad = int((~here).sum())
        for name in ("first_peak", "first_peak_time"):
            differ += int((good[name].values[here].view("u8") != some[name].values[here].view("u8")).sum())
    yield Row(f"{bad} of {count} points unsolvable: others that differ", "0", str(differ), differ == 0 and bad == count // 100)


def bits(folder, quick):
    """The same numbers from chunks of 1, 8 and 64, from two Dask workers, and from two devices."""
    shape, found = (16, 8), {}
    found["in memory"] = solve(shape=shape)
    for chunk in (1, 8, 64):
        found[f"chunk {chunk}"] = solve(shape=shape, chunk=chunk, store=folder / f"{chunk}.zarr")
    with cluster() as client:
        found["2 Dask workers"] = solve(shape=shape, store=folder / "dask.zarr", client=client)
    env = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    finished(spawn({"store": str(folder / "devices.zarr"), "sweep": {"shape": shape}}, folder / "cache", env=env))
    found["2 devices"] = solve(shape=shape, store=folder / "devices.zarr")
    whole = found.pop("in memory")
    differ = [
        label for label, ds in found.items() if any(ds[name].values.tobytes() != whole[name].values.tobytes() for name in whole)
    ]
    yield Row(f"{', '.join(found)}: that differ from memory", "0", ", ".join(differ) or "0", not differ)


def million(folder, quick):
    """Spin chargers of ten cells to a store, each number of points in a process of its own."""
    side, few = (160, 104) if quick else (1000, 100)
    found = {}
    for width in (few, side):
        job = {"store": str(folder / f"{width}.zarr"), "sweep": {"case": "tens", "shape": (side, width), "chunk": None}}
        found[side * width] = finished(spawn(job, folder / f"cache-{width}"))
    small, large = found
    seconds, memory = found[large]["seconds"], found[large]["MB"] / 1024
    ratio = found[large]["run"] / found[small]["run"] / (large / small)
    whole = not quick
    yield Row(f"{large} points to a store: seconds", "<= 60", f"{seconds:.1f}", not whole or seconds <= 60, {"all": found})
    yield Row("resident memory, GiB", "< 1.5", f"{memory:.2f}", memory < 1.5)
    yield Row(f"time of a point, {large} over {small}", "1", f"{ratio:.2f}", not whole or 0.5 < ratio < 1.5)


def overhead(folder, quick):
    """A store beside memory, in turn."""
    shape, rounds = ((400, 20), 4) if quick else ((3000, 50), 5)
    chunk = shape[0] * shape[1] // (4 if quick else 8)
    solve("tens", shape, chunk)
    solve("tens", shape, chunk, store=folder / "first.zarr")
    ratios, parts = [], []
    for k in range(rounds):
        memory = clocked(lambda: solve("tens", shape, chunk))[1]
        disk = clocked(lambda k=k: solve("tens", shape, chunk, store=folder / f"{k}.zarr"))[1]
        ratios.append(disk / memory)
        parts.append(memory * min(cores(), 2) / (4 if quick else 8))
    more, part = median(ratios) - 1, median(parts)
    what = f"time of a store over memory, chunks of {part:.2f} s"
    yield Row(what, "<= 15 % (chunks of >= 1 s)", f"{100 * more:.1f} %", quick or more <= 0.15, {"ratios": ratios})


def inputs(folder, quick):
    """Malformed studies and commands, those of the tests, in one process."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--durations=0", "-vv", "tests/unit/test_malformed.py"]
    said = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False).stdout
    calls = re.findall(r"([\d.]+)s call +\S*test_one_sentence\[(.*)\]", said)
    slowest = sorted((float(seconds) for seconds, _ in calls), reverse=True)[1]  # but for the first, which imports jax
    refused = len(re.findall(r"test_one_sentence\[.*\] PASSED", said))
    total = len(re.findall(r"test_one_sentence\[.*\] (?:PASSED|FAILED)", said))
    yield Row("malformed inputs, in 12 classes: one sentence", "60 of 60", f"{refused} of {total}", refused == total == 60)
    yield Row("the slowest, seconds", "< 1", f"{slowest:.2f}", slowest < 1)


PARTS = {
    "inputs": inputs, "kills": kills, "cluster": clustered, "damage": damage, "disks": disks, "writers": writers, "plans": plans,
    "unsolvable": unsolvable, "bits": bits, "million": million, "overhead": overhead,
}  # fmt: skip


def table(rows):
    """The rows as text."""
    cells = [("what", "target", "got", "")] + [(row.what, row.target, row.got, "" if row.met else "MISSED") for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.endurance", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="|".join(PARTS), help="default: all of them")
    parser.add_argument("--json", metavar="FILE", help="write the rows here")
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return child(json.loads(options.child))
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"parts must be among {list(PARTS)}, but got {sorted(unknown)}")
    from .__main__ import set_up

    set_up()
    rows = []
    for name in options.parts or PARTS:
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="endurance-") as folder:
            some = list(PARTS[name](Path(folder), options.quick))
        rows += some
        print(f"{table(some)}\n{name}: {time.perf_counter() - begun:.0f} s\n", flush=True)
    print(f"load {os.getloadavg()[0]:.1f}, {cores()} of {os.cpu_count()} cores")
    if options.json:
        write(rows, options.json)
    return sum(not row.met for row in rows)


if __name__ == "__main__":
    sys.exit(min(main() or 0, 1))
