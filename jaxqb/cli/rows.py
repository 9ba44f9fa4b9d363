"""What commands print, as rows of equal keys."""

import dataclasses
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import Status, StoreError, fail


def fields(battery: Any) -> list[dict[str, Any]]:
    """What can be written for a battery: its declared fields, and its starts."""
    from ..conventions import UNITS

    start = f"start: a number, or {{key = number}} with {', '.join(battery.starts)}"
    start = start if battery.starts else "probability that a spin is excited at the start: one number, or one for each"
    declared = battery.declared()
    rows = []
    for item in dataclasses.fields(battery):
        default = "(needed)" if item.default is dataclasses.MISSING else item.default
        if item.name in declared:
            info = declared[item.name]
            row = {"symbol": info.symbol, "unit": UNITS[info.unit], "default": default, "meaning": info.doc}
        elif item.init and not item.metadata.get("static"):
            row = {"symbol": "", "unit": "", "default": "full" if default is None else default, "meaning": start}
        else:
            continue
        rows.append({"field": item.name} | row)
    return rows


def charges(best: Any) -> list[dict[str, Any]]:
    """Every figure of a `Charge`."""
    from ..conventions import UNITS
    from ..figures import LABELS

    status = Status(int(best.status)).name.lower()
    rows = []
    for name, label in LABELS.items():
        figure = getattr(best, name)
        if figure is not None:
            row = {"figure": name, "symbol": label.symbol, "value": float(figure.value), "unit": label.units}
            rows.append(row | {"time": float(figure.time), "time_unit": UNITS["time"], "status": status})
    return rows


def points(data: Any, order: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Every point of a Dataset, its status in words and last; before all others what `order` names."""
    frame = data.to_dataframe().reset_index()
    rest = [name for name in frame if name not in order]
    rows = frame[[*order, *sorted(rest, key="status".__eq__)]].to_dict("records")
    return [row | {"status": Status(int(row["status"])).name.lower()} if "status" in row else row for row in rows]


def with_units(rows: list[dict[str, Any]], data: Any) -> list[dict[str, Any]]:
    """The same, with units below the names of what has one in a Dataset."""
    units = {name: data[name].attrs.get("units", "") for name in rows[0]}
    heads = {name: name if unit in ("", "1", "number") else f"{name}\n({unit})" for name, unit in units.items()}
    return [{heads[name]: value for name, value in row.items()} for row in rows]


def claims(data: Any) -> list[dict[str, Any]]:
    """Every claim of every paper in a DataTree of `reproduce`."""
    return [{"paper": key} | row for key, node in data.items() for row in points(node["claims"].to_dataset())]


def ranges(data: Any) -> list[dict[str, Any]]:
    """What a Dataset holds: each variable with its dimensions, unit and range."""
    rows = []
    for name, variable in data.data_vars.items():
        if variable.dtype.kind in "iuf":
            dims = ", ".join(f"{dim} {size}" for dim, size in variable.sizes.items())
            ends = {"smallest": float(variable.min()), "largest": float(variable.max())}
            rows.append({"variable": name, "dimensions": dims} | ends | {"unit": variable.attrs.get("units", "")})
    return rows


def comparison(given: Any, best: Any) -> list[dict[str, Any]]:
    """Parameters and figures of the given battery beside those of the best one.

    Where a figure is largest it changes with the square of a parameter, which is found to half as many digits.
    """
    rows = []
    for name in [*given.coords, *(name for name in given.data_vars if name != "status")]:
        before, after, label = float(given[name]), float(best[name]), given[name].attrs
        after = float(f"{after:.7g}") if name in given.coords else after
        change = f"{round(100 * (after / before - 1), 2) + 0.0:+.2f} %" if before and not math.isnan(before) else ""
        rows.append({"": label["long_name"], "as given": before, "optimum": after, "unit": label["units"], "change": change})
    return rows


def statuses(counts: dict[str, int]) -> list[dict[str, Any]]:
    """How many points have which status, and what that is."""
    return [{"points": count, "status": name, "meaning": Status[name.upper()].sentence} for name, count in counts.items()]


def to_csv(data: Any, path: Path, order: list[str] | None = None) -> None:
    """A row for each point, its status in words; columns in this order."""
    names = {int(status): status.name.lower() for status in Status}
    frame = data.to_dataframe().reset_index()
    frame.assign(status=frame["status"].map(names)).to_csv(path, index=False, columns=order)


def to_netcdf(data: Any, path: Path) -> None:
    """All of a Dataset, with units and provenance."""
    try:
        import h5netcdf  # noqa: F401
    except ImportError:
        fail(StoreError, str(path), "have h5netcdf to be written", "it is not installed", "run pip install 'jaxqb[netcdf]'")
    for name, variable in data.data_vars.items():
        if variable.dtype.kind == "c":
            but = f"{name} is complex"
            fail(StoreError, str(path), "hold real numbers, as NetCDF does", but, "export .csv, or use xarray.open_zarr")
    data.to_netcdf(path, engine="h5netcdf")


def self_check() -> dict[str, Any]:
    """One number against a closed form: the largest average power of one cell, where tan(t) = 2 t."""
    from ..batteries import SpinCharger
    from ..charging import charge

    low, high = 1.0, 1.3
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if math.tan(middle) < 2 * middle else (low, middle)
    closed = math.sin(low) ** 2 / low
    value = float(charge(SpinCharger(n_battery=1, n_charger=1)).max_average_power.value)
    what = "largest average power of one cell and one charger spin, against max of sin(t)^2 / t"
    error = abs(value - closed)
    return {"self_check": what, "value": value, "closed_form": closed, "error": error, "passed": error < 1e-12}
