"""Sweeps on a cluster: the same bits as in one process, whatever happens to workers; what is wrong is said in a sentence."""

import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
import pytest
from jax import lax
from jax.experimental.compilation_cache import compilation_cache

import jaxqb as qb
from jaxqb.errors import SweepError
from jaxqb.sweeps import crews, task, work
from jaxqb.sweeps.local_cluster import local

distributed = pytest.importorskip("distributed")

CELL = qb.SpinCharger(n_battery=2, n_charger=2)
GUIDE = qb.WaveguideBattery(frequency=0.6, separation=0.1, radiation_rate=0.5)
COUPLINGS = {"coupling": np.linspace(0.5, 1.5, 48)}


def on_worker():
    """Whether this is a worker of a cluster."""
    try:
        distributed.get_worker()
    except ValueError:
        return False
    return True


def slow(battery):
    """About a hundredth of a second a point."""
    return lax.fori_loop(0, 200_000, lambda _, x: lax.sin(x + battery.coupling), battery.coupling)


def stored(battery):
    return {"energy": qb.evolve(battery, [5.0, 16.74]).saved["energy"]}


class Ear(distributed.WorkerPlugin):
    """Counts what a worker compiles, and what it finds compiled."""

    def setup(self, worker):
        worker.heard = []
        jax.monitoring.register_event_listener(lambda event, **_: worker.heard.append(event.rpartition("/")[2]))


def heard(client):
    """For each worker, how many programs were found, and how many were not."""
    lists = client.run(lambda dask_worker: dask_worker.heard)
    return {address: [events.count(f"cache_{what}") for what in ("hits", "misses")] for address, events in lists.items()}


