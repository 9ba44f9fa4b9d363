"""The battery alone in the bath, once its charger is gone: as it is, and after its cells have been dephased."""

from math import comb
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jax.scipy.linalg import expm

from ... import merit
from ...steady import steady_state
from ..paper import as_label, axis, each, figure
from .tables import E, P, steady_sizes, time_axis

LEVELS = 11  # of the largest battery here


@eqx.filter_jit
def _populations(battery: Any) -> dict[str, Any]:
    return {"p": merit.level_populations(battery, steady_state(battery))}


def _falling(cells: int, times: Any) -> Any:
    """Mean excitation number of a collective spin of `cells` cells at equal steps of time, from each of its levels."""
    m = np.arange(LEVELS, dtype=float)  # those above the last one are not used; one program for all spins
    rates = np.where(m <= cells, 2 * m * (cells - m + 1), 0.0)  # from m to m - 1
    step = np.asarray(expm(jnp.asarray((np.diag(rates[1:], 1) - np.diag(rates)) * (times[1] - times[0]))))
    rows = [m]
    for _ in times[1:]:
        rows.append(rows[-1] @ step)
    return np.stack(rows)[:, : cells + 1]


def collective(populations: Any, times: Any) -> Any:
    """Energy per cell from populations of the collective spin's levels."""
    cells = len(populations) - 1
    return _falling(cells, times) @ populations / cells


def dephased(populations: Any, times: Any) -> Any:
    """The same if every coherence between cells is lost first.

    Each arrangement of m excited cells is then as likely as any other, and so is each of the C(N, k) - C(N, k - 1) collective
    spins of N - 2k cells, in which k excitations are bound in singlets that the bath does not see.
    """
    cells, total = len(populations) - 1, 0.0
    for k in range(cells // 2 + 1):
        curve, copies = k + _falling(cells - 2 * k, times), comb(cells, k) - (comb(cells, k - 1) if k else 0)
        for m in range(k, cells - k + 1):
            total = total + populations[m] * copies / comb(cells, m) * curve[:, m - k]
    return total / cells


@figure(
    "discharge",
    paper="beyond (end of Sec. IV)",
    caption="The charged battery (R = 5, cold bath) without its charger: energy per cell as it is (lines) and after dephasing "
    "(dots), and the power it loses. A single spin decays as exp(-2 gamma t), but not so a dephased battery: the bath makes new "
    "coherence, and leaves some energy in singlets.",
)
def discharge(quick: bool) -> xr.Dataset:
    """Superradiant discharge."""
    del quick
    time, cells = time_axis(1.5), axis("size", [1.0, 3.0, 10.0], "N_B", "cells", "number of battery cells")
    p = each(_populations, steady_sizes(), ("level",), n_battery=cells, n_charger=5 * cells).p.values
    rows = [row[: int(n) + 1] for row, n in zip(p, cells.values, strict=True)]
    curves = (np.stack([function(row, time.values) for row in rows]) for function in (collective, dephased))
    fast, slow = (xr.DataArray(values, {"size": cells.coords["size"], "time": time.time}) for values in curves)
    alone = slow.isel(time=0) * np.exp(-2 * time)
    dots = slow.isel(time=slice(0, None, 10)).rename(time="mark")
    lost = lambda curve: -curve.differentiate("time", edge_order=2)  # noqa: E731
    return xr.Dataset(
        {
            "energy": as_label(fast, *E, label="as it is"),
            "energy_dephased": as_label(slow, *E),
            "dots": as_label(dots, *E, label="dephased", draw="points", against="mark"),
            "alone": as_label(alone, *E),
            "power": as_label(lost(fast), *P[:2], "power lost per cell"),
        },
        {"mark": axis("mark", time.values[::10], "gamma t", "1", "time").mark},
        {"x": "time", "panels": ["energy dots", "power"]},
    )
