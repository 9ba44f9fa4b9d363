"""Where searches begin: points that fill the box evenly, however many there are."""

from typing import Any

import jax
import numpy as np

from ..errors import DesignError, fail
from .bounds import MARGIN, Box


def even_points(count: int, dimension: int, key: Any = 0) -> np.ndarray:
    """Additive quasi-random sequence in the unit cube, shape (count, dimension), shifted at random by `key`.

    ``u_k = (shift + k alpha) mod 1`` with ``alpha_j = phi^-(j+1)``, where phi is the root of ``x^(d+1) = x + 1`` above one (the
    golden ratio for d = 1): the lattice-like sequence of M. Roberts, good in any dimension and for any count.

    >>> even_points(4, 1).shape
    (4, 1)
    """
    phi = 2.0
    for _ in range(64):
        phi = (1 + phi) ** (1 / (dimension + 1))
    alpha = phi ** -np.arange(1.0, dimension + 1)
    shift = np.random.default_rng(_seed(key)).random(dimension)
    return (shift + np.outer(np.arange(1, count + 1), alpha)) % 1


def start_points(box: Box, own: np.ndarray, count: int, key: Any) -> np.ndarray:
    """Parameters of all starts, shape (count, d): first the battery's own where they lie in the box."""
    low, high, scale = np.asarray(box.low), np.asarray(box.high), np.asarray(box.scale)
    u = MARGIN + (1 - 2 * MARGIN) * even_points(count, len(low), key)
    has_low, has_high = np.isfinite(low), np.isfinite(high)
    with np.errstate(invalid="ignore"):
        between = low + (high - low) * u
        away = -scale * np.log(1 - u)
        one_sided = np.where(has_low, low + away, high - away)
        free = box.centre + scale * np.log(u / (1 - u))
    points = np.where(has_low & has_high, between, np.where(has_low | has_high, one_sided, free))
    if np.all((own >= low) & (own <= high)):
        points[0] = own
    return points


def _seed(key: Any) -> Any:
    if isinstance(key, jax.Array) and jax.dtypes.issubdtype(key.dtype, jax.dtypes.prng_key):
        key = jax.random.key_data(key)
    try:
        return np.atleast_1d(np.asarray(key)).astype(np.uint64).tolist()
    except (TypeError, ValueError, OverflowError):
        fail(DesignError, "key", "be an integer of at least 0", f"it is {key!r}", "use key=0")
