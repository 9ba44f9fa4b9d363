"""Discharge of a full chain through collective decay: which closures hold."""

import numpy as np
import xarray as xr

from ..paper import as_label, axis, figure
from .tables import RATIO, E, part, ratios, stored, times

SHORT = 6  # spins
LAWS = {
    "exact": "exact",
    "pairs followed": "followed",
    "pairs factorised": "factorised",
    "as printed (S14, S17, S18)": "printed",
}
TIME = times(np.linspace(0.0, 40.0, 161))


@figure(
    "discharge",
    paper="beyond (Eqs. S12 to S18)",
    caption="Discharge of six full spins through collective decay Gamma, exact and by closures. S17 and S18, meant for "
    "storage, lack the terms of Gamma and show no superradiance; with them, the correlations of pairs of populations count, and "
    "following them is better than factorising. (a, b, c) Gap ratio 0.25, (d, e, f) uniform.",
)
def discharge(quick: bool) -> xr.Dataset:
    """Energy by four laws."""
    del quick
    gamma = axis("gamma", [0.02, 0.1, 0.5], "Gamma", "Delta_A", "collective decay")
    chains = {"dimerised": RATIO, "uniform": 1.0}
    ratio = ratios(list(chains.values()))
    rows = [
        xr.concat([stored(TIME, ratio, n=SHORT, law=law, collective=float(g)).energy for g in gamma], "gamma")
        for law in LAWS.values()
    ]
    energy = xr.concat(rows, "law").assign_coords(law=list(LAWS), gamma=gamma.gamma)
    parts = [energy.isel(ratio=i, gamma=k, drop=True) for i in range(2) for k in range(3)]
    names = [f"{chain}, Gamma = {g:g}" for chain in chains for g in gamma.values]
    curves = xr.concat(parts, "case").assign_coords(case=names)
    exact = curves.sel(law="exact", drop=True)
    closures = curves.drop_sel(law="exact")
    worst = abs(closures - exact).max("time")
    closures, exact = (curve.sel(time=slice(0, 20)) for curve in (closures, exact))
    return xr.Dataset(
        {
            "energy": as_label(closures, *E),
            "exact": as_label(part(exact, "mark", step=5), *E, draw="points", against="mark", label="exact"),
            "worst": as_label(worst, "delta E", "1", "largest error"),
        },
        attrs={"x": "time", "facet": "case", "panels": ["energy exact"]},
    )
