"""Emitters in a waveguide by brute force: light that is counted mode by mode, and modes of a ring, diagonalised."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

GAUSS = np.polynomial.legendre.leggauss(12)


def panels(ends: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points and weights of Gauss' rule on each panel."""
    x, w = GAUSS
    ends = np.asarray(ends, float)
    length = np.diff(ends)[:, None]
    return (ends[:-1, None] + length * (x + 1) / 2).ravel(), (length * w / 2).ravel()


def photons(amplitudes: Callable[[NDArray], NDArray], t: float, d: float, g: float, reach: float = 150.0) -> float:
    """Light in modes of both directions, which two emitters filled up to a time; k beyond `reach` to leading order."""
    halves = t * 0.5 ** np.arange(1, 16)
    marks = np.concatenate([np.linspace(0, t, round(t * reach / 6)), *(m + s * halves for m in (0, d, 2 * d) for s in (-1, 1))])
    tau, weights = panels(np.unique(np.clip([*marks, d, 2 * d], 0, t)))
    c = amplitudes(tau) * weights[:, None]
    k, by = panels(np.linspace(0, reach, round(reach * (t + d) / 4)))
    w = np.sqrt(1 + k * k)
    one, two = (np.exp(1j * np.outer(w, tau)) @ c).T
    filled = np.abs(one + np.exp(1j * k * d) * two) ** 2 + np.abs(one + np.exp(-1j * k * d) * two) ** 2
    last = np.sum(np.abs(amplitudes(np.array([0.0, t]))) ** 2)
    return float(np.sum(by * g / (4 * np.pi * w) * filled) + g / (4 * np.pi * reach**2) * last)


def on_a_ring(
    frequencies: ArrayLike,
    losses: ArrayLike,
    positions: ArrayLike,
    g: float,
    start: ArrayLike,
    t: float,
    ring: float = 30.0,
    reach=40.0,
) -> NDArray[np.complex128]:
    """Amplitudes of emitters that couple to modes of a ring, with what the missing modes shift (good to 2e-5)."""
    x, own = np.asarray(positions, float), np.asarray(frequencies, float)
    count = round(reach * ring / (2 * np.pi))
    k = 2 * np.pi / ring * np.arange(-count, count + 1)
    last = 2 * np.pi / ring * (count + 0.5)
    w = np.sqrt(1 + k * k)
    own = own - g / (2 * np.pi) * (1 / last + own / (2 * last**2))
    couplings = np.sqrt(g / (2 * w * ring)) * np.exp(1j * np.outer(x, k))
    h = np.diag(np.concatenate([own - 0.5j * np.asarray(losses, float), w]))
    n = x.size
    h[:n, n:], h[n:, :n] = couplings, couplings.conj().T
    energies, vectors = np.linalg.eig(h)
    begin = np.concatenate([np.asarray(start, complex), np.zeros(w.size)])
    return (vectors @ (np.exp(-1j * energies * t) * np.linalg.solve(vectors, begin)))[:n]
