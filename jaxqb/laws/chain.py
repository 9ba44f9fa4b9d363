"""A tridiagonal chain: one sector of conserved excitation number.

Site m is the battery level, ``H[m, m+1]^2 = squared[m]``. The law is a polynomial in the squared couplings: a link
whose square is (nearly) zero is written as the non-symmetric pair (up, down) = (s, squared / s), with populations behind
it weighted by squared / s^2, so that derivatives stay right where a square root has infinite slope.
"""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float

from ..algebra.inline import inlined
from ..states import ChainKet
from .law import AbstractUnitaryLaw

WEAK = 1e-3  # links below this fraction of the strongest are written as non-symmetric pairs


class Chain(AbstractUnitaryLaw):
    r"""Amplitudes on battery levels 0 .. levels-1 with charger level ``total - m`` (inverted: ``total + m``).

    .. math:: H_{m+1,m} = g \sqrt{(m + 1)(M - m)} \sqrt{(K - m)(N - K + m + 1)}, \quad K = \mathrm{total}

    `resonant` (static): the diagonal is constant, and ``psi_m = (-i)^m r_m`` with one real vector r. Made by `Chain.build`, for
    ``battery.chain()``.

    Source: Huangfu and Jing, PRE 104, 024129 (2021).

    >>> import jaxqb as qb
    >>> law = qb.SpinCharger(n_battery=2, n_charger=2).chain()
    >>> law.squared.tolist()  # g^2 times 2 and 2, for each of two links
    [4.0, 4.0]
    """

    squared: Float[Array, " links"]
    strength: Float[Array, " links"]
    linked: Bool[Array, " links"]
    exchange: Float[Array, ""]
    up: Float[Array, " links"]
    down: Float[Array, " links"]
    gauge: Float[Array, " levels"]
    diagonal: Float[Array, " levels"]
    origin: Float[Array, ""]
    total: Float[Array, ""]
    battery_cells: Float[Array, ""]
    charger_cells: Float[Array, ""]
    lift: Float[Array, ""]
    inside: Bool[Array, ""]
    resonant: bool = eqx.field(static=True)
    inverted: bool = eqx.field(static=True, default=False)

    @classmethod
    def build(
        cls,
        strength: Float[Array, " links"],
        linked: Bool[Array, " links"],
        exchange: Float[Array, ""],
        diagonal: Float[Array, " levels"],
        origin: Float[Array, ""],
        **rest,
    ) -> "Chain":
        """From squared ladder elements (and which links there are), the diagonal, and the level that is occupied at the start."""
        squared = exchange**2 * strength
        up, down, gauge = _links(squared, origin)
        joined = squared > 0
        exists = jnp.concatenate([joined, joined[-1:] & False]) | jnp.concatenate([joined[:1] & False, joined])
        low = jnp.min(jnp.where(exists, diagonal, jnp.inf))
        high = jnp.max(jnp.where(exists, diagonal, -jnp.inf))
        centred = jnp.where(exists, diagonal - (low + high) / 2, 0.0)
        return cls(squared, strength, linked, exchange, up, down, gauge, centred, origin, **rest)

    def valid(self) -> Bool[Array, ""]:
        """All links are real and all occupied levels lie inside the array."""
        return self.inside & jnp.all(self.squared >= 0)

    def _levels(self) -> Float[Array, " levels"]:
        return jnp.arange(self.diagonal.shape[0], dtype=self.diagonal.dtype)

    @property
    def start(self) -> Any:
        """One battery level: a real vector (resonant), or real and imaginary part."""
        vector = self.psi()
        return vector if self.resonant else (vector, jnp.zeros_like(vector))

    def psi(self) -> Float[Array, " levels"]:
        """The start: battery level `origin`."""
        return (self._levels() == self.origin).astype(self.diagonal.dtype)

    def field(self, y: Any) -> Any:
        """``r_m' = up_{m-1} r_{m-1} - down_m r_{m+1}``, or ``x' = H z, z' = -H x``."""
        if self.resonant:
            return jnp.subtract(*self._neighbours(y))
        x, z = y
        return self._apply(z), -self._apply(x)

    def _neighbours(self, x: Float[Array, " levels"]) -> tuple[Float[Array, " levels"], Float[Array, " levels"]]:
        """What a level receives from below and from above."""
        zero = jnp.zeros_like(x[:1])
        return jnp.concatenate([zero, self.up * x[:-1]]), jnp.concatenate([self.down * x[1:], zero])

    def _apply(self, x: Float[Array, " levels"]) -> Float[Array, " levels"]:
        return jnp.add(*self._neighbours(x)) + self.diagonal * x

    @inlined
    def radius(self) -> Float[Array, ""]:
        """Gershgorin's bound on the spectrum."""
        zero = jnp.zeros((1,), self.up.dtype)
        rows = jnp.concatenate([zero, self.up]) + jnp.concatenate([self.down, zero])
        return jnp.max(rows + (0.0 if self.resonant else jnp.abs(self.diagonal)))

    @inlined
    def pace(self) -> Float[Array, ""]:
        """How fast populations turn: ``sqrt(2 |second difference of H[m, m+1]^2|)`` plus the detuning of a link.

        On resonance ``d^2<m>/dt^2 = 2 <a_m^2 - a_(m-1)^2>`` exactly, so the second difference is the square of a frequency (or of
        a rate of growth); it is exact for one cell (Rabi) and for any precessing spin.
        """
        squared, zero = jnp.maximum(self.squared, 0.0), jnp.zeros_like(self.diagonal[:1])
        padded = jnp.concatenate([zero, squared, zero])
        bend = jnp.where(squared > 0, jnp.abs(padded[:-2] - 2 * squared + padded[2:]), 0.0)
        turning = jnp.sqrt(2 * jnp.max(bend, initial=0.0))
        if self.resonant:
            return turning
        detuning = jnp.where(self.squared > 0, jnp.abs(jnp.diff(self.diagonal)), 0.0)
        return turning + jnp.max(detuning, initial=0.0)

    def state(self, y: Any) -> ChainKet:
        """Undo the gauge of the real vector."""
        links = self.gauge[:-1] * self.down
        if not self.resonant:
            return self._ket(y[0], y[1], self.gauge, links)
        turns = np.arange(y.shape[0]) % 4
        re, im = np.array([1.0, 0.0, -1.0, 0.0])[turns], np.array([0.0, -1.0, 0.0, 1.0])[turns]
        return self._ket(re * y, im * y, self.gauge, links)

    def _root(self) -> Float[Array, " links"]:
        """Couplings. No link has no slope; a link that vanishes at this very size has an infinite one, which must show as NaN."""
        root = jnp.sqrt(jnp.where(self.linked, self.strength, 1.0))
        return jnp.abs(self.exchange) * jnp.where(self.linked, root, 0.0)

    def adjoint(self) -> "Chain":
        """The chain whose field is minus the transpose of this one's."""
        return eqx.tree_at(lambda law: (law.up, law.down), self, (self.down, self.up))

    def hamiltonian(self) -> Float[Array, "levels levels"]:
        """Symmetric tridiagonal matrix."""
        diagonal = jnp.zeros_like(self.diagonal) if self.resonant else self.diagonal
        root = self._root()
        return jnp.diag(diagonal) + jnp.diag(root, 1) + jnp.diag(root, -1)

    def ket(self, re: Float[Array, " levels"], im: Float[Array, " levels"]) -> ChainKet:
        """State with amplitudes in the symmetric gauge."""
        return self._ket(re, im, jnp.ones_like(re), self._root())

    def _ket(self, re, im, gauge, links) -> ChainKet:
        level = self._levels()
        charger = level - self.origin + self.total if self.inverted else self.total - level
        return ChainKet(re, im, gauge, links, level, charger, self.battery_cells, self.charger_cells, self.lift)


