"""What a store holds: read only, also while a sweep writes to it."""

import dataclasses
import json
from typing import Any

from ..batteries import REGISTRY
from ..errors import StoreError, fail
from .dataset import counted, stored
from .store import Store, check_path, plan_at, read


@dataclasses.dataclass(frozen=True)
class Survey:
    """What a store holds.

    Attributes:
        chunks: of the sweep.
        whole: how many of them are there as they were written.
        damaged: how many are there, but not so.
        statuses: points with each status, by its name; those of chunks that are not whole are `missing`.
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
        StoreError: if there is no store of jaxqb, or its metadata or coordinates are damaged.
    """
    found = _found(store)
    by_chunk = found.states()
    states, statuses = list(by_chunk.values()), json.loads(counted(found.whole("status", by_chunk)))
    about = dict(found.group.attrs)
    return Survey(len(states), states.count("whole"), states.count("damaged"), statuses, about, found.history)


def opened(store: Any) -> Any:
    """The Dataset of a store, in which the points of chunks that are not whole are `missing`.

    Raises:
        StoreError: if there is no store of jaxqb, or its metadata or coordinates are damaged.
    """
    found = _found(store)
    data, states = stored(found.path), found.states()
    arrays = {name: data[name].copy(data=found.whole(name, states)) for name in found.arrays}
    return data.assign(arrays).assign_attrs(status_counts=counted(arrays["status"].values))


def _found(store: Any) -> Store:
    """The store, if one is there whose metadata and coordinates are whole."""
    path = check_path(store)
    if plan_at(path) is None:
        but = "nothing is there" if not path.exists() else f"{path} is none"
        fail(StoreError, str(path), "be a store of a sweep", but, "name the folder of `sweep(..., store=...)`")
    found = read(path)
    found.check_coordinates()
    return found


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
