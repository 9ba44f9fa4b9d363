"""What a shell completes: names of batteries, of their fields, of papers and figures, read from the sources.

Importing them would take as long as a command; a test compares what is found here with what there is.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]
FIELD = re.compile(r"^    (\w+): (?:Real|Any) = (?!.*static=True)", re.MULTILINE)
FIGURE = re.compile(r'^@figure\(\s*"(\w+)"', re.MULTILINE)


def _texts(folder: str) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted((PACKAGE / folder).glob("*.py"))]


def _begun(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def batteries(incomplete: str) -> list[str]:
    """Batteries that the command line has."""
    table = (PACKAGE / "batteries" / "__init__.py").read_text(encoding="utf-8")
    return _begun(re.findall(r'^    "(\w+)": \w+,$', table, re.MULTILINE), incomplete)


def fields(ctx: Any, incomplete: str) -> list[str]:
    """Fields of the battery that stands before them, each with its equals sign."""
    name = re.escape(str(ctx.params.get("battery")))
    body = re.compile(rf"^class {name}\(.*?\n(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
    found = (name for text in _texts("batteries") for inner in body.findall(text) for name in FIELD.findall(inner))
    return _begun((f"{name}=" for name in found), incomplete)


def papers(incomplete: str) -> list[str]:
    """Keys of papers."""
    return _begun(sorted(path.parent.name for path in (PACKAGE / "papers").glob("*/__init__.py")), incomplete)


def figures(ctx: Any, incomplete: str) -> list[str]:
    """Figures of the paper that stands before them."""
    key = str(ctx.params.get("paper"))
    return _begun((name for text in _texts(f"papers/{key}") for name in FIGURE.findall(text)), incomplete)
