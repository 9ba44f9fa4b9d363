"""What every reservoir promises."""

import abc
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..errors import FieldError, fail, shown
from ..fields import Real, concrete, fields_of


class AbstractReservoir(eqx.Module):
    r"""A continuum of modes in its vacuum, to which emitters couple linearly.

    Its spectral density ``J(w, x)``, for emitters at a distance x, says all that emitters feel of it:

    .. math:: f(t, x) = \int J(w, x) e^{-iwt} dw, \qquad S(z, x) = \int \frac{J(w, x)}{w - z} dw

    A reservoir of one's own is one class with `edge`, `kernel`, `density` and `self_energy`. All of them broadcast. A battery
    refuses one whose kernel does not decay, whose self-energy is not ``i int_0^inf f(t) exp(i z t) dt`` in the upper half plane,
    or whose second sheet does not continue the first one.

    Raises:
        FieldError: for a value that a declared field cannot have.

    Source: Breuer and Petruccione, "The Theory of Open Quantum Systems", section 3.6; Cohen-Tannoudji, Dupont-Roc and Grynberg,
    "Atom-Photon Interactions", chapter III.

    >>> import jaxqb as qb
    >>> guide = qb.reservoirs.Waveguide(0.5)
    >>> isinstance(guide, qb.reservoirs.AbstractReservoir), float(guide.edge)
    (True, 1.0)
    """

    def __post_init__(self) -> None:
        for name, info in fields_of(self).items():
            object.__setattr__(self, name, info.convert(getattr(self, name)))

    @property
    @abc.abstractmethod
    def edge(self) -> Any:
        """The lowest frequency of the continuum; minus infinity where there is no lowest one."""

    @property
    def top(self) -> Any:
        """The highest one."""
        return np.inf

    def extent(self) -> tuple[float, float]:
        """Frequencies between which the density is neither negligible nor smooth, for known parameters: a first guess."""
        return (float(np.min(self.edge)), float(np.max(self.edge)) + 1.0)

    @abc.abstractmethod
    def kernel(self, t: Any, x: Any = 0.0) -> Any:
        """The memory kernel f(t, x) for t > 0."""

    @abc.abstractmethod
    def density(self, w: Any, x: Any = 0.0) -> Any:
        """The spectral density J(w, x) above the edge, continued to complex w."""

    @abc.abstractmethod
    def self_energy(self, z: Any, x: Any = 0.0, through: bool = False) -> Any:
        """S(z, x) off the continuum; or `through` it: from the upper half plane on to the second sheet below."""

    def parts(self, z: Any, x: Any = 0.0, through: bool = False) -> tuple[Any, Any, Any]:
        """S(z, x) as ``still + travels exp(i k x)``, and k: what travels from one emitter to another. Here nothing does."""
        return self.self_energy(z, x, through), 0.0, 0.0

    def shift(self) -> Any:
        """What a counter-term adds to the frequency of each emitter."""
        return 0.0

    def breaks(self, x: Any = 0.0) -> tuple[Any, ...]:
        """Times at which the kernel is not smooth."""
        del x
        return (0.0,)


def check_off_cut(z: Any, edge: Real, through: bool, top: Real = np.inf) -> Any:
    """z as a complex array; a sentence if it lies on the continuum and no side of it is meant."""
    known, low, high = concrete(z), concrete(edge), concrete(top)
    if known is None or low is None or high is None:
        return jnp.asarray(z) + 0j
    if not through and np.any((np.imag(known) == 0) & (np.real(known) > low) & (np.real(known) < high)):
        fix = "use through=True, which is the value from above"
        fail(FieldError, "z", "lie off the continuum", f"it is {shown(known)} above the edge {np.max(low):g}", fix)
    return known + 0j  # in numpy, so that what depends on nothing else is computed once only
