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
WARMEST = 1.0  # quanta in the bath: k_B T = 1.44 hbar omega


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
    caption="Twelve spins, split into battery and charger (the paper: R = 5, N_B = 2, a cold bath). (a) Work that it "
    "keeps, cold and at the best temperature: warmth helps only where N_C = N_B. (b) Work over charging time if as much work is "
    "asked for as the paper's battery keeps: switched off at the best time, at the best temperature with up to one quantum.",
)
def design(quick: bool) -> xr.Dataset:
    """Work by all unitaries, by gradients for each split."""
    cells = axis("cells", np.arange(1.0, SPINS // 2 + 1), "N_B", "cells", "number of battery cells")
    pad = {"joints": SPINS // 2 + 1, "levels": 2 * SPINS - 1, "battery_levels": SPINS // 2 + 1}  # of all splits: one program
    batteries = [DarkStateBattery(n, SPINS - n, decay_rate=0.3, **pad) for n in cells.values]
    warm, when = {"thermal_occupation": (0.0, WARMEST)}, {"decay_rate": (0.05, 3.0)}
    kept = [optimize(kept_work, one, warm, starts=2 if quick else 8) for one in batteries]
    least = kept[PAPER - 1].start_value
    enough = {"work": (work, ">=", 0.999 * least)}
    able = [one for one, best in zip(batteries, kept, strict=True) if best.value >= least]
    fast = [optimize(haste, one, when | warm, starts=1 if quick else 16, constraints=enough) for one in able]
    along = lambda values: xr.DataArray(values, cells.coords)  # noqa: E731
    quanta = ("n", "quanta", "best occupation of the bath")
    total, rate = (
        ("N_B W_B^ss", "hbar omega", "work that is kept"),
        ("N_B W_B / t", "hbar omega gamma", "work over charging time"),
    )

    def found(values: Any) -> xr.DataArray:
        return xr.DataArray(values, {"cells": [float(one.n_battery) for one in able]}).reindex(cells=cells)

    return xr.Dataset(
        {
            "kept": as_label(along([one.start_value for one in kept]), *total, draw="both", label="cold bath"),
            "kept_warm": as_label(along([one.value for one in kept]), *total, draw="both", label="best temperature"),
            "kept_quanta": as_label(along([one.parameters["thermal_occupation"] for one in kept]), *quanta),
            "haste": as_label(found([one.value for one in fast]), *rate, draw="both", label="best temperature"),
            "haste_time": as_label(found([one.parameters["decay_rate"] for one in fast]), "gamma t", "1", "best time"),
            "haste_quanta": as_label(found([one.parameters["thermal_occupation"] for one in fast]), *quanta),
            "haste_work": as_label(found([one.constraints["work"].value for one in fast]), *total),
        },
        attrs={"x": "cells", "panels": ["kept kept_warm", "haste"]},
    )
