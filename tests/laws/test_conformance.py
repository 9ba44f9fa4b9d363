"""What every battery must do, whatever its physics: one suite over `zoo.EXAMPLES`."""

import dataclasses
import pickle
from collections.abc import Callable
from functools import partial
from itertools import combinations
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from zoo import EXAMPLES, LATER, THOROUGH, TIMES, Example

import jaxqb as qb
from jaxqb.batteries.starts import AbstractStart
from jaxqb.compiled import options
from jaxqb.errors import Status


def over(examples: list[Example], later: Callable[[Example], bool]) -> pytest.MarkDecorator:
    """Parametrize, leaving some to the slow part."""
    slow = pytest.mark.slow
    params = [pytest.param(e, id=e.id, marks=[slow] if later(e) else []) for e in examples]
    return pytest.mark.parametrize("example", params)


every = over(EXAMPLES, lambda e: e.program in LATER)
closed = [e for e in EXAMPLES if not e.memory]
every_closed = over(closed, lambda e: e.program in LATER)
every_closed_thoroughly = over(closed, lambda e: e.program not in THOROUGH)
firsts = [e for i, e in enumerate(EXAMPLES) if e.program not in {earlier.program for earlier in EXAMPLES[:i]}]
each_program = over(firsts, lambda e: e.program not in THOROUGH)
every_thoroughly = over(EXAMPLES, lambda e: e.program not in THOROUGH)

quickly = partial(eqx.filter_jit, compiler_options=options(0))  # as `evolve` and `charge` compile what is small

FULL = qb.merit.ergotropy.with_(space="full")
PRECISE = qb.Adaptive(rtol=1e-12, atol=1e-13)
FIGURES = ("first_peak", "max_average_power", "max_instantaneous_power")
DIFFERENTIATED = FIGURES[:2]  # the third costs as much compilation as both: see tests/physics


def saved(example: Example, **options: Any) -> dict[str, np.ndarray]:
    """All figures at the times of the suite; examples of one program share its compilation."""
    own = ("photons",) if example.memory else ("interaction_energy", "total_energy")
    names = ("energy", "charger_energy", "level_populations", "purity", *own)
    save = {name: getattr(qb.merit, name) for name in names} | {"full": FULL}
    if example.symmetric:
        save["symmetric"] = qb.merit.ergotropy
    solution = qb.evolve(example.battery, TIMES, save, **options)
    assert int(solution.status) == Status.OK, solution
    return {name: np.asarray(value) for name, value in solution.saved.items()}


def charged(example: Example, **options: Any) -> np.ndarray:
    """Values and times of all figures of `charge`."""
    best = qb.charge(example.battery, example.window, **options)
    return np.array([[getattr(best, name).value, getattr(best, name).time] for name in FIGURES], dtype=float)


def figures(battery: Any, window: float | None = None) -> jax.Array:
    """What is differentiated: energies and (phase-sensitive) interaction energies, and charging with its times."""
    other = qb.merit.photons if battery.memory else qb.merit.interaction_energy
    sol = qb.evolve(battery, TIMES[1:], {"E": qb.merit.energy, "I": other})
    best = qb.charge(battery, window, figures=DIFFERENTIATED)
    rows = [getattr(getattr(best, name), part) for name in DIFFERENTIATED for part in ("value", "time")]
    return jnp.concatenate([sol.saved["E"], sol.saved["I"], jnp.stack(rows)])


def knob(battery: Any, name: str) -> Any:
    """The leaf behind a field (for a start, its mean)."""
    value = getattr(battery, name)
    return value.mean if isinstance(value, AbstractStart) else value


def put(battery: Any, name: str, value: Any) -> Any:
    """The battery with another leaf, rebuilt from scratch."""
    start = getattr(battery, name)
    fresh = type(start)(np.asarray(value)) if isinstance(start, AbstractStart) else value
    return battery.replace(**{name: fresh})


# ------------------------------------------------------------------------------------------------- what it is


@every
def test_constructs_without_compiling(example: Example, compiles) -> None:
    with compiles(0):
        again = example.battery.replace()
        example.battery.replace(**{example.moved: 0.31})
    assert eqx.tree_equal(again, example.battery)
    assert jax.tree.structure(again) == jax.tree.structure(example.battery)


@every
def test_round_trips(example: Example) -> None:
    leaves, tree = jax.tree.flatten(example.battery)
    assert eqx.tree_equal(jax.tree.unflatten(tree, leaves), example.battery)
    assert eqx.tree_equal(pickle.loads(pickle.dumps(example.battery)), example.battery)
    for leaf in leaves:
        assert isinstance(leaf, np.ndarray), "a leaf outside of numpy would compile or retrace"
        assert leaf.dtype == np.float64


@every
def test_two_values_share_a_program(example: Example, compiles) -> None:
    saved(example), charged(example)
    battery = example.battery.replace(**{example.moved: 0.93 * getattr(example.battery, example.moved)})
    other = dataclasses.replace(example, battery=battery)
    with compiles(0):
        moved = saved(other)
        charged(other)
    assert not np.allclose(moved["energy"], saved(example)["energy"])


# ------------------------------------------------------------------------------------------- what it must obey


