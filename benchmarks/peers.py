"""The opponents, each in the configurations worth trying; the best of them is what counts.

On open batteries they are those of `open_peers`, in a waveguide those of `guided_peers`, on chains that store `chain_peers`.

All get the smallest space: the excitation chain, the parity sector (and for W2 also the tensor product, which is what a
general tool is usually given).
"""

from dataclasses import replace
from functools import partial
from itertools import product

import numpy as np

from . import by_hand, chain_peers, guided_peers, open_peers
from .contender import Contender
from .workloads import Chain, DarkState, Grid, Guided, Spins, Storage, Table, optima


def contenders(work):
    """Every peer's configurations for a workload: ``{tool: [Contender, ...]}``."""
    if isinstance(work, DarkState | Spins):
        return open_peers.contenders(work)
    if isinstance(work, Guided):
        return guided_peers.contenders(work)
    if isinstance(work, Storage):
        return chain_peers.contenders(work)
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
    """`sesolve` with three integrators at its default tolerances and a thousandth of them, on diagonal storage: CSR is slower."""
    ways = product((1e-6, 1e-9), ("tsit5", "vern9", "adams"))
    return [Contender("qutip", f"{method} {rtol:.0e}", partial(_qutip, work, method, rtol), ("qutip",)) for rtol, method in ways]


def _qutip(work, method, tolerance):
    import qutip

    options = {
        "method": method,
        "rtol": tolerance,
        "atol": tolerance / 100,
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

    Its default tolerance is 1e-6, with errors up to 9e-4 on the curves and 1e-5 on the table.
    """
    batchings = ("lax.map", "batched") if isinstance(work, Table) else ("",)
    ways = product((1e-8, 1e-6, 1e-10), ("Dopri8", "Tsit5"), batchings)
    return [
        Contender(
            "dynamiqs",
            f"{method} {how} {tolerance:.0e}".replace("  ", " "),
            partial(_dynamiqs, work, method, how, tolerance),
            ("dynamiqs", "jax", "diffrax"),
        )
        for tolerance, method, how in ways
    ]


def _dynamiqs(work, method, how, tolerance):
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
                method=getattr(dq.method, method)(rtol=tolerance, atol=tolerance),
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
