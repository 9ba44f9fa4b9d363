"""Design: bounds, starts, constraints, and the search that finds a better battery."""

from .optimize import optimize as optimize
from .optimum import Constraint as Constraint
from .optimum import Optimum as Optimum
