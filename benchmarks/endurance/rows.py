"""Promises of sweeps, and what became of them."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ..timing import cores


@dataclass
class Row:
    """One promise."""

    what: str
    target: str
    got: str
    met: bool
    numbers: dict = field(default_factory=dict)
    cores: int | None = field(default_factory=cores)
    load: float = field(default_factory=lambda: os.getloadavg()[0])
    date: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


def table(rows):
    """The rows as text."""
    cells = [("what", "target", "got", "")] + [(row.what, row.target, row.got, "" if row.met else "MISSED") for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)
