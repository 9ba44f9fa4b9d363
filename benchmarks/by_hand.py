"""The opponent who knows the physics: numpy and scipy, written by hand for each workload.

Each function takes a workload and returns a ``run`` that computes its figures; what depends on
the Hamiltonian only (its bands) is built outside.
"""

import numpy as np

from .workloads import optima


def diagonalised_table(work):
    """Every chain by ``eigh``, half of it by chirality, then grid and parabola.

    A chain with zero diagonal has rates in pairs ``+w, -w``: even levels follow ``cos(wt)``,
    odd levels ``sin(wt)``, so half the vectors and real arithmetic suffice.
    """
    matrices = [np.diag(chain, 1) + np.diag(chain, -1) for chain in work.chains]

    def run():
        energy = np.empty_like(work.times)
        for case, (matrix, times) in enumerate(zip(matrices, work.times, strict=True)):
            rates, vectors = np.linalg.eigh(matrix)
            half = len(rates) // 2
            zero = len(rates) % 2  # one rate is zero then, and counts once
            rates, vectors = rates[half:], vectors[:, half:]
            weights = vectors * (vectors[0] * np.where(np.arange(len(rates)) < zero, 1, 2))
            angles = rates[:, None] * times
            m = np.arange(len(vectors))
            energy[case] = m[::2] @ (weights[::2] @ np.cos(angles)) ** 2
            energy[case] += m[1::2] @ (weights[1::2] @ np.sin(angles)) ** 2
        return optima(work.times, energy)

    return run


def diagonalised_chain(work):
    """``eigh_tridiagonal`` with vectors, one matrix product for all times."""
    from scipy.linalg import eigh_tridiagonal

    off, times, energies = work.bands[1], work.times, work.energies

    def run():
        rates, vectors = eigh_tridiagonal(np.zeros(len(off) + 1), off)
        half = len(rates) // 2
        zero = len(rates) % 2
        rates, vectors = rates[half:], vectors[:, half:]
        weights = vectors * (vectors[0] * np.where(np.arange(len(rates)) < zero, 1, 2))
        angles = rates[:, None] * times
        even = energies[::2] @ (weights[::2] @ np.cos(angles)) ** 2
        return even + energies[1::2] @ (weights[1::2] @ np.sin(angles)) ** 2

    return run


