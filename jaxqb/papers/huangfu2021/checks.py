"""Questions that claims ask of the figures' data (`r` is what `Results` holds: a Dataset by figure)."""

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from ...batteries import SpinCharger
from ...charging import charge
from ...evolution import evolve
from ...merit import ergotropy
from ..paper import Results
from .figures import LIGHT, WINDOW, WITHIN, isotropic, non_ideal, time_axis

_, TAVIS = LIGHT


def at(r: Results, figure: str, name: str, **where: Any) -> float:
    """One number of a figure."""
    return float(r[figure][name].sel(**where))


def always(condition: Any) -> bool:
    """Whether it holds at every point."""
    return bool(np.all(condition))


def falls(array: Any, along: str) -> bool:
    """Whether an array never rises along a dimension (by more than rounding)."""
    return always(array.dropna("cells", how="any").diff(along) <= 1e-12)


def slope(x: Any, y: Any) -> float:
    """Slope of the regression of y on x, with intercept."""
    return float(np.polyfit(x, y, 1)[0])


def energy_over_power(ratio: float) -> Any:
    """Slope of the regression of the energy on the power in Fig. 3, isotropic."""
    where = {"ratio": ratio, "anisotropy": 0.0}
    return lambda r: slope(r["fig3"].power.sel(where), r["fig3"].energy.sel(where))


def power_over_energy(ratio: float) -> Any:
    """Slope of the regression of the power on the largest energy up to g t = pi in Fig. 3, isotropic."""
    return lambda r: slope(r["fig3"].energy_pi.sel(ratio=ratio), r["fig3"].power.sel(ratio=ratio, anisotropy=0.0))


def coincides(benchmark: str) -> Any:
    """Within 2 % for N/M = 10 and 100."""

    def check(r: Results) -> bool:
        light, spins = r["fig2"].sel(benchmark=benchmark), r["fig2"].sel(ratio=[10.0, 100.0])
        near = [spins.energy_first / light.energy_first_cavity, spins.power / light.power_cavity]
        return all(always(abs(x - 1) < 0.02) for x in near)

    return check


def double_charger(benchmark: str) -> Any:
    """N/M = 2: the lead in energy grows with M, the power stays within 2 %."""

    def check(r: Results) -> bool:
        light, spins = r["fig2"].sel(benchmark=benchmark), r["fig2"].sel(ratio=2.0)
        lead = spins.energy_first - light.energy_first_cavity
        return always(lead.diff("cells") > 0) and always(abs(spins.power / light.power_cavity - 1) < 0.02)

    return check


def equal_charger(benchmark: str) -> Any:
    """N/M = 1, M >= 3: more energy than the cavity, and 0 to 15 % less power."""

    def check(r: Results) -> bool:
        both = r["fig2"].sel(ratio=1.0, benchmark=benchmark, cells=slice(3, None))
        loss = 1 - both.power / both.power_cavity
        return always(both.energy_first > both.energy_first_cavity) and always((loss > 0) & (loss < 0.15))

    return check


def charger_size(r: Results) -> bool:
    """A larger charger has more power and stores less."""
    more = r["fig2"].sel(cells=slice(2, None))
    power = more.power * np.sqrt(more.ratio)  # at fixed M, up to a constant
    return always(power.diff("ratio") > 0) and always(more.energy_first.diff("ratio") < 0)


def one_spin_more(r: Results) -> bool:
    """N = M + 1 stores less than N = M, for each M from 2 on."""
    same = r["fig3"].energy.sel(ratio=1.0, anisotropy=0.0, cells=slice(2, None))
    return always(isotropic(WITHIN, same.cells, same.cells + 1).max_energy < same)


def leaves_line(r: Results) -> bool:
    """Whether the point gamma = 1, M = 10 lies the farther in power from the line of gamma = 0, the larger N/M."""
    apart = []
    for _, panel in r["fig3"].groupby("ratio"):
        panel = panel.squeeze("ratio")
        main, last = panel.sel(anisotropy=0.0), panel.sel(anisotropy=1.0, cells=10)
        line = np.polynomial.Polynomial.fit(main.energy, main.power, 1)
        apart.append(abs(float(last.power) - line(float(last.energy))) / float(main.power[-1]))
    return always(np.diff(apart) > 0)


def slightly_beaten(benchmark: str) -> Any:
    """N = M, M > 1: 0 to 15 % less power than the cavity."""

    def check(r: Results) -> bool:
        loss = 1 - r["fig4"].power.sel(anisotropy=0.0) / r["fig4"].power_cavity.sel(benchmark=benchmark)
        loss = loss.dropna("cells").sel(cells=slice(2, None))
        return always((loss > 0) & (loss < 0.15))

    return check


def meets_cavity(benchmark: str) -> Any:
    """gamma = 0.2, M from 20 on: first maxima within 6 %."""

    def check(r: Results) -> bool:
        ratio = r["fig4"].energy_first.sel(anisotropy=0.2) / r["fig4"].energy_cavity.sel(benchmark=benchmark)
        return always(abs(ratio.dropna("cells").sel(cells=slice(20, None)) - 1) < 0.06)

    return check


def beats_cavity(r: Results) -> bool:
    """The lead over either cavity grows with M."""
    lead = (r["fig4"].energy_first.sel(anisotropy=0.0) - r["fig4"].energy_cavity) * r["fig4"].cells
    lead = lead.dropna("cells").sel(cells=slice(2, None))
    return always(lead > 0) and always(lead.diff("cells") > 0)


