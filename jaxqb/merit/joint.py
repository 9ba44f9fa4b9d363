"""What is asked of the state of battery and charger together: its amplitudes, the mean of any operator."""

from typing import Any, ClassVar

from jaxtyping import Array, Float

from ..errors import MeritError, fail
from ..matrices import as_array, check_hermitian
from .merit import AbstractMerit, AbstractObservable


class Amplitudes(AbstractMerit):
    """Complex amplitudes of a pure state in the coordinates of its law.

    Of a chain of levels one for each, shape (levels,); of the grid of both ladders shape (levels, charger levels); of emitters in
    a reservoir, and of one excitation in a chain of spins, one for each. A mixture of sectors has a leading axis, and roots of
    weights.

    Raises:
        MeritError: of a mixed state.

    >>> import jaxqb as qb
    >>> sol = qb.evolve(qb.SpinCharger(1, 1), [0.5], ["amplitudes"])
    >>> [round(float(abs(x)), 6) for x in sol.saved["amplitudes"][0]]  # cos(0.5) and sin(0.5)
    [0.877583, 0.479426]
    """

    symbol: ClassVar[str] = "psi"
    unit: ClassVar[str] = "number"

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Array:
        return state.amplitudes()


class Expectation(AbstractObservable):
    r"""Mean of a Hermitian operator on the whole system of an `OpenBattery`, :math:`\mathrm{Tr}\, \rho O`: a scalar.

    Args:
        operator: O, shape (n, n), an array or an object of QuTiP, dynamiqs or scipy.sparse.

    Raises:
        MeritError: for an operator that is not square or not Hermitian, or of another size; asked of another battery.

    >>> import jaxqb as qb
    >>> flip = [[0.0, 1.0], [1.0, 0.0]]
    >>> battery = qb.OpenBattery(flip, [], [], [[0.0, 0.0], [0.0, 1.0]], [1.0, 0.0])
    >>> sol = qb.evolve(battery, [0.5], {"x": qb.merit.Expectation(flip), "E": qb.merit.energy})
    >>> round(float(sol.saved["E"][0]), 6), abs(round(float(sol.saved["x"][0]), 6))  # sin(0.5)^2
    (0.229849, 0.0)
    """

    operator: Any

    symbol: ClassVar[str] = "<O>"
    unit: ClassVar[str] = "number"

    def __init__(self, operator: Any) -> None:
        self.operator = as_array(MeritError, "operator", operator)
        if self.operator.ndim != 2 or len(set(self.operator.shape)) > 1:
            fail(MeritError, "operator", "be square", f"its shape is {self.operator.shape}", "give an array of shape (n, n)")
        check_hermitian(MeritError, "operator", self.operator)

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        if not hasattr(state, "expectation"):
            but, fix = "this battery's states know no such operators", "use a named figure, e.g. merit.energy"
            fail(MeritError, "Expectation", "be asked of an open battery", but, fix)
        return state.expectation(self.operator)


amplitudes = Amplitudes()
