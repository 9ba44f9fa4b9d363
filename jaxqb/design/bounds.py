"""What is varied, and where: fields of a battery with their bounds, checked before anything is compiled."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import numpy as np

from ..batteries.starts import Full
from ..conventions import real_dtype
from ..errors import DesignError, FieldError, fail, nearest, shown
from ..fields import Field, numbers, traced
from .box import Box

STARTS = ("charger_excitations", "photons")  # starts that may be varied: numbers of quanta
SMALL = 1e-6  # of a positive number: an open side stops so short of 0, which it cannot be


def read_design(battery: Any, design: Any) -> tuple[Box, Any, tuple[str, ...]]:
    """The box, the hull of all batteries in it, and notes on bounds that were moved."""
    if not isinstance(design, Mapping) or not design:
        fix = "use e.g. {'coupling': (0.1, 2.0)}"
        fail(DesignError, "design", "name the fields to vary, with their bounds", f"it is {shown(design)}", fix)
    quanta = {name: Field("n", "cells", "", 0.0, True, True, False, name) for name in STARTS if hasattr(battery, name)}
    known = battery.variables() | quanta
    columns, layout, whole, hulls, notes = [], [], [], {}, []
    for name, bounds in design.items():
        if name not in known:
            must = f"name fields of {type(battery).__name__}"
            fail(DesignError, "design", must, f"{name!r} is none", nearest(str(name), known))
        info, own = known[name], own_value(battery, name)
        low, high = _read_bounds(name, bounds, info, own)
        if info.size:
            floor = _real_from(battery, name, info, design, float(low), float(high))
            if low < floor:
                notes.append(f"{name} is searched from {floor:g}: below it only integers are physical (sweep those)")
                low = np.asarray(floor)
        scale = np.where(np.isfinite(low), own - low, np.where(np.isfinite(high), high - own, np.abs(own)))
        column = (low, high, own, np.maximum(np.abs(scale), 1.0))
        columns.append([np.atleast_1d(np.broadcast_to(row, own.shape)) for row in column])
        layout.append((str(name), own.size if own.ndim else None))
        whole += [info.size] * own.size
        if not own.ndim:  # arrays shape nothing
            ends = [low if np.isfinite(low) else own - 1, own, high if np.isfinite(high) else own + 1]
            hulls[name] = np.array([np.floor(ends[0]), own, np.ceil(ends[2])] if name in STARTS else ends, dtype=float)
    rows = [np.concatenate(row).astype(real_dtype()) for row in zip(*columns, strict=True)]
    hull = battery.hull(hulls) if hulls else battery
    return Box(*rows, layout=tuple(layout), whole=tuple(whole)), hull, tuple(notes)


def own_value(battery: Any, name: str) -> np.ndarray:
    """The value of a field; a full charger counts its spins."""
    value = attrgetter(name)(battery)
    if name in STARTS:
        number = battery.n_charger if isinstance(value, Full) else getattr(value, "number", None)
        if number is None:
            must, but = "be a number of quanta in the battery", f"it is {value}"
            fail(DesignError, f"design[{name!r}]", must, but, f"use battery.replace({name}=<number>)")
        value = number
    return np.asarray(value, dtype=float)


def _read_bounds(name: str, bounds: Any, info: Field, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both bounds as arrays; an open side is as far as the field goes."""
    argument = f"design[{name!r}]"
    try:
        pair: tuple[Any, ...] = () if isinstance(bounds, (str, Mapping)) else tuple(bounds)
        low, high = (numbers(end if side is None else side) for side, end in zip(pair, (info.minimum, np.inf), strict=True))
        if low is None or high is None or traced(low) or traced(high):
            raise TypeError
    except (TypeError, ValueError):
        must, fix = "be a pair (low, high) of numbers", "give two numbers, or None for an open side"
        fail(DesignError, argument, must, f"it is {shown(bounds)}", fix)
    for side, given in zip((low, high), pair, strict=True):
        if given is not None and not np.all(np.isfinite(side)):
            fail(DesignError, argument, "be finite", f"it is {shown(bounds)}", "give numbers, or None for an open side")
        if side.ndim and side.shape != own.shape:
            shapes = f"have bounds of shape () or {own.shape}"
            fail(DesignError, argument, shapes, f"one has {side.shape}", "give one number, or one an entry")
    if info.positive and pair[0] is None:
        low = np.asarray(SMALL * np.minimum(own, high))
    if info.positive and np.any(low <= 0):
        fix = "begin above 0, or leave that side open (None)"
        fail(DesignError, argument, "lie above 0", f"it begins at {np.min(low):g}", fix)
    if np.any(low < info.minimum):
        least = f"{info.minimum:g}"
        fail(DesignError, argument, f"lie at {least} or above", f"it begins at {np.min(low):g}", f"begin at {least}")
    if np.any(low >= high):
        fix = "swap or widen the bounds, or leave the field out"
        fail(DesignError, argument, "have low < high", f"it is {shown(bounds)}", fix)
    if info.size and pair[1] is None:
        fail(DesignError, argument, "have a largest size", "its upper side is open", "give the largest size")
    return low, high


def _real_from(battery: Any, name: str, info: Field, design: Mapping, low: float, high: float) -> float:
    """The value above which a size may be a real number: a full chain needs n_battery - 1 quanta, and room for them."""
    argument, fix = f"design[{name!r}]", f"sweep it: jaxqb.sweep(figures, battery, {{{name!r}: sizes}})"
    if info.integer and name not in STARTS:
        fail(DesignError, argument, "be a size that may be a real number", f"{name} is an integer", fix)
    floor = float(battery.n_battery) - 1
    if name == "n_charger" and "charger_excitations" not in design:
        floor = max(floor, float(getattr(battery.charger_excitations, "number", 0.0)))
    if name == "charger_excitations" and "n_charger" not in design and high > battery.n_charger:
        cells = f"{float(battery.n_charger):g}"
        fail(DesignError, argument, f"lie at n_charger = {cells} or below", f"it ends at {high:g}", f"end at {cells}")
    if high <= floor:
        must = f"reach beyond {floor:g}, above which sizes may be real numbers"
        fail(DesignError, argument, must, f"it ends at {high:g}", fix)
    if np.floor(high) < np.ceil(max(low, floor)):
        fail(DesignError, argument, "hold an integer", f"it is ({low:g}, {high:g})", "widen the bounds")
    # the battery itself says whether a real size fits its coupling and start; pairs that a design may switch on count
    pairs = {key: 1.0 for key in ("anisotropy", "counter_rotating") if key in design}
    try:
        probe = battery.replace(**pairs, **({} if name in STARTS else {name: max(low, floor) + 0.5}))
        real = bool(getattr(probe.structure, "conserved", True))
    except FieldError:
        real = False
    if not real:
        but = f"with this coupling and start {name} is an integer"
        fail(DesignError, argument, "be a size that may be a real number", but, fix)
    return floor
