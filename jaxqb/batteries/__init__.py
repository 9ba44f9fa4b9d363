"""Batteries: the physics. One battery a file."""

from .battery import AbstractBattery as AbstractBattery
from .cavity_charger import CavityCharger as CavityCharger
from .dark_state_battery import DarkStateBattery as DarkStateBattery
from .dimer_chain import DimerChain as DimerChain
from .open_battery import OpenBattery as OpenBattery
from .reservoir_battery import ReservoirBattery as ReservoirBattery
from .spin_chain import SpinChain as SpinChain
from .spin_charger import SpinCharger as SpinCharger
from .spins import single_excitation as single_excitation
from .starts import coherent as coherent
from .starts import localised as localised
from .starts import populations as populations
from .starts import thermal as thermal
from .waveguide_array import WaveguideArray as WaveguideArray
from .waveguide_battery import WaveguideBattery as WaveguideBattery

REGISTRY: dict[str, type[AbstractBattery]] = {
    "SpinCharger": SpinCharger,
    "CavityCharger": CavityCharger,
    "DarkStateBattery": DarkStateBattery,
    "WaveguideBattery": WaveguideBattery,
    "DimerChain": DimerChain,
    "SpinChain": SpinChain,
}
