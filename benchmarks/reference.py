"""Third references, good to 1e-13, that share no code with a peer or with jaxqb.

Curves (W1b, W2): Taylor steps in extended precision (``numpy.longdouble``; 64-bit mantissa on
x86, elsewhere it may be plain float64).  Optima (W1): Newton on the spectral form.  Amplitudes in
a waveguide (W4): an integral over the continuum's real frequencies, and what is bound below them.
Second moments (W5): whole matrices, by DOP853 to 12 digits.
``python -m benchmarks.reference`` checks each against a second way.
"""

from functools import lru_cache, partial

import numpy as np
from scipy.optimize import brentq
from scipy.special import erfc

from .workloads import FULL, QUICK, DarkState, Grid, Guided, Spins, Storage, Table, couplings

STEP = 2.0  # radius times step: Taylor terms stay below exp(2), so nothing cancels


@lru_cache
def reference(workload):
    """The figures of a workload, shaped as every contender returns them (kept in memory)."""
    if isinstance(workload, Table):
        return np.array([optimum(m, n) for m, n in workload.cases])
    if isinstance(workload, DarkState):
        return excitations(workload)
    if isinstance(workload, Guided):
        return continuum(workload.frequency, workload.distance, workload.rate, workload.times)[1]
    if isinstance(workload, Storage):
        gaps = workload.gaps
        return moments(tuple(gaps), tuple(workload.damping * gaps), workload.hopping, tuple(workload.times)) @ gaps
    if isinstance(workload, Spins):
        return np.array([spins(workload, point)[:, 0] for point in workload.points])
    return taylor(workload.bands, workload.start, workload.times, workload.energies)


def error(figures, workload, where=...):
    """Worst relative error for a table; worst error over the largest value for a curve; among some of the figures."""
    exact = reference(workload)
    if figures.shape != exact.shape:
        raise ValueError(f"figures must have shape {exact.shape}, but have {figures.shape}")
    scale = exact if isinstance(workload, Table) else np.abs(exact).max()
    return float(np.max((np.abs(figures - exact) / scale)[where]))


def radius(bands):
    """Gershgorin bound of a symmetric banded matrix given by its upper diagonals."""
    rows = np.zeros(max(len(band) + offset for offset, band in bands.items()))
    for offset, band in bands.items():
        rows[: len(band)] += np.abs(band)
        if offset:
            rows[offset:] += np.abs(band)
    return rows.max()


def taylor(bands, start, times, energies):
    """``E`` at uniform ``times``; the state is a pair (real, imaginary) of extended floats."""
    bands = {offset: band.astype(np.longdouble) for offset, band in bands.items()}
    state = np.zeros((2, len(energies)), np.longdouble)
    state[0, start] = 1
    return _march(partial(_generate, bands), state, times, radius(bands), lambda x: energies @ (x**2).sum(0))


def _march(field, state, times, bound, look):
    """``look(state)`` at uniform times; no Taylor step is longer than `STEP` in units of ``1 / bound``."""
    span = np.longdouble(times[1]) - np.longdouble(times[0])
    pieces = int(np.ceil(float(span) * float(bound) / STEP))
    step = (span / pieces).astype(state.real.dtype)
    curve = [look(state)]
    for _ in times[1:]:
        for _ in range(pieces):
            state = _taylor_step(field, state, step)
        curve.append(look(state))
    return np.array(curve, float)


def _taylor_step(field, state, step):
    total, term = state.copy(), state
    for order in range(1, 60):
        term = field(term)
        term *= step / order
        total += term
        if np.abs(term).max() < 1e-21:
            return total
    raise ArithmeticError("the Taylor series did not converge; lower STEP")


def _generate(bands, state):
    """``-i H`` on a (real, imaginary) pair: ``(H y, -H x)``."""
    out = np.zeros_like(state)
    for offset, band in bands.items():
        size = len(band)
        out[:, :size] += band * state[:, offset : offset + size]
        if offset:
            out[:, offset:] += band * state[:, :size]
    return np.stack([out[1], -out[0]])


