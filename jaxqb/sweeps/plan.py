"""In which order, by which maps and in which blocks and chunks a grid is evaluated.

Under nested loops XLA moves work out of the inner ones that does not depend on them, so axes that an expensive piece
depends on (`slow` fields) go outermost, and of the others the longest goes innermost. Three ways to map an axis:

* ``"loop"``: one point after the other (`lax.map`). Least memory, quickest to compile; other cores take other blocks.
* ``"lanes"``: at most 40 points at a time. On a CPU this halves the time of small batteries and takes a second more to compile.
* ``"vmap"``: all points at once, which is what fills a GPU. An iteration lasts as long as its slowest point.

A *block* is what one call of the compiled program goes through at most, a *chunk* what is published at once.
"""

import itertools
import math
import os
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ..errors import SweepError, fail, shown
from .axes import Axis

KINDS = ("loop", "lanes", "vmap")
LANES = 40
MANY = 16_384  # points from which on lanes repay their longer compilation
SOME = 256  # the same for batteries with memory
CACHE = 4 * 2**20  # bytes of temporaries that lanes may take: what a core's own cache holds
CPU_BLOCK, ACCELERATOR_BLOCK = 4096, 65_536  # points of a block at most
LEAST = 8  # points that repay the dispatch of a chunk
SHARE = 2  # chunks a worker should get, so that all end about together
PACE = 5.0  # seconds that a chunk of a store should take: what is lost when a process dies
CHUNK, CHUNK_BYTES = 65_536, 32 * 2**20  # points and bytes of such a chunk at most


def order_of(axes: tuple[Axis, ...]) -> tuple[int, ...]:
    """Positions of the axes, outermost first."""
    return tuple(sorted(range(len(axes)), key=lambda k: (not axes[k].slow, axes[k].size)))


def check_mapping(mapping: Any, axes: tuple[Axis, ...]) -> tuple[str, ...] | None:
    """One kind an axis, in the order given."""
    if mapping is None:
        return None
    kinds = (mapping,) * len(axes) if isinstance(mapping, str) else mapping
    names = ", ".join(map(repr, KINDS))
    if not isinstance(kinds, (tuple, list)) or any(kind not in KINDS for kind in kinds):
        fail(SweepError, "mapping", f"be one of {names}, or a tuple of them", f"it is {shown(mapping)}", "use mapping='loop'")
    if len(kinds) != len(axes):
        but = f"there are {len(kinds)} for {len(axes)}"
        fail(SweepError, "mapping", "have one entry for each axis", but, "give one word for all axes")
    return tuple(kinds)


def check_chunk(chunk: Any) -> int | None:
    """Points of a chunk."""
    if chunk is None:
        return None
    if isinstance(chunk, bool) or not hasattr(chunk, "__index__") or chunk < 1:
        fail(SweepError, "chunk", "be a number of points of at least 1", f"it is {shown(chunk)}", "use e.g. chunk=1000")
    return int(chunk)


def default_mapping(axes: int, platform: str, lanes: bool) -> tuple[str, ...]:
    """All at once on an accelerator; on a CPU one after the other, or the innermost in lanes."""
    if platform != "cpu":
        return ("vmap",) * axes
    return ("loop",) * (axes - 1) + ("lanes" if lanes else "loop",)


def workers(devices: tuple[Any, ...]) -> int:
    """Blocks in flight: one for each core this process may use; accelerators and meshes are filled by one block."""
    if devices[0].platform != "cpu" or len(devices) > 1:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def chunk_points(points: int, devices: tuple[Any, ...], crew: int) -> int:
    """Points of a chunk: some chunks for every worker, and enough for progress to be seen and memory to be bounded."""
    most = len(devices) * (CPU_BLOCK if devices[0].platform == "cpu" else ACCELERATOR_BLOCK)
    return min(most, max(math.ceil(points / (SHARE * crew)), LEAST)) if crew > 1 else most


