"""The figures of the paper and of its supplement; an inset is a panel of its own."""

import numpy as np
import xarray as xr

from ..paper import as_label, axis, figure
from .single import BY, CURVE, bands, coherences, sites
from .tables import (
    ALL,
    EXCESS,
    HOPPING,
    MORE,
    NODES,
    RATIO,
    SHIFTED,
    alone,
    closures,
    exact,
    excess,
    finely,
    part,
    shifted,
    stored,
    uniform,
)

EXACT, SHORTER = (4, 6), (10, 20, 40)  # spins beside 80, exactly and by the closure
EARLY = 13.5  # before the denominator of Eq. 6 vanishes
TITLES = ["as printed", "from the empty chain", "inset"]
LATE = [10.0, 20.0, 30.0, 50.0, 100.0]  # of insets


@figure(
    "fig2a",
    paper="Fig. 2(a)",
    caption="Population of spin 10 in time, from one excitation in spins 10 and 12 of 50. Dimerised (0.25) and uniform, by Eq. "
    "3, where amplitudes decay at gamma/2, and by the printed Omega = Delta - i gamma. That 40 percent decayed by t = 25 "
    "(circle) neither gives. (b) Inset: spin 11.",
)
def fig2a(quick: bool) -> xr.Dataset:
    """Populations."""
    del quick
    ours, printed = (2 * found - 1 for found in _both_ways())
    spin10, spin11 = ((f"<sigma_{j}^z>", "1", f"population of spin {j}") for j in (10, 11))
    return xr.Dataset(
        {
            "site10": as_label(ours.site10, *spin10),
            "site10_printed": as_label(printed.site10, *spin10),
            "site11": as_label(ours.site11.where(ours.chain == ours.chain[0]), *spin11),
            "site11_printed": as_label(printed.site11.where(printed.printed == printed.printed[0]), *spin11),
        },
        attrs={
            "x": "time",
            "panels": ["site10 site10_printed", "site11 site11_printed"],
            "titles": ["spin 10", "inset: spin 11"],
            "printed": [0, 25.0, 2 * 0.6 * 0.25 - 1],
        },
    )


def _both_ways() -> tuple[xr.Dataset, xr.Dataset]:
    """By Eq. 3, and by the printed Omega, which has a hue of its own."""
    ours, printed = (sites(CURVE, by) for by in BY)
    return ours, printed.rename(chain="printed")


@figure(
    "fig2b",
    paper="Fig. 2(b)",
    caption="Correlation of spins 10 and 11 in time, from one excitation in spins 10 and 12 of 50. (a) Real part, (b) inset: "
    "imaginary part.",
)
def fig2b(quick: bool) -> xr.Dataset:
    """Correlations."""
    del quick
    ours, printed = _both_ways()
    real, imaginary = (("<sigma_10^+ sigma_11^->", "1", f"{part} of the correlation") for part in ("real part", "imaginary part"))
    return xr.Dataset(
        {
            "re": as_label(ours.re, *real),
            "re_printed": as_label(printed.re, *real),
            "im": as_label(ours.im, *imaginary),
            "im_printed": as_label(printed.im, *imaginary),
        },
        attrs={"x": "time", "panels": ["re re_printed", "im im_printed"], "titles": ["", "inset"]},
    )


@figure(
    "fig3",
    paper="Fig. 3",
    caption="Relative excess of the stored energy in time, gap ratio 0.25. (a) As Eq. 6 has it, which diverges at t = 13.86 and "
    "is negative from there on. (b) Of energies from the empty chain it grows all the time. (c) Inset: against the gap ratio at "
    "five times, 80 spins. Fewer spins: exact up to six.",
)
def fig3(quick: bool) -> xr.Dataset:
    """Energies by the closure."""
    return _relative("energy", quick)


@figure(
    "figS3",
    paper="Fig. S3",
    caption="Relative excess of the population in time, gap ratio 0.25: the same as that of the energy but for the hopping. (a) "
    "As Eq. S19 has it, (b) from the empty chain. (c) Inset: against the gap ratio at five times, 80 spins. Fewer spins: exact "
    "up to six.",
)
def figS3(quick: bool) -> xr.Dataset:
    """Populations by the closure."""
    return _relative("population", quick)


