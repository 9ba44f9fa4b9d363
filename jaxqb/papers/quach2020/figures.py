"""Figures 2 to 6."""

from typing import Any

import numpy as np
import xarray as xr

from ...batteries import DarkStateBattery
from ..paper import as_label, axis, each, figure
from .tables import (
    FASTEST,
    FEW,
    KEPT,
    E,
    P,
    S,
    W,
    at_temperature,
    cells_axis,
    curves,
    entangling,
    fastest,
    few,
    hull,
    kept,
    marks,
    occupation,
    ratio_axis,
    sizes,
    stays,
    steady_sizes,
    time_axis,
    warm,
)

HOT = 1000.0  # "infinite" temperature
BATTERY, CHARGER = {"label": "battery"}, {"label": "charger", "draw": "points", "against": "mark"}


@figure(
    "fig2",
    paper="Fig. 2",
    caption="Energy and power per cell. (a, d) In time, R = 5. (b, e) What stays, and the largest power, against the number "
    "of cells. (c, f) The same against the ratio R of charger to battery size.",
)
def fig2(quick: bool) -> xr.Dataset:
    """Capacity and power."""
    time, ratio, ratios = time_axis(0.8), ratio_axis([2, 5, 10]), ratio_axis([*range(1, 11), 12, 14, 16, 18, 20], "ratios")
    cells = cells_axis(range(1, 13 if quick else 21))
    one = curves(few(), time, FEW, 5 * FEW)
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
    "fig3",
    paper="Fig. 3",
    caption="Work that unitaries on the battery extract (lines) and energy (dots), per cell. (a) R = 5; unitaries within the "
    "collective spin. (b) One cell. (c) As (a) with all unitaries on the cells: work from the first moment on. (d) Work over "
    "energy in the steady state.",
)
def fig3(quick: bool) -> xr.Dataset:
    """Ergotropy."""
    time, ratio = time_axis(0.8), ratio_axis([1, 5, 50])
    size = axis("size", [1.0, 2.0, 10.0], "N_B", "cells", "number of battery cells")
    by_size = curves(hull(10.0, 10.0, 50.0), time, size, 5 * size, ("energy", "work", "work_full"))
    by_ratio = curves(few(), time, 1, ratio)
    cells = cells_axis([*range(1, 11), 14, 20] + ([] if quick else [30, 40, 60]))
    steady = each(stays, steady_sizes() if quick else hull(60.0, 60.0, 300.0), n_battery=cells, n_charger=5 * cells)
    work, energy = {"label": "ergotropy"}, {"label": "energy", "draw": "points", "against": "mark"}
    part = ("W_B / E_B", "1", "part of the steady energy that is work")
    return xr.Dataset(
        {
            "work": as_label(by_size.work, *W, **work),
            "work_full": as_label(by_size.work_full, *W, **work),
            "stored": as_label(by_size.energy, *E),
            "energy": as_label(marks(by_size.energy), *E, **energy),
            "work_by_ratio": as_label(by_ratio.work, *W, **work),
            "stored_by_ratio": as_label(by_ratio.energy, *E),
            "energy_by_ratio": as_label(marks(by_ratio.energy), *E, **energy),
            "kept_work": as_label(steady.work, *W),
            "part": as_label(steady.work / steady.energy, *part, draw="both", label="collective spin", against="cells"),
            "part_full": as_label(steady.work_full / steady.energy, *part, draw="both", label="all unitaries", against="cells"),
        },
        attrs={
            "x": "time",
            "panels": ["work energy", "work_by_ratio energy_by_ratio", "work_full energy", "part part_full"],
            "titles": ["$R$ = 5", "one cell", "$R$ = 5, all unitaries", "steady state, $R$ = 5"],
        },
    )


@figure(
    "fig4",
    paper="Fig. 4",
    caption="Entanglement of battery and charger. (a) In time, R = 5, and (b) against energy. (c) In the steady state, against "
    "the number of cells, and (d) against energy.",
)
def fig4(quick: bool) -> xr.Dataset:
    """Logarithmic negativity."""
    found = curves(few(), time_axis(0.8), FEW, 5 * FEW)
    ratio, cells = ratio_axis([2, 3, 5]), cells_axis(range(1, 13 if quick else 31))
    family = steady_sizes() if quick else hull(30.0, 30.0, 150.0)
    steady = each(stays, family, n_battery=cells, n_charger=ratio * cells).transpose("ratio", "cells")
    alone = ratio_axis(range(1, 21), "ratios")
    by_ratio = each(stays, family, n_battery=FEW, n_charger=alone * FEW)
    last = ("S_B^ss", "bits", "steady logarithmic negativity")
    return xr.Dataset(
        {
            "entanglement": as_label(found.entanglement, *S),
            "energy": as_label(found.energy, *E),
            "along": as_label(found.entanglement, *S, against="energy"),
            "kept_entanglement": as_label(steady.entanglement, *last, draw="both", against="cells"),
            "kept": as_label(steady.energy, *KEPT),
            "kept_along": as_label(steady.entanglement, *last, draw="both", against="kept"),
            "kept_by_ratio": as_label(by_ratio.entanglement, *last),
        },
        attrs={"x": "time", "panels": ["entanglement", "along", "kept_entanglement", "kept_along"]},
    )


