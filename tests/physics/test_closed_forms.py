"""`evolve` against closed forms, over many times; one program for many rows."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import gammaln
from truth import closed, solvable, tables

import jaxqb as qb

TIMES = np.linspace(0, 3.1, 23)
EXACT = {"rtol": 0, "atol": 2e-11}


def runner(hull: Any) -> Any:
    """A jitted function from leaves to energies at TIMES."""
    save = {"energy": qb.merit.energy, "charger": qb.merit.charger_energy, "interaction": qb.merit.interaction_energy}
    return jax.jit(lambda leaves: qb.evolve(hull.put(**leaves), TIMES, save).saved)


@pytest.fixture(scope="module")
def spins() -> Any:
    """Isotropic, any diagonal: M up to 8, N up to 12, any start."""
    limits = {"n_battery": [1, 8], "n_charger": [1, 12], "battery_excitations": [0, 8], "charger_excitations": [0, 12]}
    limits |= {name: [0.5, 1.5] for name in ("coupling", "battery_frequency", "ising")}
    run = runner(qb.SpinCharger(8, 12).hull({name: np.array(ends) for name, ends in limits.items()}))

    def energies(m: int, n: int, m0: int, n0: int, coupling: float = 1.0, field: float = 1.0, ising: float = 0.0) -> Any:
        leaves = {
            "n_battery": m,
            "n_charger": n,
            "battery_excitations": m0,
            "charger_excitations": n0,
            "coupling": coupling,
            "battery_frequency": field,
            "ising": ising,
        }
        return run({name: jnp.asarray(value, float) for name, value in leaves.items()})

    return energies


@pytest.mark.parametrize(("field", "ising", "top"), tables.P2_TRANSFER)
def test_one_cell(spins: Any, field: float, ising: float, top: float) -> None:
    saved = spins(1, 10, 0, 5, field=field, ising=ising)
    transfer = closed.one_cell_excitation(TIMES, 10, 5, 1.0, field - 1, ising)
    assert transfer.max() <= top
    np.testing.assert_allclose(saved["energy"], field * transfer, **EXACT)
    np.testing.assert_allclose(saved["charger"], 5 - transfer, **EXACT)
    known = closed.one_cell_interaction(TIMES, 10, 5, 1.0, field - 1, ising)
    np.testing.assert_allclose(saved["interaction"], known, **EXACT)


@pytest.mark.parametrize("size", [2, 4, 11])
def test_two_cells(spins: Any, size: int) -> None:
    np.testing.assert_allclose(spins(2, size, 0, size)["energy"], closed.two_cells(TIMES, size), **EXACT)


@pytest.mark.parametrize(("cells", "start"), [(1, 0), (5, 2), (8, 7)])
def test_one_charger(spins: Any, cells: int, start: int) -> None:
    gain = spins(cells, 1, start, 1)["energy"] - start
    np.testing.assert_allclose(gain, solvable.one_charger(TIMES, cells, start), **EXACT)


@pytest.mark.parametrize(("cells", "size", "m", "n"), [(5, 7, 1, 4), (6, 3, 2, 2), (8, 8, 0, 8)])
def test_heisenberg_point(spins: Any, cells: int, size: int, m: int, n: int) -> None:
    exact = solvable.heisenberg(TIMES, cells, size, m, n)
    np.testing.assert_allclose(spins(cells, size, m, n, ising=1.0)["energy"], exact, **EXACT)


def test_sign_of_the_coupling_is_a_gauge(spins: Any) -> None:
    for name, values in spins(6, 7, 1, 5, coupling=-0.8, ising=0.3, field=1.4).items():
        np.testing.assert_allclose(values, spins(6, 7, 1, 5, coupling=0.8, ising=0.3, field=1.4)[name], **EXACT)


def test_one_cell_optima() -> None:
    best = qb.charge(qb.SpinCharger(1, 10, coupling=0.3, battery_frequency=1.7, ising=0.2, charger_excitations=4))
    known = closed.one_cell_optima(10, 4, 0.3, 0.7, 0.2)
    found = {
        "peak_time": best.first_peak.time,
        "peak": best.first_peak.value / 1.7,
        "power_time": best.max_average_power.time,
        "power": best.max_average_power.value / 1.7,
        "steepest_time": best.max_instantaneous_power.time,
        "steepest": best.max_instantaneous_power.value / 1.7,
    }
    for name, value in known.items():
        assert float(found[name]) == pytest.approx(value, rel=1e-10), name


def test_dark_half_of_a_localised_start() -> None:
    """Notes 4: P1's Eq. 17, corrected: half of a single excited charger spin of two is dark."""
    empty, full = (
        qb.evolve(qb.SpinCharger(2, 2, charger_excitations=start), TIMES).saved["energy"] for start in (qb.localised(1), None)
    )
    for p0 in (0.3, 1.0):
        np.testing.assert_allclose(p0 * empty + (1 - p0) * full, closed.thermal_spin(TIMES, p0), **EXACT)


def test_coherent_charger() -> None:
    theta, size = 2.0, 6
    battery = qb.SpinCharger(1, size, coupling=0.8, charger_excitations=qb.coherent(size * np.sin(theta / 2) ** 2))
    np.testing.assert_allclose(
        qb.evolve(battery, TIMES).saved["energy"], solvable.coherent_cell(TIMES, size, theta, 0.8), **EXACT
    )


