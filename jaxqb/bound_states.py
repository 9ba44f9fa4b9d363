r"""Bound states: what never decays of emitters in a reservoir, and what decays slowly.

Two equal emitters at a distance d part into channels s = +1 and -1, with ``c_1 = (c_+ + c_-) / 2`` and ``c_2 = (c_+ - c_-) / 2``.
In each,

.. math:: D_s(z) = z - \omega_0 + S(z, 0) + s S(z, d)

vanishes at a bound state, which makes up ``R = 1 / D_s'`` of the amplitude. Below the edge of the continuum D rises, so there
is one at most. In a waveguide there may be others *in* the continuum, where the light that both emitters send outwards cancels;
nearby they are resonances, which live long.

Energies and residues are differentiable, to any order, by the implicit rule: ``dE/d(frequency) = R`` and so on.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Complex, Float

from .algebra.bessel import bickley2
from .algebra.poles import falling_root, implicit, slope, zeros
from .compiled import compiled
from .conventions import epsilon
from .errors import FieldError, fail
from .fields import concrete, numbers, vanishes
from .reservoirs import AbstractReservoir, Waveguide
from .reservoirs.shared import AbstractSharedReservoir

CHANNELS = np.array([1.0, -1.0])
STILL = 1e-12  # width of a resonance that counts as bound
NEAR = 2  # states in the continuum that are looked at, those with frequencies nearest to the emitters'
LONG = 6  # long-lived resonances that are kept of each channel
BRANCHES = 13  # of the logarithm, from which resonances are looked for around the emitters' frequency

# The midpoint rule for the part of the self-energy that does not travel. It misses 1e-17 of what is not near one of its poles.
STEP, COUNT = 0.25, 76
_U = (np.arange(COUNT) + 0.5) * STEP
_SINH2 = np.sinh(_U) ** 2
HALVINGS, TERMS = 6, 9  # of an angle, and terms of its series
AWAY = 0.9997  # v beyond which no pole comes near the rule


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


def bound_states(reservoir: AbstractReservoir, frequency: Any, distance: Any, beyond: Any = None, loss: Any = 0.0) -> BoundStates:
    """All bound states of two equal emitters.

    Args:
        reservoir: any. States in the continuum are looked for in a waveguide only.
        frequency: of the emitters, in units of the guide's cut-off frequency.
        distance: between them, in units of the speed of light over that frequency.
        beyond: count as bound what lives longer than this time; default: what is bound for ever, to 1e-12.
        loss: rate at which each emitter decays otherwise: nothing is then bound for ever, and `width` is that by which a state
            decays as far as it is not light, to first order ``loss R``.

    Returns:
        `BoundStates`. At a threshold, where a state goes into the continuum, its residue vanishes linearly, and has the
        derivatives of one side on it. A guide that loses light has no bound states.

    Raises:
        FieldError: for a frequency, distance or rate that is not positive.

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
        states = _of_any(reservoir, frequency, numbers(distance), numbers=COUNT)
    return states if vanishes(loss) else _decaying(states, loss, beyond)


def _decaying(states: BoundStates, loss: Any, beyond: Any) -> BoundStates:
    """All of them widened, by how much of each is in the emitters (``dE / d frequency = R``)."""
    width = jnp.where(states.found, states.width + loss * states.residue, 0.0)
    found = states.found & (width < (STILL if beyond is None else jnp.maximum(STILL, 1 / beyond)))
    energy, residue = jnp.where(found, states.energy, jnp.nan), jnp.where(found, states.residue, 0.0)
    return BoundStates(states.channel, energy, residue, states.phase, width, states.in_continuum, found)


