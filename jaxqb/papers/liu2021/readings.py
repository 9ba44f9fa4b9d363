"""What two readings of a definition make of the statements, and what no reading does: four figures."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import xarray as xr

from ...batteries import DimerChain
from ...merit import total_energy
from ...storing import storage_time
from ..paper import as_label, axis, figure
from .single import BY, CURVE, kept, lost_and_when
from .tables import (
    ALL,
    DAMPING,
    EXCESS,
    HOPPING,
    MORE,
    NODES,
    RATIO,
    SHIFTED,
    SPINS,
    ZERO,
    E,
    alone,
    closures,
    excess,
    extended,
    finely,
    hoppings,
    part,
    ratios,
    shifted,
    summits,
    uniform,
)

EXPONENT = ("alpha", "1", "local exponent")
AT = 25.0  # time of the statement about Fig. 2(a)
START = 2.0  # from which on slopes are drawn
PEAK = ("Delta_A t", "1", "time of the largest excess energy")


@figure(
    "contrast",
    paper="beyond (Fig. 2a, 40 percent and 30)",
    caption="What the decay of amplitudes at gamma/2 (Eq. 3), or at gamma (printed Omega), makes of Fig. 2(a). (a) Part of the "
    "excitation in spin 10 that is lost: neither gives 40 percent at 25 (circle); without coupling less is lost, and from spins "
    "9 and 11 much more. (b) Dimerised minus uniform: largest at 16.5 or 15.1, not near 30. (c) Both numbers, lambda from 0 "
    "(uppermost) to 0.1 in steps of 0.01: no coupling gives both printed ones at a gap ratio of 0.25, lambda = 0.02 does at 0.4.",
)
def contrast(quick: bool) -> xr.Dataset:
    """Survival in single sites."""
    del quick
    ours, printed = (kept(CURVE, by) for by in BY)
    printed = printed.isel(case=[0, 2]).rename(case="other")
    lost, apart = ("1 - p / p_0", "1", "part that is lost"), ("(p_d - p_u) / p_0", "1", "contrast of populations")
    hopping = hoppings(np.linspace(0.0, 0.1, 11))
    ways = {
        "ratio 0.25, by Eq. 3": (RATIO, BY[0]),
        "ratio 0.25, printed Omega": (RATIO, BY[1]),
        "ratio 0.4, by Eq. 3": (0.4, BY[0]),
    }
    found = np.stack([lost_and_when(CURVE, AT, hopping.values, *way) for way in ways.values()], axis=1)
    by_then, when = (xr.DataArray(rows, {"way": list(ways), "hopping": hopping.hopping}) for rows in found)
    return xr.Dataset(
        {
            "lost": as_label(1 - ours.dimer, *lost),
            "lost_printed": as_label(1 - printed.dimer, *lost),
            "contrast": as_label((ours.dimer - ours.uniform).where(ours.case.isin(ours.case[:2])), *apart),
            "contrast_printed": as_label((printed.dimer - printed.uniform).where(printed.other == printed.other[0]), *apart),
            "by_then": as_label(by_then, "", "1", "part that is lost at t = 25"),
            "when": as_label(when, "Delta_A t", "1", "time of the largest contrast", draw="both", against="by_then"),
        },
        attrs={
            "x": "time",
            "panels": ["lost lost_printed", "contrast contrast_printed", "when"],
            "printed": [0, AT, 0.4, 2, 0.4, 30.0],
        },
    )


@figure(
    "signs",
    paper="beyond (Eq. 6)",
    caption="Energies of the dimerised and the uniform chain, gap ratio 0.25. (a) As Eq. 6 has it, the latter is zero at t = "
    "13.86 = 20 ln 2. (b) So the relative excess diverges there; that of energies from the empty chain does not. (c) Energy a "
    "spin: the dimerised chain, whose gaps are smaller, has less up to t = 37.",
)
def signs(quick: bool) -> xr.Dataset:
    """Two zeros of energy."""
    del quick
    dimer = closures().energy.sel(hopping=HOPPING, ratio=RATIO, drop=True)
    both = xr.concat([dimer, uniform(ALL)], "chain").assign_coords(chain=["dimerised", "uniform"])
    gap = xr.DataArray([(1 + RATIO) / 2, 1.0], {"chain": both.chain})
    printed, early = excess(dimer, ALL), finely(dimer, "early", 0.0, 13.5)
    return xr.Dataset(
        {
            "energy": as_label(both, *E),
            "printed": as_label(excess(early, early.early), *EXCESS, label="as Eq. 6 has it", against="early"),
            "printed_late": as_label(printed.where(ALL > ZERO + 0.5), *EXCESS, label="as Eq. 6 has it"),
            "printed_all": as_label(printed, *EXCESS),
            "shifted": as_label(shifted(dimer, ALL), *SHIFTED, label="from the empty chain"),
            "each": as_label(gap * (1 + both) / 2, "<H> / N", "Delta_A", "energy a spin, from the empty chain"),
        },
        attrs={"x": "time", "panels": ["energy", "printed printed_late shifted", "each"]},
    )


@figure(
    "exponent",
    paper="beyond (Fig. S5)",
    caption="Local exponent of the relative excess in time, d ln / d ln t, gap ratio 0.25. It passes 1.5 at t = 24 on its way "
    "from 1 to 3.8; that of an exponential, the chain without coupling, does the same. As Eq. 6 has it, it passes 1.5 before t = "
    "5 and diverges. The ratio E_d / E_u of the text is no power either.",
)
def exponent(quick: bool) -> xr.Dataset:
    """Logarithmic slopes, from the slope of the energy."""
    del quick
    dimer = closures().sel(hopping=HOPPING, ratio=RATIO, drop=True)
    time, low = ALL, uniform(ALL)
    fall = -DAMPING * (1 + low)
    free = alone(time, RATIO)
    free_slope = -2 * DAMPING * (np.exp(-DAMPING * time) + RATIO**2 * np.exp(-DAMPING * RATIO * time)) / (1 + RATIO)
    of_shifted = lambda energy, slope: time * ((slope - fall) / (energy - low) + DAMPING)  # noqa: E731
    of_printed = time * ((dimer.slope - fall) / (dimer.energy - low) - fall / low)
    of_ratio = time * (dimer.slope / (1 + dimer.energy) + DAMPING)
    late = lambda curve: curve.where(time >= START)  # noqa: E731
    return xr.Dataset(
        {
            "shifted": as_label(late(of_shifted(dimer.energy, dimer.slope)), *EXPONENT, label="from the empty chain"),
            "printed": as_label(late(of_printed.where(time < ZERO - 2)), *EXPONENT, label="as Eq. 6 has it"),
            "of_ratio": as_label(late(of_ratio), *EXPONENT, label="of (1 + E_d) / (1 + E_u)"),
            "free": as_label(
                part(late(of_shifted(free, free_slope)), "mark", step=8),
                *EXPONENT,
                draw="points",
                against="mark",
                label="without coupling",
            ),
            "free_excess": as_label(free - low, *MORE),
            "said": as_label(0 * time + 1.5, *EXPONENT, label="1.5"),
        },
        attrs={"x": "time", "panels": ["shifted printed of_ratio free said"]},
    )


@figure(
    "turnover",
    paper="beyond (Fig. S4)",
    caption="When, and how large, the excess energy is at most, against the gap ratio: exact, for 80 spins, and without coupling "
    "(points). The turnover needs no coupling, which lessens it. (a) Time, (b) excess energy.",
)
def turnover(quick: bool) -> xr.Dataset:
    """Summits in time."""
    del quick
    time, height = summits(extended(80) - uniform(ALL), "time")
    free_time, free_height = summits(alone(ALL, NODES) - uniform(ALL), "time")
    drawn = {"draw": "points", "label": "without coupling"}
    return xr.Dataset(
        {
            "time_of": as_label(time, *PEAK, draw="both"),
            "free_time": as_label(free_time, *PEAK, **drawn),
            "height": as_label(height, *MORE, draw="both"),
            "free_height": as_label(free_height, *MORE, **drawn),
        },
        attrs={"x": "ratio", "panels": ["time_of free_time", "height free_height"]},
    )


@eqx.filter_jit
def _keeps(ratio: Any, fraction: Any) -> Any:
    return storage_time(DimerChain(SPINS, ratio), fraction, total_energy, 400.0).time


@figure(
    "lifetimes",
    paper="beyond (before Eq. 5, storage times)",
    caption="How long a full chain of 80 spins keeps more than a part of its energy, against the gap ratio (points), and without "
    "coupling (lines). A uniform chain has 1/gamma to 1/e; at 0.25 it is 1.27 times as long, though the slowest mode decays four "
    "times as slowly.",
)
def lifetimes(quick: bool) -> xr.Dataset:
    """Storage times by the closure."""
    ratio = ratios(np.unique(np.append(NODES[:: 3 if quick else 1].values, [RATIO, 1.0])))
    fraction = axis("fraction", np.array([0.5, np.exp(-1), 0.1]), "E / E_0", "1", "part that is kept")
    rows = [[float(_keeps(jnp.asarray(r), jnp.asarray(f))) for r in ratio.values] for f in fraction.values]
    ts = np.linspace(0.0, 400.0, 40001)
    dense = ratios(np.linspace(0.05, 1.0, 96), "dense")
    free = [[np.interp(-f, -(1 + alone(ts, r)) / 2, ts) for r in dense.values] for f in fraction.values]
    kept, share = ("Delta_A t", "1", "storage time"), {"fraction": fraction.fraction}
    return xr.Dataset(
        {
            "time_of": as_label(xr.DataArray(rows, {**share, "ratio": ratio.ratio}), *kept, draw="points", label="lambda = 0.05"),
            "free_time": as_label(
                xr.DataArray(free, {**share, "dense": dense.dense}), *kept, label="without coupling", against="dense"
            ),
        },
        attrs={"x": "ratio", "panels": ["time_of free_time"]},
    )
