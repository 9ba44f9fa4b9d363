"""Two collective ladders with exchange and pair coupling: the grid battery level x charger level.

H conserves the parity of m + n, and couples rows m and m +- 1 only. Storing, for one parity, every second charger level
(``n = 2 j + (m mod 2) - parity``) halves the grid and leaves a fixed stencil of four neighbours; matrix elements are
outer products of ladder elements, so the generator reads vectors only.
"""

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ..states import GridKet
from .law import AbstractUnitaryLaw


def _right(x: Float[Array, "... j"]) -> Float[Array, "... j"]:
    return jnp.concatenate([jnp.zeros_like(x[..., :1]), x[..., :-1]], -1)


def _left(x: Float[Array, "... j"]) -> Float[Array, "... j"]:
    return jnp.concatenate([x[..., 1:], jnp.zeros_like(x[..., :1])], -1)


def _down(x: Float[Array, "... r j"]) -> Float[Array, "... r j"]:
    return jnp.concatenate([jnp.zeros_like(x[..., :1, :]), x[..., :-1, :]], -2)


def _up(x: Float[Array, "... r j"]) -> Float[Array, "... r j"]:
    return jnp.concatenate([x[..., 1:, :], jnp.zeros_like(x[..., :1, :])], -2)


class Grid(AbstractUnitaryLaw):
    """Real and imaginary amplitudes ``y[2, parities, 2, rows, columns]``: even and odd battery levels apart.

    `raise_battery[m]` is <m+1|S^+|m>; `raise_charger[n]` is <n+1|J^+|n>, zero beyond what exists or is kept.
    `parities` is the parity of m + n of each sector: one for a start in one level, both for a superposition.
    """

    raise_battery: Float[Array, " levels"]
    raise_charger: Float[Array, " charger"]
    exchange: Float[Array, ""]
    pairing: Float[Array, ""]
    diagonal: Float[Array, "parities 2 rows columns"]
    initial: Float[Array, "parities 2 rows columns"]
    parities: Float[Array, " parities"]
    above: Float[Array, "rows 1"]
    below: Float[Array, "rows 1"]
    lower: Float[Array, "parities 1 columns"]
    upper: Float[Array, "parities 1 columns"]
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
        elements = _ladder_elements(rows, columns, parities, rest["raise_battery"], rest["raise_charger"])
        return cls(diagonal=diagonal, initial=initial, parities=parities, **elements, **rest)

    def valid(self) -> Bool[Array, ""]:
        """Sizes are integers inside the padding."""
        return self.inside

    @property
    def start(self) -> Float[Array, "2 parities 2 rows columns"]:
        """A real start."""
        return jnp.stack([self.initial, jnp.zeros_like(self.initial)])

    def apply(self, x: Float[Array, "*b parities 2 rows columns"]) -> Float[Array, "*b parities 2 rows columns"]:
        """H x for real x."""
        above, below, lower, upper = self.above, self.below, self.lower, self.upper
        g, pair = self.exchange, self.pairing
        even, odd = x[..., 0, :, :], x[..., 1, :, :]
        left = lower * _right(odd)
        here = upper * odd
        to_even = above * (pair * here + g * left) + below * _down(g * here + pair * left)
        rising = above * even
        falling = _up(below * even)
        to_odd = upper * (pair * rising + g * falling) + _left(lower * (g * rising + pair * falling))
        return jnp.stack([to_even, to_odd], axis=-3) + self.diagonal * x

    def field(self, y: Float[Array, "2 ..."]) -> Float[Array, "2 ..."]:
        """``x' = H z, z' = -H x`` for psi = x + i z."""
        h = self.apply(y)
        return jnp.stack([h[1], -h[0]])

    def radius(self) -> Float[Array, ""]:
        """Gershgorin's bound on the spectrum."""
        magnitude = eqx.tree_at(
            lambda law: (law.exchange, law.pairing, law.diagonal),
            self,
            (jnp.abs(self.exchange), jnp.abs(self.pairing), jnp.abs(self.diagonal)),
        )
        return jnp.max(magnitude.apply(jnp.ones_like(self.diagonal)))

    def pace(self) -> Float[Array, ""]:
        """How fast populations turn: roots of second differences of the squared couplings along their bonds (see `Chain.pace`),
        plus the largest detuning across a bond that is in use."""
        a, b = self.raise_battery[:, None] ** 2, self.raise_charger[None, :] ** 2
        bond = jnp.pad(a * b, 1)
        along = bond[2:, :-2] - 2 * bond[1:-1, 1:-1] + bond[:-2, 2:]
        across = bond[2:, 2:] - 2 * bond[1:-1, 1:-1] + bond[:-2, :-2]
        root = lambda x: jnp.sqrt(2 * jnp.max(jnp.abs(x)))  # noqa: E731
        turning = jnp.abs(self.exchange) * root(along) + jnp.abs(self.pairing) * root(across)
        even, odd = self.diagonal[:, 0], self.diagonal[:, 1]
        used = [
            (self.above * self.lower * self.exchange, even - _right(odd)),
            (self.above * self.upper * self.pairing, even - odd),
            (self.below * self.upper * self.exchange, even - _down(odd)),
            (self.below * self.lower * self.pairing, even - _down(_right(odd))),
        ]
        detuning = jnp.stack([jnp.max(jnp.where(c != 0, jnp.abs(d), 0.0)) for c, d in used])
        return turning + jnp.max(detuning)

    def state(self, y: Float[Array, "2 parities 2 rows columns"]) -> GridKet:
        """Folded amplitudes with their coordinates."""
        m, n = coordinates(*self.diagonal.shape[-2:], self.parities)
        return GridKet(
            y[0],
            y[1],
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
        basis = jnp.eye(size, dtype=self.diagonal.dtype).reshape(size, *self.diagonal.shape)
        return self.apply(basis).reshape(size, size)

    def psi(self) -> Float[Array, " n"]:
        """The start on the folded grid."""
        return self.initial.ravel()

    def ket(self, re: Float[Array, " n"], im: Float[Array, " n"]) -> GridKet:
        """State with these folded amplitudes."""
        return self.state(jnp.stack([re.reshape(self.diagonal.shape), im.reshape(self.diagonal.shape)]))


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


def _ladder_elements(
    rows: int, columns: int, parities: Float[Array, " p"], battery: Float[Array, " levels"], charger: Float[Array, " charger"]
) -> dict[str, Float[Array, "..."]]:
    """Ladder elements on the folded grid: battery above and below even rows, charger below and above their columns."""
    battery = jnp.pad(battery, (0, 2 * rows))[: 2 * rows].reshape(rows, 2)
    above = battery[:, 0]
    below = jnp.concatenate([jnp.zeros_like(above[:1]), battery[:-1, 1]])
    n = (2 * jnp.arange(columns) - parities[:, None]).astype(int)  # charger level of even rows
    charger = jnp.pad(charger, (1, 2 * columns + 2))  # charger[n + 1] = <n+1|J^+|n>
    lower = jnp.where(n >= 1, jnp.take(charger, jnp.maximum(n, 0), mode="clip"), 0.0)
    upper = jnp.where(n >= 0, jnp.take(charger, jnp.maximum(n + 1, 0), mode="clip"), 0.0)
    return {"above": above[:, None], "below": below[:, None], "lower": lower[:, None, :], "upper": upper[:, None, :]}
