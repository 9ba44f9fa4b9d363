"""`optimize`: known optima, constraints, whole sizes, starts that fail, and questions that make no sense."""

import itertools
import json

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq
from truth import chains, closed, flows, peaks, real_size
from truth.model import Spins

import jaxqb as qb
from jaxqb.design.bounds import read_design
from jaxqb.design.box import MARGIN, Box
from jaxqb.design.constraints import read_goals
from jaxqb.design.search import Problem, search
from jaxqb.design.starts import even_points
from jaxqb.errors import DesignError, FieldError, MethodError

TEN = qb.SpinCharger(10, 10)


def energy(size: float) -> float:
    return peaks.first_peak(flows.of_chain(chains.full_charger(10, size))).value


def power(size: float) -> float:
    return peaks.average_power(flows.of_chain(chains.full_charger(10, size))).value


# ------------------------------------------------------------------- toys: exact optima, quick to compile


def bowl(battery):
    """Highest, 2, at coupling 0.7, charger frequency 1.3."""
    x, y = battery.coupling - 0.7, battery.charger_frequency - 1.3
    return 2 - x**2 - 3 * y**2 - x * y


def test_inside() -> None:
    best = qb.optimize(bowl, TEN, {"coupling": (0.0, 2.0), "charger_frequency": (0.5, 3.0)}, starts=5)
    assert best.parameters == pytest.approx({"coupling": 0.7, "charger_frequency": 1.3}, abs=1e-6)
    assert best.value == pytest.approx(2.0, abs=1e-12)
    assert best.start_value == pytest.approx(2 - 0.3**2 - 3 * 0.3**2 + 0.3**2, rel=1e-14)
    assert best.gain == pytest.approx(best.value - best.start_value, rel=1e-14)
    assert best.converged and best.status == qb.Status.OK
    assert best.at_bound == {"coupling": None, "charger_frequency": None}
    assert (best.starts["status"] == 0).all() and best.starts["begin"][0] == pytest.approx([1.0, 1.0])
    assert best.battery.coupling == best.parameters["coupling"]
    assert best.relaxed is None and best.integers == [] and best.constraints == {}


def test_at_bounds_and_without_compiling_anew(compiles) -> None:
    design = {"coupling": (0.0, 2.0), "charger_frequency": (0.5, 3.0)}
    qb.optimize(bowl, TEN, design, starts=5)
    with compiles(0):
        best = qb.optimize(bowl, TEN, {"coupling": (0.9, 2.0), "charger_frequency": (0.5, 3.0)}, starts=5)
        # where x = 0.2 is held, the slope -6 y - x vanishes
        assert best.parameters == pytest.approx({"coupling": 0.9, "charger_frequency": 1.3 - 0.2 / 6}, abs=1e-6)
        assert best.parameters["coupling"] == pytest.approx(0.9, abs=1e-12)
        assert best.at_bound == {"coupling": "low", "charger_frequency": None}
        corner = qb.optimize(bowl, TEN, {"coupling": (0.9, 2.0), "charger_frequency": (0.1, 0.2)}, starts=5)
        # at y = -1.1 the slope -2 x - y vanishes at x = 0.55
        assert corner.parameters == pytest.approx({"coupling": 1.25, "charger_frequency": 0.2}, abs=1e-6)
        assert corner.at_bound["charger_frequency"] == "high"


def test_open_sides() -> None:
    best = qb.optimize(bowl, TEN, {"coupling": (0.0, None), "charger_frequency": (None, None)}, starts=5)
    assert best.parameters == pytest.approx({"coupling": 0.7, "charger_frequency": 1.3}, abs=1e-6)
    held = qb.optimize(bowl, TEN, {"coupling": (None, 0.5), "charger_frequency": (1.4, None)}, starts=5)
    assert held.parameters == pytest.approx({"coupling": 0.5, "charger_frequency": 1.4}, abs=1e-12)
    assert held.at_bound == {"coupling": "high", "charger_frequency": "low"}


GUIDE = qb.WaveguideBattery(0.6, 0.1, 0.5)
EDGE = qb.ReservoirBattery(4.0, qb.reservoirs.BandEdge(0.05, 5.0))


