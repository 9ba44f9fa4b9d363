"""The measuring core: who is measured, how often, against whom, and what is written down.

Two tools are compared by alternating them in one process (peer, ours, peer, ours, ...): each
round gives a ratio under the same load, and the median of the ratios is the result.  The first
call (trace, compile, run) is kept apart.  CPU seconds stand beside wall seconds, the error
against a third reference beside every time.
"""

import json
import math
import os
import resource
import sys
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from .reference import error

ACCURACY = 1e-6  # a configuration with a larger error does not compete, unless a workload says what counts
PATIENCE = 20.0  # seconds for the rounds of a configuration,
LEAST = 3  # but so many rounds
GLANCE = 3.0  # seconds for further calls while configurations are tried
BEGUN = time.perf_counter()


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
    partner: str = ""  # our configuration, beside which it was measured
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


def affordable(calls, seconds, patience=PATIENCE):
    """How many of the calls one has the patience for."""
    return min(calls, int(patience / seconds))


def say(text):
    """What is measured now."""
    print(f"{time.perf_counter() - BEGUN:6.0f} s  {text}", file=sys.stderr, flush=True)


def measure_first(name, work, contender):
    """Prepare a contender, call it once, and up to five times more; a `Row` without rounds."""
    contender.prepare()
    figures, first, cpu = clocked(contender.run)
    compiled = "jax" in contender.packages and first < PATIENCE
    calls = [clocked(contender.run)[1:]] if compiled else [(first, cpu)]
    calls += [clocked(contender.run)[1:] for _ in range(affordable(4, calls[0][0], GLANCE))]
    again, cpu = min(calls)
    off = error(figures, work)
    smooth = error(figures, work, work.smooth) if hasattr(work, "smooth") else None
    return Row(
        name, contender.tool, contender.label, work.sizes, str(figures.dtype),
        first_s=first, run_s=again, cpu_s=cpu, error=off, smooth_error=smooth, versions=contender.versions(),
    )  # fmt: skip


def attempt(name, work, ways, trial):
    """Configurations that run, with their rows, until `trial` seconds are over; and a row that says what became of all."""
    found, began = [], time.perf_counter()
    summary, failures, untried = Row(name, ways[0].tool, "", work.sizes), [], []
    for contender in ways:
        if found and time.perf_counter() - began > trial:
            untried.append(contender.label)
            continue
        say(f"{name} {contender.tool}: {contender.label}")
        try:
            row = measure_first(name, work, contender)
        except ImportError as missing:
            failures.append(f"missing: {missing}")
        except Exception as broken:  # a benchmark goes on and says what failed
            failures.append(f"{contender.label}: {type(broken).__name__}: {broken}")
        else:
            summary.tried[row.label] = [row.first_s, row.run_s, row.error]
            found.append((contender, row))
    late = [f"not tried after {trial:.0f} s: {', '.join(untried)}"] if untried else []
    summary.note = "; ".join([*dict.fromkeys(failures), *late])
    return found, summary


def fastest(found, accuracy):
    """Of those that are accurate enough; None if none is."""
    exact = [pair for pair in found if pair[1].error <= accuracy]
    return min(exact, key=lambda pair: pair[1].run_s, default=None)


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


def compare(name, work, tools, ours, rounds=5, trial=math.inf):
    """Rows of our tool and of every peer, measured pairwise; ours come first.

    Of each tool its fastest configuration counts that is accurate enough; of ours the fastest that is as accurate as the peer's
    (or the most accurate one).
    """
    limit = getattr(work, "accuracy", ACCURACY)
    own, summary = attempt(name, work, ours, math.inf)
    rows, turns = [], {}
    for ways in tools.values():
        found, row = attempt(name, work, ways, trial)
        best = fastest(found, limit)
        if best is None:
            row.note = "; ".join(filter(None, [row.note, *(f"{way}: error {off:.0e}" for way, (*_, off) in row.tried.items())]))
        else:
            (peer, measured), tried, note = best, row.tried, row.note
            row = replace(measured, tried=tried, note=note, rounds=max(min(rounds, LEAST), affordable(rounds, measured.run_s)))
            partner, ours_row = fastest(own, row.error) or min(own, key=lambda pair: pair[1].error, default=(None, None))
            say(f"{name} {row.tool}: {row.rounds} rounds of {row.label} beside {ours_row.label if ours_row else 'nothing'}")
            walls, cpus = alternate(peer, partner, row.rounds)
            row.run_s, row.cpu_s = median(w for w, _ in walls), median(c for c, _ in cpus)
            if partner:
                row.partner = partner.label
                row.ratios = [w / o for w, o in walls]
                row.cpu_ratios = [c / o for c, o in cpus if o]
                mine = turns.setdefault(partner.label, (ours_row, [], []))
                mine[1].extend(o for _, o in walls)
                mine[2].extend(o for _, o in cpus)
        rows.append(row)
    for row, walls, cpus in turns.values():
        row.run_s, row.cpu_s, row.rounds = median(walls), median(cpus), len(walls)
    our_rows = [row for row, *_ in turns.values()] or [pair[1] for pair in [fastest(own, limit)] if pair] or [summary]
    for row in our_rows:
        row.tried, row.note = summary.tried, summary.note
    for row in (row for row in [*our_rows, *rows] if row.label):
        row.tried[row.label][1] = row.run_s
    return [*our_rows, *rows]


def peak_memory(reset=False):
    """Peak resident memory of this process in MB; with ``reset`` the peak starts anew (Linux)."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
