"""Starts of a collective spin or of a light mode, as sectors of angular momentum or as amplitudes.

A mixed start is a list of sectors: tower k is the collective spin of N - 2k cells (it occurs ``copies[k]`` times among N
spins 1/2), with weight ``weights[s]`` in its level ``levels[s]``: ``levels[s] + lifts[s]`` excitations in all, since the
lowest state of a tower has k cells excited. A light mode is one tower.
"""

import abc
import dataclasses
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.scipy.special import gammainc, gammaln
from jaxtyping import Array, Float

from ..algebra.gradients import smooth
from ..conventions import epsilon, real_dtype
from ..errors import FieldError, fail, shown
from ..fields import Field, concrete, numbers, written
from ..laws.mixture import LEFT_OUT
from .battery import AbstractBattery

UNSURE = 1e-6  # by which populations may miss one


class Sectors(eqx.Module):
    """A mixed start, sector by sector."""

    weights: Float[Array, " sectors"]
    levels: Float[Array, " sectors"]
    lifts: Float[Array, " sectors"]
    copies: Float[Array, " towers"]
    tower: tuple[int, ...] = eqx.field(static=True)


class AbstractStart(eqx.Module):
    """How a ladder begins. `cells` is the spin's number of cells, or None for a light mode; `room` its static levels."""

    def __repr__(self) -> str:
        """As one would write it."""
        values = [written(getattr(self, item.name)) for item in dataclasses.fields(self)]
        return f"{type(self).__name__.lower()}({', '.join(values)})"

    @property
    def superposed(self) -> bool:
        """Whether levels are superposed coherently (else: mixed, or one level)."""
        return False

    @abc.abstractmethod
    def highest(self, cells: float) -> int:
        """The highest level that is occupied, for concrete values."""

    @abc.abstractmethod
    def sectors(self, cells: Any, room: int) -> Sectors:
        """The start as a mixture of sectors; a superposition is one sector."""

    def admits(self, cells: Any, room: int) -> Any:
        """Whether traced values are those of a start, and its levels (of spins: all that there are) can hold it."""
        del cells, room
        return True

    def amplitude(self, level: Any, first: Any, cells: Any) -> Float[Array, "..."]:
        """Amplitude of a level in the sector whose first level is `first`."""
        return jnp.where(level == first, 1.0, 0.0)


def _one(level: Any) -> Sectors:
    level = jnp.asarray(level, real_dtype())[None]
    one = jnp.ones_like(level)
    return Sectors(one, level, 0 * one, one, (0,))


class Full(AbstractStart):
    """All cells excited."""

    def __repr__(self) -> str:
        return "'full'"

    def highest(self, cells: float) -> int:
        return int(np.ceil(cells))

    def sectors(self, cells: Any, room: int) -> Sectors:
        return _one(cells)


class Level(AbstractStart):
    """One Dicke level, or one Fock state."""

    number: Float[Array | np.ndarray, "..."]

    def __repr__(self) -> str:
        return written(self.number)

    def highest(self, cells: float) -> int:
        known = concrete(self.number)
        return int(np.ceil(cells)) if known is None else int(np.max(known))

    def sectors(self, cells: Any, room: int) -> Sectors:
        return _one(self.number)


class Weighted(AbstractStart):
    """A mixture of Dicke levels (or Fock states) 0, 1, 2, ... with given populations."""

    vector: Float[Array | np.ndarray, " levels"]

    def __repr__(self) -> str:
        return written(self.vector)

    def highest(self, cells: float) -> int:
        return self.vector.shape[0] - 1

    def admits(self, cells: Any, room: int) -> Any:
        level = np.arange(self.vector.shape[0])
        there = (self.vector >= 0) & ((self.vector == 0) | (level <= (room - 1 if cells is None else cells)))
        return jnp.all(there) & (jnp.abs(jnp.sum(self.vector) - 1) < max(UNSURE, 1e4 * epsilon()))

    def sectors(self, cells: Any, room: int) -> Sectors:
        count = self.vector.shape[0]
        level = jnp.arange(count, dtype=real_dtype())
        total = lax.stop_gradient(jnp.sum(self.vector))  # as known ones are divided by it
        return Sectors(jnp.asarray(self.vector) / total, level, 0 * level, jnp.ones((1,), real_dtype()), (0,) * count)


