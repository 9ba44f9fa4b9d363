"""Labels and provenance: the arrays of a sweep as an `xarray.Dataset` that says what it holds and how it came about."""

import dataclasses
import datetime
import functools
import importlib
import json
import platform
import threading
from importlib import metadata
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np

from ..errors import Status
from .axes import Axis

_MEANINGS = {
    "long_name": "what became of each point",
    "flag_values": [int(status) for status in Status],
    "flag_meanings": " ".join(status.name.lower() for status in Status),
}


def preload() -> None:
    """Begin to import xarray, which is slow, in a thread of its own: one that compiles does not hold the interpreter's lock."""
    threading.Thread(target=importlib.import_module, args=("xarray",)).start()


def dataset(axes: tuple[Axis, ...], arrays: dict[str, np.ndarray], figures: Any, attrs: dict[str, Any]) -> Any:
    """Arrays whose leading axes are those of the sweep, with coordinates, units and attributes."""
    import xarray

    dims = tuple(axis.name for axis in axes)
    coordinates = {name: (axis.name, values, about) for axis in axes for name, values, about in axis.coordinates()}
    variables = {}
    for name, array in arrays.items():
        inner = tuple(f"{name}_{k}" for k in range(array.ndim - len(dims)))
        variables[name] = (dims + inner, array, label(figures, name))
    return xarray.Dataset(variables, coordinates, attrs | {"status_counts": counted(arrays["status"])})


def stored(path: Path) -> Any:
    """The Dataset of a store, whose arrays are read when they are looked at."""
    import xarray

    return xarray.open_zarr(path, chunks=None)


def label(figures: Any, name: str) -> dict[str, Any]:
    """What is said about an array."""
    return dict(_MEANINGS) if name == "status" else dataclasses.asdict(figures.label(name))


def counted(statuses: np.ndarray) -> str:
    """How many points have which status, as JSON."""
    counts = np.bincount(np.ravel(statuses), minlength=len(Status))
    return json.dumps({status.name.lower(): int(n) for status, n in zip(Status, counts, strict=True) if n})


def provenance(battery: Any, axes: tuple[Axis, ...], devices: tuple[Any, ...]) -> dict[str, Any]:
    """Where and of what; strings and numbers only, which every file format can hold."""
    varied = {field.name for axis in axes for field in axis.fields}
    kept = {
        item.name: plain(getattr(battery, item.name))
        for item in dataclasses.fields(battery)
        if item.init and item.name not in varied
    }
    device, dtype = devices[0], axes[0].values[0].dtype
    return {
        **versions(),
        "device": f"{len(devices)} x {device.device_kind}" if len(devices) > 1 else device.device_kind,
        "platform": device.platform,
        "device_kind": device.device_kind,
        "dtype": str(dtype),
        "x64": int(dtype == np.float64),
        "battery": json.dumps({"type": type(battery).__name__} | kept),
        "axes": json.dumps({axis.name: [field.name for field in axis.fields] for axis in axes}),
    }


def now() -> str:
    """The time, as it is written down."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


@functools.cache
def versions() -> dict[str, str]:
    """Of Python and of the packages that a number depends on."""
    found = {"python": platform.python_version()}
    for package in ("jaxqb", "jax", "jaxlib", "numpy"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # run from a source tree
            found[package] = "not installed"
    return found


def plain(value: Any) -> Any:
    """A leaf of a battery in the words of JSON.

    >>> import jaxqb as qb
    >>> plain(qb.thermal(2.0))
    {'type': 'Thermal', 'mean': 2.0}
    >>> plain(np.array([1.0 + 2.0j]))
    {'real': [1.0], 'imag': [2.0]}
    """
    if isinstance(value, eqx.Module):
        fields = {item.name: plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
        return {"type": type(value).__name__} | fields
    if isinstance(value, (jax.Array, np.ndarray, np.generic)):
        value = np.asarray(value)
        return {"real": value.real.tolist(), "imag": value.imag.tolist()} if value.dtype.kind == "c" else value.tolist()
    return value if isinstance(value, (str, int, float, bool)) or value is None else repr(value)
