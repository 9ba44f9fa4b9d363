"""Peng, He, Chesi, Lin & Guan, PRA 103, 052220: bounds of quantum battery power in central spin systems.

A battery of N_B central spins and a charger of N bath spins: `jaxqb.SpinCharger` without anisotropy and crosstalk. The
paper counts S^z and J^z from the middle of their ladders, we count energies from the empty level.
"""

from ..paper import Figure, Paper
from . import beyond, figures
from .claims import CLAIMS

PAPER = Paper(
    key="peng2021",
    title="Lower and upper bounds of quantum battery power in multiple central spin systems",
    authors="Li Peng, Wen-Bin He, Stefano Chesi, Hai-Qing Lin, Xi-Wen Guan",
    reference="Physical Review A 103, 052220 (2021), doi 10.1103/PhysRevA.103.052220",
    symbols={
        "B": "battery_frequency",
        "h": "charger_frequency",
        "A": "coupling",
        "Delta": "ising",
        "N_B": "n_battery",
        "N": "n_charger",
        "n": "charger_excitations",
        "m": "battery_excitations",
        "Delta E_B": "merit.energy",
        "E_C": "merit.charger_energy - charger_frequency n_charger / 2",
        "E_I": "merit.interaction_energy",
    },
    figures={
        item.name: item for module in (figures, beyond) for item in vars(module).values() if isinstance(item, Figure)
    },
    claims=CLAIMS,
)
