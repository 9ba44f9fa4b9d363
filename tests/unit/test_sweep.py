"""`sweep`: the grid is right whatever the maps and blocks; structure compiles once; what is wrong is said at once."""

import contextlib
import json
import subprocess
import sys
import textwrap
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from truth import closed, tables

import jaxqb as qb
from jaxqb.errors import FieldError, MeritError, Status, StoreError, SweepError, TimesError
from jaxqb.sweeps import blocks, costs, outlook, plan, program
from jaxqb.sweeps import grid as grids

TIMES = np.array([0.2, 0.9])


def product(battery):
    """A figure that costs nothing and tells every point from every other."""
    return battery.coupling + 10 * battery.battery_frequency + 100 * battery.n_battery + 1000 * battery.n_charger


def energy(battery):
    """Energy at two times."""
    return {"energy": qb.evolve(battery, TIMES).saved["energy"]}


CELL = qb.SpinCharger(n_battery=1, n_charger=1)
G, W, M, N = np.array([0.5, 0.7]), np.array([1.0, 2.0, 3.0]), np.arange(1, 6), np.arange(2, 9)
AXES = {"n_battery": M, "coupling": G, "n_charger": N, "battery_frequency": W}  # evaluated in another order
GRID = 100 * M[:, None, None, None] + G[:, None, None] + 1000 * N[:, None] + 10 * W


# ---------------------------------------------------------------------------------------------- the table of a paper


@pytest.fixture(scope="module")
def table(compiles):
    """150 designs: Table I of Peng et al."""
    battery = qb.SpinCharger(n_battery=1, n_charger=100)
    axes = {"n_charger": [100, 200, 300], ("n_battery", "charger_excitations"): range(1, 51)}
    with compiles(1):
        return qb.sweep(["first_peak", "max_average_power"], battery, axes)


def test_the_table_is_exact(table):
    for size, _, start, _, _, alpha, beta, _, _ in tables.TABLE_I:
        if start == "N_B":
            power = table.max_average_power.sel(n_charger=size)
            slope, offset = np.polyfit(np.log(power.n_battery), np.log(power), 1)
            assert (slope, np.exp(offset)) == pytest.approx((alpha, beta), abs=2e-10)
    for cells, fraction in tables.P2_FIG4A:
        assert float(table.first_peak.sel(n_charger=300, n_battery=cells)) == pytest.approx(cells * fraction, rel=1e-11)
    assert (table.status == Status.OK).all()


def test_other_values_of_the_same_shape_compile_nothing(table, compiles):
    """Powers are proportional to the coupling; and a charger too small for its start is a NaN of its own."""
    battery = qb.SpinCharger(n_battery=1, n_charger=100, coupling=0.5)
    axes = {"n_charger": [20, 200, 300], ("n_battery", "charger_excitations"): range(1, 51)}
    with compiles(0):
        again = qb.sweep(["first_peak", "max_average_power"], battery, axes)
    small = again.sel(n_charger=20)
    assert (small.status == np.where(small.n_battery > 20, Status.OUTSIDE_PADDING, Status.OK)).all()
    assert (np.isnan(small.max_average_power) == (small.n_battery > 20)).all()
    whole = again.sel(n_charger=[200, 300])
    np.testing.assert_allclose(2 * whole.max_average_power, table.max_average_power.sel(n_charger=[200, 300]), rtol=1e-12)
    assert json.loads(again.status_counts) == {"ok": 120, "outside_padding": 30}


def test_a_warm_call_repeats_every_bit(table):
    battery = qb.SpinCharger(n_battery=1, n_charger=100)
    axes = {"n_charger": [100, 200, 300], ("n_battery", "charger_excitations"): range(1, 51)}
    again = qb.sweep(["first_peak", "max_average_power"], battery, axes)
    assert again.seconds_compile < 0.05
    assert np.array_equal(again.first_peak, table.first_peak)  # to the last bit, whichever worker took which block


def test_windows_share_one_program(compiles):
    """Records of the energy of ten cells, which creep up with the window."""
    battery = qb.SpinCharger(n_battery=10, n_charger=10)
    with compiles(1):
        first, second = (qb.sweep("max_energy", battery, {"coupling": [1.0, 2.0]}, window=window) for window in (1.0, 4.0))
    records = dict(tables.RECORDS_10)
    times = sorted(records)
    assert float(first.max_energy.sel(coupling=1.0)) == pytest.approx(records[times[0]], rel=1e-11)
    assert float(second.max_energy.sel(coupling=1.0)) == pytest.approx(records[times[1]], rel=1e-11)
    assert float(second.max_energy_time.sel(coupling=2.0)) == pytest.approx(times[1] / 2, rel=1e-9)