@figure(
    "fig5",
    paper="Fig. 5",
    caption="Power and the rate of entanglement. (a, b) In time, R = 50. (c) The largest local maximum of that rate after t = 0 "
    "(the rate begins at its highest for R = 3 and 5: light points), and (d) how long it is after the largest power.",
)
def fig5(quick: bool) -> xr.Dataset:
    """Entanglement rate."""
    found = curves(few(), time_axis(0.2), FEW, 50 * FEW)
    ratio, cells = ratio_axis([3, 5, 10]), cells_axis(range(1, 5 if quick else 9))
    family = hull(float(cells[-1]), float(cells[-1]), max(50.0, 10 * float(cells[-1])))
    alone = each(entangling, family, n_battery=1, n_charger=50)
    fast, rate = (
        each(function, padded, n_battery=cells, n_charger=ratio * cells).transpose("ratio", "cells")
        for function, padded in ((fastest, sizes(quick)), (entangling, family))
    )
    rates = ("dS_B/dt", "bits gamma", "entanglement rate")
    lag = ("gamma Delta t", "1", "lag behind the largest power")
    largest = ("(dS_B/dt)^max", "bits gamma", "largest entanglement rate")
    return xr.Dataset(
        {
            "power": as_label(found.power, *P),
            "rate": as_label(found.rate, *rates),
            "peaks": as_label(alone.peaks, "n", "1", "number of local maxima of the rate, one cell, R = 50"),
            "first_rate_of_one": as_label(alone["first"], *rates),
            "max_power_time": as_label(fast.power_time, "gamma t", "1", "time of the largest power"),
            "max_rate": as_label(rate.rate, *largest, draw="both", against="cells"),
            "first_rate": as_label(rate["first"], *largest, draw="beneath", against="cells", label="at t = 0"),
            "jump": as_label(rate.jump, "jump", "1", "whether the rate jumps at its maximum"),
            "lag": as_label(rate.rate_time - fast.power_time, *lag, draw="both", against="cells"),
        },
        attrs={"x": "time", "panels": ["power", "rate", "max_rate first_rate", "lag"]},
    )


@figure(
    "fig6",
    paper="Fig. 6",
    caption="Batteries and chargers in warm baths. (a) Energies in time, R = 10, one cell. (b) What stays, against temperature, "
    "one cell; (c) its "
    "derivative. (d) Energy and work that stay, R = 4.",
)
def fig6(quick: bool) -> xr.Dataset:
    """Temperature."""
    time, heat = time_axis(0.5), at_temperature(values=[0.0, 2.0, 4.0])
    temperature = axis("temperatures", np.linspace(0.0, 5.0, 101 if quick else 501), "T", "hbar omega", "temperature")
    ratio, many = ratio_axis([1, 2, 3, 4]), 4
    n = xr.DataArray(np.asarray(occupation(heat.values)), heat.coords)
    one = curves(few(), time, 1, 10, thermal_occupation=n)

    def steady(family: Any, function: Any = kept, **leaves: Any) -> xr.Dataset:
        found = each(lambda battery: warm(battery, np.append(temperature, HOT), function), family, ("temperatures",), **leaves)
        hot = found.isel(temperatures=-1).rename({name: f"hot_{name}" for name in found})
        return found.isel(temperatures=slice(-1)).assign_coords(temperatures=temperature.temperatures).merge(hot)

    cold = steady(few(), n_battery=1, n_charger=ratio)
    # a cell as warm as the bath is up with probability n / (2 n + 1); mixtures are linear in their parts
    level = axis("level", [0.0, 1.0], "m", "cells", "excited cells at the start")
    either = steady(
        DarkStateBattery(1, [1, 4], battery_excitations=[0, 1]), n_battery=1, n_charger=ratio, battery_excitations=level
    )
    quanta = np.asarray(occupation(temperature.values))
    up = xr.DataArray(quanta / (2 * quanta + 1), temperature.coords)
    mixed = (1 - up) * either.energy.sel(level=0) + up * either.energy.sel(level=1)
    work = steady(few(), stays, n_battery=FEW, n_charger=many * FEW)
    every = {"against": "temperatures"}
    dots = work.energy.isel(temperatures=slice(0, None, len(temperature) // 20)).rename(temperatures="dots")
    return xr.Dataset(
        {
            "energy": as_label(one.energy, *E, **BATTERY),
            "charger_energy": as_label(marks(one.charger_energy), "E_C", "hbar omega", "energy per charger spin", **CHARGER),
            "kept": as_label(cold.energy, *KEPT, **every),
            "kept_if_warm": as_label(mixed, *KEPT, **every),
            "slope": as_label(cold.slope, "dE_B^ss/dT", "1", "derivative by temperature", **every),
            "kept_work": as_label(work.work, "W_B^ss", "hbar omega", "steady ergotropy per cell", label="ergotropy", **every),
            "kept_work_full": as_label(work.work_full, "W_B^ss", "hbar omega", "steady ergotropy per cell, all unitaries"),
            "hot_work": as_label(work.hot_work, *W),
            "hot_work_full": as_label(work.hot_work_full, *W),
            "kept_energy": as_label(work.energy, *KEPT),
            "kept_dots": as_label(dots, *KEPT, label="energy", draw="points", against="dots"),
        },
        {"dots": axis("dots", dots.dots.values, "T", "hbar omega", "temperature").dots},
        {"x": "time", "panels": ["energy charger_energy", "kept", "slope", "kept_work kept_dots"]},
    )
