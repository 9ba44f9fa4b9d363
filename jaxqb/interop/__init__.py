"""Batteries, operators and states of other packages, both ways: QuTiP and dynamiqs."""

from .convert import MasterEquation as MasterEquation
from .convert import from_dynamiqs as from_dynamiqs
from .convert import from_qutip as from_qutip
from .convert import to_dynamiqs as to_dynamiqs
from .convert import to_qutip as to_qutip
