"""``python -m benchmarks.gradients``: the last energy of one open spin chain, and its derivative by all parameters.

Values and gradients of all tools take turns, so that ratios are those of one load.  ``first s`` is tracing and compiling, ``MB``
the temporary memory of the compiled program, ``error`` the worst of the derivatives over the largest, against a reference in
which every derivative is a column of its own.  QuTiP has no derivatives.
"""

import argparse
import time
from functools import partial
from statistics import median

import numpy as np

from .contender import Contender
from .open_peers import dynamiqs_curve
from .ours import PACKAGES, open_battery
from .reference import spins
from .timing import Row, affordable, clocked, say, write
from .workloads import FULL, QUICK


def ours(work):
    """The function from a point to its last energy."""
    import jaxqb as qb

    return lambda point: qb.evolve(open_battery(work, point), [work.horizon]).saved["energy"][0]


def dynamiqs(work, method, gradient=None, **options):
    """The same by dynamiqs, on diagonal storage."""
    import dynamiqs as dq

    chosen = getattr(dq.gradient, gradient)() if gradient else None
    curve = dynamiqs_curve(work, "dia", method, 1e-7, [0.0, work.horizon], chosen, **options)
    return lambda point: curve(point)[-1]


def ways(work):
    """Every tool's configurations; ``build()`` gives the value and its gradient as functions of a point."""
    yield Contender("jaxqb", "reverse", partial(both, ours, work), PACKAGES)
    yield Contender("jaxqb", "forward", partial(both, ours, work, forward=True), PACKAGES)
    choices = {
        "Dopri8": {"method": "Dopri8"},
        "Dopri8 max_steps=512": {"method": "Dopri8", "max_steps": 512},
        "Dopri8 Forward": {"method": "Dopri8", "gradient": "Forward"},
        "Tsit5 max_steps=4096": {"method": "Tsit5", "max_steps": 4096},
        "Tsit5 Direct max_steps=1024": {"method": "Tsit5", "gradient": "Direct", "max_steps": 1024},
    }
    for label, choice in choices.items():
        build = partial(both, partial(dynamiqs, **choice), work, forward="Forward" in label)
        yield Contender("dynamiqs", label, build, ("dynamiqs", "jax", "diffrax"))


def both(make, work, forward=False):
    """Value and gradient of a tool."""
    import jax

    value = make(work)
    return value, jax.jacfwd(value) if forward else jax.grad(value)


def compiled(function, point):
    """A function of a point as a program, and the seconds it took to become one."""
    import jax

    began = time.perf_counter()
    program = jax.jit(function).lower(point).compile()
    return program, time.perf_counter() - began


def rows_of(name, work, way, exact):
    """Two rows, of the value and of the gradient, and what runs them."""
    import jax

    point = np.array(work.points[0])
    rows, runs = [], []
    for what, function, truth in zip(("value", "gradient"), way.build(), exact, strict=True):
        program, seconds = compiled(function, point)
        run = lambda program=program: jax.block_until_ready(program(point))  # noqa: E731
        off = float(np.max(np.abs(run() - truth)) / np.max(np.abs(truth)))
        memory = program.memory_analysis().temp_size_in_bytes / 2**20
        row = Row(f"{name} {what}", way.tool, way.label, work.sizes, first_s=seconds, error=off, memory=memory)
        row.versions = way.versions()
        rows.append(row)
        runs.append(run)
    return rows, runs


def measure(name, work, rounds, labels=None):
    """The rows of all tools, or of configurations with these labels, ours first; `ratios` are over ours in reverse."""
    truth = spins(work, work.points[0], slopes=True)[-1]
    rows, runs = [], []
    for way in (way for way in ways(work) if not labels or way.label in labels):
        say(f"{name} gradient {way.tool}: {way.label}")
        try:
            some, programs = rows_of(name, work, way, (truth[0], truth[1:]))
        except Exception as broken:  # a benchmark goes on and says what failed
            rows.append(Row(f"{name} gradient", way.tool, way.label, work.sizes, note=f"{type(broken).__name__}: {broken}"))
        else:
            rows, runs = rows + some, runs + programs
    solved = [row for row in rows if not row.note]
    longest = max(clocked(run)[1] for run in runs)
    walls = [[clocked(run)[1:] for run in runs] for _ in range(max(1, affordable(rounds, longest * len(runs) / 4)))]
    for k, row in enumerate(solved):
        row.run_s, row.cpu_s = (median(clocks[k][which] for clocks in walls) for which in (0, 1))
        row.rounds = len(walls)
        if solved[0].tool == "jaxqb":
            row.partner = "reverse"
            row.ratios, row.cpu_ratios = ([clocks[k][which] / clocks[k % 2][which] for clocks in walls] for which in (0, 1))
    return rows


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gradients", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", metavar="FILE", help="write the rows here")
    parser.add_argument("--quick", action="store_true", help="small sizes")
    options = parser.parse_args()
    from .__main__ import set_up, table

    set_up()
    rows = measure("W6", (QUICK if options.quick else FULL)["W6"], options.rounds)
    print(table(rows))
    if options.json:
        write(rows, options.json)


if __name__ == "__main__":
    main()
