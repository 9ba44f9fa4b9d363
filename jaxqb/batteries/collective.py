"""From two collective ladders (a spin battery; a spin or light charger) to a law: chain, grid, or a mixture of them."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..algebra.inline import inlined
from ..algebra.ladders import boson_lowering, spin_lowering
from ..fields import Real
from ..laws import AbstractUnitaryLaw, Chain, Grid, Mixture
from .starts import AbstractStart, Full, Level, Sectors


class Ladders(eqx.Module):
    """The Hamiltonian of two coupled ladders, for any sizes of the two.

    `energy(m, n, M, N)` is the diagonal; N is infinite for a light mode. `inverted`: the charger is a light mode that
    *gains* a quantum for every excited cell, which is what a fully excited spin becomes when it is large.
    """

    exchange: Real
    pairing: Real
    energy: Callable
    levels: int = eqx.field(static=True)
    charger_levels: int = eqx.field(static=True)
    resonant: bool = eqx.field(static=True)
    conserved: bool = eqx.field(static=True)
    boson: bool = eqx.field(static=True)
    inverted: bool = eqx.field(static=True, default=False)

    def lowering(self, n: Float[Array, "..."], cells: Float[Array, ""]) -> Float[Array, "..."]:
        """Squared matrix element of the charger from n to n - 1."""
        return boson_lowering(n) if self.boson else spin_lowering(n, cells)

    @inlined
    def chain(self, m0: Any, n0: Any, cells: Any, charger_cells: Any, lift: Any) -> Chain:
        """The sector of m0 + n0 excitations (or, inverted, of n - m = n0 - m0)."""
        cells, charger_cells, m0, n0, lift = map(_real, (cells, charger_cells, m0, n0, lift))
        level = jnp.arange(self.levels, dtype=cells.dtype)
        m = level[:-1]
        if self.inverted:
            n = n0 - m0 + m
            charger, here = boson_lowering(n + 1), n >= 0
            all_n = n0 - m0 + level
            real_sizes = jnp.asarray(True)
            reach = cells
        else:
            total = m0 + n0
            n = n0 - (m - m0)  # `total - m` may exceed a charger whose size is no integer by rounding
            charger, here = self.lowering(n, charger_cells), (n >= 0) & (n <= charger_cells)
            all_n = n0 - (level - m0)
            # a size that is no integer is physical only if the chain ends at the battery's top
            whole = jnp.round(charger_cells) == charger_cells if not self.boson else jnp.asarray(True)
            real_sizes = whole | (charger_cells > cells - 1)
            reach = jnp.minimum(cells, total)
        here = here & (m < cells)
        battery = jnp.where(here, spin_lowering(m + 1, cells), 0.0)
        strength = battery * jnp.where(here, charger, 0.0)
        diagonal = self.energy(level, all_n, cells, charger_cells)
        inside = (reach <= self.levels - 1) & (m0 <= cells) & (m0 >= 0) & (n0 >= 0) & (cells == jnp.round(cells))
        if not self.boson:
            inside = inside & (n0 <= charger_cells) & real_sizes
        # likewise a fraction of a quantum: the sector must end at the battery's top
        inside = inside & ((n0 == jnp.round(n0)) | (m0 + n0 > cells - 1)) & (m0 == jnp.round(m0))
        return Chain.build(
            strength,
            here,
            _real(self.exchange),
            diagonal,
            m0,
            total=n0 if self.inverted else m0 + n0,
            battery_cells=cells,
            charger_cells=charger_cells,
            lift=lift,
            inside=inside,
            resonant=self.resonant,
            inverted=self.inverted,
        )

    def grid(
        self,
        start: "_Side",
        other: "_Side",
        m0: Any,
        n0: Any,
        cells: Any,
        charger_cells: Any,
        lift: Any,
        truncated: bool,
    ) -> Grid:
        """All levels of both ladders, from a level or a superposition on either side."""
        cells, charger_cells, m0, n0, lift = map(_real, (cells, charger_cells, m0, n0, lift))
        m = jnp.arange(self.levels, dtype=cells.dtype)
        n = jnp.arange(self.charger_levels - 1, dtype=cells.dtype)
        battery = jnp.where(m < cells, spin_lowering(m + 1, cells), 0.0)
        charger = jnp.where(n < charger_cells, self.lowering(n + 1, charger_cells), 0.0)
        root = lambda x: jnp.where(x > 0, jnp.sqrt(jnp.where(x > 0, x, 1.0)), 0.0)  # noqa: E731
        superposed = start.superposed or other.superposed
        reach = jnp.minimum(cells, m0 + n0) if self.conserved and not superposed else cells
        inside = (reach <= self.levels - 1) & (cells == jnp.round(cells))
        if not self.boson:
            most = jnp.minimum(charger_cells, m0 + n0) if self.conserved and not superposed else charger_cells
            inside = inside & (most <= self.charger_levels - 1) & (charger_cells == jnp.round(charger_cells))
        inside = inside & (start.superposed | _is_level(m0, cells))
        inside = inside & (other.superposed | (_is_level(n0, charger_cells) & (n0 < self.charger_levels)))
        zero = jnp.zeros_like(cells)
        return Grid.build(
            (self.levels, self.charger_levels),
            jnp.stack([zero, zero + 1]) if superposed else jnp.mod(m0 + n0, 2.0)[None],
            energy=lambda m, n: self.energy(m, n, cells, charger_cells),
            amplitude=lambda m, n: start.amplitude(m, m0, cells) * other.amplitude(n, n0, charger_cells),
            exists=lambda m, n: (m <= cells) & (n >= 0) & (n <= charger_cells) & (n <= self.charger_levels - 1),
            raise_battery=root(battery),
            raise_charger=root(charger),
            exchange=_real(self.exchange),
            pairing=_real(self.pairing),
            battery_cells=cells,
            charger_cells=charger_cells,
            lift=lift,
            inside=inside,
            truncated=truncated,
        )


class _Side(eqx.Module):
    """How one ladder begins within a sector."""

    start: AbstractStart
    boson: bool = eqx.field(static=True)

    @property
    def superposed(self) -> bool:
        return self.start.superposed

    def sectors(self, cells: Any, room: int) -> Sectors:
        """Its sectors."""
        return self.start.sectors(None if self.boson else cells, room)

    def amplitude(self, level: Any, first: Any, cells: Any) -> Any:
        """Amplitude of a level, the sector's first one being `first`."""
        return self.start.amplitude(level, first, None if self.boson else cells)


