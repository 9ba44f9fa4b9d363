"""Product integration in time against closed forms: smooth kernels, singular ones, and one with an echo."""

import functools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from scipy.linalg import expm

from jaxqb.algebra import bessel
from jaxqb.compiled import options
from jaxqb.errors import MethodError
from jaxqb.laws import AbstractMemoryLaw
from jaxqb.methods.method import Figures
from jaxqb.methods.volterra import Volterra

END = 17.3
TIMES = np.array([0.0, 1e-9, 1e-4, 0.3, 2.6, 2.65, 5.3, 11.0, END])
CAVITY = np.array([1.1, 0.3, 1.3, 0.2])  # omega_0, weight, frequency and width of the mode
GUIDE = np.array([1.23, 0.42, 0.31])  # omega_0, separation, Gamma


class Plain(AbstractMemoryLaw):
    """Nothing but a kernel: what `Volterra` may use. Fields are numbers."""

    numbers: Any

    span: Any = eqx.field(static=True, default=None)
    response = fronts = rest = pace = None  # type: ignore[assignment]

    def valid(self) -> Any:
        return True

    @property
    def start(self) -> Any:
        return jnp.array([1.0 + 0j])

    def breaks(self) -> Any:
        return jnp.zeros(1)

    def state(self, c: Any) -> Any:
        return c


class Cavity(Plain):
    """A Lorentzian mode: damped oscillations."""

    @property
    def frequencies(self) -> Any:
        return self.numbers[:1] - 0.05j

    def kernel(self, t: Any) -> Any:
        _, weight, mode, width = self.numbers
        return weight * jnp.exp(-(1j * mode + width) * t)[None, None]

    @staticmethod
    def exact(numbers: np.ndarray, t: float) -> complex:
        w, weight, mode, width = numbers
        return expm(np.array([[-1j * w - 0.05, -weight], [1, -1j * mode - width]]) * t)[0, 0]


class Edge(Plain):
    """A band edge at resonance: the kernel is infinite at 0."""

    @property
    def frequencies(self) -> Any:
        return jnp.zeros(1) + 0j

    def kernel(self, t: Any) -> Any:
        return (self.numbers[0] * np.exp(-0.25j * np.pi) / jnp.sqrt(np.pi * t))[None, None]

    @staticmethod
    def exact(numbers: np.ndarray, t: float) -> complex:  # Mittag-Leffler's function of index 3/2
        with mpmath.workdps(60):
            z = -numbers[0] * mpmath.exp(-0.25j * mpmath.pi) * mpmath.mpf(t) ** 1.5
            return complex(mpmath.nsum(lambda k: z**k / mpmath.gamma(1 + 1.5 * k), [0, mpmath.inf], method="d"))


class Guide(Plain):
    """Two emitters in a waveguide, one of which starts excited; logarithms at 0 and when light arrives."""

    @property
    def start(self) -> Any:
        return jnp.array([1.0 + 0j, 0.0])

    @property
    def frequencies(self) -> Any:
        return jnp.stack([self.numbers[0], self.numbers[0]]) + 0j

    def breaks(self) -> Any:
        return jnp.stack([0 * self.numbers[1], 2 * np.pi * self.numbers[1]])

    def kernel(self, t: Any) -> Any:
        _, separation, rate = self.numbers
        distance = 2 * np.pi * separation
        alone, across = bessel.k0(jnp.sqrt(jnp.stack([-t * t, (distance - t) * (distance + t)]) + 0j))
        return rate / (2 * np.pi) * jnp.array([[alone, across], [across, alone]])


quickly = functools.partial(jax.jit, compiler_options=options(0))  # as `evolve` compiles what is small


@functools.partial(quickly, static_argnums=(0, 1, 2))
def _solve(law: type[Plain], panels: int, order: int, numbers: Any) -> Any:
    return jax.vmap(Volterra(panels, order, END).prepare(law(numbers)).amplitudes)(TIMES)


def solve(law: type[Plain], panels: int, order: int, numbers: Any) -> np.ndarray:
    return np.asarray(_solve(law, panels, order, numbers))


