"""Axes, labels, and what all figures share: stored energies by a law, without coupling, and those of infinitely long chains.

Units: the gap of the first spin is 1, rates are 0.05 of gaps, and hopping is 0.05, unless said otherwise.
"""

from functools import cache
from typing import Any

import equinox as eqx
import numpy as np
import xarray as xr
from numpy.polynomial import Chebyshev

from ... import merit
from ...batteries import DimerChain, SpinChain
from ...evolution import evolve
from ...sweeps import sweep
from ..paper import axis

SPINS = 80  # of Figs. 3 and S3 to S5
DAMPING, HOPPING, RATIO = 0.05, 0.05, 0.25  # of all figures of the paper
LIFETIME = 1 / DAMPING  # of a spin of the uniform chain
ZERO = np.log(2) * LIFETIME  # when the energy of Eq. 6 of the uniform chain is zero
LAST = 100.0

TIME = ("Delta_A t", "1", "time")
LEFT = ("(1 + E) / 2", "1", "energy left, from the empty chain")
E = ("E", "1", "normalised energy (Eq. 6)")
EXCESS = ("(E_d - E_u) / E_u", "1", "relative excess")
SHIFTED = ("(E_d - E_u) / (E_u + 1)", "1", "relative excess, from the empty chain")
MORE = ("E_d - E_u", "1", "excess energy")


def times(values: Any, name: str = "time") -> xr.DataArray:
    """Times."""
    return axis(name, values, *TIME)


def ratios(values: Any, name: str = "ratio") -> xr.DataArray:
    """Gaps of even over odd spins."""
    return axis(name, values, "Delta_B / Delta_A", "1", "gap ratio")


def hoppings(values: Any) -> xr.DataArray:
    """Couplings of neighbours."""
    return axis("hopping", values, "lambda", "Delta_A", "coupling of neighbours")


ALL = times(np.linspace(0.0, LAST, 201))
NODES = ratios(np.sort(np.append(0.5 - 0.45 * np.cos(np.pi * np.arange(19) / 18), RATIO)))  # polynomials through them are good
WITH_UNIFORM = ratios(np.append(NODES.values, 1.0))
FEW = hoppings([0.05, 0.1, 0.2])


def part(curve: xr.DataArray, name: str, stop: float = LAST, step: int = 1) -> xr.DataArray:
    """Every so many points of a curve in time up to `stop`, on an axis of its own."""
    cut = curve.sel(time=slice(0.0, stop)).isel(time=slice(None, None, step)).rename(time=name)
    return cut.assign_coords({name: times(cut[name].values, name)[name]})


def finely(curve: xr.DataArray, name: str, start: float, stop: float) -> xr.DataArray:
    """A short piece of a smooth curve in time on a finer axis of its own, by the polynomial through its points."""
    row = curve.sel(time=slice(start, stop))
    fine = times(np.linspace(start, stop, 10 * (len(row) - 1) + 1), name)
    return fine.copy(data=Chebyshev.fit(row.time, row, 16)(fine.values))


# ------------------------------------------------------------------------------------------- energies


FIGURES = {
    "energy": merit.normalised_energy,
    "slope": merit.Rate(merit.normalised_energy),
    "population": merit.filling,
}


class Stored(eqx.Module):
    """Energies of a chain at some times, normalised by that of a full one, by one of its laws."""

    ts: Any
    law: str = eqx.field(static=True)
    figures: tuple[str, ...] = eqx.field(static=True)

    def __call__(self, chain: Any) -> dict[str, Any]:
        law = chain.closure(self.law) if self.law in ("factorised", "followed", "printed") else getattr(chain, self.law)()
        return evolve(chain, self.ts, {name: FIGURES[name] for name in self.figures}, law=law).saved


def stored(
    time: xr.DataArray,
    ratio: Any,
    hopping: Any = HOPPING,
    n: int = SPINS,
    law: str = "closure",
    collective: float = 0.0,
    figures: tuple[str, ...] = ("energy",),
) -> xr.Dataset:
    """E (Eq. 6), its slope, and P (Eq. S19) in time, of all ratios and couplings."""
    ratio, hopping = (xr.DataArray(x) for x in (ratio, hopping))
    axes = {"hopping": np.atleast_1d(hopping.values), "gap_ratio": np.atleast_1d(ratio.values)}
    chain = DimerChain(n, RATIO, collective_decay=collective)
    found = sweep(Stored(time.values, law, figures), chain, axes, progress=False)
    dims, shape = (*hopping.dims, *ratio.dims, *time.dims), (*hopping.shape, *ratio.shape, *time.shape)
    coords = {**hopping.coords, **ratio.coords, **time.coords}
    data = xr.Dataset({name: (dims, found[name].values.reshape(shape)) for name in figures}, coords)
    return data.assign(population=2 * data.population - 1) if "population" in figures else data  # as Eq. S19 has it


