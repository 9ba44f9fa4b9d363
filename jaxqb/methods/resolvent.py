"""Equations with memory by their resolvent, on a contour."""

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Complex, Float

from ..algebra.contours import contour
from ..errors import MethodError, fail
from ..laws import AbstractMemoryLaw
from .late import Late
from .method import AbstractMemoryFlow, AbstractPlanned, along

RUNG = 1.25  # horizons are rounded up to powers of it, so that few programs are compiled
EARLY, EARLIEST = 1e-5, 1e-9  # times before which derivatives, and values, are those a little later, and of a free emitter


class Resolvent(AbstractPlanned):
    """Inverse Laplace transform along a contour above all that turns: no poles need be known, and none can be missed.

    Its cost grows with the time; from some time on, bound states and resonances of emitters in a waveguide are so few that these
    are summed instead, and compared with the contour where both hold.

    Args:
        horizon: the latest time that will be asked for, a number; `evolve` and `charge` fill it in.
    """

    horizon: float | None = eqx.field(static=True, default=None)

    def planned(self, horizon: float) -> "Resolvent":
        """This method, for times up to here."""
        if self.horizon is not None:
            return self
        return Resolvent(RUNG ** math.ceil(math.log(max(horizon, 1.0), RUNG) - 1e-9))

    def prepare(self, law: Any) -> "ResolventFlow":
        """Amplitudes at the points of the contour."""
        if not isinstance(law, AbstractMemoryLaw):
            fail(MethodError, "Resolvent", "solve a law with memory", f"this is {type(law).__name__}", "use jaxqb.Adaptive()")
        if self.horizon is None:
            fail(MethodError, "horizon", "be known", "it is None", "use e.g. jaxqb.Resolvent(horizon=100.0)")
        span, late = law.span, law.span.late
        late = None if late is None or self.horizon <= late else late
        path = contour(self.horizon if late is None else late, span.low, span.high, span.far)
        left, down, up = path.left - 1j * path.radii, path.right - 1j * path.radii, path.right + 1j * path.radii
        line = [path.weights * law.response(path.line), path.falls * -law.response(left, through=False)]
        after, before = law.fronts(down), law.fronts(up)
        delays = after.delays
        points = [path.line, left]
        if path.beyond.size:
            points, line = [*points, path.beyond], [*line, path.beyond_weights * law.rest(path.beyond)]
        z, a = np.concatenate(points), jnp.concatenate(line, axis=-1)
        after, before = path.falls * after.amplitudes, -path.falls * before.amplitudes
        flow = ResolventFlow(law, z, a, down, up, delays, after, before, None)
        if late is None:
            return flow
        known = flow.amplitudes(jnp.asarray(late))[0]
        return dataclasses.replace(flow, late=Late.of(law, late, span.resonances, known))


class ResolventFlow(AbstractMemoryFlow):
    """Sums of exponentials."""

    law: AbstractMemoryLaw
    line: Complex[np.ndarray, " k"]
    on_line: Complex[Array, "n k"]
    down: Complex[np.ndarray, " k"]
    up: Complex[np.ndarray, " k"]
    delays: Float[Array | np.ndarray, " paths"]
    after: Complex[Array, "paths n rays"]
    before: Complex[Array, "paths n rays"]
    late: Late | None

    def amplitudes(self, t: Float[Array, ""], orders: int = 1) -> Complex[Array, "orders n"]:
        """c(t) and its time derivatives."""
        if self.late is None:
            return self._early(t, orders)
        since = self.law.span.late
        early, late = self._early(jnp.minimum(t, since), orders), self.late.amplitudes(jnp.maximum(t, since), orders)
        return jnp.where(t < since, early, late)

    def _early(self, t: Float[Array, ""], orders: int) -> Complex[Array, "orders n"]:
        """From the contour."""
        powers = np.arange(orders)[:, None]
        sums = functools.partial(jnp.einsum, precision=lax.Precision.HIGHEST)
        turns = -1j * self.law.frequencies
        free = self.law.start * turns**powers * jnp.exp(turns * t)
        line = sums("nk,ok->on", self.on_line, (-1j * self.line) ** powers * jnp.exp(-1j * self.line * t))
        since = (t - self.delays)[:, None]
        ray = lambda z, since: (-1j * z) ** powers[:, None] * jnp.exp(-1j * z * since)  # noqa: E731
        after = sums("pnk,opk->pon", self.after, ray(self.down, jnp.maximum(since, 0.0)))
        before = sums("pnk,opk->pon", self.before[1:], ray(self.up, jnp.minimum(since[1:], 0.0)))
        early = jnp.where((since < 0)[1:, None], before, after[1:])
        return free + line + after[0] + jnp.sum(early, axis=0)

    def state(self, y: Any) -> Any:
        """At a time."""
        t = jnp.maximum(y, EARLIEST)
        early = self.law.start * (1 - 1j * self.law.frequencies * y)
        return self.law.state(jnp.where(y < EARLIEST, early, self.amplitudes(t)[0]))

    def derivatives(self, figure: Callable, y: Any, order: int) -> tuple[Any, ...]:
        """From derivatives of the amplitudes, which are sums again."""
        t = jnp.maximum(y, EARLY)
        jet = self.amplitudes(t, order + 1)
        near = lambda s: sum(c * s**k / math.factorial(k) for k, c in enumerate(jet))  # noqa: E731
        return along(jnp.ones_like, lambda s: figure(self.law.state(near(s))), jnp.zeros_like(t), order)
