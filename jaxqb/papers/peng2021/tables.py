"""Many batteries by one program: rows of sizes are put into one wide battery and solved in blocks of one length."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from ...batteries import SpinCharger
from ...compiled import compiled
from ...errors import Status
from ...evolution import evolve
from ...figures import AbstractFigures, Charging

BLOCK = 64
CELLS, SPINS = 50, 300  # the largest battery and charger of Fig. 4
PEAK = Charging(("first_peak", "max_average_power"))
TIMES = np.linspace(0.0, 2.0, 1000)  # behind Table I: inferred, but its twelve numbers follow to every digit

TABLE = {  # N: alpha, beta as Table I prints them, and what it sets beside them for infinite sizes
    5: ("0.5013", "4.3706", "", ""),
    10: ("0.5067", "9.9668", "", ""),
    15: ("0.5172", "15.9241", "", ""),
    100: ("1.4075", "7.0056", "1.5", "7.2"),
    200: ("1.4434", "9.4058", "1.5", "10.1823"),
    300: ("1.4540", "11.3456", "1.5", "12.4708"),
}


class Printed(AbstractFigures):
    """Largest energy and largest average power on the paper's times, t = 0 left out."""

    def __call__(self, battery: Any) -> dict[str, Any]:
        solution = evolve(battery, TIMES)
        energy = solution.saved["energy"]
        power = jnp.max((energy[1:] - energy[0]) / TIMES[1:])
        return {"energy": jnp.max(energy), "power": power, "status": solution.status}


@compiled
def _solve(figures: Callable, hull: Any, rows: dict[str, Any]) -> Any:
    return lax.map(lambda row: figures(hull.put(**row)), rows)


def tabulate(figures: Callable, hull: Any, **columns: Any) -> dict[str, np.ndarray]:
    """Figures of one battery a row; columns broadcast to the shape of the answer, and what is not solved is NaN."""
    arrays = np.broadcast_arrays(*(np.asarray(column, dtype=float) for column in columns.values()))
    shape, count = arrays[0].shape, arrays[0].size
    filled = [np.concatenate([a.ravel(), np.full(-count % BLOCK, a.flat[0])]).reshape(-1, BLOCK) for a in arrays]
    size = {"numbers": hull.amplitudes(), "times": BLOCK}
    blocks = [_solve(figures, hull, dict(zip(columns, block, strict=True)), **size) for block in zip(*filled, strict=True)]
    table = {name: np.concatenate([b[name] for b in blocks])[:count].reshape(shape) for name in blocks[0]}
    solved = table.pop("status") == Status.OK
    return {name: np.where(solved, values, np.nan) for name, values in table.items()}


def spins(cells: Any, size: Any, start: Any, begin: Any = 0, figures: Callable = PEAK) -> dict[str, np.ndarray]:
    """A = B = h = 1, no Ising coupling: `start` of `size` charger spins and `begin` of the cells are up.

    The padding counts the levels that are reached, so 80 cells and 15 excitations fit as well.
    """
    hull = SpinCharger(CELLS, SPINS, charger_excitations=CELLS)
    sizes = {"n_battery": cells, "n_charger": size, "charger_excitations": start, "battery_excitations": begin}
    return tabulate(figures, hull, **sizes)


def tuned(window: float, cells: Any, size: Any, start: Any, ising: Any, detuning: Any) -> dict[str, np.ndarray]:
    """Figures within a window for A = B = 1, h = 1 - detuning and any Ising coupling."""
    hull = SpinCharger(CELLS, SPINS, charger_excitations=CELLS, ising=1.0, charger_frequency=2.0)
    figures = Charging(("max_average_power", "max_energy"), window=np.asarray(window))
    sizes = {"n_battery": cells, "n_charger": size, "charger_excitations": start, "ising": ising}
    return tabulate(figures, hull, **sizes, charger_frequency=1.0 - np.asarray(detuning))


def power_law(cells: Any, power: Any) -> tuple[float, float]:
    """alpha and beta of P = beta N_B^alpha: the straight line through ln P against ln N_B (Eq. B7)."""
    alpha, height = np.polyfit(np.log(cells), np.log(power), 1)
    return float(alpha), float(np.exp(height))


def exponent(cells: Any, power: Any) -> np.ndarray:
    """Local exponent d ln P / d ln N_B along the last axis, NaN at its ends."""
    slope = np.full(np.shape(power), np.nan)
    slope[..., 1:-1] = np.log(power[..., 2:] / power[..., :-2]) / np.log(cells[2:] / cells[:-2])
    return slope


def sine_peak() -> tuple[float, float]:
    """Place and height of the maximum of sin^2(x)/x, where x = atan 2x."""
    x = _settle(lambda x: np.arctan(2 * x))
    return x, float(np.sin(x) ** 2 / x)


def tanh_peak() -> tuple[float, float]:
    """Place and height of the maximum of tanh^2(x)/x, where 2x = asinh 4x."""
    x = _settle(lambda x: np.arcsinh(4 * x) / 2)
    return x, float(np.tanh(x) ** 2 / x)


def _settle(step: Callable[[float], float]) -> float:
    """The fixed point of a contraction."""
    x = 1.0
    for _ in range(100):
        x = float(step(x))
    return x