def excitations(work):
    """A dark state's curve in blocks of ``e`` excitations, ``rho[e, m, m']`` with ``n = e - m``, in extended floats."""
    cells, chargers = work.n_battery, work.n_charger
    e, m = np.ogrid[: cells + chargers + 1, : cells + 1]
    n = e - m
    there = (n >= 0) & (n <= chargers)
    levels = ((m, cells), (n, chargers))
    battery, charger = (np.sqrt((there * k * (size - k + 1)).astype(np.longdouble))[..., None] for k, size in levels)
    rate = np.longdouble(work.points[0][0])

    def lower(x):
        """``J_B^- + J_C^-`` on the second index; a block keeps its number."""
        out = charger * x
        out[:, :-1] += (battery * x)[:, 1:]
        return out

    def field(x):
        fallen = lower(x)
        lost = charger * fallen
        lost[:, 1:] += battery[:, 1:] * fallen[:, :-1]
        half = -lost
        half[:-1] += lower(fallen.swapaxes(1, 2))[1:]
        return rate / 2 * (half + half.swapaxes(1, 2))  # what is not symmetric is rounding, and would grow

    state = np.zeros((*there.shape, cells + 1), np.longdouble)
    state[chargers, 0, 0] = 1
    bound = 2 * rate * ((battery + charger) ** 2).max()
    return _march(field, state, work.times, bound, lambda x: np.einsum("emm,m->", x, m[0]))


def superoperators(work):
    """Sparse matrices on ``vec(rho)`` (row by row), one for each number of a point, in which the generator is linear."""
    from scipy.sparse import csr_array, eye_array, kron

    one = eye_array(work.dimension)
    both = lambda left, right: kron(csr_array(left), csr_array(right))  # noqa: E731
    hops = [-1j * (both(h, one) - both(one, h.T)) for h in work.hamiltonians]

    def loss(jump):
        count = jump.conj().T @ jump
        return both(jump, jump.conj()) - (both(count, one) + both(one, count.T)) / 2

    losses = [loss(jump) for jump in work.jumps]
    kinds = [sum(losses[k : k + work.spins]) for k in range(0, len(losses), work.spins)]
    return [csr_array(part) for part in hops + kinds]


def spins(work, point, slopes=False):
    """The curve of one point, and behind it with ``slopes`` its derivatives by the numbers of the point."""
    parts = superoperators(work)
    generator = sum(number * part for number, part in zip(point, parts, strict=True))

    def field(x):
        out = generator @ x
        if slopes:
            out[:, 1:] += np.stack([part @ x[:, 0] for part in parts], axis=1)
        return out

    state = np.zeros((work.dimension**2, 1 + len(parts) * slopes), complex)
    state[work.start * (work.dimension + 1), 0] = 1
    diagonal = slice(None, None, work.dimension + 1)
    return _march(field, state, work.times, abs(generator).sum(0).max(), lambda x: work.energies @ x[diagonal].real)


def continuum(frequency, distance, rate, times, highest=3000.0):
    """Amplitudes of two emitters in a waveguide, ``(2, times)``, the first one excited.

    Even and odd superposition: what the bound state below the continuum makes of them, and an integral over wave numbers, in
    panels so short that the turning and the resonances are resolved.  It is let fade out at `highest`, which loses nothing but
    within ``10 / highest`` of the light cone; late times, when light went to and fro often, need a few units only.
    """
    signs = np.array([1, -1])
    energies, residues = np.transpose([bound(frequency, distance, rate, sign) for sign in signs])
    k, weights = _panels(lambda k: _density(k, frequency, distance, rate, signs), highest, 8 / np.max(times))
    if np.any(np.abs(residues + weights.sum(-1) - 1) > rate / highest**2):
        raise ArithmeticError(f"something is missing at {frequency, distance, rate}")
    weights *= erfc((k / highest - 0.6) / 0.1) / 2
    w = np.sqrt(1 + k**2)
    even, odd = np.transpose([residues * np.exp(-1j * energies * t) + weights @ np.exp(-1j * w * t) for t in times])
    return np.stack([even + odd, even - odd]) / 2


NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
RAPIDITY = (np.arange(100) + 0.5) * 0.15


