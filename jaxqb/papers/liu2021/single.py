"""One excitation in a chain of fifty spins: curves, coherences, and the bands of decay rates."""

from typing import Any

import equinox as eqx
import numpy as np
import xarray as xr

from ...batteries import DimerChain, single_excitation
from ...evolution import evolve
from ..paper import as_label, axis
from .tables import DAMPING, HOPPING, RATIO, ratios, times

SPINS = 50  # of Figs. 2, S1 and S2
SITE = 9  # spin 10, counted from zero
CURVE = times(np.linspace(0.0, 50.0, 201))
LONG = times(np.linspace(0.0, 100.0, 401))
TWICE = 2 * DAMPING  # amplitudes that decay at gamma, as the printed Omega has it, are those of twice the rates
BY = ["by Eq. 3", "printed Omega"]
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


def sites(time: xr.DataArray) -> xr.Dataset:
    """Populations of spins 10 and 11 and their correlation: dimerised and uniform, by Eq. 3 and by the printed Omega."""
    cases = {
        f"{chain}, {by}": one(time, ratio, damping)
        for by, damping in zip(BY, (DAMPING, TWICE), strict=True)
        for chain, ratio in (("dimerised", RATIO), ("uniform", 1.0))
    }
    data = xr.concat(cases.values(), "chain").assign_coords(chain=list(cases))
    here, beside = (data.left.isel(site=i) for i in (1, 2))
    return xr.Dataset({"site10": here, "site11": beside, "re": data.pair.real, "im": data.pair.imag})


def kept(time: xr.DataArray) -> xr.Dataset:
    """What is left of the start in one of its spins, dimerised and uniform."""
    cases = {
        BY[0]: (DAMPING, HOPPING, SITE),
        BY[1]: (TWICE, HOPPING, SITE),
        f"{BY[0]}, without coupling": (DAMPING, 0.0, SITE),
        f"{BY[0]}, from spins 9 and 11": (DAMPING, HOPPING, SITE - 1),
        f"{BY[1]}, from spins 9 and 11": (TWICE, HOPPING, SITE - 1),
    }

    def left(ratio: float) -> xr.DataArray:
        rows = [
            one(time, ratio, damping, hopping, first).left.isel(site=1 + first - SITE)
            for damping, hopping, first in cases.values()
        ]
        curves = xr.concat(rows, "case").assign_coords(case=list(cases))
        return curves / curves.isel(time=0)

    return xr.Dataset({"dimer": left(RATIO), "uniform": left(1.0)})


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
    cases = {f"{band} band, {by}": (i, by == BY[1]) for by in BY for i, band in enumerate(("upper", "lower"))}
    rows = {printed: np.stack([rates(1 / x, printed) for x in apart]) for printed in (False, True)}
    case = {"band": list(cases)}
    at = np.stack([rows[printed][:, i, MODE - 1] for i, printed in cases.values()])
    of_all = np.stack([rates(RATIO, printed)[i] for i, printed in cases.values()])
    uniform = np.stack([rates(1.0, printed)[0] for printed in (False, True)])
    return xr.Dataset(
        {
            "rate": as_label(xr.DataArray(at, {**case, "over": over.over}), *RATE),
            "of_all": as_label(xr.DataArray(of_all, {**case, "mode": mode.mode}), *RATE, draw="points", against="mode"),
            "uniform": as_label(
                xr.DataArray(uniform, {"of": [f"uniform, {by}" for by in BY], "mode": mode.mode}), *RATE, against="mode"
            ),
        },
        attrs={"x": "over", "panels": ["rate", "of_all uniform"], "printed": [0, 1.0, 0.05]},
    )