def _relative(name: str, quick: bool) -> xr.Dataset:
    """Both readings of the relative excess, for 80 spins and fewer, and against the gap ratio."""
    every = closures()[name].sel(hopping=HOPPING, drop=True)
    longest = every.sel(ratio=RATIO, drop=True)
    rows = {n: exact(n)[name].sel(ratio=RATIO, hopping=HOPPING, drop=True) for n in EXACT}
    rows |= {n: stored(ALL, RATIO, n=n, figures=("energy", "population"))[name] for n in (() if quick else SHORTER)}
    short = xr.concat(rows.values(), "spins").assign_coords(spins=axis("spins", list(rows), "N", "1", "number of spins").spins)
    late = every.sel(time=LATE, ratio=NODES).rename(time="late")
    late = shifted(late, late.late).assign_coords(late=axis("late", LATE, "Delta_A t", "1", "time").late)
    of = "" if name == "energy" else " of population"
    long = {"label": "$N$ = 80"}
    early = finely(longest, "early", 0.0, EARLY)
    short_early, short_late = part(excess(short, ALL), "dots", EARLY, 3), part(shifted(short, ALL), "mark", step=8)
    return xr.Dataset(
        {
            "excess": as_label(excess(early, early.early), *_of(EXCESS, of), against="early", **long),
            "short": as_label(short_early, *_of(EXCESS, of)),
            "short_seen": as_label(_in_turn(short_early), *_of(EXCESS, of), draw="points", against="dots"),
            "shifted": as_label(shifted(longest, ALL), *_of(SHIFTED, of), **long),
            "shifted_short": as_label(short_late, *_of(SHIFTED, of)),
            "shifted_seen": as_label(_in_turn(short_late), *_of(SHIFTED, of), draw="points", against="mark"),
            "by_ratio": as_label(late, *_of(SHIFTED, of), draw="both", against="ratio"),
        },
        attrs={
            "x": "time",
            "panels": ["excess short_seen", "shifted shifted_seen", "by_ratio"],
            "titles": TITLES,
            "log": ["", "", "y"],
        },
    )


def _in_turn(curves: xr.DataArray) -> xr.DataArray:
    """Each point of one curve only: they lie on each other."""
    turn = np.arange(curves.shape[-1]) % curves.sizes["spins"]
    return curves.where(turn == np.arange(curves.sizes["spins"])[:, None])


def _of(label: tuple[str, str, str], what: str) -> tuple[str, str, str]:
    """A label of energies, or of populations."""
    symbol, units, name = label
    return (symbol.replace("E", "P") if what else symbol), units, name.replace("excess", f"excess{what}")


@figure(
    "figS1",
    paper="Fig. S1",
    caption="Decay rates of single excitations against the ratio of rates, k = 20 pi/51. By Eq. 3, and by the printed Omega = "
    "Delta - i gamma, which are twice as large: the printed 0.05 of a uniform chain (circle) is 0.025. (b) Inset: of all k, gap "
    "ratio 0.25.",
)
def figS1(quick: bool) -> xr.Dataset:
    """Imaginary parts of both bands."""
    return bands(np.linspace(1.0, 10.0, 91 if quick else 361))


@figure(
    "figS2",
    paper="Fig. S2",
    caption="Coherences of spins 10 and 11 in time, at four gap ratios. They come to oscillate in antiphase, the less so the "
    "nearer the ratio is to 1.",
)
def figS2(quick: bool) -> xr.Dataset:
    """Twice the real part of the coherences, by Eq. 3."""
    return coherences(quick)


@figure(
    "figS4",
    paper="Fig. S4",
    caption="Excess energy of the dimerised chain in time, 80 spins, gap ratio 0.25. It turns at t = 36.1, and "
    "without any coupling at 37.0, and higher.",
)
def figS4(quick: bool) -> xr.Dataset:
    """Difference of normalised energies."""
    del quick
    longest = closures().energy.sel(hopping=HOPPING, ratio=RATIO, drop=True)
    free = part(alone(ALL, RATIO) - uniform(ALL), "mark", step=8)
    return xr.Dataset(
        {
            "more": as_label(longest - uniform(ALL), *MORE, label="lambda = 0.05"),
            "free": as_label(free, *MORE, draw="points", against="mark", label="without coupling"),
        },
        attrs={"x": "time", "panels": ["more free"]},
    )


@figure(
    "figS5",
    paper="Fig. S5",
    caption="Relative excess energy in time on logarithmic axes, 80 spins, gap ratio 0.25. As Eq. 6 has it, up to t = 13.5, and "
    "of energies from the empty chain. Fits give 1.5 (t from 1 to 10, and from 10 to 40), but neither is a power law.",
)
def figS5(quick: bool) -> xr.Dataset:
    """Relative excess by the closure, and the claimed power law."""
    del quick
    longest = closures().energy.sel(hopping=HOPPING, ratio=RATIO, drop=True).isel(time=slice(2, None))
    time = longest.time
    at = float(shifted(longest, time).sel(time=24.0))
    early = finely(longest, "early", 1.0, EARLY)
    free = shifted(alone(time, RATIO), time)[np.unique(np.geomspace(1, len(time) - 1, 20).astype(int))]
    free = part(free, "mark")
    either = ("", "1", "relative excess")
    return xr.Dataset(
        {
            "shifted": as_label(shifted(longest, time), *either, label="from the empty chain"),
            "excess": as_label(excess(early, early.early), *either, label="as Eq. 6 has it", against="early"),
            "free": as_label(free, *either, draw="points", against="mark", label="from the empty chain, without coupling"),
            "law": as_label(at * (time / 24.0) ** 1.5, *either, label="exponent 1.5"),
        },
        attrs={"x": "time", "panels": ["shifted excess free law"], "log": "xy"},
    )
