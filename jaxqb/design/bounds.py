"""What is varied and where: bounds of design parameters, and the map of unbounded coordinates onto them."""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..conventions import real_dtype
from ..errors import DesignError, FieldError, fail
from ..fields import Field

STARTS = ("charger_excitations", "photons")  # starts that may be varied: numbers of quanta
MARGIN = 0.01  # searches begin this fraction of the range off a bound, where the map is stationary

Vector = Float[Array | np.ndarray, " d"]


class Box(eqx.Module):
    r"""Bounds of d parameters, and a smooth map from all of R^d onto the box.

    Between two bounds ``x = mid + half sin(z)``; with one bound ``x = low + scale (sqrt(1 + z^2) - 1)`` (or mirrored); with none
    ``x = centre + scale z``. A bound is reached at finite z with zero slope and there is no plateau beyond it, so an optimum at a
    bound is an ordinary one to a quasi-Newton method. (Of a sigmoid it is the limit z -> infinity: BFGS takes two to three times
    the steps, and a step too long strands on the plateau.)
    """

    low: Vector
    high: Vector
    centre: Vector
    scale: Vector
    layout: tuple[tuple[str, int | None], ...] = eqx.field(static=True)
    whole: tuple[bool, ...] = eqx.field(static=True)

    @property
    def names(self) -> tuple[str, ...]:
        """One name a parameter; entries of an array field are counted."""
        return tuple(
            field if count is None else f"{field}[{i}]" for field, count in self.layout for i in range(count or 1)
        )

    @property
    def width(self) -> np.ndarray:
        """Range of each parameter; the scale where a side is open."""
        width = np.asarray(self.high) - np.asarray(self.low)
        return np.where(np.isfinite(width), width, self.scale)

    def place(self, z: Vector) -> Vector:
        """Parameters at coordinates z."""
        has_low, has_high = jnp.isfinite(self.low), jnp.isfinite(self.high)
        low, high = jnp.where(has_low, self.low, 0.0), jnp.where(has_high, self.high, 0.0)
        between = jnp.clip((low + high) / 2 + (high - low) / 2 * jnp.sin(z), low, high)
        away = self.scale * (jnp.sqrt(1 + z**2) - 1)
        one_sided = jnp.where(has_low, low + away, high - away)
        x = jnp.where(has_low & has_high, between, one_sided)
        return jnp.where(has_low | has_high, x, self.centre + self.scale * z)

    def locate(self, x: np.ndarray) -> np.ndarray:
        """Coordinates of parameters (any leading axes), moved off the bounds by `MARGIN`."""
        low, high, scale = np.asarray(self.low), np.asarray(self.high), np.asarray(self.scale)
        has_low, has_high = np.isfinite(low), np.isfinite(high)
        with np.errstate(invalid="ignore"):
            sine = np.clip(2 * (x - low) / (high - low) - 1, 2 * MARGIN - 1, 1 - 2 * MARGIN)
            away = np.maximum(np.where(has_low, x - low, high - x) / scale, MARGIN)
            one_sided = np.sqrt((1 + away) ** 2 - 1)
            z = np.where(has_low & has_high, np.arcsin(sine), one_sided)
        return np.where(has_low | has_high, z, (x - self.centre) / scale)

    def leaves(self, x: Any) -> dict[str, Any]:
        """The fields of a battery from the vector of parameters."""
        fields, i = {}, 0
        for field, count in self.layout:
            fields[field] = x[i] if count is None else x[i : i + count]
            i += count or 1
        return fields

    def side(self, x: float, i: int, tolerance: float) -> str | None:
        """The bound that parameter i has reached, within a fraction of its range."""
        reach = tolerance * float(self.width[i])
        if x - self.low[i] <= reach:
            return "low"
        return "high" if self.high[i] - x <= reach else None


def own_value(battery: Any, name: str) -> Any:
    """The value of a field; a full charger counts its spins."""
    value = getattr(battery, name)
    if name not in STARTS:
        return np.asarray(value, dtype=float)
    number = getattr(value, "number", None)
    if number is None and type(value).__name__ == "Full":
        number = battery.n_charger
    if number is None or np.ndim(number):
        fail(DesignError, f"design[{name!r}]", "be a number of quanta in the battery", f"it is {value}", f"give {name} as a number")
    return np.asarray(number, dtype=float)


