"""The truth against itself, against closed forms, and against QuTiP."""

from typing import Any

import numpy as np
import pytest
import qutip

from . import (
    brute,
    cavity,
    chains,
    closed,
    dicke,
    flows,
    linear,
    peaks,
    semiclassical,
    solvable,
    tables,
)
from .model import Cavity, Spins

TIMES = np.linspace(0.0, 2.9, 7)
GENERAL = Spins(
    3,
    4,
    coupling=0.7,
    anisotropy=0.3,
    ising=0.4,
    battery_frequency=1.3,
    charger_frequency=0.8,
    battery_crosstalk=0.15,
    charger_crosstalk=-0.21,
)


# ------------------------------------------------------------------ two ways to one state


@pytest.mark.parametrize(
    ("folded", "whole"),
    [
        ((dicke.number(3, 0), dicke.number(4, 4)), (brute.excited(3), brute.dicke(4, 4))),
        ((dicke.number(3, 1), dicke.number(4, 2)), (brute.dicke(3, 1), brute.dicke(4, 2))),
        (
            (dicke.coherent(3, 0.4, 0.7), dicke.coherent(4, 2.2, -0.3)),
            (brute.coherent(3, 0.4, 0.7), brute.coherent(4, 2.2, -0.3)),
        ),
        (
            (dicke.mixture([0.6, 0.1, 0.1, 0.2]), dicke.mixture(dicke.thermal_weights(4, -0.8))),
            (brute.dicke(3, [0.6, 0.1, 0.1, 0.2]), brute.dicke(4, dicke.thermal_weights(4, -0.8))),
        ),
    ],
)
def test_brute_is_dicke(folded: tuple[Any, Any], whole: tuple[Any, Any]) -> None:
    small, large = dicke.run(GENERAL, *folded, TIMES), brute.run(GENERAL, *whole, TIMES)
    for name, values in small.items():
        np.testing.assert_allclose(values, large[name], rtol=0, atol=1e-13, err_msg=name)
    equal = np.broadcast_to(large["energy"][:, None] / (1.3 * 3), (len(TIMES), 3))
    np.testing.assert_allclose(large["cells"], equal, rtol=0, atol=1e-13)
    np.testing.assert_allclose(large["total_energy"], large["total_energy"][0], atol=1e-13)


def test_product_starts_by_towers() -> None:
    weights = 0.3 * np.eye(5)[2] + 0.7 * np.eye(5)[3]
    start = brute.product([0.2] * 3), 0.3 * brute.uniform(4, 2) + 0.7 * brute.uniform(4, 3)
    expected = brute.run(GENERAL, *start, TIMES)["energy"]
    p = dicke.binomial(3, 0.2)
    flow = flows.product_start(GENERAL, p, weights)
    folded = dicke.product_energy(GENERAL, p, weights, TIMES)
    np.testing.assert_allclose(folded, expected, atol=1e-13)
    np.testing.assert_allclose(flow.energy(TIMES) + flow.initial, expected, atol=1e-13)


def test_one_localised_cell() -> None:
    single = brute.run(GENERAL, brute.excited(3, [1]), brute.dicke(4, 4), TIMES)
    towers = dicke.product_energy(GENERAL, np.eye(4)[1], np.eye(5)[4], TIMES)
    np.testing.assert_allclose(single["energy"], towers, rtol=0, atol=1e-13)
    assert np.isnan(single["ergotropy_symmetric"]).all()
    np.testing.assert_allclose(single["cells"][0], [0, 1, 0], atol=1e-15)


def test_pade_and_spectrum() -> None:
    h, rho = dicke.hamiltonian(GENERAL), dicke.coherent(19, 1.0, 0.5)
    np.testing.assert_allclose(linear.propagate(h, rho, 1.7), linear.evolve(h, rho, 1.7)[0], rtol=0, atol=1e-13)


