"""Whether correlations protect what is stored: three figures."""

import numpy as np
import xarray as xr
from numpy.polynomial.chebyshev import chebfit, chebval

from ..paper import as_label, figure
from .tables import (
    ALL,
    HOPPING,
    NODES,
    RATIO,
    SHIFTED,
    SPINS,
    E,
    alone,
    dimer,
    exactly,
    extended,
    part,
    ratios,
    shifted,
    summits,
    uniform,
)

DEFICIT = ("E(lambda) - E(0)", "1", "what coupling adds to the energy")


@figure(
    "protection",
    paper="beyond (abstract, argument iii)",
    caption="What coupling adds to the energy of a dimerised chain of 80 spins, exact: nothing, ever. (a) On the plane of time "
    "and gap ratio, lambda = 0.05. (b) In time, gap ratio 0.25. (c) The most it takes away up to t = 100, against the ratio.",
)
def protection(quick: bool) -> xr.Dataset:
    """Energy with coupling minus energy without."""
    del quick
    gained = extended(SPINS) - alone(ALL, NODES)
    dense = ratios(np.linspace(0.05, 0.95, 91), "dense")
    nodes, between = (2 * (x.values - 0.5) / 0.9 for x in (NODES, dense))
    through = chebfit(nodes, gained.sel(hopping=HOPPING).transpose("ratio", "time"), len(nodes) - 2)
    plane = xr.DataArray(chebval(between, through), {"time": ALL.time, "dense": dense.dense})
    return xr.Dataset(
        {
            "plane": as_label(plane, *DEFICIT, draw="map"),
            "gained": as_label(gained.sel(ratio=RATIO, drop=True), *DEFICIT),
            "least": as_label(gained.min("time"), *DEFICIT, against="ratio"),
            "most": as_label(gained.max("time"), *DEFICIT),
        },
        attrs={"x": "time", "y": "dense", "panels": ["plane", "gained", "least"]},
    )


@figure(
    "optimum",
    paper="beyond (Fig. 3, inset)",
    caption="The best gap ratio as a function of the storage time: of the relative excess from the empty chain, exact, 80 spins, "
    "and without coupling. (a) It falls in time; coupling moves it a little towards 1, and (b) lowers the excess.",
)
def optimum(quick: bool) -> xr.Dataset:
    """Summits in the ratio."""
    del quick
    time = ALL.isel(time=slice(2, None, 2))
    place, height = summits(shifted(extended(80).sel(time=time), time), "ratio", 9)
    free_place, free_height = summits(shifted(alone(time, NODES), time), "ratio", 9)
    best = ("Delta_B / Delta_A", "1", "best gap ratio")
    drawn = {"draw": "points", "label": "without coupling", "against": "mark"}
    return xr.Dataset(
        {
            "place": as_label(place, *best),
            "free_place": as_label(part(free_place, "mark", step=5), *best, **drawn),
            "height": as_label(height, *SHIFTED),
            "free_height": as_label(part(free_height, "mark", step=5), *SHIFTED, **drawn),
        },
        attrs={"x": "time", "panels": ["place free_place", "height free_height"], "log": ["", "xy"]},
    )


@figure(
    "work",
    paper="beyond (before Fig. 3)",
    caption="Work that can be extracted and energy that is stored, both over the capacity, exact. (a) A uniform chain "
    "yields work while more than half is left, whatever its length, and then as much as (c) the energy of Eq. 6 says, which is "
    "zero at half; a dimerised one yields more than that, and longer. (b) What is stored is more than either.",
)
def work(quick: bool) -> xr.Dataset:
    """Ergotropy of short chains."""
    chains = {"dimerised": dimer(6 if quick else 8, RATIO), "uniform": dimer(6 if quick else 8, 1.0)}
    work = [exactly(gaps, figures=("ergotropy",), step=2).ergotropy / gaps.sum() for gaps in chains.values()]
    work = xr.concat(work, "chain").assign_coords(chain=list(chains)).sel(time=slice(0, 40))
    energy = xr.concat([extended(SPINS).sel(hopping=HOPPING, ratio=RATIO, drop=True), uniform(ALL)], "chain")
    energy = energy.assign_coords(chain=list(chains)).sel(time=work.time)
    return xr.Dataset(
        {
            "work": as_label(work, "W / W_0", "1", "work over capacity"),
            "stored": as_label((1 + energy) / 2, "(1 + E) / 2", "1", "energy over capacity"),
            "printed": as_label(energy, *E),
        },
        attrs={"x": "time", "panels": ["work", "stored", "printed"]},
    )
