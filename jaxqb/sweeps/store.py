"""A sweep on disk: a zarr group (format 3) that any reader opens, also half done, and that knows which chunks are whole.

Every chunk of the grid is one zarr chunk of each array, and one entry of ``ledger/checksums``, which is written last: a chunk
without an entry is not there, one that differs from its entry is damaged, and both are solved again. Files appear whole or not
at all, so a process may die at any time.
"""

import contextlib
import errno
import itertools
import json
import math
import os
import shutil
import warnings
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import Status, StoreError, fail
from .record import differences

LEDGER = "ledger"
ABSENT = -1  # in the ledger

Index = tuple[int, ...]


class Store:
    """The arrays of one sweep in a folder, open for one writer.

    Attributes:
        path: of the folder.
        group: the zarr group.
        runs: the group of the ledger, whose attributes list the runs.
        ledger: checksums of each array for each chunk.
        names: of the arrays, in the order of the ledger.
    """

    group: Any

    def __init__(self, path: Path, group: Any) -> None:
        import zarr

        self.path, self.group = path, group
        self.runs = zarr.open_group(path / LEDGER, mode="r+")  # by itself: the group around it knows only how it began
        self.ledger: Any = self.runs["checksums"]
        self.names: list[str] = list(self.ledger.attrs["arrays"])

    def states(self) -> dict[Index, str]:
        """Of each chunk whether it is "whole", "damaged" or "absent"; nothing is changed."""
        entries = self._entries()
        return {index: "absent" if ABSENT in entry else self._compared(index, entry) for index, entry in entries.items()}

    def missing(self) -> tuple[list[Index], int]:
        """Chunks that are to be solved, and how many of them because they were damaged (their files are gone now)."""
        states = self.states()
        found = [index for index, state in states.items() if state != "whole"]
        for index in found:
            self._remove(index)
        return found, list(states.values()).count("damaged")

    def _entries(self) -> dict[Index, list[int]]:
        """What stands in the ledger; an entry that cannot be read is not there."""
        try:
            whole = self.ledger[...]
        except Exception:  # whatever a reader says of damaged bytes
            whole = np.full(self.ledger.shape, ABSENT)
            for index in itertools.product(*map(range, self.ledger.shape[:-1])):
                with contextlib.suppress(Exception):
                    whole[index] = self.ledger[index]
        return {index: whole[index].tolist() for index in itertools.product(*map(range, self.ledger.shape[:-1]))}

    def _compared(self, index: Index, entry: list[int]) -> str:
        """Whether all that was written of a chunk can be read, and is what was written."""
        try:
            return "whole" if [_checksum(self._read(name, index)) for name in self.names] == entry else "damaged"
        except PermissionError as error:
            raise self.sentence(error) from None
        except Exception:  # the same
            return "damaged"

    def _read(self, name: str, index: Index) -> np.ndarray:
        array = self.group[name]
        if not self._file(name, index, array.ndim).exists():
            raise LookupError(name)
        return array.get_block_selection(index + (0,) * (array.ndim - len(index)))

    def _file(self, name: str, index: Index, ndim: int) -> Path:
        return self.path.joinpath(name, "c", *map(str, index + (0,) * (ndim - len(index))))

    def _remove(self, index: Index) -> None:
        """Remove the files of a chunk, its entry first."""
        with self.careful():
            self._file(f"{LEDGER}/checksums", index, self.ledger.ndim).unlink(missing_ok=True)
            for name in self.names:
                self._file(name, index, self.group[name].ndim).unlink(missing_ok=True)

    def publish(self, index: Index, arrays: Mapping[str, np.ndarray]) -> None:
        """Write a chunk, and then that it is there."""
        with self.careful(sum(array.nbytes for array in arrays.values())):
            for name in self.names:
                array = self.group[name]
                array.set_block_selection(index + (0,) * (array.ndim - len(index)), arrays[name])
            sums = np.array([_checksum(arrays[name]) for name in self.names])
            self.ledger.set_block_selection((*index, 0), sums.reshape((1,) * len(index) + (-1,)))

    def note(self, attributes: Mapping[str, Any], about_run: Mapping[str, Any]) -> None:
        """Write attributes of the whole, and one more run into the list of runs."""
        with self.careful():
            if any(self.group.attrs.get(key) != value for key, value in attributes.items()):
                self.group.attrs.update(attributes)
            before: Any = self.runs.attrs.get("runs", [])
            self.runs.attrs.update({"runs": [*before, dict(about_run)]})

    @contextlib.contextmanager
    def careful(self, needed: int = 0) -> Iterator[None]:
        """A sentence in place of what the operating system says."""
        try:
            yield
        except OSError as error:
            raise self.sentence(error, needed) from None

    def sentence(self, error: OSError, needed: int = 0) -> StoreError:
        """What is wrong with the folder."""
        return _sentence(self.path, error, needed)


