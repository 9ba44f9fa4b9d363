"""Examples and the README: they run, and what they print is true."""

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import jax
import mpmath
import numpy as np
import pytest
from typer.testing import CliRunner

from jaxqb.cli import app
from jaxqb.plot import FORMATS

sys.path.insert(0, str(Path(__file__).parents[1]))
from truth import chain, chains, dark, flows, master, peaks, waveguide
from truth.model import Spins

jax.config.update("jax_enable_x64", True)

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def spins(size, cells=10):
    """First peak and best average power of resonant cells and a full charger, by independent diagonalisation."""
    flow = flows.of_chain(chains.full_charger(cells, size))
    return peaks.first_peak(flow), peaks.average_power(flow)


def best_size(demand, sizes):
    """The most powerful charger that fills ten cells to this fraction, by trying all sizes."""
    tried = {size: spins(size) for size in sizes}
    return max((power.value, size) for size, (peak, power) in tried.items() if peak.value >= 10 * demand)


def numbers(line):
    return [float(word) for word in re.findall(r"[-+]?\d+\.?\d*(?:e[-+]\d+)?", line)]


@pytest.fixture
def printed(capsys, tmp_path, monkeypatch):
    """Runs an example and gives the lines it prints; what it draws is a picture with curves or a map."""
    monkeypatch.chdir(tmp_path)

    def run(name):
        left = runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
        if "figure" in left:
            assert all(ax.lines for ax in left["figure"].axes)
            assert {path.name for path in Path("jaxqb-output").iterdir()} == {f"{name}.{kind}" for kind in FORMATS}
        return capsys.readouterr().out.splitlines()

    return run


def test_every_example_is_short_and_tested():
    tests = Path(__file__).read_text(encoding="utf-8")
    for path in (path for path in EXAMPLES.iterdir() if path.suffix in (".py", ".toml")):
        assert len(path.read_text(encoding="utf-8").splitlines()) < 40
        assert f'"{path.stem}' in tests, f"{path.name} is not tested"


def test_first_charge(printed):
    lines = printed("first_charge")
    peak, power = spins(10)
    assert f"{peak.value:.8g}" in lines[1] and f"{power.value:.8g}" in lines[2]
    table = np.array([numbers(line) for line in lines[-6:]])
    flow = flows.of_chain(chains.full_charger(10, 10))
    np.testing.assert_allclose(table[:, 1], flow.energy(np.linspace(0, peak.time, 6)), atol=1e-4)
    assert np.all(table[:, 2] <= table[:, 1]) and table[0, 3] == 0  # no work beyond the energy; no entanglement at first


def test_gradients(printed):
    lines = printed("gradients")
    slope = next(numbers(line)[0] for line in lines if line.endswith("n_charger"))
    assert slope == pytest.approx(numbers(lines[-1])[-1], abs=2e-6)
    spin = Spins(10, 12, charger_frequency=1.1, charger_crosstalk=0.05)
    assert numbers(lines[0])[0] == pytest.approx(peaks.average_power(flows.spin_charger(spin)).value, abs=1e-7)


@pytest.mark.slow
def test_mixed_starts(printed):
    rows = {line[:8]: numbers(line[38:]) for line in printed("mixed_starts")[1:]}
    peak, power = spins(4, cells=2)
    np.testing.assert_allclose(rows["full cha"][:2], [peak.time, peak.value], atol=1e-4)
    np.testing.assert_allclose(rows["full cha"][3], power.value, atol=1e-4)
    # one cell of two is excited, which is unknown: its dark half keeps energy 1, the symmetric half reaches 2
    assert rows["one cell"][1] == 1.5
    assert all(useful <= energy for _, energy, useful, _ in rows.values())


def test_parallel_advantage(printed):
    """The advantage is M^(-1) P(M) / P(1)."""
    rows = np.array([numbers(line)[:2] for line in printed("parallel_advantage")[1:]])
    single = spins(1, cells=1)[1].value
    for cells, advantage in rows[:5]:
        assert advantage == pytest.approx(spins(cells, cells=int(cells))[1].value / cells / single, abs=1e-6)


