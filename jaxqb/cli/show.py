"""Printing: tables for people, rows of JSON for programs, and where files went."""

import json
import math
from pathlib import Path
from typing import Any

import typer

WIDTH = 120  # columns, where the output is no terminal


def table(title: str, rows: list[dict[str, Any]]) -> None:
    """Print rows of equal keys as a table."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    shown = Table(title=escape(title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for key in rows[0] if rows else ():
        number = all(_number(row[key]) for row in rows)
        shown.add_column(key.replace("_", " "), justify="right" if number else "left", no_wrap=number, overflow="fold")
    for row in rows:
        shown.add_row(*(escape(text(value)) for value in row.values()))
    console = Console(highlight=False)
    if not console.is_terminal:  # a column that is not there would be missed
        wide = Console(highlight=False, width=10 * WIDTH)
        console = Console(highlight=False, width=max(WIDTH, wide.measure(shown).maximum))
    console.print(shown)


def _number(value: Any) -> bool:
    """Whether it is one, written out or not, or nothing."""
    try:
        float(value or 0)
    except (TypeError, ValueError):
        return False
    return True


def text(value: Any, digits: int = 10) -> str:
    """A value as it stands in a table."""
    if isinstance(value, float):
        return "none" if math.isnan(value) else f"{value:.{digits}g}"
    return "" if value is None else str(value)


def rows(rows: list[dict[str, Any]]) -> None:
    """Print one JSON object a row; what is not finite is null."""
    for row in rows:
        typer.echo(json.dumps({key: _plain(value) for key, value in row.items()}))


def event(row: dict[str, Any]) -> None:
    """Print one JSON object, at once."""
    print(json.dumps({key: _plain(value) for key, value in row.items()}), flush=True)


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def written(*paths: Path) -> None:
    """Say, on stderr, what was written."""
    for path in paths:
        typer.echo(f"wrote {path}", err=True)
