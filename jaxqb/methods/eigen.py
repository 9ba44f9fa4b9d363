"""Exact propagation through the spectrum: any time costs the same, memory and set-up grow with the size of the state."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Complex, Float

from ..algebra import spectra
from ..errors import MethodError, fail
from ..laws import AbstractUnitaryLaw
from .method import AbstractFlow, AbstractMethod, Figures, along, along_quadratic, few_turns


class Eigen(AbstractMethod):
    r"""Dense diagonalisation of a unitary law, for moderate sizes and many or late times.

    .. math:: \psi(t) = V e^{-i E t} V^T \psi(0)

    Derivatives by a size are NaN where a squared coupling vanishes (a square root has no slope there): use `Chebyshev`.

    Raises:
        MethodError: for a law that is not unitary.

    Source: Golub and Van Loan, "Matrix Computations", chapter 8.

    >>> import jaxqb as qb
    >>> sol = qb.evolve(qb.SpinCharger(1, 1), [0.5, 1e6], method=qb.Eigen())
    >>> round(float(sol.saved["energy"][0]), 6)  # sin(0.5)^2
    0.229849
    """

    def prepare(self, law: Any) -> "EigenFlow":
        """Diagonalise once."""
        if not isinstance(law, AbstractUnitaryLaw):
            fail(MethodError, "Eigen", "solve a unitary law", f"this is {type(law).__name__}", "leave `method` out")
        matrix, psi = law.hamiltonian(), law.psi()
        w, v = jnp.linalg.eigh(lax.stop_gradient(matrix))
        return EigenFlow(law, matrix, psi, w, v)


class EigenFlow(AbstractFlow):
    """Coordinates of the march are amplitudes in the eigenbasis (a leading axis of sectors where there are several)."""

    law: AbstractUnitaryLaw
    matrix: Float[Array, "*s n n"]
    psi: Float[Array, "*s n"]
    w: Float[Array, "*s n"]
    v: Float[Array, "*s n n"]

    def _psi(self, ts: Float[Array, " t"]) -> Complex[Array, "t *s n"]:
        if self.matrix.ndim == 2:
            return spectra.propagate(self.matrix, self.psi, ts)
        return jax.vmap(spectra.propagate, (0, 0, None), 1)(self.matrix, self.psi, ts)

    def values(self, figures: Figures, battery: Any, ts: Float[Array, " t"]) -> tuple[dict[str, Any], Any]:
        """Closed form in time; rates along the Hamiltonian (a derivative in time would differentiate eigenvectors)."""
        psi = self._psi(ts)
        ys = psi.real, psi.imag

        def one(y):
            out = {name: figure(battery, self.law.ket(*y)) for name, figure in figures.plain.items()}
            for name, figure in figures.rates.items():
                (out[name],) = along(self._levels, lambda y, f=figure: f(battery, self.law.ket(*y)), y, 1, least=1)
            return out

        return jax.vmap(one)(ys), True

    def _levels(self, y: Any) -> Any:
        """Time derivative of amplitudes on the levels."""
        apply = lambda x: jnp.einsum("...nk,...k->...n", self.matrix, x, precision=lax.Precision.HIGHEST)  # noqa: E731
        return apply(y[1]), -apply(y[0])

    @property
    def start(self) -> Any:
        """Amplitudes in the eigenbasis."""
        c = jnp.einsum("...n,...nk->...k", lax.stop_gradient(self.psi), self.v, precision=lax.Precision.HIGHEST)
        return c, jnp.zeros_like(c)

    def state(self, y: Any) -> Any:
        """Back to levels."""
        back = lambda c: jnp.einsum("...nk,...k->...n", self.v, c, precision=lax.Precision.HIGHEST)  # noqa: E731
        return self.law.ket(back(y[0]), back(y[1]))

    def field(self, y: Any) -> Any:
        """Each eigenvector turns by itself."""
        return self.w * y[1], -self.w * y[0]

    def window(self, pace: Float[Array, ""]) -> Float[Array, ""]:
        """A few turns of the fastest figure."""
        return few_turns(jnp.minimum(pace, 2 * jnp.max(jnp.abs(self.w))))

    def stride(self, span: Float[Array, ""]) -> Any:
        """The phases w * span."""
        return jnp.cos(self.w * span), jnp.sin(self.w * span)

    def hop(self, stride: Any, y: Any, moves: Any = True) -> Any:
        """Each eigenvector turns by its phase."""
        cos, sin = jnp.where(moves, stride[0], 1.0), jnp.where(moves, stride[1], 0.0)
        return cos * y[0] + sin * y[1], cos * y[1] - sin * y[0]

    def taylor(self, figure: Callable, t: Float[Array, ""], y: Any, order: int) -> tuple[Any, ...]:
        """Closed form at t, and its derivatives along the Hamiltonian."""
        del y
        psi = self._psi(lax.stop_gradient(t)[None])[0]
        return along_quadratic(self._levels, lambda y: figure(self.law.ket(*y)), (psi.real, psi.imag), order)
