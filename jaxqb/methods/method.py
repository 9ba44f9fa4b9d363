"""What every method and every flow promises."""

import abc
import functools
import itertools
import math
from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from ..errors import Status
from ..laws import AbstractDecayLaw, AbstractMasterLaw, AbstractUnitaryLaw, Chain
from .checks import check_horizon

POINTS, FINE = 5, 49  # of a window, ends included, at which a search knows the figures: if they are smooth, and if not
EDGE = "(edge)"  # the name under which flows carry what the status needs: the population of truncated levels
ERROR = "(error)"  # and under which they carry the standard errors of what is sampled, by the names of figures


class Figures(eqx.Module):
    """What is asked at each time: functions of (battery, state), as they are or as time derivatives.

    Args:
        plain: figures by name.
        rates: those of which the time derivative is wanted, by name.
        smooth: (static) all are polynomials in the density matrix, with frequencies no higher than a few times those of
            populations, so that they may be interpolated.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(1, 1)
    >>> flow = qb.Eigen().prepare(battery.law())
    >>> asked = qb.methods.Figures({"energy": qb.merit.energy}, {"power": qb.merit.energy})
    >>> {name: round(float(value), 9) for name, value in asked.at(flow, battery, flow.start).items()}
    {'energy': 0.0, 'power': 0.0}
    """

    plain: dict[str, Callable]
    rates: dict[str, Callable]
    smooth: bool = eqx.field(static=True, default=False)

    def at(self, flow: "AbstractFlow", battery: Any, y: Any) -> dict[str, Any]:
        """All of them at coordinates y; rates along the field."""
        state = flow.state(y)
        out = {name: f(battery, state) for name, f in self.plain.items()}
        for name, f in self.rates.items():
            (out[name],) = along(flow.field, lambda y, f=f: f(battery, flow.state(y)), y, 1, least=1)
        return out

    def sloped(self, flow: "AbstractFlow", battery: Any, y: Any) -> dict[str, Any]:
        """Value and slope of all of them at coordinates y, stacked."""
        jet = lambda f, least: along(flow.field, lambda y: f(battery, flow.state(y)), y, least + 1, least)  # noqa: E731
        jets = {name: jet(f, 0) for name, f in self.plain.items()} | {name: jet(f, 1) for name, f in self.rates.items()}
        return {name: jnp.stack(jet) for name, jet in jets.items()}


class AbstractFlow(eqx.Module):
    """A law made ready by a method.

    `values` answers at given times. The rest is what a search for maxima needs: coordinates y that march frozen
    (`start`, `field`, `state`, `window`, `stride`, `hop`) and one landing at a chosen time that carries derivatives.

    >>> import jaxqb as qb
    >>> flow = qb.Eigen().prepare(qb.SpinCharger(1, 1).law())
    >>> isinstance(flow, qb.methods.AbstractFlow), flow.state(flow.start).populations().round(9).tolist()
    (True, [1.0, 0.0])
    """

    law: eqx.AbstractVar[Any]

    points: ClassVar[int] = POINTS

    @property
    def solved(self) -> Status:
        """What to say where all went well."""
        return Status.OK

    @abc.abstractmethod
    def values(self, figures: "Figures", battery: Any, ts: Float[Array, " t"]) -> tuple[dict[str, Any], Any]:
        """All figures at ascending times, times on the leading axis, and whether the solver got there; differentiable."""

    @property
    def start(self) -> Any:
        """Coordinates at t = 0."""
        return self.law.start

    def state(self, y: Any) -> Any:
        """The state with coordinates y."""
        return self.law.state(y)

    def field(self, y: Any) -> Any:
        """The time derivative at y."""
        return self.law.field(y)

    @abc.abstractmethod
    def window(self, pace: Float[Array, ""]) -> Float[Array, ""]:
        """A length of time that a few points describe, for a law whose populations turn at this pace."""

    @abc.abstractmethod
    def stride(self, span: Float[Array, ""]) -> Any:
        """What `hop` needs to travel by this length of time: at most a quarter of a window, or an eighth backwards."""

    @abc.abstractmethod
    def hop(self, stride: Any, y: Any, moves: Any = True) -> Any:
        """Coordinates one `stride` from y; y itself where `moves` is false."""

    def derivatives(self, figure: Callable, y: Any, order: int) -> tuple[Any, ...]:
        """``figure(state)``, which is linear in the density matrix, and its time derivatives up to `order` at coordinates y."""
        on_y = lambda y: figure(self.state(y))  # noqa: E731
        if isinstance(self.law, AbstractUnitaryLaw):
            return along_quadratic(self.field, on_y, y, order, is_chain(self.law))
        linear = isinstance(self.law, AbstractMasterLaw | AbstractDecayLaw)
        return (along_linear if linear else along)(self.field, on_y, y, order)

    @abc.abstractmethod
    def taylor(self, figure: Callable, t: Float[Array, ""], y: Any, order: int) -> tuple[Any, ...]:
        """``figure(state)`` and its time derivatives up to `order`, at frozen time t where the coordinates are known to be y.

        It is asked where derivatives are wanted. The answer carries derivatives by everything the law depends on, at constant t.
        """


class AbstractMethod(eqx.Module):
    """How a law is solved: `prepare` makes it a flow, once, to be asked at many times.

    Raises:
        MethodError: by `prepare`, for a law that it cannot solve.

    >>> import jaxqb as qb
    >>> [isinstance(method, qb.methods.AbstractMethod) for method in (qb.Eigen(), qb.Stepped())]
    [True, True]
    """

    @abc.abstractmethod
    def prepare(self, law: Any) -> AbstractFlow:
        """The law made ready."""


