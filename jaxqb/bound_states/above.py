"""States of two emitters in a waveguide above the edge: bound ones in the continuum, and resonances on the second sheet."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..algebra.poles import implicit, slope, zeros
from ..algebra.roots import square_root
from ..compiled import compiled
from ..reservoirs import Waveguide
from .rule import falls, still
from .states import CHANNELS, STILL, BoundStates, ContinuumStates, states_of

NEAR = 2  # states in the continuum that are looked at, those with frequencies nearest to the emitters'
LONG = 6  # long-lived resonances that are kept of each channel
BRANCHES = 13  # of the logarithm, from which resonances are looked for around the emitters' frequency


def dispersion(guide: Waveguide, frequency: Any, distance: Any, s: Any) -> Callable:
    """D on the second sheet."""
    return lambda z: z - frequency + guide.self_energy(z, 0.0, True) + s * guide.self_energy(z, distance, True)


def _on_axis(rate: Any, distance: Any, s: Any) -> Callable:
    """``D + frequency`` for real z above the edge, from above: real but for what travels."""
    fall = falls(distance)

    def of(w: Any) -> Any:
        k = jnp.sqrt((w - 1) * (w + 1))
        travels = 1j * np.pi / k * (1 + s * jnp.exp(1j * k * distance))
        return w + rate / (2 * np.pi) * (travels - jnp.arcsinh(k) / k - s * still(w, fall))

    return of


@compiled
def continuum(rate: Any, distance: Any, n: Any) -> ContinuumStates:
    """What travels cancels where n half waves fit between the emitters."""
    s = -jnp.cos(np.pi * n)
    energy = jnp.sqrt(1 + (n * np.pi / distance) ** 2)
    frequency, rise = slope(_on_axis(rate, distance, s), energy)
    return ContinuumStates(s, energy, frequency.real, 1 / rise.real)


def in_continuum(guide: Waveguide, frequency: Any, distance: Any) -> BoundStates:
    """Those that are bound for ever.

    A small way from the frequency of an exact one, the width is the square of that way, times what follows from the second
    derivative of D; real arithmetic gives all else.
    """
    rate = guide.radiation_rate
    w = jnp.maximum(frequency + rate / (2 * np.pi), 1.0)
    for _ in range(3):
        k = jnp.maximum(jnp.sqrt((w - 1) * (w + 1)), 1e-3)
        w = jnp.maximum(frequency + rate / (2 * np.pi) * jnp.arcsinh(k) / k, 1.0)
    n = jnp.maximum(jnp.floor(jnp.sqrt((w - 1) * (w + 1)) * distance / np.pi), 1.0) + np.arange(float(NEAR))
    state = continuum(rate, distance, n)
    away = state.residue * (frequency - state.frequency)
    width = state.residue * away**2 * rate * (distance * state.energy) ** 2 / (2 * (n * np.pi / distance) ** 3)
    found = (width < STILL) & (jnp.asarray(guide.loss) == 0)
    on_axis = _on_axis(rate, distance, state.channel)
    place = state.energy + jnp.where(found, away, 0.0)
    energy, _ = implicit(lambda w: on_axis(w).real - frequency, lambda _, w: (w, None), place)
    states = states_of(state.channel, energy, 1 / slope(on_axis, energy)[1], found, inside=True)
    return eqx.tree_at(lambda states: states.width, states, jnp.where(found, width, 0.0))


def long_lived(guide: Waveguide, frequency: Any, distance: Any, beyond: Any) -> BoundStates:
    """The longest-lived resonances of each channel among those that live long enough."""
    depth = jnp.maximum(1 / beyond, STILL) / 2
    k = jnp.sqrt(jnp.maximum(frequency + guide.radiation_rate / (2 * np.pi), 1.0) ** 2 - 1)
    n = jnp.round(k * distance / (2 * np.pi)) + np.arange(float(BRANCHES)) - BRANCHES // 2

    def of(s: Any) -> BoundStates:
        places = starts(guide, frequency, distance, s, n)
        z, residue, found = zeros(dispersion(guide, frequency, distance, s), places, guide.edge, jnp.inf, depth, LONG)
        return states_of(s, z, residue, found, inside=True)

    return jax.tree.map(jnp.ravel, jax.vmap(of)(jnp.asarray(CHANNELS)))


def starts(guide: Waveguide, frequency: Any, distance: Any, s: Any, branches: Any) -> Any:
    """Near all resonances: ``exp(i k d)`` equals what the rest of D makes of it, on one branch of the logarithm or another.

    Where D without it vanishes the logarithm has a branch point; some starts stand around. Emitters that couple strongly are
    mirrors, between which whole half waves fit.
    """
    mirrors = jnp.maximum(np.pi * (2 * branches + (1 + s) / 2), 1.0) / distance + 0j
    k = jnp.maximum(2 * np.pi * jnp.abs(branches), 1.5) / distance + 0j
    for _ in range(3):
        turn = s * (2j * k / guide.radiation_rate * (square_root(1 + k**2) - frequency) - 1)
        k = (2 * np.pi * branches - 1j * jnp.log(turn)) / distance
        k = lax.complex(jnp.maximum(k.real, 0.05), jnp.minimum(k.imag, 0.0))
    center = jnp.maximum(frequency, 1.05) + 0j
    alone = guide.self_energy(center, 0.0, True)
    pair = alone + s * guide.self_energy(center, distance, True)
    beside = center - jnp.stack([0 * alone, 0.3 * alone, alone, 2 * alone, 3 * alone, pair])
    deeper = center - 1j * np.array([0.1, 0.3, 0.8, 1.5])
    low = np.array([1.1 - 0.05j, 1.1 - 0.3j, 1.3 - 0.1j, 1.3 - 0.6j])
    return jnp.concatenate([square_root(1 + k**2), square_root(1 + mirrors**2), beside, deeper, low])
