"""Units, signs and floating point types, stated once.

* hbar = k_B = 1: energies are frequencies, times are inverse frequencies.
* Collective spin operators are sums over spins 1/2: ``S^z = sum sigma^z / 2`` and ``S^+ = sum sigma^+``.
* Level ``m`` of a spin of ``n`` cells counts excited cells, so 0 is empty and the battery's energy is zero there.
* Average power is ``(E(t) - E(0)) / t``; instantaneous power is ``dE/dt``. They never share a name.
* Logarithms in entanglement measures have base 2.
"""

import warnings
from typing import Any

import jax
import numpy as np

UNITS = {
    "frequency": "frequency",
    "energy": "hbar frequency",
    "time": "1 / frequency",
    "power": "hbar frequency^2",
    "variance": "hbar^2 frequency^2",
    "cells": "cells",
    "spins": "spins",
    "length": "length",
    "number": "1",
    "bits": "bits",
}

_warned: set[str] = set()


def real_dtype() -> np.dtype[Any]:
    """The real floating point type of this process: float64 with x64 enabled, else float32."""
    dtype = np.dtype(jax.dtypes.canonicalize_dtype(np.float64))
    if dtype == np.float32 and "float32" not in _warned:
        _warned.add("float32")
        warnings.warn(
            "jaxqb runs in float32 (6 to 7 digits): `jax.config.update('jax_enable_x64', True)` "
            "at the head of the program gives float64.",
            stacklevel=2,
        )
    return dtype


def epsilon() -> float:
    """The relative rounding error of `real_dtype`."""
    return float(np.finfo(real_dtype()).eps)


def stillness() -> float:
    """A relative change below which nothing moves: a million rounding errors, in single precision fewer."""
    return min(1e6 * epsilon(), 2e-3)
