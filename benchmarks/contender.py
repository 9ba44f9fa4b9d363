"""One way to compute one workload.

A `Contender` builds its Hamiltonian in ``prepare()`` (outside timing) and computes the figures of its workload in ``run()``, as a
numpy array shaped like the reference.  Libraries load in ``prepare()``, so that a missing one is an ``ImportError`` there and a
line in the table.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Contender:
    """One way to compute one workload."""

    tool: str
    label: str
    build: Callable[[], Callable[[], np.ndarray]]
    packages: tuple[str, ...]
    run: Callable[[], np.ndarray] | None = field(default=None, repr=False)

    def prepare(self):
        """Build what does not belong to the run time; return self."""
        self.run = self.build()
        return self

    def versions(self):
        """Versions of the packages that do the work."""
        from importlib.metadata import PackageNotFoundError, version  # slow to import: `benchmarks.cold` counts it

        found = {}
        for package in self.packages:
            try:
                found[package] = version(package)
            except PackageNotFoundError:  # a checkout that is not installed, or nothing at all
                found[package] = getattr(sys.modules.get(package), "__version__", "unknown")
        return found