def _panels(density, highest, longest):
    """Points and weights times density of panels no longer than that, halved where the density asks for it."""
    low = np.concatenate([[0], 2.0 ** np.arange(-30, -4), np.arange(1 / 16, 8, 1 / 16)])
    high = np.arange(8, max(highest, 9), longest)
    done = [_gauss(density, high[:-1], high[1:])]
    ends = np.stack([low, np.append(low[1:], 8)])
    while ends.size:
        middle = ends.mean(axis=0)
        whole, left, right = (_gauss(density, *pair) for pair in (ends, (ends[0], middle), (middle, ends[1])))
        length = ends[1] - ends[0]
        off = np.abs((whole[1] - left[1] - right[1]).sum(-1)).max(0) > 1e-16
        rough = (length > longest) | off & (length > 1e-13)
        done.append([x[..., ~rough, :] for x in whole])
        ends = np.concatenate([[ends[0], middle], [middle, ends[1]]], axis=1)[:, np.tile(rough, 2)]
    return (np.concatenate([x.reshape(*x.shape[:-2], -1) for x in some], axis=-1) for some in zip(*done, strict=True))


def _gauss(density, low, high):
    half = (high - low)[:, None] / 2
    k = low[:, None] + half * (1 + NODES)
    return k, half * WEIGHTS * density(k)


def _density(k, frequency, distance, rate, signs):
    """Of both superpositions, by wave numbers: ``(2, *k)``."""
    sign = signs.reshape(2, *[1] * k.ndim)
    w = np.sqrt(1 + k**2)
    falls = 0.15 * np.exp(-distance * np.cosh(RAPIDITY))
    still = np.zeros_like(w)
    for fall, u in zip(falls, RAPIDITY, strict=True):
        if fall > 1e-18:
            still += fall / (np.sinh(u) ** 2 + w**2)
    wave = 0.5j * rate / k * (1 + sign * np.exp(1j * k * distance))
    shift = wave - rate / (2 * np.pi) * (np.arcsinh(k) / k + sign * w * still)
    return -(1 / (w - frequency + shift)).imag / np.pi * k / w


def bound(frequency, distance, rate, sign):
    """Energy and residue of the bound state of one superposition; residue 0 where there is none.

    What passes between the emitters is an integral along a line of complex rapidity, on which nothing oscillates for long.
    """

    def shift(energy):
        """The self-energy and its slope."""
        kappa, angle = np.sqrt((1 - energy) * (1 + energy)), np.arccos(-energy)
        height = (np.pi - angle) / 2
        step = height / 6
        theta = np.arange(-12, 12, step) + 1j * height
        wave, gap = np.exp(1j * distance * np.sinh(theta)), np.cosh(theta) - energy
        alone = angle / kappa, (1 + energy * angle / kappa) / kappa**2
        across = (step / 2 * np.sum(wave / gap**power).real for power in (1, 2))
        return [rate / (2 * np.pi) * (a + sign * b) for a, b in zip(alone, across, strict=True)]

    away = lambda q: 1 - q**2 - frequency + shift(1 - q**2)[0]  # noqa: E731
    nearest = 1e-4
    if away(nearest) < 0:
        return 0.0, 0.0
    energy = 1 - brentq(away, nearest, 1.4, xtol=1e-15, rtol=1e-15) ** 2
    return energy, 1 / (1 + shift(energy)[1])


@lru_cache(maxsize=64)
def moments(gaps, rates, hopping, times):
    """Populations at all times, of whole matrices, by DOP853 to 12 digits; each time is landed on."""
    from scipy.integrate import DOP853

    gaps, rates = np.array(gaps), np.array(rates)
    n = gaps.size
    turn = 1j * (gaps[:, None] - gaps) - (rates[:, None] + rates) / 2
    diagonal = np.arange(n), np.arange(n)

    def field(_, y):
        c = y.reshape(n, n)
        z = 2 * c[diagonal].real - 1
        before, after = np.zeros_like(c), np.zeros_like(c)
        before[1:] += c[:-1]
        before[:-1] += c[1:]
        after[:, 1:] += c[:, :-1]
        after[:, :-1] += c[:, 1:]
        out = turn * c + 1j * hopping * (after * z - z[:, None] * before)
        out[diagonal] = (-rates * c[diagonal] + 1j * hopping * (before - after)[diagonal]).real
        return out.ravel()

    y, found, at = np.eye(n, dtype=complex).ravel(), [], 0.0
    for time in times:
        if time > at:
            steps = DOP853(field, at, y, time, rtol=1e-12, atol=1e-14)
            while steps.status == "running":
                steps.step()
            y, at = steps.y, time
        found.append(y[:: n + 1].real)
    return np.array(found)


