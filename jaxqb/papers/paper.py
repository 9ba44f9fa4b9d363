"""What a paper is: figures that return Datasets, and claims that set our number beside the printed one.

A figure function returns a Dataset that says how it is drawn (`jaxqb.plot.draw` reads that, and nothing else):

* every numeric variable and coordinate has attributes ``long_name``, ``units`` and ``symbol``: use `labelled`;
* ``attrs["x"]``: the coordinate along which curves run;
* ``attrs["panels"]``: one string a panel, naming its variables ("energy energy_cavity"). Of a variable's dimensions one
  is that of x, one may be a hue (one curve an entry), one may be ``attrs["facet"]`` (one panel an entry);
* ``attrs["titles"]``: titles of the panels, if any;
* ``attrs["log"]``: which of "x", "y" and "z" (the colours of a map) are logarithmic, e.g. "xy", or a list of these, one a panel;
* ``attrs["shared"]``: panels of the same variables have one scale; ``attrs["gaps"]``: nothing is drawn across what is missing;
  ``attrs["ramp"]``: more curves than colours have a ramp of colours;
* ``attrs["printed"]``: flat list of (panel, x, y): points that the paper prints, drawn over our curves;
* a variable's ``attrs["against"]`` names another variable to stand on the abscissa instead of x;
* a variable's ``attrs["draw"]``: "lines" (default), "points", "beneath" (light points below lines), "both" or "map" (a
  map also has ``attrs["y"]``);
* a variable's ``attrs["every"]`` = k: of its points each k-th is drawn, where all would touch;
* a variable's ``attrs["label"]`` names it in the legend: its curve, or, if it has a hue, what all its lines or points are;
* ``attrs["table"]``: one string a block of rows, naming variables along x whose labels are the columns (`jaxqb.papers.report`).
"""

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import numpy as np
import xarray as xr

from ..batteries import AbstractBattery
from ..conventions import real_dtype
from ..errors import PaperError, fail

Verdict = Literal["reproduced", "convention", "misprint", "wrong"]
Rule = Literal["round", "truncate", "either"]


def labelled(dims: Any, values: Any, symbol: str, units: str, long_name: str, **attrs: Any) -> tuple:
    """A variable for `xarray.Dataset`, with what an axis needs to know.

    >>> labelled("cells", [1, 2], "M", "cells", "number of battery cells")[2]["symbol"]
    'M'
    """
    return dims, np.asarray(values), {"symbol": symbol, "units": units, "long_name": long_name, **attrs}


def axis(name: str, values: Any, symbol: str, units: str, long_name: str) -> xr.DataArray:
    """A coordinate with its label, to build leaves from (``n_charger=ratio * cells``)."""
    values = np.asarray(values)
    return xr.DataArray(values, {name: labelled(name, values, symbol, units, long_name)}, name, name=name)


def as_label(array: xr.DataArray, symbol: str, units: str, long_name: str, **attrs: Any) -> xr.DataArray:
    """The array with this label, and no other attribute."""
    fresh = array.copy(deep=False)
    fresh.attrs = {"symbol": symbol, "units": units, "long_name": long_name, **attrs}
    return fresh


def each(function: Callable, hull: AbstractBattery, inner: tuple[str, ...] = (), **leaves: Any) -> xr.Dataset:
    """``function(battery) -> dict of arrays`` at each point of `leaves`, put into a hull: one compile for all.

    Leaves are numbers or DataArrays, which broadcast by the names of their dimensions; `inner` names the dimensions of
    what the function returns.

    >>> import jaxqb as qb
    >>> cells = axis("cells", [1.0, 2.0], "M", "cells", "number of battery cells")
    >>> hull = qb.SpinCharger(n_battery=np.array([1, 2]), n_charger=np.array([1, 4]))
    >>> each(qb.figures.Charging(("first_peak",)), hull, n_battery=cells, n_charger=2 * cells)["first_peak"].dims
    ('cells',)
    """
    arrays = xr.broadcast(*(xr.DataArray(leaf) for leaf in leaves.values()))
    points = zip(*(array.values.astype(real_dtype()).ravel() for array in arrays), strict=True)
    done = [function(hull.put(**dict(zip(leaves, map(np.asarray, point), strict=True)))) for point in points]
    dims, shape = arrays[0].dims, arrays[0].shape
    data = {}
    for name in done[0]:
        values = np.stack([one[name] for one in done])
        data[name] = ((*dims, *inner[: values.ndim - 1]), values.reshape((*shape, *values.shape[1:])))
    return xr.Dataset(data, {name: arrays[0].coords[name] for name in arrays[0].coords})


@dataclasses.dataclass(frozen=True)
class Figure:
    """One figure of a paper, or one beyond it: call it for its Dataset, ``figure(quick=True)``.

    Attributes:
        name: of the figure, unique within the paper.
        caption: what it shows, in our words.
        paper: its place in the paper, or "beyond" it.
        function: what computes it, in quick size or not.

    Raises:
        PaperError: where a variable of the Dataset has no unit or long name.

    >>> import jaxqb as qb
    >>> qb.papers.load("huangfu2021").figures["fig8"]().attrs["panels"]
    ['energy', 'energy_cavity']
    """

    name: str
    caption: str
    paper: str
    function: Callable[[bool], xr.Dataset]

    def __call__(self, quick: bool = True) -> xr.Dataset:
        """Compute the figure, in seconds if `quick`, else at the paper's size."""
        began = time.perf_counter()
        data = self.function(quick)
        for name, variable in data.variables.items():
            if variable.dtype.kind in "iufc" and not {"units", "long_name"} <= set(variable.attrs):
                fail(PaperError, str(name), "have units and long_name", "it has not", f"use `labelled` in {self.name}")
        data.attrs |= {"figure": self.name, "paper": self.paper, "caption": self.caption, "quick": int(quick)}
        data.attrs["seconds"] = round(time.perf_counter() - began, 3)
        return data


