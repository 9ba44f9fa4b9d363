"""The search: all starts in one compiled program, each stepped until it has come to rest.

Constraints enter by an augmented Lagrangian: with c >= 0 wanted, multiplier l and weight r,

    L = -f + sum over inequalities (r/2) max(0, l/r - c)^2 + sum over equalities (r/2 c^2 - l c),

a round minimises L from where the last one ended, then ``l <- max(0, l - r c)`` (without the max for equalities).
Rounds and steps are one loop, so that the objective is compiled once.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from ..compiled import compiled
from ..conventions import epsilon, real_dtype
from ..errors import Status
from .box import Box
from .constraints import Goals

METHODS = ("bfgs", "lbfgs", "adam", "optax_lbfgs")
STEPS = {"bfgs": 100, "lbfgs": 100, "adam": 300, "optax_lbfgs": 100}
RATE = 0.05  # of Adam, in coordinates where the box is about 3 wide
WEIGHT, HEAVIEST = 300.0, 1e8  # first and last weight r of violated constraints
HOPELESS = 1e4  # penalty of a violation, next to an objective of order one, that would be mended if it could


def wall() -> float:
    """Loss where the objective does not exist: finite, and above all that do, so that no line search steps there."""
    return float(np.finfo(real_dtype()).max) / 4


class Problem(eqx.Module):
    """What is the same for all starts."""

    goals: Goals
    hull: Any
    box: Box
    unit: Float[Array | np.ndarray, ""]  # objective values are of this size
    budget: Int[Array | np.ndarray, ""]


class Point(eqx.Module):
    """One evaluation: parameters, values of the goals, their status, whether derivatives are finite, the loss."""

    x: Float[Array, " d"]
    z: Float[Array, " d"]
    values: Float[Array, " goals"]
    status: Int[Array, ""]
    smooth: Bool[Array, ""]
    loss: Float[Array, ""]


class Ends(eqx.Module):
    """What became of every start; `trail` holds objective and parameters of each step."""

    point: Point
    multipliers: Float[Array, "*s k"]
    settled: Bool[Array, "*s"]
    steps: Int[Array, "*s"]
    trail: Float[Array, "*s t columns"]

    @property
    def alive(self) -> np.ndarray:
        """Where the objective exists."""
        return np.asarray(self.point.loss) < wall()


class _Walk(eqx.Module):
    turn: Int[Array, ""]
    since: Int[Array, ""]  # turns since the round began
    z: Float[Array, " d"]
    state: Any
    landed: Bool[Array, ""]  # the minimiser has stopped; its last point is seen one turn later
    settled: Bool[Array, ""]
    best: Point
    multipliers: Float[Array, " k"]
    weight: Float[Array, ""]
    residue: Float[Array, ""]
    trail: Float[Array, "t columns"]


def _minimiser(method: str, tolerance: float) -> Any:
    import optimistix as optx

    if method == "bfgs":
        return optx.BFGS(tolerance, tolerance)
    if method == "lbfgs":
        return optx.LBFGS(tolerance, tolerance)
    import optax

    optimiser: Any = optax.adam(RATE) if method == "adam" else optax.lbfgs()
    return optx.OptaxMinimiser(optimiser, tolerance, tolerance)


@compiled
def search(problem: Problem, z: Any, fixed: Any, held: Any, method: str, room: int, mapping: str) -> Ends:
    """Maximise from every row of z (starts, d); parameters that are `held` stay at `fixed`.

    Args:
        room: static bound on the steps of one search.
        mapping: "map" (on CPU: compiles in half the time, and no row waits for another) or "vmap".
    """
    rows = tuple(map(jnp.asarray, (z, fixed, held)))

    def one(row):
        return _walk(problem, method, room, *row)

    return lax.map(one, rows) if mapping == "map" else jax.vmap(one)(rows)


def _walk(problem: Problem, method: str, room: int, z0: Any, fixed: Any, held: Any) -> Ends:
    goals, box = problem.goals, problem.box
    real, top = real_dtype(), wall()
    equal = jnp.asarray(goals.equal)
    share = room if method in ("bfgs", "lbfgs") else max(room // 10, 10)  # Adam never stops by itself

    def lagrangian(values, multipliers, weight):
        gaps = goals.gaps(values)
        free = jnp.where(equal, weight / 2 * gaps**2 - multipliers * gaps, 0.0)
        bound = jnp.where(equal, 0.0, weight / 2 * jnp.maximum(multipliers / weight - gaps, 0.0) ** 2)
        loss = (1 if goals.minimise else -1) * values[0] / problem.unit + jnp.sum(free + bound)
        return jnp.where(jnp.isfinite(loss), loss, top)

    def evaluate(z, multipliers, weight):
        x = jnp.where(held, fixed, box.place(z))
        values, status = goals(problem.hull.put(**box.leaves(x)))
        loss = jnp.where(status == Status.OK, lagrangian(values, multipliers, weight), top)
        return loss, Point(x, z, values, status, jnp.asarray(True), loss)

    def surrogate(z, args):
        """The loss as its value and slope, computed once; what does not exist is a wall without slope."""
        here = lax.stop_gradient(z)
        (loss, point), slope = jax.value_and_grad(evaluate, has_aux=True)(here, *args)
        smooth = jnp.all(jnp.isfinite(slope)) | (loss == top)
        slope = jnp.where(jnp.isfinite(slope) & (loss < top), slope, 0.0)
        return loss + jnp.sum(slope * (z - here)), eqx.tree_at(lambda p: p.smooth, point, smooth)

    zero, no = jnp.zeros((), real), jnp.zeros((), bool)
    count = jnp.zeros((), int)
    multipliers = jnp.zeros(len(goals.signs), real)
    nothing = Point(z0, z0, jnp.full(len(goals.signs) + 1, jnp.nan, real), count, ~no, zero + jnp.inf)
    shapes = [jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), a) for a in (zero, nothing)]
    # a search rests when its last step is this small (its error is far smaller: convergence is superlinear); the next
    # multipliers magnify errors by the weight
    tolerance = epsilon() ** (0.5 if goals.signs else 0.4)
    solver = _minimiser(method, tolerance)

    def begin(z):
        state = solver.init(surrogate, z, (multipliers, zero), {}, *shapes, frozenset())
        return eqx.partition(state, eqx.is_array)

    start, static = begin(z0)

    def unfinished(w: _Walk):
        return ~w.settled & (w.turn < problem.budget) & (w.turn < room)

    def step(w: _Walk) -> _Walk:
        args = (w.multipliers, w.weight)
        state = eqx.combine(w.state, static)
        tried = getattr(state, "y_eval", w.z)
        z, state, point = solver.step(surrogate, w.z, args, {}, state, frozenset())
        landed, _ = solver.terminate(surrogate, z, args, {}, state, frozenset())
        # close to a minimum rounding refuses good steps: there is none to wait for where a refused one was this small
        refused = (w.since > 0) & jnp.all(z == w.z)
        landed |= refused & jnp.all(jnp.abs(tried - z) <= tolerance * (1 + jnp.abs(z)))
        best = jax.tree.map(lambda a, b: jnp.where(point.loss <= w.best.loss, a, b), point, w.best)
        trail = w.trail.at[w.turn].set(jnp.concatenate([point.values[:1], point.x]))
        now = _Walk(w.turn + 1, w.since + 1, z, eqx.filter(state, eqx.is_array), landed, w.landed, best, *args, w.residue, trail)
        return new_round(now, w.landed) if goals.signs else now

    def new_round(w: _Walk, over) -> _Walk:
        """Where the minimum of L is reached: next multipliers, and a fresh start of the minimiser."""
        over = over | (w.since >= share)
        gaps = goals.gaps(w.best.values)
        fresh = w.multipliers - w.weight * gaps
        fresh = jnp.where(equal, fresh, jnp.maximum(fresh, 0.0))
        residue = jnp.max(jnp.abs(fresh - w.multipliers)) / w.weight
        # what a round has not brought near the multipliers a heavier weight does; near them it only magnifies rounding
        slow = residue > jnp.maximum(w.residue / 4, 1e3 * epsilon() ** 0.5)
        weight = jnp.where(slow, jnp.minimum(10 * w.weight, HEAVIEST), w.weight)
        # the violation costs far more than the objective is worth, and it stays: what is asked cannot be had here
        stuck = (w.weight * residue**2 > HOPELESS) & (residue > 0.99 * w.residue)
        settled = (residue < 3 * epsilon() ** 0.5) | stuck | (w.best.loss >= top) | jnp.all(held)
        z = jnp.asarray(box.inside(w.best.z))  # another round, another slope: none is seen from a bound
        loss = jnp.where(w.best.loss < top, lagrangian(w.best.values, fresh, weight), top)
        best = eqx.tree_at(lambda p: p.loss, w.best, loss)
        later = _Walk(w.turn, count, z, begin(z)[0], no, settled, best, fresh, weight, residue, w.trail)
        stay = eqx.tree_at(lambda w: w.settled, w, no)
        return jax.tree.map(lambda a, b: jnp.where(over, a, b), later, stay)

    trail = jnp.full((room, z0.shape[0] + 1), jnp.nan, real)
    walk = _Walk(count, count, z0, start, no, no, nothing, multipliers, zero + WEIGHT, zero + jnp.inf, trail)
    walk = lax.while_loop(unfinished, step, walk)
    return Ends(walk.best, walk.multipliers, walk.settled, walk.turn, walk.trail)
