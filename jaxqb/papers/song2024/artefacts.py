"""What finite resolution, or a state that is left out, makes of the spectrum: three figures."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from ...bound_states import bound_states, frequencies_of_continuum_states, long_time
from ..paper import as_label, axis, figure
from .tables import (
    GUIDE,
    LATE,
    NEAR,
    RATE,
    E,
    eq8,
    extremes,
    frequencies,
    in_time,
    self_energies,
    separations,
    splitting,
    steady,
    times,
)

CASE = 1.4  # omega_0 of Fig. 3
DISTANCE = 2 * np.pi * NEAR
KINDS = {"energies": "energies E", "grid": "grid of omega (rectangles)", "cut-off": "lower end of the integral"}
LONG = 5.0  # a state that lives longer than this is followed


def by_energies(resolution: np.ndarray) -> np.ndarray:
    """Where E_+ is nearer to the edge than energies are resolved: omega_0 = E + S_+(E) at E = 1 - resolution."""
    energy = 1 - resolution + 0j
    return np.real(energy + sum(self_energies(energy, DISTANCE)))


def by_grid(step: np.ndarray) -> np.ndarray:
    """Where Y_+(omega_11) is at the edge, if its integral is a sum over omega = 1 + step, 1 + 2 step, ..: all above E_+ = 1."""
    w = 1 + np.multiply.outer(step, np.arange(1.0, 2e4))
    tail = RATE / (2 * np.pi) / w[..., -1]  # of 1 / w^2
    return 1 + step * np.sum(_weight(w) / (w - 1), axis=-1) + tail


def by_cutoff(start: np.ndarray) -> np.ndarray:
    """The same, if it begins at omega = 1 + start."""
    u = np.linspace(np.log(np.arccosh(1 + start)), np.log(12.0), 20001, axis=-1)
    theta = np.exp(u)
    w = np.cosh(theta)
    values = theta * np.sinh(theta) * _weight(w) / (w - 1)
    return 1 + np.trapezoid(values, u, axis=-1)


def _weight(w: np.ndarray) -> np.ndarray:
    """J_0 + J_1."""
    return np.asarray(_densities(w))


@jax.jit
def _densities(w: Any) -> Any:
    return jnp.real(GUIDE.density(w) + GUIDE.density(w, DISTANCE))


@figure(
    "threshold",
    paper="beyond (2.8 in Fig. 2)",
    caption="The plus state never ends. (a) How far it is below the edge, and (b) the energy it keeps in the battery, with "
    "their laws for large omega_0. (c) Where it seems to end, for three ways in which a resolution may be finite: 2.8 needs "
    "0.029, 0.0203 or 0.0119.",
)
def threshold(quick: bool) -> xr.Dataset:
    """Distance to the edge, what is kept, and what would be printed."""
    frequency = frequencies(np.geomspace(1.05, 50.0, 60 if quick else 300))
    states = steady(frequency, NEAR).sel(channel="plus", drop=True)
    # from the residue, since 1 - E has lost its digits far above the edge
    gap, law = 1 - states.bound, RATE**2 / (2 * (frequency - 1) ** 2)
    kept, kept_law = frequency * (states.residue / 2) ** 2, frequency * ((RATE / (frequency - 1)) ** 3 / (2 * RATE)) ** 2
    resolution = axis("resolution", np.geomspace(1e-3, 0.2, 40), "delta", "omega_11", "resolution")
    last = np.stack([seen(resolution.values) for seen in (by_energies, by_grid, by_cutoff)])
    delta, exact = ("1 - E_+", "omega_11", "distance of the plus state to the edge"), {"label": "computed", "draw": "beneath"}
    large = {"label": "law for large omega_0"}
    ends = xr.DataArray(last, {"kind": list(KINDS.values()), "resolution": resolution.resolution}, ("kind", "resolution"))
    return xr.Dataset(
        {
            "gap": as_label(gap, *delta, **exact),
            "gap_law": as_label(law.where(frequency > 1.5), *delta, **large),
            "kept": as_label(kept, *LATE, **exact),
            "kept_law": as_label(kept_law.where(frequency > 1.5), *LATE, **large),
            "ends": as_label(ends, "omega_0", "omega_11", "frequency at which it seems to end", against="resolution"),
            "said": as_label(0 * resolution + 2.8, "omega_0", "omega_11", "printed", label="2.8", against="resolution"),
        },
        attrs={"x": "frequency", "panels": ["gap gap_law", "kept kept_law", "ends said"], "log": ["xy", "xy", "x"]},
    )


@figure(
    "splitting",
    paper="beyond (1.7 in Fig. 3)",
    caption="Two bound states are never degenerate. (a) Their splitting falls exponentially, R Gamma exp(-kappa d)/kappa, and "
    "(b) the time of half a beat grows so. (c) What is kept in the battery at long times, the largest and the least in time.",
)
def splittings(quick: bool) -> xr.Dataset:
    """Splitting, waiting time, and energies at long times."""
    separation, case = separations(np.linspace(0.05, 3.0, 119 if quick else 591)), frequencies([1.4, 1.2, 1.0], "case")
    states = steady(case, separation)
    apart = splitting(states)
    alone = steady(case, 20.0).sel(channel="plus", drop=True)  # so far away that each emitter is by itself
    kappa = np.sqrt(1 - alone.bound**2)
    law = alone.residue * RATE / kappa * np.exp(-2 * np.pi * kappa * separation)
    most, least = extremes(states, case)
    beat, half = ("E_- - E_+", "omega_11", "splitting"), ("omega_11 t", "1", "half a period of the beat")
    exact, large = {"draw": "beneath", "label": "computed"}, {"label": "law of large distance"}
    return xr.Dataset(
        {
            "splitting": as_label(apart, *beat, **exact),
            "splitting_law": as_label(law, *beat, **large),
            "wait": as_label(np.pi / apart, *half, **exact),
            "wait_law": as_label(np.pi / law, *half, **large),
            "most": as_label(most, *LATE),
            "least": as_label(least, *LATE),
        },
        attrs={
            "x": "separation",
            "panels": ["splitting splitting_law", "wait wait_law", "most least"],
            "log": ["y", "y", ""],
        },
    )


@eqx.filter_jit
def _slow(separation: Any) -> Any:
    """Of each distance: the longest-lived state above the edge, and the largest energy of all that live longer than `LONG`."""

    def one(separation: Any) -> Any:
        states = bound_states(GUIDE, CASE, 2 * np.pi * separation, beyond=LONG)
        width = jnp.min(jnp.where(states.in_continuum & states.found, states.width, jnp.inf))
        return width, long_time(states, CASE).max_energy

    return jax.vmap(one)(separation)


def inside(count: int) -> np.ndarray:
    """Distances at which the emitters have a bound state in the continuum, 1 to `count` half waves between them."""
    own = jax.jit(jax.vmap(lambda separation: frequencies_of_continuum_states(GUIDE, 2 * np.pi * separation, count).frequency))
    low, high = np.full(count, 0.2), np.full(count, 2.0 * count)
    for _ in range(60):
        middle = (low + high) / 2
        below = np.diagonal(own(middle)) < CASE  # the frequency falls with the distance
        low, high = np.where(below, low, middle), np.where(below, middle, high)
    return high


@figure(
    "continuum",
    paper="beyond (Eq. 8 in Fig. 3)",
    caption="Bound states in the continuum, omega_0 = 1.4. (a) Largest energy at times from 150 to 400: Eq. 8 misses what is "
    "bound, or lives long, above the edge, where n half waves fit between the emitters. (b) How long that lives. (c) Energy in "
    "time at 0.46354.",
)
def continuum(quick: bool) -> xr.Dataset:
    """Where Eq. 8 fails."""
    exact = inside(5)
    near = np.concatenate([exact, exact - 0.004, exact + 0.004])
    coarse = np.append(np.arange(6, 24) / 20, np.arange(12, 25) / 10)
    separation = separations(np.sort(np.append(coarse if quick else np.linspace(0.3, 2.4, 421), near)))
    late, time = times(np.linspace(150.0, 400.0, 402 if quick else 1005), "late"), times(np.linspace(0.0, 120.0, 201))
    width, every = _slow(separation.values)
    at = float(exact[0])
    here = steady(CASE, at)
    states = bound_states(GUIDE, CASE, 2 * np.pi * at)
    both = CASE * abs(np.asarray(states.amplitudes(jnp.asarray(time.values)))[:, 1]) ** 2
    largest = in_time(late, frequency=CASE, separation=separation).energy.max("late")
    of_eq8 = eq8(steady(CASE, separation), CASE, late).max("late")
    most = ("E", "omega_11", "largest energy from 150 to 400")
    lasts = separation.copy(data=1 / np.where(width > 1e-12, width, np.nan))  # for ever, at five points
    return xr.Dataset(
        {
            "largest": as_label(largest, *most, label="Eq. 3", against="separation"),
            "largest_eq8": as_label(of_eq8, *most, label="Eq. 8", against="separation"),
            "bound": as_label(separation.copy(data=every), "E", "omega_11", "largest energy of all that lives long"),
            "lifetime": as_label(lasts, "omega_11 tau", "1", "lifetime of the slowest resonance", against="separation"),
            "energy": as_label(in_time(time, frequency=CASE, separation=at).energy, *E, label="Eq. 3", draw="points"),
            "energy_eq8": as_label(eq8(here, CASE, time), *E, label="Eq. 8"),
            "energy_all": as_label(time.copy(data=both), *E, label="Eq. 8 and the state in the continuum"),
            "places": as_label(
                xr.DataArray(exact, dims="half_waves"), "Delta_z", "lambda_11", "distances of states in the continuum"
            ),
            "residues": as_label(
                xr.DataArray(states.residue[states.found]), "R", "1", "residues of all bound states at the first"
            ),
        },
        attrs={
            "x": "time",
            "panels": ["largest largest_eq8", "lifetime", "energy energy_eq8 energy_all"],
            "log": ["", "y", ""],
        },
    )
