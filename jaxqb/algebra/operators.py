"""Real matrices as they act on both sides of another one: dense, or by their few diagonals."""

import abc
import functools

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

FEW = 4  # by diagonals where there are fewer than one in so many


class AbstractSides(eqx.Module):
    """A real matrix K that acts from both sides."""

    @abc.abstractmethod
    def both(self, x: Float[Array, "n n"], sign: float) -> Float[Array, "n n"]:
        """``K x + sign (K x^T)^T``, that is ``K x + sign x K^T``."""

    @property
    @abc.abstractmethod
    def transposed(self) -> "AbstractSides":
        """K^T."""


class Dense(AbstractSides):
    """Any matrix: one product for both sides."""

    matrix: Float[Array, "n n"]

    def both(self, x: Float[Array, "n n"], sign: float) -> Float[Array, "n n"]:
        """See `AbstractSides`."""
        n = len(x)
        sides = jnp.matmul(self.matrix, jnp.concatenate([x, x.T], axis=1), precision=lax.Precision.HIGHEST)
        return sides[:, :n] + sign * sides[:, n:].T

    @property
    def transposed(self) -> "Dense":
        """K^T."""
        return Dense(self.matrix.T)


class Banded(AbstractSides):
    """A matrix with few diagonals: ``K[i, i + offsets[k]] = diagonals[k, i]``."""

    diagonals: Float[Array, "k n"]
    offsets: tuple[int, ...] = eqx.field(static=True)

    def both(self, x: Float[Array, "n n"], sign: float) -> Float[Array, "n n"]:
        """See `AbstractSides`."""
        move = shifts(x, [(k, 0) for k in self.offsets] + [(0, k) for k in self.offsets])
        terms = [d[:, None] * move(k, 0) + sign * d * move(0, k) for d, k in zip(self.diagonals, self.offsets, strict=True)]
        return functools.reduce(jnp.add, terms)

    @property
    def transposed(self) -> "Banded":
        """K^T."""
        return Banded(
            jnp.stack([_slide(d, -k) for d, k in zip(self.diagonals, self.offsets, strict=True)]), tuple(-k for k in self.offsets)
        )


def shifts(x: Float[Array, "n n"], wanted: list[tuple[int, int]]):
    """A function (i, j) that gives x moved up by i and left by j, zero where nothing is: cuts from one padded copy."""
    room = [(max(0, *(-w[side] for w in wanted)), max(0, *(w[side] for w in wanted))) for side in (0, 1)]
    padded = jnp.pad(x, room)

    def moved(i: int, j: int) -> Float[Array, "n n"]:
        low = room[0][0] + i, room[1][0] + j
        return lax.slice(padded, low, (low[0] + len(x), low[1] + len(x)))

    return moved


def _slide(x: Float[Array, " n"], by: int) -> Float[Array, " n"]:
    """``x[i + by]`` by i, zero where there is no such element."""
    return jnp.pad(x, (max(-by, 0), max(by, 0)))[max(by, 0) :][: len(x)]


def diagonal(matrix: Float[Array, "n n"], offset: int) -> Float[Array, " n"]:
    """``matrix[i, i + offset]`` by i, zero where there is no such element."""
    return jnp.pad(jnp.diagonal(matrix, offset), (max(-offset, 0), max(offset, 0)))


def offsets(mask: np.ndarray) -> tuple[int, ...]:
    """Which diagonals of a matrix hold something."""
    rows, columns = np.nonzero(mask)
    return tuple(sorted({int(k) for k in columns - rows}))


def sides(matrix: Float[Array, "n n"], mask: np.ndarray | None) -> AbstractSides | None:
    """A matrix in the form that suits where it may differ from zero (None: anywhere); None if nowhere."""
    if mask is None:
        return Dense(matrix)
    found = offsets(mask)
    if not found:
        return None
    if len(found) * FEW >= len(mask) and len(found) > 1:
        return Dense(matrix)
    return Banded(jnp.stack([diagonal(matrix, k) for k in found]), found)
