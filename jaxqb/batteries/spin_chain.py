"""A chain of spins that stores energy, with gaps of any pattern."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..conventions import real_dtype
from ..errors import FieldError, fail
from ..fields import Real, parameter
from .battery import convert_fields
from .dimer_chain import DimerChain
from .spins import AbstractSpinChain, Structure, check_length, check_start, structure_of


class SpinChain(AbstractSpinChain):
    r"""N spins in a row, each with a gap and a decay rate of its own: a battery that stores what it was charged with.

    .. math:: H = \sum_j \Delta_j \sigma^+_j\sigma^-_j + \sum_j \lambda_j (\sigma^+_j\sigma^-_{j+1} + h.c.), \quad
              \dot\rho = -i[H, \rho] + \sum_j \gamma_j D[\sigma^-_j]\rho + \Gamma D[\textstyle\sum_j\sigma^-_j]\rho

    A single spin decays at the rate gamma, its coherence at half of that. Energies are zero for the empty chain.

    Args:
        gaps: Delta_j, shape (n,), n of at least 2.
        decay_rates: gamma_j, shape (n,), or one for all.
        hopping: lambda_j, shape (n-1,), or one for all.
        collective_decay: Gamma, of the sum of all spins (into a bad cavity).
        initial: "full", probabilities that spins are excited (one for all, or n), or `single_excitation(amplitudes)`.

    Laws: `closure` (second moments; the default), `fermionic`, `exact` (up to 10 spins), `trajectories` and, from a single
    excitation, `single_excitation` (exact, and then the default).

    Raises:
        FieldError: for a value no chain can have, or lengths that do not match.

    Source: Liu et al., "Boosting quantum battery performance by structure engineering", Eqs. 1-3 and S12.

    >>> import jaxqb as qb
    >>> chain = qb.SpinChain(gaps=[1.0, 1.0, 1.0], decay_rates=0.05, hopping=0.1)
    >>> round(float(qb.evolve(chain, [10.0]).saved["energy"][0]), 9)  # 3 exp(-0.5): equal spins decay as if alone
    1.819591979
    """

    gaps: Real = parameter(symbol="Delta", unit="frequency", doc="gaps of the spins", vector=True)
    decay_rates: Real = parameter(symbol="gamma", unit="frequency", doc="decay rates of the spins", minimum=0.0, vector=True)
    hopping: Real = parameter(symbol="lambda", unit="frequency", doc="exchange between neighbours", vector=True)
    collective_decay: Real = parameter(
        default=0.0, symbol="Gamma", unit="frequency", doc="decay of the sum of spins", minimum=0.0
    )
    initial: Any = "full"
    structure: Structure = eqx.field(static=True, init=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        n = np.size(self.gaps)
        if np.ndim(self.gaps) != 1 or n < 2:
            but = f"its shape is {np.shape(self.gaps)}"
            fail(FieldError, "gaps", "be a vector of at least two numbers", but, "give one gap a spin")
        check_length("decay_rates", self.decay_rates, n, "spin")
        check_length("hopping", self.hopping, n - 1, "bond")
        self.initial = check_start(self.initial, n)
        self.structure = structure_of(self, n)

    @staticmethod
    def dimer(
        n: int,
        gap_ratio: Any,
        damping: Any = 0.05,
        hopping: Any = 0.05,
        collective_decay: Any = 0.0,
        initial: Any = "full",
    ) -> DimerChain:
        """Gaps 1, gap_ratio, 1, gap_ratio, ... and rates of `damping` times the gap: see `DimerChain`."""
        return DimerChain(n, gap_ratio, damping, hopping, collective_decay, initial)

    @staticmethod
    def uniform(
        n: int, damping: Any = 0.05, hopping: Any = 0.05, collective_decay: Any = 0.0, initial: Any = "full"
    ) -> DimerChain:
        """All gaps 1: the dimerised chain of ratio 1."""
        return DimerChain(n, 1.0, damping, hopping, collective_decay, initial)

    @property
    def n_battery(self) -> Any:
        """Number of spins."""
        return np.asarray(self.structure.n, real_dtype())

    def pattern(self) -> tuple[Any, Any]:
        """As given."""
        return self.gaps, jnp.broadcast_to(jnp.asarray(self.decay_rates), np.shape(self.gaps))