def test_spins_against_qutip() -> None:
    m, n, t = 3, 4, 1.7
    one_b, one_c = qutip.qeye(m + 1), qutip.qeye(n + 1)  # jmat: index 0 is full
    s = [qutip.tensor(qutip.Qobj(qutip.jmat(m / 2, a)), one_c) for a in ("z", "+", "-")]
    j = [qutip.tensor(one_b, qutip.Qobj(qutip.jmat(n / 2, a))) for a in ("z", "+", "-")]
    p = GENERAL
    h = p.battery_frequency * s[0] + p.charger_frequency * j[0] + 2 * p.ising * s[0] @ j[0]
    h += p.coupling * (s[1] @ j[2] + s[2] @ j[1])
    h += p.coupling * p.anisotropy * (s[1] @ j[1] + s[2] @ j[2])
    h += p.charger_crosstalk * (j[1] @ j[2] + j[2] @ j[1])
    h += p.battery_crosstalk * (s[1] @ s[2] + s[2] @ s[1])
    ket = qutip.tensor(qutip.basis(m + 1, m), qutip.basis(n + 1, 1))
    rho = qutip.ket2dm((-1j * t * h).expm() @ ket)
    cells = rho.ptrace(0)
    ours = {k: v[0] for k, v in dicke.run(p, dicke.number(3, 0), dicke.number(4, 3), [t]).items()}
    assert ours["purity"] == pytest.approx(cells.purity(), abs=1e-13)
    assert ours["energy"] == pytest.approx(qutip.expect(1.3 * (s[0] + m / 2), rho), abs=1e-13)
    assert ours["total_energy"] == pytest.approx(qutip.expect(h, rho), abs=1e-13)
    twist = qutip.partial_transpose(rho, [1, 0]).eigenenergies()
    assert ours["log_negativity"] == pytest.approx(np.log2(abs(twist).sum()), abs=1e-12)


def test_figures_of_known_states() -> None:
    m, theta, w = 4, 1.1, 1.3
    levels, every = w * np.arange(m + 1.0), w * brute.excited_count(m)
    pure = dicke.coherent(m, theta, 0.3)
    p = np.sin(theta / 2) ** 2
    assert linear.ergotropy(pure, levels) == pytest.approx(w * m * p, abs=1e-13)
    assert linear.variance(np.diag(levels), pure) == pytest.approx(w**2 * m * p * (1 - p), abs=1e-13)
    assert linear.purity(pure) == pytest.approx(1, abs=1e-14)
    assert linear.capacity(pure, levels) == pytest.approx(w * m, abs=1e-13)
    weights = dicke.thermal_weights(m, 0.7)
    np.testing.assert_allclose(weights[1:] / weights[:-1], np.exp(-0.7), rtol=1e-14)
    assert weights.sum() == pytest.approx(1, abs=1e-15)
    cold, hot = dicke.mixture(weights), dicke.mixture(weights[::-1])
    assert linear.ergotropy(cold, levels) == pytest.approx(0, abs=1e-14)
    gain = float((weights[::-1] - weights) @ levels)
    assert linear.ergotropy(hot, levels) == pytest.approx(gain, abs=1e-14)
    assert linear.capacity(cold, levels) == pytest.approx(gain, abs=1e-14)
    cells = brute.product([0.8] * m)  # inverted thermal cells: flip each one
    assert linear.ergotropy(cells, every) == pytest.approx(w * m * 0.6, abs=1e-13)
    bell = linear.density(np.array([0, 1, 1, 0]) / np.sqrt(2))
    assert linear.log_negativity(bell, (2, 2)) == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize("counter", [0.0, 0.6])
def test_cavity_against_qutip_spins(counter: float) -> None:
    m, cut, t = 2, 14, 1.3
    model = Cavity(m, cut, 0.4, counter, 1.1, 0.9)
    one, photon = qutip.qeye(2), qutip.qeye(cut)
    up = qutip.tensor(qutip.sigmap(), one, photon) + qutip.tensor(one, qutip.sigmap(), photon)
    z = up @ up.dag() - up.dag() @ up  # [S+, S-] = 2 S^z
    b = qutip.tensor(one, one, qutip.destroy(cut))
    h = 1.1 * z / 2 + 0.9 * b.dag() @ b + 0.4 * (up @ b + (up @ b).dag())
    h += 0.4 * counter * (up @ b.dag() + (up @ b.dag()).dag())
    down = qutip.basis(2, 1)
    ket = qutip.tensor(down, down, qutip.basis(cut, 2))
    rho = qutip.ket2dm((-1j * t * h).expm() @ ket)
    ours = cavity.run(model, dicke.number(2, 0), cavity.fock(cut, 2), [t])
    assert ours["energy"][0] == pytest.approx(1.1 * (qutip.expect(z / 2, rho) + 1), abs=1e-13)
    assert ours["total_energy"][0] == pytest.approx(qutip.expect(h, rho), abs=1e-12)
    twist = qutip.partial_transpose(rho, [1, 1, 0]).eigenenergies()
    assert ours["log_negativity"][0] == pytest.approx(np.log2(abs(twist).sum()), abs=1e-12)


@pytest.mark.parametrize("ising", [0.0, 0.4])
def test_chain_flow_and_slopes(ising: float) -> None:
    model = Spins(4, 5, 0.6, 0.0, ising, 1.2, 0.7, 0.1, 0.2)
    flow = flows.spin_charger(model, 1, 3)
    dense = dicke.run(model, dicke.number(4, 1), dicke.number(5, 3), TIMES)
    np.testing.assert_allclose(flow.energy(TIMES) + flow.initial, dense["energy"], atol=1e-13)
    np.testing.assert_allclose(flow.slope(TIMES), dense["power"], atol=1e-13)
    step = 1e-4
    bend = (flow.slope(TIMES + step) - flow.slope(TIMES - step)) / (2 * step)
    np.testing.assert_allclose(flow.bend(TIMES), bend, atol=2e-6)


