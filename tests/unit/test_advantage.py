"""Collective against parallel charging, against tables and closed forms that know nothing of the library."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from truth import closed, tables

import jaxqb as qb
from jaxqb import advantage
from jaxqb.errors import MeritError, TimesError

TABLE_I = {row[0]: row for row in tables.TABLE_I if row[2] == "N_B"}


@pytest.fixture(scope="module")
def eta():
    """Advantage of equal sizes in one sweep: one compilation for all tests of it."""
    sizes = np.array([1, 19, 20, 21, 99, 100, 101])
    battery = qb.SpinCharger(n_battery=1, n_charger=1)
    ds = qb.sweep(qb.collective_advantage, battery, {("n_battery", "n_charger"): sizes})
    return ds.collective_advantage


def test_advantage_of_spin_chargers(eta):
    for size in (20, 100):
        assert float(eta.sel(n_battery=size)) == pytest.approx(tables.ETA[size], rel=1e-11)
    assert float(eta.sel(n_battery=1)) == pytest.approx(1, rel=1e-12)  # one cell has nobody to cooperate with


@pytest.mark.slow
def test_advantage_of_a_thousand_cells():
    battery = qb.SpinCharger(n_battery=1000, n_charger=1000)
    assert float(qb.collective_advantage(battery)) == pytest.approx(tables.ETA[1000], rel=1e-11)


@pytest.mark.parametrize("size", [20, 100])
def test_local_exponents(eta, size):
    central, backward = next(row[2:] for row in tables.BETA if row[:2] == (size, 0.0))
    sizes = np.array([size - 1, size, size + 1])
    values = eta.sel(n_battery=sizes).values
    assert advantage.local_exponent(values, sizes) == pytest.approx([central], abs=2e-10)
    assert advantage.backward_exponent(values, sizes)[0] == pytest.approx(backward, abs=2e-10)
    ratio = advantage.ratio_exponent(values, sizes)
    assert ratio[1] == pytest.approx(np.log(tables.ETA[size]) / np.log(size), rel=1e-11)


def test_parallel_power_is_the_sinc_peak_for_each_cell():
    p = closed.sinc_peak()[1]
    battery = qb.SpinCharger(n_battery=7, n_charger=3, coupling=0.3, battery_frequency=2.0, charger_frequency=2.0)
    assert float(advantage.parallel_power(battery)) == pytest.approx(7 * 0.3 * 2.0 * p, rel=1e-14)
    light = qb.CavityCharger(n_battery=4, photons=9, coupling=0.5)
    assert float(advantage.parallel_power(light)) == pytest.approx(4 * 0.5 * p, rel=1e-14)


def test_parallel_power_off_resonance_with_every_other_coupling():
    """The closed form of the exchange against a scan of the independent one-cell curve."""
    battery = qb.SpinCharger(
        2,
        5,
        coupling=0.7,
        anisotropy=0.4,
        ising=0.6,
        battery_frequency=1.5,
        charger_frequency=0.9,
        charger_crosstalk=0.3,
    )
    t = np.linspace(0.9, 1.9, 20_001)
    power = 1.5 * closed.one_cell_excitation(t, 1, 1, 0.7, 1.5 - 0.9, 0.6) / t
    assert float(advantage.parallel_power(battery)) == pytest.approx(2 * power.max(), rel=1e-8)


def test_parallel_power_agrees_with_charging_one_cell():
    battery = qb.SpinCharger(3, 4, anisotropy=0.8, ising=0.5, battery_frequency=2.0, battery_crosstalk=0.2)
    single = battery.replace(n_battery=1, n_charger=1)
    assert float(advantage.parallel_power(battery)) == pytest.approx(
        3 * float(qb.charge(single, figures="max_average_power").max_average_power.value), rel=1e-11
    )


def test_counter_rotating_light_is_solved_for_one_cell():
    battery = qb.CavityCharger(n_battery=3, photons=3, counter_rotating=0.6)
    single = qb.CavityCharger(n_battery=1, photons=1, counter_rotating=0.6)
    expected = 3 * float(qb.charge(single, figures="max_average_power").max_average_power.value)
    assert float(advantage.parallel_power(battery)) == pytest.approx(expected, rel=1e-10)
    assert expected != pytest.approx(3 * closed.sinc_peak()[1], rel=1e-3)


def test_cavity_advantage_in_units_of_either_coupling():
    size, value = tables.TC_ETA[0]
    battery = qb.CavityCharger(n_battery=size, photons=size)
    bare = float(qb.collective_advantage(battery))
    assert bare * np.sqrt(size) == pytest.approx(value, rel=1e-9)  # the table has g~ = sqrt(N) g, in units of g
    assert float(qb.collective_advantage(battery, normalisation="rescaled")) == pytest.approx(value / size, rel=1e-9)


@pytest.mark.parametrize("frequency", [1.0, 1.6])
def test_a_mirrored_cell_against_itself(frequency):
    """From the vacuum to (full, one quantum): two levels of detuning omega_B - omega_c, as with light that is not mirrored."""
    battery = qb.CavityCharger(1, 0, mirrored=True, coupling=0.7, cavity_frequency=frequency)
    assert float(qb.collective_advantage(battery)) == pytest.approx(1.0, rel=1e-10)
    turn = np.hypot(1 - frequency, 2 * 0.7)
    t = np.linspace(1e-3, 8.0, 400_001)
    power = np.max((2 * 0.7 / turn * np.sin(turn * t / 2)) ** 2 / t)
    assert float(advantage.parallel_power(battery)) == pytest.approx(power, rel=1e-8)


def test_rescaled_coupling_divides_power_by_the_root():
    """On resonance powers are proportional to the coupling."""
    battery = qb.SpinCharger(n_battery=20, n_charger=20)
    rescaled = float(qb.collective_advantage(battery, normalisation="rescaled"))
    assert rescaled == pytest.approx(tables.ETA[20] / np.sqrt(20), rel=1e-11)


def test_a_window_holds_for_both_sides():
    """Before either optimum the powers are those at the end of the window."""
    battery = qb.SpinCharger(n_battery=2, n_charger=2)
    t = 0.3
    together = closed.two_cells(t, 2) / t
    apart = 2 * np.sin(t) ** 2 / t
    assert float(qb.collective_advantage(battery, window=t)) == pytest.approx(together / apart, rel=1e-10)


def test_advantage_is_differentiable():
    """By a detuning, against a finite difference."""
    advantage_of = jax.jit(jax.value_and_grad(lambda w: qb.collective_advantage(qb.SpinCharger(3, 4, battery_frequency=w))))
    slope = advantage_of(1.4)[1]
    step = 1e-5
    expected = (advantage_of(1.4 + step)[0] - advantage_of(1.4 - step)[0]) / (2 * step)
    assert float(slope) == pytest.approx(float(expected), rel=1e-6)
    assert abs(float(slope)) > 1e-3


@pytest.mark.parametrize("chargers", [100, 200, 300])
def test_table_of_the_central_spin_paper(table, chargers):
    *_, alpha, beta, _, _ = TABLE_I[chargers]
    powers = table.max_average_power.sel(n_charger=chargers).values
    law = advantage.fitted_exponent(powers, table.n_battery.values)
    assert law.exponent == pytest.approx(alpha, abs=2e-10)
    assert law.prefactor == pytest.approx(beta, abs=2e-10)


@pytest.fixture(scope="module")
def table():
    battery = qb.SpinCharger(n_battery=1, n_charger=100)
    axes = {"n_charger": [100, 200, 300], ("n_battery", "charger_excitations"): range(1, 51)}
    return qb.sweep("max_average_power", battery, axes)


SIZES = np.array([1.0, 2.0, 5.0, 11.0])


def test_a_power_law_has_one_exponent_whatever_the_definition():
    values = 3.0 * SIZES**1.7
    assert advantage.local_exponent(values, SIZES) == pytest.approx([1.7, 1.7])
    assert advantage.backward_exponent(values, SIZES) == pytest.approx([1.7] * 3)
    assert advantage.fitted_exponent(values, SIZES) == pytest.approx((1.7, 3.0))
    assert advantage.ratio_exponent(SIZES**1.7, SIZES) == pytest.approx([np.nan, 1.7, 1.7, 1.7], nan_ok=True)


def test_exponents_take_jax_arrays_and_derivatives():
    """The slope of the fitted exponent by one value, from the normal equations."""
    values = 3.0 * SIZES**1.7
    slope = jax.grad(lambda v: advantage.fitted_exponent(v, SIZES).exponent)(jnp.asarray(values))
    off = np.log(SIZES) - np.log(SIZES).mean()
    assert np.asarray(slope) == pytest.approx(off / (off @ off) / values)


WRONG = {
    "lengths": (lambda: advantage.local_exponent([1.0, 2.0], [1, 2, 3]), "one for each size"),
    "too few": (lambda: advantage.local_exponent([1.0, 2.0], [1, 2]), "at least 3"),
    "order": (lambda: advantage.fitted_exponent([1.0, 2.0], [2, 1]), "must increase"),
    "sign": (lambda: advantage.backward_exponent([1.0, -2.0], [1, 2]), "`values` must be positive"),
    "zero": (lambda: advantage.ratio_exponent([1.0], [0]), "`sizes` must be positive"),
    "normalisation": (
        lambda: qb.collective_advantage(qb.SpinCharger(2, 2), normalisation="none"),
        "'bare' or 'rescaled'",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said(name):
    call, sentence = WRONG[name]
    with pytest.raises(MeritError, match=sentence) as error:
        call()
    assert "; fix: " in str(error.value)


def test_a_wrong_window_is_said():
    with pytest.raises(TimesError, match="positive time"):
        qb.collective_advantage(qb.SpinCharger(2, 2), window=-1.0)