# -------------------------------------------------------------------------------------------- maps, blocks, order


@pytest.mark.parametrize("mapping", [None, "loop", "lanes", "vmap", ("vmap", "loop", "lanes", "loop")])
@pytest.mark.parametrize("chunk", [None, 7])
def test_every_map_and_block_fills_the_same_grid(mapping, chunk):
    ds = qb.sweep(product, CELL, AXES, mapping=mapping, chunk=chunk)
    assert ds["product"].dims == tuple(AXES)
    np.testing.assert_allclose(ds["product"], GRID, rtol=1e-14)


@pytest.mark.parametrize("mapping", ["loop", "lanes", "vmap"])
def test_every_map_solves_the_same_physics(mapping):
    """One cell between detuned spins, against the closed form. Equal values on two axes are not a resonance."""
    axes = {"battery_frequency": W, "charger_frequency": W, "coupling": G}
    ds = qb.sweep(energy, CELL, axes, mapping=mapping, chunk=8)
    assert ds.energy.dims == ("battery_frequency", "charger_frequency", "coupling", "energy_0")
    for w in W:
        for h in W:
            for g in G:
                expected = w * closed.one_cell_excitation(TIMES, 1, 1, g, w - h)
                got = ds.energy.sel(battery_frequency=w, charger_frequency=h, coupling=g)
                np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_fields_that_move_together_stay_resonant():
    axes = {("battery_frequency", "charger_frequency"): W, ("n_battery", "n_charger"): [(1, 1), (1, 3)]}
    ds = qb.sweep(energy, CELL, axes)
    assert ds.energy.dims == ("battery_frequency", "n_battery", "energy_0")
    assert ds.n_charger.dims == ("n_battery",) and ds.n_charger.values.tolist() == [1, 3]
    for w in W:
        for k, size in enumerate((1, 3)):
            expected = w * closed.one_cell_excitation(TIMES, size, size)
            np.testing.assert_allclose(ds.energy.sel(battery_frequency=w)[k], expected, rtol=1e-12)


def test_photons_are_numbers_too():
    ds = qb.sweep(energy, qb.CavityCharger(n_battery=1, photons=1), {"photons": [1, 4], "cavity_frequency": [0.5, 1.0]})
    for photons in (1, 4):
        for frequency in (0.5, 1.0):
            expected = closed.jaynes_cummings(TIMES, photons, detuning=1 - frequency)
            np.testing.assert_allclose(ds.energy.sel(photons=photons, cavity_frequency=frequency), expected, rtol=1e-12)


def test_one_dimension_and_one_point():
    for values in ([3], range(1, 300)):
        ds = qb.sweep(product, CELL, {"n_charger": values}, chunk=64)
        np.testing.assert_allclose(ds["product"], 111 + 1000 * np.array(values))


def test_slow_axes_go_outermost_and_long_ones_innermost():
    field = lambda name, slow: qb.fields.Field(name, "", "", 0.0, False, False, slow, name)  # noqa: E731
    axis = lambda name, size, slow: _axis((field(name, slow),), size)  # noqa: E731
    axes = (axis("a", 3, False), axis("b", 9, False), axis("c", 50, True), axis("d", 2, False))
    assert plan.order_of(axes) == (2, 3, 0, 1)


def _axis(fields, size):
    from jaxqb.sweeps.axes import Axis

    return Axis(fields, (np.zeros(size),), (np.zeros(size),))


