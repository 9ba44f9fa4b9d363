"""A sweep on disk: a zarr group (format 3) that any reader opens, also half done, and that knows which chunks are whole.

Every chunk of the grid is one zarr chunk of each array, and one entry of ``ledger/checksums``, which is written last: a chunk
without an entry is not there, one that differs from its entry is damaged, and both are solved again. All other files (metadata,
coordinates) follow from the plan, and are written anew where they are not as they were made. Files appear whole or not at all, so
a process may die at any time.
"""

import contextlib
import errno
import itertools
import json
import math
import os
import re
import uuid
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from ..errors import Status, StoreError, fail, shown
from .record import differences, digest

try:
    import fcntl
except ImportError:  # where there is no such lock, two writers are not told of each other
    fcntl = None

LEDGER = "ledger"
ABSENT, UNREADABLE = -1, -2  # in the ledger, in place of a checksum
ROOT, RUNS, CHECKSUMS = "zarr.json", f"{LEDGER}/zarr.json", f"{LEDGER}/checksums/zarr.json"
SEALED = ROOT, RUNS, CHECKSUMS  # documents that hold a digest of themselves; the last one also those of all other files
PARTIAL = re.compile(r"\.[0-9a-f]{32}\.partial$")  # of a write that was cut off

Index = tuple[int, ...]


class Store:
    """The arrays of one sweep in a folder, open for one writer.

    Attributes:
        path: of the folder.
        group: the zarr group.
        ledger: checksums of each array for each chunk.
        names: of the arrays, in the order of the ledger.
        arrays: by name, the status last, so that readers trust it.
    """

    group: Any

    def __init__(self, path: Path, group: Any) -> None:
        own = {"write_empty_chunks": True}  # also those that hold nothing but the fill value; zarr does not remember it
        self.path, self.group = path, group
        self.ledger: Any = group[f"{LEDGER}/checksums"].with_config(own)
        self.names: list[str] = list(self.ledger.attrs["arrays"])
        self.arrays: dict[str, Any] = {name: group[name].with_config(own) for name in sorted(self.names, key="status".__eq__)}

    @property
    def history(self) -> list[dict[str, Any]]:
        """What is known of each run that ended by itself; nothing, if that was damaged."""
        return (_document(self.path / RUNS) or {"attributes": {}})["attributes"].get("runs", [])

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

    def whole(self, name: str, states: Mapping[Index, str]) -> np.ndarray:
        """An array, with its fill value at the points of chunks that are not whole: of these nothing is read."""
        array = self.arrays[name]
        out = np.full(array.shape, array.fill_value, array.dtype)
        for index in (index for index, state in states.items() if state == "whole"):
            out[tuple(slice(k * n, (k + 1) * n) for k, n in zip(index, array.chunks, strict=False))] = self._read(name, index)
        return out

    def check_coordinates(self) -> None:
        """A sentence if they are not as they were written: whoever opens the store reads them first."""
        with self.careful():
            for name, mark in _marks(self.path).items():
                if "/c/" in name and digest(_content(self.path / name)) != mark:
                    _broken(self.path, "coordinates")

    def _entries(self) -> dict[Index, list[int]]:
        """What stands in the ledger."""
        try:
            whole = self.ledger[...]
        except Exception as error:
            _check_damaged(self.path, error)
            whole = np.full(self.ledger.shape, UNREADABLE)
            for index in itertools.product(*map(range, self.ledger.shape[:-1])):
                try:
                    whole[index] = self.ledger[index]
                except Exception as error:
                    _check_damaged(self.path, error)
        return {index: whole[index].tolist() for index in itertools.product(*map(range, self.ledger.shape[:-1]))}

    def _compared(self, index: Index, entry: list[int]) -> str:
        """Whether all that was written of a chunk can be read, and is what was written."""
        try:
            return "whole" if [_checksum(self._read(name, index)) for name in self.names] == entry else "damaged"
        except Exception as error:
            _check_damaged(self.path, error)
            return "damaged"

    def _read(self, name: str, index: Index) -> np.ndarray:
        array = self.arrays[name]
        if not self._file(name, index, array.ndim).exists():
            raise LookupError(name)
        return array.get_block_selection(index + (0,) * (array.ndim - len(index)))

    def _file(self, name: str, index: Index, ndim: int) -> Path:
        return self.path.joinpath(name, "c", *map(str, index + (0,) * (ndim - len(index))))

    def _remove(self, index: Index) -> None:
        """Remove the files of a chunk, its entry first."""
        with self.careful():
            self._file(f"{LEDGER}/checksums", index, self.ledger.ndim).unlink(missing_ok=True)
            for name, array in reversed(self.arrays.items()):
                self._file(name, index, array.ndim).unlink(missing_ok=True)

    def publish(self, index: Index, arrays: Mapping[str, np.ndarray]) -> None:
        """Write a chunk, and then that it is there."""
        with self.careful(sum(array.nbytes for array in arrays.values())):
            for name, array in self.arrays.items():
                array.set_block_selection(index + (0,) * (array.ndim - len(index)), arrays[name])
            sums = np.array([_checksum(arrays[name]) for name in self.names])
            self.ledger.set_block_selection((*index, 0), sums.reshape((1,) * len(index) + (-1,)))

    def published(self) -> int:
        """Chunks that have an entry."""
        return sum(ABSENT not in entry for entry in self._entries().values())

    def note(self, counts: str, about_run: Mapping[str, Any] | None) -> None:
        """Write how many points have which status, and one more run into the list of runs."""
        with self.careful():
            _note(self.path / ROOT, {"status_counts": counts})
            if about_run is not None:
                _note(self.path / RUNS, {"runs": [*self.history, dict(about_run)]})

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
    found = StoreError(
        f"`store` must be a folder that can be read and written, but {path}: {said}{room}; fix: {fix}, and run the same again: "
        "what is there is kept."
    )
    found.disk = True
    return found


