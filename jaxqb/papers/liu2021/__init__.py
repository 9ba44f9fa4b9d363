"""Liu et al., "Boosting quantum battery performance by structure engineering", arXiv:2104.06522 (2021).

Energies and rates are in units of the gap Delta_A of the first spin, times in its inverse.
"""

from ..paper import Figure, Paper
from .beyond import exactness
from .cavity import cavity
from .claims import CLAIMS
from .correlations import optimum, protection, work
from .discharge import discharge
from .figures import fig2a, fig2b, fig3, figS1, figS2, figS3, figS4, figS5
from .pattern import pattern
from .readings import contrast, exponent, lifetimes, signs, turnover

FIGURES: tuple[Figure, ...] = (
    fig2a,
    fig2b,
    fig3,
    figS1,
    figS2,
    figS3,
    figS4,
    figS5,
    contrast,
    signs,
    exponent,
    turnover,
    lifetimes,
    protection,
    optimum,
    work,
    exactness,
    pattern,
    discharge,
    cavity,
)

PAPER = Paper(
    key="liu2021",
    title="Boosting quantum battery performance by structure engineering",
    authors="Liu et al.",
    reference="""@article{liu2021,
  title = {Boosting quantum battery performance by structure engineering},
  author = {Liu, Junjie and others},
  journal = {arXiv preprint arXiv:2104.06522},
  year = {2021},
  eprint = {2104.06522},
  archivePrefix = {arXiv},
}""",
    symbols={
        "N": "n_battery",
        "Delta_B / Delta_A": "gap_ratio",
        "gamma_j / Delta_j": "damping",
        "lambda": "hopping",
        "Gamma": "collective_decay",
        "<sigma_j^z>": "merit.populations",
        "<sigma_j^+ sigma_j'^->": "merit.correlations",
        "<sigma_j^x>": "2 Re merit.coherences",
        "Omega_k^+-": "battery.bands(printed=True), and with gamma / 2 battery.bands()",
        "E(t)": "merit.normalised_energy",
        "P(t)": "2 merit.filling - 1",
        "storage time": "storage_time(battery, fraction, merit.total_energy)",
        "S17, S18": "battery.closure()",
        "a, kappa, eta": "in_cavity(battery, coupling=eta, loss=kappa)",
        "Eq. 3": "battery.exact(), battery.trajectories(count, key)",
    },
    figures={item.name: item for item in FIGURES},
    claims=CLAIMS,
)
