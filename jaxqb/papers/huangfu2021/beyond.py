"""What the paper does not show: the law of large sizes, the best charger size, Eq. 17, crosstalk among the cells."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from ...algebra import semiclassical
from ...batteries import SpinCharger, localised
from ...charging import charge
from ..paper import as_label, axis, each, figure
from .figures import (
    ALWAYS,
    FIRST,
    SINGLE,
    STORED,
    WINDOW,
    WITHIN,
    cells_axis,
    hull,
    in_time,
    isotropic,
    ratio_axis,
    run,
    time_axis,
)

FIRST_PER_CELL = ("E_first / M", "omega_0", "first maximum of the energy per cell")


def _advantage(family: SpinCharger, cells: xr.DataArray, ratio: xr.DataArray) -> xr.Dataset:
    """First peak and power for each ratio, and the local exponent for N = M from the sizes beside."""
    found = each(ALWAYS, family, n_battery=cells, n_charger=ratio * cells)
    step = axis("step", [-1.0, 1.0], "dM", "cells", "neighbour")
    beside = each(ALWAYS, family, n_battery=cells + step, n_charger=cells + step)
    log_power, log_cells = np.log(beside.max_average_power / (cells + step)), np.log(cells + step)
    rise = (log_power[..., 1] - log_power[..., 0]) / (log_cells[..., 1] - log_cells[..., 0])
    return found.assign(exponent=rise)


@figure(
    "beyond_size",
    paper="beyond",
    caption="Large batteries without anisotropy against the semiclassical law. (a) First maximum a cell: full only for N "
    "= M, and there only as M grows. (b) Power. (c) Local exponent of the collective advantage: it tends to 1 "
    "like 1 - 1/ln M, so 0.99 (printed at M = 1000) is reached near M = 10^40.",
)
def beyond_size(quick: bool) -> xr.Dataset:
    """Sizes to a thousand, or to ten thousand."""
    cells, ratio = cells_axis([2, 3, 5, 10, 20, 50, 100, 200, 500, 1000]), ratio_axis([1, 2, 10])
    found = _advantage(hull("isotropic, large"), cells, ratio)
    if not quick:
        wide, larger = SpinCharger(np.array([1.0, 10_001]), np.array([1.0, 100_010])), cells_axis([2000, 5000, 10_000])
        found = xr.concat([found, _advantage(wide, larger, ratio)], "cells")
        cells = cells_axis(found.cells.values)

    solve = jax.jit(jax.vmap(jax.vmap(lambda m, n: semiclassical.average_power(m, n)[1], (0, None)), (None, 0)))
    law = xr.DataArray(np.asarray(solve(cells.values, ratio.values)), dims=("ratio", "cells"))
    exponents = np.asarray(jax.jit(jax.vmap(semiclassical.exponent))(cells.values))
    grid = jnp.exp(jnp.linspace(-8.0, 8.0, 3201))
    most = jax.jit(lambda n: jnp.max(semiclassical.fraction(grid, n)))
    limit = [1.0, *(float(most(n)) for n in ratio.values[1:])]
    beta = ("beta", "1", "local exponent of eta, N = M")
    exact, classical = {"draw": "points", "label": "exact"}, {"label": "semiclassical law"}
    return xr.Dataset(
        {
            "fraction": as_label(found.first_peak / cells, *FIRST_PER_CELL, **exact),
            "fraction_law": as_label(xr.DataArray(limit, dims="ratio") + 0 * cells, *FIRST_PER_CELL, **classical),
            "power": as_label(found.max_average_power, "P_max", "g omega_0", "largest average power"),
            "advantage": as_label(
                found.max_average_power.isel(ratio=0) / (cells * SINGLE), "eta", "1", "collective over parallel power"
            ),
            "power_over_law": as_label(
                found.max_average_power / law, "P_max / P_law", "1", "power over the semiclassical law", **exact
            ),
            "exponent": as_label(found.exponent.where(ratio == 1), *beta, **exact),  # in the colour of N = M
            "exponent_law": as_label((cells * 0 + exponents).where(ratio == 1), *beta, **classical),
        },
        attrs={
            "x": "cells",
            "panels": ["fraction fraction_law", "power_over_law", "exponent exponent_law"],
            "log": "x",
            "printed": [2, 20, 0.81, 2, 100, 0.87, 2, 1000, 0.99],
        },
    )


@functools.cache
def _rates() -> Any:
    """Energy, power and their derivatives by a real charger size, ten cells."""
    family = SpinCharger(10, np.array([9.0, 40.0]))

    def figures(size: Any) -> Any:
        best = charge(family.put(n_charger=size))
        return best.first_peak.value, best.max_average_power.value

    return jax.jit(lambda size: jax.jvp(figures, (size,), (jnp.ones_like(size),)))


@figure(
    "tradeoff",
    paper="beyond",
    caption="The charger's size as a real design parameter, M = 10: what it does to energy and power. (a) Both, from N = "
    "9 on. (b, c) Their derivatives by N. A larger charger always adds power, but energy rises until N = 10.6 "
    "before it falls.",
)
def tradeoff(quick: bool) -> xr.Dataset:
    """Trade-off over real charger size."""
    part = 4 if quick else 20
    fine = 9 + np.arange(4.0 * part) / part  # in which whole numbers are whole
    size = axis("size", np.concatenate([fine, np.arange(13.0, 41.0)]), "N", "cells", "number of charger spins")
    rows = [_rates()(np.asarray(n)) for n in size.values]
    (first, power), (first_rate, power_rate) = jax.tree.map(lambda *x: xr.DataArray(np.stack(x), size.coords), *rows)
    whole = size % 1 == 0
    value, real = ("P_max", "g omega_0", "largest average power"), {"label": "real $N$"}
    return xr.Dataset(
        {
            "energy": as_label(first, *FIRST),
            "power": as_label(power, *value, against="energy", **real),
            "power_of_integer": as_label(power.where(whole), *value, against="energy", draw="points", label="integer $N$"),
            "energy_rate": as_label(first_rate, "dE_first/dN", "omega_0", "derivative of the energy", **real),
            "power_rate": as_label(power_rate, "dP_max/dN", "g omega_0", "derivative of the power", **real),
        },
        attrs={"x": "size", "panels": ["power power_of_integer", "energy_rate", "power_rate"]},
    )


@figure(
    "eq17",
    paper="Eq. 17",
    caption="Two cells and two charger spins, one of which is empty with probability p_0: exact dynamics, Eq. 17 as "
    "printed, and with the dark half of its last term restored. The printed formula treats the product state |10> as "
    "symmetric.",
)
def eq17(quick: bool) -> xr.Dataset:
    """A thermal charger spin."""
    del quick
    time, empty = time_axis(WINDOW), axis("empty", [0.0, 0.3], "p_0", "1", "population of the empty charger spin")
    one = xr.DataArray(np.asarray(run(SpinCharger(2, 2, charger_excitations=localised(1)), time)["energy"]), dims="time")
    both = in_time(time, 2).energy
    full, part = 2 * np.sin(np.sqrt(2) * time) ** 2, np.sin(2 * time) ** 2
    return xr.Dataset(
        {
            "energy": as_label((1 - empty) * both + empty * one, *STORED, label="dynamics"),
            "printed": as_label(full - empty * (full - part), *STORED, label="Eq. 17 as printed"),
            "mended": as_label(full - empty * (full - part / 2), *STORED, label="Eq. 17 with the dark half"),
        },
        attrs={"x": "time", "panels": ["energy printed mended"], "facet": "empty"},
    )


@figure(
    "beyond_crosstalk",
    paper="beyond",
    caption="Crosstalk where the paper extrapolates. (a) g_2 among the two cells slows how four charger spins fill them, as "
    "g / g_2: both empty and both full lie at one energy, and two quanta pass together. (b) Power lost by g_1 = "
    "0.1 g among the charger spins grows with size, N = 2 M.",
)
def beyond_crosstalk(quick: bool) -> xr.Dataset:
    """Crosstalk where the paper extrapolates."""
    del quick
    among = axis("crosstalk", [0.0, 0.1, 1.0, 10.0, 300.0], "g_2/g", "1", "battery-battery over exchange coupling")
    cells = cells_axis([2, 3, 4, 6, 8, 10])
    power = isotropic(WITHIN, cells, 2 * cells, charger_crosstalk=xr.DataArray([0.0, 0.1], dims="with")).max_average_power
    loss = 1 - power.isel({"with": 1}) / power.isel({"with": 0})
    energy = in_time(time_axis(WINDOW), 4, battery_crosstalk=among).energy
    return xr.Dataset(
        {
            "energy": as_label(energy, *STORED),
            "power_lost": as_label(loss, "1 - P(g_1)/P(0)", "1", "part of the power lost", against="cells", draw="both"),
        },
        attrs={
            "x": "time",
            "panels": ["energy", "power_lost"],
            "titles": ["$M$ = 2, $N$ = 4", "$g_1$ = 0.1 $g$, $N$ = 2$M$"],
        },
    )
