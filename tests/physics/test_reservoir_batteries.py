"""What a look from outside found: states that are bound elsewhere, strong couplings, horizons, and looser tolerances."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxqb as qb
from jaxqb import reservoirs
from jaxqb.errors import FieldError, TimesError, ToleranceError

RESERVOIRS = [
    (reservoirs.BandEdge, (0.3, 0.8), 0.0),
    (reservoirs.BandEdge, (1e-3, 100.0), 0.0),
    (reservoirs.Exponentials, ([0.04, 1e-3], [1.0, 30.0], [1e-6, 1.0]), 0.0),
    (reservoirs.Ohmic, (0.1, 5.0, 0.1), 0.0),
    (reservoirs.Ohmic, (0.01, 500.0, 8.0), 0.0),
    (reservoirs.Ohmic, (0.7, 2.0, 0.3, "hard"), 0.0),
    (reservoirs.Waveguide, (0.5,), 6.0),
    (reservoirs.Waveguide, (0.5, 0.1), 0.3),
]
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


class Lorentzian(reservoirs.AbstractReservoir):
    """A reservoir of a user's own: one mode, which decays, or does not, or grows."""

    width: float = 0.5
    mistake: float = 1.0

    @property
    def edge(self):
        return -np.inf

    def extent(self):
        return 0.5, 1.5

    def kernel(self, t, x=0.0):
        return 0.04 * jnp.exp(-(1j + self.width) * t) + 0 * x

    def density(self, w, x=0.0):
        return 0.04 * self.width / np.pi / ((w - 1) ** 2 + self.width**2) + 0 * x

    def self_energy(self, z, x=0.0, through=False):
        return -0.04 * self.mistake / (z - 1 + 1j * self.width) + 0 * x


class Endless(Lorentzian):
    def extent(self):
        return super(Lorentzian, self).extent()


class OneSheet(reservoirs.BandEdge):
    def response(self, z, through):
        return super().response(z, False)


class Slow(reservoirs.BandEdge):
    """Hardly integrable: f = t^(-0.95) is beyond what the rule for its transform can do, so that nothing is said of it."""

    def memory(self, t):
        return self.strength * jnp.exp(-1j * self.edge * t) * t**-0.95


@pytest.mark.parametrize("kind, fields, distance", RESERVOIRS)
def test_reservoirs_keep_their_promises(kind, fields, distance):
    mine = type("Mine", (kind,), {"__module__": __name__})  # what is jaxqb's own is not looked at
    assert type(qb.ReservoirBattery(1.1, mine(*fields), distance=distance).reservoir) is mine  # it is not refused


def test_a_reservoir_of_ones_own():
    mine, known = (qb.ReservoirBattery(1.0, one) for one in (Lorentzian(), reservoirs.Exponentials([0.04], [1.0], [0.5])))
    np.testing.assert_allclose(amplitudes(mine, None), amplitudes(known, None), atol=1e-12)


@pytest.mark.parametrize(
    "reservoir, says",
    [
        (Lorentzian(width=0.0), "have a kernel that decays, but it is 0.04 at t = "),
        (Lorentzian(width=-0.1), "have a kernel that decays, but it is inf"),
        (Lorentzian(mistake=1 + 1e-5), "have the self-energy that belongs to its kernel"),
        (OneSheet(0.3, 0.8), "goes on through the real axis, but at the span's upper end"),
        (Endless(), "have a finite extent, but it goes from -inf to -inf"),
    ],
)
def test_a_reservoir_that_breaks_a_promise(reservoir, says):
    with pytest.raises(FieldError, match=says):
        qb.ReservoirBattery(1.0, reservoir)


def test_a_transform_that_is_not_known_well_enough():
    assert type(qb.ReservoirBattery(1.0, Slow(0.3, 0.8)).reservoir) is Slow  # it is not refused


def test_promises_are_not_looked_at_in_a_trace():
    shift = lambda width: qb.ReservoirBattery(1.0, Lorentzian(width), span=(-1.0, 4.0)).law().omega  # noqa: E731
    assert jax.eval_shape(shift, 0.0).shape == ()


def shift(battery):
    return battery.frequency + battery.reservoir.shift()


def test_fields_of_a_reservoir_are_varied():
    battery = qb.ReservoirBattery(1.0, reservoirs.Ohmic(0.1, 5.0))
    axes = {"reservoir.cutoff": [3.0, 5.0], "reservoir.exponent": [0.5, 2.0], "frequency": [0.8, 1.0, 1.2]}
    ds = qb.sweep(lambda battery: {"shift": shift(battery)}, battery, axes)
    gamma = np.array([np.pi**0.5, 1.0])  # of the exponents
    true = 0.1 * np.array(axes["reservoir.cutoff"])[:, None, None] * gamma[:, None] + axes["frequency"]
    np.testing.assert_allclose(ds["shift"], true, rtol=1e-14)
    assert ds["reservoir.cutoff"].symbol == "omega_c"
    aimed = lambda battery: -((shift(battery) - 1.3) ** 2)  # noqa: E731
    best = qb.optimize(aimed, battery, {"reservoir.cutoff": (2.0, 8.0)}, starts=2)
    assert best.battery.reservoir.cutoff == best.parameters["reservoir.cutoff"] == pytest.approx(3.0, rel=1e-6)
    assert best.to_dict()["battery"]["reservoir.cutoff"] == pytest.approx(3.0, rel=1e-6)


def test_a_sweep_of_reservoirs_is_solved_as_each_of_them():
    battery = qb.ReservoirBattery(1.0, reservoirs.Exponentials([0.04, 0.09], [1.0, 9.0], [0.5, 0.1]))
    energy = lambda battery: {"energy": qb.evolve(battery, TIMES).saved["energy"]}  # noqa: E731
    ds = qb.sweep(energy, battery, {"reservoir.widths[1]": [0.1, 0.5], "frequency": [1.0, 3.0]})
    one = battery.replace(**{"reservoir.widths": [0.5, 0.5], "frequency": 3.0})
    np.testing.assert_allclose(ds.energy[1, 1], energy(one)["energy"], atol=1e-12)


def test_the_span_holds_all_of_a_sweep():
    battery = qb.ReservoirBattery(1.0, reservoirs.Ohmic(0.1, 5.0, counter_term=False))
    family = battery.hull({"reservoir.strength": np.array([[0.1], [0.7]]), "reservoir.cutoff": np.array([[2.0, 5.0, 9.0]])})
    alone = battery.replace(**{"reservoir.strength": 0.7, "reservoir.cutoff": 9.0})
    assert family.structure == alone.structure != battery.structure


def test_several_reservoirs_are_not_mixed():
    with pytest.raises(FieldError, match=r"`reservoir.strength` must be one number in `evolve`.*sweep"):
        qb.evolve(qb.ReservoirBattery(1.0, reservoirs.Ohmic([0.1, 0.2], 5.0)), TIMES)
    with pytest.raises(FieldError, match=r"write reservoir\.cutoff"):
        qb.ReservoirBattery(1.0, reservoirs.Ohmic(0.1, 5.0)).replace(**{"reservoir.cutof": 3.0})


def test_a_span_that_begins_in_the_continuum():
    with pytest.raises(FieldError, match=r"`span` must begin below the continuum, but the edge is at 0\.8"):
        qb.ReservoirBattery(0.95, reservoirs.BandEdge(0.3, 0.8), span=(0.9, 6.0))
    inside = jax.jit(lambda edge: qb.ReservoirBattery(0.95, reservoirs.BandEdge(1e-3, edge), span=(0.9, 6.0)).law().valid())
    assert inside(1.2) and not inside(0.8)
