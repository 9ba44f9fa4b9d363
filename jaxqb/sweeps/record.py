"""What a store must know of its sweep to be sure that it is the same one: a plan in words of JSON, and how two plans differ."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import numpy as np

FORMAT = 1  # of stores; raised when a store of before can no longer be gone on with
LONG = 60  # characters of a value that are shown
EXACTLY = 8  # values of an axis that are written out
SEVERAL = 8  # differences that are shown


def values(array: np.ndarray) -> Any:
    """Numbers of an axis: themselves if they are few, else their number, ends, and a digest of all their bits."""
    if array.size <= EXACTLY:
        return array.tolist()
    return {"count": array.size, "first": array[0].item(), "last": array[-1].item(), "digest": digest(array.tobytes())}


def numbers(figures: Any) -> dict[str, Any]:
    """What figures were given besides their program: their arrays, by where they stand."""
    leaves = jax.tree_util.tree_flatten_with_path(figures)[0]
    return {jax.tree_util.keystr(where).lstrip("."): values(np.ravel(leaf)) for where, leaf in leaves if hasattr(leaf, "dtype")}


def digest(text: bytes | str) -> str:
    """A short one that tells texts apart."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()[:16]


def differences(there: Any, here: Any) -> list[str]:
    """One line for each entry in which a plan differs from another, the first few of them.

    >>> differences({"battery": {"coupling": 1.0, "type": "SpinCharger"}}, {"battery": {"coupling": 2.0, "type": "SpinCharger"}})
    ['battery.coupling: 1.0 there, 2.0 here']
    """
    found = list(_differences(there, here, ""))
    return [*found[:SEVERAL], f"... and {len(found) - SEVERAL} more"] if len(found) > SEVERAL + 1 else found


def _differences(there: Any, here: Any, place: str) -> Iterator[str]:
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        for key in dict.fromkeys([*there, *here]):
            yield from _differences(there.get(key, "none"), here.get(key, "none"), f"{place}.{key}" if place else str(key))
    elif isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        for k, pair in enumerate(zip(there, here, strict=True)):
            yield from _differences(*pair, f"{place}[{k}]")
    elif there != here and json.dumps(there) != json.dumps(here):  # 1 is 1.0, and nan is nan
        yield f"{place}: {_short(there)} there, {_short(here)} here"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= LONG else f"{text[:LONG]}..."
