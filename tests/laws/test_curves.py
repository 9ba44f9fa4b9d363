"""Curves of many times, which `Chebyshev` serves from few windows, against dense diagonalisation."""

from typing import Any

import jax
import numpy as np
import pytest
from scipy.linalg import eigh_tridiagonal

import jaxqb as qb

# dense, then a gap, then late
TIMES = np.concatenate([[0.0], np.linspace(0.01, 0.6, 25), [2.3, 2.31, 5.0, 17.0]])
SMOOTH = ["energy", "charger_energy", "interaction_energy", "level_populations", "instantaneous_power", "average_power"]
OTHERS = ["ergotropy", "energy_variance", "log_negativity", "purity"]

BATTERIES = {
    "resonant": qb.SpinCharger(6, 6),
    "real size": qb.SpinCharger(5, 6.4, charger_excitations=5, levels=8),
    "detuned": qb.SpinCharger(4, 5, charger_frequency=1.7, ising=0.3, battery_crosstalk=0.2),
    "discharge": qb.SpinCharger(3, 4, battery_excitations=2, charger_excitations=0, battery_frequency=-0.7),
    "weak": qb.SpinCharger(3, 4, coupling=1e-3, charger_frequency=4.0),
    "anisotropic": qb.SpinCharger(4, 5, anisotropy=0.6, charger_frequency=1.3),
    "thermal": qb.SpinCharger(3, 4, charger_excitations=qb.thermal(1.5)),
    "coherent light": qb.CavityCharger(2, qb.coherent(1.0), coupling=0.2, counter_rotating=0.3, cutoff=26),
}


@pytest.mark.parametrize("name", BATTERIES)
def test_against_diagonalisation(name: str) -> None:
    battery = BATTERIES[name]
    others = OTHERS if name != "thermal" else OTHERS[1:2]
    for save in (SMOOTH, others):
        one = qb.evolve(battery, TIMES, save, method=qb.Chebyshev())
        two = qb.evolve(battery, TIMES, save, method=qb.Eigen())
        for figure in save:
            known = np.asarray(two.saved[figure])
            np.testing.assert_allclose(one.saved[figure], known, rtol=0, atol=2e-11 * (1 + np.abs(known).max()), err_msg=figure)


def _dense(links: np.ndarray, times: np.ndarray) -> np.ndarray:
    rates, vectors = eigh_tridiagonal(np.zeros(len(links) + 1), links)
    return np.arange(len(rates)) @ np.abs(vectors @ (np.exp(-1j * np.outer(rates, times)) * vectors[0][:, None])) ** 2


def test_a_long_chain_past_its_peak() -> None:
    m = np.arange(300.0)
    times = np.linspace(0, 0.04, 77)  # the first peak is at 0.0246, a narrow one
    known = _dense(np.sqrt((m + 1) * (300 - m) * (300 - m) * (m + 1)), times)
    assert 0 < np.argmax(known) < 76
    np.testing.assert_allclose(qb.evolve(qb.SpinCharger(300, 300), times).saved["energy"], known, rtol=0, atol=1e-11 * 300)


def test_a_large_grid() -> None:
    battery = qb.SpinCharger(20, 30, anisotropy=0.6, battery_frequency=10.0, charger_frequency=10.0)
    times = np.linspace(0, 0.3, 90)
    known = qb.evolve(battery, times, method=qb.Adaptive(rtol=1e-12, atol=1e-12)).saved["energy"]
    np.testing.assert_allclose(qb.evolve(battery, times).saved["energy"], known, rtol=0, atol=1e-9 * 200)


@pytest.mark.parametrize("name", ["resonant", "anisotropic"])
def test_batches_and_derivatives(name: str) -> None:
    battery: Any = BATTERIES[name].put(coupling=0.0)

    def curves(method: Any) -> Any:
        energy = lambda g: qb.evolve(battery.put(coupling=g), TIMES, method=method).saved["energy"]  # noqa: E731
        return jax.vmap(energy)(np.array([0.3, 1.0, 2.2])), jax.jvp(energy, (0.7,), (1.0,))[1]

    one, two = curves(qb.Chebyshev()), curves(qb.Eigen())
    np.testing.assert_allclose(one[0], two[0], rtol=0, atol=1e-10)
    np.testing.assert_allclose(one[1], two[1], rtol=0, atol=1e-8)
