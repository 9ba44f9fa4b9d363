"""How long a dark state lasts if each spin also decays, or dephases, by itself."""

from typing import Any

import equinox as eqx
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
WORK = ("W_B", "hbar omega", "ergotropy per cell, by all unitaries")
SAVED = {"energy": merit.energy_per_cell, "work": merit.ergotropy.with_(space="full")}


def dephased(turns: Any, chargers: Any) -> Any:
    """Energy of one cell under slow dephasing, at times in units of its rate.

    Dephasing takes coherence from the one excitation that N = N_C + 1 spins share, and the bath takes at once whatever is not
    dark. What is left decays at the rate 4/N, and by how much the cell holds more than a charger spin at 8/N.

    >>> round(float(dephased(0.0, 5)), 9)  # 25 / 36
    0.694444444
    """
    x = np.exp(-4 * turns / (chargers + 1))
    return chargers / (chargers + 1) ** 2 * (x + (chargers - 1) * x**2)


def lifetimes(quick: bool = True) -> xr.Dataset:
    """Energies and ergotropies in time, and when half of what the dark state has is left, for one to three cells (quick: two).

    Times are in units of the local rate: curves of small rates that fall onto each other say that the lifetime is its inverse.
    """
    cells = FEW.isel(n_battery=slice(2 if quick else 3))
    one = xr.DataArray([1.0, 0.0], dims="noise")
    noise = {"local_decay": RATES * one, "dephasing": RATES * (1 - one)}
    found = [each(_fall, DarkStateBattery(n, RATIO * n, local_decay=RATES.values), ("turns",), **noise) for n in cells.values]
    curves = xr.concat(found, "n_battery").assign_coords(n_battery=cells, turns=TURNS, noise=NOISE)
    dark = each(_stays, DarkStateBattery(cells.values, RATIO * cells.values), n_battery=cells, n_charger=RATIO * cells)
    half = xr.apply_ufunc(_half, curves, dark, input_core_dims=[["turns"], []], vectorize=True)
    law = [dark.energy * np.exp(-TURNS), xr.where(cells == 1, dephased(TURNS, RATIO * cells), np.nan)]
    until = "time until half of it is left, times the rate of a spin alone"
    return xr.Dataset(
        {
            "energy": as_label(curves.energy, *E, draw="points"),
            "work": as_label(curves.work, *WORK, draw="points"),
            "law": as_label(xr.concat(law, "noise").assign_coords(noise=NOISE), *E, label="slow noise: exp(-kappa t); one cell"),
            "dark_energy": as_label(dark.energy, *KEPT),
            "dark_work": as_label(dark.work, *WORK),
            "lifetime": as_label(half.energy, "kappa t_E", "1", f"energy: {until}", against="rate", draw="both"),
            "work_lifetime": as_label(half.work, "kappa t_W", "1", f"ergotropy: {until}", against="rate", draw="both"),
        },
        attrs={"x": "turns", "facet": "noise"},
    )


def _fall(battery: DarkStateBattery) -> dict[str, Any]:
    times = TURNS.values / (battery.local_decay + battery.dephasing)
    return _per_cell(battery, evolve(battery, times, SAVED, method=Exponential()).saved)


@eqx.filter_jit
def _stays(battery: DarkStateBattery) -> dict[str, Any]:
    state = steady_state(battery)
    return _per_cell(battery, {name: figure(battery, state) for name, figure in SAVED.items()})


def _per_cell(battery: DarkStateBattery, saved: dict[str, Any]) -> dict[str, Any]:
    return saved | {"work": saved["work"] / battery.n_battery}


def _half(curve: np.ndarray, whole: float) -> float:
    """Last time at which more than half is left, on a cubic between the samples around it."""
    k = int(np.flatnonzero(curve > whole / 2)[-1])
    near = slice(k - 1, k + 3)
    return float(np.polyfit(curve[near] - whole / 2, TURNS.values[near], 3)[-1])
