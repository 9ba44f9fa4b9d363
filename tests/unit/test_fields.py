"""One declaration a field: conversion, dtypes, hulls; and what happens in float32."""

import subprocess
import sys
import textwrap
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import jaxqb as qb
from jaxqb.errors import FieldError, Status
from jaxqb.fields import coincide, concrete, fields_of, vanishes

finite = st.floats(-1e6, 1e6)


@given(finite)
def test_numbers_become_numpy_scalars_of_one_dtype(value: float) -> None:
    for given_value in (value, np.float32(value), np.asarray(value), jnp.asarray(value)):
        leaf = qb.SpinCharger(2, 2, ising=given_value).ising
        assert isinstance(leaf, np.ndarray)
        assert (leaf.dtype, leaf.shape) == (np.float64, ())
        assert leaf == np.float64(given_value)


@pytest.mark.parametrize("value", [3, np.int32(3), np.uint8(3), 3.0, np.array(3), jnp.asarray(3)])
def test_integers_are_sizes(value: Any) -> None:
    battery = qb.SpinCharger(value, value)
    assert battery.n_battery == 3
    assert battery.structure.levels == 4


def test_sizes_are_written_as_integers_where_these_are_exact() -> None:
    sizes = qb.SpinCharger.declared()["n_charger"]
    assert [type(sizes.counted(value).item()) for value in (3.0, 2.0**52, 2.0**53, 1e300, 2.5, np.inf)] == [int] * 2 + [float] * 4
    assert sizes.counted(2.0**52) == 2**52
    assert qb.SpinCharger.declared()["coupling"].counted(3.0).dtype == np.float64


def test_declared_fields() -> None:
    declared = qb.SpinCharger.declared()
    assert list(declared)[:3] == ["n_battery", "n_charger", "coupling"]
    assert declared["coupling"].symbol == "g"
    assert declared["coupling"].unit == "frequency"
    assert [name for name, info in declared.items() if info.size] == ["n_battery", "n_charger"]
    for battery in (qb.SpinCharger, qb.CavityCharger):
        for name, info in battery.declared().items():
            assert info.name == name
            assert info.symbol
            assert info.doc
    assert fields_of(qb.SpinCharger(2, 2)) == declared


def test_structure_follows_the_hull() -> None:
    some = np.array
    assert qb.SpinCharger(some([1, 7]), some([2, 9])).structure.levels == 8
    assert qb.SpinCharger(7, some([2, 3])).structure.levels == 5  # excitations of the charger, and one link more
    assert qb.SpinCharger(7, 3, battery_excitations=2).structure.levels == 7
    assert qb.SpinCharger(2, 2, anisotropy=some([0, 0.1])).structure.conserved is False
    assert qb.SpinCharger(2, 2, ising=some([0, 0.1])).structure.resonant is False
    assert qb.SpinCharger(2, 2, battery_frequency=2.5, charger_frequency=2.5).structure.resonant is True
    # in a family the two may vary apart
    family = some([1.0, 2.0])
    assert qb.SpinCharger(2, 2, battery_frequency=family, charger_frequency=family).structure.resonant is False


@pytest.mark.parametrize(
    "text",
    [
        "SpinCharger(n_battery=10, n_charger=12)",
        "SpinCharger(n_battery=2, n_charger=3, coupling=0.5, battery_excitations=1, charger_excitations=thermal(2), levels=4)",
        "SpinCharger(n_battery=2, n_charger=2, battery_excitations=[0.25, 0.75], charger_excitations=localised(1))",
        "CavityCharger(n_battery=2, photons=coherent(3), counter_rotating=0.1)",
        "DimerChain(n_battery=4, gap_ratio=0.25, initial=single_excitation([0.0, 0.6, 0.0, 0.8]))",
        "DimerChain(n_battery=2, gap_ratio=0.25, initial=single_excitation([0j, 1j]))",
        "ReservoirBattery(frequency=1, reservoir=Ohmic(strength=0.05, cutoff=5))",
    ],
)
def test_a_battery_is_printed_as_it_is_written(text: str) -> None:
    """So that what is printed makes the same battery."""
    names = vars(qb) | vars(qb.batteries) | {"Ohmic": qb.reservoirs.Ohmic, **{k: getattr(qb, k) for k in ("thermal", "coherent")}}
    assert repr(eval(text, dict(names))) == text


def test_what_is_long_or_traced_is_printed_as_such() -> None:
    assert (
        repr(qb.SpinCharger(2, 2, coupling=np.ones(100)))
        == "SpinCharger(n_battery=2, n_charger=2, coupling=an array of shape (100,))"
    )
    said = []
    jax.make_jaxpr(lambda g: said.append(repr(qb.SpinCharger(2, 2, coupling=g))) or g)(1.0)
    assert said == ["SpinCharger(n_battery=2, n_charger=2, coupling=traced)"]


def test_replace_builds_anew() -> None:
    battery = qb.SpinCharger(3, 4, coupling=0.5)
    assert battery.structure.levels == 4
    larger = battery.replace(n_battery=9, n_charger=12)
    assert larger.structure.levels == 10
    assert larger.coupling == 0.5
    assert battery.replace(anisotropy=0.2).structure.conserved is False
    assert battery.replace(anisotropy=0.2).replace(anisotropy=0).structure == battery.structure
    kept = qb.SpinCharger(3, 4, levels=11).replace(n_battery=5)
    assert kept.structure.levels == 11  # what the user fixed stays