def figure(name: str, *, caption: str, paper: str) -> Callable[[Callable[[bool], xr.Dataset]], Figure]:
    """Make a function ``(quick) -> Dataset`` a `Figure`; `paper` says which one it is there ("Fig. 2") or "beyond"."""
    return lambda function: Figure(name, caption, paper, function)


class Results(Mapping):
    """The Datasets of a paper's figures, each computed when it is first asked for."""

    def __init__(self, figures: Mapping[str, Figure], quick: bool = True, done: Mapping[str, xr.Dataset] | None = None):
        self.figures, self.quick, self._done = figures, quick, dict(done or {})

    def __getitem__(self, name: str) -> xr.Dataset:
        if name not in self._done:
            self._done[name] = self.figures[name](self.quick)
        return self._done[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.figures)

    def __len__(self) -> int:
        return len(self.figures)


@dataclasses.dataclass(frozen=True)
class Claim:
    """One printed number or statement, and what is true.

    Attributes:
        where: place in the paper.
        says: what is claimed, in our words; unique within a paper.
        printed: the number as printed ("1.002" keeps its digits), or True for a statement in words.
        ours: our value from the figures' data, under the paper's stated definitions; a bool for a statement.
        verdict: "reproduced": ours agrees; "convention": ours does not, but `reading`, an unstated choice named in
            `why`, does; "misprint" (of sign, digit, index) and "wrong": ours does not agree.
        why: needed unless reproduced.
        rule: what agreement is: ours rounds to the printed digits, truncates to them, or either.
        within: instead of `rule`: the largest absolute difference.
        reading: our value under that unstated choice (or, for a misprint, what is printed); it must agree.
        full: needs the figures in full size; not checked in quick size.

    >>> claim = Claim("Sec. II", "largest power of one cell", "0.72", lambda results: 0.7246113537767084)
    >>> claim.agrees(0.7246113537767084), claim.agrees(0.7254)
    (True, False)
    """

    where: str
    says: str
    printed: float | str | bool
    ours: Callable[[Any], Any]
    verdict: Verdict = "reproduced"
    why: str = ""
    rule: Rule = "round"
    within: float | None = None
    reading: Callable[[Any], Any] | None = None
    full: bool = False

    def agrees(self, value: float) -> bool:
        """Whether a value is the printed one."""
        printed = float(self.printed)
        if self.within is not None:
            return abs(value - printed) <= self.within
        digits = len(str(self.printed).partition(".")[2]) if not isinstance(self.printed, bool) else 0
        unit, sign = 10.0**-digits, np.copysign(1.0, value)
        rounded = sign * np.floor(abs(value) / unit + 0.5) * unit
        truncated = sign * np.floor(abs(value) / unit * (1 + 1e-12)) * unit
        ways = {"round": [rounded], "truncate": [truncated], "either": [rounded, truncated]}[self.rule]
        return any(abs(way - printed) < unit / 2 for way in ways)

    def check(self, results: Results) -> "Checked":
        """Our value, and whether the verdict is borne out by it."""
        if self.full and results.quick:
            return Checked(self, None, None, None)
        value = float(self.ours(results))
        reading = None if self.reading is None else float(self.reading(results))
        stands = self.agrees(value) == (self.verdict == "reproduced")
        explained = self.verdict == "reproduced" or (bool(self.why) and (self.verdict != "convention" or reading is not None))
        return Checked(self, value, reading, stands and explained and (reading is None or self.agrees(reading)))


@dataclasses.dataclass(frozen=True)
class Checked:
    """A claim with our value beside the printed one.

    Attributes:
        claim: which.
        ours: our value, 1 or 0 for a statement; None where it was not checked.
        reading: our value under the unstated choice, if there is one.
        stands: whether the verdict is borne out; None: not checked in quick size.

    >>> Claim("Sec. II", "largest power of one cell", "0.72", lambda results: 0.7246).check(Results({}, True)).stands
    True
    """

    claim: Claim
    ours: float | None
    reading: float | None
    stands: bool | None


@dataclasses.dataclass(frozen=True, eq=False)
class Paper:
    """A paper, its figures, and what it prints.

    Attributes:
        key: its name here, e.g. "liu2021".
        title, authors, reference: what it is.
        symbols: its symbols, each in our words.
        figures: by name, those beyond the paper included.
        claims: what it prints.

    >>> import jaxqb as qb
    >>> paper = qb.papers.load("huangfu2021")
    >>> paper.figures["fig8"].paper, sorted({claim.verdict for claim in paper.claims})
    ('Fig. 8', ['convention', 'misprint', 'reproduced', 'wrong'])
    """

    key: str
    title: str
    authors: str
    reference: str
    symbols: Mapping[str, str]
    figures: Mapping[str, Figure]
    claims: tuple[Claim, ...] | list[Claim]

    def check(self, results: Results) -> list[Checked]:
        """Every claim, checked."""
        return [claim.check(results) for claim in self.claims]
