"""Pictures of what studies gave."""

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import plot
from ..errors import Status
from .around import Around

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from ..design import Optimum

MANY = 7  # curves, or panels, that a reader can tell apart
GIVEN: dict[str, Any] = {"label": "as given", "linestyle": "none", "marker": "o", "color": "black"}
FAILS: dict[str, Any] = {"color": "#999999", "linestyle": (0, (4, 2))}
MISSING: dict[str, Any] = {"linestyle": "none", "marker": "x", "markersize": 3, "color": "#444444", "zorder": 6}
BEST: dict[str, Any] = {"label": "optimum", "linestyle": "none", "marker": "*", "markersize": 9, "color": plot.COLOURS[2]}


def of_sweep(data: "xr.Dataset", figures: list[str]) -> "Figure | None":
    """Curves, or maps where curves would be too many; None where a grid has too many axes for either.

    Axes whose values were spaced by their logarithms are drawn so.
    """
    dims = sorted(map(str, data[figures[0]].dims), key=lambda name: data.sizes[name])
    *facet, hue, x = dims if len(dims) > 1 else ["", *dims]
    if len(facet) > 1 or (facet and data.sizes[facet[0]] > MANY):
        return None
    along = {"facet": facet[0]} if facet else {}
    if not hue or data.sizes[hue] <= MANY:
        log = "x" if _geometric(data[x].values) else ""
        figure = plot.lines(data, *figures, x=x, points=data.sizes[x] <= 2 * MANY, log=log, **along)
        return _with_missing(figure, data, figures, x, facet)
    shown = figures[:1] if facet else figures
    log = "".join(letter for letter, name in (("x", x), ("y", hue)) if _geometric(data[name].values))
    return _with_missing(plot.map(data, *shown, x=x, y=hue, log=log, **along), data, shown, None, facet)


def _geometric(values: np.ndarray) -> bool:
    """Whether numbers grow by equal factors, over a decade or more."""
    if values.dtype.kind not in "iuf" or len(values) < 3 or np.min(values) <= 0 or np.max(values) < 10 * np.min(values):
        return False
    steps = np.diff(np.log(values))
    return bool(np.ptp(steps) < 1e-6 * abs(steps[0]))


def _with_missing(figure: "Figure", data: "xr.Dataset", figures: list[str], x: str | None, facet: list[str]) -> "Figure":
    """Crosses below where a curve lacks points (maps are grey there), and above all panels a note why they are missing."""
    import matplotlib as mpl

    holes = max(int(np.sum(~np.isfinite(data[name]))) for name in figures)
    if not holes:
        return figure
    panels = [data[name].isel({d: k}) for name in figures for d in facet for k in range(data.sizes[d])] if facet else None
    panels = panels or [data[name] for name in figures]
    gaps: list[Any] = [~np.isfinite(panel) for panel in panels]
    axes = [ax for ax in figure.axes if ax.get_label() != "<colorbar>"]
    if x is not None:
        for ax, gap in zip(axes, gaps, strict=True):
            at = data[x].values[gap.any([d for d in gap.dims if d != x]).values]
            ax.plot(at, np.full(len(at), 0.02), transform=ax.get_xaxis_transform(), clip_on=False, **MISSING)
    waiting = int((data["status"] == Status.MISSING).sum())
    counts = {"not computed yet": waiting, "without an answer": holes - waiting}
    text = " and ".join(f"{n} point{'s' if n > 1 else ''} {what}" for what, n in counts.items() if n > 0)
    wide, high = figure.get_size_inches()
    note = textwrap.wrap(f"{'crosses' if x else 'grey'}: {text}", int(wide / 0.06))
    style: Any = plot.STYLE
    with mpl.rc_context(style):
        figure.suptitle("\n".join(note), fontsize=7, color="#444444")  # below, it would stand in the legend
    figure.set_size_inches(wide, high + 0.06 + 0.12 * len(note))
    return figure


def of_design(best: "Optimum", around: Around) -> "Figure":
    """The objective along each parameter through the optimum, marked where constraints fail."""
    import matplotlib as mpl
    import xarray as xr

    variables: dict[str, Any] = {}
    for k, line in enumerate(around.lines):
        (name,), y = line.dims, line[best.objective]
        variables[f"x{k}"] = (f"point{k}", line[name].values, line[name].attrs)
        variables[f"y{k}"] = (f"point{k}", y.values, y.attrs | {"against": f"x{k}"})
    panels = [f"y{k}" for k in range(len(around.lines))]
    figure = plot.draw(xr.Dataset(variables, attrs={"x": "x0", "panels": panels}))
    handles: dict[Any, Any] = {}
    names = list(best.names)
    for axes, line in zip(figure.axes, around.lines, strict=False):
        (name,), ok = line.dims, _holds(best, line)
        if not np.all(ok):
            axes.lines[0].set(label="constraints fail", **FAILS)
            axes.plot(line[name], line[best.objective].where(ok), label="constraints hold", color=plot.COLOURS[0])
        if all(np.isclose(around.given[other], around.best[other], rtol=1e-3) for other in names if other != name):
            axes.plot(around.given[name], around.given[best.objective], **GIVEN)
        axes.plot(around.best[name], around.best[best.objective], **BEST)
        handles |= {handle.get_label(): handle for handle in axes.lines if not str(handle.get_label()).startswith("_")}
    style: Any = plot.STYLE
    with mpl.rc_context(style):
        figure.legend(handles.values(), handles, loc="outside lower center", ncols=len(handles))
    return figure


def _holds(best: "Optimum", line: "xr.Dataset") -> np.ndarray:
    """Where along a line all constraints hold."""
    ok = np.ones(line.sizes[line[best.objective].dims[0]], bool)
    for label, one in best.constraints.items():
        values = line[label.removesuffix(" at least").removesuffix(" at most")].values
        ok &= values >= one.limit if one.sign == ">=" else values <= one.limit
    return ok