@pytest.mark.slow
def test_tradeoff(printed):
    for line in printed("tradeoff")[1:]:
        demand, size, power, price = numbers(line)
        best, largest = best_size(demand, range(10, 61))
        assert size == largest and power == pytest.approx(best, abs=1e-4) and price > 0


@pytest.fixture
def jaxqb(tmp_path, monkeypatch):
    """Runs a command that writes into a temporary folder, and gives its rows."""
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "cache"))

    def run(command, name):
        arguments = [command, str(EXAMPLES / f"{name}.toml"), "--out", str(tmp_path), "--json"]
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
        picture = (tmp_path / f"{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG") and len(picture) > 10_000
        return [json.loads(line) for line in result.stdout.splitlines()]

    return run


def test_sweep_of_charger_size(jaxqb, tmp_path):
    rows = jaxqb("sweep", "sweep_charger_size")
    found = {row["n_charger"]: row for row in rows if row["charger_crosstalk"] == 0}
    assert len(found) == 39 and {row["status"] for row in rows} == {"ok"}
    for size in (2, 10, 40):
        peak, power = spins(size)
        assert found[size]["energy_per_cell"] == pytest.approx(peak.value / 10, rel=1e-9)
        assert found[size]["max_average_power"] == pytest.approx(power.value, rel=1e-9)
    table = (tmp_path / "sweep_charger_size.csv").read_text(encoding="utf-8").splitlines()
    assert table[0].startswith("n_charger,charger_crosstalk,energy_per_cell") and len(table) == 1 + len(rows)


def test_sweep_of_a_cavity(jaxqb):
    """Tavis-Cummings with as many photons as cells; two cells reach 16/9 of 2."""
    found = {row["n_battery"]: row for row in jaxqb("sweep", "cavity")}
    assert found[2]["energy_per_cell"] == pytest.approx(8 / 9, rel=1e-10) and found[50]["photons"] == 50
    for cells in (10, 50):
        flow = flows.of_chain(chains.tavis_cummings(cells, cells))
        assert found[cells]["max_average_power"] == pytest.approx(peaks.average_power(flow).value, rel=1e-9)


def test_optimize_as_the_readme_does(jaxqb, tmp_path):
    """The best size is the one found by trying all, and resonance is best."""
    (best,) = jaxqb("optimize", "spin_charger")
    power, size = best_size(0.95, range(10, 41))
    assert best["parameters"]["n_charger"] == size and best["value"] == pytest.approx(power, rel=1e-9)
    assert best["parameters"]["charger_frequency"] == pytest.approx(1, abs=1e-4)
    assert best["start_value"] == pytest.approx(spins(10)[1].value, rel=1e-9)
    assert best["converged"] and best["constraints"]["filling"]["satisfied"]
    assert json.loads((tmp_path / "spin_charger.json").read_text(encoding="utf-8"))["value"] == best["value"]


