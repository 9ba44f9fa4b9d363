"""Links to names of other packages, from a list in place of inventories that would have to be fetched.

A line of the list is ``package address``, which begins a package, or ``name role path``: the address of the name is the two put
together. What `sphinx.ext.intersphinx` would have fetched is written instead.
"""

import zlib
from pathlib import Path
from typing import Any

HEADER = "# Sphinx inventory version 2\n# Project: {}\n# Version: \n# The remainder of this file is compressed using zlib.\n"


def read(path: Path) -> dict[str, tuple[str, list[list[str]]]]:
    """From each package to its address and its names."""
    packages: dict[str, tuple[str, list[list[str]]]] = {}
    names: list[list[str]] = []
    for words in (line.split() for line in path.read_text(encoding="utf-8").splitlines()):
        if len(words) == 2:
            names = []
            packages[words[0]] = words[1], names
        elif len(words) == 3:
            names.append(words)
    return packages


def inventories(app: Any, config: Any) -> None:
    """Writes one inventory a package, and says where it is."""
    out = Path(app.srcdir) / "_build" / "outside"
    out.mkdir(parents=True, exist_ok=True)
    for package, (address, names) in read(Path(app.srcdir) / "outside.txt").items():
        lines = "".join(f"{name} {role} 1 {place} -\n" for name, role, place in names)
        file = out / f"{package}.inv"
        file.write_bytes(HEADER.format(package).encode() + zlib.compress(lines.encode()))
        config.intersphinx_mapping[package] = address, str(file)


def setup(app: Any) -> dict[str, bool]:
    """For Sphinx."""
    app.connect("config-inited", inventories, priority=100)  # before intersphinx reads its mapping
    return {"parallel_read_safe": True}
