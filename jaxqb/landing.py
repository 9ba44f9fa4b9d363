"""Landing on maxima that were seen: exact times and values, with their derivatives.

Exact derivatives of the energy near a maximum give its time and value to the last digits. At a maximum the derivative of the time
drops out (envelope theorem), and one Newton step gives the time its own derivative.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from . import merit as merits
from .algebra import maxima
from .algebra.gradients import DIFFERENCES, frozen, once_differentiable
from .algebra.inline import inlined
from .conventions import epsilon


class Marks(NamedTuple):
    """Where the maximum of each figure was seen.

    `table`: its time; what it is worth; the way in time from the nearest known point, which has coordinates y; and whether the
    slope vanishes there (it is not the end of what was looked at). One array, since what several arrays have in common is
    compiled for each of them. Once visited, y is at the maximum, and `jet` is the energy there and its derivatives.
    """

    table: Float[Array, "4 figures"]
    y: Any
    jet: Float[Array, "figures orders"]

    @property
    def t(self) -> Float[Array, " figures"]:
        return self.table[0]

    @property
    def best(self) -> Float[Array, " figures"]:
        return self.table[1]

    @property
    def way(self) -> Float[Array, " figures"]:
        return self.table[2]

    @property
    def turning(self) -> Bool[Array, " figures"]:
        return self.table[3] > 0


class Found(NamedTuple):
    """Maxima as the search leaves them, without derivatives.

    Attributes:
        marks: where they are, to the accuracy of the interpolants, and exact derivatives there.
        initial: the energy at the start.
        span: length of a window.
        horizon: the end of what was looked at, or None.
        peak: whether the energy has a first peak.
        turns: windows that were looked at.
        edge: the largest population of truncated levels.
    """

    marks: Marks
    initial: Float[Array, ""]
    span: Float[Array, ""]
    horizon: Float[Array, ""] | None
    peak: Bool[Array, ""]
    turns: Int[Array, ""]
    edge: Float[Array, ""]


def residue(names: tuple[str, ...], t: Any, jet: Sequence[Any]) -> tuple[Any, Any]:
    """What vanishes at the maximum of each figure, and its derivative.

    t: times, (figures,); jet: the energy gained since the start and its derivatives, each of that shape.
    """
    e, d, dd, ddd, *_ = jet
    root, slope = d, dd
    if "max_average_power" in names:
        average = kind_is(names, "max_average_power")
        root, slope = jnp.where(average, d * t - e, root), jnp.where(average, dd * t, slope)
    if "max_instantaneous_power" in names:
        instantaneous = kind_is(names, "max_instantaneous_power")
        root, slope = jnp.where(instantaneous, dd, root), jnp.where(instantaneous, ddd, slope)
    return root, slope


def height(names: tuple[str, ...], t: Any, jet: Sequence[Any]) -> Any:
    """The figures themselves, from the same."""
    value, d, *_ = jet
    if "max_average_power" in names:
        average = jnp.where(t > 0, value / jnp.where(t > 0, t, 1.0), d)
        value = jnp.where(kind_is(names, "max_average_power"), average, value)
    return jnp.where(kind_is(names, "max_instantaneous_power"), d, value) if "max_instantaneous_power" in names else value


def order(name: str) -> int:
    """Of the highest derivative of the energy to know at a maximum: one more than what vanishes, and bends, there."""
    return 4 if name == "max_instantaneous_power" else 3


def kind_is(names: tuple[str, ...], kind: str) -> np.ndarray:
    """Which of the figures have a name that ends so."""
    return np.array([name.endswith(kind) for name in names])


def settle(given: Any, found: Found, names: tuple[str, ...]) -> tuple[Any, Any]:
    """Exact times and values of the maxima, differentiable by (flow, battery, window).

    Derivatives are computed for each figure by itself, so that only those pay that are differentiated.
    """
    dynamic, static = eqx.partition(given, eqx.is_array)

    @jax.custom_jvp
    def run(dynamic, found):
        del dynamic
        marks = found.marks
        return _land(names, marks.t, marks.turning, marks.jet.T, found.initial, found.horizon, found)

    @run.defjvp
    def _(primals, tangents):
        def each(dynamic, found):
            (flow, battery, window), found, ends = eqx.combine(dynamic, static), frozen(found), []
            energy = lambda state: merits.energy(battery, state)  # noqa: E731
            initial = energy(flow.state(flow.start))
            for k, name in enumerate(names):
                marks, mine = found.marks, slice(k, k + 1)
                y = jax.tree.map(lambda leaf, k=k: leaf[k], marks.y)
                jet = jnp.stack(flow.taylor(energy, marks.t[k], y, order(name)))
                ends.append(_land((name,), marks.t[mine], marks.turning[mine], jet[:, None], initial, window, found))
            return tuple(map(jnp.concatenate, zip(*ends, strict=True)))

        # the frozen time has a derivative that the second one would need
        dynamic, found = once_differentiable(primals, "charge", DIFFERENCES)
        return run(*primals), jax.jvp(each, (dynamic, found), tangents)[1]

    return run(dynamic, frozen(found))


@inlined
def _land(names: tuple[str, ...], t: Any, turning: Any, jets: Any, initial: Any, window: Any, found: Found) -> tuple[Any, Any]:
    """Times and values of maxima.

    The interpolant gives a time t, good to some digits; exact derivatives at t give a small step, along which they are
    continued (no step where the maximum is so flat that they do not reach as far). The step is frozen (at a maximum the
    derivative of the time drops out), and one more Newton step gives the time its own derivative.
    The end of a window moves with the window.
    """
    horizon = found.horizon  # the window, frozen
    gained = [jets[0] - initial, *jets[1:]]
    root, slope = residue(names, t, gained)
    step = frozen(jnp.maximum(jnp.where(turning & (slope < 0), -root / slope, 0.0), -t))
    if window is not None and horizon is not None:
        end = ~turning & (t > horizon * (1 - 1e3 * epsilon()))
        step = jnp.minimum(step, horizon - t) + jnp.where(end, window - horizon, 0.0)
    moved = maxima.shifted(gained, step)
    bend = residue(names, t + step, moved)[1]
    trusted = ~turning | (jnp.abs(step) < 1e-2 * found.span) & (jnp.abs(bend - slope) <= 0.1 * jnp.abs(slope))
    t, moved = t + jnp.where(trusted, step, 0.0), [jnp.where(trusted, *pair) for pair in zip(moved, gained, strict=True)]
    # of the frozen time, not of the one below, whose derivative must not enter
    value = height(names, t, moved) + jnp.where(kind_is(names, "power"), 0.0, initial)
    root, slope = residue(names, t, moved)
    newton = -root / lax.stop_gradient(jnp.where(slope == 0, -1.0, slope))
    return t + jnp.where(turning, newton - lax.stop_gradient(newton), 0.0), value
