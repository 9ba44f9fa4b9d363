"""Axes, and the two programs that all figures share: bound states of many batteries, and many curves in time."""

from functools import partial
from typing import Any

import jax
import numpy as np
import xarray as xr

from ... import merit
from ...batteries import WaveguideBattery
from ...bound_states import bound_states, threshold
from ...compiled import SMALL, compiled
from ...evolution import evolve
from ...methods import Resolvent
from ...reservoirs import Waveguide
from ..paper import axis

RATE = 0.5  # Gamma_11 of all figures of the paper
NEAR = 0.1  # Delta_z of Fig. 2
GUIDE = Waveguide(RATE)
CHANNELS = ["plus", "minus"]
HORIZON = 400.0  # one contour for all curves, so that they are one program
LENGTH, LONGEST, BLOCK = 201, 1000, 16  # times of a curve, from how many on it is not cut, and curves of a call
MANY, ENERGIES = 1024, 400  # bound states, and self-energies, of a call
LOSSES = "loss", "waveguide_loss"

UNIT = "omega_11"
E = ("E", UNIT, "energy of the battery")
LATE = ("E(∞)", UNIT, "energy at long times")
WORK = ("W", UNIT, "extractable work")
BOUND = ("E^b", UNIT, "energies of bound states")
FREQUENCY = ("omega_0", UNIT, "frequency of charger and battery")
SEPARATION = ("Delta_z", "lambda_11", "distance of charger and battery")
TIME = ("omega_11 t", "1", "time")


def frequencies(values: Any, name: str = "frequency") -> xr.DataArray:
    """Frequencies of charger and battery."""
    return axis(name, values, *FREQUENCY)


def separations(values: Any, name: str = "separation") -> xr.DataArray:
    """Distances of charger and battery."""
    return axis(name, values, *SEPARATION)


def times(values: Any, name: str = "time") -> xr.DataArray:
    """Times."""
    return axis(name, values, *TIME)


