"""Density matrices of two parts: evolution, reduction, and functions of a state."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import expm

Matrix = NDArray[Any]  # float64 or complex128


def density(state: ArrayLike) -> Matrix:
    """|psi><psi| of a normalised ket; a matrix is returned as it is."""
    array = np.asarray(state)
    return np.outer(array, array.conj()) if array.ndim == 1 else array


def evolve(hamiltonian: Matrix, start: Matrix, times: ArrayLike) -> Matrix:
    """rho(t) = U rho U^+, U = V exp(-i e t) V^+ with H = V e V^+; shape (times, d, d)."""
    levels, vectors = np.linalg.eigh(hamiltonian)
    inner = vectors.conj().T @ start @ vectors
    gaps = levels[:, None] - levels[None, :]
    return np.stack(
        [vectors @ (inner * np.exp(-1j * gaps * t)) @ vectors.conj().T for t in np.atleast_1d(np.asarray(times, dtype=float))]
    )


def propagate(hamiltonian: Matrix, start: Matrix, time: float) -> Matrix:
    """rho(t) = e^{-iHt} rho e^{iHt} by Pade approximants: a second way, no spectrum."""
    unitary = expm(-1j * time * hamiltonian)
    return unitary @ start @ unitary.conj().T


def battery_part(rho: Matrix, dims: tuple[int, int]) -> Matrix:
    """rho_B = tr_C rho; dims = (battery, charger)."""
    return np.einsum("icjc->ij", rho.reshape(dims + dims))


def charger_part(rho: Matrix, dims: tuple[int, int]) -> Matrix:
    """rho_C = tr_B rho."""
    return np.einsum("bibj->ij", rho.reshape(dims + dims))


def expect(operator: Matrix, rho: Matrix) -> float:
    """<O> = tr(O rho), real part (O hermitian)."""
    return float(np.real(np.einsum("ij,ji->", operator, rho)))


def variance(operator: Matrix, rho: Matrix) -> float:
    """<O^2> - <O>^2 as <(O - <O>)^2>, which does not cancel."""
    shifted = operator - expect(operator, rho) * np.eye(len(operator))
    return expect(shifted @ shifted, rho)


def purity(rho: Matrix) -> float:
    """tr rho^2 = sum |rho_ij|^2."""
    return float(np.sum(np.abs(rho) ** 2))


def passive_energy(rho: Matrix, energies: ArrayLike) -> float:
    """sum_k r_k e_k: eigenvalues of rho falling, energies (one a dimension) rising."""
    weights = np.linalg.eigvalsh(rho)[::-1]
    return float(weights @ np.sort(np.asarray(energies, dtype=float))[: len(weights)])


def ergotropy(rho: Matrix, energies: ArrayLike) -> float:
    """tr(rho H) - sum_k r_k e_k for diagonal H = energies, all unitaries allowed."""
    diagonal = np.real(np.diag(rho))
    return float(diagonal @ np.asarray(energies)) - passive_energy(rho, energies)


def capacity(rho: Matrix, energies: ArrayLike) -> float:
    """Energy of the active minus that of the passive state of the same spectrum."""
    weights = np.linalg.eigvalsh(rho)
    active = float(weights @ np.sort(np.asarray(energies, dtype=float)))
    return active - passive_energy(rho, energies)


def log_negativity(rho: Matrix, dims: tuple[int, int]) -> float:
    """log2 of the trace norm of the partial transpose over the battery."""
    b, c = dims
    turned = rho.reshape(b, c, b, c).transpose(2, 1, 0, 3).reshape(b * c, b * c)
    return float(np.log2(np.sum(np.abs(np.linalg.eigvalsh(turned)))))
