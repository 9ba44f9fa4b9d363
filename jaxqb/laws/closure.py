"""Second moments of a chain, closed by factorising, as the diagonals of one matrix near its main one."""

import functools
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..errors import FieldError, fail, shown
from ..states.spins import SpinBands
from .lattice import Lattice, Single
from .law import AbstractDifferentialLaw

PAIRS = ("factorised", "followed", "printed")
ALL, BANDS = 24, 16  # diagonals that are kept if they are all, and how many of a longer chain are


class Tables(NamedTuple):
    """What the field needs to know of each pair (j, j + d): shapes (bands + 1, n), zero beyond the end of the chain."""

    turn: Float[Array, "d n"]  # gap of the first less that of the second spin
    loss: Float[Array, "d n"]
    left: Float[Array, "d n"]  # bonds of the first spin, to both sides
    right: Float[Array, "d n"]
    left_second: Float[Array, "d n"]
    right_second: Float[Array, "d n"]


class AbstractBanded(AbstractDifferentialLaw):
    """A Hermitian matrix of second moments, of which the diagonals near the main one are kept.

    Coordinates: real and imaginary part of the main diagonal of C and of the next `bands` ones, each shape (bands + 1, n), row d
    with ``C_{j,j+d}`` at j.
    """

    lattice: eqx.AbstractVar[Lattice]
    tables: eqx.AbstractVar[Tables]
    lost: eqx.AbstractVar[Float[Array, ""]]
    bands: eqx.AbstractVar[int]

    exact: ClassVar[bool] = False
    linear: ClassVar[bool] = False

    def valid(self) -> Any:
        """Whether rates and start are possible."""
        return self.lattice.physical()

    @property
    def start(self) -> Any:
        """From the lattice."""
        c = diagonals(self.lattice.begin.correlations(), self.bands)
        return jnp.real(c), jnp.imag(c)

    def unrest(self, y: Any, t: Float[Array, ""]) -> Float[Array, ""]:
        """What is still excited, which only falls."""
        del t
        return jnp.sum(jnp.abs(y[0][0]))

    def hopped(self, y: Any, first: Any, second: Any) -> Any:
        r"""``[i(\Delta_n - \Delta_m) - (\gamma_n + \gamma_m)/2] C_{nm} - i u_n (\Lambda C)_{nm} + i (C \Lambda)_{nm} v_m``.

        `first` and `second` are u and v at the pairs of spins. Of populations, whose two halves are conjugate, one is seen: they
        take -2 for -1. Rows lie behind one another, so that a neighbour in any direction is a slice; what runs over the end of a
        row meets no bond.
        """
        n, rows = self.lattice.n, self.bands + 1
        turn, loss, left, right, left_second, right_second = (table.ravel() for table in self.tables)
        re, im, first, second = (part.ravel() for part in (*y, first, second))

        def hops(part: Any) -> tuple[Any, Any]:
            padded = jnp.pad(part, n + 1)
            at = lambda d, j: padded[n + 1 + d * n + j :][: rows * n]  # noqa: E731
            return left * at(1, -1) + right * at(-1, 1), left_second * at(-1, 0) + right_second * at(1, 0)

        (re_first, re_second), (im_first, im_second) = hops(re), hops(im)
        coherent = np.arange(rows * n) >= n  # populations are real
        d_re = first * im_first - second * im_second - turn * im - loss * re
        d_im = (second * re_second - first * re_first) * coherent + turn * re - loss * im
        return d_re.reshape(rows, n), d_im.reshape(rows, n)

    def moments(self, y: Any, strings: bool) -> SpinBands:
        """The state with these coordinates, of spins or of fermions."""
        x = self.lattice
        superposed = isinstance(x.begin, Single)
        return SpinBands(re=y[0], im=y[1], gaps=x.gaps, bonds=x.bonds, lost=self.lost, superposed=superposed, strings=strings)

    def radius(self) -> Float[Array, ""]:
        """Width of the band of single excitations, and the largest rate."""
        return width(self.lattice) + jnp.max(self.lattice.rates)

    def pace(self) -> Float[Array, ""]:
        """That of differences of energies."""
        return AbstractBanded.radius(self)


