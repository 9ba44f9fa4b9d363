"""Slater determinants on a row of sites: how they move under a Hamiltonian with decay, and lose a particle at a site.

A determinant is given by orthonormal orbitals that span what is occupied, or, where those are fewer, what is empty. Either way
``<c^+_n c_m>`` is a projector, from which Wick's theorem gives the rest. Complex matrices are pairs of real ones: one product of
real matrices, the parts of one factor above and of the other beside each other, takes half the time of a complex one.
"""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from ..conventions import epsilon

Pair = tuple[Array, Array]  # real and imaginary part

CHUNK, TERMS = 2, 42  # terms of a series that are summed in one turn of its loop, and about how many are enough
POWERS, STEPS = 3, 8  # powers of a matrix that its polynomials are made of, and how often they are put together at most
REACH, SPREAD = 2.0, 0.2  # of a step: how far phases turn, and the logarithm by which norms part, at most
ROOT = np.cumprod([1.0, *((-0.5 - k) / (k + 1) for k in range(POWERS * STEPS - 1))]).reshape(STEPS, POWERS)  # of (1 + x)^(-1/2)
WIDE, ROOMS = 8, 3  # orbitals that do not repay a smaller matrix, and of how many sizes matrices are at most


class Row(NamedTuple):
    """Sites with energies and decay rates, and what couples neighbours."""

    gaps: Float[Array, " n"]
    rates: Float[Array, " n"]
    bonds: Float[Array, " bonds"]

    def centred(self) -> "Row":
        """The same but for a phase and a norm of all."""
        middle = lambda x: x - (jnp.max(x) + jnp.min(x)) / 2  # noqa: E731
        return Row(middle(self.gaps), middle(self.rates), self.bonds)

    def radius(self) -> Float[Array, ""]:
        """A bound on the generator of a centred row."""
        return jnp.max(jnp.abs(self.gaps)) + jnp.max(jnp.abs(self.rates)) / 2 + 2 * jnp.max(jnp.abs(self.bonds))

    def spread(self) -> Float[Array, ""]:
        """How fast squares of norms part, at most."""
        return jnp.max(jnp.abs(self.rates))

    def step(self) -> Float[Array, ""]:
        """The longest time that `moved` takes."""
        small = jnp.finfo(self.gaps.dtype).tiny ** 0.5
        return jnp.minimum(REACH / jnp.maximum(self.radius(), small), SPREAD / jnp.maximum(self.spread(), small))


class Determinant(NamedTuple):
    """Orthonormal orbitals, the first `count` columns; the others are zero. `holes`: they span what is empty."""

    re: Float[Array, "n k"]
    im: Float[Array, "n k"]
    count: Int[Array, ""]
    holes: Bool[Array, ""]

    @property
    def particles(self) -> Int[Array, ""]:
        """How many there are."""
        return jnp.where(self.holes, self.re.shape[0] - self.count, self.count)


def room(n: int) -> int:
    """How many orbitals are enough, for particles or for holes."""
    return (n + 1) // 2


def at_sites(occupied: Bool[Array, " n"]) -> Determinant:
    """Particles at some sites."""
    k = room(occupied.size)
    holes = jnp.sum(~occupied) < k
    taken = occupied ^ holes
    place = jnp.where(taken, jnp.cumsum(taken) - 1, k)
    re = (place[:, None] == np.arange(k)).astype(float)
    return Determinant(re, jnp.zeros_like(re), jnp.sum(taken), holes)


def near(d: Determinant, rows: int) -> Pair:
    """``<c^+_j c_{j+r}>`` in row r at j, zero beyond the end; real and imaginary parts."""
    (n, k), sign = d.re.shape, jnp.where(d.holes, -1.0, 1.0)
    re, im = (jnp.pad(part, ((0, rows), (0, 0))) for part in d[:2])
    ahead = [(re[r : r + n], im[r : r + n]) for r in range(rows)]
    terms = [d.re * x + d.im * y for x, y in ahead] + [d.re * y - d.im * x for x, y in ahead]
    sums = jnp.matmul(jnp.concatenate(terms), jnp.ones(k, re.dtype), precision=lax.Precision.HIGHEST)  # half the time of jnp.sum
    real, imag = sign * sums.reshape(2, rows, n)
    return real + d.holes * (np.arange(rows) == 0)[:, None], imag


def leaving(d: Determinant, j: Int[Array, ""]) -> Pair:
    """The orbital of the particle that is lost if one is lost at site j, as a column."""
    re, im = _product(d[:2], _adjoint((d.re[j][None], d.im[j][None])))
    re = jnp.where(d.holes, (np.arange(re.size) == j)[:, None] - re, re)
    size = jnp.sqrt(re[j])
    return re / size, jnp.where(d.holes, -im, im) / size


def without(d: Determinant, v: Pair, signs: Float[Array, " n"]) -> Determinant:
    """With orbital v emptied, and the signs of sites changed then."""
    column = np.arange(d.re.shape[1])

    def more(q: Pair) -> Pair:
        """One more hole."""
        return jnp.where(column == d.count, v[0], q[0]), jnp.where(column == d.count, v[1], q[1])

    def less(q: Pair) -> Pair:
        """A reflection among the orbitals makes v the last one, which is left out."""
        x, y = _product(_adjoint(q), v)
        last = (column == d.count - 1)[:, None]
        size = jnp.hypot(jnp.sum(x * last), jnp.sum(y * last))
        x = x + last * jnp.where(size > 0, x / jnp.where(size > 0, size, 1.0), 1.0)
        y = y + last * jnp.where(size > 0, y / jnp.where(size > 0, size, 1.0), 0.0)
        turned = _product(_product(q, (x, y)), _adjoint((x, y)))
        weight = 2 / jnp.sum(x**2 + y**2)
        return tuple(jnp.where(last[:, 0], 0.0, a - weight * b) for a, b in zip(q, turned, strict=True))  # type: ignore[return-value]

    re, im = lax.cond(d.holes, more, less, d[:2])
    return Determinant(signs[:, None] * re, signs[:, None] * im, d.count + jnp.where(d.holes, 1, -1), d.holes)