def self_energies(z: Any, distance: float, through: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """S of one emitter, and of two at a distance."""
    z = np.asarray(z, complex)
    alone, across = (np.asarray(x)[: z.size].reshape(z.shape) for x in _self_energies(np.resize(z, ENERGIES), distance, through))
    return alone, across


@partial(jax.jit, static_argnames="through")
def _self_energies(z: Any, distance: Any, through: bool) -> tuple[Any, Any]:
    return GUIDE.self_energy(z, through=through), GUIDE.self_energy(z, distance, through)


# ------------------------------------------------------------------------------------------- bound states


@compiled
def _bound(frequency: Any, separation: Any) -> Any:
    def one(frequency: Any, separation: Any) -> Any:
        states = bound_states(GUIDE, frequency, 2 * np.pi * separation)
        return states.energy[:2], states.residue[:2]

    return jax.vmap(one)(frequency, separation)


def steady(frequency: Any, separation: Any) -> xr.Dataset:
    """Energies and residues of the bound states below the continuum; what is not bound has energy NaN and residue 0."""
    points = xr.broadcast(xr.DataArray(frequency), xr.DataArray(separation))
    count = points[0].size
    blocks = zip(*(np.resize(x.values.astype(float), (-(-count // MANY), MANY)) for x in points), strict=True)
    energy, residue = (np.concatenate(x)[:count] for x in zip(*(_bound(*block, numbers=SMALL) for block in blocks), strict=True))
    dims, shape = (*points[0].dims, "channel"), (*points[0].shape, 2)
    data = {"bound": (dims, energy.reshape(shape)), "residue": (dims, residue.reshape(shape))}
    return xr.Dataset(data, {**points[0].coords, "channel": CHANNELS})


def extremes(states: xr.Dataset, frequency: Any) -> tuple[xr.DataArray, xr.DataArray]:
    """Largest and smallest energy in time by Eq. 8, in which Z = R / 2."""
    plus, minus = (states.residue.sel(channel=sign, drop=True) / 2 for sign in CHANNELS)
    return frequency * (plus + minus) ** 2, frequency * (plus - minus) ** 2


def work(most: Any, frequency: Any) -> Any:
    """Extractable work of an energy: a battery without coherence yields twice what it has above half filling."""
    return (2 * most - frequency).clip(min=0.0)


def splitting(states: xr.Dataset) -> xr.DataArray:
    """E_- - E_+, where both are bound."""
    return states.bound.sel(channel="minus", drop=True) - states.bound.sel(channel="plus", drop=True)


def eq8(states: xr.Dataset, frequency: Any, time: xr.DataArray) -> xr.DataArray:
    """The energy that Eq. 8 gives."""
    sign = xr.DataArray([1, -1], {"channel": CHANNELS})
    turns = np.exp(-1j * (states.bound.fillna(0.0) * time))
    return frequency * abs((sign * states.residue / 2 * turns).sum("channel")) ** 2


def opens(separation: Any) -> xr.DataArray:
    """The frequency below which two states are bound."""
    separation = xr.DataArray(separation)
    return separation.copy(data=np.asarray(threshold(GUIDE, 2 * np.pi * separation.values)))


def opens_at(frequency: float) -> float:
    """The distance from which two states are bound."""
    low, high = 1e-3, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if float(opens(middle)) < frequency else (low, middle)
    return high


def best(separation: xr.DataArray) -> xr.Dataset:
    """The frequency at which most work can be extracted at long times, that work, and half a period of the beat there.

    The best of a coarse grid, the best of a fine one around it, and the parabola through three points there.
    """
    trial = xr.DataArray(np.linspace(-1.0, 1.0, 81), dims="trial")
    frequency, step = 0.7 + 0.4 * trial + 0 * separation, 0.001
    for fine in (step * 10 * trial, step * xr.DataArray([-1.0, 0.0, 1.0], dims="trial")):
        found = _signed(frequency, separation)
        frequency = frequency.isel(trial=found.argmax("trial")) + fine
    below, at, above = (_signed(frequency, separation).isel(trial=i) for i in range(3))
    shift = (below - above) / (2 * (below - 2 * at + above))
    frequency = frequency.isel(trial=1) + step * shift
    states = steady(frequency, separation)
    return xr.Dataset(
        {"work": work(extremes(states, frequency)[0], frequency), "frequency": frequency, "wait": np.pi / splitting(states)}
    )


def _signed(frequency: xr.DataArray, separation: xr.DataArray) -> xr.DataArray:
    """Work, or minus what is missing to have any."""
    return 2 * extremes(steady(frequency, separation), frequency)[0] - frequency


# ------------------------------------------------------------------------------------------- curves


def hull() -> WaveguideBattery:
    """A battery whose contour suits all that are asked for."""
    ends = {"frequency": (0.02, 4.0), "separation": (0.02, 2.5), "radiation_rate": (0.002, RATE)}
    fields: dict[str, Any] = {name: np.array(pair) for name, pair in (ends | dict.fromkeys(LOSSES, (0.0, 1.0))).items()}
    return WaveguideBattery(**fields)


@compiled
def _solve(family: WaveguideBattery, rows: dict[str, Any], ts: Any) -> Any:
    """All curves at once: the sums over the contour, which they share, are products of matrices."""
    saved = {"energy": merit.energy, "work": merit.ergotropy, "amplitudes": merit.amplitudes}
    method = Resolvent(horizon=HORIZON)
    return jax.vmap(lambda row: evolve(family.put(**row), ts, saved, method=method).saved)(rows)


def in_time(time: xr.DataArray, frequency: Any, separation: Any, rate: Any = RATE, **losses: Any) -> xr.Dataset:
    """Energy, work and amplitudes at some times for each point of the leaves: one program, and one for the longest curves."""
    losses = dict.fromkeys(LOSSES, 0.0) | losses
    names = ("frequency", "separation", "radiation_rate", *losses)
    points = xr.broadcast(*(xr.DataArray(leaf) for leaf in (frequency, separation, rate, *losses.values())))
    count, length, family = points[0].size, len(time), hull()
    once = LENGTH if length < LONGEST else length
    blocks = list(zip(*(np.resize(x.values.astype(float), (-(-count // BLOCK), BLOCK)) for x in points), strict=True))
    late = time.values[-1] + 1e-6 * np.arange(1, -length % once + 1)
    parts = [
        [_solve(family, dict(zip(names, block, strict=True)), ts, numbers=SMALL) for block in blocks]
        for ts in np.concatenate([time.values, late]).reshape(-1, once)
    ]
    data = {}
    for name in parts[0][0]:
        values = np.concatenate([np.concatenate([x[name] for x in part]) for part in parts], axis=1)[:count, :length]
        inner = (*time.dims, *("emitter",) * (values.ndim - 2))
        data[name] = ((*points[0].dims, *inner), values.reshape(*points[0].shape, *values.shape[1:]))
    return xr.Dataset(data, {**points[0].coords, **time.coords})


def markov(frequency: xr.DataArray, separation: float, time: xr.DataArray) -> xr.DataArray:
    """The energy that Eq. 6 gives."""
    found = [w * abs(np.asarray(WaveguideBattery(w, separation, RATE).markov(time.values))[:, 1]) ** 2 for w in frequency.values]
    return (frequency * time).copy(data=np.stack(found))