@pytest.mark.parametrize(("law", "numbers"), [(Cavity, CAVITY), (Edge, np.array([0.7]))])
def test_closed_forms(law: Any, numbers: np.ndarray) -> None:
    found = solve(law, 16, 8, numbers)[:, 0]
    exact = np.array([law.exact(numbers, t) for t in TIMES])
    np.testing.assert_allclose(found, exact, rtol=0, atol=2e-10 if law is Edge else 1e-12)
    np.testing.assert_allclose(found[[0, 1, 2, -1]], exact[[0, 1, 2, -1]], rtol=0, atol=5e-13, err_msg="at ends of panels")


KNOWN = [0.11205380473828, 0.0094089819751078]  # by contours and by mpmath: shared/physics/waveguide.md


def test_waveguide() -> None:
    found = solve(Guide, 16, 6, GUIDE)
    np.testing.assert_allclose(np.abs(found[-1]) ** 2, KNOWN, rtol=0, atol=1e-14)
    assert np.all(np.abs(found[:2] - [1, 0]) < 1.3e-9)


def test_linear_rule_on_equal_panels_has_order_two() -> None:
    coarse, fine = (np.abs(np.abs(solve(Guide, n, 1, GUIDE)[-1]) ** 2 - KNOWN) for n in (40, 80))
    np.testing.assert_allclose(np.log2(coarse / fine), 2, atol=0.02)


SMALL = Volterra(4, 4, 4.0)
STEPS = 1e-3 * np.array([-2, -1, 1, 2])[:, None, None]


def at(law: type[Plain], numbers: Any) -> Any:
    return jnp.abs(SMALL.prepare(law(numbers)).amplitudes(3.1)[-1]) ** 2


@pytest.mark.parametrize(("law", "numbers", "derivative"), [(Cavity, CAVITY, jax.jacfwd), (Guide, GUIDE, jax.grad)])
def test_gradients_and_batches(law: Any, numbers: np.ndarray, derivative: Any) -> None:
    figure = functools.partial(at, law)
    n = numbers.size
    batch = quickly(jax.vmap(figure))((numbers + STEPS * np.eye(n)).reshape(-1, n)).reshape(4, n)
    differences = np.array([1, -8, 8, -1]) @ batch / 12e-3
    np.testing.assert_allclose(quickly(derivative(figure))(numbers), differences, rtol=1e-7)


def test_flow() -> None:
    method = Volterra(6, 8).planned(4.0)
    assert method == Volterra(6, 8, 4.0) and method.planned(7.0) == method
    excited = lambda battery, c: jnp.abs(c[0]) ** 2  # noqa: E731
    figures = Figures({"n": excited}, {"rate": excited})

    @quickly
    def ask(numbers):
        flow = method.prepare(Cavity(numbers))
        values, done = flow.values(figures, None, jnp.array([0.0, 1.3, 4.0, 4.1]))
        hops = [flow.hop(flow.stride(flow.ends[-1]), flow.start, moves) for moves in (True, False)]
        return values, done, hops, flow.taylor(lambda c: excited(None, c), jnp.asarray(1.3), None, 1)

    values, done, hops, derivatives = ask(CAVITY)
    exact = lambda t: abs(Cavity.exact(CAVITY, t)) ** 2  # noqa: E731
    assert done and np.isnan(values["n"][-1]), "nothing is known beyond the horizon"
    np.testing.assert_allclose(values["n"][:-1], [exact(t) for t in (0.0, 1.3, 4.0)], atol=1e-10)
    np.testing.assert_allclose(values["rate"][1], (exact(1.301) - exact(1.299)) / 2e-3, rtol=1e-6)
    np.testing.assert_allclose(derivatives, [values["n"][1], values["rate"][1]], rtol=1e-12)
    assert [float(t) for t in hops] == [4.0, 0.0]


def test_sentences() -> None:
    with pytest.raises(MethodError, match=r"`horizon` must be known, but it is None; fix: use e.g. jaxqb.Volterra\(horizon"):
        Volterra().prepare(Edge(np.array([0.7])))
    with pytest.raises(MethodError, match="`order` must be an integer from 1 to 12, but it is 13"):
        Volterra(order=13)
    with pytest.raises(MethodError, match="`Volterra` must solve a law with memory, but this is Volterra"):
        Volterra(horizon=1.0).prepare(Volterra())
