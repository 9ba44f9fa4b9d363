"""The opponents on open batteries: QuTiP's and dynamiqs's ``mesolve``, and ladders of joint spin by hand.

General tools get the tensor product and the jump operators, which is what they are made for; in the frame of the spins, so that
no Hamiltonian is there where none is needed.
"""

from functools import partial, reduce
from itertools import product
from operator import add

import numpy as np

from . import by_hand
from .contender import Contender
from .workloads import DarkState

LARGE = 500  # dimension beyond which a call takes a minute: only what was quickest below is tried


def contenders(work):
    """Every peer's configurations for an open battery: ``{tool: [Contender, ...]}``."""
    tools = {"qutip": qutip_ways(work), "dynamiqs": dynamiqs_ways(work)}
    if isinstance(work, DarkState):
        tools = {"by hand": by_hand_ways(work)} | tools
    return tools


def by_hand_ways(work):
    """numpy and scipy, written for dark states."""
    ways = {"expm": by_hand.ladders_by_steps, "expm_multiply": by_hand.ladders_at_once}
    return [Contender("by hand", label, partial(build, work), ("numpy", "scipy")) for label, build in ways.items()]


def qutip_ways(work):
    """`mesolve` at its default tolerance and at smaller ones, both forms of the right-hand side, on CSR storage.

    Measured on all workloads: diagonal storage is up to a half slower; vern9 is slower, on dark states by far.
    """
    methods = ["tsit5"] if work.dimension > LARGE else ["adams", "tsit5"]
    tolerances = [1e-6, 1e-7] if len(work.points) > 1 else [1e-6, 1e-9]
    return [
        Contender(
            "qutip",
            f"{method}{' matrix_form' * matrix} {tolerance:.0e}",
            partial(_qutip, work, method, matrix, tolerance),
            ("qutip",),
        )
        for method, matrix, tolerance in product(methods, (False, True), tolerances)
    ]


def _qutip(work, method, matrix, tolerance):
    import qutip

    options = {
        "method": method,
        "matrix_form": matrix,
        "rtol": tolerance,
        "atol": tolerance / 100,
        "nsteps": 1_000_000,
        "progress_bar": "",
        "store_states": False,
    }
    operator = lambda matrix: qutip.Qobj(matrix).to("CSR")  # noqa: E731
    start, energy = qutip.fock_dm(work.dimension, work.start), operator(np.diag(work.energies))
    nothing = qutip.qzero(work.dimension)
    terms, jumps = ([operator(matrix) for matrix in group] for group in (work.hamiltonians, work.jumps))

    def problem(point):
        coefficients, rates = work.split(np.array(point))
        hamiltonian = sum((c * term for c, term in zip(coefficients, terms, strict=True)), nothing)
        return hamiltonian, [np.sqrt(rate) * jump for rate, jump in zip(rates, jumps, strict=True)]

    problems = [problem(point) for point in work.points]

    def run():
        solve = partial(qutip.mesolve, rho0=start, tlist=work.times, e_ops=[energy], options=options)
        return np.array([solve(hamiltonian, c_ops=jumps).expect[0] for hamiltonian, jumps in problems]).squeeze()

    return run


def dynamiqs_ways(work):
    """Jitted `mesolve` on diagonal storage in float64, several points batched or looped; densely once, which is slower by far.

    On spins looser tolerances than these miss `timing.ACCURACY`; the stiff dark states are as quick with any.
    """
    batchings, tolerances = ("",), {"Tsit5": [1e-6, 1e-8], "Dopri8": [1e-6]}
    if len(work.points) > 1:
        batchings, tolerances = ("vmap", "lax.map"), {"Dopri8": [1e-7, 1e-9], "Tsit5": [3e-8, 1e-8]}
    if work.dimension > LARGE:
        tolerances = {"Tsit5": [1e-6]}
    ways = [("dia", method, how, tolerance) for method, some in tolerances.items() for how in batchings for tolerance in some]
    if len(work.points) > 1:
        ways.append(("dense", "Dopri8", "vmap", 1e-7))
    packages = ("dynamiqs", "jax", "diffrax")
    return [
        Contender(
            "dynamiqs", f"{layout} {method} {how} {tolerance:.0e}".replace("  ", " "), partial(_dynamiqs, work, *way), packages
        )
        for way in ways
        for layout, method, how, tolerance in (way,)
    ]


def _dynamiqs(work, layout, method, how, tolerance):
    import jax
    import jax.numpy as jnp

    one = dynamiqs_curve(work, layout, method, tolerance)
    many = jax.jit(partial(jax.lax.map, one) if how == "lax.map" else jax.vmap(one) if how else lambda points: one(points[0]))
    points = jnp.array(work.points)
    return lambda: np.asarray(many(points))


def dynamiqs_curve(work, layout, method, tolerance, times=None, gradient=None, **options):
    """The function from a point to its curve."""
    import dynamiqs as dq
    import jax.numpy as jnp

    operator = lambda matrix: dq.asqarray(jnp.asarray(matrix, jnp.complex128), layout=getattr(dq, layout))  # noqa: E731
    start, energy = dq.fock_dm(work.dimension, work.start), operator(np.diag(work.energies))
    terms, jumps = ([operator(matrix) for matrix in group] for group in (work.hamiltonians, work.jumps))
    nothing = operator(np.zeros((work.dimension,) * 2))
    solver = getattr(dq.method, method)(rtol=tolerance, atol=tolerance, **options)

    def curve(point):
        coefficients, rates = work.split(point)
        weighed = [c * term for c, term in zip(coefficients, terms, strict=True)]
        result = dq.mesolve(
            reduce(add, weighed or [nothing]),
            [jnp.sqrt(rate) * jump for rate, jump in zip(rates, jumps, strict=True)],
            start,
            work.times if times is None else times,
            exp_ops=[energy],
            method=solver,
            gradient=gradient,
            save_states=False,
            progress_meter=False,
        )
        return result.expects[0].real

    return curve
