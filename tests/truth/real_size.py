"""Real charger size: E(t; M, N) of a full charger continued in N, and its derivatives.

a_m^2 = (M-m)(m+1)^2(N-m) is linear in N and E(t) is entire in the a_m^2.  So with
r' = K r, K antisymmetric (transposed, not conjugated), E = sum_m m r_m^2 = r^T C r is
analytic in N and dE/dN = Im E(N + i h) / h needs no difference.  To keep the square
root out, K is used in the similar form with s_m below and -a_m^2 / s_m above the
diagonal, s_m > 0 fixed: r_m^2 = prod_{k<m} (a_k^2 / s_k^2) q_m^2.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import expm

from . import chains, flows, peaks

STEP = 1e-30


class Sensitivity(NamedTuple):
    """An optimum at real N, with the derivatives of its value and of its time."""

    time: float
    value: float
    value_slope: float
    time_slope: float


def energy(cells: int, size: complex, time: float) -> tuple[complex, complex]:
    """E(t; N) and dE/dt for complex N (g = omega = 1), without conjugation."""
    m = np.arange(float(cells))
    squares = (cells - m) * (m + 1) ** 2 * (size - m)
    scale = np.sqrt(np.maximum(np.abs(squares), 1.0))
    generator = np.diag(scale, -1) - np.diag((squares / scale).astype(complex), 1)
    q = expm(time * generator)[:, 0]
    weights = np.concatenate([[1.0], np.cumprod(squares / scale**2)])
    counts = np.arange(cells + 1.0) * weights
    return complex(counts @ q**2), complex(2 * counts @ (q * (generator @ q)))


def first_peak(cells: int, size: float) -> Sensitivity:
    """First maximum of E: dE*/dN = (dE/dN)_t, dt*/dN = -(dE'/dN)_t / E''."""
    flow = flows.of_chain(chains.full_charger(cells, size))
    time, value = peaks.first_peak(flow)
    by_energy, by_slope = (z.imag / STEP for z in energy(cells, size + 1j * STEP, time))
    return Sensitivity(time, value, by_energy, -by_slope / flow.bend(time).item())


def average_power(cells: int, size: float) -> Sensitivity:
    """Maximum of E/t: dP/dN = (dE/dN)_t / t, dt*/dN = -(t dE'/dN - dE/dN) / (t E'')."""
    flow = flows.of_chain(chains.full_charger(cells, size))
    time, value = peaks.average_power(flow)
    by_energy, by_slope = (z.imag / STEP for z in energy(cells, size + 1j * STEP, time))
    shift = -(time * by_slope - by_energy) / (time * flow.bend(time).item())
    return Sensitivity(time, value, by_energy / time, shift)
