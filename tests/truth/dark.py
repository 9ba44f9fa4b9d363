"""Two collective spins in one reservoir: quach2020's Eq. 2 in the product of both Dicke ladders, without any structure.

``rho' = -i [w (S^z + J^z), rho] + gamma (n + 1) L(S^- + J^-) + gamma n L(S^+ + J^+)``,
``L(O) = 2 O rho O^+ - O^+ O rho - rho O^+ O``; the battery is the leading factor, index 0 of a ladder is empty.
"""

from fractions import Fraction
from functools import cache
from math import factorial

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import expm

from .linear import Matrix


def lowering(cells: int) -> NDArray[np.float64]:
    """S^- of a collective spin: |m> -> sqrt(m (cells - m + 1)) |m - 1>."""
    m = np.arange(1, cells + 1)
    return np.diag(np.sqrt(m * (cells - m + 1.0)), 1)


def jump(cells: int, chargers: int) -> NDArray[np.float64]:
    """S^- + J^-."""
    return np.kron(lowering(cells), np.eye(chargers + 1)) + np.kron(np.eye(cells + 1), lowering(chargers))


def excitations(cells: int, chargers: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Excited battery cells and charger spins of each product state."""
    m, n = np.meshgrid(np.arange(cells + 1.0), np.arange(chargers + 1.0), indexing="ij")
    return m.ravel(), n.ravel()


def start(cells: int, chargers: int) -> Matrix:
    """Battery empty, charger full."""
    ket = np.zeros((cells + 1) * (chargers + 1))
    ket[chargers] = 1.0
    return np.outer(ket, ket)


@cache
def liouvillian(cells: int, chargers: int, gamma: float = 1.0, n: float = 0.0, frequency: float = 1.0) -> Matrix:
    """The generator on row-major vectors of density matrices."""
    lower, one = jump(cells, chargers), np.eye((cells + 1) * (chargers + 1))
    free = frequency * np.diag(np.add(*excitations(cells, chargers)))
    total = -1j * (np.kron(free, one) - np.kron(one, free))
    for rate, o in ((gamma * (n + 1), lower), (gamma * n, lower.T)):
        total = total + rate * (2 * np.kron(o, o) - np.kron(o.T @ o, one) - np.kron(one, o.T @ o))
    return total


def evolve(cells: int, chargers: int, times: ArrayLike, rho: Matrix | None = None, **constants: float) -> Matrix:
    """rho(t) from an empty battery and a full charger (or rho), by Pade approximants of the generator; shape (times, d, d).

    Entries that the generator does not connect with the start are left out.
    """
    rho = start(cells, chargers) if rho is None else rho
    generator, found = liouvillian(cells, chargers, **constants), rho.ravel() != 0
    while np.any(more := np.any(generator[:, found] != 0, axis=1) & ~found):
        found |= more
    path = [expm(t * generator[np.ix_(found, found)]) @ rho.ravel()[found] for t in np.atleast_1d(np.asarray(times, dtype=float))]
    out = np.zeros((len(path), rho.size), dtype=complex)
    out[:, found] = path
    return out.reshape(-1, *rho.shape)


def log_negativity(cells: int, chargers: int, rho: Matrix) -> float:
    """Base two, of one density matrix."""
    shape = (cells + 1, chargers + 1)
    turned = rho.reshape(shape + shape).transpose(2, 1, 0, 3).reshape(rho.shape)
    return float(np.log2(np.abs(np.linalg.eigvalsh(turned)).sum()))


def entanglement_rate(cells: int, chargers: int, rho: Matrix, slope: Matrix) -> float:
    """Of the logarithmic negativity along `slope`, where no eigenvalue vanishes: first-order perturbation theory."""
    shape = (cells + 1, chargers + 1)
    turn = lambda x: x.reshape(shape + shape).transpose(2, 1, 0, 3).reshape(rho.shape)  # noqa: E731
    values, vectors = np.linalg.eigh(turn(rho))
    slopes = np.real(np.einsum("im,ij,jm->m", vectors.conj(), turn(slope), vectors))
    return float(np.sum(np.sign(values) * slopes) / np.sum(np.abs(values)) / np.log(2))


def populations(cells: int, chargers: int, rho: Matrix) -> NDArray[np.float64]:
    """Of the battery's Dicke levels."""
    return np.real(np.diagonal(rho)).reshape(cells + 1, chargers + 1).sum(axis=1)


def ergotropy(weights: NDArray[np.float64]) -> float:
    """Within the Dicke ladder, from its populations."""
    levels = np.arange(len(weights))
    return float(weights @ levels - np.sort(weights)[::-1] @ levels)


def steady_excitations(cells: int, chargers: int) -> float:
    """Excited battery cells for ever, at zero temperature, in exact arithmetic.

    Each J of the pair ends dark, in |J, -J>; the battery's share of -J is a vector operator's.
    """
    b, c = Fraction(cells, 2), Fraction(chargers, 2)
    total = Fraction(0)
    for k in range(cells + 1):
        j = c - b + k
        ways = Fraction(factorial(chargers) * factorial(cells), factorial(cells - k) * factorial(chargers + k + 1))
        share = (j * (j + 1) + b * (b + 1) - c * (c + 1)) / (2 * j * (j + 1)) if j else Fraction(0)
        total += (2 * j + 1) * ways * (b - share * j)
    return float(total)
