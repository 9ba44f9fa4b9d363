r"""The exact Lindblad equation of a chain of spins, in blocks of equal numbers of excitations.

Hopping keeps the number of excitations and each decay lowers it by one, so a start without coherence between numbers has none
ever: of 4^n elements of the density matrix binom(2n, n) remain. Each Hermitian block is one real matrix M (`algebra.hermitian`):

.. math:: \dot M_{ab} = -\tfrac12(\gamma_a + \gamma_b) M_{ab} - (E_a - E_b) M_{ba} - (TM^T)_{ab} + (TM)_{ba} + \text{jumps}

with energies E and losses of the states, and the hopping T. No matrix is built: T and jumps look up rows of M in tables.
"""

import functools
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..algebra.hermitian import folded
from ..algebra.sectors import Sector, sectors, size
from ..errors import FieldError, fail
from ..states.blocks import Blocks
from .lattice import Lattice, Single
from .law import AbstractMasterLaw

LARGEST = 14  # spins that may be asked for
COPIES = 12  # of the state that a series and its figures hold at a time

Matrices = tuple[Float[Array, "_ _"], ...]


class Terms(eqx.Module):
    """What the field is made of; `turned` over, jumps go up."""

    energies: tuple[Array, ...]
    losses: tuple[Array, ...]
    bonds: Float[Array, " n"]
    rates: Float[Array, " n"]
    collective: Float[Array, ""]
    turned: bool = eqx.field(static=True, default=False)


class Sectors(AbstractMasterLaw):
    """All blocks of the density matrix of a chain.

    A start of one excitation, in superposition with none, has one block: the empty chain and a single excitation.
    """

    lattice: Lattice
    exact: ClassVar[bool] = True

    @property
    def _single(self) -> bool:
        return isinstance(self.lattice.begin, Single)

    @property
    def _sectors(self) -> tuple[Sector, ...]:
        return sectors(self.lattice.n, self._single)

    def valid(self) -> Any:
        """Whether rates and start are possible."""
        return self.lattice.physical()

    def numbers(self) -> int:
        """Of all blocks."""
        return size(self.lattice.n, self._single)

    @property
    def start(self) -> Matrices:
        """All blocks at t = 0."""
        begin = self.lattice.begin
        if isinstance(begin, Single):
            ket = jnp.concatenate([begin.vacuum()[None] + 0j, begin.amplitudes[0] + 1j * begin.amplitudes[1]])
            return (folded(ket[:, None] * ket.conj()),)
        chance = lambda s: jnp.prod(jnp.where(s.bits, begin.excited, 1 - begin.excited), axis=1)  # noqa: E731
        return tuple(jnp.diag(chance(sector)) for sector in self._sectors)

    def coefficients(self) -> Terms:
        """Energies and losses of all states, and the numbers that hops and jumps are weighted with."""
        x = self.lattice
        energies, losses = (tuple(jnp.sum(s.bits * v, axis=1) for s in self._sectors) for v in (x.gaps, x.rates))
        return Terms(energies, losses, jnp.append(x.bonds, 0.0), x.rates, x.collective)

    def transposed(self, coefficients: Terms) -> Terms:
        """Turning the other way, with jumps up."""
        c = coefficients
        energies = tuple(-e for e in c.energies)
        return Terms(energies, c.losses, -c.bonds, c.rates, c.collective, not c.turned)

    def apply(self, coefficients: Terms, y: Matrices) -> Matrices:
        """The field, block by block."""
        return tuple(self._flow(coefficients, y, k) for k in range(len(y)))

    def _flow(self, c: Terms, y: Matrices, k: int) -> Array:
        """Of block k."""
        m, sector, e, loss = y[k], self._sectors[k], c.energies[k], c.losses[k]
        flow = -(loss[:, None] + loss) / 2 * m - (e[:, None] - e) * m.T
        if len(sector.hops):
            hop = functools.partial(_weighted, sector.hops, c.bonds[sector.bonds])
            flow += hop(m).T - hop(m.T)
        if not self.lattice.alone and sector.below is not None:
            lower = self._sectors[sector.below]
            back = lambda m: _flipped(sector.downs, _flipped(lower.ups, m))  # noqa: E731
            flow -= c.collective / 2 * (back(m) + back(m.T).T)
        origin, table = (sector.below, sector.downs) if c.turned else (sector.above, sector.ups)
        if origin is None:
            return flow
        if not self.lattice.alone:
            flow += c.collective * _flipped(table, _flipped(table, y[origin]).T).T
        padded = jnp.pad(y[origin], ((0, 1), (0, 1)))
        both = (table * len(padded))[:, :, None] + table[:, None, :]
        return flow + sum(rate * _take(padded.ravel(), place) for rate, place in zip(c.rates, both, strict=True))

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

    def state(self, y: Matrices) -> Blocks:
        """The blocks."""
        return Blocks(blocks=y, gaps=self.lattice.gaps, bonds=self.lattice.bonds, single=self._single)


def check_size(n: int, single: bool, most: int) -> None:
    """A sentence if there are more spins than `most` (or than `LARGEST`), which names the memory that they take."""
    if n > (most := min(most, LARGEST)):
        room = 8 * COPIES * size(n, single) / 2**30
        but = f"{n} of them take about {room:.2g} GiB, and time in proportion"
        fix = "use chain.closure() or chain.trajectories(count, key); chain.exact(most=...) allows more"
        fail(FieldError, "exact", f"be asked of at most {most} spins", but, fix)


def _take(x: Array, rows: np.ndarray) -> Array:
    return x.at[rows].get(mode="promise_in_bounds")


def _weighted(rows: np.ndarray, weights: Float[Array, "k s"], m: Float[Array, "_ s"]) -> Array:
    """The sum of rows of a matrix, each with its weight."""
    terms = [w[:, None] * _take(m, row) for w, row in zip(weights, rows, strict=True)]
    return functools.reduce(jnp.add, terms)


def _flipped(table: np.ndarray, m: Float[Array, "a b"]) -> Array:
    """What the sum of all flips makes of the rows of a matrix."""
    padded = jnp.pad(m, ((0, 1), (0, 0)))
    return functools.reduce(jnp.add, [_take(padded, row) for row in table])


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
