"""The box of parameters: its bounds, and a smooth map of unbounded coordinates onto it."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

MARGIN = 1e-4  # searches begin this fraction of the range off a bound, where the map is stationary

Vector = Float[Array | np.ndarray, " d"]


class Box(eqx.Module):
    r"""Bounds of d parameters, and the map of R^d onto them.

    Between two bounds ``x = mid + half sin(z)``, beside one ``x = low + scale (sqrt(1 + z^2) - 1)`` (or its mirror
    image), without any ``x = centre + scale z``. A bound is reached at a finite z, with zero slope, and no plateau lies
    beyond: to a quasi-Newton method an optimum at a bound is one like any other. (With a sigmoid it lies at infinity:
    BFGS took 1.5 to 3 times the steps, and some searches ended on the plateau.)

    Attributes:
        low, high: bounds; infinite where a side is open.
        centre, scale: the battery's own value, and what counts as far from it.
        layout: fields, with the length of those that are arrays.
        whole: which parameters end as integers.
    """

    low: Vector
    high: Vector
    centre: Vector
    scale: Vector
    layout: tuple[tuple[str, int | None], ...] = eqx.field(static=True)  # fields, with the length of those that are arrays
    whole: tuple[bool, ...] = eqx.field(static=True)  # which parameters end as integers

    @property
    def names(self) -> tuple[str, ...]:
        """One name a parameter; entries of an array field are counted."""
        entries = ([field] if count is None else [f"{field}[{i}]" for i in range(count)] for field, count in self.layout)
        return tuple(name for names in entries for name in names)

    def leaves(self, x: Any) -> dict[str, Any]:
        """The fields of a battery from the vector of parameters."""
        fields, i = {}, 0
        for field, count in self.layout:
            fields[field] = x[i] if count is None else x[i : i + count]
            i += 1 if count is None else count
        return fields

    def place(self, z: Vector) -> Vector:
        """Parameters at coordinates z."""
        has_low, has_high = jnp.isfinite(self.low), jnp.isfinite(self.high)
        low, high = jnp.where(has_low, self.low, 0.0), jnp.where(has_high, self.high, 0.0)
        between = jnp.clip((low + high) / 2 + (high - low) / 2 * jnp.sin(z), low, high)
        away = self.scale * (jnp.sqrt(1 + z**2) - 1)
        beside = jnp.where(has_low, low + away, high - away)
        bounded = jnp.where(has_low & has_high, between, beside)
        return jnp.where(has_low | has_high, bounded, self.centre + self.scale * z)

    def inside(self, z: Vector) -> Vector:
        """Coordinates moved off the bounds by `MARGIN` where they lie closer."""
        has_low, has_high = jnp.isfinite(self.low), jnp.isfinite(self.high)
        most = 1 - 2 * MARGIN
        between = jnp.arcsin(jnp.clip(jnp.sin(z), -most, most))
        beside = jnp.maximum(jnp.abs(z), ((1 + MARGIN) ** 2 - 1) ** 0.5)
        return jnp.where(has_low & has_high, between, jnp.where(has_low | has_high, beside, z))

    def locate(self, x: np.ndarray) -> np.ndarray:
        """Coordinates of parameters (any leading axes), moved off the bounds by `MARGIN`."""
        low, high, scale = map(np.asarray, (self.low, self.high, self.scale))
        has_low, has_high = np.isfinite(low), np.isfinite(high)
        with np.errstate(invalid="ignore"):
            between = np.arcsin(np.clip(2 * (x - low) / (high - low) - 1, 2 * MARGIN - 1, 1 - 2 * MARGIN))
            away = np.maximum(np.where(has_low, x - low, high - x) / scale, MARGIN)
            bounded = np.where(has_low & has_high, between, np.sqrt((1 + away) ** 2 - 1))
        return np.where(has_low | has_high, bounded, (x - self.centre) / scale)

    def side(self, x: float, i: int, tolerance: float) -> str | None:
        """The bound that parameter i has reached, within a fraction of its range (or scale, if a side is open)."""
        low, high = float(self.low[i]), float(self.high[i])
        reach = tolerance * (high - low if np.isfinite(high - low) else float(self.scale[i]))
        return "low" if x - low <= reach else "high" if high - x <= reach else None
