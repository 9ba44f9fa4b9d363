"""Bound states outside the continuum, of emitters in any reservoir."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..algebra.poles import falling_root, slope
from ..compiled import compiled
from ..conventions import epsilon
from ..fields import concrete
from ..reservoirs import AbstractReservoir
from ..reservoirs.shared import AbstractSharedReservoir
from .states import CHANNELS, BoundStates, states_of, together


def gap_state(frequency: Any, self_energy: Callable, edge: Any) -> tuple[Any, Any, Any]:
    """The bound state below the edge for any self-energy: ``E = frequency - S(E)``, its residue, and whether there is one.

    Args:
        frequency: of the emitter.
        self_energy: S(E) for real E below the edge, entry by entry (for one of two emitters' channels ``S(E, 0) + s S(E, d)``).
        edge: the lowest frequency of the continuum.

    Returns:
        Energy (NaN if there is none), residue (0) and a mask.
    """
    open_below = jnp.isfinite(edge)
    edge = jnp.where(open_below, edge, 0.0)
    shape = jnp.broadcast_shapes(jnp.shape(frequency), jnp.shape(edge))

    def below(q: Any) -> Any:
        energy = edge - q**2
        return energy - frequency + jnp.real(self_energy(energy))

    near = jnp.broadcast_to(2 * (epsilon() * (1 + jnp.abs(edge))) ** 0.5, shape)  # as near as can be told from the edge
    found = open_below & (below(near) > 0)
    widen = lambda high: jnp.where(below(high) > 0, 2 * high, high)  # noqa: E731
    high = lax.stop_gradient(lax.fori_loop(0, 40, lambda _, high: widen(high), jnp.ones(shape)))
    q = falling_root(below, near, high, high / 2)
    q = jnp.where(found, q, 1.0)
    residue = jnp.where(found, -2 * q / slope(below, q)[1], 0.0)
    return jnp.where(found, edge - q**2, jnp.nan), residue, found


@compiled
def of_any(reservoir: AbstractReservoir, frequency: Any, distance: Any) -> BoundStates:
    """Below and above the continuum; and what a reservoir that sees two emitters alike does not see of them."""
    bare = jnp.asarray(frequency + reservoir.shift(), float)

    def channel(s: float) -> tuple[Any, Any, Any]:
        pair = lambda e: reservoir.self_energy(e, 0.0) + s * reservoir.self_energy(e, distance)  # noqa: E731
        return gap_state(bare, pair, reservoir.edge)

    energy, residue, found = (jnp.stack(x) for x in zip(*map(channel, CHANNELS.tolist()), strict=True))
    if isinstance(reservoir, AbstractSharedReservoir):  # the odd channel is free
        energy, residue = energy.at[1].set(bare), residue.at[1].set(1.0)
        found = found.at[1].set(True)
    states = states_of(CHANNELS, energy, residue, found, inside=False)
    inside = states.found & (states.energy > reservoir.edge) & (states.energy < reservoir.top)
    states = eqx.tree_at(lambda states: states.in_continuum, states, inside)
    top = concrete(reservoir.top)
    if top is not None and np.all(np.isinf(top)):
        return states
    signs = CHANNELS[:1] if isinstance(reservoir, AbstractSharedReservoir) else CHANNELS
    pair = lambda e, s: reservoir.self_energy(e, 0.0) + s * reservoir.self_energy(e, distance)  # noqa: E731
    above = [gap_state(-bare, lambda e, s=s: -pair(-e, s), -jnp.asarray(reservoir.top)) for s in signs.tolist()]  # a mirror image
    energy, residue, found = (jnp.stack(x) for x in zip(*above, strict=True))
    return together(states, states_of(signs, -energy, residue, found, inside=False))