def test_open_sides_of_what_must_be_positive() -> None:
    """An optimum near zero is found from afar, and none at or below zero."""
    far = lambda battery: -((battery.frequency - 0.01) ** 2)  # noqa: E731
    for high in (2.0, None):
        best = qb.optimize(far, GUIDE, {"frequency": (None, high)}, starts=4)
        assert best.converged and best.parameters["frequency"] == pytest.approx(0.01, abs=1e-6)
    strong = lambda battery: -((battery.reservoir.strength - 0.07) ** 2)  # noqa: E731
    best = qb.optimize(strong, EDGE, {"reservoir.strength": (None, 0.1)}, starts=4)
    assert best.converged and best.parameters["reservoir.strength"] == pytest.approx(0.07, abs=1e-6)
    least = qb.optimize(lambda battery: battery.frequency, GUIDE, {"frequency": (None, 0.7)}, starts=4, minimise=True)
    assert 0 < least.parameters["frequency"] < 1e-5 and least.at_bound == {"frequency": "low"}
    assert np.all(least.starts["end"] > 0)


def test_charging_from_an_open_side() -> None:
    """A guide that is charged best by another frequency: none beside it is better."""
    best = qb.optimize("max_energy", GUIDE, {"frequency": (None, 1.05)}, window=20.0, starts=2)
    table = qb.sweep("max_energy", GUIDE, {"frequency": np.linspace(0.05, 1.05, 21)}, window=20.0, progress=False).max_energy
    assert best.converged and best.value >= float(table.max())
    assert best.parameters["frequency"] == pytest.approx(float(table.idxmax()), abs=0.05)


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_what_must_be_positive_begins_above_zero(low: float) -> None:
    with pytest.raises(DesignError, match=rf"frequency.* must lie above 0, but it begins at {low:g}; fix: .*None"):
        qb.optimize(lambda battery: battery.frequency, GUIDE, {"frequency": (low, 2.0)})


def test_bounds_of_entries_are_told() -> None:
    """Which of them, and whether all."""
    chain = qb.SpinChain(gaps=[1.0, 1.0, 1.0], decay_rates=0.05, hopping=0.0)

    def total(battery):
        return jnp.sum(battery.gaps * np.array([1.0, 0.0, 1.0])) - (battery.gaps[1] - 1.2) ** 2

    best = qb.optimize(total, chain, {"gaps": (0.5, 2.0)}, starts=2)
    np.testing.assert_allclose(best.parameters["gaps"], [2.0, 1.2, 2.0], atol=1e-6)
    assert "], [0] and [2] at their upper bounds\n" in repr(best)
    one = qb.optimize(total, chain, {"gaps": ([0.5, 1.5, 0.5], [9.0, 2.0, 3.0])}, starts=2)
    assert "], [1] at its lower bound, [0] and [2] at their upper bounds\n" in repr(one)
    every = qb.optimize(lambda battery: jnp.sum(battery.gaps), chain, {"gaps": (0.5, 2.0)}, starts=2)
    assert "], all at their upper bounds\n" in repr(every)
    single = qb.optimize(lambda battery: battery.coupling, TEN, {"coupling": (0.5, 2.0)}, starts=2)
    assert "coupling = 2, at its upper bound\n" in repr(single)


def test_minimise() -> None:
    worst = qb.optimize(bowl, TEN, {"coupling": (0.0, 2.0)}, starts=4, minimise=True)
    assert worst.parameters["coupling"] == pytest.approx(2.0, abs=1e-12)  # bowl(2) = 0.43, bowl(0) = 1.03
    assert worst.value == pytest.approx(2 - 1.3**2 - 3 * 0.09 + 0.39, rel=1e-12) and worst.gain > 0


@pytest.mark.parametrize(("method", "tolerance"), [("lbfgs", 1e-6), ("adam", 1e-3), ("optax_lbfgs", 1e-5)])
def test_methods(method: str, tolerance: float) -> None:
    best = qb.optimize(bowl, TEN, {"coupling": (0.0, 2.0), "charger_frequency": (0.5, 3.0)}, starts=3, method=method)
    assert best.parameters == pytest.approx({"coupling": 0.7, "charger_frequency": 1.3}, abs=tolerance)


def test_many_hills() -> None:
    def hills(battery):
        return jnp.sin(5 * battery.coupling) + 0.1 * battery.coupling

    best = qb.optimize(hills, TEN, {"coupling": (0.0, 6.0)}, starts=12)
    grid = np.linspace(0, 6, 600_001)
    assert best.value == pytest.approx(np.max(np.sin(5 * grid) + 0.1 * grid), abs=1e-9)
    assert len(np.unique(np.round(best.starts["value"], 6))) >= 4  # other starts ended on other hills


