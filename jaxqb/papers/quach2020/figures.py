"""Figures 2 to 6."""

import numpy as np
import xarray as xr

from ..paper import as_label, axis, each, figure
from .tables import (
    FASTEST,
    FEW,
    KEPT,
    E,
    P,
    at_temperature,
    cells_axis,
    curves,
    fastest,
    few,
    kept,
    kept_warm,
    marks,
    occupation,
    ratio_axis,
    sizes,
    time_axis,
)

BATTERY, CHARGER = {"label": "battery"}, {"label": "charger", "draw": "points", "against": "mark"}


@figure(
    "fig2",
    paper="Fig. 2",
    caption="Energy and power per cell. (a, d) In time, R = 5. (b, e) What stays, and the largest power, against the number "
    "of cells. (c, f) The same against the ratio R of charger to battery size.",
)
def fig2(quick: bool) -> xr.Dataset:
    """Capacity and power."""
    time, ratio, ratios = time_axis(0.8), ratio_axis([2, 5, 10]), ratio_axis(range(1, 21), "ratios")
    cells = cells_axis(range(1, 13 if quick else 21))
    one = curves(few(), time, n_battery=FEW, n_charger=5 * FEW)
    (by_cells, by_ratio), (fast, fast_by_ratio) = (
        [each(function, sizes(quick), n_battery=n, n_charger=x * n) for n, x in ((cells, ratio), (FEW, ratios))]
        for function in (kept, fastest)
    )
    return xr.Dataset(
        {
            "energy": as_label(one.energy, *E, **BATTERY),
            "charger_energy": as_label(marks(one.charger_energy), "E_C", "hbar omega", "energy per charger spin", **CHARGER),
            "kept": as_label(by_cells.energy, *KEPT, draw="both", against="cells"),
            "kept_by_ratio": as_label(by_ratio.energy, *KEPT, draw="both", against="ratios"),
            "power": as_label(one.power, *P),
            "max_power": as_label(fast.power, *FASTEST, draw="both", against="cells"),
            "max_power_by_ratio": as_label(fast_by_ratio.power, *FASTEST, draw="both", against="ratios"),
            "max_power_time": as_label(fast.power_time, "gamma t", "1", "time of the largest power"),
        },
        attrs={
            "x": "time",
            "panels": ["energy charger_energy", "kept", "kept_by_ratio", "power", "max_power", "max_power_by_ratio"],
        },
    )


@figure(
    "fig6",
    paper="Fig. 6",
    caption="Warm baths. (a) Energies in time, R = 10, one cell. (b) What stays, against temperature, one cell; (c) its "
    "derivative.",
)
def fig6(quick: bool) -> xr.Dataset:
    """Temperature."""
    time, warm = time_axis(0.5), at_temperature(values=[0.0, 2.0, 4.0])
    temperature = axis("temperatures", np.linspace(0.0, 5.0, 101 if quick else 501), "T", "hbar omega", "temperature")
    ratio = ratio_axis([1, 2, 3, 4])
    heat = xr.DataArray(np.asarray(occupation(warm.values)), warm.coords)
    one = curves(few(), time, n_battery=1, n_charger=10, thermal_occupation=heat)
    steady = each(lambda b: kept_warm(b, temperature.values), few(), ("temperatures",), n_battery=1, n_charger=ratio)
    steady = steady.assign_coords(temperatures=temperature.temperatures)
    return xr.Dataset(
        {
            "energy": as_label(one.energy, *E, **BATTERY),
            "charger_energy": as_label(marks(one.charger_energy), "E_C", "hbar omega", "energy per charger spin", **CHARGER),
            "kept": as_label(steady.energy, *KEPT, against="temperatures"),
            "slope": as_label(steady.slope, "dE_B^ss/dT", "1", "derivative by temperature", against="temperatures"),
        },
        attrs={"x": "time", "panels": ["energy charger_energy", "kept", "slope"]},
    )
