"""Second moments of a chain that also decays collectively, closed by factorising."""

from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..states.spins import SpinMoments
from .closure import width
from .lattice import Lattice, Single
from .law import AbstractDifferentialLaw


class Collective(AbstractDifferentialLaw):
    r"""`Closure` with the decay Gamma of the sum of all spins, which reaches from each spin to each other one.

    What Gamma adds, where ``n != m``:

    .. math:: \dot C_{nn} &\mathrel{+}= -\Gamma \sum_k \Re C_{nk} \\
              \dot C_{nm} &\mathrel{+}= -\Gamma C_{nm} + \tfrac\Gamma4 (z_n + z_m + 2 \langle\sigma^z_n\sigma^z_m\rangle)
              + \tfrac\Gamma2 \sum_{k \ne n, m} (z_n C_{km} + z_m C_{nk})

    `pairs` (static) says where ``<sigma^z_n sigma^z_m>`` comes from: "factorised", ``z_n z_m``; "followed", from

    .. math:: \frac{d}{dt} \langle\sigma^z_n\sigma^z_m\rangle = u_n z_m + z_n u_m - (\gamma_n + \gamma_m + 2 \Gamma)
              \langle\sigma^z_n\sigma^z_m\rangle + 4 \Gamma \Re C_{nm}

    with ``u_n = 4 sum_h Lambda_nh Im C_nh - gamma_n - Gamma - 2 Gamma sum_k Re C_kn``, both sums without the spins of the pair;
    "printed": Gamma changes populations only, as in Eqs. S14, S17 and S18 of the source, which lets no superradiance build up.

    Coordinates: real and imaginary part of the whole matrix C, and ``<sigma^z sigma^z>`` if it is followed, each shape (n, n).

    Source: Liu et al., Eqs. S12-S18; what they lack follows from the adjoint of the master equation.
    """

    lattice: Lattice
    pairs: str = eqx.field(static=True)

    exact: ClassVar[bool] = False
    linear: ClassVar[bool] = False

    def valid(self) -> Any:
        """Whether rates and start are possible."""
        return self.lattice.physical()

    @property
    def start(self) -> Any:
        """From the lattice."""
        begin = self.lattice.begin
        c = begin.correlations()
        if self.pairs != "followed":
            return jnp.real(c), jnp.imag(c)
        p = jnp.real(jnp.diagonal(c))
        # two spins are never both excited in a single excitation
        zz = 1 - 2 * (p[:, None] + p) + (0.0 if isinstance(begin, Single) else 4 * p[:, None] * p)
        return jnp.real(c), jnp.imag(c), jnp.where(jnp.eye(self.lattice.n, dtype=bool), 1.0, zz)

    def field(self, y: Any) -> Any:
        """Each term of C is a matrix and its adjoint, but for turning and loss."""
        x, gamma = self.lattice, self.lattice.collective
        re, im, *followed = y
        itself = jnp.eye(x.n, dtype=bool)
        p = jnp.diagonal(re)
        z = 2 * p - 1
        turn, loss = x.gaps[:, None] - x.gaps, (x.rates[:, None] + x.rates) / 2
        third_re, third_im = _third(re, p, itself), _third(im, jnp.zeros_like(p), itself)
        reach = jnp.where(itself, gamma, 0.0) if self.pairs == "printed" else gamma
        weight = jnp.where(itself, -1.0, z[:, None])
        side_re = weight * (_hopped(x.bonds, im) + reach / 2 * third_re)
        side_im = weight * (reach / 2 * third_im - _hopped(x.bonds, re))
        d_re = side_re + side_re.T - turn * im - loss * re
        d_im = side_im - side_im.T + turn * re - loss * im
        if self.pairs == "printed":
            return d_re, d_im
        zz = followed[0] if followed else z[:, None] * z
        d_re = d_re + jnp.where(itself, 0.0, gamma * ((z[:, None] + z + 2 * zz) / 4 - re))
        d_im = d_im - gamma * im
        if not followed:
            return d_re, d_im
        current = 4 * (jnp.diag(x.bonds, 1) + jnp.diag(x.bonds, -1)) * im
        others = jnp.sum(current, axis=1, keepdims=True) - current
        side = (others - x.rates[:, None] - gamma - 2 * gamma * third_re.T) * z
        return d_re, d_im, jnp.where(itself, 0.0, side + side.T - 2 * (loss + gamma) * zz + 4 * gamma * re)

    def radius(self) -> Float[Array, ""]:
        """Width of the band of single excitations, the largest rate, and the collective one of all spins."""
        return width(self.lattice) + jnp.max(self.lattice.rates) + self.lattice.n * self.lattice.collective

    def pace(self) -> Float[Array, ""]:
        """That of differences of energies, and of collective decay."""
        return self.radius()

    def state(self, y: Any) -> SpinMoments:
        """Without what is followed beside."""
        x = self.lattice
        return SpinMoments(c=y[0] + 1j * y[1], gaps=x.gaps, bonds=x.bonds, superposed=isinstance(x.begin, Single))


def _third(part: Any, own: Any, itself: Any) -> Any:
    """Sums of ``C_km`` over spins k that are neither n nor m, at [n, m]; over all k where these are one spin."""
    return jnp.sum(part, axis=0) - jnp.where(itself, 0.0, part + own)


def _hopped(bonds: Any, c: Any) -> Any:
    """The symmetric matrix of bonds times c."""
    up, down = jnp.pad(c[1:], ((0, 1), (0, 0))), jnp.pad(c[:-1], ((1, 0), (0, 0)))
    return jnp.pad(bonds, (0, 1))[:, None] * up + jnp.pad(bonds, (1, 0))[:, None] * down