# ------------------------------------------------------------------- starts that fail lose nothing else


def cliff(battery):
    """Highest at 1; does not exist below 0.8."""
    return -((battery.coupling - 1) ** 2) + 0 * jnp.sqrt(battery.coupling - 0.8)


def test_where_there_is_no_objective() -> None:
    best = qb.optimize(cliff, TEN.replace(coupling=0.1), {"coupling": (0.0, 2.0)}, starts=8)
    assert best.parameters["coupling"] == pytest.approx(1.0, abs=1e-6) and best.converged
    assert np.isnan(best.start_value) and np.isnan(best.gain)
    assert best.starts["moved"][0] and (best.starts["status"] == 0).all()


def test_a_function_may_bring_its_own_status() -> None:
    def quiet(battery):
        return {"height": cliff(battery), "status": 0}  # says ok, even where it is not a number

    best = qb.optimize(quiet, TEN.replace(coupling=0.1), {"coupling": (0.0, 2.0)}, starts=4)
    assert best.parameters["coupling"] == pytest.approx(1.0, abs=1e-6) and best.converged
    assert best.starts["moved"][0] and (best.starts["status"] == 0).all()

    def truncated(battery):
        wrong = battery.coupling > 1.5
        return {"height": battery.coupling, "status": jnp.where(wrong, qb.Status.UNRESOLVED, qb.Status.OK)}

    edge = qb.optimize(truncated, TEN, {"coupling": (0.0, 2.0)}, starts=6)
    assert 1.3 < edge.parameters["coupling"] <= 1.5


def test_no_objective_anywhere() -> None:
    best = qb.optimize(lambda b: b.coupling * jnp.nan, TEN, {"coupling": (0.0, 2.0)}, starts=3)
    assert np.isnan(best.value) and not best.converged and best.status == qb.Status.NOT_FINITE
    assert (best.starts["status"] == qb.Status.NOT_FINITE).all() and (best.starts["steps"] < 10).all()
    assert best.battery is TEN
    assert "not a finite number" in repr(best) and json.loads(best.to_json())["value"] is None


def test_steps_run_out() -> None:
    best = qb.optimize(bowl, TEN, {"coupling": (0.0, 2.0), "charger_frequency": (0.5, 3.0)}, starts=3, steps=3)
    assert best.status == qb.Status.BUDGET_SPENT and not best.converged
    assert (best.starts["steps"] == 3).all() and best.value >= best.start_value


def test_a_kink_without_slope_is_told() -> None:
    best = qb.optimize(lambda b: -jnp.sqrt((b.coupling - 1) ** 2), TEN, {"coupling": (0.0, 2.0)}, starts=1, steps=40)
    assert best.status == qb.Status.NOT_FINITE and best.value == 0.0  # begins on the kink: infinite times zero


# ------------------------------------------------------------------- constraints


def test_constraints_of_a_toy() -> None:
    """max x + y within the unit disc and x <= 0.6: x = 0.6, y = 0.8; multipliers of the Lagrangian by hand."""
    best = qb.optimize(
        lambda b: b.coupling + b.ising,
        TEN,
        {"coupling": (-2.0, 2.0), "ising": (-2.0, 2.0)},
        starts=6,
        constraints={
            "disc": (lambda b: b.coupling**2 + b.ising**2, "<=", 1.0),
            "wall": (lambda b: b.coupling, "<=", 0.6),
            "idle": (lambda b: b.ising, ">=", 0.0),
        },
    )
    assert best.parameters == pytest.approx({"coupling": 0.6, "ising": 0.8}, abs=1e-6)
    # 1 = 2 x l1 + l2, 1 = 2 y l1
    multipliers = {label: one.multiplier for label, one in best.constraints.items()}
    assert multipliers == pytest.approx({"disc": 1 / 1.6, "wall": 1 - 1.2 / 1.6, "idle": 0.0}, abs=1e-5)
    assert all(one.satisfied for one in best.constraints.values()) and best.converged
    assert best.constraints["disc"].value == pytest.approx(1.0, abs=1e-6)
    assert best.constraints["idle"].value == pytest.approx(0.8, abs=1e-6)


