"""Spin batteries between Dicke states, (M+1) x (N+1), by dense matrices.

The joint index is m (N+1) + n: m excited cells, n excited charger spins.  A start is
a density matrix of one side (M+1 or N+1 square); `towers` reaches the product starts
that are not symmetric.
"""

from dataclasses import replace
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import linear
from .linear import Matrix
from .model import Spins

# ------------------------------------------------------------------ starts, one side


def number(n: int, k: int) -> Matrix:
    """|k><k|."""
    return np.diag((np.arange(n + 1) == k).astype(float))


def mixture(populations: ArrayLike) -> Matrix:
    """sum_k p_k |k><k|."""
    return np.diag(np.asarray(populations, dtype=float))


def thermal_weights(n: int, ratio: float) -> NDArray[np.float64]:
    """p_k = e^{-ratio k} / Z over the n + 1 Dicke states, ratio = w/T."""
    exponents = -ratio * np.arange(n + 1)
    weights = np.exp(exponents - exponents.max())
    return weights / weights.sum()


def coherent_ket(n: int, theta: float, phi: float = 0.0) -> NDArray[np.complex128]:
    """c_k = sqrt C(n,k) cos(theta/2)^{n-k} (e^{i phi} sin(theta/2))^k."""
    k = np.arange(n + 1)
    root = np.sqrt([float(comb(n, int(i))) for i in k])
    return root * np.cos(theta / 2) ** (n - k) * (np.exp(1j * phi) * np.sin(theta / 2)) ** k


def coherent(n: int, theta: float, phi: float = 0.0) -> Matrix:
    """Spin-coherent state; theta = 0 empty, pi full."""
    return linear.density(coherent_ket(n, theta, phi))


# ----------------------------------------------------------------------- Hamiltonian


def lowering(n: int) -> Matrix:
    """J^-|k> = sqrt(k (n-k+1)) |k-1>."""
    k = np.arange(1, n + 1)
    return np.diag(np.sqrt(k * (n - k + 1.0)), 1)


def z_component(n: int) -> Matrix:
    """J^z|k> = (k - n/2) |k>."""
    return np.diag(np.arange(n + 1) - n / 2)


def interaction(spins: Spins) -> Matrix:
    """H_I = g (S^+J^- + h.c.) + g gamma (S^+J^+ + h.c.) + 2 Delta S^z J^z."""
    s, j = lowering(spins.n_battery), lowering(spins.n_charger)
    up = np.kron(s.T, j) + spins.anisotropy * np.kron(s.T, j.T)
    ising = np.kron(z_component(spins.n_battery), z_component(spins.n_charger))
    return spins.coupling * (up + up.T) + 2 * spins.ising * ising


def hamiltonian(spins: Spins) -> Matrix:
    """H of `Spins` between Dicke states."""
    m, n = spins.n_battery, spins.n_charger
    s, j = lowering(m), lowering(n)
    alone_b = spins.battery_frequency * z_component(m)
    alone_b = alone_b + spins.battery_crosstalk * (s.T @ s + s @ s.T)
    alone_c = spins.charger_frequency * z_component(n)
    alone_c = alone_c + spins.charger_crosstalk * (j.T @ j + j @ j.T)
    free = np.kron(alone_b, np.eye(n + 1)) + np.kron(np.eye(m + 1), alone_c)
    return free + interaction(spins)


# -------------------------------------------------------------------------- figures


def full_space_levels(m: int, frequency: float) -> NDArray[np.float64]:
    """The m + 1 lowest of the 2^m energies w k, which occur C(m,k) times."""
    copies = [min(comb(m, k), m + 1) for k in range(m + 1)]
    return np.sort(np.repeat(frequency * np.arange(m + 1.0), copies))[: m + 1]


