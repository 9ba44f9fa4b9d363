"""E(t) of a closed battery at any time, with its derivatives, by diagonalisation.

The stored energy is E(t) - E(0); parts of a mixture add up incoherently.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh_tridiagonal

from . import chains, dicke
from .chains import Chain
from .linear import Matrix
from .model import Spins

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """One sector of weight p: psi(t) = V (c e^{-i e t}), c = V^T psi_0."""

    weight: float
    levels: Array
    vectors: Array
    overlaps: Array
    cells: Array

    def amplitudes(self, times: Array, order: int = 0) -> tuple[Array, Array]:
        """Real and imaginary part of the order-th time derivative of psi."""
        phase = np.outer(self.levels, times) + order * np.pi / 2
        scale = (self.overlaps * self.levels**order)[:, None]
        return self.vectors @ (scale * np.cos(phase)), -self.vectors @ (scale * np.sin(phase))

    def moment(self, times: Array, a: int, b: int) -> Array:
        """p Re <d^a psi| cells |d^b psi>."""
        left, right = self.amplitudes(times, a), self.amplitudes(times, b)
        return self.weight * (self.cells @ (left[0] * right[0] + left[1] * right[1]))


@dataclass(frozen=True)
class Flow:
    """A weighted sum of sectors, ready at any time."""

    parts: tuple[Part, ...]
    unit: float = 1.0

    @property
    def width(self) -> float:
        """Largest frequency that E(t) can hold."""
        return max(float(np.ptp(part.levels)) for part in self.parts)

    @property
    def most(self) -> float:
        """A bound of the stored energy: all cells of each sector excited."""
        top = sum(part.weight * part.cells.max() for part in self.parts)
        return self.unit * float(top) - self.initial

    @property
    def initial(self) -> float:
        """E(0)."""
        return self._sum(np.zeros(1), (0, 0, 1.0)).item()

    def _sum(self, times: ArrayLike, *terms: tuple[int, int, float]) -> Array:
        ts = np.atleast_1d(np.asarray(times, dtype=float))
        rows = [f * part.moment(ts, a, b) for part in self.parts for a, b, f in terms]
        return self.unit * np.sum(rows, axis=0)

    def energy(self, times: ArrayLike) -> Array:
        """E(t) - E(0)."""
        return self._sum(times, (0, 0, 1.0)) - self.initial

    def slope(self, times: ArrayLike) -> Array:
        """dE/dt = 2 Re <psi|cells|psi'>, the instantaneous power."""
        return self._sum(times, (0, 1, 2.0))

    def bend(self, times: ArrayLike) -> Array:
        """d^2E/dt^2 = 2 Re <psi'|cells|psi'> + 2 Re <psi|cells|psi''>."""
        return self._sum(times, (1, 1, 2.0), (0, 2, 2.0))


def of_chain(chain: Chain, weight: float = 1.0) -> Flow:
    """Flow of a chain from its start level."""
    if len(chain.diagonal) == 1:
        levels, vectors = chain.diagonal, np.ones((1, 1))
    elif len(chain.diagonal) <= 400:
        levels, vectors = np.linalg.eigh(chain.matrix)
    else:
        levels, vectors = eigh_tridiagonal(chain.diagonal, chain.couplings)
    part = Part(weight, levels, vectors, vectors[chain.start], chain.cells)
    return Flow((part,), chain.unit)


def of_matrix(hamiltonian: Matrix, start: Array, cells: Array, unit: float = 1.0) -> Flow:
    """Flow of any real symmetric H from a real ket, in the block the ket can reach."""
    reach = np.abs(np.asarray(start)) > 0
    while (wider := reach | (np.abs(hamiltonian[:, reach]).sum(axis=1) > 0)).sum() > reach.sum():
        reach = wider
    levels, vectors = np.linalg.eigh(hamiltonian[np.ix_(reach, reach)])
    return Flow((Part(1.0, levels, vectors, vectors.T @ start[reach], cells[reach]),), unit)


def mix(weighted: list[tuple[float, Flow]]) -> Flow:
    """Incoherent mixture sum_i p_i rho_i; the units must agree."""
    parts = tuple(replace(part, weight=p * part.weight) for p, flow in weighted for part in flow.parts)
    return Flow(parts, weighted[0][1].unit)


def spin_charger(spins: Spins, battery_excitations: int = 0, charger_excitations: int | None = None) -> Flow:
    """Any `Spins` from |m_0>|n> (n = None: full): chain if gamma = 0, else dense block."""
    full = spins.n_charger if charger_excitations is None else charger_excitations
    if not spins.anisotropy:
        return of_chain(chains.isotropic(spins, battery_excitations, full))
    start = np.zeros((spins.n_battery + 1, spins.n_charger + 1))
    start[battery_excitations, full] = 1.0
    cells = np.repeat(np.arange(spins.n_battery + 1.0), spins.n_charger + 1)
    return of_matrix(dicke.hamiltonian(spins), start.ravel(), cells, spins.battery_frequency)


def product_start(spins: Spins, battery: ArrayLike, charger: ArrayLike) -> Flow:
    """The starts of `dicke.product_energy` (weights of k excited cells of each side).

    One localised excited cell: battery = (0, 1, 0, ..), charger = (0, .., 0, 1).
    """
    parts: list[tuple[float, Flow]] = []
    for k, p in enumerate(np.asarray(battery, dtype=float)):
        for n, q in enumerate(np.asarray(charger, dtype=float)):
            if p * q == 0:
                continue
            for size_b, dark_b, share_b in dicke.towers(spins.n_battery, k):
                for size_c, dark_c, share_c in dicke.towers(spins.n_charger, n):
                    small = replace(spins, n_battery=size_b, n_charger=size_c)
                    flow = spin_charger(small, k - dark_b, n - dark_c)
                    shifted = [replace(part, cells=part.cells + dark_b) for part in flow.parts]
                    parts.append((p * q * share_b * share_c, Flow(tuple(shifted), flow.unit)))
    return mix(parts)
