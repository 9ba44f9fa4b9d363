"""Damped modes: a kernel that is a sum of exponentials."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from ..errors import FieldError, fail
from ..fields import Real, parameter
from .shared import AbstractSharedReservoir


class Exponentials(AbstractSharedReservoir):
    r"""Modes of frequencies ``w_k`` that themselves decay with widths ``g_k``, such as those of leaky cavities.

    .. math:: J(w) = \sum_k \frac{\lambda_k g_k / \pi}{(w - w_k)^2 + g_k^2}, \qquad
              f(t) = \sum_k \lambda_k e^{-(i w_k + g_k) t}, \qquad S(z) = -\sum_k \frac{\lambda_k}{z - w_k + i g_k}

    S has poles and no cut: what is continued from above is all there is.

    Args:
        weights: lambda_k, each the square of a coupling, in units of frequency^2.
        frequencies: w_k.
        widths: g_k, half the rate at which the energy of the mode decays.

    Raises:
        FieldError: for vectors of different lengths, negative weights, and widths that are not positive: with them the kernel
            does not decay.

    Source: Garraway, Phys. Rev. A 55, 2290 (1997), https://doi.org/10.1103/PhysRevA.55.2290.

    >>> cavity = Exponentials([0.25], [1.0], [0.1])
    >>> complex(cavity.kernel(0.0)), complex(cavity.self_energy(1.0)).imag
    ((0.25+0j), 2.5)
    """

    weights: Real = parameter(symbol="lambda", unit="frequency^2", doc="squared couplings to the modes", minimum=0.0, vector=True)
    frequencies: Real = parameter(symbol="omega_k", unit="frequency", doc="frequencies of the modes", vector=True)
    widths: Real = parameter(symbol="g_k", unit="frequency", doc="decay of the modes' amplitudes", positive=True, vector=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("weights", "frequencies", "widths"):
            shape, first = np.shape(getattr(self, name)), np.shape(self.weights)
            if len(shape) != 1 or shape != first or not shape[0]:
                must, fix = "be a vector with one number a mode", "give vectors of one length"
                fail(FieldError, name, must, f"its shape is {shape} and that of weights {first}", fix)

    @property
    def edge(self) -> Any:
        """Minus infinity: Lorentzians have no lowest frequency."""
        return np.float64(-np.inf)

    def extent(self) -> tuple[float, float]:
        """As far as the exchange with two emitters shifts the modes, at most."""
        shift = float(np.max(np.sqrt(2 * np.sum(self.weights, axis=-1))))
        return float(np.min(self.frequencies)) - shift, float(np.max(self.frequencies)) + shift

    def memory(self, t: Any) -> Any:
        """The sum."""
        return jnp.sum(self.weights * jnp.exp(-(1j * self.frequencies + self.widths) * t[..., None]), axis=-1)

    def spectrum(self, w: Any) -> Any:
        """Lorentzians."""
        peaks = self.weights * self.widths / np.pi / ((w[..., None] - self.frequencies) ** 2 + self.widths**2)
        return jnp.sum(peaks, axis=-1)

    def self_energy(self, z: Any, x: Any = 0.0, through: bool = False) -> Any:
        """Both sheets are one, so every z has a value."""
        del through
        return super().self_energy(z, x, True)

    def response(self, z: Any, through: bool) -> Any:
        """A sum of poles."""
        del through
        return -jnp.sum(self.weights / (z[..., None] - self.frequencies + 1j * self.widths), axis=-1)
