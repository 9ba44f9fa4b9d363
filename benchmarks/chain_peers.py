"""The opponents on a chain of spins: scipy and diffrax on second moments, QuTiP on quantum jumps.

Both get the diagonals that matter and are written out as stencils. diffrax is given tolerances, and steps that land on all times
(what it interpolates between steps is good to seven digits).
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
    "Tsit5 1e-10": ("Tsit5", 1e-10, None),
    "Dopri8 2 steps a time": ("Dopri8", None, 2),
    "Dopri8 1 step a time": ("Dopri8", None, 1),
    "Tsit5 8 steps a time": ("Tsit5", None, 8),
}


def contenders(work):
    """Every peer's configurations for second moments: ``{tool: [Contender, ...]}``."""
    return {
        "scipy": [Contender("scipy", f"{how} {rtol:.0e}", partial(by_scipy, work, how, rtol), ("scipy",)) for how, rtol in SCIPY],
        "diffrax": [
            Contender("diffrax", f"{label}, {kind}", partial(by_diffrax, work, kind, *way), ("diffrax", "jax"))
            for label, way in DIFFRAX.items()
            for kind in ("stencil", "our field")
        ],
    }


def bands(work, rows=BANDS + 1):
    """Gap, decay rate, and of pairs of spins j, j + d (shapes (rows, n)): turn and decay, and the bond on either side of both."""
    gaps = np.where(np.arange(work.n) % 2 == 0, 1.0, work.ratio)
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

    times, bond = work.times, work.hopping
    rows, n = BANDS + 1, work.n
    pair = np.arange(n) + np.arange(rows)[:, None]
    inside, second = 1.0 * (pair < n), np.minimum(pair, n - 1)
    ends = [np.arange(n) > 0, np.arange(n) < n - 1]
    left, right, left_second, right_second = (bond * inside * hop for hop in (*ends, *(end[second] for end in ends)))

    def stencil(_, y, args):
        turn, loss = args
        z = 2 * y[0, 0] - 1
        first, other = jnp.where(pair < np.arange(n) + 1, -2.0, z), jnp.where(pair < np.arange(n) + 1, -2.0, z[second])

        def hops(part):
            padded = jnp.pad(part, 1)
            above, below = padded[2:], padded[:-2]
            away = left * above[:, :-2] + right * below[:, 2:]
            return away, left_second * below[:, 1:-1] + right_second * above[:, 1:-1]

        (away_re, beside_re), (away_im, beside_im) = hops(y[0]), hops(y[1])
        re = first * away_im - other * beside_im - turn * y[1] - loss * y[0]
        im = (other * beside_re - first * away_re) * (pair > np.arange(n)) + turn * y[0] - loss * y[1]
        return jnp.stack([re, im])

    def curve(ratio):
        gaps = jnp.where(np.arange(n) % 2 == 0, 1.0, ratio)
        if kind == "stencil":
            turn, loss = (gaps - gaps[second]) * inside, work.damping * (gaps + gaps[second]) / 2 * inside
            field, args, start = stencil, (turn, loss), jnp.zeros((2, rows, n)).at[0, 0].set(1.0)
        else:
            import jaxqb as qb

            law = qb.DimerChain(n, gap_ratio=ratio, damping=work.damping, hopping=bond).closure(bands=BANDS)
            field, args, start = (lambda _, y, law: law.field(y)), law, law.start
        if rtol is None:
            control, first = diffrax.ConstantStepSize(), (times[1] - times[0]) / steps
        else:
            control, first = diffrax.PIDController(rtol=rtol, atol=rtol / 10), None
        found = diffrax.diffeqsolve(
            diffrax.ODETerm(field), getattr(diffrax, solver)(), 0.0, work.horizon, first, start, args,
            saveat=diffrax.SaveAt(ts=times), stepsize_controller=control, max_steps=100_000,
        ).ys  # fmt: skip
        return (found[:, 0, 0] if kind == "stencil" else found[0][:, 0]) @ gaps

    return jax.jit(curve)


def by_diffrax(work, *way):
    """Compiled once for any ratio."""
    curve = stepper(work, *way)
    return lambda: np.asarray(curve(work.ratio))


def by_jumps(work, count):
    """``mcsolve`` of the whole chain, which has to be short: mean energies and their standard errors."""
    import qutip

    gaps = np.where(np.arange(work.n) % 2 == 0, 1.0, work.ratio)
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
