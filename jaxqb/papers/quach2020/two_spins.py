"""One cell and one charger spin: the paper's equations of motion and steady state against Eq. 2 in operator form.

The basis is the paper's: both up, symmetric, antisymmetric (dark), both down; charger first.
"""

from typing import Any

import jax.numpy as jnp
import numpy as np
import xarray as xr
from jax.scipy.linalg import expm

from ..paper import as_label, axis, each, figure
from .tables import few, kept

STATES = ["both up", "symmetric", "dark", "both down"]
CHARGER_UP, BOTH_UP, SYMMETRIC, DARK, BOTH_DOWN = 1, 0, 1, 2, 3
BASIS = np.array([[1, 0, 0, 0], [0, 0.5**0.5, 0.5**0.5, 0], [0, 0.5**0.5, -(0.5**0.5), 0], [0, 0, 0, 1]])  # of products
LOWER = np.kron([[0, 0], [1, 0]], np.eye(2)) + np.kron(np.eye(2), [[0, 0], [1, 0]])
CHARGER_SPIN, BATTERY_SPIN = np.kron([0.5, -0.5], [1, 1]), np.kron([1, 1], [0.5, -0.5])  # J^z of either, on products


def lowering() -> Any:
    """J_C^- + J_B^- in the paper's basis."""
    return BASIS @ LOWER @ BASIS.T


def start() -> Any:
    """Charger up, battery down."""
    ket = BASIS[:, CHARGER_UP]
    return np.outer(ket, ket)


def generator(n: float, gamma: float = 1.0, omega: float = 1.0) -> Any:
    """Eq. 2 as a matrix on the rho_ij, row by row."""
    down, one = lowering(), np.eye(4)
    energy = omega * np.diag([1.0, 0.0, 0.0, -1.0])
    total = -1j * (np.kron(energy, one) - np.kron(one, energy))
    for rate, jump in ((gamma * (n + 1), down), (gamma * n, down.T)):
        loss = jump.T @ jump
        total = total + rate * (2 * np.kron(jump, jump) - np.kron(loss, one) - np.kron(one, loss))
    return total


def printed(equation: int, n: float, omega: float) -> tuple[tuple[int, int], dict[tuple[int, int], Any]]:
    """Which rho_ij an equation of the paper is of, and the coefficients on its right, gamma = 1."""
    return {
        18: ((1, 1), {(1, 1): -2 * (n + 1), (2, 2): 2 * n}),
        19: ((2, 2), {(1, 1): 2 * (n + 1), (2, 2): -2 * (2 * n + 1), (4, 4): 2 * n}),
        20: ((3, 3), {}),
        21: ((4, 4), {(2, 2): 2 * (n + 1), (4, 4): -2 * n}),
        22: ((1, 2), {(1, 2): -(3 * n + 2 - 1j * omega)}),
        23: ((1, 3), {(1, 3): -(n - 1j * omega)}),
        24: ((1, 4), {(1, 4): -(2 * n + 1 - 2j * omega)}),
        25: ((2, 3), {(2, 3): -(2 * n + 1)}),
        26: ((2, 4), {(2, 4): -(3 * n + 1 - 1j * omega)}),
        27: ((3, 4), {(3, 4): -(n - 1j * omega)}),
    }[equation]


EQUATIONS = range(18, 28)
READINGS = {"as printed": (1.0, 1.0), "gamma / 2": (0.5, 1.0), "gamma / 2, -omega": (0.5, -1.0)}  # gamma, sign of omega


def differences(n: float, omega: float = 0.7) -> Any:
    """The largest coefficient by which each equation differs from Eq. 2 under each reading."""
    out = np.zeros((len(READINGS), len(EQUATIONS)))
    for i, (gamma, sign) in enumerate(READINGS.values()):
        matrix = generator(n, gamma, sign * omega).reshape(4, 4, 4, 4)
        for j, equation in enumerate(EQUATIONS):
            (a, b), coefficients = printed(equation, n, omega)
            row = matrix[a - 1, b - 1].copy()
            for (c, d), value in coefficients.items():
                row[c - 1, d - 1] -= value
            out[i, j] = np.abs(row).max()
    return out


