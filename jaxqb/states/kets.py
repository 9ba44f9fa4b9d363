"""Pure states of battery and charger on their levels, and mixtures of them."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float, Inexact

from ..algebra import negativity
from ..errors import MeritError
from .reduced import Density, Populations


class ChainKet(eqx.Module):
    """A pure state of one excitation sector: amplitude `re + i im` on battery level m with charger level n.

    `gauge[m]` rescales |amplitude|^2 to populations: where a coupling is (nearly) zero a law uses the non-symmetric pair
    that is polynomial in the squared coupling. `links[m]` is the coupling energy of a unit coherence between m, m+1.
    """

    re: Float[Array, " levels"]
    im: Float[Array, " levels"]
    gauge: Float[Array, " levels"]
    links: Float[Array, " links"]
    battery_levels: Float[Array, " levels"]
    charger_levels: Float[Array, " levels"]
    battery_cells: Float[Array, ""]
    charger_cells: Float[Array, ""]
    lift: Float[Array, ""]

    def populations(self) -> Float[Array, " levels"]:
        """Probability of each battery level."""
        return self.gauge * (self.re**2 + self.im**2)

    def amplitudes(self) -> Complex[Array, " levels"]:
        """Amplitudes in the normalised level basis."""
        root = jnp.sqrt(jnp.where(self.gauge > 0, self.gauge, 1.0))
        return jnp.where(self.gauge > 0, root, 0.0) * jax.lax.complex(self.re, self.im)

    def battery(self) -> Populations:
        """Reduced state: each battery level meets a charger level of its own, so no coherence survives."""
        one = jnp.ones((1,), self.re.dtype)
        return Populations(
            self.populations()[None], (self.battery_levels + self.lift)[None], one, self.battery_cells + 2 * self.lift
        )

    def battery_excitations(self, power: int = 1) -> Float[Array, ""]:
        """Mean of a power of the number of excited battery cells."""
        return self.populations() @ (self.battery_levels + self.lift) ** power

    def charger_excitations(self) -> Float[Array, ""]:
        """Mean excitation number of the charger (of its own tower)."""
        return self.populations() @ self.charger_levels

    def expect(self, function: Callable) -> Float[Array, ""]:
        """Mean of function(m, n, M, N)."""
        values = function(self.battery_levels, self.charger_levels, self.battery_cells, self.charger_cells)
        return jnp.sum(self.populations() * values)

    def coupling_energy(self) -> Float[Array, ""]:
        """Mean of the exchange coupling."""
        return 2 * jnp.sum(self.links * (self.re[1:] * self.re[:-1] + self.im[1:] * self.im[:-1]))

    def trace_norm(self, rising: bool = False) -> Float[Array, ""]:
        """Square of the sum of Schmidt coefficients, the magnitudes of the amplitudes."""
        return jnp.sum(negativity.rising_magnitude(self.amplitudes()) if rising else _magnitude(self.populations())) ** 2

    def edge(self) -> Float[Array, ""]:
        """A sector is never truncated."""
        return jnp.zeros((), self.re.dtype)


class GridKet(eqx.Module):
    """A pure state on the grid battery level x charger level, folded by the parity of m + n (see `laws.grid`).

    `re` and `im` are pairs, on even and on odd battery levels, each flat over rows and columns; `battery_levels` and
    `charger_levels` are the coordinates of each site, with axes parity sector, even or odd battery level, row, column.
    Coupling energies are outer products ``exchange[m] raise_charger[n]``.
    """

    re: tuple[Float[Array, "parities n"], Float[Array, "parities n"]]
    im: tuple[Float[Array, "parities n"], Float[Array, "parities n"]]
    battery_levels: Float[Array, "1 2 rows 1"]
    charger_levels: Float[Array, "parities 2 1 columns"]
    parities: Float[Array, " parities"]
    exchange: Float[Array, " levels"]
    pairing: Float[Array, " levels"]
    raise_charger: Float[Array, " charger"]
    battery_cells: Float[Array, ""]
    charger_cells: Float[Array, ""]
    lift: Float[Array, ""]
    truncated: bool = eqx.field(static=True)

    @property
    def _shape(self) -> tuple[int, int, int, int]:
        return len(self.parities), 2, self.battery_levels.shape[2], self.charger_levels.shape[3]

    def _mean(self, values: Float[Array, "#parities 2 #rows #columns"]) -> Float[Array, ""]:
        """Of a function of both levels; even and odd rows apart, for joining them is a copy."""
        values = jnp.broadcast_to(values, self._shape).reshape(self._shape[0], 2, -1)
        return sum(jnp.sum((self.re[k] ** 2 + self.im[k] ** 2) * values[:, k]) for k in (0, 1))  # type: ignore[return-value]

    def _joined(self, x: tuple[Float[Array, "p n"], Float[Array, "p n"]]) -> Float[Array, "parities 2 rows columns"]:
        return jnp.stack(x, axis=1).reshape(self._shape)

    def populations(self) -> Float[Array, "parities 2 rows columns"]:
        """Joint probability of battery and charger levels, on the folded grid."""
        return self._joined(self.re) ** 2 + self._joined(self.im) ** 2

    def _unfold(self, x: Float[Array, "parities 2 rows columns"]) -> Float[Array, "levels charger"]:
        """The full grid: column 2 j + (m mod 2) - parity."""
        sectors, _, rows, columns = x.shape
        zero = jnp.zeros_like(x)
        even = jnp.stack([x[:, 0], zero[:, 0]], -1)
        odd = jnp.stack([zero[:, 1], x[:, 1]], -1)
        wide = jnp.stack([even, odd], 2).reshape(sectors, 2 * rows, 2 * columns)
        shifted = jnp.concatenate([wide[..., 1:], jnp.zeros_like(wide[..., :1])], -1)
        return jnp.sum(jnp.where(self.parities[:, None, None] > 0, shifted, wide), axis=0)

    def _parts(self) -> tuple[Float[Array, "levels charger"], Float[Array, "levels charger"]]:
        return self._unfold(self._joined(self.re)), self._unfold(self._joined(self.im))

    def amplitudes(self) -> Complex[Array, "levels charger"]:
        """Amplitudes on the full grid (padding included)."""
        return jax.lax.complex(*self._parts())

    def battery(self) -> Density:
        """Reduced battery state psi psi^+ ."""
        psi = self.amplitudes()
        one = jnp.ones((1,), self.parities.dtype)
        rho = jnp.matmul(psi, psi.conj().T, precision=jax.lax.Precision.HIGHEST)
        levels = jnp.arange(psi.shape[0], dtype=self.parities.dtype)
        return Density(rho[None], (levels + self.lift)[None], one, self.battery_cells + 2 * self.lift)

    def battery_excitations(self, power: int = 1) -> Float[Array, ""]:
        """Mean of a power of the number of excited battery cells."""
        return self._mean((self.battery_levels + self.lift) ** power)

    def charger_excitations(self) -> Float[Array, ""]:
        """Mean excitation number of the charger (of its own tower)."""
        return self._mean(self.charger_levels)

    def expect(self, function: Callable) -> Float[Array, ""]:
        """Mean of function(m, n, M, N)."""
        return self._mean(function(self.battery_levels, self.charger_levels, self.battery_cells, self.charger_cells))

    def coupling_energy(self) -> Float[Array, ""]:
        """Mean of exchange plus pair coupling."""
        x, z = self._parts()
        rows, columns = x.shape
        exchange = jnp.pad(self.exchange, (0, rows))[: rows - 1, None]
        pairing = jnp.pad(self.pairing, (0, rows))[: rows - 1, None]
        charger = jnp.pad(self.raise_charger, (0, columns))[None, : columns - 1]
        swap = x[1:, :-1] * x[:-1, 1:] + z[1:, :-1] * z[:-1, 1:]
        pair = x[1:, 1:] * x[:-1, :-1] + z[1:, 1:] * z[:-1, :-1]
        return 2 * jnp.sum(charger * (exchange * swap + pairing * pair))

    def trace_norm(self, rising: bool = False) -> Float[Array, ""]:
        """Square of the sum of Schmidt coefficients, the singular values of the amplitudes."""
        psi = self.amplitudes()
        return (negativity.rising_singular(psi) if rising else negativity.nuclear_norm(psi)) ** 2

    def edge(self) -> Float[Array, ""]:
        """Population of the two last kept charger levels."""
        if not self.truncated:
            return jnp.zeros((), self.parities.dtype)
        last = jnp.where(self.raise_charger > 0, jnp.arange(self.raise_charger.shape[0]), 0).max() + 1
        return self._mean(jnp.where(self.charger_levels >= last - 1, 1.0, 0.0))


class MixedKets(eqx.Module):
    """An incoherent mixture of kets, one a sector: battery tower x charger tower x Dicke level of each.

    `tower[s]` and `charger_tower[s]` (static) say which towers sector s lives in; `copies` how often a battery tower occurs.
    """

    kets: ChainKet | GridKet
    weights: Float[Array, " sectors"]
    charger_lift: Float[Array, " sectors"]
    copies: Float[Array, " towers"]
    tower: tuple[int, ...] = eqx.field(static=True)
    charger_tower: tuple[int, ...] = eqx.field(static=True)

    def _weighted(self, values: Inexact[Array, "sectors ..."]) -> Inexact[Array, "sectors ..."]:
        """Times the weights; an empty sector, which may be outside its ladder, may hold anything."""
        weights = self.weights.reshape((-1,) + (1,) * (values.ndim - 1))
        return weights * jnp.where((weights > 0) | jnp.isfinite(values), values, 0.0)

    def _mean(self, values: Float[Array, " sectors"]) -> Float[Array, ""]:
        return jnp.sum(self._weighted(values))

    def battery(self) -> Populations | Density:
        """Reduced state: sectors of one battery tower add up, towers stay apart."""
        towers = len(self.copies)
        index = jnp.asarray(self.tower)
        each = jax.vmap(lambda ket: ket.battery())(self.kets)
        inner = each.matrices if isinstance(each, Density) else each.weights
        summed = jax.ops.segment_sum(self._weighted(inner[:, 0]), index, num_segments=towers)
        first = jnp.asarray([self.tower.index(t) for t in range(towers)])
        levels, cells = each.levels[first, 0], each.cells[0]
        if isinstance(each, Density):
            return Density(summed, levels, self.copies, cells)
        return Populations(summed, levels, self.copies, cells)

    def battery_excitations(self, power: int = 1) -> Float[Array, ""]:
        """Mean of a power of the number of excited battery cells."""
        return self._mean(jax.vmap(lambda ket: ket.battery_excitations(power))(self.kets))

    def charger_excitations(self) -> Float[Array, ""]:
        """Mean excitation number of the charger."""
        return self._mean(jax.vmap(lambda ket: ket.charger_excitations())(self.kets) + self.charger_lift)

    def expect(self, function: Callable) -> Float[Array, ""]:
        """Mean of function(m, n, M, N), each sector with the sizes of its own towers."""
        return self._mean(jax.vmap(lambda ket: ket.expect(function))(self.kets))

    def coupling_energy(self) -> Float[Array, ""]:
        """Mean of the coupling."""
        return self._mean(jax.vmap(lambda ket: ket.coupling_energy())(self.kets))

    def amplitudes(self) -> Complex[Array, "..."]:
        """Amplitudes of each sector, scaled by the root of its weight."""
        each = jax.vmap(lambda ket: ket.amplitudes())(self.kets)
        return jnp.sqrt(self.weights).reshape((-1,) + (1,) * (each.ndim - 1)) * each

    def trace_norm(self, rising: bool = False) -> Float[Array, ""]:
        """Trace norm of the partial transpose, block by block; the towers are classical labels and add up."""
        if isinstance(self.kets, GridKet):
            raise MeritError(
                "`log_negativity` must be asked of a pure state or of sectors with conserved excitations, but this is a "
                "mixture with anisotropic coupling; fix: use a pure start, or `anisotropy=0`."
            )
        total = jnp.zeros((), self.weights.dtype)
        pairs = sorted(set(zip(self.tower, self.charger_tower, strict=True)))
        for pair in pairs:
            chosen = [s for s, here in enumerate(zip(self.tower, self.charger_tower, strict=True)) if here == pair]
            kets, weights = jax.tree.map(lambda leaf, chosen=chosen: leaf[jnp.asarray(chosen)], (self.kets, self.weights))
            total = total + _mixture_trace_norm(kets, weights, rising)
        return total

    def edge(self) -> Float[Array, ""]:
        """Population of the last kept charger levels."""
        return self._mean(jax.vmap(lambda ket: ket.edge())(self.kets))


def _magnitude(population: Float[Array, "..."]) -> Float[Array, "..."]:
    """Root of a population, with derivative zero (not infinite) where it vanishes."""
    positive = population > 0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, population, 1.0)), 0.0)


def _mixture_trace_norm(kets: ChainKet, weights: Float[Array, " sectors"], rising: bool) -> Float[Array, ""]:
    """Blocks of the partial transpose of sum_s w_s |s><s|, where sector s has m + n = K_s.

    The partial transpose connects |m', K - m> with |m, K - m'>: it conserves d = m + m' - K, and its block d is the
    Hankel-like matrix ``B_d[m, m'] = w_K psi^K_m conj(psi^K_m')`` at ``K = m + m' - d``.
    """
    psi = jax.vmap(lambda ket: ket.amplitudes())(kets)
    weighted = weights[:, None] * psi
    total = kets.battery_levels[:, 0] + kets.charger_levels[:, 0]  # K, constant along a sector
    total = total - jnp.min(jnp.where(weights > 0, total, jnp.inf))
    sectors, levels = psi.shape
    m = jnp.arange(levels)

    def block(offset):
        here = total[:, None, None] == m[:, None] + m[None, :] - offset
        matrix = jnp.sum(jnp.where(here, weighted[:, :, None] * psi[:, None, :].conj(), 0.0), axis=0)
        return negativity.either(matrix[None], rising)

    # K spans fewer values than there are sectors
    return jnp.sum(jax.lax.map(block, jnp.arange(-sectors, 2 * levels - 1)))
