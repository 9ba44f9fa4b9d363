"""Derivatives of long chains by Duhamel's integral, against complex steps through a dense exponential."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from scipy.linalg import expm

import jaxqb as qb
from jaxqb.methods import duhamel

# battery, a time near its first peak, whether what runs by every link is smooth in time
CASES = {
    "resonant": (qb.SpinCharger(40, 40), 0.118, True),
    "weak last link": (qb.SpinCharger(30, 29.9999, levels=31), 0.142, None),
    "detuned": (qb.SpinCharger(30, 30, charger_frequency=1.5, charger_crosstalk=0.2), 0.142, True),
    "a narrow packet": (qb.SpinCharger(400, 4000, charger_excitations=20), 0.00124, False),
}


def parts(law: Any) -> Any:
    """What the field depends on."""
    return law.up, law.down, law.diagonal


def generator(law: Any, values: Any) -> np.ndarray:
    """The dense matrix of the field, linear in those parts."""
    y, unravel = ravel_pytree(law.start)
    field = eqx.tree_at(parts, law, values).field
    return np.asarray(jax.jacfwd(lambda y: ravel_pytree(field(unravel(y)))[0])(y))


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A law that is short enough for the truth, treated as if it were long; its end, and a figure there."""
    monkeypatch.setattr(duhamel, "LEVELS", 2)
    battery, time, smooth = CASES[request.param]
    law = battery.law()
    y, unravel = ravel_pytree(law.start)
    end = lambda time: unravel(expm(time * generator(law, parts(law))) @ y)  # noqa: E731
    weights = jnp.asarray(np.random.default_rng(3).normal(size=y.size))
    figure = lambda y: jnp.sum(weights * ravel_pytree(y)[0] ** 2) + qb.merit.energy(battery, law.state(y))  # noqa: E731
    return law, jnp.asarray(time), smooth, end, figure


def test_derivatives_by_every_link_and_level(case: Any) -> None:
    law, time, _, end, figure = case
    start, _ = ravel_pytree(law.start)
    known_end = end(time)

    def ours(values: Any) -> Any:
        flow = qb.Chebyshev().prepare(eqx.tree_at(parts, law, values))
        return figure(flow._travel(time, law.start, known_end))

    found = jax.jit(jax.grad(ours))(parts(law))
    slope, _ = ravel_pytree(jax.grad(figure)(known_end))
    rng = np.random.default_rng(4)
    for _ in range(3):
        direction = [jnp.asarray(rng.normal(size=v.shape)) for v in parts(law)]
        step = 1e-30j * generator(law, direction)
        known = slope @ np.imag(expm(time * (generator(law, parts(law)) + step)) @ start) * 1e30
        got = sum(jnp.sum(a * b) for a, b in zip(found, direction, strict=True))
        size = np.sqrt(sum(jnp.sum(a**2) for a in found))
        np.testing.assert_allclose(got, known, rtol=0, atol=1e-11 * size)


def test_it_knows_where_it_is_good(case: Any) -> None:
    law, time, smooth, end, figure = case
    flow = qb.Chebyshev().prepare(law)
    turns = duhamel.turns(law, flow.radius, time)
    back = duhamel.way_back(law, flow.radius, time / turns)
    y, _, _, good = back(eqx.filter(law, eqx.is_inexact_array), None, end(time), jax.grad(figure)(end(time)))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-12), y, end(time * (1 - 1 / turns)))
    if smooth is not None:
        assert bool(good) == smooth
