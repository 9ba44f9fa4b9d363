"""States of two spins in terms of their joint spin."""

import abc
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from ..algebra import joint, negativity
from ..errors import MeritError
from .reduced import Populations


class AbstractJointState(eqx.Module):
    """A state of two spins in terms of their joint spin, which knows the mean excitations of either."""

    @abc.abstractmethod
    def battery_excitations(self, power: int = 1) -> Float[Array, ""]:
        """Mean of a power of the number of excited battery cells."""

    @abc.abstractmethod
    def battery(self) -> Populations:
        """Reduced state: excitations are conserved but for whole quanta, so that no coherence between its levels survives."""

    @abc.abstractmethod
    def partial_transpose(self) -> Float[Array, "blocks n n"]:
        """Blocks of the partial transpose, which conserves the difference of excitations, charger less battery."""

    def trace_norm(self, rising: bool = False) -> Float[Array, ""]:
        """Sum of the absolute eigenvalues of the partial transpose."""
        return negativity.either(self.partial_transpose(), rising)

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
    """A density matrix of two spins in ladders of joint spin: r[p, s] for pair p of joint spins (see `joint.pairs`) at level s.

    `held` are the battery excitations in populations and coherences of neighbours, the first rows; `levels` the excitations of
    both spins at each level; `products` the components of product states, or None where but mean energies can be known.
    """

    r: Float[Array, "pairs levels"]
    held: Float[Array, "first levels"]
    levels: Float[Array, " levels"]
    cells: Float[Array, ""]
    products: Float[Array, "levels joints battery"] | None

    def battery_excitations(self, power: int = 1) -> Float[Array, ""]:
        """Mean of a power of the number of excited battery cells."""
        return jnp.sum(self.held * self.r[: len(self.held)]) if power == 1 else self.battery().moment(power)

    def charger_excitations(self) -> Float[Array, ""]:
        """What the battery does not hold."""
        return jnp.sum(self._populations() * self.levels) - self.battery_excitations()

    def trace(self) -> Float[Array, ""]:
        """One, or the weight in a mixture."""
        return jnp.sum(self._populations())

    def _populations(self) -> Float[Array, "joints levels"]:
        return self.r[: (len(self.held) + 1) // 2]

    def battery(self) -> Populations:
        """Populations of the battery's levels."""
        products, half = self._half()
        weights = jnp.sum(products * half, axis=(0, 1))
        one = jnp.ones((1,), weights.dtype)
        return Populations(weights[None], jnp.arange(len(weights), dtype=weights.dtype)[None], one, self.cells)

    def partial_transpose(self) -> Float[Array, "blocks n n"]:
        """``<m, n|.|m', n'> = <m', n|rho|m, n'>``: block n - m = n' - m' = d has it from level m + m' + d."""
        products, half = self._half()
        rho = jnp.einsum("sjm,sjn->smn", products, half, precision=lax.Precision.HIGHEST)
        levels, joints, room = products.shape
        m, blocks = np.arange(room), levels + 2 * (room - joints)
        level = np.arange(blocks)[:, None, None] + m[:, None] + m + (joints - 1) - 2 * jnp.round(self.cells).astype(int)
        inside = (level >= 0) & (level < levels)
        return jnp.where(inside, rho[jnp.clip(level, 0, levels - 1), m[:, None], m], 0.0)

    def _half(self) -> tuple[Float[Array, "levels joints battery"], Float[Array, "levels joints battery"]]:
        """Product states at each level, and what the density matrix makes of them."""
        if self.products is None:
            raise MeritError(
                "`figure` must be a mean energy here, but it needs all coherences, and these ladders hold those between "
                "neighbours only; fix: use law=battery.ladders(), or leave `law` out."
            )
        joints = self.products.shape[1]
        one, other = joint.pairs(joints, joints)
        place = np.zeros((joints, joints), int)
        place[one, other] = place[other, one] = np.arange(len(one))
        rho = self.r[place]
        return self.products, jnp.einsum("jks,skm->sjm", rho, self.products, precision=lax.Precision.HIGHEST)


class JointThermal(AbstractJointState):
    """Joint spins in equilibrium with a bath of `occupation` quanta, each by itself: joint spin k has weight weights[k].

    `levels`, `room` (static): levels of the ladders, and of the battery, which are made only where they are asked for.
    """

    weights: Float[Array, " joints"]
    occupation: Float[Array, ""]
    cells: Float[Array, ""]
    chargers: Float[Array, ""]
    levels: int = eqx.field(static=True)
    room: int = eqx.field(static=True)

    def _inside(self) -> Float[Array, " joints"]:
        """Mean of J^z of each joint spin."""
        return joint.thermal(self.chargers - self.cells + 2 * jnp.arange(len(self.weights)) + 1, self.occupation)

    def battery_excitations(self, power: int = 1) -> Float[Array, ""]:
        """Mean of a power of the number of excited battery cells."""
        if power != 1:
            return self.battery().moment(power)
        share = joint.share(jnp.arange(len(self.weights)), self.cells, self.chargers)
        return jnp.sum(self.weights * (share * self._inside() + self.cells / 2))

    def charger_excitations(self) -> Float[Array, ""]:
        """What the battery does not hold."""
        return jnp.sum(self.weights * (self._inside() + (self.cells + self.chargers) / 2)) - self.battery_excitations()

    def trace(self) -> Float[Array, ""]:
        """One, or the weight in a mixture."""
        return jnp.sum(self.weights)

    def battery(self) -> Populations:
        """Populations of the battery's levels."""
        return self.density().battery()

    def partial_transpose(self) -> Float[Array, "blocks n n"]:
        """Blocks of the partial transpose."""
        return self.density().partial_transpose()

    @eqx.filter_jit
    def density(self) -> JointDensity:
        """The same state, level by level."""
        count = len(self.weights)
        e = joint.levels(count, self.levels, self.cells)
        populations = self.weights[:, None] * joint.rungs(count, e, self.cells, self.chargers, self.occupation)
        r = jnp.pad(populations, ((0, len(joint.pairs(count, count)[0]) - count), (0, 0)))
        held = joint.held(count, count, e, self.cells, self.chargers)
        return JointDensity(r, held, e, self.cells, joint.products(count, self.room, e, self.cells, self.chargers))


class MixedJoint(AbstractJointState):
    """Joint states of the collective spins that the battery's cells may form, on a leading axis.

    Tower t has `lifts[t]` excitations bound in singlets, and occurs `copies[t]` times; the trace of its state is its weight.
    """

    towers: JointDensity | JointThermal
    lifts: Float[Array, " towers"]
    copies: Float[Array, " towers"]

    def battery_excitations(self, power: int = 1) -> Float[Array, ""]:
        """Mean of a power of the number of excited battery cells."""
        if power != 1:
            return self.battery().moment(power)
        # of the weights as they are, so that it is linear in the state, whose derivatives have other ones
        each = jax.vmap(lambda state, lift: state.battery_excitations() + lift * state.trace())(self.towers, self.lifts)
        return jnp.sum(each)

    def charger_excitations(self) -> Float[Array, ""]:
        """Mean excitation number of the charger."""
        return jnp.sum(jax.vmap(lambda state: state.charger_excitations())(self.towers))

    def battery(self) -> Populations:
        """Populations of the levels of each tower."""
        each = jax.vmap(lambda state: state.battery())(self.towers)
        return Populations(each.weights[:, 0], each.levels[:, 0] + self.lifts[:, None], self.copies, each.cells[0])

    def partial_transpose(self) -> Float[Array, "blocks n n"]:
        """Blocks of all towers, which are classical labels."""
        blocks = jax.vmap(lambda state: state.partial_transpose())(self.towers)
        return blocks.reshape(-1, *blocks.shape[-2:])
