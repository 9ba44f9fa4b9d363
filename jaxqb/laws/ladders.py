"""Two spins that relax together: ladders of joint spin, one for each pair (J, J').

A bath that sees only the sum of both spins conserves J, so that ``rho = sum r[J, J'](M) |J, M><J', M|`` falls into ladders in M
that know nothing of each other:

    r'(M) = -gamma [(n+1)(a_J^2 + a_J'^2) + n (u_J^2 + u_J'^2)] r(M) + 2 gamma (n+1) a_J a_J' r |M+1  + 2 gamma n u_J u_J' r |M-1

with ``a_J(M)^2 = (J+M)(J-M+1)`` and ``u_J(M) = a_J(M+1)``. All gains are positive and no more is gained than lost. Mean energies
need J' = J and J' = J + 1 only; everything else needs all pairs, and the components of product states.
"""

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ..algebra import joint
from ..conventions import epsilon
from ..states.joint import JointDensity, JointThermal, MixedJoint
from .law import AbstractDecayLaw


class JointLadders(AbstractDecayLaw):
    """Coordinates r[p, s]: pair p of joint spins (see `joint.pairs`), level s of the joint ladder.

    Args:
        decay_rate, occupation: gamma, and n of the bath.
        spins: of the battery and of the charger (up at the start), no fewer.
        whole: whether these are the sizes and the start that were asked for.
        mix, first, amplitudes: the start is a mixture of Dicke levels `first` of the battery, by `mix`; components of each.
        products: components of product states, which all but mean energies need; None without.
        joints: (static) joint spins that are kept; those beyond have no weight that counts.
        levels: (static) levels of the ladders, from the lowest of the largest spin that is kept.
        orders: (static) coherences that are kept: between spins that differ by less than this.
        room: (static) levels of the battery.

    Made by ``battery.law()`` and ``battery.ladders()`` of a `DarkStateBattery`.

    Source: Quach and Munro, "Using dark states to charge and stabilize open quantum batteries", Eq. 2, in the basis of joint
    spin.

    >>> import jaxqb as qb
    >>> law = qb.DarkStateBattery(n_battery=1, n_charger=3).ladders()
    >>> law.joints, law.levels, law.spins.tolist()
    (2, 5, [1, 3])
    """

    exact: ClassVar[bool] = True
    linear: ClassVar[bool] = True

    decay_rate: Float[Array, ""]
    occupation: Float[Array, ""]
    spins: Int[Array, "2"]
    whole: Bool[Array, ""]
    mix: Float[Array, " starts"]
    first: Float[Array, " starts"]
    amplitudes: Float[Array, "starts joints"]
    products: Float[Array, "levels joints room"] | None
    joints: int = eqx.field(static=True)
    levels: int = eqx.field(static=True)
    orders: int = eqx.field(static=True)
    room: int = eqx.field(static=True)

    def valid(self) -> Bool[Array, ""]:
        """Integer sizes inside the padding, the charger no smaller than the battery, and no joint spin missing."""
        cells, chargers = self.spins
        ladder = chargers - cells + self.joints + jnp.minimum(self.joints - 1, cells)
        fits = (ladder <= self.levels) & ((cells < self.room) | (self.products is None))
        # of the weight alone, or of amplitudes, which are its root
        least = (1e4 * epsilon()) ** (1 if self.products is None else 2)
        complete = (cells < self.joints) | (self.mix @ self.amplitudes[:, -1] ** 2 < least)
        return self.whole & (cells >= 0) & (chargers >= cells) & fits & complete

    @property
    def cells(self) -> Float[Array, ""]:
        """Spins of the battery."""
        return self.spins[0].astype(self.decay_rate.dtype)

    @property
    def chargers(self) -> Float[Array, ""]:
        """Spins of the charger."""
        return self.spins[1].astype(self.decay_rate.dtype)

    def excitations(self) -> Float[Array, " levels"]:
        """Of both spins, on each level."""
        return joint.levels(self.joints, self.levels, self.cells)

    def weights(self) -> Float[Array, " joints"]:
        """Weight of each joint spin: a constant of the motion at every temperature."""
        return self.mix @ self.amplitudes**2

    @property
    def start(self) -> Float[Array, "pairs levels"]:
        """Each level of the battery beside the full charger, in all joint spins."""
        one, other = joint.pairs(self.joints, self.orders)
        products = self.mix[:, None] * self.amplitudes[:, one] * self.amplitudes[:, other]
        here = self.excitations() == (self.chargers + self.first)[:, None]
        return jnp.sum(products[..., None] * here[:, None], axis=0)

    def coefficients(self) -> tuple[Any, Any]:
        """Of the field: losses of each number, and the flow between each level and the one below, both in units of gamma."""
        e, (one, other) = self.excitations(), joint.pairs(self.joints, self.orders)
        k = jnp.arange(self.joints, dtype=e.dtype)[:, None]
        down = joint.lowering(k, e, self.cells, self.chargers)
        up = joint.lowering(k, e + 1, self.cells, self.chargers)
        loss = (self.occupation + 1) * (down[one] + down[other]) + self.occupation * (up[one] + up[other])
        root = jnp.sqrt(down)
        return loss, 2 * root[one] * root[other]

    def apply(self, coefficients: tuple[Any, Any], y: Float[Array, "pairs levels"]) -> Any:
        """The field from its coefficients."""
        loss, flow = coefficients
        zero = jnp.zeros_like(y[..., :1])
        fall = jnp.concatenate([(flow * y)[..., 1:], zero], axis=-1)
        rise = flow * jnp.concatenate([zero, y[..., :-1]], axis=-1)
        return self.decay_rate * ((self.occupation + 1) * fall + self.occupation * rise - loss * y)

    def field(self, y: Float[Array, "pairs levels"]) -> Float[Array, "pairs levels"]:
        """Losses, and gains from the levels above and below."""
        return self.apply(self.coefficients(), y)

    def radius(self) -> Float[Array, ""]:
        """The largest rate of loss."""
        return self.decay_rate * jnp.max(self.coefficients()[0])

    def pace(self) -> Float[Array, ""]:
        """Of the avalanche: each of the charger's spins decays at a rate that grows with all of them."""
        return 2 * self.decay_rate * (1 + 2 * self.occupation) * (self.chargers + self.cells)

    def state(self, y: Float[Array, "pairs levels"]) -> JointDensity:
        """The density matrix in its ladders."""
        e = self.excitations()
        held = joint.held(self.joints, self.orders, e, self.cells, self.chargers)
        return JointDensity(y, held, e, self.cells, self.products)

    def distance(self, y: Float[Array, "pairs levels"]) -> Float[Array, ""]:
        """From populations in equilibrium, and no coherence."""
        rungs = joint.rungs(self.joints, self.excitations(), self.cells, self.chargers, self.occupation)
        rest = self.weights()[:, None] * rungs
        return jnp.sum(jnp.abs(y[: self.joints] - rest)) + jnp.sum(jnp.abs(y[self.joints :]))

    def conserved(self) -> Int[Array, ""]:
        """The weight of each joint spin."""
        return self.spins[0] + 1

    def steady(self) -> JointThermal:
        """Each joint spin in equilibrium with the bath, at the weight it had; coherences are gone."""
        moves = (self.decay_rate > 0) & self.valid()
        weights = jnp.where(moves, self.weights(), jnp.nan)
        return JointThermal(weights, self.occupation, self.cells, self.chargers, self.levels, self.room)


