"""Questions that claims ask of the figures' data (`r` is what `Results` holds: a Dataset by figure)."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from ...batteries import DarkStateBattery
from ...steady import steady_state
from . import two_spins
from .tables import occupation
from .two_spins import DARK


def always(condition: Any) -> bool:
    """Whether it holds at every point."""
    return bool(np.all(condition))


def rises(array: Any, along: str) -> bool:
    """Whether an array grows all along a dimension."""
    return always(array.diff(along) > 0)


def falls(array: Any, along: str, rounding: float = 0.0) -> bool:
    """Whether an array falls all along a dimension."""
    return always(array.diff(along) < rounding)


def at(figure: str, name: str, **where: Any) -> Callable[[Any], float]:
    """A number of a figure."""
    return lambda r: float(r[figure][name].sel(where))


def exponent(x: Any, y: Any) -> float:
    """Exponent of the power law through all points."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def straightness(x: Any, y: Any) -> float:
    """How much of the variance of y a straight line explains."""
    return float(np.corrcoef(x, y)[0, 1] ** 2)


def power_exponent(ratio: int) -> Callable[[Any], float]:
    """Exponent of the power of Fig. 2e in the number of cells, N_B = 1 .. 12."""

    def check(r: Any) -> float:
        row = r["fig2"].max_power.sel(ratio=ratio, cells=slice(1, 12))
        return exponent(row.cells, row)

    return check


# ------------------------------------------------------------------------------------------- two spins


def follows(equation: int, reading: str = "as printed") -> Callable[[Any], bool]:
    """Whether an equation of the appendix is Eq. 2 under a reading, in a cold bath and in warm ones."""
    where = list(two_spins.READINGS).index(reading), equation - two_spins.EQUATIONS[0]
    return lambda r: all(two_spins.differences(n)[where] < 1e-12 for n in (0.0, 0.2, 1.0))


def is_mended(r: Any) -> bool:
    """Whether Eqs. 22, 23 and 26 are Eq. 2 once they have what they lack (and gamma / 2, -omega)."""
    return all(two_spins.mended(n) < 1e-12 for n in (0.0, 0.2, 1.0))


def starts_even(r: Any) -> bool:
    """Eq. 3: all four elements between the symmetric and the antisymmetric state are 1/2, the others 0."""
    wanted = np.zeros((4, 4))
    wanted[1:3, 1:3] = 0.5
    return bool(np.abs(two_spins.start() - wanted).max() < 1e-15)


def is_dark(r: Any) -> bool:
    """Whether the antisymmetric state is not coupled to the bath."""
    rho = np.zeros((4, 4))
    rho[DARK, DARK] = 1
    return all(np.abs(two_spins.generator(n) @ rho.ravel()).max() < 1e-15 for n in (0.0, 1.0))


def is_at_rest(r: Any) -> bool:
    """Whether Eq. 4 does not change in a cold bath, and is where the start ends."""
    rho = np.diag([0, 0, 0.5, 0.5])
    still = np.abs(two_spins.generator(0.0) @ rho.ravel()).max() < 1e-15
    return bool(still and np.abs(two_spins.rest(0.0) - rho).max() < 1e-12)


def is_equation(number: int) -> Callable[[Any], bool]:
    """Whether Eq. 28, 29, 30 or 31 is the late population, n = 0 .. 5."""
    row = number - 28
    return lambda r: (
        float(abs(r["appendix"].population[row] - two_spins.steady(r["appendix"].occupation.values)[row]).max()) < 1e-12
    )


def eq13(r: Any) -> float:
    """Largest difference of Eq. 13 from the dynamics of both spins and from `steady_state`."""
    data = r["appendix"]
    closed = -(2 * data.occupation + 1) / (12 * data.occupation * (data.occupation + 1) + 4)
    return max(float(abs(closed - data[name]).max()) for name in ("battery", "charger", "library"))


def eq32_without_bath(state: int) -> Callable[[Any], bool]:
    """Whether Eq. 32 at n = 0 is Eq. 3 (state 1: half symmetric) or Eq. 4 (state 3: half down)."""
    return lambda r: float(r["appendix"].eq32.sel(occupation=0)[state]) == 0.5


# ------------------------------------------------------------------------------------------- operators


def overlap(cells: int, chargers: int) -> float:
    """Weight of the start (charger up, battery down) in the states that J^- takes to zero, in both Dicke ladders."""
    down = [np.diag(np.sqrt(np.arange(1.0, n + 1) * np.arange(n, 0, -1)), 1) for n in (cells, chargers)]
    joint = np.kron(down[0], np.eye(chargers + 1)) + np.kron(np.eye(cells + 1), down[1])
    _, singular, rows = np.linalg.svd(joint)
    return float(sum(rows[singular < 1e-9][:, chargers] ** 2))


def conserves(counter_rotating: bool) -> bool:
    """Whether J^+ R + J^- R^+ keeps the number of excitations of one spin and one mode, R = r^+ (as printed) or r."""
    mode = np.diag(np.sqrt(np.arange(1.0, 6)), 1)
    up, bath = np.array([[0.0, 0], [1, 0]]), mode.T if counter_rotating else mode
    energy = np.kron(up, bath) + np.kron(up.T, bath.T)
    number = np.kron(up @ up.T, np.eye(6)) + np.kron(np.eye(2), mode.T @ mode)
    return bool(np.abs(energy @ number - number @ energy).max() < 1e-12)


def is_hermitian(printed: bool) -> bool:
    """Whether the energy of one mode, r^+ (as printed) or r^+ r, is Hermitian."""
    mode = np.diag(np.sqrt(np.arange(1.0, 6)), 1)
    energy = mode.T if printed else mode.T @ mode
    return bool(np.abs(energy - energy.T).max() < 1e-12)


