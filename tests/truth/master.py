"""Lindblad equations by dense superoperators and scipy's exponential, and figures of their states, all in numpy."""

from collections.abc import Sequence
from functools import reduce

import numpy as np
from scipy.linalg import expm

DOWN = np.array([[0.0, 1.0], [0.0, 0.0]])  # level 0 is the empty one
X, Y, Z = DOWN + DOWN.T, 1j * (DOWN.T - DOWN), np.diag([-1.0, 1.0])


def at(operator: np.ndarray, site: int, sites: int) -> np.ndarray:
    """An operator on one of several spins."""
    return reduce(np.kron, [operator if k == site else np.eye(2) for k in range(sites)])


def generator(h: np.ndarray, jumps: Sequence[np.ndarray], rates: Sequence[float]) -> np.ndarray:
    """On density matrices whose columns are stacked: vec(A rho B) = (B^T x A) vec(rho)."""
    one = np.eye(len(h))
    both = lambda a, b: np.kron(b.T, a)  # noqa: E731
    total = -1j * (both(h, one) - both(one, h))
    for rate, jump in zip(rates, jumps, strict=True):
        loss = jump.conj().T @ jump
        total = total + rate * (both(jump, jump.conj().T) - 0.5 * both(loss, one) - 0.5 * both(one, loss))
    return total


def evolve(total: np.ndarray, rho: np.ndarray, times: Sequence[float]) -> np.ndarray:
    """Density matrices at times."""
    n = len(rho)
    return np.array([(expm(total * t) @ rho.reshape(-1, order="F")).reshape(n, n, order="F") for t in times])


def slopes(total: np.ndarray, rhos: np.ndarray) -> np.ndarray:
    """Time derivatives of density matrices."""
    n = rhos.shape[-1]
    return np.array([(total @ rho.reshape(-1, order="F")).reshape(n, n, order="F") for rho in rhos])


def reduced(rho: np.ndarray, d: int) -> np.ndarray:
    """Of the first factor, of dimension d."""
    return np.einsum("iaja->ij", rho.reshape(d, -1, d, len(rho) // d))


def energy(rho: np.ndarray, gap: np.ndarray) -> float:
    """Above the ground state of the first factor's Hamiltonian."""
    return float(np.real(np.trace(reduced(rho, len(gap)) @ gap)) - np.linalg.eigvalsh(gap)[0])


def ergotropy(rho: np.ndarray, gap: np.ndarray) -> float:
    """Energy minus that of the passive state."""
    inner = reduced(rho, len(gap))
    passive = np.sort(np.linalg.eigvalsh(inner))[::-1] @ np.sort(np.linalg.eigvalsh(gap))
    return float(np.real(np.trace(inner @ gap)) - passive)


def log_negativity(rho: np.ndarray, d: int) -> float:
    """Between the first factor and the rest, base 2."""
    turned = rho.reshape(d, -1, d, len(rho) // d).swapaxes(0, 2).reshape(rho.shape)
    return float(np.log2(np.abs(np.linalg.eigvalsh(turned)).sum()))
