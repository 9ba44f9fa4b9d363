"""The command line: what it prints, on which stream, with which exit code."""

import json
import math
import os
import subprocess
import sys
import time
import types
import warnings
from pathlib import Path

import pytest
import xarray as xr
from typer.testing import CliRunner

import jaxqb as qb
from jaxqb import cli, papers
from jaxqb.batteries import REGISTRY
from jaxqb.cli import process, rows

COMMANDS = [command.name or command.callback.__name__ for command in cli.app.registered_commands]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """No test writes into the user's cache, nor into the working directory."""
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def run(*arguments, code=0):
    result = CliRunner().invoke(cli.app, [str(a) for a in arguments])
    assert result.exit_code == code, (result.output, result.exception)
    return result


def printed(result):
    """Standard output is rows of JSON, and nothing else."""
    assert result.stdout
    return [json.loads(line) for line in result.stdout.splitlines()]


def refused(*arguments):
    """One sentence on stderr, nothing on stdout, exit code 2."""
    result = run(*arguments, code=2)
    lines = result.stderr.splitlines()
    assert result.stdout == "" and len(lines) == 1 and lines[0].startswith("error: ") and lines[0].endswith((".", "?"))
    return lines[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example_and_exit_codes(command):
    shown = run(command, "--help").stdout
    assert "Example:" in shown and f"jaxqb {command}" in shown


def test_help_lists_all_commands():
    shown = run("--help").stdout
    assert all(f" {command} " in shown for command in COMMANDS) and "Exit codes" in shown


def test_help_does_not_wait_for_jax():
    """The module of the command line needs nothing that is slow (the package around it is taken away here)."""
    program = (
        "import sys, types; package = types.ModuleType('jaxqb'); package.__path__ = sys.argv[1:2]\n"
        "sys.modules['jaxqb'] = package; from jaxqb import cli\n"
        "try: cli.app(['--help'])\n"
        "finally: assert not {'jax', 'numpy', 'pydantic', 'xarray'} & set(sys.modules), 'slow'"
    )
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", program, str(Path(cli.__file__).parents[1])], capture_output=True, text=True, check=False
    )
    assert time.perf_counter() - began < 5 and "optimize" in done.stdout and "slow" not in done.stderr


