"""Beyond the figures of the paper: laws of large batteries, and a charger that is not enlarged with the battery."""

from typing import Any

import numpy as np
import xarray as xr
from jax.scipy.special import exp1

from ..paper import as_label, axis, each, figure
from .lifetimes import TURNS, lifetimes
from .tables import FASTEST, FEW, KEPT, E, cells_axis, fastest, hull, kept, ratio_axis, stays, steady_sizes


def largest_power() -> float:
    """F, the largest value of ``int exp(-v) Z v / (1 + Z v)^2 dv``, which is the power of many cells over 2 (N_C - N_B).

    With a = 1/Z and the exponential integral, G = exp(a) E_1(a), the integral is a ((1 + a) G - 1), and it is largest where
    G = (2 + a) / (1 + 3a + a^2).

    >>> round(largest_power(), 8)
    0.19570683
    """
    a = 0.7
    for _ in range(8):
        g, below = float(np.exp(a) * exp1(a)), 1 + 3 * a + a**2
        a -= (g * below - 2 - a) / ((g - 1 / a) * below + g * (3 + 2 * a) - 1)
    return a / below


def missing(cells: xr.DataArray, ratio: xr.DataArray) -> xr.DataArray:
    """How much less than its limit a large battery keeps a cell: the limit is hbar omega, and half of it for R = 1."""
    more = (2 * ratio - 1) / ((ratio - 1).where(ratio > 1) ** 2 * cells)
    return more.fillna(np.sqrt(np.pi) / 4 / np.sqrt(cells))


def entanglement(ratio: xr.DataArray) -> xr.DataArray:
    """Steady logarithmic negativity of many cells, R > 1: that of a Gaussian two-mode squeezed thermal state."""
    s = 1 / (ratio - 1)
    log2: Any = np.log2
    return -log2(1 + 3 * s + 2 * s**2 - (s**2 + 4 * s * (1 + s) ** 3) ** 0.5)


@figure(
    "limits",
    paper="beyond (limits of Sec. IV)",
    caption="Large batteries and the laws of their limits. (a) What is missing from the limit of the steady energy, hbar omega "
    "(half of it for R = 1), and "
    "(b) the same over its law, (2R - 1)/((R - 1)^2 N_B), or sqrt(pi)/4/sqrt(N_B) for R = 1. (c) The largest power a "
    "cell over 2 (N_C - N_B): all that counts is the surplus of the charger. (d) Steady entanglement saturates.",
)
def limits(quick: bool) -> xr.Dataset:
    """Energies to a million cells, powers to some hundred, or a thousand."""
    sizes = [1, 2, 3, 5, 10, 20, 50, 100, 1e3, 1e4, 1e5, 1e6]
    cells, ratio = cells_axis(sizes), ratio_axis([1, 2, 5, 10])
    more = ratio.sel(ratio=[2, 5])
    family = hull(1e6, 1e6, 1e7)
    found = each(kept, family, n_battery=cells, n_charger=ratio * cells).energy
    law = missing(cells, ratio).transpose(*found.dims)
    distance = xr.where(ratio > 1, 1.0, 0.5) - found
    chargers = axis("chargers", 10.0 ** np.arange(7), "N_C", "cells", "number of charger spins")
    counts = [1.0, 2.0, 3.0, 5.0, 10.0, 20.0]
    groups = [(hull(50.0, 60.0, 100.0), counts, more)]  # a program each; the largest batteries with R = 2 only
    if not quick:
        groups += [(hull(n, 2 * n, 5 * n), [n], more) for n in (50.0, 100.0, 200.0)]
        groups += [(hull(n, 2 * n, 2 * n), [n], more.sel(ratio=[2])) for n in (500.0, 1000.0)]
    powers = []
    for within, these, ratios in groups:
        few = axis("few", these, "N_B", "cells", "number of battery cells")
        powers.append(each(fastest, within, n_battery=few, n_charger=ratios * few).power)
    powers = xr.concat(powers, "few", join="outer")
    some = cells_axis([1, 2, 3, 5, 10, 20] + ([] if quick else [40])).rename(cells="some")
    dense = steady_sizes() if quick else hull(40.0, 80.0, 200.0)
    entangled = each(stays, dense, n_battery=some, n_charger=more * some).entanglement
    left = ("delta", "hbar omega", "missing from the limit, per cell")
    last = ("S_B^ss", "bits", "steady logarithmic negativity")
    exact = {"draw": "points", "label": "computed"}
    scale = ("delta / law", "1", "what is missing over its law")
    scaled = ("P_B^max / (2 N_C - 2 N_B)", "hbar omega gamma", "power over surplus")
    return xr.Dataset(
        {
            "energy": as_label(found, *KEPT),
            "energy_of_one": as_label(each(kept, family, n_battery=1, n_charger=chargers).energy, *KEPT),
            "missing": as_label(distance, *left, against="cells", **exact),
            "missing_law": as_label(law, *left, against="cells", label="law"),
            "over_law": as_label(distance / law, *scale, draw="both", against="cells"),
            "power": as_label(powers / (2 * (more - 1) * powers.few), *scaled, draw="both", against="few"),
            "limit": as_label(0 * powers.few + largest_power(), *scaled, label="limit", against="few"),
            "entanglement": as_label(entangled, *last, draw="points", label="computed", against="some"),
            "entanglement_limit": as_label(0 * some + entanglement(more), *last, label="law", against="some"),
        },
        attrs={
            "x": "cells",
            "panels": ["missing missing_law", "over_law", "power limit", "entanglement entanglement_limit"],
            "log": ["xy", "x", "x", "x"],
        },
    )


