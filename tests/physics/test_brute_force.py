"""Every figure of merit against density matrices of 2^n product states (spins) or of levels x photons (light).

Starts of all kinds, random couplings; one program for each kind of start.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import numpy as np
import pytest
from truth import brute, cavity, dicke, linear
from truth.model import Cavity, Spins

import jaxqb as qb
from jaxqb.errors import FieldError

RNG = np.random.default_rng(20)
TIMES = np.array([0.0, 0.31, 1.7])
CELLS, CHARGERS = 3, 4
FULL = qb.merit.ergotropy.with_(space="full")


def merits(symmetric: bool, entangled: bool) -> dict[str, Any]:
    """All figures that such a state answers."""
    names = "energy charger_energy interaction_energy total_energy energy_variance purity capacity".split()
    save = {name: getattr(qb.merit, name) for name in names}
    save |= {"ergotropy_full": FULL, "ergotropy_full_rate": qb.merit.Rate(FULL)}
    save |= {"power": qb.merit.instantaneous_power, "cells": qb.merit.populations}
    if symmetric:
        save |= {"ergotropy_symmetric": qb.merit.ergotropy, "ergotropy_symmetric_rate": qb.merit.Rate(qb.merit.ergotropy)}
    if entangled:
        save |= {"log_negativity": qb.merit.log_negativity, "log_negativity_rate": qb.merit.entanglement_rate}
    return save


def rising(run: Callable[[np.ndarray], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The truth, and slopes to the right of what has kinks: at the start, a product, entanglement does have one."""
    step = 2e-6
    first, second, third = (run(TIMES + k * step) for k in range(3))
    slope = lambda name: (-3 * first[name] + 4 * second[name] - third[name]) / (2 * step)  # noqa: E731
    kinked = ("log_negativity", "ergotropy_full", "ergotropy_symmetric")
    return first | {f"{name}_rate": slope(name) for name in kinked}


def couplings(anisotropic: bool) -> dict[str, float]:
    """Random, all terms present."""
    names = "coupling ising battery_crosstalk charger_crosstalk".split()
    drawn = {name: float(RNG.normal()) for name in names}
    drawn |= {name: float(RNG.uniform(0.4, 2)) for name in ("battery_frequency", "charger_frequency")}
    return drawn | ({"anisotropy": float(RNG.normal())} if anisotropic else {})


def check(solution: Any, known: dict[str, np.ndarray], offset: float, atol: float = 1e-10) -> None:
    """Energies of jaxqb are zero for empty spins, <H> of the truth is not."""
    assert int(solution.status) == 0, solution
    known = known | {"total_energy": known["total_energy"] + offset}
    for name, value in solution.saved.items():
        near = 1e-6 if name.endswith("_rate") else atol  # of differences
        np.testing.assert_allclose(value, known[name], rtol=0, atol=near, err_msg=name)


def brute_force(parameters: dict[str, float], battery: Any, charger: Any) -> dict[str, np.ndarray]:
    """The truth, with the names of jaxqb."""
    spins = Spins(CELLS, CHARGERS, **parameters)
    known = rising(lambda times: brute.run(spins, battery, charger, times))
    levels = spins.battery_frequency * brute.excited_count(CELLS)
    states = linear.evolve(brute.pieces(spins).total, np.kron(battery, charger), TIMES)
    held = [linear.capacity(linear.battery_part(rho, (2**CELLS, 2**CHARGERS)), levels) for rho in states]
    return known | {"capacity": np.array(held), "cells": 2 * known["cells"].mean(axis=1) - 1}


def thermal(cells: int, share: float) -> tuple[Any, Any]:
    """Independent thermal cells, each excited with probability `share`."""
    return qb.thermal(share * cells), brute.product([share] * cells)


def coherent(cells: int, theta: float) -> tuple[Any, Any]:
    """All cells turned by theta."""
    return qb.coherent(cells * np.sin(theta / 2) ** 2), brute.coherent(cells, theta)


def localised(cells: int, count: int) -> tuple[Any, Any]:
    """`count` excited cells, each choice equally likely."""
    return qb.localised(count), brute.uniform(cells, count)


def vector(cells: int) -> tuple[Any, Any]:
    """A random mixture of Dicke levels."""
    weights = RNG.dirichlet(np.ones(cells + 1))
    return weights, brute.dicke(cells, weights)


def level(cells: int, k: int) -> tuple[Any, Any]:
    """A Dicke level."""
    return k, brute.dicke(cells, k)


M, N = CELLS, CHARGERS
# battery, charger, anisotropic?, is the battery symmetric?, is the entanglement of such a mixture known?
STARTS = {
    "levels": (lambda: level(M, 0), lambda: level(N, 4), False, True, True),
    "excited_levels": (lambda: level(M, 2), lambda: level(N, 3), False, True, True),
    "anisotropic": (lambda: level(M, 1), lambda: level(N, 3), True, True, True),
    "vector_charger": (lambda: level(M, 0), lambda: vector(N), False, True, True),
    "two_vectors": (lambda: vector(M), lambda: vector(N), False, True, True),
    "thermal_charger": (lambda: level(M, 0), lambda: thermal(N, 0.7), False, True, True),
    "two_thermals": (lambda: thermal(M, 0.2), lambda: thermal(N, 0.8), False, False, True),
    "localised_battery": (lambda: localised(M, 1), lambda: level(N, 4), False, False, True),
    "localised_charger": (lambda: level(M, 0), lambda: localised(N, 3), False, True, True),
    "two_localised": (lambda: localised(M, 2), lambda: localised(N, 2), True, False, False),
    "coherent_charger": (lambda: level(M, 1), lambda: coherent(N, 2.1), False, True, True),
    "two_coherents": (lambda: coherent(M, 0.6), lambda: coherent(N, 2.4), True, True, True),
    "coherent_and_vector": (lambda: coherent(M, 0.9), lambda: vector(N), True, True, False),
    "thermal_and_coherent": (lambda: thermal(M, 0.3), lambda: coherent(N, 1.9), False, False, False),
}
QUICK = (
    "levels",
    "excited_levels",
    "anisotropic",
    "two_vectors",
    "two_thermals",
    "two_localised",
    "two_coherents",
    "coherent_and_vector",
)