def test_equality_and_a_limit_of_zero() -> None:
    """min x^2 + 2 y^2 on x + y = -3 with y - x >= 0: x = -2, y = -1, and d(min)/d(sum) = -4."""
    best = qb.optimize(
        lambda b: b.coupling**2 + 2 * b.ising**2,
        TEN,
        {"coupling": (-5.0, 5.0), "ising": (-5.0, 5.0)},
        starts=4,
        minimise=True,
        constraints={
            "sum": (lambda b: b.coupling + b.ising, "==", -3.0),
            "order": (lambda b: b.ising - b.coupling, ">=", 0),
        },
    )
    assert best.parameters == pytest.approx({"coupling": -2.0, "ising": -1.0}, abs=1e-6) and best.converged
    assert best.constraints["sum"].multiplier == pytest.approx(-4.0, rel=1e-4)


def test_a_faint_constraint() -> None:
    """The first round does not feel it and ends on a bound, which later rounds must leave."""
    best = qb.optimize(
        lambda b: b.coupling,
        TEN,
        {"coupling": (-2.0, 2.0)},
        starts=4,
        constraints={"faint": (lambda b: 100 + 0.01 * b.coupling, "<=", 100.006)},
    )
    assert best.parameters["coupling"] == pytest.approx(0.6, abs=2e-3) and best.converged
    assert best.constraints["faint"].multiplier == pytest.approx(100.0, rel=1e-4)
    assert (best.starts["status"] == 0).all()


def test_every_start_comes_to_rest_at_a_linear_constraint() -> None:
    """max 2 - x^2 - 3 y^2 - x y (about 0.7, 1.3) with x + y <= -0.5: x = -25/60, y = -5/60, multiplier 55/60, by hand."""
    box = {"coupling": (0.0, 2.0), "charger_frequency": (0.5, 3.0)}
    best = qb.optimize(bowl, TEN, box, starts=3, constraints={"sum": (lambda b: b.coupling + b.charger_frequency, "<=", 1.5)})
    assert (best.starts["status"] == 0).all() and best.converged
    assert best.parameters == pytest.approx({"coupling": 0.7 - 25 / 60, "charger_frequency": 1.3 - 5 / 60}, abs=1e-6)
    assert best.constraints["sum"].multiplier == pytest.approx(55 / 60, abs=1e-4)


def test_large_losses_are_objectives() -> None:
    best = qb.optimize(lambda b: 1e14 * (bowl(b) - 3), TEN, {"coupling": (0.0, 2.0), "charger_frequency": (0.5, 3.0)}, starts=3)
    assert best.parameters == pytest.approx({"coupling": 0.7, "charger_frequency": 1.3}, abs=1e-6)
    assert best.converged and (best.starts["status"] == 0).all() and best.value == pytest.approx(-1e14, rel=1e-12)


def test_a_flat_objective_is_told() -> None:
    flat = qb.optimize(lambda b: 3 + 0 * b.coupling, TEN, {"coupling": (0.0, 2.0)}, starts=3)
    assert flat.value == 3.0 and len(flat.notes) == 1 and "may not depend on coupling" in repr(flat)
    assert qb.optimize(bowl, TEN, {"coupling": (0.0, 2.0)}, starts=3).notes == ()


def test_whole_sizes_that_cannot_satisfy_are_no_matter_of_steps() -> None:
    best = qb.optimize(
        lambda b: -((b.n_charger - 20.5) ** 2) - (b.coupling - 0.5) ** 2,
        TEN,
        {"n_charger": (10, 40), "coupling": (0.0, 1.0)},
        starts=3,
        constraints={"half": (lambda b: b.n_charger, "==", 20.5)},
    )
    assert best.relaxed["n_charger"] == pytest.approx(20.5, abs=1e-6)
    assert [(row["feasible"], row["status"]) for row in best.integers] == [(False, qb.Status.OK)] * 2
    assert not best.converged and best.status == qb.Status.OK and best.parameters["coupling"] == pytest.approx(0.5, abs=1e-5)
    assert "no whole sizes that were tried satisfy the constraints" in repr(best)


def test_filling_may_be_asked_for() -> None:
    """Two cells and four charger spins at frequency 2.5: the first peak is 0.96 of the capacity, exactly."""
    goals = read_goals("first_peak_per_cell", {"filling": (">=", 0.95)}, False, None, None)
    values, status = goals(qb.SpinCharger(2, 4, battery_frequency=2.5, charger_frequency=2.5))
    assert values == pytest.approx([2.4, 0.96], abs=1e-9) and status == qb.Status.OK
    with pytest.raises(DesignError, match="_filling"):
        read_goals("max_average_power_filling", None, False, None, None)


