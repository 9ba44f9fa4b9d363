"""``python -m benchmarks.chain [point sweep gradient exact jumps single]``: chains of spins that store energy.

``point`` is one chain of 80 spins to t = 100 by second moments (W5) beside scipy and diffrax; ``sweep`` the same for 1000 ratios
of gaps, the peers extrapolated from some of them; ``gradient`` the last energy and its derivatives by all gaps and rates;
``exact`` density matrices of 8 and 10 spins; ``jumps`` trajectories of 80 spins, and of as few as QuTiP can do; ``single`` one
excitation on a chain of 1000.  Times are medians of warm calls, the first call stands apart.
"""

# ruff: noqa: E402
import os
from dataclasses import dataclass, replace
from functools import partial
from statistics import median

for library in ("OPENBLAS", "MKL", "OMP"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")  # as in `python -m benchmarks`, before numpy loads

import numpy as np

from .chain_peers import DIFFRAX, by_jumps, contenders, stepper
from .gradients import compiled
from .ours import PACKAGES, ours
from .reference import error, moments, reference
from .timing import Row, affordable, clocked, compare, peak_memory
from .workloads import FULL, QUICK, Storage

SPAN = 0.05, 0.95  # of ratios


def point(rounds, quick):
    """One chain, and ours beside each peer, as in ``python -m benchmarks``."""
    work = (QUICK if quick else FULL)["W5"]
    yield from compare("W5", work, contenders(work), ours(work), rounds)


def sweep(rounds, quick, beside):
    """Energies at all times over the ratio of gaps; the best diffrax way of W5, called in turn for some ratios."""
    import jaxqb as qb

    work = (QUICK if quick else FULL)["W5"]
    size, some = (32, 4) if quick else (1000, 16)
    ratios = np.linspace(*SPAN, size)
    chain = qb.DimerChain(work.n, gap_ratio=ratios[0], damping=work.damping, hopping=work.hopping)
    ways = {"sweep": None, "sweep, tolerance 1e-8": 1e-8}
    runs = {
        label: partial(qb.sweep, _Energies(tuple(work.times), tolerance), chain, {"gap_ratio": ratios}, progress=False)
        for label, tolerance in ways.items()
    }
    before, first = peak_memory(reset=True), {}
    for label, run in runs.items():
        table, first[label], _ = clocked(run)
    memory = peak_memory()
    places = np.linspace(0, size - 1, some).astype(int)
    peers = {row.tool: row for row in beside if row.workload == "W5" and row.tool.startswith("diffrax") and row.run_s}
    curves = {tool: stepper(work, tool.split(", ")[1], *DIFFRAX[row.label]) for tool, row in peers.items()}
    for curve in curves.values():
        np.asarray(curve(ratios[0]))
    calls, theirs = {label: [] for label in runs}, {tool: [] for tool in curves}
    for _ in range(max(1, affordable(rounds, max(first.values())))):
        for label, run in runs.items():
            calls[label].append(clocked(run)[1:])
        for tool, curve in curves.items():
            wall = clocked(lambda curve=curve: [np.asarray(curve(ratios[k])) for k in places])[1]
            theirs[tool].append(wall / some)
    sizes = work.sizes | {"points": size, "times": len(work.times)}
    for label, run in runs.items():
        table = run()
        wall, cpu = (median(column) for column in zip(*calls[label], strict=True))
        off = [error(table.energy.values[k], replace(work, ratio=float(ratios[k]))) for k in places[:: 1 if quick else 3]]
        note = f"{wall / size:.1e} s a point; peak of the process {memory:.0f} MB; failed: {int((table.status > 0).sum())}"
        yield Row(
            "W5 sweep", "jaxqb", label, sizes, first_s=first[label], run_s=wall, cpu_s=cpu, error=max(off),
            memory=memory - before, versions=_versions(), rounds=len(calls[label]), note=note,
        )  # fmt: skip
    for tool, walls in theirs.items():
        off = max(error(np.asarray(curves[tool](ratios[k])), replace(work, ratio=float(ratios[k]))) for k in places[::3])
        yield Row(
            "W5 sweep", tool, peers[tool].label, sizes, run_s=size * median(walls), error=off, versions=peers[tool].versions,
            ratios=[size * one / ours for one, (ours, _) in zip(walls, calls["sweep"], strict=True)], rounds=len(walls),
            note=f"a compiled function, called for {some} ratios",
        )  # fmt: skip


@dataclass(frozen=True)
class _Energies:
    """Figures of a sweep, compared by their times and tolerance."""

    times: tuple
    tolerance: float | None

    def __call__(self, battery):
        import jaxqb as qb

        method = None if self.tolerance is None else qb.Stepped(tolerance=self.tolerance)
        return {"energy": qb.evolve(battery, np.array(self.times), method=method).saved["energy"]}


def gradient(rounds, quick):
    """The last energy, and its derivatives by all gaps and rates.

    `first_s` is tracing and compiling, `ratios` are to the value, `memory` what the program needs, `error` the worst of some
    derivatives over the largest.
    """
    import jax

    import jaxqb as qb

    work = Storage(n=10 if quick else 80)
    n, gaps = work.n, work.gaps
    values = np.concatenate([gaps, work.damping * gaps])

    def energy(x):
        chain = qb.SpinChain(gaps=x[:n], decay_rates=x[n:], hopping=work.hopping)
        return qb.evolve(chain, [work.horizon]).saved["energy"][0]

    way = np.random.default_rng(4).normal(size=values.size)
    transforms = {
        "value": lambda x: energy(x),
        "reverse": jax.grad(energy),
        "one forward": lambda x: jax.jvp(energy, (x,), (way,))[1],
    }
    some = sorted(np.random.default_rng(4).choice(values.size, 4, replace=False))
    exact = np.array([_slope(work, values, np.eye(values.size)[k]) for k in some])
    along, programs = _slope(work, values, way, 5e-5), []
    for transform in transforms.values():
        program, seconds = compiled(transform, values)
        run = lambda program=program: jax.block_until_ready(program(values))  # noqa: E731
        programs.append((run, seconds, np.asarray(run()), program.memory_analysis().temp_size_in_bytes / 2**20))
    scale = np.abs(programs[1][2]).max()
    errors = [
        abs(programs[0][2] - reference(work)[-1]) / gaps.sum(),
        np.abs(programs[1][2][some] - exact).max() / scale,
        abs(programs[2][2] - along) / scale,
    ]
    walls = np.array([[clocked(run)[1] for run, *_ in programs] for _ in range(4 * rounds)])
    for k, (how, (_, seconds, _, memory)) in enumerate(zip(transforms, programs, strict=True)):
        row = Row("W5 gradient", "jaxqb", how, work.sizes | {"parameters": values.size}, versions=_versions())
        row.first_s, row.run_s, row.rounds, row.memory, row.error = seconds, median(walls[:, k]), len(walls), memory, errors[k]
        row.ratios = [median(walls[:, k] / walls[:, 0])] if k else []
        yield row


def _slope(work, values, way, step=2e-4):
    """A derivative of the last energy by differences of fourth order of the reference."""
    n = work.n

    def energy(x):
        return moments(tuple(x[:n]), tuple(x[n:]), work.hopping, (work.horizon,))[0] @ x[:n]

    near = lambda move: energy(values + move * way) - energy(values - move * way)  # noqa: E731
    return (8 * near(step) - near(2 * step)) / (12 * step)


def exact(rounds, quick):
    """Density matrices in blocks."""
    import jaxqb as qb

    for n in (4,) if quick else (8, 10):
        work = Storage(n=n)
        chain = qb.DimerChain(n, gap_ratio=work.ratio, damping=work.damping, hopping=work.hopping)
        run = lambda chain=chain, work=work: np.asarray(  # noqa: E731
            qb.evolve(chain, work.times, ["energy"], law=chain.exact()).saved["energy"]
        )
        yield _alone("exact", "evolve(law=chain.exact())", work.sizes | {"times": len(work.times)}, run, rounds)[0]


def jumps(rounds, quick):
    """Trajectories a second, and the standard error of the energy at t = 40 over the capacity; `error` is deviation over it."""
    import jax

    import jaxqb as qb

    length, count, few = (8, 200, 20) if quick else (80, 400, 100)
    for n, many in ((6, 5 * count), (length, count)):
        work = Storage(n=n)
        chain = qb.DimerChain(n, gap_ratio=work.ratio, damping=work.damping, hopping=work.hopping)

        def run(chain=chain, work=work, many=many):
            found = qb.evolve(chain, work.times, ["energy"], law=chain.trajectories(many, jax.random.key(0)))
            return np.array([found.saved["energy"], found.error["energy"]])

        row, (mean, spread) = _alone("jumps", f"{many} trajectories", work.sizes | {"trajectories": many}, run, rounds)
        row.note = _says(work, row, many, spread[40])
        yield row
        if n == 6:
            peer = by_jumps(work, few)
            theirs, (average, spread) = _alone("jumps", f"mcsolve, {few} trajectories", row.sizes, peer, 1, "qutip")
            theirs.note = _says(work, theirs, few, spread[40])
            theirs.ratios = [(theirs.run_s / few) / (row.run_s / many)]
            theirs.error = float(abs(average - mean)[40] / spread[40])
            yield theirs


def _says(work, row, count, spread):
    part = spread / work.gaps.sum()
    return (
        f"{count / row.run_s:.3g} trajectories/s; standard error at t = 40, over the capacity: {part:.1e}, "
        f"{part * row.run_s**0.5:.1e} after a second"
    )


def single(rounds, quick):
    """Populations of a long chain with one excitation in its middle, at 400 times, against numpy's eigenvectors."""
    import jaxqb as qb

    n, times = (40 if quick else 1000), np.linspace(0, 100, 400)
    start = np.eye(n)[n // 2]
    chain = qb.DimerChain(n, gap_ratio=0.25, initial=qb.single_excitation(start))
    run = lambda: np.asarray(qb.evolve(chain, times, ["populations"]).saved["populations"])  # noqa: E731
    row, found = _alone("single", "evolve", {"n": n, "times": len(times)}, run, rounds)
    gaps = np.where(np.arange(n) % 2 == 0, 1.0, 0.25)
    energies, vectors = np.linalg.eig(np.diag(gaps * (1 - 0.025j)) + 0.05 * (np.eye(n, k=1) + np.eye(n, k=-1)))
    weights = np.linalg.solve(vectors, start)
    left = np.abs((weights * np.exp(-1j * np.outer(times, energies))) @ vectors.T) ** 2
    row.error = float(np.abs(found - (2 * left - 1)).max())
    yield row


def _alone(workload, label, sizes, run, rounds, tool="jaxqb"):
    """A row without peers, and what came out."""
    found, first, _ = clocked(run)
    calls = [clocked(run)[1:] for _ in range(max(1, affordable(rounds, first)))]
    wall, cpu = (median(column) for column in zip(*calls, strict=True))
    row = Row(workload, tool, label, sizes, first_s=first, run_s=wall, cpu_s=cpu, versions=_versions(), rounds=len(calls))
    return row, found


def _versions():
    from importlib.metadata import version

    return {package: version(package) for package in PACKAGES}


PARTS = {"point": point, "sweep": sweep, "gradient": gradient, "exact": exact, "jumps": jumps, "single": single}


if __name__ == "__main__":
    from .__main__ import measure_parts

    measure_parts("chain", __doc__, PARTS, beside="sweep")
