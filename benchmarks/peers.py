"""The opponents, each in the configurations worth trying; the best of them is what counts.

On open batteries they are those of `open_peers`, in a waveguide those of `guided_peers`.

All get the smallest space: the excitation chain, the parity sector (and for W2 also the tensor product, which is what a
general tool is usually given).
"""

from dataclasses import replace
from functools import partial

import numpy as np

from . import by_hand, guided_peers, open_peers
from .contender import Contender
from .workloads import Chain, DarkState, Grid, Guided, Spins, Table, optima


def contenders(work):
    """Every peer's configurations for a workload: ``{tool: [Contender, ...]}``."""
    if isinstance(work, DarkState | Spins):
        return open_peers.contenders(work)
    if isinstance(work, Guided):
        return guided_peers.contenders(work)
    tools = {"by hand": by_hand_ways(work), "qutip": qutip_ways(work), "dynamiqs": dynamiqs_ways(work)}
    if isinstance(work, Grid):
        whole = replace(work, whole=True)
        for tool, ways in (("qutip", qutip_ways), ("dynamiqs", dynamiqs_ways)):
            name = f"{tool}, product"
            tools[name] = [replace(way, tool=name) for way in ways(whole)]
    return tools


def by_hand_ways(work):
    """numpy and scipy, written for the workload."""
    ways = {
        Table: [("eigh", by_hand.diagonalised_table)],
        Chain: [
            ("Chebyshev", by_hand.chebyshev_chain),
            ("eigh_tridiagonal", by_hand.diagonalised_chain),
        ],
        Grid: [("Chebyshev", by_hand.chebyshev_grid), ("expm_multiply", by_hand.krylov_free)],
    }[type(work)]
    packages = ("numpy", "scipy")
    return [Contender("by hand", label, partial(f, work), packages) for label, f in ways]


def qutip_ways(work):
    """`sesolve` with three integrators at its default tolerances, on diagonal storage.

    Measured on all three workloads: CSR is slower, and ``rtol = 1e-8`` costs up to 4 % more.
    """
    return [Contender("qutip", method, partial(_qutip, work, method), ("qutip",)) for method in ("adams", "tsit5", "vern9")]


def _qutip(work, method):
    import qutip

    options = {
        "method": method,
        "rtol": 1e-6,
        "atol": 1e-8,
        "nsteps": 1_000_000,
        "progress_bar": "",
        "store_states": False,
    }

    def problem(bands, start, energies):
        both = dict(bands) | {-offset: band for offset, band in bands.items() if offset}
        hamiltonian = qutip.qdiags(list(both.values()), list(both), dtype="Dia")
        energy = qutip.qdiags(energies.astype(float), 0, dtype="Dia")
        return hamiltonian, qutip.basis(len(energies), start), energy

    def solve(problem, times):
        hamiltonian, start, energy = problem
        return qutip.sesolve(hamiltonian, start, times, e_ops=[energy], options=options).expect[0]

    if isinstance(work, Table):
        problems = [problem({1: c}, 0, np.arange(len(c) + 1)) for c in work.chains]

        def table():
            curves = [solve(p, t) for p, t in zip(problems, work.times, strict=True)]
            return optima(work.times, np.array(curves))

        return table
    single = problem(work.bands, work.start, work.energies)
    return lambda: solve(single, work.times)


def dynamiqs_ways(work):
    """Jitted `sesolve` on diagonal storage in float64; a table batched or looped.

    At its default tolerance, 1e-6, it is no faster on the curves and up to 20 % on the table,
    with errors up to 9e-4 and 1e-5; so 1e-8.
    """
    batchings = ("batched", "lax.map") if isinstance(work, Table) else ("",)
    packages = ("dynamiqs", "jax", "diffrax")
    return [
        Contender(
            "dynamiqs",
            f"{method} {how}".strip(),
            partial(_dynamiqs, work, method, how),
            packages,
        )
        for method in ("Tsit5", "Dopri8")
        for how in batchings
    ]


def _dynamiqs(work, method, how):
    import dynamiqs as dq
    import jax
    import jax.numpy as jnp

    def operator(bands):
        both = dict(bands) | {-offset: band for offset, band in bands.items() if offset}
        return dq.sparsedia_from_dict(both, dtype=jnp.complex128)

    def solver(start, energies, times):
        energy = operator({0: jnp.asarray(energies)})

        def solve(hamiltonian):
            result = dq.sesolve(
                hamiltonian,
                dq.basis(len(energies), start),
                times,
                exp_ops=[energy],
                method=getattr(dq.method, method)(rtol=1e-8, atol=1e-8),
                save_states=False,
                progress_meter=False,
            )
            return result.expects[..., 0, :].real

        return solve

    if isinstance(work, Chain | Grid):
        curve = jax.jit(solver(work.start, work.energies, work.times))
        hamiltonian = operator(work.bands)
        return lambda: np.asarray(curve(hamiltonian))

    # One grid of times for all cases: time in units of each case's window, H scaled by it.
    bands = np.zeros((len(work.cases), work.levels - 1))
    for row, chain, times in zip(bands, work.chains, work.times, strict=True):
        row[: len(chain)] = chain * times[-1]
    # vmap: sparsedia_from_dict of dynamiqs 0.3.7 pads the batch axis of batched diagonals too
    hamiltonians = jax.vmap(lambda band: operator({1: band}))(bands)
    one = solver(0, np.arange(work.levels), np.linspace(0, 1, work.times.shape[1]))
    curves = jax.jit(one if how == "batched" else lambda many: jax.lax.map(one, many))
    return lambda: optima(work.times, np.asarray(curves(hamiltonians)))
