"""Derivative rules: a loop that is undone, a linear map with a given transpose, and values that are frozen."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxqb.algebra.gradients import frozen, linear_map, reversible
from jaxqb.errors import MethodError

Y0 = jnp.array([1.0, 0.2])
TEN = jnp.array(10.0)


def step(angle: Any, ten: Any, y: Any) -> Any:
    """A small turn, of an angle that depends on the parameter in no linear way."""
    c, s = jnp.cos(angle**2 / ten), jnp.sin(angle**2 / ten)
    return jnp.stack([c * y[0] - s * y[1], s * y[0] + c * y[1]])


def undo(angle: Any, ten: Any, y: Any) -> Any:
    """The turn back."""
    c, s = jnp.cos(angle**2 / ten), jnp.sin(angle**2 / ten)
    return jnp.stack([c * y[0] + s * y[1], -s * y[0] + c * y[1]])


def figure(angle: Any, turns: Any = 17, y0: Any = Y0) -> Any:
    """A nonlinear function of the end."""
    return jnp.sum(reversible(step, undo, angle, TEN, jnp.asarray(turns), y0) ** 3)


def exact(angle: Any, turns: Any = 17, y0: Any = Y0) -> Any:
    """One turn of the whole angle."""
    whole = turns * angle**2 / 10
    c, s = jnp.cos(whole), jnp.sin(whole)
    return jnp.sum(jnp.stack([c * y0[0] - s * y0[1], s * y0[0] + c * y0[1]]) ** 3)


CLOSE = {"rtol": 1e-12, "atol": 1e-12}


@pytest.mark.parametrize("turns", [0, 1, 17, 400])
def test_value_and_both_derivatives(turns: int) -> None:
    for wrap in (lambda f: f, jax.jit):
        np.testing.assert_allclose(wrap(figure)(0.7, turns), exact(0.7, turns), **CLOSE)
        forward = wrap(lambda x: jax.jvp(lambda x: figure(x, turns), (x,), (1.0,))[1])(0.7)
        np.testing.assert_allclose(forward, jax.grad(exact)(0.7, turns), **CLOSE)
        np.testing.assert_allclose(wrap(jax.grad(lambda x: figure(x, turns)))(0.7), jax.grad(exact)(0.7, turns), **CLOSE)


def test_derivative_by_the_start() -> None:
    for derivative in (jax.jacfwd, jax.jacrev):
        by_both = derivative(lambda x, y: figure(x, 9, y), argnums=(0, 1))(0.4, Y0)
        known = jax.jacrev(lambda x, y: exact(x, 9, y), argnums=(0, 1))(0.4, Y0)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, **CLOSE), by_both, known)


def test_batches_with_their_own_numbers_of_turns() -> None:
    angles, turns = jnp.array([0.3, 0.5, 0.9]), jnp.array([17, 4, 0])
    for derivative in (lambda f: f, jax.grad, jax.jacfwd):
        for wrap in (lambda f: f, jax.jit):
            batch = wrap(jax.vmap(derivative(figure)))(angles, turns)
            known = [derivative(exact)(x, n) for x, n in zip(angles, turns, strict=True)]
            np.testing.assert_allclose(batch, jnp.stack(known), **CLOSE)


def test_within_a_scan_and_a_map() -> None:
    def total(x: Any) -> Any:
        def leg(y: Any, turns: Any) -> Any:
            y = reversible(step, undo, x, TEN, turns, y)
            return y, y[0]

        return jnp.sum(jax.lax.scan(leg, Y0, jnp.array([3, 5]))[1])

    def known(x: Any) -> Any:
        return sum(jnp.cos(n * x**2 / 10) * Y0[0] - jnp.sin(n * x**2 / 10) * Y0[1] for n in (3, 8))

    np.testing.assert_allclose(jax.jit(jax.grad(total))(0.8), jax.grad(known)(0.8), **CLOSE)
    np.testing.assert_allclose(jax.jacfwd(total)(0.8), jax.grad(known)(0.8), **CLOSE)
    mapped = jax.lax.map(jax.grad(figure), jnp.array([0.2, 0.6]))
    np.testing.assert_allclose(mapped, [jax.grad(exact)(0.2), jax.grad(exact)(0.6)], **CLOSE)


def test_a_known_answer_is_taken_and_differentiated() -> None:
    end = reversible(step, undo, 0.7, TEN, jnp.asarray(17), Y0)

    def same(x: Any) -> Any:
        return jnp.sum(reversible(step, undo, x, TEN, jnp.asarray(17), Y0, known=end) ** 3)

    np.testing.assert_allclose(same(0.7), exact(0.7), **CLOSE)
    np.testing.assert_allclose(same(0.1), exact(0.7), **CLOSE)  # it is not computed again
    for derivative in (jax.grad, jax.jacfwd):
        np.testing.assert_allclose(derivative(same)(0.7), jax.grad(exact)(0.7), **CLOSE)


@pytest.mark.parametrize(
    "twice",
    [jax.hessian, lambda f: jax.grad(jax.grad(f)), lambda f: jax.jacfwd(jax.jacfwd(f)), lambda f: jax.grad(jax.jacfwd(f))],
)
def test_a_second_derivative_is_refused(twice: Any) -> None:
    with pytest.raises(MethodError, match="differentiated once only"):
        twice(figure)(0.7)


def test_linear_map_with_its_transpose() -> None:
    a = np.random.default_rng(1).normal(size=(3, 3))

    def apply(x: Any) -> Any:
        return linear_map(lambda v: jax.tree.map(lambda leaf: a @ leaf, v), lambda v: jax.tree.map(lambda leaf: a.T @ leaf, v), x)

    x = {"one": jnp.arange(3.0), "other": jnp.ones(3)}
    jax.tree.map(lambda got, leaf: np.testing.assert_allclose(got, a @ leaf, **CLOSE), apply(x), x)
    slope = jax.grad(lambda x: jnp.sum(apply(x)["one"] * jnp.arange(3.0)))(x)
    np.testing.assert_allclose(slope["one"], a.T @ np.arange(3.0), **CLOSE)
    np.testing.assert_allclose(slope["other"], np.zeros(3), **CLOSE)
    np.testing.assert_allclose(jax.jacfwd(lambda v: apply({"v": v})["v"])(jnp.ones(3)), a, **CLOSE)


def test_frozen() -> None:
    assert jax.grad(lambda x: x * frozen({"x": x, "name": "label"})["x"])(3.0) == 3.0
    assert frozen({"x": 1.0, "name": "label"})["name"] == "label"