def _links(
    squared: Float[Array, " links"], origin: Float[Array, ""]
) -> tuple[Float[Array, " links"], Float[Array, " links"], Float[Array, " levels"]]:
    """Couplings up (m to m+1) and down, and the weights that turn |y|^2 into populations."""
    strongest = jnp.max(squared, initial=0.0)
    weak = squared <= WEAK**2 * strongest  # all of them at zero coupling
    scale = lax.stop_gradient(jnp.sqrt(jnp.where(strongest > 0, strongest, 1.0)) * WEAK)
    root = jnp.sqrt(jnp.where(weak, 1.0, squared))
    up = jnp.where(weak, scale, root)
    down = jnp.where(weak, squared / scale, root)
    steps = jnp.where(weak, squared / scale**2, 1.0)
    # the chain starts at `origin`: links below it are crossed downwards, with the roles of up and down exchanged
    below = jnp.arange(squared.shape[0]) < origin
    up, down = jnp.where(below, down, up), jnp.where(below, up, down)
    one = jnp.ones((1,), steps.dtype)
    outwards = jnp.cumprod(jnp.stack([jnp.where(below, 1.0, steps), jnp.where(below, steps, 1.0)[::-1]]), axis=1)
    return up, down, jnp.concatenate([one, outwards[0]]) * jnp.concatenate([outwards[1, ::-1], one])
