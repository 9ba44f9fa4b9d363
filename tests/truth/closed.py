"""Closed forms.  P1 = Huangfu & Jing 2021, P2 = Peng et al. 2021.

Energies are stored energies (zero when empty) in units of w_B unless `field` = w_B is
an argument; times may be arrays; g = coupling.
"""

from math import pi, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .roots import root

Array = NDArray[np.float64]


def sinc_peak() -> tuple[float, float]:
    """(x, sin^2(x)/x) at the maximum: tan x = 2x, 1.1655611852, 0.7246113538."""
    x = root(lambda u: np.tan(u) - 2 * u, 1.0, 1.3)
    return x, float(np.sin(x) ** 2 / x)


def tanh_peak() -> tuple[float, float]:
    """(x, tanh^2(x)/x) at the maximum: sinh 2x = 4x, 1.0886, 0.5825829084."""
    x = root(lambda u: np.sinh(2 * u) - 4 * u, 0.5, 2.0)
    return x, float(np.tanh(x) ** 2 / x)


# ------------------------------------------------------- one cell, n of N spins (P2)


def ladder(size: int, n: int) -> int:
    """b_{N,n} = n (N - n + 1)."""
    return n * (size - n + 1)


def one_cell_rates(size: int, n: int, g: float = 1.0, detuning: float = 0.0, ising: float = 0.0) -> tuple[float, float]:
    """(Delta_n, Omega_n): B - h + (2n-1-N) Delta, sqrt(Delta_n^2 + 4 b g^2) (P2 A1)."""
    offset = detuning + (2 * n - 1 - size) * ising
    return offset, sqrt(offset**2 + 4 * ladder(size, n) * g**2)


def one_cell_excitation(t: ArrayLike, size: int, n: int, g: float = 1.0, detuning: float = 0.0, ising: float = 0.0) -> Array:
    """P2 Eqs 12, 14: p(t) = (4 b g^2 / Omega^2) sin^2(Omega t / 2); detuning = B - h.

    Eq. 13 is B p/t.  Battery S^z energy (A6): B (p - 1/2); charger J^z energy (A7):
    h (n - N/2 - p).
    """
    _, omega = one_cell_rates(size, n, g, detuning, ising)
    return 4 * ladder(size, n) * g**2 / omega**2 * np.sin(omega * np.asarray(t) / 2) ** 2


def one_cell_interaction(t: ArrayLike, size: int, n: int, g: float = 1.0, detuning: float = 0.0, ising: float = 0.0) -> Array:
    """P2 A8: E_I = Delta (N/2 - n) - (B - h) p(t), by conservation of energy."""
    return ising * (size / 2 - n) - detuning * one_cell_excitation(t, size, n, g, detuning, ising)


def one_cell_optima(size: int, n: int, g: float = 1.0, detuning: float = 0.0, ising: float = 0.0) -> dict[str, float]:
    """First peak and largest average power; Eqs 15, 16 on resonance.

    E = 4 b g^2/Omega^2 at pi/Omega; P = E (Omega/2) x 0.7246.. at 2 x 1.1656../Omega;
    dE/dt is largest, E Omega/2, at pi/(2 Omega).
    """
    _, omega = one_cell_rates(size, n, g, detuning, ising)
    top = 4 * ladder(size, n) * g**2 / omega**2
    x, height = sinc_peak()
    return {
        "peak_time": pi / omega,
        "peak": top,
        "power_time": 2 * x / omega,
        "power": top * omega / 2 * height,
        "steepest_time": pi / 2 / omega,
        "steepest": top * omega / 2,
    }


# --------------------------------------------------------------- few cells, one mode


def three_level(t: ArrayLike, a: float, b: float) -> Array:
    """E(t) of a resonant chain 0 -a- 1 -b- 2: p_1 = (a/w)^2 sin^2 wt, w^2 = a^2 + b^2,
    p_2 = (ab/w^2)^2 (1 - cos wt)^2; E = p_1 + 2 p_2."""
    w = sqrt(a * a + b * b)
    turn = w * np.asarray(t)
    return (a / w * np.sin(turn)) ** 2 + 2 * (a * b / w**2 * (1 - np.cos(turn))) ** 2


def two_cells(t: ArrayLike, size: int, g: float = 1.0) -> Array:
    """P1 A6 (M = 2, charger full), xi^2 = 2 (3N - 2), c = cos(xi g t):
    E = (xi^2+4)/(9 xi^4) [(xi^2-8) c - (7 xi^2-8)] (c - 1)."""
    xi2 = 2 * (3 * size - 2)
    c = np.cos(sqrt(xi2) * g * np.asarray(t))
    return (xi2 + 4) / (9 * xi2**2) * ((xi2 - 8) * c - (7 * xi2 - 8)) * (c - 1)


def two_cells_peak(size: int, g: float = 1.0) -> tuple[float, float]:
    """P1 A7, N >= 2: E = 16 N (N-1)/(3N-2)^2 at pi/(xi g)."""
    return pi / sqrt(2 * (3 * size - 2)) / g, 16 * size * (size - 1) / (3 * size - 2) ** 2


def thermal_spin(t: ArrayLike, p0: float, g: float = 1.0) -> Array:
    """P1 Eq. 17 CORRECTED (M = N = 2, second charger spin empty with probability p0):
    E = 2 sin^2(sqrt2 gt) - p0 [2 sin^2(sqrt2 gt) - sin^2(2gt) / 2]."""
    full = 2 * np.sin(sqrt(2) * g * np.asarray(t)) ** 2
    return full - p0 * (full - 0.5 * np.sin(2 * g * np.asarray(t)) ** 2)


def jaynes_cummings(t: ArrayLike, photons: int, g: float = 1.0, detuning: float = 0.0) -> Array:
    """One cell, n photons: (4 g^2 n / W^2) sin^2(W t/2), W^2 = detuning^2 + 4 g^2 n."""
    rate = sqrt(detuning**2 + 4 * g**2 * photons)
    if rate == 0:
        return np.zeros_like(np.asarray(t, dtype=float))
    return 4 * g**2 * photons / rate**2 * np.sin(rate * np.asarray(t) / 2) ** 2


def jaynes_cummings_light(t: ArrayLike, weights: ArrayLike, g: float = 1.0, detuning: float = 0.0) -> Array:
    """One cell, any light: sum_n p_n (Jaynes-Cummings with n photons)."""
    rows = [p * jaynes_cummings(t, n, g, detuning) for n, p in enumerate(np.asarray(weights))]
    return np.sum(rows, axis=0)


def one_photon(t: ArrayLike, cells: int, g: float = 1.0) -> Array:
    """Tavis-Cummings, one photon: sin^2(sqrt(M) g t)."""
    return np.sin(sqrt(cells) * g * np.asarray(t)) ** 2


def two_cells_photons(t: ArrayLike, photons: int, g: float = 1.0) -> Array:
    """Tavis-Cummings, M = 2, n >= 2 photons: chain g sqrt(2n), g sqrt(2(n-1))."""
    return three_level(t, g * sqrt(2 * photons), g * sqrt(2 * (photons - 1)))
