"""What the figures share: axes, labels, families of batteries under one hull each, and what is asked of a battery.

Units: gamma = omega = 1; energies, ergotropies and powers are per cell, as the paper has them.
"""

from collections.abc import Iterable
from functools import cache, partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from ... import merit
from ...batteries import DarkStateBattery
from ...charging import charge
from ...evolution import evolve
from ...steady import steady_state
from ...summits import maxima
from ..paper import axis, each

E = ("E_B", "hbar omega", "energy per cell")
KEPT = ("E_B^ss", "hbar omega", "steady energy per cell")
W = ("W_B", "hbar omega", "ergotropy per cell")
S = ("S_B", "bits", "logarithmic negativity")
P = ("P_B", "hbar omega gamma", "power per cell")
FASTEST = ("P_B^max", "hbar omega gamma", "largest power per cell")

POINTS = 201  # of curves in time
FEW = axis("n_battery", [1.0, 2.0, 3.0], "N_B", "cells", "number of battery cells")


def cells_axis(values: Any) -> xr.DataArray:
    """Numbers of battery cells along an abscissa (those that tell curves apart are `FEW`)."""
    return axis("cells", np.asarray(values, float), "N_B", "cells", "number of battery cells")


def ratio_axis(values: Any, name: str = "ratio") -> xr.DataArray:
    """Ratios N_C / N_B: "ratio" tells curves apart, "ratios" runs along an abscissa."""
    return axis(name, np.asarray(values, float), "R", "1", "charger over battery size")


def time_axis(longest: float) -> xr.DataArray:
    """Times; one length for all figures, so that they share compiled programs."""
    return axis("time", np.linspace(0.0, longest, POINTS), "gamma t", "1", "time")


def marks(curve: xr.DataArray) -> xr.DataArray:
    """Every tenth point of a curve in time, on an axis "mark" of its own: the dotted curves of the paper."""
    thin = curve.isel(time=slice(0, None, 10)).rename(time="mark")
    return thin.assign_coords(mark=axis("mark", thin.mark.values, "gamma t", "1", "time").mark)


@cache
def hull(cells: float, least: float, most: float) -> DarkStateBattery:
    """Batteries of up to so many cells, the largest of them with `least` charger spins or more, all with up to `most`.

    What one hull holds is one program.
    """
    return DarkStateBattery(np.array([1.0, cells]), np.array([1.0, least, most]))


def few() -> DarkStateBattery:
    """One to three cells and up to 150 charger spins."""
    return hull(3.0, 3.0, 150.0)


def sizes(quick: bool) -> DarkStateBattery:
    """All sizes of Fig. 2: up to R = 10, and 20 for three cells."""
    return hull(12.0, 12.0, 120.0) if quick else hull(20.0, 20.0, 200.0)


def steady_sizes() -> DarkStateBattery:
    """All sizes of which steady states are asked for in quick size."""
    return sizes(quick=False)


def occupation(temperature: Any) -> Any:
    """Quanta in the bath, 1 / (exp(1/T) - 1), with derivatives at T = 0.

    >>> round(float(occupation(2.0)), 4)
    1.5415
    """
    warm = temperature > 0
    quantum = 1 / jnp.where(warm, temperature, 1.0)
    return jnp.where(warm, jnp.exp(-quantum) / -jnp.expm1(-quantum), 0.0)


CURVES = {
    "energy": merit.energy_per_cell,
    "charger_energy": merit.charger_energy,
    "power": merit.Rate(merit.energy_per_cell),
    "work": merit.ergotropy,
    "work_full": merit.ergotropy.with_(space="full"),
    "entanglement": merit.log_negativity,
    "rate": merit.entanglement_rate,
}


def curves(
    family: Any, time: xr.DataArray, n_battery: Any, n_charger: Any, names: Iterable[str] = tuple(CURVES), **leaves: Any
) -> xr.Dataset:
    """Figures of merit at all times, per cell or per charger spin."""
    run = lambda battery: evolve(battery, time.values, {name: CURVES[name] for name in names}).saved  # noqa: E731
    found = each(run, family, ("time",), n_battery=n_battery, n_charger=n_charger, **leaves).assign_coords(time=time.time)
    whole = {"work": n_battery, "work_full": n_battery, "charger_energy": n_charger}
    return found.assign({name: found[name] / count for name, count in whole.items() if name in found})


def avalanche(battery: Any) -> Any:
    """About three times as long as it takes to the largest power."""
    cells, chargers = battery.n_battery, battery.n_charger
    return (1 + np.log(chargers)) / (chargers - cells + np.sqrt(cells))


def fastest(battery: Any) -> dict[str, Any]:
    """The largest power per cell and when."""
    best = charge(battery, avalanche(battery), figures="max_instantaneous_power").max_instantaneous_power
    return {"power": best.value / battery.n_battery, "power_time": best.time}


def entangling(battery: Any) -> dict[str, Any]:
    """The largest local maximum of the entanglement rate after t = 0, when, and whether it jumps there; how many; the start."""
    late = 1.6 if battery.n_battery == 1 else 1.1  # the rate of one cell jumps late
    found = maxima(battery, merit.entanglement_rate, late * avalanche(battery))
    top = max(found, key=lambda one: one.value)
    jump = float(top.kind == "kink")
    return {"rate": top.value, "rate_time": top.time, "jump": jump, "peaks": float(len(found)), "first": found.start}


@eqx.filter_jit
def kept(battery: Any) -> dict[str, Any]:
    """What stays in either, per cell."""
    state = steady_state(battery)
    charger = merit.charger_energy(battery, state) / battery.n_charger
    return {"energy": merit.energy_per_cell(battery, state), "charger_energy": charger}


@eqx.filter_jit
def stays(battery: Any) -> dict[str, Any]:
    """The same with what needs every level: work in both spaces, per cell, and entanglement."""
    state, cells = steady_state(battery), battery.n_battery
    full = merit.ergotropy.with_(space="full")
    work = {"work": merit.ergotropy(battery, state) / cells, "work_full": full(battery, state) / cells}
    return kept(battery) | work | {"entanglement": merit.log_negativity(battery, state)}


@eqx.filter_jit
def warm(battery: Any, temperatures: Any, function: Any = kept) -> dict[str, Any]:
    """What stays at some temperatures, and the derivative of the energy by temperature."""

    def at(temperature: Any) -> Any:
        found = function(battery.put(thermal_occupation=occupation(temperature)))
        return found["energy"], found

    energies = jax.vmap(lambda t: jax.jvp(at, (t,), (jnp.ones_like(t),)))
    (_, found), (slope, _) = energies(temperatures)
    return found | {"slope": slope}


at_temperature = partial(axis, "temperature", symbol="T", units="hbar omega", long_name="temperature")
