"""One excitation on a chain of spins that decay: amplitudes under a Hamiltonian that is not Hermitian."""

import functools
import math
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Complex, Float

from ..errors import FieldError, fail
from ..states.excitation import OneExcitation
from .lattice import Lattice, Single
from .law import AbstractClosedLaw, AbstractDampedLaw

Amplitudes = Float[Array, "2 n"]
NEAR, TERMS = 1 / 16, 6  # square of an angle up to which cosine and sine are summed as series, and terms of these


class AbstractExcitation(AbstractDampedLaw):
    r"""Amplitudes of the excitation, real and imaginary parts; that of the empty chain stays what it is.

    .. math:: i \dot a = K a, \quad K = H - \tfrac i2 \sum_j \gamma_j \sigma^+_j\sigma^-_j
              - \tfrac i2 \Gamma \sum_{jk} \sigma^+_j\sigma^-_k

    Nothing is approximated: a jump leads into the empty chain, where nothing follows.

    Source: Liu et al., supplement I. Its S2 has gamma where K, and the truth, have gamma / 2.
    """

    lattice: eqx.AbstractVar[Lattice]
    exact: ClassVar[bool] = True

    @classmethod
    def of(cls, lattice: Lattice) -> Any:
        """The law of a chain.

        Raises:
            FieldError: where it does not start in a single excitation.
        """
        if not isinstance(lattice.begin, Single):
            fix = "use initial=jaxqb.single_excitation(amplitudes), or law=chain.closure()"
            fail(FieldError, "initial", "be a single excitation for this law", "each spin is excited by itself", fix)
        return cls(lattice)

    def valid(self) -> Any:
        """Whether rates and norm are."""
        return self.lattice.physical()

    @property
    def start(self) -> Amplitudes:
        """As given."""
        return self.lattice.begin.amplitudes  # type: ignore[union-attr]

    def coefficients(self) -> tuple[Any, Any, Any, Any]:
        """Gaps, bonds and rates."""
        x = self.lattice
        return x.gaps, x.bonds, x.rates, x.collective

    def apply(self, coefficients: tuple[Any, Any, Any, Any], y: Amplitudes) -> Amplitudes:
        """The field from its coefficients."""
        gaps, bonds, rates, collective = coefficients
        on, back = (jnp.pad(bonds * part, ((0, 0), pad)) for part, pad in ((y[:, :-1], (1, 0)), (y[:, 1:], (0, 1))))
        re, im = gaps * y + on + back
        falls = rates * y if self.lattice.alone else rates * y + collective * jnp.sum(y, axis=1, keepdims=True)
        return jnp.stack([im, -re]) - falls / 2

    def transposed(self, coefficients: tuple[Any, Any, Any, Any]) -> tuple[Any, Any, Any, Any]:
        """The Hamiltonian turns back."""
        gaps, bonds, rates, collective = coefficients
        return -gaps, -bonds, rates, collective

    def extent(self) -> tuple[Any, Any, Any]:
        """By Gershgorin's discs of H; the collective decay has one rate that is not zero, n times Gamma."""
        low, high = self._levels()
        x = self.lattice
        return (jnp.max(x.rates) + x.n * x.collective) / 2, jnp.zeros_like(high), jnp.maximum(high, -low)

    def pace(self) -> Float[Array, ""]:
        """Beats between the outermost levels, or of one with the empty chain, and the fall of populations."""
        low, high = self._levels()
        beside = jnp.where(self.lattice.begin.vacuum() > 0, jnp.maximum(high, -low), 0.0)  # type: ignore[union-attr]
        return jnp.maximum(high - low, beside) + 2 * self.extent()[0]

    def unrest(self, y: Amplitudes, t: Float[Array, ""]) -> Float[Array, ""]:
        """The norm, which only falls."""
        del t
        return jnp.sqrt(jnp.sum(y**2))

    def state(self, y: Amplitudes) -> OneExcitation:
        """With the amplitude of the empty chain."""
        x = self.lattice
        return OneExcitation(lax.complex(y[0], y[1]), x.begin.vacuum(), x.gaps, x.bonds)  # type: ignore[union-attr]

    def _levels(self) -> tuple[Any, Any]:
        """Between which those of H lie."""
        x = self.lattice
        reach = jnp.pad(jnp.abs(x.bonds), (1, 0)) + jnp.pad(jnp.abs(x.bonds), (0, 1))
        return jnp.min(x.gaps - reach), jnp.max(x.gaps + reach)


class Excitation(AbstractExcitation):
    """On any chain."""

    lattice: Lattice


class Bands(NamedTuple):
    """Complex frequencies of a dimerised chain, whose imaginary parts are minus the decay rates of amplitudes.

    Attributes:
        k: wave numbers 2 pi l / (n + 1), l = 1, ..., n // 2.
        lower, upper: Omega^-_k and Omega^+_k.
        middle: Omega_A, the mode on the odd spins that an odd chain has besides; empty for an even one.
    """

    k: Float[Array, " l"]
    lower: Complex[Array, " l"]
    upper: Complex[Array, " l"]
    middle: Complex[Array, " m"]


