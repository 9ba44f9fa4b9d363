"""Drawing a Dataset as its attributes say, in one style."""

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize, to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..errors import SweepError, fail
from .words import entry, label, words

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "osD^vPX"
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)))
RAMP, LIGHT = "viridis", 0.85  # of hues with more entries than colours; above this share it is too light for white paper
NAMED = 12  # about so many entries of a hue of numbers stand in a legend
GREY = "#666666"  # of no entry of a hue
KINDS: dict[str, Any] = {
    "lines": {},
    "points": {"linestyle": "none", "marker": "o"},
    "beneath": {"linestyle": "none", "marker": "o", "alpha": 0.35},
    "both": {"marker": "o", "markerfacecolor": "white"},
}
PANEL = (3.4, 2.55)  # inches: one column
PRINTED = "printed in the paper"
STYLE: dict[Any, Any] = {
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "legend.fontsize": 7.5,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "mathtext.fontset": "dejavusans",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.3,
    "lines.markersize": 4,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "savefig.dpi": 220,
    "svg.fonttype": "none",
    "svg.hashsalt": "jaxqb",  # equal data, equal file
    "pdf.fonttype": 42,
}


class Drawing(Figure):
    """A figure that notebooks show, also where `matplotlib.pyplot` was never imported."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


class Looks:
    """Colours, markers and dashes by what is drawn, the same in all panels of a figure."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], int] = {}
        self.hues: dict[str, int] = {}
        self.handles: dict[str, Any] = {}
        self.printed: list[Any] = []

    def style(self, hue: str, entry: str, draw: str, share: float | None = None) -> dict[str, Any]:
        """Of one entry of a hue: colour (by its `share` of the way, if given) and marker by the entry, dashes by the hue."""
        i = self.entries.setdefault((hue, entry), len(self.entries))
        dash = DASHES[self.hues.setdefault(hue, len(self.hues)) % len(DASHES)]
        colour = COLOURS[i % len(COLOURS)] if share is None else to_hex(mpl.colormaps[RAMP](LIGHT * share))
        if draw == "beneath":
            red, green, blue = (0.35 * x + 0.65 for x in to_rgb(colour))
            colour = to_hex((red, green, blue))
        line = {"color": colour, "linestyle": dash if draw in ("lines", "both") else "none"}
        marked = {"marker": MARKERS[i % len(MARKERS)], "markerfacecolor": "white" if draw == "both" else colour}
        return line | (marked if draw != "lines" else {}) | ({"zorder": 1.9} if draw == "beneath" else {})


def _curves(ds: xr.Dataset, name: str) -> Iterable[tuple[str, str, np.ndarray, np.ndarray]]:
    """Each curve of a variable: its hue (a dimension, or else its own label), its label, abscissa and ordinate."""
    y = ds[name]
    x = ds[y.attrs.get("against", ds.attrs["x"])]
    usual = ds[ds.attrs["x"]].dims[0]
    along = str(usual if usual in x.dims else x.dims[-1])
    hues = [str(d) for d in y.dims if d != along]
    if len(hues) > 1:
        but, fix = f"it has {' and '.join(hues)}", "select one entry (.isel), or make one of them a facet"
        fail(SweepError, name, f"have one axis besides {along}", but, fix)
    for i in range(y.sizes[hues[0]] if hues else 1):
        at = {hue: i for hue in hues}
        curve, over = y.isel(at), x.isel({d: j for d, j in at.items() if d in x.dims})
        good = np.isfinite(over.values)
        if not ds.attrs.get("gaps"):  # points of one curve may stand on the grid of another
            good &= np.isfinite(curve.values)
        text = entry(curve[hues[0]]) if hues else words(y.attrs.get("label", ""))
        yield hues[0] if hues else f"={text}", text, over.values[good], curve.values[good]


def _panels(ds: xr.Dataset) -> list[tuple[xr.Dataset, list[str], str]]:
    """What stands in each panel: data, names of variables, title."""
    facet, found = ds.attrs.get("facet"), []
    for names in (panel.split() if isinstance(panel, str) else list(panel) for panel in ds.attrs["panels"]):
        for name in names:
            if ds[name].dtype.kind == "c":
                fix = f"draw e.g. ds.assign({{{name!r}: abs(ds[{name!r}]) ** 2}}), of a solution ds = sol.to_dataset()"
                fail(SweepError, name, "be real to be drawn", "it is complex", fix)
        split = facet is not None and any(facet in ds[name].dims for name in names)
        for i in range(ds.sizes[facet] if split else 1):
            part = ds.isel({facet: i}) if split else ds
            found.append((part, names, entry(part[facet]) if split else ""))
    titles = ds.attrs.get("titles") or [title for *_, title in found]
    letters = [f"({chr(97 + i)}) " if len(found) > 1 else "" for i in range(len(found))]
    return [(part, names, letters[i] + words(titles[i])) for i, (part, names, _) in enumerate(found)]


