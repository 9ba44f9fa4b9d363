"""What every law promises."""

import abc
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


class AbstractLaw(eqx.Module):
    """A generator and a start, in its own coordinates."""

    exact: eqx.AbstractClassVar[bool]

    @abc.abstractmethod
    def valid(self) -> Any:
        """Whether sizes lie inside the padding and are physical (a traced boolean)."""

    def numbers(self) -> int:
        """About how many numbers a state holds: what a step costs."""
        return max(np.size(leaf) for leaf in jax.tree.leaves(self))


class AbstractDifferentialLaw(AbstractLaw):
    """``dy/dt = field(y)`` from ``start``, with ``y`` a pytree of real arrays."""

    linear: eqx.AbstractClassVar[bool]

    @property
    @abc.abstractmethod
    def start(self) -> Any:
        """Coordinates at t = 0."""

    @abc.abstractmethod
    def field(self, y: Any) -> Any:
        """Time derivative at y."""

    @abc.abstractmethod
    def radius(self) -> Float[Array, ""]:
        """A bound on the rates of the generator: the numerical cost of a unit of time."""

    @abc.abstractmethod
    def pace(self) -> Float[Array, ""]:
        """An estimate from above of the frequencies that figures of merit show: how finely time is sampled."""

    @abc.abstractmethod
    def state(self, y: Any) -> Any:
        """The typed state with coordinates y."""

    def unrest(self, y: Any, t: Float[Array, ""]) -> Any:
        """A bound on how much populations may still change after time t, at y: what turns for ever never comes to rest."""
        del y, t
        return jnp.inf


class AbstractClosedLaw(AbstractDifferentialLaw):
    """An equation whose solution is known at all times."""

    @abc.abstractmethod
    def after(self, y: Any, t: Float[Array, ""]) -> Any:
        """Coordinates a time t after y."""


class AbstractLinearLaw(AbstractDifferentialLaw):
    """A linear equation: `apply(coefficients(), y)` is the field, so that coefficients need be computed once only."""

    linear: ClassVar[bool] = True

    @abc.abstractmethod
    def coefficients(self) -> Any:
        """What the field needs to know, apart from y."""

    @abc.abstractmethod
    def apply(self, coefficients: Any, y: Any) -> Any:
        """The field at y."""

    def field(self, y: Any) -> Any:
        """Time derivative at y."""
        return self.apply(self.coefficients(), y)


class AbstractDampedLaw(AbstractLinearLaw):
    """A linear equation whose generator turns and relaxes."""

    @abc.abstractmethod
    def transposed(self, coefficients: Any) -> Any:
        """With these in place of its coefficients, `apply` is the transposed field."""

    @abc.abstractmethod
    def extent(self) -> tuple[Any, Any, Any]:
        """Where the numerical range of the generator lies: real parts from -left to right, imaginary ones within +-height."""

    def radius(self) -> Float[Array, ""]:
        """The largest distance from zero that the numerical range can have."""
        left, _, height = self.extent()
        return jnp.hypot(left, height)


class AbstractMasterLaw(AbstractDampedLaw):
    """A master equation: y is the density matrix, and observables are linear in it."""

    def unrest(self, y: Any, t: Float[Array, ""]) -> Float[Array, ""]:
        """No bound, for the slowest rate is not known: what would change at today's rates if the time so far went by again."""
        return t * sum(jnp.sum(jnp.abs(rate)) for rate in jax.tree.leaves(self.field(y)))


class AbstractDecayLaw(AbstractLinearLaw):
    """Linear rate equations in numbers that are lost no slower than they are gained: ``1 + field / radius`` is positive."""

    @abc.abstractmethod
    def steady(self) -> Any:
        """The state it tends to from its start; NaN where nothing moves."""

    @abc.abstractmethod
    def conserved(self) -> Any:
        """How many numbers its start keeps for ever, the trace among them."""

    @abc.abstractmethod
    def distance(self, y: Any) -> Float[Array, ""]:
        """Sum of what is still to relax in all coordinates: it never grows."""

    def unrest(self, y: Any, t: Float[Array, ""]) -> Float[Array, ""]:
        """What is still to relax."""
        del t
        return self.distance(y)


class AbstractUnitaryLaw(AbstractDifferentialLaw):
    """A Schroedinger equation in real coordinates: `field` is linear and (similar to) antisymmetric.

    Coordinates are a pair, real part x and imaginary part z, with ``x' = H z, z' = -H x`` and z = 0 at the start; or, for a
    chain with constant diagonal, the gauge ``psi_m = (-i)^m r_m`` makes one real vector of the whole state.
    """

    exact: ClassVar[bool] = True
    linear: ClassVar[bool] = True

    @abc.abstractmethod
    def hamiltonian(self) -> Float[Array, "n n"]:
        """The dense real symmetric matrix, for `Eigen`."""

    @abc.abstractmethod
    def psi(self) -> Float[Array, " n"]:
        """The (real) start in the basis of `hamiltonian`."""

    @abc.abstractmethod
    def ket(self, re: Float[Array, " n"], im: Float[Array, " n"]) -> Any:
        """The typed state with these amplitudes in the basis of `hamiltonian`."""