def pids(client):
    return client.run(os.getpid)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Compiled programs lie in a folder, as they do for the command line."""
    names = ["jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs"]
    before = [getattr(jax.config, name) for name in names]
    folder = tmp_path_factory.mktemp("cache")
    for name, value in zip(names, [str(folder), 0.0], strict=True):
        jax.config.update(name, value)
    compilation_cache.reset_cache()
    yield folder
    for name, value in zip(names, before, strict=True):
        jax.config.update(name, value)
    compilation_cache.reset_cache()


@pytest.fixture(scope="module")
def connected(cache):
    del cache
    with local(2) as client:
        client.register_plugin(Ear())
        yield client


@pytest.fixture
def client(connected):
    connected.wait_for_workers(2)  # those that were killed come again
    return connected


@pytest.fixture(scope="module")
def alone(cache):
    """`slow` in one process."""
    del cache
    return qb.sweep(slow, CELL, COUPLINGS, progress=False)


def same(one, other):
    for name in one.data_vars:
        np.testing.assert_array_equal(one[name], other[name])  # to the last bit


# ------------------------------------------------------------------------------------------------------ the same bits


@pytest.mark.parametrize("chunk", [1, 8, 64])
@pytest.mark.parametrize("battery, figures", [(CELL, "first_peak"), (GUIDE, stored)], ids=["spins", "guide"])
def test_workers_find_the_same_bits(client, battery, figures, chunk):
    size, other = ("n_charger", "coupling") if battery is CELL else ("separation", "frequency")
    axes = {size: np.linspace(2, 6, 5) if battery is CELL else np.linspace(0.1, 0.5, 5), other: np.linspace(0.4, 0.9, 5)}
    here = qb.sweep(figures, battery, axes, progress=False)
    there = qb.sweep(figures, battery, axes, client=client, chunk=chunk, progress=False)
    same(here, there)
    assert (there.status == 0).all()


def test_flags_travel(client):
    """Single precision here is single precision there, and double is double again afterwards."""
    third = lambda battery: battery.coupling / 3  # noqa: E731
    jax.config.update("jax_enable_x64", False)
    try:
        with warnings.catch_warnings(action="ignore"):
            there = qb.sweep(third, CELL, COUPLINGS, client=client, progress=False)
    finally:
        jax.config.update("jax_enable_x64", True)
    assert there.value.dtype == np.float32
    here, there = (qb.sweep(third, CELL, COUPLINGS, client=each, progress=False) for each in (None, client))
    assert there.value.dtype == np.float64
    same(here, there)


@pytest.mark.parametrize("alone", [True, False])
def test_programs_that_block_each_other_run_alone_on_a_worker_of_many_threads(monkeypatch, alone):
    """Two at a time with batched factorisations wait for ever."""
    running, most = [], []

    def solver(*chunk):
        running.append(chunk)
        most.append(len(running))
        time.sleep(0.02)
        running.remove(chunk)

    solver.job = None
    monkeypatch.setattr(crews, "build", lambda _: SimpleNamespace(alone=alone))
    monkeypatch.setattr(crews, "_solver", lambda _: solver)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda k: crews._solve(None, ((k,), (k + 1,))), range(8)))
    assert (max(most) == 1) == alone


# ------------------------------------------------------------------------------------------ workers that come and go


@pytest.mark.parametrize("many", [1, 2], ids=["one", "all"])
def test_killed_workers_lose_nothing(client, alone, many, tmp_path):
    """The store is whole, and no chunk that was written is solved again."""
    victims, published = [], []

    def kill(event):
        published.append(event["points"])
        if len(published) == 2:
            victims.extend(list(pids(client).values())[:many])
            for victim in victims:
                os.kill(victim, signal.SIGKILL)

    found = qb.sweep(slow, CELL, COUPLINGS, client=client, store=tmp_path / "x.zarr", chunk=4, progress=kill)
    same(alone, found.load())
    assert published == list(range(4, 49, 4)) and len(victims) == many


def test_a_cluster_without_workers_is_waited_for_and_that_is_said(client, alone, monkeypatch):
    notes = []
    monkeypatch.setattr(work, "LONG", 0.2)

    def listen(event):
        if event["event"] == "note":
            notes.append(event["says"])
            client.cluster.scale(2)
        elif event["chunk"] == 1:
            client.cluster.scale(0)

    same(alone, qb.sweep(slow, CELL, COUPLINGS, client=client, chunk=2, progress=listen))
    assert notes == ["the cluster has no workers any more: waiting until some join (Ctrl-C stops)"]


def test_a_worker_that_joins_late_finds_what_was_compiled(client, monkeypatch):
    """Without compiling anything, and it gets work, of which there must be some for a second: so long Dask takes to share it."""
    many = {"coupling": np.linspace(0.5, 1.5, 240)}
    before, crew, room = set(pids(client)), [], []
    monkeypatch.setattr(crews, "LOOK", 0.0)
    monkeypatch.setattr(task, "Workers", lambda *args: crew.append(crews.Workers(*args)) or crew[0])

    def grow(event):
        room.append(crew[0].room)
        if event["chunk"] == 1:
            client.cluster.scale(3)
            client.wait_for_workers(3)

    shared = qb.sweep(slow, CELL, many, client=client, chunk=4, progress=grow)
    same(qb.sweep(slow, CELL, many, progress=False), shared)
    (late,) = set(pids(client)) - before
    hits, misses = heard(client)[late]
    assert hits >= 1 and misses == 0
    assert room[0] == 4 and room[-1] == 6
    client.cluster.scale(2)
    while len(client.scheduler_info(n_workers=-1)["workers"]) > 2:  # what is asked of one that leaves is not answered
        time.sleep(0.1)


# --------------------------------------------------------------------------------------------------- what goes wrong


def other_version(name, found):
    """On workers: packages seem to have other versions, or none."""
    from importlib import metadata

    version = metadata.version

    def other(package):
        if package != name:
            return version(package)
        if found is None:
            raise metadata.PackageNotFoundError
        return found

    metadata.version = other
    other.real = version


def same_version():
    from importlib import metadata

    metadata.version = getattr(metadata.version, "real", metadata.version)


@pytest.fixture
def strange(client):
    yield lambda name, found: client.run(other_version, name, found)
    client.run(same_version)


@pytest.mark.parametrize("name, found, says", [("jax", "0.1", r"jax 0\.1 in place of"), ("jaxqb", None, "jaxqb none")])
def test_other_packages_are_refused_before_any_work(client, strange, monkeypatch, name, found, says):
    strange(name, found)
    monkeypatch.setattr(client, "submit", None)
    with pytest.raises(SweepError, match=f"the one at tcp://.* has {says}.*; fix: install the same ones there"):
        qb.sweep(slow, CELL, COUPLINGS, client=client, progress=False)


def test_other_packages_of_a_worker_that_joins_late_are_refused(client, strange, monkeypatch):
    strange("jaxlib", "0.1")
    monkeypatch.setattr(crews, "_versions", lambda _: {})  # it was not there yet
    with pytest.raises(SweepError, match=r"has jaxlib 0\.1 in place of"):
        qb.sweep(slow, CELL, COUPLINGS, client=client, progress=False)


def test_what_cannot_be_pickled_is_refused(client):
    lock = threading.Lock()

    def figure(battery):
        with lock:
            return battery.coupling

    with pytest.raises(SweepError, match=r"`figures` must be such as can be sent.*lock.*; fix: "):
        qb.sweep(figure, CELL, COUPLINGS, client=client, progress=False)


def spiteful(battery):
    if on_worker():
        raise ZeroDivisionError("as it is")
    return battery.coupling


def unread(battery):
    if on_worker():
        Path("/nowhere/at/all").read_bytes()
    return battery.coupling


def two_faced(battery):
    return battery.coupling * (3 if on_worker() else 2)


def homeless(battery):
    if on_worker():
        import nowhere_at_all.deep  # noqa: F401
    return battery.coupling


def deadly(battery):
    if on_worker():
        os.kill(os.getpid(), signal.SIGKILL)
    return battery.coupling


WRONG = {
    "raises": (spiteful, ZeroDivisionError, "^as it is"),
    "reads": (unread, FileNotFoundError, "/nowhere/at/all"),
    "other code": (two_faced, SweepError, "made another program of the same figures"),
    "no module": (homeless, SweepError, r"a worker has no nowhere_at_all; fix: .*upload_file\('nowhere_at_all.py'\)"),
    "killed": (deadly, SweepError, r"1 were killed .* want of memory; fix: .*\(chunk=\)"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_goes_wrong_on_a_worker_is_said(client, monkeypatch, name):
    figure, kind, says = WRONG[name]
    monkeypatch.setattr(client.cluster.scheduler, "allowed_failures", 0)
    with pytest.raises(kind, match=says):
        qb.sweep(figure, CELL, COUPLINGS, client=client, progress=False)


def test_a_lost_scheduler_is_said_and_the_store_gone_on_with(alone, tmp_path):
    options = {"processes": False, "protocol": "tcp", "silence_logs": logging.CRITICAL + 1}
    quiet = {"dashboard_address": None, "scheduler_kwargs": {"dashboard_address": "127.0.0.1:0"}}
    cluster = distributed.LocalCluster(n_workers=1, threads_per_worker=1, **options, **quiet)
    client = distributed.Client(cluster.scheduler_address, timeout="1 s")

    def lose(event):
        if event["chunk"] == 3:
            cluster.close()

    with pytest.raises(SweepError, match=r"its scheduler was lost, .*; fix: .*the same call goes on"):
        qb.sweep(slow, CELL, COUPLINGS, client=client, store=tmp_path / "x.zarr", chunk=4, progress=lose)
    client.close()
    points = []
    found = qb.sweep(slow, CELL, COUPLINGS, store=tmp_path / "x.zarr", chunk=4, progress=lambda event: points.append(event))
    same(alone, found.load())
    assert len(points) <= 9


QUIET = """
    import os, signal, sys
    import jax, numpy as np
    from jax import lax
    jax.config.update("jax_enable_x64", True)
    import jaxqb as qb
    from jaxqb.sweeps.local_cluster import local

    large = np.ones(2_000_000)  # more than Dask likes to send
    slow = lambda battery: lax.fori_loop(0, 200_000, lambda _, x: lax.sin(x + large[0] * battery.coupling), battery.coupling)
    battery, axes, store = qb.SpinCharger(2, 2), {"coupling": np.linspace(0.5, 1.5, 48)}, sys.argv[1]

    def interrupt(event):
        if event.get("chunk") == 2:
            os.killpg(os.getpgrp(), signal.SIGINT)  # as a terminal does

    if __name__ == "__main__":
        with local(2) as client:
            workers = client.run(os.getpid)
            try:
                qb.sweep(slow, battery, axes, client=client, store=store, chunk=2, progress=interrupt)
            except KeyboardInterrupt as stopped:
                print(stopped)
            assert workers == client.run(os.getpid)
            whole = qb.sweep(slow, battery, axes, client=client, store=store, chunk=2, progress=False)
            print(whole.status_counts)