def draw(ds: xr.Dataset, *, width: float | None = None) -> Figure:
    """Draw a Dataset as its attributes say.

    Args:
        ds: with attributes ``x`` (the coordinate along which curves run) and ``panels`` (one string a panel, naming its
            variables, or a list of names, which may then have blanks); optionally ``facet``, ``titles``, ``log``, ``printed``;
            one may have ``against``, ``draw``, ``every``, ``label``. `jaxqb.papers.paper` describes them; `lines` and `map`
            set them for any Dataset.
        width: inches; default one column a panel, at most two panels beside each other.

    Raises:
        SweepError: for complex variables, and for curves of more than one axis besides x.

    >>> import xarray as xr
    >>> len(draw(xr.Dataset({"E": ("t", [0.0, 1.0])}, {"t": [0.0, 1.0]}, {"x": "t", "panels": ["E"]})).axes)
    1
    """
    panels = _panels(ds)
    columns = 1 if len(panels) == 1 else 2 if len(panels) in (2, 4) else min(3, len(panels))
    rows = -(-len(panels) // columns)
    wide = width or PANEL[0] * columns
    with mpl.rc_context(STYLE):
        figure = Drawing()
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        for spare in grid[len(panels) :]:
            spare.remove()
        looks = Looks()
        for i, (ax, (part, names, title)) in enumerate(zip(grid, panels, strict=False)):
            log = ds.attrs.get("log", "")
            log = log if isinstance(log, str) else log[i]
            if _drawn(part, names[0]) == "map":
                _map(figure, ax, part, names[0], ds[names[0]] if ds.attrs.get("shared") else part[names[0]], log)
            else:
                add_lines(ax, part, names, looks)
            _printed(ax, ds.attrs.get("printed", ()), i, looks)
            along = part[names[0]].attrs.get("against", part.attrs["x"])
            set_scales(ax, log, whole(part[along]))
            ax.set_title(title, loc="left")
        if ds.attrs.get("shared") and _drawn(ds, panels[0][1][0]) != "map":
            for k, ax in enumerate(grid[: len(panels)]):
                ax.sharey(grid[next(i for i in range(k + 1) if panels[i][1] == panels[k][1])])
        for i, ax in enumerate(grid[: len(panels)]):  # what a neighbour says already is not said again
            if i + columns < len(panels) and ax.get_xlabel() == grid[i + columns].get_xlabel():
                ax.set_xlabel("")
            if i % columns and ax.get_ylabel() == grid[i - i % columns].get_ylabel():
                ax.set_ylabel("")
        if looks.printed:
            looks.handles[PRINTED] = looks.printed[0]
        height = wide / columns * PANEL[1] / PANEL[0] * rows
        figure.set_size_inches(wide, height + _legend(figure, looks.handles, wide))
        if columns > 1 and any(_drawn(part, names[0]) == "map" for part, names, _ in panels):
            figure.set_layout_engine("constrained", wspace=0.08)  # labels of colour bars stand beside those of axes
    return figure


def _legend(figure: Figure, handles: dict[str, Any], wide: float) -> float:
    """One legend below all panels; returns its height in inches."""
    if not handles:
        return 0.0
    longest = max(len(re.sub(r"[\\${}]|mathrm", "", text)) for text in handles)
    columns = min(len(handles), max(1, int(wide / (0.055 * longest + 0.45))))
    columns = -(-len(handles) // -(-len(handles) // columns))  # rows of even length
    figure.legend(handles.values(), handles, loc="outside lower center", ncols=columns, columnspacing=1.5)
    return 0.1 + 0.16 * -(-len(handles) // columns)


def add_lines(ax: Axes, ds: xr.Dataset, names: Sequence[str], looks: Looks) -> None:
    """Draw all curves of these variables."""
    for name in names:
        draw = _drawn(ds, name)
        for k, (hue, text, x, y) in enumerate(_curves(ds, name)):
            last = ds.sizes.get(hue, 1) - 1
            many = ds.attrs.get("ramp", False) and last >= len(COLOURS)
            style = looks.style(hue, text, draw, k / last if many else None)
            (handle,) = ax.plot(x, y, markevery=ds[name].attrs.get("every"), **style)
            each = -(-last // NAMED) if many and ds[hue].dtype.kind in "iuf" else 1  # what is between can be read off the ramp
            if text and (text not in looks.handles or draw == "lines") and (k % each == 0 or k == last):
                looks.handles[text] = handle
        kind = words(ds[name].attrs.get("label", ""))
        if kind and kind not in looks.handles:  # what the lines, or the points, of all entries of a hue are
            looks.handles[kind] = Line2D([], [], color=GREY, **KINDS[draw])
    first = ds[names[0]]
    ax.set_xlabel(label(ds[first.attrs.get("against", ds.attrs["x"])], 40))
    ax.set_ylabel(label(first))


def _drawn(ds: xr.Dataset, name: str) -> str:
    return ds[name].attrs.get("draw", "lines")


def _map(figure: Figure, ax: Axes, ds: xr.Dataset, name: str, scale: xr.DataArray, log: str) -> None:
    axes = [ds[ds.attrs[x]] for x in "xy"]
    numeric = [axis.dtype.kind in "iuf" for axis in axes]
    at = [axis.values if number else np.arange(axis.size) for axis, number in zip(axes, numeric, strict=True)]
    values = ds[name].transpose(axes[1].dims[0], axes[0].dims[0]).values
    norm_of, least = (LogNorm, 0.0) if "z" in log else (Normalize, -np.inf)  # of a logarithm what is not positive is missing
    values, shown = (np.ma.masked_where(~(np.isfinite(each) & (each > least)), each) for each in (values, scale.values))
    if "z" in log and not shown.count():
        fail(SweepError, "log", "name what has positive values", f"{name} has none", "leave its colours linear")
    norm = norm_of(*((shown.min(), shown.max()) if shown.count() else ()))
    colours = mpl.colormaps["cividis"].with_extremes(bad="#d0d0d0")
    cells = [_edges(places, str(axis.name), letter in log) for places, axis, letter in zip(at, axes, "xy", strict=True)]
    mesh = ax.pcolormesh(*cells, values, cmap=colours, norm=norm, rasterized=True)
    if all(numeric) and min(values.shape) > 1 and values.count() > 3 and values.min() < values.max():
        ax.contour(*at, values, 6, norm=norm_of(), colors="white", linewidths=0.5)
    for axis, number, places, ticks in zip(axes, numeric, at, (ax.set_xticks, ax.set_yticks), strict=True):
        if axis.size == 1 or not number:
            ticks(places, [words(value) if isinstance(value, str) else f"{value:.4g}" for value in axis.values.tolist()])
    ax.set(xlabel=label(axes[0], 40), ylabel=label(axes[1]))
    ax.grid(False)
    counts = "z" not in log and whole(values.compressed())
    figure.colorbar(mesh, ax=ax, label=label(ds[name]), ticks=ticker.MaxNLocator(6, integer=True) if counts else None)


def _edges(places: np.ndarray, name: str, log: bool) -> np.ndarray:
    """Where the cells around these places begin and end."""
    if log and np.any(places <= 0):
        but, fix = f"one of {name} is {places.min():g}", f"select positive ones, or leave {name} linear"
        fail(SweepError, "log", "name axes of positive numbers", but, fix)
    places = np.log(places) if log else places.astype(float)
    half = np.diff(places) / 2 if places.size > 1 else np.full(1, 0.5)
    # of uneven ones the outermost is often the longest, and its cell would reach far beyond the data
    first, last = (min(steps, key=abs) for steps in (half[:2], half[-2:]))
    edges = np.concatenate([[places[0] - first], places[:-1] + half[: places.size - 1], [places[-1] + last]])
    return np.exp(edges) if log else edges


def _printed(ax: Axes, printed: Sequence[Any], panel: int, looks: Looks) -> None:
    """Points that a paper prints, over our curves."""
    points = np.asarray(printed, float).reshape(-1, 3)
    points = points[points[:, 0] == panel]
    if len(points):
        style = {"marker": "o", "markersize": 8, "markerfacecolor": "none", "color": "black", "linestyle": "none"}
        looks.printed = ax.plot(points[:, 1], points[:, 2], zorder=5, label=PRINTED, **style)


def whole(values: Any) -> bool:
    """Whether all are counts."""
    values = np.asarray(values)
    return values.dtype.kind in "biuf" and bool(np.all(np.isnan(values) | (values == np.round(values))))


def set_scales(ax: Axes, log: str, counts: bool = False) -> None:
    """Logarithms, and ticks at round numbers, whole ones on the abscissa if it counts something."""
    for axis, name in ((ax.xaxis, "x"), (ax.yaxis, "y")):
        if name in log:
            (ax.set_xscale if name == "x" else ax.set_yscale)("log")
        elif not isinstance(axis.get_major_locator(), ticker.FixedLocator):
            axis.set_major_locator(ticker.MaxNLocator(6, steps=[1, 2, 2.5, 5, 10], integer=counts and name == "x"))
