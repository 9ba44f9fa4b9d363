"""Drawing: one house style for papers, sweeps and optimizations. Every drawing is a `matplotlib.figure.Figure`.

A Dataset says by its attributes how it is drawn (see `draw`), which `reproduce`, `sweep`, `optimize` share.
Colours are those of Okabe & Ito, which colour-blind readers can tell apart; points differ in marker, too, and lines of different
kinds in dashes.
"""

import dataclasses
import io
import os
import re
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .errors import SweepError, fail, nearest
from .figures import LABELS

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
FORMATS = ("png", "svg", "pdf")
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
GREEK = "(?:alpha|beta|gamma|delta|eta|theta|kappa|lambda|mu|nu|xi|rho|sigma|tau|phi|omega|Gamma|Delta|Omega)"


def tex(symbol: str) -> str:
    r"""A symbol as mathematics.

    Args:
        symbol: as attributes of Datasets have it, e.g. "Delta_A t".

    >>> tex("P_max / sqrt(N)")
    '$P_{\\mathrm{max}} / \\sqrt{N}$'
    """
    text = re.sub(r"sqrt\(([^)]*)\)", r"\\sqrt{\1}", symbol)
    text = re.sub(r"\^([\w.]{2,})", r"^{\1}", text)
    text = re.sub(r"([A-Za-z]+)~", r"\\tilde{\1}", text)
    text = re.sub(r"_(\w+)", lambda m: f"_{{{m[1]}}}" if len(m[1]) == 1 else f"_{{\\mathrm{{{m[1]}}}}}", text)
    text = re.sub(rf"(?<![A-Za-z\\])({GREEK})(?![A-Za-z])", r"\\\1", text)
    text = re.sub(r"(?<![A-Za-z\\])(ln|lg|log)(?![A-Za-z])", r"\\\1", text)
    text = re.sub(r"(?<![A-Za-z\\])(Re|Im|Tr)(?![A-Za-z])", r"\\operatorname{\1}", text)
    return f"${text.replace('<', chr(92) + 'langle ').replace('>', chr(92) + 'rangle ')}$"


def _text(text: str) -> str:
    """Words with the symbols among them as mathematics; what has mathematics in it is left alone."""
    if "$" in text:
        return text
    symbol = r"(?<![\w\\])(?:[A-Za-z]~|(?:[A-Za-z]|" + GREEK + r")_\w+|sqrt\([^)]*\)|" + GREEK + r"(?!\w))"
    return re.sub(symbol, lambda m: tex(m[0]), text.replace("<=", "≤").replace("hbar", "ħ").replace("^2", "²"))


def label(variable: Any, width: int = 32) -> str:
    """Long name, symbol and unit of a variable, for an axis.

    Args:
        variable: a DataArray with attributes ``long_name``, ``symbol`` and ``units``, or some of them.
        width: characters in a line.

    >>> import xarray as xr
    >>> label(xr.DataArray(0.0, attrs={"long_name": "power", "symbol": "P", "units": "g omega_0"}))
    'power, $P$ ($g \\\\omega_{0}$)'
    """
    name, symbol, unit = (variable.attrs.get(key, "") for key in ("long_name", "symbol", "units"))
    name = name or str(variable.name)
    symbol, unit = "" if symbol == name else symbol, "" if unit in ("1", "number") else unit
    name = name.replace("_", " ") if re.fullmatch(r"[a-z]{2,}(_[a-z0-9]+)+", name) else name  # of a variable or a function
    drawn_unit = f"({tex(unit) if re.search('[~_]', unit) else _text(unit)})" if unit else ""
    plain = " ".join(x for x in (symbol, unit and f"({unit})") if x).replace(" ", "\xa0")  # is not broken
    lines = "\n".join(textwrap.wrap(name + (", " if symbol else " ") + plain, width, break_long_words=False))
    return _text(lines.removesuffix(plain)) + " ".join(x for x in (symbol and tex(symbol), drawn_unit) if x)


def _entry(coordinate: xr.DataArray) -> str:
    """How one entry of a hue or facet is named."""
    value = coordinate.item()
    if isinstance(value, str):
        return _text(value)
    number = "∞" if value == np.inf else f"{value:g}" if value == np.round(value) else f"{value:.4g}"
    if "symbol" not in coordinate.attrs and (of := re.fullmatch(r"(.*[a-z].*)_\d+", str(coordinate.name))):  # of what is an array
        return f"{of[1].replace('_', ' ')} [{number}]"
    return f"{tex(coordinate.attrs.get('symbol', str(coordinate.name)))} = {number}"