def few_turns(pace: Float[Array, ""]) -> Float[Array, ""]:
    """The window of what turns at this pace: a few turns of the fastest figure."""
    return 5.0 / jnp.maximum(pace, jnp.finfo(pace.dtype).tiny ** 0.5)


class AbstractPlanned(AbstractMethod):
    """A method that has to know the latest time before it begins: `horizon`, which `evolve` and `charge` fill in.

    Raises:
        MethodError: for a horizon that is no positive number.

    >>> import jaxqb as qb
    >>> qb.Volterra().planned(20.0)
    Volterra(horizon=20.0)
    """

    horizon: eqx.AbstractVar[float | None]

    def __check_init__(self) -> None:
        if self.horizon is not None:
            check_horizon(self.horizon)

    @abc.abstractmethod
    def planned(self, horizon: float) -> "AbstractPlanned":
        """This method for times up to here, or itself if it has a horizon."""


class AbstractMemoryFlow(AbstractFlow):
    """Amplitudes at any time. Coordinates of the march are the time itself."""

    points: ClassVar[int] = FINE  # light that arrives makes a kink in the second derivative

    def values(self, figures: "Figures", battery: Any, ts: Float[Array, " t"]) -> tuple[dict[str, Any], Any]:
        """All times at once."""
        return jax.vmap(lambda t: figures.at(self, battery, t))(ts), True

    @property
    def start(self) -> Any:
        """The time 0."""
        return jnp.zeros((), self.law.breaks().dtype)

    def field(self, y: Any) -> Any:
        """Time goes by."""
        return jnp.ones_like(y)

    def window(self, pace: Float[Array, ""]) -> Float[Array, ""]:
        """A few turns of the fastest figure."""
        return few_turns(pace)

    def stride(self, span: Float[Array, ""]) -> Any:
        """Itself."""
        return span

    def hop(self, stride: Any, y: Any, moves: Any = True) -> Any:
        """Later."""
        return y + jnp.where(moves, stride, 0.0)

    def taylor(self, figure: Callable, t: Float[Array, ""], y: Any, order: int) -> tuple[Any, ...]:
        """As at any time."""
        del y
        return self.derivatives(figure, lax.stop_gradient(t), order)


def is_chain(law: Any) -> bool:
    """Whether products are cheap: a chain, or sectors that are chains."""
    return isinstance(getattr(law, "sectors", law), Chain)


def along(field: Callable, figure: Callable, y: Any, order: int, least: int = 0) -> tuple[Any, ...]:
    """A function of y and its first derivatives along the field, from the `least` one on.

    Figures that are for `jax.jvp` only (`rising`) cannot be asked for themselves where their rate is differentiated backwards.
    """
    functions = [figure]
    for _ in range(order):
        functions.append(lambda y, f=functions[-1]: jax.jvp(f, (y,), (field(y),))[1])
    return tuple(f(y) for f in functions[least:])


def along_linear(field: Callable, figure: Callable, y: Any, order: int) -> tuple[Any, ...]:
    """The same for a linear field and a linear function (but for a constant): that of successive powers of the field."""
    out = [figure(y)]
    for _ in range(order):
        y = field(y)
        out.append(figure(y) - figure(jax.tree.map(jnp.zeros_like, y)))
    return tuple(out)


def along_quadratic(field: Callable, figure: Callable, y: Any, order: int, light: bool = False) -> tuple[Any, ...]:
    """The same for a linear field and a quadratic form.

    With y_k the k-th power of the field on y and B the form, the d-th derivative is ``sum_k binomial(d, k) B(y_k, y_(d-k))``.
    `light`: the field is so cheap that the compiler may nest its powers into each other, which else takes it long.
    """
    if light:
        powers = list(itertools.accumulate(range(order), lambda y, _: field(y), initial=y))
    else:
        later = lax.scan(lambda y, _: (field(y),) * 2, y, length=order)[1]
        powers = [y, *(jax.tree.map(lambda p, k=k: p[k], later) for k in range(order))]
    first = jax.tree.map(lambda *p: jnp.stack(p), *powers[: order // 2 + 1])
    slope = jax.vmap(jax.grad(figure))(first)  # of a form: 2 B(y_k, .)
    slopes = [jax.tree.map(lambda s, k=k: s[k], slope) for k in range(order // 2 + 1)]

    def derivative(d: int) -> Any:
        weights = [math.comb(d, k) * (0.5 if 2 * k == d else 1.0) for k in range(d // 2 + 1)]  # the rest is their mirror image
        density = lambda *leaves: sum(w * s * p for w, s, p in zip(weights, leaves[::2], leaves[1::2], strict=True))  # noqa: E731
        terms = jax.tree.map(density, *itertools.chain(*((slopes[k], powers[d - k]) for k in range(d // 2 + 1))))
        return _total(functools.reduce(jnp.add, jax.tree.leaves(terms)))

    return tuple(map(derivative, range(order + 1)))


def _total(x: Float[Array, " *n"]) -> Float[Array, ""]:
    """The sum, if long in four parts at once: one alone waits at each addition for the one before."""
    if x.size < 32:
        return jnp.sum(x)
    n = x.size // 4
    *parts, rest = jnp.split(x.ravel(), [n, 2 * n, 3 * n, 4 * n])
    return jnp.sum(functools.reduce(jnp.add, parts)) + jnp.sum(rest)


def intervals(ts: Float[Array, " t"]) -> Float[Array, " t"]:
    """Intervals between successive times, the first from zero."""
    return jnp.diff(ts, prepend=jnp.zeros((1,), ts.dtype))
