"""States of two spins in terms of their joint spin."""

import abc
from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..algebra import joint
from ..errors import MeritError
from .reduced import Populations


class AbstractJointState(eqx.Module):
    """A state of two spins in terms of their joint spin, which knows the mean excitations of either."""

    @abc.abstractmethod
    def battery_excitations(self, power: int = 1) -> Float[Array, ""]:
        """Mean number of excited battery cells."""

    def battery(self) -> Populations:
        """A sentence: populations of the battery's levels are not known."""
        raise MeritError(
            "`figure` must be a mean energy here, but it needs the populations of the battery's levels, which a state of joint "
            "spins does not hold; fix: use merit.energy or merit.charger_energy."
        )

    def trace_norm(self) -> Float[Array, ""]:
        """The same sentence."""
        return self.battery().moment(0)

    def coupling_energy(self) -> Float[Array, ""]:
        """Battery and charger meet in the bath only."""
        return jnp.zeros(())

    def expect(self, function: Callable) -> Float[Array, ""]:
        """Mean of function(m, n, M, N), the energies of couplings: there are none."""
        return jnp.zeros(())

    def edge(self) -> Float[Array, ""]:
        """A ladder is never truncated."""
        return jnp.zeros(())


class JointDensity(AbstractJointState):
    """A density matrix of two spins in ladders of joint spin: r[q, k, s] between joint spins k and k + q at level s.

    `held` are the battery excitations in r[0] and r[1]; `levels` the excitations of both spins at each level.
    """

    r: Float[Array, "orders joints levels"]
    held: Float[Array, "2 joints levels"]
    levels: Float[Array, " levels"]

    def battery_excitations(self, power: int = 1) -> Float[Array, ""]:
        """Mean number of excited battery cells."""
        return jnp.sum(self.held * self.r[:2]) if power == 1 else self.battery().moment(power)

    def charger_excitations(self) -> Float[Array, ""]:
        """What the battery does not hold."""
        return jnp.sum(self.r[0] * self.levels) - self.battery_excitations()


class JointThermal(AbstractJointState):
    """Joint spins in equilibrium with a bath of `occupation` quanta, each by itself: joint spin k has weight weights[k]."""

    weights: Float[Array, " joints"]
    occupation: Float[Array, ""]
    cells: Float[Array, ""]
    chargers: Float[Array, ""]

    def _inside(self) -> Float[Array, " joints"]:
        """Mean of J^z of each joint spin."""
        return joint.thermal(self.chargers - self.cells + 2 * jnp.arange(len(self.weights)) + 1, self.occupation)

    def battery_excitations(self, power: int = 1) -> Float[Array, ""]:
        """Mean number of excited battery cells."""
        if power != 1:
            return self.battery().moment(power)
        share = joint.share(jnp.arange(len(self.weights)), self.cells, self.chargers)
        return jnp.sum(self.weights * (share * self._inside() + self.cells / 2))

    def charger_excitations(self) -> Float[Array, ""]:
        """What the battery does not hold."""
        return jnp.sum(self.weights * (self._inside() + (self.cells + self.chargers) / 2)) - self.battery_excitations()
