"""What every method and every flow promises."""

import abc
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class AbstractFlow(eqx.Module):
    """A law made ready by a method.

    `states` and `rates` answer at given times. The rest is what a search for maxima needs: coordinates y that march frozen
    (`start`, `field`, `state`, `window`, `sample`, `hop`) and one landing at a chosen time that carries derivatives.
    """

    law: eqx.AbstractVar[Any]

    @abc.abstractmethod
    def states(self, ts: Float[Array, " t"]) -> tuple[Any, Any]:
        """States at ascending times (batched on the leading axis) and whether the solver got there; differentiable."""

    @abc.abstractmethod
    def rates(self, figure: Callable, ts: Float[Array, " t"]) -> Any:
        """Time derivative of ``figure(state)`` at each time."""

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
    def window(self) -> Float[Array, ""]:
        """A length of time that one sample may cover."""

    @abc.abstractmethod
    def sample(self, y: Any, span: Float[Array, ""], count: int) -> Any:
        """Coordinates at ``span * nodes(count)`` ahead of y, batched on the leading axis; the last is the next mark."""

    @abc.abstractmethod
    def hop(self, y: Any, span: Float[Array, ""]) -> Any:
        """Coordinates a time of at most a window ahead of y."""

    @abc.abstractmethod
    def taylor(self, figure: Callable, t: Float[Array, ""], y: Any, order: int) -> tuple[Any, ...]:
        """``figure(state)`` and its time derivatives up to `order`, at frozen time t where the coordinates are known to be y.

        The answer carries derivatives by everything the law depends on, at constant t.
        """


class AbstractMethod(eqx.Module):
    """How a law is solved. `gradient` says which derivatives its flows have."""

    gradient: ClassVar[Literal["both", "reverse", "forward"]] = "both"

    @abc.abstractmethod
    def prepare(self, law: Any) -> AbstractFlow:
        """The law made ready."""


def along(field: Callable, figure: Callable, y: Any, order: int) -> tuple[Any, ...]:
    """A function of y and its first derivatives along the field."""
    functions = [figure]
    for _ in range(order):
        functions.append(lambda y, f=functions[-1]: jax.jvp(f, (y,), (field(y),))[1])
    return tuple(f(y) for f in functions)


def intervals(ts: Float[Array, " t"]) -> Float[Array, " t"]:
    """Intervals between successive times, the first from zero."""
    return jnp.diff(ts, prepend=jnp.zeros((1,), ts.dtype))