def test_what_cannot_be_satisfied_is_told() -> None:
    best = qb.optimize(
        bowl, TEN, {"coupling": (0.0, 2.0)}, starts=2, steps=60, constraints={"far": (lambda b: b.coupling, ">=", 3.0)}
    )
    assert not best.constraints["far"].satisfied and not best.converged
    assert best.parameters["coupling"] == pytest.approx(2.0, abs=1e-3)  # as near as it gets
    assert "VIOLATED" in repr(best)


def test_constraints_are_called_as_they_are_given() -> None:
    """Functions by their names, as objectives are, not by where they lie in memory."""

    def weight(battery):
        return battery.coupling

    given = {weight: (weight, "<=", 1.0), "far": (weight, ">=", 0.5)}
    assert read_goals(weight, given, False, None, None).labels == ("weight", "weight", "far")


# ------------------------------------------------------------------- whole sizes


def test_integer_neighbours_of_two_sizes() -> None:
    def tilted(battery):
        n, e, c = battery.n_charger - 20.6, battery.charger_excitations.number - 15.3, battery.coupling - 0.5
        return -(n**2) - e**2 + 1.6 * n * e - c**2 + 0.3 * c * (n + e)

    best = qb.optimize(
        tilted,
        TEN.replace(charger_excitations=10),
        {"n_charger": (10, 40), "charger_excitations": (10, 40), "coupling": (-3.0, 3.0)},
        starts=3,
    )
    assert best.relaxed == pytest.approx(
        {"n_charger": 20.6, "charger_excitations": 15.3, "coupling": 0.5, "value": 0.0}, abs=1e-5
    )
    # with the sizes held, c = 0.15 (n + e) is best and adds its square
    truth = {}
    for n, e in itertools.product((20, 21), (15, 16)):
        dn, de = n - 20.6, e - 15.3
        truth[n, e] = -(dn**2) - de**2 + 1.6 * dn * de + (0.15 * (dn + de)) ** 2
    found = {tuple(row["sizes"].values()): row["value"] for row in best.integers}
    assert found == pytest.approx(truth, abs=1e-9)
    winner = max(truth, key=truth.__getitem__)
    assert (best.parameters["n_charger"], best.parameters["charger_excitations"]) == winner
    assert best.value == pytest.approx(truth[winner], abs=1e-9)
    assert best.battery.charger_excitations.number == winner[1]


def test_photons() -> None:
    best = qb.optimize(lambda b: -((b.photons.number - 6.4) ** 2), qb.CavityCharger(3, photons=4), {"photons": (1, 20)}, starts=2)
    assert best.relaxed["photons"] == pytest.approx(6.4, abs=1e-6) and best.parameters["photons"] == 6.0
    assert any("from 2" in note for note in best.notes) and best.starts["begin"].min() >= 2.0


def test_best_charger_size() -> None:
    """dE_first/dN of ten cells changes its sign at N* = 10.567852, by complex steps in the truth."""
    best = qb.optimize("first_peak", TEN, {"n_charger": (5, 60)}, starts=6)
    summit = brentq(lambda size: real_size.first_peak(10, size).value_slope, 10.5, 15.5, xtol=1e-12)
    assert summit == pytest.approx(10.567852, abs=1e-6)
    assert best.relaxed["n_charger"] == pytest.approx(summit, abs=1e-6)
    assert best.relaxed["value"] == pytest.approx(energy(summit), rel=1e-11)
    assert {row["sizes"]["n_charger"]: row["value"] for row in best.integers} == pytest.approx(
        {10.0: energy(10), 11.0: energy(11)}, rel=1e-11
    )
    assert best.parameters == {"n_charger": 11.0} and best.value == pytest.approx(energy(11), rel=1e-11)
    assert best.start_value == pytest.approx(energy(10), rel=1e-11)
    assert any("from 9" in note for note in best.notes)  # below M - 1 a real size is no charger
    assert best.starts["end"][:, 0] == pytest.approx(summit, abs=1e-5)
    first = best.history["n_charger"][0]
    assert first in best.starts["begin"] and best.history["value"][0] == pytest.approx(energy(first), rel=1e-11)
    assert best.history["n_charger"][-1] == pytest.approx(summit, abs=1e-6)
    assert qb.charge(best.battery, figures="first_peak").first_peak.value == pytest.approx(best.value, rel=1e-11)


