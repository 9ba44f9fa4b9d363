"""Huangfu & Jing, "High-capacity and high-power collective charging with spin chargers", PRE 104, 024129 (2021)."""

from ..paper import Figure, Paper
from .beyond import beyond_crosstalk, beyond_size, eq17, tradeoff
from .claims import CLAIMS
from .figures import fig2, fig3, fig4, fig5, fig6, fig7, fig8, fig9

FIGURES: tuple[Figure, ...] = (
    fig2,
    fig3,
    fig4,
    fig5,
    fig6,
    fig7,
    fig8,
    fig9,
    eq17,
    beyond_size,
    tradeoff,
    beyond_crosstalk,
)

PAPER = Paper(
    key="huangfu2021",
    title="High-capacity and high-power collective charging with spin chargers",
    authors="Yong Huangfu and Jun Jing",
    reference="""@article{huangfu2021,
  title = {High-capacity and high-power collective charging with spin chargers},
  author = {Huangfu, Yong and Jing, Jun},
  journal = {Phys. Rev. E},
  volume = {104},
  pages = {024129},
  year = {2021},
}""",
    symbols={
        "M": "n_battery",
        "N": "n_charger (N photons: photons)",
        "g": "coupling",
        "g~": "coupling of a cavity",
        "gamma": "anisotropy",
        "omega_0": "battery_frequency = charger_frequency = cavity_frequency",
        "g_1": "charger_crosstalk",
        "g_2": "battery_crosstalk",
        "p_l": "charger_excitations, a vector of populations",
        "p~_k": "battery_excitations, localised(1)",
        "E_max": "charge(...).first_peak, with a window max_energy",
        "P_max": "charge(...).max_average_power",
        "eta": "advantage",
    },
    figures={item.name: item for item in FIGURES},
    claims=CLAIMS,
)