def stored_points(points: int, seconds: float, size: int, crew: int) -> int:
    """Points of a chunk of a store, of which one takes so many seconds and bytes."""
    most = min(CHUNK, CHUNK_BYTES // max(size, 1), PACE / seconds)
    return max(min(2 ** int(math.log2(max(most, 1))), math.ceil(points / (SHARE * crew))), 1)


def block_shape(lengths: tuple[int, ...], kinds: tuple[str, ...], count: int, devices: int = 1) -> tuple[int, ...]:
    """Lengths of a block, or chunk, if there are to be about `count`: the outermost axis that divides well is divided."""
    shape = list(lengths)
    while count > 1 and max(shape) > 1:
        k = next((k for k, n in enumerate(shape) if n >= count and _waste(n, count) < 1.2), shape.index(max(shape)))
        parts = min(count, shape[k])
        shape[k] = math.ceil(shape[k] / parts)
        count = math.ceil(count / parts)
    return fit(tuple(shape), kinds, devices)


def _waste(length: int, parts: int) -> float:
    """Padded over needed points."""
    part = math.ceil(length / parts)
    return part * math.ceil(length / part) / length


def fit(shape: tuple[int, ...], kinds: tuple[str, ...], devices: int) -> tuple[int, ...]:
    """A block enlarged to whole shares of devices, or to whole batches of lanes."""
    if devices > 1:
        k = shard_axis(shape, devices)
        return *shape[:k], devices * math.ceil(shape[k] / devices), *shape[k + 1 :]
    if kinds[-1] == "lanes":
        lanes = batch(shape[-1])
        return *shape[:-1], lanes * math.ceil(shape[-1] / lanes)
    return shape


def shard_axis(shape: tuple[int, ...], devices: int) -> int:
    """The axis that is dealt out to devices: the one that needs least padding."""
    return min(range(len(shape)), key=lambda k: math.ceil(shape[k] / devices) * devices / shape[k])


def batch(length: int) -> int:
    """Lanes at a time, about equal, at most `LANES`."""
    return math.ceil(length / math.ceil(length / LANES))


def halved(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The block with its longest axis halved."""
    longest = shape.index(max(shape))
    return tuple(math.ceil(n / 2) if k == longest else n for k, n in enumerate(shape))


def tiles(low: tuple[int, ...], high: tuple[int, ...], shape: tuple[int, ...]) -> Iterator[tuple]:
    """Corners (low, high) of the blocks of a rectangle."""
    for corner in itertools.product(*map(range, low, high, shape)):
        yield corner, tuple(min(c + n, h) for c, n, h in zip(corner, shape, high, strict=True))


def nest(point: Callable, grids: tuple, kinds: tuple[str, ...], counts: tuple) -> Any:
    """`point` of every combination of the first `counts` values of the grids, the first outermost; zeros beyond them.

    How many values there are is data, so that blocks of all sizes are one program, and a point is the same to the last bit in
    each. ("vmap" goes through all of them.)
    """

    def level(depth: int, chosen: tuple) -> Any:
        if depth == len(grids):
            return point(*chosen)
        inner = lambda values: level(depth + 1, (*chosen, values))  # noqa: E731
        if kinds[depth] == "vmap":
            return jax.vmap(inner)(grids[depth])
        if kinds[depth] == "loop":
            return _loop(inner, grids[depth], counts[depth])
        length = len(grids[depth][0])
        lanes = batch(length)
        batches = tuple(column.reshape(-1, lanes) for column in grids[depth])
        out = _loop(jax.vmap(inner), batches, -(-counts[depth] // lanes))
        return jax.tree.map(lambda x: x.reshape(length, *x.shape[2:]), out)

    return level(0, ())


def _loop(function: Callable, xs: tuple, count: Any) -> Any:
    """`lax.map` over the first `count` entries."""
    shapes = jax.eval_shape(function, tuple(x[0] for x in xs))
    begin = jax.tree.map(lambda s: jnp.zeros((len(xs[0]), *s.shape), s.dtype), shapes)

    def one(i: Any, out: Any) -> Any:
        found = function(tuple(x[i] for x in xs))
        return jax.tree.map(lambda whole, part: whole.at[i].set(part), out, found)

    return lax.fori_loop(0, count, one, begin)