def test_power_with_a_full_battery() -> None:
    """P_max rises with N, E_first falls: E_first / M >= 0.95 binds."""
    best = qb.optimize("max_average_power", TEN, {"n_charger": (9, 60)}, starts=4, constraints={"energy_per_cell": (">=", 0.95)})
    edge = brentq(lambda size: energy(size) - 9.5, 11, 15, xtol=1e-12)
    assert best.relaxed["n_charger"] == pytest.approx(edge, abs=1e-5)
    assert best.relaxed["value"] == pytest.approx(power(edge), rel=1e-7)
    slopes = real_size.average_power(10, edge).value_slope, real_size.first_peak(10, edge).value_slope / 10
    assert best.constraints["energy_per_cell"].multiplier == pytest.approx(-slopes[0] / slopes[1], rel=1e-4)
    assert energy(12) > 9.5 > energy(13)
    assert [(row["sizes"]["n_charger"], row["feasible"]) for row in best.integers] == [(12.0, True), (13.0, False)]
    assert all(row["status"] == qb.Status.OK for row in best.integers)
    assert best.value == pytest.approx(power(12), rel=1e-11)
    assert best.constraints["energy_per_cell"].value == pytest.approx(energy(12) / 10, rel=1e-11)
    assert best.converged and best.constraints["energy_per_cell"].satisfied
    text = repr(best)
    assert "n_charger 13" in text and "not feasible" in text and "energy_per_cell >= 0.95" in text
    told = json.loads(best.to_json())
    assert told["parameters"] == {"n_charger": 12.0} and told["constraints"]["energy_per_cell"]["satisfied"] is True
    table = best.dataset
    assert table.end.dims == ("start", "parameter") and table.sizes["start"] == 4


def test_one_cell() -> None:
    """Rabi oscillations: power g sqrt(N) 0.7246 without detuning, at the strongest coupling."""
    battery = qb.SpinCharger(1, 9, coupling=0.5, charger_frequency=1.7)
    best = qb.optimize("max_average_power", battery, {"coupling": (0.1, 2.0), "charger_frequency": (0.5, 2.5)}, starts=4)
    assert best.parameters["coupling"] == pytest.approx(2.0, abs=1e-12) and best.at_bound["coupling"] == "high"
    assert best.parameters["charger_frequency"] == pytest.approx(1.0, abs=1e-5)
    assert best.value == pytest.approx(2 * 3 * closed.sinc_peak()[1], rel=1e-10)
    assert best.start_value == pytest.approx(closed.one_cell_optima(9, 9, 0.5, -0.7)["power"], rel=1e-10)


@pytest.mark.slow
def test_a_better_filling_than_the_papers() -> None:
    """A charger of 100 spins charges ten cells best when about half of it is excited: best of all fillings, in the truth."""
    battery = qb.SpinCharger(10, 100)  # the paper: full
    best = qb.optimize("max_average_power", battery, {"charger_excitations": (5, 100)}, starts=3)
    truth = {}
    for filling in (20, *range(50, 60), 80, 100):
        flow = flows.of_chain(chains.isotropic(Spins(10, 100), 0, filling))
        truth[filling] = peaks.average_power(flow).value
    assert best.parameters["charger_excitations"] == max(truth, key=truth.__getitem__) == 54
    assert best.value == pytest.approx(truth[54], rel=1e-10) and best.start_value == pytest.approx(truth[100], rel=1e-10)
    assert best.value > 3.5 * best.start_value


# ------------------------------------------------------------------- boxes and starts


def test_both_mappings_walk_alike() -> None:
    goals = read_goals(bowl, {"wall": (lambda b: b.coupling, "<=", 0.6)}, False, None, None)
    box, hull, _ = read_design(TEN, {"coupling": (0.0, 2.0), "charger_frequency": (0.5, 3.0)})
    x = np.array([[0.3, 1.0], [1.5, 2.0], [0.9, 1.4]])
    held = np.zeros(x.shape, bool)
    held[2, 1] = True
    problem = Problem(goals, hull, box, np.asarray(1.0), np.asarray(200))
    one, all_ = (search(problem, box.locate(x), x, held, "bfgs", 200, mapping) for mapping in ("map", "vmap"))
    assert np.asarray(one.point.x) == pytest.approx(np.asarray(all_.point.x), abs=1e-7)
    assert np.asarray(one.settled).all() and np.asarray(all_.settled).all()
    assert np.asarray(one.point.x)[:2] == pytest.approx(np.array([[0.6, 1.3 + 0.1 / 6]] * 2), abs=1e-6)
    assert np.asarray(one.point.x)[2].tolist() == pytest.approx([0.6, 1.4], abs=1e-6)