def figures(spins: Spins, rho: Matrix, total: Matrix | None = None) -> dict[str, float]:
    """Figures of the joint state, named and defined as in `brute.figures`."""
    h = hamiltonian(spins) if total is None else total
    m, n = spins.n_battery, spins.n_charger
    dims = (m + 1, n + 1)
    rho_b, rho_c = linear.battery_part(rho, dims), linear.charger_part(rho, dims)
    levels = spins.battery_frequency * np.arange(m + 1.0)
    energy = float(np.real(np.diag(rho_b)) @ levels)
    passive = np.linalg.eigvalsh(rho_b)[::-1] @ full_space_levels(m, spins.battery_frequency)
    flow = -1j * (h @ rho - rho @ h)
    return {
        "energy": energy,
        "charger_energy": spins.charger_frequency * float(np.real(np.diag(rho_c)) @ np.arange(n + 1.0)),
        "interaction_energy": linear.expect(interaction(spins), rho),
        "total_energy": linear.expect(h, rho),
        "power": float(np.real(np.diag(linear.battery_part(flow, dims))) @ levels),
        "ergotropy_full": energy - float(passive),
        "ergotropy_symmetric": linear.ergotropy(rho_b, levels),
        "energy_variance": linear.variance(np.diag(levels), rho_b),
        "purity": linear.purity(rho_b),
        "log_negativity": linear.log_negativity(rho, dims),
    }


def run(spins: Spins, battery: Matrix, charger: Matrix, times: ArrayLike) -> dict[str, NDArray[np.float64]]:
    """`figures` at each time, from battery x charger."""
    total = hamiltonian(spins)
    states = linear.evolve(total, np.kron(battery, charger), times)
    rows = [figures(spins, rho, total) for rho in states]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


# -------------------------------------------------- starts that are not symmetric


def towers(n: int, k: int) -> list[tuple[int, int, float]]:
    """Uniform mixture of the C(n,k) product states, as towers (size, dark, weight).

    Each tower is a spin of `size` = n - 2 dark cells in its Dicke state |k - dark>,
    with `dark` excitations that stay; weight [C(n,dark) - C(n,dark-1)] / C(n,k).
    One localised excited cell (k = 1): 1/n symmetric, 1 - 1/n in the next tower.
    """
    counts = [comb(n, d) - (comb(n, d - 1) if d else 0) for d in range(min(k, n - k) + 1)]
    return [(n - 2 * d, d, count / comb(n, k)) for d, count in enumerate(counts)]


def binomial(n: int, p: float) -> NDArray[np.float64]:
    """Weights of k = 0..n excited spins when each is excited with probability p."""
    return np.array([comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)])


def product_energy(spins: Spins, battery: ArrayLike, charger: ArrayLike, times: ArrayLike) -> NDArray[np.float64]:
    """E(t) when both sides start in mixtures over k of uniform product mixtures.

    `battery` and `charger` are the weights of k excited cells, e.g. `binomial(N, p)`
    for thermal single spins, or (0, 1, 0, ..) for one localised excited cell.
    E(t) = sum over pairs of towers of weight x [dark + E_tower(t)].
    """
    energy = np.zeros(len(np.atleast_1d(np.asarray(times, dtype=float))))
    for k, p in enumerate(np.asarray(battery, dtype=float)):
        for n, q in enumerate(np.asarray(charger, dtype=float)):
            if p * q == 0:
                continue
            for size_b, dark_b, weight_b in towers(spins.n_battery, k):
                for size_c, dark_c, weight_c in towers(spins.n_charger, n):
                    small = replace(spins, n_battery=size_b, n_charger=size_c)
                    start = np.kron(number(size_b, k - dark_b), number(size_c, n - dark_c))
                    states = linear.evolve(hamiltonian(small), start, times)
                    diagonal = np.real(np.einsum("tii->ti", states))
                    cells = np.repeat(np.arange(size_b + 1.0) + dark_b, size_c + 1)
                    energy += p * q * weight_b * weight_c * (diagonal @ cells)
    return spins.battery_frequency * energy
