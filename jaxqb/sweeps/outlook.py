"""What a sweep is going to take, said before it runs."""

import dataclasses
import math
import time
from typing import Any

from .blocks import Solver
from .plan import batch
from .program import build

PLACES = 0.5, 0.0, 1.0, 0.25, 0.75  # along the diagonal of the grid
PATIENCE = 2.0  # seconds after which no more places are tried
ENOUGH = 0.05  # seconds at each, if there are so many points


@dataclasses.dataclass(frozen=True)
class Outlook:
    """What a sweep is going to take; times are those of a few points, times their number.

    Attributes:
        points: of the grid.
        done: chunks that a store has already.
        chunk: points of a chunk along each axis, by its name.
        chunks: how many of these.
        chunk_bytes: what one holds.
        output_bytes: what all of them hold.
        memory_bytes: what the process needs besides: working memory, and chunks in flight.
        seconds_compile: what it took to compile.
        seconds_run: estimate for what is left.
        at_a_time: chunks that are solved at a time.
        device: where it runs.
        mapping: how each axis is mapped, by its name.
    """

    points: int
    done: int
    chunk: dict[str, int]
    chunks: int
    chunk_bytes: int
    output_bytes: int
    memory_bytes: int
    seconds_compile: float
    seconds_run: float
    at_a_time: int
    device: str
    mapping: dict[str, str]

    def row(self) -> dict[str, Any]:
        """All of it, as it is printed for programs."""
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        shape = " x ".join(map(str, self.chunk.values()))
        there = f", of which {self.done} are in the store" if self.done else ""
        lines = {
            "points": f"{self.points}",
            "chunks": f"{self.chunks} of {shape} points, {amount(self.chunk_bytes)} each{there}",
            "output": amount(self.output_bytes),
            "memory": f"about {amount(self.memory_bytes)} besides what Python and jax take",
            "time": f"{self.seconds_compile:.1f} s to compile, about {span(self.seconds_run)} to run",
            "where": f"{self.device}, {self.at_a_time} chunk{'s' * (self.at_a_time > 1)} at a time",
            "maps": ", ".join(f"{name}: {kind}" for name, kind in self.mapping.items()),
        }
        return "\n".join(f"{key:<7} {value}" for key, value in lines.items())


def amount(count: float | int) -> str:
    """Bytes in words.

    >>> amount(3 * 2**20)
    '3.0 MiB'
    """
    power = min(int(math.log(max(count, 1), 1024)), 4)
    return f"{count / 1024**power:.{min(power, 1)}f} {('bytes', 'KiB', 'MiB', 'GiB', 'TiB')[power]}"


def span(seconds: float | int) -> str:
    """Seconds in words.

    >>> span(5400)
    '1.5 hours'
    """
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size or (size < 86400 and seconds >= 1.5 * size):
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def seconds_a_point(solver: Solver, lengths: tuple[int, ...]) -> float:
    """What a point takes, on the average over a few places of the grid."""
    kinds, shape = solver.job.kinds, solver.job.shape
    size = [{"loop": 1, "lanes": batch(n), "vmap": n}[kind] for kind, n in zip(kinds, shape, strict=True)]
    size = [min(a, b) for a, b in zip(size, lengths, strict=True)]
    solved, taken, seconds, begun = 0, 0.0, 1.0, time.perf_counter()
    for place in PLACES:
        for grow in (False, True):  # one point, and as many as tell its time from that of a call
            if grow and kinds[-1] == "loop":
                size[-1] = max(1, min(lengths[-1], int(size[-1] * ENOUGH / seconds)))
            low = tuple(int(place * (n - own)) for n, own in zip(lengths, size, strict=True))
            start = time.perf_counter()
            solver(low, tuple(a + own for a, own in zip(low, size, strict=True)))
            seconds = time.perf_counter() - start
        solved, taken = solved + math.prod(size), taken + seconds
        if time.perf_counter() - begun > PATIENCE:
            break
    return taken / solved


def bytes_a_point(solver: Solver) -> int:
    """What a point's figures and status take."""
    axes, outputs = len(solver.job.shape), build(solver.job).out.items()
    return sum(1 if name == "status" else math.prod(out.shape[axes:]) * out.dtype.itemsize for name, out in outputs)


def memory(solver: Solver, at_a_time: int, chunk_bytes: int) -> int:
    """Working memory of the programs that run, and the chunks they fill (twice: while they are put together)."""
    program: Any = build(solver.job)
    return at_a_time * (program.temporaries + 2 * chunk_bytes)
