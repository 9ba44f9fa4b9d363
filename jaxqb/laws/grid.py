"""Two collective ladders with exchange and pair coupling: the grid battery level x charger level.

H conserves the parity of m + n, and couples rows m and m +- 1 only. Storing, for one parity, every second charger level
(``n = 2 j + (m mod 2) - parity``) halves the grid and leaves a fixed stencil of four neighbours; matrix elements are
outer products of ladder elements, so the generator reads vectors only.
"""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

from ..states import GridKet
from .law import AbstractUnitaryLaw

X = tuple[Float[Array, "p n"], Float[Array, "p n"]]  # on even and on odd battery levels


def _shift(x: Float[Array, "... n"], by: int) -> Float[Array, "... n"]:
    """``x[i - by]``, zero where that is outside."""
    by = max(-x.shape[-1], min(by, x.shape[-1]))
    return lax.pad(x, jnp.zeros((), x.dtype), [(0, 0, 0)] * (x.ndim - 1) + [(by, -by, 0)])


class Grid(AbstractUnitaryLaw):
    """Coordinates y = (real part, imaginary part), each on even and on odd battery levels, shape (parities, rows * columns).

    `to_even[k]` couples an even site to the odd site at the k-th of the offsets 0, 1, columns, columns + 1 behind it, and
    `to_odd[k]` an odd site to the even site as far ahead. `raise_battery[m]` is <m+1|S^+|m> and `raise_charger[n]` is
    <n+1|J^+|n>, zero beyond what exists or is kept.
    `parities` is the parity of m + n of each sector: one for a start in one level, both for a superposition.

    Made by ``battery.grid()``.

    >>> import jaxqb as qb
    >>> law = qb.SpinCharger(n_battery=1, n_charger=1, anisotropy=0.5).grid()
    >>> law.raise_battery.tolist(), float(law.exchange), float(law.pairing)
    ([1.0, 0.0], 1.0, 0.5)
    """

    raise_battery: Float[Array, " levels"]
    raise_charger: Float[Array, " charger"]
    exchange: Float[Array, ""]
    pairing: Float[Array, ""]
    diagonal: Float[Array, "parities 2 rows columns"]
    initial: Float[Array, "parities 2 rows columns"]
    parities: Float[Array, " parities"]
    to_even: Float[Array, "4 parities n"]
    to_odd: Float[Array, "4 parities n"]
    battery_cells: Float[Array, ""]
    charger_cells: Float[Array, ""]
    lift: Float[Array, ""]
    inside: Bool[Array, ""]
    truncated: bool = eqx.field(static=True)

    @classmethod
    def build(
        cls,
        shape: tuple[int, int],
        parities: Float[Array, " parities"],
        energy: Callable,
        amplitude: Callable,
        exists: Callable,
        **rest,
    ) -> "Grid":
        """From functions of (m, n): diagonal energy, start amplitude, and whether a level pair exists.

        `shape` is (battery levels, charger levels); both are padded to what the folding needs.
        """
        rows, columns = folded(shape)
        m, n = coordinates(rows, columns, parities)
        here = exists(m, n)
        diagonal = energy(m, n)
        low = jnp.min(jnp.where(here, diagonal, jnp.inf))
        high = jnp.max(jnp.where(here, diagonal, -jnp.inf))
        diagonal = jnp.where(here, diagonal - (low + high) / 2, 0.0)
        initial = jnp.where(here, amplitude(m, n), 0.0) * jnp.ones_like(diagonal)
        to_even, to_odd = _stencil(rows, columns, parities, **{k: rest[k] for k in _STENCIL})
        return cls(diagonal=diagonal, initial=initial, parities=parities, to_even=to_even, to_odd=to_odd, **rest)

    def valid(self) -> Bool[Array, ""]:
        """Sizes are integers inside the padding."""
        return self.inside

    @property
    def start(self) -> tuple[X, X]:
        """A real start."""
        x = self._split(self.initial)
        return x, jax.tree.map(jnp.zeros_like, x)

    def _split(self, x: Float[Array, "parities 2 rows columns"]) -> X:
        flat = x.reshape(x.shape[0], 2, -1)
        return flat[:, 0], flat[:, 1]

    def _join(self, even: Float[Array, "p n"], odd: Float[Array, "p n"]) -> Float[Array, "parities 2 rows columns"]:
        return jnp.stack([even, odd], axis=1).reshape(self.diagonal.shape)

    def apply(self, even: Float[Array, "p n"], odd: Float[Array, "p n"]) -> X:
        """H x for real x; flat rows, so that one loop runs over a whole array."""
        columns = self.diagonal.shape[-1]
        c, d = self.to_even, self.to_odd
        here = self._split(self.diagonal)
        up = c[0] * odd + c[1] * _shift(odd, 1) + c[2] * _shift(odd, columns) + c[3] * _shift(odd, columns + 1)
        down = d[0] * even + d[1] * _shift(even, -1) + d[2] * _shift(even, -columns) + d[3] * _shift(even, -columns - 1)
        return up + here[0] * even, down + here[1] * odd

    def field(self, y: tuple[X, X]) -> tuple[X, X]:
        """``x' = H z, z' = -H x`` for psi = x + i z."""
        x, z = y
        return self.apply(*z), jax.tree.map(jnp.negative, self.apply(*x))

    def radius(self) -> Float[Array, ""]:
        """Gershgorin's bound on the spectrum."""
        even, odd = self._split(jnp.abs(self.diagonal))
        rows_even = jnp.sum(jnp.abs(self.to_even), axis=0) + even
        return jnp.maximum(jnp.max(rows_even), jnp.max(jnp.sum(jnp.abs(self.to_odd), axis=0) + odd))

    def pace(self) -> Float[Array, ""]:
        """How fast populations turn.

        Roots of second differences of the squared couplings along their bonds (see `Chain.pace`), plus the largest detuning
        across a bond that is in use.
        """
        a, b = self.raise_battery[:, None] ** 2, self.raise_charger[None, :] ** 2
        bond = jnp.pad(a * b, 1)
        here = bond[1:-1, 1:-1]
        along = bond[2:, :-2] - 2 * here + bond[:-2, 2:]
        across = bond[2:, 2:] - 2 * here + bond[:-2, :-2]
        root = lambda x: jnp.sqrt(2 * jnp.max(jnp.where(here > 0, jnp.abs(x), 0.0)))  # noqa: E731
        turning = jnp.abs(self.exchange) * root(along) + jnp.abs(self.pairing) * root(across)
        even, odd = self._split(self.diagonal)
        offsets = (0, 1, self.diagonal.shape[-1], self.diagonal.shape[-1] + 1)
        behind = jnp.stack([_shift(odd, k) if k else odd for k in offsets])
        return turning + jnp.max(jnp.where(self.to_even != 0, jnp.abs(even - behind), 0.0))

    def state(self, y: tuple[X, X]) -> GridKet:
        """Folded amplitudes with their coordinates."""
        _, _, rows, columns = self.diagonal.shape
        m, n = coordinates(rows, columns, self.parities)
        return GridKet(
            *y,
            m,
            n,
            self.parities,
            self.raise_battery * self.exchange,
            self.raise_battery * self.pairing,
            self.raise_charger,
            self.battery_cells,
            self.charger_cells,
            self.lift,
            self.truncated,
        )

    def hamiltonian(self) -> Float[Array, "n n"]:
        """Dense matrix on the folded grid."""
        size = self.diagonal.size

        def column(x):
            return self._join(*self.apply(*self._split(x.reshape(self.diagonal.shape)))).ravel()

        return jax.vmap(column)(jnp.eye(size, dtype=self.diagonal.dtype))

    def psi(self) -> Float[Array, " n"]:
        """The start on the folded grid."""
        return self.initial.ravel()

    def ket(self, re: Float[Array, " n"], im: Float[Array, " n"]) -> GridKet:
        """State with these folded amplitudes."""
        shape = self.diagonal.shape
        return self.state((self._split(re.reshape(shape)), self._split(im.reshape(shape))))


