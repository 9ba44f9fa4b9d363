"""The state of an open system whose battery is its first tensor factor."""

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from ..algebra import negativity
from ..algebra.hermitian import folded, unfolded
from ..errors import MeritError, fail
from .reduced import Spectral


class OpenState(eqx.Module):
    """A density matrix as one real matrix M (`algebra.hermitian`), and the battery's Hamiltonian (zero when empty) likewise.

    `modes` (static): levels of a last tensor factor of which higher ones are left out; None where nothing is.
    """

    m: Float[Array, "n n"]
    gap: Float[Array, "d d"]
    modes: int | None = eqx.field(static=True, default=None)

    def _factors(self) -> Float[Array, "d r d r"]:
        d = len(self.gap)
        r = len(self.m) // d
        return self.m.reshape(d, r, d, r)

    def density(self) -> Complex[Array, "n n"]:
        """The density matrix."""
        return unfolded(self.m)

    def expectation(self, operator: Array) -> Float[Array, ""]:
        """Mean of a Hermitian operator on the whole system."""
        if jnp.shape(operator) != self.m.shape:
            but = f"its shape is {jnp.shape(operator)} and that of the system {self.m.shape}"
            fail(MeritError, "operator", "act on the whole system", but, "extend it by identities (np.kron)")
        return jnp.sum(self.m * folded(operator))

    def battery(self) -> Spectral:
        """The reduced state."""
        return Spectral(jnp.trace(self._factors(), axis1=1, axis2=3), self.gap)

    def battery_excitations(self, power: int = 1) -> Float[Array, ""]:
        """Mean of a power of the battery's energy."""
        return self.battery().moment(power)

    def charger_excitations(self) -> Float[Array, ""]:
        """A sentence: what is not the battery has no energy of its own here."""
        raise MeritError(
            "`figure` must be one of the battery here, but it asks for the energy of the charger, which an open battery does not "
            "single out; fix: use merit.Expectation(operator)."
        )

    def coupling_energy(self) -> Float[Array, ""]:
        """The same sentence."""
        return self.charger_excitations()

    def expect(self, function: Callable) -> Float[Array, ""]:
        """The same sentence."""
        del function
        return self.charger_excitations()

    def partial_transpose(self) -> Complex[Array, "1 n n"]:
        """With the battery's indices exchanged; one block."""
        d, r = len(self.gap), len(self.m) // len(self.gap)
        rho = self.density().reshape(d, r, d, r)
        return rho.transpose(2, 1, 0, 3).reshape(1, d * r, d * r)

    def trace_norm(self, rising: bool = False) -> Float[Array, ""]:
        """Trace norm of the partial transpose."""
        return negativity.either(self.partial_transpose(), rising)

    def amplitudes(self) -> Array:
        """A sentence: the state is mixed."""
        raise MeritError(
            "`amplitudes` must be asked of a pure state, but an open battery's is mixed; fix: use a function that returns "
            "state.density()."
        )

    def edge(self) -> Float[Array, ""]:
        """Population of the last level that is kept."""
        if self.modes is None:
            return jnp.zeros((), self.m.dtype)
        return jnp.sum(jnp.diagonal(self.m)[self.modes - 1 :: self.modes])
