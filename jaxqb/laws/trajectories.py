"""Random quantum jumps of a chain without collective decay: each trajectory is a Slater determinant, whatever the length."""

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from ..algebra.determinants import Determinant, Pair, Row, at_sites, room
from ..errors import FieldError, fail, shown
from ..fields import traced
from ..states.spins import SampledBands
from .closure import Tables, beside, diagonals, prepared
from .lattice import Lattice, Single
from .law import AbstractLaw

FEW = 200  # trajectories below which a sample says too little about the error of its mean
NEAR = 3  # diagonals of the matrix of correlations that are followed by their equations, the main one included


class Trajectories(AbstractLaw):
    r"""The mean over `count` pure states that jump: exact but for a statistical error, which is stated.

    Spins are fermions, by Jordan and Wigner. Between jumps their orbitals move under ``K = H - i sum_j gamma_j n_j / 2``;
    ``sigma^-_j`` takes the particle at site j out of them and turns the sign of all sites before it. So each trajectory is a
    determinant for ever. Correlations ``C_nm = <c^+_n c_m>``, those of spins for n = m and for neighbours, obey

    .. math:: \dot C_{nm} = [i(\Delta_n - \Delta_m) - (\gamma_n + \gamma_m)/2] C_{nm} + i [\Lambda, C]_{nm}
              - 2\sum_{n<l<m}\gamma_l\langle n_l c^+_n c_m\rangle

    with the bonds as a symmetric matrix Lambda. On the diagonals near the main one the mean follows these equations, and only
    what they do not know is sampled: the next diagonal, and the last sum. Where gaps differ or hopping is weak both are small,
    and the statistical error is so by orders of magnitude (there is none without hopping); else it is about that of plain means.

    Args (of ``chain.trajectories``):
        count: how many trajectories, at least 2; below 200 their error is uncertain, and the status says so.
        key: of `jax.random`. Trajectory i depends on it and on i alone, so that more of them go on where fewer ended.

    Raises:
        FieldError: with collective decay, whose jumps make sums of determinants of one; for a bad count or key.

    Source of the jumps: Dalibard, Castin and Molmer, Phys. Rev. Lett. 68, 580 (1992).

    >>> import jax
    >>> import jaxqb as qb
    >>> qb.SpinChain.uniform(40).trajectories(500, jax.random.key(0)).count
    500
    """

    lattice: Lattice
    tables: Tables
    key: Any
    count: int = eqx.field(static=True)
    followed: int = eqx.field(static=True)

    exact: ClassVar[bool] = True

    @classmethod
    def of(cls, lattice: Lattice, count: int, key: Any, followed: int = NEAR) -> "Trajectories":
        """The law of a chain; `followed`: how many diagonals are not sampled (at least 2)."""
        if not lattice.alone:
            fix = "use law=chain.closure(), or chain.exact() for few spins"
            fail(FieldError, "collective_decay", "be zero for trajectories", "this chain decays collectively", fix)
        if traced(count) or isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 2:
            fail(FieldError, "count", "be a known integer of at least 2", f"it is {shown(count)}", f"use e.g. count={5 * FEW}")
        check_key(key)
        tables, _, kept = prepared(lattice, min(followed, lattice.n))
        return cls(lattice, tables, key, int(count), kept)

    def valid(self) -> Any:
        """Whether rates and start are possible."""
        return self.lattice.physical()

    def numbers(self) -> int:
        """What they cost all together, which is more than what they hold."""
        return self.count * self.lattice.n // 40

    def row(self) -> Row:
        """Where the fermions live."""
        return Row(self.lattice.gaps, self.lattice.rates, self.lattice.bonds).centred()

    def draw(self, key: Any) -> Determinant:
        """One of the determinants that the start is a mixture of."""
        begin, n = self.lattice.begin, self.lattice.n
        if not isinstance(begin, Single):
            return at_sites(jax.random.uniform(key, (n,), begin.excited.dtype) < begin.excited)
        norm = jnp.sum(begin.amplitudes**2)
        there = jax.random.uniform(key, (), norm.dtype) < norm
        orbital = jnp.where(there, begin.amplitudes / jnp.sqrt(jnp.where(norm > 0, norm, 1.0)), 0.0)
        re, im = orbital[:, :, None] * (np.arange(room(n)) == 0)
        return Determinant(re, im, there.astype(int), jnp.zeros((), bool))

    @property
    def start(self) -> Pair:
        """Near correlations at t = 0, as rows: that of j and j + d in row d at j, one row more than is followed."""
        rows = diagonals(self.lattice.begin.correlations(), self.followed)
        return jnp.real(rows), jnp.imag(rows)

    def laid(self, rows: Float[Array, "d n"]) -> Float[Array, " l"]:
        """Rows behind one another, with room at both ends, as `apply` takes them."""
        return jnp.pad(rows.ravel(), self.lattice.n + 1)

    def rows(self, laid: Float[Array, " l"]) -> Float[Array, "d n"]:
        """As rows again."""
        n = self.lattice.n
        return laid[n + 1 : -n - 1].reshape(-1, n)

    def apply(self, re: Float[Array, " l"], im: Float[Array, " l"]) -> Pair:
        """Rates of near correlations without strings; what runs over an end meets no bond. The last row, sampled, turns alone.

        Were it driven by the one before, the noise of the mean would come back to it, and grow where hopping is strong.
        """
        turn, loss, left, right, left_second, right_second = (table.ravel() for table in self.tables)
        n, m = self.lattice.n, turn.size
        at = lambda x, d, j: x[n + 1 + d * n + j :][:m]  # noqa: E731

        def hops(x: Any) -> Any:
            return left * at(x, 1, -1) + right * at(x, -1, 1) - left_second * at(x, -1, 0) - right_second * at(x, 1, 0)

        row = np.arange(m) // n
        real, imag = (row < self.followed) * np.where(row > 0, 1, [[2], [0]])  # populations have two halves, of which one is seen
        d_re = -real * hops(im) - turn * at(im, 0, 0) - loss * at(re, 0, 0)
        d_im = imag * hops(re) + turn * at(re, 0, 0) - loss * at(im, 0, 0)
        return d_re.reshape(-1, n), d_im.reshape(-1, n)

    def strings(self, re: Float[Array, "d n"], im: Float[Array, "d n"]) -> Pair:
        """The sum over spins between two, by Wick's theorem ``<n_l c^+_n c_m> = n_l C_nm - C_nl C_lm``, for all rows."""
        rows, n = re.shape
        c, rates, excited = lax.complex(re, im), beside(self.lattice.rates, rows), beside(re[0], rows)
        ahead = lambda x, k: jnp.pad(x, (0, k))[k:]  # noqa: E731
        between = lambda d, k: rates[k] * (excited[k] * c[d] - c[k] * ahead(c[d - k], k))  # noqa: E731
        sums = [sum((between(d, k) for k in range(1, d)), jnp.zeros(n, c.dtype)) for d in range(rows)]
        return -2 * jnp.real(jnp.stack(sums)), -2 * jnp.imag(jnp.stack(sums))

    def state(self, y: Pair) -> SampledBands:
        """Of the rows that are followed."""
        x = self.lattice
        return SampledBands(re=y[0], im=y[1], gaps=x.gaps, bonds=x.bonds, superposed=isinstance(x.begin, Single))


def check_key(key: Any) -> None:
    """A sentence if this is no key of `jax.random`."""
    shape, kind = getattr(key, "shape", None), getattr(key, "dtype", None)
    typed = isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    if shape != (() if typed else (2,)) or not (typed or kind == jnp.uint32):
        but = f"it is {shown(key)}" if shape is None else f"it is an array of shape {shape} and type {kind}"
        fail(FieldError, "key", "be one key of jax.random", but, "use e.g. jax.random.key(0)")