def test_the_box_is_covered_and_left_nowhere() -> None:
    inf = np.inf
    box = Box(
        np.array([1.0, 0.0, -inf, -inf]),
        np.array([3.0, inf, 2.0, inf]),
        np.array([2.0, 1.0, 0.0, 5.0]),
        np.array([1.0, 1.0, 2.0, 5.0]),
        layout=(("coupling", None), ("gaps", 3)),
        whole=(False,) * 4,
    )
    assert box.names == ("coupling", "gaps[0]", "gaps[1]", "gaps[2]")
    leaves = box.leaves(np.arange(4.0))
    assert leaves["coupling"] == 0.0 and leaves["gaps"].tolist() == [1.0, 2.0, 3.0]
    x = np.array([1.4, 0.3, -7.0, 11.0])
    assert np.asarray(box.place(box.locate(x))) == pytest.approx(x, rel=1e-12)
    anywhere = np.stack([box.place(z) for z in np.random.default_rng(0).normal(0, 50, (100, 4))])
    assert (anywhere >= np.asarray(box.low)).all() and (anywhere <= np.asarray(box.high)).all()
    assert np.asarray(box.place(np.array([np.pi / 2, 0.0, 0.0, 0.0])))[:3].tolist() == [3.0, 0.0, 2.0]
    moved = np.asarray(box.place(box.inside(np.array([np.pi / 2, 0.0, 0.0, 0.0]))))
    # off the bounds by a fraction of the range 2, the scale 1 and the scale 2
    assert moved[:3] == pytest.approx([3.0 - 2 * MARGIN, MARGIN, 2.0 - 2 * MARGIN], rel=1e-9)


@pytest.mark.parametrize("dimension", [1, 2, 5])
def test_even_points_are_more_even_than_chance(dimension: int) -> None:
    corners = np.random.default_rng(1).random((200, dimension)) ** (1 / dimension)
    volumes = np.prod(corners, axis=1)
    errors = []
    for key in range(10):
        points = even_points(128, dimension, key=key)
        assert points.shape == (128, dimension) and (points >= 0).all() and (points < 1).all()
        errors.append(
            [np.mean(np.all(points < corner, axis=1)) - volume for corner, volume in zip(corners, volumes, strict=True)]
        )
    by_chance = np.sqrt(np.mean(volumes * (1 - volumes)) / 128)
    assert np.sqrt(np.mean(np.square(errors))) < 0.6 * by_chance
    points = even_points(128, dimension, key=3)
    assert np.array_equal(points, even_points(128, dimension, key=3))
    assert not np.allclose(points, even_points(128, dimension, key=4))


def test_the_hull_holds_the_box_and_the_battery() -> None:
    _, hull, _ = read_design(TEN, {"n_charger": (20, 50), "charger_frequency": (1.5, 2.0)})
    assert read_design(TEN, {"n_charger": (5, 60)})[0].low.tolist() == [9.0]  # below, a real size is no charger
    assert hull.structure.charger_levels == 51 and not hull.structure.resonant and hull.structure.conserved
    _, paired, _ = read_design(TEN, {"anisotropy": (0.0, 1.0)})
    assert not paired.structure.conserved  # pairs may be created: the general grid


# ------------------------------------------------------------------- questions that make no sense

