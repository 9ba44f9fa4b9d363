"""Figures 2 to 4, a figure a panel."""

import functools

import numpy as np
import xarray as xr

from ..paper import as_label, figure
from .tables import (
    BOUND,
    LATE,
    NEAR,
    E,
    best,
    eq8,
    extremes,
    frequencies,
    in_time,
    markov,
    opens,
    opens_at,
    separations,
    splitting,
    steady,
    times,
    work,
)

REGIMES = {"two bound states": 0.8, "one": 1.6, "one (the paper: none)": 3.0}
CASE = [1.4, 1.2, 1.0]


@functools.cache
def plane(quick: bool) -> tuple[xr.DataArray, xr.DataArray, xr.Dataset]:
    """Frequencies and distances of Fig. 4, and the bound states there."""
    rows, columns = (60, 40) if quick else (320, 200)
    frequency, separation = frequencies(np.linspace(0.05, 3.2, rows)), separations(np.linspace(0.05, 2.0, columns))
    return frequency, separation, steady(frequency, separation)


@figure(
    "fig2",
    paper="Fig. 2",
    caption="Energy in time at three frequencies, and bound states below the continuum. (a, b, c) Energy of the battery, Eq. 8 "
    "(dots) and Eq. 6, which loses nothing either below the edge. (d) The plus state has no end, at 2.8 (circle) or elsewhere. "
    "Delta_z = 0.1.",
)
def fig2(quick: bool) -> xr.Dataset:
    """Spectrum and curves."""
    frequency, time = frequencies(np.linspace(0.05, 4.0, 80 if quick else 400)), times(np.linspace(0.0, 80.0, 161))
    states = steady(frequency, NEAR)
    shown = xr.DataArray(list(REGIMES.values()), {"regime": [f"omega_0 = {w:g}: {of}" for of, w in REGIMES.items()]})
    late = time[80::5].rename(time="dots")
    energy = in_time(time, frequency=shown, separation=NEAR).energy
    limit = eq8(steady(shown, NEAR), shown, late.rename(dots="time"))
    return xr.Dataset(
        {
            "bound": as_label(states.bound, *BOUND, against="frequency"),
            "edge": as_label(0 * frequency + 1, *BOUND, against="frequency", label="edge of the continuum"),
            "energy": as_label(energy, *E, label="Eq. 3"),
            "eq8": as_label(limit.rename(time="dots"), *E, draw="points", against="dots", label="Eq. 8"),
            "markov": as_label(markov(shown, NEAR, time), *E, label="Eq. 6"),
            "late": as_label(abs(energy - limit).max("time"), "delta", "omega_11", "largest difference from Eq. 8, t > 40"),
            "shown": as_label(shown, "omega_0", "omega_11", "frequency of the panel"),
            "threshold": as_label(opens(NEAR), "omega_c", "omega_11", "frequency below which two are bound"),
        },
        {"dots": times(late.values, "dots").dots},
        {
            "x": "time",
            "facet": "regime",
            "panels": ["energy markov eq8", "bound edge"],
            "titles": [*shown.regime.values, "spectrum"],
            "printed": [3, 1.1, 1.0, 3, 2.8, 1.0],
        },
    )


@figure(
    "fig3a",
    paper="Fig. 3(a)",
    caption="Energy in time at four distances, and bound states against the distance, omega_0 = 1.4. (a) to (d) Energy of the "
    "battery, and Eq. 8: what it leaves out lives long at 0.5, near a bound state in the continuum; at 1.8 its beat is slow, not "
    "gone. (e) The second state is bound from 0.3004 on, and the two never meet, at 1.7 (circle) or elsewhere.",
)
def fig3a(quick: bool) -> xr.Dataset:
    """Energies and curves."""
    separation = separations(np.linspace(0.02, 2.4, 96 if quick else 476))
    time = times(np.linspace(0.0, 400.0, 801))
    apart = float(steady(CASE[0], 1.7).bound.mean())  # where they are to be one
    shown = xr.DataArray([0.2, 0.5, 1.0, 1.8], dims="distance")
    shown = shown.assign_coords(distance=[f"Delta_z = {x:g}" for x in shown.values])
    return xr.Dataset(
        {
            "bound": as_label(steady(CASE[0], separation).bound, *BOUND, against="separation"),
            "energy": as_label(in_time(time, frequency=CASE[0], separation=shown).energy, *E, label="Eq. 3"),
            "eq8": as_label(eq8(steady(CASE[0], shown), CASE[0], time), *E, label="Eq. 8"),
            "threshold": as_label(xr.DataArray(opens_at(CASE[0])), "Delta_c", "lambda_11", "distance from which two are bound"),
        },
        attrs={
            "x": "time",
            "facet": "distance",
            "panels": ["energy eq8", "bound"],
            "titles": [*shown.distance.values, "bound states"],
            "printed": [4, 0.3, 1.0, 4, 1.7, apart],
        },
    )


