"""Links to names of other packages, from a list in place of inventories that would have to be fetched.

A line of the list is ``package address``, which begins a package, or ``name role path``: the address of the name is the two put
together. `inventories` writes what Sphinx would have fetched.
"""

import zlib
from pathlib import Path

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


def inventories(path: Path, out: Path) -> dict[str, tuple[str, str]]:
    """Writes one inventory a package, and says where it is."""
    out.mkdir(parents=True, exist_ok=True)
    found = {}
    for package, (address, names) in read(path).items():
        lines = "".join(f"{name} {role} 1 {place} -\n" for name, role, place in names)
        file = out / f"{package}.inv"
        file.write_bytes(HEADER.format(package).encode() + zlib.compress(lines.encode()))
        found[package] = address, str(file)
    return found
