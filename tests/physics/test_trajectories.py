"""Quantum-jump trajectories of chains, against dense master equations."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm
from truth import chain as dense

import jaxqb as qb
from jaxqb.algebra import determinants
from jaxqb.compiled import options
from jaxqb.errors import FieldError, MeritError, MethodError, Status
from jaxqb.methods import jumps


class Hopping(qb.merit.AbstractObservable):
    symbol = "E_hop"
    unit = "energy"

    def __call__(self, battery: Any, state: Any) -> Any:
        return state.coupling_energy()


TIMES = np.array([2.0, 10.0, 40.0])
SAVE = {"populations": qb.merit.populations, "total_energy": qb.merit.total_energy, "hopping": Hopping()}
SEEDS = (11, 12, 13, 14)  # chosen before anything was looked at
CHAINS = {
    "dimer": qb.SpinChain.dimer(6, 0.25, hopping=0.1),
    # hops and decays so much that in the end most trajectories are empty while the mean is not
    "odd": qb.SpinChain(
        [1.0, 0.8, 0.7, 0.5, 0.9], [0.05, 0.02, 0.2, 0.02, 0.04], [0.3, -0.3, 0.3, 0.3], initial=[1, 1, 1, 1, 0.8]
    ),
}


def of_dense(battery: Any, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is in `SAVE`."""
    gaps, rates = map(np.asarray, battery.pattern())
    spins = dense.Spins(gaps, rates, np.broadcast_to(battery.hopping, gaps.size - 1))
    rhos = spins.evolve(np.broadcast_to(battery.initial, gaps.size), times)
    energies = np.array([np.real((spins.hamiltonian @ rho).trace()) for rho in rhos])
    excited = np.real(np.diagonal(spins.moments(rhos), axis1=1, axis2=2))
    return 2 * excited - 1, energies, energies - excited @ gaps


@functools.cache
def sampled(name: str, seed: int, count: int = 400, again: bool = False) -> Any:
    del again
    battery = CHAINS[name]
    return qb.evolve(battery, TIMES, SAVE, law=battery.trajectories(count, jax.random.key(seed)))


def few(battery: Any) -> Any:
    with pytest.warns(UserWarning, match="more trajectories"):
        sol = qb.evolve(battery, TIMES, SAVE, law=battery.trajectories(4, jax.random.key(0)))
    assert int(sol.status) == Status.TOO_FEW and "more trajectories" in repr(sol)
    return sol


@pytest.mark.parametrize("name", CHAINS)
def test_means_and_errors_are_those_of_the_master_equation(name: str) -> None:
    """None deviates by many errors, squares are one on the average, and there is no bias over all seeds."""
    known = of_dense(CHAINS[name], TIMES)
    solutions = [sampled(name, seed) for seed in SEEDS]
    off = lambda sol: [(sol.saved[x] - y) / sol.error[x] for x, y in zip(SAVE, known, strict=True)]  # noqa: E731
    z = np.array([np.concatenate([part.ravel() for part in off(sol)]) for sol in solutions])
    assert all(int(sol.status) == Status.OK for sol in solutions)
    assert np.abs(z).max() < 3
    assert 0.6 < np.mean(z**2) < 1.5
    assert np.abs(z.mean(axis=0) * np.sqrt(len(SEEDS))).max() < 3.5


def test_strong_hopping_makes_hardly_more_noise_than_plain_means() -> None:
    """Of one trajectory a population is at most 1 in size, so is its spread; noise that drives itself makes it 1e6 here."""
    battery, times = qb.SpinChain.dimer(6, 0.9, damping=0.02, hopping=1.0), np.array([5.0, 30.0, 90.0])
    sol = qb.evolve(battery, times, SAVE, law=battery.trajectories(400, jax.random.key(8)))
    known = of_dense(battery, times)
    assert all(np.max(np.abs(sol.saved[x] - y) / sol.error[x]) < 4 for x, y in zip(SAVE, known, strict=True))
    assert np.max(sol.error["populations"]) * np.sqrt(400) < 1.5


def test_a_long_chain_is_bulk_and_edges() -> None:
    """Its energy is linear in the number of spins, to 4e-9 a spin here; those of 4 and 6 are known."""
    short, longer = (of_dense(qb.SpinChain.dimer(n, 0.25), TIMES)[1] for n in (4, 6))
    battery = qb.SpinChain.dimer(20, 0.25)
    sol = qb.evolve(battery, TIMES, SAVE, law=battery.trajectories(200, jax.random.key(1)))
    off = sol.saved["total_energy"] - (longer + 7 * (longer - short))
    assert np.all(np.abs(off) < 4 * sol.error["total_energy"] + 1e-7)
    assert np.all(sol.error["total_energy"] < 1e-4)  # of an energy of 6


