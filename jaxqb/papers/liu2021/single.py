"""One excitation in a chain of fifty spins: curves, coherences, and the bands of decay rates."""

from typing import Any

import equinox as eqx
import numpy as np
import xarray as xr

from ...batteries import DimerChain, single_excitation
from ...evolution import evolve
from ..paper import as_label, axis
from .tables import DAMPING, HOPPING, RATIO, ratios, summits, times

SPINS = 50  # of Figs. 2, S1 and S2
SITE = 9  # spin 10, counted from zero
CURVE = times(np.linspace(0.0, 50.0, 201))
LONG = times(np.linspace(0.0, 100.0, 401))
TWICE = 2 * DAMPING  # amplitudes that decay at gamma, as the printed Omega has it, are those of twice the rates
BY = ["by Eq. 3", "printed Omega"]
RATES = dict(zip(BY, (DAMPING, TWICE), strict=True))
MODE = 10  # l of k = 20 pi / 51
RATE = ("|Im Omega| / Delta_A", "1", "decay rate of amplitudes")


@eqx.filter_jit
def _curves(chain: DimerChain, ts: Any) -> dict[str, Any]:
    figures = {
        "left": lambda _, state: state.excited()[SITE - 1 : SITE + 2],
        "pair": lambda _, state: state.neighbours()[SITE],
        "coherence": lambda _, state: state.coherences()[SITE : SITE + 2],
    }
    return evolve(chain, ts, figures).saved


def one(time: xr.DataArray, ratio: float, damping: float = DAMPING, hopping: float = HOPPING, first: int = SITE) -> xr.Dataset:
    """Around spin 10, from |g>/sqrt(2) + (|e_first> + |e_first+2>)/2: probabilities, a correlation, coherences."""
    amplitudes = np.zeros(SPINS)
    amplitudes[[first, first + 2]] = 0.5
    found = _curves(DimerChain(SPINS, ratio, damping, hopping, initial=single_excitation(amplitudes)), time.values)
    dims = {"left": ("time", "site"), "pair": "time", "coherence": ("time", "site_of")}
    data = {name: (dims[name], np.asarray(value)) for name, value in found.items()}
    return xr.Dataset(data, {"time": time.time})


def sites(time: xr.DataArray, by: str) -> xr.Dataset:
    """Populations of spins 10 and 11 and their correlation: dimerised and uniform, by Eq. 3 or by the printed Omega."""
    cases = {f"{chain}, {by}": one(time, ratio, RATES[by]) for chain, ratio in (("dimerised", RATIO), ("uniform", 1.0))}
    data = xr.concat(cases.values(), "chain").assign_coords(chain=list(cases))
    here, beside = (data.left.isel(site=i) for i in (1, 2))
    return xr.Dataset({"site10": here, "site11": beside, "re": data.pair.real, "im": data.pair.imag})


def left(time: xr.DataArray, ratio: float, by: str = BY[0], hopping: float = HOPPING, first: int = SITE) -> xr.DataArray:
    """What is left of the start in the first of its spins."""
    curve = one(time, ratio, RATES[by], hopping, first).left.isel(site=1 + first - SITE)
    return curve / curve[0]


def kept(time: xr.DataArray, by: str) -> xr.Dataset:
    """That of dimerised and uniform chains in a few cases."""
    cases: dict[str, dict[str, Any]] = {
        by: {},
        f"{by}, without coupling": {"hopping": 0.0},
        f"{by}, from spins 9 and 11": {"first": SITE - 1},
    }
    rows = {
        name: xr.concat([left(time, ratio, by, **case) for case in cases.values()], "case").assign_coords(case=list(cases))
        for name, ratio in (("dimer", RATIO), ("uniform", 1.0))
    }
    return xr.Dataset(rows)


def lost_and_when(time: xr.DataArray, at: float, hopping: np.ndarray, ratio: float, by: str) -> np.ndarray:
    """For each coupling: the part that is lost at a time, and when dimerised and uniform chains differ most."""
    found = []
    for x in hopping:
        dimer, uniform = (left(time, r, by, float(x)) for r in (ratio, 1.0))
        found.append((1 - float(dimer.sel(time=at)), float(summits(dimer - uniform, "time")[0])))
    return np.array(found).T


def coherences(quick: bool) -> xr.Dataset:
    """<sigma^x> of spins 10 and 11 at four gap ratios."""
    del quick
    ratio = ratios([0.1, 0.2, 0.4, 0.8])
    data = xr.concat([one(LONG, float(r)).coherence for r in ratio], "ratio").assign_coords(ratio=ratio.ratio)
    turns = (2 * data.real).rename(site_of="spin").assign_coords(spin=["spin 10", "spin 11"])
    return xr.Dataset(
        {"coherence": as_label(turns, "<sigma^x>", "1", "coherence")},
        attrs={"x": "time", "facet": "ratio", "panels": ["coherence"]},
    )


@eqx.filter_jit
def _rates(chain: DimerChain, printed: bool) -> Any:
    found = chain.bands(printed)
    return -found.upper.imag, -found.lower.imag


def rates(ratio: float, printed: bool) -> np.ndarray:
    """Decay rates of amplitudes in both bands, upper and lower, for all k."""
    return np.stack(_rates(DimerChain(SPINS, ratio), printed))


def bands(apart: np.ndarray) -> xr.Dataset:
    """Decay rates against gamma_A / gamma_B at one k, and for all k at one ratio; both ways, both bands."""
    over = axis("over", apart, "gamma_A / gamma_B", "1", "ratio of rates")
    mode = axis("mode", np.arange(1, SPINS // 2 + 1), "l", "1", "index of k")
    uniform = np.stack([rates(1.0, printed)[0] for printed in (False, True)])
    data = {}
    for by, band, of in zip(BY, ("band", "printed"), ("", "_printed"), strict=True):
        named = {band: [f"{name} band, {by}" for name in ("upper", "lower")]}
        at = np.stack([rates(1 / x, by == BY[1])[:, MODE - 1] for x in apart], axis=1)
        of_all = xr.DataArray(rates(RATIO, by == BY[1]), {**named, "mode": mode.mode})
        data[f"rate{of}"] = as_label(xr.DataArray(at, {**named, "over": over.over}), *RATE)
        data[f"of_all{of}"] = as_label(of_all, *RATE, draw="both", against="mode")
    of = {"of": [f"uniform, {by}" for by in BY], "mode": mode.mode}
    data["uniform"] = as_label(xr.DataArray(uniform, of), *RATE, against="mode")
    return xr.Dataset(
        data,
        attrs={
            "x": "over",
            "panels": ["rate rate_printed", "of_all of_all_printed uniform"],
            "titles": ["one k", "inset: all k"],
            "printed": [0, 1.0, 0.05],
        },
    )