def completed(words):
    """What the shell is told, without jax."""
    words = f"jaxqb {words}"
    program = (
        "import sys, types; package = types.ModuleType('jaxqb'); package.__path__ = sys.argv[1:2]\n"
        "sys.modules['jaxqb'] = package; from jaxqb import cli\n"
        "try: cli.app(prog_name='jaxqb')\n"
        "finally: assert not {'jax', 'numpy', 'xarray'} & set(sys.modules), 'slow'"
    )
    asked = {"_JAXQB_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    command = [sys.executable, "-c", program, str(Path(cli.__file__).parents[1])]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | asked)
    assert "slow" not in done.stderr
    return done.stdout.split()


def test_shells_complete_names():
    assert completed("mod") == ["models"] and completed("charge SpinChar") == ["SpinCharger"]
    assert completed("charge SpinCharger n_") == ["n_battery=", "n_charger="]
    assert completed("reproduce pe") == ["peng2021"] and completed("reproduce peng2021 ta") == ["table1"]


def test_completed_names_are_all_that_there_are():
    from jaxqb.cli import complete

    def before(**given):
        return types.SimpleNamespace(params=given)

    assert complete.batteries("") == list(REGISTRY) and complete.papers("") == sorted(papers.KNOWN)
    for name, battery in REGISTRY.items():
        assert complete.fields(before(battery=name), "") == [f"{row['field']}=" for row in rows.fields(battery)]
    for key in papers.KNOWN:
        assert set(complete.figures(before(paper=key), "")) == set(papers.load(key).figures)
    assert complete.fields(before(battery=None), "") == complete.figures(before(paper="../cli"), "") == []


def test_models_are_those_of_the_package():
    shown = printed(run("models", "--json"))
    assert {row["battery"] for row in shown} == set(qb.batteries.REGISTRY)
    coupling = next(row for row in shown if (row["battery"], row["field"]) == ("SpinCharger", "coupling"))
    assert coupling == {"battery": "SpinCharger", "field": "coupling", "symbol": "g", "unit": "frequency"} | {
        "default": 1.0,
        "meaning": "battery-charger exchange",
    }
    table = run("models", "CavityCharger").stdout
    assert "photons" in table and "counter_rotating" in table and "SpinCharger" not in table


def test_charge_two_cells_by_four_spins():
    """The paper prints E = 1.92 and P = 3.04 for M = 2, N = 4, and E = M 0.96 is exact."""
    by_name = {row["figure"]: row for row in printed(run("charge", "SpinCharger", "n_battery=2", "n_charger=4", "--json"))}
    assert by_name["first_peak"]["value"] == pytest.approx(1.92, abs=1e-12)
    assert by_name["first_peak"]["unit"] == "hbar frequency"
    assert round(by_name["max_average_power"]["value"], 2) == 3.04
    assert "max_energy" not in by_name
    shown = run("charge", "SpinCharger", "n_battery=2", "n_charger=4").stdout
    assert "1.92" in shown and "hbar frequency^2" in shown and "solved" in shown


def test_charge_takes_starts_and_a_window():
    """A localised cell of two is half dark: that half keeps its energy 1, the other half oscillates between 1 and 2."""
    start = "battery_excitations={localised=1}"
    found = printed(run("charge", "SpinCharger", "n_battery=2", "n_charger=4", start, "--window", "2", "--json"))
    assert {row["figure"]: row["value"] for row in found}["max_energy"] == pytest.approx(1.5, abs=1e-9)


def test_what_does_not_exist_is_null_and_exit_code_1():
    """An empty charger charges nothing."""
    found = printed(run("charge", "SpinCharger", "n_battery=2", "n_charger=4", "charger_excitations=0", "--json", code=1))
    assert all(row["value"] is None for row in found) and {row["status"] for row in found} == {"no_peak"}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["charge", "SpinChrger", "n_battery=2"], ["`BATTERY`", "'SpinChrger'", "write SpinCharger"]),
        (["charge", "SpinCharger", "n_batery=2"], ["`n_batery`", "write n_battery"]),
        (["charge", "SpinCharger", "n_battery=2"], ["`n_charger`", "missing"]),
        (["charge", "SpinCharger", "n_battery=two", "n_charger=4"], ["`n_battery`", "'two'", "e.g. n_battery=2."]),
        (["charge", "SpinCharger", "n_battery"], ["FIELD=VALUE"]),
        (["charge", "SpinCharger", "n_battery=2", "n_battery=3", "n_charger=4"], ["n_battery", "once", "2 and 3"]),
        (["charge", "SpinCharger", "n_battery=2.5", "n_charger=4"], ["`n_battery`", "integer"]),
        (
            ["charge", "SpinCharger", "n_battery=2", "n_charger=4", "charger_excitations={termal=2}"],
            ["`charger_excitations.termal`"],
        ),
        (["charge", "SpinCharger", "n_battery=2", "n_charger=4", "--window", "-1"], ["window", "positive"]),
        (["charge", "SpinCharger", "--window", "abc"], ["'--window'", "see ", "charge --help."]),
        (["charge", "SpinCharger", "--jsn"], ["--jsn", "--json"]),
        (["chrge"], ["'chrge'"]),
        (["--foo"], ["--foo", "--help."]),
        (["models", "CavityChanger"], ["`BATTERY`", "write CavityCharger"]),
        (["sweep", "none.toml"], ["none.toml", "no such file"]),
        (["optimize", "none.toml"], ["none.toml", "no such file"]),
        (["reproduce", "nobody2000"], ["nobody2000", "huangfu2021", "--list"]),
        (["reproduce", "huangfu21"], ["huangfu21", "use huangfu2021 (", "--list"]),
        (["reproduce", "huangfu2021", "fig99"], ["fig99", "use fig9 (", "--list"]),
    ],
)
def test_wrong_input_is_one_sentence(arguments, named):
    sentence = refused(*arguments)
    assert all(word in sentence for word in named), sentence


@pytest.mark.parametrize("command", ["sweep", "optimize", "reproduce"])
@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_place_that_cannot_be_written_to_is_refused_before_anything_runs(command, place, tmp_path, monkeypatch):
    Path("file").touch()
    Path("sweep.toml").write_text(
        'figures = ["first_peak"]\n[battery]\ntype = "SpinCharger"\nn_battery = 2\n[sweep]\nn_charger = [2]\n'
    )
    Path("optimize.toml").write_text(
        '[battery]\ntype = "SpinCharger"\nn_battery = 2\nn_charger = 2\n[design]\ncoupling = [1.0, 2.0]\n'
        '[objective]\nmaximise = "max_average_power"\n'
    )
    monkeypatch.setattr(process, "start_jax", lambda *_: None)
    what = "peng2021" if command == "reproduce" else f"{command}.toml"
    sentence = refused(command, what, "--out", place)
    assert "--out" in sentence and place in sentence and "folder" in sentence