@figure(
    "fixed_charger",
    paper="beyond (Sec. IV)",
    caption="Sixty charger spins, however many cells. (a) Power per cell falls with the number of cells: it grows with the "
    "surplus of the charger, not with the battery. (b) Steady energy per cell. (c) Power of the whole battery.",
)
def fixed_charger(quick: bool) -> xr.Dataset:
    """What of the scaling is the battery's."""
    chargers = 60.0
    cells = cells_axis([1, 2, 3, 5, 10, 15, 20, 25, 30, 40, 50] if quick else range(1, 61))
    family = hull(50.0, 60.0, 100.0) if quick else hull(60.0, 60.0, 60.0)
    fast, stays = (each(function, family, n_battery=cells, n_charger=chargers) for function in (fastest, kept))
    whole = ("N_B P_B^max", "hbar omega gamma", "largest power of the battery")
    law = 2 * (chargers - cells) * largest_power()
    return xr.Dataset(
        {
            "power": as_label(fast.power, *FASTEST, draw="both", label="computed"),
            "power_law": as_label(law, *FASTEST, label="0.1957 of 2 (N_C - N_B)"),
            "energy": as_label(stays.energy, *KEPT, draw="both", label="computed"),
            "whole": as_label(cells * fast.power, *whole, draw="both", label="computed"),
            "whole_law": as_label(cells * law, *whole, label="0.1957 of 2 (N_C - N_B)"),
        },
        attrs={"x": "cells", "panels": ["power power_law", "energy", "whole whole_law"]},
    )


@figure(
    "local_noise",
    paper="beyond (abstract, Sec. VIII)",
    caption="What is left if each spin also decays (a, c) or dephases (b, d) by itself, R = 5. (a, b) Energy per cell, kappa = "
    "gamma / 100 (dots), and the law of slow noise. (c, d) Time until half of it is left, times kappa: a battery is stable for "
    "as long as a single spin is.",
)
def local_noise(quick: bool) -> xr.Dataset:
    """Lifetimes of dark states."""
    data = lifetimes(quick)
    shown = data.energy.sel(rate=0.01).isel(turns=slice(4, None, 8)).rename(turns="dots")
    dots = axis("dots", shown.dots.values, "kappa t", "1", "time in units of the rate of a spin alone")
    data = data.assign(shown=as_label(shown, *E, draw="points", label="kappa = gamma / 100", against="dots"))
    half = as_label(data.lifetime, "kappa t_E", "1", "time until half is left", draw="both", against="rate")
    data = data.assign(lifetime=half).assign_coords(
        dots=dots.dots, turns=TURNS.turns, n_battery=FEW.n_battery[: data.sizes["n_battery"]]
    )
    return data.assign_attrs(panels=["law shown", "lifetime"], titles=2 * ["local decay", "dephasing"], log=["", "", "x", "x"])