@every_closed
def test_energy_is_conserved(example: Example) -> None:
    kept = saved(example)
    np.testing.assert_allclose(kept["total_energy"], kept["total_energy"][0], rtol=0, atol=1e-11)


@every
def test_populations_are_probabilities(example: Example) -> None:
    weights = saved(example)["level_populations"].reshape(len(TIMES), -1)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=0, atol=2e-12)
    assert weights.min() > -1e-13


@every
def test_ergotropy_lies_between_zero_and_energy(example: Example) -> None:
    kept = saved(example)
    lower = kept["symmetric"] if example.symmetric else 0
    assert np.all(lower >= -1e-12)
    assert np.all(kept["full"] >= lower - 1e-12)
    assert np.all(kept["energy"] >= kept["full"] - 1e-12)
    assert np.all(kept["energy"] <= example.battery.battery_frequency * example.battery.n_battery + 1e-12)


# ---------------------------------------------------------------------------------------- two ways, one answer


@every_closed
def test_eigen_and_chebyshev_agree(example: Example) -> None:
    eigen, chebyshev = (saved(example, method=method) for method in (qb.Eigen(), qb.Chebyshev()))
    for name, values in eigen.items():
        np.testing.assert_allclose(chebyshev[name], values, rtol=0, atol=1e-11, err_msg=name)


@every_closed_thoroughly
def test_adaptive_agrees(example: Example) -> None:
    steps = saved(example, method=PRECISE)
    for name, values in saved(example).items():
        np.testing.assert_allclose(steps[name], values, rtol=0, atol=1e-9, err_msg=name)


@every_closed_thoroughly
def test_charge_agrees(example: Example) -> None:
    np.testing.assert_allclose(charged(example, method=qb.Eigen()), charged(example), rtol=1e-9)


@pytest.mark.slow
@over([e for e in firsts if not e.memory], lambda e: e.program not in THOROUGH)
def test_charge_by_adaptive_agrees(example: Example) -> None:
    np.testing.assert_allclose(charged(example, method=PRECISE), charged(example), rtol=1e-9)


@quickly
def _by_laws(battery: Any) -> dict[str, jax.Array]:
    return {
        name: qb.evolve(battery, TIMES, {"p": qb.merit.level_populations}, law=law).saved["p"]
        for name, law in battery.laws().items()
    }


@every
def test_laws_agree(example: Example) -> None:
    found = _by_laws(example.battery)
    for (one, a), (other, b) in combinations(found.items(), 2):
        count = min(a.shape[-1], b.shape[-1])  # levels beyond are padding
        np.testing.assert_allclose(a[..., :count], b[..., :count], rtol=0, atol=1e-11, err_msg=f"{one} and {other}")


# ------------------------------------------------------------------------------------------ under transformations


@quickly
def _batch(battery: Any, couplings: jax.Array, name: str, window: float | None) -> jax.Array:
    return jax.vmap(lambda g: figures(eqx.tree_at(lambda b: getattr(b, name), battery, g), window))(couplings)


@each_program
def test_vmap_is_a_loop(example: Example) -> None:
    name, window = example.moved, example.window
    couplings = float(getattr(example.battery, name)) * np.array([0.6, 1.0, 1.3])  # a truncated charger still holds the light
    together = _batch(example.battery, couplings, name, window)
    for row, g in zip(together, couplings, strict=True):
        np.testing.assert_allclose(row, figures(example.battery.replace(**{name: g}), window), rtol=1e-10, atol=1e-11)


@quickly
def _derivatives(battery: Any, window: float | None, direction: Any, weights: jax.Array) -> tuple[jax.Array, Any]:
    """Forward along a direction, and backward from weights, in one program: they share what is costly to compile."""
    dynamic, static = eqx.partition(battery, eqx.is_inexact_array)
    of = lambda leaves: figures(eqx.combine(leaves, static), window)  # noqa: E731
    return jax.jvp(of, (dynamic,), (direction,))[1], jax.vjp(of, dynamic)[1](weights)[0]


def _slope(battery: Any, window: float | None, name: str) -> np.ndarray:
    """Central difference of fourth order, of batteries built anew."""
    h = 2e-4
    value = float(knob(battery, name))
    at = [np.asarray(figures(put(battery, name, value + k * h), window)) for k in (-2, -1, 1, 2)]
    return (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * h)


@every_thoroughly
def test_gradients_are_slopes(example: Example) -> None:
    battery, window = example.battery, example.window
    weights = np.random.default_rng(7).normal(size=figures(battery, window).shape)
    for name in example.knobs:
        zero = jax.tree.map(np.zeros_like, eqx.filter(battery, eqx.is_inexact_array))
        direction = eqx.tree_at(lambda b, name=name: knob(b, name), zero, np.ones_like(knob(battery, name)))
        forward, backward = _derivatives(battery, window, direction, weights)
        forward = np.asarray(forward)
        scale = 1 + np.abs(forward).max()
        np.testing.assert_allclose(forward, _slope(battery, window, name), rtol=0, atol=2e-7 * scale, err_msg=name)
        np.testing.assert_allclose(knob(backward, name), weights @ forward, rtol=1e-9, atol=1e-9, err_msg=name)
