"""How programs come about: options hold for whole programs, and straight code is traced without programs of its own."""

import re
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import jaxqb as qb
from jaxqb import compiled
from jaxqb.algebra.inline import fori_loop, inlined, while_loop

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
    short, shortest = compiled.understood(compiled.SHORT), compiled.understood(compiled.SHORTEST)
    assert shortest  # by every version so far
    assert compiled.options(10) == compiled.options(10, times=200) == shortest
    assert compiled.options(10, times=201) == compiled.options(101) == short
    assert compiled.options(10_000) == compiled.options(10_000, shared=True) == {}


def test_what_loops_over_points_have_in_common_is_taken_out_of_them() -> None:
    """The compiler's word for a sine in the body of the inner loop, where every point would repeat it."""
    each = lambda a: jax.lax.map(lambda x: x + jnp.sin(a) @ a, jnp.ones((9, 50, 50)))  # noqa: E731
    lowered = jax.jit(lambda a: jax.lax.map(each, a)).lower(jnp.ones((7, 50, 50)))

    def repeated(**how: bool) -> bool:
        text = lowered.compile(compiler_options=compiled.options(10, **how)).as_text()
        bodies = set(re.findall(r"while\(.*body=(%[\w.]+)", text))
        inner = [part for part in text.split("\n\n") if part.split(" ")[0] in bodies and " while(" not in part]
        assert len(inner) == 1
        return " sine(" in inner[0]

    if "xla_cpu_use_fusion_emitters" in compiled.options(10):  # without it, sines stand in pieces of their own
        assert repeated() and not repeated(shared=True)


def test_a_compiler_without_the_option(monkeypatch: Any) -> None:
    monkeypatch.setattr(compiled, "SHORTEST", {"xla_cpu_no_such_option": False})
    assert compiled.options(10) == {}


def halved(x: Any) -> Any:
    """A jnp function that is a program of its own, in straight code and in both loops."""
    x = while_loop(lambda x: x[0] > 1, lambda x: jnp.where(x > 0, x / 2, x), x)
    return fori_loop(0, 3, lambda _, x: jnp.where(x > 0, x / 2, x), jnp.where(x < 0, -x, x))


def test_inlined_code_has_no_programs_and_keeps_its_loops() -> None:
    text = str(jax.make_jaxpr(inlined(halved))(8 * X))
    assert ("while[" in text, "scan[" in text, "jit[" in text) == (True, True, False)
    assert "jit[" in str(jax.make_jaxpr(lambda x: jnp.where(x < 0, -x, x))(X))  # so jax would have it
    assert jax.jit(inlined(halved))(8 * X).tolist() == inlined(halved)(8 * X).tolist() == [0.125, 0.125]


def test_who_turns_programs_off_sees_values_in_inlined_code(capsys: Any) -> None:
    with jax.disable_jit():
        fori_loop(0, 1, inlined(lambda _, x: print(float(x[0])) or x), X)
    assert capsys.readouterr().out == "1.0\n"