@pytest.mark.slow
def test_readme_says_what_happens(capsys, tmp_path, monkeypatch):
    """Its Python runs as one program and prints what stands below it."""
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    namespace = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(block, "README.md", "exec"), namespace)
    out = capsys.readouterr().out
    shown = text.split("```python\n")[1].split("```\n")[2]
    first = out.splitlines()[: len(shown.splitlines())]
    for ours, theirs in zip(map(numbers, first), map(numbers, shown.splitlines()), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-12)
    jac = jax.grad(namespace["power"], argnums=(0, 1))(12.0, 1.0)
    np.testing.assert_allclose(jac, [1.91201749, 33.64940383], rtol=1e-8)
    assert "(1.91201749, 33.64940383)" in text
    swept = namespace["ds"].max_average_power.sel(coupling=1.0).values
    assert " ".join(f"{value:.3f}" for value in swept) in text
    swap, pump, loss = (namespace[name] for name in ("swap", "pump", "loss"))
    total = master.generator(swap, [pump, loss], [0.5, 0.1])
    *rhos, end = master.evolve(total, np.diag(np.eye(4)[0]), [1.0, 4.0, 500.0])
    gap = np.diag([0.0, 1.0])
    assert f"{master.energy(rhos[0], gap):.3f} {master.energy(rhos[1], gap):.3f}" in text
    np.testing.assert_allclose(namespace["held"], [master.energy(rho, gap) for rho in rhos], rtol=1e-10)
    assert f"is {master.ergotropy(end, gap):.3f}; rest.multiplicity is {int(namespace['rest'].multiplicity)}" in text
    filling, work, half = kept_by_six()
    kept, exact = (namespace[name].saved for name in ("kept", "exact"))
    np.testing.assert_allclose([exact["filling"][0], exact["ergotropy"][0]], [filling, work], atol=1e-9)
    assert f"{filling:.6f}, and as work {work:.6f}" in text and f"{float(kept['filling'][0]):.6f}, by second moments" in text
    assert float(kept["filling"][0]) == pytest.approx(filling, abs=2e-5)  # how good second moments are here
    assert float(namespace["half"]) == pytest.approx(half, abs=2e-3) and f"{float(namespace['half']):.4f}: how long" in text
    assert namespace["best"].parameters == {"n_charger": 12.0} and f"{namespace['best'].gain:.5f}"[:6] in text


def six(ratio=0.25):
    """Gaps of six spins in turn, and the chain with them."""
    gaps = np.where(np.arange(6) % 2 == 0, 1.0, ratio)
    return gaps, chain.Spins(gaps, 0.05 * gaps, np.full(5, 0.05))


def kept_by_six():
    """Filling and extractable work of a full chain at t = 30, and the time at which half of its energy is left."""
    gaps, spins = six()
    filled = lambda rhos: np.real(np.diagonal(spins.moments(rhos), axis1=-2, axis2=-1)) @ gaps / gaps.sum()  # noqa: E731
    grid = np.linspace(15, 20, 51)
    rhos = spins.evolve(np.ones(6), np.append(grid, 30.0))
    return filled(rhos[-1:])[0], extracted(rhos[-1], gaps), np.interp(-0.5, -filled(rhos[:-1]), grid)


def extracted(rho, gaps):
    """Energy less that of the passive state."""
    levels = sum(g * np.array([(k >> (5 - j)) & 1 for k in range(64)]) for j, g in enumerate(gaps))
    return np.real(np.diag(rho)) @ levels - np.sort(np.linalg.eigvalsh(rho))[::-1] @ np.sort(levels)


@pytest.mark.slow
def test_spin_chain(printed):
    lines = printed("spin_chain")
    gaps, spins = six()
    rhos = spins.evolve(np.ones(6), np.array([5.0, 10.0, 30.0]))
    np.testing.assert_allclose(numbers(lines[2]), [extracted(rho, gaps) / gaps.sum() for rho in rhos], atol=6e-5)
    # of 80 spins, from six: second moments are good to 1e-4, and ends matter little
    late = np.real(np.diagonal(spins.moments(rhos[1:2])[0])) @ gaps / gaps.sum()
    kept = numbers(lines[0])
    assert kept[0] == pytest.approx(late, abs=1e-3)
    pairs = np.diagonal(spins.moments(rhos[1:2])[0], 1)
    hopping = 2 * 0.05 * np.sum(np.real(pairs)) / gaps.sum()
    assert kept[3] == pytest.approx(2 * (late + hopping) - 1, abs=2e-3)
    # one excitation: the amplitudes of fifty sites, dense
    gaps = np.where(np.arange(50) % 2 == 0, 1.0, 0.25)
    k = np.diag(gaps * (1 - 0.025j)) + np.diag(np.full(49, 0.05), 1) + np.diag(np.full(49, 0.05), -1)
    values, right = np.linalg.eig(k)
    left = right @ (np.exp(-25j * values) * np.linalg.solve(right, (0.5 + 0j) * np.isin(np.arange(50), [9, 11])))
    assert numbers(lines[3])[-1] == pytest.approx(abs(left[9]) ** 2, rel=1e-9)
    slopes = numbers(lines[4])
    assert np.sign(slopes).tolist() == [-1, 1, -1, 1]


