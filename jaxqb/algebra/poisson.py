"""Poisson's weights, to a few rounding errors also where their mean is large."""

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

FEW = 16  # below this Stirling's series is not exact
CORRECTIONS = np.array([0.0, *(math.lgamma(k + 1) - k * math.log(k) + k - math.log(2 * math.pi * k) / 2 for k in range(1, FEW))])


def weights(k: Float[Array, " k"], mean: Float[Array, " t"]) -> Float[Array, "t k"]:
    """``exp(-mean) mean^k / k!`` for each mean (row) and count (column).

    Source: C. Loader, "Fast and accurate computation of binomial probabilities" (2000): the deviance from the mean and Stirling's
    correction by themselves, so that no large numbers cancel.
    """
    positive = jnp.maximum(k, 1.0)
    series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / positive**2) / positive**2) / positive**2) / positive
    correction = jnp.where(k < FEW, jnp.asarray(CORRECTIONS)[jnp.minimum(k, FEW - 1).astype(int)], series)
    front = jnp.where(k > 0, correction + jnp.log(2 * jnp.pi * positive) / 2, 0.0)
    some = jnp.where(mean > 0, mean, 1.0)[:, None]
    far = k - some
    deviance = jnp.where(k > 0, positive * jnp.log1p(jnp.where(k > 0, far / some, 0.0)), 0.0) - far
    return jnp.where(mean[:, None] > 0, jnp.exp(-deviance - front), 1.0 * (k == 0))


def last(mean: Any) -> Any:
    """A count beyond which all weights together are below 1e-17 (of means up to `mean`)."""
    return jnp.ceil(mean + 9 * jnp.sqrt(mean) + 20)
