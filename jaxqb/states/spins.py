"""States of a chain of spins that can be told apart."""

import abc
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from ..errors import MeritError, fail


class AbstractSpins(eqx.Module):
    """What any law of a chain knows: how far each spin is excited and how neighbours are correlated.

    `gaps` and `bonds` are those of the chain (see `laws.Lattice`).
    """

    gaps: eqx.AbstractVar[Any]
    bonds: eqx.AbstractVar[Any]

    @abc.abstractmethod
    def excited(self) -> Float[Array, " n"]:
        """Probability that each spin is excited."""

    @abc.abstractmethod
    def neighbours(self) -> Complex[Array, " b"]:
        """``<sigma^+_j sigma^-_{j+1}>``."""

    def correlations(self) -> Complex[Array, "n n"]:
        """``<sigma^+_n sigma^-_m>``; probabilities on the diagonal."""
        return _unknown(
            "correlations", "correlations of spins far apart", "use merit.total_energy, which needs those of neighbours"
        )

    def coherences(self) -> Complex[Array, " n"]:
        """``<sigma^-_j>``: zero unless numbers of excitations are superposed."""
        return jnp.zeros_like(self.excited()) + 0j

    def battery(self) -> Any:
        """The state of the whole chain."""
        return _unknown("save", "the state of the whole chain", "use law=chain.exact(), for few spins")

    def battery_excitations(self, power: int = 1) -> Float[Array, ""]:
        """Mean of a power of the energy without hopping."""
        return jnp.sum(self.gaps * self.excited()) if power == 1 else self.battery().moment(power)

    def charger_excitations(self) -> Float[Array, ""]:
        """A sentence."""
        return _unknown("save", "a charger", "use merit.energy, or jaxqb.in_cavity(chain, ...)")

    def coupling_energy(self) -> Float[Array, ""]:
        """Mean of the hopping."""
        return 2 * jnp.sum(self.bonds * jnp.real(self.neighbours()))

    def expect(self, function: Callable) -> Float[Array, ""]:
        """A sentence."""
        del function
        return self.charger_excitations()

    def trace_norm(self, rising: bool = False) -> Float[Array, ""]:
        """A sentence."""
        del rising
        return self.charger_excitations()

    def amplitudes(self) -> Array:
        """A sentence."""
        return _unknown("amplitudes", "one pure state", "use law=chain.single_excitation() from a single excitation")

    def edge(self) -> Float[Array, ""]:
        """What a truncation may have lost."""
        return jnp.zeros((), jnp.result_type(self.gaps))


class AbstractMoments(AbstractSpins):
    """Of moments. `superposed` (static): numbers of excitations are, and coherences between them are not followed."""

    superposed: eqx.AbstractVar[bool]

    def coherences(self) -> Complex[Array, " n"]:
        """A sentence where they are not zero."""
        if self.superposed:
            return _unknown("coherences", "coherences of single spins", "use law=chain.single_excitation()")
        return super().coherences()


class SpinMoments(AbstractMoments):
    """First and second moments, the latter as a whole matrix."""

    c: Complex[Array, "n n"]
    gaps: Float[Array, " n"]
    bonds: Float[Array, " bonds"]
    superposed: bool = eqx.field(static=True)

    def excited(self) -> Float[Array, " n"]:
        """The diagonal."""
        return jnp.real(jnp.diagonal(self.c))

    def neighbours(self) -> Complex[Array, " b"]:
        """The diagonal next to it."""
        return jnp.diagonal(self.c, 1)

    def correlations(self) -> Complex[Array, "n n"]:
        """All of it."""
        return self.c


class AbstractBands(AbstractMoments):
    """Second moments as diagonals: ``C_{j,j+d}`` at [d, j]."""

    re: eqx.AbstractVar[Any]
    im: eqx.AbstractVar[Any]

    def excited(self) -> Float[Array, " n"]:
        """The first row."""
        return self.re[0]

    def neighbours(self) -> Complex[Array, " b"]:
        """The second."""
        return self.re[1, :-1] + 1j * self.im[1, :-1]


class SpinBands(AbstractBands):
    """First and second moments, the latter as diagonals, and none of spins further apart.

    `lost`: the largest correlation that was left out at the start. `strings` (static): these are correlations of fermions, those
    of neighbours excepted.
    """

    re: Float[Array, "d n"]
    im: Float[Array, "d n"]
    gaps: Float[Array, " n"]
    bonds: Float[Array, " bonds"]
    lost: Float[Array, ""]
    superposed: bool = eqx.field(static=True)
    strings: bool = eqx.field(static=True)

    def correlations(self) -> Complex[Array, "n n"]:
        """Zero where spins are further apart than what is kept.

        Those near the outermost diagonal may be off by the root of `edge`, which is about the energy: with few diagonals by 3e-5
        where nothing is said, for the energy is right to 1e-9.
        """
        if self.strings:
            return super().correlations()
        bands, n = self.re.shape[0] - 1, self.re.shape[1]
        distance = np.arange(n) - np.arange(n)[:, None]
        row, column = np.clip(np.abs(distance), 0, bands), np.minimum(np.arange(n), np.arange(n)[:, None])
        c = self.re[row, column] + 1j * np.sign(distance) * self.im[row, column]
        return jnp.where(np.abs(distance) <= bands, c, 0.0)

    def edge(self) -> Float[Array, ""]:
        """Largest square of a correlation at the outermost diagonal, if there are more: about the error of energy / capacity.

        It is no bound on the error of correlations, which may be its root.

        What is cut off there comes back to the energy by the same way, so it counts twice. Measured on dimers, random gaps and
        rates, near and off resonance: up to 3 times that as maxima over time, up to 60 times at a single late time.
        """
        if self.re.shape[0] == self.re.shape[1]:
            return super().edge()
        return jnp.maximum(jnp.max(self.re[-1] ** 2 + self.im[-1] ** 2), self.lost**2)


class SampledBands(AbstractBands):
    """Populations and correlations of neighbours as means over a sample, in the rows of `SpinBands`; others are not known."""

    re: Float[Array, "d n"]
    im: Float[Array, "d n"]
    gaps: Float[Array, " n"]
    bonds: Float[Array, " bonds"]
    superposed: bool = eqx.field(static=True)


def _unknown(figure: str, what: str, fix: str) -> Any:
    fail(MeritError, figure, "name what the law knows", f"this one of a spin chain does not know {what}", fix)
