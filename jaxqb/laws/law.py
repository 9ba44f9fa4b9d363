"""What every law promises."""

import abc
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


class AbstractLaw(eqx.Module):
    """A generator and a start, in its own coordinates.

    A subclass says whether it is `exact` and, by `valid`, whether an element is physical; what else it has depends on its kind,
    which is what `select_method` looks at.

    >>> import jaxqb as qb
    >>> law = qb.SpinCharger(n_battery=1, n_charger=1).law()
    >>> isinstance(law, qb.laws.AbstractLaw), bool(law.valid())
    (True, True)
    """

    exact: eqx.AbstractClassVar[bool]

    @abc.abstractmethod
    def valid(self) -> Any:
        """Whether sizes lie inside the padding and are physical (a traced boolean)."""

    def numbers(self) -> int:
        """About how many numbers a state holds: what a step costs."""
        return max(np.size(leaf) for leaf in jax.tree.leaves(self))


class AbstractDifferentialLaw(AbstractLaw):
    r"""An ordinary differential equation for a pytree of real arrays y:

    .. math:: \dot y = \mathrm{field}(y), \quad y(0) = \mathrm{start}

    A law of one's own has `start`, `field`, `radius`, `pace`, `state` and `valid`; `Adaptive` or (if it is not `linear`)
    `Stepped` solves it then.

    >>> import jaxqb as qb
    >>> law = qb.SpinCharger(n_battery=1, n_charger=1).law()
    >>> isinstance(law, qb.laws.AbstractDifferentialLaw), law.linear, law.state(law.start).populations().tolist()
    (True, True, [1.0, 0.0])
    """

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
    """An equation whose solution is known at all times: `after(y, t)`. `ClosedForm` solves it.

    >>> import jaxqb as qb
    >>> chain = qb.DimerChain(4, gap_ratio=0.5, initial=qb.single_excitation([1.0, 0.0, 0.0, 0.0]))
    >>> isinstance(chain.law(), qb.laws.AbstractClosedLaw)
    True
    """

    @abc.abstractmethod
    def after(self, y: Any, t: Float[Array, ""]) -> Any:
        """Coordinates a time t after y."""


class AbstractLinearLaw(AbstractDifferentialLaw):
    """A linear equation: `apply(coefficients(), y)` is the field, so that coefficients need be computed once only.

    >>> import jaxqb as qb
    >>> law = qb.DarkStateBattery(n_battery=1, n_charger=1).law()
    >>> isinstance(law, qb.laws.AbstractLinearLaw), bool((law.apply(law.coefficients(), law.start) == law.field(law.start)).all())
    (True, True)
    """

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
    """A linear equation whose generator turns and relaxes.

    `Chebyshev` solves it by moments, for which `transposed` and the `extent` of the numerical range are needed.

    >>> import jaxqb as qb
    >>> law = qb.SpinChain.uniform(3, initial=qb.single_excitation([1.0, 0.0, 0.0])).single_excitation()
    >>> isinstance(law, qb.laws.AbstractDampedLaw)
    True
    """

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
    r"""A master equation: y is the density matrix, and observables are linear in it.

    .. math:: \dot\rho = \mathcal L \rho

    >>> import jaxqb as qb
    >>> law = qb.SpinChain.uniform(2).exact()
    >>> isinstance(law, qb.laws.AbstractMasterLaw)
    True
    """

    def unrest(self, y: Any, t: Float[Array, ""]) -> Float[Array, ""]:
        """No bound, for the slowest rate is not known: what would change at today's rates if the time so far went by again."""
        return t * sum(jnp.sum(jnp.abs(rate)) for rate in jax.tree.leaves(self.field(y)))


class AbstractDecayLaw(AbstractLinearLaw):
    """Linear rate equations in numbers that are lost no slower than they are gained: ``1 + field / radius`` is positive.

    `Uniformization` solves it, and `steady` is where it tends to.

    >>> import jaxqb as qb
    >>> law = qb.DarkStateBattery(n_battery=1, n_charger=2).law()
    >>> isinstance(law, qb.laws.AbstractDecayLaw), int(law.conserved())
    (True, 2)
    """

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
    r"""A Schroedinger equation in real coordinates: `field` is linear and (similar to) antisymmetric.

    .. math:: i \dot\psi = H \psi

    Coordinates are a pair, real part x and imaginary part z, with ``x' = H z, z' = -H x`` and z = 0 at the start; or, for a
    chain with constant diagonal, the gauge ``psi_m = (-i)^m r_m`` makes one real vector of the whole state.

    >>> import jaxqb as qb
    >>> law = qb.SpinCharger(n_battery=1, n_charger=1).law()
    >>> isinstance(law, qb.laws.AbstractUnitaryLaw), law.hamiltonian().tolist()
    (True, [[0.0, 1.0], [1.0, 0.0]])
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
