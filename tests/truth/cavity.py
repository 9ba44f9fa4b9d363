"""Batteries charged by one cavity mode, (M+1) x cutoff, by dense matrices.

The joint index is m cutoff + n: m excited cells, n photons, n = 0 .. cutoff - 1.
"""

from math import lgamma

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import dicke, linear
from .linear import Matrix
from .model import Cavity


def fock(cutoff: int, photons: int) -> Matrix:
    """|n><n|."""
    return dicke.number(cutoff - 1, photons)


def coherent_ket(cutoff: int, alpha: complex) -> NDArray[np.complex128]:
    """c_n = e^{-|alpha|^2/2} alpha^n / sqrt(n!), cut, NOT renormalised."""
    n = np.arange(cutoff)
    if alpha == 0:
        return (n == 0).astype(complex)
    logs = n * np.log(abs(alpha)) - 0.5 * np.array([lgamma(i + 1.0) for i in n])
    return np.exp(logs - abs(alpha) ** 2 / 2 + 1j * n * np.angle(alpha))


def coherent(cutoff: int, alpha: complex) -> Matrix:
    """Coherent light; trace = 1 - the weight beyond the cutoff."""
    return linear.density(coherent_ket(cutoff, alpha))


def thermal(cutoff: int, mean: float) -> Matrix:
    """p_n = mean^n / (1+mean)^{n+1}; trace = 1 - the weight beyond the cutoff."""
    return np.diag((mean / (1 + mean)) ** np.arange(cutoff) / (1 + mean))


def sufficient_cutoff(weights: ArrayLike, cells: int, tolerance: float = 1e-16) -> int:
    """Fock states that hold an isotropic run: start weights above tolerance + cells + 1."""
    kept = np.flatnonzero(np.asarray(weights, dtype=float) > tolerance)
    return int(kept[-1]) + cells + 1


def annihilation(cutoff: int) -> Matrix:
    """b|n> = sqrt(n)|n-1>."""
    return np.diag(np.sqrt(np.arange(1.0, cutoff)), 1)


def interaction(cavity: Cavity) -> Matrix:
    """H_I = g (S^+ b + S^- b^+) + g k (S^+ b^+ + S^- b)."""
    s, b = dicke.lowering(cavity.n_battery), annihilation(cavity.cutoff)
    up = np.kron(s.T, b) + cavity.counter_rotating * np.kron(s.T, b.T)
    return cavity.coupling * (up + up.T)


def hamiltonian(cavity: Cavity) -> Matrix:
    """H of `Cavity`."""
    cells = cavity.battery_frequency * dicke.z_component(cavity.n_battery)
    light = cavity.cavity_frequency * np.diag(np.arange(float(cavity.cutoff)))
    free = np.kron(cells, np.eye(cavity.cutoff)) + np.kron(np.eye(len(cells)), light)
    return free + interaction(cavity)


def figures(cavity: Cavity, rho: Matrix, total: Matrix | None = None) -> dict[str, float]:
    """Figures of the joint state, named as in `brute.figures`; charger = light.

    `edge` is the weight of the highest Fock state kept: it must be negligible.
    """
    h = hamiltonian(cavity) if total is None else total
    m, dims = cavity.n_battery, (cavity.n_battery + 1, cavity.cutoff)
    rho_b, light = linear.battery_part(rho, dims), linear.charger_part(rho, dims)
    levels = cavity.battery_frequency * np.arange(m + 1.0)
    lowest = dicke.full_space_levels(m, cavity.battery_frequency)
    energy = float(np.real(np.diag(rho_b)) @ levels)
    flow = -1j * (h @ rho - rho @ h)
    return {
        "energy": energy,
        "charger_energy": cavity.cavity_frequency * float(np.real(np.diag(light)) @ np.arange(float(cavity.cutoff))),
        "interaction_energy": linear.expect(interaction(cavity), rho),
        "total_energy": linear.expect(h, rho),
        "power": float(np.real(np.diag(linear.battery_part(flow, dims))) @ levels),
        "ergotropy_full": energy - float(np.linalg.eigvalsh(rho_b)[::-1] @ lowest),
        "ergotropy_symmetric": linear.ergotropy(rho_b, levels),
        "energy_variance": linear.variance(np.diag(levels), rho_b),
        "purity": linear.purity(rho_b),
        "log_negativity": linear.log_negativity(rho, dims),
        "edge": float(np.real(light[-1, -1])),
    }


def run(cavity: Cavity, battery: Matrix, light: Matrix, times: ArrayLike) -> dict[str, NDArray[np.float64]]:
    """`figures` at each time, from battery x light (Dicke start x Fock basis)."""
    total = hamiltonian(cavity)
    states = linear.evolve(total, np.kron(battery, light), times)
    rows = [figures(cavity, rho, total) for rho in states]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}
