"""jaxqb: a differentiable simulator of quantum batteries.

A battery (physics) has a law (generator and start, in coordinates of its own); a method makes the law a flow; `evolve` and
`charge` ask the flow for figures of merit; `sweep` and `optimize` do so for many batteries, and `reproduce` for those of papers.
Every name loads on first use, so that `jaxqb --help` does not wait for jax.
"""

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import advantage as advantage
    from . import errors as errors
    from . import figures as figures
    from . import laws as laws
    from . import merit as merit
    from . import papers as papers
    from . import plot as plot
    from . import reservoirs as reservoirs
    from .advantage import collective_advantage as collective_advantage
    from .batteries import AbstractBattery as AbstractBattery
    from .batteries import CavityCharger as CavityCharger
    from .batteries import DarkStateBattery as DarkStateBattery
    from .batteries import DimerChain as DimerChain
    from .batteries import OpenBattery as OpenBattery
    from .batteries import ReservoirBattery as ReservoirBattery
    from .batteries import SpinChain as SpinChain
    from .batteries import SpinCharger as SpinCharger
    from .batteries import WaveguideArray as WaveguideArray
    from .batteries import WaveguideBattery as WaveguideBattery
    from .batteries import coherent as coherent
    from .batteries import localised as localised
    from .batteries import populations as populations
    from .batteries import single_excitation as single_excitation
    from .batteries import thermal as thermal
    from .cavity import in_cavity as in_cavity
    from .charging import Charge as Charge
    from .charging import charge as charge
    from .design import Optimum as Optimum
    from .design import optimize as optimize
    from .errors import Status as Status
    from .evolution import Solution as Solution
    from .evolution import evolve as evolve
    from .interop import MasterEquation as MasterEquation
    from .interop import from_dynamiqs as from_dynamiqs
    from .interop import from_qutip as from_qutip
    from .interop import to_dynamiqs as to_dynamiqs
    from .interop import to_qutip as to_qutip
    from .methods import Adaptive as Adaptive
    from .methods import Chebyshev as Chebyshev
    from .methods import ClosedForm as ClosedForm
    from .methods import Eigen as Eigen
    from .methods import Exponential as Exponential
    from .methods import Jumps as Jumps
    from .methods import Resolvent as Resolvent
    from .methods import Stepped as Stepped
    from .methods import Uniformization as Uniformization
    from .methods import Volterra as Volterra
    from .methods import select_method as select_method
    from .papers import reproduce as reproduce
    from .steady import steady_state as steady_state
    from .storing import Crossing as Crossing
    from .storing import first_time as first_time
    from .storing import storage_time as storage_time
    from .summits import maxima as maxima
    from .sweeps import sweep as sweep

# from each public name to the module that has it; a module stands for itself
_MODULES = {
    "advantage": "collective_advantage",
    "batteries": "AbstractBattery CavityCharger DarkStateBattery DimerChain OpenBattery ReservoirBattery SpinChain SpinCharger "
    "WaveguideArray WaveguideBattery coherent localised populations single_excitation thermal",
    "cavity": "in_cavity",
    "charging": "Charge charge",
    "design": "Optimum optimize",
    "errors": "Status",
    "evolution": "Solution evolve",
    "interop": "MasterEquation from_dynamiqs from_qutip to_dynamiqs to_qutip",
    "methods": "Adaptive Chebyshev ClosedForm Eigen Exponential Jumps Resolvent Stepped Uniformization Volterra select_method",
    "papers": "reproduce",
    "steady": "steady_state",
    "summits": "maxima",
    "storing": "Crossing first_time storage_time",
    "sweeps": "sweep",
}
_NAMES = {name: module for module, names in _MODULES.items() for name in names.split()}
_SUBMODULES = ("advantage", "errors", "figures", "laws", "merit", "papers", "plot", "reservoirs")


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("jaxqb")
    if name not in _NAMES and name not in _SUBMODULES:
        raise AttributeError(f"module 'jaxqb' has no attribute {name!r}", name=name, obj=sys.modules[__name__])
    value = importlib.import_module(f"jaxqb.{_NAMES.get(name, name)}")
    value = getattr(value, name) if name in _NAMES else value
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({"__version__", *_NAMES, *_SUBMODULES})
