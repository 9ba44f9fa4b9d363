"""Reservoirs: continua of modes that emitters share. One reservoir a file."""

from .band_edge import BandEdge as BandEdge
from .exponentials import Exponentials as Exponentials
from .ohmic import Ohmic as Ohmic
from .reservoir import AbstractReservoir as AbstractReservoir
from .waveguide import Waveguide as Waveguide