@compiled
def _of_guide(guide: Waveguide, frequency: Any, distance: Any, beyond: Any) -> BoundStates:
    v, residue, found = _gap(guide.radiation_rate, frequency, distance)
    lossless = jnp.asarray(guide.loss) == 0
    gap = _states(CHANNELS, 1 - 2 * v**2, residue, found & lossless, inside=False)
    search = _in_continuum if beyond is None else _long_lived
    inside = search(guide, frequency, distance, beyond)
    return _together(gap, inside)


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
    return _continuum(guide.radiation_rate, _positive("distance", distance), np.arange(1.0, count + 1), numbers=COUNT)


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
def _of_any(reservoir: AbstractReservoir, frequency: Any, distance: Any) -> BoundStates:
    """Below and above the continuum; and what a reservoir that sees two emitters alike does not see of them."""
    bare = jnp.asarray(frequency + reservoir.shift(), float)

    def channel(s: float) -> tuple[Any, Any, Any]:
        pair = lambda e: reservoir.self_energy(e, 0.0) + s * reservoir.self_energy(e, distance)  # noqa: E731
        return gap_state(bare, pair, reservoir.edge)

    energy, residue, found = (jnp.stack(x) for x in zip(*map(channel, CHANNELS.tolist()), strict=True))
    if isinstance(reservoir, AbstractSharedReservoir):  # the odd channel is free
        energy, residue = energy.at[1].set(bare), residue.at[1].set(1.0)
        found = found.at[1].set(True)
    states = _states(CHANNELS, energy, residue, found, inside=False)
    inside = states.found & (states.energy > reservoir.edge) & (states.energy < reservoir.top)
    states = eqx.tree_at(lambda states: states.in_continuum, states, inside)
    top = concrete(reservoir.top)
    if top is not None and np.all(np.isinf(top)):
        return states
    signs = CHANNELS[:1] if isinstance(reservoir, AbstractSharedReservoir) else CHANNELS
    pair = lambda e, s: reservoir.self_energy(e, 0.0) + s * reservoir.self_energy(e, distance)  # noqa: E731
    above = [gap_state(-bare, lambda e, s=s: -pair(-e, s), -jnp.asarray(reservoir.top)) for s in signs.tolist()]  # a mirror image
    energy, residue, found = (jnp.stack(x) for x in zip(*above, strict=True))
    return _together(states, _states(signs, -energy, residue, found, inside=False))


def _states(channel: Any, energy: Any, residue: Any, found: Any, inside: bool) -> BoundStates:
    """From complex energies and residues."""
    still = jnp.zeros(found.shape)
    width = jnp.maximum(-2 * energy.imag, 0.0) if jnp.iscomplexobj(energy) else still
    size, phase = (jnp.abs(residue), jnp.angle(residue)) if jnp.iscomplexobj(residue) else (residue, still)
    size, phase, width = (jnp.where(found, x, 0.0) for x in (size, phase, width))
    mask = jnp.full(found.shape, inside)
    return BoundStates(channel + 0 * size, jnp.where(found, energy.real, jnp.nan), size, phase, width, mask, found)


def _together(one: BoundStates, other: BoundStates) -> BoundStates:
    return BoundStates(*(jnp.concatenate([getattr(one, name), getattr(other, name)]) for name in one.__dataclass_fields__))


# ---------------------------------------------------------------------------------------------- the waveguide, below the edge


def _gap(rate: Any, frequency: Any, distance: Any) -> tuple[Any, Any, Any]:
    """The states of both channels: v with ``E = 1 - 2 v^2``, residues, and whether they exist.

    v is half the sine of the angle whose cosine is E, and goes smoothly from 0 at the edge to infinity. The self-energy of the
    channel +1 has a pole at v = 0: its equation is multiplied by v, which keeps v good to rounding however small it is.
    """
    fall = STEP * jnp.exp(-distance * np.cosh(_U))
    plus = CHANNELS > 0

    room = 1 + rate / (2 * np.pi) * (np.pi * distance - 1 + jnp.sum(fall / (1 + _SINH2))) - frequency
    found = plus | (room > 0)
    frequency = jnp.where(found, frequency, frequency + room - 1)  # any at which there is one
    room = jnp.where(room > 0, room, 1.0)

    def dispersion(v: Any) -> Any:
        away = 1 - 2 * v**2 - frequency + rate / (2 * np.pi) * _self_energy(v, CHANNELS, distance, fall)
        return jnp.where(plus, v, 1.0) * away

    # bounds: S < G/2v in the channel +1, S < S(edge) in the other one
    high = jnp.where(plus, jnp.sqrt(jnp.maximum(1 - frequency, 0) / 2) + jnp.cbrt(rate / 4), jnp.sqrt(room / 2))
    single = _cubic(frequency, rate / 4)
    start = _cubic(frequency, rate / 4 * (1 + CHANNELS * jnp.exp(-2 * distance * single)))
    bend = rate * distance**2 / 2
    start = jnp.where(plus, start, jnp.maximum(start, 2 * room / (bend + jnp.sqrt(bend**2 + 8 * room))))
    high = high * (1 + 1e3 * epsilon())
    v = falling_root(dispersion, 0.0, high, jnp.minimum(start, high))
    rise = slope(dispersion, v)[1]
    return v, jnp.where(found, -4 * jnp.where(plus, v, 1.0) * v / rise, 0.0), found


