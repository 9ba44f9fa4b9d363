"""Exact mathematics: Bessel coefficients, interpolation, passive states, propagation through a spectrum."""

from math import comb
from typing import Any

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm
from truth import linear

from jaxqb import peaks
from jaxqb.algebra import branches, chebyshev, spectra
from jaxqb.algebra.ladders import boson_lowering, spin_lowering
from jaxqb.algebra.passive import passive_full, passive_levels, passive_symmetric
from jaxqb.algebra.roots import square_root
from jaxqb.algebra.sine import sine
from jaxqb.methods import method

reach = st.floats(0, 24)

# --------------------------------------------------------------------------------------------------- Chebyshev


@given(st.floats(-24, 24))
def test_bessel(s: float) -> None:
    count = chebyshev.terms(24.0)
    np.testing.assert_allclose(chebyshev.bessel(jnp.asarray(s), count), scipy.special.jv(np.arange(count), s), rtol=0, atol=5e-15)


@pytest.mark.parametrize("bound", [0.05, 0.5, 3.0, 24.0, 64.0, 512.0])
def test_bessel_to_the_last_digit(bound: float) -> None:
    count = chebyshev.terms(bound)
    assert count % 2 == 0
    exact = [float(mpmath.besselj(k, bound)) for k in range(count)]
    np.testing.assert_allclose(chebyshev.bessel(jnp.asarray(bound), count), exact, rtol=0, atol=4e-15)
    assert abs(float(mpmath.besselj(count, bound))) < 2e-16, "what is left out is below rounding"


def test_sine() -> None:
    angles = np.concatenate([np.linspace(-9, 9, 401), np.arange(-12, 13) * np.pi / 4, np.geomspace(1e-300, 9e5, 400)])
    quarters = np.arange(-1, 5)[:, None]  # of a turn
    values = sine(jnp.asarray(angles), quarters)
    with mpmath.workdps(40):
        exact = np.array([[float(f(mpmath.mpf(x))) for x in angles.tolist()] for f in (mpmath.sin, mpmath.cos)])
    np.testing.assert_allclose(values, [-exact[1], *exact, *-exact, exact[0]], rtol=0, atol=2.3e-16)
    np.testing.assert_allclose(values[1, -400:-250], exact[0, -400:-250], rtol=2.3e-16, err_msg="small angles keep every digit")
    slopes = jax.jvp(lambda x: sine(x, quarters), (jnp.asarray(angles),), (jnp.full(angles.shape, 2.0),))[1]
    np.testing.assert_array_equal(slopes[:-1], 2 * values[1:])
    short = sine(jnp.asarray(angles[:401], np.float32), quarters)
    assert short.dtype == np.float32
    np.testing.assert_allclose(short, values[:, :401], rtol=0, atol=2e-6)


def test_square_root() -> None:
    turns = np.exp(1j * np.append(np.arange(-7, 9) * np.pi / 8, [1e-9, np.pi - 1e-9, 1e-9 - np.pi, -np.pi / 2 + 1e-9]))
    z = np.concatenate([np.multiply.outer(10.0 ** np.arange(-150, 151, 10), turns).ravel(), [1.0, -1.0, 1j, -1j, -4.0]])
    with mpmath.workdps(30):
        exact = np.array([complex(mpmath.sqrt(mpmath.mpmathify(x))) for x in z.tolist()])
    for root in (square_root(z), np.asarray(square_root(jnp.asarray(z)))):
        for got, true in ((root.real, exact.real), (root.imag, exact.imag)):  # each by itself: neither drowns in the other
            np.testing.assert_allclose(got, true, rtol=6e-16, atol=0)
    assert square_root(np.array([0j])) == 0
    # along either axis, and on the axes themselves
    some = z[np.abs(z) == 1]
    for direction in (1 + 0j, 1j):
        slopes = jax.jvp(square_root, (jnp.asarray(some),), (jnp.full(some.shape, direction),))[1]
        np.testing.assert_allclose(slopes, direction / (2 * exact[np.abs(z) == 1]), rtol=1e-14)