class _Drawing(Figure):
    """A figure that notebooks show, also where `matplotlib.pyplot` was never imported."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


class _Looks:
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
        text = _entry(curve[hues[0]]) if hues else _text(y.attrs.get("label", ""))
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
            found.append((part, names, _entry(part[facet]) if split else ""))
    titles = ds.attrs.get("titles") or [title for *_, title in found]
    letters = [f"({chr(97 + i)}) " if len(found) > 1 else "" for i in range(len(found))]
    return [(part, names, letters[i] + _text(titles[i])) for i, (part, names, _) in enumerate(found)]


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
        figure = _Drawing()
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        for spare in grid[len(panels) :]:
            spare.remove()
        looks = _Looks()
        for i, (ax, (part, names, title)) in enumerate(zip(grid, panels, strict=False)):
            if _drawn(part, names[0]) == "map":
                _map(figure, ax, part, names[0], ds[names[0]] if ds.attrs.get("shared") else part[names[0]])
            else:
                _lines(ax, part, names, looks)
            _printed(ax, ds.attrs.get("printed", ()), i, looks)
            log = ds.attrs.get("log", "")
            along = part[names[0]].attrs.get("against", part.attrs["x"])
            _scales(ax, log if isinstance(log, str) else log[i], _whole(part[along]))
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


def _lines(ax: Axes, ds: xr.Dataset, names: Sequence[str], looks: _Looks) -> None:
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
        kind = _text(ds[name].attrs.get("label", ""))
        if kind and kind not in looks.handles:  # what the lines, or the points, of all entries of a hue are
            looks.handles[kind] = Line2D([], [], color=GREY, **KINDS[draw])
    first = ds[names[0]]
    ax.set_xlabel(label(ds[first.attrs.get("against", ds.attrs["x"])], 40))
    ax.set_ylabel(label(first))


def _drawn(ds: xr.Dataset, name: str) -> str:
    return ds[name].attrs.get("draw", "lines")


def _map(figure: Figure, ax: Axes, ds: xr.Dataset, name: str, scale: xr.DataArray) -> None:
    x, y = ds[ds.attrs["x"]], ds[ds.attrs["y"]]
    values = ds[name].transpose(y.dims[0], x.dims[0])
    colours = mpl.colormaps["cividis"].with_extremes(bad="#d0d0d0")
    ends = {"vmin": np.nanmin(scale), "vmax": np.nanmax(scale)} if np.any(np.isfinite(scale)) else {}
    mesh = ax.pcolormesh(x, y, np.ma.masked_invalid(values), cmap=colours, shading="nearest", rasterized=True, **ends)
    if np.sum(np.isfinite(values)) > 3 and float(np.nanmax(values) - np.nanmin(values)) > 0:
        ax.contour(x, y, values, 6, colors="white", linewidths=0.5)
    for axis, limit in ((x, ax.set_xlim), (y, ax.set_ylim)):
        if axis.size > 2 and axis.dtype.kind in "iuf" and not ds.attrs.get("log"):
            at = np.sort(axis.values)
            steps = np.diff(at) / 2  # of uneven ones the outermost is often the longest, and its cell reaches far beyond the data
            limit(at[0] - min(steps[:2]), at[-1] + min(steps[-2:]))
    ax.set(xlabel=label(x, 40), ylabel=label(y))
    ax.grid(False)
    figure.colorbar(mesh, ax=ax, label=label(ds[name]), ticks=ticker.MaxNLocator(6, integer=True) if _whole(values) else None)


def _printed(ax: Axes, printed: Sequence[Any], panel: int, looks: _Looks) -> None:
    """Points that a paper prints, over our curves."""
    points = np.asarray(printed, float).reshape(-1, 3)
    points = points[points[:, 0] == panel]
    if len(points):
        style = {"marker": "o", "markersize": 8, "markerfacecolor": "none", "color": "black", "linestyle": "none"}
        looks.printed = ax.plot(points[:, 1], points[:, 2], zorder=5, label=PRINTED, **style)


def _whole(values: Any) -> bool:
    """Whether all are counts."""
    values = np.asarray(values)
    return values.dtype.kind in "biuf" and bool(np.all(np.isnan(values) | (values == np.round(values))))


def _scales(ax: Axes, log: str, counts: bool = False) -> None:
    """Logarithms, and ticks at round numbers, whole ones on the abscissa if it counts something."""
    for axis, name in ((ax.xaxis, "x"), (ax.yaxis, "y")):
        if name in log:
            (ax.set_xscale if name == "x" else ax.set_yscale)("log")
        elif not isinstance(axis.get_major_formatter(), ticker.NullFormatter):
            axis.set_major_locator(ticker.MaxNLocator(6, steps=[1, 2, 2.5, 5, 10], integer=counts and name == "x"))


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
    if log not in ("", "x", "y", "xy"):
        fail(SweepError, "log", 'be "", "x", "y" or "xy"', f"it is {log!r}", 'use e.g. log="y"')
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


def map(ds: Any, *names: str, x: str | None = None, y: str | None = None, facet: str | None = None) -> Figure:
    """Maps of any Dataset over two dimensions, one panel a variable (or a facet); missing points are grey.

    Args:
        ds: for example of `jaxqb.sweep`; or what becomes one, as what `jaxqb.evolve` returns.
        names: variables; default the first that is neither status nor time.
        x, y: dimensions of the axes; default the first two.
        facet: dimension with one panel an entry, on one scale.

    Raises:
        SweepError: for data of one axis only, or of more than two; for a variable or dimension that is none; for complex
            variables, and for what is no Dataset.

    >>> import jaxqb as qb
    >>> found = qb.sweep("first_peak", qb.SpinCharger(2, 2), {"coupling": [0.5, 1.0], "charger_frequency": [0.0, 0.5, 1.0]})
    >>> axes, colour_bar = map(found).axes
    >>> axes.get_xlabel()
    'battery-charger exchange, $g$ (frequency)'
    """
    ds, chosen = _chosen(ds, names, 1)
    _check_axes(ds.dims, x=x, y=y, facet=facet)
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
    return draw(_prepared(ds, chosen, "map").assign_attrs({"x": x, "y": y, "shared": True} | panels))


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
        figure = _Drawing(figsize=(PANEL[0] * min(count, 3), PANEL[1] * -(-count // 3)))
        axes = figure.subplots(-(-count // 3), min(count, 3), squeeze=False).ravel()
        for spare in axes[count:]:
            spare.remove()
        _lines(axes[0], history, ["value"], _Looks())
        for ax, scan in zip(axes[1:], scans, strict=False):
            (x,) = scan.dims
            name = result.objective if result.objective in scan else _figures_of(scan)[0]
            _lines(ax, _prepared(scan, [name]).assign_attrs({"x": x}), [name], _Looks())
            if str(x) in result.parameters:
                ax.plot(result.parameters[str(x)], result.value, "*", markersize=9, color=COLOURS[1])
        for i, ax in enumerate(axes[:count]):
            _scales(ax, "", _whole(ax.lines[0].get_xdata()))
            ax.set_title(f"({chr(97 + i)})" if count > 1 else "", loc="left")
    return figure


def save(figure: Any, stem: str | Path, formats: str | Sequence[str] = FORMATS) -> list[Path]:
    """Write a figure as ``stem.png``, ``stem.svg`` and ``stem.pdf``: equal figures, equal bytes.

    Args:
        figure: what `draw`, `lines`, `map` or `optimum` returned, or any other figure.
        stem: path without suffix (one of a format is dropped); folders are made.
        formats: which of "png", "svg", "pdf".

    Returns:
        The paths.

    Raises:
        SweepError: for what is no figure; for a stem that names no file, or a hidden one; for formats that are none of these.

    >>> import tempfile
    >>> import jaxqb as qb
    >>> found = qb.sweep("first_peak", qb.SpinCharger(2, 2), {"coupling": [0.5, 1.0]})
    >>> [path.name for path in save(lines(found), f"{tempfile.mkdtemp()}/peak", ["svg"])]
    ['peak.svg']
    """
    if not isinstance(figure, Figure):
        but = f"it is {type(figure).__name__}"
        fail(SweepError, "figure", "be a figure", but, "draw it first, e.g. with jaxqb.plot.lines")
    formats = (formats,) if isinstance(formats, str) else tuple(formats)
    for kind in formats:
        if kind not in FORMATS:
            fail(SweepError, "formats", f"be some of {', '.join(FORMATS)}", f"{kind!r} is none", f"use {FORMATS[0]!r}")
    stem = Path(stem).with_suffix("") if Path(stem).suffix[1:] in FORMATS else stem
    if (name := os.path.basename(stem)).startswith(".") or not name:
        fail(SweepError, "stem", "end with the name of a file", f"it is {str(stem)!r}", "write e.g. 'out/figure'")
    paths = [Path(f"{stem}.{kind}") for kind in formats]
    undated = {"png": None, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
    with mpl.rc_context({**STYLE, "figure.constrained_layout.use": False}):
        if (layout := figure.get_layout_engine()) is not None:  # once for all formats
            layout.execute(figure)
            figure.set_layout_engine(None)  # "none" would have each drawn twice
        for path, kind in zip(paths, formats, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(path, metadata=undated.get(kind))
    return paths