def test_xx_coupling() -> None:
    """gamma = 1 without fields: cells turn by the charger's J^x, whatever the sizes."""
    tiny = 1e-9
    frequencies = {"battery_frequency": tiny, "charger_frequency": tiny}
    battery = qb.SpinCharger(5, 4, coupling=0.7, anisotropy=1.0, **frequencies)
    np.testing.assert_allclose(
        qb.evolve(battery, TIMES).saved["energy"] / tiny, solvable.xx_coupling(TIMES, 5, 4, 0.7), atol=1e-7
    )


# --------------------------------------------------------------------------------------------------------- light


@pytest.fixture(scope="module")
def light() -> Any:
    """Conserved: M up to 6, up to 6 photons."""
    limits = {"n_battery": [1, 6], "photons": [0, 6], "coupling": [0.5, 1], "cavity_frequency": [0.5, 1]}
    run = runner(qb.CavityCharger(6, 6).hull({name: np.array(ends) for name, ends in limits.items()}))

    def energies(m: int, photons: int, coupling: float = 1.0, cavity_frequency: float = 1.0) -> Any:
        leaves = {"n_battery": m, "photons": photons, "coupling": coupling, "cavity_frequency": cavity_frequency}
        return run({name: jnp.asarray(value, float) for name, value in leaves.items()})["energy"]

    return energies


def test_few_photons(light: Any) -> None:
    np.testing.assert_allclose(light(1, 4, 0.8, 0.7), closed.jaynes_cummings(TIMES, 4, 0.8, 0.3), **EXACT)
    np.testing.assert_allclose(light(6, 1, 0.8), closed.one_photon(TIMES, 6, 0.8), **EXACT)
    np.testing.assert_allclose(light(2, 5, 0.8), closed.two_cells_photons(TIMES, 5, 0.8), **EXACT)


@pytest.mark.parametrize(
    ("start", "weights"),
    [
        (qb.coherent(1.5), np.exp(-1.5) * np.cumprod([1.0, *(1.5 / np.arange(1, 40))])),
        (qb.thermal(0.4), (0.4 / 1.4) ** np.arange(60) / 1.4),
    ],
    ids=["coherent", "thermal"],
)
def test_one_cell_in_light(start: Any, weights: np.ndarray) -> None:
    energy = qb.evolve(qb.CavityCharger(1, start, coupling=0.8), TIMES).saved["energy"]
    np.testing.assert_allclose(energy, closed.jaynes_cummings_light(TIMES, weights, 0.8), **EXACT)


def test_dicke_without_fields() -> None:
    tiny = 1e-9
    battery = qb.CavityCharger(3, 2, coupling=0.5, counter_rotating=1.0, battery_frequency=tiny, cavity_frequency=tiny, cutoff=80)
    energy = qb.evolve(battery, TIMES[:12]).saved["energy"]
    np.testing.assert_allclose(energy / tiny, solvable.xx_cavity(TIMES[:12], 3, 2, 0.5), atol=1e-7)


@pytest.mark.parametrize("mean", [0.3, 30.0, 1000.0])
def test_one_cell_in_coherent_light_of_any_strength(mean: float) -> None:
    n = np.arange(int(mean + 20 * np.sqrt(mean)) + 40)
    weights = np.exp(n * np.log(mean) - mean - gammaln(n + 1.0))
    times = np.array([0.3, 0.7]) / np.sqrt(mean)
    exact = np.sum(weights * np.sin(np.sqrt(n) * times[:, None]) ** 2, axis=1)
    battery = qb.CavityCharger(1, qb.coherent(mean))
    np.testing.assert_allclose(qb.evolve(battery, times).saved["energy"], exact, rtol=0, atol=1e-11)


def test_coherent_light_begins_without_entanglement() -> None:
    """Coherent states are eigenstates of b: battery and light stay a product to first order in t."""
    battery = qb.CavityCharger(2, qb.coherent(4.0))
    found = qb.evolve(battery, [0.0, 1e-6, 1e-3], ["log_negativity", "entanglement_rate"]).saved
    assert abs(found["entanglement_rate"][0]) < 1e-9 and np.all(np.abs(found["log_negativity"][:2]) < 1e-14)
    ample = qb.evolve(battery.replace(cutoff=80), [1e-3], "log_negativity").saved["log_negativity"]
    np.testing.assert_allclose(found["log_negativity"][2], ample[0], rtol=1e-6)


@pytest.mark.parametrize("begun", [0, 1, 2])
@pytest.mark.parametrize("chargers", [3.0, 3.2, 3.9, 4 - 1e-5, 4.0, 7.3, 11.7])
def test_real_numbers_of_charger_spins(chargers, begun):
    """Against the chain written down: links (m + 1)(M - m) n (N - n + 1), with n = N - m + m0 excited spins."""
    cells, t = 3, 0.7
    m = np.arange(begun, cells) if begun else np.arange(cells)
    n = chargers - (m - begun)
    if begun:  # the battery may fall, too, where the charger has room
        down = np.arange(begun)
        up = chargers - (down - begun)
        m, n = np.concatenate([down, m]), np.concatenate([up, n])
    squared = np.where(n <= chargers, (m + 1) * (cells - m) * n * (chargers - n + 1), 0.0)
    h = np.diag(np.sqrt(np.maximum(squared, 0.0)), 1)
    psi = np.linalg.eigh(h + h.T)
    amplitudes = psi[1] @ (np.exp(-1j * t * psi[0]) * psi[1][begun])
    found = qb.evolve(qb.SpinCharger(cells, chargers, battery_excitations=begun), [t])
    assert abs(found.saved["energy"][0] - np.arange(cells + 1) @ np.abs(amplitudes) ** 2) < 1e-12