"""


def test_a_script_is_quiet_and_may_be_interrupted(tmp_path, cache):
    """Ctrl-C goes to all processes: this one ends when the running chunks are done, workers go on as if nothing was."""
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(QUIET), encoding="utf-8")
    env = os.environ | {"PYTHONPATH": str(Path(qb.__file__).parents[1]), "JAX_COMPILATION_CACHE_DIR": str(cache)}
    command = [sys.executable, str(script), str(tmp_path / "x.zarr")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=200, check=False, start_new_session=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    stopped, counts = done.stdout.splitlines()
    assert int(stopped.split()[0]) <= 6 and "of 24 chunks were added" in stopped
    assert counts == '{"ok": 48}'


DEVICES = """
    import jax, numpy as np
    jax.config.update("jax_enable_x64", True)
    import jaxqb as qb
    from jaxqb.sweeps import blocks

    build, texts = blocks.build, []

    def only_build(job):
        texts.append(build(job).run.as_text())
        assert len(job.devices) == 2
        raise InterruptedError

    blocks.build = only_build
    filling = lambda battery: qb.evolve(battery, [1.0, 4.0], "filling").saved["filling"]
    for figure, battery, axis in (
        ("first_peak", qb.SpinCharger(2, 2, anisotropy=0.5), "coupling"),
        (filling, qb.DarkStateBattery(2, 3), "thermal_occupation"),
        (filling, qb.SpinChain.dimer(4, gap_ratio=0.25), "hopping"),
    ):
        try:
            qb.sweep(figure, battery, {axis: [0.1, 0.2, 0.3, 0.4]})
        except InterruptedError:
            pass
    print(len(texts))
    for text in texts:
        assert " while(" in text
        for collective in ("all-reduce", "all-gather", "all-to-all", "collective-permute", "reduce-scatter"):
            assert collective not in text, collective
"""


def test_devices_never_wait_for_each_other():
    """No collective stands in a program of two devices, in its loops least of all: an anisotropic charger, a bath, a chain."""
    here = {"PYTHONPATH": str(Path(qb.__file__).parents[1]), "JAX_PLATFORMS": "cpu"}
    env = os.environ | here | {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(DEVICES)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "3\n"


@pytest.mark.parametrize("wrong", [0, True, "two", 1.5])
def test_a_local_cluster_needs_workers(wrong):
    with pytest.raises(SweepError, match="`workers` must be a number of processes"), local(wrong):
        pass


def test_a_local_cluster_that_does_not_start_says_why(monkeypatch):
    def fails(**_):
        raise RuntimeError("Nanny failed to start.")

    monkeypatch.setattr(distributed, "LocalCluster", fails)
    with pytest.raises(SweepError, match=r"nanny failed to start; fix: .*__main__"), local(2):
        pass
