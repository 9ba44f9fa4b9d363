"""What a store holds: read only, also while a sweep writes to it."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import Status, StoreError, fail
from .dataset import stored
from .store import Store, check_path, plan_at


@dataclasses.dataclass(frozen=True)
class Survey:
    """What a store holds.

    Attributes:
        chunks: of the sweep.
        whole: how many of them are there as they were written.
        damaged: how many are there, but not so.
        statuses: points with each status, by its name; those of chunks that are not there are `missing`.
        about: attributes of the store.
        runs: what is known of each run that ended by itself.
    """

    chunks: int
    whole: int
    damaged: int
    statuses: dict[str, int]
    about: dict[str, Any]
    runs: list[dict[str, Any]]

    @property
    def complete(self) -> bool:
        """Whether nothing is to be solved any more."""
        return self.whole == self.chunks


def survey(store: Any) -> Survey:
    """Read all chunks of a store, and compare them with its ledger.

    Raises:
        StoreError: if there is no store of jaxqb.
    """
    import zarr

    path = check_store(store)
    group: Any = zarr.open_group(path, mode="r")
    found = Store(path, group)
    states = list(found.states().values())
    counts = np.bincount(np.ravel(group["status"][...]), minlength=len(Status)) if "damaged" not in states else []
    statuses = {status.name.lower(): int(n) for status, n in zip(Status, counts, strict=False) if n}
    return Survey(
        len(states),
        states.count("whole"),
        states.count("damaged"),
        statuses,
        dict(group.attrs),
        list(found.runs.attrs.get("runs", [])),
    )


def opened(store: Any) -> Any:
    """The Dataset of a store."""
    return stored(check_store(store))


def check_store(store: Any) -> Path:
    """The path, if a store is there."""
    path = check_path(store)
    if plan_at(path) is None:
        but = "nothing is there" if not path.exists() else f"{path} is none"
        fail(StoreError, str(path), "be a store of a sweep", but, "name the folder of `sweep(..., store=...)`")
    return path


def battery_of(survey: Survey) -> str:
    """The battery of a sweep in a line."""
    battery = json.loads(survey.about["battery"])
    return f"{battery.pop('type')}({', '.join(f'{name}={value}' for name, value in battery.items())})"
