"""Beyond the figures of the paper: its closed forms as curves, its bound, its resonance, and better starts."""

from functools import partial

import numpy as np
import xarray as xr

from ...batteries import CavityCharger, SpinCharger
from ...conventions import UNITS
from ...design import optimize
from ..paper import figure, labelled
from .figures import BATTERY, CHARGER, POWER
from .tables import CELLS, PEAK, SPINS, exponent, power_law, sine_peak, spins, tabulate, tanh_peak, tuned


@figure(
    "one_cell",
    caption="One cell: largest power and first full charge against the number n of charger spins that are up.",
    paper="Eqs. 15, 16",
)
def one_cell(quick: bool) -> xr.Dataset:
    """An odd number of charger spins has a start in the middle, n = (N + 1)/2; an even one has two beside it."""
    del quick
    size, start = np.array([10, 11]), np.arange(1, 12)
    found = spins(1, size[:, None], start)
    ladder = np.where(start <= size[:, None], start * (size[:, None] - start + 1.0), np.nan)
    table, exact = partial(labelled, ("n_charger", "excitations")), {"draw": "beneath", "label": "computed"}
    return xr.Dataset(
        {
            "power": table(found["max_average_power"], **POWER, **exact),
            "power_closed": table(sine_peak()[1] * np.sqrt(ladder), **POWER, label="closed form"),
            "power_time": table(found["max_average_power_time"], "t_P", UNITS["time"], "time of the largest power"),
            "energy": table(found["first_peak"], "E_max", UNITS["energy"], "largest energy"),
            "time": table(found["first_peak_time"], "tau_min", UNITS["time"], "time of the full charge", **exact),
            "time_closed": table(
                np.pi / 2 / np.sqrt(ladder), "tau_min", UNITS["time"], "pi / (2 A sqrt(b))", label="closed form"
            ),
            "ladder": table(ladder, "b", "number", "squared matrix element n (N - n + 1)"),
        },
        {
            "excitations": labelled("excitations", start, "n", "cells", "charger spins up"),
            "n_charger": labelled("n_charger", size, **CHARGER),
        },
        {
            "x": "excitations",
            "panels": ["power power_closed", "time time_closed"],
            "titles": ["largest power", "full charge"],
        },
    )


