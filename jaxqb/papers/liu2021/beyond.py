"""The exact answer for 80 spins, twice, beside the closures'."""

from typing import Any

import equinox as eqx
import jax
import numpy as np
import xarray as xr

from ...batteries import DimerChain
from ...evolution import evolve
from ..paper import as_label, figure
from .tables import ALL, FEW, HOPPING, RATIO, SHIFTED, SPINS, closures, extended, joined, part, shifted, stored, times

LATER = 8  # steps; before it errors are tiny
TITLES = ["", "random trajectories", "exact (lines) and by the closure (points)"]
OFF = ("|delta E|", "1", "error of the energy")
SEED = 5


@eqx.filter_jit
def _sampled(chain: DimerChain, ts: Any, count: int) -> tuple[Any, Any]:
    """Mean and standard error of E."""
    found = evolve(chain, ts, ["normalised_energy"], law=chain.trajectories(count, jax.random.key(SEED)))
    return found.saved["normalised_energy"], found.error["normalised_energy"]


@figure(
    "closures",
    paper="beyond (S14 to S18)",
    caption="80 spins, gap ratio 0.25, exactly: short chains give the energy of the bulk and of both ends. (a) Errors of the "
    "closure of the paper (lines) and of that of fermions (points). (b) The whole chain by random trajectories, lambda = 0.05 "
    "(quick size: 20 spins): their distance from that, their standard error, and the error of the closure. (c) Relative excess.",
)
def exactness(quick: bool) -> xr.Dataset:
    """Errors of closures, and two exact answers."""
    here = {"ratio": RATIO}
    truth = extended(SPINS).sel(here, drop=True) if quick else _longer()
    ours = closures().sel(here, drop=True).energy
    fermions = stored(ALL, RATIO, FEW, law="fermionic").energy
    n, count = (20, 200) if quick else (SPINS, 1000)
    sampled = times(np.array([5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0]), "sampled")
    mean, error = (
        xr.DataArray(np.asarray(x), {"sampled": sampled.sampled}) for x in _sampled(DimerChain(n, RATIO), sampled.values, count)
    )
    known = extended(n).sel(here, drop=True).sel(hopping=HOPPING, time=sampled.values, drop=True)
    off = abs(ours - truth)[..., LATER:]
    points = {"draw": "points", "against": "sampled"}
    return xr.Dataset(
        {
            "closure": as_label(off, *OFF, label="closure"),
            "fermions": as_label(
                part(abs(fermions - truth)[..., LATER:], "mark", step=8), *OFF, draw="points", against="mark", label="of fermions"
            ),
            "sampled_off": as_label(abs(mean - known.values), *OFF, label="trajectories: distance", **points),
            "sampled_error": as_label(error, *OFF, label="trajectories: standard error", **points),
            "here_off": as_label(off.sel(hopping=HOPPING, drop=True), *OFF, label="closure, lambda = 0.05"),
            "exact": as_label(shifted(truth, ALL), *SHIFTED),
            "by_closure": as_label(part(shifted(ours, ALL), "dots", step=16), *SHIFTED, draw="points", against="dots"),
            "truth": as_label(truth, "E", "1", "exact energy"),
            "sampled_energy": as_label(mean, "E", "1", "mean energy of trajectories"),
        },
        attrs={
            "x": "time",
            "panels": ["closure fermions", "sampled_off sampled_error here_off", "exact by_closure"],
            "titles": TITLES,
            "log": ["y", "y", ""],
        },
    )


def _longer() -> xr.DataArray:
    """From chains of 8 and 10 spins."""
    return joined({n: stored(ALL, RATIO, FEW, n, "exact").energy for n in (8, 10)}, SPINS)
