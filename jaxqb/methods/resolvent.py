"""Equations with memory by their resolvent, on a contour."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Complex, Float

from ..algebra.contours import Contour, Line, contour
from ..conventions import epsilon, real_dtype
from ..errors import MethodError, ToleranceError, fail, shown
from ..fields import plain
from ..laws import AbstractMemoryLaw, Channels
from .checks import check_horizon, check_tolerance
from .late import Late
from .method import AbstractMemoryFlow, AbstractPlanned, along

RUNG = 1.25  # horizons are rounded up to powers of it, so that few programs are compiled
EARLY, EARLIEST = 1e-5, 1e-9  # times before which derivatives, and values, are those a little later, and of a free emitter
FINEST = 5000  # tolerance in units of rounding
LOST = 2e-3  # radians by which the rounding of times may turn amplitudes of frequency 1


class Resolvent(AbstractPlanned):
    r"""Inverse Laplace transform along a contour above all that turns: no poles need be known, and none can be missed.

    .. math:: c(t) = \frac{i}{2\pi} \int_{\mathcal C} e^{-iEt}\, (E - \Omega - \Sigma(E))^{-1} c(0)\, dE

    Its cost grows with the time; from some time on, bound states and resonances of emitters in a waveguide are so few that these
    are summed instead, and compared with the contour where both hold. There derivatives within 1e-7 of the threshold of the odd
    bound state are not a number.

    Args:
        horizon: the latest time that will be asked for, a number; `evolve` and `charge` fill it in. Rounding of
            late times turns phases: amplitudes are good to about ``horizon`` units of it, and horizons beyond 9e12 (in single
            precision 16 777, where energies are good to 1e-4 up to 100 and to 1e-3 there) are refused.
        tolerance: about the error of amplitudes; default 1e-12 (in single precision 6e-4). A looser one costs less.

    Raises:
        ToleranceError: for a tolerance outside of what the floating point type can deliver and 0.01; for too late a horizon.
        MethodError: for a law without memory, or a horizon that is no positive number.

    Source: Weideman and Trefethen, Math. Comp. 76, 1341 (2007), https://doi.org/10.1090/S0025-5718-07-01945-X, for contours;
    Cohen-Tannoudji, Dupont-Roc and Grynberg, "Atom-Photon Interactions", chapter III, for the resolvent.

    >>> import jaxqb as qb
    >>> qb.select_method(qb.WaveguideBattery(frequency=1.3, separation=0.4, radiation_rate=0.3).law())
    Resolvent()
    """

    horizon: float | None = eqx.field(static=True, converter=plain, default=None)
    tolerance: float | None = eqx.field(static=True, converter=plain, default=None)

    def __check_init__(self) -> None:
        if self.tolerance is not None:
            check_tolerance("tolerance", self.tolerance, "leave it out")
            if not FINEST * epsilon() <= self.tolerance <= 0.01:
                must, fix = f"lie between {FINEST * epsilon():.1e} and 0.01", "leave it out"
                fail(ToleranceError, "tolerance", must, f"it is {shown(self.tolerance)}", fix)
        if self.horizon is None:
            return
        check_horizon(self.horizon)
        if self.horizon > LOST / epsilon():
            must = f"be at most {LOST / epsilon():.4g} in {real_dtype()}, beyond which phases are lost"
            fix = "ask for earlier times, or `long_time()`, or enable x64 if it is not"
            fail(ToleranceError, "horizon", must, f"it is {self.horizon:g}", fix)

    def planned(self, horizon: float) -> "Resolvent":
        """This method, for times up to here."""
        if self.horizon is not None:
            return self
        rung = RUNG ** math.ceil(math.log(max(horizon, 1.0), RUNG) - 1e-9)
        return Resolvent(max(horizon, min(rung, LOST / epsilon())), self.tolerance)

    def prepare(self, law: Any) -> "ResolventFlow":
        """Amplitudes at the points of the contour."""
        if not isinstance(law, AbstractMemoryLaw):
            fail(MethodError, "Resolvent", "solve a law with memory", f"this is {type(law).__name__}", "leave `method` out")
        if self.horizon is None:
            fail(MethodError, "horizon", "be known", "it is None", "use e.g. jaxqb.Resolvent(horizon=100.0)")
        span, late = law.span, law.span.late
        late = None if late is None or self.horizon <= late else late
        tolerance = self.tolerance or FINEST * epsilon()
        path = contour(max(self.horizon, 1.0) if late is None else late, span.low, span.high, span.far, tolerance, epsilon() / 2)
        weights = jnp.asarray(path.weights)
        lines = [_Panels(path.line, jnp.asarray(path.line.weights) * law.response(path.line.points))]
        if path.beyond.middles.size:
            lines.append(_Panels(path.beyond, jnp.asarray(path.beyond.weights) * law.rest(path.beyond.points)))
        left = -weights * law.response(path.left - 1j * path.radii, through=False)
        corner = path.right + np.outer([-1j, 1j], path.radii).ravel()
        delays, amplitudes = law.fronts(corner)
        down, up = jnp.split(weights * amplitudes.reshape(*amplitudes.shape[:2], 2, -1), 2, axis=2)
        down, up, k = down[:, :, 0], -up[:, :, 0], path.near
        rays = [_Rays(path, path.left, -1, delays[:1], left[None]), _Rays(path, path.right, -1, delays[:1], down[:1])]
        if delays.size > 1:
            rays += [_Rays(path, path.right, side, delays[1:], a[1:, :, :k]) for side, a in ((-1, down), (1, up))]
        flow = ResolventFlow(law, lines, rays, None, max(self.horizon, 1.0))
        if late is None or not isinstance(law, Channels):
            return flow
        since = sum((part.at(late) for part in [*flow.lines, *flow.rays]), law.start * jnp.exp(-1j * law.frequencies * late))
        return dataclasses.replace(flow, late=Late.of(law, late, span.resonances, since, tolerance))


class _Panels(eqx.Module):
    """Part of a sum of exponentials: a line."""

    line: Line = eqx.field(static=True)
    a: Complex[Array, "n k"]

    def __call__(self, t: Float[Array, ""], orders: int) -> Complex[Array, "orders n"]:
        middles, offsets = (jnp.exp(-1j * x * t) for x in (self.line.middles, self.line.offsets))
        return _sum(jnp.asarray(_powers(self.line.points, orders)) * self.a, jnp.outer(middles, offsets).ravel())

    def at(self, t: float) -> Complex[Array, " n"]:
        """The amplitudes at a known time."""
        return jnp.sum(self.a * np.exp(-1j * self.line.points * t), axis=-1)


class _Rays(eqx.Module):
    """Part of a sum of exponentials: rays down from a corner, for times after each delay, or up, for times before it."""

    path: Contour = eqx.field(static=True)
    corner: complex = eqx.field(static=True)
    side: int = eqx.field(static=True)
    delays: Float[Array, " paths"]
    a: Complex[Array, "paths n k"]

    @property
    def radii(self) -> np.ndarray:
        """How far points are from the corner."""
        return self.path.radii[: self.a.shape[-1]]

    def __call__(self, t: Float[Array, ""], orders: int) -> Complex[Array, "orders n"]:
        since = t - self.delays
        falls = jnp.exp(-self.radii * jnp.abs(since)[:, None])
        powers = jnp.asarray(_powers(self.corner + 1j * self.side * self.radii, orders)[:, None])
        paths = jax.vmap(_sum, (1, 0), 1)(powers * self.a, falls) * jnp.exp(-1j * self.corner * since)[:, None]
        now = since < 0 if self.side > 0 else since >= 0
        return jnp.sum(jnp.where(now[:, None], paths, 0.0), axis=1)

    def at(self, t: float) -> Complex[Array, " n"]:
        """The amplitudes at a known time after all delays."""
        since = (t - self.delays)[:, None]
        falls = jnp.exp(-self.radii * since - 1j * self.corner * since)
        return jnp.zeros(self.a.shape[1], self.a.dtype) if self.side > 0 else jnp.einsum("pnk,pk->n", self.a, falls)


class ResolventFlow(AbstractMemoryFlow):
    """Sums of exponentials."""

    law: AbstractMemoryLaw
    lines: list[_Panels]
    rays: list[_Rays]
    late: Late | None
    horizon: float = eqx.field(static=True)

    def amplitudes(self, t: Float[Array, ""], orders: int = 1) -> Complex[Array, "orders n"]:
        """c(t) and its time derivatives."""
        if self.late is None:
            return jnp.where(t <= self.horizon * (1 + 8 * epsilon()), self._early(t, orders), jnp.nan)
        since = self.late.since
        early, late = self._early(jnp.minimum(t, since), orders), self.late.amplitudes(jnp.maximum(t, since), orders)
        return jnp.where(t < since, early, late)

    def _early(self, t: Float[Array, ""], orders: int) -> Complex[Array, "orders n"]:
        """From the contour."""
        turns = -1j * self.law.frequencies
        free = self.law.start * turns ** np.arange(orders)[:, None] * jnp.exp(turns * t)
        return free + sum(part(t, orders) for part in [*self.lines, *self.rays])

    def state(self, y: Any) -> Any:
        """At a time."""
        t = jnp.maximum(y, EARLIEST)
        early = self.law.start * (1 - 1j * self.law.frequencies * y)
        return self.law.state(jnp.where(y < EARLIEST, early, self.amplitudes(t)[0]))

    def derivatives(self, figure: Callable, y: Any, order: int) -> tuple[Any, ...]:
        """From derivatives of the amplitudes, which are sums again."""
        t = jnp.maximum(y, EARLY)
        jet = self.amplitudes(t, order + 1)
        near = lambda s: sum((c * s**k / math.factorial(k) for k, c in enumerate(jet)), jnp.zeros_like(jet[0]))  # noqa: E731
        return along(jnp.ones_like, lambda s: figure(self.law.state(near(s))), jnp.zeros_like(t), order)


def _powers(z: np.ndarray, orders: int) -> np.ndarray:
    """Of what a time derivative multiplies with."""
    return (-1j * z) ** np.arange(orders)[:, None, None]


def _sum(a: Complex[Array, "o n k"], e: Any) -> Complex[Array, "o n"]:
    """``sum_k a e``, in real numbers, for which products of matrices are fast."""
    dot = lambda a, e: jnp.matmul(a, e, precision=lax.Precision.HIGHEST)  # noqa: E731
    if not jnp.iscomplexobj(e):
        return lax.complex(dot(a.real, e), dot(a.imag, e))
    whole = jnp.concatenate([jnp.concatenate([a.real, -a.imag], -1), jnp.concatenate([a.imag, a.real], -1)], 1)
    re, im = jnp.split(dot(whole, jnp.concatenate([e.real, e.imag])), 2, axis=1)
    return lax.complex(re, im)
