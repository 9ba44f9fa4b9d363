"""Isotropic charging as a chain: conserved excitations leave one level per step.

H on a chain is real, symmetric, tridiagonal.  With zero diagonal psi_m = (-i)^m r_m.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .linear import Matrix
from .model import Spins


@dataclass(frozen=True)
class Chain:
    """Diagonal, couplings between neighbours, excited cells per level, start, unit.

    The energy is unit x sum_m cells_m |psi_m|^2.
    """

    diagonal: NDArray[np.float64]
    couplings: NDArray[np.float64]
    cells: NDArray[np.float64]
    start: int = 0
    unit: float = 1.0

    @property
    def matrix(self) -> Matrix:
        """The Hamiltonian as a dense matrix."""
        off = np.diag(self.couplings, 1)
        return np.diag(self.diagonal) + off + off.T


def resonant(couplings: NDArray[np.float64]) -> Chain:
    """Zero diagonal, start empty."""
    size = len(couplings) + 1
    return Chain(np.zeros(size), couplings, np.arange(float(size)))


def ladder(size: float, k: NDArray[np.float64]) -> NDArray[np.float64]:
    """<k-1|J^-|k>^2 = k (size - k + 1)."""
    return k * (size - k + 1.0)


def isotropic(spins: Spins, battery_excitations: int = 0, charger_excitations: int | None = None) -> Chain:
    """gamma = 0 from |m_0, n>: levels m with K - m charger excitations, K = m_0 + n.

    diagonal: w_B (m - M/2) + w_C (n - N/2) + 2 Delta (m - M/2)(n - N/2)
    + g_2 <S^+S^- + S^-S^+>_m + g_1 <J^+J^- + J^-J^+>_n, n = K - m;
    couplings: g sqrt[(m+1)(M-m) n (N-n+1)].
    """
    if spins.anisotropy:
        raise ValueError("a chain needs anisotropy = 0")
    size_b, size_c = spins.n_battery, spins.n_charger
    total = battery_excitations + (size_c if charger_excitations is None else charger_excitations)
    m = np.arange(max(0, total - size_c), min(size_b, total) + 1.0)
    n = total - m
    z_b, z_c = m - size_b / 2, n - size_c / 2
    diagonal = spins.battery_frequency * z_b + spins.charger_frequency * z_c
    diagonal = diagonal + 2 * spins.ising * z_b * z_c
    for strength, size, k in (
        (spins.battery_crosstalk, size_b, m),
        (spins.charger_crosstalk, size_c, n),
    ):
        diagonal = diagonal + strength * (ladder(size, k) + ladder(size, k + 1))
    squares = ladder(size_b, m[:-1] + 1) * ladder(size_c, n[:-1])
    start = battery_excitations - int(m[0])
    return Chain(diagonal, spins.coupling * np.sqrt(squares), m, start, spins.battery_frequency)


def full_charger(cells: int, size: float, coupling: float = 1.0) -> Chain:
    """Charger fully up, resonant: a_m^2 = g^2 (M-m)(m+1)^2 (N-m), N real >= M - 1.

    An integer N < M - 1 ends the chain at m = N.
    """
    if size < cells - 1 and size != int(size):
        raise ValueError("a real charger size below M - 1 is not unitary")
    m = np.arange(min(cells, size) if size == int(size) else cells, dtype=float)
    return resonant(coupling * (m + 1) * np.sqrt((cells - m) * (size - m)))


def tavis_cummings(cells: int, photons: int, coupling: float = 1.0) -> Chain:
    """Resonant cavity with n photons: a_m = g sqrt[(m+1)(M-m)(n-m)]."""
    m = np.arange(float(min(cells, photons)))
    return resonant(coupling * np.sqrt((m + 1) * (cells - m) * (photons - m)))


def mirrored(cells: int, coupling: float = 1.0) -> Chain:
    """Limit N >> M of a full charger, g sqrt(N) -> coupling: a_m = (m+1) sqrt(M-m).

    The Tavis-Cummings chain with n = M, reversed: H = b^+S^+ + b S^- from the vacuum.
    By the symmetry M <-> N it is also the limit M >> N of N charger spins, with
    coupling = g sqrt(M).
    """
    m = np.arange(float(cells))
    return resonant(coupling * (m + 1) * np.sqrt(cells - m))
