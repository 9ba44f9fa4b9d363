"""Bessel functions and Bickley's integrals against mpmath, over all magnitudes of their arguments."""

import itertools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import scipy.special

from jaxqb.algebra import bessel

EDGES = [0.999999999, 1.0, 1.000000001, 1.5]  # where one formula takes over from the other
WAVES = np.array([1e-300, *np.geomspace(1e-100, 1e-3, 8), *np.geomspace(2e-3, 1e8, 40), *EDGES])
DECAYS = np.array([1e-300, *np.geomspace(1e-100, 1e-3, 8), *np.geomspace(2e-3, 100, 20), *EDGES])
CLOSE = 1.5e-15


def exactly(function: Callable, points: np.ndarray, dps: int = 30) -> np.ndarray:
    with mpmath.workdps(dps):
        return np.array([complex(function(mpmath.mpmathify(x))) for x in points.ravel().tolist()]).reshape(points.shape)


def with_slope(function: Callable, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    value, slope = jax.jit(lambda x: jax.jvp(function, (x,), (jnp.ones_like(x),)))(jnp.asarray(x))
    return np.asarray(value), np.asarray(slope)


def hankel(order: int) -> np.ndarray:
    return exactly(lambda x: mpmath.besselj(order, x) - 1j * mpmath.bessely(order, x), WAVES)


def test_oscillating_ones() -> None:
    exact = [hankel(n) for n in (0, 1)]
    use = WAVES > 1e-150  # the slope of H_1 is beyond the largest number before
    slopes = [-exact[1], exact[0] - exact[1] / np.where(use, WAVES, np.inf)]
    parts = jax.jit(lambda x: [f(x) for f in (bessel.j0, bessel.y0, bessel.j1, bessel.y1)])(WAVES)
    for n, function in enumerate([bessel.hankel0, bessel.hankel1]):
        found, found_slope = with_slope(function, WAVES)
        np.testing.assert_allclose(np.abs(found / exact[n] - 1), 0, atol=CLOSE)
        np.testing.assert_allclose(np.abs(found_slope / slopes[n] - 1)[use], 0, atol=CLOSE)
        np.testing.assert_allclose(parts[2 * n] - 1j * parts[2 * n + 1], exact[n], rtol=CLOSE)
        small = use & (WAVES < 1)
        np.testing.assert_allclose(found.real[small], exact[n].real[small], rtol=CLOSE, err_msg="J alone, where Y is large")


@pytest.mark.parametrize("argument", ["real", "complex"])
def test_decaying_ones(argument: str) -> None:
    turns = np.exp(1j * np.linspace(-np.pi / 2, np.pi / 2, 7))[:, None]
    points = DECAYS if argument == "real" else turns * np.geomspace(0.01, 60, 8)
    exact = [exactly(lambda z, n=n: mpmath.besselk(n, z), points) for n in (0, 1)]
    use = np.abs(points) > 1e-150
    large = np.where(use, points, 1.0)
    for function, value, slope in ((bessel.k0, exact[0], -exact[1]), (bessel.k1, exact[1], -exact[0] - exact[1] / large)):
        found, found_slope = with_slope(function, points)
        assert found.dtype == points.dtype
        np.testing.assert_allclose(found, value, rtol=CLOSE)
        np.testing.assert_allclose(found_slope[use], slope[use], rtol=CLOSE)
    assert bessel.k0(jnp.array(1e4)) == 0, "below the smallest number"


def brute(n: int) -> np.ndarray:
    """``int_0^inf exp(-x cosh u) / cosh(u)^n du`` by Gauss' rule on many panels."""
    ends = np.minimum(np.arccosh(1 + 40 / DECAYS), 45) * np.linspace(0, 1, 41)[:, None]
    nodes, weights = np.polynomial.legendre.leggauss(16)
    total = 0.0
    for low, high in itertools.pairwise(ends):
        u = (low + high) / 2 + np.outer(nodes, high - low) / 2
        total += weights @ (np.exp(-2 * DECAYS * np.sinh(u / 2) ** 2) / np.cosh(u) ** n) * (high - low) / 2
    return total * np.exp(-DECAYS)


def test_bickley() -> None:
    first, second, third = brute(0), brute(1), brute(2)
    for function, value, slope in ((bessel.bickley2, third, -second), (bessel.bickley1, second, -first)):
        found, found_slope = with_slope(function, DECAYS)
        np.testing.assert_allclose(found, value, rtol=2 * CLOSE)
        use = slice(None) if function is bessel.bickley2 else DECAYS > 1e-15
        np.testing.assert_allclose(found_slope[use], slope[use], rtol=2 * CLOSE)
    some = (DECAYS > 0.1) & (DECAYS < 10)  # where the formula in use keeps its digits
    np.testing.assert_allclose(third[some], (DECAYS * (scipy.special.k1(DECAYS) - second))[some], rtol=5e-14)


def test_at_zero() -> None:
    start = jax.jit(lambda f: [f(0.0), jax.grad(f)(0.0)], static_argnums=0)
    np.testing.assert_allclose([start(bessel.j0), start(bessel.j1)], [[1, 0], [0, 0.5]], atol=1e-15)
    np.testing.assert_allclose([bessel.bickley1(0.0), *start(bessel.bickley2)], [np.pi / 2, 1, -np.pi / 2], atol=1e-15)
    for function in (bessel.y0, bessel.y1, bessel.k0, bessel.k1):
        assert np.all(np.isfinite(start(function)))


def test_higher_derivatives_and_batches() -> None:
    x = np.array([0.7, 2.3, 40.0])
    bend = jax.jit(jax.vmap(jax.jacfwd(jax.grad(bessel.y1))))(x)
    with mpmath.workdps(30):
        exact = [float(mpmath.bessely(1, v, derivative=2)) for v in x]
    np.testing.assert_allclose(bend, exact, rtol=1e-14)
    third = jax.jit(jax.vmap(jax.grad(jax.grad(jax.grad(bessel.bickley2)))))(x)
    np.testing.assert_allclose(third, -exactly(lambda v: mpmath.besselk(1, v), x).real, rtol=CLOSE)


def test_single_precision() -> None:
    x = np.geomspace(1e-6, 1e3, 40).astype(np.float32)
    found = jax.jit(bessel.hankel0)(x)
    exact = exactly(lambda x: mpmath.besselj(0, x) - 1j * mpmath.bessely(0, x), x.astype(float))
    assert found.dtype == np.complex64 and jax.eval_shape(bessel.bickley2, x).dtype == np.float32
    np.testing.assert_allclose(np.abs(found / exact - 1), 0, atol=1e-6)
