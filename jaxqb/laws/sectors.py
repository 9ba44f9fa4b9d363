r"""The exact Lindblad equation of a chain of spins, in blocks of equal numbers of excitations.

Hopping keeps the number of excitations and each decay lowers it by one, so a start without coherence between numbers has none
ever: of 4^n elements of the density matrix binom(2n, n) remain. Each Hermitian block is one real matrix M (`algebra.hermitian`):

.. math:: \dot M = [H, M]^T - \tfrac12\{\textstyle\sum_k L_k^+L_k, M\} + \sum_k L_k M L_k^+

with H and the jumps L real. No matrix is built: flips and exchanges of spins look up elements of M in tables.
"""

import functools
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from ..algebra.hermitian import folded
from ..algebra.sectors import Layout, sectors, size
from ..algebra.sectors import Sectors as Tables
from ..errors import FieldError, fail
from ..states.blocks import Blocks
from .lattice import Lattice, Single
from .law import AbstractMasterLaw

LARGEST = 14  # spins that may be asked for
COPIES = 12  # of the state that a series and its figures hold at a time


class Terms(eqx.Module):
    """What the field is made of: per element differences of energies and mean losses, and weights; `turned` over, jumps go up."""

    turns: Float[Array, " y"]
    losses: Float[Array, " y"]
    bonds: Float[Array, " n"]
    rates: Float[Array, " n"]
    collective: Float[Array, ""]
    turned: bool = eqx.field(static=True, default=False)