def _cubic(frequency: Any, pole: Any) -> Any:
    """``2 v^3 + (frequency - 1) v = pole``: the bound state where the self-energy is ``pole / v``, to start from."""
    above = frequency - 1
    v = jnp.sqrt(jnp.maximum(-above, 0.0) / 2) + jnp.cbrt(pole / 2)
    v = jnp.where(above > 0, jnp.minimum(v, pole / jnp.where(above > 0, above, 1.0)), v)
    for _ in range(4):
        v = v - (v * (2 * v**2 + above) - pole) / (6 * v**2 + above)
    return v


def _self_energy(v: Any, s: Any, distance: Any, fall: Any) -> Any:
    """``(2 pi / Gamma) (S(E, 0) + s S(E, d))`` at ``E = 1 - 2 v^2`` for any v > 0.

    The midpoint rule misses part of a pole that comes near it, where E is small. For small v the poles of both terms at the edge
    are taken together, so that nothing cancels.
    """
    energy = 1 - 2 * v**2
    still = energy * jnp.sum(fall / (_SINH2 + energy[..., None] ** 2), axis=-1)
    small, late = v < 0.7, v > AWAY

    u = jnp.where(small, v, 0.5)
    cosine, angle = jnp.sqrt(1 - u**2), jnp.arcsin(u)
    kappa = 2 * u * cosine
    damping = jnp.expm1(-kappa * distance)
    missed = _missed(2 * angle - np.pi / 2) - _missed(-2 * angle - np.pi / 2)  # by both poles, which meet at the edge
    near = np.pi / kappa * (1 + s + s * damping - s * missed * (1 + damping)) - angle / (u * cosine)

    u = jnp.where(small | late, 0.8, v)
    kappa = 2 * u * jnp.sqrt(1 - u**2)
    kept = jnp.where(late, 0.0, _missed(np.pi / 2 - 2 * jnp.arcsin(u)))
    u = jnp.where(small, 1.0, v)
    far = _arc(u) / u + s * np.pi * kept * jnp.exp(-kappa * distance) / kappa
    return jnp.where(small, near, far) - s * still


def _missed(y: Any) -> Any:
    """Part of the residue of a pole at a distance -y from the line of integration, on one side or the other of it."""
    return 1 / (1 + jnp.exp(-2 * np.pi / STEP * y))


def _arc(v: Any) -> Any:
    """``arccos(v) / sqrt(1 - v^2)``, on either side of 1: the angle is halved until its series is short."""
    factor = 1.0
    for _ in range(HALVINGS):
        v = jnp.sqrt((1 + v) / 2)
        factor = factor / v
    x, series = (1 - v) / 2, 0.0
    for n in range(TERMS, 0, -1):
        series = 1 + series * x * n / (n + 0.5)
    return factor * series


# ------------------------------------------------------------------------------------------------- the waveguide, above the edge


def dispersion(guide: Waveguide, frequency: Any, distance: Any, s: Any) -> Callable:
    """D on the second sheet."""
    return lambda z: z - frequency + guide.self_energy(z, 0.0, True) + s * guide.self_energy(z, distance, True)


def _on_axis(rate: Any, distance: Any, s: Any) -> Callable:
    """``D + frequency`` for real z above the edge, from above: real but for what travels."""
    fall = STEP * jnp.exp(-distance * np.cosh(_U))

    def of(w: Any) -> Any:
        k = jnp.sqrt((w - 1) * (w + 1))
        still = w * jnp.sum(fall / (_SINH2 + w[..., None] ** 2), axis=-1)
        return w + rate / (2 * np.pi) * (1j * np.pi / k * (1 + s * jnp.exp(1j * k * distance)) - jnp.arcsinh(k) / k - s * still)

    return of


@compiled
def _continuum(rate: Any, distance: Any, n: Any) -> ContinuumStates:
    """What travels cancels where n half waves fit between the emitters."""
    s = -jnp.cos(np.pi * n)
    energy = jnp.sqrt(1 + (n * np.pi / distance) ** 2)
    frequency, rise = slope(_on_axis(rate, distance, s), energy)
    return ContinuumStates(s, energy, frequency.real, 1 / rise.real)