def test_what_is_known_has_no_error() -> None:
    """Without hopping; the energy of a uniform chain; and two spins."""
    alone = qb.SpinChain([1.0, 0.4, 0.7, 0.5], [0.1, 0.05, 0.2, 0.1], np.zeros(3), initial=np.ones(4))
    sol = few(alone)
    np.testing.assert_allclose(sol.saved["populations"], 2 * np.exp(-np.outer(TIMES, alone.decay_rates)) - 1, atol=1e-11)
    assert np.max(sol.error["populations"]) < 1e-11
    uniform = qb.SpinChain(np.ones(4), np.full(4, 0.05), np.full(3, 0.2), initial=[1.0, 0.5, 0.5, 1.0])
    sol = few(uniform)
    np.testing.assert_allclose(sol.saved["total_energy"], 3 * np.exp(-0.05 * TIMES), rtol=1e-11)
    assert np.max(sol.error["total_energy"]) < 1e-11
    two = qb.SpinChain([1.0, 0.3], [0.1, 0.05], 0.2)
    sol = few(two)
    for name, known in zip(SAVE, of_dense(two, TIMES), strict=True):
        np.testing.assert_allclose(sol.saved[name], known, rtol=0, atol=1e-12)
        assert np.max(sol.error[name]) < 1e-12


def test_a_key_is_an_answer_and_more_go_on() -> None:
    one, again, other = (sampled("dimer", seed, again=again) for seed, again in ((11, False), (11, True), (12, False)))
    np.testing.assert_array_equal(again.saved["populations"], one.saved["populations"])
    assert not np.array_equal(again.saved["populations"], other.saved["populations"])
    with pytest.warns(UserWarning, match="more trajectories"):
        fewer, more = (sampled("dimer", 5, count) for count in (2, 3))
    third = 3 * more.saved["total_energy"] - 2 * fewer.saved["total_energy"]  # of the third trajectory alone
    mean = fewer.saved["total_energy"]
    spread = fewer.error["total_energy"] ** 2 * 2 + 2 / 3 * (third - mean) ** 2
    np.testing.assert_allclose(more.error["total_energy"], np.sqrt(spread / 6), rtol=1e-6, atol=1e-12)


def test_a_single_excitation() -> None:
    """Of amplitudes that the exact law follows."""
    start = qb.single_excitation([0.0, 0.6, 0.0, 0.6j])
    battery = qb.SpinChain.dimer(4, 0.25, hopping=0.2, initial=start)
    exact = qb.evolve(battery, TIMES, ["populations"]).saved["populations"]
    law = battery.trajectories(400, jax.random.key(3))
    sol = qb.evolve(battery, TIMES, ["populations"], law=law)
    assert np.max(np.abs(sol.saved["populations"] - exact) / np.maximum(sol.error["populations"], 1e-9)) < 4.5
    with pytest.raises(MeritError, match="coherences of single spins"):
        qb.evolve(battery, TIMES, ["coherences"], law=law)


def test_within_transformations() -> None:
    """Each lane is what it is alone; and what cannot be ends, as numbers that are none."""
    times, key = np.array([0.0, 3.0]), jax.random.key(2)

    def one(rate: Any) -> Any:
        battery = qb.SpinChain(jnp.array([1.0, 0.4, 0.7]), jnp.stack([rate, 0.2, 0.1]), jnp.array([0.3, 0.2]))
        sol = qb.evolve(battery, times, ["energy"], law=battery.trajectories(4, key))
        return sol.saved["energy"], sol.status

    rates = jnp.array([0.1, 0.3, -0.1])
    short: dict[str, Any] = {"compiler_options": options(0)}
    lanes, statuses = jax.jit(jax.vmap(one), **short)(rates)
    alone, _ = jax.jit(one, **short)(rates[1])
    np.testing.assert_allclose(lanes[1], alone, rtol=1e-12)
    assert lanes[0, 0] == pytest.approx(2.1, abs=1e-14) and np.all(np.isnan(lanes[2]))
    assert list(map(int, statuses)) == [Status.TOO_FEW, Status.TOO_FEW, Status.OUTSIDE_PADDING]


