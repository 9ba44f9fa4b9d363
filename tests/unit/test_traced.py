"""Values that are known only when a program runs: what a constructor refuses is not a number then, and never a plausible one."""

import subprocess
import sys

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxqb as qb
from jaxqb.errors import CutoffError, FieldError, MeritError, Status

T = [0.3, 0.7]


def energies(battery, ts, method=None):
    """With the status."""
    sol = qb.evolve(battery, ts, method=method)
    return sol.saved["energy"], sol.status


MADE = {
    "thermal spins": (lambda x: qb.SpinCharger(2, 2, battery_excitations=qb.thermal(x)), 1.2, [3.0, -0.1]),
    "coherent spins": (lambda x: qb.SpinCharger(2, 2, charger_excitations=qb.coherent(x)), 1.2, [2.5, -0.1]),
    "populations": (
        lambda x: qb.SpinCharger(2, 2, charger_excitations=qb.populations(x)),
        [0.2, 0.3, 0.5],
        [[0.0, 0.0, 2.0], [-1.0, 0.0, 2.0], [0.2, 0.2, 0.2]],
    ),
    "too many": (lambda x: qb.SpinCharger(1, 2, battery_excitations=qb.populations(x)), [0.5, 0.5, 0.0], [[0.5, 0.0, 0.5]]),
    "thermal light": (lambda x: qb.CavityCharger(2, qb.thermal(x), cutoff=40), 0.6, [3.0, -0.5]),
    "coherent light": (lambda x: qb.CavityCharger(2, qb.coherent(x), cutoff=20), 1.5, [12.0, -0.5]),
    "occupation": (lambda x: qb.DarkStateBattery(1, 3, thermal_occupation=x), 0.5, [-0.5]),
    "dark start": (lambda x: qb.DarkStateBattery(1, 3, battery_excitations=qb.thermal(x)), 0.5, [1.5]),
    "loss": (lambda x: qb.WaveguideBattery(1.2, 0.3, 0.3, loss=x), 0.1, [-1.0]),
    "level in the dark": (lambda x: qb.DarkStateBattery(2, 4, battery_excitations=x), 1.0, [3.0, 0.5, -1.0, np.nan]),
    "level of noisy spins": (
        lambda x: qb.DarkStateBattery(2, 3, battery_excitations=x, local_decay=0.1),
        1.0,
        [3.0, 0.4, -1.0, np.nan],
    ),
    "level of a chain": (lambda x: qb.SpinCharger(2, 4, battery_excitations=x), 1.0, [3.0, 0.5, -1.0, np.nan]),
    "level of a grid": (lambda x: qb.SpinCharger(2, 4, 1.0, 0.1, battery_excitations=x), 1.0, [3.0, 0.5, -1.0, np.nan]),
    "charger of a grid": (lambda x: qb.SpinCharger(2, 4, 1.0, 0.1, charger_excitations=x), 3.0, [5.0, 2.5, -1.0]),
    "beside a mixture": (
        lambda x: qb.SpinCharger(2, 3, 1.0, 0.1, battery_excitations=x, charger_excitations=qb.localised(1)),
        1.0,
        [3.0, 0.5, -1.0],
    ),
    "photons": (lambda x: qb.CavityCharger(2, x, counter_rotating=0.1, cutoff=20), 2.0, [2.5, -1.0, 21.0]),
    "level beside light": (
        lambda x: qb.CavityCharger(2, qb.coherent(1.0), battery_excitations=x),
        1.0,
        [3.0, 0.5, -1.0],
    ),
}


@pytest.mark.parametrize("make, good, bad", MADE.values(), ids=MADE)
def test_what_no_battery_can_have(make, good, bad):
    method = qb.Resolvent(horizon=1.0) if make(good).memory else None
    run = jax.jit(lambda x: energies(make(x), T, method))
    energy, status = run(jnp.asarray(good))
    assert status == Status.OK
    assert np.allclose(energy, qb.evolve(make(good), T).saved["energy"], atol=1e-10)
    for value in bad:
        energy, status = run(jnp.asarray(value))
        assert np.all(np.isnan(energy)) and status == Status.OUTSIDE_PADDING


FED = lambda start: lambda n, **padding: qb.SpinCharger(2, n, charger_excitations=start, **padding)  # noqa: E731
DARK = lambda start: lambda n, **padding: qb.DarkStateBattery(n, 7, battery_excitations=start, **padding)  # noqa: E731
FIVE, FOUR = {"joints": 5, "levels": 20}, {"joints": 4, "levels": 20, "battery_levels": 4}
SIZED = {
    "localised charger": (FED(qb.localised(5)), {"levels": 3}, [6, 12], [4]),
    "thermal charger": (FED(qb.thermal(2.0)), {"levels": 3, "charger_levels": 5}, [2, 4], [1, 5, 6, 4.5]),
    "localised cells": (DARK(qb.localised(2)), FIVE, [2, 4], [1, 5, 6]),
    "localised cells without room": (DARK(qb.localised(2)), FOUR, [3], [4, 6]),
    "thermal cells": (DARK(qb.thermal(2.0)), FOUR, [3], [1, 4, 6]),
    "cells in one level": (DARK(2.0), FOUR, [3], [1, 4, 6]),
}