def test_optimize_draws_a_field_of_several_numbers(vector_design):
    """Spins that are excited have most energy at the start, with the largest gaps."""
    Path("vector.toml").write_text(vector_design)
    shown = run("optimize", "vector.toml", "--out", "out")
    assert "all at their upper bounds" in shown.stdout and Path("out/vector.png").stat().st_size > 10_000
    found = json.loads(Path("out/vector.json").read_text())
    assert found["parameters"]["gaps"] == pytest.approx([2.0, 2.0]) and found["value"] == pytest.approx(4.0)


def test_what_was_found_is_written_before_it_is_drawn(vector_design, monkeypatch):
    def fails(*_):
        raise RuntimeError

    Path("vector.toml").write_text(vector_design)
    monkeypatch.setattr("jaxqb.study.around.around", fails)
    result = CliRunner().invoke(cli.app, ["optimize", "vector.toml", "--out", "out"])
    assert isinstance(result.exception, RuntimeError)
    assert json.loads(Path("out/vector.json").read_text())["value"] == pytest.approx(4.0)


def test_doctor_checks_a_closed_form():
    (row,) = printed(run("doctor", "--json"))
    peak = max(math.sin(t) ** 2 / t for t in (1 + 1e-5 * i for i in range(30_000)))
    assert row["closed_form"] == pytest.approx(peak, abs=1e-9)
    assert row["passed"] and row["error"] < 1e-12 and row["precision"] == "float64" and "cpu" in row["devices"]


def test_doctor_names_optional_packages_that_are_installed(monkeypatch):
    monkeypatch.setattr(process, "version_of", lambda package: {"qutip": "5.9", "jax": "1.2"}.get(package, process.MISSING))
    (row,) = printed(run("doctor", "--json"))
    assert row["qutip"] == "5.9" and row["jax"] == "1.2" and row["zarr"] == process.MISSING and "dynamiqs" not in row


def test_doctor_sees_a_gpu_that_jax_does_not_use(monkeypatch):
    monkeypatch.setattr(Path, "exists", lambda path: True)
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    assert process.idle_gpu("cpu") and not process.idle_gpu("gpu")
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    assert not process.idle_gpu("cpu")
    monkeypatch.setattr(process, "idle_gpu", lambda backend: backend == "cpu")
    assert "jaxqb[cuda]" in printed(run("doctor", "--json"))[0]["hint"]


def test_doctor_says_when_the_check_fails(monkeypatch):
    monkeypatch.setattr(rows, "self_check", lambda: {"error": 0.01, "passed": False})
    assert "False" in run("doctor", code=1).stdout


def claims(stands):
    """What `reproduce` returns, for one paper with one claim."""
    columns = {"says": "P", "printed": "1.0", "ours": "1.1", "reading": "", "verdict": "reproduced", "stands": stands}
    dataset = xr.Dataset({name: ("claim", [value]) for name, value in columns.items()})
    return lambda *_, **__: xr.DataTree.from_dict({"/somebody2000/claims": dataset})


@pytest.mark.parametrize(("stands", "code"), [("yes", 0), ("NO", 1), ("not checked in quick size", 0)])
def test_reproduce_fails_where_a_claim_does(stands, code, monkeypatch):
    monkeypatch.setattr(papers, "reproduce", claims(stands))
    (row,) = printed(run("reproduce", "--json", code=code))
    assert (row["paper"], row["printed"], row["ours"], row["stands"]) == ("somebody2000", "1.0", "1.1", stands)
    assert "somebody2000" in run("reproduce", code=code).stdout


def test_reproduce_counts_verdicts_and_says_what_they_mean(monkeypatch):
    monkeypatch.setattr(papers, "reproduce", claims("yes"))
    shown = run("reproduce").stdout.split("Verdicts")[1]
    assert [line.split()[:2] for line in shown.splitlines() if "  reproduced " in line] == [["reproduced", "1"]]
    assert "our value is the printed one" in shown


def test_what_can_be_reproduced_is_listed(monkeypatch):
    monkeypatch.setattr(papers, "reproduce", None)  # nothing is computed
    found = printed(run("reproduce", "--list", "--json"))
    assert {row["paper"] for row in found} == set(papers.KNOWN)
    assert all(row["shows"].endswith(".") and 20 < len(row["shows"]) < 180 for row in found)
    (design,) = (row["shows"] for row in found if (row["paper"], row["figure"]) == ("peng2021", "design"))
    assert design.endswith("with Ising coupling.")  # the point of "Fig. 4" ends no sentence
    shown = run("reproduce", "peng2021", "--list").stdout
    assert "table1" in shown and "Table I" in shown and "huangfu2021" not in shown