def test_traced_fields_mean_the_general_case() -> None:
    seen = []

    def build(g: Any, w: Any) -> Any:
        seen.append(qb.SpinCharger(2, 2, anisotropy=g, battery_frequency=w).structure)
        return g

    jax.eval_shape(build, 0.0, 1.0)
    assert (seen[0].conserved, seen[0].resonant) == (False, False)


def test_lists_may_hold_traced_numbers() -> None:
    """Spins that decay alone, and a single excitation of the second of two."""

    def energy(x: Any) -> Any:
        chain = qb.SpinChain(gaps=[1.0, x], decay_rates=[0.1, x / 5], hopping=[0.0], initial=[1.0, x])
        return qb.evolve(chain, [x], law=chain.exact()).saved["energy"][0]

    def lit(x: Any) -> Any:
        start = qb.single_excitation([0.5j, x])
        return qb.SpinChain([1.0, x], 0.1, 0.1, initial=start).lattice().begin.amplitudes

    x = 0.5
    found = jax.jit(lambda x: (energy(x), lit(x)))(x)
    assert float(found[0]) == pytest.approx(np.exp(-0.1 * x) + x**2 * np.exp(-(x**2) / 5), rel=1e-12)
    np.testing.assert_array_equal(found[1], [[0.0, x], [0.5, 0.0]])
    with pytest.raises(FieldError, match="`amplitudes` must be a vector of finite numbers"):
        qb.single_excitation([0.5, [0.1, 0.2]])
    with pytest.raises(FieldError, match="`gaps` must be a real number"):
        jax.jit(lambda x: qb.SpinChain([1.0, [x, x]], 0.1, 0.1).capacity())(x)


def test_known_and_unknown_numbers() -> None:
    assert vanishes(0.0, np.zeros(3))
    assert not vanishes(0.0, np.array([0.0, 1e-300]))
    assert coincide(np.array(1.0), np.ones(3))
    assert not coincide(np.array(1.0), np.array(2.0))
    assert not coincide(np.array([1.0, 2.0]), np.array(1.0))
    assert not coincide(np.array([1.0, 2.0]), np.array([1.0, 2.0]))

    def inside(x: Any) -> Any:
        assert concrete(x) is None
        assert not vanishes(x)
        assert coincide(x, x)
        assert not coincide(x, x + 0)
        return x

    jax.eval_shape(inside, 0.0)


def test_hull_and_put_are_the_battery_itself() -> None:
    """A padded element gives the numbers of the battery built for it alone."""
    values = {"n_battery": [1, 6], "n_charger": [1, 9], "coupling": [0.1, 2], "charger_excitations": [1, 9]}
    hull = qb.SpinCharger(6, 9).hull({name: np.array(ends) for name, ends in values.items()})

    @jax.jit
    def peak(leaves: dict[str, Any]) -> Any:
        best = qb.charge(hull.put(**leaves), figures="first_peak")
        return best.first_peak.value, best.first_peak.time, best.status

    for m, n, g, n0 in ((6, 9, 0.3, 9), (2, 5, 1.7, 3), (5, 2, 0.4, 1), (1, 1, 1.0, 1)):
        leaves = {"n_battery": m, "n_charger": n, "coupling": g, "charger_excitations": n0}
        value, time, status = peak({name: jnp.asarray(x, float) for name, x in leaves.items()})
        alone = qb.charge(qb.SpinCharger(m, n, coupling=g, charger_excitations=n0), figures="first_peak").first_peak
        np.testing.assert_allclose([value, time], [alone.value, alone.time], rtol=1e-11)
        assert int(status) == Status.OK


FLOAT32 = """
import warnings
import numpy as np
import jaxqb as qb
from jaxqb.errors import ToleranceError

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    battery = qb.SpinCharger(5, 6)
    other = qb.SpinCharger(5, 6, coupling=0.5)
messages = [str(w.message) for w in caught]
assert len(messages) == 1 and "jax_enable_x64" in messages[0], messages
assert battery.coupling.dtype == np.float32

try:
    qb.evolve(battery, [0.5], method=qb.Adaptive())
except ToleranceError as error:
    assert "rtol" in str(error) and "jax_enable_x64" in str(error), error
else:
    raise AssertionError("the default tolerance is below float32")

for method in (qb.Eigen(), qb.Chebyshev()):
    saved = qb.evolve(battery, [0.3, 0.9], {"E": qb.merit.energy}, method=method).saved["E"]
    assert saved.dtype == np.float32
    print(*map(float, saved))
for method in (qb.Eigen(), qb.Chebyshev()):
    best = qb.charge(battery, method=method)
    print(float(best.first_peak.value), float(best.max_average_power.value))
"""


def test_float32_warns_once_and_is_as_good_as_it_can_be() -> None:
    program = "import sys; sys.path.insert(0, '.')\n" + textwrap.dedent(FLOAT32)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    lines = [list(map(float, line.split())) for line in done.stdout.split("\n") if line]
    exact = qb.evolve(qb.SpinCharger(5, 6), [0.3, 0.9]).saved["energy"]
    for line in lines[:2]:
        np.testing.assert_allclose(line, exact, rtol=2e-5)
    best = qb.charge(qb.SpinCharger(5, 6))
    for line in lines[2:]:
        np.testing.assert_allclose(line, [best.first_peak.value, best.max_average_power.value], rtol=2e-5)


def test_unknown_field_is_named() -> None:
    with pytest.raises(FieldError, match="`couplings` must be a field of SpinCharger"):
        qb.SpinCharger(2, 2).replace(couplings=1.0)