@figure(
    "fig3b",
    paper="Fig. 3(b)",
    caption="Largest and smallest energy at long times by Eq. 8, against the distance. The maximum settles at a plateau for each "
    "frequency; it does not fall to zero.",
)
def fig3b(quick: bool) -> xr.Dataset:
    """Extremal values."""
    separation, case = separations(np.linspace(0.01, 2.4, 120 if quick else 478)), frequencies(CASE, "case")
    most, least = extremes(steady(case, separation), case)
    return xr.Dataset(
        {
            "most": as_label(most, *LATE),
            "least": as_label(least, *LATE),
        },
        attrs={"x": "separation", "panels": ["most", "least"], "titles": ["largest", "smallest"]},
    )


@figure(
    "fig4a",
    paper="Fig. 4(a)",
    caption="How many states are bound. (a) One or two, and nowhere none. (b) What one finds if energies are resolved to 0.029 "
    "at the edge and to 0.003 between each other: 0, and 3 for two degenerate ones (2D).",
)
def fig4a(quick: bool) -> xr.Dataset:
    """Number of bound states."""
    _, separation, states = plane(quick)
    count, apart = states.bound.notnull().sum("channel"), splitting(states)
    told = (states.bound < 1 - 0.029).sum("channel")
    told = xr.where((told == 2) & (apart < 0.003), 3, told)
    seen = {"draw": "map"}
    return xr.Dataset(
        {
            "count": as_label(count, "M", "1", "number of bound states", **seen),
            "told": as_label(told, "M", "1", "number that is found (3: 2D)", **seen),
            "splitting": as_label(apart, "E_- - E_+", "omega_11", "splitting of the bound states"),
            "threshold": as_label(opens(separation), "omega_c", "omega_11", "frequency below which two are bound"),
        },
        attrs={"x": "separation", "y": "frequency", "panels": ["count", "told"], "titles": ["exact", "at finite resolution"]},
    )


@figure(
    "fig4b",
    paper="Fig. 4(b)",
    caption="Largest extractable work at long times on the plane of distance and frequency. It needs two bound states, and more "
    "than half of the excitation in the battery.",
)
def fig4b(quick: bool) -> xr.Dataset:
    """Work."""
    frequency, _, states = plane(quick)
    found = work(extremes(states, frequency)[0], frequency)
    return xr.Dataset(
        {"work": as_label(found, "W(∞)", "omega_11", "largest extractable work", draw="map")},
        attrs={"x": "separation", "y": "frequency", "panels": ["work"]},
    )


@figure(
    "fig4c",
    paper="Fig. 4(c)",
    caption="Best frequency for work at long times against the distance. (a) The work has a plateau, (b) at this frequency; (c) "
    "but the wait for it, half a period of the beat, grows exponentially.",
)
def fig4c(quick: bool) -> xr.Dataset:
    """Optimal work."""
    separation = separations(np.linspace(0.02, 1.2, 60) if quick else np.linspace(0.02, 2.0, 199))
    found = best(separation)
    return xr.Dataset(
        {
            "work": as_label(found.work, "W(∞)", "omega_11", "largest extractable work"),
            "frequency": as_label(found.frequency, "omega_0", "omega_11", "best frequency"),
            "wait": as_label(found.wait, "omega_11 t", "1", "half a period of the beat"),
        },
        attrs={"x": "separation", "panels": ["work", "frequency", "wait"], "log": ["", "", "y"]},
    )
