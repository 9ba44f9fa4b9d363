"""Emitters and damped modes that they share: memory that is a sum of exponentials, as an ordinary equation."""

from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from ..reservoirs.exponentials import Exponentials
from .law import AbstractLinearLaw


class Embedding(AbstractLinearLaw):
    r"""n emitters with amplitudes c, and m modes that remember:

    .. math:: \dot c_i = -(i w_i + \kappa_i / 2) c_i - \sum_k y_k, \qquad
              \dot y_k = -(i \omega_k + g_k) y_k + \lambda_k \sum_j c_j

    With ``y(0) = 0`` the modes are ``y_k(t) = lambda_k int_0^t exp(-(i omega_k + g_k)(t - u)) sum_j c_j(u) du``, so their sum is
    what the kernel of `Exponentials` remembers: nothing is approximated. Coordinates are real, shape (2, n + m): real and
    imaginary parts of (c, y).

    Args:
        frequencies, losses: w_i and kappa_i, shape (n,), in units of frequency.
        initial: real and imaginary parts of the amplitudes at t = 0, shape (2, n).
        reservoir: lambda_k, omega_k and g_k.
        view: makes the typed state of complex amplitudes, shape (n,): a Module, or a function as `jax.tree_util.Partial`.

    Source: Garraway, PRA 55, 2290 (1997), https://doi.org/10.1103/PhysRevA.55.2290; before, Imamoglu, PRA 50, 3650 (1994).

    >>> import jaxqb as qb
    >>> leaky = qb.reservoirs.Exponentials(weights=[0.2], frequencies=[1.0], widths=[0.1])
    >>> law = qb.ReservoirBattery(1.0, leaky).embedding()
    >>> law.start.shape  # real and imaginary parts of charger, battery and one mode
    (2, 3)
    """

    frequencies: Float[Array, " n"]
    losses: Float[Array, " n"]
    initial: Float[Array, "2 n"]
    reservoir: Exponentials
    view: Any
    exact: ClassVar[bool] = True

    def valid(self) -> Any:
        """Always."""
        return jnp.asarray(True)

    @property
    def start(self) -> Float[Array, "2 nm"]:
        """Modes that remember nothing yet."""
        return jnp.pad(self.initial, ((0, 0), (0, self.reservoir.weights.size)))

    def coefficients(self) -> tuple[Any, Any, Any]:
        """Frequencies and dampings of emitters and modes, and the weights of the modes."""
        modes = self.reservoir
        turns = jnp.concatenate([self.frequencies + modes.shift(), modes.frequencies])
        return turns, jnp.concatenate([self.losses / 2, modes.widths]), jnp.asarray(modes.weights)

    def apply(self, coefficients: tuple[Any, Any, Any], y: Float[Array, "2 nm"]) -> Float[Array, "2 nm"]:
        """The field from its coefficients."""
        turns, falls, weights = coefficients
        n = turns.size - weights.size
        emitters, modes = (jnp.sum(part, axis=1, keepdims=True) for part in (y[:, :n], y[:, n:]))
        exchange = jnp.concatenate([jnp.broadcast_to(-modes, (2, n)), emitters * weights], axis=1)
        return turns * jnp.stack([y[1], -y[0]]) - falls * y + exchange

    def radius(self) -> Float[Array, ""]:
        """Of rotation and damping, and of the exchange with modes."""
        turns, falls, _ = self.coefficients()
        return jnp.max(jnp.hypot(turns, falls)) + self._exchange()

    def pace(self) -> Float[Array, ""]:
        """Beats of any two of emitters and modes, pushed apart by the exchange."""
        turns, _, _ = self.coefficients()
        return jnp.max(turns) - jnp.min(turns) + 2 * self._exchange()

    def state(self, y: Float[Array, "2 nm"]) -> Any:
        """What `view` makes of the amplitudes."""
        n = np.shape(self.frequencies)[0]
        return self.view(lax.complex(y[0, :n], y[1, :n]))

    def _exchange(self) -> Float[Array, ""]:
        """The norm of the exchange if modes are counted in units in which it is antisymmetric."""
        return jnp.sqrt(np.shape(self.frequencies)[0] * jnp.sum(self.reservoir.weights))
