"""What is done to stores on purpose, and how they are looked at afterwards."""

import contextlib
import os
import pathlib
from pathlib import Path


def contents(path):
    """All files of a store but the list of runs."""
    files = {str(file.relative_to(path)): file.read_bytes() for file in Path(path).rglob("*") if file.is_file()}
    files.pop("ledger/zarr.json", None)
    return files


def entries(path):
    """Chunks that are published, and when they were."""
    found = Path(path).glob("ledger/checksums/c/*/*/0")
    return {str(file.relative_to(path)): file.stat().st_mtime_ns for file in found}


def truncate(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip(file):
    content = bytearray(file.read_bytes())
    content[2 * len(content) // 3] ^= 4
    file.write_bytes(content)


@contextlib.contextmanager
def failing(number, code):
    """The operating system refuses this one of all calls that write; with 0 they are counted only."""
    calls, usual = [], {name: getattr(pathlib.Path, name) for name in ("open", "replace", "mkdir")}

    def fails(name):
        def tried(self, *args, **kwargs):
            writes = name != "open" or "w" in (*args, kwargs.get("mode", "r"))[0]
            if writes and ".zarr" in str(self):  # jax, too, may write: its cache
                calls.append(self)
                if len(calls) == number:
                    raise OSError(code, os.strerror(code), str(self))
            return usual[name](self, *args, **kwargs)

        return tried

    try:
        for name in usual:
            setattr(pathlib.Path, name, fails(name))
        yield calls
    finally:
        for name, method in usual.items():
            setattr(pathlib.Path, name, method)


def refused(call, path, *words):
    """Whether a call ends with one sentence that names the store and these words."""
    from jaxqb.errors import StoreError

    try:
        call()
    except StoreError as error:
        lines = [line for line in str(error).splitlines() if not line.startswith("  ")]  # but those that say what differs
        return len(lines) <= 2 and all(word in str(error) for word in (str(path), *words))
    return False
