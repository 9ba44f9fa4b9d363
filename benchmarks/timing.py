"""The measuring core: who is measured, how often, against whom, and what is written down.

Two tools are compared by alternating them in one process (peer, ours, peer, ours, ...): each
round gives a ratio under the same load, and the median of the ratios is the result.  The first
call (trace, compile, run) is kept apart.  CPU seconds stand beside wall seconds, the error
against a third reference beside every time.
"""

import json
import os
import resource
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from .reference import error

ACCURACY = 1e-6  # a configuration with a larger error does not compete, unless a workload says what counts
PATIENCE = 20.0  # seconds for further calls of a configuration,
LEAST = 3  # but so many rounds


@dataclass
class Row:
    """One tool on one workload.  Times in seconds, memory in MB."""

    workload: str
    tool: str
    label: str  # the configuration that won
    sizes: dict
    dtype: str = "float64"
    device: str = "cpu"
    cores: int | None = field(default_factory=lambda: cores())  # that the process may use
    first_s: float | None = None  # first call: trace, compile, run
    run_s: float | None = None  # median wall time of a later call
    cpu_s: float | None = None  # median CPU time of a later call, all threads
    error: float | None = None
    smooth_error: float | None = None  # at times at which the figures are smooth, where there are others
    memory: float | None = None  # rise of the peak resident memory over the first call, fresh process
    versions: dict = field(default_factory=dict)
    date: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    rounds: int = 0
    ratios: list[float] = field(default_factory=list)  # this tool over ours, by round
    cpu_ratios: list[float] = field(default_factory=list)
    tried: dict = field(default_factory=dict)  # label -> [first_s, run_s, error]
    note: str = ""  # why there is no number

    @property
    def ratio(self):
        """Median over the rounds of this tool's time over ours."""
        return median(self.ratios) if self.ratios else None

    @property
    def cpu_ratio(self):
        """The same of CPU seconds."""
        return median(self.cpu_ratios) if self.cpu_ratios else None


def cores():
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def write(rows, path):
    """Rows to a JSON file."""
    Path(path).write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


def read(path):
    """Rows from a JSON file."""
    return [Row(**row) for row in json.loads(Path(path).read_text())]


def clocked(run):
    """The result of a call, its wall seconds and its CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def affordable(calls, seconds):
    """How many of the calls one has the patience for."""
    return min(calls, int(PATIENCE / seconds))


def measure_first(name, work, contender, device):
    """Prepare a contender, call it once, and up to five times more; a `Row` without rounds."""
    contender.prepare()
    figures, first, _ = clocked(contender.run)
    calls = [clocked(contender.run)[1:]]
    calls += [clocked(contender.run)[1:] for _ in range(affordable(4, calls[0][0]))]
    again, cpu = min(calls)
    off = error(figures, work)
    smooth = error(figures, work, work.smooth) if hasattr(work, "smooth") else None
    return Row(
        name, contender.tool, contender.label, work.sizes, str(figures.dtype), device, cores(),
        first, again, cpu, off, smooth, versions=contender.versions(),
        tried={contender.label: [first, again, off]},
    )  # fmt: skip


def best_of(name, work, ways, device="cpu"):
    """The fastest configuration that is accurate enough, with its row; all are listed in it.

    A tool that cannot run gives ``(None, row)``, the row saying why.
    """
    tried, found, failures = {}, [], []
    for contender in ways:
        try:
            row = measure_first(name, work, contender, device)
        except ImportError as missing:
            failures.append(f"missing: {missing}")
        except Exception as broken:  # a benchmark goes on and says what failed
            failures.append(f"{contender.label}: {type(broken).__name__}: {broken}")
        else:
            tried |= row.tried
            found.append((contender, row))
    exact = [pair for pair in found if pair[1].error <= getattr(work, "accuracy", ACCURACY)]
    if not exact:
        worst = [f"{label}: error {off:.0e}" for label, (_, _, off) in tried.items()]
        note = "; ".join(dict.fromkeys(failures + worst))
        return None, Row(name, ways[0].tool, "", work.sizes, device=device, note=note)
    contender, row = min(exact, key=lambda pair: pair[1].run_s)
    row.tried, row.note = tried, "; ".join(dict.fromkeys(failures))
    return contender, row


def alternate(peer, ours, rounds):
    """``rounds`` pairs of calls; wall and CPU seconds of each: ``[(peer, ours), ...]`` twice.

    Without ``ours`` the peer is measured alone and its partner's times are None.
    """
    if ours:
        ours.run()  # a peer that set an option of jax made all programs compile again
    walls, cpus = [], []
    for _ in range(rounds):
        _, wall, cpu = clocked(peer.run)
        _, our_wall, our_cpu = clocked(ours.run) if ours else (None, None, None)
        walls.append((wall, our_wall))
        cpus.append((cpu, our_cpu))
    return walls, cpus


def compare(name, work, tools, ours, rounds=5, device="cpu"):
    """Rows of our tool and of every peer, measured pairwise; ours comes first."""
    our_way, our_row = best_of(name, work, ours, device)
    rows, our_walls, our_cpus = [our_row], [], []
    for ways in tools.values():
        # a device is for ours; the peer's own arrays follow jax's default device
        peer, row = best_of(name, work, ways, device if ways[0].tool.startswith("dynamiqs") else "cpu")
        rows.append(row)
        if peer is None:
            continue
        row.rounds = max(min(rounds, LEAST), affordable(rounds, row.run_s))
        walls, cpus = alternate(peer, our_way, row.rounds)
        row.run_s, row.cpu_s = median(w for w, _ in walls), median(c for c, _ in cpus)
        if our_way:
            row.ratios = [w / o for w, o in walls]
            row.cpu_ratios = [c / o for c, o in cpus if o]
            our_walls += [o for _, o in walls]
            our_cpus += [o for _, o in cpus]
    if our_walls:
        our_row.run_s, our_row.cpu_s = median(our_walls), median(our_cpus)
        our_row.rounds = len(our_walls)
    return rows


def peak_memory(reset=False):
    """Peak resident memory of this process in MB; with ``reset`` the peak starts anew (Linux)."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