def _sentence(path: Path, error: OSError, needed: int = 0) -> StoreError:
    said = (error.strerror or str(error)).lower()
    fix = {
        errno.ENOSPC: "make room",
        errno.EDQUOT: "make room",
        errno.EROFS: "name a folder on a disk that can be written to",
        errno.EACCES: "name a folder that you may write to",
        errno.EPERM: "name a folder that you may write to",
    }.get(error.errno or 0, "look at that disk")
    room = f" ({needed} bytes are to be written)" if needed else ""
    return StoreError(
        f"`store` must be a folder that can be written to, but {path}: {said}{room}; fix: {fix}, and run the same again: "
        "what is there is kept."
    )


def _checksum(array: Any) -> int:
    return zlib.crc32(np.ascontiguousarray(array).tobytes())


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """The folder, made if need be, for this process alone; it is free again when the process ends, however it does."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDONLY)
    except FileExistsError:
        fail(StoreError, "store", "be a folder", f"{path} is a file", "name another one")
    except OSError as error:
        raise _sentence(path, error) from None
    try:
        _lock(handle, path)
        yield
    finally:
        os.close(handle)
        with contextlib.suppress(OSError):
            path.rmdir()  # only if nothing was written


def _lock(handle: int, path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # where there is no such lock, two writers are not told of each other
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fail(StoreError, "store", "have one writer at a time", f"another process writes to {path}", "wait for it")
    except OSError:  # some network file systems lock no folders
        return


def opened(path: Path, plan: Mapping[str, Any], made: Any) -> Store:
    """The store at a path (locked) for a sweep with this plan: as it was left, or a new one.

    Args:
        path: of the folder.
        plan: see `record`.
        made: writes a new store.

    Raises:
        StoreError: if there is another sweep, with what differs, or something else.
    """
    import zarr

    try:
        for stray in path.rglob("*.partial"):  # of a write that was cut off
            stray.unlink()
        if _head(path) is None:
            _clear(path)
            made()
        group: Any = zarr.open_group(path, mode="r+")
    except OSError as error:
        raise _sentence(path, error) from None
    check_same(path, plan_of(path, group.attrs), plan)
    return Store(path, group)


def check_path(store: Any) -> Path:
    """The path of a store, as it was given."""
    if not isinstance(store, (str, os.PathLike)) or not str(store):
        fail(StoreError, "store", "be the path of a folder", f"it is {store!r}", 'use e.g. store="sweep.zarr"')
    return Path(store)


def check_same(path: Path, there: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    """A sentence, with a line for each difference, if a store was made for another plan."""
    if found := differences(there, here):
        lines = "".join(f"\n  {line}" for line in found)
        fix = "name another store, or ask for a branch (branch=True, or --branch)"
        fail(StoreError, "store", "hold this very sweep", f"{path} holds another one:{lines}\n", fix)


def branches(path: Path) -> Iterator[Path]:
    """x.zarr, x-2.zarr, x-3.zarr, ..."""
    yield path
    for k in itertools.count(2):
        yield path.with_name(f"{path.stem}-{k}{path.suffix}")


def plan_at(path: Path) -> dict[str, Any] | None:
    """The plan of the store at a path; None if there is none yet."""
    head = _head(path)
    return None if head is None else plan_of(path, head)


def published(path: Path) -> int:
    """Chunks that stand in the ledger of the store at a path."""
    import zarr

    if plan_at(path) is None:
        return 0
    ledger: Any = zarr.open_array(path / LEDGER / "checksums", mode="r")
    return int(np.sum(ledger[...][..., 0] != ABSENT))


def plan_of(path: Path, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The plan that a store was made for."""
    try:
        return json.loads(attributes["plan"])
    except (KeyError, TypeError, ValueError):
        fail(StoreError, "store", "be a store of jaxqb", f"{path} is another zarr group", "name another folder")