class DimerExcitation(AbstractClosedLaw, AbstractExcitation):
    r"""On a chain of two kinds of spins in turn with equal bonds, in closed form.

    Standing waves diagonalise the hopping, ``2 lambda cos q`` with ``q = k / 2``, and the staggered part of K couples that of q
    with that of ``pi - q`` only. Each pair has

    .. math:: e^{-iKt} = e^{-i\bar\Omega t} \left[\cos R t - i \frac{\sin R t}{R}
              \begin{pmatrix} 2\lambda\cos q & \delta \\ \delta & -2\lambda\cos q \end{pmatrix}\right], \quad
              R^2 = \delta^2 + 4\lambda^2\cos^2 q, \quad \bar\Omega, \delta = (\Omega_A \pm \Omega_B) / 2

    with Omega = Delta - i gamma / 2. It is entire in R^2, so exceptional points (R = 0, where eigenvectors coincide) are ordinary
    points; the middle wave of an odd chain is its own partner.

    Source: Liu et al., supplement, S2-S4, here without eigenvectors.
    """

    lattice: Lattice

    def after(self, y: Amplitudes, t: Float[Array, ""]) -> Amplitudes:
        """There and back by sine transforms."""
        n = self.lattice.n
        mean, apart, hop = _waves(self.lattice, 0.5)
        cosine, sine = (_both(half, n) for half in _turns(mean, (apart**2 + hop**2)[: (n + 1) // 2], t))
        waves = _standing(lax.complex(y[0], y[1]))
        waves = (cosine - 1j * hop * sine) * waves - 1j * apart * sine * waves[::-1]
        a = _standing(waves)
        return jnp.stack([jnp.real(a), jnp.imag(a)])


@functools.partial(jax.jit, static_argnums=1)
def bands(lattice: Lattice, printed: bool = False) -> Bands:
    """Frequencies of a dimerised chain, by S2; `printed`: with its gamma in place of gamma / 2."""
    n = lattice.n
    mean, apart, hop = _waves(lattice, 1.0 if printed else 0.5)
    root = jnp.sqrt((apart**2 + hop**2)[: n // 2])
    k = jnp.asarray(2 * np.pi * np.arange(1, n // 2 + 1) / (n + 1), hop.dtype)
    return Bands(k, mean - root, mean + root, (mean + apart)[None][: n % 2])


def _waves(lattice: Lattice, part: float) -> tuple[Complex[Array, ""], Complex[Array, ""], Float[Array, " n"]]:
    """Mean and half the distance of both Omega, and ``2 lambda cos q`` of all standing waves."""
    first, second = lax.complex(lattice.gaps[:2], -part * lattice.rates[:2])
    hop = 2 * lattice.bonds[0] * np.cos(np.pi * np.arange(1, lattice.n + 1) / (lattice.n + 1))
    return (first + second) / 2, (first - second) / 2, hop


def _turns(mean: Any, square: Complex[Array, " q"], t: Any) -> tuple[Complex[Array, " q"], Complex[Array, " q"]]:
    """``exp(-i mean t)`` times cos(R t) and sin(R t) / R. Apart from zero, by exponentials that never grow."""
    size = jnp.abs(square)
    # as long as this does not depend on t, it is computed once for all times
    root = jnp.sqrt(jnp.where(size > jnp.finfo(size.dtype).tiny ** 0.5, square, 1.0))
    near = size * t**2 < NEAR
    small = jnp.where(near, square * t**2, 0.0)
    ahead, behind = jnp.exp(-1j * (mean + root) * t), jnp.exp(-1j * (mean - root) * t)
    last_first = lambda odd: [(-1) ** k / math.factorial(2 * k + odd) for k in reversed(range(TERMS))]  # noqa: E731
    series = lambda odd: functools.reduce(lambda total, c: total * small + c, last_first(odd))  # noqa: E731
    here = jnp.exp(-1j * mean * t)
    cosine = jnp.where(near, here * series(0), (ahead + behind) / 2)
    return cosine, jnp.where(near, here * t * series(1), (ahead - behind) * (0.5j / root))


def _both(half: Complex[Array, " h"], n: int) -> Complex[Array, " {n}"]:
    """What is the same for q and pi - q, for all of them."""
    return jnp.concatenate([half, half[: n // 2][::-1]])


def _standing(a: Complex[Array, " n"]) -> Complex[Array, " n"]:
    """The orthogonal sine transform, which is its own inverse."""
    n, zero = a.shape[0], jnp.zeros_like(a, shape=(1,))
    waves = jnp.fft.fft(jnp.concatenate([zero, a, zero, -a[::-1]]))[1 : n + 1]
    return waves * (1j * np.sqrt(1 / (2 * (n + 1))))
