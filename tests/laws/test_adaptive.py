"""`Adaptive`: derivatives both ways, against a closed form and against other methods."""

from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxqb as qb
from jaxqb.compiled import options

PRECISE = qb.Adaptive(rtol=1e-12, atol=1e-13)
CAVITY = qb.reservoirs.Exponentials([0.3, 0.2], [0.9, 1.2], [0.2, 0.4])
quickly = partial(eqx.filter_jit, compiler_options=options(0))
NEED = {"rtol": 0, "atol": 3e-9}


def energies(x: Any, method: Any = PRECISE) -> Any:
    """Energies of a battery by coupling, charger frequency, and the last time."""
    battery = qb.SpinCharger(2, 3, coupling=x[0], charger_frequency=x[1], anisotropy=0.2)
    return qb.evolve(battery, jnp.stack([jnp.asarray(0.4), x[2]]), method=method).saved["energy"]


def test_derivatives_both_ways_of_a_batch() -> None:
    """Lanes that take different numbers of steps."""
    x = np.array([[0.2, 1.0, 0.5], [0.9, 1.2, 1.7], [2.0, 0.4, 3.0]])
    known = quickly(jax.vmap(jax.jacfwd(lambda x: energies(x, qb.Eigen()))))(x)
    for way in (jax.jacfwd, jax.jacrev):
        np.testing.assert_allclose(quickly(jax.vmap(way(energies)))(x), known, **NEED)


@pytest.mark.parametrize("way", [jax.jacfwd, jax.jacrev])
def test_of_an_embedding_by_default(way: Any) -> None:
    """Damped modes, beside the same equation as one with memory."""

    def energy(s: Any, law: str, method: Any) -> Any:
        battery = qb.ReservoirBattery(s, CAVITY, span=(-2.0, 4.0))
        law = battery.embedding() if law == "embedding" else battery.law()
        return qb.evolve(battery, np.array([0.5, 4.0]), law=law, method=method).saved["energy"]

    found = quickly(way(lambda s: energy(s, "embedding", None)))(1.1)
    known = quickly(jax.jacfwd(lambda s: energy(s, "channels", None)))(1.1)
    np.testing.assert_allclose(found, known, rtol=0, atol=1e-8)


def test_of_a_peak_forward() -> None:
    """The first maximum of one cell and one spin is 1 at pi / (2 g)."""
    peak = lambda g: qb.charge(qb.SpinCharger(1, 1, coupling=g), method=PRECISE).first_peak  # noqa: E731
    slope = quickly(jax.jacfwd(lambda g: (peak(g).value, peak(g).time)))(0.8)
    np.testing.assert_allclose(slope, [0.0, -np.pi / 2 / 0.8**2], rtol=0, atol=1e-7)
