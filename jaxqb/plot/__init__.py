"""Drawing: one house style for papers, sweeps and optimizations. Every drawing is a `matplotlib.figure.Figure`.

A Dataset says by its attributes how it is drawn (see `draw`), which `reproduce`, `sweep`, `optimize` share.
Colours are those of Okabe & Ito, which colour-blind readers can tell apart; points differ in marker, too, and lines of different
kinds in dashes.
"""

from .drawing import COLOURS as COLOURS
from .drawing import GREY as GREY
from .drawing import STYLE as STYLE
from .drawing import draw as draw
from .files import FORMATS as FORMATS
from .files import save as save
from .of_data import lines as lines
from .of_data import map as map
from .of_data import optimum as optimum
from .words import label as label
from .words import tex as tex
