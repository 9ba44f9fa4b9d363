"""Study files: what is wrong is said in one sentence, at once, before anything is compiled."""

import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import jaxqb as qb
from jaxqb import SpinCharger, study
from jaxqb.errors import JaxqbError, StudyError
from jaxqb.figures import figures_of
from jaxqb.study.around import around

SWEEP = """
figures = ["first_peak", "max_average_power"]
[battery]
type = "SpinCharger"
n_battery = 2
[sweep]
n_charger = [2, 4]
"""
DESIGN = """
[battery]
type = "SpinCharger"
n_battery = 10
n_charger = 10
[design]
n_charger = [10, 40]
[objective]
maximise = "max_average_power"
[constraints]
energy_per_cell = {at_least = 0.95}
"""

# what is changed in a good study -> what the sentence must name
WRONG = {
    "unknown table": (SWEEP, "[sweep]", "[sweeep]\nx = [1.0]\n[sweep]", ["`sweeep`", "write sweep"]),
    "unknown key above the tables": (SWEEP, "figures", "figure", ["`figure`", "write figures"]),
    "key of a table above the tables": (
        SWEEP,
        "[battery]",
        "window = 3.0\n[battery]",
        ["`window`", "stand in [numerics]", "write it below [numerics]"],
    ),
    "memory without a window": (
        SWEEP,
        'type = "SpinCharger"\nn_battery = 2\n[sweep]\nn_charger = [2, 4]',
        'type = "WaveguideBattery"\nseparation = 0.1\nradiation_rate = 0.5\n[sweep]\nfrequency = [0.5, 0.6]',
        ["`numerics.window`", "memory", "window = 40.0"],
    ),
    "points of fields that move together": (
        SWEEP,
        "n_charger = [2, 4]",
        '"n_charger, coupling" = [[2, 1.0], [4, 2.0, 3.0]]',
        ["`sweep.n_charger, coupling[1]`", "2 values", "it has 3"],
    ),
    "points of one field": (SWEEP, "[2, 4]", "[[2, 4]]", ["`sweep.n_charger[0]`", "1 value,", "it has 2"]),
    "a list among numbers": (SWEEP, "[2, 4]", "[2, [4]]", ["`sweep.n_charger[1]`", "be a number", "[4]; fix: write one."]),
    "unknown key in a table": (
        SWEEP,
        "[sweep]",
        "[numerics]\nwindw = 3.0\n[sweep]",
        ["`numerics.windw`", "[numerics]", "write window"],
    ),
    "unknown key of an axis": (
        SWEEP,
        "[2, 4]",
        "{start = 2, stop = 4, cont = 3}",
        ["`sweep.n_charger.cont`", "write count"],
    ),
    "unknown key of a constraint": (
        DESIGN,
        "at_least",
        "at_lest",
        ["`constraints.energy_per_cell.at_lest`", "write at_least"],
    ),
    "unknown field of the battery": (
        SWEEP,
        "n_battery",
        "n_batery",
        ["`battery.n_batery`", "SpinCharger", "write n_battery"],
    ),
    "unknown axis": (SWEEP, "n_charger", "n_chargr", ["`sweep.n_chargr`", "write n_charger"]),
    "unknown design parameter": (DESIGN, "n_charger = [", "cuopling = [", ["`design.cuopling`", "write coupling"]),
    "unknown battery": (SWEEP, "SpinCharger", "SpinChager", ["`battery.type`", "write SpinCharger"]),
    "unknown figure": (SWEEP, "max_average_power", "max_averge_power", ["`figures`", "write max_average_power"]),
    "unknown objective": (
        DESIGN,
        '"max_average_power"',
        '"max_avrage_power"',
        ["`objective.maximise`", "write max_average_power"],
    ),
    "unknown method": (SWEEP, "[sweep]", '[numerics]\nmethod = "eigem"\n[sweep]', ["`numerics.method`", "write Eigen"]),
    "unknown start": (
        SWEEP,
        "[sweep]",
        "charger_excitations = {termal = 1.0}\n[sweep]",
        ["charger_excitations.termal", "write thermal"],
    ),
    "two starts": (
        SWEEP,
        "[sweep]",
        "charger_excitations = {thermal = 1.0, coherent = 1.0}\n[sweep]",
        ["`battery.charger_excitations`", "one key"],
    ),
    "wrong type: text for a number": (
        SWEEP,
        "[sweep]",
        '[numerics]\nwindow = "long"\n[sweep]',
        ["`numerics.window`", "be a number", "'long'"],
    ),
    "wrong type: number for text": (SWEEP, '"SpinCharger"', "7", ["`battery.type`", "be text", "7"]),
    "wrong type: fraction for a count": (
        DESIGN,
        "[design]",
        "[numerics]\nstarts = 2.5\n[design]",
        ["`numerics.starts`", "be an integer"],
    ),
    "wrong type: text in an axis": (SWEEP, "[2, 4]", '[2, "many"]', ["`sweep.n_charger[1]`", "be a number", "'many'"]),
    "wrong type: text for a field": (
        SWEEP,
        "n_battery = 2",
        'n_battery = "two"',
        ["`battery.n_battery`", "real number", "'two'"],
    ),
    "wrong type: number for a table": (SWEEP, "[battery]", "sweep = 3\n[battery]", ["TOML", "line"]),
    "wrong value: half a cell": (SWEEP, "n_battery = 2", "n_battery = 2.5", ["`battery.n_battery`", "integer"]),
    "wrong value: no window": (
        SWEEP,
        "[sweep]",
        "[numerics]\nwindow = -1.0\n[sweep]",
        ["`numerics.window`", "greater than 0"],
    ),
    "wrong value: infinite axis": (SWEEP, "[2, 4]", "[2, inf]", ["`sweep.n_charger[1]`", "finite"]),
    "wrong value: no charger in the axis": (SWEEP, "[2, 4]", "[4, 0]", ["`sweep.n_charger`", "at least 1", "0.0"]),
    "empty axis": (SWEEP, "[2, 4]", "[]", ["`sweep.n_charger`", "at least 1 value,", "it is []"]),
    "logarithm of zero": (
        SWEEP,
        "[2, 4]",
        '{start = 0, stop = 4, count = 3, spacing = "log"}',
        ["`sweep.n_charger`", "positive"],
    ),
    "three bounds": (DESIGN, "[10, 40]", "[10, 40, 50]", ["`design.n_charger`", "at most 2 values"]),
    "one bound": (DESIGN, "[10, 40]", "[10]", ["`design.n_charger`", "at least 2 values", "it is [10]"]),
    "not a number in an axis": (SWEEP, "[2, 4]", "[2, nan]", ["`sweep.n_charger[1]`", "be a finite number", "it is nan"]),
    "no starts": (
        DESIGN,
        "[design]",
        "[numerics]\nstarts = 0\n[design]",
        ["`numerics.starts`", "at least 1", "it is 0", "write 1"],
    ),
    "a number without a list": (SWEEP, "[2, 4]", "3", ["`sweep.n_charger`", "be a list", "it is 3", "[ ]"]),
    "a number for a figure": (SWEEP, '"first_peak", ', "3, ", ["`figures[0]`", "be text", "it is 3", "quotes"]),
    "one or no": (SWEEP, "[sweep]", "[numerics]\nx64 = 1\n[sweep]", ["`numerics.x64`", "true or false"]),
    "neither text nor list": (SWEEP, "[sweep]", "[numerics]\nmapping = 3\n[sweep]", ["`numerics.mapping`", "be text"]),
    "a number for a constraint": (DESIGN, "{at_least = 0.95}", "0.95", ["`constraints.energy_per_cell`", "be a table", "0.95"]),
    "no populations": (SWEEP, "[sweep]", "charger_excitations = []\n[sweep]", ["`battery.charger_excitations`", "it is []"]),
    "populations that are none": (
        SWEEP,
        "[sweep]",
        "charger_excitations = [0.5, nan]\n[sweep]",
        ["`battery.charger_excitations`", "finite", "[0.5, nan]"],
    ),
    "a start that is none": (
        SWEEP,
        "[sweep]",
        "charger_excitations = {thermal = nan}\n[sweep]",
        ["`battery.charger_excitations.thermal`", "finite", "nan"],
    ),
    "a figure of a state": (SWEEP, '"first_peak"', '"ergotropy"', ["'ergotropy'", "asked of a state", "save='ergotropy'"]),
    "part of a figure's name": (SWEEP, '"first_peak"', '"energi"', ["'energi'", "write energy_per_cell"]),
    "part of a figure's name, in a window": (
        SWEEP,
        '"first_peak", "max_average_power"]',
        '"energi"]\nnumerics.window = 1.0',
        ["'energi'", "write max_energy"],
    ),
    "constraint of a sweep": (
        SWEEP,
        "[sweep]",
        "[constraints]\nfirst_peak = {at_least = 1.0}\n[sweep]",
        ["`constraints`", "design"],
    ),
    "figures of a design": (
        DESIGN,
        "[battery]",
        'figures = ["first_peak"]\n[battery]',
        ["`figures`", "sweep", "this is a design"],
    ),
    "empty sweep": (SWEEP, "n_charger = [2, 4]", "", ["`sweep`", "empty"]),
    "unknown search": (
        DESIGN,
        "[design]",
        '[numerics]\nsearch = "bgfs"\n[design]',
        ["`numerics.search`", "'bfgs'", "'bgfs'"],
    ),
    "bounds that are one number": (DESIGN, "[10, 40]", "[10, 10]", ["`design.n_charger`", "[10, 10]", "give it in [battery]"]),
    "bounds the wrong way round": (DESIGN, "[10, 40]", "[40, 10]", ["`design.n_charger`", "[10, 40]"]),
    "missing table battery": (
        SWEEP,
        '[battery]\ntype = "SpinCharger"\nn_battery = 2',
        "",
        ["`battery`", "missing", "add a table [battery]"],
    ),
    "missing type": (SWEEP, 'type = "SpinCharger"', "", ["`battery.type`", "missing"]),
    "missing field": (SWEEP, "n_battery = 2", "", ["`battery.n_battery`", "missing"]),
    "missing objective": (
        DESIGN,
        '[objective]\nmaximise = "max_average_power"',
        "",
        ["`objective`", "missing", "add a table [objective]"],
    ),
    "neither sweep nor design": (SWEEP, "[sweep]\nn_charger = [2, 4]", "", ["`sweep`", "neither", "[design]"]),
    "both sweep and design": (
        SWEEP,
        "[sweep]",
        "[design]\ncoupling = [1.0, 2.0]\n[sweep]",
        ["both", "[sweep]", "[design]"],
    ),
    "both goals": (DESIGN, "maximise", 'minimise = "first_peak"\nmaximise', ["`objective`", "both"]),
    "empty constraint": (DESIGN, "{at_least = 0.95}", "{}", ["`constraints.energy_per_cell`", "at_least"]),
    "starts of a sweep": (
        SWEEP,
        "[sweep]",
        "[numerics]\nstarts = 3\n[sweep]",
        ["`numerics.starts`", "design", "this is a sweep"],
    ),
    "figure that needs a window": (SWEEP, '"first_peak"', '"max_energy"', ["`figures`", "window"]),
    "not TOML": (SWEEP, "n_battery = 2", "n_battery 2", ["TOML", "line 5"]),
    "twice the same key": (SWEEP, "n_battery = 2", "n_battery = 2\nn_battery = 3", ["TOML", "line 6"]),
}