@pytest.mark.parametrize("make, padding, good, bad", SIZED.values(), ids=SIZED)
def test_sizes_and_the_room_of_mixed_starts(make, padding, good, bad):
    """Sizes that fit give what known ones give; where weight of the start has no room, there is no plausible number."""
    run = jax.jit(lambda n: energies(make(n, **padding), [0.0, 0.5]))
    for n in good:
        energy, status = run(float(n))
        assert status == Status.OK
        assert np.allclose(energy, qb.evolve(make(n), [0.0, 0.5]).saved["energy"], rtol=0, atol=1e-12)
    for n in bad:
        energy, status = run(float(n))
        assert np.all(np.isnan(energy)) and status == Status.OUTSIDE_PADDING


def test_a_battery_has_room_for_its_joint_spins():
    with pytest.raises(FieldError, match=r"`battery_levels` must be an integer of at least 7, .*; fix: use battery_levels=7"):
        jax.jit(lambda n: energies(DARK(2.0)(n, joints=7, levels=20, battery_levels=4), T))(3.0)


def test_slopes_by_a_thermal_mean_beside_a_traced_size():
    def energy(mean, n, **padding):
        return qb.evolve(qb.SpinCharger(2, n, charger_excitations=qb.thermal(mean), **padding), [0.5]).saved["energy"][0]

    value, slope = jax.jit(jax.value_and_grad(lambda mean, n: energy(mean, n, levels=3, charger_levels=7)))(2.0, 6.0)
    assert abs(value - energy(2.0, 6)) < 1e-12
    assert abs(slope - (energy(2.001, 6) - energy(1.999, 6)) / 0.002) < 1e-6


def test_traced_populations_mean_what_known_ones_do():
    """Which are divided by their sum, if this is one but for a small error."""
    vector = np.array([0.2, 0.3, 0.5]) * (1 + 5e-7)
    energy = lambda x: qb.evolve(qb.SpinCharger(2, 2, charger_excitations=qb.populations(x)), T).saved["energy"]  # noqa: E731
    assert np.allclose(jax.jit(energy)(vector), energy(vector), rtol=0, atol=1e-13)


def test_light_of_an_unknown_mean():
    """Against sin^2: one cell, resonant, takes sum_n p_n sin^2(sqrt(n) t)."""
    n = np.arange(400)

    def truth(mean):
        return np.sum(mean**n / (1 + mean) ** (n + 1) * np.sin(np.sqrt(n) * 0.5) ** 2)

    energy = lambda mean, **keys: qb.evolve(qb.CavityCharger(1, qb.thermal(mean), **keys), [0.5]).saved["energy"][0]  # noqa: E731
    value, slope = jax.jit(jax.value_and_grad(lambda mean: energy(mean, cutoff=120)))(3.0)
    assert abs(value - truth(3.0)) < 1e-12
    assert abs(slope - (truth(3.001) - truth(2.999)) / 0.002) < 1e-6
    with pytest.raises(CutoffError, match=r"`photons` must have a mean that is known before tracing, .* pass `cutoff=`"):
        jax.jit(energy)(3.0)


def test_light_that_no_longer_fits_its_levels():
    for start, far in ((qb.thermal(1.0), 5.0), (qb.coherent(1.0), 9.0)):
        battery = qb.CavityCharger(2, start)
        status = jax.jit(lambda mean: qb.evolve(eqx.tree_at(lambda b: b.photons.mean, battery, mean), T).status)  # noqa: B023
        assert status(1.0) == Status.OK and status(far) == Status.OUTSIDE_PADDING


TIMED = {
    "eigen": (qb.SpinCharger(3, 4), None),
    "chebyshev": (qb.SpinCharger(3, 4), qb.Chebyshev()),
    "uniformization": (qb.DarkStateBattery(2, 4), None),
    "exponential": (qb.DarkStateBattery(1, 2, local_decay=0.1), None),
    "stepped": (qb.SpinChain.dimer(4, gap_ratio=0.25), None),
}


@pytest.mark.parametrize("battery, method", TIMED.values(), ids=TIMED)
def test_times_that_are_none(battery, method):
    run = jax.jit(lambda ts: energies(battery, ts, method))
    good = jnp.array([0.2, 0.4, 0.9])
    assert np.allclose(run(good)[0], qb.evolve(battery, good, method=method).saved["energy"], atol=1e-9)
    for bad in ([0.2, np.nan, 0.9], [-0.2, 0.4, 0.9], [0.2, 0.9, 0.4], [0.2, 0.4, np.inf]):
        energy, status = run(jnp.array(bad))
        assert np.all(np.isnan(energy)) and status == Status.NOT_FINITE


