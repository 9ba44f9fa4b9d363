"""Equations with memory in time: nothing but the kernel is used, so that `Resolvent` can be checked.

With ``C(t) = int_0^t c`` the equation is ``c(t) = c(0) - i Omega C(t) - int_0^t f(s) C(t - s) ds``. Both C and f are piecewise
polynomials, on panels that shrink towards the times at which they are singular; the integral over their product is exact.
"""

import functools
import itertools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Complex, Float, Int
from numpy.polynomial import legendre

from ..conventions import epsilon
from ..errors import MethodError, fail, shown
from ..fields import numbers, plain, whole
from ..laws import AbstractMemoryLaw
from .method import AbstractMemoryFlow, AbstractPlanned

POINTS = 16  # of Gauss' rule, and of the kernel on a panel of its own
DEPTH = 40, 80  # halvings of the kernel's panels towards a time at which it is singular, and towards 0
ECHOES = 32, 16, 8, 5  # those of the amplitudes' panels from order FULL on, towards 0 and sums of one, two, three such times
FULL, HIGHEST = 8, 12
_sum = functools.partial(jnp.einsum, precision=lax.Precision.HIGHEST)
NODES, WEIGHTS = legendre.leggauss(POINTS)
TO_LEGENDRE = (np.arange(POINTS)[:, None] + 0.5) * legendre.legvander(NODES, POINTS - 1).T * WEIGHTS


class Volterra(AbstractPlanned):
    r"""Collocation at the Lobatto points of panels, with exact product integration; the work grows as the square of the horizon.

    .. math:: c(t) = c(0) - i\Omega \int_0^t c - \int_0^t f(s) \Big(\int_0^{t-s} c\Big) ds

    Nothing but the kernel f is used, so that `Resolvent` can be checked. Singular times of the kernel make amplitudes singular
    there and at their sums, where panels shrink in geometric progression; the higher the order, the further. At order 1 they do
    not: panels are equal and errors fall as their number to the power -2.

    Args:
        panels: how many equal panels cover the horizon, before more are added at singular times. Each should be no longer than
            what couplings and detunings take to turn amplitudes by about 1.
        order: of the polynomials, 1 to 12.
        horizon: the latest time that will be asked for; `evolve` and `charge` fill it in.

    Raises:
        MethodError: for other numbers, or a law without memory.

    Source: Brunner, "Collocation Methods for Volterra Integral and Related Functional Differential Equations" (2004), chapter 2.

    >>> import jaxqb as qb
    >>> battery = qb.WaveguideBattery(frequency=1.3, separation=0.4, radiation_rate=0.3)
    >>> one, other = (qb.evolve(battery, [5.0], method=method).saved["energy"][0] for method in (None, qb.Volterra()))
    >>> bool(abs(one - other) < 1e-9)
    True
    """

    panels: int = eqx.field(static=True, converter=whole, default=16)
    order: int = eqx.field(static=True, converter=whole, default=FULL)
    horizon: float | None = eqx.field(static=True, converter=plain, default=None)

    def __check_init__(self) -> None:
        for name, top in (("panels", 100_000), ("order", HIGHEST)):
            value = numbers(getattr(self, name))
            if value is None or value.ndim or not 1 <= value <= top or value % 1:
                fail(MethodError, name, f"be an integer from 1 to {top}", f"it is {shown(getattr(self, name))}", "leave it out")

    def planned(self, horizon: float) -> "Volterra":
        """This method, for times up to here."""
        # for t = 0 alone any is long enough
        return self if self.horizon is not None else Volterra(self.panels, self.order, horizon or 1.0)

    def prepare(self, law: Any) -> "VolterraFlow":
        """March over the panels, from each to the next."""
        if not isinstance(law, AbstractMemoryLaw):
            fail(MethodError, "Volterra", "solve a law with memory", f"this is {type(law).__name__}", "leave `method` out")
        if self.horizon is None:
            fail(MethodError, "horizon", "be known", "it is None", "use e.g. jaxqb.Volterra(horizon=100.0)")
        turn = jnp.mean(law.frequencies.real)
        breaks = law.breaks()
        ends = _mesh(self.horizon, self.panels, _echoes(breaks, self.order))
        kernel = _Kernel.of(law, turn, breaks, self.horizon, self.panels)
        return VolterraFlow(law, turn, ends, _march(law, kernel, ends, self.order, turn))


