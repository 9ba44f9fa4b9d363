"""Laws: a generator and a start in coordinates of their own. The type of a law is its structure."""

from .chain import Chain as Chain
from .embedding import Embedding as Embedding
from .emitters import Emitters as Emitters
from .grid import Grid as Grid
from .ladders import JointLadders as JointLadders
from .lattice import Lattice as Lattice
from .law import AbstractClosedLaw as AbstractClosedLaw
from .law import AbstractDampedLaw as AbstractDampedLaw
from .law import AbstractDecayLaw as AbstractDecayLaw
from .law import AbstractDifferentialLaw as AbstractDifferentialLaw
from .law import AbstractLaw as AbstractLaw
from .law import AbstractLinearLaw as AbstractLinearLaw
from .law import AbstractMasterLaw as AbstractMasterLaw
from .law import AbstractUnitaryLaw as AbstractUnitaryLaw
from .lindblad import Lindblad as Lindblad
from .master import Master as Master
from .memory import AbstractMemoryLaw as AbstractMemoryLaw
from .memory import Channels as Channels
from .mixture import Mixture as Mixture
from .reachable import Reachable as Reachable
from .sectors import Sectors as Sectors
from .towers import Towers as Towers
from .trajectories import Trajectories as Trajectories