def empty_energy(hbar: float, half: float) -> float:
    """Eq. 6 of an empty battery: J^z = -hbar N_B / 2."""
    return -hbar / 2 + half


def least_energy(order: int) -> bool:
    """Whether Eq. 10 gives the least energy that any arrangement of populations has; order 1: r_1 < r_2 < .., -1: r_1 > .."""
    populations = np.array([0.1, 0.6, 0.3])
    levels = np.array([-0.5, 0.0, 0.5])
    found = np.sort(populations)[::order] @ levels
    return bool(np.isclose(found, min(np.array(p) @ levels for p in itertools.permutations(populations))))


# ------------------------------------------------------------------------------------------- Fig. 2


def outgrows(r: Any) -> bool:
    """E(R, M) > M E(R, 1) for all M > 1 and R = 2, 5, 10, and for R = 1 .. 20 with M = 2, 3."""
    by_cells, by_ratio = r["fig2"].kept, r["fig2"].kept_by_ratio
    return always(by_cells[:, 1:] > by_cells[:, :1]) and always(by_ratio[1:] > by_ratio[:1])


def flattens(r: Any) -> bool:
    """The larger R, the less energy per cell is gained from one cell to the largest battery."""
    gain = r["fig2"].kept.isel(cells=-1) - r["fig2"].kept.isel(cells=0)
    return falls(gain, "ratio")


def moment(r: Any) -> float:
    """<J_B^z> / N_B of a million cells, R = 2."""
    return float(r["limits"].energy.sel(ratio=2, cells=1e6)) - 0.5


# ------------------------------------------------------------------------------------------- Fig. 3


def work_needs_half(name: str, stored: str, **where: Any) -> Callable[[Any], bool]:
    """Whether there is work exactly where a cell holds more than half a quantum."""

    def check(r: Any) -> bool:
        work, energy = r["fig3"][name].sel(where), r["fig3"][stored].sel(where)
        return always((work > 1e-9) == (energy > 0.5 + 1e-9))

    return check


def all_work(r: Any) -> bool:
    """Whether work comes nearer to the energy as R grows, one cell (the end of Fig. 3b)."""
    part = (r["fig3"].work_by_ratio / r["fig3"].stored_by_ratio.where(r["fig3"].time > 0)).isel(time=-1)
    return rises(part, "ratio")


# ------------------------------------------------------------------------------------------- Fig. 4


def correlation(name: str, other: str) -> Callable[[Any], float]:
    """The least correlation of two variables of Fig. 4 among all curves."""

    def check(r: Any) -> float:
        rows = zip(r["fig4"][name].values, r["fig4"][other].values, strict=True)
        return min(float(np.corrcoef(a, b)[0, 1]) for a, b in rows)

    return check


def entanglement_at(energy: float) -> Callable[[Any], Any]:
    """Steady entanglement at one steady energy, by interpolation between numbers of cells, for each R."""
    return lambda r: [
        float(np.interp(energy, kept, bits))
        for kept, bits in zip(r["fig4"].kept.values, r["fig4"].kept_entanglement.values, strict=True)
    ]


# ------------------------------------------------------------------------------------------- Fig. 5


def both_alive(r: Any) -> bool:
    """Whether the span of the middle 90 % of all power lies inside that of the absolute entanglement rate, for each N_B."""

    def span(curve: Any) -> tuple[float, float]:
        done = np.cumsum(abs(curve)) / np.sum(abs(curve))
        return float(np.searchsorted(done, 0.05)), float(np.searchsorted(done, 0.95))

    spans = zip(*(map(span, r["fig5"][name].values) for name in ("power", "rate")), strict=True)
    return all(later[0] <= one[0] and one[1] <= later[1] for one, later in spans)


# ------------------------------------------------------------------------------------------- Fig. 6


def towards_half(r: Any) -> bool:
    """Whether each curve of Fig. 6b comes nearer to 1/2 from T = 2.5 on, and is within 0.04 at T = 5."""
    apart = abs(r["fig6"].kept - 0.5)
    return falls(apart.sel(temperatures=slice(2.5, None)), "temperatures") and float(apart.isel(temperatures=-1).max()) < 0.04


def warms(r: Any, ratio: int) -> bool:
    """Whether temperature never lowers the steady energy."""
    return always(r["fig6"].slope.sel(ratio=ratio) >= 0)


def steepest(r: Any) -> bool:
    """Whether energy is lost fastest below k_B T = hbar omega, R = 3, 4."""
    slope = r["fig6"].slope.sel(ratio=[3, 4])
    where = slope.temperatures[slope.argmin("temperatures")]
    return always((where > 0) & (where < 1))


def own_share(r: Any) -> Any:
    """Of what the battery keeps with R = 1, the part that the bath alone would give, against temperature."""
    kept = r["fig6"].kept.sel(ratio=1)
    n = np.asarray(occupation(kept.temperatures.values))
    return n / (2 * n + 1) / kept


def dark_weight(ratio: int, temperature: float) -> float:
    """Weight of the states |J, -J>, which J^- takes to zero, in what one cell and `ratio` charger spins come to."""
    n = float(occupation(temperature))
    weights = np.asarray(steady_state(DarkStateBattery(1, ratio)).weights)  # of J = (ratio - 1)/2 and (ratio + 1)/2
    return float(sum(w / np.sum((n / (n + 1)) ** np.arange(ratio + 2 * k)) for k, w in enumerate(weights)))


def work_goes(name: str, cells: int) -> Callable[[Any], bool]:
    """Whether next to no work is left at k_B T = 1000 hbar omega."""
    return lambda r: float(r["fig6"][name].sel(n_battery=cells)) < 0.01