def test_blocks_are_whole_inside_and_cover_the_grid_once():
    rng = np.random.default_rng(1)
    for _ in range(50):
        lengths = tuple(int(n) for n in rng.integers(1, 40, rng.integers(1, 4)))
        kinds = ("loop",) * (len(lengths) - 1) + (str(rng.choice(plan.KINDS)),)
        devices = int(rng.integers(1, 5))
        count = int(rng.integers(1, 100))
        shape = plan.block_shape(lengths, kinds, count, devices)
        seen = np.zeros(lengths, int)
        for low, high in plan.tiles((0,) * len(lengths), lengths, shape):
            seen[tuple(map(slice, low, high))] += 1
        assert (seen == 1).all()
        assert len(list(plan.tiles((0,) * len(lengths), lengths, shape))) <= max(2 * count, 1)
        if devices > 1:
            assert shape[plan.shard_axis(shape, devices)] % devices == 0
        elif kinds[-1] == "lanes":
            assert shape[-1] % plan.batch(shape[-1]) == 0
    assert plan.block_shape((3, 50), ("loop",) * 2, 4) == (3, 13)  # four blocks, not six
    assert plan.block_shape((3, 50), ("loop",) * 2, 2) == (3, 25)  # no block of two thirds and one of one third
    assert plan.block_shape((1000, 1000), ("loop",) * 2, 245) == (5, 1000)
    assert plan.block_shape((4, 9), ("loop",) * 2, 36) == (1, 1)


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="an accelerator takes all points at once")
def test_lanes_are_the_default_where_points_are_many_and_steps_alike(monkeypatch, compiles):
    """Not in adaptive solves, nor in functions, which may hold one."""

    def kinds(figures, points, **options):
        jobs = []

        def stop(job, free):
            jobs.append(job)
            raise InterruptedError

        monkeypatch.setattr(grids, "affordable", stop)
        with compiles(0), contextlib.suppress(InterruptedError):
            qb.sweep(figures, CELL, {"coupling": np.linspace(0.5, 1.5, points), "n_charger": [1, 2]}, **options)
        return jobs[0].fields, jobs[0].kinds

    order = (("n_charger",), ("coupling",))
    assert kinds("first_peak", plan.MANY) == (order, ("loop", "lanes"))
    assert kinds("first_peak", plan.MANY // 4) == (order, ("loop", "loop"))
    assert kinds("first_peak", plan.MANY, method=qb.Adaptive()) == (order, ("loop", "loop"))
    assert kinds(product, plan.MANY) == (order, ("loop", "loop"))
    assert kinds("first_peak", plan.MANY, mapping=("vmap", "loop")) == (order, ("loop", "vmap"))
    assert plan.default_mapping(3, "gpu", lanes=False) == ("vmap", "vmap", "vmap")


# --------------------------------------------------------------------------------------------------------- memory


def test_out_of_memory_halves_the_block_and_goes_on(monkeypatch):
    """Blocks of more than ten points fail, as they would on a small device."""
    tried = []
    solve = blocks._solve

    def short_of_memory(program, job, *rest):
        tried.append(int(np.prod(job.shape)))
        if tried[-1] > 10:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 1 bytes.")
        return solve(program, job, *rest)

    monkeypatch.setattr(blocks, "_solve", short_of_memory)
    ds = qb.sweep(product, CELL, AXES, chunk=70)
    np.testing.assert_allclose(ds["product"], GRID, rtol=1e-14)
    assert max(tried) > 10 and np.prod(list(json.loads(ds.block).values())) <= 10


def test_another_failure_is_not_swallowed(monkeypatch):
    tried = []

    def broken(*_):
        tried.append(1)
        raise jax.errors.JaxRuntimeError("INTERNAL: broken")

    monkeypatch.setattr(blocks, "_solve", broken)
    with pytest.raises(jax.errors.JaxRuntimeError, match="broken"):
        qb.sweep(product, CELL, AXES, chunk=1000)
    assert len(tried) == 1


def test_the_memory_estimate_bounds_blocks_and_lanes(monkeypatch):
    needs = {("vmap", 64): 100, ("vmap", 32): 50, ("lanes", 64): 5, ("loop", 64): 1}

    class Estimate:
        def __init__(self, job):
            self.temporaries = needs[job.kinds[0], job.shape[0]]

    monkeypatch.setattr(blocks, "build", Estimate)
    monkeypatch.setattr(blocks, "_budget", lambda device: 60)
    monkeypatch.setattr(blocks, "CACHE", 4)
    job = lambda kind: program.Job(None, (), (("coupling",),), (64,), (kind,), float, ("device",), 64)  # noqa: E731
    assert blocks.affordable(job("vmap"), True).shape == (32,)
    assert blocks.affordable(job("lanes"), True).kinds == ("loop",)
    assert blocks.affordable(job("lanes"), False).kinds == ("lanes",)  # as asked


HANGING = """
    import faulthandler
    import jax, numpy as np
    jax.config.update("jax_enable_x64", True)
    import jaxqb as qb
    from jaxqb.sweeps import run

    faulthandler.dump_traceback_later(100, exit=True)
    run.workers = lambda devices: 2
    battery = qb.SpinCharger(6, 6, charger_excitations=qb.thermal(3.0))
    times = np.linspace(0, 1, 21)
    figure = lambda battery: qb.evolve(battery, times, method=qb.Eigen()).saved["energy"]
    for mapping in ("lanes", "loop"):
        for k in range(6):
            axes = {"coupling": np.linspace(0.5, 1.5, 20), "battery_frequency": np.linspace(1.1, 2 + k, 16)}
            qb.sweep(figure, battery, axes, mapping=mapping)
"""


def test_matrices_in_lanes_do_not_block_each_other():
    """Two blocks at a time, each with batched factorisations, waited for ever."""
    env = {"PYTHONPATH": str(Path(qb.__file__).parents[1])}
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(HANGING)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr


# ------------------------------------------------------------------------------------------------------- devices

TWO_DEVICES = """
    import jax, numpy as np
    jax.config.update("jax_enable_x64", True)
    import jaxqb as qb
    from jaxqb.sweeps import blocks

    built = []
    build = blocks.build
    blocks.build = lambda job: built.append((job, build(job))) or built[-1][1]
    battery = qb.SpinCharger(n_battery=1, n_charger=3)
    axes = {"n_charger": [3.0, 5.0, 6.0], ("n_battery", "charger_excitations"): [1, 2, 3, 3, 2]}
    mesh = qb.sweep(["first_peak"], battery, axes, chunk=9)
    with jax.default_device(jax.local_devices()[1]):
        alone = qb.sweep(["first_peak"], battery, axes, chunk=9)
    (several, program), (single, _) = built[0], built[-1]
    assert len(several.devices) == 2 and single.devices == (jax.local_devices()[1],), (several, single)
    used = jax.tree.leaves(program.run.output_shardings)[0]
    assert len(used.device_set) == 2 and not used.is_fully_replicated, used
    text = program.run.as_text()
    for collective in ("all-reduce", "all-gather", "all-to-all", "collective-permute", "reduce-scatter"):
        assert collective not in text, collective
    assert "while" in text
    for name in ("first_peak", "first_peak_time"):
        assert np.array_equal(mesh[name], alone[name])  # to the last bit
    assert (mesh.status == 0).all()
    print(mesh.device, mesh.block, mesh.first_peak.values[0, 2])
"""


def test_two_devices_share_a_block_without_talking():
    here = {"PYTHONPATH": str(Path(qb.__file__).parents[1]), "JAX_PLATFORMS": "cpu"}
    env = here | {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(TWO_DEVICES)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    device, _, value = done.stdout.strip().partition("{")
    assert device.startswith("2 x cpu")
    assert float(value.split()[-1]) == pytest.approx(tables.FIRST_PEAKS[0][2], rel=1e-11)  # three cells, three spins


# ------------------------------------------------------------------------------------------ labels and provenance


def test_labels_and_provenance(table):
    assert table.n_battery.attrs == {"long_name": "number of battery cells", "symbol": "N_B", "units": "cells"}
    assert table.charger_excitations.dims == ("n_battery",)
    assert table.first_peak.attrs["symbol"] == "E_first" and table.first_peak.attrs["units"] == "hbar frequency"
    assert table.first_peak_time.attrs["units"] == "1 / frequency"
    assert table.n_battery.dtype == np.arange(1).dtype  # as given
    assert table.status.dtype == np.int8
    assert table.status.attrs["flag_values"] == [int(status) for status in Status]
    assert table.status.attrs["flag_meanings"].split()[Status.NO_PEAK] == "no_peak"
    assert table.attrs["jax"] == jax.__version__ and table.attrs["numpy"] == np.__version__
    assert table.attrs["method"] == "Chebyshev()" or "Chebyshev" in table.attrs["method"]
    assert json.loads(table.attrs["axes"])["n_battery"] == ["n_battery", "charger_excitations"]
    battery = json.loads(table.attrs["battery"])
    assert battery["type"] == "SpinCharger" and battery["coupling"] == 1.0 and "n_battery" not in battery
    assert battery["battery_excitations"] == {"type": "Level", "number": 0.0}
    assert table.attrs["dtype"] == "float64" and table.attrs["x64"] == 1
    assert all(isinstance(value, (str, int, float)) for value in table.attrs.values())


def test_the_dataset_can_be_stored(table, tmp_path):
    import xarray

    table.to_netcdf(tmp_path / "table.nc", engine="scipy")
    with xarray.open_dataset(tmp_path / "table.nc", engine="scipy") as read:
        xarray.testing.assert_equal(read.load(), table)
        assert read.attrs["battery"] == table.attrs["battery"]
    table.to_zarr(tmp_path / "table.zarr", consolidated=False)
    read = xarray.open_zarr(tmp_path / "table.zarr", consolidated=False)
    xarray.testing.assert_equal(read.load(), table)


def test_progress_is_lines_where_there_is_no_terminal(capsys):
    qb.sweep(product, CELL, AXES, chunk=7)
    assert capsys.readouterr().err == ""  # over before anyone would ask
    qb.sweep(product, CELL, AXES, chunk=7, progress=True)
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("sweep: 210 of 210 points")
    qb.sweep(product, CELL, AXES, chunk=7, progress=False)
    assert capsys.readouterr().err == ""


def test_progress_is_a_bar_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    qb.sweep(product, CELL, AXES, chunk=7, progress=True)
    assert "210/210" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------- what goes wrong


def clash(battery):
    return {"coupling": battery.coupling}


def grid(axes, **options):
    return qb.sweep(product, CELL, axes, **options)


FAMILY = qb.SpinCharger(np.array([1, 2]), 2)
CAVITY = qb.CavityCharger(n_battery=2, photons=2)
WRONG = {
    "no axes": (lambda: qb.sweep("first_peak", CELL, {}), SweepError, "`axes` must be a dict.*it is empty"),
    "axes no dict": (
        lambda: qb.sweep("first_peak", CELL, ["coupling"]),
        SweepError,
        "`axes` must be a dict.*it is list",
    ),
    "unknown field": (
        lambda: qb.sweep("first_peak", CELL, {"n_chargers": [1]}),
        SweepError,
        "'n_chargers'.*write n_charger",
    ),
    "far field": (lambda: qb.sweep("first_peak", CAVITY, {"x": [1]}), SweepError, "use one of n_battery, .*photons"),
    "static field": (lambda: qb.sweep("first_peak", CELL, {"levels": [1]}), SweepError, "'levels' is none"),
    "twice": (
        lambda: grid({"coupling": [1], ("n_charger", "coupling"): [1]}),
        SweepError,
        "occurs twice",
    ),
    "text for several": (
        lambda: grid({"n_battery, n_charger": [1]}),
        SweepError,
        r"'n_battery, n_charger' is text; fix: write \('n_battery', 'n_charger'\)",
    ),
    "key": (lambda: grid({1: [1]}), SweepError, "tuples of names as keys"),
    "empty": (lambda: grid({"coupling": []}), SweepError, "`coupling` must have at least one value"),
    "scalar": (lambda: grid({"coupling": 1.0}), SweepError, "sequence of numbers"),
    "matrix": (lambda: grid({"coupling": [[1.0]]}), SweepError, "sequence of numbers"),
    "ragged": (lambda: grid({"coupling": [[1.0], 2]}), SweepError, "sequence of numbers"),
    "tuples": (lambda: grid({("n_battery", "n_charger"): [(1, 2, 3)]}), SweepError, "tuples of 2"),
    "columns": (lambda: grid({("n_battery", "n_charger"): ([1, 2], [3, 4])}), SweepError, "list of tuples, one a point"),
    "unequal tuples": (
        lambda: grid({("n_battery", "n_charger"): [(1, 2, 3), (2, 4)]}),
        SweepError,
        r"of tuples of 2, but it is .*; fix: give n_battery, n_charger e.g. \[\(1, 2\), \(3, 4\)\]",
    ),
    "nan": (lambda: grid({"coupling": [1.0, np.nan]}), FieldError, "`coupling` must be finite"),
    "words": (lambda: grid({"coupling": ["a"]}), FieldError, "`coupling` must be a real number"),
    "one that is complex": (lambda: grid({"coupling": [1.0, 1j]}), FieldError, "it is 1j;"),
    "one that is a word": (lambda: grid({"coupling": [1.0, "a"]}), FieldError, "it is 'a';"),
    "half a cell": (
        lambda: grid({"n_battery": [1, 2.5]}),
        FieldError,
        "`n_battery` must be an integer.*2.5;",
    ),
    "negative": (lambda: grid({"charger_excitations": [-1]}), FieldError, "at least 0"),
    "hull": (
        lambda: qb.sweep(product, FAMILY, {"coupling": [1]}),
        FieldError,
        "`n_battery` must be one number",
    ),
    "figure": (lambda: qb.sweep("peak", CELL, {"coupling": [1]}), MeritError, "'peak' is none"),
    "part of a figure": (lambda: qb.sweep("energi", CELL, {"coupling": [1]}), MeritError, "write energy_per_cell"),
    "figure of a state": (lambda: qb.sweep("ergotropy", CELL, {"coupling": [1]}), MeritError, "save='ergotropy'"),
    "window": (lambda: qb.sweep("max_energy", CELL, {"coupling": [1]}, window=-1), TimesError, "positive time"),
    "no window": (lambda: qb.sweep("max_energy", CELL, {"coupling": [1]}), MeritError, "window"),
    "mapping": (
        lambda: grid({"coupling": [1]}, mapping="map"),
        SweepError,
        "'loop', 'lanes', 'vmap'",
    ),
    "mappings": (lambda: grid({"coupling": [1]}, mapping=("loop",) * 2), SweepError, "2 for 1"),
    "chunk": (lambda: grid({"coupling": [1]}, chunk=0), SweepError, "at least 1"),
    "store": (lambda: grid({"coupling": [1]}, store=7), StoreError, "be the path of a folder"),
    "client": (lambda: grid({"coupling": [1]}, client=1), SweepError, "be a dask.distributed.Client"),
    "branch": (lambda: grid({"coupling": [1]}, branch="yes"), SweepError, "`branch` must be True or False"),
    "name": (
        lambda: qb.sweep(clash, CELL, {"coupling": [1]}),
        SweepError,
        "'coupling' is an axis",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_before_anything_is_compiled(name, compiles):
    call, kind, sentence = WRONG[name]
    with compiles(0), pytest.raises(kind, match=sentence) as error:
        call()
    assert "; fix: " in str(error.value)


def test_a_traced_battery_is_refused():
    with pytest.raises(FieldError, match="outside of jit"):
        jax.jit(lambda g: qb.sweep(product, CELL.replace(coupling=g), {"n_charger": [1]}))(1.0)


def test_a_failing_point_leaves_the_others_alone():
    ds = qb.sweep(lambda b: jnp.sqrt(b.coupling), CELL, {"coupling": [-1.0, 4.0]})
    assert ds.value.values == pytest.approx([np.nan, 2.0], nan_ok=True)
    assert ds.status.values.tolist() == [Status.NOT_FINITE, Status.OK]


def test_curves_take_the_quick_method_and_derivatives_by_sizes_the_right_one() -> None:
    """Where the last level's coupling vanishes `Eigen` has no derivative by a size; `sweep` asks for none, a figure may."""
    family = qb.SpinCharger(5, 6, charger_frequency=1.1, charger_excitations=4, levels=8)
    chosen, ts = [], [0.3, 0.7]

    def curve(battery):
        solution = qb.evolve(battery, ts)
        chosen.append(type(solution.method))
        return {"energy": solution.saved["energy"]}

    def slope(battery):
        by_size = lambda n: qb.evolve(battery.put(n_battery=n), ts).saved["energy"]  # noqa: E731
        return {"slope": jax.jacobian(by_size)(battery.n_battery)}

    assert np.all(qb.sweep(curve, family, {"n_battery": [3, 5]}, progress=False).status == 0)
    assert set(chosen) == {qb.Eigen}
    found = qb.sweep(slope, family, {"n_battery": [3, 5]}, progress=False).slope.values
    exact = lambda n: qb.evolve(family.put(n_battery=n), ts, method=qb.Chebyshev()).saved["energy"]  # noqa: E731
    np.testing.assert_allclose(found, jax.vmap(jax.jacobian(exact))(np.array([3.0, 5.0])), atol=1e-11)


# --------------------------------------------------------------------------------------------------- points of equal work


def test_points_of_equal_work_go_together():
    """Chargers in any order: a batch of lanes lasts as long as its slowest, so that neighbours should be alike."""
    sizes = np.random.default_rng(3).permutation(np.arange(1.0, 21.0))
    battery = qb.SpinCharger(n_battery=20, n_charger=40)
    fields, values = (("n_battery",), ("coupling",)), ((sizes,), (np.array([1.0, 2.0]),))
    work, none = costs.costs_of(battery, fields, values, ("lanes", "loop"))
    assert none is None and costs.costs_of(battery, fields, values, ("loop", "loop")) == (None, None)
    assert costs.costs_of(battery, (("n_battery",),), ((np.sort(sizes),),), ("lanes",)) == (None,)  # neighbours are alike already
    assert np.all(np.diff(work[np.argsort(sizes)]) > 0)  # more cells take more steps to charge


@pytest.mark.parametrize("chunk", [None, 7])
def test_order_of_work_is_not_seen(chunk):
    sizes = [5, 2, 4, 3, 8, 6]
    mixed = qb.sweep("first_peak", CELL, {"n_charger": sizes, "coupling": [1.0, 0.5]}, mapping=("lanes", "loop"), chunk=chunk)
    plain = qb.sweep("first_peak", CELL, {"n_charger": sizes, "coupling": [1.0, 0.5]}, mapping="loop")
    np.testing.assert_allclose(mixed.first_peak_time, plain.first_peak_time, rtol=1e-12)
    assert mixed.n_charger.values.tolist() == sizes


# -------------------------------------------------------------------------------------------------------- outlook


def test_the_outlook_says_what_comes(compiles, tmp_path):
    """Counts are those of the sweep that follows; nothing is written, and the program is not compiled twice."""
    axes = {"coupling": np.linspace(0.4, 0.9, 30), "battery_frequency": [1.0, 2.0]}
    look = qb.sweep(energy, CELL, axes, dry_run=True, store=tmp_path / "x.zarr", chunk=9)
    assert not (tmp_path / "x.zarr").exists()
    with compiles(0):
        ds = qb.sweep(energy, CELL, axes, chunk=9)
    assert look.points == 60 and look.chunk == json.loads(ds.attrs["chunk"])
    assert look.chunks == np.prod([-(-ds.sizes[name] // n) for name, n in look.chunk.items()])
    assert look.output_bytes == ds.energy.nbytes + ds.status.nbytes == 60 * (2 * 8 + 1)
    assert look.chunk_bytes == np.prod(list(look.chunk.values())) * 17 and look.done == 0
    assert 0 < look.seconds_run < 60 and look.memory_bytes > 0 and look.seconds_compile > 0
    assert str(look).splitlines()[0].split() == ["points", "60"]
    assert [outlook.amount(n) for n in (0, 1023, 1024, 3 * 2**30)] == ["0 bytes", "1023 bytes", "1.0 KiB", "3.0 GiB"]
    assert [outlook.span(s) for s in (0.04, 59, 90, 7200, 200_000)] == ["0.0 s", "59 s", "1.5 minutes", "2.0 hours", "2.3 days"]


def test_chunks_of_a_store_take_some_seconds():
    assert plan.stored_points(10**6, 1e-5, 17, 2) == 2**16  # no more, however quick a point is
    assert plan.stored_points(10**6, 1e-2, 17, 2) == 2**8  # 2.6 s
    assert plan.stored_points(10**6, 100.0, 17, 2) == 1
    assert plan.stored_points(10**6, 1e-5, 2**20, 2) == 32  # 32 MiB
    assert plan.stored_points(100, 1e-5, 17, 2) == 25  # some for every core


def test_progress_may_be_a_function():
    seen = []
    qb.sweep(product, CELL, AXES, chunk=7, progress=seen.append)
    assert seen[-1]["points"] == seen[-1]["of"] == 210 and seen[-1]["chunk"] == seen[-1]["chunks"] == len(seen)
    assert all(event["event"] == "chunk" and event["points_per_second"] > 0 for event in seen)


def test_figures_made_of_those_of_charge():
    battery, axes = qb.SpinCharger(3, 5), {"coupling": [0.5, 1.0]}
    plain = qb.sweep("first_peak", battery, axes)
    named = qb.sweep(["energy_per_cell", "filling", "first_peak_time"], battery, axes)
    assert set(named.data_vars) == {"energy_per_cell", "filling", "first_peak_time", "status"}
    assert np.allclose(named.energy_per_cell, plain.first_peak / 3, rtol=1e-14)
    assert np.allclose(named.filling, plain.first_peak / 3, rtol=1e-14)
    assert np.array_equal(named.first_peak_time, plain.first_peak_time)
    assert named.filling.attrs["units"] == "1"