def test_what_cannot_be_asked() -> None:
    battery, key = CHAINS["dimer"], jax.random.key(0)
    law = battery.trajectories(400, key)
    for ask, error in (
        (lambda: battery.trajectories(1, key), FieldError),
        (lambda: battery.trajectories(True, key), FieldError),
        (lambda: battery.trajectories(400, 3), FieldError),
        (lambda: battery.trajectories(400, jax.random.split(key)), FieldError),
        (lambda: battery.replace(collective_decay=0.1).trajectories(400, key), FieldError),
        (lambda: qb.evolve(battery.replace(gap_ratio=0.3), TIMES, law=law), FieldError),
        (lambda: qb.evolve(battery, TIMES, ["ergotropy"], law=law), MeritError),
        (lambda: qb.evolve(battery, TIMES, ["correlations"], law=law), MeritError),
        (lambda: qb.evolve(battery, TIMES, ["instantaneous_power"], law=law), MeritError),
        (lambda: qb.evolve(battery, TIMES, ["average_power"], law=law), MeritError),
        (lambda: qb.evolve(battery, TIMES, {"twice": lambda _, state: 2 * state.excited()}, law=law), MeritError),
        (lambda: qb.charge(battery, law=law), MeritError),
        (lambda: qb.evolve(battery, TIMES, method=qb.Jumps()), MethodError),
    ):
        with pytest.raises(error, match=r"must .*, but .*; fix: "):
            ask()
    with pytest.raises(MethodError, match="derivative"):
        jax.grad(lambda g: qb.evolve(b := battery.put(hopping=g), TIMES, law=b.trajectories(4, key)).saved["energy"].sum())(0.1)
    with pytest.raises(MethodError, match="derivative"):
        jax.jvp(lambda ts: qb.evolve(battery, ts, law=law).saved["energy"], (TIMES,), (TIMES,))


@functools.partial(jax.jit, compiler_options=options(0))
def moved(row: Any, d: Any, t: Any) -> Any:
    return determinants.moved(row, d, t)


@functools.partial(jax.jit, compiler_options=options(0))
def fallen(d: Any, j: Any) -> Any:
    n = d.re.shape[0]
    full = d.holes & (d.count == determinants.room(n))
    d = jax.lax.cond(full, determinants.by_particles, lambda d: d, d)
    return determinants.without(d, determinants.leaving(d, j), jnp.where(jnp.arange(n) < j, -1.0, 1.0))


def test_determinants_are_projectors() -> None:
    """Until they are empty, against dense matrices: all sizes of theirs, holes and particles."""
    occupied, rng = np.array([1, 1, 0] + 14 * [1]), np.random.default_rng(3)
    n = occupied.size
    gaps, rates, bonds = rng.uniform(0.2, 1, n), rng.uniform(0, 0.3, n), rng.uniform(-0.2, 0.2, n - 1)
    row = determinants.Row(*map(jnp.asarray, (gaps, rates, bonds))).centred()
    generator = -1j * (np.diag(gaps) + np.diag(bonds, 1) + np.diag(bonds, -1)) - np.diag(rates) / 2
    d, projector = determinants.at_sites(jnp.array(occupied, bool)), np.diag(occupied).astype(complex)
    while int(d.particles) > 0:
        t = rng.uniform(0, float(row.step()))
        values, vectors = np.linalg.eigh(projector)
        orbitals = np.linalg.qr(expm(generator * t) @ vectors[:, values > 0.5])[0]
        projector = orbitals @ orbitals.conj().T
        d = moved(row, d, t)
        found = jax.lax.complex(*determinants.near(d, 4))
        known = np.stack([np.pad(np.diagonal(projector.T, r), (0, r)) for r in range(4)])
        np.testing.assert_allclose(found, known, rtol=0, atol=2e-11)
        weights = np.real(np.diagonal(projector)).clip(0)
        j = rng.choice(n, p=weights / weights.sum())
        v, signs = projector[:, j] / np.sqrt(weights[j]), np.where(np.arange(n) < j, -1, 1)
        projector = signs[:, None] * (projector - np.outer(v, v.conj())) * signs
        d = fallen(d, j)


def test_jumps_come_no_faster_than_candidates() -> None:
    """Slopes of the rate of jumps near the determinants where hopping raises it most."""
    n, rng = 8, np.random.default_rng(4)
    battery = qb.SpinChain(rng.uniform(0.2, 1, n), rng.uniform(0.0, 0.5, n), rng.uniform(-1, 1, n - 1))
    law, rates, dt = battery.trajectories(200, jax.random.key(0)), np.asarray(battery.decay_rates), 1e-6
    hop = np.diag(1j * np.asarray(battery.hopping) * np.diff(rates), 1)
    vectors = np.linalg.eigh(hop + hop.conj().T)[1]
    rate = lambda d: rates @ np.asarray(determinants.near(d, 1)[0][0])  # noqa: E731
    parts = []
    for count in (1, 2, 4):
        for noise, chosen in zip((0.0, 0.0, 0.1, 0.3, 0.3, 1.0), (vectors[:, :count], *[vectors[:, -count:]] * 5), strict=True):
            q = np.linalg.qr(chosen + noise * rng.normal(size=(n, count, 2)).view(complex)[..., 0])[0]
            q = jnp.asarray(np.pad(q, ((0, 0), (0, determinants.room(n) - count))))
            d = determinants.Determinant(q.real, q.imag, jnp.array(count), jnp.array(False))
            walk = jumps.Walk(*(None,) * len(jumps.Walk._fields))._replace(d=d, rate=rate(d))
            parts.append((rate(moved(law.row(), d, dt)) - rate(d)) / dt / float(jumps._bound(law, law.row(), walk)[1]))
    assert 0.6 < max(parts) <= 1
