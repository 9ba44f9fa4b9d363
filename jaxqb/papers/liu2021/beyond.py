"""The exact answer for 80 spins, twice, beside the closures'."""

import xarray as xr

from ..paper import as_label, figure
from .tables import ALL, FEW, RATIO, SHIFTED, SPINS, closures, extended, joined, part, shifted, stored

OFF = ("|delta E|", "1", "error of the energy")


@figure(
    "closures",
    paper="beyond (S14 to S18)",
    caption="80 spins, gap ratio 0.25, exactly: short chains give the energy of the bulk and of the ends. (a) Errors of the "
    "closure of the paper (lines) and of that of fermions (dots). (b) Difference of random trajectories, all of the chain, and "
    "their standard error, lambda = 0.05. (c) Relative excess, exact (lines) and by the closure (dots).",
)
def exactness(quick: bool) -> xr.Dataset:
    """Errors of closures, and two exact answers."""
    here = {"ratio": RATIO}
    truth = extended(SPINS).sel(here, drop=True) if quick else _longer()
    ours = closures().sel(here, drop=True).energy
    fermions = stored(ALL, RATIO, FEW, law="fermionic").energy
    return xr.Dataset(
        {
            "closure": as_label(abs(ours - truth)[..., 1:], *OFF),
            "fermions": as_label(part(abs(fermions - truth)[..., 1:], "mark", step=8), *OFF, draw="points", against="mark"),
            "exact": as_label(shifted(truth, ALL), *SHIFTED),
            "by_closure": as_label(part(shifted(ours, ALL), "dots", step=16), *SHIFTED, draw="points", against="dots"),
            "truth": as_label(truth, "E", "1", "exact energy"),
        },
        attrs={"x": "time", "panels": ["closure fermions", "exact by_closure"], "log": ["y", ""]},
    )


def _longer() -> xr.DataArray:
    """From chains of 8 and 10 spins."""
    return joined({n: stored(ALL, RATIO, FEW, n, "exact").energy for n in (8, 10)}, SPINS)
