"""The sweeps that are disturbed, and which chunks of them were solved."""

import contextlib
from pathlib import Path

import numpy as np


def last_energy(battery):
    """Of a battery that stores."""
    import jaxqb as qb

    return {"energy": qb.evolve(battery, [10.0]).saved["energy"][0]}


def cases():
    """Batteries, figures, and the fields of two axes with their ranges."""
    import jaxqb as qb

    return {
        "spins": (qb.SpinCharger(6, 6), ["first_peak"], {"coupling": (0.5, 1.5), "charger_frequency": (0.9, 1.1)}),
        "cavity": (qb.CavityCharger(3, 3), ["first_peak"], {"coupling": (0.5, 1.5), "cavity_frequency": (0.9, 1.1)}),
        "tens": (
            qb.SpinCharger(10, 10),
            ["first_peak", "max_average_power"],
            {"coupling": (0.5, 1.5), "charger_frequency": (0.9, 1.1)},
        ),
        "dimers": (qb.DimerChain(6, gap_ratio=0.25), last_energy, {"gap_ratio": (0.1, 0.9), "hopping": (0.02, 0.1)}),
    }  # fmt: skip


def solve(case="spins", shape=(24, 8), chunk=8, **options):
    """The sweep of a case."""
    import jaxqb as qb

    battery, figures, ranges = cases()[case]
    axes = {name: np.linspace(*ends, n) for (name, ends), n in zip(ranges.items(), shape, strict=True)}
    return qb.sweep(figures, battery, axes, **{"chunk": chunk, "progress": False} | options)


def count_solved(log):
    """From now on every chunk that is begun is a line of this file."""
    from jaxqb.sweeps import blocks

    call = blocks.Solver.__call__

    def counted(self, low, high):
        with open(log, "a") as file:
            file.write(f"{low}\n")
        return call(self, low, high)

    blocks.Solver.__call__ = counted


def lines(log):
    """How many chunks were begun."""
    return Path(log).read_text().count("\n") if Path(log).exists() else 0


@contextlib.contextmanager
def solved():
    """A list of the chunks that are solved inside."""
    from jaxqb.sweeps import blocks

    call, seen = blocks.Solver.__call__, []
    blocks.Solver.__call__ = lambda self, low, high: seen.append(low) or call(self, low, high)
    try:
        yield seen
    finally:
        blocks.Solver.__call__ = call
