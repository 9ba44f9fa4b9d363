"""What large sweeps take, and what a store adds."""

from statistics import median

from ..timing import clocked, cores
from .processes import finished, spawn
from .rows import Row
from .sweeps import solve


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
