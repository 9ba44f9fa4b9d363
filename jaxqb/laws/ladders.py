"""Two spins that relax together: ladders of joint spin, one for each pair (J, J').

A bath that sees only the sum of both spins conserves J, so that ``rho = sum r[J, J'](M) |J, M><J', M|`` falls into ladders in M
that know nothing of each other:

    r'(M) = -gamma [(n+1)(a_J^2 + a_J'^2) + n (u_J^2 + u_J'^2)] r(M) + 2 gamma (n+1) a_J a_J' r |M+1  + 2 gamma n u_J u_J' r |M-1

with ``a_J(M)^2 = (J+M)(J-M+1)`` and ``u_J(M) = a_J(M+1)``. All gains are positive and no more is gained than lost.
"""

from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ..algebra import joint
from ..conventions import epsilon
from ..states import JointDensity, JointThermal
from .law import AbstractDecayLaw


class JointLadders(AbstractDecayLaw):
    """Coordinates r[q, k, s]: joint spins k and k + q (counted from the lowest), level s of the joint ladder.

    Args:
        decay_rate, occupation: gamma, and n of the bath.
        spins: of the battery (down at the start) and of the charger (up), no fewer.
        whole: whether these are the sizes that were asked for.
        joints (static): joint spins that are kept; those beyond have no weight that counts.
        levels (static): levels of the ladders, from the lowest of the largest spin that is kept.
        orders (static): coherences that are kept: between spins that differ by less than this.
    """

    exact: ClassVar[bool] = True
    linear: ClassVar[bool] = True

    decay_rate: Float[Array, ""]
    occupation: Float[Array, ""]
    spins: Int[Array, "2"]
    whole: Bool[Array, ""]
    joints: int = eqx.field(static=True)
    levels: int = eqx.field(static=True)
    orders: int = eqx.field(static=True)

    def valid(self) -> Bool[Array, ""]:
        """Integer sizes inside the padding, the charger no smaller than the battery, and no joint spin missing."""
        cells, chargers = self.spins
        ladder = chargers - cells + 2 * self.joints - 1
        complete = jnp.sum(self.weights()) > 1 - 1e4 * epsilon()
        return self.whole & (cells >= 1) & (chargers >= cells) & (ladder <= self.levels) & complete

    @property
    def cells(self) -> Float[Array, ""]:
        """Spins of the battery."""
        return self.spins[0].astype(self.decay_rate.dtype)

    @property
    def chargers(self) -> Float[Array, ""]:
        """Spins of the charger."""
        return self.spins[1].astype(self.decay_rate.dtype)

    def grid(self) -> tuple[Float[Array, "joints 1"], Float[Array, " levels"]]:
        """Joint spins k, and the number of excitations e on each level."""
        k = jnp.arange(self.joints, dtype=self.cells.dtype)[:, None]
        return k, self.cells - (self.joints - 1) + jnp.arange(self.levels, dtype=self.cells.dtype)

    def weights(self) -> Float[Array, " joints"]:
        """Weight of each joint spin: a constant of the motion at every temperature."""
        return joint.weights(self.joints, self.cells, self.chargers)

    @property
    def start(self) -> Float[Array, "orders joints levels"]:
        """Battery down, charger up: all joint spins at the level of `chargers` excitations."""
        amplitudes = jnp.sqrt(self.weights())
        later = jnp.stack([jnp.pad(amplitudes[q:], (0, q)) for q in range(self.orders)])
        return (amplitudes * later)[..., None] * (self.grid()[1] == self.chargers)

    def coefficients(self) -> tuple[Any, Any]:
        """Of the field: losses of each number, and the flow between each level and the one below, both in units of gamma."""
        k, e = self.grid()
        k = jnp.arange(self.joints + self.orders - 1, dtype=k.dtype)[:, None]
        down = joint.lowering(k, e, self.cells, self.chargers)
        up = joint.lowering(k, e + 1, self.cells, self.chargers)
        pairs = lambda x, join: jnp.stack([join(x[: self.joints], x[q : q + self.joints]) for q in range(self.orders)])  # noqa: E731
        loss = (self.occupation + 1) * pairs(down, jnp.add) + self.occupation * pairs(up, jnp.add)
        return loss, 2 * pairs(jnp.sqrt(down), jnp.multiply)

    def apply(self, coefficients: tuple[Any, Any], y: Float[Array, "orders joints levels"]) -> Any:
        """The field from its coefficients."""
        loss, flow = coefficients
        zero = jnp.zeros_like(y[..., :1])
        fall = jnp.concatenate([(flow * y)[..., 1:], zero], axis=-1)
        rise = flow * jnp.concatenate([zero, y[..., :-1]], axis=-1)
        return self.decay_rate * ((self.occupation + 1) * fall + self.occupation * rise - loss * y)

    def field(self, y: Float[Array, "orders joints levels"]) -> Float[Array, "orders joints levels"]:
        """Losses, and gains from the levels above and below."""
        return self.apply(self.coefficients(), y)

    def radius(self) -> Float[Array, ""]:
        """The largest rate of loss."""
        return self.decay_rate * jnp.max(self.coefficients()[0])

    def pace(self) -> Float[Array, ""]:
        """Of the avalanche: each of the charger's spins decays at a rate that grows with all of them."""
        return 2 * self.decay_rate * (1 + 2 * self.occupation) * (self.chargers + self.cells)

    def held(self) -> Float[Array, "2 joints levels"]:
        """Battery excitations in each number, for J' = J and for J' = J + 1 (and J' = J - 1 with it)."""
        k, e = self.grid()
        inside = e - (self.cells + self.chargers) / 2
        mean = joint.share(k, self.cells, self.chargers) * inside + self.cells / 2
        return jnp.stack([mean, 2 * joint.exchange(k, e, self.cells, self.chargers)])

    def state(self, y: Float[Array, "orders joints levels"]) -> JointDensity:
        """The density matrix in its ladders."""
        return JointDensity(y, self.held(), self.grid()[1])

    def distance(self, y: Float[Array, "orders joints levels"]) -> Float[Array, ""]:
        """From populations in equilibrium, and no coherence."""
        k, e = self.grid()
        rung = e - (self.cells - k)
        there = (rung >= 0) & (rung < self.chargers - self.cells + 2 * k + 1)
        ratio = self.occupation / (self.occupation + 1)
        heights = jnp.where(there, jnp.where(rung > 0, ratio ** jnp.maximum(rung, 1.0), 1.0), 0.0)
        rest = (self.weights() / jnp.sum(heights, axis=1))[:, None] * heights
        return jnp.sum(jnp.abs(y[0] - rest)) + jnp.sum(jnp.abs(y[1:]))

    def steady(self) -> JointThermal:
        """Each joint spin in equilibrium with the bath, at the weight it had; coherences are gone."""
        moves = (self.decay_rate > 0) & self.valid()
        return JointThermal(jnp.where(moves, self.weights(), jnp.nan), self.occupation, self.cells, self.chargers)