def _check_damaged(path: Path, error: Exception) -> None:
    """Nothing, if it is what a reader says of damaged or absent bytes; else a sentence: whole ones could not be read just now."""
    if isinstance(error, MemoryError):
        raise error
    if isinstance(error, OSError) and error.errno not in (None, errno.ENOENT, errno.ENOTDIR, errno.EISDIR):
        raise _sentence(path, error) from None


def _checksum(array: Any) -> int:
    return zlib.crc32(np.ascontiguousarray(array).tobytes())


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """The folder, made if need be, for this process alone; it is free again when the process ends, however it does."""
    handle = _held(path)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.rmdir()  # only if nothing was written; before anyone else can have the lock
        if handle is not None:
            os.close(handle)


def _held(path: Path) -> int | None:
    """A handle of the folder that holds its lock; None where there are no locks."""
    while True:
        try:
            path.mkdir(parents=True, exist_ok=True)
            handle = None if fcntl is None else os.open(path, os.O_RDONLY)
        except FileExistsError:
            fail(StoreError, "store", "be a folder", f"{path} is a file", "name another one")
        except OSError as error:
            raise _sentence(path, error) from None
        if handle is None or _lock(fcntl, handle, path):
            return handle
        os.close(handle)


def _lock(fcntl: Any, handle: int, path: Path) -> bool:
    """Whether that folder is ours now; not if it is no longer the one at the path, since who had it removed it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        fail(StoreError, "store", "have one writer at a time", f"another process writes to {path}", "wait for it")
    except OSError:  # some network file systems lock no folders
        return True
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False


def opened(path: Path, plan: Mapping[str, Any], files: Callable[[], Mapping[str, bytes]]) -> tuple[Store, list[str]]:
    """The store at a path (locked) for a sweep with this plan, as it was left, or a new one; and which files were damaged.

    Args:
        path: of the folder.
        plan: see `record`.
        files: gives those of a new store, see `fresh`.

    Raises:
        StoreError: if there is another sweep, with what differs, or something else.
    """
    there = plan_at(path)
    if there is None:
        check_empty(path)
    else:
        check_same(path, there, plan)
    try:
        for item in path.rglob("*.partial"):
            if PARTIAL.search(item.name):
                item.unlink()
        marks = _marks(path)
        written = [name for name, content in files().items() if _mended(path / name, content, name, marks.get(name))]
    except OSError as error:
        raise _sentence(path, error) from None
    begun = (path / LEDGER / "checksums/c").exists()  # until something is published nothing can be damaged
    return read(path, "r+"), written if begun else []


def read(path: Path, mode: Any = "r") -> Store:
    """The store at a path.

    Raises:
        StoreError: if it cannot be read.
    """
    import zarr

    try:
        if _document(path / ROOT) is not None:
            return Store(path, zarr.open_group(path, mode=mode))
    except Exception as error:
        _check_damaged(path, error)
    _broken(path, "metadata")


def _broken(path: Path, what: str) -> NoReturn:
    fail(StoreError, "store", "be whole", f"{what} of {path} are damaged", "run its sweep again, which writes them anew")


def check_path(store: Any) -> Path:
    """The path of a store, as it was given."""
    if not isinstance(store, (str, os.PathLike)) or not str(store):
        fail(StoreError, "store", "be the path of a folder", f"it is {shown(store)}", 'use e.g. store="sweep.zarr"')
    return Path(store) if Path(store).name else Path(store).absolute()


def check_same(path: Path, there: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    """A sentence, with all that differs, if a store was made for another plan."""
    if found := differences(there, here):
        fix = "name another store, or ask for a branch (branch=True, or --branch)"
        fail(StoreError, "store", "hold this very sweep", f"{path} holds another one ({'; '.join(found)})", fix)


def check_empty(path: Path) -> None:
    """A sentence if a folder that is no store holds anything but what a write left that was cut off."""
    for item in path.rglob("*") if path.is_dir() else ():
        if not item.is_dir() and not PARTIAL.search(item.name) and plan_at(path) is None:  # nor was it made just now
            but = f"{path} holds {item.relative_to(path)}"
            fail(StoreError, "store", "be a store or an empty folder", but, "name another folder")


def branches(path: Path) -> Iterator[Path]:
    """x.zarr, x-2.zarr, x-3.zarr, ..."""
    yield path
    for k in itertools.count(2):
        yield path.with_name(f"{path.stem}-{k}{path.suffix}")


def plan_at(path: Path) -> dict[str, Any] | None:
    """The plan of the store at a path; None if there is no store."""
    try:
        for name in (ROOT, CHECKSUMS):
            document = _document(path / name)
            if document is not None:
                return json.loads(document["attributes"]["plan"])
        if (path / ROOT).exists():
            but = f"{path} is another zarr group, or its metadata are damaged"
            fail(StoreError, "store", "be a store of jaxqb", but, "name another folder")
    except OSError as error:
        raise _sentence(path, error) from None
    return None


# ------------------------------------------------------------------------------------------------------ files


def _document(file: Path) -> dict[str, Any] | None:
    """A document of metadata that was sealed; None if there is none, or it is damaged."""
    try:
        content = file.read_bytes()
        document = json.loads(content)
        return document if sealed(document) == content else None
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except (ValueError, TypeError, KeyError, AttributeError):  # all that damaged bytes may be
        return None


def _marks(path: Path) -> dict[str, str]:
    """Digests of all other files, as they were made; nothing, if that was damaged."""
    return (_document(path / CHECKSUMS) or {"attributes": {}})["attributes"].get("files", {})


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def sealed(document: dict[str, Any]) -> bytes:
    """A document of metadata, with a digest of all of it among its attributes."""
    attributes = {key: value for key, value in document["attributes"].items() if key != "seal"}
    plain = document | {"attributes": attributes}
    whole = plain | {"attributes": attributes | {"seal": digest(json.dumps(plain))}}
    return json.dumps(whole, indent=2).encode()


def _mended(file: Path, content: bytes, name: str, mark: str | None) -> bool:
    """Write a file if it is not as it was made (its digest; another version of zarr may make others); whether it was so."""
    if name in SEALED:
        whole = _document(file) is not None
    else:
        there = _content(file)
        whole = there == content or digest(there) == mark
    if not whole:
        _write(file, content)
    return not whole


def _note(file: Path, attributes: Mapping[str, Any]) -> None:
    """Write attributes of a document, if they differ."""
    document = json.loads(file.read_bytes())
    content = sealed(document | {"attributes": document["attributes"] | attributes})
    if file.read_bytes() != content:
        _write(file, content)


def _write(file: Path, content: bytes) -> None:
    """A file that appears whole or not at all."""
    part = file.with_name(f"{file.name}.{uuid.uuid4().hex}.partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def fresh(axes: Any, outputs: Mapping[str, Any], chunk: Index, attributes: Mapping[str, Any], label: Any) -> dict[str, bytes]:
    """All files of a store without any chunk, in the order in which they are to be written.

    What says whose it is comes first, and the group last, so that readers find all or nothing.

    Args:
        axes: of the sweep.
        outputs: shape at a point, and dtype, of each array.
        chunk: points of a chunk along each axis.
        attributes: of the group; one is the plan.
        label: from a name to what is said about an array.
    """
    import zarr
    from zarr.codecs import Crc32cCodec
    from zarr.storage import MemoryStore

    files: dict[str, Any] = {}
    memory = MemoryStore(files)
    dims, shape = [axis.name for axis in axes], tuple(axis.size for axis in axes)
    for axis in axes:
        for name, values, about in axis.coordinates():
            zarr.create_array(memory, name=name, data=values, attributes=about, dimension_names=[axis.name], compressors=None)
    grid = tuple(math.ceil(n / c) for n, c in zip(shape, chunk, strict=True))
    checked: dict[str, Any] = {"compressors": [Crc32cCodec()]}
    for name, (inner, dtype) in outputs.items():
        zarr.create_array(
            memory,
            name=name,
            shape=shape + inner,
            chunks=chunk + tuple(max(n, 1) for n in inner),
            dtype=dtype,
            fill_value=int(Status.MISSING) if name == "status" else dtype.type(np.nan if dtype.kind in "fc" else 0),
            attributes=label(name),
            dimension_names=[*dims, *(f"{name}_{k}" for k in range(len(inner)))],
            **checked,
        )
    zarr.create_group(memory, path=LEDGER).create_array(
        "checksums",
        shape=(*grid, len(outputs)),
        chunks=(1,) * len(grid) + (len(outputs),),
        dtype=np.int64,
        fill_value=ABSENT,
        attributes={"arrays": list(outputs)},
        **checked,
    )
    with warnings.catch_warnings():  # that formats 3 leave it open; it saves readers a request for each array
        warnings.simplefilter("ignore")
        zarr.consolidate_metadata(memory)
    others = [name for axis in axes for name, *_ in axis.coordinates() if name not in dims]
    found = {name: content.to_bytes() for name, content in files.items()}
    more = {
        ROOT: {**attributes, **({"coordinates": " ".join(others)} if others else {})},
        RUNS: {},
        CHECKSUMS: {  # the plan too, for when the group is damaged
            "plan": attributes["plan"],
            "files": {name: digest(content) for name, content in found.items() if name not in SEALED},
        },
    }
    for name, about in more.items():
        document = json.loads(found[name])
        found[name] = sealed(document | {"attributes": document["attributes"] | about})
    return {CHECKSUMS: found[CHECKSUMS], **{name: found[name] for name in found if name != ROOT}, ROOT: found[ROOT]}
