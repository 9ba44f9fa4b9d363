"""Figures of merit: functions of (battery, state), written on the vocabulary of `states`.

Each is a Module compared by value (so it never causes a retrace); variants are made by `with_`. Figures that need time
wrap another one: `Rate` is its time derivative, `Average` its mean slope since t = 0.

>>> import jaxqb as qb
>>> battery = qb.SpinCharger(n_battery=2, n_charger=2)
>>> sol = qb.evolve(battery, [0.0, 0.5], save={"W": qb.merit.ergotropy.with_(space="full")})
>>> sol.saved["W"].shape
(2,)
"""

from .chains import Coherences as Coherences
from .chains import Correlations as Correlations
from .chains import NormalisedEnergy as NormalisedEnergy
from .chains import coherences as coherences
from .chains import correlations as correlations
from .chains import normalised_energy as normalised_energy
from .energies import ChargerEnergy as ChargerEnergy
from .energies import Energy as Energy
from .energies import EnergyPerCell as EnergyPerCell
from .energies import EnergyVariance as EnergyVariance
from .energies import Filling as Filling
from .energies import InteractionEnergy as InteractionEnergy
from .energies import TotalEnergy as TotalEnergy
from .energies import charger_energy as charger_energy
from .energies import energy as energy
from .energies import energy_per_cell as energy_per_cell
from .energies import energy_variance as energy_variance
from .energies import filled as filled
from .energies import filling as filling
from .energies import interaction_energy as interaction_energy
from .energies import total_energy as total_energy
from .entanglement import LogNegativity as LogNegativity
from .entanglement import Purity as Purity
from .entanglement import log_negativity as log_negativity
from .entanglement import purity as purity
from .joint import Amplitudes as Amplitudes
from .joint import Expectation as Expectation
from .joint import amplitudes as amplitudes
from .merit import AbstractMerit as AbstractMerit
from .merit import AbstractObservable as AbstractObservable
from .merit import check_figure as check_figure
from .occupations import LevelPopulations as LevelPopulations
from .occupations import Photons as Photons
from .occupations import Polarisation as Polarisation
from .occupations import level_populations as level_populations
from .occupations import photons as photons
from .occupations import populations as populations
from .slopes import Average as Average
from .slopes import Rate as Rate
from .slopes import average_power as average_power
from .slopes import entanglement_rate as entanglement_rate
from .slopes import instantaneous_power as instantaneous_power
from .work import Capacity as Capacity
from .work import Ergotropy as Ergotropy
from .work import capacity as capacity
from .work import ergotropy as ergotropy

NAMED: dict[str, AbstractMerit] = {name: value for name, value in sorted(globals().items()) if isinstance(value, AbstractMerit)}
