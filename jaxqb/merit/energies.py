"""Mean energies of battery, charger and their coupling, and the spread of the battery's."""

from typing import Any, ClassVar

from jaxtyping import Array, Float

from .merit import AbstractMerit, AbstractObservable


class Energy(AbstractObservable):
    r"""Energy of the battery, zero when it is empty: a scalar, in units of hbar frequency.

    .. math:: E = \mathrm{Tr}\, \rho_B H_B = \omega_B \langle m\rangle

    with m the number of excited cells; of a chain the sum over its gaps, of an `OpenBattery` the mean of its Hamiltonian above
    the lowest level.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> round(float(qb.merit.energy(battery, state)), 9)  # 0.2 + 2 0.7
    1.6
    """

    symbol: ClassVar[str] = "E"
    unit: ClassVar[str] = "energy"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return battery.battery_frequency * state.battery_excitations()


class EnergyPerCell(AbstractObservable):
    """Energy over the number of cells, :math:`E / N_B`: a scalar, in units of hbar frequency.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> round(float(qb.merit.energy_per_cell(battery, state)), 9)
    0.8
    """

    symbol: ClassVar[str] = "E / N_B"
    unit: ClassVar[str] = "energy"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return energy(battery, state) / battery.n_battery


class Filling(AbstractObservable):
    """Stored energy over capacity: 0 where it is least, 1 where it is largest (an empty battery with a negative gap). A scalar.

    NaN for a battery without a gap, which stores nothing.

    .. math:: (E - E_{min}) / (E_{max} - E_{min})

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(n_battery=4, n_charger=4, battery_frequency=2.5, battery_excitations=3)
    >>> [round(float(x), 6) for x in qb.evolve(battery, [0.0], ["filling", "energy"]).saved["filling"]]
    [0.75]
    """

    symbol: ClassVar[str] = "E / K"
    unit: ClassVar[str] = "number"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return filled(battery.battery_frequency * state.battery_excitations(), battery)


def filled(stored: Any, battery: Any) -> Float[Array, ""]:
    """Where an energy lies between the least and the largest that a battery can have: 0 to 1.

    Args:
        stored: an energy, of any shape.
        battery: the battery, whose ``reach()`` says the range.

    >>> import jaxqb as qb
    >>> float(qb.merit.filled(1.5, qb.SpinCharger(4, 4, battery_frequency=0.5)))
    0.75
    """
    low, high = battery.reach()
    return (stored - low) / (high - low)


class ChargerEnergy(AbstractObservable):
    r"""Free energy of the charger, zero when it is empty: a scalar, in units of hbar frequency.

    .. math:: E_C = \omega_C \langle n\rangle

    Raises:
        MeritError: of an `OpenBattery`, which singles no charger out.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> round(float(qb.merit.charger_energy(battery, state)), 9)  # two spins, full
    2.0
    """

    symbol: ClassVar[str] = "E_C"
    unit: ClassVar[str] = "energy"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return battery.charger_energy(state)


class InteractionEnergy(AbstractObservable):
    r"""Mean of all that couples battery and charger (exchange, pair and Ising terms): a scalar, in units of hbar frequency.

    .. math:: E_I = \langle H - H_B - H_C\rangle

    without the crosstalk within battery and charger.

    Raises:
        MeritError: of a battery whose coupling is not known as an operator.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> coupled = qb.SpinCharger(1, 3, ising=0.4)  # 2 Delta S^z J^z at the start, with S^z = -1/2 and J^z = 3/2
    >>> round(float(qb.merit.interaction_energy(coupled, coupled.law().state(coupled.law().start))), 9)
    -0.6
    """

    symbol: ClassVar[str] = "E_I"
    unit: ClassVar[str] = "energy"

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return state.coupling_energy() + state.expect(battery.joint_energy)


class TotalEnergy(AbstractObservable):
    r"""Mean of the whole Hamiltonian, zero free energy for empty battery and charger: a scalar, in units of hbar frequency.

    .. math:: \langle H\rangle = E + E_C + E_I + \text{(crosstalk)}

    It is a constant of the motion where nothing is lost.

    Raises:
        MeritError: of a battery whose coupling is not known as an operator.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> round(float(qb.merit.total_energy(battery, state)), 9)  # 1.6 and 2
    3.6
    """

    symbol: ClassVar[str] = "<H>"
    unit: ClassVar[str] = "energy"

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return battery.total_energy(state)


class EnergyVariance(AbstractMerit):
    r"""Variance of the battery's energy: a scalar.

    .. math:: \mathrm{Var}\, E = \mathrm{Tr}\, \rho_B H_B^2 - E^2

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> round(float(qb.merit.energy_variance(battery, state)), 9)  # 0.2 + 4 0.7 - 1.6^2
    0.44
    """

    symbol: ClassVar[str] = "Var E"
    unit: ClassVar[str] = "variance"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return battery.battery_frequency**2 * (state.battery_excitations(2) - state.battery_excitations() ** 2)


energy = Energy()
energy_per_cell = EnergyPerCell()
filling = Filling()
charger_energy = ChargerEnergy()
interaction_energy = InteractionEnergy()
total_energy = TotalEnergy()
energy_variance = EnergyVariance()
