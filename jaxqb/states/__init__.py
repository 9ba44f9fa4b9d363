"""States: what a law's coordinates mean, and the small vocabulary in which figures of merit are written.

A state carries its own coordinates (levels, sizes, weights), so merits need no knowledge of laws:

    battery()                 reduced battery state: `Populations` or `Density`
    battery_excitations(k)    mean of a power of the number of excited battery cells
    charger_excitations()     mean excitation number of the charger
    expect(f)                 mean of a function f(m, n, M, N) of the levels and sizes
    coupling_energy()         mean of the exchange (and pair) coupling
    trace_norm(rising)        trace norm of the partial transpose; `rising`: with its slope to the right at kinks
    expectation(operator)     mean of an operator on the whole system (open systems)
    photons()                 mean number of photons in a reservoir (emitters)
    excited(), neighbours(), correlations(), coherences()   spin by spin (chains)
    edge()                    what a truncation may have lost: population of the last kept charger levels, say

All arrays belong to one element; batches are made outside by vmap.
"""

from .blocks import Blocked as Blocked
from .blocks import Blocks as Blocks
from .emitters import EmitterState as EmitterState
from .joint import JointDensity as JointDensity
from .joint import JointThermal as JointThermal
from .kets import ChainKet as ChainKet
from .kets import GridKet as GridKet
from .kets import MixedKets as MixedKets
from .open import OpenState as OpenState
from .reduced import Density as Density
from .reduced import Populations as Populations
from .reduced import Spectral as Spectral
from .spins import AbstractSpins as AbstractSpins
from .spins import SpinMoments as SpinMoments
from .towers import TowerDensity as TowerDensity