def _head(path: Path) -> dict[str, Any] | None:
    """Attributes of a store; None until it is whole: they are the last that is written when it is made."""
    try:
        head = json.loads((path / "zarr.json").read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        fail(StoreError, "store", "be a store of jaxqb", f"{path}/zarr.json cannot be read", "name another folder")
    except OSError as error:
        raise _sentence(path, error) from None
    return head.get("attributes") or None


def _clear(path: Path) -> None:
    """Remove what a store has that died while it was made."""
    items = [item for item in path.iterdir() if item.name != "zarr.json"]
    for item in items:
        if not item.is_dir() or any(found.name not in ("zarr.json", "0") for found in item.rglob("*") if found.is_file()):
            fail(StoreError, "store", "be a store or an empty folder", f"{path} holds {item.name}", "name another folder")
    for item in items:
        shutil.rmtree(item)
    (path / "zarr.json").unlink(missing_ok=True)


def make(path: Path, axes: Any, outputs: Mapping[str, Any], chunk: Index, attributes: Mapping[str, Any], label: Any) -> None:
    """Write a new store without any chunk; the group last, so that one that is there is whole.

    Args:
        path: of the folder.
        axes: of the sweep.
        outputs: shape at a point, and dtype, of each array.
        chunk: points of a chunk along each axis.
        attributes: of the group.
        label: from a name to what is said about an array.
    """
    import zarr
    from zarr.codecs import Crc32cCodec

    dims, shape = [axis.name for axis in axes], tuple(axis.size for axis in axes)
    for axis in axes:
        for name, values, about in axis.coordinates():
            zarr.create_array(path, name=name, data=values, attributes=about, dimension_names=[axis.name], compressors=None)
    grid = tuple(math.ceil(n / c) for n, c in zip(shape, chunk, strict=True))
    whole: dict[str, Any] = {"compressors": [Crc32cCodec()], "config": {"write_empty_chunks": True}}
    for name, (inner, dtype) in outputs.items():
        zarr.create_array(
            path,
            name=name,
            shape=shape + inner,
            chunks=chunk + tuple(max(n, 1) for n in inner),
            dtype=dtype,
            fill_value=int(Status.MISSING) if name == "status" else dtype.type(np.nan if dtype.kind in "fc" else 0),
            attributes=label(name),
            dimension_names=[*dims, *(f"{name}_{k}" for k in range(len(inner)))],
            **whole,
        )
    zarr.create_group(path, path=LEDGER).create_array(
        "checksums",
        shape=(*grid, len(outputs)),
        chunks=(1,) * len(grid) + (len(outputs),),
        dtype=np.int64,
        fill_value=ABSENT,
        attributes={"arrays": list(outputs)},
        **whole,
    )
    with warnings.catch_warnings():  # that formats 3 leave it open; it saves readers a request for each array
        warnings.simplefilter("ignore")
        group = zarr.consolidate_metadata(path)
    others = [name for axis in axes for name, *_ in axis.coordinates() if name not in dims]
    group.attrs.update({**attributes, **({"coordinates": " ".join(others)} if others else {})})
