"""What a store holds: read only, also while a sweep writes to it."""

import contextlib
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from ..batteries import REGISTRY
from ..errors import Status, StoreError, fail
from .dataset import stored
from .store import check_path, plan_at, read


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

    @property
    def axes(self) -> dict[str, int]:
        """Points along each axis, by the names of its fields."""
        counts = {}
        for name, fields in json.loads(self.about["plan"])["axes"].items():
            values = fields[name]
            counts[", ".join(fields)] = len(values) if isinstance(values, list) else values["count"]
        return counts

    @property
    def figures(self) -> list[str]:
        """Their names."""
        return json.loads(self.about["figures"])

    @property
    def last_run(self) -> str:
        """When it began and what it did, in words."""
        if not self.runs:
            return "none that ended by itself"
        run = self.runs[-1]
        return f"{run['begun']} on {run['host']}: {run['chunks']} chunks in {run['seconds']:.1f} s"


def survey(store: Any) -> Survey:
    """Read all chunks of a store, and compare them with its ledger.

    Raises:
        StoreError: if there is no store of jaxqb.
    """
    path = check_store(store)
    found = read(path)
    states, counts = list(found.states().values()), []
    with contextlib.suppress(Exception):  # a damaged status cannot be read
        counts = np.bincount(np.ravel(found.arrays["status"][...]), minlength=len(Status))
    statuses = {status.name.lower(): int(n) for status, n in zip(Status, counts, strict=False) if n}
    about = dict(found.group.attrs)
    return Survey(len(states), states.count("whole"), states.count("damaged"), statuses, about, found.history)


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
    """The battery of a sweep in a line, without what is as by default."""
    battery = json.loads(survey.about["battery"])
    kind = battery.pop("type")
    usual = {item.name: _words(item.default) for item in dataclasses.fields(REGISTRY[kind])} if kind in REGISTRY else {}
    given = {name: _words(value) for name, value in battery.items()}
    return f"{kind}({', '.join(f'{name}={text}' for name, text in given.items() if text != usual.get(name, 'full'))})"


def _words(value: Any) -> str:
    """A field, or a start with its numbers, as it was written down."""
    if isinstance(value, dict):
        kind, *inner = map(_words, value.values())
        return inner[0] if kind == "Level" else f"{kind.lower()}({', '.join(inner)})" if inner else kind.lower()
    return "full" if value is None else f"{value:.10g}" if isinstance(value, (int, float)) else str(value)