SENSELESS = {
    "empty design": ("first_peak", {}, {}, "name the fields"),
    "not a dict": ("first_peak", [("coupling", 0, 1)], {}, "name the fields"),
    "unknown field": ("first_peak", {"couplin": (0, 1)}, {}, "'couplin' is none"),
    "not a field": ("first_peak", {"levels": (3, 5)}, {}, "'levels' is none"),
    "one bound": ("first_peak", {"coupling": 3.0}, {}, "pair"),
    "three bounds": ("first_peak", {"coupling": (0, 1, 2)}, {}, "pair"),
    "words": ("first_peak", {"coupling": ("low", "high")}, {}, "pair"),
    "a word": ("first_peak", {"coupling": "ab"}, {}, "pair"),
    "booleans": ("first_peak", {"coupling": (False, True)}, {}, "pair"),
    "swapped": ("first_peak", {"coupling": (1.0, 0.5)}, {}, "low < high"),
    "equal": ("first_peak", {"coupling": (1.0, 1.0)}, {}, "low < high"),
    "infinite": ("first_peak", {"coupling": (0.0, np.inf)}, {}, "finite"),
    "nan": ("first_peak", {"coupling": (np.nan, 1.0)}, {}, "finite"),
    "array bounds": ("first_peak", {"coupling": (np.zeros(3), 1.0)}, {}, "shape"),
    "below minimum": ("first_peak", {"n_charger": (0.5, 30)}, {}, "begins at 0.5"),
    "integer size": ("first_peak", {"n_battery": (5, 20)}, {}, "jaxqb.sweep"),
    "open size": ("first_peak", {"n_charger": (10, None)}, {}, "largest size"),
    "small sizes": ("first_peak", {"n_charger": (3, 8)}, {}, "reach beyond 9"),
    "no integer": ("first_peak", {"n_charger": (20.2, 20.8)}, {}, "hold an integer"),
    "real size with pairs": ("first_peak", {"n_charger": (10, 20), "anisotropy": (0, 1)}, {}, "jaxqb.sweep"),
    "too many quanta": ("first_peak", {"charger_excitations": (9, 40)}, {}, "n_charger = 10"),
    "objective": ("first_peek", {"coupling": (0, 1)}, {}, "'first_peek' is none"),
    "objective type": (3.0, {"coupling": (0, 1)}, {}, "function of a battery"),
    "suffixes": ("first_peak_time_per_cell", {"coupling": (0, 1)}, {}, "is none"),
    "needs a window": ("max_energy", {"coupling": (0, 1)}, {}, "window"),
    "starts": ("first_peak", {"coupling": (0, 1)}, {"starts": 0}, "at least 1"),
    "steps": ("first_peak", {"coupling": (0, 1)}, {"steps": 0}, "at least 1"),
    "method": ("first_peak", {"coupling": (0, 1)}, {"method": "newton"}, "bfgs"),
    "key": ("first_peak", {"coupling": (0, 1)}, {"key": -1}, "at least 0"),
    "key type": ("first_peak", {"coupling": (0, 1)}, {"key": "a"}, "at least 0"),
    "constraints": ("first_peak", {"coupling": (0, 1)}, {"constraints": [">="]}, "be a dict"),
    "sign": ("first_peak", {"coupling": (0, 1)}, {"constraints": {"first_peak": (">", 1.0)}}, ">=, <=, =="),
    "pair": ("first_peak", {"coupling": (0, 1)}, {"constraints": {"first_peak": 9.0}}, ">=, <=, =="),
    "limit": ("first_peak", {"coupling": (0, 1)}, {"constraints": {"first_peak": (">=", "a")}}, "finite limit"),
    "label": ("first_peak", {"coupling": (0, 1)}, {"constraints": {"peak": (">=", 1.0)}}, "'peak' is none"),
    "vector": (lambda b: b.coupling * jnp.ones(2), {"coupling": (0, 1)}, {}, "shape (2,)"),
    "two values": (lambda b: {"a": b.coupling, "b": b.coupling}, {"coupling": (0, 1)}, {}, "a of shape ()"),
    "complex": (lambda b: b.coupling * 1j, {"coupling": (0, 1)}, {}, "complex"),
}


@pytest.mark.parametrize("case", SENSELESS)
def test_senseless_questions(case: str, compiles) -> None:
    objective, design, options, words = SENSELESS[case]
    with compiles(0), pytest.raises(DesignError) as error:
        qb.optimize(objective, TEN, design, **options)
    assert words in str(error.value) and "must" in str(error.value) and "fix:" in str(error.value)


def test_a_start_that_is_no_number() -> None:
    with pytest.raises(DesignError, match="number of quanta"):
        qb.optimize("first_peak", qb.CavityCharger(2, qb.coherent(4.0)), {"photons": (2, 9)})
    with pytest.raises(DesignError, match="sweep"):  # pairs: photon numbers are integers
        qb.optimize("first_peak", qb.CavityCharger(2, 4, counter_rotating=0.3), {"photons": (2, 9)})


def test_not_one_battery_and_not_a_method() -> None:
    with pytest.raises(FieldError, match="one number"):
        qb.optimize("first_peak", qb.SpinCharger(2, np.array([2, 3])), {"coupling": (0, 1)})
    with pytest.raises((FieldError, MethodError), match="method"):
        qb.optimize("first_peak", TEN, {"coupling": (0, 1)}, solver="Eigen")
