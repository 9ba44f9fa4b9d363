r"""Chebyshev series for generators that turn and relax, in windows.

The numerical range of the generator L lies in a rectangle, and that in an ellipse, centre -s, with foci at -s +- i f. In it

.. math:: e^{tL} = e^{-st} \sum_k (2 - \delta_{k0}) J_k(ft)\, u_k, \quad A = (L + s)/f, \quad u_{k+1} = 2 A u_k + u_{k-1}

and u_k grows as the k-th power of the ellipse's half-axes' sum over f at most. Whatever is linear in y is known at all
times of a window from the moments of the u_k alone, so no state is kept. The next window begins where one ends, before
rounding is amplified: by e to the part of the range that lies right of zero, times the length of the window.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int

from ..algebra import chebyshev
from ..algebra.gradients import bilinear, frozen, most, replayed, with_slope
from ..conventions import epsilon
from ..laws import AbstractDampedLaw, AbstractMasterLaw
from .method import POINTS, AbstractFlow, Figures

REACH = 256.0  # dimensionless length of a window at most
GROWTH = 1.5  # of the u_k from one to the next at most
RISE = 4.0  # exponent of the amplification of rounding in a window
PAIRS = 8  # of orders that are weighted at once
PHASE = 5.0  # turn of the fastest figure that a window of a search may cover


def _orders(reach: float) -> int:
    """Enough orders for the longest window at the largest growth, a multiple of what is weighted at once."""
    k, damping = np.arange(reach, 8 * reach + 200), reach * (GROWTH - 1 / GROWTH) / 2
    root = np.sqrt(1 - np.minimum(reach / k, 1.0 - 1e-12) ** 2)
    size = k * (root - np.arctanh(root)) + k * np.log(GROWTH) - damping
    return 2 * PAIRS * int(np.ceil(k[size > -40.0][-1] / (2 * PAIRS) + 1))


class MomentsFlow(AbstractFlow):
    """A law that relaxes, its coefficients, and the ellipse that its numerical range lies in (without derivatives).

    `shift` is s and `radius` f, `growth` that of the u_k at the corners of the range, `span` the longest window.
    """

    law: AbstractDampedLaw
    coefficients: Any
    shift: Float[Array, ""]
    radius: Float[Array, ""]
    growth: Float[Array, ""]
    span: Float[Array, ""]
    reach: float = eqx.field(static=True)

    @staticmethod
    def of(law: AbstractDampedLaw, reach: float | None) -> "MomentsFlow":
        """The law with its ellipse."""
        left, right, height = lax.stop_gradient(law.extent())
        half, reach = (left + right) / 2, REACH if reach is None else reach
        tiny = jnp.finfo(half.dtype).tiny ** 0.5
        # the ellipse of the largest growth holds the corners; somewhat beyond the height a narrow range has far less
        widest = half * 2 / (GROWTH - 1 / GROWTH)
        radius = jnp.maximum(jnp.sqrt(height**2 + 4 * height * half + widest**2), tiny)
        corner = lax.complex(half, height) / radius
        growth = jnp.maximum(jnp.abs(corner + jnp.sqrt(corner**2 + 1)), 1.0)
        span = jnp.minimum(reach / radius, RISE / jnp.maximum(right, tiny))
        return MomentsFlow(law, law.coefficients(), (left - right) / 2, radius, growth, span, reach)

    def field(self, y: Any) -> Any:
        """The time derivative at y."""
        return self.law.apply(self.coefficients, y)

    def values(self, figures: Figures, battery: Any, ts: Float[Array, " t"]) -> tuple[dict[str, Any], Any]:
        """Linear figures of a density matrix by their moments; for others the state at each time."""

        def at(args: Any, ts: Any, look: Callable = figures.at) -> Any:
            law, battery = args
            flow = MomentsFlow.of(law, self.reach)
            seen = lambda y: look(flow, battery, y)  # noqa: E731
            if figures.smooth and isinstance(law, AbstractMasterLaw):
                return flow._linear(seen, ts)
            return jax.vmap(seen)(flow._sums(lambda y: y, (), ts)[1])

        slope = lambda args, ts: jax.tree.map(lambda jet: jet[:, 1], at(args, ts, figures.sloped))  # noqa: E731
        return with_slope(at, slope)((self.law, battery), ts), True

    def _linear(self, figures: Callable, ts: Float[Array, " t"]) -> Any:
        """Figures (linear in the state but for a constant) at all times, by covectors."""
        start = self.law.start
        zero = jax.tree.map(jnp.zeros_like, start)
        seen = lambda y: jax.tree.map(_parts, figures(y))  # noqa: E731
        flat, whole = ravel_pytree(seen(zero))
        covectors = jax.jacrev(lambda y: ravel_pytree(seen(y))[0])(zero)
        found = jax.vmap(whole)(flat + self._sums(_contract, (covectors,), ts)[1])
        return jax.tree.map(lambda x: lax.complex(*x) if _is_complex(x) else x, found, is_leaf=_is_complex)

    def _sums(self, look: Callable, args: Any, ts: Float[Array, " t"]) -> tuple[Any, Any]:
        """Coordinates at the last time, and ``look(y, *args)`` at all, for a linear function `look`."""
        ts = lax.stop_gradient(ts)
        turns = jnp.maximum(jnp.ceil(ts[-1] / self.span * (1 - 1e-12)), 1.0).astype(int)
        length = ts[-1] / turns
        window = jnp.clip(jnp.ceil(ts / jnp.where(length > 0, length, 1.0)) - 1, 0, turns - 1).astype(int)
        table = self._table(jnp.append(jnp.clip(ts - window * length, 0.0, length), length))
        return self._follow(look, args, self.law.start, table, turns, jnp.append(window, -1))

    def _table(self, times: Float[Array, " t"]) -> Float[Array, "t k"]:
        """Coefficients of the series at times since the beginning of a window."""
        count = _orders(self.reach)
        order = np.arange(count)
        values = chebyshev.bessel_ahead(self.radius * times, count) * np.where(order > 0, 2.0, 1.0)
        rows = values * jnp.exp(-self.shift * times)[:, None]
        return lax.stop_gradient(jnp.where(jnp.abs(values) * self.growth**order > epsilon() / 8, rows, 0.0))

    def _follow(
        self, look: Callable, args: Any, y: Any, table: Float[Array, "t k"], turns: Any, window: Int[Array, " t"]
    ) -> tuple[Any, Any]:
        """Through `turns` windows, by blocks of orders: y at the end, and what is looked at in each row's window.

        The last row of `table` leads from window to window.
        """
        size = 2 * PAIRS
        used = jnp.max(jnp.where(jnp.any(table != 0, axis=0), np.arange(1, table.shape[1] + 1), 1))
        blocks = most(-(-used // size))
        add = lambda a, x, b: jax.tree.map(lambda x, b: x + a * b, x, b)  # noqa: E731

        def step(params, fixed, k, carry):
            coefficients, args = params
            shift, radius, table, window, blocks, transposed = fixed
            generate = lambda y: bilinear(self.law.apply, coefficients, transposed, y)  # noqa: E731
            part = k % blocks
            rows = lax.dynamic_slice_in_dim(table, part * size, size, axis=1)
            here = jnp.where((window == k // blocks)[:-1, None], rows[:-1], 0.0)
            field = lambda y: jax.tree.map(lambda d, y: (d + shift * y) / radius, generate(y), y)  # noqa: E731

            def pair(carry, weights):
                even, odd, end = carry
                end = add(weights[0], add(weights[1], end, odd), even)
                seen = jax.tree.map(lambda a, b: jnp.stack([a, b]), look(even, *args), look(odd, *args))
                even = add(2.0, even, field(odd))
                return (even, add(2.0, odd, field(even)), end), seen

            *_, y = carry
            first = lambda: (y, field(y), jax.tree.map(jnp.zeros_like, y))  # noqa: E731
            carry, seen = lax.scan(pair, lax.cond(part == 0, first, lambda: carry), rows[-1].reshape(PAIRS, 2))
            weigh = lambda s: jnp.tensordot(here, s.reshape(size, *s.shape[2:]), 1, precision=lax.Precision.HIGHEST)  # noqa: E731
            return carry, jax.tree.map(weigh, seen)

        transposed = self.law.transposed(self.coefficients)
        fixed = frozen((self.shift, self.radius, table, window, blocks, transposed))
        carry, total = replayed(step, (self.coefficients, args), fixed, turns * blocks, (y, y, y))
        return carry[2], total

    def window(self, pace: Float[Array, ""]) -> Float[Array, ""]:
        """As long as the fastest figure turns little, and a series reaches."""
        tiny = jnp.finfo(pace.dtype).tiny ** 0.5
        return jnp.minimum(PHASE / jnp.maximum(pace, tiny), (POINTS - 1) * self.span)

    def stride(self, span: Float[Array, ""]) -> Any:
        """Coefficients of a series."""
        return self._table(span[None])

    def hop(self, stride: Any, y: Any, moves: Any = True) -> Any:
        """One series."""
        row = jnp.where(moves, stride, np.arange(stride.shape[1]) == 0)
        return self._follow(lambda y: (), (), y, row, jnp.ones((), int), jnp.full(1, -1))[0]

    def taylor(self, figure: Callable, t: Float[Array, ""], y: Any, order: int) -> tuple[Any, ...]:
        """A series from the start, so that derivatives pass."""
        del y
        return self.derivatives(figure, self._sums(lambda y: (), (), lax.stop_gradient(t)[None])[0], order)


class _Complex(NamedTuple):
    """A complex number, in parts."""

    real: Array
    imaginary: Array


def _parts(x: Array) -> Any:
    return _Complex(jnp.real(x), jnp.imag(x)) if jnp.iscomplexobj(x) else x


def _is_complex(x: Any) -> bool:
    return isinstance(x, _Complex)


def _contract(y: Any, covectors: Any) -> Float[Array, " f"]:
    """Products of covectors with y."""
    by = lambda c, y: jnp.tensordot(c, y, y.ndim, precision=lax.Precision.HIGHEST)  # noqa: E731
    return sum(jax.tree.leaves(jax.tree.map(by, covectors, y)))  # type: ignore[return-value]