@pytest.mark.slow
def test_dark_state(printed):
    lines = printed("dark_state")
    power, time = numbers(lines[0])
    rate = dark.liouvillian(2, 10)
    m = dark.excitations(2, 10)[0]
    slope = lambda t: m @ np.real(np.diag((rate @ dark.evolve(2, 10, t)[0].ravel()).reshape(33, 33)))  # noqa: E731
    assert slope(time) == pytest.approx(power, abs=2e-6)
    assert max(slope(0.97 * time), slope(1.03 * time)) < power
    assert numbers(lines[1])[0] == pytest.approx(dark.steady_excitations(2, 10), abs=1e-6)
    assert numbers(lines[2]) == [3]
    held = [m @ np.real(np.diag(dark.evolve(2, 10, 60.0, n=n)[0])) for n in (0.0, 1e-4, 2e-4)]
    assert numbers(lines[-2])[0] == pytest.approx((3 * held[0] - 4 * held[1] + held[2]) / 2e-4, rel=1e-5)
    assert numbers(lines[-1])[-1] == pytest.approx(dark.steady_excitations(2, 10) * np.exp(-7), rel=0.01)  # one spin's decay


@pytest.mark.slow
def test_waveguide(printed):
    lines = printed("waveguide")

    def bound(w, d, g):
        found = []
        for sign, guess in ((1, 0.34), (-1, 0.53)):
            rise = lambda e, sign=sign: waveguide.dispersion(e, w, 2 * np.pi * d, g, sign)  # noqa: E731
            energy = mpmath.findroot(rise, guess)
            found.append((float(energy), float(2e-6 / (rise(energy + 1e-6) - rise(energy - 1e-6)))))
        return found

    def work(w, d, g):
        return w * (2 * (sum(residue for _, residue in bound(w, d, g)) / 2) ** 2 - 1)

    states = bound(0.6, 0.1, 0.5)
    np.testing.assert_allclose([numbers(line)[:2] for line in lines[1:3]], states, atol=1e-8)
    (low, r), (high, q) = states
    assert numbers(lines[3]) == pytest.approx([work(0.6, 0.1, 0.5), np.pi / (high - low)], abs=1e-4)
    assert numbers(lines[7])[-1] == pytest.approx(1 - (r**2 + q**2) / 2, abs=1e-6)  # light that has gone
    steps = 1e-4 * np.eye(3)
    at = np.array([0.6, 0.1, 0.5])
    slopes = [(work(*(at + s)) - work(*(at - s))) / 2e-4 for s in steps]
    np.testing.assert_allclose(numbers(lines[-2]), slopes, rtol=1e-5)
    one, other = numbers(lines[-1])
    assert one == pytest.approx(other, abs=1e-11)


@pytest.mark.slow
def test_open_battery(printed):
    lines = printed("open_battery")
    down = [master.at(master.DOWN, k, 3) for k in range(3)]
    hops = [down[k].T @ down[k + 1] + down[k] @ down[k + 1].T for k in (0, 1)]

    def states(g, times):
        total = master.generator(g[0] * hops[0] + g[1] * hops[1], [*down, down[2].T], [0.05, 0.05, 0.05, g[2]])
        return master.evolve(total, np.diag(np.eye(8)[0]), times)

    gap, design = np.diag([0.0, 1.0]), np.array([0.3, 0.5, 1.0])
    rows = np.array([numbers(line) for line in lines[2:5]])
    rhos = states(design, rows[:, 0])
    wanted = [(master.energy(rho, gap), master.ergotropy(rho, gap), master.log_negativity(rho, 2)) for rho in rhos]
    np.testing.assert_allclose(rows[:, 1:], wanted, atol=6e-6)
    end = lambda g: master.ergotropy(states(g, [2000.0])[0], gap)  # noqa: E731
    value, *slopes = numbers(lines[-1].replace("[", " "))
    assert value == pytest.approx(end(design), abs=1e-6)
    steps = 1e-5 * np.eye(3)
    np.testing.assert_allclose(slopes, [(end(design + s) - end(design - s)) / 2e-5 for s in steps], rtol=1e-5)