def test_a_sweep_shows_parameters_then_figures_with_units():
    Path("study.toml").write_text(
        'figures = ["max_average_power", "energy_per_cell"]\n[battery]\ntype = "CavityCharger"\n'
        '[sweep]\n"photons, n_battery" = [1, 2]\ncoupling = [2.0]\n[output]\nplot = false\n'
    )
    shown = run("sweep", "study.toml").stdout.splitlines()
    names, units, first = (line.split() for line in (shown[2], shown[3], shown[5]))
    order = ["photons", "n_battery", "coupling", "max_average_power", "energy_per_cell", "status"]
    assert " ".join(names) == "n battery coupling max average power energy per cell" and units[-1] == "status"
    assert " ".join(units) == "photons (cells) (frequency) (hbar frequency^2) (hbar frequency) status"
    assert first[:3] == ["1", "1", "2"] and first[-1] == "ok"
    assert list(printed(run("sweep", "study.toml", "--json"))[0]) == order
    head, first, _ = Path("jaxqb-output/study.csv").read_text().splitlines()
    assert head == ",".join(order) and first.startswith("1,1,2.0,") and first.endswith(",ok")


def test_the_version_is_printed():
    assert run("--version").stdout == f"jaxqb {qb.__version__}\n"


def test_a_store_is_described_by_what_was_written_down():
    Path("study.toml").write_text(
        'figures = ["first_peak"]\n[battery]\ntype = "SpinCharger"\ncharger_frequency = 0.9\n'
        'charger_excitations = {thermal = 0.5}\n[sweep]\n"n_battery, n_charger" = [[1, 2], [2, 4]]\n[output]\nplot = false\n'
    )
    run("sweep", "study.toml", "--store", "x.zarr")
    shown = run("status", "x.zarr").stdout
    assert "SpinCharger(charger_frequency=0.9, charger_excitations=thermal(0.5)) " in shown
    assert "n_battery, n_charger (2) " in shown


def test_warnings_are_one_line_on_stderr(monkeypatch):
    def warn(**_):
        warnings.warn("the wind has turned", stacklevel=1)

    monkeypatch.setattr(process, "start_jax", warn)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        result = run("charge", "SpinCharger", "n_battery=2", "n_charger=4", "--json")
    assert "warning: the wind has turned\n" in result.stderr and len(printed(result)) == 3


