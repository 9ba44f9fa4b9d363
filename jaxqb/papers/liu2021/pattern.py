"""All gaps as design parameters: the pattern that keeps most of a given capacity for a given time."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jax import lax

from ...batteries import SpinChain
from ...design import optimize
from ...evolution import evolve
from ..paper import as_label, axis, figure
from .tables import DAMPING, HOPPING, RATIO, alone, exactly, times

LEAST, MOST = 0.05, 2.0  # gaps, in units of their mean, which is fixed
KEPT = ("<H> / <H>_0", "1", "energy kept, over the capacity")


def at_capacity(x: Any) -> Any:
    """The nearest gaps to these that lie between `LEAST` and `MOST` and have mean 1: all are shifted alike, then clipped."""

    def halve(_: Any, ends: Any) -> Any:
        low, high = ends
        middle = (low + high) / 2
        above = jnp.mean(jnp.clip(x + middle, LEAST, MOST)) > 1
        return jnp.where(above, low, middle), jnp.where(above, middle, high)

    ends = jnp.full_like(x[0], -MOST), jnp.full_like(x[0], MOST)
    shifted = x + lax.stop_gradient(lax.fori_loop(0, 50, halve, ends)[0])
    free = (shifted > LEAST) & (shifted < MOST)
    rest = (jnp.mean(jnp.clip(shifted, LEAST, MOST)) - 1) / jnp.maximum(jnp.mean(free), 1e-9)  # zero, with the right derivative
    return jnp.clip(shifted - rest, LEAST, MOST)


class Keeps(eqx.Module):
    """What is left of the capacity after a time, if rates follow gaps."""

    time: Any

    def __call__(self, chain: SpinChain) -> Any:
        gaps = at_capacity(chain.gaps)
        chain = chain.put(gaps=gaps, decay_rates=DAMPING * gaps)
        return evolve(chain, self.time[None], ["total_energy"], law=chain.closure()).saved["total_energy"][0] / chain.structure.n


def bound(time: float) -> tuple[float, float, float]:
    """The most that any pattern keeps without coupling; the part of spins with the largest gap, and the gap of the others.

    A spin keeps Delta exp(-damping Delta t), of which the concave hull at the mean gap is the answer: all gaps are equal, or some
    spins have the largest gap, and lose it, so that others may be small.
    """
    keeps = lambda gap: gap * np.exp(-DAMPING * gap * time)  # noqa: E731
    gap = np.linspace(LEAST, 1.0, 20001)
    part = (1 - gap) / (MOST - gap)
    every = part * keeps(MOST) + (1 - part) * keeps(gap)
    best = int(np.argmax(every))
    return float(every[best]), float(part[best]), float(gap[best])


def domains(n: int, time: float) -> np.ndarray:
    """The best pattern without coupling, with equal gaps side by side."""
    many = round(bound(time)[1] * n)
    return np.append(np.full(many, MOST), np.full(n - many, (n - MOST * many) / (n - many)))


def best_pattern(n: int, time: float, starts: int) -> tuple[float, np.ndarray]:
    """The best pattern found from many starts, the first of them in two domains, and what it keeps.

    From two domains alone it gains little, and at once: of eighty spins at t = 60, 4e-5 within twenty steps.
    """
    chain = SpinChain(domains(n, time), np.full(n, DAMPING), HOPPING)
    found = optimize(Keeps(np.asarray(time)), chain, {"gaps": (LEAST, MOST)}, starts=starts, steps=100 if starts > 1 else 30)
    return found.value, np.asarray(jax.jit(at_capacity)(found.battery.gaps))


@figure(
    "pattern",
    paper="beyond (conclusion)",
    caption="All gaps as design parameters, of a given sum, rates in proportion. (a) Energy that the best pattern keeps, by the "
    "closure and exactly, beside the uniform chain, dimers, and the most that any pattern keeps without coupling. (b) The same "
    "over the latter: up to t = 35 the uniform chain is best, and dimers are worse. (c) Later some spins, side by side, take "
    "large gaps, which are lost, and leave small ones to the rest.",
)
def pattern(quick: bool) -> xr.Dataset:
    """Energy kept at some times. Eighty spins are searched from two domains only, which comes within 1e-3 of the bound."""
    n, starts, starts_of_six = (6, 4, 4) if quick else (80, 1, 16)
    late = times([10.0, 25.0, 40.0, 60.0, 80.0] if quick else np.arange(10.0, 101.0, 10.0), "late")
    time = times(np.linspace(0.0, 100.0, 101))
    found = [best_pattern(n, t, starts) for t in late.values]
    small = found if quick else [best_pattern(6, t, starts_of_six) for t in late.values]
    exact = [float(1 + exactly(gaps).normalised_energy.sel(time=t)) / 2 for t, (_, gaps) in zip(late.values, small, strict=True)]
    by_closure, points = [[value for value, _ in row] for row in (found, small)]
    trial = np.linspace(0.01, 1.0, 400)[:, None]
    ts = time.values
    lines = {
        "best without coupling": np.array([bound(t)[0] for t in ts]),
        "uniform": np.exp(-DAMPING * ts),
        "best dimer without coupling": np.max((1 + alone(ts * 2 / (1 + trial), trial)) / 2, axis=0),
        "dimer, 0.25, without coupling": (1 + alone(ts * 2 / (1 + RATIO), RATIO)) / 2,
    }
    lines = xr.DataArray(np.stack(list(lines.values())), {"kind": list(lines), "time": time.time})
    free, dots = lines[0].drop_vars("kind"), {"late": late.late}
    free_late = xr.DataArray([bound(t)[0] for t in late.values], dots)
    best, check = (xr.DataArray(x, dots) for x in (by_closure, exact))
    over = ("", "1", "energy kept, over the most without coupling")
    by_closure_of = {"draw": "points", "against": "late", "label": f"best pattern of {n} spins, closure"}
    exact_of = {"draw": "points", "against": "late", "label": "best pattern of 6 spins, exact"}
    site = axis("site", np.arange(1, n + 1), "j", "1", "spin")
    shown = axis("shown", [40.0, 60.0, 80.0], "Delta_A t", "1", "time").shown
    rows = [row for t, (_, row) in zip(late.values, found, strict=True) if t in shown.values]
    gaps = xr.DataArray(np.stack(rows), {"shown": shown, "site": site.site})
    return xr.Dataset(
        {
            "kept": as_label(lines, *KEPT),
            "best": as_label(best, *KEPT, **by_closure_of),
            "exact": as_label(check, *KEPT, **exact_of),
            "kept_over": as_label(lines / free, *over),
            "best_over": as_label(best / free_late, *over, **by_closure_of),
            "exact_over": as_label(check / free_late, *over, **exact_of),
            "gaps": as_label(gaps, "Delta_j", "mean gap", "gap", draw="both", against="site"),
            "closure_off": as_label(abs(xr.DataArray(points, dots) - check), "delta", "1", "error of the closure"),
        },
        attrs={
            "x": "time",
            "panels": ["kept best exact", "kept_over best_over exact_over", "gaps"],
            "log": ["y", "", ""],
        },
    )
