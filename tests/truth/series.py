"""Sizes beyond a spectrum: e^{-iHt} as a Chebyshev series, O(dimension) memory.

psi(t) = sum_k (2 - delta_k0) (-i)^k J_k(R t) T_k(H/R) psi_0 for real symmetric H whose
spectrum lies in [-R, R]; for real psi_0 even k is the real part, odd k the imaginary.
"""

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import jv

from .chains import Chain
from .model import Spins
from .peaks import Peak
from .roots import root

Array = NDArray[np.float64]


class Problem(NamedTuple):
    """H/R (sparse), R, the start and the excited cells of each level (unit 1)."""

    scaled: sp.csr_array
    radius: float
    start: Array
    cells: Array


def _problem(hamiltonian: sp.csr_array, start: int, cells: Array) -> Problem:
    radius = float(abs(hamiltonian).sum(axis=1).max())  # Gershgorin
    ket = np.zeros(len(cells))
    ket[start] = 1.0
    return Problem(sp.csr_array(hamiltonian / radius), radius, ket, cells)


def of_chain(chain: Chain) -> Problem:
    """The chain as a sparse matrix."""
    off = sp.diags_array(chain.couplings, offsets=1)
    return _problem(sp.csr_array(sp.diags_array(chain.diagonal) + off + off.T), chain.start, chain.cells)


def of_spins(spins: Spins) -> Problem:
    """Exchange with anisotropy and both fields (no ising, no crosstalk), empty x full."""
    if spins.ising or spins.battery_crosstalk or spins.charger_crosstalk:
        raise ValueError("fields and exchange only")

    def parts(size: int) -> tuple[sp.csr_array, sp.csr_array]:
        k = np.arange(1.0, size + 1)
        low = sp.diags_array(np.sqrt(k * (size - k + 1)), offsets=1)
        return sp.csr_array(low), sp.csr_array(sp.diags_array(np.arange(size + 1) - size / 2))

    m, n = spins.n_battery, spins.n_charger
    (s, s_z), (j, j_z) = parts(m), parts(n)
    up = sp.kron(s.T, j) + spins.anisotropy * sp.kron(s.T, j.T)
    field = spins.battery_frequency * sp.kron(s_z, sp.eye_array(n + 1))
    field = field + spins.charger_frequency * sp.kron(sp.eye_array(m + 1), j_z)
    total = sp.csr_array(field + spins.coupling * (up + up.T))
    return _problem(total, n, np.repeat(np.arange(m + 1.0), n + 1))


def energy(problem: Problem, time: float) -> tuple[float, float]:
    """(<cells>, its time derivative) at one time."""
    h, radius, start, cells = problem
    reach = radius * time
    weights = jv(np.arange(int(reach + 15 * reach ** (1 / 3) + 40)), reach)
    before, now = start, h @ start
    real, imag = weights[0] * before, -2 * weights[1] * now
    for k in range(2, len(weights)):
        before, now = now, 2 * (h @ now) - before
        term = 2 * (-1) ** ((k + 1) // 2) * weights[k] * now
        if k % 2:
            imag += term
        else:
            real += term
    slope = 2 * radius * (cells @ (real * (h @ imag) - imag * (h @ real)))
    return float(cells @ (real**2 + imag**2)), float(slope)


def average_power(problem: Problem, low: float, high: float) -> Peak:
    """The maximum of <cells>/t that lies alone between low and high."""

    def rising(t: float) -> float:
        value, slope = energy(problem, t)
        return t * slope - value

    t = root(rising, low, high, 1e-13)
    return Peak(t, energy(problem, t)[0] / t)


def first_peak(problem: Problem, low: float, high: float) -> Peak:
    """The maximum of <cells> that lies alone between low and high."""
    t = root(lambda u: energy(problem, u)[1], low, high, 1e-13)
    return Peak(t, energy(problem, t)[0])