class MixedLadders(AbstractDecayLaw):
    """Ladders of several collective spins that the battery's cells may form, side by side on a leading axis.

    Tower t has `lifts[t]` excitations that are bound in singlets, and occurs `copies[t]` times.
    """

    exact: ClassVar[bool] = True
    linear: ClassVar[bool] = True

    towers: JointLadders
    lifts: Float[Array, " towers"]
    copies: Float[Array, " towers"]

    def _each(self, function: Any, *y: Any) -> Any:
        return jax.vmap(function)(self.towers, *y)

    def valid(self) -> Bool[Array, ""]:
        """Every tower is."""
        return jnp.all(self._each(lambda law: law.valid()))

    @property
    def start(self) -> Float[Array, "towers pairs levels"]:
        """Starts of all towers."""
        return self._each(lambda law: law.start)

    def coefficients(self) -> Any:
        """Those of all towers."""
        return self._each(lambda law: law.coefficients())

    def apply(self, coefficients: Any, y: Any) -> Any:
        """Each tower by itself."""
        return self._each(lambda law, c, y: law.apply(c, y), coefficients, y)

    def field(self, y: Any) -> Any:
        """Each tower by itself."""
        return self.apply(self.coefficients(), y)

    def radius(self) -> Float[Array, ""]:
        """The fastest tower."""
        return jnp.max(self._each(lambda law: law.radius()))

    def pace(self) -> Float[Array, ""]:
        """The fastest tower."""
        return jnp.max(self._each(lambda law: law.pace()))

    def state(self, y: Any) -> MixedJoint:
        """The density matrices of all towers."""
        return self._mixed(self._each(lambda law, y: law.state(y), y))

    def distance(self, y: Any) -> Float[Array, ""]:
        """Of all towers together."""
        return jnp.sum(self._each(lambda law, y: law.distance(y), y))

    def conserved(self) -> Int[Array, ""]:
        """Of all towers."""
        return jnp.sum(self._each(lambda law: law.conserved()))

    def steady(self) -> MixedJoint:
        """Each tower where it ends."""
        return self._mixed(self._each(lambda law: law.steady()))

    def _mixed(self, towers: Any) -> MixedJoint:
        return MixedJoint(towers, self.lifts, self.copies)