class VolterraFlow(AbstractMemoryFlow):
    """Values at the Lobatto points of each panel, in a frame that turns."""

    law: AbstractMemoryLaw
    turn: Float[Array, ""]
    ends: Float[Array, " ends"]
    samples: Complex[Array, "panels points n"]

    def amplitudes(self, t: Any) -> Complex[Array, " n"]:
        """c(t), which is NaN beyond the horizon."""
        k = jnp.clip(jnp.searchsorted(self.ends, t, side="left") - 1, 0, self.ends.size - 2)  # of two panels the one before
        order = self.samples.shape[1] - 1
        values = _values(order) @ self.samples[k]
        c = _legendre(_local(self.ends, k, t), order) @ values
        return jnp.where(t <= self.ends[-1] * (1 + 8 * epsilon()), c * jnp.exp(-1j * self.turn * t), jnp.nan)

    def state(self, y: Any) -> Any:
        """At a time."""
        return self.law.state(self.amplitudes(y))


class _Kernel(eqx.Module):
    """The kernel in the frame that turns: coefficients of Legendre polynomials on panels of its own, real and imaginary parts."""

    ends: Float[Array, " ends"]
    coefficients: Float[Array, "panels k n n 2"]

    @classmethod
    def of(cls, law: AbstractMemoryLaw, turn: Any, breaks: Float[Array, " b"], horizon: float, panels: int) -> "_Kernel":
        """Sampled at Gauss' points, which are kept off the singular times."""
        ends = _mesh(horizon, panels, [(b, DEPTH[k == 0]) for k, b in enumerate(breaks)])
        t = ends[:-1, None] + jnp.diff(ends)[:, None] * (NODES + 1) / 2
        for b in breaks[1:]:
            apart = jnp.where(t < b, -8, 8) * epsilon() * b
            t = jnp.where(jnp.abs(t - b) < jnp.abs(apart), b + apart, t)
        one = lambda t: law.kernel(t) * jnp.exp(1j * turn * t)  # noqa: E731
        values = jax.vmap(jax.vmap(one))(jnp.maximum(t, jnp.finfo(t.dtype).tiny ** 0.3))
        return cls(ends, _sum("kq,pqabc->pkabc", TO_LEGENDRE, jnp.stack([values.real, values.imag], axis=-1)))

    def moments(
        self, t: Float[Array, ""], ends: Float[Array, " m"], last: Any, count: int
    ) -> tuple[Int[Array, " pieces"], Complex[Array, "pieces l n n"]]:
        """``int f(s) P_l(t - s) ds`` over pieces of [0, t] that lie in one panel of each kind, and which panel of the amplitudes.

        `last` is the panel of t, which rounding must not carry a piece beyond.
        """
        cuts = jnp.sort(jnp.clip(jnp.concatenate([t - ends, self.ends]), 0.0, t))
        middle, length = (cuts[1:] + cuts[:-1]) / 2, jnp.diff(cuts)
        own, other = _place(self.ends, middle), jnp.minimum(_place(ends, t - middle), last)
        s = cuts[:-1, None] + length[:, None] * (NODES + 1) / 2
        kernel = _sum("pqk,pkabc->pqabc", _legendre(_local(self.ends, own[:, None], s), POINTS - 1), self.coefficients[own])
        basis = _legendre(_local(ends, other[:, None], t - s), count - 1) * (WEIGHTS[:, None] / 2) * length[:, None, None]
        moments = _sum("pql,pqabc->plabc", basis, kernel)
        return other, lax.complex(moments[..., 0], moments[..., 1])