def test_interrupt_is_exit_code_130(monkeypatch):
    def interrupt(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(process, "start_jax", interrupt)
    assert run("doctor", code=130).stderr == "interrupted\n"


def test_cache_folder_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert process.cache_folder() == tmp_path / "jaxqb"


# ----------------------------------------------------------------------------------------------------------- stores

MAP = """
[battery]
type = "SpinCharger"
n_battery = 1
n_charger = 3
[sweep]
coupling = [0.5, 1.0, 2.0]
charger_frequency = {start = 0.5, stop = 1.5, count = 8}
[numerics]
chunk = 8
"""


@pytest.fixture
def study(tmp_path):
    (tmp_path / "map.toml").write_text(MAP)
    return tmp_path / "map.toml"


def test_a_sweep_to_a_store(study, tmp_path):
    """Events while it runs, the table in the store, a picture; once more, and nothing is left to do."""
    *chunks, end = printed(run("sweep", study, "--store", "x.zarr", "--json"))
    assert [event["event"] for event in chunks] == ["chunk"] * 3 and chunks[-1]["points"] == chunks[-1]["of"] == 24
    assert end["event"] == "end" and end["points"] == 24 and end["statuses"] == {"ok": 24}
    assert (tmp_path / "jaxqb-output" / "map.png").exists() and not (tmp_path / "jaxqb-output" / "map.csv").exists()
    assert [event["event"] for event in printed(run("sweep", study, "--store", "x.zarr", "--json"))] == ["end"]
    assert "solved" in run("sweep", study, "--store", "x.zarr").stdout


def test_a_dry_run_writes_nothing(study, tmp_path):
    (row,) = printed(run("sweep", study, "--store", "x.zarr", "--dry-run", "--json"))
    assert row["points"] == 24 and row["chunks"] == 3 and row["done"] == 0
    assert run("sweep", study, "--dry-run").stdout.splitlines()[0].split() == ["points", "24"]
    assert sorted(path.name for path in tmp_path.iterdir()) in (["cache", "map.toml"], ["map.toml"])


def test_another_sweep_takes_a_branch(study):
    run("sweep", study, "--store", "x.zarr")
    study.write_text(MAP.replace("0.5, 1.0", "0.6, 1.0"))
    result = run("sweep", study, "--store", "x.zarr", code=2)
    assert "coupling" in result.stderr and "0.5" in result.stderr and "0.6" in result.stderr and "--branch" in result.stderr
    assert "x-2.zarr" in run("sweep", study, "--store", "x.zarr", "--branch").stderr


def test_what_a_store_holds(study, tmp_path):
    """Status, picture and files of a store, whole and with a chunk that is gone."""
    run("sweep", study, "--store", "x.zarr")
    (whole,) = printed(run("status", "x.zarr", "--json"))
    assert whole == {"store": "x.zarr", "chunks": 3, "whole": 3, "damaged": 0, "ok": 24}
    run("export", "x.zarr", "x.nc")
    data, plain = xr.open_zarr("x.zarr", chunks=None), xr.open_dataset("x.nc")
    assert plain.equals(data) and plain.first_peak.attrs == data.first_peak.attrs
    plain.close()
    run("export", "x.zarr", "x.csv")
    assert len((tmp_path / "x.csv").read_text().splitlines()) == 25
    for name in ("first_peak", "status", "max_average_power", "first_peak_time", "max_average_power_time"):
        (tmp_path / "x.zarr" / name / "c" / "1" / "0").unlink()
    (gone,) = printed(run("status", "x.zarr", "--json", code=1))
    assert gone["whole"] == 2 and gone["damaged"] == 1 and gone["missing"] == 8
    assert "goes on with what is missing" in run("status", "x.zarr", code=1).stdout
    run("plot", "x.zarr", "first_peak", "--out", "pictures")
    assert (tmp_path / "pictures" / "x.png").exists()
    assert "write max_average_power" in refused("plot", "x.zarr", "max_averge_power")
    assert "end with .nc or .csv" in refused("export", "x.zarr", "x.parquet")
    assert "solved again" in run("sweep", study, "--store", "x.zarr").stderr
    assert printed(run("status", "x.zarr", "--json")) == [whole]


def test_missing_points_are_marked(study):
    from jaxqb.study import picture

    run("sweep", study, "--store", "x.zarr")
    data = xr.open_zarr("x.zarr", chunks=None).load()
    gap = data.coupling == 1.0
    data["first_peak"], data["status"] = data.first_peak.where(~gap), data.status.where(~gap, int(qb.Status.MISSING))
    figure = picture.of_sweep(data, ["first_peak"])
    assert figure.get_suptitle() == "crosses: 8 points not computed yet"
    (crosses,) = [line for line in figure.axes[0].lines if line.get_marker() == "x"]
    assert crosses.get_xdata().tolist() == data.charger_frequency.values.tolist()
    data["status"] = data.status.where(~gap, int(qb.Status.NOT_FINITE))
    assert picture.of_sweep(data, ["first_peak"]).get_suptitle() == "crosses: 8 points without an answer"
    assert picture.of_sweep(data.where(~gap, 1.0), ["first_peak"]).get_suptitle() == ""


def test_a_disk_is_exit_code_3(study, monkeypatch):
    from jaxqb.sweeps import store

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_write", full)
    line = run("sweep", study, "--store", "x.zarr", code=3).stderr.splitlines()[-1]
    assert "no space left" in line and "x.zarr" in line and "make room" in line


def test_a_battery_with_memory_needs_a_window_of_the_command_line():
    said = refused("charge", "WaveguideBattery", "frequency=0.6", "separation=0.1", "radiation_rate=0.5")
    assert said.startswith("error: `--window` must be given") and "--window 40" in said


def test_no_column_is_lost_where_a_table_is_wide(tmp_path):
    """Printed to a file; the status stands in the last column."""
    text = '[battery]\ntype = "SpinCharger"\n[sweep]\n"n_battery, n_charger" = [[1, 2], [2, 4]]\n[output]\nplot = false\n'
    (tmp_path / "wide.toml").write_text(text, encoding="utf-8")
    shown = run("sweep", tmp_path / "wide.toml", "--out", tmp_path).stdout
    assert "max average power time" in shown and "status" in shown and shown.count(" ok") == 2
