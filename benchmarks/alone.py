"""``python -m benchmarks.alone``: what no peer is measured on.

Derivatives against values, the largest chain, a sweep over grids of all sizes, and dark states in numbers.  Times are medians of
warm calls, a ratio that of alternating pairs; the first call (trace, compile, run) stands apart.
"""

import argparse
from statistics import median

import numpy as np

from .timing import Row, affordable, clocked, peak_memory, write


def pairs(value, gradient, rounds):
    """Seconds of each and the median of their ratios, alternating."""
    walls = [[clocked(run)[1] for run in (value, gradient)] for _ in range(rounds)]
    return [median(column) for column in zip(*walls, strict=True)] + [median(g / v for v, g in walls)]


def derivatives(rounds):
    """A figure, and its reverse-mode derivative by every real parameter, in one battery each."""
    import equinox as eqx
    import jax

    import jaxqb as qb

    for size, rest in ((10, {}), (100, {}), (1000, {}), (20, {"anisotropy": 0.6})):
        battery = qb.SpinCharger(size, size, **rest)
        leaves, static = eqx.partition(battery, eqx.is_inexact_array_like)
        for name in ("first_peak", "max_average_power"):

            def figure(leaves, name=name, static=static):
                return getattr(qb.charge(eqx.combine(leaves, static), figures=[name]), name).value

            value, gradient = jax.jit(figure), jax.jit(jax.grad(figure))
            runs = [lambda run=run, leaves=leaves: jax.block_until_ready(run(leaves)) for run in (value, gradient)]
            first = [clocked(run)[1] for run in runs]
            value_s, gradient_s, ratio = pairs(*runs, 20 * rounds)
            sizes = {"n_battery": size, "n_charger": size, **rest}
            yield Row("gradient", "jaxqb", f"{name}, value", sizes, first_s=first[0], run_s=value_s)
            yield Row("gradient", "jaxqb", f"{name}, gradient", sizes, first_s=first[1], run_s=gradient_s, ratios=[ratio])


def largest(rounds):
    """First peak and largest power of ten thousand cells and as many charger spins."""
    import jaxqb as qb

    def run(size):
        best = qb.charge(qb.SpinCharger(size, size), figures=["first_peak", "max_average_power"])
        return float(best.first_peak.value) / size, float(best.max_average_power.value)

    run(100)
    before = peak_memory(reset=True)
    _, first, _ = clocked(lambda: run(10_000))
    memory = peak_memory() - before
    seconds = median(clocked(lambda: run(10_000))[1] for _ in range(rounds))
    yield Row("M = N = 10^4", "jaxqb", "charge", {"n_battery": 10_000}, first_s=first, run_s=seconds, memory=memory)


def grids(rounds):
    """Anisotropic batteries of every size from 10 to 100 at four anisotropies."""
    import jaxqb as qb

    sizes = list(range(10, 101))
    axes = {("n_battery", "n_charger"): sizes, "anisotropy": [0.2, 0.4, 0.6, 0.8]}

    def run():
        return qb.sweep(["first_peak"], qb.SpinCharger(10, 10), axes, progress=False)

    _, first, _ = clocked(run)
    seconds = median(clocked(run)[1] for _ in range(min(rounds, 2)))
    yield Row("grids", "jaxqb", "sweep", {"n": "10..100", "anisotropies": 4}, first_s=first, run_s=seconds)


def dark_states(rounds):
    """Thirty dark-state batteries, curves and steady states; the largest; the steady state of a million cells."""
    import jaxqb as qb

    pairs = [(cells, ratio * cells) for ratio in (2, 5, 10) for cells in range(1, 11)]
    large, huge = qb.DarkStateBattery(100, 1000), qb.DarkStateBattery(1_000_000, 5_000_000)
    table = lambda: qb.sweep(_dark_figures, qb.DarkStateBattery(1, 2), {SIZES: pairs}, progress=False)  # noqa: E731
    curve = lambda: qb.evolve(large, UNIT).saved["energy"].block_until_ready()  # noqa: E731
    steady = lambda: float(qb.merit.energy(huge, qb.steady_state(huge)))  # noqa: E731
    for label, run, sizes in (
        ("30 curves and steady states", table, {"n_battery": "1..10", "ratios": [2, 5, 10]}),
        ("one curve", curve, {"n_battery": 100, "n_charger": 1000}),
        ("steady energy", steady, {"n_battery": 1_000_000, "n_charger": 5_000_000}),
    ):
        _, first, _ = clocked(run)
        seconds = median(clocked(run)[1] for _ in range(max(1, affordable(rounds, first))))
        yield Row("dark states", "jaxqb", label, sizes, first_s=first, run_s=seconds)


SIZES = ("n_battery", "n_charger")
UNIT = np.linspace(0, 1, 101)


def _dark_figures(battery):
    import jaxqb as qb

    curve = qb.evolve(battery, UNIT).saved["energy"]
    return {"energy": curve, "steady": qb.merit.energy(battery, qb.steady_state(battery))}


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alone", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", metavar="FILE", help="write the rows here")
    options = parser.parse_args()
    import jax

    jax.config.update("jax_enable_x64", True)
    rows = []
    for part in (derivatives, largest, grids, dark_states):
        for row in part(options.rounds):
            rows.append(row)
            ratio = f"{row.ratios[0]:.2f} x value" if row.ratios else ""
            memory = f"{row.memory:.0f} MB more" if row.memory else ""
            print(
                f"{row.workload:14}{row.label:28}{row.sizes!s:52}{row.run_s:10.4f} s  first {row.first_s:6.2f} s  {ratio}{memory}"
            )
    if options.json:
        write(rows, options.json)


if __name__ == "__main__":
    main()