def write(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_good_studies_pass(tmp_path):
    for text, table in ((SWEEP, "sweep"), (DESIGN, "design")):
        read = study.load(write(tmp_path, text))
        assert hasattr(read.tables, table) and isinstance(read.battery(), SpinCharger)


def test_fields_that_move_together_have_values_of_their_own(tmp_path):
    text = SWEEP.replace("n_charger = [2, 4]", '"n_charger, coupling" = [[2, 1.0], [4, 2.0]]')
    read = study.load(write(tmp_path, text))
    assert read.varied() == {("n_charger", "coupling"): [(2, 1.0), (4, 2.0)]} and read.fields() == ["n_charger", "coupling"]
    table = read.run(progress=False)
    assert table.n_charger.values.tolist() == [2, 4] and table.coupling.dims == ("n_charger",)
    assert table.first_peak.values == pytest.approx([float(qb.charge(qb.SpinCharger(2, n)).first_peak.value) for n in (2, 4)])


@pytest.mark.parametrize("case", WRONG)
def test_wrong_studies(case, tmp_path, compiles):
    good, old, new, named = WRONG[case]
    assert good.count(old) >= 1
    path = write(tmp_path, good.replace(old, new, 1))
    began = time.perf_counter()
    with compiles(0), pytest.raises(StudyError) as caught:
        study.load(path).battery()
    assert time.perf_counter() - began < 1
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith(".")
    assert re.search(r"`.+` must .+, but .+; fix: .+\.$", sentence)
    assert all(word in sentence for word in ["study.toml", *named]), sentence


@pytest.mark.parametrize(("make", "but"), [(lambda p: None, "no such file"), (Path.mkdir, "cannot be read")])
def test_files_that_are_none(make, but, tmp_path):
    path = tmp_path / "none.toml"
    make(path)
    with pytest.raises(StudyError, match=rf"none.toml` must be a study file, but .*{but}.*; fix: "):
        study.load(path)


def test_text_that_is_no_text(tmp_path):
    path = tmp_path / "none.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StudyError, match="cannot be read"):
        study.load(path)


def test_tables_are_checked_without_jax(tmp_path):
    path = write(tmp_path, SWEEP)
    program = (
        "import sys, types; package = types.ModuleType('jaxqb'); package.__path__ = sys.argv[1:2]\n"
        "sys.modules['jaxqb'] = package; from jaxqb import study; study.load(sys.argv[2])\n"
        "assert not {'jax', 'equinox'} & set(sys.modules), 'jax was imported'"
    )
    subprocess.run([sys.executable, "-c", program, Path(study.__file__).parents[1], path], check=True)


@pytest.mark.parametrize(
    ("axis", "values"),
    [
        ("{start = 2, stop = 6, count = 3}", np.linspace(2, 6, 3)),
        ('{start = 1, stop = 100, count = 3, spacing = "log"}', np.geomspace(1, 100, 3)),
        ("{start = 3, stop = 9, count = 1}", [3]),
        ("[1, 2.5]", [1, 2.5]),
    ],
)
def test_axes(axis, values, tmp_path):
    read = study.load(write(tmp_path, SWEEP.replace("n_charger = [2, 4]", f"coupling = {axis}")))
    np.testing.assert_allclose(read.varied()["coupling"], values, rtol=1e-14)


@pytest.mark.parametrize(
    ("written", "kind", "mean"),
    [
        ("{thermal = 1.5}", qb.thermal(1.5), 1.5),
        ("{coherent = 1.5}", qb.coherent(1.5), 1.5),
        ("{localised = 1}", qb.localised(1), 1),
        ("{populations = [0.25, 0, 0.75]}", qb.populations([0.25, 0, 0.75]), 1.5),
        ("[0.25, 0, 0.75]", qb.populations([0.25, 0, 0.75]), 1.5),
    ],
)
def test_starts(written, kind, mean, tmp_path):
    """What a study writes is the start: its mean number of excitations is that of the charger at t = 0."""
    text = SWEEP.replace("[sweep]", f"charger_excitations = {written}\n[sweep]")
    battery = study.load(write(tmp_path, text)).battery()
    assert type(battery.charger_excitations) is type(kind)
    begin = qb.evolve(battery, [0.0], save={"n": qb.merit.charger_energy})
    np.testing.assert_allclose(begin.saved["n"], [mean], atol=1e-12)


CHAIN = """figures = ["first_peak"]
[battery]
type = "SpinChain"
gaps = [1.0, 1.0, 1.0]
decay_rates = 0.1
hopping = 0.2
initial = [1.0, 0.0, 0.25]
[sweep]
"gaps[2]" = [0.5, 1.0]
"""


def test_chains_have_probabilities_and_entries(tmp_path):
    """Spins that are excited or not; and one of several gaps, which are given whole."""
    chain = study.load(write(tmp_path, CHAIN)).battery()
    np.testing.assert_array_equal(chain.initial, [1.0, 0.0, 0.25])
    assert study.load(write(tmp_path, CHAIN)).varied() == {"gaps[2]": [0.5, 1.0]}
    with pytest.raises(StudyError, match=r"`sweep.gasp\[2\]` .*; fix: write gaps"):
        study.load(write(tmp_path, CHAIN.replace("gaps[2]", "gasp[2]"))).battery()
    with pytest.raises(JaxqbError, match=r"`initial` .*thermal"):
        study.load(write(tmp_path, CHAIN.replace("[1.0, 0.0, 0.25]", "{thermal = 1.0}"))).battery()


def test_surroundings_of_a_field_of_several_numbers(tmp_path, vector_design):
    """Spins that are excited and decay have most energy at the start: the sum of the gaps, along each of them a line."""
    read = study.load(write(tmp_path, vector_design))
    best = read.run()
    np.testing.assert_allclose(best.parameters["gaps"], 2.0, atol=1e-9)
    near = around(read, best)
    assert [float(near.given[f"gaps[{k}]"]) for k in (0, 1)] == [1.0, 1.5] and float(near.given.max_energy) == 2.5
    assert [line.max_energy.dims for line in near.lines] == [("gaps[0]",), ("gaps[1]",), ("hopping",)]
    for k, line in enumerate(near.lines[:2]):
        np.testing.assert_allclose(line.max_energy, 2.0 + line[f"gaps[{k}]"], rtol=1e-9)
        assert line[f"gaps[{k}]"].attrs["long_name"].endswith(f" [{k}]")
    np.testing.assert_allclose(near.lines[2].max_energy, 4.0, rtol=1e-9)


def test_figures_are_compared_by_value():
    """So a second study of the same figures compiles nothing."""
    one, two = (figures_of(["energy_per_cell", "max_average_power"]) for _ in range(2))
    assert one == two and hash(one) == hash(two)


def test_figures_per_cell():
    """M = 2, N = 4: the first peak is 1.92, exactly."""
    figures = figures_of(["energy_per_cell", "first_peak", "first_peak_per_cell"])
    found = figures(SpinCharger(n_battery=2, n_charger=4))
    assert sorted(found) == ["energy_per_cell", "first_peak", "first_peak_per_cell", "status"]
    np.testing.assert_allclose([found["energy_per_cell"], found["first_peak_per_cell"]], 0.96, atol=1e-12)


def test_filling_is_energy_per_cell_over_its_frequency():
    """M = 2, N = 4 at frequency 2.5: 1.92 excitations of 2, exactly."""
    names = ["energy_per_cell", "filling", "first_peak_filling"]
    found = figures_of(names)(SpinCharger(2, 4, battery_frequency=2.5, charger_frequency=2.5))
    np.testing.assert_allclose([found[name] for name in names], [2.4, 0.96, 0.96], atol=1e-12)
    study.words.check_figure("figures", "filling", None)
    with pytest.raises(StudyError, match="name a figure"):
        study.words.check_figure("figures", "max_average_power_filling", None)
