"""One compiled program for every block of a sweep, and for every later sweep of the same structure."""

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.extend.core import subjaxprs
from jax.sharding import Mesh, PartitionSpec

from ..compiled import options
from ..errors import SweepError, fail
from ..fields import settled
from ..figures import Charging
from ..methods import AbstractMethod, select_method
from .dataset import preload
from .plan import CPU_BLOCK, fit, halved, nest, shard_axis
from .record import digest

FEW = 32  # points
# of jax, on which programs depend beside their inputs
FLAGS = (
    "jax_enable_x64",
    "jax_default_matmul_precision",
    "jax_default_prng_impl",
    "jax_threefry_partitionable",
    "jax_numpy_dtype_promotion",
)
ABOUT = 4  # chunks, into which a small sweep is cut on two cores
# primitives of jax that call LAPACK
FACTORISATIONS = set(
    "cholesky eig eigh hessenberg householder_product lu qr schur svd triangular_solve tridiagonal tridiagonal_solve".split()
)


@dataclasses.dataclass(frozen=True)
class Job:
    """All that a program depends on: shapes and structure, never values.

    Attributes:
        static: what of battery and figures is no array (with the structure of both).
        leaves: shape, dtype and weakness of their arrays.
        fields: names of the fields of each axis, outermost axis first.
        shape: points of a block along each axis.
        kinds: how each axis is mapped.
        dtype: type of the swept values.
        devices: where it runs.
        points: of all blocks together, which decide how it is compiled.
        flags: of jax.
    """

    static: Any
    leaves: tuple
    fields: tuple[tuple[str, ...], ...]
    shape: tuple[int, ...]
    kinds: tuple[str, ...]
    dtype: Any
    devices: tuple[Any, ...]
    points: int
    flags: tuple = dataclasses.field(default_factory=lambda: tuple(getattr(jax.config, name) for name in FLAGS))

    def dealt(self, size: tuple[int, ...]) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """Of so many points along each axis: their places in a block, and how many of them every device has, equal shares."""
        many, found = len(self.devices), []
        lead = shard_axis(self.shape, many)
        for k, (n, room) in enumerate(zip(size, self.shape, strict=True)):
            shares = many if k == lead else 1
            share, place = math.ceil(n / shares), np.arange(n)
            counts = np.clip(n - share * np.arange(shares), 0, share).astype(np.int32)
            found.append((place // share * (room // shares) + place % share, counts))
        return tuple(found)

    def halved(self) -> "Job":
        """The same for half a block."""
        return dataclasses.replace(self, shape=fit(halved(self.shape), self.kinds, len(self.devices)))


@dataclasses.dataclass(frozen=True)
class Program:
    """A compiled block.

    Attributes:
        run: takes the arrays of battery and figures, and the values of each axis; returns arrays by name.
        out: shapes and dtypes of these.
        temporaries: bytes of working memory on each device.
        alone: two blocks must not run at a time.
        digest: of its text, before it was compiled: equal programs compute the same.
    """

    run: Callable
    out: dict[str, Any]
    temporaries: int
    alone: bool
    digest: str


def split(battery: Any, figures: Any) -> tuple[list[Any], Any, tuple]:
    """Battery and figures as arrays, hashable structure, and descriptions of the arrays."""
    leaves, structure = jax.tree.flatten((battery, figures))
    dynamic = [leaf if isinstance(leaf, (jax.Array, np.ndarray, np.generic)) else None for leaf in leaves]
    constant = tuple(None if arr is not None else leaf for arr, leaf in zip(dynamic, leaves, strict=True))
    arrays = [leaf for leaf in dynamic if leaf is not None]
    where = tuple(leaf is not None for leaf in dynamic)
    # what was built in double precision may be solved in single precision: it is that of the program which counts
    known = [jax.dtypes.canonicalize_dtype(a.dtype) for a in arrays]
    about = tuple((np.shape(a), dtype, getattr(a, "weak_type", False)) for a, dtype in zip(arrays, known, strict=True))
    static = (structure, constant, where)
    try:
        hash(static)
    except TypeError:
        fail(
            SweepError,
            "figures",
            "be hashable, to be compiled once",
            "they are not",
            "pass a function or an eqx.Module",
        )
    return arrays, static, about


def merge(static: Any, arrays: list[Any]) -> tuple[Any, Any]:
    """The inverse of `split`."""
    structure, constant, where = static
    remaining = iter(arrays)
    leaves = [next(remaining) if is_array else leaf for is_array, leaf in zip(where, constant, strict=True)]
    return jax.tree.unflatten(structure, leaves)


def block(job: Job) -> Callable:
    """The function of one block."""

    def run(arrays: list[Any], grids: tuple, counts: tuple) -> dict[str, Any]:
        counts = tuple(count[0] for count in counts)
        battery, figures = merge(job.static, arrays)
        names = [name for fields in job.fields for name in fields]

        def point(*values: Any) -> dict[str, Any]:
            flat = [value for group in values for value in group]
            here = battery.put(**dict(zip(names, flat, strict=True)))
            with settled(here):
                return figures(here)

        return nest(point, grids, job.kinds, counts)

    if len(job.devices) == 1:
        return run
    # never `jit` over sharded arguments: that puts collectives into every loop, and all devices in lockstep
    lead = shard_axis(job.shape, len(job.devices))
    parts = tuple(PartitionSpec("points") if k == lead else PartitionSpec() for k in range(len(job.shape)))
    out = PartitionSpec(*(None,) * lead, "points")
    mesh = Mesh(np.array(job.devices), ("points",))
    return jax.shard_map(run, mesh=mesh, in_specs=(PartitionSpec(), parts, parts), out_specs=out, check_vma=False)


@functools.lru_cache(maxsize=32)
def build(job: Job) -> Program:
    """Trace and compile; remembered, so that a second sweep of this structure compiles nothing."""
    arrays = [jax.ShapeDtypeStruct(shape, dtype, weak_type=weak) for shape, dtype, weak in job.leaves]
    column = lambda n: jax.ShapeDtypeStruct((n,), job.dtype)  # noqa: E731
    grids = tuple(tuple(column(n) for _ in fields) for fields, n in zip(job.fields, job.shape, strict=True))
    traced = jax.jit(block(job)).trace(arrays, grids, tuple(counts for _, counts in job.dealt(job.shape)))
    lowered, out = traced.lower(), traced.out_info
    _check_names(job, out)
    battery = merge(job.static, arrays)[0]
    points = min(math.ceil(job.points / ABOUT), CPU_BLOCK)  # never of what only this machine has: options decide on last bits
    # loops over batteries with memory do much for each point, and have much in common
    state = math.inf if battery.memory and points >= FEW else battery.amplitudes()
    preload()
    # one point at a time, arrays are as small as a state
    numbers, times = (state, points) if set(job.kinds) == {"loop"} else (state * points, 1)
    compiled = lowered.compile(options(numbers, times, shared=battery.memory))
    memory = compiled.memory_analysis()
    temporaries = 0 if memory is None else int(memory.temp_size_in_bytes)
    return Program(compiled, out, temporaries, _factorises_many(traced.jaxpr.jaxpr), digest(lowered.as_text()))


def _factorises_many(jaxpr: Any) -> bool:
    """Whether a program factorises several matrices at once: as many such programs as cores may wait for ever.

    Seen with jaxlib 0.10.2 on two cores; a single one was never seen to hang, nor were programs without factorisations.
    """
    many = any(step.primitive.name in FACTORISATIONS and step.invars[0].aval.ndim > 2 for step in jaxpr.eqns)
    return many or any(map(_factorises_many, subjaxprs(jaxpr)))


def _check_names(job: Job, out: dict[str, Any]) -> None:
    for name in out:
        if any(name in fields for fields in job.fields):
            fail(SweepError, "figures", "have names of their own", f"{name!r} is an axis", "rename that figure")


@functools.lru_cache(maxsize=128)
def method_of(static: Any, leaves: tuple) -> AbstractMethod | None:
    """The method that `charge` solves by, if that is what the figures ask; None: the figures decide."""
    asked: list[AbstractMethod] = []

    def look(arrays: list[Any]) -> None:
        battery, figures = merge(static, arrays)
        for item in jax.tree.leaves(figures, is_leaf=_charging):
            if _charging(item):
                asked.append(item.method or select_method(battery.law()))

    jax.eval_shape(look, [jax.ShapeDtypeStruct(shape, dtype) for shape, dtype, _ in leaves])
    return asked[0] if asked else None


def _charging(figures: Any) -> bool:
    return isinstance(figures, Charging)
