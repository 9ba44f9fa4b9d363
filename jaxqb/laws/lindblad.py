"""A Lindblad equation in operator form: no superoperator is ever built.

The density matrix is held as one real matrix M (`algebra.hermitian`), for which

    M' = Kr M + M Kr^T + Ki M^T - M^T Ki^T + jumps        K = Kr + i Ki

Matrices with few diagonals act by shifts, others by products. A jump of few diagonals moves M along both axes at once.
"""

import functools
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float

from ..algebra.operators import AbstractSides, diagonal, offsets, shifts, sides
from ..algebra.patterns import Pattern
from ..states import OpenState
from .law import AbstractMasterLaw
from .master import Master


class Moves(eqx.Module):
    """All jumps by shifts: ``sum of straight[p] M + turned[p] M^T``, both moved up and left by pairs[p] of offsets."""

    straight: Float[Array, "p n n"]
    turned: Float[Array, "p n n"] | None
    pairs: tuple[tuple[int, int], ...] = eqx.field(static=True)

    def __call__(self, m: Float[Array, "n n"]) -> Float[Array, "n n"]:
        move = shifts(m, list(self.pairs))
        total = sum(w * move(*pair) for w, pair in zip(self.straight, self.pairs, strict=True))
        if self.turned is not None:
            move = shifts(m.T, list(self.pairs))
            total += sum(w * move(*pair) for w, pair in zip(self.turned, self.pairs, strict=True))
        return total  # type: ignore[return-value]

    @property
    def transposed(self) -> "Moves":
        """The transposed map: all moves back."""
        back = [(-a, -b) for a, b in self.pairs]
        straight = jnp.stack([shifts(w, [pair])(*pair) for w, pair in zip(self.straight, back, strict=True)])
        if self.turned is None:
            return Moves(straight, None, tuple(back))
        # the pairs of M^T are exchanged, and hold all exchanged pairs as well
        turned = dict(zip(back, (shifts(w, [pair])(*pair).T for w, pair in zip(self.turned, back, strict=True)), strict=True))
        return Moves(straight, jnp.stack([turned[b, a] for a, b in back]), tuple(back))


class Products(eqx.Module):
    """All jumps by products: ``sum rate L M L^T``, and those of imaginary parts."""

    re: Float[Array, "k n n"]
    im: Float[Array, "k n n"] | None
    rates: Float[Array, " k"]

    def __call__(self, m: Float[Array, "n n"]) -> Float[Array, "n n"]:
        def sandwich(left, m, right):
            inner = jnp.matmul(left, m, precision=lax.Precision.HIGHEST)
            return jnp.einsum("k,kia,kja->ij", self.rates, inner, right, precision=lax.Precision.HIGHEST)

        total = sandwich(self.re, m, self.re)
        if self.im is None:
            return total
        return total + sandwich(self.im, m, self.im) + sandwich(self.im, m.T, self.re) - sandwich(self.re, m.T, self.im)

    @property
    def transposed(self) -> "Products":
        """The transposed map: of the adjoint jumps."""
        return Products(jnp.swapaxes(self.re, 1, 2), None if self.im is None else -jnp.swapaxes(self.im, 1, 2), self.rates)


class Lindblad(AbstractMasterLaw):
    """The whole density matrix of an open system.

    Args:
        master: its operators.
        initial: M at t = 0.
        gap: the battery's Hamiltonian, zero when empty, as M.
        modes: levels of a last factor that is truncated (see `OpenState`).

    Source: Lindblad, Commun. Math. Phys. 48, 119 (1976), https://doi.org/10.1007/BF01608499.

    >>> import jaxqb as qb
    >>> down = [[0.0, 1.0], [0.0, 0.0]]
    >>> battery = qb.OpenBattery([[0.0, 0.0], [0.0, 1.0]], [down], [0.5], [[0.0, 0.0], [0.0, 1.0]], [0.0, 1.0])
    >>> battery.lindblad().start.tolist()
    [[0.0, 0.0], [0.0, 1.0]]
    """

    exact: ClassVar[bool] = True

    master: Master
    initial: Float[Array, "n n"]
    gap: Float[Array, "d d"]
    modes: int | None = eqx.field(static=True, default=None)

    def valid(self) -> Bool[Array, ""]:
        """Whether rates and start are possible."""
        return self.master.physical(self.initial)

    @property
    def start(self) -> Float[Array, "n n"]:
        """M at t = 0."""
        return self.initial

    def coefficients(self) -> tuple[AbstractSides | None, AbstractSides | None, Moves | Products | None]:
        """Both parts of K, and the jumps."""
        pattern = self.master.pattern
        real, imag = (sides(part, mask) for part, mask in zip(self.master.drift(), pattern.drift, strict=True))
        return real, imag, _jumps(self.master, pattern)

    def apply(self, coefficients: tuple[Any, Any, Any], y: Float[Array, "n n"]) -> Float[Array, "n n"]:
        """The field from its coefficients."""
        real, imag, jumps = coefficients
        terms = []
        if real is not None:
            terms.append(real.both(y, 1.0))
        if imag is not None:
            terms.append(imag.both(y.T, -1.0))
        if jumps is not None:
            terms.append(jumps(y))
        return functools.reduce(jnp.add, terms, jnp.zeros_like(y))

    def transposed(self, coefficients: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
        """Of the transposed generator, which is of the same form."""
        real, imag, jumps = (None if part is None else part.transposed for part in coefficients)
        return real, None if imag is None else jax.tree.map(jnp.negative, imag), jumps

    def extent(self) -> tuple[Any, Any, Any]:
        """Of the numerical range."""
        return self.master.extent()

    def pace(self) -> Float[Array, ""]:
        """Any two levels may beat against each other."""
        return self.radius()

    def state(self, y: Float[Array, "n n"]) -> OpenState:
        """The density matrix."""
        return OpenState(y, self.gap, self.modes)


def _jumps(master: Master, pattern: Pattern) -> Moves | Products | None:
    """All jumps in the cheaper of two forms."""
    masks = [pattern.parts(jump) for jump in pattern.jumps]
    along = [offsets(np.logical_or(*parts)) for parts in masks]
    pairs = sorted({(a, b) for found in along for a in found for b in found})
    if not pairs:
        return None
    imaginary = any(parts[1].any() for parts in masks)
    (re, im), rates = master.jumps, master.rates
    if len(pairs) > len(masks) * pattern.n / 2:
        return Products(re, im if imaginary else None, rates)
    straight, turned = [], []
    for a, b in pairs:
        own = [k for k, found in enumerate(along) if a in found and b in found]
        weigh = lambda x, y, a=a, b=b, own=own: sum(  # noqa: E731
            rates[k] * jnp.outer(diagonal(x[k], a), diagonal(y[k], b)) for k in own
        )
        straight.append(weigh(re, re) + weigh(im, im) if imaginary else weigh(re, re))
        turned.append(weigh(im, re) - weigh(re, im) if imaginary else None)
    return Moves(jnp.stack(straight), jnp.stack(turned) if imaginary else None, tuple(pairs))