def test_bessel_of_many_and_its_slope() -> None:
    s = np.array([[0.0, 1e-8], [3.3, -17.0]])
    many = chebyshev.bessel(jnp.asarray(s), 60)
    np.testing.assert_allclose(many, scipy.special.jv(np.arange(60), s[..., None]), rtol=0, atol=5e-15)
    slope = jax.jvp(lambda s: chebyshev.bessel(s, 60), (jnp.asarray(s),), (jnp.ones_like(s),))[1]
    np.testing.assert_allclose(slope, scipy.special.jvp(np.arange(60), s[..., None]), rtol=0, atol=3e-14)


@given(reach, st.integers(0, 10**6))
def test_exponential_of_an_antisymmetric_matrix(s: float, seed: int) -> None:
    a = np.random.default_rng(seed).normal(size=(5, 5))
    a = a - a.T
    a /= np.abs(a).sum(axis=1).max()
    count = chebyshev.terms(24.0)
    weights = np.asarray(chebyshev.exponential(jnp.asarray(s), count))
    before, now = np.eye(5), a
    total = weights[0] * before + weights[1] * now
    for weight in weights[2:]:
        before, now = now, 2 * a @ now + before
        total += weight * now
    np.testing.assert_allclose(total, expm(s * a), rtol=0, atol=2e-13)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=15), st.floats(0, 1))
def test_interpolants_are_exact_for_polynomials(coefficients: list[float], x: float) -> None:
    polynomial = np.polynomial.Polynomial(coefficients)
    size = 1 + np.abs(coefficients).sum()
    # rounding is amplified by slopes (2 * 14^2 each) and by the jets' higher derivatives
    for points, orders, error in ((chebyshev.nodes(15), 1, 3e-14), (chebyshev.nodes(8), 2, 3e-13), ((0.0, 0.5, 1.0), 5, 3e-11)):
        jets = [polynomial.deriv(k)(place) if k else polynomial(place) for place in points for k in range(orders)]
        row = chebyshev.hermite(tuple(points), orders) @ jets
        for order in range(4):
            known = polynomial.deriv(order)(x) if order else polynomial(x)
            value = np.polynomial.chebyshev.chebval(2 * x - 1, row)
            np.testing.assert_allclose(value, known, rtol=0, atol=error * size * 392**order)
            row = chebyshev.slope(len(row)) @ row


def test_nodes_and_basis() -> None:
    nodes = chebyshev.nodes(16)
    assert (nodes[0], nodes[-1]) == (0, 1)
    assert np.all(np.diff(nodes) > 0)
    x = np.linspace(0, 1, 7)
    for k, column in enumerate(chebyshev.basis(x, 5).T):
        np.testing.assert_allclose(column, scipy.special.eval_chebyt(k, 2 * x - 1), rtol=0, atol=1e-14)


# ------------------------------------------------------------------------------------------------------ ladders


@pytest.mark.parametrize("cells", [1, 4, 9])
def test_ladders(cells: int) -> None:
    level = np.arange(cells + 1.0)
    m = level - cells / 2
    spin = cells / 2 * (cells / 2 + 1) - m * (m - 1)  # j(j+1) - m(m-1)
    np.testing.assert_allclose(spin_lowering(jnp.asarray(level), jnp.asarray(float(cells))), spin, atol=1e-13)
    np.testing.assert_array_equal(boson_lowering(jnp.asarray(level)), level)


# ----------------------------------------------------------------------------------------------- passive states


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_passive_symmetric(weights: list[float]) -> None:
    rho = np.diag(weights)
    known = linear.passive_energy(rho, np.arange(float(len(weights))))
    assert float(passive_symmetric(jnp.asarray(weights))) == pytest.approx(known, abs=1e-12)


