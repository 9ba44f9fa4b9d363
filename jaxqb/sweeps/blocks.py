"""Working through the blocks of a grid: several at a time, smaller ones where memory runs out."""

import dataclasses
import functools
import math
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import jax
import numpy as np

from .plan import CACHE, tiles
from .program import Job, Program, build
from .progress import reporting

HOST_MEMORY = 2.0 * 2**30  # bytes of temporaries a block may take on a CPU
DEVICE_SHARE = 0.5  # of an accelerator's memory


def affordable(job: Job, free: bool) -> Job:
    """The job as its memory estimate allows: lanes that overflow a cache become loops (if `free`), blocks halve."""
    while True:
        need = build(job).temporaries
        if free and "lanes" in job.kinds and need > CACHE:
            job = dataclasses.replace(job, kinds=("loop",) * len(job.kinds))
        elif need > _budget(job.devices[0]) and max(job.shape) > 1:
            job = job.halved()
        else:
            return job


@functools.cache
def _budget(device: Any) -> float:
    """Bytes that a block may take for temporaries."""
    if device.platform == "cpu":
        return HOST_MEMORY
    limit = (device.memory_stats() or {}).get("bytes_limit")
    return DEVICE_SHARE * limit if limit else math.inf


@functools.cache
def _pool(crew: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(crew, thread_name_prefix="jaxqb-sweep")


def evaluate(
    job: Job, arrays: list[Any], grids: tuple, order: tuple[int, ...], crew: int, progress: bool | None
) -> tuple[dict[str, np.ndarray], Job]:
    """Every block of the grid: arrays by name, axes in the order given (status as int8), and the job that did it."""
    lengths = tuple(len(columns[0]) for columns in grids)
    as_given = tuple(order.index(k) for k in range(len(order)))
    results = {}
    for name, out in build(job).out.items():
        shape = (*(lengths[k] for k in as_given), *out.shape[len(order) :])
        results[name] = np.empty(shape, np.int8 if name == "status" else out.dtype)
    pool, ended, pending = _pool(1 if build(job).alone else crew), SimpleQueue(), {}

    def submit(job: Job, low: tuple, high: tuple) -> None:
        program = build(job)
        for tile in tiles(low, high, job.shape):
            future = pool.submit(_solve, program, job, arrays, grids, *tile)
            pending[future] = (job, *tile)
            future.add_done_callback(ended.put)

    submit(job, (0,) * len(lengths), lengths)
    try:
        with reporting(math.prod(lengths), progress) as tell:
            while pending:
                future = ended.get()
                tried, low, high = pending.pop(future)
                try:
                    block = future.result()
                except jax.errors.JaxRuntimeError as error:
                    if "RESOURCE_EXHAUSTED" not in str(error) or max(tried.shape) == 1:
                        raise
                    job = min(job, tried.halved(), key=lambda job: math.prod(job.shape))
                    submit(job, low, high)
                    continue
                inside = tuple(slice(h - a) for a, h in zip(low, high, strict=True))  # the rest repeats the edge
                place = tuple(slice(low[k], high[k]) for k in as_given)
                for name, array in block.items():
                    inner = range(len(order), array.ndim)
                    results[name][place] = array[inside].transpose(*as_given, *inner)
                tell(math.prod(h - a for a, h in zip(low, high, strict=True)))
    finally:
        for future in pending:
            future.cancel()
    return results, job


def _solve(program: Program, job: Job, arrays: list[Any], grids: tuple, low: tuple, high: tuple) -> dict[str, np.ndarray]:
    """One block; beyond the edge of the grid its last values are repeated."""
    parts = tuple(
        tuple(values.take(np.arange(a, a + n), mode="clip") for values in columns)
        for columns, a, n in zip(grids, low, job.shape, strict=True)
    )
    counts = job.counts(tuple(b - a for a, b in zip(low, high, strict=True)))
    return jax.device_get(program.run(arrays, parts, counts))
