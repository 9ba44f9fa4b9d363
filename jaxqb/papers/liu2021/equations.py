"""The printed equations against the master equation, for a few spins as dense matrices."""

from typing import Any

import numpy as np

from ...batteries import DimerChain, single_excitation
from ...evolution import evolve

N = 4
EYE = np.eye(2**N)


def _at(j: int, matrix: Any, n: int = N) -> np.ndarray:
    return np.kron(np.kron(np.eye(2**j), np.array(matrix)), np.eye(2 ** (n - 1 - j)))


DOWN = [_at(j, [[0, 1], [0, 0]]) for j in range(N)]
UP = [down.T for down in DOWN]
Z = [_at(j, [[-1, 0], [0, 1]]) for j in range(N)]
HOPS = sum((UP[j] @ DOWN[j + 1] + UP[j + 1] @ DOWN[j] for j in range(N - 1)), np.zeros_like(EYE))


class Case:
    """Random gaps, rates and state of four spins, with coupling and collective decay."""

    def __init__(self, collective: float, seed: int = 3) -> None:
        random = np.random.default_rng(seed)
        self.gaps, self.rates, self.hop, self.collective = random.uniform(0.2, 1, N), random.uniform(0, 0.2, N), 0.13, collective
        root = random.normal(size=(2, *EYE.shape))
        root = root[0] + 1j * root[1]
        self.rho = root @ root.conj().T / np.trace(root @ root.conj().T)

    def mean(self, *factors: np.ndarray) -> Any:
        """The mean of a product of operators."""
        product = EYE
        for factor in factors:
            product = product @ factor
        return np.trace(product @ self.rho)

    def hamiltonian(self) -> np.ndarray:
        """Eq. 1 without the cavity."""
        return np.tensordot(self.gaps / 2, Z, 1) + self.hop * HOPS

    def rate_of(self, operator: np.ndarray) -> Any:
        """Of a mean, by Eqs. 3 and S12."""
        h, rho = self.hamiltonian(), self.rho
        flow = -1j * (h @ rho - rho @ h)
        for rate, jump in [*zip(self.rates, DOWN, strict=True), (self.collective, sum(DOWN))]:
            lost = jump.T @ jump
            flow = flow + rate * (2 * jump @ rho @ jump.T - lost @ rho - rho @ lost) / 2
        return np.trace(operator @ flow)


def _inside(*sites: int) -> list[int]:
    return [j for j in sites if 0 <= j < N]


def s14(case: Case, j: int) -> Any:
    """Right side of Eq. S14 (Eq. 4 without collective decay)."""
    z = case.mean(Z[j])
    hop = sum(case.mean(UP[j], DOWN[k]) - case.mean(UP[k], DOWN[j]) for k in _inside(j - 1, j + 1))
    others = sum(2 * case.mean(UP[j], DOWN[m]).real for m in range(N) if m != j)
    return -2j * case.hop * hop - case.rates[j] * (1 + z) - case.collective * (1 + z + others)


def s15(case: Case, n: int, m: int) -> Any:
    """Right side of Eq. S15 for neighbours m = n + 1 or n - 1, as printed."""
    step = m - n
    own = (1j * (case.gaps[n] - case.gaps[m]) - (case.rates[n] + case.rates[m]) / 2) * case.mean(UP[n], DOWN[m])
    far = sum(case.mean(Z[n], UP[h], DOWN[m]) for h in _inside(n - step))
    near = sum(case.mean(Z[m], UP[n], DOWN[h]) for h in _inside(m + step))
    return own - 0.5j * case.hop * (case.mean(Z[n]) - case.mean(Z[m])) - 1j * case.hop * (far - near)


def s16(case: Case, n: int, m: int) -> Any:
    """Right side of Eq. S16 for spins farther apart, as printed."""
    own = (1j * (case.gaps[n] - case.gaps[m]) - (case.rates[n] + case.rates[m]) / 2) * case.mean(UP[n], DOWN[m])
    far = sum(case.mean(Z[n], DOWN[m], UP[h]) for h in _inside(n - 1, n + 1))
    near = sum(case.mean(Z[m], UP[n], DOWN[h]) for h in _inside(m - 1, m + 1))
    return own - 1j * case.hop * (far - near)


def s13_off() -> float:
    """Largest difference of both identities of S13 and before from the master equation, S^z_1 and a random jump."""
    case, random = Case(0.0), np.random.default_rng(4)
    jump, a, h, rho = random.normal(size=EYE.shape), Z[0] + HOPS, case.hamiltonian(), case.rho
    lost = jump.T @ jump
    flow = jump @ rho @ jump.T - (lost @ rho + rho @ lost) / 2
    printed = (jump.T @ a - a @ jump.T) @ jump @ rho / 2 + rho @ jump.T @ (a @ jump - jump @ a) / 2
    turned = a @ (h @ rho - rho @ h) - (a @ h - h @ a) @ rho
    return max(abs(np.trace(a @ flow - printed)), abs(np.trace(turned)))


def populations_off(collective: float) -> float:
    """Largest difference of S14 from the master equation."""
    case = Case(collective)
    return max(abs(case.rate_of(Z[j]) - s14(case, j)) for j in range(N))


def pairs_off(neighbours: bool) -> float:
    """Largest difference of S15, or S16, from the master equation of storage."""
    case = Case(0.0)
    pairs = [(n, m) for n in range(N) for m in range(N) if n != m and (abs(n - m) == 1) == neighbours]
    printed = s15 if neighbours else s16
    return max(abs(case.rate_of(UP[n] @ DOWN[m]) - printed(case, n, m)) for n, m in pairs)


