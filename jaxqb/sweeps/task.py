"""A sweep that was checked: what it is going to take, and how it is done, in memory or in a store."""

import dataclasses
import json
import math
import os
import socket
import time
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .axes import Axis
from .blocks import Solver
from .crews import Threads, Workers
from .dataset import counted, dataset, label, now, stored
from .grid import Grid
from .outlook import Outlook, bytes_a_point, memory, seconds_a_point
from .plan import stored_points
from .program import build
from .progress import Speaker, reporting
from .record import FORMAT, differences, numbers, values
from .sinks import Disk, Memory, Pieces
from .store import branches, check_empty, check_same, fresh, locked, opened, plan_at, read
from .work import Stop, Stopped, work_through

if TYPE_CHECKING:
    import xarray


@dataclasses.dataclass(frozen=True)
class Task:
    """A sweep that was checked.

    Attributes:
        axes: as they were given.
        order: from the order of evaluation to the one given.
        grid: what is solved.
        devices: where, if there is no client.
        crew: chunks at a time.
        client: of a cluster, or None.
        about: provenance.
        chunked: whether the size of chunks was asked for.
    """

    axes: tuple[Axis, ...]
    order: tuple[int, ...]
    grid: Grid
    devices: tuple[Any, ...]
    crew: int
    client: Any
    about: dict[str, Any]
    chunked: bool

    @cached_property
    def compiled(self) -> tuple[Solver, float]:
        """The program, and the seconds it took to compile."""
        begun = time.perf_counter()
        return self.grid.solver(self.devices if self.client is None else self.devices[:1]), time.perf_counter() - begun

    def in_memory(self, progress: Any) -> "xarray.Dataset":
        """Solve, and keep all in memory."""
        (solver, compiling), begun = self.compiled, time.perf_counter()
        pieces = Pieces(self.grid.lengths, self.grid.chunk_shape(solver.job), self.order)
        sink = Memory(pieces, self._outputs(solver))
        with reporting(self._points, progress, len(sink.todo)) as speaker:
            self._work(sink, solver, speaker, Stop(speaker.say))
        attrs = self._attributes(solver, pieces) | {
            "created": now(),
            "block": self._by_axis(solver.job.shape),
            "seconds_compile": compiling,
            "seconds_run": time.perf_counter() - begun,
        }
        return dataset(self.axes, sink.arrays, self.grid.figures, attrs)

    def on_disk(self, path: Path, branch: bool, progress: Any) -> "xarray.Dataset":
        """Solve what a store lacks.

        Raises:
            StoreError: if it holds another sweep, has another writer, or cannot be written.
            Stopped: after a signal.
        """
        path = self._free(path) if branch else path
        self._same(path)
        with locked(path):
            solver, compiling = self.compiled
            begun, pieces = time.perf_counter(), self._pieces(path, solver)
            plan = self._plan(path, solver, pieces)
            store, damaged = opened(path, plan, lambda: self._files(path, solver, pieces, plan))
            sink = Disk(pieces, store)
            chunks, points = len(sink.todo), sum(math.prod(b - a for a, b in zip(*each, strict=True)) for each in sink.todo)
            run = {
                "begun": now(),
                "host": socket.gethostname(),
                "process": os.getpid(),
                "device": self.about["device"],
                "chunks": chunks,
                "damaged": sink.damaged,
                "damaged_files": damaged,
            }
            with (
                reporting(self._points, progress, chunks, self._points - points) as speaker,
                Stop(speaker.say).listening() as stop,
            ):
                if sink.damaged or damaged:
                    speaker.say(
                        f"damage was found; chunks solved again: {sink.damaged}, other files written again: {len(damaged)}"
                    )
                try:
                    self._work(sink, solver, speaker, stop)
                except Stopped as stopped:
                    stopped.args = (f"{speaker.published} of {chunks} chunks were added to {path}; run the same again to go on",)
                    raise
            seconds = time.perf_counter() - begun
            about = run | {"seconds": seconds, "seconds_compile": compiling}
            store.note(counted(store.arrays["status"][...]), about if chunks or damaged else None)
        return stored(path).assign_attrs(seconds_compile=compiling, seconds_run=seconds)

    def outlook(self, path: Path | None, branch: bool) -> Outlook:
        """What it is going to take."""
        if path is not None:
            path = self._free(path) if branch else path
            self._same(path)
        solver, compiling = self.compiled
        pieces = Pieces(self.grid.lengths, self.grid.chunk_shape(solver.job), self.order)
        pieces = pieces if path is None else self._pieces(path, solver)
        chunks, size = len(pieces.all()), bytes_a_point(solver)
        chunk_bytes = size * math.prod(pieces.shape)
        done = 0 if path is None or plan_at(path) is None else read(path).published()
        at_a_time = min(self.crew, chunks) if self.client is not None or not build(solver.job).alone else 1
        left = self._points * (1 - done / chunks)
        return Outlook(
            points=self._points,
            chunk=dict(zip(self._names, pieces.given(pieces.shape), strict=True)),
            chunks=chunks,
            done=done,
            chunk_bytes=chunk_bytes,
            output_bytes=size * self._points,
            memory_bytes=memory(solver, at_a_time, chunk_bytes) + (0 if path else size * self._points),
            seconds_compile=compiling,
            seconds_run=seconds_a_point(solver, self.grid.lengths) * left / at_a_time,
            at_a_time=at_a_time,
            device=self.about["device"],
            mapping=json.loads(self._by_axis(solver.job.kinds)),
        )

    @property
    def _names(self) -> list[str]:
        return [axis.name for axis in self.axes]

    @property
    def _points(self) -> int:
        return math.prod(self.grid.lengths)

    def _by_axis(self, items: Any) -> str:
        return json.dumps(dict(zip((self.axes[k].name for k in self.order), items, strict=True)))

    def _work(self, sink: Memory | Disk, solver: Solver, speaker: Speaker, stop: Stop) -> None:
        """Solve and publish all that is to be done."""
        if not sink.todo:
            return
        crew = Threads(solver, self.crew) if self.client is None else Workers(self.client, self.grid)

        def publish(chunk: Any, arrays: Any) -> None:
            sink.publish(chunk, arrays)
            speaker.tell(math.prod(b - a for a, b in zip(*chunk, strict=True)))

        with closing(crew):
            work_through(sink.todo, crew, publish, stop)

    def _outputs(self, solver: Solver) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
        """Shape at a point, and dtype, of each array."""
        axes = len(self.axes)
        out = build(solver.job).out.items()
        return {name: (one.shape[axes:], np.dtype(np.int8) if name == "status" else np.dtype(one.dtype)) for name, one in out}

    def _attributes(self, solver: Solver, pieces: Pieces) -> dict[str, Any]:
        """What is said about all."""
        names = [name for name in build(solver.job).out if name != "status"]
        maps, chunk = self._by_axis(solver.job.kinds), self._by_axis(pieces.shape)
        return self.about | {"figures": json.dumps(names), "mapping": maps, "chunk": chunk}

    # ------------------------------------------------------------------------------------------ stores

    def _plan(self, path: Path, solver: Solver | None = None, pieces: Pieces | None = None) -> dict[str, Any]:
        """What makes it this very sweep: what is known before compiling, and after."""
        kept = ("method", "dtype", "platform", "device_kind", "jaxqb", "jax", "jaxlib")
        plan: dict[str, Any] = {
            "format": FORMAT,
            "battery": json.loads(self.about["battery"]),
            "axes": {axis.name: {name: values(column) for name, column, _ in axis.coordinates()} for axis in self._axes(path)},
            "order": self._names,
            "given": numbers(self.grid.figures),
            **{key: self.about[key] for key in kept},
        }
        if solver is None or pieces is None:
            return plan
        outputs = {name: f"{dtype}{list(inner) or ''}" for name, (inner, dtype) in self._outputs(solver).items()}
        chunk = dict(zip(self._names, pieces.given(pieces.shape), strict=True))
        maps = json.loads(self._by_axis(solver.job.kinds))
        return plan | {"figures": outputs, "mapping": maps, "chunk": chunk, "program of the figures": self._digest(solver)}

    def _axes(self, path: Path) -> tuple[Axis, ...]:
        """Those of the sweep, with numbers of the types that a store has: its files must agree with each other."""
        there = (plan_at(path) or {}).get("axes", {})

        def alike(axis: Axis) -> Axis:
            columns = ((column, there.get(axis.name, {}).get(name)) for name, column, _ in axis.coordinates())
            return dataclasses.replace(axis, given=tuple(_typed(*each) for each in columns))

        return tuple(map(alike, self.axes))

    def _digest(self, solver: Solver) -> str:
        """Of the program on one device, whatever their number here."""
        job = solver.job
        return build(job if len(job.devices) == 1 else self.grid.solver(job.devices[:1]).job).digest

    def _same(self, path: Path) -> None:
        """A sentence if a store holds another sweep, as far as is known."""
        there, plan = plan_at(path), self._plan(path)
        if there is None:
            return check_empty(path)
        return check_same(path, {key: there.get(key) for key in plan}, plan)

    def _free(self, path: Path) -> Path:
        """The first of all branches of a store that holds this sweep, or nothing."""
        for branch in branches(path):
            there, early = plan_at(branch), self._plan(branch)
            if there is None:
                return branch
            if differences({key: there.get(key) for key in early}, early):
                continue
            solver, _ = self.compiled
            if not differences(there, self._plan(branch, solver, self._pieces(branch, solver))):
                return branch
        raise AssertionError("branches go on for ever")

    def _pieces(self, path: Path, solver: Solver) -> Pieces:
        """Chunks as a store has them, or as were asked for, or such as take some seconds."""
        lengths, there = self.grid.lengths, plan_at(path)
        if self.chunked:
            return Pieces(lengths, self.grid.chunk_shape(solver.job), self.order)
        if there is not None and set(there.get("chunk", ())) == set(self._names):
            return Pieces(lengths, tuple(there["chunk"][self.axes[k].name] for k in self.order), self.order)
        points = stored_points(self._points, seconds_a_point(solver, lengths), bytes_a_point(solver), self.crew)
        return Pieces(lengths, self.grid.chunk_shape(solver.job, points), self.order)

    def _files(self, path: Path, solver: Solver, pieces: Pieces, plan: dict[str, Any]) -> dict[str, bytes]:
        """Those of a new store."""
        attributes = self._attributes(solver, pieces) | {"plan": json.dumps(plan)}
        named = lambda name: label(self.grid.figures, name)  # noqa: E731
        return fresh(self._axes(path), self._outputs(solver), pieces.given(pieces.shape), attributes, named)


def _typed(column: np.ndarray, there: Any) -> np.ndarray:
    """The same numbers, of the type that the plan of a store has them in, if these are they."""
    for dtype in (column.dtype, "int64", "float64", "int32", "float32"):
        with np.errstate(all="ignore"):
            other = column.astype(dtype)
        if np.array_equal(other, column) and json.dumps(values(other)) == json.dumps(there):
            return other
    return column
