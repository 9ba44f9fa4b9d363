"""A weighted sum of independent sectors is a law: one batched inner law, every operation lifted by vmap."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ..conventions import epsilon
from ..states import MixedKets
from .law import AbstractUnitaryLaw

LEFT_OUT = 1e-9  # population beyond the levels that are kept, from which on an answer is wrong


def complete(weights: Float[Array, "..."]) -> Bool[Array, ""]:
    """Whether weights sum to one: those of a mixture do not, where levels are too few to hold all of it."""
    return jnp.abs(jnp.sum(weights) - 1) < max(LEFT_OUT, 1e4 * epsilon())


class Mixture(AbstractUnitaryLaw):
    """Sectors that evolve apart; their states meet only in figures of merit, before anything nonlinear.

    `tower` and `charger_tower` (static) say which collective spins sector s belongs to, `copies[t]` how often battery
    tower t occurs. Sectors of weight zero are carried (shapes are static) and contribute nothing.

    Made by a battery with a mixed start.

    >>> import jaxqb as qb
    >>> law = qb.SpinCharger(n_battery=1, n_charger=1, charger_excitations=[0.25, 0.75]).law()
    >>> law.weights.tolist(), law.psi().shape
    ([0.25, 0.75], (2, 2))
    """

    sectors: AbstractUnitaryLaw
    weights: Float[Array, " sectors"]
    charger_lift: Float[Array, " sectors"]
    copies: Float[Array, " towers"]
    tower: tuple[int, ...] = eqx.field(static=True)
    charger_tower: tuple[int, ...] = eqx.field(static=True)

    def valid(self) -> Bool[Array, ""]:
        """Every sector with weight is valid, and none is missing."""
        sound = jax.vmap(lambda law: law.valid())(self.sectors) | (self.weights == 0)
        return jnp.all(sound) & complete(self.weights)

    @property
    def start(self) -> Any:
        """Starts of all sectors."""
        return jax.vmap(lambda law: law.start)(self.sectors)

    def field(self, y: Any) -> Any:
        """Each sector by itself."""
        return jax.vmap(lambda law, y: law.field(y))(self.sectors, y)

    def radius(self) -> Float[Array, ""]:
        """The fastest sector."""
        return jnp.max(jax.vmap(lambda law: law.radius())(self.sectors))

    def pace(self) -> Float[Array, ""]:
        """The fastest sector."""
        return jnp.max(jax.vmap(lambda law: law.pace())(self.sectors))

    def state(self, y: Any) -> MixedKets:
        """All kets with their weights."""
        return self._mixed(jax.vmap(lambda law, y: law.state(y))(self.sectors, y))

    def hamiltonian(self) -> Float[Array, "sectors n n"]:
        """One dense matrix a sector."""
        return jax.vmap(lambda law: law.hamiltonian())(self.sectors)

    def psi(self) -> Float[Array, "sectors n"]:
        """One start a sector."""
        return jax.vmap(lambda law: law.psi())(self.sectors)

    def ket(self, re: Float[Array, "sectors n"], im: Float[Array, "sectors n"]) -> MixedKets:
        """Kets from amplitudes."""
        return self._mixed(jax.vmap(lambda law, re, im: law.ket(re, im))(self.sectors, re, im))

    def _mixed(self, kets) -> MixedKets:
        return MixedKets(kets, self.weights, self.charger_lift, self.copies, self.tower, self.charger_tower)