def read_design(battery: Any, design: Any) -> tuple[Box, Any, tuple[str, ...]]:
    """The box, the hull of all batteries in it, and notes on bounds that had to be moved."""
    if not isinstance(design, Mapping) or not design:
        fail(
            DesignError, "design", "name the fields to vary", f"it is {design!r}", "use e.g. {'coupling': (0.1, 2.0)}"
        )
    known = battery.declared() | {
        name: Field("n", "cells", "initial excitations", 0.0, True, True, False, name) for name in STARTS if hasattr(battery, name)
    }
    columns: list[tuple[Any, ...]] = []
    layout, whole, hulls, notes = [], [], {}, []
    for name, bounds in design.items():
        if name not in known:
            fail(DesignError, "design", f"name fields of {type(battery).__name__}", f"{name!r} is none", f"use some of {', '.join(known)}")
        info, own = known[name], own_value(battery, name)
        low, high = _read_bounds(name, bounds, info, own)
        if info.size:
            low, note = _real_sizes(battery, name, info, design, float(low), float(high))
            notes += note
        shape = np.shape(own)
        layout.append((str(name), shape[0] if shape else None))
        centre = np.broadcast_to(own, shape)
        spread = np.where(np.isfinite(low), centre - low, np.where(np.isfinite(high), high - centre, np.abs(centre)))
        row = [np.atleast_1d(np.broadcast_to(v, shape)) for v in (low, high, centre, np.maximum(np.abs(spread), 1.0))]
        columns.append(tuple(row))
        whole += [info.size] * row[0].size
        if not shape:
            ends = [float(v) if np.isfinite(v) else float(own) + step for v, step in ((low, -1.0), (high, 1.0))]
            if name in STARTS:
                ends = [np.floor(ends[0]), np.ceil(ends[1])]
            hulls[name] = np.array([ends[0], float(own), ends[1]])
    arrays = (np.concatenate(column).astype(real_dtype()) for column in zip(*columns, strict=True))
    box = Box(*arrays, layout=tuple(layout), whole=tuple(whole))
    hull = battery.hull(hulls) if hulls else battery
    return box, hull, tuple(notes)


def _read_bounds(name: str, bounds: Any, info: Field, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both bounds as arrays; an open side is infinite."""
    argument = f"design[{name!r}]"
    try:
        pair = tuple(bounds)
        open_low, open_high = (side is None for side in pair)
        low = np.asarray(info.minimum if open_low else pair[0], dtype=float)
        high = np.asarray(np.inf if open_high else pair[1], dtype=float)
    except (TypeError, ValueError):
        fail(DesignError, argument, "be a pair (low, high) of numbers", f"it is {bounds!r}", "give two numbers, None for an open side")
    if isinstance(bounds, str) or any(isinstance(side, bool) for side in pair):
        fail(DesignError, argument, "be a pair (low, high) of numbers", f"it is {bounds!r}", "give two numbers, None for an open side")
    for side, is_open in ((low, open_low), (high, open_high)):
        if not is_open and not np.all(np.isfinite(side)):
            fail(DesignError, argument, "be finite", f"it is {bounds!r}", "give finite numbers, or None for an open side")
        if side.ndim and side.shape != own.shape:
            fail(DesignError, argument, f"have bounds of shape () or {own.shape}", f"one has {side.shape}", "mend the shape")
    if np.any(low >= high):
        fail(DesignError, argument, "have low < high", f"it is {bounds!r}", "swap or widen the bounds, or leave the field out")
    if np.any(low < info.minimum):
        fail(DesignError, argument, f"lie at {info.minimum:g} or above", f"it begins at {np.min(low):g}", f"begin at {info.minimum:g}")
    if info.size and open_high:
        fail(DesignError, argument, "have a largest size", "its upper side is open", f"use ({pair[0]}, <largest {name}>)")
    return low, high


def _real_sizes(
    battery: Any, name: str, info: Field, design: Mapping, low: float, high: float
) -> tuple[float, list[str]]:
    """The lower bound from which a size may be a real number: n_battery - 1, and what is excited."""
    argument = f"design[{name!r}]"
    if info.integer and name not in STARTS:
        fail(
            DesignError, argument, "be a size that may be a real number", f"{name} is an integer", f"sweep it: jaxqb.sweep(figures, battery, {{{name!r}: sizes}})"
        )
    floor = float(battery.n_battery) - 1
    if name == "n_charger" and "charger_excitations" not in design:
        floor = max(floor, float(getattr(battery.charger_excitations, "number", 0.0)))
    if name == "charger_excitations" and "n_charger" not in design and high > battery.n_charger:
        cells = float(battery.n_charger)
        fail(DesignError, argument, f"lie at n_charger = {cells:g} or below", f"it ends at {high:g}", f"end at {cells:g}")
    fix = f"sweep it: jaxqb.sweep(figures, battery, {{{name!r}: sizes}})"
    if high <= floor:
        fail(DesignError, argument, f"reach beyond {floor:g}, above which sizes may be real", f"it ends at {high:g}", fix)
    if np.floor(high) < np.ceil(max(low, floor)):
        fail(DesignError, argument, "hold an integer", f"it is ({low:g}, {high:g})", "widen the bounds")
    others = {key: max(filter(None, bounds), key=abs, default=1.0) for key, bounds in design.items() if key in ("anisotropy", "counter_rotating")}
    try:
        probe = battery.replace(**others, **({} if name in STARTS else {name: max(low, floor) + 0.5}))
        real = bool(getattr(probe.structure, "conserved", True))
    except FieldError:
        real = False
    if not real:
        fail(DesignError, argument, "be a size that may be a real number", f"with this coupling and start {name} is an integer", fix)
    if low >= floor:
        return low, []
    return floor, [f"{name} is searched from {floor:g}: below it only integers are physical (sweep those)"]