def test_interop(printed):
    lines = printed("interop")
    down, number = dark.lowering(3), np.arange(4.0)
    swap = np.kron(down.T, dark.lowering(4))
    h = 0.4 * (swap + swap.T) + np.diag(np.add.outer(number, np.arange(5.0)).ravel())
    loss = np.kron(np.eye(4), np.diag(np.arange(1.0, 5.0) ** 0.5, 1))
    start = np.diag((np.arange(20) == 4).astype(float))

    def states(rate, times):
        return master.evolve(master.generator(h, [loss], [rate]), start, times)

    rows = np.array([numbers(line) for line in lines[1:6]])
    gap = np.diag(number)
    wanted = [(master.energy(rho, gap), master.energy(rho, gap), master.ergotropy(rho, gap)) for rho in states(0.3, rows[:, 0])]
    np.testing.assert_allclose(rows[:, 1:], wanted, atol=2e-6)
    low, high = (master.energy(states(rate, [4.0])[0], gap) for rate in (0.3 - 1e-4, 0.3 + 1e-4))
    assert numbers(lines[-1])[-1] == pytest.approx((high - low) / 2e-4, abs=2e-6)


def alone(name, *arguments, home):
    """What an example prints as a process of its own."""
    command = [sys.executable, "-W", "ignore", str(EXAMPLES / f"{name}.py"), *arguments]
    env = os.environ | {"PYTHONPATH": str(ROOT), "HOME": str(home)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_slurm_job(tmp_path):
    """What SLURM is asked for, and workers that share one cache, with one thread each."""
    lines = alone("slurm_sweep", "--script", home=tmp_path)
    assert lines[0].startswith("#!")
    asked = {line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH")}
    assert asked >= {"-n 1", "--cpus-per-task=16", "--mem=32G", "-t 04:00:00"}
    assert f"export JAX_COMPILATION_CACHE_DIR={tmp_path}/.cache/jaxqb/xla" in lines and "export NPROC=1" in lines
    (start,) = (line for line in lines if "dask_worker" in line)
    for option in ("--nworkers 16", "--nthreads 1", "--nanny", "--lifetime 225m"):
        assert option in start


@pytest.mark.slow
def test_two_processes(tmp_path):
    """They find what one finds, and it is best."""
    lines = [line for line in alone("two_processes", home=tmp_path) if "process(es)" in line]
    one, *both = (numbers(line) for line in lines)
    assert [one[0], *(found[0] for found in both)] == [1, 2, 2]
    np.testing.assert_allclose(both, [[2, *one[1:]]] * 2, rtol=0, atol=1e-12)
    errors = np.random.default_rng(0).normal(1, 0.1, (64, 2))

    def mean(design):
        spins = (Spins(6, 6, coupling=g, charger_frequency=w) for g, w in design * errors)
        return np.mean([flows.spin_charger(spin).energy(np.array([0.5]))[0] / 6 for spin in spins])

    design = np.array(one[1:3])
    assert mean(design) == pytest.approx(one[3], abs=1e-8)  # of the step before
    steps = 1e-4 * np.eye(2)
    np.testing.assert_allclose([(mean(design + s) - mean(design - s)) / 2e-4 for s in steps], 0, atol=1e-3)
    assert all(mean(design + 300 * s) < mean(design) > mean(design - 300 * s) for s in steps)