def alone(time: Any, ratio: Any) -> Any:
    """E of the dimerised chain without coupling; of the uniform one, coupled or not, for ratio 1."""
    return 2 * (np.exp(-DAMPING * time) + ratio * np.exp(-DAMPING * ratio * time)) / (1 + ratio) - 1


def uniform(time: Any) -> Any:
    """E of the uniform chain: all spins decay as if each were alone, whatever the coupling and the number of spins."""
    return 2 * np.exp(-DAMPING * time) - 1


def excess(energy: Any, time: Any) -> Any:
    """The relative excess as Eq. 6 has it, whose denominator vanishes at `ZERO`."""
    return (energy - uniform(time)) / uniform(time)


def shifted(energy: Any, time: Any) -> Any:
    """The relative excess of energies from the empty chain."""
    return (energy - uniform(time)) / (uniform(time) + 1)


def summits(curves: xr.DataArray, along: str, reach: int = 6) -> tuple[xr.DataArray, xr.DataArray]:
    """Where each curve is largest, and how large: of the polynomial through the points around the largest one."""
    x, rows = curves[along].values, curves.transpose(..., along)
    found = []
    for row in rows.values.reshape(-1, len(x)):
        middle = min(max(int(np.argmax(row)), reach), len(x) - 1 - reach)
        near = slice(middle - reach, middle + reach + 1)
        through = Chebyshev.fit(x[near], row[near], 2 * reach)
        turns = through.deriv().roots()
        turns = turns.real[np.abs(turns.imag) < 1e-9]
        top = turns[np.argmin(np.abs(turns - x[np.argmax(row)]))]
        found.append((top, through(top)))
    places, heights = (
        rows.isel({along: 0}, drop=True).copy(data=np.reshape(column, rows.shape[:-1])) for column in zip(*found, strict=True)
    )
    return places, heights


@cache
def closures() -> xr.Dataset:
    """N = 80 by the closure, as the paper has it: all ratios and 1, three couplings."""
    return stored(ALL, WITH_UNIFORM, FEW, figures=tuple(FIGURES))


@eqx.filter_jit
def _exactly(chain: SpinChain, ts: Any, figures: tuple[str, ...]) -> dict[str, Any]:
    return evolve(chain, ts, list(figures), law=chain.exact()).saved


def exactly(
    gaps: np.ndarray, hopping: float = HOPPING, figures: tuple[str, ...] = ("normalised_energy", "filling"), step: int = 1
) -> xr.Dataset:
    """Figures of a short full chain in time, rates in proportion to gaps: one program for each length."""
    time = ALL[::step]
    found = _exactly(SpinChain(gaps, DAMPING * gaps, hopping), time.values, figures)
    return xr.Dataset({name: ("time", np.asarray(value)) for name, value in found.items()}, {"time": time.time})


def dimer(n: int, ratio: float) -> np.ndarray:
    """Gaps 1, ratio, 1, ..."""
    return np.where(np.arange(n) % 2 == 0, 1.0, ratio)


@cache
def exact(n: int) -> xr.Dataset:
    """E and P of a short chain exactly: all ratios, three couplings."""
    rows = [[exactly(dimer(n, ratio), hopping) for ratio in NODES.values] for hopping in FEW.values]
    data = xr.concat([xr.concat(row, "ratio") for row in rows], "hopping").assign_coords(ratio=NODES.ratio, hopping=FEW.hopping)
    return xr.Dataset({"energy": data.normalised_energy, "population": 2 * data.filling - 1})


def extended(n: Any) -> xr.DataArray:
    """Exact E of n spins, from those of 4 and 6."""
    return joined({k: exact(k).energy for k in (4, 6)}, n)


def joined(short: dict[int, xr.DataArray], n: Any) -> xr.DataArray:
    """E of n spins from that of two shorter chains: both ends cost a fixed energy, so that N E is linear in N."""
    (few, first), (more, last) = short.items()
    bulk = (more * last - few * first) / (more - few)
    return bulk + few * (first - bulk) / n
