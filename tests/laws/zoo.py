"""Example batteries, one or more for every structure that the core knows, all small.

`program` names what examples share: those of one program differ in numbers only, so they must share one compilation.
Laws of every type are gone through thoroughly each time; what only varies the start is left to the slow part.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

import jaxqb as qb

PADDED = {"levels": 6, "charger_levels": 7}


THOROUGH = ("resonant", "chain", "grid", "vector", "both")  # one a type of law
LATER = ("localised_charger", "coherent", "detuned_light", "thermal_light")


@dataclass(frozen=True)
class Example:
    """A battery, and the real numbers that its figures can be differentiated by."""

    program: str
    name: str
    battery: Any
    knobs: tuple[str, ...]
    symmetric: bool = True
    moved: str = "coupling"  # a field that tests change
    window: float | None = None  # without one, all times

    @property
    def memory(self) -> bool:
        """Whether its law has memory: there are no Hamiltonian and no second law, and none of the other methods."""
        return self.battery.memory

    @property
    def id(self) -> str:
        """Tests of one program run in one process."""
        return f"{self.program}/{self.name}"


def guide(name: str, **options: Any) -> Example:
    """Emitters in a waveguide, within one span."""
    battery = qb.WaveguideBattery(**options, span=(-2.0, 14.0))
    return Example("waveguide", name, battery, ("frequency", "separation", "radiation_rate"), moved="separation", window=12.0)


COUPLINGS = ("coupling", "battery_frequency", "charger_frequency")
DIAGONAL = ("ising", "battery_crosstalk", "charger_crosstalk")
LIGHT = ("coupling", "battery_frequency", "cavity_frequency")


def spin(program: str, name: str, *sizes: float, knobs: tuple[str, ...] = COUPLINGS, **options: Any) -> Example:
    """A spin charger."""
    local = isinstance(options.get("battery_excitations"), type(qb.localised(1)) | type(qb.thermal(1.0)))
    return Example(program, name, qb.SpinCharger(*sizes, **options), knobs, symmetric=not local)


def cavity(program: str, name: str, *sizes: Any, knobs: tuple[str, ...] = LIGHT, **options: Any) -> Example:
    """A cavity charger."""
    return Example(program, name, qb.CavityCharger(*sizes, **options), knobs)


DETUNED = {"battery_frequency": 1.3, "charger_frequency": 0.9}
EXAMPLES = [
    spin("resonant", "isotropic", 3, 3, knobs=(*COUPLINGS, *DIAGONAL, "n_charger"), coupling=0.7),
    spin("chain", "detuned", 4, 5, knobs=(*COUPLINGS, "n_charger"), charger_excitations=4, **DETUNED, **PADDED),
    spin("chain", "ising", 4, 4, knobs=(*COUPLINGS, *DIAGONAL), charger_excitations=4, ising=0.6, **PADDED),
    spin(
        "chain",
        "crosstalk",
        3,
        4,
        knobs=DIAGONAL,
        charger_excitations=4,
        battery_crosstalk=0.3,
        charger_crosstalk=-0.2,
        **PADDED,
    ),
    spin("chain", "dicke_start", 5, 4, battery_excitations=2, charger_excitations=4, **DETUNED, **PADDED),
    spin("chain", "half_full", 4, 6, battery_excitations=0, charger_excitations=3, **DETUNED, **PADDED),
    spin("chain", "large_battery", 5, 2, charger_excitations=2, **DETUNED, **PADDED),
    spin("chain", "one_less", 5, 4, charger_excitations=4, coupling=-0.8, **DETUNED, **PADDED),
    spin("grid", "anisotropic", 3, 4, knobs=(*COUPLINGS, *DIAGONAL, "anisotropy"), anisotropy=0.4, **DETUNED),
    spin("vector", "populations", 3, 4, charger_excitations=[0.0, 0.1, 0.2, 0.3, 0.4], **DETUNED),
    spin("thermal", "thermal", 3, 3, knobs=(*COUPLINGS, "charger_excitations"), charger_excitations=qb.thermal(2.1)),
    spin("coherent", "coherent", 2, 3, knobs=(*COUPLINGS, "charger_excitations"), charger_excitations=qb.coherent(2.2)),
    spin("localised", "localised", 4, 3, battery_excitations=qb.localised(1), **DETUNED),
    spin("localised_charger", "localised_charger", 3, 4, charger_excitations=qb.localised(3), **DETUNED),
    spin(
        "both",
        "coherent_and_mixed",
        2,
        2,
        knobs=(*COUPLINGS, "battery_excitations"),
        battery_excitations=qb.coherent(0.6),
        charger_excitations=[0.1, 0.2, 0.7],
        anisotropy=0.3,
    ),
    cavity("light", "jaynes_cummings", 1, 3, levels=5, coupling=0.6, cutoff=4),
    cavity("light", "tavis_cummings", 4, 4, levels=5, cutoff=4),
    cavity("detuned_light", "detuned", 3, 4, cavity_frequency=1.2),
    cavity(
        "dicke",
        "counter_rotating",
        2,
        1,
        knobs=(*LIGHT, "counter_rotating"),
        coupling=0.15,
        counter_rotating=0.8,
        cutoff=24,
    ),
    cavity("coherent_light", "coherent", 2, qb.coherent(0.5), knobs=(*LIGHT, "photons"), cutoff=15),
    cavity("thermal_light", "thermal", 2, qb.thermal(0.2), knobs=(*LIGHT, "photons"), cutoff=17, cavity_frequency=1.1),
    cavity("mirrored", "mirrored", 4, 0, knobs=("coupling", "battery_frequency"), mirrored=True),
    guide("waveguide", frequency=1.23, separation=0.42, radiation_rate=0.31),
    guide("near", frequency=0.9, separation=0.41, radiation_rate=0.35),
]

TIMES = np.array([0.0, 0.21, 0.9, 3.7])