def chebyshev_chain(work, outputs=16):
    """Chebyshev blocks in the gauge ``psi_m = (-i)^m r_m``, where ``r' = A r`` is real.

    One set of coefficients serves all blocks of ``outputs`` times; the next block starts from
    the last state of the one before.
    """
    off, times, energies = work.bands[1], work.times, work.energies
    radius = 1.0001 * 2 * off.max()
    blocks = -(-(len(times) - 1) // outputs)

    def run():
        weights = cosines_and_sines(radius * times[1] * np.arange(1, outputs + 1))
        weights *= np.array([1, 1, -1, -1])[np.arange(weights.shape[1]) % 4]
        basis = np.zeros((weights.shape[1], len(energies)))
        scratch = np.empty_like(off)
        scaled = off / radius
        double = 2 * scaled
        state = np.zeros(len(energies))
        state[work.start] = 1
        curve = [energies[work.start]]
        for _ in range(blocks):
            basis[0] = state
            _skew(scaled, state, basis[1], scratch)
            for k in range(2, len(basis)):
                row = basis[k]
                row[:] = basis[k - 2]
                _add_skew(double, basis[k - 1], row, scratch)
            states = weights @ basis
            curve.extend(states**2 @ energies)
            state = states[-1]
        return np.array(curve[: len(times)])

    return run


def _skew(off, state, out, scratch):
    out[:] = 0
    _add_skew(off, state, out, scratch)


def _add_skew(off, state, out, scratch):
    """``out += A state`` with ``A[m+1, m] = off[m] = -A[m, m+1]``."""
    np.multiply(off, state[:-1], scratch)
    out[1:] += scratch
    np.multiply(off, state[1:], scratch)
    out[:-1] -= scratch


def terms(z):
    """How many Chebyshev terms ``exp(i z x)`` needs in float64."""
    return int(z + 11 * z ** (1 / 3) + 10)


def cosines_and_sines(z):
    """Chebyshev coefficients of ``cos(z x)`` (even columns) and ``sin(z x)`` (odd columns).

    They are ``2 J_k(z)`` up to sign; two DCTs are far cheaper than ``scipy.special.jv``.
    """
    from scipy.fft import dct, next_fast_len

    half = next_fast_len(terms(max(z)) // 2 + 1, real=True)
    angles = np.outer(z, np.cos(np.pi * (np.arange(half) + 0.5) / (2 * half)))
    weights = np.empty((len(z), 2 * half))
    weights[:, ::2] = dct(np.cos(angles), 2)
    weights[:, 1::2] = dct(np.sin(angles), 4)
    weights[:, 0] /= 2
    return weights[:, : terms(max(z))] / half


def chebyshev_grid(work, groups=8):
    """One real Chebyshev recurrence from the start state, all its vectors kept.

    ``exp(-iHt) = cos(Ht) - i sin(Ht)``: even terms feed the real part of the state, odd terms
    the imaginary part.  Early times need few terms, so times are taken in groups.
    """
    from .reference import radius as bound

    bands, times, energies = work.bands, work.times, work.energies.astype(float)
    radius = bound(bands)

    def run():
        weights = cosines_and_sines(radius * times)
        count = weights.shape[1]
        double = {offset: 2 / radius * band for offset, band in bands.items()}
        even, odd = np.zeros((2, (count + 1) // 2, len(energies)))
        scratch = np.empty_like(energies)
        even[0, work.start] = 1
        _symmetric(double, even[0], odd[0], odd[0].copy(), scratch)
        odd[0] /= 2
        for k in range(2, count):
            same, other = (odd, even) if k % 2 else (even, odd)
            _symmetric(double, other[(k - 1) // 2], same[k // 2], same[k // 2 - 1], scratch)
        curve = []
        for part in np.array_split(np.arange(len(times)), groups):
            need = terms(radius * times[part[-1]])
            real = np.ascontiguousarray(weights[part, :need:2]) @ even[: (need + 1) // 2]
            imaginary = np.ascontiguousarray(weights[part, 1:need:2]) @ odd[: need // 2]
            curve.append((real**2 + imaginary**2) @ energies)
        return np.concatenate(curve)

    return run


def _symmetric(bands, state, out, before, scratch):
    """``out = H state - before``; ``out`` may not alias the others."""
    np.negative(before, out)
    for offset, band in bands.items():
        size = len(band)
        part = scratch[:size]
        out[:size] += np.multiply(band, state[offset : offset + size], part)
        if offset:
            out[offset:] += np.multiply(band, state[:size], part)


def krylov_free(work):
    """``scipy.sparse.linalg.expm_multiply`` on the sector: the one-liner."""
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import expm_multiply

    both = dict(work.bands) | {-offset: band for offset, band in work.bands.items() if offset}
    generator = -1j * diags_array(list(both.values()), offsets=list(both)).tocsr()
    start = np.eye(1, work.dimension, work.start)[0].astype(complex)

    def run():
        states = expm_multiply(generator, start, 0, work.horizon, len(work.times), traceA=0)
        return np.abs(states) ** 2 @ work.energies

    return run


def ladders_by_steps(work):
    """Dark states in joint spins: one matrix exponential for each ladder, and as many products as times."""
    from scipy.linalg import expm

    ladders = list(_joint_ladders(work))

    def run():
        curve = np.full(len(work.times), work.n_battery / 2)
        for generator, state, weights in ladders:
            step = expm(work.times[1] * generator)
            for k in range(len(curve)):
                curve[k] += weights @ state
                state = step @ state
        return curve

    return run


def ladders_at_once(work):
    """The same ladders as one sparse matrix, by ``expm_multiply``."""
    from scipy.sparse import block_diag
    from scipy.sparse.linalg import expm_multiply

    generators, states, weights = zip(*_joint_ladders(work), strict=True)
    generator, state, weights = block_diag(generators, "csr"), np.concatenate(states), np.concatenate(weights)
    return lambda: work.n_battery / 2 + expm_multiply(generator, state, 0, work.horizon, len(work.times)) @ weights


def _joint_ladders(work):
    """Of each pair of joint spins that matters: ``(generator, start, weights in the energy)`` on the levels of the smaller one.

    A cold bath leaves the coherences ``|J, M><J', M|`` of each pair to themselves; the battery's energy holds those of ``J' = J``
    and ``J' = J + 1``, by the matrix elements of a vector operator.
    """
    from scipy.special import gammaln

    b, c, rate = work.n_battery / 2, work.n_charger / 2, work.points[0][0]
    spins = np.arange(c - b, c + b + 1)
    ratio = gammaln(2 * b + 1) + gammaln(2 * c + 1) - gammaln(c + b - spins + 1) - gammaln(c + b + spins + 2)
    shares = (2 * spins + 1) * np.exp(ratio)
    for low, j in enumerate(spins):
        m = np.arange(-j, j + 1)
        for high in range(low, min(low + 2, len(spins))):
            i = spins[high]
            down, also = np.sqrt((j + m) * (j - m + 1)), np.sqrt((i + m) * (i - m + 1))
            generator = rate * (np.diag((down * also)[1:], 1) - np.diag((down**2 + also**2) / 2))
            if high == low:
                weights = m * (j * (j + 1) + b * (b + 1) - c * (c + 1)) / (2 * j * (j + 1)) if j else 0 * m
            else:
                lengths = (i**2 - m**2) * (i**2 - (c - b) ** 2) * ((c + b + 1) ** 2 - i**2)
                weights = -np.sqrt(lengths / (i**2 * (4 * i**2 - 1)))
            yield generator, np.sqrt(shares[low] * shares[high]) * (m == c - b), weights
