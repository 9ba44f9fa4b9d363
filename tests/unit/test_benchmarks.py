"""The benchmarks' report from rows made by hand, what counts operations, and a workload's reference beside our answer."""

import json
import time
from dataclasses import asdict, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import accelerator, report
from benchmarks.contender import Contender
from benchmarks.counting import counted
from benchmarks.ours import ours
from benchmarks.peers import contenders
from benchmarks.reference import error, reference
from benchmarks.timing import Row, attempt, compare, read
from benchmarks.workloads import FULL, NAMES, QUICK

TINY = replace(QUICK["W5"], n=4, horizon=20.0)
FACTS = {"processor": "a processor", "cores": 2, "python": "3.11", "blas_threads": "1", "load": [0.1, 1.2]}


def _rows() -> list[Row]:
    ours = Row("W5", "jaxqb", "jit", {}, first_s=1.25, run_s=0.0125, cpu_s=0.02, error=7e-11, versions={"jaxqb": "1.2"}, rounds=5)
    ours.tried = {"jit": [1.25, 0.0125, 7e-11], "jit 1e-06": [1.0, 0.005, 1e-7]}
    peer = Row("W5", "scipy", "RK45", {}, first_s=0.05, run_s=0.05, cpu_s=0.05, error=9e-9, rounds=5, partner="jit")
    peer.ratios, peer.cpu_ratios, peer.tried = [3.0, 4.0, 9.0], [2.0, 2.5, 3.0], {"RK45": [0.05, 0.05, 9e-9]}
    lone = Row("W6 gradient", "dynamiqs", "Forward", {}, run_s=1.0, cpu_s=1.0, first_s=9.0, error=1e-7)
    return [ours, peer, lone, Row("W6", "qutip", "", {}, note="missing: qutip")]


def test_report_from_rows(tmp_path) -> None:
    report.write(tmp_path, _rows(), FACTS)
    text = (tmp_path / "table.md").read_text()
    line = next(line for line in text.splitlines() if "scipy" in line)
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[:5] == ["W5 chain that stores", "jit", "12.5 ms", "20 ms", "7e-11"]
    assert cells[5:] == ["scipy: RK45", "50 ms", "50 ms", "9e-09", "**4**", "2.5", "1.25 s", "50 ms", "5"]
    assert "* W6, qutip: missing: qutip" in text and "jaxqb 1.2" in text
    assert "others computed" not in text
    assert (tmp_path / "work.png").read_bytes().startswith(b"\x89PNG")
    assert "W5: chain that stores" in (tmp_path / "work.svg").read_text()


def test_report_says_that_others_computed() -> None:
    assert "others computed" in report.table(_rows(), FACTS | {"load": [0.1, 5.0, 1.0]})


def test_report_draws_every_configuration() -> None:
    figure = report.picture(_rows())
    points = {
        xy for line in figure.axes[0].lines if line.get_marker() not in ("", "None") for xy in line.get_xydata().round(12)[:, 1]
    }
    assert points == {0.0125, 0.005, 0.05}


def test_report_is_read_again(tmp_path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps({"machine": FACTS, "rows": [asdict(row) for row in _rows()]}))
    assert report.read(tmp_path) == (_rows(), FACTS)


def test_every_workload_has_a_name_and_every_tool_a_look() -> None:
    assert {*FULL, report.GRADIENT} == set(NAMES) and set(FULL) == set(QUICK)
    assert {tool for work in QUICK.values() for tool in contenders(work)} | {"jaxqb"} == set(report.LOOKS)


def test_gpu_where_there_is_none(monkeypatch, capsys) -> None:
    def none(platform=None):
        raise RuntimeError(
            f"Unknown backend: '{platform}' requested, but no platforms that are instances of {platform} are present."
        )

    monkeypatch.setattr(jax, "devices", none)
    with pytest.raises(SystemExit) as left:
        command.main(["--device", "gpu", "--blas-threads", "0"])
    said = capsys.readouterr()
    assert left.value.code == 2 and not said.out
    assert said.err.startswith("`--device gpu` must find a GPU, but jax sees only") and said.err.count("\n") == 1


