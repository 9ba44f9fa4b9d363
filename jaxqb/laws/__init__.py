"""Laws: a generator and a start in coordinates of their own. The type of a law is its structure."""

from .chain import Chain as Chain
from .grid import Grid as Grid
from .ladders import JointLadders as JointLadders
from .law import AbstractDecayLaw as AbstractDecayLaw
from .law import AbstractDifferentialLaw as AbstractDifferentialLaw
from .law import AbstractLaw as AbstractLaw
from .law import AbstractUnitaryLaw as AbstractUnitaryLaw
from .mixture import Mixture as Mixture
from .towers import Towers as Towers
