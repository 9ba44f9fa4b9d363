"""Questions that claims ask of the figures' data (`r` is what `Results` holds: a Dataset by figure)."""

from collections.abc import Callable
from typing import Any

import numpy as np


def close(one: Any, other: Any, tolerance: float = 1e-10) -> bool:
    """Whether two arrays agree wherever both exist."""
    return bool(np.nanmax(np.abs(np.asarray(one) - np.asarray(other))) <= tolerance)


def closed(name: str) -> Callable[[Any], bool]:
    """Whether a curve of Fig. 2 lies on its closed form (t > 0)."""
    return lambda r: close(r["fig2"][name][:, 1:], r["fig2"][f"{name}_closed"][:, 1:], 1e-12)


def panel(name: str, panel: str) -> Callable[[Any], float]:
    """A number of one panel of Fig. 2."""
    return lambda r: r["fig2"][name].sel(panel=panel)


def interacts(r: Any, *panels: str) -> float:
    """Largest interaction energy in some panels of Fig. 2."""
    return float(abs(r["fig2"]["interaction"].sel(panel=list(panels))).max())


def one_cell(r: Any) -> float:
    """The 0.72 of one cell with all its digits."""
    return float(r["beyond_bound"].bound[0])


def b(size: Any, n: Any) -> Any:
    """The paper's b_{N,n}."""
    return n * (size - n + 1)


def recurrence(cells: int, size: int, time: float) -> float:
    """Energy at a time from the coefficients printed in Eq. 17, with A = B = h = 1 and the charger full."""
    states = [(m, n) for m in range(cells + 1) for n in range(size + 1)]
    index = {state: i for i, state in enumerate(states)}
    matrix = np.diag([m - cells / 2 + n - size / 2 for m, n in states])
    for (m, n), i in index.items():
        fewer, more = (m - 1, n + 1), (m + 1, n - 1)
        for state, square in ((fewer, b(cells, m) * b(size, n + 1)), (more, b(cells, m + 1) * b(size, n))):
            if state in index:
                matrix[i, index[state]] = np.sqrt(square)
    w, v = np.linalg.eigh(matrix)
    psi = v @ (np.exp(-1j * w * time) * v[index[0, size]])
    return float(sum(abs(psi[i]) ** 2 * m for (m, _), i in index.items()))


def is_eq17(r: Any) -> bool:
    """Whether Eq. 17 gives the energies of Fig. 3."""
    row = r["fig3"].sel(n_charger=5)
    cells = (1, 3, 6, 9)
    powers = [row.power.sel(n_battery=c) * row.power_time.sel(n_battery=c) for c in cells]
    return close(powers, [recurrence(c, 5, float(row.power_time.sel(n_battery=c))) for c in cells])


def first_entry(r: Any) -> bool:
    """Whether the first diagonal entry of Eq. A1 is the energy of |down, n>, the state that Fig. 2d starts from."""
    n, size, h = 5, 10, 1.0
    row = r["fig2"].sel(panel="d")
    mean = h * (n - 0.5 - size / 2)  # left out by Eq. A1
    return close(row.total[0] - mean, (row.field - h) / 2 + (n - 1 - size / 2) * row.ising)


def holstein_primakoff(r: Any) -> bool:
    """Whether the times of full charge follow from N n (1 - (n - 1)/N), the squared elements of Eq. 19."""
    size, n = r["one_cell"].n_charger, r["one_cell"].excitations
    return close((np.pi / 2 / r["one_cell"].time) ** 2, size * n * (1 - (n - 1) / size), 1e-8)


def straight(x: Any, y: Any) -> float:
    """How much of the variance of y a straight line explains."""
    return float(np.corrcoef(x, y)[0, 1] ** 2)


def linear_below(r: Any) -> bool:
    """Whether E in Fig. 3a is a straight line up to N_B = N, within half a percent of its variance."""
    rows = (r["fig3"].energy.sel(n_charger=n, n_battery=slice(1, n)) for n in (5, 10, 15))
    return all(straight(row.n_battery, row) > 0.995 for row in rows)


def constant_beyond(r: Any) -> bool:
    """Whether E in Fig. 3a stays within a percent of its value at N_B = N + 1."""
    rows = (r["fig3"].energy.sel(n_charger=n, n_battery=slice(n + 1, 80)) for n in (5, 10, 15))
    return all(float(row.max() / row.min()) < 1.01 for row in rows)


def kink(r: Any) -> bool:
    """Whether the slope of E in Fig. 3a falls to less than a fifth in the one step from N_B = N to N + 1."""
    rows = ((n, np.diff(r["fig3"].energy.sel(n_charger=n))) for n in (5, 10, 15))
    return all(abs(step[n - 1]) < step[n - 2] / 5 for n, step in rows)


def fits(r: Any) -> bool:
    """Whether straight lines explain the power on logarithmic axes where they were fitted."""
    rows = [(r["fig3"].n_battery[19:], row[19:]) for row in r["fig3"].power.values]
    rows += [(r["fig4"].n_battery, row) for row in r["fig4"].power.values]
    return all(straight(np.log(cells), np.log(power)) > 0.999 for cells, power in rows)


def symmetric(r: Any) -> bool:
    """Whether P of Fig. 5 stays when N and N_B are exchanged."""
    table = r["fig5"].power
    sizes = [n for n in table.n_charger.values if n <= 40]
    square = table.sel(n_charger=sizes, n_battery=sizes).values
    return close(square / square.T, 1.0)