def test_batches_without_a_card(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setattr(accelerator, "QUICK", 4)
    accelerator.measure("cpu", ["W1 curves"], tmp_path / "rows.json", quick=True)
    *limits, reference, row = read(tmp_path / "rows.json")
    assert [limit.label for limit in limits] == ["ceiling", "ceiling"] and all(limit.run_s > 0 for limit in limits)
    assert (row.workload, row.label, row.device, row.error) == ("W1 curves", "their energy at 32 times", "cpu", 0.0)
    assert row.sizes == reference.sizes and row.sizes["points"] == 4
    flops = row.sizes["flops a point"] * 4 / row.run_s * limits[1].run_s
    assert row.note.startswith(f"{flops:.2%} of the flops") and row.note in capsys.readouterr().out
    assert row.sizes["flops a point"] > 9 * 11**3  # eleven levels are diagonalised, once


def _ways(tool: str, **offsets: float) -> list[Contender]:
    """Configurations by name that are off by so much; the more accurate ones take longer."""
    exact = reference(TINY)

    def run(off: float) -> np.ndarray:
        time.sleep(0.02 if off < 1e-9 else 0.0)
        return exact + off * exact.max()

    return [Contender(tool, label, lambda off=off: partial(run, off), ()) for label, off in offsets.items()]


def test_ours_is_as_accurate_as_the_peer_beside_it() -> None:
    mine = _ways("jaxqb", loose=6e-9, tight=1e-12)
    rows = compare(
        "W5", TINY, {"a": _ways("a", rough=1e-7, good=3e-9), "b": _ways("b", exact=0.0), "c": _ways("c", bad=1e-3)}, mine
    )
    partners = {row.tool: (row.label, row.partner, row.rounds) for row in rows if row.tool != "jaxqb"}
    assert partners == {"a": ("good", "tight", 5), "b": ("exact", "tight", 5), "c": ("", "", 0)}
    assert [(row.label, row.rounds) for row in rows if row.tool == "jaxqb"] == [("tight", 10)]
    assert set(rows[0].tried) == {"loose", "tight"} and rows[0].tried["tight"][1] == rows[0].run_s
    assert rows[-1].note == "bad: error 1e-03"


def test_configurations_have_limited_time() -> None:
    found, row = attempt("W5", TINY, _ways("a", one=0.0, two=0.0), -1.0)
    assert [way.label for way, _ in found] == ["one"] and row.note == "not tried after -1 s: two"


@pytest.mark.parametrize("label", ["jit", "jit 1e-11"])
def test_storage_against_its_reference(label: str) -> None:
    way = next(way for way in ours(TINY) if way.label == label)
    assert error(way.prepare().run(), TINY) <= TINY.accuracy


def test_flops_of_a_product_are_those_of_xla() -> None:
    a, b = jnp.ones((5, 7)), jnp.ones((7, 3))
    program = jax.jit(jnp.matmul).lower(a, b).compile()
    assert counted(jnp.matmul)(a, b)[0] == program.cost_analysis()["flops"] == 2 * 5 * 7 * 3


def test_loops_are_counted_as_often_as_they_run() -> None:
    def power(x, n):
        return jax.lax.while_loop(lambda c: c[0] < n, lambda c: (c[0] + 1.0, jnp.sin(c[1]) * 2), (0.0, x))[1]

    def scanned(x):
        return jax.lax.scan(lambda c, y: (c + y, c * y), x[0], x)[1]

    flops, moved = np.asarray(counted(power)(jnp.ones(10), 6.0))
    assert flops == 6 * (10 + 10 + 1) and moved == 6 * 2 * (80 + 8) + 80
    assert counted(scanned)(jnp.ones(9))[0] == 18
    assert [float(counted(lambda x: jax.lax.cond(x > 0, jnp.sin, lambda y: y, x))(x)[0]) for x in (1.0, -1.0)] == [2, 1]