def by_particles(d: Determinant) -> Determinant:
    """A determinant of holes, by what is occupied."""
    (n, k), count = d.re.shape, d.re.shape[0] - d.count
    re, im = _product(d[:2], _adjoint(d[:2]))

    def pick(i: Any, carry: Any) -> Any:
        """Out of a projector, what is at the site where most is left."""
        q, rest = carry
        j = jnp.argmax(jnp.real(jnp.diagonal(rest)))
        v = rest[:, j] / jnp.sqrt(jnp.real(rest[j, j]))
        return jnp.where(np.arange(k) == i, v[:, None], q), rest - v[:, None] * jnp.conj(v)

    none = jnp.zeros((n, k), re.dtype)
    q, _ = lax.fori_loop(0, count, pick, (lax.complex(none, none), lax.complex(jnp.eye(n, dtype=re.dtype) - re, -im)))
    return Determinant(jnp.real(q), jnp.imag(q), count, jnp.zeros_like(d.holes))


def moved(row: Row, d: Determinant, t: Float[Array, ""]) -> Determinant:
    """After a time of at most ``row.step()``, normalised; `row` is centred."""
    most = d.re.shape[1]
    sizes = [-(-most * (i + 1) // ROOMS) for i in range(ROOMS)] if most > WIDE else [most]

    def among(size: int, q: Pair) -> Pair:
        """With so many columns; others are zero."""
        x, y = _moved(row, (q[0][:, :size], q[1][:, :size]), d.holes, t)
        return tuple(jnp.pad(part, ((0, 0), (0, most - size))) for part in (x, y))  # type: ignore[return-value]

    re, im = lax.switch(jnp.sum(d.count > np.array(sizes[:-1])), [functools.partial(among, size) for size in sizes], d[:2])
    return d._replace(re=re, im=im)


def _moved(row: Row, q: Pair, holes: Any, t: Float[Array, ""]) -> Pair:
    """What is empty moves under the adjoint, so that it stays orthogonal to what is occupied."""
    falls = jnp.where(holes, row.rates, -row.rates)[:, None] / 2
    gaps, left, right = (x[:, None] for x in (row.gaps, jnp.pad(row.bonds, (1, 0)), jnp.pad(row.bonds, (0, 1))))
    edge = lambda x: jnp.pad(x, ((1, 1), (0, 0)))  # noqa: E731

    def step(x: Any, y: Any, f: Any) -> Pair:
        """A row of zeros at each end spares asking where the ends are."""
        turn = lambda x: gaps * x[1:-1] + left * x[:-2] + right * x[2:]  # noqa: E731
        return edge(q[0] + f * (turn(y) + falls * x[1:-1])), edge(q[1] + f * (falls * y[1:-1] - turn(x)))

    x, y = exponential(step, (edge(q[0]), edge(q[1])), t, row.radius() * t)
    return _orthonormal((x[1:-1], y[1:-1]), row.spread() * t)


def exponential(step: Callable, start: Pair, t: Float[Array, ""], size: Float[Array, ""]) -> Pair:
    """The series of an exponential by Horner's rule, as long as it has to be for a generator times t of this size, at most 8.

    ``step(x, y, f)`` is the start, and f times the generator on (x, y).
    """
    ends = np.arange(CHUNK, TERMS, CHUNK)
    chunks = 1 + jnp.sum(size**ends > epsilon() * np.array([float(math.factorial(k)) for k in ends]))

    def chunk(k: Any, v: Pair) -> Pair:
        for i in range(CHUNK):
            v = lax.optimization_barrier(step(*v, t / (CHUNK * (chunks - k) - i)))  # or each computes those before it anew
        return v

    return lax.fori_loop(0, chunks, chunk, start)


def _orthonormal(q: Pair, spread: Float[Array, ""]) -> Pair:
    """``q (q^+ q)^(-1/2)`` for columns that were orthonormal before squares of norms parted by `spread`; zero ones stay so.

    The series need not end at rounding: what it leaves is put right the next time.
    """
    re, im = _product(_adjoint(q), q)
    x = re - jnp.diag((jnp.diagonal(re) > 0.5).astype(re.dtype)), im
    square = _product(x, x)
    cube = _product(square, x)
    ends = POWERS * np.arange(1, STEPS)
    steps = jnp.sum(jnp.expm1(spread) ** ends > epsilon() ** (2 / 3))

    def part(i: Any) -> Pair:
        one, first, second = jnp.asarray(ROOT, re.dtype)[i]
        return one * jnp.eye(re.shape[0], dtype=re.dtype) + first * x[0] + second * square[0], first * x[1] + second * square[1]

    def step(i: Any, total: Pair) -> Pair:
        more, last = _product(cube, total), part(steps - 1 - i)
        return last[0] + more[0], last[1] + more[1]

    return _product(q, lax.fori_loop(0, steps, step, part(steps)))


def _adjoint(a: Pair) -> Pair:
    return a[0].T, -a[1].T


def _product(a: Pair, b: Pair) -> Pair:
    """Of two complex matrices, as one of real ones."""
    m, k = a[0].shape[0], b[0].shape[1]
    parts = jnp.matmul(jnp.concatenate(a), jnp.concatenate(b, axis=1), precision=lax.Precision.HIGHEST)
    return parts[:m, :k] - parts[m:, k:], parts[:m, k:] + parts[m:, :k]
