"""Spin batteries in the full 2^n space, n = M + N <= 8, pair by pair.

Spin 0 .. M-1 are the battery, M .. n-1 the charger; spin 0 is the leading factor of
the Kronecker product.  Index 0 of a spin is down (empty), 1 is up (excited).
A start is a density matrix of one side; that of both is `np.kron(battery, charger)`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import linear
from .linear import Matrix
from .model import Spins

X = np.array([[0, 1], [1, 0]], dtype=complex)
Y = np.array([[0, 1j], [-1j, 0]])  # sigma^y in the order (down, up)
Z = np.diag([-1.0 + 0j, 1.0])


def on(site: int, n: int, operator: Matrix) -> Matrix:
    """1 x .. x operator x .. x 1 with the operator at one of n spins."""
    return np.kron(np.kron(np.eye(2**site), operator), np.eye(2 ** (n - site - 1)))


def excited_count(n: int) -> NDArray[np.float64]:
    """Number of excited spins of each of the 2^n product states."""
    return np.array([bin(index).count("1") for index in range(2**n)], dtype=float)


# ------------------------------------------------------------------ starts, one side


def excited(n: int, sites: Sequence[int] = ()) -> Matrix:
    """Product state with exactly the listed spins up."""
    ket = np.zeros(2**n)
    ket[sum(1 << (n - 1 - site) for site in sites)] = 1.0
    return linear.density(ket)


def dicke_ket(n: int, k: int) -> NDArray[np.float64]:
    """|k> = C(n,k)^{-1/2} (sum of the product states with k spins up)."""
    return (excited_count(n) == k) / np.sqrt(comb(n, k))


def dicke(n: int, populations: int | ArrayLike) -> Matrix:
    """Dicke state |k> (an integer), or the mixture sum_k p_k |k><k| (a vector)."""
    if isinstance(populations, int):
        return linear.density(dicke_ket(n, populations))
    weights = np.asarray(populations, dtype=float)
    return sum((w * dicke(n, k) for k, w in enumerate(weights)), np.zeros((2**n, 2**n)))


def product(probabilities: ArrayLike) -> Matrix:
    """prod_j [(1 - p_j)|0><0| + p_j |1><1|]: thermal single spins, p = 1/(1+e^{w/T})."""
    rho = np.eye(1)
    for p in np.asarray(probabilities, dtype=float):
        rho = np.kron(rho, np.diag([1 - p, p]))
    return rho


def uniform(n: int, k: int) -> Matrix:
    """Uniform mixture of the C(n,k) product states with k spins up."""
    chosen = [excited(n, sites) for sites in combinations(range(n), k)]
    return sum(chosen, np.zeros((2**n, 2**n))) / len(chosen)


def coherent(n: int, theta: float, phi: float = 0.0) -> Matrix:
    """prod [cos(theta/2)|0> + e^{i phi} sin(theta/2)|1>]; theta = 0 empty, pi full."""
    ket = np.ones(1, dtype=complex)
    for _ in range(n):
        ket = np.kron(ket, [np.cos(theta / 2), np.exp(1j * phi) * np.sin(theta / 2)])
    return linear.density(ket)


# ----------------------------------------------------------------------- Hamiltonian


@dataclass(frozen=True)
class Pieces:
    """The parts of H; H is their sum."""

    battery: Matrix
    charger: Matrix
    interaction: Matrix
    crosstalk: Matrix

    @property
    def total(self) -> Matrix:
        """H = H_B + H_C + H_I + crosstalk."""
        return self.battery + self.charger + self.interaction + self.crosstalk


def pieces(spins: Spins) -> Pieces:
    """H of `Spins`, from pairs of Pauli matrices.

    Exchange: g/2 sum_{kl} [(1+gamma) x_k x_l + (1-gamma) y_k y_l]; Ising:
    Delta/2 sum_{kl} z_k z_l; crosstalk: g_1 {N + 1/2 sum_{l!=j}(x_l x_j + y_l y_j)}.
    """
    m, n = spins.n_battery, spins.n_battery + spins.n_charger
    x, y, z = ([on(site, n, op) for site in range(n)] for op in (X, Y, Z))
    zero, one = np.zeros((2**n, 2**n), dtype=complex), np.eye(2**n)
    cells, charger = range(m), range(m, n)
    g, gamma, delta = spins.coupling, spins.anisotropy, spins.ising
    interaction, crosstalk = zero.copy(), zero.copy()
    for k in cells:
        for j in charger:
            interaction += g / 2 * ((1 + gamma) * x[k] @ x[j] + (1 - gamma) * y[k] @ y[j])
            interaction += delta / 2 * z[k] @ z[j]
    for strength, sites in ((spins.battery_crosstalk, cells), (spins.charger_crosstalk, charger)):
        crosstalk += strength * len(sites) * one
        for k, j in combinations(sites, 2):
            crosstalk += strength * (x[k] @ x[j] + y[k] @ y[j])
    return Pieces(
        sum((spins.battery_frequency / 2 * z[k] for k in cells), zero),
        sum((spins.charger_frequency / 2 * z[k] for k in charger), zero),
        interaction,
        crosstalk,
    )


# -------------------------------------------------------------------------- figures


def symmetric_part(rho_battery: Matrix) -> Matrix:
    """<k| rho_B |l> between Dicke states, (M+1) x (M+1); trace 1 if rho_B is symmetric."""
    m = int(np.log2(len(rho_battery)))
    basis = np.stack([dicke_ket(m, k) for k in range(m + 1)])
    return basis @ rho_battery @ basis.T


def cell_excitations(rho_battery: Matrix) -> NDArray[np.float64]:
    """p_j, probability that cell j is excited; <sigma^z_j> = 2 p_j - 1."""
    m = int(np.log2(len(rho_battery)))
    weights = np.real(np.diag(rho_battery)).reshape((2,) * m)
    return np.array([np.take(weights, 1, axis=j).sum() for j in range(m)])


def figures(spins: Spins, rho: Matrix, parts: Pieces | None = None) -> dict[str, float]:
    """Every figure of merit of the joint state rho.

    energy = w_B <excited cells>, charger_energy = w_C <excited charger spins>,
    interaction_energy = <H - H_B - H_C - crosstalk>, total_energy = <H>,
    power = d(energy)/dt = i<[H, H_B]>, ergotropy_full over 2^M levels,
    ergotropy_symmetric over M + 1 levels (NaN when rho_B is not symmetric).
    """
    h = pieces(spins) if parts is None else parts
    m, dims = spins.n_battery, (2**spins.n_battery, 2**spins.n_charger)
    rho_b, rho_c = linear.battery_part(rho, dims), linear.charger_part(rho, dims)
    levels = spins.battery_frequency * excited_count(m)
    folded = symmetric_part(rho_b)
    symmetric = abs(1 - np.trace(folded).real) < 1e-10
    steps = spins.battery_frequency * np.arange(m + 1.0)
    commutator = 1j * (h.total @ h.battery - h.battery @ h.total)
    return {
        "energy": float(np.real(np.diag(rho_b)) @ levels),
        "charger_energy": spins.charger_frequency * float(np.real(np.diag(rho_c)) @ excited_count(spins.n_charger)),
        "interaction_energy": linear.expect(h.interaction, rho),
        "total_energy": linear.expect(h.total, rho),
        "power": linear.expect(commutator, rho),
        "ergotropy_full": linear.ergotropy(rho_b, levels),
        "ergotropy_symmetric": linear.ergotropy(folded, steps) if symmetric else np.nan,
        "energy_variance": linear.variance(np.diag(levels), rho_b),
        "purity": linear.purity(rho_b),
        "log_negativity": linear.log_negativity(rho, dims),
    }


def run(spins: Spins, battery: Matrix, charger: Matrix, times: ArrayLike) -> dict[str, NDArray[np.float64]]:
    """`figures` at each time from battery x charger; `cells` is (times, M) of p_j."""
    parts = pieces(spins)
    states = linear.evolve(parts.total, np.kron(battery, charger), times)
    rows = [figures(spins, rho, parts) for rho in states]
    dims = (2**spins.n_battery, 2**spins.n_charger)
    saved = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    cells = [cell_excitations(linear.battery_part(rho, dims)) for rho in states]
    return saved | {"cells": np.array(cells)}
