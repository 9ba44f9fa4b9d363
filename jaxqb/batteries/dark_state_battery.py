"""A spin battery charged through a bath that it shares with its charger."""

from typing import Any, NamedTuple, cast

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..algebra.joint import kept
from ..errors import FieldError, fail
from ..fields import Real, concrete, parameter, size
from ..laws import JointLadders
from .battery import AbstractBattery, check_levels, convert_fields

ROUNDING = 1e-18  # weight of joint spins that are left out


class Structure(NamedTuple):
    """What is static about a dark-state battery: joint spins and levels that are kept."""

    joints: int
    levels: int


class DarkStateBattery(AbstractBattery):
    r"""Cells that are charged by spins in one reservoir, which sees only the sum of all spins.

    .. math:: \dot\rho = -i\omega[J_B^z + J_C^z, \rho] + \gamma(\bar n+1) L(J_B^- + J_C^-) + \gamma\bar n L(J_B^+ + J_C^+),
              \quad L(O) = 2 O\rho O^+ - O^+O\rho - \rho O^+O

    from a full charger and an empty battery. Part of the light that the charger would emit is dark, and stays.

    Args:
        n_battery: N_B, number of battery cells.
        n_charger: N_C, number of charger spins, no fewer.
        decay_rate: gamma; a single spin decays at the rate 2 gamma.
        thermal_occupation: mean number of quanta n in the bath, 1 / (exp(omega / T) - 1).
        frequency: omega, the gap of all spins.
        joints, levels: padded numbers of joint spins and of their levels, derived from the sizes where these are not traced.

    Raises:
        FieldError: for a value no battery can have.

    Source: Quach & Munro, "Using dark states to charge and stabilize open quantum batteries", Eq. 2.

    >>> import jaxqb as qb
    >>> battery = qb.DarkStateBattery(n_battery=1, n_charger=5)
    >>> round(float(qb.merit.energy(battery, qb.steady_state(battery))), 9)  # 25 / 36
    0.694444444
    """

    n_battery: Real = size(symbol="N_B", doc="number of battery cells")
    n_charger: Real = size(symbol="N_C", doc="number of charger spins")
    decay_rate: Real = parameter(default=1.0, symbol="gamma", unit="frequency", doc="decay rate into the bath", minimum=0.0)
    thermal_occupation: Real = parameter(default=0.0, symbol="n", unit="number", doc="quanta in the bath", minimum=0.0)
    frequency: Real = parameter(default=1.0, symbol="omega", unit="frequency", doc="gap of all spins")
    joints: int | None = eqx.field(static=True, default=None)
    levels: int | None = eqx.field(static=True, default=None)
    structure: Structure = eqx.field(static=True, init=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        cells, chargers = (cast(Any, concrete(value)) for value in (self.n_battery, self.n_charger))
        joints = gap = None
        if cells is not None and chargers is not None:
            if chargers.max() < cells.min():
                but = f"it is {self.n_charger} with n_battery {self.n_battery}"
                fail(FieldError, "n_charger", "be no smaller than n_battery", but, f"use {cells.min():g}")
            fitting = [chargers[chargers >= m] for m in np.unique(cells) if m <= chargers.max()]
            pairs = [(int(m), int(n.min())) for m, n in zip(np.unique(cells), fitting, strict=False)]
            # the smaller the charger, the more joint spins count
            joints, gap = max(kept(*pair, ROUNDING) for pair in pairs), int(chargers.max() - cells.min())
        joints = check_levels(self, "joints", joints, "n_battery")
        self.structure = Structure(
            joints, check_levels(self, "levels", None if gap is None else gap + 2 * joints - 1, "n_charger")
        )

    @property
    def battery_frequency(self) -> Real:
        """Gap of a battery cell."""
        return self.frequency

    def law(self) -> JointLadders:
        """Ladders of joint spin, with coherences between neighbours: all that mean energies depend on."""
        sizes = jnp.stack([self.n_battery, self.n_charger])
        spins = jnp.round(sizes).astype(int)
        return JointLadders(
            jnp.asarray(self.decay_rate),
            jnp.asarray(self.thermal_occupation),
            spins,
            jnp.all(spins == sizes),
            joints=self.structure.joints,
            levels=self.structure.levels,
            orders=2,
        )

    def laws(self) -> dict[str, JointLadders]:
        """The laws that describe this battery."""
        return {"ladders": self.law()}

    def capacity(self) -> Real:
        """All cells excited."""
        return self.frequency * self.n_battery

    def charger_quantum(self) -> Real:
        """Gap of a charger spin."""
        return self.frequency

    def amplitudes(self) -> int:
        """Two numbers a level of each joint spin."""
        return 2 * self.structure.joints * self.structure.levels
