"""A spin battery charged by a light mode: Jaynes-Cummings, Tavis-Cummings and Dicke batteries."""

import math
from typing import Any, NamedTuple, cast

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..errors import CutoffError, FieldError, fail, shown
from ..fields import Real, check_flag, coincide, concrete, parameter, size, vanishes
from ..laws import AbstractUnitaryLaw
from .battery import check_levels, convert_fields
from .collective import Ladders, conserved_law, count_amplitudes, extremes, grid_law
from .starts import AbstractStart, AbstractStartedBattery, Coherent, Level, Localised, Thermal, Weighted, as_start, check_start

LARGEST = 10**6  # levels of light that a computer can hold beside those of the battery
TAIL = 1e-13  # population of the initial light that a given cutoff may leave out
FAINT = 1e-20  # what the default leaves out of a superposition, whose amplitudes count: roots of populations


class Structure(NamedTuple):
    """What is static about a cavity charger."""

    levels: int
    charger_levels: int
    light_levels: int
    conserved: bool
    resonant: bool
    truncated: bool


class CavityCharger(AbstractStartedBattery):
    r"""Spin cells charged collectively by one mode of light.

    .. math:: H = \omega_B S^z + \omega_c b^\dagger b + g (S^+ b + S^- b^\dagger) + g\lambda (S^+ b^\dagger + S^- b)

    One cell is the Jaynes-Cummings model, `counter_rotating=0` the Tavis-Cummings, `counter_rotating=1` the Dicke model.

    Args:
        n_battery: M, number of battery cells.
        photons: start of the light: a photon number, a vector of populations, `thermal(mean)` or `coherent(mean)`.
        coupling: g, exchange with the light.
        counter_rotating: lambda, ratio of counter-rotating to rotating coupling.
        battery_frequency: omega_B.
        cavity_frequency: omega_c.
        cutoff: largest photon number that is kept; None: enough for the start, whose mean must be known then: under
            jit and grad by that mean, give one. With counter-rotating terms it is some four times that, which strong ones fill:
            populations that reach it are found out afterwards, and `evolve` and `charge` then name a sufficient one.
        mirrored: the light *gains* a quantum for every excited cell and has frequency -omega_c:
            ``H = omega_B S^z - omega_c b^+ b + g (S^+ b^+ + S^- b)``. This is what a fully excited large spin becomes, with
            ``b^+ b`` counting its flipped spins, and starts in the vacuum; it has the couplings of Tavis-Cummings in reverse.
        battery_excitations: start of the battery: a Dicke level, a vector of populations of levels, `localised(1)`,
            `thermal(mean)` or `coherent(mean)`.
        levels: padded level number of the battery, derived from the size where this is not traced.

    Raises:
        FieldError: for a value no battery can have.
        CutoffError: for a cutoff below what the start needs; the message names a sufficient one.

    Source: Andolina et al., PRB 98, 205423; Ferraro et al., PRL 120, 117702; Huangfu & Jing, Eqs. A3-A4.

    >>> import jaxqb as qb
    >>> peak = qb.charge(qb.CavityCharger(n_battery=2, photons=2)).first_peak
    >>> round(float(peak.value), 6)
    1.777778
    """

    n_battery: Real = size(symbol="N_B", doc="number of battery cells")
    photons: Any = eqx.field()  # pyright: ignore[reportGeneralTypeIssues]  (size() has no default)
    coupling: Real = parameter(default=1.0, symbol="g", unit="frequency", doc="battery-light exchange")
    counter_rotating: Real = parameter(default=0.0, symbol="lambda", unit="number", doc="counter-rotating over exchange")
    battery_frequency: Real = parameter(default=1.0, symbol="omega_B", unit="frequency", doc="gap of a battery cell")
    cavity_frequency: Real = parameter(default=1.0, symbol="omega_c", unit="frequency", doc="frequency of the light")
    cutoff: int | None = eqx.field(static=True, default=None)
    mirrored: bool = eqx.field(static=True, default=False)
    battery_excitations: Any = 0.0
    levels: int | None = eqx.field(static=True, default=None)
    structure: Structure = eqx.field(static=True, init=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        if self.photons is None:
            fail(FieldError, "photons", "be a number or a start", "it is None", "give photons, e.g. photons=n_battery")
        self.mirrored = check_flag(FieldError, "mirrored", self.mirrored)
        self.photons = as_start(self.photons, "photons")
        self.battery_excitations = as_start(self.battery_excitations, "battery_excitations")
        self.structure = self._structure()

    def _structure(self) -> Structure:
        cells = cast(Any, concrete(self.n_battery))
        levels = check_levels(self, "levels", None if cells is None else int(cells.max()) + 1, "n_battery")
        check_start("battery_excitations", self.battery_excitations, "n_battery", cells)
        conserved = (
            vanishes(self.counter_rotating)
            and not self.photons.superposed
            and not self.battery_excitations.superposed
            and not isinstance(self.photons, Localised)
        )
        if isinstance(self.photons, Localised):
            fail(FieldError, "photons", "be a number of photons", "photons are not localised", "use a number")
        if self.mirrored and not conserved:
            fail(FieldError, "mirrored", "have counter_rotating=0 and a Fock start", "it has not", "leave `mirrored` out")
        bound = float(cells.max()) if cells is not None else levels - 1.0
        unknown = concrete(getattr(self.photons, "mean", 0.0)) is None
        if unknown and self.cutoff is None:
            fix = "pass `cutoff=`, enough for the largest mean"
            fail(CutoffError, "photons", "have a mean that is known before tracing", "it is traced", fix)
        needed = _needed(self.photons, bound)
        ample = _needed(self.photons, bound, FAINT) if self.photons.superposed else needed
        given = self.battery_excitations.highest(levels - 1.0)  # what the battery may hand to the light
        cutoff = self.cutoff
        if cutoff is not None:
            if isinstance(cutoff, bool) or not isinstance(cutoff, (int, np.integer)) or cutoff < 1:
                fail(CutoffError, "cutoff", "be an integer of at least 1", f"it is {shown(cutoff)}", f"use cutoff={needed}")
            if cutoff < needed:
                fail(CutoffError, "cutoff", "hold the initial light", f"it is {cutoff}", f"use cutoff={needed}")
        elif vanishes(self.counter_rotating):
            cutoff = ample + given
        else:
            cutoff = 4 * (ample + levels) + 20
        if cutoff > LARGEST and not (conserved and isinstance(self.photons, Level)):  # one chain holds any number
            must, fix = f"fit into {LARGEST} levels of light", "lower their number"
            fail(CutoffError, "photons", must, f"they need {cutoff}", fix)
        resonant = coincide(self.battery_frequency, self.cavity_frequency)
        truncated = not vanishes(self.counter_rotating) or unknown or cutoff < needed + given
        kept = int(cutoff) + 1
        return Structure(levels, kept, kept if truncated else kept - given, conserved, resonant, truncated)

    def admitted(self) -> Any:
        """See `AbstractBattery.admitted`; the light that is there at the start must fit into the levels that are kept for it."""
        light = self.photons.admits(None, self.structure.light_levels)
        return super().admitted() & self.battery_excitations.admits(self.n_battery, self.structure.levels) & light

    def charger_quantum(self) -> Real:
        """Energy of a photon."""
        return -self.cavity_frequency if self.mirrored else self.cavity_frequency

    def widened(self) -> "CavityCharger":
        """The same battery with twice the photon levels kept."""
        return self.replace(cutoff=2 * self.kept())

    def _energy(self, m, n, cells, chargers):
        del cells, chargers
        return self.battery_frequency * m + self.charger_quantum() * n

    def _ladders(self) -> Ladders:
        s = self.structure
        return Ladders(
            self.coupling,
            self.coupling * self.counter_rotating,
            self._energy,
            levels=s.levels,
            charger_levels=s.charger_levels,
            resonant=s.resonant,
            conserved=s.conserved,
            boson=True,
            inverted=self.mirrored,
        )

    def law(self) -> AbstractUnitaryLaw:
        """A chain where excitations are conserved, else the grid; a mixture of them for mixed light."""
        return self.chain() if self.structure.conserved else self.grid()

    def chain(self) -> AbstractUnitaryLaw:
        """The sector of conserved excitations.

        Raises:
            FieldError: with counter-rotating terms, or levels that are superposed at the start.
        """
        if not self.structure.conserved:
            fail(FieldError, "counter_rotating", "be 0 in a chain", "pairs are created", "use `battery.grid()`")
        s = self.structure
        battery = self.battery_excitations.sectors(self.n_battery, s.levels)
        light = self.photons.sectors(None, s.charger_levels)
        return conserved_law(self._ladders(), battery, light, self.n_battery, math.inf)

    def grid(self) -> AbstractUnitaryLaw:
        """The grid of both ladders, which holds for any coupling and start.

        Raises:
            FieldError: with `mirrored`, whose energy has no floor.
        """
        if self.mirrored:
            fail(FieldError, "mirrored", "be False in a grid", "it is True: energy has no floor", "use `battery.chain()`")
        starts = (self.battery_excitations, self.photons)
        return grid_law(self._ladders(), *starts, self.n_battery, math.inf, self.structure.truncated)

    def laws(self) -> dict[str, AbstractUnitaryLaw]:
        """The laws that describe this battery (the mirrored light has no grid: its energy has no floor)."""
        if self.mirrored:
            return {"chain": self.chain()}
        return ({"chain": self.chain()} if self.structure.conserved else {}) | {"grid": self.grid()}

    def amplitudes(self) -> int:
        """A chain's levels, or all pairs of levels."""
        return count_amplitudes(self.structure, self.battery_excitations, self.photons)

    def capacity(self) -> Real:
        """All cells excited."""
        return self.battery_frequency * self.n_battery

    def reachable(self) -> Any:
        """All cells excited, or, where excitations are conserved, as many as there are."""
        s = self.structure
        if not s.conserved or self.mirrored:
            return super().reachable()
        least, most = extremes(self.battery_excitations, self.photons, self.n_battery, None, (s.levels, s.charger_levels))
        return self.battery_frequency * jnp.where(self.battery_frequency > 0, most, least)


def _needed(start: AbstractStart, traced_bound: float, tail: float = TAIL) -> int:
    """The photon number beyond which the initial light has less than a `tail` of its population."""
    if isinstance(start, Level):
        known = concrete(start.number)
        return max(1, int(np.max(known)) if known is not None else int(np.ceil(traced_bound)))
    if isinstance(start, Weighted):
        return max(1, start.vector.shape[0] - 1)
    mean = float(np.max(concrete(getattr(start, "mean", None)))) if concrete(getattr(start, "mean", 0.0)) is not None else 0
    if isinstance(start, Thermal):
        return max(1, math.ceil(math.log(TAIL) / math.log(mean / (1 + mean)))) if mean > 0 else 1
    if isinstance(start, Coherent):
        n, left = math.floor(mean), 1.0
        while mean > 0 and left > tail:
            n += 1
            weight = math.exp(n * math.log(mean) - mean - math.lgamma(n + 1))  # as a product it would underflow
            left = weight * (n + 1) / (n + 1 - mean)
        return max(1, n)
    return 1
