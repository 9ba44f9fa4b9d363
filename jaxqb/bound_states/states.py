"""What bound states are known by, and what they make of a battery."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float

from ..fields import concrete

CHANNELS = np.array([1.0, -1.0])
STILL = 1e-12  # width of a resonance that counts as bound


class BoundStates(eqx.Module):
    """Bound states of two emitters, and resonances that count as such; absent ones stand in the arrays with residue 0.

    The first two are those below the edge, of the channels +1 and -1.

    Attributes:
        channel: +1 (both emitters in phase) or -1.
        energy: NaN where there is none.
        residue: R, the size of its part of the channel's amplitude (the paper's Z is half of it).
        phase: of that part at t = 0; zero but for resonances.
        width: rate at which its energy is lost; zero but for resonances.
        in_continuum: whether it lies above the edge.
        found: whether there is one.
    """

    channel: Float[Array, " b"]
    energy: Float[Array, " b"]
    residue: Float[Array, " b"]
    phase: Float[Array, " b"]
    width: Float[Array, " b"]
    in_continuum: Bool[Array, " b"]
    found: Bool[Array, " b"]

    @eqx.filter_jit
    def amplitudes(self, ts: Float[Array, " t"]) -> Complex[Array, "t 2"]:
        """What they are of the amplitudes of both emitters, the first of which was excited."""
        energy, width = (jnp.where(self.found, x, 0.0) for x in (self.energy, self.width))
        turns = jnp.exp(1j * (self.phase - jnp.multiply.outer(ts, energy)) - jnp.multiply.outer(ts, width / 2))
        parts = self.residue * turns / 2
        return jnp.stack([jnp.sum(parts, axis=-1), jnp.sum(self.channel * parts, axis=-1)], axis=-1)

    def __repr__(self) -> str:
        columns = [concrete(x) for x in (self.channel, self.energy, self.residue, self.width, self.in_continuum, self.found)]
        if any(x is None or x.ndim != 1 for x in columns):
            return "BoundStates()"
        if not np.any(columns[-1]):
            return "no bound states"
        lines = [" channel        energy     residue     width"]
        for channel, energy, residue, width, inside, found in zip(*columns, strict=True):
            if found:
                where = "  in the continuum" if inside else ""
                lines.append(f"      {'+' if channel > 0 else '-'} {energy:13.10f} {residue:11.8f} {width:9.1e}{where}")
        return "\n".join(lines)


class LongTime(eqx.Module):
    """What two emitters tend to when all that decays has gone.

    Extremes are over all times: where more than two states turn with frequencies that have no common measure they are
    approached as nearly as one likes, at times that may be long. Resonances are taken as if they lived for ever.

    Attributes:
        max_energy, min_energy, mean_energy: of the battery (the second emitter), in units of hbar.
        max_ergotropy: the largest work that can be extracted.
        beat: ``E_- - E_+``, of the states below the edge; NaN unless there are both.
        half_period: ``pi / beat``, the waiting time to the first maximum.
        count: number of bound states.
        states: them.
    """

    max_energy: Float[Array, ""]
    min_energy: Float[Array, ""]
    mean_energy: Float[Array, ""]
    max_ergotropy: Float[Array, ""]
    beat: Float[Array, ""]
    half_period: Float[Array, ""]
    count: Any
    states: BoundStates

    @eqx.filter_jit
    def amplitudes(self, ts: Float[Array, " t"]) -> Complex[Array, "t 2"]:
        """Both amplitudes at late times."""
        return self.states.amplitudes(ts)

    def __repr__(self) -> str:
        names = ("count", "max_energy", "min_energy", "mean_energy", "max_ergotropy", "beat", "half_period")
        known = [concrete(getattr(self, name)) for name in names]
        if any(x is None or x.ndim for x in known):
            return "LongTime()"
        return "\n".join(
            ["LongTime", *(f"  {name}: {float(x):.10g}" for name, x in zip(names, known, strict=True) if x is not None)]
        )


class ContinuumStates(eqx.Module):
    """Bound states in the continuum of a waveguide, n = 1, 2, ...

    Attributes:
        channel: ``-(-1)^n``.
        energy: ``w_n = sqrt(1 + (n pi / d)^2)``, at which n half waves fit between the emitters.
        frequency: of emitters that have it exactly.
        residue: of the exact one.
    """

    channel: Float[Array, " n"]
    energy: Float[Array, " n"]
    frequency: Float[Array, " n"]
    residue: Float[Array, " n"]


class Resonances(eqx.Module):
    """Poles on the second sheet, the longest-lived first; absent ones have residue 0.

    Attributes:
        energy: complex; ``-2 Im`` is the rate at which the energy is lost.
        residue: complex.
        found: whether there is one.
    """

    energy: Complex[Array, " r"]
    residue: Complex[Array, " r"]
    found: Bool[Array, " r"]


def states_of(channel: Any, energy: Any, residue: Any, found: Any, inside: bool) -> BoundStates:
    """From complex energies and residues."""
    still = jnp.zeros(found.shape)
    width = jnp.maximum(-2 * energy.imag, 0.0) if jnp.iscomplexobj(energy) else still
    size, phase = (jnp.abs(residue), jnp.angle(residue)) if jnp.iscomplexobj(residue) else (residue, still)
    size, phase, width = (jnp.where(found, x, 0.0) for x in (size, phase, width))
    mask = jnp.full(found.shape, inside)
    return BoundStates(channel + 0 * size, jnp.where(found, energy.real, jnp.nan), size, phase, width, mask, found)


def together(one: BoundStates, other: BoundStates) -> BoundStates:
    """All of both."""
    return BoundStates(*(jnp.concatenate([getattr(one, name), getattr(other, name)]) for name in one.__dataclass_fields__))