def test_a_figure_that_is_no_number_has_no_derivative():
    energy = lambda g: qb.evolve(qb.SpinCharger(2, 2, coupling=g), [0.5, 1.0])  # noqa: E731
    filling = lambda w: qb.evolve(qb.SpinCharger(2, 2, battery_frequency=w), [0.5], "filling").saved["filling"][0]  # noqa: E731
    value, slope = jax.jit(jax.value_and_grad(filling))(0.0)
    assert np.isnan(value) and np.isnan(slope)
    late = lambda g: qb.evolve(  # noqa: E731
        qb.SpinChain.uniform(3, damping=g), [50.0], method=qb.Adaptive(max_steps=8)
    ).saved["energy"][0]
    value, slope = jax.jit(jax.value_and_grad(late))(0.1)
    assert np.isnan(value) and np.isnan(slope)
    assert "status" not in repr(jax.vmap(energy)(jnp.array([1.0, 2.0]))) and "energy[2, 2]" in repr(jax.vmap(energy)(jnp.ones(2)))


def test_unknown_fields_are_not_put():
    with pytest.raises(FieldError, match="`couplng` must be a field of SpinCharger, but it is none; fix: write coupling"):
        qb.SpinCharger(2, 2).put(couplng=3.0)
    start = qb.SpinCharger(2, 2).put(charger_excitations=qb.thermal(1.0)).charger_excitations
    assert float(start.mean) == 1.0


def test_names_of_what_is_saved():
    battery, full = qb.SpinCharger(1, 1), qb.merit.ergotropy.with_(space="full")
    assert full.with_().space == "full"
    known = [qb.merit.energy_per_cell, qb.merit.average_power, full]
    assert set(qb.evolve(battery, T, known).saved) == {"energy_per_cell", "average_power", "ergotropy"}
    assert set(qb.evolve(battery, T, qb.merit.energy_per_cell).saved) == {"energy_per_cell"}
    with pytest.raises(MeritError, match="two of 'ergotropy'"):
        qb.evolve(battery, T, [qb.merit.ergotropy, full])
    with pytest.raises(MeritError, match="'time' means something else"):
        qb.evolve(battery, T, {"time": "energy"})


def test_a_status_is_one_of_those():
    figure = lambda status: lambda b: {"x": 1.0 * b.coupling, "status": status}  # noqa: E731
    found = qb.sweep(figure(300), qb.SpinCharger(1, 1), {"coupling": [1.0, 2.0]})
    assert found.status.values.tolist() == [Status.NOT_FINITE] * 2
    with pytest.raises(MeritError, match=r"`status` must be one integer, but it has shape \(2,\)"):
        qb.sweep(figure(jnp.zeros(2, int)), qb.SpinCharger(1, 1), {"coupling": [1.0, 2.0]})


def test_a_sweep_follows_the_settings_of_jax():
    figure = lambda b: b.coupling * jax.random.normal(jax.random.key(0))  # noqa: E731
    draw = lambda: float(qb.sweep(figure, qb.SpinCharger(1, 1), {"coupling": [1.0]}).value[0])  # noqa: E731
    first, usual = draw(), jax.config.jax_default_prng_impl
    try:
        jax.config.update("jax_default_prng_impl", "rbg")
        assert draw() == float(jax.random.normal(jax.random.key(0))) != first
    finally:
        jax.config.update("jax_default_prng_impl", usual)


def test_numbers_of_methods_are_those_of_python():
    late = jnp.linspace(0.0, 3.0, 4)[-1]
    assert hash(qb.Resolvent(horizon=late)) == hash(qb.Resolvent(horizon=3.0))
    assert qb.Adaptive(rtol=np.float64(1e-9), max_steps=1e5) == qb.Adaptive(rtol=1e-9, max_steps=100_000)


CASES = """[
    qb.DarkStateBattery(2, 4), qb.SpinCharger(3, 6), qb.SpinCharger(2, 4, anisotropy=0.4),
    qb.CavityCharger(3, 6, counter_rotating=0.2), qb.WaveguideBattery(1.2, 0.3, 0.3),
    qb.SpinCharger(2, 9, charger_excitations=qb.thermal(4.0)), qb.DarkStateBattery(3, 5, battery_excitations=qb.localised(1)),
]"""
SINGLE = f"""
import warnings
import jaxqb as qb

warnings.simplefilter("ignore")
for battery in {CASES}:
    found = qb.charge(battery, 20.0)
    figures = found.first_peak, found.max_energy, found.max_average_power, found.max_instantaneous_power
    print(int(found.status), *(float(figure.value) for figure in figures))
print(qb.first_time(qb.SpinChain.uniform(4, 0.05, 0.0), "filling", 0.02).time)
"""


def test_charging_in_single_precision():
    """In a process of its own, which has no other."""
    *rows, late = subprocess.run([sys.executable, "-c", SINGLE], capture_output=True, text=True, check=True).stdout.splitlines()
    for row, battery in zip(rows, eval(CASES), strict=True):
        double = qb.charge(battery, 20.0)
        figures = double.first_peak, double.max_energy, double.max_average_power, double.max_instantaneous_power
        status, *values = map(float, row.split())
        assert status == double.status
        assert np.allclose(values, [figure.value for figure in figures], rtol=5e-3, equal_nan=True)
    assert abs(float(late) - 78.24046) < 5e-3
