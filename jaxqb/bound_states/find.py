"""What is asked of bound states, checked and compiled."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from ..algebra.bessel import bickley2
from ..algebra.poles import zeros
from ..compiled import compiled
from ..errors import FieldError, fail, shown
from ..fields import concrete, numbers, vanishes
from ..reservoirs import AbstractReservoir, Waveguide
from .above import continuum, dispersion, in_continuum, long_lived, starts
from .below import gap_states
from .outside import of_any
from .rule import COUNT
from .states import CHANNELS, STILL, BoundStates, ContinuumStates, LongTime, Resonances, states_of, together


def bound_states(reservoir: AbstractReservoir, frequency: Any, distance: Any, beyond: Any = None, loss: Any = 0.0) -> BoundStates:
    """All bound states of two equal emitters.

    Args:
        reservoir: any. States in the continuum are looked for in a waveguide only.
        frequency: of the emitters, in units of the guide's cut-off frequency.
        distance: between them, in units of the speed of light over that frequency.
        beyond: in a waveguide, or with `loss`, count as bound what lives longer than this time; default: what is bound for
            ever, to 1e-12.
        loss: rate at which each emitter decays otherwise: nothing is then bound for ever, and `width` is that by which a state
            decays as far as it is not light, to first order ``loss R``.

    Returns:
        `BoundStates`. At a threshold, where a state goes into the continuum, its residue vanishes linearly, and has the
        derivatives of one side on it. A guide that loses light has no bound states.

    Raises:
        FieldError: for a frequency, distance or rate that is not positive; for `beyond` where all that is found lives for ever.

    >>> bound_states(Waveguide(0.5), 1.0, 2 * np.pi * 0.5)
     channel        energy     residue     width
          +  0.7022709529  0.59128951   0.0e+00
          -  0.7527920756  0.69701165   0.0e+00
    """
    for name, value in (("frequency", frequency), ("distance", distance), ("loss", loss)):
        if np.ndim(value):
            must, fix = "be one number where bound states are asked for", "use `jax.vmap`"
            fail(FieldError, name, must, f"its shape is {np.shape(value)}", fix)
    frequency = _positive("frequency", frequency)
    beyond = None if beyond is None else _positive("beyond", beyond)
    if isinstance(reservoir, Waveguide):
        distance = _positive("distance", distance)
        _positive("radiation_rate", reservoir.radiation_rate)
        states = _of_guide(reservoir, frequency, distance, beyond, numbers=COUNT)
    else:
        if beyond is not None and vanishes(loss):
            but = f"what is found in {type(reservoir).__name__} lives for ever: resonances are looked for in a Waveguide only"
            fail(FieldError, "beyond", "be left out without loss", but, "leave it out, or give a loss")
        states = of_any(reservoir, frequency, numbers(distance), numbers=COUNT)
    return states if vanishes(loss) else _decaying(states, loss, beyond)


def _decaying(states: BoundStates, loss: Any, beyond: Any) -> BoundStates:
    """All of them widened, by how much of each is in the emitters (``dE / d frequency = R``)."""
    width = jnp.where(states.found, states.width + loss * states.residue, 0.0)
    found = states.found & (width < (STILL if beyond is None else jnp.maximum(STILL, 1 / beyond)))
    energy, residue = jnp.where(found, states.energy, jnp.nan), jnp.where(found, states.residue, 0.0)
    return BoundStates(states.channel, energy, residue, states.phase, width, states.in_continuum, found)


@compiled
def _of_guide(guide: Waveguide, frequency: Any, distance: Any, beyond: Any) -> BoundStates:
    v, residue, found = gap_states(guide.radiation_rate, frequency, distance)
    lossless = jnp.asarray(guide.loss) == 0
    gap = states_of(CHANNELS, 1 - 2 * v**2, residue, found & lossless, inside=False)
    where = guide, frequency, distance
    return together(gap, in_continuum(*where) if beyond is None else long_lived(*where, beyond))


def long_time(states: BoundStates, frequency: Any) -> LongTime:
    """What the bound states alone make of the battery."""
    return _long_time(states, numbers(frequency), numbers=states.residue.shape[-1])


@compiled
def _long_time(states: BoundStates, frequency: Any) -> LongTime:
    half = jnp.sum(states.residue) / 2
    least = jnp.maximum(jnp.max(states.residue) - half, 0.0)
    both = states.found[0] & states.found[1]
    beat = states.energy[1] - states.energy[0]
    half_period = jnp.where(both, np.pi / jnp.where(both, beat, 1.0), jnp.nan)
    return LongTime(
        max_energy=frequency * half**2,
        min_energy=frequency * least**2,
        mean_energy=frequency * jnp.sum(states.residue**2) / 4,
        max_ergotropy=frequency * jnp.maximum(2 * half**2 - 1, 0.0),
        beat=beat,
        half_period=half_period,
        count=jnp.sum(states.found),
        states=states,
    )


def threshold(guide: Waveguide, distance: Any) -> Any:
    r"""The frequency below which two emitters have a second bound state, that of the channel -1 (the other one always exists).

    .. math:: \omega_c(d) = 1 + \frac{\Gamma}{2\pi} [\pi d - 1 + \mathrm{Ki}_2(d)]

    >>> round(float(threshold(Waveguide(0.5), 2 * np.pi * 0.1)), 10)
    1.1117878467
    """
    return _threshold(guide.radiation_rate, _positive("distance", distance), numbers=COUNT)


@compiled
def _threshold(rate: Any, distance: Any) -> Any:
    return 1 + rate / (2 * np.pi) * (np.pi * distance - 1 + bickley2(jnp.asarray(distance)))


def frequencies_of_continuum_states(guide: Waveguide, distance: Any, count: int) -> ContinuumStates:
    """The first `count` bound states in the continuum that some frequency of the emitters has at this distance.

    >>> lowest = frequencies_of_continuum_states(Waveguide(0.5), 2 * np.pi * 0.4635443, 1)
    >>> print(f"{lowest.frequency[0]:.6f} {lowest.energy[0]:.5f} {lowest.residue[0]:.4f}")
    1.400000 1.47088 0.5154
    """
    return continuum(guide.radiation_rate, _positive("distance", distance), np.arange(1.0, count + 1), numbers=COUNT)


def resonances(
    guide: Waveguide, frequency: Any, distance: Any, channel: Any, high: Any = 4.0, depth: Any = 1.0, slots: int = 32
) -> Resonances:
    """All resonances of a channel with ``1 < Re z < high`` and ``-depth < Im z <= 0``.

    Far from the emitters' frequency they are ``2 pi / distance`` apart in the wave number, one a branch of a logarithm.

    Raises:
        FieldError: where `slots` is known to be too small.
    """
    frequency, distance = _positive("frequency", frequency), _positive("distance", distance)
    _positive("radiation_rate", guide.radiation_rate)
    far, top = concrete(distance), concrete(high)
    if far is not None and top is not None and (needed := int(np.max(far * top / (2 * np.pi))) + 3) > slots:
        fail(FieldError, "slots", f"be at least {needed}", f"it is {slots}", "raise it, or lower `high`")
    box = (numbers(high), numbers(depth))
    return _resonances(guide, frequency, distance, numbers(channel), box, np.arange(-1.0, slots), numbers=np.inf)


@compiled
def _resonances(guide: Waveguide, frequency: Any, distance: Any, s: Any, box: Any, branches: Any) -> Resonances:
    places = starts(guide, frequency, distance, s, branches)
    return Resonances(*zeros(dispersion(guide, frequency, distance, s), places, guide.edge, box[0], box[1], branches.size - 1))


def _positive(name: str, value: Any) -> Any:
    """An array; a sentence if it is known not to be positive."""
    known = concrete(array := numbers(value))
    if known is not None and not np.all(known > 0):
        fail(FieldError, name, "be positive", f"it is {shown(value)}", f"raise {name}")
    return array
