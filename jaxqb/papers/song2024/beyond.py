"""Beyond the paper: the map in time, charging within a given time, several chargers, and losses."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import xarray as xr

from ...batteries import WaveguideArray, WaveguideBattery
from ...design import optimize
from ...evolution import evolve
from ...methods import Resolvent
from ...sweeps import sweep
from ..paper import as_label, axis, figure
from .tables import HORIZON, NEAR, RATE, UNIT, E, best, frequencies, in_time, separations, steady, times, work

SHORT = 100.0  # times of the map
SPAN = (-1.0, 7.0)  # of the contour, the same for all arrays
STATES = ["plus, emitters decay", "minus, emitters decay", "plus, lossy guide", "minus, lossy guide"]
LOOKS, FIRST = 48, 0.3  # at the energy up to a time, and the part of it at which they begin
APART = 0.3  # of the battery and its chargers
FREQUENCIES, MOST = (0.3, 1.3), 2.0  # among which the best is looked for, and up to which distance


class Curve(eqx.Module):
    """Energy of a battery at some times."""

    ts: Any
    horizon: float = eqx.field(static=True)

    def __call__(self, battery: Any) -> Any:
        return evolve(battery, self.ts, method=Resolvent(horizon=self.horizon)).saved["energy"]


class WorkBy(eqx.Module):
    """The most work shortly before a time, looked at `LOOKS` times; or minus what is missing to have any."""

    time: Any
    horizon: float = eqx.field(static=True)

    def __call__(self, battery: WaveguideBattery) -> Any:
        ts = self.time * np.linspace(FIRST, 1.0, LOOKS)
        return 2 * jnp.max(Curve(ts, self.horizon)(battery)) - battery.frequency


@figure(
    "plane",
    paper="beyond (Fig. 4)",
    caption="What a battery has by the time 100, on the plane of distance and frequency. (a) Largest energy over omega_0, and "
    "(b) when. (c) Largest extractable work: Fig. 4(b) less all that takes longer.",
)
def plane(quick: bool) -> xr.Dataset:
    """The whole map, 200 times at each point."""
    rows, columns = (24, 20) if quick else (200, 200)
    frequency, separation = frequencies(np.linspace(0.1, 3.0, rows)), separations(np.linspace(0.05, 2.0, columns))
    ts = np.linspace(0.0, SHORT, 200)
    axes = {"frequency": frequency.values, "separation": separation.values}
    energy = sweep(Curve(ts, SHORT), WaveguideBattery(1.0, NEAR, RATE), axes, progress=False).value.values
    first = xr.DataArray(ts[np.argmax(energy, axis=-1)], {"frequency": frequency, "separation": separation})
    most = first.copy(data=energy.max(axis=-1))
    seen = {"draw": "map"}
    return xr.Dataset(
        {
            "filling": as_label(most / frequency, "E / omega_0", "1", "largest part that is filled", **seen),
            "when": as_label(first, "omega_11 t", "1", "when it is", **seen),
            "work": as_label(work(most, frequency), "W", UNIT, "largest extractable work", **seen),
        },
        {"frequency": frequency.frequency, "separation": separation.separation},
        {"x": "separation", "y": "frequency", "panels": ["filling", "when", "work"]},
    )


@figure(
    "waiting",
    paper="beyond (Fig. 4c)",
    caption="The most work that is there within a given time, by the best frequency and distance, if the distance is to be at "
    "least 0.1, 0.3 or 0.5. (a) Work (dots: the paper's optimum at long times, and when it is there). (b) Best frequency, (c) "
    "distance.",
)
def waiting(quick: bool) -> xr.Dataset:
    """Work against waiting time."""
    ts = np.array([8.0, 14.0, 25.0, 45.0, 80.0]) if quick else np.unique(np.round(np.geomspace(8.0, HORIZON, 21)))
    time = times(ts, "wait")
    least = axis("least", [0.1, 0.3] if quick else [0.1, 0.3, 0.5], "Delta_min", "lambda_11", "least distance")
    begin = _map(*((SHORT, 16, 8) if quick else (HORIZON, 41, 24)), least.values)
    found = [[_best_by(t, float(low), begin) for t in time.values] for low in least.values]
    value, frequency, separation = np.moveaxis(np.array(found), -1, 0)
    # a search may have missed what a shorter time allows
    holds = np.maximum.accumulate(np.arange(len(ts)) * (value >= np.maximum.accumulate(value, axis=1)), axis=1)
    front = lambda x: xr.DataArray(np.take_along_axis(x, holds, axis=1), {"least": least.least, "wait": time.wait})  # noqa: E731
    value, frequency, separation = front(value), front(frequency), front(separation)
    late = best(separations(least.values, "least"))
    there = value > 0
    return xr.Dataset(
        {
            "work": as_label(value.where(there), "W", UNIT, "most work within the time", draw="both"),
            "paper": as_label(
                late.work, "W(∞)", UNIT, "largest work at long times", draw="points", against="paper_wait", label="Fig. 4(c)"
            ),
            "paper_wait": as_label(late.wait, "omega_11 t", "1", "when it is there"),
            "frequency": as_label(frequency.where(there), "omega_0", UNIT, "best frequency", draw="both"),
            "separation": as_label(separation.where(there), "Delta_z", "lambda_11", "best distance", draw="both"),
        },
        attrs={"x": "wait", "panels": ["work paper", "frequency", "separation"]},
    )


def _map(horizon: float, rows: int, columns: int, least: np.ndarray) -> xr.DataArray:
    """Work, or what is missing, on the plane and in time: where searches begin."""
    frequency = frequencies(np.linspace(*FREQUENCIES, rows))
    separation = separations(np.union1d(np.geomspace(np.min(least), MOST, columns), least))
    ts = np.linspace(0.0, horizon, round(horizon) + 1)
    axes = {"frequency": frequency.values, "separation": separation.values}
    energy = sweep(Curve(ts, horizon), WaveguideBattery(1.0, NEAR, RATE), axes, progress=False).value.values
    return 2 * xr.DataArray(energy, {"frequency": frequency, "separation": separation, "time": ts}) - frequency


def _best_by(time: float, least: float, begin: xr.DataArray) -> tuple[float, float, float]:
    """The most work at a time, frequency, and distance."""
    allowed = begin.sel(separation=slice(least, None), time=slice(FIRST * time, time))
    best = allowed.isel(allowed.argmax(allowed.dims))
    battery = WaveguideBattery(float(best.frequency), float(best.separation), RATE)
    bounds = {"frequency": FREQUENCIES, "separation": (least, MOST)}
    horizon = SHORT if time <= SHORT else HORIZON  # two programs; the short one takes a fourth of the time
    found = optimize(WorkBy(np.asarray(time), horizon), battery, bounds, starts=1)
    return found.value, found.parameters["frequency"], found.parameters["separation"]


@figure(
    "chargers",
    paper="beyond (conclusion)",
    caption="Two chargers that share one excitation, at a distance of 0.3. (a) One on each side of the battery charge it "
    "sooner, and more, than one; both on one side, 0.1 apart, do not: they shift each other. (b) Most work by the time 80 at "
    "each frequency.",
)
def chargers(quick: bool) -> xr.Dataset:
    """Arrays of emitters in one guide."""
    time = times(np.linspace(0.0, 80.0, 201))
    frequency = frequencies(np.linspace(0.45, 0.75, 4 if quick else 31))
    places = {"two, one on each side": [-APART, APART, 0.0], "two on one side": [-APART - 0.1, -APART, 0.0]}
    shared = np.array([1.0, 1.0, 0.0]) / np.sqrt(2)
    read = Curve(time.values, SHORT)
    many = [
        [read(WaveguideArray(np.full(3, w), x, RATE, initial=shared, span=SPAN)) for w in frequency.values]
        for x in places.values()
    ]
    one = in_time(time, frequency, APART).energy
    found = xr.concat([one, *(one.copy(data=np.stack(curves)) for curves in many)], "chargers")
    found = found.assign_coords(chargers=["one charger", *places])
    top = found.max("time")
    return xr.Dataset(
        {
            "energy": as_label(found.isel(frequency=len(frequency) // 2), *E),
            "work": as_label(
                2 * top - frequency, "2 E - omega_0", UNIT, "most work, or what is missing", draw="both", against="frequency"
            ),
            "when": as_label(time[found.argmax("time")].drop_vars("time"), "omega_11 t", "1", "when it is there"),
        },
        attrs={"x": "time", "panels": ["energy", "work"]},
    )


@figure(
    "aging",
    paper="beyond (abstract)",
    caption="How losses end the immunity to aging, Delta_z = 0.1, omega_0 = 0.66. (a) Energy in time, if emitters decay "
    "otherwise. (b) Largest energy near t = 400 (dots), and its law: states lose what they have in the emitters, gamma R, or in "
    "the guide, kappa (1 - R). (c) Lifetimes of the bound states in units of the inverse loss.",
)
def aging(quick: bool) -> xr.Dataset:
    """Emitters and guides that lose."""
    frequency, time = 0.66, times(np.linspace(0.0, HORIZON, 201))
    rates = axis("rate", np.geomspace(1e-4, 0.1, 16), "gamma", UNIT, "rate of loss")
    few = xr.DataArray([0.0, 1e-3, 1e-2], dims="loss")
    curves = in_time(time, frequency, NEAR, loss=few).energy.assign_coords(loss=[f"gamma = {x:g}" for x in few.values])
    late = times(np.linspace(HORIZON - 32.0, HORIZON, 201), "late")  # a beat
    lossy = [in_time(late, frequency, NEAR, **{name: rates}).energy.max("late") for name in ("loss", "waveguide_loss")]
    where = xr.DataArray(["emitters decay", "the guide loses light"], dims="where", name="where")
    residue = steady(frequency, NEAR).residue
    share = xr.concat([residue, 1 - residue], "where").assign_coords(where=where)
    falls = (residue / 2 * np.exp(-rates * share * (HORIZON - 16.0) / 2)).sum("channel")
    wide = frequencies(np.linspace(0.05, 1.1, 64))
    parts = steady(wide, NEAR).residue
    lifetime = xr.concat([1 / parts, 1 / (1 - parts)], "where").stack(state=("where", "channel"))
    lifetime = lifetime.drop_vars(["state", "where", "channel"]).assign_coords(state=STATES)
    law = {"label": "law", "against": "rate"}
    return xr.Dataset(
        {
            "energy": as_label(curves, *E),
            "late": as_label(
                xr.concat(lossy, "where").assign_coords(where=where),
                "E",
                UNIT,
                "largest energy near t = 400",
                draw="points",
                against="rate",
            ),
            "late_law": as_label(frequency * falls**2, "E", UNIT, "largest energy near t = 400", **law),
            "lifetime": as_label(lifetime, "tau", "inverse loss", "lifetime of bound states", against="frequency"),
        },
        attrs={"x": "time", "panels": ["energy", "late late_law", "lifetime"], "log": ["", "x", "y"]},
    )
