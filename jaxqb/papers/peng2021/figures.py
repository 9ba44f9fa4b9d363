"""Figures 2 to 5 and Table I."""

from functools import cache, partial
from typing import Any

import jax
import numpy as np
import xarray as xr
from jax import lax

from ... import merit
from ...batteries import SpinCharger
from ...conventions import UNITS
from ...evolution import evolve
from ..paper import figure, labelled
from .tables import CELLS, PEAK, SPINS, TABLE, Printed, exponent, power_law, spins, tanh_peak

BATTERY = {"symbol": "N_B", "units": "cells", "long_name": "number of battery cells"}
CHARGER = {"symbol": "N", "units": "cells", "long_name": "number of charger spins"}
POWER = {"symbol": "P_max", "units": UNITS["power"], "long_name": "largest average power"}


@figure(
    "fig2",
    caption="One cell and ten charger spins, five of them up: energies, with closed forms as dots.",
    paper="Fig. 2",
)
def fig2(quick: bool) -> xr.Dataset:
    """Panels differ in battery frequency B and Ising coupling Delta; h = A = 1."""
    size, n, h = 10, 5, 1.0
    field, ising = np.array([1.0, 1.0, 5.0, 5.0]), np.array([0.0, 5.0, 0.0, 5.0])
    ladder = n * (size - n + 1)
    offset = field - h + (2 * n - 1 - size) * ising
    omega = np.sqrt(offset**2 + 4 * ladder)
    phase = np.linspace(0.0, 2 * np.pi, 49 if quick else 385)
    hull = SpinCharger(1, size, charger_excitations=n).hull({"battery_frequency": field, "ising": ising})
    save = {
        "battery": merit.energy,
        "charger": merit.charger_energy,
        "interaction": merit.interaction_energy,
        "total": merit.total_energy,
        "power": merit.average_power,
    }

    @jax.jit
    def solve(rows: Any) -> Any:
        def one(row: Any) -> Any:
            return evolve(hull.put(battery_frequency=row[0], ising=row[1]), 2 * phase / row[2], save).saved

        return lax.map(one, rows)

    saved = solve((field, ising, omega))
    up = (4 * ladder / omega**2)[:, None] * np.sin(phase) ** 2
    time = 2 * phase / omega[:, None]
    closed = {
        "battery": field[:, None] * up,
        "charger": h * (n - size / 2 - up),
        "interaction": (ising * (size / 2 - n))[:, None] - (field - h)[:, None] * up,
        "power": field[:, None] * up / np.where(time > 0, time, 1.0),
    }
    # the paper counts S^z and J^z from the middle of their ladders
    saved = saved | {"charger": saved["charger"] - h * size / 2}
    saved = saved | {"total": saved["total"] - (field[:, None] + h * size) / 2}
    energy = partial(labelled, ("panel", "phase"), symbol="E", units=UNITS["energy"], long_name="energy")
    power = partial(labelled, ("panel", "phase"), symbol="P", units=UNITS["power"])
    fixed = partial(labelled, "panel", units=UNITS["frequency"])
    label = {"battery": "battery, E_B", "charger": "charger, E_C", "interaction": "interaction, E_I", "total": "<H>"}
    equation = {"battery": "E_B, Eq. 12", "charger": "E_C, Eq. A7", "interaction": "E_I, Eq. A8"}
    dots = {"draw": "points", "every": 1 if quick else 8}
    return xr.Dataset(
        {
            **{name: energy(saved[name], label=label[name]) for name in label},
            **{f"{name}_closed": energy(closed[name], label=by, **dots) for name, by in equation.items()},
            "power": power(saved["power"], long_name="average power"),
            "power_closed": power(closed["power"], long_name="average power, Eq. 13", **dots),
            "field": fixed(field, symbol="B", long_name="battery frequency"),
            "ising": fixed(ising, symbol="Delta", long_name="Ising coupling"),
            "offset": fixed(offset, symbol="Delta_n", long_name="distance from resonance"),
            "omega": fixed(omega, symbol="Omega_n", long_name="frequency of the exchange"),
            "transfer": labelled("panel", np.max(saved["battery"], 1) / field, "dE_B / B", "number", "largest transfer"),
        },
        {"panel": list("abcd"), "phase": labelled("phase", phase, "Omega_n t / 2", "rad", "phase of the exchange")},
        {
            "x": "phase",
            "facet": "panel",
            "panels": ["battery charger interaction battery_closed charger_closed interaction_closed"],
            "titles": [rf"$B$ = {b:g}, $\Delta$ = {d:g}" for b, d in zip(field, ising, strict=True)],
        },
    )


