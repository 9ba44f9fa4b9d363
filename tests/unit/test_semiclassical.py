"""The law of large sizes against exponential integrals and quadrature."""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxqb.algebra import semiclassical as law

sys.path.insert(0, str(Path(__file__).parents[1]))
from truth import semiclassical as truth
from truth import tables

jax.config.update("jax_enable_x64", True)

power = jax.jit(law.average_power)


def test_equal_sizes_are_an_exponential_integral():
    q = np.logspace(-12, 8, 61)
    assert np.asarray(law.fraction(q)) == pytest.approx([truth.fraction_equal(x) for x in q], rel=1e-13)


@pytest.mark.parametrize("ratio", [0.3, 1.5, 2.0, 10.0])
def test_fraction_is_the_integral(ratio):
    q = np.logspace(-4, 6, 21)
    assert np.asarray(law.fraction(q, ratio)) == pytest.approx([truth.fraction(x, ratio) for x in q], rel=1e-11)


def test_battery_and_charger_may_be_exchanged():
    # E(t; M, nu M) = E(t; nu M, M)
    t = np.linspace(0.0, 0.1, 7)
    one, other = law.energy(t, 100.0, 3.0, 0.7), law.energy(t, 300.0, 1 / 3, 0.7)
    assert np.asarray(one) == pytest.approx(np.asarray(other), rel=1e-13)
    assert float(law.energy(0.03, 100.0, 3.0, 0.7)) == pytest.approx(truth.energy(0.03, 100.0, 3.0, 0.7), rel=1e-11)


def test_ends():
    # empty but for the noise at the start; full, without NaN and with a finite slope, when q0 is nothing
    assert float(law.fraction(1e12)) == pytest.approx(4e-12, rel=1e-9)
    assert float(law.energy(1e6, 100.0)) == pytest.approx(100.0)
    assert float(law.energy(1e6, 100.0, 2.0)) == pytest.approx(0.0, abs=1e-60)
    assert float(jax.grad(law.energy)(1e6, 100.0)) == 0.0


@pytest.mark.parametrize("cells", [10.0, 1e4, 1e40])
@pytest.mark.parametrize("ratio", [1.0, 2.0, 10.0])
def test_average_power(cells, ratio):
    time, best = power(cells, ratio)
    true_time, true = truth.average_power(cells, ratio)
    assert float(best) == pytest.approx(true, rel=1e-12)
    assert float(time) == pytest.approx(true_time, rel=1e-7)


def test_exponent():
    solve = jax.jit(law.exponent)
    for cells, beta in tables.SEMICLASSICAL_BETA:
        assert float(solve(cells)) == pytest.approx(beta, abs=1e-6)


def test_gradients():
    step = 1e-4
    for argument in range(4):
        point = [0.03, 100.0, 2.0, 0.7]
        slope = jax.grad(lambda *x: law.energy(*x), argnums=argument)(*map(jnp.asarray, point))
        ends = []
        for sign in (1, -1):
            moved = list(point)
            moved[argument] *= 1 + sign * step
            ends.append(truth.energy(*moved))
        assert float(slope) == pytest.approx((ends[0] - ends[1]) / (2 * step * point[argument]), rel=1e-6)
    best, rate = jax.value_and_grad(lambda m: law.average_power(m)[1])(100.0)
    assert float(rate) == pytest.approx(float(best) / 100 * (1 + tables.SEMICLASSICAL_BETA[0][1]), rel=1e-6)
