"""What a store must know of its sweep to be sure that it is the same one: a plan in words of JSON, and how two plans differ."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

FORMAT = 1  # of stores; raised when a store of before can no longer be gone on with
LONG = 60  # characters of a value that are shown
EXACTLY = 8  # values of an axis that are written out


def values(array: np.ndarray) -> Any:
    """Numbers of an axis: themselves if they are few, else their number, ends, and a digest of all their bits."""
    if array.size <= EXACTLY:
        return array.tolist()
    return {"count": array.size, "first": array[0].item(), "last": array[-1].item(), "digest": digest(array.tobytes())}


def digest(text: bytes | str) -> str:
    """A short one that tells texts apart."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()[:16]


def differences(there: Any, here: Any, place: str = "") -> list[str]:
    """One line for each entry in which a plan differs from another.

    >>> differences({"battery": {"coupling": 1.0, "type": "SpinCharger"}}, {"battery": {"coupling": 2.0, "type": "SpinCharger"}})
    ['battery.coupling: 1.0 there, 2.0 here']
    """
    return list(_differences(there, here, place))


def _differences(there: Any, here: Any, place: str) -> Iterator[str]:
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        for key in dict.fromkeys([*there, *here]):
            yield from _differences(there.get(key, "none"), here.get(key, "none"), f"{place}.{key}" if place else str(key))
    elif there != here:
        yield f"{place}: {_short(there)} there, {_short(here)} here"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= LONG else f"{text[:LONG]}..."
