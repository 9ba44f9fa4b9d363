"""States of emitters that share one excitation with a reservoir."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from ..errors import MeritError
from .reduced import Populations


class EmitterState(eqx.Module):
    """Amplitudes of excited emitters, of which the last one is the battery; the rest of the excitation is light.

    Each emitter alone is a mixture of ground and excited state, without coherence.
    """

    c: Complex[Array, " n"]

    def amplitudes(self) -> Complex[Array, " n"]:
        """Of the emitters."""
        return self.c

    def battery(self) -> Populations:
        """Two levels."""
        excited = self.battery_excitations()
        one = jnp.ones((1,), excited.dtype)
        return Populations(jnp.stack([1 - excited, excited])[None], jnp.arange(2.0, dtype=excited.dtype)[None], one, one[0])

    def battery_excitations(self, power: int = 1) -> Float[Array, ""]:
        """Probability that the battery is excited."""
        del power
        return _squared(self.c[-1])

    def charger_excitations(self) -> Float[Array, ""]:
        """Probability that another emitter is."""
        return jnp.sum(_squared(self.c[:-1]))

    def photons(self) -> Float[Array, ""]:
        """Probability that no emitter is excited: all that was lost is light."""
        return 1 - jnp.sum(_squared(self.c))

    def trace_norm(self, rising: bool = False) -> Float[Array, ""]:
        """Of the partial transpose between the battery and the other emitters, with the light traced out.

        Where its root vanishes, at the start, it has no slope: light mediates, and both terms grow with the fourth power of time.
        """
        del rising
        dark = self.photons()
        shared = 4 * self.battery_excitations() * self.charger_excitations()
        size = dark**2 + shared
        return 1 - dark + jnp.where(size > 0, jnp.sqrt(jnp.where(size > 0, size, 1.0)), 0.0)

    def expect(self, function: Any) -> Any:
        """No diagonal couplings are known here."""
        raise MeritError(
            "`interaction_energy` must be asked of a battery with a coupling of its own, but emitters couple to a continuum; "
            "fix: use energy, charger_energy or photons (total_energy is not known either)."
        )

    def coupling_energy(self) -> Any:
        """Neither is the energy of the continuum."""
        return self.expect(None)

    def edge(self) -> Float[Array, ""]:
        """Nothing is truncated."""
        return jnp.zeros((), self.c.real.dtype)


def _squared(c: Any) -> Any:
    return jnp.real(c) ** 2 + jnp.imag(c) ** 2
