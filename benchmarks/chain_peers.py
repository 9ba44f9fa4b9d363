"""The opponents on a chain of spins: scipy and diffrax on second moments, QuTiP on quantum jumps.

Neighbours are slices everywhere. scipy gets the diagonals that matter; diffrax all of the matrix, the diagonals, and the field of
our own law, with tolerances and with steps that land on all times (what it interpolates between steps is good to seven digits).
"""

from functools import partial
from itertools import pairwise

import numpy as np

from .contender import Contender

BANDS = 12  # diagonals beside the main one: 1e-11 of the capacity
SCIPY = ("RK45", 1e-8), ("RK45", 1e-9), ("DOP853", 1e-7), ("DOP853", 1e-8), ("DOP853", 1e-9)
DIFFRAX = {
    "Dopri8 1e-08": ("Dopri8", 1e-8, None),
    "Dopri8 1e-09": ("Dopri8", 1e-9, None),
    "Tsit5 1e-09": ("Tsit5", 1e-9, None),
    "Dopri8 1 step a time": ("Dopri8", None, 1),
}
FIELDS = "whole matrix", "12 diagonals", "our field"


def contenders(work):
    """Every peer's configurations for second moments: ``{tool: [Contender, ...]}``."""
    tools = {
        "scipy": [Contender("scipy", f"{how} {rtol:.0e}", partial(by_scipy, work, how, rtol), ("scipy",)) for how, rtol in SCIPY]
    }
    for kind in FIELDS:
        tool = f"diffrax, {kind}"
        tools[tool] = [
            Contender(tool, label, partial(by_diffrax, work, kind, *way), ("diffrax", "jax")) for label, way in DIFFRAX.items()
        ]
    return tools


def bands(work, rows=BANDS + 1):
    """Gap, decay rate, and of pairs of spins j, j + d (shapes (rows, n)): turn and decay, and the bond on either side of both."""
    gaps = work.gaps
    rates, bond = work.damping * gaps, np.full(work.n + 1, work.hopping)
    bond[[0, -1]] = 0.0
    first = np.arange(work.n) + np.zeros((rows, 1), int)
    second = np.minimum(first + np.arange(rows)[:, None], work.n - 1)
    inside = first + np.arange(rows)[:, None] < work.n
    turn = 1j * (gaps[first] - gaps[second]) - (rates[first] + rates[second]) / 2
    return (
        gaps,
        second,
        np.where(inside, turn, 0),
        *(np.where(inside, bond[k], 0) for k in (first, first + 1, second, second + 1)),
    )


def by_scipy(work, how, rtol):
    """``solve_ivp``; neighbours of a pair are slices of a padded array."""
    from scipy.integrate import solve_ivp

    gaps, second, turn, *hops = bands(work)
    rows, n = turn.shape
    left, right, left_second, right_second = (1j * hop for hop in hops)
    padded = np.zeros((rows + 2, n + 2), complex)

    def field(_, y):
        c = y.reshape(rows, n)
        padded[1:-1, 1:-1] = c
        padded[0, 2:] = c[1].conj()  # below the main diagonal stand the conjugates of what is above
        above, below = padded[2:], padded[:-2]
        z = 2 * c[0].real - 1
        away, beside = left * above[:, :-2] + right * below[:, 2:], left_second * below[:, 1:-1] + right_second * above[:, 1:-1]
        out = turn * c + z[second] * beside - z * away
        out[0] = (turn[0] * c[0] + away[0] - beside[0]).real
        return out.ravel()

    start = np.zeros((rows, n), complex)
    start[0] = 1

    def run():
        found = solve_ivp(field, (0, work.horizon), start.ravel(), how, work.times, rtol=rtol, atol=rtol / 10)
        return gaps @ found.y[:n].real

    return run


def stepper(work, kind, solver, rtol, steps):
    """The curve of energies as a function of the ratio of gaps, in one call of ``diffeqsolve``."""
    import diffrax
    import jax
    import jax.numpy as jnp

    times = work.times
    if rtol is None:
        control, first = diffrax.ConstantStepSize(), (times[1] - times[0]) / steps
    else:
        control, first = diffrax.PIDController(rtol=rtol, atol=rtol / 10), None

    def curve(ratio):
        field, args, start, populations = {"whole matrix": _whole, "12 diagonals": _diagonals, "our field": _ours}[kind](
            work, ratio
        )
        found = diffrax.diffeqsolve(
            diffrax.ODETerm(lambda _, y, args: field(y, args)), getattr(diffrax, solver)(), 0.0, work.horizon, first, start, args,
            saveat=diffrax.SaveAt(ts=times, fn=lambda t, y, args: populations(y)), stepsize_controller=control, max_steps=100_000,
        ).ys  # fmt: skip
        return found @ jnp.where(np.arange(work.n) % 2 == 0, 1.0, ratio)

    return jax.jit(curve)


