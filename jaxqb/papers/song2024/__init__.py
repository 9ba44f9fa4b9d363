"""Song et al., "Remote charging and degradation suppression for the quantum battery", Phys. Rev. Lett. 132, 090401 (2024).

Frequencies are in units of omega_11, the cut-off frequency of the waveguide, times in its inverse, and distances in
lambda_11 = 2 pi c / omega_11.
"""

from ..paper import Figure, Paper
from .artefacts import continuum, splittings, threshold
from .beyond import aging, chargers, plane, waiting
from .claims import CLAIMS
from .figures import fig2, fig3a, fig3b, fig4a, fig4b, fig4c

FIGURES: tuple[Figure, ...] = (
    fig2,
    fig3a,
    fig3b,
    fig4a,
    fig4b,
    fig4c,
    threshold,
    splittings,
    continuum,
    plane,
    waiting,
    chargers,
    aging,
)

PAPER = Paper(
    key="song2024",
    title="Remote charging and degradation suppression for the quantum battery",
    authors="Wan-Lu Song, Hai-Bin Liu, Bin Zhou, Wan-Li Yang and Jun-Hong An",
    reference="""@article{song2024,
  title = {Remote charging and degradation suppression for the quantum battery},
  author = {Song, Wan-Lu and Liu, Hai-Bin and Zhou, Bin and Yang, Wan-Li and An, Jun-Hong},
  journal = {Phys. Rev. Lett.},
  volume = {132},
  pages = {090401},
  year = {2024},
  doi = {10.1103/PhysRevLett.132.090401},
}""",
    symbols={
        "omega_0": "frequency, in units of omega_11",
        "Delta_z": "separation, in units of lambda_11",
        "Gamma_11": "radiation_rate",
        "c_j": "merit.amplitudes",
        "c_j^MA": "battery.markov(ts)",
        "E(t)": "merit.energy",
        "W(t)": "merit.ergotropy",
        "E_+-^b": "battery.bound_states().energy",
        "Z_+-": "battery.bound_states().residue / 2",
        "J_n": "Waveguide(radiation_rate).density",
        "f_n": "Waveguide(radiation_rate).kernel",
        "Y_+-": "omega_0 - Waveguide(radiation_rate).self_energy",
        "c_j(inf)": "battery.long_time().amplitudes(ts)",
        "E(inf)": "battery.long_time().max_energy, .min_energy",
        "W(inf)": "battery.long_time().max_ergotropy",
        "M": "battery.long_time().count, those in the continuum included",
    },
    figures={item.name: item for item in FIGURES},
    claims=CLAIMS,
)
