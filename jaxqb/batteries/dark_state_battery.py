"""A spin battery charged through a bath that it shares with its charger."""

from typing import Any, ClassVar, NamedTuple, cast

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..algebra import joint, towers
from ..errors import FieldError, fail
from ..fields import Real, concrete, parameter, size, vanishes
from ..laws.ladders import JointLadders, MixedLadders
from ..laws.mixture import complete
from ..laws.towers import Towers
from .battery import check_levels, convert_fields
from .starts import AbstractStartedBattery, Level, as_start, check_start

ROUNDING = 1e-18  # weight of joint spins that are left out
FINE = 1e-30  # where amplitudes count, which are its root
MEMORY = 2**28  # bytes of the tables of towers at most


class Structure(NamedTuple):
    """What is static about a dark-state battery: padded numbers, and whether the battery begins empty.

    Joint spins and their levels that are kept for mean energies, and for everything; levels of the battery; sizes as numbers, if
    spins decay or dephase by themselves.
    """

    joints: int
    levels: int
    all_joints: int
    all_levels: int
    room: int
    empty: bool
    alone: tuple[int, int] | None


class DarkStateBattery(AbstractStartedBattery):
    r"""Cells that are charged by spins in one reservoir, which sees only the sum of all spins.

    .. math:: \dot\rho = -i\omega[J_B^z + J_C^z, \rho] + \gamma(\bar n+1) L(J_B^- + J_C^-) + \gamma\bar n L(J_B^+ + J_C^+),
              \quad L(O) = 2 O\rho O^+ - O^+O\rho - \rho O^+O

    from a full charger and, if nothing else is said, an empty battery. Part of the light that the charger would emit is dark, and
    stays, unless spins also decay or dephase by themselves (see `laws.towers`; sizes are then known, small numbers).

    Args:
        n_battery: N_B, number of battery cells.
        n_charger: N_C, number of charger spins, no fewer.
        decay_rate: gamma; a single spin decays at the rate 2 gamma.
        thermal_occupation: mean number of quanta n in the bath, 1 / (exp(omega / T) - 1).
        frequency: omega, the gap of all spins.
        battery_excitations: start of the battery: a Dicke level, a vector of populations of levels, `localised(1)` or
            `thermal(mean)`; cells are as hot as the bath at ``mean = N_B n / (2 n + 1)``.
        local_decay: kappa, at which a spin decays into a bath of its own, with n quanta too.
        dephasing: kappa_phi, which multiplies ``sigma^z rho sigma^z - rho`` of each spin: alone, coherence decays at twice this.
        joints, levels, battery_levels: padded numbers of joint spins, of their levels and of the battery's levels, derived
            from the sizes where these are not traced.

    Raises:
        FieldError: for a value no battery can have.

    Source: Quach & Munro, "Using dark states to charge and stabilize open quantum batteries", Eq. 2.

    >>> import jaxqb as qb
    >>> battery = qb.DarkStateBattery(n_battery=1, n_charger=5)
    >>> round(float(qb.merit.energy(battery, qb.steady_state(battery))), 9)  # 25 / 36
    0.694444444
    """

    starts: ClassVar[tuple[str, ...]] = ("localised", "thermal", "populations")

    n_battery: Real = size(symbol="N_B", doc="number of battery cells")
    n_charger: Real = size(symbol="N_C", doc="number of charger spins", unit="spins")
    decay_rate: Real = parameter(default=1.0, symbol="gamma", unit="frequency", doc="decay rate into the bath", minimum=0.0)
    thermal_occupation: Real = parameter(default=0.0, symbol="n", unit="number", doc="quanta in the bath", minimum=0.0)
    frequency: Real = parameter(default=1.0, symbol="omega", unit="frequency", doc="gap of all spins")
    battery_excitations: Any = 0.0
    local_decay: Real = parameter(default=0.0, symbol="kappa", unit="frequency", doc="decay of each spin alone", minimum=0.0)
    dephasing: Real = parameter(default=0.0, symbol="kappa_phi", unit="frequency", doc="dephasing of each spin", minimum=0.0)
    joints: int | None = eqx.field(static=True, default=None)
    levels: int | None = eqx.field(static=True, default=None)
    battery_levels: int | None = eqx.field(static=True, default=None)
    structure: Structure = eqx.field(static=True, init=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        self.battery_excitations = start = as_start(self.battery_excitations, "battery_excitations")
        if start.superposed:
            but = "levels of the battery are superposed"
            fail(FieldError, "battery_excitations", "be a level or a mixture", but, "use e.g. jaxqb.thermal(mean)")
        cells, chargers = (cast(Any, concrete(value)) for value in (self.n_battery, self.n_charger))
        check_start("battery_excitations", start, "n_battery", cells)
        alone = None if vanishes(self.local_decay, self.dephasing) else _sizes(cells, chargers)
        empty = isinstance(start, Level) and vanishes(start.number)
        joints = every = gap = room = None
        if cells is not None:
            room = int(cells.max()) + 1
            joints = every = None if empty else room
        if cells is not None and chargers is not None:
            if chargers.max() < cells.min():
                but = f"it is {self.n_charger} with n_battery {self.n_battery}"
                fail(FieldError, "n_charger", "be no smaller than n_battery", but, f"use {cells.min():g}")
            gap = int(chargers.max() - cells.min())
            if empty:
                fitting = [chargers[chargers >= m] for m in np.unique(cells) if m <= chargers.max()]
                pairs = [(int(m), int(n.min())) for m, n in zip(np.unique(cells), fitting, strict=False)]
                # the smaller the charger, the more joint spins count
                joints, every = (max(joint.kept(*pair, least) for pair in pairs) for least in (ROUNDING, FINE))
        joints = check_levels(self, "joints", joints, "n_battery")
        levels = check_levels(self, "levels", None if gap is None else gap + 2 * joints - 1, "n_charger")
        every = max(joints, every or 0)
        room = check_levels(self, "battery_levels", max(every, room or 0), "n_battery")
        self.structure = Structure(joints, levels, every, levels + 2 * (every - joints), room, empty, alone)

    @property
    def battery_frequency(self) -> Real:
        """Gap of a battery cell."""
        return self.frequency

    def admitted(self) -> Any:
        """See `AbstractBattery.admitted`; the start is a value too."""
        return super().admitted() & self.battery_excitations.admits(self.n_battery, self.structure.room)

    def law(self) -> JointLadders | MixedLadders | Towers:
        """Ladders of joint spin, with coherences between neighbours: all that mean energies depend on.

        If spins decay or dephase by themselves, towers of the collective spins of battery and charger.
        """
        if self.structure.alone is not None:
            return self._towers(*self.structure.alone)
        return self._law(self.structure.joints, self.structure.levels, everything=False)

    def ladders(self) -> JointLadders | MixedLadders:
        """Ladders of joint spin with all coherences: the whole density matrix.

        Raises:
            FieldError: where spins decay or dephase by themselves, which conserves no joint spin.
        """
        if self.structure.alone is not None:
            name = "dephasing" if vanishes(self.local_decay) else "local_decay"
            fail(FieldError, name, "be 0 in ladders", "spins also decay or dephase alone", "use `battery.law()`")
        return self._law(self.structure.all_joints, self.structure.all_levels, everything=True)

    def laws(self) -> dict[str, JointLadders | MixedLadders | Towers]:
        """The laws that describe this battery: mean energies alone, and everything."""
        if self.structure.alone is not None:
            return {"towers": self.law()}
        return {"means": self.law(), "ladders": self.ladders()}

    def _law(self, joints: int, levels: int, everything: bool) -> JointLadders | MixedLadders:
        sectors = self.battery_excitations.sectors(self.n_battery, self.structure.room)
        sizes = jnp.stack([jnp.asarray(self.n_battery), jnp.asarray(self.n_charger)])
        spins = jnp.round(sizes).astype(int)
        whole = jnp.all(spins == sizes) & (spins[0] > 0) & complete(sectors.weights)

        def ladders(lift: Any, mix: Any, first: Any) -> JointLadders:
            room = self.structure.room
            own = jnp.maximum(spins - 2 * lift * np.array([1, 0]), 0)
            cells, chargers = own.astype(sizes.dtype)
            there = (first >= 0) & (first <= cells) & (first == jnp.round(first)) & (self.structure.empty | (cells < room))
            if self.structure.empty:
                amplitudes = jnp.sqrt(joint.weights(joints, cells, chargers))[None]
            else:
                amplitudes = joint.product(room, first, chargers + first, cells, chargers)[:joints].T
            e = joint.levels(joints, levels, cells)
            return JointLadders(
                jnp.asarray(self.decay_rate),
                jnp.asarray(self.thermal_occupation),
                own,
                whole & jnp.all(there | (mix == 0)),
                mix,
                first,
                amplitudes,
                products=joint.products(joints, room, e, cells, chargers) if everything else None,
                joints=joints,
                levels=levels,
                orders=joints if everything else 2,
                room=room,
            )

        towers = range(len(sectors.copies))
        mine = [np.array([s for s, tower in enumerate(sectors.tower) if tower == t]) for t in towers]
        width = max(map(len, mine))
        rows = lambda x: jnp.stack([jnp.pad(x[s], (0, width - len(s))) for s in mine])  # noqa: E731
        starts = np.array(towers), rows(sectors.weights), lax.stop_gradient(rows(sectors.levels))
        if len(towers) == 1:
            return ladders(*(x[0] for x in starts))
        lifts = jnp.array(towers, sizes.dtype)
        return MixedLadders(jax.vmap(ladders)(*starts), lifts, sectors.copies)

    def _towers(self, cells: int, chargers: int) -> Towers:
        start = self.battery_excitations.sectors(self.n_battery, self.structure.room)
        tower = np.array(start.tower)[:, None, None] == np.arange(cells // 2 + 1)[:, None]
        level = (start.levels + start.lifts)[:, None, None] == np.arange(cells + 1)
        populations = jnp.sum(jnp.where(tower & level, start.weights[:, None, None], 0.0), axis=0)
        whole = (self.n_battery == cells) & (self.n_charger == chargers) & complete(populations)
        return Towers(
            jnp.asarray(self.decay_rate),
            jnp.asarray(self.thermal_occupation),
            jnp.asarray(self.local_decay),
            jnp.asarray(self.dephasing),
            populations,
            whole,
            cells,
            chargers,
        )

    def capacity(self) -> Real:
        """All cells excited."""
        return self.frequency * self.n_battery

    def charger_quantum(self) -> Real:
        """Gap of a charger spin."""
        return self.frequency

    def amplitudes(self) -> int:
        """Two numbers a level of each joint spin, or all of all towers."""
        if self.structure.alone is not None:
            return towers.count(*self.structure.alone)
        return 2 * self.structure.joints * self.structure.levels


def _sizes(*known: np.ndarray | None) -> tuple[int, int]:
    """Sizes of battery and charger as numbers, which shape all arrays of towers; a sentence if they cannot."""
    for name, given in zip(("n_battery", "n_charger"), known, strict=True):
        if given is None or np.ptp(given) > 0:
            but = "it is traced" if given is None else f"it is {given}"
            must, fix = "be one known number where spins decay or dephase alone", "build one battery for each size"
            fail(FieldError, name, must, but, fix)
    cells, chargers = (int(given.flat[0]) for given in known if given is not None)
    needed = towers.table_bytes(cells, chargers, MEMORY)
    if needed > MEMORY:
        but = f"{cells} and {chargers} spins need {needed / 2**30:.2g} GiB"
        fix = f"use sizes that need less than {MEMORY / 2**30:.2g} GiB, or local_decay=0 and dephasing=0"
        fail(FieldError, "n_charger", "be small where spins decay or dephase alone", but, fix)
    return cells, chargers
