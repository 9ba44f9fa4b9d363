"""Figures of Huangfu & Jing 2021, and three beyond it.

Units: g = 1 and omega_0 = 10 g where the free energy matters (gamma != 0); energies are given in omega_0, powers in g omega_0.
A cavity's coupling is g~ = sqrt(N) g, so its powers compare with P / sqrt(N) of spins.
The largest energy over all times is no well-defined number (energies are almost periodic): "largest" is over g t <= 5.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from ...algebra import semiclassical
from ...batteries import CavityCharger, SpinCharger, localised
from ...charge import charge
from ...evolve import evolve
from ...figures import Charging
from ...merit import Average, energy
from ..paper import each, figure, labelled

OMEGA = 10.0  # omega_0 / g
WINDOW = 5.0  # g t
ALWAYS = Charging(("first_peak", "max_average_power"))
WITHIN = Charging(("first_peak", "max_energy", "max_average_power"), WINDOW)
TO_PI = Charging(("max_energy",), np.pi)

GAMMAS = np.array([0.0, 0.2, 0.6, 1.0])
RATIOS = np.array([1.0, 2.0, 3.0, 10.0])
TEN = np.arange(1.0, 11.0)
SINGLE = 0.7246113537767084  # max of sin^2(x)/x, the best power of one cell with one charger spin, in g omega_0
LIGHT = {"mirrored cavity": True, "Tavis-Cummings": False}

E = ("E_max", "omega_0", f"largest stored energy, g t <= {WINDOW:g}")
FIRST = ("E_first", "omega_0", "stored energy at its first maximum")
P = ("P_max", "g omega_0", "largest average power")
P_ROOT = ("P_max / sqrt(N)", "g omega_0", "largest average power per root of charger size")
TIME = ("g t", "1", "time")


@functools.cache
def _hulls() -> dict[str, Any]:
    """Families of batteries, one compile each."""
    upto = lambda n: np.array([1.0, n])  # noqa: E731
    field = {"battery_frequency": OMEGA, "charger_frequency": OMEGA}
    start = {"battery_excitations": np.array([0.0, 1.0]), "charger_excitations": upto(200)}
    crosstalk = {"charger_crosstalk": upto(10), "battery_crosstalk": upto(10)}
    return {
        "isotropic": SpinCharger(upto(10), upto(1000)),
        "long": SpinCharger(upto(1001), upto(1001)),
        "anisotropic": SpinCharger(upto(12), upto(100), anisotropy=upto(1), **field),
        "long anisotropic": SpinCharger(upto(101), upto(101), anisotropy=upto(1), **field),
        "two cells": SpinCharger(2, upto(200)).hull(start | crosstalk).replace(levels=3),
    } | {name: CavityCharger(upto(101), 101, mirrored=m).hull({"photons": upto(101)}) for name, m in LIGHT.items()}


def _spins(n_battery: Any, n_charger: Any, anisotropy: Any = None, figures: Charging = WITHIN) -> dict[str, np.ndarray]:
    """Figures of isotropic chargers, or with `anisotropy` in units of omega_0."""
    name = ("isotropic" if figures.window else "long") if anisotropy is None else "anisotropic"
    if anisotropy is None:
        return each(figures, _hulls()[name], n_battery=n_battery, n_charger=n_charger)
    name = name if figures.window else "long anisotropic"
    found = each(figures, _hulls()[name], n_battery=n_battery, n_charger=n_charger, anisotropy=anisotropy)
    return {name: value if name.endswith(("_time", "status")) else value / OMEGA for name, value in found.items()}


@functools.cache
def _cavities(most: int) -> dict[str, np.ndarray]:
    """Figures of cavities with as many photons as cells, M = 1 .. most, first axis mirrored or not (in g~)."""
    cells = np.arange(1.0, most + 1)
    found = [each(WITHIN, _hulls()[name], n_battery=cells, photons=0 * cells if m else cells) for name, m in LIGHT.items()]
    return {name: np.stack([one[name] for one in found]) for name in found[0]}


CELLS = ("M", "cells", "number of battery cells")
GAMMA = ("gamma", "1", "anisotropy")
BENCHMARK = ("benchmark", list(LIGHT))


@figure(
    "fig2",
    paper="Fig. 2",
    caption="Energy against power of isotropic chargers with N/M = 1, 2, 10, 100 and M = 1 to 10 cells, beside both cavities: "
    "the chain with reversed couplings, which is the limit of a full spin charger, and the Tavis-Cummings model itself.",
)
def fig2(quick: bool) -> xr.Dataset:
    """Landscape of isotropic charging."""
    ratio = np.array([1.0, 2.0, 10.0, 100.0])
    size = ratio[:, None] * TEN
    spins, light = _spins(TEN, size), _cavities(101)
    here, there = ("ratio", "cells"), ("benchmark", "cells")
    ten = lambda name: light[name][:, : len(TEN)]  # noqa: E731
    return xr.Dataset(
        {
            "energy": labelled(here, spins["max_energy"], *E),
            "energy_first": labelled(here, spins["first_peak"], *FIRST),
            "power": labelled(here, spins["max_average_power"] / np.sqrt(size), *P_ROOT, against="energy", draw="points"),
            "energy_cavity": labelled(there, ten("max_energy"), *E),
            "energy_first_cavity": labelled(there, ten("first_peak"), *FIRST),
            "power_cavity": labelled(there, ten("max_average_power"), *P_ROOT, against="energy_cavity"),
        },
        {
            "cells": labelled("cells", TEN, *CELLS),
            "ratio": labelled("ratio", ratio, "N/M", "1", "charger over battery size"),
            "benchmark": BENCHMARK,
        },
        {"x": "cells", "panels": ["power_cavity power"], "printed": [0, 9.76, 9.24]},
    )


@figure(
    "fig3",
    paper="Fig. 3",
    caption="Energy against power for M = 1 to 10 cells, anisotropies 0, 0.2, 0.6, 1, and N/M = 1, 2, 3, 10 (panels a to d); "
    "g = 0.1 omega_0.",
)
def fig3(quick: bool) -> xr.Dataset:
    """Landscape of anisotropic charging."""
    size = RATIOS[:, None] * TEN
    found = _spins(TEN, size[:, None], GAMMAS[:, None])
    dims = ("ratio", "anisotropy", "cells")
    power = found["max_average_power"] / np.sqrt(size)[:, None]
    return xr.Dataset(
        {
            "energy": labelled(dims, found["max_energy"], *E),
            "energy_first": labelled(dims, found["first_peak"], *FIRST),
            "energy_pi": labelled(
                ("ratio", "cells"),
                _spins(TEN, size, figures=TO_PI)["max_energy"],
                "E_max",
                "omega_0",
                "largest stored energy without anisotropy, g t <= pi",
            ),
            "power": labelled(dims, power, *P_ROOT, against="energy", draw="points"),
        },
        {
            "cells": labelled("cells", TEN, *CELLS),
            "ratio": labelled("ratio", RATIOS, "N/M", "1", "charger over battery size"),
            "anisotropy": labelled("anisotropy", GAMMAS, *GAMMA),
        },
        {"x": "cells", "panels": ["power"], "facet": "ratio", "printed": [0, 9.76, 9.24, 0, 7.48, 6.67]},
    )


@functools.cache
def _collective(quick: bool) -> xr.Dataset:
    """First peak and power of N = M against M, for every anisotropy; gamma = 0 goes on to M = 1001."""
    near = lambda m: (m - 1, m, m + 1)  # noqa: E731
    some = {*range(1, 11), 12, 15, *near(20), 30, *near(50), 70, *near(100)} if quick else set(range(1, 102))
    cells = np.array(sorted(some | {*near(200), 500, *near(1000)} | ({150, 300, 700} if not quick else set())), float)
    isotropic = _spins(cells, cells, figures=ALWAYS)
    within = cells[cells <= 101]
    rest = _spins(within, within, GAMMAS[1:, None], ALWAYS)
    data = {}
    for name, label in (("first_peak", FIRST), ("max_average_power", P)):
        gap = np.full((len(GAMMAS) - 1, len(cells) - len(within)), np.nan)
        values = np.concatenate([isotropic[name][None], np.concatenate([rest[name], gap], axis=1)])
        data[name] = labelled(("anisotropy", "cells"), values, *label)
    coords = {"cells": labelled("cells", cells, *CELLS), "anisotropy": labelled("anisotropy", GAMMAS, *GAMMA)}
    return xr.Dataset(data, coords)


def _benchmark(name: str, label: tuple[str, str, str], scale: Any = 1.0) -> xr.Dataset:
    cells = np.arange(1.0, 102.0)
    return labelled(("benchmark", "photons"), _cavities(101)[name] / scale, *label, against="size_cavity")


@figure(
    "fig4",
    paper="Fig. 4",
    caption="Energy and power against the number of cells for N = M. Lines in (a): first maximum; points: largest energy within "
    "g t <= 5, which anisotropy does not lower monotonically. Cavities hold M photons; powers are over sqrt(N), as g~ = sqrt(N) g.",
)
def fig4(quick: bool) -> xr.Dataset:
    """Size dependence."""
    both = _collective(quick).sel(cells=slice(None, 101))
    few = np.arange(1.0, 13.0)
    dims = ("anisotropy", "few")
    data = {
        "energy_first": both["first_peak"],
        "energy": labelled(dims, _spins(few, few, GAMMAS[:, None])["max_energy"], *E, draw="points", against="few"),
        "power": labelled(("anisotropy", "cells"), both["max_average_power"] / np.sqrt(both.cells), *P_ROOT),
        "energy_cavity": _benchmark("first_peak", FIRST),
        "power_cavity": _benchmark("max_average_power", P_ROOT),
    }
    few = labelled("few", few, *CELLS)
    return data, few


