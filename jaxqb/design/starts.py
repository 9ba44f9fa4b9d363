"""Where searches begin: points that fill the box evenly, however many there are."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import DesignError, fail, shown
from .box import MARGIN, Box


def even_points(count: int, dimension: int, key: Any = 0) -> np.ndarray:
    """Additive quasi-random points in the unit cube, shape (count, dimension), shifted at random by `key`.

    ``u_k = (shift + k alpha) mod 1`` with ``alpha_j = phi^-j``, j = 1 .. d, where ``phi^(d+1) = phi + 1``: multiples of
    the golden ratio for d = 1, and M. Roberts' generalisation of them beyond. Good for any count, in any dimension.
    """
    phi = 2.0
    for _ in range(64):
        phi = (1 + phi) ** (1 / (dimension + 1))
    alpha = phi ** -np.arange(1.0, dimension + 1)
    shift = np.random.default_rng(_seed(key)).random(dimension)
    return (shift + np.outer(np.arange(1, count + 1), alpha)) % 1


def start_points(box: Box, own: np.ndarray, count: int, key: Any) -> np.ndarray:
    """Parameters of all starts, shape (count, d): first the battery's own where they lie in the box."""
    low, high, scale = map(np.asarray, (box.low, box.high, box.scale))
    u = MARGIN + (1 - 2 * MARGIN) * even_points(count, len(low), key)
    has_low, has_high = np.isfinite(low), np.isfinite(high)
    with np.errstate(invalid="ignore"):
        away = -scale * np.log(1 - u)
        beside = np.where(has_low, low + away, high - away)
        bounded = np.where(has_low & has_high, low + (high - low) * u, beside)
    points = np.where(has_low | has_high, bounded, box.centre + scale * np.log(u / (1 - u)))
    if np.all((own >= low) & (own <= high)):
        points[0] = own
    return points


def _seed(key: Any) -> list[int]:
    if isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        key = jax.random.key_data(key)
    words = np.ravel(np.asarray(key))
    if words.dtype.kind not in "iu" or not words.size or np.any(words < 0):
        fail(DesignError, "key", "be an integer of at least 0", f"it is {shown(key)}", "use key=0")
    return words.tolist()
