"""Figures of merit on states made by hand, against explicit density matrices."""

from math import comb
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from truth import linear

import jaxqb as qb
from jaxqb.errors import MeritError
from jaxqb.states import ChainKet, Density, MixedKets, Populations

FULL = qb.merit.ergotropy.with_(space="full")
BATTERY = qb.SpinCharger(3, 3, battery_frequency=1.7)


class Reduced:
    """A state of which only the battery is known."""

    def __init__(self, reduced: Any) -> None:
        self.reduced = reduced

    def battery(self) -> Any:
        return self.reduced

    def battery_excitations(self, power: int = 1) -> Any:
        return self.reduced.moment(power)


def explicit(weights: np.ndarray, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and energies over all 2^M states of populations of towers (rows)."""
    probabilities, levels = [], []
    for k in range(cells // 2 + 1):
        copies = comb(cells, k) - (comb(cells, k - 1) if k else 0)
        for level in range(cells - 2 * k + 1):
            weight = weights[k, level] if k < len(weights) else 0.0
            probabilities += [weight / copies] * copies
            levels += [level + k] * copies
    return np.array(probabilities), np.array(levels, dtype=float)


@st.composite
def populations(draw: st.DrawFn) -> tuple[int, np.ndarray]:
    """Cells and weights of towers, padded to one length."""
    cells = draw(st.integers(1, 6))
    rows = draw(st.sampled_from([1, cells // 2 + 1]))
    weights = np.zeros((rows, cells + 1))
    for k in range(rows):
        for level in range(cells - 2 * k + 1):
            weights[k, level] = draw(st.floats(0, 1))
    weights[0, draw(st.integers(0, cells))] += 0.1
    return cells, weights / weights.sum()


ROWS, LEVELS = 4, 7  # all examples are padded to one shape


@jax.jit
def mixed_figures(weights: Any, copies: Any, cells: Any) -> dict[str, Any]:
    """Figures of populations of towers."""
    levels = jnp.arange(float(LEVELS)) + jnp.arange(float(ROWS))[:, None]
    names = ("energy", "energy_variance", "purity", "capacity")
    figures = {name: getattr(qb.merit, name) for name in names} | {"full": FULL}
    state = Reduced(Populations(weights, levels, copies, cells))
    one_tower = Reduced(Populations(weights[:1], levels[:1], jnp.ones(1), cells))
    symmetric = {"symmetric": qb.merit.ergotropy(BATTERY, one_tower), "full_of_one": FULL(BATTERY, one_tower)}
    return {name: figure(BATTERY, state) for name, figure in figures.items()} | symmetric


@given(populations())
def test_merits_of_populations(state: tuple[int, np.ndarray]) -> None:
    cells, weights = state
    copies = [float(comb(cells, k) - (comb(cells, k - 1) if k else 0)) for k in range(cells // 2 + 1)]
    padded = np.zeros((ROWS, LEVELS))
    padded[: len(weights), : cells + 1] = weights
    counts = np.array((copies + [1.0] * ROWS)[:ROWS])
    found = mixed_figures(padded, counts, float(cells))
    probabilities, levels = explicit(weights, cells)
    rho, energies = np.diag(probabilities), 1.7 * levels
    known = {
        "energy": probabilities @ energies,
        "energy_variance": linear.variance(np.diag(energies), rho),
        "purity": linear.purity(rho),
        "full": linear.ergotropy(rho, energies),
        "capacity": linear.capacity(rho, energies),
    }
    if len(weights) == 1:
        known["symmetric"] = linear.ergotropy(np.diag(weights[0]), 1.7 * np.arange(cells + 1.0))
        known["full_of_one"] = known["full"]
        assert found["symmetric"] <= found["full"] + 1e-12
    for name, value in known.items():
        assert float(found[name]) == pytest.approx(value, abs=1e-11), name
    assert found["full"] >= -1e-12


@given(st.integers(2, 6), st.integers(0, 10**6))
def test_merits_of_density_matrices(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
    rho = a @ a.conj().T
    rho /= np.trace(rho).real
    levels = np.arange(float(size))
    density = Density(jnp.asarray(rho)[None], jnp.asarray(levels)[None], jnp.ones(1), jnp.asarray(size - 1.0))
    reduced = Reduced(density)
    assert float(qb.merit.purity(BATTERY, reduced)) == pytest.approx(linear.purity(rho), abs=1e-12)
    assert float(qb.merit.ergotropy(BATTERY, reduced)) == pytest.approx(linear.ergotropy(rho, 1.7 * levels), abs=1e-12)
    variance = linear.variance(np.diag(1.7 * levels), rho)
    assert float(qb.merit.energy_variance(BATTERY, reduced)) == pytest.approx(variance, abs=1e-12)
    whole = np.zeros((2 ** (size - 1),) * 2, dtype=complex)  # the symmetric states among all
    whole[:size, :size] = rho
    energies = np.sort(np.array([bin(i).count("1") for i in range(2 ** (size - 1))], dtype=float))
    gap = 1.7 * (np.real(np.diag(rho)) @ levels) - linear.passive_energy(whole, 1.7 * energies)
    assert float(FULL(BATTERY, reduced)) == pytest.approx(gap, abs=1e-12)


# --------------------------------------------------------------------------- entanglement of mixtures of sectors


def kets(amplitudes: np.ndarray, totals: np.ndarray) -> ChainKet:
    """Sectors |psi_s> = sum_m psi_m |m, K_s - m>."""
    levels = jnp.arange(float(amplitudes.shape[1]))
    one = jnp.ones(())

    def sector(psi, total):
        return ChainKet(
            psi.real, psi.imag, 0 * levels + 1, 0 * levels[1:] + 1, levels, total - levels, levels[-1], 9 * one, 0 * one
        )

    return jax.vmap(sector)(jnp.asarray(amplitudes), jnp.asarray(totals))


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.booleans())
def test_log_negativity_of_mixtures(seed: int, shared: bool) -> None:
    """Against the explicit partial transpose; sectors may share their number of excitations."""
    rng = np.random.default_rng(seed)
    levels, charger, count = 3, 6, 4
    totals = np.sort(rng.integers(0, 5, count)) if shared else rng.permutation(5)[:count]
    weights = rng.dirichlet(np.ones(count)) * (rng.random(count) > 0.2)
    weights = weights / weights.sum() if weights.sum() > 0 else np.eye(count)[0]
    amplitudes = rng.normal(size=(count, levels)) + 1j * rng.normal(size=(count, levels))
    inside = (totals[:, None] - np.arange(levels) >= 0) & (totals[:, None] - np.arange(levels) < charger)
    amplitudes = np.where(inside, amplitudes, 0)
    amplitudes /= np.linalg.norm(amplitudes, axis=1)[:, None]
    rho = np.zeros((levels * charger,) * 2, dtype=complex)
    for weight, psi, total in zip(weights, amplitudes, totals, strict=True):
        ket = np.zeros((levels, charger), dtype=complex)
        for m in range(levels):
            if inside[list(totals).index(total), m]:
                ket[m, total - m] = psi[m]
        rho += weight * np.outer(ket.ravel(), ket.ravel().conj())
    state = MixedKets(kets(amplitudes, totals), jnp.asarray(weights), jnp.zeros(count), jnp.ones(1), (0,) * count, (0,) * count)
    known = linear.log_negativity(rho, (levels, charger))
    assert float(qb.merit.log_negativity(BATTERY, state)) == pytest.approx(known, abs=1e-12)


# ------------------------------------------------------------------------------------------------ merits as values


def test_merits_are_compared_by_value() -> None:
    assert qb.merit.ergotropy.with_(space="full") == FULL
    assert hash(qb.merit.ergotropy.with_(space="full")) == hash(FULL)
    assert qb.merit.ergotropy != FULL
    assert qb.merit.Rate(qb.merit.energy) == qb.merit.instantaneous_power


def test_equal_merits_share_a_program(compiles: Any) -> None:
    work = lambda: qb.evolve(BATTERY, [0.1, 0.4], {"W": qb.merit.ergotropy.with_(space="full")}).saved["W"]  # noqa: E731
    first = work()
    with compiles(0):  # asserts at its end
        again = work()
    assert np.all(first > 0) and np.array_equal(first, again)


def test_rates_and_averages_are_of_what_they_say() -> None:
    battery = qb.SpinCharger(3, 4, battery_excitations=1, charger_excitations=3, battery_frequency=1.7, charger_frequency=1.1)
    ts = np.array([0.0, 0.2, 0.7, 1.9])
    save = {
        "E": qb.merit.energy,
        "P": qb.merit.average_power,
        "dE": qb.merit.instantaneous_power,
        "S": qb.merit.log_negativity,
        "dS": qb.merit.entanglement_rate,
    }
    saved = qb.evolve(battery, ts, save).saved
    np.testing.assert_allclose(saved["P"][1:], (saved["E"][1:] - saved["E"][0]) / ts[1:], rtol=1e-12)
    assert float(saved["P"][0]) == pytest.approx(0, abs=1e-13)
    h = 1e-4
    for method in (qb.Eigen(), qb.Chebyshev()):
        near = np.concatenate([ts[1:] + k * h for k in (-2, -1, 1, 2)])
        order = np.argsort(near)
        around = qb.evolve(battery, near[order], {"E": qb.merit.energy, "S": qb.merit.log_negativity}, method=method).saved
        rates = qb.evolve(battery, ts, save, method=method).saved
        for name, rate in (("E", "dE"), ("S", "dS")):
            at = np.empty(len(near))
            at[order] = around[name]
            a, b, c, d = at.reshape(4, -1)
            np.testing.assert_allclose(rates[rate][1:], (a - 8 * b + 8 * c - d) / (12 * h), rtol=0, atol=1e-9)


def test_what_needs_time_says_so() -> None:
    for figure in (qb.merit.instantaneous_power, qb.merit.average_power):
        with pytest.raises(MeritError, match="saved by `evolve`"):
            figure(BATTERY, None)


def test_named_figures() -> None:
    contract = """energy energy_per_cell charger_energy interaction_energy average_power instantaneous_power ergotropy capacity
    energy_variance log_negativity entanglement_rate purity amplitudes populations total_energy"""
    for name in contract.split():
        assert qb.merit.NAMED[name] is getattr(qb.merit, name)
        assert qb.merit.NAMED[name].units
        assert qb.merit.NAMED[name].symbol
    sol = qb.evolve(BATTERY, [0.3], ["energy", "energy_per_cell", "populations"]).saved
    assert float(sol["energy_per_cell"][0]) == pytest.approx(float(sol["energy"][0]) / 3, rel=1e-13)
    assert float(sol["populations"][0]) == pytest.approx(2 * float(sol["energy"][0]) / 1.7 / 3 - 1, rel=1e-13)


@pytest.mark.parametrize("gap", [0.4, 2.5, -1.5])
def test_filling_is_a_pure_number(gap: float) -> None:
    """A full charger of four spins lifts two cells to 1.92 of 2 excitations; with a negative gap that is nearly empty."""
    battery = qb.SpinCharger(2, 4, battery_frequency=gap, charger_frequency=gap)
    share = 0.96 if gap > 0 else 0.04
    time = qb.charge(qb.SpinCharger(2, 4), figures="first_peak").first_peak.time
    sol = qb.evolve(battery, [0.0, time], ["filling", "energy"]).saved
    assert sol["energy"][1] == pytest.approx(1.92 * gap, rel=1e-9)
    assert sol["filling"].tolist() == pytest.approx([0.0 if gap > 0 else 1.0, share], abs=1e-9)
    assert qb.merit.filling.units == "1"


def test_units_of_slopes() -> None:
    slopes = (qb.merit.instantaneous_power, qb.merit.entanglement_rate, qb.merit.Rate(qb.merit.filling))
    assert [slope.units for slope in slopes] == ["hbar frequency^2", "bits frequency", "frequency"]


def test_a_function_is_a_figure() -> None:
    def fullness(battery: Any, state: Any) -> Any:
        return state.battery_excitations() / battery.n_battery

    sol = qb.evolve(BATTERY, [0.3], {"x": fullness, "E": qb.merit.energy}).saved
    np.testing.assert_allclose(sol["x"] * 1.7 * 3, sol["E"], rtol=1e-13)
    assert sol["x"].shape == (1,)
    assert jax.tree.structure(sol) == jax.tree.structure({"E": 0, "x": 0})


def _least(cells, count, each):
    """Mean level of the passive state of one eigenvalue that occurs `count` times, in integers."""
    energy, left = 0, count
    for k in range(cells + 1):
        taken = min(left, comb(cells, k))
        energy, left = energy + k * taken, left - taken
    return energy * each


@pytest.mark.parametrize("cells, count", [(20, 7), (100, 20), (100, 40), (200, 30)])
def test_work_of_many_cells_that_are_not_symmetric(cells, count):
    battery = qb.SpinCharger(cells, 1, battery_excitations=qb.localised(count))
    work = qb.evolve(battery, [0.0], {"work": qb.merit.ergotropy.with_(space="full")}).saved["work"][0]
    copies = comb(cells, count)
    assert abs(work - (count - _least(cells, copies, 1 / copies))) < 1e-8


@pytest.mark.parametrize("mean, work", [(19.2, 0.0), (44.8, 25.6)])
def test_work_of_many_thermal_cells(mean, work):
    """N max(0, 2p - 1)."""
    battery = qb.SpinCharger(64, 1, battery_excitations=qb.thermal(mean))
    assert abs(qb.evolve(battery, [0.0], {"work": qb.merit.ergotropy.with_(space="full")}).saved["work"][0] - work) < 1e-9


@pytest.mark.parametrize("figure", [qb.merit.ergotropy.with_(space="full"), qb.merit.capacity])
def test_rates_of_work_of_many_cells(figure):
    """Eigenvalues of which there are many copies are small, and yet apart."""
    battery, t, h = qb.SpinCharger(40, 10, battery_excitations=qb.thermal(14.0)), 0.13, 1e-5
    saved = qb.evolve(battery, [t - h, t, t + h], {"value": figure, "rate": qb.merit.Rate(figure)}).saved
    slope = (saved["value"][2] - saved["value"][0]) / (2 * h)
    assert abs(saved["rate"][1] - slope) < 1e-5 * abs(slope)


def test_derivatives_of_average_power():
    """Against differences, and at t = 0 against the rate: the start has derivatives of its own."""

    def power(mean):
        battery = qb.SpinCharger(2, 2, battery_excitations=qb.coherent(mean), charger_frequency=1.2)
        return qb.evolve(battery, [0.7], "average_power").saved["average_power"][0]

    slope, h = jax.jit(jax.grad(power))(0.6), 1e-5
    assert abs(slope - (power(0.6 + h) - power(0.6 - h)) / (2 * h)) < 1e-7

    def negativity(coupling, figure):
        battery = qb.SpinCharger(2, 2, coupling=coupling, anisotropy=0.3, charger_frequency=1.2)
        return qb.evolve(battery, [0.0], {"x": figure(qb.merit.log_negativity)}).saved["x"][0]

    average, rate = (
        jax.jit(jax.grad(lambda g, kind=kind: negativity(g, kind)))(1.0) for kind in (qb.merit.Average, qb.merit.Rate)
    )
    assert abs(average - rate) < 1e-10 and abs(rate - negativity(1.0, qb.merit.Rate)) < 1e-10  # linear in the coupling


RATES = {
    "ergotropy": (lambda g: qb.SpinCharger(2, 2, coupling=g), qb.merit.Rate(qb.merit.ergotropy)),
    "capacity": (lambda g: qb.SpinCharger(2, 2, coupling=g), qb.merit.Rate(qb.merit.capacity)),
    "average": (lambda g: qb.SpinCharger(2, 2, coupling=g), qb.merit.Average(qb.merit.ergotropy)),
    "light": (lambda g: qb.CavityCharger(2, 2, coupling=g), qb.merit.Rate(qb.merit.ergotropy)),
    "grid": (lambda g: qb.SpinCharger(2, 2, coupling=g, anisotropy=0.3), qb.merit.NAMED["entanglement_rate"]),
    "mixed": (lambda g: qb.SpinCharger(2, 2, coupling=g, charger_excitations=[0.2, 0.5, 0.3]), qb.merit.Rate(qb.merit.ergotropy)),
}


@pytest.mark.parametrize("case", RATES)
def test_rates_of_figures_with_kinks_have_derivatives_in_both_modes(case):
    battery, merit = RATES[case]
    rate = lambda g: qb.evolve(battery(g), [0.3, 1.0], {"x": merit}).saved["x"].sum()  # noqa: E731
    known = float(rate(0.6 + 1e-5) - rate(0.6 - 1e-5)) / 2e-5
    assert float(jax.jit(jax.grad(rate))(0.6)) == pytest.approx(known, rel=1e-6, abs=1e-9)
    assert float(jax.jit(jax.jacfwd(rate))(0.6)) == pytest.approx(known, rel=1e-6, abs=1e-9)


def test_negativity_of_a_mixture_by_populations_that_vanish():
    """The third weight is zero wherever this is asked for."""

    def negativity(p):
        start = jnp.stack([1 - p, p, 0 * p])
        return qb.evolve(qb.SpinCharger(2, 2, battery_excitations=start), [1.1], ["log_negativity"]).saved["log_negativity"][0]

    known = float(negativity(0.3 + 1e-5) - negativity(0.3 - 1e-5)) / 2e-5
    assert float(jax.jit(jax.grad(negativity))(0.3)) == pytest.approx(known, rel=1e-7)


@pytest.mark.parametrize("gap", [1.0, 1.3])
def test_negativity_takes_nothing_from_singular_values_that_vanish(gap):
    """A pure product state of light-like spins: even in the coupling, whatever basis LAPACK chooses for what is zero."""

    def negativity(coupling):
        battery = qb.SpinCharger(2, 2, coupling=coupling, battery_frequency=gap, battery_excitations=qb.coherent(0.7))
        return qb.evolve(battery, [1.1], ["log_negativity"]).saved["log_negativity"][0]

    slope = jax.jit(jax.grad(negativity))
    assert abs(slope(0.0)) < 1e-12
    assert float(slope(0.4)) == pytest.approx(float(negativity(0.4 + 1e-5) - negativity(0.4 - 1e-5)) / 2e-5, rel=1e-7)


def test_populations_of_levels_of_equal_energy():
    """Two spins in a cavity: what no other level equals has its derivatives; of those that do, both together."""

    def populations(gap):
        chain = qb.SpinChain(gaps=jnp.stack([1 + 0 * gap, gap]), decay_rates=0.1, hopping=0.0)
        return qb.evolve(qb.in_cavity(chain, coupling=0.2), [1.0], ["level_populations"]).saved["level_populations"][0]

    known = np.asarray(populations(1.0 + 1e-5) - populations(1.0 - 1e-5)) / 2e-5
    for slopes in (jax.jit(jax.jacfwd(populations))(1.0), jax.jit(jax.jacrev(populations))(1.0)):
        slopes = np.asarray(slopes)
        assert slopes[[0, 3]] == pytest.approx(known[[0, 3]], rel=1e-6)
        assert slopes[1] + slopes[2] == pytest.approx(known[1] + known[2], rel=1e-6)


EDGES = {
    "populations": lambda q: qb.SpinCharger(
        2, 2, battery_excitations=qb.populations(jnp.stack([1 - q, q])), charger_frequency=1.2
    ),
    "light populations": lambda q: qb.CavityCharger(
        2, qb.populations(jnp.stack([1 - q, q])), cutoff=6, cavity_frequency=1.2, battery_excitations=1
    ),
    "thermal spins": lambda mean: qb.SpinCharger(2, 2, battery_excitations=qb.thermal(mean), charger_frequency=1.2),
    "thermal light": lambda mean: qb.CavityCharger(2, qb.thermal(mean), cutoff=12, cavity_frequency=1.2),
}


@pytest.mark.parametrize("figure", ["energy", "purity"])
@pytest.mark.parametrize("make", EDGES.values(), ids=EDGES)
def test_derivatives_by_what_is_not_there_yet(make, figure):
    """A population that begins at zero; differences to the right, of second order."""
    value = jax.jit(lambda x: qb.evolve(make(x), [0.7], figure).saved[figure][0])
    slope, h = jax.jit(jax.grad(value))(0.0), 1e-4
    right = (-3 * value(0.0) + 4 * value(h) - value(2 * h)) / (2 * h)
    assert abs(slope - right) < 1e-6


def test_amplitudes_have_no_derivative_where_they_begin():
    energy = lambda mean: qb.evolve(qb.SpinCharger(2, 2, battery_excitations=qb.coherent(mean)), [0.7]).saved["energy"][0]  # noqa: E731
    assert np.isnan(jax.jit(jax.grad(energy))(0.0)) and np.isfinite(jax.jit(jax.grad(energy))(1e-3))


def open_battery(levels, initial=None):
    """A battery alone, full unless something else is said."""
    n = len(levels)
    return qb.OpenBattery(np.zeros((n, n)), [], [], np.diag(levels), np.eye(n)[-1] if initial is None else initial)


def populations_of(battery):
    return np.asarray(qb.evolve(battery, [0.0], ["populations"]).saved["populations"][0])


def test_polarisation_of_open_batteries():
    """Two levels are one cell, whatever their gap: 2 p - 1. More levels do not say what their cells are."""
    for gap in (0.3, 2.0):
        assert populations_of(open_battery([0.0, gap])) == pytest.approx(1.0, abs=1e-14)
        assert populations_of(open_battery([-gap, gap], np.diag([0.7, 0.3]))) == pytest.approx(-0.4, abs=1e-14)
    with pytest.raises(MeritError, match=r"`populations` must be asked of cells of two levels, .* 3 levels; fix: .*filling"):
        populations_of(open_battery([0.0, 1.0, 3.0]))


def test_polarisation_of_spins_in_a_cavity():
    """One each, as of the chain alone: by sigma_z of each spin on the whole density matrix."""
    assert populations_of(qb.in_cavity(qb.SpinChain.dimer(2, 0.25), coupling=0.1)).tolist() == [1.0, 1.0]
    chain = qb.SpinChain(gaps=[1.0, 0.4, 1.7], decay_rates=0.1, hopping=0.3, initial=[1.0, 0.2, 0.0])
    battery = qb.in_cavity(chain, coupling=0.6, frequency=1.1, loss=0.05)
    found = qb.evolve(battery, [0.0, 1.3], {"z": "populations", "rho": lambda battery, state: state.density()}).saved
    np.testing.assert_allclose(found["z"][0], [1.0, -0.6, -1.0], atol=1e-14)
    for j in range(3):
        sigma = np.kron(np.kron(np.eye(2**j), np.diag([-1.0, 1.0])), np.eye(len(found["rho"][1]) // 2 ** (j + 1)))
        assert found["z"][1, j] == pytest.approx(np.trace(sigma @ found["rho"][1]).real, abs=1e-12)


def test_options_that_a_figure_has_not():
    with pytest.raises(MeritError, match="`space` must be an option of Energy, but it is none; fix: leave it out"):
        qb.merit.energy.with_(space="full")
    with pytest.raises(MeritError, match="`spaces` must be an option of Ergotropy, but it is none; fix: write space"):
        qb.merit.ergotropy.with_(spaces="full")
