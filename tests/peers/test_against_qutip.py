"""jaxqb against QuTiP: operators by `jmat` and `destroy`, states by its own solver, figures by its own functions."""

from typing import Any

import numpy as np
import pytest
import qutip

import jaxqb as qb

pytestmark = pytest.mark.peer

TIMES = np.array([0.0, 0.4, 1.1, 2.6])
TIGHT = {"atol": 1e-12, "rtol": 1e-12, "nsteps": 100_000}


def solved(h: Any, start: Any) -> list[Any]:
    """Density matrices at TIMES by QuTiP's adaptive integration."""
    run = qutip.sesolve(h, start, TIMES, options=TIGHT) if start.isket else qutip.mesolve(h, start, TIMES, options=TIGHT)
    return [qutip.ket2dm(state) if state.isket else state for state in run.states]


def figures(rho: Any, cells: int, frequency: float) -> dict[str, float]:
    """Levels of qutip's J matrices are in falling order."""
    battery = rho.ptrace(0)
    energies = frequency * np.arange(cells, -1, -1.0)
    passive = np.sort(battery.eigenenergies())[::-1] @ np.sort(energies)
    energy = float(np.real(battery.diag()) @ energies)
    twisted = qutip.partial_transpose(rho, [1, 0]).eigenenergies()
    return {
        "energy": energy,
        "ergotropy": energy - passive,
        "purity": battery.purity(),
        "log_negativity": float(np.log2(np.abs(twisted).sum())),
    }


def assert_same_figures(battery: Any, h: Any, start: Any) -> None:
    """All figures at all times."""
    cells, frequency = int(battery.n_battery), float(battery.battery_frequency)
    names = ("energy", "ergotropy", "purity", "log_negativity")
    saved = qb.evolve(battery, TIMES, names).saved
    for t, rho in enumerate(solved(h, start)):
        for name, value in figures(rho, cells, frequency).items():
            # the root in the negativity turns an error of 1e-12 in a vanishing amplitude into 1e-6
            tolerance = 1e-8 if name != "log_negativity" else 2e-6
            assert float(saved[name][t]) == pytest.approx(value, abs=tolerance), (name, TIMES[t])


def spins(m: int, n: int, g: float, gamma: float, ising: float, w_b: float, w_c: float) -> Any:
    """H of `SpinCharger`."""
    one_b, one_c = qutip.qeye(m + 1), qutip.qeye(n + 1)
    s = {a: qutip.tensor(qutip.Qobj(qutip.jmat(m / 2, a)), one_c) for a in ("z", "+", "-")}
    j = {a: qutip.tensor(one_b, qutip.Qobj(qutip.jmat(n / 2, a))) for a in ("z", "+", "-")}
    pair = s["+"] @ j["-"] + gamma * s["+"] @ j["+"]
    return w_b * s["z"] + w_c * j["z"] + g * (pair + pair.dag()) + 2 * ising * s["z"] @ j["z"]


def test_anisotropic_spins() -> None:
    parameters = (0.6, 0.7, 0.3, 1.2, 0.9)
    names = ("coupling", "anisotropy", "ising", "battery_frequency", "charger_frequency")
    battery = qb.SpinCharger(3, 4, charger_excitations=3, **dict(zip(names, parameters, strict=True)))
    assert_same_figures(battery, spins(3, 4, *parameters), qutip.tensor(qutip.basis(4, 3), qutip.basis(5, 1)))


def test_mixed_charger() -> None:
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    battery = qb.SpinCharger(2, 3, coupling=0.8, charger_excitations=weights)
    charger = qutip.Qobj(np.diag(weights[::-1]))
    start = qutip.tensor(qutip.ket2dm(qutip.basis(3, 2)), charger)
    assert_same_figures(battery, spins(2, 3, 0.8, 0.0, 0.0, 1.0, 1.0), start)


def test_dicke_battery_in_coherent_light() -> None:
    cut, mean = 34, 0.6
    parameters = {"coupling": 0.35, "counter_rotating": 0.9, "battery_frequency": 1.1, "cavity_frequency": 0.8}
    battery = qb.CavityCharger(2, qb.coherent(mean), cutoff=cut - 1, **parameters)
    s = {a: qutip.tensor(qutip.Qobj(qutip.jmat(1, a)), qutip.qeye(cut)) for a in ("z", "+", "-")}
    b = qutip.tensor(qutip.qeye(3), qutip.destroy(cut))
    h = 1.1 * s["z"] + 0.8 * b.dag() @ b + 0.35 * (s["+"] @ b + s["-"] @ b.dag())
    h += 0.35 * 0.9 * (s["+"] @ b.dag() + s["-"] @ b)
    light = qutip.coherent(cut, np.sqrt(mean), method="analytic")
    assert_same_figures(battery, h, qutip.tensor(qutip.basis(3, 2), light))
