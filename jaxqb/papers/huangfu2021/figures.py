"""Figures of Huangfu & Jing 2021.

Units: g = 1, and omega_0 = 10 g where the free energy matters (gamma != 0); energies in omega_0, powers in g omega_0.
A cavity's coupling is g~ = sqrt(N) g, so its powers compare with P / sqrt(N) of spins.
The largest energy over all times is no well-defined number (energies are almost periodic): E_max is over g t <= 5.
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import xarray as xr

from ...batteries import CavityCharger, SpinCharger, localised
from ...evolution import evolve
from ...figures import Charging
from ...merit import average_power, energy
from ..paper import as_label, axis, each, figure

OMEGA = 10.0  # omega_0 / g
WINDOW = 5.0  # g t
SINGLE = 0.7246113537767084  # max of sin^2(x)/x: the best power of one cell with one charger spin, in g omega_0
ALWAYS = Charging(("first_peak", "max_average_power"))
WITHIN = Charging(("first_peak", "max_energy", "max_average_power"), WINDOW)
TO_PI = Charging(("first_peak", "max_energy", "max_average_power"), np.pi)

E = ("E_max", "omega_0", rf"largest stored energy, $gt\leq{WINDOW:g}$")
FIRST = ("E_first", "omega_0", "first maximum of the energy")
P = ("P_max", "g omega_0", "largest average power")
P_ROOT = ("P_max / sqrt(N)", "g omega_0", "largest average power")
PER_CELL = ("E / M", "omega_0", "energy per cell")
STORED = ("E", "omega_0", "stored energy")
AVERAGE = ("P", "g omega_0", "average power")


def cells_axis(values: Any) -> xr.DataArray:
    """Numbers of battery cells."""
    return axis("cells", np.asarray(values, float), "M", "cells", "number of battery cells")


def time_axis(longest: float) -> xr.DataArray:
    """Times; one length for all figures, so that they share compiled programs."""
    return axis("time", np.linspace(0.0, longest, 501), "g t", "1", "time")


TEN = cells_axis(range(1, 11))
GAMMAS = axis("anisotropy", [0.0, 0.2, 0.6, 1.0], "gamma", "1", "pair over exchange coupling")
LIGHT = {"mirrored cavity": True, "Tavis-Cummings": False}


def ratio_axis(values: Any) -> xr.DataArray:
    """Ratios of charger to battery size."""
    return axis("ratio", np.asarray(values, float), "N/M", "1", "charger over battery size")


@functools.cache
def hull(name: str) -> Any:
    """Families of batteries: one compile each."""
    upto = lambda n: np.array([1.0, n])  # noqa: E731
    pairs: dict[str, Any] = {"anisotropy": 1.0, "battery_frequency": OMEGA, "charger_frequency": OMEGA}
    match name:
        case "isotropic":
            wide = SpinCharger(upto(12), upto(1000), battery_crosstalk=1.0, charger_crosstalk=1.0)
            return wide.hull({"battery_excitations": np.array([0.0, 1.0]), "charger_excitations": np.array([0.0, 1000])})
        case "isotropic, large":
            return SpinCharger(upto(1001), upto(1001))
        case "anisotropic":
            return SpinCharger(upto(12), upto(100), **pairs)
        case "anisotropic, large":
            return SpinCharger(upto(101), upto(101), **pairs)
        case _:
            return CavityCharger(upto(101), photons=101, mirrored=LIGHT[name]).hull({"photons": np.array([0.0, 101])})


def isotropic(function: Callable, cells: Any, size: Any, inner: tuple[str, ...] = (), **leaves: Any) -> xr.Dataset:
    """`each` over crosstalks and starts in `leaves`; by default none, empty battery and full charger."""
    rest = {"battery_crosstalk": 0, "charger_crosstalk": 0, "battery_excitations": 0, "charger_excitations": size}
    return each(function, hull("isotropic"), inner, n_battery=cells, n_charger=size, **(rest | leaves))


def anisotropic(cells: xr.DataArray, size: xr.DataArray, figures: Charging = WITHIN) -> xr.Dataset:
    """Figures for every anisotropy; without one, those of the chain."""
    leaves: dict[str, Any] = {"n_battery": cells, "n_charger": size}
    if figures.window is None:
        chain, family = each(figures, hull("isotropic, large"), **leaves), hull("anisotropic, large")
    else:
        chain, family = isotropic(figures, cells, size), hull("anisotropic")
    grid = each(figures, family, **leaves, anisotropy=GAMMAS[1:])
    found = xr.concat([chain.expand_dims(anisotropy=GAMMAS[:1]), in_units(grid)], "anisotropy")
    return found.assign_coords(anisotropy=GAMMAS.anisotropy)


def in_units(found: xr.Dataset) -> xr.Dataset:
    """Energies and powers in units of omega_0."""
    scaled = [name for name in found if not str(name).endswith(("_time", "status"))]
    return found.assign({name: found[name] / OMEGA for name in scaled})


@functools.cache
def cavities() -> xr.Dataset:
    """Figures of cavities with as many photons as cells, in units of g~."""
    cells = cells_axis(range(1, 102))
    found = [each(WITHIN, hull(name), n_battery=cells, photons=0 * cells if m else cells) for name, m in LIGHT.items()]
    return xr.concat(found, "benchmark").assign_coords(benchmark=list(LIGHT))


@figure(
    "fig2",
    paper="Fig. 2",
    caption="Energy against power of isotropic chargers with N/M = 1, 2, 10, 100 and M = 1 to 10 cells. Lines: "
    "cavities with M photons; the mirrored one, couplings reversed, is the limit of a full spin charger, "
    "Tavis-Cummings is not.",
)
def fig2(quick: bool) -> xr.Dataset:
    """Landscape of isotropic charging."""
    del quick
    size = ratio_axis([1, 2, 10, 100]) * TEN
    spins, light = isotropic(WITHIN, TEN, size), cavities().sel(cells=TEN)
    return xr.Dataset(
        {
            "energy": as_label(spins.max_energy, *E),
            "energy_first": as_label(spins.first_peak, *FIRST),
            "power": as_label(spins.max_average_power / np.sqrt(size), *P_ROOT, against="energy", draw="points"),
            "energy_cavity": as_label(light.max_energy, *E),
            "energy_first_cavity": as_label(light.first_peak, *FIRST),
            "power_cavity": as_label(light.max_average_power, *P_ROOT, against="energy_cavity"),
        },
        attrs={"x": "cells", "panels": ["power power_cavity"], "printed": [0, 9.76, 9.24]},
    )


@figure(
    "fig3",
    paper="Fig. 3",
    caption="Energy against power for M = 1 to 10 cells and four anisotropies, at N/M = 1, 2, 3, 10 (panels a to d); "
    "g = 0.1 omega_0.",
)
def fig3(quick: bool) -> xr.Dataset:
    """Landscape of anisotropic charging."""
    del quick
    size = ratio_axis([1, 2, 3, 10]) * TEN
    found = anisotropic(TEN, size)
    short = isotropic(TO_PI, TEN, size).max_energy
    return xr.Dataset(
        {
            "energy": as_label(found.max_energy, *E),
            "energy_first": as_label(found.first_peak, *FIRST),
            "energy_pi": as_label(short, "E_max", "omega_0", r"largest stored energy at gamma = 0, $gt\leq\pi$"),
            "power": as_label(found.max_average_power / np.sqrt(size), *P_ROOT, against="energy", draw="points"),
        },
        attrs={"x": "cells", "panels": ["power"], "facet": "ratio", "printed": [0, 9.76, 9.24, 0, 7.48, 6.67]},
    )


@functools.cache
def collective(quick: bool) -> xr.Dataset:
    """First peak and power for N = M and every anisotropy; without one the sizes go on to 1001."""
    near = lambda m: {m - 1, m, m + 1}  # noqa: E731
    few = set(range(1, 11)).union(*map(near, (14, 20, 30, 50, 70, 100)))
    cells = cells_axis(sorted(few if quick else range(1, 102)))
    large = cells_axis(sorted(set().union(*map(near, (150, 200, 300, 500, 700, 1000)))))
    more = each(ALWAYS, hull("isotropic, large"), n_battery=large, n_charger=large)
    more = more.expand_dims(anisotropy=GAMMAS[:1])
    return xr.concat([anisotropic(cells, cells, ALWAYS), more], "cells", join="outer")


@figure(
    "fig4",
    paper="Fig. 4",
    caption="Energy (a) and power (b) against battery size for N = M; cavities hold M photons. Anisotropy lowers the "
    "first maximum of the energy (lines), but not the largest energy within g t <= 5 (points).",
)
def fig4(quick: bool) -> xr.Dataset:
    """Size dependence."""
    both, light, few = collective(quick).sel(cells=slice(1, 101)), cavities(), cells_axis(range(1, 13))
    return xr.Dataset(
        {
            "energy_first": as_label(both.first_peak / both.cells, *PER_CELL, label="first maximum of $E$"),
            "energy": as_label(
                anisotropic(few, few).max_energy / few, *PER_CELL, draw="points", label=f"largest $E$, $gt$ ≤ {WINDOW:g}"
            ),
            "power": as_label(both.max_average_power / np.sqrt(both.cells), *P_ROOT),
            "energy_cavity": as_label(light.first_peak / light.cells, *PER_CELL),
            "power_cavity": as_label(light.max_average_power, *P_ROOT),
        },
        attrs={"x": "cells", "panels": ["energy_first energy energy_cavity", "power power_cavity"], "log": ["x", "xy"]},
    )


def local_slope(y: xr.DataArray, cells: xr.DataArray) -> xr.DataArray:
    """``d ln y / d ln M`` at sizes M by central differences, where M - 1 and M + 1 are there, too."""
    below, above = (y.reindex(cells=cells.values + step).assign_coords(cells=cells.values) for step in (-1, 1))
    log: Any = np.log  # of a DataArray it is one, which its type does not say
    return log(above / below) / log((cells + 1) / (cells - 1).where(cells > 1))


@figure(
    "fig5",
    paper="Fig. 5",
    caption="Collective over parallel power (a) and its local exponent (b), N = M. Each is over its own single-cell "
    "power, 0.72 g for spins and 0.72 g~ for cavities, although g~ = sqrt(M) g; exponents are of neighbouring sizes.",
)
def fig5(quick: bool) -> xr.Dataset:
    """Collective advantage."""
    both, light = collective(quick), cavities()
    eta = ("eta", "1", "collective over parallel power")
    beta = ("beta", "1", "local exponent of eta")
    advantage = both.max_average_power / (both.cells * SINGLE)
    of_light = light.max_average_power / (light.cells * SINGLE)
    return xr.Dataset(
        {
            "advantage": as_label(advantage, *eta),
            "advantage_cavity": as_label(of_light, *eta),
            "exponent": as_label(local_slope(advantage, both.cells), *beta),
            "exponent_cavity": as_label(local_slope(of_light, light.cells), *beta),
        },
        attrs={
            "x": "cells",
            "panels": ["advantage advantage_cavity", "exponent exponent_cavity"],
            "log": ["xy", "x"],
            "printed": [x for point in PRINTED_EXPONENTS for x in (1, *point)],
        },
    )


PRINTED_EXPONENTS = ((20, 0.81), (100, 0.87), (1000, 0.99), (100, 0.84), (100, 0.79), (100, 0.48), (100, 0.5))


def run(battery: Any, time: xr.DataArray) -> dict[str, Any]:
    """Energy and average power of one battery at all times."""
    return jax.tree.map(np.asarray, evolve(battery, time.values, {"energy": energy, "power": average_power}).saved)


def in_time(time: xr.DataArray, size: Any, cells: Any = 2, **leaves: Any) -> xr.Dataset:
    """Two cells, or so many, at all times."""
    found = isotropic(lambda battery: run(battery, time), cells, size, ("time",), **leaves)
    return found.assign_coords(time=time.time)


def traces(found: xr.Dataset, best: xr.Dataset, **attrs: Any) -> xr.Dataset:
    """Energy and power against time in two panels, with their maxima."""
    data = {
        "energy": as_label(found.energy, *STORED),
        "power": as_label(found.power, *AVERAGE),
        "energy_max": as_label(best.max_energy, *E),
        "power_max": as_label(best.max_average_power, *P),
    }
    return xr.Dataset(data, attrs={"x": "time", "panels": ["energy", "power"], **attrs})


@figure(
    "fig6",
    paper="Fig. 6",
    caption="Energy (a) and average power (b) in time with crosstalk g_1 among the charger spins, M = 2, N = 4.",
)
def fig6(quick: bool) -> xr.Dataset:
    """Crosstalk among charger spins."""
    del quick
    crosstalk = axis("crosstalk", [0.0, 0.1, 1.0, 7.0, 10.0], "g_1/g", "1", "charger-charger over exchange coupling")
    found, best = (
        in_time(time_axis(WINDOW), 4, charger_crosstalk=crosstalk),
        isotropic(WITHIN, 2, 4, charger_crosstalk=crosstalk),
    )
    printed = []
    for panel, name, values in (
        (0, "first_peak_time", (1.92, 1.91, 0.85)),
        (1, "max_average_power_time", (3.04, 3.02, 1.83)),
    ):
        printed += [x for at, value in enumerate(values) for x in (panel, float(best[name][at]), value)]
    return traces(found, best, printed=printed)


STARTS = ["ideal", "non-ideal charger", "non-empty battery", "non-empty, symmetric"]


def non_ideal(time: xr.DataArray, cells: int = 2) -> xr.Dataset:
    """Gain of energy for each start, N = 2 M; mixtures are linear in their parts, each of which is evolved alone."""
    size = 2 * cells
    level = axis("level", np.arange(size + 1.0), "n", "1", "excited charger spins")
    by_charger = in_time(time, size, cells, charger_excitations=level).energy
    symmetric = in_time(time, size, cells, battery_excitations=1).energy
    cell = run(SpinCharger(cells, size, battery_excitations=localised(1)), time)["energy"]
    ideal = by_charger.isel(level=-1, drop=True)
    mixed = 0.6 * ideal + 0.4 * by_charger.isel(level=slice(-1)).mean("level")  # p_0 and p_1 .. p_N
    parts = [ideal, mixed, 0.6 * ideal + 0.4 * cell, 0.6 * ideal + 0.4 * symmetric]
    at_first = xr.DataArray([0.0, 0.0, 0.4, 0.4], dims="start")
    gain = xr.concat(parts, "start").assign_coords(start=STARTS) - at_first
    return xr.Dataset({"energy": gain, "power": xr.where(gain.time > 0, gain / gain.time.where(gain.time > 0), 0.0)})


def zoom(values: Any, longest: float) -> Any:
    """Largest value of a function of a time axis: the times close in on the best one of the last look, four times."""
    low, high = 0.0, longest
    for _ in range(4):
        time = axis("time", np.linspace(low, high, 501), "g t", "1", "time")
        found = values(time)
        best, step = float(time[int(found.argmax("time"))]), (high - low) / 500
        low, high = max(best - step, 0.0), min(best + step, longest)
    return found.max("time")


@figure(
    "fig7",
    paper="Fig. 7",
    caption="Energy gained (a) and average power (b) from non-ideal starts, M = 2, N = 4: charger spins missing, or "
    "one cell already excited. The excited cell is half a singlet, which is dark; in the symmetric state it costs "
    "less.",
)
def fig7(quick: bool) -> xr.Dataset:
    """Non-ideal starts."""
    del quick
    best = {}
    for name in ("energy", "power"):
        tops = [zoom(lambda t, s=s, name=name: non_ideal(t)[name].sel(start=s), WINDOW) for s in STARTS]
        best[name] = xr.concat(tops, "start")
    maxima = xr.Dataset({"max_energy": best["energy"], "max_average_power": best["power"]})
    found, printed = non_ideal(time_axis(WINDOW)), []
    for panel, name, parts in ((0, "energy", (0.84, 0.70)), (1, "power", (0.88, 0.72))):
        for start, part in zip(STARTS[1:3], parts, strict=True):
            when = float(found.time[int(found[name].sel(start=start).argmax("time"))])
            printed += [panel, when, part * float(best[name].sel(start="ideal"))]
    return traces(found, maxima, printed=printed)


def appendix(variable: str, label: tuple[str, str, str], printed: list[Any]) -> xr.Dataset:
    """Two cells with 2, 20, 200 charger spins, and with cavities, in four panels."""
    time, size = time_axis(3.0), axis("charger", [2.0, 20.0, 200.0], "N", "cells", "number of charger spins")
    best = isotropic(WITHIN, 2, size)
    light = [
        each(lambda battery: run(battery, time), hull(name), ("time",), n_battery=2, photons=0 if mirrored else 2)
        for name, mirrored in LIGHT.items()
    ]
    light = xr.concat(light, "benchmark").assign_coords(benchmark=list(LIGHT), time=time.time)
    return xr.Dataset(
        {
            variable: as_label(in_time(time, size)[variable], *label, label="spins"),
            f"{variable}_cavity": as_label(light[variable], label[0], label[1].replace("g ", "g~ "), label[2]),
            "energy_max": as_label(best.max_energy, *E),
            "power_max": as_label(best.max_average_power, *P),
            "time_first": as_label(best.first_peak_time, "g t", "1", "time of the first maximum of the energy"),
        },
        attrs={
            "x": "time",
            "panels": [variable, f"{variable}_cavity"],
            "facet": "charger",
            "titles": [*(f"$N$ = {n:g}" for n in size.values), r"two photons, $\tilde{g}$ for $g$"],
            "printed": [float(x) for x in printed],
        },
    )


@figure(
    "fig8",
    paper="Fig. 8",
    caption="Energy of two cells in time with N = 2, 20, 200 charger spins (a to c), and with two photons (d; time in 1/g~).",
)
def fig8(quick: bool) -> xr.Dataset:
    """Energy of two cells."""
    del quick
    first = [np.pi / np.sqrt(2 * (3 * n - 2)) for n in (2, 20, 200)]
    return appendix("energy", STORED, [0, first[0], 2, 1, first[1], 1.81, 2, first[2], 1.78, 3, np.pi / 6**0.5, 16 / 9])


@figure(
    "fig9",
    paper="Fig. 9",
    caption="Average power of two cells in time with N = 2, 20, 200 charger spins (a to c), and with two photons (d; in g~).",
)
def fig9(quick: bool) -> xr.Dataset:
    """Power of two cells."""
    del quick
    return appendix("power", AVERAGE, [0, 0.824, 1.45 * 2**0.5, 2, 0.0673, 1.53 * 200**0.5])
