"""How long a dark state lasts if each spin also decays, or dephases, by itself."""

from typing import Any

import numpy as np
import xarray as xr

from ... import merit
from ...batteries import DarkStateBattery
from ...evolution import evolve
from ...methods import Exponential
from ...steady import steady_state
from ..paper import as_label, axis, each
from .tables import FEW, KEPT, E

RATIO = 5
RATES = axis("rate", [1e-4, 1e-3, 1e-2, 1e-1], "kappa / gamma", "1", "rate of a spin alone over that of the bath")
TURNS = axis("turns", np.linspace(0.0, 4.0, 129), "kappa t", "1", "time in units of the rate of a spin alone")
NOISE = ["local decay", "dephasing"]
LIFETIME = ("kappa t_1/2", "1", "time until half of the dark energy is left, times the rate of a spin alone")


def dark(cells: float) -> float:
    """What one of so many cells keeps of five times as many charger spins."""
    battery = DarkStateBattery(cells, RATIO * cells)
    return float(merit.energy_per_cell(battery, steady_state(battery)))


def dephased(turns: Any, chargers: Any) -> Any:
    """Energy of one cell under slow dephasing, at times in units of its rate.

    Dephasing takes coherence from the one excitation that N = N_C + 1 spins share, and the bath takes at once whatever is not
    dark. What is left decays at the rate 4/N, and by how much the cell holds more than a charger spin at 8/N.

    >>> float(dephased(0.0, 5)) == 25 / 36
    True
    """
    x = np.exp(-4 * turns / (chargers + 1))
    return chargers / (chargers + 1) ** 2 * (x + (chargers - 1) * x**2)


def lifetimes(quick: bool = True) -> xr.Dataset:
    """Energies in time, and when half of the dark energy is left, for one to three cells (quick: two).

    Times are in units of the local rate: curves of small rates that fall onto each other say that the lifetime is its inverse.
    """
    cells = FEW.isel(n_battery=slice(2 if quick else 3))
    one = xr.DataArray([1.0, 0.0], dims="noise")
    found = []
    for n in cells.values:
        family = DarkStateBattery(n, RATIO * n, local_decay=RATES.values)
        found.append(each(_fall, family, ("turns",), local_decay=RATES * one, dephasing=RATES * (1 - one)))
    energy = xr.concat(found, "n_battery").energy.assign_coords(n_battery=cells, turns=TURNS, noise=NOISE)
    start = xr.DataArray([dark(n) for n in cells.values], {"n_battery": cells})
    halves = xr.apply_ufunc(_half, energy, start / 2, input_core_dims=[["turns"], []], vectorize=True)
    law = xr.concat([start * np.exp(-TURNS), xr.where(cells == 1, dephased(TURNS, RATIO * cells), np.nan)], "noise")
    return xr.Dataset(
        {
            "energy": as_label(energy, *E, draw="points"),
            "law": as_label(law.assign_coords(noise=NOISE), *E, label="without charging: exp(-kappa t), and of one cell"),
            "dark": as_label(start, *KEPT),
            "lifetime": as_label(halves, *LIFETIME, against="rate", draw="both"),
        },
        attrs={"x": "turns", "facet": "noise"},
    )


def _fall(battery: DarkStateBattery) -> dict[str, Any]:
    times = TURNS.values / (battery.local_decay + battery.dephasing)
    return evolve(battery, times, {"energy": merit.energy_per_cell}, method=Exponential()).saved


def _half(energy: np.ndarray, level: float) -> float:
    """Last time at which the energy is at a level, interpolating its logarithm."""
    k = int(np.flatnonzero(energy > level)[-1])
    high, low = np.log(energy[k : k + 2])
    return float(TURNS.values[k] + (high - np.log(level)) / (high - low) * np.diff(TURNS.values[k : k + 2])[0])