def _scaling(size: np.ndarray, cells: np.ndarray, low: int, full: bool) -> xr.Dataset:
    """Energy and power over N_B for some N, at continuous optima and on the paper's times, with fits from N_B = low on.

    All charger spins are up (`full`), or as many as there are cells.
    """
    start = size[:, None] if full else cells[None, :]
    exact, printed = (spins(cells, size[:, None], start, figures=figures) for figures in (PEAK, Printed()))
    used = cells >= low
    exact_fit, printed_fit = (
        np.array([power_law(cells[used], row[used]) for row in powers]).T
        for powers in (exact["max_average_power"], printed["power"])
    )
    line = np.where(used, exact_fit[1][:, None] * cells ** exact_fit[0][:, None], np.nan)
    table = partial(labelled, ("n_charger", "n_battery"))
    fit = partial(labelled, "n_charger")
    return xr.Dataset(
        {
            "energy": table(exact["first_peak"], "E_first", UNITS["energy"], "energy at its first peak", draw="both"),
            "energy_per_cell": table(
                exact["first_peak"] / cells,
                "E_first / N_B",
                UNITS["energy"],
                "energy per cell at first peak",
                draw="both",
            ),
            "energy_time": table(exact["first_peak_time"], "t_E", UNITS["time"], "time of the first peak"),
            "energy_grid": table(printed["energy"], "E_max", UNITS["energy"], "largest energy on the paper's times"),
            "power": table(exact["max_average_power"], **POWER, draw="beneath", label="exact"),
            "power_time": table(exact["max_average_power_time"], "t_P", UNITS["time"], "time of the largest power"),
            "power_grid": table(printed["power"], "P_max", UNITS["power"], "largest power on the paper's times"),
            "fit": table(line, "beta N_B^alpha", UNITS["power"], "power law", label=f"fit over {low} to {cells[-1]} cells"),
            "alpha": fit(exact_fit[0], "alpha", "number", "exponent"),
            "beta": fit(exact_fit[1], "beta", UNITS["power"], "prefactor"),
            "alpha_grid": fit(printed_fit[0], "alpha", "number", "exponent on the paper's times"),
            "beta_grid": fit(printed_fit[1], "beta", UNITS["power"], "prefactor on the paper's times"),
        },
        {"n_battery": labelled("n_battery", cells, **BATTERY), "n_charger": labelled("n_charger", size, **CHARGER)},
        {"x": "n_battery", "log": ["", "xy"]},
    )


@cache
def few() -> xr.Dataset:
    """Charger spins, all up."""
    return _scaling(np.array([5, 10, 15]), np.arange(1, 81), 20, full=True)


@cache
def many() -> xr.Dataset:
    """Charger spins, one up for each cell."""
    return _scaling(np.array([100, 200, SPINS]), np.arange(1, CELLS + 1), 1, full=False)


@figure(
    "fig3",
    caption="Few charger spins, all up: energy and power against the number of cells, with fits over 20 to 80 cells.",
    paper="Fig. 3",
)
def fig3(quick: bool) -> xr.Dataset:
    """The paper's sizes take a second, so quick is full."""
    del quick
    return few().assign_attrs(panels=["energy", "power fit"], titles=["energy", "power, fits"])


@figure(
    "fig4",
    caption="Many charger spins, one up for each cell: energy per cell and power, with fits over 1 to 50 cells.",
    paper="Fig. 4",
)
def fig4(quick: bool) -> xr.Dataset:
    """The paper's sizes take a second, so quick is full."""
    del quick
    return many().assign_attrs(panels=["energy_per_cell", "power fit"], titles=["energy per cell", "power, fits"])


