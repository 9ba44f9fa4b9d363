"""Interpolation in time between steps, from values and slopes at six of them, while the steps are made.

Steps are equal, but for the first and the last one, which are halved: there all six lie on one side. Sums over steps are built up
in turn, so that no step has to be kept; the transposed map is here too.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Int

NODES = 6  # that a time is interpolated from: more accurate than the steps are
BLOCK = 4096  # numbers that are added to at once


def is_half(k: Any, n: Any) -> Any:
    """Whether the k-th of n + 2 steps is a half of the others, n of which would cover the same time."""
    return (k < 2) | (k >= n)


class Between(NamedTuple):
    """Of each time: the first node that it is interpolated from, and the shares of the values and slopes there.

    Nodes are where steps begin, and where the last one ends.
    """

    first: Int[Array, " t"]
    shares: Float[Array, "t nodes 2"]

    @classmethod
    def of(cls, ts: Float[Array, " t"], h: Any, n: Any) -> "Between":
        """Hermite's polynomials, for ascending times up to n h."""
        x = ts / jnp.where(h == 0, 1.0, h)
        before = jnp.floor(jnp.maximum(jnp.minimum(2 * x, x + 1), 2 * x - n + 2)).astype(int)
        first = jnp.clip(before - NODES // 2 + 1, 0, n + 3 - NODES)
        node = first[:, None] + np.arange(NODES)
        places = jnp.where(node < 2, node / 2, jnp.where(node > n, (node + n - 2) / 2, node - 1.0)).astype(ts.dtype)
        apart = places[:, :, None] - places[:, None, :] + np.eye(NODES)  # from itself: 1, so that it drops out
        away = x[:, None] - places
        others = jnp.prod(jnp.where(np.eye(NODES) > 0, 1.0, away[:, None, :] / apart), axis=-1)
        bend = jnp.sum(1 / apart, axis=-1) - 1
        return cls(first, jnp.stack([(1 - 2 * bend * away) * others**2, h * away * others**2], axis=-1))

    def add(self, k: Any, seen: Any, jets: Any) -> Any:
        """What is seen at all times, with the share of node k, whose values and slopes are `jets`."""

        def some(begin: Any, shares: Any, seen: Any) -> Any:
            def put(seen: Any, jet: Any) -> Any:
                block = lax.dynamic_slice_in_dim(seen, begin, shares.shape[0])
                return lax.dynamic_update_slice_in_dim(seen, block + _by(shares, jet), begin, 0)

            return jax.tree.map(put, seen, jets)

        return self._blocks(k, jets, some, seen)

    def gather(self, k: Any, ct: Any) -> Any:
        """The transpose: cotangents of values and slopes at node k, from those of all that is seen."""

        def some(begin: Any, shares: Any, jets: Any) -> Any:
            share = lambda ct: _by(shares.T, lax.dynamic_slice_in_dim(ct, begin, shares.shape[0]))  # noqa: E731
            return jax.tree.map(lambda jet, ct: jet + share(ct), jets, ct)

        nothing = jax.tree.map(lambda x: jnp.zeros((2, *x.shape[1:]), x.dtype), ct)
        return self._blocks(k, nothing, some, nothing)

    def _blocks(self, k: Any, jets: Any, some: Callable, carry: Any) -> Any:
        """Over the times that node k has a share in, some at once: ``some(first of them, their shares, carry)``."""
        count, size = len(self.first), sum(leaf.size // 2 for leaf in jax.tree.leaves(jets))
        block = max(BLOCK // max(size, 1), 1)
        if count <= block:
            return some(0, _share(k, self.first, self.shares), carry)
        low, high = jnp.sum(self.first < k - NODES + 1), jnp.sum(self.first <= k)

        def turn(j: Any, carry: Any) -> Any:
            begin = jnp.minimum(low + j * block, count - block)
            first, shares = (lax.dynamic_slice_in_dim(x, begin, block) for x in (self.first, self.shares))
            new = begin + np.arange(block) >= low + j * block  # the last block is moved to where there are times
            return some(begin, _share(k, first, shares) * new[:, None], carry)

        return lax.fori_loop(0, -(-(high - low) // block), turn, carry)


def _share(k: Any, first: Any, shares: Any) -> Float[Array, "t 2"]:
    """Of node k."""
    here = k - first[:, None] == np.arange(NODES)
    return jnp.sum(jnp.where(here[..., None], shares, 0.0), axis=1)


def _by(shares: Any, x: Any) -> Any:
    return jnp.tensordot(shares, x, 1, precision=lax.Precision.HIGHEST)