class Closure(AbstractBanded):
    r"""Populations and correlations ``C_nm = <sigma^+_n sigma^-_m>`` without collective decay.

    .. math:: \dot C_{nm} = [i(\Delta_n - \Delta_m) - (\gamma_n + \gamma_m)/2] C_{nm}
              - i z_n (\Lambda C)_{nm} + i (C \Lambda)_{nm} z_m, \quad z_n = 2 C_{nn} - 1,

    with the bonds as a symmetric matrix Lambda. Populations obey the same with -1 in place of z. Only
    ``<sigma^z_l sigma^+_n sigma^-_m>`` of three different spins is factorised: ``<sigma^z sigma^z>`` cancels.

    Correlations fall off with the distance where gaps differ or decay: at 40 spins and ``lambda = 0.05`` 12 diagonals leave an
    error of 1e-11 in the energy per capacity up to t = 100, at any ratio of gaps; strong hopping near resonance needs more, and
    `SpinBands.edge` tells.

    Source: Liu et al., Eqs. S14-S18, in compact form.
    """

    lattice: Lattice
    tables: Tables
    lost: Float[Array, ""]
    bands: int = eqx.field(static=True)

    @classmethod
    def of(cls, lattice: Lattice, bands: int | None = None) -> "Closure":
        """The law with so many diagonals."""
        return cls(lattice, *prepared(lattice, bands))

    def field(self, y: Any) -> Any:
        """With z of either spin."""
        rows = self.bands + 1
        z = 2 * y[0][0] - 1
        populations = jnp.full((1, self.lattice.n), -2.0, z.dtype)
        first = jnp.broadcast_to(z, (rows - 1, self.lattice.n))
        return self.hopped(y, jnp.concatenate([populations, first]), jnp.concatenate([populations, beside(z, rows)[1:]]))

    def state(self, y: Any) -> SpinBands:
        """As they are."""
        return self.moments(y, strings=False)


def enough(n: int) -> int:
    """How many diagonals are kept by default."""
    return n - 1 if n <= ALL + 1 else BANDS


def width(lattice: Lattice) -> Float[Array, ""]:
    """At most of the band of single excitations."""
    reach = jnp.abs(jnp.pad(lattice.bonds, (1, 0))) + jnp.abs(jnp.pad(lattice.bonds, (0, 1)))
    return jnp.max(lattice.gaps + reach) - jnp.min(lattice.gaps - reach)


def diagonals(c: Any, bands: int) -> Any:
    """Rows of diagonals, from the main one on."""
    n = c.shape[-1]
    second = np.minimum(np.arange(n) + np.arange(bands + 1)[:, None], n - 1)
    return jnp.where(inside(bands + 1, n), c[np.arange(n), second], 0.0)


def check_pairs(pairs: Any) -> None:
    """A sentence if `pairs` is none of three words."""
    if not isinstance(pairs, str) or pairs not in PAIRS:
        fix = f"use {', '.join(map(repr, PAIRS[:2]))} or {PAIRS[2]!r}"
        fail(FieldError, "pairs", "be a known word", f"it is {shown(pairs)}", fix)


def check_bands(bands: Any, n: int) -> None:
    """A sentence if `bands` is given and is no number of diagonals of a matrix."""
    if bands is None:
        return
    if isinstance(bands, bool) or not isinstance(bands, (int, np.integer)) or not 1 <= bands < n:
        must, but = f"be an integer from 1 to {n - 1}, for {n} spins", f"it is {shown(bands)}"
        fail(FieldError, "bands", must, but, f"use bands={enough(n)}, or leave it out")


def prepared(lattice: Lattice, bands: int | None) -> tuple[Tables, Any, int]:
    """Tables, the largest correlation of the start that is not kept, and how many diagonals are."""
    kept = bands or (lattice.n - 1 if isinstance(lattice.begin, Single) else enough(lattice.n))
    return *_tables(lattice, kept), kept


@functools.partial(jax.jit, static_argnums=1)
def _tables(lattice: Lattice, bands: int) -> tuple[Tables, Any]:
    n, rows = lattice.n, bands + 1
    left, right = jnp.pad(lattice.bonds, (1, 0)), jnp.pad(lattice.bonds, (0, 1))
    turn = lattice.gaps - beside(lattice.gaps, rows)
    loss = (lattice.rates + beside(lattice.rates, rows)) / 2
    own = (turn, loss, left, right, beside(left, rows), beside(right, rows))
    far = np.abs(np.subtract.outer(np.arange(n), np.arange(n))) > bands
    lost = jnp.max(jnp.where(far, jnp.abs(lattice.begin.correlations()), 0.0))
    return Tables(*(jnp.where(inside(rows, n), x, 0.0) for x in own)), lost


def inside(rows: int, n: int) -> Any:
    """Whether there is a spin j + d."""
    return np.arange(n) + np.arange(rows)[:, None] < n


def beside(x: Any, rows: int) -> Any:
    """``x[j + d]`` in row d, zero beyond the end."""
    return jnp.pad(x, (0, rows - 1))[np.arange(x.shape[-1]) + np.arange(rows)[:, None]]
