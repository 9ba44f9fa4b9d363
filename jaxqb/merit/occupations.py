"""What is occupied: levels of the battery, its cells, the modes of a reservoir."""

from typing import Any, ClassVar

from jaxtyping import Array, Float

from ..errors import MeritError, fail
from ..states import OpenState
from .merit import AbstractObservable


class LevelPopulations(AbstractObservable):
    """Populations of the battery's levels 0, 1, 2, ..., shape (levels,); where there are several towers, they are rows.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> [round(float(x), 9) for x in qb.merit.level_populations(battery, state)]
    [0.1, 0.2, 0.7]
    """

    symbol: ClassVar[str] = "p_m"
    unit: ClassVar[str] = "number"

    def __call__(self, battery: Any, state: Any) -> Array:
        weights = state.battery().populations()
        return weights[0] if weights.shape[0] == 1 else weights


class Polarisation(AbstractObservable):
    r"""Polarisation :math:`\langle\sigma^z_j\rangle` of battery cells: -1 when empty, 1 when full.

    A scalar, :math:`2 \langle m\rangle / N_B - 1`, where all cells are alike; of the spins of a chain one each, shape (n,), in a
    cavity too. An `OpenBattery` of two levels is one cell.

    Raises:
        MeritError: of an `OpenBattery` of more levels, which do not say what its cells are.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> round(float(qb.merit.populations(battery, state)), 9)  # 2 1.6 / 2 - 1
    0.6
    """

    symbol: ClassVar[str] = "<sigma_z>"
    unit: ClassVar[str] = "number"

    def __call__(self, battery: Any, state: Any) -> Float[Array, "..."]:
        if hasattr(state, "excited"):
            return 2 * state.excited() - 1
        if isinstance(state, OpenState):  # whose excitations are an energy
            return battery.polarisation(state)
        return 2 * state.battery_excitations() / battery.n_battery - 1


class Photons(AbstractObservable):
    """Mean number of photons in the reservoir that emitters share (lost ones count), see `WaveguideBattery`: a scalar.

    Raises:
        MeritError: of a battery without such a reservoir.

    >>> import jaxqb as qb
    >>> battery = qb.WaveguideBattery(frequency=1.3, separation=0.4, radiation_rate=0.3)
    >>> sol = qb.evolve(battery, [0.0, 5.0], ["photons"])
    >>> [float(x) > 0.1 for x in sol.saved["photons"]]  # the excitation is first in the charger
    [False, True]
    """

    symbol: ClassVar[str] = "<n>"
    unit: ClassVar[str] = "number"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        if not hasattr(state, "photons"):
            but, fix = "this battery has no such reservoir", "use e.g. merit.charger_energy"
            fail(MeritError, "photons", "be asked of emitters in a reservoir", but, fix)
        return state.photons()


level_populations = LevelPopulations()
populations = Polarisation()
photons = Photons()