@figure(
    "table1",
    caption="Power laws P = beta N_B^alpha: fits of continuous optima, fits on the paper's times, and limits.",
    paper="Table I",
)
def table1(quick: bool) -> xr.Dataset:
    """Limits: N_B to infinity where all charger spins are up; N, then N_B to infinity where N_B are."""
    del quick
    some, more = few(), many()
    size = np.concatenate([some.n_charger, more.n_charger])
    root = np.sqrt(more.n_charger.values)
    huge = 1e10  # relative corrections are 1 / N_B
    # where all charger spins are up, battery and charger may be exchanged: E(t; N_B, N) = E(t; N, N_B)
    lower = spins(some.n_charger, huge, huge)["max_average_power"] / np.sqrt(huge)
    both = {name: np.concatenate([some[name], more[name]]) for name in ("alpha", "beta", "alpha_grid", "beta_grid")}
    row = partial(labelled, "n_charger", draw="points")
    alpha = partial(row, symbol="alpha", units="number", long_name="exponent")
    beta = partial(row, symbol="beta", units=UNITS["power"], long_name="prefactor")
    printed = dict(zip(("alpha", "beta", "alpha_limit", "beta_limit"), zip(*TABLE.values(), strict=True), strict=True))
    optima, times, limit = {"label": "exact"}, {"label": "on the paper's times"}, {"label": "exact limit"}
    return xr.Dataset(
        {
            "alpha": alpha(both["alpha"], **optima),
            "alpha_grid": alpha(both["alpha_grid"], **times),
            "alpha_limit": alpha([0.5] * 3 + [1.5] * 3, **limit),
            "beta": beta(both["beta"], **optima),
            "beta_grid": beta(both["beta_grid"], **times),
            "beta_limit": beta(np.concatenate([lower, tanh_peak()[1] * root]), **limit),
            "beta_claimed": beta(np.concatenate([np.full(3, np.nan), 0.72 * root]), label="0.72 sqrt(N), Eq. 31"),
            "alpha_printed": alpha(list(printed["alpha"]), label="printed"),
            "alpha_limit_printed": alpha(list(printed["alpha_limit"]), label="printed limit"),
            "beta_printed": beta(list(printed["beta"]), label="printed"),
            "beta_limit_printed": beta(list(printed["beta_limit"]), label="printed limit"),
        },
        {"n_charger": labelled("n_charger", size, **CHARGER)},
        {
            "x": "n_charger",
            "log": "x",
            "titles": ["exponent", "prefactor"],
            "panels": ["alpha alpha_grid alpha_limit", "beta beta_grid beta_limit beta_claimed"],
            "table": [f"{x}_printed {x} {x}_grid {x}_limit_printed {x}_limit" for x in ("alpha", "beta")],
            "printed": [
                (panel, float(n), float(value))
                for panel, name in enumerate(("alpha", "beta"))
                for n, value in zip(TABLE, printed[name], strict=True)
            ],
        },
    )


@figure(
    "fig5",
    caption="Power over both sizes, all charger spins up, and its local exponent in N_B for some N.",
    paper="Fig. 5",
)
def fig5(quick: bool) -> xr.Dataset:
    """Full size has every N from 1 to 200, quick some of them."""
    cells = np.arange(1, 41)
    size = np.array([1, 2, 3, 5, 8, 13, 20, 30, 40, 60, 100, 140, 200]) if quick else np.arange(1, 201)
    shown = np.array([1, 5, 20, 100, 200])
    power = spins(cells, size[:, None], size[:, None])["max_average_power"]
    local = exponent(cells, power[np.searchsorted(size, shown)])
    table = partial(labelled, ("n_charger", "n_battery"))
    return xr.Dataset(
        {
            "power": table(power, **POWER),
            "log_power": table(
                np.log10(power),
                "lg P_max",
                "number",
                "decimal logarithm of the largest power",
                draw="map",
                y="n_charger",
            ),
            "exponent": labelled(("shown", "n_battery"), local, "d ln P / d ln N_B", "number", "local exponent"),
        },
        {
            "n_battery": labelled("n_battery", cells, **BATTERY),
            "n_charger": labelled("n_charger", size, **CHARGER),
            "shown": labelled("shown", shown, **CHARGER),
        },
        {
            "x": "n_battery",
            "y": "n_charger",
            "log": ["xy", ""],
            "panels": ["log_power", "exponent"],
            "titles": ["power", "local exponent"],
        },
    )
