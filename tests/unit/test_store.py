"""Stores of sweeps: nothing published is lost or solved again, whatever ends a run; damage is found; others are refused."""

import contextlib
import errno
import functools
import itertools
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray
import zarr

import jaxqb as qb
from jaxqb.errors import Status, StoreError
from jaxqb.sweeps import blocks, dataset, record, store, survey
from jaxqb.sweeps.axes import Axis
from jaxqb.sweeps.work import Stopped

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.disturb import flip, truncate

CELL = qb.SpinCharger(2, 2)
AXES = {
    "coupling": np.linspace(0.5, 1.5, 6),
    ("charger_frequency", "battery_frequency"): [(1.0, 1.1), (1.2, 1.3), (1.4, 1.5)],
    "n_charger": [2],
}
CHUNK, CHUNKS = 3, 6


def figures(battery):
    """All kinds of numbers, with and without dimensions of their own, that tell every point from every other."""
    x = jnp.sin(battery.coupling + 10 * battery.charger_frequency + 100 * battery.battery_frequency)
    wave = jnp.exp(1j * x) * jnp.ones((2, 1))
    return {"x": x, "curve": x * jnp.arange(3.0), "count": jnp.int32(1000 * x), "large": x > 0, "wave": wave}


def solve(path, wanted=figures, battery=CELL, axes=AXES, **options):
    return qb.sweep(wanted, battery, axes, store=path, **{"chunk": CHUNK, "progress": False} | options)