# --------------------------------------------------------------------------- closed forms


@pytest.mark.parametrize(("field", "ising", "top"), tables.P2_TRANSFER)
def test_one_cell(field: float, ising: float, top: float) -> None:
    model = Spins(1, 10, 1.0, 0.0, ising, field, 1.0)
    run = dicke.run(model, dicke.number(1, 0), dicke.number(10, 5), TIMES)
    args = (10, 5, 1.0, field - 1.0, ising)
    p = closed.one_cell_excitation(TIMES, *args)
    np.testing.assert_allclose(run["energy"], field * p, atol=1e-13)
    np.testing.assert_allclose(run["charger_energy"], 5 - p, atol=1e-13)
    np.testing.assert_allclose(run["interaction_energy"], closed.one_cell_interaction(TIMES, *args), atol=1e-13)
    best, flow = closed.one_cell_optima(*args), flows.spin_charger(model, 0, 5)
    assert best["peak"] == pytest.approx(top, abs=1e-15)
    assert peaks.first_peak(flow) == pytest.approx((best["peak_time"], field * top), rel=1e-13)
    found = peaks.average_power(flow)
    assert found == pytest.approx((best["power_time"], field * best["power"]), rel=1e-13)
    found = peaks.instantaneous_power(flow)
    assert found == pytest.approx((best["steepest_time"], field * best["steepest"]), rel=1e-13)


def test_one_cell_interaction_off_half_filling() -> None:
    model = Spins(1, 6, 0.8, 0.0, 0.3, 1.4, 0.9)
    run = dicke.run(model, dicke.number(1, 0), dicke.number(6, 5), TIMES)
    exact = closed.one_cell_interaction(TIMES, 6, 5, 0.8, 0.5, 0.3)
    np.testing.assert_allclose(run["interaction_energy"], exact, atol=1e-13)


def test_light_against_qutip() -> None:
    light = cavity.coherent_ket(40, 1.2 + 0.4j)
    theirs = qutip.coherent(40, 1.2 + 0.4j, method="analytic").full().ravel()
    np.testing.assert_allclose(light, theirs, atol=1e-14)
    assert np.trace(cavity.thermal(80, 0.9)) == pytest.approx(1, abs=1e-14)
    mean = np.diag(cavity.thermal(80, 0.9)) @ np.arange(80)
    assert mean == pytest.approx(0.9, abs=1e-12)


def test_power_optimum_beyond_the_first_block() -> None:
    slow = flows.of_chain(chains.resonant(np.array([1.0])))
    fast = flows.of_chain(chains.resonant(np.array([5.0])))
    both = flows.mix([(0.9, slow), (0.1, fast)])
    times = np.linspace(1e-3, 4, 40001)
    best = (both.energy(times) / times).max()
    for resolution in (0.02, 0.5):
        found = peaks.average_power(both, resolution)
        assert found.time > 0.9
        assert found.value == pytest.approx(best, rel=1e-7)
    np.testing.assert_allclose(both.energy(times), 0.9 * np.sin(times) ** 2 + 0.1 * np.sin(5 * times) ** 2, atol=1e-14)


def test_constants() -> None:
    assert closed.sinc_peak() == pytest.approx(tables.SINC_PEAK, rel=1e-15)
    assert closed.tanh_peak() == pytest.approx(tables.TANH_PEAK, rel=1e-15)


@pytest.mark.parametrize("size", [2, 4, 20, 200])
def test_two_cells(size: int) -> None:
    flow = flows.of_chain(chains.full_charger(2, size))
    np.testing.assert_allclose(flow.energy(TIMES), closed.two_cells(TIMES, size), atol=1e-13)
    assert peaks.first_peak(flow) == pytest.approx(closed.two_cells_peak(size), rel=1e-13)
    squares = closed.three_level(TIMES, np.sqrt(2 * size), np.sqrt(4 * (size - 1)))
    np.testing.assert_allclose(flow.energy(TIMES), squares, atol=1e-12)


def test_thermal_spin() -> None:
    battery, charger = brute.excited(2), brute.product([1.0, 0.7])
    run = brute.run(Spins(2, 2), battery, charger, TIMES)
    np.testing.assert_allclose(run["energy"], closed.thermal_spin(TIMES, 0.3), atol=1e-13)


def test_heisenberg_point() -> None:
    for cells, size, m, n in ((5, 7, 1, 4), (6, 3, 2, 2), (8, 8, 0, 8)):
        start = dicke.number(cells, m), dicke.number(size, n)
        run = dicke.run(Spins(cells, size, ising=1.0), *start, TIMES)
        exact = solvable.heisenberg(TIMES, cells, size, m, n)
        np.testing.assert_allclose(run["energy"], exact, atol=1e-13)


