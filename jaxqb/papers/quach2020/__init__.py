"""Quach & Munro, "Using dark states to charge and stabilize open quantum batteries", Phys. Rev. Applied 14, 024092 (2020)."""

from ..paper import Figure, Paper
from .beyond import fixed_charger, limits, local_noise
from .claims import CLAIMS
from .discharge import discharge
from .figures import fig2, fig3, fig4, fig5, fig6
from .optima import design
from .two_spins import appendix

FIGURES: tuple[Figure, ...] = (fig2, fig3, fig4, fig5, fig6, appendix, fixed_charger, local_noise, discharge, design, limits)

PAPER = Paper(
    key="quach2020",
    title="Using dark states to charge and stabilize open quantum batteries",
    authors="James Q. Quach and William J. Munro",
    reference="""@article{quach2020,
  title = {Using dark states to charge and stabilize open quantum batteries},
  author = {Quach, James Q. and Munro, William J.},
  journal = {Phys. Rev. Applied},
  volume = {14},
  pages = {024092},
  year = {2020},
}""",
    symbols={
        "N_B": "n_battery",
        "N_C": "n_charger",
        "R": "n_charger / n_battery",
        "gamma": "decay_rate",
        "omega": "frequency",
        "n": "thermal_occupation, 1 / (exp(1/T) - 1)",
        "E_B": "merit.energy_per_cell",
        "E_C": "merit.charger_energy / n_charger",
        "E_B^ss": "merit.energy_per_cell of steady_state",
        "P_B": "merit.Rate(merit.energy_per_cell)",
        "P_B^max": "charge(...).max_instantaneous_power / n_battery",
        "W_B": "merit.ergotropy / n_battery",
        "S_B": "merit.log_negativity",
        "S_B^max": "maxima(..., merit.entanglement_rate)",
    },
    figures={item.name: item for item in FIGURES},
    claims=CLAIMS,
)
