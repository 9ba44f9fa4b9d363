"""Files that are damaged, and disks that refuse to be written."""

import errno
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np

from ..disturb import contents, failing, flip, refused, truncate
from .rows import Row
from .sweeps import solve, solved

KINDS = {
    "first_peak/c/3/0": 1,
    "status/c/5/0": 1,
    "ledger/checksums/c/7/0/0": 1,
    "coupling/c/0": 0,
    "charger_frequency/zarr.json": 0,
    "first_peak/zarr.json": 0,
    "status/zarr.json": 0,
    "ledger/checksums/zarr.json": 0,
    "ledger/zarr.json": 0,
    "zarr.json": 0,
}


def damage(folder, quick):
    """Ten kinds of files, truncated, with a flipped bit, removed."""
    solve(store=folder / "whole.zarr")
    found, exactly, path = 0, 0, folder / "x.zarr"
    for file, chunks in KINDS.items():
        for how in (truncate, flip, Path.unlink):
            shutil.copytree(folder / "whole.zarr", path)
            how(path / file)
            said = []
            with solved() as seen:
                solve(store=path, progress=said.append)
            found += len(seen) > 0 or "note" in {event["event"] for event in said}
            exactly += len(seen) == chunks and contents(path) == contents(folder / "whole.zarr")
            shutil.rmtree(path)
    total = 3 * len(KINDS)
    yield Row("damaged files found", f"{total} of {total}", f"{found} of {total}", found == total)
    yield Row("exactly those solved or written again", f"{total} of {total}", f"{exactly} of {total}", exactly == total)


def disks(folder, quick):
    """Errors of the operating system at ten writes, and a disk that is full, or read only, indeed."""
    sweep = {"shape": (6, 8)}
    with failing(0, 0) as calls:
        solve(store=folder / "whole.zarr", **sweep)
    whole, codes = contents(folder / "whole.zarr"), (errno.ENOSPC, errno.EACCES, errno.EROFS)
    said = resumed = 0
    for k, number in enumerate(np.linspace(1, len(calls), 10).astype(int)):
        path, code = folder / f"{k}.zarr", codes[k % 3]
        with failing(number, code):
            said += refused(lambda path=path: solve(store=path, **sweep), path, os.strerror(code).lower(), "; fix: ")
        solve(store=path, **sweep)
        resumed += contents(path) == whole
    yield Row("writes refused: one sentence", "10 of 10", f"{said} of 10", said == 10)
    yield Row("and then gone on with", "10 of 10", f"{resumed} of 10", resumed == 10)
    yield small_disk(folder / "disk", whole, sweep)


def small_disk(mount, whole, sweep):
    """A disk of 64 kB, full, then read only, then large enough."""
    what, target = "a disk that is full, then read only, then neither", "two sentences, a whole store"
    mount.mkdir()
    do = lambda *command: subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: E731
    if not do("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(mount)):
        return Row(what, target, "no disk can be mounted here", True)
    try:
        path = mount / "x.zarr"
        call = lambda: solve(store=path, **sweep)  # noqa: E731
        full = refused(call, path, "no space left", "bytes are to be written")
        do("mount", "-o", "remount,ro", str(mount))
        closed = refused(call, path, "read-only")
        do("mount", "-o", "remount,rw,size=16m", str(mount))
        call()
        same = contents(path) == whole
    finally:
        do("umount", str(mount))
    got = f"{full + closed} sentences, {'a whole store' if same else 'another store'}"
    return Row(what, target, got, full and closed and same)
