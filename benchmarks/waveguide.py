"""``python -m benchmarks.waveguide [point map steady late gradient]``: batteries in a waveguide.

``point`` is W4 beside its peers, as in ``python -m benchmarks``; ``map`` the same over frequency and separation, the peers
extrapolated from the point, the quickest and the most accurate way of each; ``steady`` bound states over as wide a map;
``late`` a curve around 100 and around 10 000 over the cut-off frequency; ``gradient`` derivatives against values.  Times are
medians of warm calls, the first call stands apart.
"""

# ruff: noqa: E402
import os
from statistics import median

for library in ("OPENBLAS", "MKL", "OMP"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")  # as in `python -m benchmarks`, before numpy loads

import numpy as np

from .gradients import compiled
from .ours import PACKAGES, ours
from .peers import contenders
from .reference import continuum
from .timing import Row, affordable, clocked, compare, peak_memory
from .workloads import FULL, QUICK, Guided

GENERIC, TIMES = FULL["W4g"], FULL["W4"].times
RATE = 0.5
MAPPING = "lanes", "loop"  # several frequencies at a time, for each separation
SPANS = (0.3, 2.0), (0.05, 2.0)  # of frequency and separation
ONE = 17.3  # a time


def point(rounds, quick):
    """One battery, and ours beside each peer."""
    workloads = QUICK if quick else FULL
    for name in ("W4", "W4g"):
        yield from compare(name, workloads[name], contenders(workloads[name]), ours(workloads[name]), rounds)


def chart(rounds, quick, beside):
    """Energies at all times over frequency and separation; what peers would take, by their rows of W4."""
    import jaxqb as qb

    size = 20 if quick else 200
    frequency, separation = (np.linspace(*span, size) for span in SPANS)
    battery = qb.WaveguideBattery(frequency[0], separation[0], RATE)

    def run():
        axes = {"frequency": frequency, "separation": separation}
        return qb.sweep(_energies, battery, axes, mapping=MAPPING, progress=False)

    before = peak_memory(reset=True)
    table, first, _ = clocked(run)
    memory = peak_memory()
    calls = [clocked(run)[1:] for _ in range(max(1, affordable(rounds, first)))]
    wall, cpu = (median(column) for column in zip(*calls, strict=True))
    worst = [_off(table.energy.values[a, b], Guided(float(frequency[a]), float(separation[b]), RATE)) for a, b in _some(size, 5)]
    error, smooth = np.max(worst, axis=0)
    note = f"{wall / size**2:.1e} s a point; peak of the process {memory:.0f} MB; failed: {int((table.status > 0).sum())}"
    sizes = {"frequency": size, "separation": size, "times": len(TIMES)}
    yield Row(
        "W4 map", "jaxqb", f"sweep {MAPPING[0]}", sizes, first_s=first, run_s=wall, cpu_s=cpu, error=error, smooth_error=smooth,
        memory=memory - before, versions=_versions(), rounds=len(calls), note=note,
    )  # fmt: skip
    for row in (row for row in beside if row.workload == "W4" and row.tool != "jaxqb" and row.run_s):
        best = min(row.tried, key=lambda label, tried=row.tried: tried[label][2])
        for label, seconds, off in ((row.label, row.run_s, row.error), (best, *row.tried[best][1:])):
            yield Row(
                "W4 map", row.tool, label, sizes, run_s=size**2 * seconds, error=off, versions=row.versions,
                ratios=[size**2 * seconds / wall], note=f"{label}: extrapolated from the point W4",
            )  # fmt: skip


def _energies(battery):
    import jaxqb as qb

    return {"energy": qb.evolve(battery, TIMES).saved["energy"]}


def _off(energies, work):
    """Errors of a curve of energies at all times, and off the light cone."""
    off = np.abs(energies - work.frequency * np.abs(continuum(work.frequency, work.distance, work.rate, work.times)[1]) ** 2)
    return off.max(), off[work.smooth].max()


def _some(size, count):
    """Places on a square of this size."""
    return np.random.default_rng(4).integers(size, size=(count, 2))


def steady(rounds, quick):
    """Energies and residues of both channels' bound states, below the continuum and in it."""
    import jax

    from jaxqb.bound_states import bound_states
    from jaxqb.reservoirs import Waveguide

    shape = (20, 10) if quick else (400, 250)
    axes = (np.linspace(*span, size) for span, size in zip(SPANS, shape, strict=True))
    frequency, separation = (axis.ravel() for axis in np.meshgrid(*axes))
    guide = Waveguide(RATE)

    def one(values):
        states = bound_states(guide, values[0], 2 * np.pi * values[1])
        return states.energy, states.residue

    many = jax.jit(lambda *values: jax.lax.map(one, values, batch_size=1024))
    run = lambda: jax.block_until_ready(many(frequency, separation))  # noqa: E731
    (energy, residue), first, _ = clocked(run)
    calls = [clocked(run)[1:] for _ in range(rounds)]
    wall, cpu = (median(column) for column in zip(*calls, strict=True))
    worst = 0.0
    for k in np.random.default_rng(4).integers(frequency.size, size=12):
        for column, sign in enumerate((1, -1)):
            near = float(energy[k, column])
            place, weight = bound_exactly(frequency[k], 2 * np.pi * separation[k], RATE, sign, near)
            off = 0.0 if place is None else abs(near - float(place))
            worst = max(worst, off, abs(float(residue[k, column]) - float(weight)))
    yield Row(
        "steady map", "jaxqb", "jit(lax.map(bound_states))", {"points": frequency.size}, first_s=first, run_s=wall, cpu_s=cpu,
        error=worst, versions=_versions(), rounds=rounds, note="error of energies and residues below the edge, against mpmath",
    )  # fmt: skip


def bound_exactly(frequency, distance, rate, sign, near):
    """Energy and residue of a bound state below the edge, to 25 digits, from an energy nearby; residue 0 where that is NaN.

    There is one if the sum of frequency shifts at the edge leaves room, which is checked.
    """
    import mpmath as mp

    with mp.workdps(30):
        frequency, distance, strength = mp.mpf(float(frequency)), mp.mpf(float(distance)), mp.mpf(rate) / (2 * mp.pi)
        nodes = [mp.mpf(n) / 20 for n in range(200)]
        falls = [(mp.sinh(u) ** 2, mp.exp(-distance * mp.cosh(u)) / (40 if u == 0 else 20)) for u in nodes]
        falls = [fall for fall in falls if fall[1] > 1e-32]

        def away(v):
            energy = 1 - 2 * v**2
            kappa = 2 * v * mp.sqrt(1 - v**2)
            if energy > 0.5:
                still = energy * mp.fsum(weight / (square + energy**2) for square, weight in falls)
                across = mp.pi * mp.exp(-kappa * distance) / kappa - still
            else:
                height = mp.acos(energy) / 2
                line = [mp.mpc(mp.mpf(n) / 50, height) for n in range(400)]
                waves = [mp.re(mp.exp(1j * distance * mp.sinh(x)) / (mp.cosh(x) - energy)) for x in line]
                across = (mp.fsum(waves) - waves[0] / 2) / 50
            return energy - frequency + strength * (mp.acos(-energy) / kappa + sign * across)

        if np.isnan(near):
            if sign > 0 or away(mp.mpf("1e-12")) > 0:
                raise AssertionError(f"a bound state was missed at {frequency, distance, sign}")
            return None, 0
        v = mp.findroot(away, mp.sqrt((1 - mp.mpf(near)) / 2) * (1 + mp.mpf("1e-9")), tol=1e-24)
        return 1 - 2 * v**2, -4 * v / mp.diff(away, v)


def late(rounds, quick):
    """The generic battery at 200 times around two late ones."""
    import jaxqb as qb

    values = GENERIC.frequency, GENERIC.separation, GENERIC.rate
    for time in (1e2, 1e3 if quick else 1e4):
        times = np.linspace(time - 5, time + 5, 200)
        run = lambda times=times: np.asarray(qb.evolve(qb.WaveguideBattery(*values), times).saved["energy"])  # noqa: E731
        energies, first, _ = clocked(run)
        calls = [clocked(run)[1:] for _ in range(3 * rounds)]
        wall, cpu = (median(column) for column in zip(*calls, strict=True))
        exact = GENERIC.frequency * np.abs(continuum(GENERIC.frequency, GENERIC.distance, GENERIC.rate, times, 20.0)[1]) ** 2
        error = np.abs(energies - exact).max()
        sizes = {"time": time, "times": len(times)}
        yield Row(
            "late times", "jaxqb", "evolve", sizes, first_s=first, run_s=wall, cpu_s=cpu, error=error, versions=_versions(),
            rounds=len(calls),
        )  # fmt: skip


def gradient(rounds, quick):
    """Two figures and their derivatives by all three fields.

    `first_s` is tracing and compiling, `ratios` are to the value, errors absolute, at constant time.
    """
    import jax

    import jaxqb as qb

    base = qb.WaveguideBattery(GENERIC.frequency, GENERIC.separation, GENERIC.rate)
    values = np.array([GENERIC.frequency, GENERIC.separation, GENERIC.rate])
    battery = lambda x: base.put(frequency=x[0], separation=x[1], radiation_rate=x[2])  # noqa: E731
    window = 2 * ONE
    figures = {
        "energy at 17.3": (lambda x: qb.evolve(battery(x), [ONE]).saved["energy"][0], ONE),
        "max_energy": (
            lambda x: qb.charge(battery(x), window, figures=["max_energy"]).max_energy.value,
            float(qb.charge(base, window, figures=["max_energy"]).max_energy.time),
        ),
    }
    for name, (figure, time) in figures.items():
        exact, programs = slopes(values, time), []
        for transform in (lambda f: f, jax.grad, jax.jacfwd):
            program, seconds = compiled(transform(figure), values)
            run = lambda program=program: jax.block_until_ready(program(values))  # noqa: E731
            programs.append((run, seconds, np.asarray(run())))
        walls = np.array([[clocked(run)[1] for run, *_ in programs] for _ in range(20 * rounds)])
        for k, (how, (_, seconds, found)) in enumerate(zip(("value", "reverse", "forward"), programs, strict=True)):
            row = Row("gradient", "jaxqb", f"{name}, {how}", {"parameters": 3, "time": time}, versions=_versions())
            row.first_s, row.run_s, row.rounds = seconds, median(walls[:, k]), len(walls)
            if k:
                row.ratios, row.error = [median(walls[:, k] / walls[:, 0])], float(np.max(np.abs(found - exact)))
            yield row


def slopes(values, time, step=3e-4):
    """Derivatives of the energy at a time by all three, by differences of the fourth order of the reference."""

    def energy(values):
        frequency, separation, rate = values
        return frequency * abs(continuum(frequency, 2 * np.pi * separation, rate, np.array([time]), 1000.0)[1, 0]) ** 2

    moves = step * np.eye(3)
    near = lambda move: energy(values + move) - energy(values - move)  # noqa: E731
    return np.array([(8 * near(x) - near(2 * x)) / (12 * step) for x in moves])


def _versions():
    from importlib.metadata import version

    return {package: version(package) for package in PACKAGES}


PARTS = {"point": point, "map": chart, "steady": steady, "late": late, "gradient": gradient}


if __name__ == "__main__":
    from .__main__ import measure_parts

    measure_parts("waveguide", __doc__, PARTS, beside="map")