def _whole(work, ratio):
    """Real and imaginary part of the whole matrix."""
    import jax.numpy as jnp

    gaps = jnp.where(np.arange(work.n) % 2 == 0, 1.0, ratio)
    diagonal = np.eye(work.n) > 0

    def neighbours(part):
        padded = jnp.pad(part, 1)
        return work.hopping * (padded[:-2, 1:-1] + padded[2:, 1:-1]), work.hopping * (padded[1:-1, :-2] + padded[1:-1, 2:])

    def field(y, args):
        turn, loss = args
        z = 2 * jnp.diagonal(y[0]) - 1
        first, second = jnp.where(diagonal, -1.0, z[:, None]), jnp.where(diagonal, -1.0, z)
        (re_rows, re_columns), (im_rows, im_columns) = neighbours(y[0]), neighbours(y[1])
        re = first * im_rows - second * im_columns - turn * y[1] - loss * y[0]
        return jnp.stack([re, second * re_columns - first * re_rows + turn * y[0] - loss * y[1]])

    args = gaps[:, None] - gaps, work.damping * (gaps[:, None] + gaps) / 2
    return field, args, jnp.stack([jnp.eye(work.n), jnp.zeros((work.n, work.n))]), lambda y: jnp.diagonal(y[0])


def _diagonals(work, ratio):
    """Real and imaginary parts of the diagonals, as rows."""
    import jax.numpy as jnp

    rows, n = BANDS + 1, work.n
    pair = np.arange(n) + np.arange(rows)[:, None]
    inside, second = 1.0 * (pair < n), np.minimum(pair, n - 1)
    ends = np.arange(n) > 0, np.arange(n) < n - 1
    left, right, left_second, right_second = (work.hopping * inside * hop for hop in (*ends, *(end[second] for end in ends)))
    main = np.arange(rows)[:, None] == 0

    def hops(part):
        padded = jnp.pad(part, 1)
        above, below = padded[2:], padded[:-2]
        beside = left_second * below[:, 1:-1] + right_second * above[:, 1:-1]
        return left * above[:, :-2] + right * below[:, 2:], beside

    def field(y, args):
        turn, loss = args
        z = 2 * y[0, 0] - 1
        one, other = jnp.where(main, -2.0, z), jnp.where(main, -2.0, z[second])
        (re_rows, re_columns), (im_rows, im_columns) = hops(y[0]), hops(y[1])
        re = one * im_rows - other * im_columns - turn * y[1] - loss * y[0]
        return jnp.stack([re, jnp.where(main, 0.0, other * re_columns - one * re_rows) + turn * y[0] - loss * y[1]])

    gaps = jnp.where(np.arange(n) % 2 == 0, 1.0, ratio)
    args = (gaps - gaps[second]) * inside, work.damping * (gaps + gaps[second]) / 2 * inside
    return field, args, jnp.zeros((2, rows, n)).at[0, 0].set(1.0), lambda y: y[0, 0]


def _ours(work, ratio):
    """That of jaxqb's closure."""
    import jaxqb as qb

    law = qb.DimerChain(work.n, gap_ratio=ratio, damping=work.damping, hopping=work.hopping).closure(bands=BANDS)
    return (lambda y, law: law.field(y)), law, law.start, lambda y: y[0][0]


def by_diffrax(work, *way):
    """Compiled once for any ratio."""
    curve = stepper(work, *way)
    return lambda: np.asarray(curve(work.ratio))


def by_jumps(work, count):
    """``mcsolve`` of the whole chain, which has to be short: mean energies and their standard errors."""
    import qutip

    gaps = work.gaps
    one = [qutip.qeye(2)] * work.n
    lower = [qutip.tensor(*one[:j], qutip.destroy(2), *one[j + 1 :]) for j in range(work.n)]
    full = qutip.tensor(*[qutip.basis(2, 1)] * work.n)
    energy = sum(gap * a.dag() * a for gap, a in zip(gaps, lower, strict=True))
    hop = sum(work.hopping * (a.dag() * b + b.dag() * a) for a, b in pairwise(lower))
    jumps = [np.sqrt(work.damping * gap) * a for gap, a in zip(gaps, lower, strict=True)]
    options = {"progress_bar": "", "keep_runs_results": False}

    def run():
        found = qutip.mcsolve(energy + hop, full, work.times, jumps, e_ops=[energy], ntraj=count, seeds=1, options=options)
        return np.array([found.average_expect[0], np.array(found.std_expect[0]) / np.sqrt(count)])

    return run
