"""Second moments of a chain, closed by factorising: to come."""

from typing import Any, ClassVar

import jax.numpy as jnp

from ..states.spins import SpinMoments
from .lattice import Lattice
from .law import AbstractDifferentialLaw


class Closure(AbstractDifferentialLaw):
    """Placeholder: all diagonals, no collective decay."""

    lattice: Lattice
    exact: ClassVar[bool] = False
    linear: ClassVar[bool] = False

    @classmethod
    def of(cls, lattice, pairs="factorised", bands=None):
        """The law."""
        return cls(lattice)

    def valid(self) -> Any:
        """Physical."""
        return self.lattice.physical()

    @property
    def start(self) -> Any:
        """Real and imaginary part."""
        c = self.lattice.begin.correlations()
        return jnp.real(c), jnp.imag(c)

    def field(self, y: Any) -> Any:
        """dC = [i(D_n-D_m) - (g_n+g_m)/2] C - i z_n (A C) + i (C A) z_m off the diagonal; populations on it."""
        x = self.lattice
        c = y[0] + 1j * y[1]
        hop = jnp.diag(x.bonds, 1) + jnp.diag(x.bonds, -1)
        z = 2 * jnp.real(jnp.diagonal(c)) - 1
        turn = 1j * (x.gaps[:, None] - x.gaps) - (x.rates[:, None] + x.rates) / 2
        off = c * (1 - jnp.eye(x.n))
        flow = turn * c - 1j * z[:, None] * (hop @ c) + 1j * (c @ hop) * z
        exchange = jnp.diagonal(1j * (hop @ off) - 1j * (off @ hop))
        flow = jnp.where(jnp.eye(x.n) > 0, jnp.diag(exchange - x.rates * jnp.diagonal(c)), flow)
        return jnp.real(flow), jnp.imag(flow)

    def radius(self) -> Any:
        """A bound on rates."""
        x = self.lattice
        return jnp.max(x.gaps) - jnp.min(x.gaps) + jnp.max(x.rates) + 4 * jnp.max(jnp.abs(x.bonds))

    def pace(self) -> Any:
        """Beats."""
        return self.radius()

    def state(self, y: Any) -> Any:
        """Moments."""
        return SpinMoments(y[0] + 1j * y[1], self.lattice.gaps, self.lattice.bonds)
