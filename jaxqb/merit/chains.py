"""Figures of chains of spins, whose cells are told apart."""

from typing import Any, ClassVar

from jaxtyping import Array, Complex, Float

from ..errors import MeritError, fail
from .merit import AbstractObservable


class Correlations(AbstractObservable):
    r"""Correlations :math:`\langle\sigma^+_n \sigma^-_m\rangle` of the spins of a chain, shape (n, n).

    On the diagonal are probabilities of excitation.

    Raises:
        MeritError: of another battery, or of a law that does not follow them.

    >>> import jaxqb as qb
    >>> chain = qb.SpinChain.uniform(2, initial=qb.single_excitation([0.6, 0.8]))
    >>> sol = qb.evolve(chain, [0.0], ["correlations"])
    >>> [round(float(x.real), 9) for x in sol.saved["correlations"][0].ravel()]
    [0.36, 0.48, 0.48, 0.64]
    """

    symbol: ClassVar[str] = "C"
    unit: ClassVar[str] = "number"

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Complex[Array, "n n"]:
        return _chain(state, "correlations").correlations()


class Coherences(AbstractObservable):
    r"""Coherences :math:`\langle\sigma^-_j\rangle` of the spins of a chain, shape (n,).

    They are zero unless numbers of excitations are superposed.

    Raises:
        MeritError: of another battery.

    >>> import jaxqb as qb
    >>> chain = qb.SpinChain.uniform(2, initial=qb.single_excitation([0.6, 0.0]))
    >>> sol = qb.evolve(chain, [0.0], ["coherences"])
    >>> [round(float(x.real), 9) for x in sol.saved["coherences"][0]]  # 0.6 times the amplitude 0.8 of the empty chain
    [0.48, 0.0]
    """

    symbol: ClassVar[str] = "<sigma_->"
    unit: ClassVar[str] = "number"

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Complex[Array, " n"]:
        return _chain(state, "coherences").coherences()


class NormalisedEnergy(AbstractObservable):
    r"""Energy of a chain as in the source: with the hopping, and zero half way between empty and full. A scalar.

    .. math:: 2 \langle H\rangle / \sum_j \Delta_j - 1

    `filling` is the part of the capacity that is left, which stays positive.

    Raises:
        MeritError: of another battery.

    Source: Liu et al., "Boosting quantum battery performance by structure engineering", Eq. 6.

    >>> import jaxqb as qb
    >>> sol = qb.evolve(qb.SpinChain.uniform(4), [10.0], ["normalised_energy"])
    >>> round(float(sol.saved["normalised_energy"][0]), 9)  # 2 exp(-0.5) - 1
    0.213061319
    """

    symbol: ClassVar[str] = "E / E_0"
    unit: ClassVar[str] = "number"

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return 2 * battery.total_energy(_chain(state, "normalised_energy")) / battery.capacity() - 1


def _chain(state: Any, figure: str) -> Any:
    """A sentence where spins are not told apart."""
    if not hasattr(state, "excited"):
        but, fix = "this battery's cells are not told apart", "use e.g. merit.energy"
        fail(MeritError, figure, "be asked of a spin chain", but, fix)
    return state


correlations = Correlations()
coherences = Coherences()
normalised_energy = NormalisedEnergy()