def test_xx_and_single_partner_forms() -> None:
    plain = flows.spin_charger(Spins(5, 4, 0.7, 1.0, 0.0, 1e-9, 1e-9), 0)
    np.testing.assert_allclose(plain.energy(TIMES) / 1e-9, solvable.xx_coupling(TIMES, 5, 4, 0.7), atol=1e-7)
    tiny = Cavity(3, 90, 0.5, 1.0, 1e-12, 0.0)
    run = cavity.run(tiny, dicke.number(3, 0), cavity.fock(90, 2), TIMES[:5])
    exact = solvable.xx_cavity(TIMES[:5], 3, 2, 0.5)
    np.testing.assert_allclose(run["energy"] / 1e-12, exact, atol=1e-9)
    flow = flows.spin_charger(Spins(6, 1), 2)
    np.testing.assert_allclose(flow.energy(TIMES), solvable.one_charger(TIMES, 6, 2), atol=1e-13)


def test_coherent_charger() -> None:
    run = dicke.run(Spins(1, 6, 0.8), dicke.number(1, 0), dicke.coherent(6, 2.0, 0.4), TIMES)
    exact = solvable.coherent_cell(TIMES, 6, 2.0, 0.8)
    np.testing.assert_allclose(run["energy"], exact, atol=1e-13)


def test_few_photons() -> None:
    empty = dicke.number(1, 0)
    run = cavity.run(Cavity(1, 6, 0.8, 0.0, 1.0, 0.7), empty, cavity.fock(6, 4), TIMES)
    exact = closed.jaynes_cummings(TIMES, 4, 0.8, 0.3)
    np.testing.assert_allclose(run["energy"], exact, atol=1e-13)
    for light in (cavity.coherent(40, 1.2 + 0.4j), cavity.thermal(60, 0.9)):
        weights = np.real(np.diag(light))
        run = cavity.run(Cavity(1, len(light), 0.8), empty, light, TIMES)
        exact = closed.jaynes_cummings_light(TIMES, weights, 0.8)
        np.testing.assert_allclose(run["energy"], exact, atol=1e-13)
        assert run["edge"].max() < 1e-14
    run = cavity.run(Cavity(2, 7, 0.8), dicke.number(2, 0), cavity.fock(7, 5), TIMES)
    exact = closed.two_cells_photons(TIMES, 5, 0.8)
    np.testing.assert_allclose(run["energy"], exact, atol=1e-13)
    flow = flows.of_chain(chains.tavis_cummings(7, 1, 0.8))
    np.testing.assert_allclose(flow.energy(TIMES), closed.one_photon(TIMES, 7, 0.8), atol=1e-13)
    deep = flows.of_chain(chains.tavis_cummings(5, 3, 0.8))
    run = cavity.run(Cavity(5, 5, 0.8), dicke.number(5, 0), cavity.fock(5, 3), TIMES)
    np.testing.assert_allclose(run["energy"], deep.energy(TIMES), atol=1e-13)


def test_mirrored_chain_is_emission_from_the_vacuum() -> None:
    # the counter-rotating part alone, S^+ b^+ + S^- b
    h = cavity.interaction(Cavity(4, 7, 1.0, 1.0)) - cavity.interaction(Cavity(4, 7, 1.0, 0.0))
    states = linear.evolve(h, np.kron(dicke.number(4, 0), cavity.fock(7, 0)), TIMES)
    energy = np.real(np.einsum("tii->ti", states)) @ np.repeat(np.arange(5.0), 7)
    flow = flows.of_chain(chains.mirrored(4))
    np.testing.assert_allclose(flow.energy(TIMES), energy, atol=1e-13)


def test_semiclassical_law() -> None:
    for q0 in (1e-6, 1e-2, 1.0, 30.0, 1e4):
        equal = semiclassical.fraction_equal(q0)
        assert semiclassical.fraction(q0, 1.0) == pytest.approx(equal, rel=1e-11)
    for nu, limit, at_1000 in tables.FIRST_FRACTION:
        assert semiclassical.first_fraction(nu) == pytest.approx(limit, abs=1e-10)
        assert at_1000 is None or abs(at_1000 - limit) < 5e-4
    for cells, exponent in tables.SEMICLASSICAL_BETA:
        assert semiclassical.exponent(cells) == pytest.approx(exponent, abs=2e-6)
    for cells, *_, p_max, _, _, _ in tables.BEYOND:
        ratio = p_max / semiclassical.average_power(cells)[1]
        assert ratio - 1 == pytest.approx(1.3 / cells, rel=0.12)
