"""Reduced states of the battery: what figures of work and energy need to know."""

import abc
import functools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from ..algebra.branches import eigenvalues
from ..algebra.hermitian import folded, unfolded
from ..algebra.passive import passive_full, passive_levels, passive_symmetric
from ..conventions import epsilon
from ..errors import MeritError

EQUAL = 1e3  # units of rounding, of the largest energy, within which two are equal


class AbstractReduced(eqx.Module):
    """What the battery alone is like. Energies are in units of the battery's frequency.

    `rising`: for `jax.jvp` only, which then gives slopes to the right where eigenvalues meet (see `algebra.branches`).
    """

    @abc.abstractmethod
    def moment(self, power: int) -> Float[Array, ""]:
        """Mean of a power of the battery's energy."""

    @abc.abstractmethod
    def populations(self) -> Float[Array, "..."]:
        """Weights of the levels."""

    @abc.abstractmethod
    def spectrum(self, rising: bool = False) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
        """Eigenvalues and how often each occurs."""

    @abc.abstractmethod
    def passive(self, space: str, rising: bool = False) -> Float[Array, ""]:
        """The least energy that unitaries leave behind: within the collective spin ("symmetric"), or all of them ("full")."""

    @abc.abstractmethod
    def swing(self, rising: bool = False) -> Float[Array, ""]:
        """Largest minus least energy that unitaries can give."""

    def inverted(self, space: str, rising: bool = False) -> Float[Array, ""]:
        """The largest energy that unitaries can give."""
        return self.passive(space, rising) + self.swing(rising)


class AbstractTowers(AbstractReduced):
    """Cells in towers of collective spin: `levels[t, k]` excited cells; tower t occurs `copies[t]` times."""

    levels: eqx.AbstractVar[Any]
    copies: eqx.AbstractVar[Any]
    cells: eqx.AbstractVar[Any]

    def passive(self, space: str, rising: bool = False) -> Float[Array, ""]:
        """See `AbstractReduced`."""
        eigenvalues, copies = self.spectrum(rising)
        towers = self.copies.shape[0]
        if space == "full":
            return passive_full(eigenvalues, copies, self.cells, self.levels.shape[-1] + towers, rising)
        if towers > 1:
            raise MeritError(
                "`ergotropy` must be asked of a symmetric state in the symmetric space, but single cells are excited or "
                "thermal; fix: use merit.ergotropy.with_(space='full')."
            )
        return passive_symmetric(eigenvalues, rising)

    def swing(self, rising: bool = False) -> Float[Array, ""]:
        """Of all unitaries; the ladder of levels is its own mirror image."""
        return self.cells - 2 * self.passive("full", rising)

    def inverted(self, space: str, rising: bool = False) -> Float[Array, ""]:
        """The mirror image of the passive state."""
        return self.cells - self.passive(space, rising)


class Populations(AbstractTowers):
    """A battery state without coherence between its levels: `weights[t, k]` in level `levels[t, k]` of tower t.

    A tower is a collective spin; tower t occurs `copies[t]` times, its weight spread evenly over the copies.
    """

    weights: Float[Array, "towers levels"]
    levels: Float[Array, "towers levels"]
    copies: Float[Array, " towers"]
    cells: Float[Array, ""]

    def moment(self, power: int) -> Float[Array, ""]:
        """Mean of the excitation number to a power."""
        return jnp.sum(self.weights * self.levels**power)

    def spectrum(self, rising: bool = False) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
        """Eigenvalues and how often each occurs."""
        del rising
        copies = jnp.broadcast_to(self.copies[:, None], self.weights.shape)
        return (self.weights / copies).ravel(), copies.ravel()

    def populations(self) -> Float[Array, "towers levels"]:
        """Weights of the levels."""
        return self.weights


class Density(AbstractTowers):
    """A battery state with coherences: one matrix a tower, `levels` on its diagonal."""

    matrices: Complex[Array, "towers levels levels"]
    levels: Float[Array, "towers levels"]
    copies: Float[Array, " towers"]
    cells: Float[Array, ""]

    def populations(self) -> Float[Array, "towers levels"]:
        """Weights of the levels."""
        return jnp.real(jnp.diagonal(self.matrices, axis1=-2, axis2=-1))

    def moment(self, power: int) -> Float[Array, ""]:
        """Mean of the excitation number to a power."""
        return jnp.sum(self.populations() * self.levels**power)

    def spectrum(self, rising: bool = False) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
        """Eigenvalues and how often each occurs."""
        copies = jnp.broadcast_to(self.copies[:, None], self.levels.shape)
        values = eigenvalues(self.matrices, rising)
        return (values / copies).ravel(), copies.ravel()


@jax.custom_jvp
def _populations(gap: Any, m: Any) -> Float[Array, " d"]:
    """Weights of a Hamiltonian's levels; derivatives take nothing from how levels of equal energy mix."""
    return jnp.real(jnp.diagonal(_in_levels(gap, m)[1][0]))


def _in_levels(gap: Any, *matrices: Any) -> tuple[Any, list[Any]]:
    energies, vectors = jnp.linalg.eigh(gap)
    times = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)
    return energies, [times(vectors.conj().T, times(matrix, vectors)) for matrix in matrices]


@_populations.defjvp
def _(primals: Any, tangents: Any) -> Any:
    energies, (m, way, moved) = _in_levels(*primals, *tangents)
    apart = energies - energies[:, None]
    mixes = jnp.abs(apart) > EQUAL * epsilon() * jnp.max(jnp.abs(energies), initial=0.0)
    turned = jnp.where(mixes, way / jnp.where(mixes, apart, 1.0), 0.0)
    return jnp.real(jnp.diagonal(m)), jnp.real(jnp.diagonal(moved) + 2 * jnp.sum(m * turned.T, axis=1))


class Spectral(AbstractReduced):
    """A density matrix and a Hamiltonian of any kind, both as one real matrix (`algebra.hermitian`)."""

    m: Float[Array, "d d"]
    gap: Float[Array, "d d"]

    def populations(self) -> Float[Array, " d"]:
        """Weights of the Hamiltonian's levels, lowest first."""
        return _populations(unfolded(self.gap), unfolded(self.m))

    def moment(self, power: int) -> Float[Array, ""]:
        """Mean of a power of the energy."""
        if power == 1:
            return jnp.sum(self.m * self.gap)
        gap = unfolded(self.gap)
        times = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)
        return jnp.sum(self.m * folded(functools.reduce(times, [gap] * power, jnp.eye(len(gap), dtype=gap.dtype))))

    def spectrum(self, rising: bool = False) -> tuple[Float[Array, " d"], Float[Array, " d"]]:
        """Eigenvalues, each once."""
        values = eigenvalues(unfolded(self.m), rising)
        return values, jnp.ones_like(values)

    def passive(self, space: str, rising: bool = False) -> Float[Array, ""]:
        """Largest eigenvalue lowest; there is one space only."""
        del space
        return passive_levels(self.spectrum(rising)[0], jnp.linalg.eigvalsh(unfolded(self.gap)), rising)

    def swing(self, rising: bool = False) -> Float[Array, ""]:
        """From largest eigenvalue lowest to largest eigenvalue highest."""
        levels = jnp.linalg.eigvalsh(unfolded(self.gap))
        return passive_levels(self.spectrum(rising)[0], levels[::-1] - levels, rising)
