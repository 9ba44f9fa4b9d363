"""`optimize`: gradients find a better battery."""

import time
from typing import Any

import jax
import numpy as np

from ..batteries.battery import AbstractBattery
from ..errors import DesignError, fail, shown
from ..evolution import planned
from ..given import check_known, check_method, check_single, check_window
from .bounds import own_value, read_design
from .constraints import read_goals
from .optimum import Optimum
from .report import summarise
from .search import METHODS, STEPS, Ends, Problem, search
from .settle import pick, standing, trials
from .starts import start_points

FLAT = 1e-9  # of the objective: less than this is no difference


def optimize(
    objective: Any,
    battery: AbstractBattery,
    design: Any,
    *,
    starts: int = 64,
    constraints: Any = None,
    method: str = "bfgs",
    steps: int | None = None,
    key: Any = 0,
    minimise: bool = False,
    window: Any = None,
    solver: Any = None,
) -> Optimum:
    r"""Find the battery that maximises an objective, by gradients, from many starts at once.

    .. math:: \max_x f(x) \quad\text{with}\quad low \le x \le high,\quad c_i(x) \ge 0

    All starts run in one compiled program. Sizes that may be real numbers are searched as such (energies are
    polynomials in the squared couplings); then every combination of integer neighbours is tried, the other parameters
    optimised anew, and the best one that satisfies the constraints is the answer.

    Main arguments:
        objective: name of a figure of `charge` ("first_peak", "max_average_power", ...; with "_per_cell" divided by the
            number of cells, with "_filling" an energy divided by the capacity, with "_time" its time), or a function
            from a battery to a real scalar (a new function, such as a lambda written into the call, compiles anew).
        battery: the battery to better; what is not varied stays.
        design: bounds (low, high) of the fields to vary; None for an open side (low, of what must be positive: a millionth of
            the battery's own value). ``charger_excitations`` and ``photons`` may be varied too, where they are numbers; array
            fields share one pair, or get arrays of bounds.
        starts: number of searches: first the battery's own parameters where they lie inside the bounds, then points
            spread evenly.
        constraints: ``{"first_peak_per_cell": (">=", 0.95)}``, or ``{label: (function, "<=", limit)}``, or with ==.

    Other arguments:
        method: "bfgs", "lbfgs" (optimistix), "adam" (for noisy objectives), "optax_lbfgs".
        steps: most evaluations of one search; default 100 (Adam 300), three times that with constraints.
        key: seed of the starts.
        minimise: minimise in place of maximise.
        window: see `charge`.
        solver: method for the law of the battery; default `select_method`.

    Returns:
        An `Optimum`. A start that fails (no such maximum, outside the physical range, not at rest) is reported there,
        never raised.

    Raises:
        DesignError: before anything is compiled.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(n_battery=2, n_charger=2, charger_frequency=1.4)
    >>> best = qb.optimize("first_peak", battery, {"charger_frequency": (0.5, 2.0)}, starts=2)
    >>> round(best.parameters["charger_frequency"], 4), round(best.value, 6)
    (1.0, 2.0)
    """
    check_single(battery, "optimize")
    check_known(battery, "optimize")
    check_method(solver, "solver")
    starts = _count("starts", starts, 64)
    if method not in METHODS:
        fail(DesignError, "method", "be a search method", f"it is {shown(method)}", f"use one of {', '.join(METHODS)}")
    if window is not None:
        solver = planned(battery, None, solver, check_window(window), "window")
    goals = read_goals(objective, constraints, minimise, window, solver)
    room = STEPS[method] * (3 if goals.signs else 1) if steps is None else _count("steps", steps, STEPS[method])
    box, hull, notes = read_design(battery, design)
    own = np.concatenate([np.atleast_1d(own_value(battery, field)) for field, _ in box.layout])

    # rows of one program: the starts, then the given battery, held as it is (repeated where integers need more rows)
    rows = max(starts + 1, 2 ** sum(box.whole))
    x = np.tile(own, (rows, 1))
    x[:starts] = drawn = start_points(box, own, starts, key)
    held = np.arange(rows)[:, None].repeat(len(own), 1) >= starts
    mapping = "map" if jax.default_backend() == "cpu" else "vmap"

    def run(x: np.ndarray, held: np.ndarray, unit: float, budget: int) -> Ends:
        # units and budgets are arrays, so that no value of theirs compiles anew
        problem = Problem(goals, hull, box, np.asarray(unit, x.dtype), np.asarray(budget))
        z, size = box.locate(x), hull.amplitudes()
        return jax.device_get(search(problem, z, x, held, method, room, mapping, numbers=size, times=rows))

    clock = [time.perf_counter()]
    first = run(x, held, 1.0, 1)
    clock.append(time.perf_counter())
    for _ in range(4):  # a start without objective moves halfway to the best one
        dead = ~first.alive[:starts]
        if not dead.any() or dead.all():
            break
        x[:starts][dead] = (x[:starts][dead] + x[np.argmin(first.point.loss[:starts])]) / 2
        first = run(x, held, 1.0, 1)
    alive = first.alive[: starts + 1]
    begun = np.asarray(first.point.values)[: starts + 1, 0][alive]
    unit = _unit(begun, minimise)
    ends = run(x, held, unit, room)

    ended = np.asarray(ends.point.values)[: starts + 1, 0][alive]
    if alive.any() and np.ptp([begun, ended]) <= FLAT * np.max(np.abs(begun)):
        fields = ", ".join(field for field, _ in box.layout)
        notes += (f"{goals.labels[0]} is the same wherever a search began or ended: it may not depend on {fields}",)
    ranks = standing(ends, goals)
    ranking = sorted(range(starts), key=ranks.__getitem__)
    final, chosen, settled, tried = ends, ranking[0], None, None
    if any(box.whole) and ranks[ranking[0]][0] < 2:
        tried = trials(box, ends, ranking, rows)
        final = settled = run(tried.x, tried.held, unit, room)
        chosen = pick(standing(settled, goals), range(rows))
    clock.append(time.perf_counter())
    return summarise(
        battery,
        box,
        goals,
        given=float(first.point.values[starts, 0]),
        begun=(x[:starts], np.any(x[:starts] != drawn, axis=1)),
        searched=(ends, ranking[0]),
        chosen=(final, chosen),
        settled=(settled, tried),
        unit=unit,
        method=method,
        clock=clock,
        notes=notes,
    )


def _count(name: str, value: Any, usual: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        fail(DesignError, name, "be an integer of at least 1", f"it is {shown(value)}", f"use {name}={usual}")
    return int(value)


def _unit(values: np.ndarray, minimise: bool) -> float:
    """What the objective is measured in: how far the best start lies above the median one.

    Slopes are then of order one over the box, which is what the first step of a quasi-Newton method takes for granted.
    """
    if not values.size:
        return 1.0
    best = np.min(values) if minimise else np.max(values)
    spread, size = abs(best - np.median(values)), np.max(np.abs(values))
    return float(spread if spread > 1e-6 * size else size if size > 0 else 1.0)