def optimum(n_battery, n_charger):
    """First maximum of ``E`` and largest ``E/t`` over all ``t > 0``, at continuous time."""
    energy, first, best = turning_points(n_battery, n_charger)
    return float(energy(first)[0]), float(energy(best)[0] / best)


def turning_points(n_battery, n_charger):
    """The function ``E`` and the times of its first maximum and of the largest ``E/t``."""
    energy = spectral(couplings(n_battery, n_charger, n_battery))
    pace = 0.01 / np.sqrt(n_battery * n_charger)
    grid = np.arange(1, 1000) * pace
    falling = grid[energy(grid)[1] < 0]
    first = _newton(lambda t: energy(t)[1:], falling[0])

    def descent(t):  # t^2 d(E/t)/dt and its derivative
        value, slope, curvature = energy(t)
        return t * slope - value, t * curvature

    best = _newton(descent, grid[np.argmax(energy(grid)[0] / grid)])
    largest = energy(best)[0] / best
    late = np.arange(grid[-1], n_battery / largest, pace)  # E <= M: nothing after M / P wins
    if late.size and np.max(energy(late)[0] / late) > largest:
        raise ArithmeticError(f"the best power of {n_battery, n_charger} lies late; search there")
    return energy, first, best


def spectral(chain):
    """``t -> (E, E', E'')`` of a zero-diagonal chain started in its first state."""
    size = len(chain) + 1
    rates, vectors = np.linalg.eigh(np.diag(chain, 1) + np.diag(chain, -1))
    weights = vectors * vectors[0]
    m = np.arange(size)

    def energy(t):
        phases = np.exp(-1j * np.multiply.outer(np.atleast_1d(t), rates))
        psi, first, second = (phases * (-1j * rates) ** k @ weights.T for k in range(3))
        value = (np.abs(psi) ** 2) @ m
        slope = 2 * (psi.conj() * first).real @ m
        curvature = 2 * (np.abs(first) ** 2 + (psi.conj() * second).real) @ m
        return tuple(np.squeeze(x) for x in (value, slope, curvature))

    return energy


def _newton(pair, t):
    """The root near ``t`` of a function given with its derivative."""
    guess = t
    for _ in range(20):
        value, slope = pair(t)
        t = t - value / slope
    if not abs(t / guess - 1) < 0.1:
        raise ArithmeticError(f"Newton left {guess} for {t}")
    return float(t)


def main():
    """Print how far each reference lies from a second way of computing the same."""
    from scipy.integrate import solve_ivp
    from scipy.linalg import eigh_tridiagonal, expm

    from .guided_peers import modes_in_box

    for name, work in {"W1b": FULL["W1b"], "W1b quick": QUICK["W1b"]}.items():
        rates, vectors = eigh_tridiagonal(np.zeros(work.dimension), work.bands[1])
        phases = np.exp(-1j * np.outer(rates, work.times)) * vectors[0][:, None]
        second = work.energies @ np.abs(vectors @ phases) ** 2
        print(f"{name:10s} eigh_tridiagonal  {error(second, work):.1e}")
    for name, work in {"W2": FULL["W2"], "W2 quick": QUICK["W2"]}.items():
        start = np.eye(1, 2 * work.dimension, work.start)[0]
        solved = solve_ivp(
            lambda _, y, w=work: _generate(w.bands, y.reshape(2, -1)).ravel(),
            (0, work.horizon),
            start,
            "DOP853",
            work.times,
            rtol=1e-13,
            atol=1e-15,
        )
        second = work.energies @ (solved.y.reshape(2, work.dimension, -1) ** 2).sum(0)
        print(f"{name:10s} DOP853            {error(second, work):.1e}")
    small = Grid(4, 5, 0.6, 10.0, 0.5)
    print(f"{'W2 4 x 5':10s} kron + expm       {error(_full_space(small, expm), small):.1e}")
    for name in ("W3", "W6", "W6u"):
        work = QUICK[name]
        print(f"{name + ' quick':10s} superoperator     {_beside_dense(work, expm):.1e}")
    work = QUICK["W6"]
    print(f"{'W6 slopes':10s} differences       {_beside_differences(work):.1e}")
    amplitudes = continuum(1.23, 2 * np.pi * 0.42, 0.31, np.array([17.3]))[:, 0]
    known = np.array([0.11205380473828, 0.0094089819751078])  # by two contours and by mpmath
    print(f"{'W4g':10s} populations known {np.abs(np.abs(amplitudes) ** 2 - known).max():.1e}")
    for name in ("W4", "W4g"):
        work = QUICK[name]
        off = [error(modes_in_box(work, cut)(), work) for cut in (20, 40, 80)]
        print(f"{name + ' quick':10s} modes in a box    {off[0]:.1e} {off[1]:.1e} {off[2]:.1e}, falling")
    for m, n in ((1, 100), (2, 300), (7, 200), (50, 100), (50, 300)):
        print(f"W1 {m:2d} x {n}  Taylor at the optima {_beside(m, n):.1e}")


