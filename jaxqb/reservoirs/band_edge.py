"""The edge of a photonic band."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from ..fields import Real, parameter
from .shared import AbstractSharedReservoir


class BandEdge(AbstractSharedReservoir):
    r"""Modes of quadratic dispersion above the edge of a photonic band gap, in effective-mass approximation.

    .. math:: J(w) = \frac{\beta}{\pi \sqrt{w - w_e}} \quad (w > w_e), \qquad
              f(t) = \frac{\beta}{\sqrt{\pi t}} e^{-i (w_e t + \pi / 4)}, \qquad S(z) = \frac{\beta}{\sqrt{w_e - z}}

    Args:
        strength: beta, in frequency^(3/2): what the source writes as ``beta^(3/2)``.
        edge: w_e.

    Raises:
        FieldError: for a strength that is not positive.

    The kernel is singular at t = 0, and integrable. An emitter at the edge keeps 4/9 of its excitation: the bound state that it
    dresses has ``E = w_e - beta^(2/3)``, and its weight is ``1 / (1 + S'(E)) = 2/3``.

    Source: John and Quang, Phys. Rev. A 50, 1764 (1994), https://doi.org/10.1103/PhysRevA.50.1764.

    >>> BandEdge(strength=1.0, edge=5.0).self_energy(4.0)
    Array(1.+0.j, dtype=complex128)
    """

    strength: Real = parameter(symbol="beta", unit="frequency^(3/2)", doc="coupling to the band", positive=True)
    edge: Real = parameter(default=0.0, symbol="omega_e", unit="frequency", doc="edge of the band")

    def extent(self) -> tuple[float, float]:
        """Beyond the poles on the second sheet."""
        edge = float(np.max(self.edge))
        return float(np.min(self.edge)), edge + 2 * (4 * float(np.max(self.strength))) ** (2 / 3)

    def memory(self, t: Any) -> Any:
        """A decaying root."""
        return self.strength * jnp.exp(-1j * (self.edge * t + np.pi / 4)) / jnp.sqrt(np.pi * t)

    def spectrum(self, w: Any) -> Any:
        """An inverse root."""
        y = w - self.edge
        inside = y > 0 if not jnp.iscomplexobj(y) else y != 0
        return jnp.where(inside, self.strength / (np.pi * jnp.sqrt(jnp.where(inside, y, 1.0))), 0.0)

    def response(self, z: Any, through: bool) -> Any:
        """An inverse root, which changes sign through the band. Infinite at the edge."""
        y = z - self.edge
        below = jnp.imag(y) < 0
        root = jnp.where(below & (not through), -1j, 1j) / jnp.sqrt(y)
        return self.strength * root
