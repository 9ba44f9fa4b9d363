"""A chain of spins with two gaps in turn."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..errors import FieldError, fail
from ..fields import Real, parameter, size
from ..laws import AbstractLaw
from ..laws.excitation import DimerExcitation, bands
from .battery import convert_fields
from .spins import AbstractSpinChain, Structure, check_length, check_spins, check_start, structure_of


class DimerChain(AbstractSpinChain):
    r"""A `SpinChain` with gaps 1, r, 1, r, ... and decay rates of a fixed part of the gap; r = 1 is the uniform chain.

    Units: the gap of the first spin is 1.

    Args:
        n_battery: number of spins, at least 2; it shapes arrays, so it is one known number.
        gap_ratio: r, of the gaps of even and odd spins.
        damping: decay rate over gap.
        hopping, collective_decay, initial: see `SpinChain`.

    Raises:
        FieldError: for a value no chain can have.

    Source: Liu et al., "Boosting quantum battery performance by structure engineering".

    >>> import jaxqb as qb
    >>> chain = qb.DimerChain(4, gap_ratio=0.25, hopping=0.0)
    >>> round(float(qb.evolve(chain, [10.0]).saved["energy"][0]), 9)  # 2 exp(-0.5) + 0.5 exp(-0.125)
    1.654309771
    """

    n_battery: Real = size(symbol="N", doc="number of spins", unit="spins", minimum=2.0)
    gap_ratio: Real = parameter(symbol="r", unit="number", doc="gap of even over gap of odd spins", minimum=0.0)
    damping: Real = parameter(default=0.05, symbol="gamma / Delta", unit="number", doc="decay rate over gap", minimum=0.0)
    hopping: Real = parameter(default=0.05, symbol="lambda", unit="frequency", doc="exchange between neighbours", vector=True)
    collective_decay: Real = parameter(
        default=0.0, symbol="Gamma", unit="frequency", doc="decay of the sum of spins", minimum=0.0
    )
    initial: Any = "full"
    structure: Structure = eqx.field(static=True, init=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        n = check_spins(self.n_battery)
        check_length("hopping", self.hopping, n - 1, "bond")
        self.initial = check_start(self.initial, n)
        self.structure = structure_of(self, n)

    def single_excitation(self) -> AbstractLaw:
        """Amplitudes of the one excitation that the chain starts with, if it does: in closed form where all bonds are equal."""
        closed = self.structure.alone and np.ndim(self.hopping) == 0
        return DimerExcitation.of(self.lattice()) if closed else super().single_excitation()

    def bands(self, printed: bool = False) -> Any:
        """Complex frequencies of one excitation, ``Omega^-_k`` and ``Omega^+_k``; it decays at minus twice their imaginary part.

        Args:
            printed: with ``Omega = Delta - i gamma``, as the source prints it, in place of ``Delta - i gamma / 2``, as its
                master equation has it.

        Returns:
            `Bands`: ``.k``, ``.lower`` and ``.upper`` of shape (N // 2,); ``.middle``, the mode that an odd chain has besides.

        Raises:
            FieldError: with collective decay, or unequal bonds.

        >>> import jaxqb as qb
        >>> bands = qb.DimerChain(50, gap_ratio=0.25).bands()
        >>> [round(-float(x[9].imag), 6) for x in (bands.lower, bands.upper)]  # at k = 20 pi / 51
        [0.006464, 0.024786]
        """
        if np.ndim(self.hopping) > 0:
            fail(FieldError, "hopping", "be one number for bands", "there is one a bond", "use numpy.linalg.eigvals")
        if not self.structure.alone:
            fail(FieldError, "collective_decay", "be zero for bands", "all spins decay together", "use numpy.linalg.eigvals")
        return bands(self.lattice(), printed)

    def pattern(self) -> tuple[Any, Any]:
        """One gap for odd spins, the other one for even ones (counted from 1)."""
        gaps = jnp.where(np.arange(self.structure.n) % 2 == 0, 1.0, jnp.asarray(self.gap_ratio))
        return gaps, self.damping * gaps