def folded(shape: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of the folded grid that holds (battery levels, charger levels)."""
    return (shape[0] + 1) // 2, shape[1] // 2 + 1


def coordinates(
    rows: int, columns: int, parities: Float[Array, " parities"]
) -> tuple[Float[Array, "1 2 rows 1"], Float[Array, "parities 2 1 columns"]]:
    """Battery and charger level of every folded site."""
    odd = jnp.arange(2, dtype=parities.dtype)
    m = 2 * jnp.arange(rows, dtype=parities.dtype)[None, None, :, None] + odd[None, :, None, None]
    n = 2 * jnp.arange(columns, dtype=parities.dtype) + odd[:, None] - parities[:, None, None]
    return m, n[:, :, None, :]


_STENCIL = ("raise_battery", "raise_charger", "exchange", "pairing")


def _stencil(
    rows: int,
    columns: int,
    parities: Float[Array, " p"],
    raise_battery: Float[Array, " levels"],
    raise_charger: Float[Array, " charger"],
    exchange: Float[Array, ""],
    pairing: Float[Array, ""],
) -> tuple[Float[Array, "4 p n"], Float[Array, "4 p n"]]:
    """Couplings of even sites to odd sites behind, and of odd sites to even sites ahead.

    Even site (row r, column j) is battery level 2 r with charger level n = 2 j - parity. Its odd neighbours in the same row
    are one battery level above, in the row before one below; in the same column they are one charger level above, in the
    column before one below.
    """
    battery = jnp.pad(raise_battery, (0, 2 * rows))[: 2 * rows].reshape(rows, 2)
    above = battery[:, 0]
    below = jnp.concatenate([jnp.zeros_like(above[:1]), battery[:-1, 1]])
    n = (2 * jnp.arange(columns) - parities[:, None]).astype(int)
    charger = jnp.pad(raise_charger, (1, 2 * columns + 2))  # charger[n + 1] = <n+1|J^+|n>
    lower = jnp.where(n >= 1, jnp.take(charger, jnp.maximum(n, 0), mode="clip"), 0.0)
    upper = jnp.where(n >= 0, jnp.take(charger, jnp.maximum(n + 1, 0), mode="clip"), 0.0)

    def bonds(battery, charger, strength):
        return (strength * battery[:, None] * charger[:, None, :]).reshape(charger.shape[0], -1)

    to_even = [
        bonds(above, upper, pairing),
        bonds(above, lower, exchange),
        bonds(below, upper, exchange),
        bonds(below, lower, pairing),
    ]
    to_odd = [to_even[0], *(_shift(to_even[i], -k) for i, k in ((1, 1), (2, columns), (3, columns + 1)))]
    return jnp.stack(to_even), jnp.stack(to_odd)
