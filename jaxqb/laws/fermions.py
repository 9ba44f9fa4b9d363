"""Second moments of the fermions that a chain of spins is, with the strings of their decay closed by Wick's theorem."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..states.spins import SpinBands
from .closure import AbstractBanded, Tables, beside, prepared
from .lattice import Lattice


class Fermions(AbstractBanded):
    r"""``G_nm = <c^+_n c_m>`` with ``c_j = prod_(l<j) (-sigma^z_l) sigma^-_j``, without collective decay.

    Exchange between neighbours is hopping of free fermions. Decay of single spins is not decay of fermions: it flips the sign
    of whatever reaches across the spin, so that for n < m

    .. math:: \dot G_{nm} = [i(\Delta_n - \Delta_m) - (\gamma_n + \gamma_m)/2] G_{nm} + i (\Lambda G - G \Lambda)_{nm}
              - 2 \sum_{n<j<m} \gamma_j \langle c^+_j c_j c^+_n c_m\rangle,

    where Wick's theorem makes the mean ``G_jj G_nm - G_nj G_jm``; this is all that is approximated. Populations and correlations
    of neighbours are those of the spins. A step costs of the order of n bands^2.

    Source: the chain of Liu et al. after Jordan and Wigner.
    """

    lattice: Lattice
    tables: Tables
    lost: Float[Array, ""]
    bands: int = eqx.field(static=True)

    @classmethod
    def of(cls, lattice: Lattice, bands: int | None = None) -> "Fermions":
        """The law with so many diagonals."""
        return cls(lattice, *prepared(lattice, bands))

    def field(self, y: Any) -> Any:
        """Hopping and loss, then strings."""
        re, im = y
        rows, n, rates = self.bands + 1, self.lattice.n, self.lattice.rates
        sign = jnp.full((rows, n), -1.0, re.dtype).at[0].set(-2.0)
        d_re, d_im = self.hopped(y, sign, sign)
        lost = rates * re[0]
        before = jnp.cumsum(lost)
        between = 2 * (beside(before - lost, rows) - before).at[0].set(0.0)
        # sums over j = n + a of twice G_nj G_jm, whose second factor is the row d - a at j: a slice of rows behind one another
        weighted = [jnp.pad((2 * rates * part).at[0].set(0.0).ravel(), (rows * n, 0)) for part in y]
        sum_re, sum_im = -between * re, -between * im
        for a in range(1, rows - 1):
            near_re, near_im = re[a], im[a]
            far_re, far_im = (part[rows * n - a * (n - 1) :][: rows * n].reshape(rows, n) for part in weighted)
            sum_re = sum_re + near_re * far_re - near_im * far_im
            sum_im = sum_im + near_re * far_im + near_im * far_re
        return d_re + sum_re, d_im + sum_im

    def radius(self) -> Float[Array, ""]:
        """What decays in between adds up."""
        rates = self.lattice.rates
        before = jnp.cumsum(rates)
        return super().radius() + 2 * jnp.max(beside(before - rates, self.bands + 1) - before)

    def state(self, y: Any) -> SpinBands:
        """Of these alone populations and neighbours are those of spins."""
        return self.moments(y, strings=True)