@st.composite
def towers(draw: st.DrawFn) -> tuple[int, np.ndarray, np.ndarray]:
    """Cells, and eigenvalues with the number of times each occurs: one weight for each level of each collective spin."""
    cells = draw(st.integers(1, 7))
    eigenvalues, copies = [], []
    for k in range(draw(st.integers(1, cells // 2 + 1))):
        times = comb(cells, k) - (comb(cells, k - 1) if k else 0)
        for _ in range(cells - 2 * k + 1):
            eigenvalues.append(draw(st.sampled_from([0.0, 0.25]) | st.floats(0, 1)))
            copies.append(times)
    return cells, np.array(eigenvalues), np.array(copies)


_passive_full = jax.jit(passive_full, static_argnums=3)


@given(towers())
def test_passive_full_is_the_sorted_sum(state: tuple[int, np.ndarray, np.ndarray]) -> None:
    cells, eigenvalues, copies = state
    explicit = np.repeat(eigenvalues, copies)
    explicit = np.sort(np.concatenate([explicit, np.zeros(2**cells - len(explicit))]))[::-1]
    levels = np.sort(np.array([bin(i).count("1") for i in range(2**cells)]))
    room = 20 - len(eigenvalues)  # one shape for all
    found = _passive_full(np.pad(eigenvalues, (0, room)), np.pad(copies, (0, room)).astype(float), float(cells), 8)
    assert float(found) == pytest.approx(explicit @ levels, abs=1e-12)


def test_passive_full_with_many_cells() -> None:
    """1000 cells, 1001 different levels: the ground state and the first of 1000 degenerate levels hold them all but one."""
    eigenvalues = np.linspace(2, 1, 1001) / 1501.5
    found = passive_full(jnp.asarray(eigenvalues), jnp.ones(1001), jnp.asarray(1000.0), 1001)
    assert float(found) == pytest.approx(1 - eigenvalues[0], rel=1e-12)


@jax.jit
def _left(one: Any, other: Any, levels: Any) -> Any:
    """In the passive state of two blocks."""
    found = [branches.eigenvalues(part, rising=True) for part in (one, other)]
    return passive_levels(jnp.concatenate(found), levels, rising=True)


def test_slopes_of_passive_energies() -> None:
    """To the right, where eigenvalues are one number within blocks and across them; and their derivatives, both ways."""
    rng = np.random.default_rng(2)
    hermitian = lambda n: (x := rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))) + x.conj().T  # noqa: E731
    of = lambda values: (q := np.linalg.qr(hermitian(len(values)))[0]) @ np.diag(values) @ q.conj().T  # noqa: E731
    levels = np.array([0.0, 0.1, 0.1, 0.7, 1.5, 1.8, 3.0])
    whole = lambda x, y: linear.passive_energy(np.block([[x, np.zeros((4, 3))], [np.zeros((3, 4)), y]]), levels)  # noqa: E731
    slope = jax.jit(lambda x, v: jax.jvp(lambda x, y: _left(x, y, levels), x, v)[1])
    bends = [jax.jit(d) for d in (lambda x, v, w: jax.jvp(slope, (x, v), w)[1], lambda x, v, w: jax.vjp(slope, x, v)[1](1.0))]
    starts = [
        ([0.3, 0.3, 0.1, 0.0], [0.3, 0.0, 0.0]),
        ([0.2, 0.2, 0.2, 0.1], [0.1, 0.1, 0.1]),
        ([0.0] * 4, [1.0, 0, 0]),
        ([0.3, 0.2, 0.1, 0.05], [0.25, 0.06, 0.04]),
    ]
    for values in starts:
        x, v, t = tuple(map(of, values)), (hermitian(4), hermitian(3)), 1e-5
        at = [whole(*(a + k * t * b for a, b in zip(x, v, strict=True))) for k in range(5)]
        assert float(slope(x, v)) == pytest.approx(np.dot([-25, 48, -36, 16, -3], at) / 12 / t, rel=1e-8)
    # of different eigenvalues, by matrices and ways
    w = (hermitian(4), hermitian(3)), (hermitian(4), hermitian(3))
    there, back = (float(slope(*jax.tree.map(lambda a, b, t=t: a + t * b, (x, v), w))) for t in (1e-6, -1e-6))
    assert float(bends[0](x, v, w)) == pytest.approx((there - back) / 2e-6, rel=1e-7)
    reverse = sum(np.sum(np.real(a * b)) for a, b in zip(jax.tree.leaves(bends[1](x, v, w)), jax.tree.leaves(w), strict=True))
    assert float(reverse) == pytest.approx(float(bends[0](x, v, w)), rel=1e-12)


# ----------------------------------------------------------------------------------------------------- spectra

HAMILTONIANS = {
    "random": np.array([[0.3, 0.7, -0.2], [0.7, -0.5, 0.4], [-0.2, 0.4, 1.1]]),
    "degenerate": np.diag([1.0, 1.0, 2.0]),
    "zero": np.zeros((3, 3)),
    "nearly_degenerate": np.diag([1.0, 1.0 + 1e-13, 1.0 - 1e-9]),
    "two_pairs": np.kron(np.array([[0.0, 1.0], [1.0, 0.0]]), np.eye(2)),
}


@pytest.mark.parametrize("name", HAMILTONIANS)
def test_propagation_and_its_derivatives(name: str) -> None:
    """Against differences of a 40-digit exponential (scipy's loses 7 digits on the nearly degenerate one)."""
    h = HAMILTONIANS[name]
    size = len(h)
    rng = np.random.default_rng(5)
    v, dv, dh = rng.normal(size=size), rng.normal(size=size), rng.normal(size=(size, size))
    dh = dh + dh.T
    ts, dts = np.array([0.0, 0.4, 3.0]), np.array([1.0, -0.5, 0.2])
    out, slope = jax.jvp(spectra.propagate, (h, v, ts), (dh, dv, dts))
    with mpmath.workdps(40):
        e = mpmath.mpf(10) ** -15
        for row, tangent, t, dt in zip(out, slope, ts, dts, strict=True):

            def moved(x: Any, t: float = t, dt: float = dt) -> Any:
                turn = mpmath.expm(-1j * (t + x * dt) * (mpmath.matrix(h) + x * mpmath.matrix(dh)))
                return turn * (mpmath.matrix(v) + x * mpmath.matrix(dv))

            known, rate = moved(0), (moved(e) - moved(-e)) / (2 * e)
            np.testing.assert_allclose(row, [complex(z) for z in known], rtol=0, atol=1e-13)
            np.testing.assert_allclose(tangent, [complex(z) for z in rate], rtol=0, atol=1e-12)


def test_propagation_backwards_batched_and_twice() -> None:
    h, rng = HAMILTONIANS["two_pairs"], np.random.default_rng(6)
    v, ts = rng.normal(size=4), np.array([0.7])
    direction = rng.normal(size=(4, 4))
    direction = direction + direction.T

    def probability(x: jax.Array) -> jax.Array:
        return jnp.abs(spectra.propagate(h + x * direction, v, ts)[0, 0]) ** 2

    def exact(x: float) -> float:
        return abs((expm(-0.7j * (h + x * direction)) @ v)[0]) ** 2

    points = np.array([0.0, 0.3])
    step = 1e-3
    for x, slope in zip(points, jax.vmap(jax.grad(probability))(points), strict=True):
        known = (exact(x - 2 * step) - 8 * exact(x - step) + 8 * exact(x + step) - exact(x + 2 * step)) / (12 * step)
        assert float(slope) == pytest.approx(known, abs=1e-9)
    np.testing.assert_allclose(jax.vmap(jax.jacfwd(probability))(points), jax.vmap(jax.grad(probability))(points), rtol=1e-12)


@pytest.mark.parametrize("orders", [4, 5])
def test_interpolants_of_a_search_keep_small_slopes(orders: int) -> None:
    """A tiny exponential on a large constant: slopes to what rounding of the constant leaves of them."""
    x, fine = np.linspace(0, 1, method.POINTS), peaks.FINE
    jets = np.array([[0.6 * (k == 0) + 1e-8 * (-0.5) ** k * np.exp(-t / 2) for k in range(orders)] for t in x]).ravel()
    slopes = peaks._interpolants(orders)[1] @ jets
    np.testing.assert_allclose(slopes, -0.5e-8 * np.exp(-fine / 2), rtol=0, atol=1e-12)


@given(st.lists(st.floats(0.0, 300.0), min_size=3, max_size=3))
def test_small_bessel_functions_to_a_relative_accuracy(s: list[float]) -> None:
    found = np.asarray(_bessel_ahead(np.array(s)))
    for row, x in zip(found, s, strict=True):
        for k in (int(x) + 1, int(x) + 20, 511):
            wanted = mpmath.besselj(k, mpmath.mpf(x))
            if abs(wanted) > 1e-290:
                assert abs(row[k] - wanted) < 1e-12 * abs(wanted)


_bessel_ahead = jax.jit(lambda s: chebyshev.bessel_ahead(s, 512))
