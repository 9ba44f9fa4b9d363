"""A spin battery charged by a spin: M cells and N charger spins, coupled collectively."""

from typing import Any, NamedTuple, cast

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..errors import FieldError, fail
from ..fields import Real, coincide, concrete, parameter, size, vanishes
from ..laws import AbstractUnitaryLaw
from .battery import check_levels, convert_fields
from .collective import Ladders, conserved_law, count_amplitudes, extremes, grid_law
from .starts import AbstractStartedBattery, Full, Level, Thermal, Weighted, as_start, check_start


class Structure(NamedTuple):
    """What is static about a spin charger."""

    levels: int
    charger_levels: int
    conserved: bool
    resonant: bool


class SpinCharger(AbstractStartedBattery):
    r"""Spin cells charged collectively by spins.

    .. math:: H = \omega_B S^z + \omega_C J^z + g (S^+J^- + S^-J^+) + g\gamma (S^+J^+ + S^-J^-) + 2\Delta S^z J^z
              + g_1 (J^+J^- + J^-J^+) + g_2 (S^+S^- + S^-S^+)

    Sizes are data: a battery built with arrays of sizes is the hull of a family that shares one compiled program. With
    `anisotropy=0` the excitation number is conserved and `n_charger` may be any real number above `n_battery - 1`
    (energies are polynomials in the squared couplings); derivatives by it are right at N = M - 1 too.

    Args:
        n_battery: M, number of battery cells.
        n_charger: N, number of charger spins.
        coupling: g, exchange.
        anisotropy: gamma, ratio of pair to exchange coupling.
        ising: Delta.
        battery_frequency: omega_B.
        charger_frequency: omega_C.
        battery_crosstalk: g_2.
        charger_crosstalk: g_1.
        battery_excitations: start of the battery: a Dicke level, a vector of populations of levels, `localised(1)`,
            `thermal(mean)` or `coherent(mean)`.
        charger_excitations: start of the charger, likewise; None: full.
        levels, charger_levels: padded level numbers, derived from the sizes where these are not traced.

    Raises:
        FieldError: for a value no battery can have.

    Source: Huangfu & Jing, "High-capacity and high-power collective charging with spin chargers", Eqs. 1-15;
    Peng et al., PRA 103, 052220, Eqs. 4-6 (B, h, A, Delta are battery_frequency, charger_frequency, coupling, ising).

    >>> import jaxqb as qb
    >>> peak = qb.charge(qb.SpinCharger(n_battery=10, n_charger=10)).first_peak
    >>> round(float(peak.value), 6)
    9.567383
    """

    n_battery: Real = size(symbol="N_B", doc="number of battery cells")
    n_charger: Real = size(symbol="N_C", doc="number of charger spins", unit="spins", integer=False)
    coupling: Real = parameter(default=1.0, symbol="g", unit="frequency", doc="battery-charger exchange")
    anisotropy: Real = parameter(default=0.0, symbol="gamma", unit="number", doc="pair coupling over exchange")
    ising: Real = parameter(default=0.0, symbol="Delta", unit="frequency", doc="Ising coupling of the two spins")
    battery_frequency: Real = parameter(default=1.0, symbol="omega_B", unit="frequency", doc="gap of a battery cell")
    charger_frequency: Real = parameter(default=1.0, symbol="omega_C", unit="frequency", doc="gap of a charger spin")
    battery_crosstalk: Real = parameter(default=0.0, symbol="g_2", unit="frequency", doc="exchange among battery cells")
    charger_crosstalk: Real = parameter(default=0.0, symbol="g_1", unit="frequency", doc="exchange among charger spins")
    battery_excitations: Any = 0.0
    charger_excitations: Any = None
    levels: int | None = eqx.field(static=True, default=None)
    charger_levels: int | None = eqx.field(static=True, default=None)
    structure: Structure = eqx.field(static=True, init=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        self.battery_excitations = as_start(self.battery_excitations, "battery_excitations")
        self.charger_excitations = as_start(self.charger_excitations, "charger_excitations")
        self.structure = self._structure()

    def _structure(self) -> Structure:
        cells = cast(Any, concrete(self.n_battery))
        chargers = cast(Any, concrete(self.n_charger))
        battery, charger = self.battery_excitations, self.charger_excitations
        isotropic = vanishes(self.anisotropy)
        conserved = isotropic and not battery.superposed and not charger.superposed
        needed = None
        if cells is not None:
            needed = int(cells.max()) + 1
            if conserved and chargers is not None and not isinstance(battery, Weighted):
                # one level beyond the last: its link vanishes at this size, but not its derivative by the size
                needed = min(needed, battery.highest(float(cells.max())) + charger.highest(float(chargers.max())) + 2)
        levels = check_levels(self, "levels", needed, "n_battery")
        full = None if chargers is None else int(np.ceil(chargers.max())) + 1
        if full is None and conserved and not isinstance(charger, Thermal):
            full = 2  # a chain has no charger levels
        charger_levels = check_levels(self, "charger_levels", full, "n_charger")
        check_start("battery_excitations", battery, "n_battery", cells)
        check_start("charger_excitations", charger, "n_charger", chargers)
        if chargers is not None and np.any(chargers != np.round(chargers)):
            whole = np.round(chargers[chargers != np.round(chargers)][0])
            if not conserved or not isinstance(charger, (Full, Level)):
                fail(
                    FieldError,
                    "n_charger",
                    "be an integer with this coupling and start",
                    f"it is {chargers}",
                    f"use {whole:g}",
                )
            if cells is not None and chargers.ndim == 0 and cells.ndim == 0 and chargers <= cells - 1:
                fail(
                    FieldError,
                    "n_charger",
                    "be an integer, or larger than n_battery - 1",
                    f"it is {chargers} with n_battery {cells}",
                    f"use {whole:g}",
                )
        resonant = coincide(self.battery_frequency, self.charger_frequency) and vanishes(
            self.ising, self.battery_crosstalk, self.charger_crosstalk
        )
        return Structure(levels, charger_levels, conserved, resonant)

    def admitted(self) -> Any:
        """See `AbstractBattery.admitted`; both starts are values too."""
        battery = self.battery_excitations.admits(self.n_battery, self.structure.levels)
        return super().admitted() & battery & self.charger_excitations.admits(self.n_charger, self.structure.charger_levels)

    def charger_quantum(self) -> Real:
        """Gap of a charger spin."""
        return self.charger_frequency

    def joint_energy(self, m, n, cells, chargers) -> Any:
        """Ising coupling ``2 Delta S^z J^z``."""
        return 2 * self.ising * (m - cells / 2) * (n - chargers / 2)

    def crosstalk_energy(self, m, n, cells, chargers) -> Any:
        """``g_1 (J^+J^- + J^-J^+) + g_2 (S^+S^- + S^-S^+)``."""
        charger = self.charger_crosstalk * (n * (chargers - n + 1) + (n + 1) * (chargers - n))
        return charger + self.battery_crosstalk * (m * (cells - m + 1) + (m + 1) * (cells - m))

    def _energy(self, m, n, cells, chargers):
        coupled = self.joint_energy(m, n, cells, chargers) + self.crosstalk_energy(m, n, cells, chargers)
        return self.battery_frequency * m + self.charger_frequency * n + coupled

    def _ladders(self) -> Ladders:
        s = self.structure
        return Ladders(
            self.coupling,
            self.coupling * self.anisotropy,
            self._energy,
            levels=s.levels,
            charger_levels=s.charger_levels,
            resonant=s.resonant,
            conserved=s.conserved,
            boson=False,
        )

    def law(self) -> AbstractUnitaryLaw:
        """A chain where excitations are conserved, else the grid of both ladders; a mixture of them for mixed starts."""
        return self.chain() if self.structure.conserved else self.grid()

    def chain(self) -> AbstractUnitaryLaw:
        """The sector of conserved excitations.

        Raises:
            FieldError: with pair coupling, or levels that are superposed at the start.
        """
        if not self.structure.conserved:
            fail(FieldError, "anisotropy", "be 0 in a chain", "pairs are created", "use `battery.grid()`")
        s = self.structure
        battery = self.battery_excitations.sectors(self.n_battery, s.levels)
        charger = self.charger_excitations.sectors(self.n_charger, s.charger_levels)
        return conserved_law(self._ladders(), battery, charger, self.n_battery, self.n_charger)

    def grid(self) -> AbstractUnitaryLaw:
        """The grid of both ladders, which holds for any coupling and start."""
        return grid_law(
            self._ladders(), self.battery_excitations, self.charger_excitations, self.n_battery, self.n_charger, False
        )

    def laws(self) -> dict[str, AbstractUnitaryLaw]:
        """The laws that describe this battery."""
        return ({"chain": self.chain()} if self.structure.conserved else {}) | {"grid": self.grid()}

    def amplitudes(self) -> int:
        """A chain's levels, or all pairs of levels."""
        return count_amplitudes(self.structure, self.battery_excitations, self.charger_excitations)

    def capacity(self) -> Real:
        """All cells excited."""
        return self.battery_frequency * self.n_battery

    def reachable(self) -> Any:
        """All cells excited, or, where excitations are conserved, as many as there are."""
        s = self.structure
        if not s.conserved:
            return super().reachable()
        room = (s.levels, s.charger_levels)
        least, most = extremes(self.battery_excitations, self.charger_excitations, self.n_battery, self.n_charger, room)
        return self.battery_frequency * jnp.where(self.battery_frequency > 0, most, least)
