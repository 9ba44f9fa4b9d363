r"""Bound states: what never decays of emitters in a reservoir, and what decays slowly.

Two equal emitters at a distance d part into channels s = +1 and -1, with ``c_1 = (c_+ + c_-) / 2`` and ``c_2 = (c_+ - c_-) / 2``.
In each,

.. math:: D_s(z) = z - \omega_0 + S(z, 0) + s S(z, d)

vanishes at a bound state, which makes up ``R = 1 / D_s'`` of the amplitude. Below the edge of the continuum D rises, so there
is one at most. In a waveguide there may be others *in* the continuum, where the light that both emitters send outwards cancels;
nearby they are resonances, which live long.

Energies and residues are differentiable, to any order, by the implicit rule: ``dE/d(frequency) = R`` and so on.
"""

from .above import dispersion as dispersion
from .above import starts as starts
from .find import bound_states as bound_states
from .find import frequencies_of_continuum_states as frequencies_of_continuum_states
from .find import long_time as long_time
from .find import resonances as resonances
from .find import threshold as threshold
from .outside import gap_state as gap_state
from .states import BoundStates as BoundStates
from .states import ContinuumStates as ContinuumStates
from .states import LongTime as LongTime
from .states import Resonances as Resonances