class Localised(AbstractStart):
    """`count` cells excited, which ones is unknown: the even mixture over all choices, of product states.

    Only the part in tower 0 is symmetric; tower k holds the fraction ``(C(N,k) - C(N,k-1)) / C(N,count)``. One cell of two
    excited is half a singlet, which is dark.
    """

    count: int = eqx.field(static=True)

    def highest(self, cells: float) -> int:
        return self.count

    def sectors(self, cells: Any, room: int) -> Sectors:
        n = self.count
        tower = np.arange(n + 1)
        cells = jnp.asarray(cells, real_dtype())
        choices = jnp.stack([_binomial(cells, k) for k in range(n + 1)])
        copies = jnp.diff(choices, prepend=jnp.zeros((1,), choices.dtype))
        copies = jnp.where((tower <= cells - n) & (2 * tower <= cells), jnp.maximum(copies, 0.0), 0.0)
        weights = copies / choices[n]
        return Sectors(weights, n - tower + 0.0 * cells, tower + 0.0 * cells, jnp.maximum(copies, 1.0), tuple(tower.tolist()))


class Thermal(AbstractStart):
    """A thermal mode of light with this mean number, or N independent thermal spins with this mean number in all."""

    mean: Float[Array | np.ndarray, "..."]

    def highest(self, cells: float) -> int:
        return int(np.ceil(cells))

    def admits(self, cells: Any, room: int) -> Any:
        fits = (self.mean / (1 + self.mean)) ** room < LEFT_OUT if cells is None else self.mean <= cells
        return jnp.all((self.mean >= 0) & fits)

    def sectors(self, cells: Any, room: int) -> Sectors:
        mean = jnp.asarray(self.mean, real_dtype())
        if cells is None:
            level = jnp.arange(room, dtype=real_dtype())
            weights = _power(mean / (1 + mean), level) / (1 + mean)
            return Sectors(weights, level, 0 * level, jnp.ones((1,), real_dtype()), (0,) * room)
        pairs = [(k, level) for k in range((room + 1) // 2) for level in range(room - 2 * k)]
        lift, level = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
        excited = mean / cells
        copies = jnp.stack([_binomial(cells, k) - _binomial(cells, k - 1) for k in range((room + 1) // 2)])
        number = lift + level
        there = (level <= cells - 2 * lift) & (2 * lift <= cells)
        weight = _power(excited, number) * (1 - excited) ** jnp.maximum(cells - number, 0.0)
        weights = jnp.where(there, jnp.asarray(copies)[lift.astype(int)] * weight, 0.0)
        return Sectors(weights, jnp.asarray(level), jnp.asarray(lift), jnp.maximum(copies, 1.0), tuple(int(k) for k in lift))


class Coherent(AbstractStart):
    """Coherent light with this mean number, or a spin-coherent state with this mean number of excited cells."""

    mean: Float[Array | np.ndarray, "..."]

    @property
    def superposed(self) -> bool:
        return True

    def highest(self, cells: float) -> int:
        return int(np.ceil(cells))

    def admits(self, cells: Any, room: int) -> Any:
        fits = gammainc(float(room), self.mean) < LEFT_OUT if cells is None else self.mean <= cells
        return jnp.all((self.mean >= 0) & fits)

    def sectors(self, cells: Any, room: int) -> Sectors:
        return _one(0.0)

    def amplitude(self, level: Any, first: Any, cells: Any) -> Float[Array, "..."]:
        mean = jnp.asarray(self.mean, real_dtype())
        mean = smooth(mean, (mean > 0) & (cells is None or mean < cells))  # amplitudes have none at the ends
        number = jnp.maximum(level, 0.0)
        if cells is None:
            tiny = jnp.finfo(mean.dtype).tiny
            log = number * jnp.log(jnp.maximum(mean, tiny)) - mean - gammaln(number + 1)
        else:
            rest = jnp.maximum(cells - number, 0.0)
            tiny = jnp.finfo(mean.dtype).tiny
            excited = jnp.clip(mean / cells, tiny, 1.0)
            log = gammaln(cells + 1) - gammaln(number + 1) - gammaln(rest + 1)
            log = log + number * jnp.log(excited) + rest * jnp.log(jnp.maximum(1 - mean / cells, tiny))
        return jnp.exp(log / 2)


def _power(x: Any, n: Any) -> Float[Array, "..."]:
    """x^n for n = 0, 1, 2, ..., with derivatives at x = 0."""
    return jnp.where(n > 0, x ** jnp.maximum(n, 1.0), 1.0)


def _binomial(cells: Any, k: int) -> Float[Array, ""]:
    """C(cells, k) for real cells and static k."""
    value = jnp.ones((), real_dtype())
    for i in range(k):
        value = value * (cells - i) / (i + 1)
    return value if k >= 0 else 0 * value


def thermal(mean: Any) -> Thermal:
    r"""A thermal start with `mean` excitations: geometric photon numbers, or N independent thermal spins.

    .. math:: p_n = \frac{\bar n^n}{(1 + \bar n)^{n+1}} \quad\text{or}\quad p = \bar n / N \text{ for each spin}

    Args:
        mean: mean number of excitations, at least 0 (of spins: of all together, at most N).

    Returns:
        A start, for a battery's ``*_excitations`` or ``photons``; ``.mean`` is a leaf, which can be differentiated.

    Raises:
        FieldError: for what is no such number; by the battery, for more than its spins can have.

    >>> import jaxqb as qb
    >>> battery = qb.CavityCharger(2, qb.thermal(0.5))
    >>> round(float(qb.merit.charger_energy(battery, battery.law().state(battery.law().start))), 6)
    0.5
    """
    return Thermal(_mean(mean))


def coherent(mean: Any) -> Coherent:
    r"""A coherent start with `mean` excitations: coherent light, or a spin-coherent state. Amplitudes are real and positive.

    .. math:: c_n = e^{-\bar n/2}\, \bar n^{n/2} / \sqrt{n!} \quad\text{or}\quad
              c_n = \sqrt{\tbinom{N}{n} p^n (1 - p)^{N - n}}, \; p = \bar n / N

    Args:
        mean: mean number of excitations, at least 0 (of spins: at most N).

    Returns:
        A start, for a battery's ``*_excitations`` or ``photons``; ``.mean`` is a leaf, which can be differentiated.

    Raises:
        FieldError: for what is no such number; by the battery, for more than its spins can have.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(1, 1, charger_excitations=qb.coherent(0.36))
    >>> round(float(qb.merit.charger_energy(battery, battery.law().state(battery.law().start))), 6)
    0.36
    """
    return Coherent(_mean(mean))


def localised(count: int) -> Localised:
    """`count` cells excited, each choice of cells equally likely: product states, not a Dicke state.

    Only a part of it is symmetric; the rest is dark to a collective charger, tower by tower of collective spin.

    Args:
        count: how many cells, an integer of at least 0.

    Returns:
        A start, for a battery's ``*_excitations``.

    Raises:
        FieldError: for another count; by the battery, for more than it has cells.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 4, battery_excitations=qb.localised(1))
    >>> round(float(qb.merit.purity(battery, battery.law().state(battery.law().start))), 6)  # either cell: two states
    0.5
    """
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 0:
        fail(FieldError, "count", "be an integer of at least 0", f"it is {shown(count)}", "use e.g. localised(1)")
    return Localised(int(count))


def populations(vector: Any) -> AbstractStart:
    """A mixture of Dicke levels (Fock states) 0, 1, 2, ... with these populations, which must sum to one.

    Args:
        vector: one population a level, shape (levels,), at least 0.

    Returns:
        A start, for a battery's ``*_excitations`` or ``photons``.

    Raises:
        FieldError: for what is no vector of populations.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 4, charger_excitations=qb.populations([0.1, 0.1, 0.1, 0.1, 0.6]))
    >>> round(float(qb.merit.charger_energy(battery, battery.law().state(battery.law().start))), 6)
    3.0
    """
    array = numbers(vector)
    if array is None:
        fix = "give one population a level, e.g. [0.5, 0.5]"
        fail(FieldError, "populations", "be a vector of numbers", f"it is {shown(vector)}", fix)
    return as_start(array if array.ndim else array[None], "populations")


def _mean(mean: Any) -> Any:
    return Field("n", "number", "mean number of excitations", 0.0, False, False, False, "mean").convert(mean)


def as_start(value: Any, name: str, *, hull: bool = False) -> AbstractStart:
    """A start from what a user may give: None or "full", a number, a vector of populations, or a start."""
    if isinstance(value, AbstractStart):
        return value
    if value is None or (isinstance(value, str) and value == "full"):
        return Full()
    vector = numbers(value)
    if vector is None:
        full = "" if name == "photons" else "None (full), "
        fix = f"use {full}a number, a vector of populations, jaxqb.thermal(mean) or jaxqb.coherent(mean)"
        fail(FieldError, name, "be a number of quanta or another start", f"it is {shown(value)}", fix)
    if hull or vector.ndim == 0:
        return Level(Field("n", "cells", "initial excitations", 0.0, True, True, False, name).convert(vector))
    if vector.ndim != 1:
        fail(FieldError, name, "be a number or a vector", f"it has shape {vector.shape}", "give one population a level")
    if concrete(vector) is not None:
        if not np.all(np.isfinite(vector)) or np.any(vector < 0):
            fail(FieldError, name, "hold populations of at least 0", f"it holds {vector.tolist()}", "mend the vector")
        if abs(vector.sum() - 1) > UNSURE:
            total = vector.sum()
            fix = f"divide it by {total:.6g}" if total > 0 else "give at least one level a population"
            fail(FieldError, name, "sum to 1", f"it sums to {total:.6g}", fix)
        vector = (vector / vector.sum()).astype(real_dtype())
    return Weighted(vector)


def as_level(value: Any) -> AbstractStart:
    """A start from a traced number of quanta, or a start as it is."""
    return value if isinstance(value, AbstractStart) else Level(value)


class AbstractStartedBattery(AbstractBattery):
    """A battery of which some fields are starts: numbers of quanta may be varied in their place, as other fields may."""

    def _begin(self) -> list[str]:
        """The fields that are starts."""
        return [item.name for item in dataclasses.fields(self) if isinstance(getattr(self, item.name), AbstractStart)]

    def hull(self, values: dict[str, Any]) -> Any:
        """The battery whose padding and symmetries cover all values of the named fields."""
        starts = {name: as_start(values[name], name, hull=True) for name in self._begin() if name in values}
        return self.replace(**(values | starts))

    def put(self, **leaves: Any) -> Any:
        """See `AbstractBattery.put`; numbers of quanta at the start may be put too."""
        return super().put(**(leaves | {name: as_level(leaves[name]) for name in self._begin() if name in leaves}))


def check_start(name: str, start: AbstractStart, size_name: str, cells: np.ndarray | None) -> None:
    """A start must fit its spin, where both are known."""
    if cells is None:
        return
    least = float(np.min(cells))
    if isinstance(start, Level):
        known = concrete(start.number)
        high = None if known is None or np.ndim(known) or np.ndim(cells) else float(known)
    elif isinstance(start, Weighted):
        vector = concrete(start.vector)
        high = None if vector is None else float(np.max(np.nonzero(vector)[0]))
    else:
        mean = concrete(getattr(start, "mean", None)) if hasattr(start, "mean") else None
        high = float(getattr(start, "count", np.max(mean) if mean is not None else 0))
    if high is not None and high > least:
        fail(FieldError, name, f"be at most {size_name} = {least:g}", f"it is {high:g}", f"lower it or raise {size_name}")
