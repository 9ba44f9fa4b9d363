"""Sixty malformed inputs in twelve classes: one sentence each, before anything is compiled, and nothing is left behind."""

import re

import pytest
from typer.testing import CliRunner

from jaxqb import cli

BATTERY = '[battery]\ntype = "SpinCharger"\nn_battery = 2\nn_charger = 2\n'
SWEEP = BATTERY + "[sweep]\ncoupling = [0.5, 1.0]\n"
GRAMMAR = re.compile(r"^error: (.*: )?`[^`]+` must .+, but .+; fix: .+\.$")


def sweep(text):
    """A study file with this text."""
    return ("sweep", "study.toml"), text


def numerics(line):
    return sweep(SWEEP + "[numerics]\n" + line)


def axis(line):
    return sweep(BATTERY + "[sweep]\n" + line)


def command(*words):
    return words, SWEEP


INPUTS = {
    "files": [
        sweep("[battery\n"),
        sweep("battery = [1, 2\n"),
        sweep('[battery]\ntype = "SpinCharger"\n[battery]\n'),
        sweep(b"\xff\xfe\x00"),
        (("sweep", "nowhere.toml"), SWEEP),
    ],
    "unknown tables and keys": [
        sweep(SWEEP + "[numeric]\nchunk = 3\n"),
        sweep('titel = "x"\n' + SWEEP),
        numerics("chunks = 3"),
        sweep(SWEEP + '[output]\nstores = "x.zarr"\n'),
        sweep(SWEEP + "[constraints]\nfilling = {at_least = 0.5}\n"),
    ],
    "missing tables and keys": [
        sweep(""),
        sweep(BATTERY),
        sweep("[sweep]\ncoupling = [1.0]\n"),
        sweep("[battery]\nn_battery = 2\n[sweep]\ncoupling = [1.0]\n"),
        sweep('[battery]\ntype = "SpinCharger"\n[sweep]\ncoupling = [1.0]\n'),
    ],
    "wrong types": [
        axis('coupling = ["a"]'),
        axis("coupling = 3"),
        numerics('chunk = "many"'),
        sweep(SWEEP.replace("n_battery = 2", 'n_battery = "two"')),
        sweep("figures = 7\n" + SWEEP),
    ],
    "numbers out of range": [
        axis("coupling = [nan]"),
        axis("n_charger = [-1]"),
        axis("n_battery = [2.5]"),
        numerics("chunk = 0"),
        numerics("window = -1.0"),
    ],
    "batteries": [
        sweep(SWEEP.replace("SpinCharger", "SpinCharge")),
        sweep(SWEEP.replace("n_battery = 2", "n_batery = 2")),
        sweep(SWEEP.replace("n_battery = 2", "n_battery = 0")),
        sweep(SWEEP.replace("n_charger = 2", "n_charger = 2\ncharger_excitations = {warm = 1.0}")),
        sweep(SWEEP.replace("n_charger = 2", "n_charger = 2\ncharger_excitations = 9")),
    ],
    "axes": [
        axis(""),
        axis("coupling = []"),
        axis("copling = [1.0]"),
        axis('"coupling, coupling" = [1.0]'),
        axis('coupling = {start = 0.0, stop = 1.0, count = 3, spacing = "log"}'),
    ],
    "figures": [
        sweep('figures = ["first_peek"]\n' + SWEEP),
        sweep("figures = []\n" + SWEEP),
        sweep('figures = ["max_energy"]\n' + SWEEP),
        sweep('figures = ["max_average_power_filling"]\n' + SWEEP),
        sweep("figures = [1]\n" + SWEEP),
    ],
    "numerics": [
        numerics('mapping = "lane"'),
        numerics('mapping = ["loop", "loop"]'),
        numerics('method = "Eigens"'),
        numerics('method = "Resolvent"'),
        numerics("x64 = 1"),
    ],
    "stores": [
        command("sweep", "study.toml", "--store", "study.toml"),
        command("sweep", "study.toml", "--store", "full"),
        command("sweep", "study.toml", "--branch"),
        command("status", "nothing.zarr"),
        command("status", "full"),
    ],
    "clusters": [
        command("sweep", "study.toml", "--cluster", "local"),
        command("sweep", "study.toml", "--cluster", "local:0"),
        command("sweep", "study.toml", "--cluster", "local:many"),
        command("sweep", "study.toml", "--cluster", "slurm"),
        command("sweep", "study.toml", "--cluster", "tcp:/127.0.0.1"),
    ],
    "where to": [
        command("sweep", "study.toml", "--out", "study.toml"),
        command("plot", "nothing.zarr"),
        command("plot", "full"),
        command("export", "nothing.zarr", "x.nc"),
        command("optimize", "study.toml"),
    ],
}
CASES = [pytest.param(*each, id=f"{name}-{k}") for name, some in INPUTS.items() for k, each in enumerate(some)]


def test_there_are_sixty_in_twelve_classes():
    assert len(INPUTS) == 12 and all(len(some) == 5 for some in INPUTS.values())


@pytest.mark.parametrize(("words", "text"), CASES)
def test_one_sentence(words, text, tmp_path, monkeypatch, compiles):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "study.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("kept")
    with compiles(0):
        result = CliRunner().invoke(cli.app, list(words))
    assert result.exit_code == 2, (result.output, result.exception)
    (line,) = result.stderr.splitlines()
    assert result.stdout == "" and GRAMMAR.match(line), line
    assert (tmp_path / "full" / "mine.txt").read_text() == "kept"
    assert not list(tmp_path.glob("**/*.zarr"))
