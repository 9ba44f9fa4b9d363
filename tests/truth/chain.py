"""Chains of spins that exchange excitations and decay: dense master equations, means, and rates of means.

    d rho / dt = -i [H, rho] + sum_j gamma_j D[s_j] rho + Gamma D[sum_j s_j] rho,
    H = sum_j Delta_j n_j + sum_j lambda_j (s+_j s_{j+1} + h.c.).

Spin 0 is the first factor of the product; level 0 is the empty one.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import expm_multiply

Matrix = NDArray[np.complex128]


@dataclass(frozen=True)
class Spins:
    """Gaps and rates, one a spin; bonds, one fewer; and the collective rate."""

    gaps: NDArray[np.float64]
    rates: NDArray[np.float64]
    bonds: NDArray[np.float64]
    collective: float = 0.0

    @property
    def n(self) -> int:
        """Number of spins."""
        return len(self.gaps)

    @cached_property
    def lowering(self) -> list[sp.csr_matrix]:
        """sigma^-_j."""
        down = sp.csr_matrix([[0.0, 1.0], [0.0, 0.0]])
        one = lambda k: sp.identity(2**k)  # noqa: E731
        return [sp.csr_matrix(sp.kron(sp.kron(one(j), down), one(self.n - j - 1))) for j in range(self.n)]

    @cached_property
    def hamiltonian(self) -> sp.csr_matrix:
        """Zero for the empty chain."""
        s = self.lowering
        hops = [b * (s[j].T @ s[j + 1]) for j, b in enumerate(self.bonds)]
        total = sum(g * (a.T @ a) for g, a in zip(self.gaps, s, strict=True)) + sum(h + h.T for h in hops)
        return sp.csr_matrix(total)

    @cached_property
    def jumps(self) -> list[tuple[float, sp.csr_matrix]]:
        """With their rates."""
        together = sp.csr_matrix(sum(self.lowering))
        return [*zip(map(float, self.rates), self.lowering, strict=True), (self.collective, together)]

    def slope(self, rho: Matrix) -> Matrix:
        """d rho / dt."""
        h = self.hamiltonian
        total = -1j * (h @ rho - (h.T @ rho.T).T)
        for rate, a in self.jumps:
            loss = a.T @ a
            total = total + rate * (a @ (a @ rho.T).T - 0.5 * (loss @ rho) - 0.5 * (loss @ rho.T).T)
        return total

    @cached_property
    def kept(self) -> NDArray[np.int64]:
        """Entries of a density matrix, its rows behind one another, between equal numbers of excitations."""
        count = np.array([bin(k).count("1") for k in range(2**self.n)])
        return np.flatnonzero(count[:, None] == count)

    @cached_property
    def generator(self) -> sp.csr_matrix:
        """On these entries."""
        one = sp.identity(2**self.n, format="csr")
        both = lambda left, right: sp.kron(left, right.T, format="csr")[self.kept][:, self.kept]  # noqa: E731
        loss = sum(rate * (a.T @ a) for rate, a in self.jumps)
        k = self.hamiltonian - 0.5j * loss
        total = -1j * both(k, one) + 1j * both(one, k.conj().T)
        return sp.csr_matrix(total + sum(rate * both(a, a.T) for rate, a in self.jumps if rate))

    def evolve(self, excited: NDArray[np.float64], times: NDArray[np.float64]) -> Matrix:
        """Density matrices at times, from spins that are excited independently."""
        weights = np.ones(1)
        for p in excited:
            weights = np.kron(weights, [1 - p, p])
        y = np.diag(weights).astype(complex).ravel()[self.kept]
        rhos = np.zeros((len(times), 4**self.n), complex)
        for rho, step in zip(rhos, np.diff(times, prepend=0.0), strict=True):
            y = expm_multiply(self.generator * step, y)
            rho[self.kept] = y
        return rhos.reshape(-1, 2**self.n, 2**self.n)

    def product(self, *factors: tuple[str, int]) -> sp.csr_matrix:
        """Of "+", "-", "z" and "n" of spins."""
        total = sp.csr_matrix(sp.identity(2**self.n))
        for name, j in factors:
            a = self.lowering[j]
            n = a.T @ a
            total = sp.csr_matrix(total @ {"+": a.T, "-": a, "n": n, "z": 2 * n - sp.identity(2**self.n)}[name])
        return total

    def mean(self, rho: Matrix, *factors: tuple[str, int]) -> complex:
        """Of such a product."""
        return complex((self.product(*factors) @ rho).trace())

    @cached_property
    def _pairs(self) -> sp.csr_matrix:
        """sigma^+_n sigma^-_m, transposed, each a row."""
        return sp.csr_matrix(sp.vstack([(a.T @ b).T.reshape((1, -1)) for a in self.lowering for b in self.lowering]))

    def moments(self, rhos: Matrix) -> Matrix:
        """``<sigma^+_n sigma^-_m>`` of one state, or of many."""
        means = self._pairs @ rhos.reshape(-1, 4**self.n).T
        return means.T.reshape(*rhos.shape[:-2], self.n, self.n)

    def fermions(self, rho: Matrix, *between: int) -> Matrix:
        """``<n_j c^+_n c_m>`` of fermions ``c_j = prod_(l<j) (-sigma^z_l) sigma^-_j``, with n_j for any j of `between`."""
        c = [(-1) ** j * self.product(*(("z", k) for k in range(j)), ("-", j)) for j in range(self.n)]
        factor = self.product(*(("n", j) for j in between))
        return np.array([[(factor @ a.T @ b @ rho).trace() for b in c] for a in c])


def state(rng: np.random.Generator, n: int, symmetric: bool) -> Matrix:
    """A random density matrix; a symmetric one holds no coherence between different numbers of excitations."""
    a = rng.normal(size=(2**n, 2**n)) + 1j * rng.normal(size=(2**n, 2**n))
    rho = a @ a.conj().T
    count = np.array([bin(k).count("1") for k in range(2**n)])
    rho = np.where(count[:, None] == count, rho, 0.0) if symmetric else rho
    return rho / np.trace(rho)
