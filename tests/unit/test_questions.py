"""Questions that are seldom asked are answered, or refused in a sentence."""

import jax
import numpy as np
import pytest

import jaxqb as qb
from jaxqb.errors import MeritError

TS = np.array([0.3, 1.1])


@pytest.mark.parametrize("wrap", [lambda f: f, qb.merit.Rate, qb.merit.Average], ids=["itself", "rate", "average"])
@pytest.mark.parametrize(
    ("function", "named"),
    [
        (lambda battery, state: None, "return numbers"),
        (lambda battery, state: float(state.battery_excitations()), "asks for one"),
    ],
    ids=["nothing", "known"],
)
def test_functions_within_rates_answer_in_sentences(wrap, function, named):
    with pytest.raises(MeritError, match=rf"`save\['mine'\]` .*{named}"):
        qb.evolve(qb.SpinCharger(1, 1), [0.3], {"mine": wrap(function)})
    if wrap is not qb.merit.Average:
        with pytest.raises(MeritError, match=f"`figure` .*{named}"):
            qb.first_time(qb.SpinCharger(1, 1), wrap(function), 0.5)


def test_rates_and_averages_of_functions():
    """Those of the energy, sin(t)^2."""
    energy = lambda battery, state: battery.battery_frequency * state.battery_excitations()  # noqa: E731
    saved = qb.evolve(qb.SpinCharger(1, 1), TS, {"rate": qb.merit.Rate(energy), "mean": qb.merit.Average(energy)}).saved
    assert saved["rate"] == pytest.approx(np.sin(2 * TS), abs=1e-12) and saved["mean"] == pytest.approx(np.sin(TS) ** 2 / TS)


class Fixed(qb.AbstractBattery):
    """One excited spin that decays with rate 1; nothing of it can be chosen."""

    structure = None
    n_battery = battery_frequency = 1.0

    def law(self):
        return qb.OpenBattery(np.zeros((2, 2)), [[[0.0, 1.0], [0.0, 0.0]]], [1.0], np.diag([0.0, 1.0]), [0.0, 1.0]).law()

    def laws(self):
        return {"operators": self.law()}

    def capacity(self):
        return 1.0

    def charger_quantum(self):
        return 1.0

    def amplitudes(self):
        return 4


def test_a_battery_without_fields():
    battery = Fixed()
    for law in (None, battery.law()):
        assert qb.evolve(battery, TS, law=law).saved["energy"] == pytest.approx(np.exp(-TS))


def test_an_equation_with_memory_at_its_start():
    battery = qb.WaveguideBattery(0.6, 0.1, 0.5)
    for method in (qb.Volterra(), qb.Resolvent()):
        assert qb.evolve(battery, [0.0], "charger_energy", method=method).saved["charger_energy"] == pytest.approx(0.6)


def test_means_over_trajectories_have_no_maxima():
    chain = qb.SpinChain.uniform(2)
    with pytest.raises(MeritError, match="`law` must be one whose figures have slopes"):
        qb.maxima(chain, "energy", 1.0, law=chain.trajectories(20, jax.random.key(0)))