@pytest.mark.parametrize("name", [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in STARTS])
def test_spins(name: str) -> None:
    battery, charger, anisotropic, symmetric, entangled = STARTS[name]
    for _ in range(2):
        (b, rho_b), (c, rho_c) = battery(), charger()
        parameters = couplings(anisotropic)
        made = qb.SpinCharger(M, N, battery_excitations=b, charger_excitations=c, **parameters)
        known = brute_force(parameters, rho_b, rho_c)
        offset = (parameters["battery_frequency"] * M + parameters["charger_frequency"] * N) / 2
        check(qb.evolve(made, TIMES, merits(symmetric, entangled)), known, offset)


def test_negative_frequencies() -> None:
    parameters = couplings(False) | {"battery_frequency": -0.8, "charger_frequency": -1.1}
    made = qb.SpinCharger(M, N, battery_excitations=1, charger_excitations=3, **parameters)
    known = brute_force(parameters, brute.dicke(M, 1), brute.dicke(N, 3))
    offset = (parameters["battery_frequency"] * M + parameters["charger_frequency"] * N) / 2
    check(qb.evolve(made, TIMES, merits(True, True)), known, offset)


# --------------------------------------------------------------------------------------------------------- light

LIGHT = {
    "number": (2, 12, 0.0, lambda n: (3, cavity.fock(n, 3))),
    "dicke": (2, 30, 0.7, lambda n: (2, cavity.fock(n, 2))),
    "coherent": (2, 26, 0.0, lambda n: (qb.coherent(0.9), cavity.coherent(n, np.sqrt(0.9)))),
    "thermal": (2, 30, 0.0, lambda n: (qb.thermal(0.2), cavity.thermal(n, 0.2))),
    "coherent_dicke": (2, 34, -0.5, lambda n: (qb.coherent(0.4), cavity.coherent(n, np.sqrt(0.4)))),
}


@pytest.mark.parametrize("name", LIGHT)
def test_light(name: str) -> None:
    cells, kept, counter, start = LIGHT[name]
    photons, rho = start(kept)
    parameters = {"coupling": 0.45, "counter_rotating": counter, "battery_frequency": 1.2, "cavity_frequency": 0.9}
    made = qb.CavityCharger(cells, photons, cutoff=kept - 1, **parameters)
    known = rising(lambda times: cavity.run(Cavity(cells, kept, **parameters), dicke.number(cells, 0), rho, times))
    save = merits(True, True)
    del save["capacity"], save["cells"]
    check(qb.evolve(made, TIMES, save), known, 1.2 * cells / 2, atol=1e-9)


def test_mirrored_light() -> None:
    cells, kept, g = 3, 12, 0.6
    pair = cavity.interaction(Cavity(cells, kept, g, 1.0)) - cavity.interaction(Cavity(cells, kept, g, 0.0))
    levels, photons = np.arange(cells + 1.0), np.arange(float(kept))
    free = np.add.outer(1.3 * levels, -0.8 * photons).ravel()
    states = linear.evolve(np.diag(free) + pair, np.kron(dicke.number(cells, 0), cavity.fock(kept, 0)), TIMES)
    made = qb.CavityCharger(cells, 0, coupling=g, battery_frequency=1.3, cavity_frequency=0.8, mirrored=True)
    names = ("energy", "charger_energy", "interaction_energy", "total_energy", "log_negativity", "purity")
    solution = qb.evolve(made, TIMES, {name: getattr(qb.merit, name) for name in names})
    dims = (cells + 1, kept)
    for t, rho in enumerate(states):
        joint = np.real(np.diag(rho)).reshape(dims)
        reduced = linear.battery_part(rho, dims)
        known = {
            "energy": 1.3 * joint.sum(axis=1) @ levels,
            "charger_energy": -0.8 * joint.sum(axis=0) @ photons,
            "interaction_energy": linear.expect(pair, rho),
            "total_energy": linear.expect(np.diag(free) + pair, rho),
            "log_negativity": linear.log_negativity(rho, dims),
            "purity": linear.purity(reduced),
        }
        for name, value in known.items():
            np.testing.assert_allclose(solution.saved[name][t], value, rtol=0, atol=1e-10, err_msg=name)
    with pytest.raises(FieldError, match=r"`mirrored` must be False in a grid, .*; fix: use `battery.chain\(\)`"):
        made.grid()


def test_amplitudes_of_both_laws() -> None:
    """Amplitudes: the chain's and the grid's differ by a global phase only."""
    battery = qb.SpinCharger(3, 3, coupling=0.7, battery_frequency=1.2)

    @eqx.filter_jit
    def both(b: Any) -> Any:
        return [qb.evolve(b, TIMES, {"psi": qb.merit.amplitudes}, law=law).saved["psi"] for law in b.laws().values()]

    chain, grid = (np.asarray(psi) for psi in both(battery))
    on_chain = np.stack([grid[:, m, 3 - m] for m in range(4)], axis=1)
    overlap = np.abs(np.sum(chain.conj() * on_chain, axis=1))
    np.testing.assert_allclose(overlap, 1, rtol=0, atol=1e-11)
