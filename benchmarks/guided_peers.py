"""The opponents in a waveguide: QuTiP and numpy on modes in a box, and numpy on the equation with memory.

The box is a ring that light does not get around in time, and its modes end at a cut-off, whose shift of the emitters is
restored to second order: without that, errors are a hundred times larger.  Even and odd modes belong to the even and the odd
superposition of the emitters, in which the excitation starts in equal parts.
"""

from functools import partial

import numpy as np
from scipy.special import hankel2, k0

from .contender import Contender

ROOM = 5.0  # of the ring beyond what light passes, for what is ahead of it
POINTS = 4  # of Gauss' rule in a step


def contenders(work):
    """Every peer's configurations: ``{tool: [Contender, ...]}``."""
    steps = {f"trapezoid {n}": partial(product_trapezoid, work, n) for n in (796, 1592, 3184, 6368)}
    boxes = {f"eigh cut {cut}": partial(modes_in_box, work, cut) for cut in (20, 40, 80)}
    waves = {f"{how} 1e-06 cut {cut}": partial(_qutip, work, how, cut) for how in ("tsit5", "vern9") for cut in (20, 40, 80)}
    waves |= {"adams 1e-08 cut 40": partial(_qutip, work, "adams", 40, 1e-8), "diag cut 20": partial(_qutip, work, "diag", 20)}
    waves |= {"vern9 1e-07 cut 160": partial(_qutip, work, "vern9", 160, 1e-7)}
    return {
        "by hand, modes": [Contender("by hand, modes", label, build, ("numpy",)) for label, build in boxes.items()],
        "by hand, memory": [Contender("by hand, memory", label, build, ("numpy", "scipy")) for label, build in steps.items()],
        "qutip": [Contender("qutip", label, build, ("qutip",)) for label, build in waves.items()],
    }


def box(work, cut):
    """Frequencies, the emitters' first, and couplings of the even and of the odd modes with wave numbers up to a cut-off."""
    step = 2 * np.pi / (work.horizon + work.distance + ROOM)
    k = np.arange(int(cut / step) + 1) * step
    cut, w = k[-1] + step / 2, np.sqrt(1 + k**2)
    strength = work.rate / (2 * np.pi)
    restored = work.frequency - strength * (1 / cut + work.frequency / (2 * cut**2))
    share = strength * step * np.where(k == 0, 0.5, 1.0) / w
    return [(np.append(restored, w), np.sqrt(share * (1 + sign * np.cos(k * work.distance)))) for sign in (1, -1)]


def modes_in_box(work, cut):
    """Diagonalise both arrows."""
    channels, times = box(work, cut), work.times

    def one(frequencies, couplings):
        matrix = np.diag(frequencies)
        matrix[0, 1:] = matrix[1:, 0] = couplings
        energies, vectors = np.linalg.eigh(matrix)
        return np.exp(-1j * np.outer(times, energies)) @ vectors[0] ** 2

    def run():
        even, odd = (one(*channel) for channel in channels)
        return (even - odd) / 2

    return run


def _qutip(work, method, cut, tolerance=1e-6):
    """`sesolve` of both arrows in one sparse matrix, in the frame that turns with the middle of the frequencies."""
    import qutip
    from scipy.sparse import block_diag, csr_array

    channels, blocks = box(work, cut), []
    size = len(channels[0][0])
    middle = channels[0][0].max() / 2
    for frequencies, couplings in channels:
        matrix = np.diag(frequencies - middle)
        matrix[0, 1:] = matrix[1:, 0] = couplings
        blocks.append(csr_array(matrix))
    hamiltonian = qutip.Qobj(block_diag(blocks, "csr"))
    start = (qutip.basis(2 * size, 0) + qutip.basis(2 * size, size)).unit()
    options = {"method": method, "progress_bar": "", "store_states": False}
    if method != "diag":
        options |= {"rtol": tolerance, "atol": tolerance / 100, "nsteps": 1_000_000}
    turn = np.exp(-1j * middle * work.times)

    def amplitude(_, state):
        even, odd = state.full()[[0, size], 0]
        return (even - odd) / np.sqrt(2)

    return lambda: qutip.sesolve(hamiltonian, start, work.times, e_ops=[amplitude], options=options).expect[0] * turn


def product_trapezoid(work, steps):
    """The amplitudes piecewise linear in the frame of the emitters, and moments of the kernel with them in every step.

    `steps` is a multiple of the intervals between the times that are asked for.
    """
    times = np.linspace(0, work.horizon, steps + 1)
    step, every = times[1], steps // (len(work.times) - 1)
    nodes, weights = np.polynomial.legendre.leggauss(POINTS)
    lags, lag_weights = (nodes + 1) / 2, weights / 2 * step

    def kernel(t):
        """Of an emitter with itself and with the other one."""
        after = (t - work.distance) * (t + work.distance)
        early = k0(np.sqrt(np.where(after < 0, -after, 1.0))) / (2 * np.pi)
        late = -0.25j * hankel2(0, np.sqrt(np.where(after < 0, 1.0, after)))
        return work.rate * np.stack([-0.25j * hankel2(0, t), np.where(after < 0, early, late)])

    def moments(low, high, share):
        """Of ``1 - u`` and ``u``, with u the place in a step, over part of it; towards `share` points stand closer together."""
        x = low + (high - low) * (lags if share is None else lags**3 if share == low else 1 - lags**3)
        measure = (high - low) * lag_weights / step * (1 if share is None else 3 * lags**2)
        values = kernel(x) * np.exp(1j * work.frequency * x) * measure
        u = x / step - np.floor((low + high) / 2 / step)
        return np.stack([values * (1 - u), values * u]).sum(-1)

    def run():
        t = times[:-1, None] + step * lags
        values = kernel(t) * np.exp(1j * work.frequency * t) * lag_weights
        near, far = (values * (1 - lags)).sum(-1), (values * lags).sum(-1)
        k = int(work.distance / step)
        near[:, 0], far[:, 0] = moments(0.0, step, 0.0)
        before, after = moments(k * step, work.distance, work.distance), moments(work.distance, (k + 1) * step, work.distance)
        near[:, k], far[:, k] = before + after
        weight = near.copy()  # on the amplitude j steps ago; the last one, at t = 0, has `far` alone
        weight[:, 1:] += far[:, :-1]
        weight = np.stack([weight[0] + weight[1], weight[0] - weight[1]])
        last = np.stack([far[0] + far[1], far[0] - far[1]])
        c = np.ones((2, steps + 1), complex)
        rate = np.zeros(2, complex)
        for n in range(1, steps + 1):
            past = last[:, n - 1] + (weight[:, 1:n] * c[:, n - 1 : 0 : -1]).sum(1)
            c[:, n] = (c[:, n - 1] + step / 2 * (rate - past)) / (1 + step / 2 * weight[:, 0])
            rate = -past - weight[:, 0] * c[:, n]
        even, odd = c[:, ::every] * np.exp(-1j * work.frequency * work.times)
        return (even - odd) / 2

    return run
