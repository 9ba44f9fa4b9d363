"""Figures over time: the rate of another one, and its mean slope since t = 0."""

from typing import Any, ClassVar

from jaxtyping import Array

from ..conventions import UNITS
from ..errors import MeritError, fail
from .energies import energy
from .entanglement import log_negativity
from .merit import AbstractMerit, check_figure


class _Slope(AbstractMerit):
    """Another figure over time, which one state does not tell."""

    merit: Any  # a figure, or a function of (battery, state)

    unit: ClassVar[str] = "power"  # of an energy

    def __check_init__(self) -> None:
        check_figure("merit", self.merit)

    @property
    def units(self) -> str:
        """That of the figure, times frequency."""
        unit = getattr(self.merit, "units", "1")
        return {UNITS["energy"]: UNITS["power"], "1": UNITS["frequency"]}.get(unit, f"{unit} frequency")

    def __call__(self, battery: Any, state: Any) -> Array:
        name = type(self).__name__
        fail(MeritError, name, "be saved by `evolve`", "it was called on a state", f"evolve(..., save={{'P': {name}(m)}})")


class Rate(_Slope):
    r"""Time derivative of another figure f, exact: along the generator, or of the closed form in time; at a kink to the right.

    .. math:: \dot f(t) = \lim_{h \to 0^+} (f(t + h) - f(t)) / h

    `instantaneous_power` is that of the energy, `entanglement_rate` that of the logarithmic negativity. Shape of f; its unit
    times frequency. It is saved by `evolve`, and not to be called on a state.

    Args:
        merit: f, a figure of merit or a function of (battery, state).

    Raises:
        MeritError: for what is no figure, or called on a state.

    >>> import jaxqb as qb
    >>> sol = qb.evolve(qb.SpinCharger(1, 1), [0.5], {"power": qb.merit.Rate(qb.merit.energy)})
    >>> round(float(sol.saved["power"][0]), 6)  # sin(2 0.5)
    0.841471
    """

    symbol: ClassVar[str] = "d/dt"

    @property
    def notation(self) -> str:
        """Of the derivative."""
        return f"d{_notation(self.merit)} / dt"


class Average(_Slope):
    """Mean slope of another figure f since t = 0, and its rate there.

    .. math:: (f(t) - f(0)) / t

    `average_power` is that of the energy. Shape of f; its unit times frequency. It is saved by `evolve`, and not to be called on
    a state.

    Args:
        merit: f, a figure of merit or a function of (battery, state).

    Raises:
        MeritError: for what is no figure, or called on a state.

    >>> import jaxqb as qb
    >>> sol = qb.evolve(qb.SpinCharger(1, 1), [0.5], {"power": qb.merit.Average(qb.merit.energy)})
    >>> round(float(sol.saved["power"][0]), 6)  # sin(0.5)^2 / 0.5
    0.459698
    """

    symbol: ClassVar[str] = "P"

    @property
    def notation(self) -> str:
        """Of power, and of other slopes."""
        return "P" if self.units == UNITS["power"] else f"Delta {_notation(self.merit)} / t"


def _notation(merit: Any) -> str:
    return getattr(merit, "notation", "f")


average_power = Average(energy)
instantaneous_power = Rate(energy)
entanglement_rate = Rate(log_negativity)