def mended(n: float, omega: float = 0.7) -> float:
    """The same for Eqs. 22, 23 and 26 with what they lack: couplings 2n rho_24 and 2(n + 1) rho_12, and n + 1 for n."""
    matrix = generator(n, 0.5, -omega).reshape(4, 4, 4, 4)
    rows = {
        (0, 1): {(0, 1): -(3 * n + 2 - 1j * omega), (1, 3): 2 * n},
        (0, 2): {(0, 2): -(n + 1 - 1j * omega)},
        (1, 3): {(1, 3): -(3 * n + 1 - 1j * omega), (0, 1): 2 * (n + 1)},
    }
    worst = 0.0
    for at, coefficients in rows.items():
        row = matrix[at].copy()
        for where, value in coefficients.items():
            row[where] -= value
        worst = max(worst, float(np.abs(row).max()))
    return worst


def rest(n: float) -> Any:
    """rho_ij at late times, by the exponential of Eq. 2 in a frame that rotates with omega."""
    return np.asarray(expm(jnp.asarray(generator(n, omega=0.0).real) * 50.0) @ start().ravel()).reshape(4, 4)


def steady(n: Any) -> Any:
    """Eqs. 28 to 31 with rho_33(0) = 1/2."""
    below = 1 + 3 * n * (n + 1)
    return np.stack([n**2 / below / 2, n * (n + 1) / below / 2, 0 * n + 0.5, (n + 1) ** 2 / below / 2])


def eq32(n: Any) -> Any:
    """The populations of Eq. 32 as it is printed."""
    return np.stack([n**2, n * (n + 1), 0 * n + 1, (n + 1) ** 2]) / (1 + 3 * n * (n + 1)) / 2


def spin(rho: Any, which: Any) -> float:
    """<J^z> of the charger or the battery."""
    return float(np.diagonal(BASIS.T @ rho @ BASIS) @ which)


@figure(
    "appendix",
    paper="Eqs. 3 to 5, 13, 18 to 32",
    caption="Two spins against Eq. 2 in operator form. (a) Steady populations, with Eqs. 28 to 31 as dots, and (b) <J^z> of the "
    "battery, with Eq. 13. (c) The largest coefficient by which Eqs. 18 to 27 differ from Eq. 2, n = 0.2: they hold half its "
    "rates, and omega with the other sign.",
)
def appendix(quick: bool) -> xr.Dataset:
    """Two spins in a warm bath."""
    del quick
    n = axis("occupation", np.linspace(0.0, 5.0, 51), "n", "quanta", "occupation of the bath")
    dots = axis("dots", n.values[::5], "n", "quanta", "occupation of the bath")
    state, equation = xr.DataArray(STATES, dims="state"), axis("equation", list(EQUATIONS), "", "number", "equation")
    at_rest = [rest(x) for x in n.values]
    library = each(kept, few(), n_battery=1, n_charger=1, thermal_occupation=n).energy
    population, wrong = ("rho_ii", "1", "steady population"), ("", "gamma", "largest difference")
    moment = ("<J_B^z>", "hbar", "steady spin of the battery")
    reading = xr.DataArray(list(READINGS), dims="reading")
    values = lambda x, *dims: xr.DataArray(x, dims=dims)  # noqa: E731
    return xr.Dataset(
        {
            "population": as_label(
                values([np.diagonal(r) for r in at_rest], "occupation", "state").T, *population, label="Eq. 2"
            ),
            "population_printed": as_label(
                values(steady(dots.values), "state", "dots"), *population, draw="points", against="dots", label="printed"
            ),
            "eq32": as_label(values(eq32(n.values), "state", "occupation"), "rho_ii", "1", "population by Eq. 32 as printed"),
            "coherence": as_label(
                values([np.abs(r - np.diag(np.diagonal(r))).max() for r in at_rest], "occupation"),
                *("max |rho_ij|", "1", "largest coherence at late times"),
            ),
            "battery": as_label(values([spin(r, BATTERY_SPIN) for r in at_rest], "occupation"), *moment, label="Eq. 2"),
            "charger": as_label(values([spin(r, CHARGER_SPIN) for r in at_rest], "occupation"), *moment[:2], "of the charger"),
            "library": as_label(library - 0.5, *moment, label="steady_state"),
            "battery_printed": as_label(
                -(2 * dots + 1) / (12 * dots * (dots + 1) + 4), *moment, draw="points", against="dots", label="printed"
            ),
            "difference": as_label(values(differences(0.2), "reading", "equation"), *wrong, draw="points", against="equation"),
        },
        {
            "occupation": n.occupation,
            "dots": dots.dots,
            "state": state,
            "equation": equation.equation,
            "reading": reading,
        },
        {
            "x": "occupation",
            "panels": ["population population_printed", "battery battery_printed", "difference"],
            "titles": ["populations", "spin of the battery", "Eqs. 18 to 27"],
        },
    )
