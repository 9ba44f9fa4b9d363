"""Quantum-jump trajectories of chains, against dense master equations."""

import functools
from typing import Any

import jax
import numpy as np
import pytest
from truth import chain as dense

import jaxqb as qb
from jaxqb.errors import FieldError, MeritError, MethodError, Status

TIMES = np.array([2.0, 10.0, 40.0])
SAVE = ("populations", "total_energy")
SEEDS = (11, 12, 13, 14)  # chosen before anything was looked at
CHAINS = {
    "dimer": qb.SpinChain.dimer(6, 0.25, hopping=0.1),
    "odd": qb.SpinChain(
        [1.0, 0.3, 0.8, 0.5, 0.9], [0.05, 0.1, 0.02, 0.08, 0.04], [0.2, -0.1, 0.15, 0.1], initial=[1, 0.5, 1, 0, 0.8]
    ),
}


@functools.cache
def truth(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Populations and whole energies."""
    battery = CHAINS[name]
    gaps, rates = map(np.asarray, battery.pattern())
    spins = dense.Spins(gaps, rates, np.broadcast_to(battery.hopping, gaps.size - 1))
    rhos = spins.evolve(np.broadcast_to(battery.initial, gaps.size), TIMES)
    energies = [np.real((spins.hamiltonian @ rho).trace()) for rho in rhos]
    return 2 * np.real(np.diagonal(spins.moments(rhos), axis1=1, axis2=2)) - 1, np.array(energies)


@functools.cache
def sampled(name: str, seed: int, count: int = 400) -> Any:
    battery = CHAINS[name]
    return qb.evolve(battery, TIMES, SAVE, law=battery.trajectories(count, jax.random.key(seed)))


@pytest.mark.parametrize("name", CHAINS)
def test_means_and_errors_are_those_of_the_master_equation(name: str) -> None:
    """Deviations in units of the stated errors: none large, their squares one on the average, and no bias over all seeds."""
    z = []
    for seed in SEEDS:
        sol = sampled(name, seed)
        assert int(sol.status) == Status.OK
        for figure, known in zip(SAVE, truth(name), strict=True):
            z.append(((sol.saved[figure] - known) / sol.error[figure]).ravel())
    z = np.array([np.concatenate(z[k : k + 2]) for k in range(0, len(z), 2)])
    assert np.abs(z).max() < 4.5
    assert 0.6 < np.mean(z**2) < 1.5
    assert np.abs(z.mean(axis=0) * np.sqrt(len(SEEDS))).max() < 4


def test_what_spins_do_alone_has_no_error() -> None:
    """Without hopping, and on a uniform chain."""
    alone = qb.SpinChain([1.0, 0.4, 0.7], [0.1, 0.05, 0.2], 0.0)
    with pytest.warns(UserWarning, match="more trajectories"):
        sol = qb.evolve(alone, TIMES, ["populations"], law=alone.trajectories(8, jax.random.key(0)))
    np.testing.assert_allclose(sol.saved["populations"], 2 * np.exp(-np.outer(TIMES, alone.decay_rates)) - 1, atol=1e-11)
    assert np.max(sol.error["populations"]) < 1e-11
    assert int(sol.status) != Status.OK  # too few for an honest error


def test_a_key_is_an_answer_and_more_go_on() -> None:
    again = qb.evolve(CHAINS["dimer"], TIMES, SAVE, law=CHAINS["dimer"].trajectories(400, jax.random.key(11)))
    np.testing.assert_array_equal(again.saved["populations"], sampled("dimer", 11).saved["populations"])
    assert not np.array_equal(again.saved["populations"], sampled("dimer", 12).saved["populations"])
    with pytest.warns(UserWarning, match="more trajectories"):
        few, more = (
            qb.evolve(CHAINS["dimer"], TIMES, SAVE, law=CHAINS["dimer"].trajectories(count, jax.random.key(5)))
            for count in (2, 3)
        )
    third = 3 * more.saved["total_energy"] - 2 * few.saved["total_energy"]  # of the third trajectory alone
    mean = few.saved["total_energy"]
    spread = few.error["total_energy"] ** 2 * 2 + 2 / 3 * (third - mean) ** 2
    np.testing.assert_allclose(more.error["total_energy"], np.sqrt(spread / 6), rtol=1e-6, atol=1e-12)


def test_a_single_excitation() -> None:
    """Of amplitudes that the exact law follows."""
    start = qb.single_excitation([0.0, 0.6, 0.0, 0.6j])
    battery = qb.SpinChain.dimer(4, 0.25, hopping=0.2, initial=start)
    exact = qb.evolve(battery, TIMES, ["populations"]).saved["populations"]
    sol = qb.evolve(battery, TIMES, ["populations"], law=battery.trajectories(400, jax.random.key(3)))
    assert np.max(np.abs(sol.saved["populations"] - exact) / np.maximum(sol.error["populations"], 1e-9)) < 4.5


def test_what_cannot_be_asked() -> None:
    battery, key = CHAINS["dimer"], jax.random.key(0)
    for ask, error in (
        (lambda: battery.trajectories(1, key), FieldError),
        (lambda: battery.trajectories(400, 3), FieldError),
        (lambda: battery.replace(collective_decay=0.1).trajectories(400, key), FieldError),
        (lambda: qb.evolve(battery, TIMES, ["ergotropy"], law=battery.trajectories(400, key)), MeritError),
    ):
        with pytest.raises(error, match=r"must .*, but .*; fix: "):
            ask()
    with pytest.raises(MethodError, match="derivative"):
        jax.grad(lambda g: qb.evolve(b := battery.put(hopping=g), TIMES, law=b.trajectories(4, key)).saved["energy"].sum())(0.1)