def _beside(m, n):
    """Taylor's figures at the optimal times against Newton's; just off them they must be lower."""
    exact = optimum(m, n)
    worst = 0.0
    for which, time in enumerate(turning_points(m, n)[1:]):
        lower, top, upper = (
            taylor({1: couplings(m, n, m)}, 0, np.linspace(0, at, 5), np.arange(m + 1.0))[-1] / (at if which else 1)
            for at in (0.999 * time, time, 1.001 * time)
        )
        if max(lower, upper) >= top:
            raise AssertionError(f"not a maximum: {m, n}")
        worst = max(worst, abs(top / exact[which] - 1))
    return worst


def _beside_dense(work, expm):
    """The reference against the exponential of the whole superoperator (columns of the density matrix stacked)."""
    one, worst = np.eye(work.dimension), 0.0
    for point, curve in zip(work.points, np.atleast_2d(reference(work)), strict=True):
        coefficients, rates = work.split(np.array(point))
        h = sum((c * term for c, term in zip(coefficients, work.hamiltonians, strict=True)), np.zeros_like(one))
        generator = -1j * (np.kron(one, h) - np.kron(h.T, one))
        for rate, jump in zip(rates, work.jumps, strict=True):
            loss = jump.conj().T @ jump
            generator += rate * (np.kron(jump.conj(), jump) - (np.kron(one, loss) + np.kron(loss.T, one)) / 2)
        step, state = expm(work.times[1] * generator), np.eye(1, len(generator), work.start * (work.dimension + 1))[0]
        for energy in curve:
            worst = max(worst, abs(work.energies @ state[:: work.dimension + 1].real - energy))
            state = step @ state
    return worst / np.abs(reference(work)).max()


def _beside_differences(work, step=1e-4):
    """Derivatives of the last energy against central differences of the fourth order."""
    point = np.array(work.points[0])
    last = lambda shift: spins(work, point + shift)[-1, 0]  # noqa: E731
    moves = step * np.eye(len(point))
    found = [(8 * (last(x) - last(-x)) - (last(2 * x) - last(-2 * x))) / (12 * step) for x in moves]
    return np.abs(np.array(found) - spins(work, point, slopes=True)[-1, 1:]).max()


def _full_space(work, expm):
    """The grid by Kronecker products of spin matrices: nothing shared with ``Grid.bands``."""

    def raising(size):
        level = np.arange(size)
        return np.diag(np.sqrt((level + 1.0) * (size - level)), -1)

    s, j = raising(work.n_battery), raising(work.n_charger)
    s, j = np.kron(s, np.eye(len(j))), np.kron(np.eye(len(s)), j)
    number = np.kron(np.arange(work.n_battery + 1.0), np.ones(work.n_charger + 1))
    other = np.tile(np.arange(work.n_charger + 1.0), work.n_battery + 1)
    flips = s @ j.T + work.anisotropy * s @ j
    hamiltonian = flips + flips.T + work.frequency * np.diag(number + other)
    step = expm(-1j * work.times[1] * hamiltonian)
    state = np.eye(1, len(number), work.n_charger)[0].astype(complex)
    curve = []
    for _ in work.times:
        curve.append(work.frequency * number @ np.abs(state) ** 2)
        state = step @ state
    return np.array(curve)


if __name__ == "__main__":
    main()
