"""What is asked of pictures of any Dataset: which variables, along which axes."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ..errors import SweepError, fail, nearest
from ..figures import LABELS
from .drawing import COLOURS, PANEL, STYLE, Drawing, Looks, add_lines, draw, set_scales, whole


def _figures_of(ds: xr.Dataset) -> list[str]:
    """The variables of a sweep worth drawing: no status, no times of maxima."""
    names = [str(name) for name in ds.data_vars if ds[name].dtype.kind == "f"]
    return [name for name in names if name.removesuffix("_time") not in {*names} - {name}] or [str(name) for name in ds.data_vars]


def lines(ds: Any, *names: str, x: str | None = None, facet: str | None = None, log: str = "", points: bool = False) -> Figure:
    """Curves of any Dataset, one panel a variable; the dimension that is neither `x` nor `facet` distinguishes curves.

    Args:
        ds: for example of `jaxqb.sweep`; or what becomes one, as what `jaxqb.evolve` returns.
        names: variables; default all real ones that are neither status nor time.
        x: dimension of the abscissa (or a coordinate along one); default time, or else the longest.
        facet: dimension with one panel an entry, on one scale.
        log: "", "x", "y" or "xy".
        points: mark the points.

    Raises:
        SweepError: for what is no Dataset; for a variable, dimension or logarithms that are none; for a variable that is one
            number, or complex.

    >>> import jaxqb as qb
    >>> found = qb.sweep("first_peak", qb.SpinCharger(2, 2), {"coupling": [0.5, 1.0, 2.0]})
    >>> lines(found, points=True).axes[0].get_xlabel()
    'battery-charger exchange, $g$ (frequency)'
    """
    ds, chosen = _chosen(ds, names)
    _check_axes(ds.dims, facet=facet)
    _check_log(log, "xy")
    own = {name: [str(d) for d in ds[name].dims if d != facet] for name in chosen}
    if none := [name for name in chosen if not own[name]]:
        fail(SweepError, none[0], "have an axis to be drawn along", "it is one number", "print it, or draw all of them")
    along = {name: max(dims, key=lambda d: (d == "time", ds.sizes[d])) for name, dims in own.items()}
    holes = any(ds[name].dtype.kind == "f" and bool(np.isnan(ds[name]).any()) for name in chosen)
    # beside what is missing, a point may be alone
    prepared = _prepared(ds, chosen, "both" if points or holes else "lines")
    _check_axes([name for name, axis in prepared.coords.items() if axis.ndim], x=x, facet=facet)
    x = x or along[chosen[0]]
    panels = {"panels": [[name] for name in chosen]} | ({"facet": facet} if facet else {})
    prepared = prepared.assign_attrs({"x": x, "log": log, "gaps": True, "shared": True, "ramp": True} | panels)
    for name in chosen:  # curves of functions may have axes of their own
        if not set(prepared[x].dims) & set(own[name]):
            prepared[name].attrs["against"] = along[name]
    return draw(prepared)


def map(ds: Any, *names: str, x: str | None = None, y: str | None = None, facet: str | None = None, log: str = "") -> Figure:
    """Maps of any Dataset over two dimensions, one panel a variable (or a facet); missing points are grey.

    Args:
        ds: for example of `jaxqb.sweep`; or what becomes one, as what `jaxqb.evolve` returns.
        names: variables; default the first that is neither status nor time.
        x, y: dimensions of the axes; default the first two.
        facet: dimension with one panel an entry, on one scale.
        log: "", or those of "x", "y" and "z" (the colours) that are logarithmic, e.g. "xz".

    Raises:
        SweepError: for data of one axis only, or of more than two; for a variable, dimension or logarithms that are none; for
            complex variables, and for what is no Dataset.

    >>> import jaxqb as qb
    >>> found = qb.sweep("first_peak", qb.SpinCharger(2, 2), {"coupling": [0.5, 1.0], "charger_frequency": [0.0, 0.5, 1.0]})
    >>> axes, colour_bar = map(found).axes
    >>> axes.get_xlabel()
    'battery-charger exchange, $g$ (frequency)'
    """
    ds, chosen = _chosen(ds, names, 1)
    _check_axes(ds.dims, x=x, y=y, facet=facet)
    _check_log(log, "xyz")
    for name in chosen:
        dims = [str(d) for d in ds[name].dims]
        own = [d for d in dims if d != facet]
        if len(own) != 2 or not {x, y} - {None} <= {*own}:
            must = "have two axes to map" + (", the same of all variables" if len(chosen) > 1 else "")
            but = f"{name!r} has {', '.join(dims) or 'none'}" + (f", of which {facet} is the facet" if facet in dims else "")
            fix = "select one entry (.isel), or make one axis a facet" if len(own) > 2 else "use jaxqb.plot.lines"
            fail(SweepError, "ds", must, but, fix)
        x = x or next(d for d in own if d != y)
        y = y or next(d for d in own if d != x)
    panels = {"panels": [[name] for name in chosen]} | ({"facet": facet} if facet else {})
    return draw(_prepared(ds, chosen, "map").assign_attrs({"x": x, "y": y, "log": log, "shared": True} | panels))


def _check(argument: str, name: Any, known: Iterable[Any], what: str = "a dimension") -> None:
    known = [str(other) for other in known]
    if name not in known:
        fix = nearest(str(name), known) if known else "leave it out"
        fail(SweepError, argument, f"be {what}", f"{name!r} is none", fix)


def _check_axes(known: Iterable[Any], **axes: Any) -> None:
    """That those which are given are known, and no two the same."""
    known, taken = list(known), {}
    for argument, name in axes.items():
        if name is not None:
            _check(argument, name, known)
            if name in taken:
                fail(SweepError, argument, f"be another axis than {taken[name]}", f"both are {name}", "leave one out")
            taken[name] = argument


def _check_log(log: Any, letters: str) -> None:
    """That these are some of the letters."""
    if not isinstance(log, str) or not {*log} <= {*letters}:
        fail(SweepError, "log", f"have no letters but {', '.join(letters)}", f"it is {log!r}", 'use e.g. log="y"')


def _chosen(data: Any, names: Sequence[Any], most: int | None = None) -> tuple[xr.Dataset, list[str]]:
    """A Dataset of the variables that are named, or else of those worth drawing, at most so many; and their names."""
    ds = _dataset(data)
    for name in names:
        _check("names", name, ds.variables, "variables of `ds`")
    chosen = list(names) or _figures_of(ds)[:most]
    if not chosen:
        fail(SweepError, "ds", "have a variable to draw", "it has none", "draw what jaxqb.sweep or jaxqb.evolve returns")
    return ds[chosen], chosen


def _dataset(data: Any) -> xr.Dataset:
    if isinstance(data, xr.Dataset):
        return data
    if not hasattr(data, "to_dataset"):
        fix = "draw what jaxqb.sweep or jaxqb.evolve returns"
        fail(SweepError, "ds", "be a Dataset", f"it is {type(data).__name__}", fix)
    return data.to_dataset()


def _prepared(ds: xr.Dataset, names: list[str], kind: str = "lines") -> xr.Dataset:
    """These variables, to be drawn as `kind`, with a coordinate for every dimension."""
    ds = ds[names].copy()
    for name in names:
        ds[name].attrs["draw"] = kind
    missing = {}
    for d, n in ds.sizes.items():
        if d not in ds.coords:
            of, bar, digits = str(d).rpartition("_")  # as axes of curves of functions are called
            missing[d] = (d, np.arange(n), {"long_name": f"index of {of}" if bar and digits.isdigit() else str(d)})
    return ds.assign_coords(missing)


def optimum(result: Any, *scans: xr.Dataset) -> Figure:
    """An optimization: the objective step by step, and along each design parameter if `scans` are given.

    Args:
        result: what `jaxqb.optimize` returned.
        scans: sweeps of the objective along one parameter each; the optimum is marked in them.

    Raises:
        SweepError: for what is no optimization, and for scans of no or several axes.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, charger_frequency=0.8)
    >>> best = qb.optimize("first_peak", battery, {"charger_frequency": (0.5, 2.0)}, starts=2)
    >>> scan = qb.sweep("first_peak", battery, {"charger_frequency": [0.5, 1.0, 2.0]})
    >>> [ax.get_title(loc="left") for ax in optimum(best, scan).axes]
    ['(a)', '(b)']
    """
    if not all(hasattr(result, part) for part in ("history", "objective", "parameters", "value")):
        fail(SweepError, "result", "be an optimization", f"it is {type(result).__name__}", "draw what jaxqb.optimize returned")
    for scan in scans:
        if len(scan.dims) != 1:
            but = f"one has {', '.join(str(d) for d in scan.dims) or 'none'}"
            fail(SweepError, "scans", "have one axis each", but, "select one entry of the others (.isel)")
    steps, known = result.history["value"], LABELS.get(result.objective)
    about = dataclasses.asdict(known) if known else {"long_name": result.objective}
    history = xr.Dataset(
        {"value": ("step", np.asarray(steps), about)},
        {"step": ("step", np.arange(len(steps)), {"long_name": "step of the best start"})},
        {"x": "step", "panels": ["value"]},
    )
    with mpl.rc_context(STYLE):
        count = 1 + len(scans)
        figure = Drawing(figsize=(PANEL[0] * min(count, 3), PANEL[1] * -(-count // 3)))
        axes = figure.subplots(-(-count // 3), min(count, 3), squeeze=False).ravel()
        for spare in axes[count:]:
            spare.remove()
        add_lines(axes[0], history, ["value"], Looks())
        for ax, scan in zip(axes[1:], scans, strict=False):
            (x,) = scan.dims
            name = result.objective if result.objective in scan else _figures_of(scan)[0]
            add_lines(ax, _prepared(scan, [name]).assign_attrs({"x": x}), [name], Looks())
            if str(x) in result.parameters:
                ax.plot(result.parameters[str(x)], result.value, "*", markersize=9, color=COLOURS[1])
        for i, ax in enumerate(axes[:count]):
            set_scales(ax, "", whole(ax.lines[0].get_xdata()))
            ax.set_title(f"({chr(97 + i)})" if count > 1 else "", loc="left")
    return figure
