"""Writing figures to files."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from ..errors import SweepError, fail
from .drawing import STYLE

FORMATS = ("png", "svg", "pdf")


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
    >>> [path.name for path in save(qb.plot.lines(found), f"{tempfile.mkdtemp()}/peak", ["svg"])]
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
