"""Published batteries: every figure of five papers, and our number beside each printed one. One paper a file."""

import difflib
import importlib
import pkgutil
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import xarray as xr

from ..errors import PaperError, fail
from .crew import MOST, Told, alone, drawn, together
from .paper import Checked as Checked
from .paper import Claim as Claim
from .paper import Figure as Figure
from .paper import Paper as Paper
from .paper import Results as Results
from .paper import figure as figure
from .report import claims_dataset, embedded, write
from .report import entries as entries
from .report import table as table
from .report import verdicts as verdicts

KNOWN = tuple(sorted({module.name for module in pkgutil.iter_modules(__path__)} - {"crew", "paper", "report"}))


def load(key: str) -> Paper:
    """The paper of this key (its module is imported now).

    Args:
        key: one of `KNOWN`.

    Raises:
        PaperError: where there is no such paper.

    >>> load("huangfu2021").key
    'huangfu2021'
    """
    if str(key) not in KNOWN:
        fail(PaperError, "paper", "be one of the papers", f"it is {key!r}", _near(str(key), KNOWN))
    return importlib.import_module(f"{__name__}.{key}").PAPER


def _figure(paper: Paper, name: str) -> Figure:
    if str(name) not in paper.figures:
        fail(PaperError, "figure", f"be one of {paper.key}", f"it is {name!r}", _near(str(name), paper.figures))
    return paper.figures[name]


def _near(name: str, known: Iterable[str]) -> str:
    """What to do about an unknown name."""
    likeness = {other: difflib.SequenceMatcher(None, name, other).ratio() for other in known}
    best = max(0.5, *likeness.values())
    close = [other for other, ratio in likeness.items() if ratio == best]
    return f"use {' or '.join(close or likeness)} (`jaxqb reproduce --list` shows them all)"


def listing(paper: str | None = None) -> list[dict[str, str]]:
    """All figures that can be reproduced, with a line about each.

    Args:
        paper: its key; None: all papers.

    Raises:
        PaperError: where there is no such paper.

    >>> listing("huangfu2021")[0]["figure"]
    'fig2'
    """
    papers = [load(key) for key in ((paper,) if paper is not None else KNOWN)]
    end = r"(?<=\.)\s(?=[A-Z(])"  # of the first sentence: no "Fig. 4" inside
    return [
        {"paper": known.key, "figure": name, "in_the_paper": item.paper, "shows": re.split(end, item.caption)[0]}
        for known in papers
        for name, item in known.figures.items()
    ]


def reproduce(
    paper: str | None = None,
    figure: str | None = None,
    *,
    quick: bool = True,
    out: str | Path | None = None,
    processes: int = 1,
    progress: Told | None = None,
) -> Any:
    """Compute the figures of published papers, and check every number they print.

    Args:
        paper: its key, one of `jaxqb.papers.KNOWN`; None: all of them.
        figure: name of one figure; None: all of them, and the claims.
        quick: small sizes, seconds a figure; else the paper's sizes and beyond.
        out: a folder for pictures (PNG, SVG, in full size PDF), tables of claims (text, CSV, JSON) and one HTML page.
        processes: how many share the work. More than one are started anew, and import the script that calls this: there it has
            to stand below ``if __name__ == "__main__":``.
        progress: called with paper, figure and seconds as each figure is done.

    Returns:
        The `xarray.Dataset` of one figure, or an `xarray.DataTree` ``/paper/figure`` with ``/paper/claims``.

    Raises:
        PaperError: where there is no such paper or figure, no process, or one that dies.

    >>> reproduce("huangfu2021", "fig8").sizes["charger"]
    3
    """
    if processes < 1:
        fail(PaperError, "processes", "be at least 1", f"it is {processes}", "leave it out, or use as many as there are cores")
    folder = None if out is None else Path(out)
    small: dict[tuple[str, str], str] = {}

    def told(key: str, name: str, seconds: float) -> None:
        if folder is not None:  # now, while processes compute other figures
            small[key, name] = embedded(folder / key / f"{name}.png")
        if progress:
            progress(key, name, seconds)

    if figure is not None:
        if paper is None:
            fail(
                PaperError,
                "paper",
                "be given with a figure",
                "it is None",
                "name the paper, one of " + ", ".join(KNOWN),
            )
        known = load(paper)
        data = drawn(known, _figure(known, figure).name, quick, folder)
        told(known.key, figure, data.attrs["seconds"])
        if folder is not None:
            write({known: {figure: data}}, {}, folder, small)
        return data
    keys = KNOWN if paper is None else (load(paper).key,)
    papers, count = (load(key) for key in keys), min(processes, MOST * len(keys))
    done = alone(papers, quick, folder, told) if count == 1 else together(papers, quick, folder, told, count)
    found = {known: (figures, claims) for known, figures, claims in done}
    ordered = [load(key) for key in keys]
    data, checked = {known: found[known][0] for known in ordered}, {known: found[known][1] for known in ordered}
    if folder is not None:
        write(data, checked, folder, small)
    nodes = {f"/{known.key}/{name}": ds for known in data for name, ds in data[known].items()}
    nodes |= {f"/{known.key}/claims": claims_dataset(checked[known]) for known in checked}
    return xr.DataTree.from_dict(nodes)
