"""The states of two emitters in a waveguide below the edge."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from ..algebra.poles import falling_root, slope
from ..conventions import epsilon
from .rule import falls, missed, still
from .states import CHANNELS

HALVINGS, TERMS = 6, 9  # of an angle, and terms of its series
AWAY = 0.9997  # v beyond which no pole comes near the rule


def gap_states(rate: Any, frequency: Any, distance: Any) -> tuple[Any, Any, Any]:
    """The states of both channels: v with ``E = 1 - 2 v^2``, residues, and whether they exist.

    v is half the sine of the angle whose cosine is E, and goes smoothly from 0 at the edge to infinity. The self-energy of the
    channel +1 has a pole at v = 0: its equation is multiplied by v, which keeps v good to rounding however small it is.
    """
    fall = falls(distance)
    plus = CHANNELS > 0

    room = 1 + rate / (2 * np.pi) * (np.pi * distance - 1 + still(np.ones(()), fall)) - frequency
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
    small, late = v < 0.7, v > AWAY

    u = jnp.where(small, v, 0.5)
    cosine, angle = jnp.sqrt(1 - u**2), jnp.arcsin(u)
    kappa = 2 * u * cosine
    damping = jnp.expm1(-kappa * distance)
    lost = missed(2 * angle - np.pi / 2) - missed(-2 * angle - np.pi / 2)  # by both poles, which meet at the edge
    near = np.pi / kappa * (1 + s + s * damping - s * lost * (1 + damping)) - angle / (u * cosine)

    u = jnp.where(small | late, 0.8, v)
    kappa = 2 * u * jnp.sqrt(1 - u**2)
    kept = jnp.where(late, 0.0, missed(np.pi / 2 - 2 * jnp.arcsin(u)))
    u = jnp.where(small, 1.0, v)
    far = _arc(u) / u + s * np.pi * kept * jnp.exp(-kappa * distance) / kappa
    return jnp.where(small, near, far) - s * still(energy, fall)


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