def _march(
    law: AbstractMemoryLaw, kernel: _Kernel, ends: Float[Array, " m"], order: int, turn: Any
) -> Complex[Array, "p points n"]:
    """Panel by panel; ahead of each, the coefficients of C on all panels before."""
    # on a panel C is its start and `primitive` of the values of c, as Legendre coefficients
    x, primitive = _lobatto(order), _primitive(order)
    free, start = 1j * (law.frequencies - turn), law.start
    n, grid = start.size, legendre.legvander(x, order + 1)
    identity = jnp.eye(n)

    @jax.checkpoint
    def panel(carry, k):
        whole, begun, first = carry
        length = ends[k + 1] - ends[k]
        t = ends[k] + length * (x[1:] + 1) / 2
        place, moments = lax.map(lambda t: kernel.moments(t, ends, k, order + 2), t)
        past = _sum("iplab,iplb->ia", moments, whole[place])
        here = _sum("ip,iplab->ilab", place == k, moments)
        # what acts on C of this panel, from its Legendre coefficients to each point
        act = here + grid[1:, :, None, None] * (free * identity)
        bend = length / 2 * _sum("ilab,lj->iajb", act, primitive)
        known = start - past - _sum("iab,b->ia", act[:, 0], begun) - _sum("iab,b->ia", bend[:, :, 0], first)
        system = jnp.eye(order * n) + bend[:, :, 1:].reshape(order * n, order * n)
        later = jnp.linalg.solve(system, known.ravel()).reshape(order, n)
        values = jnp.concatenate([first[None], later])
        polynomial = (length / 2 * (primitive @ values)).at[0].add(begun)
        return (whole.at[k].set(polynomial), jnp.sum(polynomial, axis=0), later[-1]), values

    count = ends.size - 1
    empty = jnp.zeros((count, order + 2, n), start.dtype)
    return lax.scan(panel, (empty, jnp.zeros_like(start), start), np.arange(count))[1]


def _echoes(breaks: Float[Array, " b"], order: int) -> list[tuple[Any, int]]:
    """Times at which amplitudes are singular, and how often panels are halved towards each."""
    halvings = [round(most * min(order - 1, FULL - 1) / (FULL - 1)) for most in ECHOES]
    late = list(breaks[1:])
    sums = [[sum(some) for some in itertools.combinations_with_replacement(late, k)] for k in range(1, len(ECHOES))]
    return [(breaks[0], halvings[0])] + [(b, h) for group, h in zip(sums, halvings[1:], strict=True) for b in group]


def _mesh(horizon: float, panels: int, marks: list[tuple[Any, int]]) -> Float[Array, " m"]:
    """Ends of equal panels, and of panels that are halved towards the marks."""
    equal = horizon / panels * np.arange(panels + 1)
    near = [equal]
    for mark, halvings in marks:
        steps = horizon / panels * 0.5 ** np.arange(halvings)
        near.append(mark + np.concatenate([-steps, [0.0] * (halvings > 0), steps]))
    return jnp.sort(jnp.clip(jnp.concatenate(near), 0.0, horizon))


def _place(ends: Float[Array, " m"], t: Any) -> Any:
    """The panel of a time."""
    return jnp.clip(jnp.searchsorted(ends, t, side="right") - 1, 0, ends.size - 2)


def _local(ends: Float[Array, " m"], k: Any, t: Any) -> Any:
    """A time in its panel, from -1 to 1."""
    length = ends[k + 1] - ends[k]
    x = 2 * (t - ends[k]) / jnp.where(length > 0, length, 1.0) - 1
    return x + lax.stop_gradient(jnp.clip(x, -1.0, 1.0) - x)  # the slope of a clip is half at its bounds


def _legendre(x: Any, degree: int) -> Any:
    """All Legendre polynomials to a degree, on a new last axis."""

    def raise_degree(carry, k):
        before, now = carry
        return (now, ((2 * k + 1) * x * now - k * before) / (k + 1)), before

    steps = np.arange(degree + 1, dtype=x.dtype)
    return jnp.moveaxis(lax.scan(raise_degree, (jnp.ones_like(x), x), steps + 1)[1], 0, -1)


def _lobatto(order: int) -> np.ndarray:
    """Ends of a panel and the zeros of the derivative of its Legendre polynomial."""
    return np.concatenate([[-1.0], np.sort(legendre.Legendre.basis(order).deriv().roots().real), [1.0]])


def _values(order: int) -> np.ndarray:
    """From values at the Lobatto points to Legendre coefficients."""
    return np.linalg.inv(legendre.legvander(_lobatto(order), order))


def _primitive(order: int) -> np.ndarray:
    """From values to Legendre coefficients of the primitive that vanishes at -1."""
    return legendre.legint(_values(order), lbnd=-1, axis=0)
