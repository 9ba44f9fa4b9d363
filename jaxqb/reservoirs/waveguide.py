"""A rectangular waveguide with one mode, for emitters along its axis."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from ..algebra.bessel import hankel0, k0
from ..algebra.roots import numeric, square_root
from ..fields import Real, parameter, vanishes
from .reservoir import AbstractReservoir, check_off_cut

STEP, COUNT = 0.3, 60  # of the midpoint rule for the part of the self-energy that does not travel: 1e-14
_U = STEP * (np.arange(COUNT) + 0.5)


class Waveguide(AbstractReservoir):
    r"""The lowest mode of a rectangular hollow waveguide, coupled to emitters that point along its axis.

    In units of its cut-off frequency and the speed of light, with ``k(w) = sqrt(w^2 - 1)``,

    .. math:: J(w, x) = \frac{\Gamma}{2\pi} \frac{\cos k x}{k} \quad (w > 1)

    The kernel is `Gamma` times the two-point function of a Klein-Gordon field in one dimension: Hankel's ``H_0^(2)`` of
    ``sqrt(t^2 - x^2)``, logarithmic at t = x, and not zero before. With ``w = cosh(theta)`` the self-energy is single-valued,
    ``(Gamma / 2 pi) (i pi - theta) / sinh(theta)`` at x = 0.

    Args:
        radiation_rate: Gamma.
        loss: rate kappa at which light is lost from the guide: ``f(t) exp(-kappa t / 2)``.

    Raises:
        FieldError: for a rate that is not positive, or a negative loss; for a self-energy that is asked for on the continuum.

    Source: Song et al., "Remote charging and degradation suppression for the quantum battery", Eq. 2.

    >>> guide = Waveguide(0.5)
    >>> round(float(guide.self_energy(0.0).real), 6)  # Gamma / 4
    0.125
    """

    radiation_rate: Real = parameter(symbol="Gamma", unit="frequency", doc="radiation rate into the guide", positive=True)
    loss: Real = parameter(default=0.0, symbol="kappa", unit="frequency", doc="rate at which the guide loses light", minimum=0.0)

    @property
    def edge(self) -> Any:
        """The cut-off frequency."""
        return np.float64(1.0)

    def kernel(self, t: Any, x: Any = 0.0) -> Any:
        """Hankel's function after the light cone, Macdonald's before it."""
        squared = (t - x) * (t + x)
        before = squared < 0
        late = hankel0(jnp.sqrt(jnp.where(before, 1.0, squared)))
        early = k0(jnp.sqrt(jnp.where(before, -squared, 1.0)))
        free = jnp.where(before, early / (2 * np.pi) + 0j, -0.25j * late)
        return self.radiation_rate * jnp.exp(-self.loss * t / 2) * free

    def density(self, w: Any, x: Any = 0.0) -> Any:
        """With loss: of the lossless guide, at ``w + i loss / 2``."""
        k = _momentum(jnp.asarray(w) + 0.5j * self.loss)
        return self.radiation_rate / (2 * np.pi) * jnp.cos(k * x) / k

    def self_energy(self, z: Any, x: Any = 0.0, through: bool = False) -> Any:
        """What stands still and what travels together: one formula for all z, which holds to 1e-14 of Gamma (1e-7 at z = -1)."""
        if vanishes(x):
            _, theta, k = self._angle(z, through)
            rest = 1j * np.pi - theta
            flat = abs(rest) < 1e-8  # at z = -1
            return self.radiation_rate / (2 * np.pi) * numeric(theta).where(flat, 1.0, rest / (k + flat))
        still, travels, turn = self.parts(z, x, through)
        return still + travels * jnp.exp(1j * turn * x)

    def parts(self, z: Any, x: Any = 0.0, through: bool = False) -> tuple[Any, Any, Any]:
        """``i Gamma / 2k``, which turns as ``exp(i k x)``, and the rest: an integral that decays exponentially with distance.

        The midpoint rule serves for it. Where a pole of its integrand comes near the real axis, it adds what the rule misses, in
        closed form.
        """
        z, theta, k = self._angle(z, through)  # in numpy where z is a known number, so that compilers find but a table
        k = numeric(theta).where((abs(k) < 1e-8) & (z.real < 0), 1e-8, k)  # at z = -1, which is no special point
        near = -theta / k
        if vanishes(x):
            still = near
        else:
            x = jnp.asarray(x)
            far = jnp.where(x > 0, x, 1.0)
            ahead, behind = _missed(theta, k, far)
            # at no distance with half the slope that what travels has there, and the other sign
            still = jnp.where(x > 0, 1j * np.pi / k * (ahead - behind) - z * _static(z, far), near + np.pi / 2 * x)
        strength = self.radiation_rate / (2 * np.pi)
        return strength * still, strength * (1j * np.pi / k), k

    def breaks(self, x: Any = 0.0) -> tuple[Any, ...]:
        """The start and the light cone."""
        return (0.0, x)

    def _angle(self, z: Any, through: bool) -> tuple[Any, Any, Any]:
        """``theta`` with ``z = cosh(theta)``, and ``sinh(theta)``: first sheet, Im between 0 and pi; the other one, -pi and 0.

        Source: Kahan, "Branch cuts for complex elementary functions" (1987), for what loses no digit near the edge.
        """
        if vanishes(self.loss):
            z = check_off_cut(z, self.edge, through)
        else:
            z = jnp.asarray(z) + 0.5j * self.loss
        of, less, more = numeric(z), square_root((z - 1) / 2), square_root((z + 1) / 2)
        along, turn = 2 * (less.real * more.real + less.imag * more.imag), of.arctan2(less.imag, more.real)
        sheet = 1 if through else of.where(turn < 0, -1, 1)
        return z, sheet * (of.arcsinh(along) + 2j * turn), sheet * 2 * less * more


def _momentum(z: Any) -> Any:
    """``sqrt(z^2 - 1)``, positive above the edge."""
    return square_root(z - 1) * square_root(z + 1)


def _static(z: Any, x: Any) -> Any:
    """The midpoint rule for ``int_0^inf exp(-x cosh u) / (sinh(u)^2 + z^2) du``."""
    table = STEP / (np.sinh(_U) ** 2 + z[..., None] ** 2)
    falls = jnp.exp(-x[..., None] * np.cosh(_U))
    if x.ndim == 0:
        return jnp.matmul(table, falls.astype(complex), precision=lax.Precision.HIGHEST)
    return jnp.sum(table * falls, axis=-1)


def _missed(theta: Any, k: Any, x: Any) -> tuple[Any, Any]:
    """What the midpoint rule misses of the waves ``exp(i k x)`` and ``exp(-i k x)``, near the imaginary axis of z.

    A simple pole at distance y from the axis takes its residue off a midpoint rule of step h ``1 / (1 + exp(2 pi y / h))`` times.
    A wave that grows has its pole beyond the reach of the rule; near k = 0 the two together have none.
    """
    ahead = -1 / (1 + numeric(theta).exp(2j * np.pi / STEP * theta + np.pi**2 / STEP))
    behind = -1 / (1 + numeric(theta).exp(-2j * np.pi / STEP * theta + np.pi**2 / STEP))
    grows = jnp.imag(k) * x
    wave = lambda up, phase: jnp.where(up > -1, jnp.exp(jnp.where(up > -1, phase, 0.0)), 0.0)  # noqa: E731
    return ahead * wave(grows, 1j * k * x), behind * wave(-grows, -1j * k * x)
