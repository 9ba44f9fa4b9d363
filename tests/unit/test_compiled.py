"""Options of the compiler hold for whole programs, so they must not be asked for within one."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import jaxqb as qb
from jaxqb import compiled

X = jnp.ones(2)


@pytest.mark.parametrize(
    "within",
    [
        lambda f: jax.jit(f)(X)[0],
        lambda f: jax.vmap(f)(X)[0],
        lambda f: jax.lax.map(f, X)[0],
        lambda f: jax.grad(lambda x: x * f(x))(1.0),
        lambda f: jax.jit(jax.jacfwd(lambda x: x * f(x)))(1.0),
    ],
    ids=["jit", "vmap", "map", "grad", "jit of jacfwd"],
)
def test_a_known_battery_within_a_transformation(within: Callable) -> None:
    """Nothing that `charge` is given is traced here."""
    battery = qb.SpinCharger(n_battery=2, n_charger=2)
    value = within(lambda x: 0 * x + qb.charge(battery, figures="first_peak").first_peak.value)
    assert float(jnp.ravel(value)[0]) == pytest.approx(2.0, rel=1e-12)


def test_which_programs_are_compiled_in_short_time() -> None:
    short, shortest = (compiled.SHORT, compiled.SHORTEST) if compiled.options(0) else ({}, {})
    assert compiled.options(10) == compiled.options(10, times=200) == shortest
    assert compiled.options(10, times=201) == compiled.options(101) == short
    assert compiled.options(10_000) == {}


def test_a_compiler_without_the_option(monkeypatch: Any) -> None:
    monkeypatch.setattr(compiled, "SHORTEST", {"xla_cpu_no_such_option": False})
    compiled._understood.cache_clear()
    try:
        assert compiled.options(10) == {}
    finally:
        compiled._understood.cache_clear()
