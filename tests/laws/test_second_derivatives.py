"""Derivatives of derivatives, in every order: right, or refused in a sentence. And what is one derivative is no second one."""

from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxqb as qb
from jaxqb.compiled import options
from jaxqb.errors import MethodError

quickly = partial(eqx.filter_jit, compiler_options=options(0))
FORWARD: dict[str, Callable] = {
    "forward over reverse": jax.hessian,
    "forward over forward": lambda f: jax.jacfwd(jax.jacfwd(f)),
}
REVERSE: dict[str, Callable] = {
    "reverse over reverse": lambda f: jax.grad(jax.grad(f)),
    "reverse over forward": lambda f: jax.grad(jax.jacfwd(f)),
}
ORDERS = FORWARD | REVERSE
PAIR = qb.SpinCharger(1, 1)
DARK = qb.DarkStateBattery(1, 2)
STORE = qb.DimerChain(2, 1.0, damping=0.1, hopping=0.0)
LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])


def spin(method: Any) -> Callable:
    """sin^2(g t) at t = 0.7."""
    return lambda g: qb.evolve(PAIR.replace(coupling=g), [0.7], method=method).saved["energy"][0]


def dark(rate: Any) -> Any:
    """By `Uniformization`."""
    return qb.evolve(DARK.replace(decay_rate=rate), [0.7]).saved["energy"][0]


def resting(rate: Any) -> Any:
    """Excited at 0.1 and relaxed at this rate the charger rests at 0.1 / (0.1 + rate), and so does the battery."""
    exchange = np.kron(LOWER.T, LOWER) + np.kron(LOWER, LOWER.T)
    jumps = [np.kron(np.eye(2), LOWER), np.kron(np.eye(2), LOWER.T)]
    battery = qb.OpenBattery(exchange, jumps, jnp.stack([rate, jnp.asarray(0.1)]), LOWER.T @ LOWER, np.eye(4)[1])
    return qb.merit.energy(battery, qb.steady_state(battery))


REFUSED = {
    "Chebyshev": (spin(qb.Chebyshev()), 0.8, "Chebyshev"),
    "of a size": (lambda n: qb.evolve(qb.SpinCharger(4, n), [0.5], method=qb.Chebyshev()).saved["energy"][0], 6.0, "Chebyshev"),
    "by time": (lambda t: qb.evolve(PAIR, t[None], method=qb.Chebyshev()).saved["energy"][0], 0.7, "ts"),
    "Adaptive": (spin(qb.Adaptive()), 0.8, "Adaptive"),
    "Stepped": (lambda r: qb.evolve(qb.DimerChain(2, r), [3.0]).saved["energy"][0], 0.4, "Stepped"),
    "charge": (lambda g: qb.charge(PAIR.replace(coupling=g)).max_average_power.value, 0.8, "charge"),
    "first_time": (lambda g: qb.first_time(PAIR.replace(coupling=g), "energy", 0.3).time, 0.8, "first_time"),
    "by a level": (lambda level: qb.first_time(PAIR, "energy", level).time, 0.3, "first_time"),
    "by a fraction": (
        lambda part: qb.storage_time(qb.DimerChain(2, 1.0, damping=0.1, hopping=0.0), part).time,
        0.4,
        "storage_time",
    ),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, order: str) -> None:
    figure, x, name = REFUSED[case]
    with pytest.raises(MethodError, match=f"`{name}` must be differentiated once only"):
        jax.eval_shape(ORDERS[order](figure), x)


def test_refused_by_a_parameter_and_then_by_a_level() -> None:
    """The level is in no derivative by the coupling but through the time itself."""
    slope = lambda level: jax.grad(lambda g: qb.first_time(PAIR.replace(coupling=g), "energy", level).time)(0.8)  # noqa: E731
    with pytest.raises(MethodError, match="`first_time` must be differentiated once only"):
        jax.eval_shape(jax.grad(slope), 0.3)


@pytest.mark.parametrize("order", ORDERS)
def test_of_a_diagonalisation(order: str) -> None:
    found = quickly(ORDERS[order](spin(qb.Eigen())))(0.8)
    np.testing.assert_allclose(found, 2 * 0.49 * np.cos(2 * 0.8 * 0.7), rtol=1e-12)


@pytest.mark.parametrize("order", ORDERS)
def test_of_a_steady_state(order: str) -> None:
    """Where singular values of the generator coincide, too."""
    np.testing.assert_allclose(quickly(ORDERS[order](resting))(0.22), 2 * 0.1 / 0.32**3, rtol=1e-11)


@pytest.mark.parametrize("order", ORDERS)
def test_of_rate_equations(order: str) -> None:
    """Forward, against a difference of the first derivative."""
    if order in REVERSE:
        with pytest.raises(MethodError, match=r"`Uniformization` must be differentiated forward .* as jax.hessian does"):
            jax.eval_shape(REVERSE[order](dark), 1.1)
        return
    first, h = quickly(jax.grad(dark)), 1e-4
    known = (8 * (first(1.1 + h) - first(1.1 - h)) - first(1.1 + 2 * h) + first(1.1 - 2 * h)) / (12 * h)
    np.testing.assert_allclose(quickly(FORWARD[order](dark))(1.1), known, rtol=1e-9)


@pytest.mark.parametrize("method", [qb.Chebyshev(), qb.Adaptive(), qb.Stepped(), None])
def test_by_a_factor_outside_of_it(method: Any) -> None:
    """A factor moves cotangents only, and one of two parts of them."""
    energy = spin(method) if method else lambda g: qb.charge(PAIR.replace(coupling=g)).max_average_power.value
    slope = lambda s: jax.grad(lambda g: s * energy(g))(0.8)  # noqa: E731
    np.testing.assert_allclose(quickly(jax.grad(slope))(2.0), quickly(jax.grad(energy))(0.8), rtol=1e-9)


@pytest.mark.parametrize("method", [qb.Chebyshev(), qb.Adaptive(), qb.Eigen(), qb.Stepped()])
def test_by_times(method: Any) -> None:
    """At t = 0, and at equal times: power is sin 2t, of slope 2 cos 2t, and every row is of its own time."""
    ts = np.array([0.0, 0.7, 0.7, 1.3])
    power = lambda ts: qb.evolve(PAIR, ts, "instantaneous_power", method=method).saved["instantaneous_power"]  # noqa: E731
    for way in (jax.jacfwd, jax.jacrev):
        np.testing.assert_allclose(quickly(way(power))(ts), np.diag(2 * np.cos(2 * ts)), rtol=0, atol=1e-7)
