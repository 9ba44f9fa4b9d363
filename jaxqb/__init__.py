"""jaxqb: a differentiable simulator of quantum batteries.

A battery (physics) has a law (generator and start, in coordinates of its own); a method makes the law a flow;
`evolve` and `charge` ask the flow for figures of merit;
`sweep` and `optimize` do so for many batteries, and `reproduce` for those of papers.
"""

import importlib
from typing import TYPE_CHECKING, Any

from . import errors as errors
from . import figures as figures
from . import laws as laws
from . import merit as merit
from .batteries import AbstractBattery as AbstractBattery
from .batteries import CavityCharger as CavityCharger
from .batteries import SpinCharger as SpinCharger
from .batteries import coherent as coherent
from .batteries import localised as localised
from .batteries import populations as populations
from .batteries import thermal as thermal
from .charge import Charge as Charge
from .charge import charge as charge
from .errors import Status as Status
from .evolve import Solution as Solution
from .evolve import evolve as evolve
from .methods import Adaptive as Adaptive
from .methods import Chebyshev as Chebyshev
from .methods import Eigen as Eigen
from .methods import select_method as select_method

if TYPE_CHECKING:
    from . import advantage as advantage
    from . import plot as plot
    from .advantage import collective_advantage as collective_advantage
    from .design import Optimum as Optimum
    from .design import optimize as optimize
    from .papers import reproduce as reproduce
    from .sweep import sweep as sweep

# what is slow to import loads on first use
_LAZY = {
    "advantage": ("jaxqb.advantage", None),
    "plot": ("jaxqb.plot", None),
    "papers": ("jaxqb.papers", None),
    "collective_advantage": ("jaxqb.advantage", "collective_advantage"),
    "optimize": ("jaxqb.design", "optimize"),
    "Optimum": ("jaxqb.design", "Optimum"),
    "reproduce": ("jaxqb.papers", "reproduce"),
    "sweep": ("jaxqb.sweep", "sweep"),
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("jaxqb")
    if name not in _LAZY:
        raise AttributeError(f"module 'jaxqb' has no attribute {name!r}")
    module, attribute = _LAZY[name]
    value = importlib.import_module(module)
    value = getattr(value, attribute) if attribute else value
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
