"""Reservoirs: continua of modes that emitters share. One reservoir a file."""

from .reservoir import AbstractReservoir as AbstractReservoir
from .waveguide import Waveguide as Waveguide
