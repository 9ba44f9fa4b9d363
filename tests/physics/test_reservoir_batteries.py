"""What a look from outside found: states that are bound elsewhere, strong couplings, horizons, and looser tolerances."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxqb as qb
from jaxqb.errors import FieldError, TimesError, ToleranceError

TIMES = np.array([2.0, 9.0])


def amplitudes(battery, method):
    return qb.evolve(battery, TIMES, ["amplitudes"], method=method).saved["amplitudes"]


def test_a_horizon_is_kept():
    battery = qb.WaveguideBattery(1.23, 0.42, 0.31)
    with pytest.raises(TimesError, match="lie within the horizon"):
        qb.evolve(battery, [5.0, 50.0], method=qb.Resolvent(horizon=10.0))
    late = jax.jit(lambda ts: qb.evolve(battery, ts, method=qb.Resolvent(horizon=10.0)).saved["energy"])(jnp.array([5.0, 50.0]))
    assert np.isfinite(late[0]) and np.isnan(late[1])


def test_looser_tolerances_are_met_at_less_cost():
    battery = qb.WaveguideBattery(0.9, 0.1, 0.5)
    exact = amplitudes(battery, None)
    for tolerance in (1e-9, 1e-6):
        error = np.max(np.abs(amplitudes(battery, qb.Resolvent(9.0, tolerance=tolerance)) - exact))
        assert 1e-15 < error < tolerance
    with pytest.raises(ToleranceError, match="lie between"):
        qb.Resolvent(tolerance=1e-16)


def test_what_decays_otherwise_is_not_bound():
    battery = qb.WaveguideBattery(1.4, 0.1, 0.5, loss=1e-3)
    assert battery.long_time().max_energy == 0
    states = battery.bound_states(beyond=10.0)
    # one state, most of which is light that does not decay
    energy = qb.evolve(battery, [1000.0, 2000.0]).saved["energy"]
    np.testing.assert_allclose(np.log(energy[0] / energy[1]) / 1000.0, states.width[0], rtol=0.02)


@pytest.mark.parametrize("reservoir", [qb.reservoirs.Ohmic(0.05, 5.0), qb.reservoirs.Exponentials([0.04], [1.0], [0.5])])
def test_half_of_the_excitation_is_dark_in_a_shared_reservoir(reservoir):
    battery = qb.ReservoirBattery(1.0, reservoir)
    np.testing.assert_allclose(battery.long_time().max_energy, 0.25)
    # the odd superposition turns with the frequency that the counter-term leaves it
    np.testing.assert_allclose(battery.bound_states().energy[1], 1.0 + reservoir.shift())


def test_a_state_above_a_hard_cutoff():
    bath = qb.reservoirs.Ohmic(0.7, 2.0, shape="hard")
    states = qb.ReservoirBattery(1.5, bath).bound_states()
    energy, residue = states.energy[2], states.residue[2]
    # J = 0.7 w below 2: S(E) = 0.7 (2 + E log((E - 2) / E)), twice, and its slope by differences
    s = lambda e: 1.4 * (2 + e * np.log((e - 2) / e))  # noqa: E731
    np.testing.assert_allclose(energy - 1.5 - bath.shift() + s(energy), 0.0, atol=1e-12)
    np.testing.assert_allclose(residue, 1 / (1 + (s(energy + 1e-5) - s(energy - 1e-5)) / 2e-5), rtol=1e-7)


def test_a_bath_without_counter_term():
    battery = qb.ReservoirBattery(1.0, qb.reservoirs.Ohmic(0.5, 3.0, counter_term=False))
    assert battery.bound_states().energy[0] < 0
    np.testing.assert_allclose(amplitudes(battery, None), amplitudes(battery, qb.Volterra(panels=24, order=8)), atol=1e-10)


def test_maxima_at_strong_coupling():
    battery = qb.WaveguideBattery(1.0, 0.05, 20.0)
    best = qb.charge(battery, 12.0, figures=["max_instantaneous_power", "max_energy"])
    ts = np.linspace(0.01, 12.0, 3001)
    saved = qb.evolve(battery, ts, ["energy", "instantaneous_power"]).saved
    for figure, curve in ((best.max_energy, saved["energy"]), (best.max_instantaneous_power, saved["instantaneous_power"])):
        assert figure.value >= np.max(curve) - 1e-9
        assert abs(figure.time - ts[np.argmax(curve)]) < ts[1]


def test_several_batteries_are_not_mixed():
    with pytest.raises(FieldError, match="be one number where bound states are asked for"):
        qb.WaveguideBattery([1.0, 1.2], 0.42, 0.31).bound_states()


def test_what_an_array_was_given_is_kept():
    array = qb.WaveguideArray(1.23, [0.0, 0.42], 0.31)
    assert array.replace(positions=[0.0, 0.42, 0.8]).law().own.shape == (3,)
    wrong = jax.jit(lambda c: qb.evolve(qb.WaveguideArray(1.23, [0.0, 0.42], 0.31, initial=c), TIMES).saved["energy"])
    assert np.all(np.isnan(wrong(jnp.array([5.0, 1.0]))))