def _real(x: Any) -> Float[Array, ""]:
    return jnp.asarray(x, dtype=jnp.result_type(float))


def _is_level(n: Any, cells: Any) -> Any:
    return (n >= 0) & (n <= cells) & (n == jnp.round(n))


def _pairs(battery: Sectors, charger: Sectors) -> tuple[Any, ...]:
    """Every battery sector with every charger sector."""
    b, c = len(battery.tower), len(charger.tower)
    wide = lambda x: jnp.repeat(x, c)  # noqa: E731
    tile = lambda x: jnp.tile(x, b)  # noqa: E731
    weights = wide(battery.weights) * tile(charger.weights)
    tower = tuple(t for t in battery.tower for _ in range(c))
    charger_tower = charger.tower * b
    return (
        weights,
        wide(battery.levels),
        tile(charger.levels),
        wide(battery.lifts),
        tile(charger.lifts),
        tower,
        charger_tower,
    )


def conserved_law(ladders: Ladders, battery: Sectors, charger: Sectors, cells: Any, charger_cells: Any) -> Any:
    """One chain a sector."""
    build = lambda m, n, k, c: ladders.chain(m, n, cells - 2 * k, charger_cells - 2 * c, k)  # noqa: E731
    if len(battery.tower) == len(charger.tower) == 1:
        return build(battery.levels[0], charger.levels[0], battery.lifts[0], charger.lifts[0])
    weights, m0, n0, lift, charger_lift, tower, charger_tower = _pairs(battery, charger)
    sectors = jax.vmap(build)(m0, n0, lift, charger_lift)
    return Mixture(sectors, weights, charger_lift, battery.copies, tower, charger_tower)


def count_amplitudes(structure: Any, battery: AbstractStart, charger: AbstractStart) -> int:
    """One chain's levels for pure starts with conserved excitations, else (from above) all pairs of levels."""
    one = structure.conserved and all(isinstance(start, (Full, Level)) for start in (battery, charger))
    return structure.levels * (1 if one else structure.charger_levels)


def extremes(
    battery: AbstractStart, charger: AbstractStart, cells: Any, charger_cells: Any, room: tuple[int, int]
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Bounds on the number of excited battery cells where excitations are conserved: least and most."""
    least = most = jnp.zeros(())
    for start, size, levels in ((battery, cells, room[0]), (charger, charger_cells, room[1])):
        s = start.sectors(size, levels)
        if len(s.tower) == 1:
            least, most = least + (s.levels + s.lifts)[0], most + (s.levels + s.lifts)[0]
            continue
        least += jnp.min(jnp.where(s.weights > 0, s.levels + s.lifts, jnp.inf))
        most += jnp.max(jnp.where(s.weights > 0, s.levels + s.lifts, 0.0))
    least = jnp.zeros(()) if charger_cells is None else jnp.maximum(least - charger_cells, 0.0)
    return least, jnp.minimum(most, cells)


def grid_law(
    ladders: Ladders,
    battery: AbstractStart,
    charger: AbstractStart,
    cells: Any,
    charger_cells: Any,
    truncated: bool,
) -> AbstractUnitaryLaw:
    """One grid a sector; a superposed side is one sector with both parities."""
    one, other = _Side(battery, False), _Side(charger, ladders.boson)
    inner = one.sectors(cells, ladders.levels)
    weights, m0, n0, lift, charger_lift, tower, charger_tower = _pairs(
        inner, other.sectors(charger_cells, ladders.charger_levels)
    )

    def build(m, n, k, c):
        return ladders.grid(one, other, m, n, cells - 2 * k, charger_cells - 2 * c, k, truncated)

    if len(tower) == 1:
        return build(m0[0], n0[0], lift[0], charger_lift[0])
    return Mixture(jax.vmap(build)(m0, n0, lift, charger_lift), weights, charger_lift, inner.copies, tower, charger_tower)
