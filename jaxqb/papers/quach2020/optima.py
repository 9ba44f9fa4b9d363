"""The best use of twelve spins: how many of them are the battery, how warm the bath is, and when the charger is taken away."""

from typing import Any

import numpy as np
import xarray as xr

from ... import merit
from ...batteries import DarkStateBattery
from ...design import optimize
from ...evolution import evolve
from ...steady import steady_state
from ..paper import as_label, axis, figure

SPINS = 12
PAPER = 2  # cells at R = 5
FULL = merit.ergotropy.with_(space="full")
BATHS = {"cold bath": 1e-9, "best temperature": 1.0}  # most quanta that are allowed; one is k_B T = 1.44 hbar omega


def kept_work(battery: DarkStateBattery) -> Any:
    """Work in the whole battery for ever."""
    return FULL(battery, steady_state(battery))


def work(battery: DarkStateBattery) -> Any:
    """Work at t = 1: all rates go with gamma, so that gamma is the time at which the charger is taken away."""
    return evolve(battery, [1.0], {"work": FULL}).saved["work"][0]


def haste(battery: DarkStateBattery) -> Any:
    """Work over the time it took, in units of gamma."""
    return work(battery) / battery.decay_rate


@figure(
    "design",
    paper="beyond (Figs. 3 and 6)",
    caption="Twelve spins, split into battery and charger (the paper: R = 5, N_B = 2, a cold bath). (a) Work that it keeps, in a "
    "cold bath and at the best temperature with up to one quantum: warmth helps only where N_C = N_B. (b) Largest work over "
    "charging time, and (c) the work that is there by then.",
)
def design(quick: bool) -> xr.Dataset:
    """Work by all unitaries, by gradients for each split."""
    cells = axis("cells", np.arange(1.0, SPINS // 2 + 1), "N_B", "cells", "number of battery cells")
    pad = {"joints": SPINS // 2 + 1, "levels": 2 * SPINS - 1, "battery_levels": SPINS // 2 + 1}  # of all splits: one program
    splits = [DarkStateBattery(n, SPINS - n, decay_rate=0.3, **pad) for n in cells.values]

    def best(objective: Any, most: float, **design: Any) -> list[Any]:
        bounds = design | {"thermal_occupation": (0.0, most)}
        return [optimize(objective, one, bounds, starts=2 if quick else 8) for one in splits]

    kept = [best(kept_work, most) for most in BATHS.values()]
    fast = [best(haste, most, decay_rate=(0.05, 3.0)) for most in BATHS.values()]

    def drawn(found: Any, read: Any, *label: str, **attrs: Any) -> xr.DataArray:
        table = [[read(one) for one in row] for row in found]
        return as_label(xr.DataArray(table, {"bath": list(BATHS), "cells": cells.cells}), *label, **attrs)

    value, quanta = (lambda one: one.value), (lambda one: one.parameters["thermal_occupation"])
    time, occupation = (lambda one: one.parameters["decay_rate"]), ("n", "quanta", "best occupation of the bath")
    return xr.Dataset(
        {
            "kept": drawn(kept, value, "N_B W_B^ss", "hbar omega", "work that is kept", draw="both"),
            "kept_quanta": drawn(kept, quanta, *occupation),
            "haste": drawn(fast, value, "N_B W_B / t", "hbar omega gamma", "largest work over time", draw="both"),
            "haste_time": drawn(fast, time, "gamma t", "1", "time of the largest work over time"),
            "haste_quanta": drawn(fast, quanta, *occupation),
            "work": drawn(fast, lambda one: one.value * time(one), "N_B W_B", "hbar omega", "work by then", draw="both"),
        },
        attrs={"x": "cells", "panels": ["kept", "haste", "work"]},
    )