# ------------------------------------------------------------------------------------------- one excitation


def effective(n: int, ratio: float, damping: float, hop: float) -> np.ndarray:
    """K within a single excitation, from the energy of the empty chain."""
    gaps = np.where(np.arange(n) % 2 == 0, 1.0, ratio)
    return np.diag(gaps * (1 - 0.5j * damping)) + hop * (np.eye(n, k=1) + np.eye(n, k=-1))


def omegas(n: int, ratio: float, damping: float, hop: float, printed: bool) -> np.ndarray:
    """Eq. S2, lower band first: as printed, or with gamma / 2."""
    a, b = (gap * (1 - 1j * damping * (1 if printed else 0.5)) for gap in (1.0, ratio))
    k = 2 * np.pi * np.arange(1, n // 2 + 1) / (n + 1)
    root = np.sqrt((a - b) ** 2 + 16 * hop**2 * np.cos(k / 2) ** 2)
    return np.concatenate([(a + b - root) / 2, (a + b + root) / 2])


def vectors(n: int, ratio: float, damping: float, hop: float, printed: bool = False) -> np.ndarray:
    """Right eigenvectors by Eq. S4, as columns: v' (lower band), then u'; with gamma / 2, or as `printed`."""
    decays = 1 - 1j * damping * (1 if printed else 0.5)
    k = 2 * np.pi * np.arange(1, n // 2 + 1) / (n + 1)
    theta = np.arctan(-4 * hop * np.cos(k / 2) / ((1 - ratio) * decays)) / 2
    m = np.arange(1, n // 2 + 1)[:, None]
    odd, even = np.sin(k * (m - 0.5)), np.sin(k * m)
    both = np.zeros((n, n), complex)
    both[0::2], both[1::2] = (
        np.hstack([np.sin(theta) * odd, np.cos(theta) * odd]),
        np.hstack([np.cos(theta) * even, -np.sin(theta) * even]),
    )
    return np.sqrt(4 / (n + 1)) * both


CHAIN = (10, 0.25, 0.05, 0.05)


def spectrum_off(printed: bool, empty: float = 0.0) -> float:
    """Largest distance of S2 from an eigenvalue of K; `empty`: the energy that H_S gives the empty chain, in its place."""
    exact = np.linalg.eigvals(effective(*CHAIN)) + empty
    return float(max(np.abs(exact - w).min() for w in omegas(*CHAIN, printed)))


def vectors_off(printed: bool) -> float:
    """How far S4 is from K v = Omega v, and from the transposes being the left vectors."""
    right = vectors(*CHAIN, printed)
    turned = effective(*CHAIN) @ right - right * omegas(*CHAIN, printed=False)
    return float(max(np.abs(turned).max(), np.abs(right.T @ right - np.eye(len(right))).max()))


def sums_off() -> float:
    """Largest difference of Eqs. S8 to S10 from Eq. 3, four spins at t = 7: all coherences, populations and correlations."""
    amplitudes = np.array([0, 0.5, 0, 0.5])
    chain = DimerChain(4, *CHAIN[1:], initial=single_excitation(amplitudes))
    saved = evolve(chain, [7.0], ["coherences", "correlations"], law=chain.exact()).saved
    right, w = vectors(4, *CHAIN[1:]), omegas(4, *CHAIN[1:], printed=False)
    a = right @ (np.exp(-7j * w) * (right.T @ amplitudes))
    pairs = np.abs(saved["correlations"][0] - np.outer(a.conj(), a)).max()
    return float(max(pairs, np.abs(saved["coherences"][0] - np.sqrt(0.5) * a).max()))


def jumps_left_out() -> tuple[float, float]:
    """What jumps add to the density matrix of one excitation and none: where an excitation is, and in all (its trace)."""
    ket = np.array([np.sqrt(0.5), 0.4, 0.3, 0.4, 0.3])[:, None]
    basis = np.stack([EYE[0], *(UP[j] @ EYE[0] for j in range(N))], axis=1)
    rho = basis @ (ket * ket.T) @ basis.T
    gain = basis.T @ sum(DOWN[j] @ rho @ UP[j] for j in range(N)) @ basis
    return float(np.abs(gain[1:]).max()), float(np.trace(gain))


def slowest() -> tuple[float, float]:
    """The smallest decay rate that is not zero of three spins: of Eq. 3, and of a coherence with the empty chain, by K."""
    n, (_, *chain) = 3, CHAIN
    down = [_at(j, [[0, 1], [0, 0]], n) for j in range(n)]
    gaps, one = np.where(np.arange(n) % 2 == 0, 1.0, chain[0]), np.eye(2**n)
    hops = sum((down[j].T @ down[j + 1] + down[j + 1].T @ down[j] for j in range(n - 1)), 0 * one)
    k = (1 - 0.5j * chain[1]) * np.tensordot(gaps, [d.T @ d for d in down], 1) + chain[2] * hops
    jumps = sum(chain[1] * g * np.kron(d, d) for g, d in zip(gaps, down, strict=True))
    rates = -np.real(np.linalg.eigvals(-1j * (np.kron(k, one) - np.kron(one, np.conj(k))) + jumps))
    return float(np.sort(rates)[1]), float(np.min(-np.imag(np.linalg.eigvals(effective(n, *chain)))))