class Sectors(AbstractMasterLaw):
    """All blocks of the density matrix of a chain of spins, exact.

    A start of one excitation, in superposition with none, has one block: the empty chain and a single excitation. Made by
    ``chain.exact()``.

    Args:
        lattice: the chain.

    >>> import jaxqb as qb
    >>> qb.SpinChain.uniform(2).exact().start.tolist()  # no, one and two excitations: blocks of 1, 4 and 1 numbers
    [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    """

    lattice: Lattice
    exact: ClassVar[bool] = True

    @property
    def _single(self) -> bool:
        return isinstance(self.lattice.begin, Single)

    @property
    def _tables(self) -> Tables:
        return sectors(self.lattice.n, self._single)

    def valid(self) -> Any:
        """Whether rates and start are possible."""
        return self.lattice.physical()

    def numbers(self) -> int:
        """Of all blocks."""
        return size(self.lattice.n, self._single)

    @property
    def start(self) -> Float[Array, " y"]:
        """All blocks at t = 0, row by row."""
        begin, t = self.lattice.begin, self._tables
        if isinstance(begin, Single):
            ket = jnp.concatenate([begin.vacuum()[None] + 0j, begin.amplitudes[0] + 1j * begin.amplitudes[1]])
            return folded(ket[:, None] * ket.conj()).ravel()
        chances = jnp.prod(jnp.where(t.bits, begin.excited, 1 - begin.excited), axis=1)
        return jnp.zeros(len(t.mirror), chances.dtype).at[t.diagonal].set(chances)

    def coefficients(self) -> Terms:
        """Of all elements and flips."""
        x, t = self.lattice, self._tables
        each = lambda v: _spread(jnp.sum(t.bits * v, axis=1), t.sizes)  # noqa: E731
        (a, b), (c, d) = each(x.gaps), each(x.rates)
        return Terms(a - b, (c + d) / 2, jnp.append(x.bonds, 0.0), x.rates, x.collective)

    def transposed(self, coefficients: Terms) -> Terms:
        """Turning the other way, with jumps up."""
        c = coefficients
        return Terms(-c.turns, c.losses, -c.bonds, c.rates, c.collective, not c.turned)

    def apply(self, coefficients: Terms, y: Float[Array, " y"]) -> Float[Array, " y"]:
        """The field."""
        c, t = coefficients, self._tables
        begin, place, flips = t.whole.begin, t.place, t.downs if c.turned else t.ups
        hops = (c.bonds, y, begin[t.swaps], place), (-c.bonds, y, begin, place[t.swaps])
        left, right, jumps = _sums(t.whole, *hops, (c.rates, y, begin[flips], place[flips]))
        flow = _take(c.turns * y + left + right, t.mirror) - c.losses * y + jumps
        return flow if self.lattice.alone else flow + c.collective * self._together(y, c.turned)

    def _together(self, y: Float[Array, " y"], turned: bool) -> Float[Array, " y"]:
        """D[the sum of flips], or its transpose, by way of matrices with one excitation less in columns than in rows."""
        t, ones = self._tables, np.ones(self.lattice.n)
        begin, low, place, ups, downs = t.whole.begin, t.lower.begin, t.place, t.ups, t.downs
        narrow = [(ones, m, begin, place[ups]) for m in (y, _take(y, t.mirror))]
        *losses, jumps = _sums(t.lower, *narrow, (ones, y, begin[downs], place) if turned else narrow[0])
        wide = [(ones, m, low, place[downs]) for m in losses]
        left, right, jumps = _sums(t.whole, *wide, (ones, jumps, low, place[downs]) if turned else (ones, jumps, low[ups], place))
        return jumps - (left + _take(right, t.mirror)) / 2

    def extent(self) -> tuple[Any, Any, Any]:
        """Of the numerical range, which lies within the sum of those of the Hamiltonian and of each decay, all known exactly.

        The Hamiltonian is one of free fermions (of Jordan and Wigner), whose levels are sums of its levels for one excitation.
        """
        x, n = self.lattice, self.lattice.n
        levels = jnp.linalg.eigvalsh(jnp.diag(x.gaps) + jnp.diag(x.bonds, 1) + jnp.diag(x.bonds, -1))
        if self._single:
            spread = jnp.maximum(levels[-1], 0.0) - jnp.minimum(levels[0], 0.0)
        else:
            spread = jnp.sum(levels[-(n // 2) :]) - jnp.sum(levels[: n // 2])
        alone, together = _decay(1), _decay(1) * n if self._single else _decay(n)
        left, right, height = alone * jnp.sum(x.rates) + together * x.collective
        return left, right, spread + height

    def pace(self) -> Float[Array, ""]:
        """Any two levels may beat against each other."""
        return self.radius()

    def state(self, y: Float[Array, " y"]) -> Blocks:
        """The blocks."""
        return Blocks(y=y, gaps=self.lattice.gaps, bonds=self.lattice.bonds, single=self._single)


def check_size(n: int, single: bool, most: int) -> None:
    """A sentence if there are more spins than `most` (or than `LARGEST`), which names the memory that they take."""
    if n > (most := min(most, LARGEST)):
        room = 8 * COPIES * size(n, single) / 2**30
        but = f"{n} of them take about {room:.2g} GiB, and time in proportion"
        fix = "use chain.closure() or chain.trajectories(count, key); chain.exact(most=...) allows more"
        fail(FieldError, "exact", f"be asked of at most {most} spins", but, fix)


def _spread(x: Float[Array, " states"], sizes: tuple[int, ...]) -> tuple[Float[Array, " y"], Float[Array, " y"]]:
    """Numbers of states, for each element those of its row and of its column."""
    parts = [jnp.broadcast_to(part, (len(part),) * 2) for part in jnp.split(x, np.cumsum(sizes)[:-1])]
    return jnp.concatenate([part.T.ravel() for part in parts]), jnp.concatenate([part.ravel() for part in parts])


def _take(x: Array, index: Any) -> Array:
    return x.at[index].get(mode="promise_in_bounds")


def _sums(layout: Layout, *looks: tuple[Any, Array, np.ndarray, np.ndarray]) -> list[Array]:
    """For all elements |a><b| of a layout ``sum_k weights[k] y[begin[k, a] + place[k, b]]``, by each (weights, y, begin, place).

    Nothing is added where nothing is. It is a loop because the compiler takes long over many terms.
    """
    shape = max(len(weights) for weights, *_ in looks), len(layout.begin) - 1
    table = lambda x: np.broadcast_to(x[..., : shape[1]], shape).astype(np.int32)  # noqa: E731

    def add(totals, ks):
        def term(y, weight, begin, place):
            index = _take(begin, layout.rows) + _take(place, layout.columns)
            return weight * y.at[index].get(mode="fill", fill_value=0)

        return [total + term(y, *k) for total, (_, y, *_), k in zip(totals, looks, ks, strict=True)], None

    nothing = [jnp.zeros(len(layout.rows), y.dtype) for _, y, *_ in looks]
    return lax.scan(add, nothing, [(weights, table(begin), table(place)) for weights, _, begin, place in looks])[0]


@functools.lru_cache(maxsize=32)
def _decay(n: int) -> np.ndarray:
    """How far the numerical range of D[the sum of n flips] reaches to the left, to the right, and upwards.

    Among equal numbers of excitations it takes |j, m><k, m| to |j, m-1><k, m-1|, j and k being collective spins.
    """
    reach = np.zeros(3)
    spins = np.arange(n % 2, n + 1, 2) / 2
    for j, k in ((j, k) for j in spins for k in spins if j <= k):
        m = np.arange(j, -j - 1, -1)
        a, b = (s * (s + 1) - m * (m - 1) for s in (j, k))
        flow = np.diag(-(a + b) / 2) + np.diag(np.sqrt(a * b)[:-1], -1)
        real, imaginary = (np.linalg.eigvalsh(part) for part in ((flow + flow.T) / 2, 0.5j * (flow - flow.T)))
        reach = np.maximum(reach, [-real[0], real[-1], imaginary[-1]])
    return reach
