"""Peng, He, Chesi, Lin & Guan, "Lower and upper bounds of quantum battery power ...", Phys. Rev. A 103, 052220 (2021).

A battery of N_B central spins and a charger of N bath spins: `jaxqb.SpinCharger` without anisotropy and crosstalk. The
paper counts S^z and J^z from the middle of their ladders, we count energies from the empty level.
"""

from ..paper import Figure, Paper
from .beyond import beyond_bound, design, detuning, one_cell, one_spin
from .claims import CLAIMS
from .figures import fig2, fig3, fig4, fig5, table1

FIGURES: tuple[Figure, ...] = (fig2, fig3, fig4, table1, fig5, one_cell, one_spin, beyond_bound, detuning, design)

PAPER = Paper(
    key="peng2021",
    title="Lower and upper bounds of quantum battery power in multiple central spin systems",
    authors="Li Peng, Wen-Bin He, Stefano Chesi, Hai-Qing Lin and Xi-Wen Guan",
    reference="""@article{peng2021,
  title = {Lower and upper bounds of quantum battery power in multiple central spin systems},
  author = {Peng, Li and He, Wen-Bin and Chesi, Stefano and Lin, Hai-Qing and Guan, Xi-Wen},
  journal = {Phys. Rev. A},
  volume = {103},
  pages = {052220},
  year = {2021},
  doi = {10.1103/PhysRevA.103.052220},
}""",
    symbols={
        "N_B": "n_battery",
        "N": "n_charger (many of them: photons of a cavity with coupling A sqrt(N))",
        "n": "charger_excitations",
        "m": "battery_excitations",
        "A": "coupling",
        "Delta": "ising",
        "B": "battery_frequency",
        "h": "charger_frequency",
        "Delta E_B": "merit.energy",
        "E_C": "merit.charger_energy - charger_frequency n_charger / 2",
        "E_I": "merit.interaction_energy",
        "E_max": "charge(...).first_peak, with a window max_energy",
        "P_max": "charge(...).max_average_power",
    },
    figures={item.name: item for item in FIGURES},
    claims=CLAIMS,
)
