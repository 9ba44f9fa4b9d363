"""Three spins in a cavity, whole: the limit in which it is lossy, and what it charges (Eqs. 1 and 2)."""

import numpy as np
import xarray as xr

from ...batteries import DimerChain
from ...cavity import in_cavity
from ...evolution import evolve
from ..paper import as_label, axis, figure
from .tables import RATIO, E, part, times

SPINS, PHOTONS = 3, 6
PURCELL = 0.2  # Gamma of the limit
TIME = times(np.linspace(0.0, 20.0, 161))
OFF = ("|delta E|", "1", "largest difference from the limit")


def _emptied(loss: float) -> np.ndarray:
    """E in time of the full dimerised chain in a cavity whose limit is Gamma = 4 eta^2 / kappa."""
    chain = DimerChain(SPINS, RATIO)
    cavity = in_cavity(chain, np.sqrt(PURCELL * loss) / 2, loss=loss)
    return 2 * np.asarray(evolve(cavity, TIME.values).saved["energy"]) / float(chain.capacity()) - 1


def _limit() -> np.ndarray:
    """The same in the limit."""
    chain = DimerChain(SPINS, RATIO, collective_decay=PURCELL)
    return 2 * np.asarray(evolve(chain, TIME.values, law=chain.exact()).saved["energy"]) / float(chain.capacity()) - 1


def _charged(ratio: float, coupling: float) -> float:
    """The largest part of an empty chain that six photons fill until ten inverse couplings have gone by."""
    chain = DimerChain(SPINS, ratio, initial=0.0)
    ts = np.linspace(0.0, 10.0, 201) / coupling
    return float(np.max(evolve(in_cavity(chain, coupling, photons=PHOTONS), ts).saved["energy"]) / chain.capacity())


@figure(
    "cavity",
    paper="beyond (Eqs. 1, 2 and S12)",
    caption="Three spins in a cavity. (a) Energy of the full dimerised chain (0.25) that decays through the cavity, and the "
    "limit S12 of a lossy one, Gamma = 0.2. (b) It is approached as 1/kappa. (c) The most that six photons charge: as the gaps "
    "of Eq. 1 are detunings too, the coupling must exceed them.",
)
def cavity(quick: bool) -> xr.Dataset:
    """Both ways through the cavity."""
    loss = axis("loss", np.geomspace(2.0, 320.0, 9 if quick else 25), "kappa", "Delta_A", "loss of the cavity")
    few = axis("kappa", [5.0, 20.0, 80.0], "kappa", "Delta_A", "loss of the cavity")
    limit = xr.DataArray(_limit(), {"time": TIME.time})
    curves = xr.DataArray(np.stack([_emptied(float(x)) for x in few]), {"kappa": few.kappa, "time": TIME.time})
    off = xr.DataArray([float(np.max(np.abs(_emptied(float(x)) - limit.values))) for x in loss], {"loss": loss.loss})
    coupling = axis("coupling", np.geomspace(0.03, 3.0, 9 if quick else 41), "eta", "Delta_A", "coupling to the cavity")
    rows = [[_charged(r, float(x)) for x in coupling] for r in (RATIO, 1.0)]
    chains = {"chain": ["dimerised", "uniform"], "coupling": coupling.coupling}
    return xr.Dataset(
        {
            "energy": as_label(curves, *E),
            "limit": as_label(part(limit, "mark", step=8), *E, draw="points", against="mark", label="S12"),
            "off": as_label(off, *OFF, draw="points", against="loss", label="computed"),
            "law": as_label(float(off[-1]) * float(loss[-1]) / loss, *OFF, against="loss", label="1/kappa"),
            "off_few": as_label(abs(curves - limit).max("time"), *OFF),
            "charged": as_label(
                xr.DataArray(rows, chains), "(1 + P) / 2", "1", "largest part that is filled", draw="both", against="coupling"
            ),
        },
        attrs={"x": "time", "panels": ["energy limit", "off law", "charged"], "log": ["", "xy", "x"]},
    )
