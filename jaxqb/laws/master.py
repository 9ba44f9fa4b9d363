r"""A master equation's operators, in real numbers, whatever coordinates its laws choose.

.. math:: \dot\rho = K\rho + \rho K^+ + \sum_k \gamma_k L_k\rho L_k^+, \quad K = -iH - \tfrac12\sum_k\gamma_k L_k^+L_k

A rate multiplies its dissipator (its root never enters), so derivatives at rate 0 are finite.
"""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

from ..algebra.patterns import Pattern
from ..conventions import epsilon

Parts = tuple[Float[Array, "n n"], Float[Array, "n n"]]
Stacks = tuple[Float[Array, "k n n"], Float[Array, "k n n"]]


class Master(eqx.Module):
    """Hamiltonian, jumps and rates; matrices as real and imaginary part.

    Args:
        hamiltonian: shape (n, n), twice.
        jumps: shape (k, n, n), twice.
        rates: shape (k,).
        pattern: (static) where they may differ from zero.

    >>> import jaxqb as qb
    >>> down = [[0.0, 1.0], [0.0, 0.0]]
    >>> battery = qb.OpenBattery([[0.0, 0.0], [0.0, 1.0]], [down], [0.5], [[0.0, 0.0], [0.0, 1.0]], [0.0, 1.0])
    >>> battery.lindblad().master.losses()[0].tolist()
    [[0.0, 0.0], [0.0, 0.5]]
    """

    hamiltonian: Parts
    jumps: Stacks
    rates: Float[Array, " k"]
    pattern: Pattern = eqx.field(static=True)

    def physical(self, initial: Float[Array, "n n"]) -> Bool[Array, ""]:
        """Whether no rate is negative, and a start (`algebra.hermitian`) has the trace and the diagonal of a state."""
        diagonal = jnp.diagonal(initial)
        near = 1e3 * self.pattern.n * epsilon()
        # what is not a number is for others to say
        return ~(jnp.any(self.rates < 0) | (jnp.abs(jnp.sum(diagonal) - 1) > near) | jnp.any(diagonal < -near))

    def losses(self) -> Parts:
        """``sum_k rate_k L_k^+ L_k``."""
        return self._squares(self.jumps)

    def gains(self) -> Parts:
        """``sum_k rate_k L_k L_k^+``."""
        re, im = (jnp.swapaxes(x, 1, 2) for x in self.jumps)
        return self._squares((re, -im))

    def _squares(self, jumps: Stacks) -> Parts:
        """``sum_k rate_k L_k^+ L_k`` of these jumps, each sum as one product."""
        n, (re, im) = self.pattern.n, jumps
        imaginary = any(self.pattern.parts(jump)[1].any() for jump in self.pattern.jumps)

        def square(first, second):
            weighted = (self.rates[:, None, None] * first).reshape(-1, n)
            return jnp.matmul(weighted.T, second.reshape(-1, n), precision=lax.Precision.HIGHEST)

        if not imaginary:
            return square(re, re), jnp.zeros_like(re, shape=(n, n))
        return square(re, re) + square(im, im), square(re, im) - square(im, re)

    def drift(self) -> Parts:
        """K."""
        (re, im), (a, b) = self.hamiltonian, self.losses()
        return im - a / 2, -re - b / 2

    def extent(self) -> tuple[Any, Any, Any]:
        """Bounds of the numerical range of the generator (see `AbstractDampedLaw.extent`).

        Of the Hamiltonian's part exactly, by eigenvalues. A jump's ``<X, L X L^+>`` is at most half of ``|L^+X|^2 + |X L^+|^2``,
        and of ``|LX|^2 + |XL|^2``; from the mean of both, or from the first less the losses, follows what is written here.
        """
        levels = jnp.linalg.eigvalsh(self._energies())
        losses, gains = self.losses(), self.gains()
        spread = _highest(*(a + b for a, b in zip(losses, gains, strict=True))) / 2
        right = _highest(*(b - a for a, b in zip(losses, gains, strict=True))) / 2
        return _highest(*losses) + spread, jnp.maximum(right, 0.0), levels[-1] - levels[0] + spread

    def _energies(self) -> Array:
        re, im = self.hamiltonian
        real = not self.pattern.parts(self.pattern.hamiltonian)[1].any()
        return re if real else lax.complex(re, im)


def _highest(re: Float[Array, "n n"], im: Float[Array, "n n"]) -> Float[Array, ""]:
    """A bound on the largest eigenvalue of a Hermitian matrix, by Gershgorin's discs."""
    centres = jnp.diagonal(re)
    return jnp.max(centres - jnp.abs(centres) + jnp.sum(jnp.hypot(re, im), axis=1))