def _in_continuum(guide: Waveguide, frequency: Any, distance: Any, beyond: Any) -> BoundStates:
    """Those that are bound for ever.

    A small way from the frequency of an exact one, the width is the square of that way, times what follows from the second
    derivative of D; real arithmetic gives all else.
    """
    del beyond
    rate = guide.radiation_rate
    w = jnp.maximum(frequency + rate / (2 * np.pi), 1.0)
    for _ in range(3):
        k = jnp.maximum(jnp.sqrt((w - 1) * (w + 1)), 1e-3)
        w = jnp.maximum(frequency + rate / (2 * np.pi) * jnp.arcsinh(k) / k, 1.0)
    n = jnp.maximum(jnp.floor(jnp.sqrt((w - 1) * (w + 1)) * distance / np.pi), 1.0) + np.arange(float(NEAR))
    state = _continuum(rate, distance, n)
    away = state.residue * (frequency - state.frequency)
    width = state.residue * away**2 * rate * (distance * state.energy) ** 2 / (2 * (n * np.pi / distance) ** 3)
    found = (width < STILL) & (jnp.asarray(guide.loss) == 0)
    on_axis = _on_axis(rate, distance, state.channel)
    place = state.energy + jnp.where(found, away, 0.0)
    energy, _ = implicit(lambda w: on_axis(w).real - frequency, lambda _, w: (w, None), place)
    states = _states(state.channel, energy, 1 / slope(on_axis, energy)[1], found, inside=True)
    return eqx.tree_at(lambda states: states.width, states, jnp.where(found, width, 0.0))


def _long_lived(guide: Waveguide, frequency: Any, distance: Any, beyond: Any) -> BoundStates:
    """The longest-lived resonances of each channel among those that live long enough."""
    depth = jnp.maximum(1 / beyond, STILL) / 2
    k = jnp.sqrt(jnp.maximum(frequency + guide.radiation_rate / (2 * np.pi), 1.0) ** 2 - 1)
    n = jnp.round(k * distance / (2 * np.pi)) + np.arange(float(BRANCHES)) - BRANCHES // 2

    def of(s: Any) -> BoundStates:
        places = starts(guide, frequency, distance, s, n)
        z, residue, found = zeros(dispersion(guide, frequency, distance, s), places, guide.edge, jnp.inf, depth, LONG)
        return _states(s, z, residue, found, inside=True)

    return jax.tree.map(jnp.ravel, jax.vmap(of)(jnp.asarray(CHANNELS)))


def starts(guide: Waveguide, frequency: Any, distance: Any, s: Any, branches: Any) -> Any:
    """Near all resonances: ``exp(i k d)`` equals what the rest of D makes of it, on one branch of the logarithm or another.

    Where D without it vanishes the logarithm has a branch point; some starts stand around. Emitters that couple strongly are
    mirrors, between which whole half waves fit.
    """
    mirrors = jnp.maximum(np.pi * (2 * branches + (1 + s) / 2), 1.0) / distance + 0j
    k = jnp.maximum(2 * np.pi * jnp.abs(branches), 1.5) / distance + 0j
    for _ in range(3):
        turn = s * (2j * k / guide.radiation_rate * (jnp.sqrt(1 + k**2) - frequency) - 1)
        k = (2 * np.pi * branches - 1j * jnp.log(turn)) / distance
        k = lax.complex(jnp.maximum(k.real, 0.05), jnp.minimum(k.imag, 0.0))
    center = jnp.maximum(frequency, 1.05) + 0j
    alone = guide.self_energy(center, 0.0, True)
    pair = alone + s * guide.self_energy(center, distance, True)
    beside = center - jnp.stack([0 * alone, 0.3 * alone, alone, 2 * alone, 3 * alone, pair])
    deeper = center - 1j * np.array([0.1, 0.3, 0.8, 1.5])
    low = np.array([1.1 - 0.05j, 1.1 - 0.3j, 1.3 - 0.1j, 1.3 - 0.6j])
    return jnp.concatenate([jnp.sqrt(1 + k**2), jnp.sqrt(1 + mirrors**2), beside, deeper, low])


def _positive(name: str, value: Any) -> Any:
    """An array; a sentence if it is known not to be positive."""
    known = concrete(array := numbers(value))
    if known is not None and not np.all(known > 0):
        fail(FieldError, name, "be positive", f"it is {value!r}", f"raise {name}")
    return array