def advantage(scale: Any) -> Any:
    """Whether eta of spins is above that of both cavities for M > 1, the cavities' being scaled."""

    def check(r: Results) -> bool:
        data = r["fig5"].sel(cells=slice(2, 101))
        lead = data.advantage.sel(anisotropy=0.0) - data.advantage_cavity * scale(data.cells)
        return always(lead.dropna("cells") > 0)

    return check


def steeper(r: Results) -> bool:
    """The same for exponents, in one unit g: g~ = sqrt(M) g adds 1/2 to the cavity's."""
    return at(r, "fig5", "exponent", anisotropy=0.0, cells=100) > 0.5 + at(
        r, "fig5", "exponent_cavity", benchmark=TAVIS, cells=100
    )


def steeper_own(r: Results) -> bool:
    """The spins' exponent above the cavity's, each against its own single cell."""
    return at(r, "fig5", "exponent", anisotropy=0.0, cells=100) > at(r, "fig5", "exponent_cavity", benchmark=TAVIS, cells=100)


def beta(gamma: float, cells: int) -> Any:
    """Local exponent of the advantage in Fig. 5."""
    return lambda r: at(r, "fig5", "exponent", anisotropy=gamma, cells=cells)


def fraction_left(name: str, start: str) -> Any:
    """Per cent of the ideal value in Fig. 7."""
    return lambda r: 100 * at(r, "fig7", name, start=start) / at(r, "fig7", name, start="ideal")


def first_left(start: str) -> Any:
    """The same for the first maximum of the energy."""

    def check(r: Results) -> float:
        trace = r["fig7"].energy.sel(start=start)
        return 100 * float(trace[int(np.argmax(np.diff(trace) < 0))]) / at(r, "fig7", "energy_max", start="ideal")

    return check


@functools.cache
def _left_by_size() -> xr.Dataset:
    """Energy and power that each start leaves of the ideal ones, M = 2, 6, 10 and N = 2 M."""
    found = [non_ideal(time_axis(WINDOW), cells).max("time") for cells in (2, 6, 10)]
    return xr.concat([one / one.sel(start="ideal", drop=True) for one in found], "cells")


def fades(start: str, *names: str) -> Any:
    """Whether a start leaves the more, the larger the battery."""
    return lambda r: all(always(_left_by_size()[name].sel(start=start).diff("cells") > 0) for name in names)


def _two_cells(r: Results) -> Iterator[tuple[float, Any]]:
    """xi^2 = 2 (3 N - 2) and the energy in time of two cells, N = 2, 4, 20, 200."""
    yield from ((2 * (3 * n - 2), r["fig8"].energy.sel(charger=n)) for n in (2, 20, 200))
    yield 20, r["fig6"].energy.sel(crosstalk=0.0)


def closed_form(r: Results) -> float:
    """Largest deviation of Eq. A6 from the dynamics."""
    worst = 0.0
    for square, trace in _two_cells(r):
        swing = np.cos(np.sqrt(square) * trace.time)
        printed = (square + 4) / (9 * square**2) * ((square - 8) * swing - (7 * square - 8)) * (swing - 1)
        worst = max(worst, float(abs(trace - printed).max()))
    return worst


def amplitudes(r: Results) -> float:
    """Largest deviation of the energy by Eq. A5 from the dynamics, and of its norm from 1."""
    worst = 0.0
    for square, trace in _two_cells(r):
        angle = np.sqrt(square) * trace.time
        full = 2 * np.sqrt(2 * (square + 4) * (square - 2)) / (3 * square) * np.sin(angle / 2) ** 2
        half = np.sqrt((square + 4) / (6 * square)) * np.sin(angle)
        empty = ((square + 4) * np.cos(angle) + 2 * (square - 2)) / (3 * square)
        wrong = (abs(full**2 - empty**2 + 1 - trace), abs(full**2 + 2 * half**2 + empty**2 - 1))
        worst = max(worst, *(float(one.max()) for one in wrong))
    return worst


def many_spins(r: Results) -> float:
    """E_max of two cells and a million charger spins."""
    return float(charge(SpinCharger(2, 1_000_000), figures="first_peak").first_peak.value)


def first_time(r: Results) -> float:
    """Largest deviation of the first maximum's time from pi/(xi g), xi^2 = 2 (3 N - 2)."""
    data = r["fig8"]
    return float(abs(data.time_first - np.pi / np.sqrt(2 * (3 * data.charger - 2))).max())


def starts_apart(name: str) -> Any:
    """Largest deviation of Eq. 17 from the dynamics."""
    return lambda r: float(abs(r["eq17"].energy - r["eq17"][name]).max())


def charger_component(r: Results) -> float:
    """Work in three of four excited charger spins (one component of Eq. 19), in omega_0."""
    start = SpinCharger(4, 1, coupling=0.0, battery_excitations=3)
    return float(evolve(start, [0.0], {"work": ergotropy.with_(space="full")}).saved["work"][0])


def identity(r: Results) -> float:
    """J^+J^- + J^-J^+ in the fully excited state of four spins, where Eq. 14 vanishes."""
    return float(SpinCharger(2, 4, charger_crosstalk=1.0).crosstalk_energy(0.0, 4.0, 2.0, 4.0))
