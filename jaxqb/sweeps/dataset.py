"""Labels and provenance: the arrays of a sweep as an `xarray.Dataset` that says what it holds and how it came about."""

import dataclasses
import datetime
import functools
import importlib
import json
import platform
import threading
from importlib import metadata
from typing import Any

import equinox as eqx
import jax
import numpy as np

from ..conventions import UNITS
from ..errors import Status
from .axes import Axis

_MEANINGS = {
    "long_name": "what became of each point",
    "flag_values": np.array([int(status) for status in Status], np.int8),
    "flag_meanings": " ".join(status.name.lower() for status in Status),
}


def preload() -> None:
    """Begin to import xarray, which is slow, in a thread of its own: one that compiles does not hold the interpreter's lock."""
    threading.Thread(target=importlib.import_module, args=("xarray",)).start()


def dataset(axes: tuple[Axis, ...], arrays: dict[str, np.ndarray], figures: Any, attrs: dict[str, Any]) -> Any:
    """Arrays whose leading axes are those of the sweep, with coordinates, units and attributes."""
    import xarray

    dims = tuple(axis.name for axis in axes)
    coordinates = {}
    for axis in axes:
        for field, values in zip(axis.fields, axis.given, strict=True):
            about = {"long_name": field.doc, "symbol": field.symbol, "units": UNITS.get(field.unit, field.unit)}
            coordinates[field.name] = (axis.name, values, about)
    variables = {}
    for name, array in arrays.items():
        inner = tuple(f"{name}_{k}" for k in range(array.ndim - len(dims)))
        about = _MEANINGS if name == "status" else dataclasses.asdict(figures.label(name))
        variables[name] = (dims + inner, array, about)
    counts = np.bincount(arrays["status"].ravel())
    counted = {status.name.lower(): int(n) for status, n in zip(Status, counts, strict=False) if n}
    return xarray.Dataset(variables, coordinates, attrs | {"status_counts": json.dumps(counted)})


def provenance(battery: Any, axes: tuple[Axis, ...], devices: tuple[Any, ...]) -> dict[str, Any]:
    """Where, when and of what; strings and numbers only, which every file format can hold."""
    varied = {field.name for axis in axes for field in axis.fields}
    kept = {
        item.name: plain(getattr(battery, item.name))
        for item in dataclasses.fields(battery)
        if item.init and item.name not in varied
    }
    device, dtype = devices[0], axes[0].values[0].dtype
    return {
        **_versions(),
        "device": f"{len(devices)} x {device.device_kind}" if len(devices) > 1 else device.device_kind,
        "platform": device.platform,
        "dtype": str(dtype),
        "x64": int(dtype == np.float64),
        "battery": json.dumps({"type": type(battery).__name__} | kept),
        "axes": json.dumps({axis.name: [field.name for field in axis.fields] for axis in axes}),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


@functools.cache
def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in ("jaxqb", "jax", "jaxlib", "numpy"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # run from a source tree
            versions[package] = "not installed"
    return versions


def plain(value: Any) -> Any:
    """A leaf of a battery in the words of JSON.

    >>> import jaxqb as qb
    >>> plain(qb.thermal(2.0))
    {'type': 'Thermal', 'mean': 2.0}
    """
    if isinstance(value, eqx.Module):
        fields = {item.name: plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
        return {"type": type(value).__name__} | fields
    if isinstance(value, (jax.Array, np.ndarray, np.generic)):
        return np.asarray(value).tolist()
    return value if isinstance(value, (str, int, float, bool)) or value is None else repr(value)