def contents(path):
    """All files but the list of runs."""
    files = {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    assert files.pop(store.RUNS)
    return files


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A store that nothing has disturbed."""
    path = tmp_path_factory.mktemp("undisturbed") / "x.zarr"
    solve(path)
    return path


@pytest.fixture
def copy(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "x.zarr"))


@pytest.fixture
def solved(monkeypatch):
    """Corners of the chunks that are solved."""
    seen, call = [], blocks.Solver.__call__
    monkeypatch.setattr(blocks.Solver, "__call__", lambda self, low, high: seen.append(low) or call(self, low, high))
    return seen


# ------------------------------------------------------------------------------------------------------ whole and half


def test_a_store_is_the_sweep_in_memory(whole, compiles, solved):
    there = solve(whole)
    assert solved == []
    here = qb.sweep(figures, CELL, AXES, chunk=CHUNK)
    for found in (there, xarray.open_zarr(whole)):
        assert set(found.variables) == set(here.variables)
        for name, array in here.variables.items():
            assert found[name].dims == array.dims and found[name].dtype == array.dtype
            assert found[name].values.tobytes() == array.values.tobytes()
            assert found[name].attrs == array.attrs
        assert found.status_counts == here.status_counts
    assert set(there.coords) == {"coupling", "charger_frequency", "battery_frequency", "n_charger"}
    assert there.battery_frequency.dims == ("charger_frequency",)
    assert (there.status == Status.OK).all()


def test_a_second_run_compiles_and_writes_nothing(copy, compiles, solved):
    solve(copy)  # this process may have dropped its programs since
    before = {file: file.stat().st_mtime_ns for file in copy.rglob("*")}
    with compiles(0):
        solve(copy)
    assert solved == []
    assert {file: file.stat().st_mtime_ns for file in copy.rglob("*")} == before


def stop_after(chunks, act):
    def listen(event):
        if event["event"] == "chunk" and event["chunk"] == chunks:
            act()

    return listen


def fall():
    raise InterruptedError


def test_half_a_store_can_be_read_and_is_gone_on_with(whole, tmp_path, solved):
    with pytest.raises(InterruptedError):
        solve(tmp_path / "x.zarr", progress=stop_after(2, fall))
    half, all_of_it = xarray.open_zarr(tmp_path / "x.zarr"), xarray.open_zarr(whole)
    there = half.status.values == Status.OK
    assert (half.status.values[~there] == Status.MISSING).all() and 0 < there.sum() <= 2 * CHUNK
    assert np.array_equal(half.coupling, all_of_it.coupling)
    for name in figures(CELL):
        assert half[name].values[there].tobytes() == all_of_it[name].values[there].tobytes()
    assert np.isnan(half.x.values[~there]).all() and np.isnan(half.wave.values[~there]).all()
    solved.clear()
    events = []
    solve(tmp_path / "x.zarr", progress=events.append)
    assert len(solved) == CHUNKS - 2
    assert [event["chunk"] for event in events] == [1, 2, 3, 4]
    assert events[-1]["points"] == events[-1]["of"] == 18
    assert contents(tmp_path / "x.zarr") == contents(whole)


def test_runs_are_listed(copy):
    (copy / "x/c/0/0/0").unlink()
    solve(copy)
    runs = json.loads((copy / store.RUNS).read_text())["attributes"]["runs"]
    assert [run["chunks"] for run in runs] == [CHUNKS, 1] and [run["damaged"] for run in runs] == [0, 1]


def test_an_outlook_counts_what_is_there(copy):
    (copy / "ledger/checksums/c/0/0/0/0").unlink()
    (copy / "ledger/checksums/c/1/0/0/0").write_bytes(b"")
    outlook = qb.sweep(figures, CELL, AXES, store=copy, chunk=CHUNK, dry_run=True)
    assert (outlook.done, outlook.chunks) == (CHUNKS - 1, CHUNKS)


# ---------------------------------------------------------------------------------------------------------- sudden ends


class Killed(BaseException):
    """What no one catches."""


def test_a_run_may_end_at_any_write(whole, tmp_path, monkeypatch):
    """Before a file appears or just after it."""
    writes, last = [], [0]
    replace = pathlib.Path.replace

    def counted(self, target):
        writes.append(target)
        if len(writes) == last[0]:
            if last[0] % 2:
                replace(self, target)
            raise Killed
        return replace(self, target)

    def at(number):
        writes.clear()
        last[0] = number

    monkeypatch.setattr(pathlib.Path, "replace", counted)
    solve(tmp_path / "all.zarr")
    assert len(writes) > 7 * CHUNKS
    for number in sorted({*range(1, 20, 3), *range(20, len(writes), 7), len(writes) - 1, len(writes)}):
        path = tmp_path / f"{number}.zarr"
        at(number)
        with pytest.raises(Killed):
            solve(path)
        at(0)
        entries, said = {file: file.stat().st_mtime_ns for file in path.rglob("ledger/checksums/c/*/0/0/0")}, []
        solve(path, progress=said.append)
        assert {event["event"] for event in said} <= {"chunk"}  # this is no damage
        assert {file: file.stat().st_mtime_ns for file in entries} == entries
        assert contents(path) == contents(whole)


LONG = {"axes": {"coupling": np.linspace(0.5, 1.5, 60)}, "chunk": 1}
RUN = """
    import sys
    import jax
    jax.config.update("jax_enable_x64", True)
    from jaxqb.sweeps import task
    import test_store

    opened = task.opened
    task.opened = lambda *args: print("begun", flush=True) or opened(*args)
    test_store.solve(sys.argv[1], **test_store.LONG)
"""


def child(*arguments, **options):
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(qb.__file__).parents[1]), str(Path(__file__).parent)])}
    command = [sys.executable, "-W", "ignore", "-c", *arguments]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, **options)


def test_nothing_published_is_lost_when_a_process_is_killed(tmp_path):
    instants, killed, entries = random.Random(5), 0, {}
    for _ in range(3):
        with child(textwrap.dedent(RUN), str(tmp_path / "x.zarr")) as process:
            assert process.stdout.readline() == "begun\n"
            time.sleep(instants.uniform(0.0, 0.4))
            process.kill()
        killed += process.returncode == -signal.SIGKILL
        now = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("ledger/checksums/c/*/0")}
        assert entries.items() <= now.items()
        entries = now
    assert killed > 1
    solve(tmp_path / "x.zarr", **LONG)
    solve(tmp_path / "undisturbed.zarr", **LONG)
    assert entries.items() <= {file: file.stat().st_mtime_ns for file in entries}.items()
    assert contents(tmp_path / "x.zarr") == contents(tmp_path / "undisturbed.zarr")


# --------------------------------------------------------------------------------------------------------------- damage


KINDS = {
    "figure": ("curve/c/1/0/0/0", 1),
    "status": ("status/c/2/0/0", 1),
    "ledger": ("ledger/checksums/c/3/0/0/0", 1),
    "coordinate": ("battery_frequency/c/0", 0),
    "metadata of a coordinate": ("coupling/zarr.json", 0),
    "metadata of an array": ("wave/zarr.json", 0),
    "metadata of the status": ("status/zarr.json", 0),
    "metadata of the ledger": (store.CHECKSUMS, 0),
    "list of runs": (store.RUNS, 0),
    "root": (store.ROOT, 0),
}


@pytest.mark.parametrize("how", [truncate, flip, Path.unlink])
@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_found_and_mended(kind, how, whole, copy, solved):
    file, chunks = KINDS[kind]
    how(copy / file)
    said = []
    solve(copy, progress=said.append)
    assert len(solved) == chunks
    assert contents(copy) == contents(whole)
    if (kind, how) != ("ledger", Path.unlink):  # then it was never there
        assert said[0]["says"] == f"damage was found; chunks solved again: {chunks}, other files written again: {1 - chunks}"
        history = json.loads((copy / store.RUNS).read_text())["attributes"]["runs"]
        assert history[-1]["damaged_files"] == [file] * (1 - chunks)
    solved.clear()
    solve(copy)
    assert solved == []


def test_an_empty_file_after_a_power_failure_is_damage(whole, copy, solved):
    for file in (copy / "x/c/0/0/0", copy / "ledger/checksums/c/4/0/0/0", copy / "coupling/c/0", copy / store.ROOT):
        file.write_bytes(b"")
    strays = [copy / f"status/c/9.{'0a' * 16}.partial", copy / "film.partial"]
    for file in strays:
        file.touch()
    solve(copy)
    assert len(solved) == 2
    assert [file.exists() for file in strays] == [False, True]  # only what a write left is removed
    strays[1].unlink()
    assert contents(copy) == contents(whole)


def test_another_version_of_zarr_is_no_damage(copy, monkeypatch):
    """It may write metadata in another way; nor does it matter where the sweep is gone on with."""
    make, provenance = store.fresh, qb.sweeps.run.provenance

    def other(*args):
        files = make(*args)
        return files | {"x/zarr.json": files["x/zarr.json"] + b" "}

    monkeypatch.setattr(qb.sweeps.task, "fresh", other)
    monkeypatch.setattr(qb.sweeps.run, "provenance", lambda *args: provenance(*args) | {"device": "4 x cpu"})
    before, said = contents(copy), []
    solve(copy, progress=said.append)
    assert contents(copy) == before and said == []
    (copy / "x/zarr.json").unlink()
    solve(copy)
    assert contents(copy) == before | {"x/zarr.json": before["x/zarr.json"] + b" "}


def test_without_what_says_whose_it_is_nothing_is_touched(copy):
    for name in (store.ROOT, store.CHECKSUMS):
        (copy / name).write_text("{")
    before = {file: file.read_bytes() for file in copy.rglob("*") if file.is_file()}
    with pytest.raises(StoreError, match="another zarr group, or its metadata are damaged"):
        solve(copy)
    (copy / store.ROOT).unlink()
    with pytest.raises(StoreError, match=r"a store or an empty folder, but .* holds"):
        solve(copy)
    before.pop(copy / store.ROOT)
    assert {file: file.read_bytes() for file in copy.rglob("*") if file.is_file()} == before


def junk(path):
    path.write_text("junk\n")


@pytest.mark.parametrize("how", [truncate, flip, junk, Path.unlink])
@pytest.mark.parametrize("file", ["x/c/2/0/0", "wave/c/2/0/0/0/0", "status/c/2/0/0"])
def test_readers_are_shown_nothing_of_a_chunk_that_is_not_whole(file, how, whole, copy):
    """Whether it is damaged or was never known to be whole; the others are as they were."""
    how(copy / file)
    known, gone = xarray.open_zarr(whole), np.arange(6) == 2
    for damaged in (1, 0):
        before, data, found = contents(copy), survey.opened(copy), survey.survey(copy)
        assert (data.status[gone] == Status.MISSING).all()
        assert np.isnan(data.x[gone]).all() and np.isnan(data.curve[gone]).all() and np.isnan(data.wave[gone]).all()
        assert data.isel(coupling=~gone).equals(known.isel(coupling=~gone))
        assert all(data[name].attrs == known[name].attrs and data[name].dtype == known[name].dtype for name in known.variables)
        assert (found.chunks, found.whole, found.damaged) == (CHUNKS, CHUNKS - 1, damaged)
        assert found.statuses == json.loads(data.status_counts) == {"ok": 15, "missing": 3}
        assert contents(copy) == before
        (copy / "ledger/checksums/c/2/0/0/0").unlink(missing_ok=True)


@pytest.mark.parametrize("how", [truncate, flip, junk, Path.unlink])
@pytest.mark.parametrize("file", [store.ROOT, "coupling/c/0", "battery_frequency/c/0"])
@pytest.mark.parametrize("reader", [survey.opened, survey.survey])
def test_readers_of_damaged_metadata_are_told_what_to_do(reader, file, how, copy, whole):
    how(copy / file)
    what = "metadata" if file == store.ROOT else "coordinates"
    with pytest.raises(StoreError, match=rf"be whole, but {what} of .*x\.zarr are damaged; fix: run its sweep again"):
        reader(copy)
    solve(copy)
    assert survey.survey(copy).complete and survey.opened(copy).equals(xarray.open_zarr(whole))


@pytest.mark.parametrize("reader", [survey.opened, survey.survey])
def test_readers_of_what_is_no_store_are_told_so(reader, copy):
    for file in (store.ROOT, store.CHECKSUMS):
        junk(copy / file)
    with pytest.raises(StoreError, match=r"be a store of jaxqb, but .* its metadata are damaged; fix: name another folder"):
        reader(copy)
    shutil.rmtree(copy)
    with pytest.raises(StoreError, match="be a store of a sweep, but nothing is there; fix: "):
        reader(copy)


# ----------------------------------------------------------------------------------------------------------- bad disks


@contextlib.contextmanager
def failing(number, code):
    """The operating system refuses this one of all calls that write; or only counts them."""
    calls = []

    def fails(method, counts):
        def tried(self, *args, **kwargs):
            if counts(*args, **kwargs):
                calls.append(self)
                if len(calls) == number:
                    raise OSError(code, os.strerror(code), str(self))
            return method(self, *args, **kwargs)

        return tried

    opens = lambda mode="r", *args, **kwargs: "w" in mode  # noqa: E731
    always = lambda *args, **kwargs: True  # noqa: E731
    with pytest.MonkeyPatch.context() as patch:
        for name, counts in {"open": opens, "replace": always, "mkdir": always}.items():
            patch.setattr(pathlib.Path, name, fails(getattr(pathlib.Path, name), counts))
        yield calls


def test_a_disk_that_refuses_is_one_sentence_and_the_run_goes_on_later(whole, tmp_path):
    with failing(0, 0) as calls:
        solve(tmp_path / "all.zarr")
    total = len(calls)
    codes = [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO, errno.EDQUOT]
    numbers = sorted({*range(1, 8), *range(8, total + 1, total // 10), total})
    for k, number in enumerate(numbers):
        path, code = tmp_path / f"{number}.zarr", codes[k % len(codes)]
        with failing(number, code), pytest.raises(StoreError) as error:
            solve(path)
        sentence = str(error.value)
        assert str(path) in sentence and os.strerror(code).lower() in sentence and "; fix: " in sentence, number
        assert "\n" not in sentence and error.value.disk
        assert not list(path.rglob("*.partial"))
        if (path / store.ROOT).exists():
            assert xarray.open_zarr(path).status.shape == (6, 3, 1)
        solve(path)
        assert contents(path) == contents(whole)
    with failing(total - 8, errno.ENOSPC), pytest.raises(StoreError, match=r"\(\d+ bytes are to be written\); fix: make room"):
        solve(tmp_path / "last.zarr")


def wide(battery):
    return battery.coupling * jnp.arange(300_000.0)


def test_a_file_that_cannot_be_finished(tmp_path):
    axes = {"coupling": [1.0, 2.0]}
    usual, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, usual[1]))
        with pytest.raises(StoreError, match=r"file too large \(2400001 bytes are to be written\)"):
            solve(tmp_path / "x.zarr", wide, axes=axes, chunk=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
        signal.signal(signal.SIGXFSZ, handler)
    assert (xarray.open_zarr(tmp_path / "x.zarr").status == Status.MISSING).all()
    assert not list(tmp_path.rglob("*.partial"))
    ds = solve(tmp_path / "x.zarr", wide, axes=axes, chunk=1)
    assert np.array_equal(ds.wide, np.outer([1.0, 2.0], np.arange(300_000.0)))


HOLD = """
    import fcntl, os, sys
    handle = os.open(sys.argv[1], os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    print("mine", flush=True)
    sys.stdin.read()
"""


def test_one_writer_at_a_time(whole, copy, tmp_path, compiles):
    with child(textwrap.dedent(HOLD), str(copy)) as process:
        assert process.stdout.readline() == "mine\n"
        with compiles(0), pytest.raises(StoreError, match=r"one writer at a time, but another process writes to .*x\.zarr; fix"):
            solve(copy)
        assert (xarray.open_zarr(copy).status == Status.OK).all()
    solve(copy)
    assert contents(copy) == contents(whole)


def test_a_refused_writer_leaves_the_folder_to_its_owner(tmp_path):
    path = tmp_path / "x.zarr"
    with store.locked(path):
        for _ in range(2):
            with pytest.raises(StoreError, match="one writer at a time"), store.locked(path):
                pass
        assert path.is_dir()
    assert not path.exists()


def test_the_lock_is_that_of_the_folder_at_the_path(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    path, lock, calls = tmp_path / "x.zarr", fcntl.flock, itertools.count()

    def late(handle, how):
        if next(calls) == 0:  # who had it removes it, and another makes it again
            path.rmdir()
            path.mkdir()
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with store.locked(path), pytest.raises(StoreError, match="one writer at a time"), store.locked(path):
        pass
    assert next(calls) == 3


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ESTALE, errno.EIO])
@pytest.mark.parametrize("reader", ["_read", "_entries"])
def test_what_cannot_be_read_just_now_is_kept(whole, copy, monkeypatch, reader, number):
    def fails(*_):
        raise OSError(number, os.strerror(number))

    if reader == "_read":
        monkeypatch.setattr(store.Store, "_read", fails)
    else:
        monkeypatch.setattr(zarr.Array, "__getitem__", fails)
    with pytest.raises(StoreError, match=f"(?i){os.strerror(number)}; fix: look at that disk.*what is there is kept"):
        solve(copy)
    monkeypatch.undo()
    assert contents(copy) == contents(whole)


# ------------------------------------------------------------------------------------------------------- another sweep


def other_figures(battery):
    found = figures(battery)
    return found | {"x": found["x"] + 1e-9}


class Scaled(qb.figures.AbstractFigures):
    """Its scale is no part of a program."""

    scale: jax.Array

    def __call__(self, battery):
        return {"scaled": self.scale * battery.coupling, "status": jnp.zeros((), int)}


def moved(values, k):
    return [value + 1e-12 * (j == k) for j, value in enumerate(values)]


OTHERS = {
    "battery": ({"battery": qb.SpinCharger(2, 2, anisotropy=0.1)}, r"battery\.anisotropy: 0\.0 there, 0\.1 here"),
    "start": ({"battery": qb.SpinCharger(2, 2, battery_excitations=1)}, r"battery\.battery_excitations\.number: 0\.0 there, 1"),
    "value": ({"axes": AXES | {"coupling": moved(AXES["coupling"], 3)}}, r"axes\.coupling\.coupling\[3\]: 1\.1 there, 1\.10000"),
    "length": ({"axes": AXES | {"coupling": AXES["coupling"][:-1]}}, r"axes\.coupling\.coupling: \[0\.5, "),
    "size": ({"axes": AXES | {"n_charger": [3]}}, r"axes\.n_charger\.n_charger\[0\]: 2 there, 3 here"),
    "axis": ({"axes": AXES | {"ising": [0.0, 0.1]}}, r"axes\.ising: none there, \{'ising': \[0\.0, 0\.1\]\} here"),
    "order": ({"axes": dict(reversed(AXES.items()))}, r"order\[0\]: coupling there, n_charger here"),
    "figure": ({"wanted": other_figures}, "program of the figures: [0-9a-f]+ there"),
    "figures": ({"wanted": wide}, r"figures\.wide: none there, float64\[300000\] here"),
    "chunk": ({"chunk": 1}, r"chunk\.\w+: \d there, \d here"),
    "mapping": ({"mapping": "vmap"}, r"mapping\.coupling: loop there, vmap here"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_sweep_is_refused_with_what_differs(name, whole, solved):
    change, line = OTHERS[name]
    before = contents(whole)
    with pytest.raises(StoreError, match=rf"hold this very sweep, but .*x\.zarr holds another one \((.*; )?{line}.*\); fix: "):
        solve(whole, **change)
    assert contents(whole) == before and solved == []


def test_another_machine_version_or_precision_is_refused(whole, monkeypatch):
    known = dataset.versions()
    monkeypatch.setattr(dataset, "versions", lambda: known | {"jax": "0.99"})
    with pytest.raises(StoreError, match=rf"\(jax: {jax.__version__} there, 0.99 here\); fix: "):
        solve(whole)
    monkeypatch.undo()
    about = dataset.provenance
    monkeypatch.setattr(qb.sweeps.run, "provenance", lambda *args: about(*args) | {"device_kind": "H100", "platform": "gpu"})
    with pytest.raises(StoreError, match=r"\(platform: cpu there, gpu here; device_kind: cpu there, H100 here\); fix: "):
        solve(whole)
    monkeypatch.undo()
    monkeypatch.setattr(qb.conventions, "_warned", {"float32"})
    with jax.enable_x64(False), pytest.raises(StoreError, match=r"[(; ]dtype: float64 there, float32 here[;)]"):
        solve(whole)


def test_numbers_that_are_no_part_of_a_program_belong_to_the_plan(tmp_path):
    ways = {"scaled": Scaled(jnp.array([1.0, 2.0])), "window": qb.figures.Storing(window=np.float64(1.0))}
    others = {"scaled": Scaled(jnp.array([1.0, 3.0])), "window": qb.figures.Storing(window=np.float64(2.0))}
    assert record.numbers(ways["window"]) == {"window": [1.0]} and record.numbers(others["window"]) == {"window": [2.0]}
    axes = {"coupling": [1.0, 2.0]}
    ds = solve(tmp_path / "x.zarr", ways["scaled"], axes=axes)
    assert np.array_equal(ds.scaled, [[1, 2], [2, 4]])
    with pytest.raises(StoreError, match=r"\(given\.scale\[1\]: 2\.0 there, 3\.0 here\); fix: "):
        solve(tmp_path / "x.zarr", others["scaled"], axes=axes)
    assert qb.figures.figures_of("max_energy", np.float64(2.0)).window == 2.0


@pytest.mark.parametrize("count", [3, 12])  # written out in the plan, and as a digest
@pytest.mark.parametrize("there, here", [(int, float), (float, int)])
def test_equal_numbers_go_on_whatever_they_are_written_as(count, there, here, tmp_path, monkeypatch, solved):
    """Also those of sizes, whatever an older version made of them; the files that are mended agree with the others."""
    path, usual = tmp_path / "x.zarr", Axis.coordinates
    axes = dict.fromkeys(("coupling", "n_charger"), np.arange(1, count + 1, dtype=here))
    with monkeypatch.context() as patch:
        patch.setattr(Axis, "coordinates", lambda self: ((name, x.astype(there), about) for name, x, about in usual(self)))
        solve(path, axes=axes, chunk=100)
    before = contents(path)
    for file in (store.ROOT, store.CHECKSUMS, "coupling/c/0", "n_charger/zarr.json"):
        (path / file).unlink()
        solved.clear()
        ds = solve(path, axes=axes, chunk=100)
        assert solved == [] and contents(path) == before
        assert ds.coupling.dtype == ds.n_charger.dtype == there
    assert ds.equals(solve(tmp_path / "fresh.zarr", axes=axes, chunk=100))
    other = axes | {"coupling": axes["coupling"] + 0.5 * (axes["coupling"] == 2)}
    line = r"axes\.coupling\.coupling\[1\]: 2(\.0)? there, 2\.5 here" if count == 3 else r"axes\.coupling\.coupling\.digest: .*"
    with pytest.raises(StoreError, match=rf"holds another one \({line}\); fix: "):
        solve(path, axes=other, chunk=100)
    assert solve(path, axes=axes, chunk=100, branch=True).encoding["source"] == str(path)


def test_numbers_of_few_bits_go_on(tmp_path, solved):
    axes = {"coupling": np.linspace(0, 1, 12, dtype=np.float32)}
    solve(tmp_path / "x.zarr", axes=axes)
    solved.clear()
    assert solve(tmp_path / "x.zarr", axes={"coupling": axes["coupling"].astype(float)}).coupling.dtype == np.float32
    assert solved == []


def test_differences_are_few_lines():
    there = {"gaps": list(range(30)), "a": float("nan"), "b": {"c": None}}
    assert record.differences(there, json.loads(json.dumps(there))) == []
    lines = record.differences(there, there | {"gaps": list(range(1, 31)), "b": 1})
    assert lines[0] == "gaps[0]: 0 there, 1 here" and lines[-1] == "... and 23 more" and len(lines) == 9
    assert record.differences([1, 2], [1]) == [": [1, 2] there, [1] here"]


def test_a_branch_takes_the_next_name_and_is_gone_on_with(copy, solved):
    battery = CELL.replace(anisotropy=0.1)
    before = contents(copy)
    solve(copy, battery=battery, branch=True)
    branch = copy.with_name("x-2.zarr")
    assert len(solved) == CHUNKS and contents(copy) == before
    (branch / "x/c/0/0/0").unlink()
    solve(copy, battery=battery, branch=True)
    assert len(solved) == CHUNKS + 1
    solve(copy, battery=CELL.replace(anisotropy=0.2), branch=True)
    assert sorted(item.name for item in copy.parent.iterdir()) == ["x-2.zarr", "x-3.zarr", "x.zarr"]
    solved.clear()
    solve(copy, branch=True)
    assert solved == []


def test_a_branch_for_other_figures(copy, solved):
    """That a function is another one is seen when it is compiled."""
    other = lambda battery: figures(battery) | {"x": 2 * figures(battery)["x"]}  # noqa: E731
    look = solve(copy, other, branch=True, dry_run=True)
    assert look.done == 0 and not copy.with_name("x-2.zarr").exists()
    for count in (CHUNKS, 0):
        solved.clear()
        solve(copy, other, branch=True)
        assert len(solved) == count
    assert sorted(item.name for item in copy.parent.iterdir()) == ["x-2.zarr", "x.zarr"]


def foreign_file(path):
    path.mkdir()
    (path / "notes.txt").write_text("mine")


def a_download(path):
    path.mkdir()
    (path / "film.partial").write_text("half")


def a_file(path):
    path.write_text("mine")


def a_group(path):
    zarr.create_group(path).create_array("data", data=np.arange(3))


def a_group_with_attributes(path):
    zarr.create_group(path, attributes={"plan": "B"}).create_array("data", data=np.arange(3))


def an_array_without_a_group(path):
    zarr.create_array(path / "data", data=np.arange(3))


def a_dataset(path):
    xarray.Dataset({"a": ("x", [1.0])}).to_zarr(path, consolidated=False)


@pytest.mark.parametrize(
    "make", [foreign_file, a_download, a_file, a_group, a_group_with_attributes, an_array_without_a_group, a_dataset]
)
@pytest.mark.parametrize("branch", [False, True])
def test_what_is_no_store_is_refused_and_left_alone(make, branch, tmp_path):
    path = tmp_path / "x.zarr"
    make(path)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    with pytest.raises(StoreError, match=r"`store` must .*x\.zarr.*; fix: name another"):
        solve(path, branch=branch)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_nothing_is_left_behind_by_a_call_that_fails(tmp_path):
    def wrong(battery):
        return {"coupling": battery.coupling}

    with pytest.raises(qb.errors.SweepError):
        solve(tmp_path / "deep/x.zarr", wrong)
    assert not (tmp_path / "deep/x.zarr").exists()
    (tmp_path / "empty.zarr").mkdir()
    assert (solve(tmp_path / "empty.zarr").status == Status.OK).all()


# --------------------------------------------------------------------------------------------------------------- points


def rooted(battery):
    return jnp.sqrt(battery.coupling) * jnp.array([1.0, 2.0])


def test_points_that_cannot_be_solved_leave_the_others_as_they_are(tmp_path):
    good, bad = np.linspace(0.5, 1.5, 200), np.linspace(0.5, 1.5, 200)
    bad[[17, 120]] = -1
    here = solve(tmp_path / "good.zarr", rooted, axes={"coupling": good}, chunk=16)
    there = solve(tmp_path / "bad.zarr", rooted, axes={"coupling": bad}, chunk=16)
    assert np.flatnonzero(there.status == Status.NOT_FINITE).tolist() == [17, 120]
    others = np.delete(np.arange(200), [17, 120])
    assert there.rooted.values[others].tobytes() == here.rooted.values[others].tobytes()
    assert json.loads(there.status_counts) == {"ok": 198, "not_finite": 2}


def test_figures_of_a_charge_with_one_size_too_small(tmp_path):
    """The same bits in any chunk, in memory and in a store, and beside a charger that is too small for its start."""
    battery, names = qb.SpinCharger(1, 4, charger_excitations=2), ["first_peak"]
    stored = qb.sweep(names, battery, {"n_charger": [2, 4, 1, 3, 2.0]}, store=tmp_path / "x.zarr", chunk=2, progress=False)
    others = qb.sweep(names, battery, {"n_charger": [2, 4, 2, 3, 2.0]}, chunk=5)
    assert stored.status.values.tolist() == [0, 0, Status.OUTSIDE_PADDING, 0, 0]
    for name in ("first_peak", "first_peak_time"):
        assert stored[name].values[[0, 1, 3, 4]].tobytes() == others[name].values[[0, 1, 3, 4]].tobytes()
        assert stored[name].attrs == others[name].attrs


def nothing(battery):
    return {
        "nan": jnp.sqrt(-battery.coupling),
        "zero": jnp.int32(0),
        "no": battery.coupling < 0,
        "status": jnp.int32(Status.MISSING),
    }


def test_chunks_of_fill_values_are_there(tmp_path, solved):
    """Zarr leaves out such chunks, unless it is told at each opening."""
    for run in range(2):
        ds = solve(tmp_path / "x.zarr", nothing)
        assert len(solved) == CHUNKS, run
    assert np.isnan(ds.nan).all() and (ds.zero == 0).all() and not ds.no.any()


def test_sizes_of_chunks_are_chosen_once(tmp_path, solved):
    """By how long a point takes, which may differ the next time."""
    axes = {"coupling": [1.0], "ising": np.linspace(0, 1, 9)}
    ds = solve(tmp_path / "x.zarr", rooted, axes=axes, chunk=None)
    assert ds.rooted.shape == (1, 9, 2)
    before = contents(tmp_path / "x.zarr")
    solve(tmp_path / "x.zarr", rooted, axes=axes, chunk=None)
    assert contents(tmp_path / "x.zarr") == before


# --------------------------------------------------------------------------------------------------------------- signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_running_chunks_end(number, whole, tmp_path, solved, monkeypatch):
    usual, call, said, turn = signal.getsignal(number), blocks.Solver.__call__, [], itertools.count()
    monkeypatch.setattr(blocks.Solver, "__call__", lambda self, *chunk: time.sleep(0.1 * next(turn)) or call(self, *chunk))

    def listen(event):
        said.append(event)
        if event["event"] == "chunk" and event["chunk"] == 1:
            os.kill(os.getpid(), number)

    with pytest.raises(Stopped, match=r"^\d of 6 chunks were added to .*x\.zarr; run the same again to go on$") as stopped:
        solve(tmp_path / "x.zarr", progress=listen)
    assert stopped.value.number == number and signal.getsignal(number) is usual
    assert {"event": "note", "says": "stopping when the running chunks are done; once more: at once"} in said
    done = len(solved)
    assert 1 <= done < CHUNKS and str(stopped.value).startswith(f"{done} of")
    monkeypatch.setattr(blocks.Solver, "__call__", call)
    solve(tmp_path / "x.zarr")
    assert len(solved) == CHUNKS  # none twice
    assert contents(tmp_path / "x.zarr") == contents(whole)


def test_a_second_signal_is_obeyed_at_once(whole, tmp_path, request):
    usual = signal.default_int_handler  # a shell lets what it runs in the background ignore the signal
    request.addfinalizer(functools.partial(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, usual)))

    def listen(event):
        if event.get("chunk") == 1:
            os.kill(os.getpid(), signal.SIGINT)
            while signal.getsignal(signal.SIGINT) is not usual:  # it has been noted: two that come together are one
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt) as stopped:
        solve(tmp_path / "x.zarr", progress=listen)
    assert not isinstance(stopped.value, Stopped)
    solve(tmp_path / "x.zarr")
    assert contents(tmp_path / "x.zarr") == contents(whole)


# ------------------------------------------------------------------------------------------------------------- benchmark


def test_the_benchmark_runs():
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.endurance", "--quick", "plans", "disks"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0 and done.stdout.count("10 of 10") == 6, done.stdout + done.stderr
