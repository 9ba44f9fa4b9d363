"""Questions that claims ask of the figures' data (`r` is what `Results` holds: a Dataset by figure), and of the model."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import xarray as xr

from ...batteries import SpinChain
from ...evolution import evolve
from .equations import omegas
from .figures import LATE
from .readings import AT
from .single import BY, CURVE, LONG, SITE, TWICE, left, one
from .tables import ALL, DAMPING, HOPPING, NODES, RATIO, SPINS, alone, closures, extended, shifted, summits, uniform

PRINTED = BY[1]
KAPPA, ETA, DETUNING = 20.0, np.sqrt(0.1), 10.0  # of the cavity by which S11 is tried


def at(figure: str, name: str, **where: Any) -> Callable[[Any], float]:
    """A number of a figure, between its points if need be."""
    text = {key: value for key, value in where.items() if isinstance(value, str)}
    numbers = {key: value for key, value in where.items() if key not in text}
    return lambda r: float(r[figure][name].sel(text).interp(numbers))


def rises(array: xr.DataArray, along: str) -> bool:
    """Whether an array grows all along a dimension."""
    return bool((array.diff(along) > 0).all())


def has_summit(array: xr.DataArray, along: str) -> bool:
    """Whether each curve is largest inside."""
    return bool(((array.argmax(along) > 0) & (array.argmax(along) < array.sizes[along] - 1)).all())


def power(curve: xr.DataArray, low: float, high: float) -> float:
    """Exponent of the power law through all points of a window of times."""
    row = curve.sel(time=slice(low, high))
    return float(np.polyfit(np.log(row.time), np.log(row), 1)[0])


# ------------------------------------------------------------------------------------------- one excitation


def period(curve: xr.DataArray) -> float:
    """Mean distance of the first four maxima of a curve in time, from the parabolas through them."""
    y, x = curve.values, curve.time.values
    tops = np.flatnonzero((y[1:-1] > y[:-2]) & (y[1:-1] >= y[2:]))[:4] + 1
    shift = (y[tops - 1] - y[tops + 1]) / (2 * (y[tops - 1] - 2 * y[tops] + y[tops + 1]))
    found = x[tops] + shift * (x[1] - x[0])
    return float((found[-1] - found[0]) / (len(found) - 1))


def lost(r: Any, case: str = BY[0]) -> float:
    """Part of the excitation of spin 10 (or 9) that is lost by t = 25."""
    return float(r["contrast"].lost.sel(case=case).interp(time=AT))


def when_most(r: Any, case: str = BY[0]) -> float:
    """When the dimerised and the uniform chain differ most."""
    return float(summits(r["contrast"].contrast.sel(case=case), "time")[0])


def of_other_chain(r: Any, name: str) -> float:
    """A number of the chain of gap ratio 0.4 with lambda = 0.02."""
    return float(r["contrast"][name].sel(way=f"ratio 0.4, {BY[0]}").interp(hopping=0.02))


def left_of_uniform(r: Any, time: float) -> float:
    """What the uniform chain has left in spin 10."""
    left = 1 + r["fig2a"].site10.sel(chain=f"uniform, {BY[0]}")
    return float(left.sel(time=time) / left[0])


def rate_of_uniform(r: Any, time: float) -> float:
    """The rate at which spin 10 of the uniform chain decays at a time."""
    left = np.log(1 + r["fig2a"].site10.sel(chain=f"uniform, {BY[0]}"))
    return -float(left.differentiate("time", edge_order=2).sel(time=time))


def antiphase(r: Any, ratio: float, printed: bool = False) -> float:
    """Correlation of both coherences from t = 40 to 100."""
    rows = one(LONG, ratio, TWICE).coherence.real if printed else r["figS2"].coherence.sel(ratio=ratio).transpose("time", "spin")
    return float(np.corrcoef(rows.sel(time=slice(40, 100)).values.T)[0, 1])


def coherence_at_start(r: Any) -> float:
    """What S8 gives for spin 10 at t = 0."""
    return float(r["figS2"].coherence.sel(spin="spin 10", time=0.0)[0])


def periods(r: Any) -> float:
    """Period of the population of spin 11 over that of the correlation, whose minima are sharper."""
    chain = {"chain": f"dimerised, {BY[0]}"}
    return period(r["fig2a"].site11.sel(chain)) / period(-r["fig2b"].re.sel(chain))


def slower(r: Any) -> bool:
    """Whether both bands decay more slowly than the uniform chain, by Eq. 3, for all k."""
    rates = [r["figS1"].of_all.sel(band=f"{band} band, {BY[0]}") for band in ("upper", "lower")]
    return all(bool((row < r["figS1"].uniform.sel(of=f"uniform, {BY[0]}")).all()) for row in rates)


def longer(r: Any) -> float:
    """Decay rate of the uniform chain over the slowest of the dimerised one, by Eq. 3."""
    return float(r["figS1"].uniform.sel(of=f"uniform, {BY[0]}").min() / r["figS1"].of_all.min())


def slower_from_all() -> bool:
    """Whether a start in spin 9, 10 or 11 (and the next but one) decays more slowly than in the uniform chain up to t = 25."""
    more = [left(CURVE, RATIO, first=j) - left(CURVE, 1.0, first=j) for j in (SITE - 1, SITE, SITE + 1)]
    return all(bool((curve.sel(time=slice(0.1, AT)) > 0).all()) for curve in more)


def two_bands() -> bool:
    """Whether the bands without coupling are the two frequencies."""
    found = np.unique(np.round(omegas(10, RATIO, DAMPING, 0.0, printed=False), 12))
    return bool(np.allclose(found, np.array([RATIO, 1.0]) * (1 - 0.5j * DAMPING)))


# ------------------------------------------------------------------------------------------- full chains


def _eight(gaps: Any, rates: Any) -> dict[str, np.ndarray]:
    """Eight full spins after t = 10, by the closure."""
    figures = ["populations", "normalised_energy", "correlations"]
    return jax.tree.map(np.asarray, evolve(SpinChain(gaps, rates, HOPPING), [10.0], figures).saved)


def moved(name: str) -> float:
    """How much a figure changes if only the frequency of the cavity does: all gaps shift, rates do not."""
    gaps = np.array([1.0, RATIO] * 4)
    here, there = (_eight(gaps + shift, DAMPING * gaps)[name] for shift in (0.0, 0.3))
    return float(np.max(np.abs(here - there)))


def correlations_of_uniform(r: Any) -> float:
    """The largest correlation of two spins of the full uniform chain."""
    (found,) = _eight(np.ones(8), np.full(8, DAMPING))["correlations"]
    return float(np.max(np.abs(found - np.diag(np.diag(found)))))


def uniform_off(r: Any) -> float:
    """Largest difference of the full uniform chain's energy, 80 spins, from 2 exp(-gamma t) - 1, at any coupling."""
    return float(abs(closures().energy.sel(ratio=1.0) - uniform(ALL)).max())


