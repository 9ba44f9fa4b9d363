"""Reservoirs that all emitters see alike, wherever they are."""

import abc
from typing import Any

import jax.numpy as jnp

from .reservoir import AbstractReservoir, check_off_cut


class AbstractSharedReservoir(AbstractReservoir):
    """A reservoir whose functions do not depend on distance: they take one, for their shape only."""

    @abc.abstractmethod
    def memory(self, t: Any) -> Any:
        """The kernel at time t."""

    @abc.abstractmethod
    def spectrum(self, w: Any) -> Any:
        """The spectral density at w."""

    @abc.abstractmethod
    def response(self, z: Any, through: bool) -> Any:
        """The self-energy at complex z."""

    def kernel(self, t: Any, x: Any = 0.0) -> Any:
        """The same for every distance x."""
        return _shaped(self.memory(jnp.asarray(t)), x)

    def density(self, w: Any, x: Any = 0.0) -> Any:
        """The same for every distance x. Zero outside the continuum at real w, analytic at complex w."""
        return _shaped(self.spectrum(jnp.asarray(w)), x)

    def self_energy(self, z: Any, x: Any = 0.0, through: bool = False) -> Any:
        """The same for every distance x."""
        return _shaped(self.response(jnp.asarray(check_off_cut(z, self.edge, through, self.top)), through), x)


def _shaped(value: Any, x: Any) -> Any:
    """`value`, repeated to the shape it has together with x."""
    return jnp.broadcast_to(value, jnp.broadcast_shapes(jnp.shape(value), jnp.shape(x)))