@figure(
    "one_spin",
    caption="One charger spin: power against the number of cells, of which m are up at the start.",
    paper="Sec. III C, lower bound",
)
def one_spin(quick: bool) -> xr.Dataset:
    """With m = 0 the exponent is 1/2; with half of the cells up it is 1."""
    del quick
    cells = np.arange(1, CELLS + 1)
    start = np.stack([0 * cells, (cells - 1) // 2])
    found = spins(cells, 1, 1, start)
    ladder = (start + 1) * (cells - start)
    table, exact = partial(labelled, ("start", "n_battery")), {"draw": "beneath", "label": "computed"}
    return xr.Dataset(
        {
            "power": table(found["max_average_power"], **POWER, **exact),
            "power_closed": table(sine_peak()[1] * np.sqrt(ladder), **POWER, label="closed form"),
            "power_time": table(found["max_average_power_time"], "t_P", UNITS["time"], "time of the largest power"),
            "ladder": table(ladder, "b", "number", "squared matrix element (m + 1)(N_B - m)"),
            "alpha": labelled(
                "start", [power_law(cells, row)[0] for row in found["max_average_power"]], "alpha", "number", "exponent"
            ),
        },
        {"n_battery": labelled("n_battery", cells, **BATTERY), "start": ["no cell up", "half of the cells up"]},
        {"x": "n_battery", "log": "xy", "panels": ["power power_closed"]},
    )


@figure(
    "beyond_bound",
    caption="Power over A sqrt(N) N_B^1.5 as N grows; how full the battery is by then; and with more charger spins up.",
    paper="beyond (Eq. 31)",
)
def beyond_bound(quick: bool) -> xr.Dataset:
    """The limit of many charger spins is a cavity with as many photons as spins are up (Eq. 20).

    For many cells that is classical, E/N_B = tanh^2(A sqrt(N N_B) t): the prefactor falls from the largest value of
    sin^2(x)/x (one cell, Eq. 15) to that of tanh^2(x)/x. The last panel starts with 2 and 4 excitations a cell.
    """
    cells = np.arange(1, CELLS + 1)
    if not quick:
        cells = np.append(cells, [60, 80, 100, 140, 200, 300, 500, 700, 1000])
    size = np.array([50.0, 100.0, 300.0, 1e3, 1e4, np.inf])
    ratio = np.array([1, 2, 4])
    hull = CavityCharger(n_battery=float(cells[-1]), photons=1.0)
    light = tabulate(PEAK, hull, n_battery=cells, photons=ratio[:, None] * cells)
    few = cells[cells <= CELLS]
    inside = few <= size[:-1, None]
    some = spins(few, size[:-1, None], few)
    power = np.full((len(size), len(cells)), np.nan)
    time = power.copy()
    rate = np.sqrt(size[:-1, None])  # A sqrt(N) is the coupling of the cavity
    power[:-1, : len(few)] = np.where(inside, some["max_average_power"] / rate, np.nan)
    time[:-1, : len(few)] = np.where(inside, some["max_average_power_time"] * rate, np.nan)
    power[-1], time[-1] = light["max_average_power"][0], light["max_average_power_time"][0]
    begin = np.array([0, 5])
    far = spins(1000, 1e6, 10, begin)  # n << N_B << N, where both spins are oscillators
    rate = np.sqrt(1000 * 1e6)
    table = partial(labelled, ("n_charger", "n_battery"))
    level = partial(labelled, "n_battery", units="number")
    number = partial(labelled, ())
    alpha, beta = power_law(few, light["max_average_power"][0, : len(few)])
    return xr.Dataset(
        {
            "ratio": table(power / cells**1.5, "P / (A sqrt(N) N_B^1.5)", "number", "scaled power"),
            "bound": level(
                np.full(len(cells), sine_peak()[1]),
                symbol="max sin^2(x)/x",
                long_name="bound of one cell",
                label="one cell, 0.7246",
            ),
            "limit": level(
                np.full(len(cells), tanh_peak()[1]),
                symbol="max tanh^2(x)/x",
                long_name="limit of many cells",
                label="many cells, 0.5826",
            ),
            "filled": table(power * time / cells, "E / N_B", UNITS["energy"], "energy per cell at the time of the largest power"),
            "started": labelled(
                ("ratio_start", "n_battery"),
                light["max_average_power"] / cells**1.5,
                "P / (A sqrt(N) N_B^1.5)",
                "number",
                "scaled power, N to infinity",
            ),
            "exponent": labelled(
                "n_battery",
                exponent(cells, light["max_average_power"][0]),
                "alpha",
                "number",
                "local exponent, N to infinity",
            ),
            "time": labelled(
                "n_battery",
                light["max_average_power_time"][0] * np.sqrt(cells),
                "A sqrt(N N_B) t_P",
                "number",
                "time of the largest power, N to infinity",
            ),
            "alpha": number(alpha, symbol="alpha", units="number", long_name="exponent fitted over 1 .. 50 cells"),
            "beta": number(beta, symbol="beta / sqrt(N)", units="number", long_name="prefactor fitted over 1 .. 50 cells"),
            "oscillator": labelled(
                "begin",
                far["max_average_power"] / ((10 - begin) * rate),
                "P / (A (n - m) sqrt(N N_B))",
                "number",
                "power for n = 10, N_B = 1000, N = 10^6",
            ),
            "oscillator_time": labelled(
                "begin", far["max_average_power_time"] * rate, "A sqrt(N N_B) t_P", "number", "time of that power"
            ),
        },
        {
            "n_battery": labelled("n_battery", cells, **BATTERY),
            "n_charger": labelled("n_charger", size, **CHARGER),
            "begin": labelled("begin", begin, "m", "cells", "battery cells up"),
            "ratio_start": labelled("ratio_start", ratio, "n / N_B", "number", "charger spins up over cells"),
        },
        {
            "x": "n_battery",
            "log": "x",
            "panels": ["ratio bound limit", "filled", "started bound"],
            "titles": ["n = N_B", "filling at largest power", "other starts"],
        },
    )


@figure(
    "detuning",
    caption="Largest energy per cell for At < 5 over Ising coupling and detuning, and cuts through it.",
    paper="beyond (Sec. III A)",
)
def detuning(quick: bool) -> xr.Dataset:
    """Resonance of one cell is Delta_n = B - h + (2n - 1 - N) Delta = 0.

    N_B cells meet one such condition a step, and the mean of these is B - h + (2n - N_B - N) Delta = 0.
    """
    cells, size, start = np.array([1, 10, 10]), np.array([10, 10, 20]), np.array([5, 10, 10])
    rows, points = (9, 13) if quick else (41, 49)
    ising, offset = np.linspace(0.0, 2.0, rows), np.linspace(-24.0, 24.0, points)
    resonant = -(2 * start - cells - size)[:, None] * ising
    # the last two columns are at equal fields and on resonance
    wide = np.broadcast_to(offset, (3, rows, points))
    shifts = np.concatenate([wide, np.zeros((3, rows, 1)), resonant[:, :, None]], axis=2)
    case = (slice(None), None, None)
    found = tuned(5.0, cells[case], size[case], start[case], ising[:, None], shifts)["max_energy"] / cells[case]
    line = partial(labelled, ("case", "ising"), symbol="E_max / N_B", units=UNITS["energy"])
    return xr.Dataset(
        {
            "energy": labelled(
                ("case", "ising", "detuning"),
                found[:, :, :-2],
                "E_max / N_B",
                UNITS["energy"],
                "largest energy per cell",
                draw="map",
            ),
            "equal_fields": line(found[:, :, -2], long_name="largest energy per cell", label="$B = h$"),
            "compensated": line(found[:, :, -1], long_name="energy per cell on mean resonance", label="mean resonance"),
            "best": line(found.max(axis=2), long_name="energy per cell at the best detuning computed", label="best detuning"),
            "resonance": labelled(("case", "ising"), resonant, "B - h", UNITS["frequency"], "detuning of mean resonance"),
        },
        {
            "ising": labelled("ising", ising, "Delta", UNITS["frequency"], "Ising coupling"),
            "detuning": labelled("detuning", offset, "B - h", UNITS["frequency"], "detuning"),
            "case": [f"cells: {c}, spins: {s}, up: {n}" for c, s, n in zip(cells, size, start, strict=True)],
        },
        {"x": "ising", "y": "detuning", "facet": "case", "panels": ["energy", "equal_fields compensated best"]},
    )


@figure(
    "design",
    caption="The most powerful battery of Fig. 4, from other starts of its charger, without and with Ising coupling.",
    paper="beyond (Fig. 4)",
)
def design(quick: bool) -> xr.Dataset:
    """N_B = 50 and N = 300 as in Fig. 4, where n = N_B = 50; A stays what it is.

    In the middle of the charger's ladder its matrix elements are largest, and the Ising shift cancels by itself.
    """
    every = np.arange(1, SPINS + 1)
    all_found = spins(CELLS, SPINS, every)
    power = all_found["max_average_power"]
    start = every[9::10] if quick else every
    ising = np.array([0.0, 1.0, 1.0])
    shift = np.stack([0 * start, 0 * start, -(2 * start - CELLS - SPINS)])
    found = tuned(0.2, CELLS, SPINS, start, ising[:, None], shift)
    table = partial(labelled, ("choice", "excitations"))
    number = partial(labelled, ())
    best = int(np.argmax(power))
    data = xr.Dataset(
        {
            "power": table(found["max_average_power"], **POWER),
            "energy": table(found["max_energy"] / CELLS, "E_max / N_B", UNITS["energy"], "energy per cell, At < 0.2"),
            "best_start": number(every[best], "n", "cells", "charger spins up at the largest power, Delta = 0"),
            "best_power": number(power[best], **POWER),
            "best_energy": number(all_found["first_peak"][best], "E_first", UNITS["energy"], "energy there"),
            "paper_power": number(power[CELLS - 1], **POWER),
            "paper_energy": number(all_found["first_peak"][CELLS - 1], "E_first", UNITS["energy"], "energy at n = N_B"),
            "parallel_power": number(CELLS * np.nanmax(spins(1, SPINS, every)["max_average_power"]), **POWER),
        },
        {
            "excitations": labelled("excitations", start, "n", "cells", "charger spins up"),
            "choice": ["Delta = 0", "Delta = A, B = h", "Delta = A, mean resonance"],
        },
        {"x": "excitations", "panels": ["power", "energy"], "titles": ["largest power", "largest energy"]},
    )
    return data if quick else data.assign(_searched())


def _searched() -> dict[str, tuple]:
    """The same by gradients: n as a real number for Delta = 0, n and h together for Delta = A."""
    paper = SpinCharger(n_battery=CELLS, n_charger=SPINS, charger_excitations=CELLS)
    bounds = {"charger_excitations": (CELLS, SPINS)}
    free = optimize("max_average_power", paper, bounds, starts=2)
    field = bounds | {"charger_frequency": (-100.0, 100.0)}
    tied = optimize("max_average_power", paper.replace(ising=1.0), field, starts=4)
    number = partial(labelled, ())
    return {
        "real_start": number((free.relaxed or {})["charger_excitations"], "n", "cells", "best real n, Delta = 0"),
        "searched_start": number(free.parameters["charger_excitations"], "n", "cells", "best n, Delta = 0"),
        "searched_power": number(free.value, **POWER),
        "tuned_start": number(tied.parameters["charger_excitations"], "n", "cells", "best n, Delta = A"),
        "tuned_frequency": number(tied.parameters["charger_frequency"], "h", UNITS["frequency"], "best h, Delta = A"),
        "tuned_power": number(tied.value, **POWER),
    }
