"""Any number of emitters in one reservoir."""

import itertools
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Complex, Float

from ..conventions import real_dtype
from ..fields import concrete
from ..reservoirs import AbstractReservoir
from ..states import EmitterState
from .memory import SMALL, AbstractMemoryLaw, Fronts, Span


class Emitters(AbstractMemoryLaw):
    """Emitters with frequencies, losses and positions of their own: ``(z - Omega + S(z)) c(z) = c(0)``, a matrix for each z.

    S is split into what stands still and what travels from one emitter to another, V. In powers of V, up to `ORDERS` - 1 of
    them, there is one path for each pair of emitters between which light travelled, and for each pair of such pairs. Made by
    ``battery.law()`` of a `WaveguideArray`.

    >>> import jaxqb as qb
    >>> law = qb.WaveguideArray([1.3, 1.3, 1.3], [0.0, 0.4, 0.8], radiation_rate=0.3).law()
    >>> law.positions.shape, law.start.tolist()[0]
    ((3,), (1+0j))
    """

    own: Float[Array, " n"]
    losses: Float[Array, " n"]
    positions: Float[Array, " n"]
    begin: Float[Array, "2 n"]
    reservoir: AbstractReservoir
    physical: Bool[Array, ""] | np.bool_
    span: Span = eqx.field(static=True)

    ORDERS: ClassVar[int] = 3

    def valid(self) -> Any:
        """Whether all bound states lie within the span: at its lower end all eigenvalues of ``z - Omega + S(z)`` are negative."""
        low = np.array([self.span.low + 0j])
        matrix = jnp.real(self._matrix(low, self._coupling(low, False))[0])
        far = np.array([self.span.far + 0j])
        travels = jnp.abs(self.reservoir.parts(far, 0.0, True)[1]) * (self.own.size - 1)
        small = (travels / (self.span.far - jnp.max(self.own))) ** self.ORDERS < SMALL
        inside = jnp.max(self.own) < self.span.high - 1
        return self.physical & inside & jnp.all(small) & jnp.all(jnp.linalg.eigvalsh(matrix) < 0)

    @property
    def start(self) -> Complex[Array, " n"]:
        """As given."""
        return lax.complex(self.begin[0], self.begin[1])

    @property
    def frequencies(self) -> Complex[Array, " n"]:
        """With losses and the counter-term."""
        return self.own + self.reservoir.shift() - 0.5j * self.losses

    def kernel(self, t: Any) -> Complex[Array, "n n"]:
        """A matrix of distances."""
        return self.reservoir.kernel(t, self._distances())

    def breaks(self) -> Float[Array, " b"]:
        """Those of all distances."""
        pairs = [(i, j) for i, j in itertools.combinations(range(self.own.size), 2)]
        distances = self._distances()
        times = [t for i, j in pairs for t in self.reservoir.breaks(distances[i, j])[1:]]
        return jnp.sort(jnp.stack([jnp.asarray(t, real_dtype()) for t in (0.0, *times)]))

    def response(self, z: Any, through: bool = True) -> Complex[Array, "n z"]:
        """``-(z - Omega)^-1 S c(z)``."""
        coupling = self._coupling(z, through)
        return self._less(coupling, self._solve(self._matrix(z, coupling), self.start), z)

    def fronts(self, z: Any) -> Fronts:
        """In powers of what travels."""
        still, travels, turn, pairs, distances = self._parts(z)
        matrix = self._matrix(z, still)
        inverse = _eliminated(matrix, jnp.broadcast_to(jnp.eye(self.own.size, dtype=matrix.dtype), matrix.shape))
        paths = [(0.0, _times(inverse, self.start))]
        delays, amplitudes = [jnp.zeros((), distances.dtype)], [self._less(still, paths[0][1], z)]
        for _ in range(1, self.ORDERS if pairs else 1):
            # light comes in from j and goes on at i
            further = lambda c, i, j: -inverse[:, :, i] * (travels * c[:, j])[:, None]  # noqa: E731
            paths = [(way + distances[i, j], further(c, i, j)) for way, c in paths for i, j in pairs]
            delays += [way for way, _ in paths]
            amplitudes += [c.T * jnp.exp(1j * (turn - z) * way) for way, c in paths]
        return Fronts(jnp.stack(delays), jnp.stack(amplitudes))

    def rest(self, z: Any) -> Complex[Array, "n z"]:
        """What these powers leave out: ``(-D^-1 V)^ORDERS c(z)``, D without what travels."""
        still, travels, turn, pairs, distances = self._parts(z)
        across = np.zeros((self.own.size, self.own.size), bool)
        for i, j in pairs:
            across[i, j] = True
        v = jnp.where(across, travels[:, None, None] * jnp.exp(1j * turn[:, None, None] * distances), 0.0)
        matrix = self._matrix(z, still)
        c = self._solve(matrix + v, self.start)
        for _ in range(self.ORDERS):
            c = -self._solve(matrix, _times(v, c))
        return c.T

    def state(self, c: Complex[Array, " n"]) -> EmitterState:
        """As they are."""
        return EmitterState(c)

    def pace(self) -> Float[Array, ""]:
        """Twice what lies between the lowest bound state and what is above the emitters."""
        return 2 * (jnp.max(self.own) + max(0.0, -self.span.low)) + 1.0

    def _distances(self) -> Float[Array, "n n"]:
        return jnp.abs(self.positions[:, None] - self.positions)

    def _coupling(self, z: Any, through: bool) -> Complex[Array, "z n n"]:
        """Self-energies; those of an emitter with itself are known apart, so that there the distance is a known zero."""
        alone = self.reservoir.self_energy(z, 0.0, through)
        return self._filled(alone, lambda x: self.reservoir.self_energy(z, x, through))

    def _filled(self, alone: Any, across: Any) -> Complex[Array, "z n n"]:
        """A symmetric matrix from its diagonal and a function of distance."""
        n, distances = self.own.size, self._distances()
        entries = {(i, j): across(distances[i, j]) for i, j in itertools.combinations(range(n), 2)}
        rows = [[alone if i == j else entries[min(i, j), max(i, j)] for j in range(n)] for i in range(n)]
        return jnp.stack([jnp.stack(row, axis=-1) for row in rows], axis=-2)

    def _parts(self, z: Any) -> tuple[Any, Any, Any, Any, Any]:
        """What stands still; what travels, and how it turns; between whom."""
        alone = self.reservoir.self_energy(z, 0.0, True)
        still = self._filled(alone, lambda x: self.reservoir.parts(z, x, True)[0])
        _, travels, turn = self.reservoir.parts(z, 0.0, True)
        pairs = (
            [] if concrete(travels) is not None and not np.any(travels) else list(itertools.permutations(range(self.own.size), 2))
        )
        shape = np.shape(z)
        return still, jnp.broadcast_to(travels, shape), jnp.broadcast_to(turn, shape), pairs, self._distances()

    def _matrix(self, z: Any, coupling: Any) -> Complex[Array, "z n n"]:
        return (z[:, None] - self.frequencies)[:, :, None] * jnp.eye(self.own.size) + coupling

    def _solve(self, matrix: Any, c: Any) -> Complex[Array, "z n"]:
        c = jnp.broadcast_to(c, matrix.shape[:-1])
        return _eliminated(matrix, c[..., None])[..., 0]

    def _less(self, coupling: Any, c: Any, z: Any) -> Complex[Array, "n z"]:
        """c less what it is without a reservoir."""
        return (-_times(coupling, c) / (z[:, None] - self.frequencies)).T


def _eliminated(matrix: Complex[Array, "z n n"], right: Complex[Array, "z n k"]) -> Complex[Array, "z n k"]:
    """``matrix^-1 right`` by elimination without pivots.

    Leading minors are determinants of fewer emitters, whose zeros the contour passes as it does those of all. (LAPACK on batches,
    twice at once, may wait for ever on two cores: jaxlib 0.10.2.)
    """
    n = matrix.shape[-1]
    both = jnp.concatenate([matrix, right], axis=-1)
    rows = [both[:, i] for i in range(n)]
    for i in range(n):
        pivot = rows[i] / rows[i][:, i : i + 1]
        rows = [pivot if j == i else row - row[:, i : i + 1] * pivot for j, row in enumerate(rows)]
    return jnp.stack(rows, axis=1)[..., n:]


def _times(matrix: Any, c: Any) -> Any:
    return jnp.einsum("zij,...j->zi" if c.ndim == 1 else "zij,zj->zi", matrix, c, precision=lax.Precision.HIGHEST)