def spread(r: Any) -> float:
    """Largest difference between 80 and fewer spins of the relative excess up to t = 50, over its largest value there."""
    data = r["fig3"]
    short = data.shifted_short.rename(mark="time").sel(time=slice(0, 48))
    longest = data.shifted.sel(time=short.time)
    return float(abs(short - longest).max() / longest.max())


def closure_off(r: Any, hopping: float) -> float:
    """Largest error of the closure in E, 80 spins, gap ratio 0.25."""
    here = {"hopping": hopping, "ratio": RATIO}
    return float(abs(closures().energy.sel(here) - extended(SPINS).sel(here)).max())


def hopping_energy() -> float:
    """Largest difference of P and E, 80 spins."""
    data = closures().sel(hopping=HOPPING, ratio=RATIO)
    return float(abs(data.population - data.energy).max())


def work_off(r: Any) -> float:
    """Largest difference of work and E, both over the capacity, of the full uniform chain while E is positive."""
    data = r["work"].sel(chain="uniform", time=slice(0, 13))
    return float(abs(data.work - data.printed).max())


def monotonic(r: Any) -> bool:
    """Whether the relative excess rises: of Eq. 6 up to its pole, and from the empty chain up to t = 100."""
    return rises(r["fig3"].excess, "early") and rises(r["fig3"].shifted, "time")


def fitted(r: Any) -> float:
    """Exponent of the relative excess: of Eq. 6, t from 1 to 10, or from the empty chain, 10 to 40; the farther from 1.5."""
    both = power(r["figS5"].excess.rename(early="time"), 1.0, 10.0), power(r["fig3"].shifted, 10.0, 40.0)
    return max(both, key=lambda found: abs(found - 1.5))


def local_exponent(r: Any, time: float) -> float:
    """Of the relative excess from the empty chain."""
    return float(r["exponent"].shifted.sel(time=time))


def free_by_ratio() -> xr.DataArray:
    """The relative excess against the gap ratio at five times, without coupling."""
    late = xr.DataArray(LATE, dims="late")
    return shifted(alone(late, NODES), late)


def faster(ratio: float) -> bool:
    """Whether a dimerised chain of this ratio, without coupling, keeps less of its energy than the uniform one at all times."""
    return bool((alone(ALL, ratio) < uniform(ALL))[1:].all())


def storage(r: Any) -> float:
    """How long the uniform chain keeps 1/e of its energy."""
    return float(r["lifetimes"].time_of.sel(ratio=1.0)[1])


# ------------------------------------------------------------------------------------------- cavity


def eliminated() -> tuple[complex, float]:
    """<sigma^+ a> / <sigma^+ sigma^-> of one spin in a bad cavity, and the rate at which the spin decays through it."""
    k = np.array([[DETUNING, ETA], [ETA, -0.5j * KAPPA]])
    energies, states = np.linalg.eig(k)
    slow = int(np.argmax(np.imag(energies)))
    return complex(states[1, slow] / states[0, slow]), -2 * float(np.imag(energies[slow]))


def by_s11(printed: bool) -> tuple[complex, float]:
    """The same by S11, as printed or with kappa - 2i Delta."""
    a = -2j * ETA / (KAPPA + 1j * DETUNING if printed else KAPPA - 2j * DETUNING)
    return a, float(-2 * (ETA * a).imag)


def s11_off(printed: bool) -> float:
    """Relative difference of S11."""
    (exact, _), (found, _) = eliminated(), by_s11(printed)
    return abs(found - exact) / abs(exact)


def discharged(r: Any) -> float:
    """E of the uniform chain at t = 5, exactly, Gamma = 0.1."""
    return float(r["discharge"].exact.sel(case="uniform, Gamma = 0.1", mark=5.0))
