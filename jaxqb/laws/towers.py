r"""Battery and charger in a common bath, while each spin also decays and dephases by itself: towers of collective spin.

.. math:: \dot\rho = 2\gamma [(n+1) D(J^-) + n D(J^+)]\rho
          + \sum_i [\kappa (n+1) D(\sigma^-_i) + \kappa n D(\sigma^+_i) + \kappa_\phi D(\sigma^z_i)]\rho,
          \quad D(L)\rho = L\rho L^+ - \tfrac12\{L^+L, \rho\}

with J the sum of all spins of battery and charger and i one of them: alone, a spin loses its excitation at the rate kappa, and
its coherence at kappa/2 + 2 kappa_phi. Coordinates are those of `algebra.towers`.
"""

from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float

from ..algebra import towers
from ..states import TowerDensity
from .law import AbstractMasterLaw


class Terms(eqx.Module):
    """Weights of all terms of a derivative, from their sources; or to them, if the generator is `turned` over."""

    weights: Float[Array, "terms n"]
    turned: bool = eqx.field(static=True, default=False)


class Towers(AbstractMasterLaw):
    """Numbers between as many excitations in all, from levels of the battery and a full charger.

    Not positive: what the bath takes from one group and gives to the other has a minus sign, so this is no decay law.

    Args:
        decay_rate, occupation: gamma, and n of both baths.
        local_decay, dephasing: kappa and kappa_phi.
        populations: of the battery's levels at the start, tower by tower.
        whole: whether these are the sizes and the start that were asked for.
        cells, chargers: (static) spins of the battery and of the charger.

    Source: Chase and Geremia, PRA 78, 052101 (2008), https://doi.org/10.1103/PhysRevA.78.052101.

    >>> import jaxqb as qb
    >>> law = qb.DarkStateBattery(n_battery=1, n_charger=2, local_decay=0.1).law()
    >>> law.cells, law.chargers, bool(law.valid())
    (1, 2, True)
    """

    exact: ClassVar[bool] = True

    decay_rate: Float[Array, ""]
    occupation: Float[Array, ""]
    local_decay: Float[Array, ""]
    dephasing: Float[Array, ""]
    populations: Float[Array, "towers levels"]
    whole: Bool[Array, ""]
    cells: int = eqx.field(static=True)
    chargers: int = eqx.field(static=True)

    def valid(self) -> Bool[Array, ""]:
        """The sizes for which the tables are made."""
        return self.whole

    @property
    def start(self) -> Float[Array, " n"]:
        """Each level of the battery beside the full charger."""
        at = towers.elements(self.cells, self.chargers)
        here = np.all(at.ket == at.bra, axis=0) & (at.ket[1] == self.chargers)
        first = jnp.where(here, self.populations[at.towers[0], at.ket[0]], 0.0)
        return first * towers.scales(self.cells, self.chargers)

    def coefficients(self) -> Terms:
        """Weights of all terms at these rates."""
        up, down = self.occupation, self.occupation + 1
        g, k = self.decay_rate, self.local_decay
        rates = jnp.stack([g * down, g * up, k * down, k * up, self.dephasing, g * (down + up)])
        table = towers.generator(self.cells, self.chargers)
        return Terms(rates[table.kinds][:, None] * table.weights)

    def transposed(self, coefficients: Terms) -> Terms:
        """The same weights, the other way."""
        return Terms(coefficients.weights, not coefficients.turned)

    def apply(self, coefficients: Terms, y: Float[Array, " n"]) -> Float[Array, " n"]:
        """The field from its coefficients: for all numbers at once, term by term."""

        def add(total: Any, term: Any) -> Any:
            weights, origins = term
            if coefficients.turned:
                return total.at[origins].add(weights * y, mode="promise_in_bounds"), None
            return total + weights * y.at[origins].get(mode="promise_in_bounds"), None

        sources = jnp.asarray(towers.generator(self.cells, self.chargers).sources)
        return lax.scan(add, jnp.zeros_like(y), (coefficients.weights, sources))[0]

    def generator(self) -> Float[Array, "n n"]:
        """The same as a dense matrix."""
        sources = towers.generator(self.cells, self.chargers).sources
        size = sources.shape[1]
        return jnp.zeros((size, size), self.decay_rate.dtype).at[np.arange(size), sources].add(self.coefficients().weights)

    def extent(self) -> tuple[Any, Any, Any]:
        """Of the numerical range, by the largest eigenvalues of jumps, ``J^+ J^- <= (N + 1)^2 / 4`` and those of single spins."""
        spins, both = self.cells + self.chargers, 2 * self.occupation + 1
        collective, local = self.decay_rate * both * (spins + 1) ** 2 / 2, self.local_decay * spins
        height = collective + local * both / 2 + self.dephasing * spins
        left = height + collective + local * (self.occupation + 1) + self.dephasing * spins
        return left, (self.decay_rate + self.local_decay / 2) * spins, height

    def pace(self) -> Float[Array, ""]:
        """Of the avalanche, and of a spin by itself."""
        both = 1 + 2 * self.occupation
        return both * (2 * self.decay_rate * (self.cells + self.chargers) + self.local_decay) + 4 * self.dephasing

    def state(self, y: Float[Array, " n"]) -> TowerDensity:
        """The density matrix in its towers."""
        return TowerDensity(y / towers.scales(self.cells, self.chargers), self.cells, self.chargers)
