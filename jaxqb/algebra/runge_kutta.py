r"""Runge-Kutta of seventh order in equal steps, with figures interpolated between them, and derivatives both ways.

y and the slopes of its stages are rows of one array, and every stage begins with a row vector times that: elementwise sums would
be computed again for every neighbour that a field looks at. An embedded formula of sixth order says now and then how large the
error is; where it is too large, all is done again with shorter steps.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Int

from .between import NODES, Between, is_half
from .gradients import DIFFERENCES, linear_map, most, once_differentiable
from .verner import ALL, BACKWARDS, FIRST, ORDER, PLACE, ROWS, STAGES, SURPLUS

EVERY = 4  # steps, at the first of which the error is looked at
REACH, USUAL = 0.8, 1e-9  # radius times length of a step, for this tolerance
KEPT, MEMORY = 192, 2**25  # states that are kept for the way back: at most, and bytes; half of it again between two of them


class Course(NamedTuple):
    """Where to go, what is looked at on the way, and how accurately.

    Attributes:
        field: ``field(params, y)``.
        look: ``look(params, y, slope)``, whose leaves are pairs of a value and its slope, all real.
        tolerance: of the sum of errors over the largest coordinate.
        budget: steps at most.
    """

    field: Callable
    look: Callable
    tolerance: float
    budget: int


class End(NamedTuple):
    """What came out: y, what was looked at, 1 where it is accurate, else 0, and what was kept on the way."""

    steps: Int[Array, ""]
    y: Any
    seen: Any
    good: Float[Array, ""]
    kept: Any


def travelled(course: Course, params: Any, y0: Any, ts: Float[Array, " t"], radius: Float[Array, ""]) -> tuple[Any, Any]:
    """What is looked at, at ascending times, and whether (1 or 0) it is accurate; what is not is NaN.

    Differentiable in `params` and `y0` in both directions, not in `ts` and `radius`. A step is computed again on its way back,
    from a state that was kept. Where there are more steps than room, every second state or less is kept, and those between two
    are computed again when their turn comes. The gradient of more steps than half of the square of the room is NaN.
    """

    @jax.custom_jvp
    def run(params, y0, ts, radius):
        end = attempts(course, params, y0, ts, ts[-1], radius)
        return end.seen, end.good

    def rule(primals, tangents):
        params, y0, ts, radius = primals
        end = attempts(course, params, y0, ts, ts[-1], radius, keep=True)
        params, y0, ts, kept = once_differentiable((params, y0, ts, end.kept), "Stepped", DIFFERENCES)
        leaves, tree = jax.tree.flatten(params)
        still = lambda way: isinstance(way, jax.custom_derivatives.SymbolicZero)  # noqa: E731
        # only what moves is followed: each other number would have a cotangent to add up at every stage
        ways = {k: way for k, way in enumerate(jax.tree.leaves(tangents[0])) if not still(way)}
        some = {k: leaves[k] for k in ways}
        whole = lambda some: jax.tree.unflatten(tree, [some.get(k, leaf) for k, leaf in enumerate(leaves)])  # noqa: E731
        moving = course._replace(
            field=lambda some, y: course.field(whole(some), y), look=lambda some, y, slope: course.look(whole(some), y, slope)
        )
        way = _Way(moving, params, y0, ts, ts[-1] / end.steps, end.steps)
        nothing = jax.tree.map(jnp.zeros_like, end.seen)

        def forward(lin):
            ways, moved, seen = lin
            return ways, moved, jax.tree.map(jnp.add, seen, way.ahead(some, y0, ways, moved, nothing))

        def backward(ct):
            return *jax.tree.map(jnp.add, ct[:2], way.back(some, kept, ct[2])), ct[2]

        start = jax.tree.map(lambda y, way: jnp.zeros_like(y) if still(way) else way, y0, tangents[1])
        moved = linear_map(forward, backward, (ways, start, nothing))[2]
        return (end.seen, end.good), (moved, jnp.zeros_like(end.good))

    run.defjvp(rule, symbolic_zeros=True)
    return run(params, y0, ts, radius)


def attempts(course: Course, params: Any, y0: Any, ts: Float[Array, " t"], span: Any, radius: Any, keep: bool = False) -> End:
    """A journey of length `span`, begun again with more steps until it is accurate; without derivatives."""
    reach = REACH * (course.tolerance / USUAL) ** (1 / ORDER)
    wanted = jnp.maximum(jnp.ceil(radius * jnp.abs(span) / reach), NODES - 3 if ts.size else 1)
    begin = most(jnp.where(wanted <= course.budget, wanted, course.budget + 1).astype(int))
    room = _room(y0) if keep else 0
    shapes = jax.eval_shape(course.look, params, y0, y0) if ts.size else ()
    unseen = jax.tree.map(lambda s: jnp.zeros((*ts.shape, *s.shape[1:]), s.dtype), shapes)
    nothing = jax.tree.map(lambda y: jnp.zeros((room + 1, *y.shape), y.dtype), y0)

    def attempt(carry):
        n, end, _ = carry
        way = _Way(course, params, y0, ts, span / n, n)
        y, seen, error, kept = way.march(params, y0, unseen, end.kept)
        good = error <= course.tolerance
        factor = jnp.where(jnp.isfinite(error), jnp.clip(1.2 * (error / course.tolerance) ** (1 / ORDER), 1.5, 8.0), 8.0)
        again = most(jnp.where(good, 0, 1)) > 0
        return most(jnp.ceil(n * factor).astype(int)), End(n, y, seen, good.astype(span.dtype), kept), again

    end = End(jnp.ones_like(begin), y0, unseen, jnp.zeros_like(span), nothing)
    going = lambda carry: carry[2] & (carry[0] <= course.budget)  # noqa: E731
    end: End = lax.while_loop(going, attempt, (begin, end, jnp.ones((), bool)))[1]
    there = lambda x: jnp.where(end.good > 0, x, jnp.nan)  # noqa: E731
    return end._replace(y=jax.tree.map(there, end.y), seen=jax.tree.map(there, end.seen))


class _Way:
    """Steps of length h that cover a time n h, with nodes where they begin and the last one ends.

    Where something is to be interpolated, the first and the last step are halved.
    """

    def __init__(self, course: Course, params: Any, y: Any, ts: Float[Array, " t"], h: Any, n: Any) -> None:
        self.course, self.h, self.n, self.halved = course, h, n, ts.size > 0
        self.steps = n + 2 if self.halved else n
        lengths = _for_each(h, (params, y)) * np.array([1.0, 0.5])[:, None, None]
        self.rows = lengths * jnp.asarray(ROWS[:-1], h.dtype) + FIRST
        self.error = lengths[:, 0] / SURPLUS * jnp.asarray(ROWS[-2] - ROWS[-1], h.dtype)
        first = np.broadcast_to(np.eye(STAGES, 1), (2, STAGES, 1))
        self.backwards = jnp.concatenate([lengths * jnp.asarray(BACKWARDS, h.dtype), first], axis=-1)
        self.between = Between.of(ts, h, n)

    def half(self, k: Any) -> Any:
        """1 if the k-th step is a half one, else 0."""
        return is_half(k, self.n).astype(int) if self.halved else 0

    def stage(self, params: Any, table: Any, i: Any, rows: Any) -> tuple[Any, Any]:
        """Where the slope of a stage is asked, and the rows with it."""
        y = _product(table[i], rows)
        slope = self.course.field(params, y)
        return y, _put(rows, slope, jnp.asarray(PLACE)[i])

    def march(self, params: Any, y: Any, seen: Any, kept: Any) -> tuple[Any, Any, Any, Any]:
        """The way from y: its end, what is seen, the error over the largest coordinate, and some states."""
        room = jax.tree.leaves(kept)[0].shape[0] - 1
        stride = -(-(self.steps + 1) // max(room, 1))

        def node(k, carry):
            y, rows, seen, error, size, kept = carry
            table, ends = self.rows[self.half(k)], k == self.steps
            look = (k % EVERY == 0) & ~ends
            count = jnp.where(look, ALL, jnp.where(ends, 1, STAGES))
            rows = lax.fori_loop(0, count, lambda i, rows: self.stage(params, table, i, rows)[1], _put(rows, y, 0))
            if jax.tree.leaves(seen):
                seen = self.between.add(k, seen, self.course.look(params, y, _row(rows, 1)))

            def judge():
                more = EVERY * _largest(_product(self.error[self.half(k)], rows))
                return error + more, jnp.maximum(size, _largest(y))

            error, size = lax.cond(look, judge, lambda: (error, size))
            if room:
                kept = _put(kept, y, jnp.where(k % stride == 0, k // stride, room))
            return _product(jnp.where(ends, FIRST, table[ALL]), rows), rows, seen, error, size, kept

        zero = jnp.zeros_like(self.h)
        y, _, seen, error, size, kept = lax.fori_loop(0, self.steps + 1, node, (y, _rows(y), seen, zero, zero, kept))
        return y, seen, jnp.where(size > 0, error / size, error), kept

    def step(self, params: Any, k: Any, y: Any, rows: Any) -> tuple[Any, Any]:
        """The next y, and the rows that it was made of."""
        table = self.rows[self.half(k)]
        rows = lax.fori_loop(0, STAGES, lambda i, rows: self.stage(params, table, i, rows)[1], _put(rows, y, 0))
        return _product(table[ALL], rows), rows

    def ahead(self, params: Any, y: Any, ways: Any, moved: Any, total: Any) -> Any:
        """Derivative of what is seen, along `ways` of the parameters and `moved` of y."""

        def node(k, carry):
            y, moved, total = carry

            def look(params, y):
                after, rows = self.step(params, k, y, _rows(y))
                return after, self.course.look(params, y, _row(rows, 1))

            (y, _), (moved, more) = jax.jvp(look, (params, y), (ways, moved))
            return y, moved, self.between.add(k, total, more)

        return lax.fori_loop(0, self.steps + 1, node, (y, moved, total))[2]

    def back(self, params: Any, kept: Any, ct: Any) -> tuple[Any, Any]:
        """Cotangents of the parameters and of the first y, from those of what is seen."""
        y, room = _row(kept, 0), jax.tree.leaves(kept)[0].shape[0] - 1
        stride = -(-(self.steps + 1) // room)
        legs = -(-(self.steps + 1) // stride)

        def leg(j, carry):
            begin = (legs - 1 - j) * stride
            count = jnp.minimum(stride, self.steps + 1 - begin)
            here, rows, *rest = carry

            def keep(i, carry):
                y, here, rows = carry
                y, rows = self.step(params, begin + i - 1, y, rows)
                return y, _put(here, y, i), rows

            y = _row(kept, legs - 1 - j)
            _, here, rows = lax.fori_loop(1, count, keep, (y, _put(here, y, 0), rows))
            turn = lambda i, carry: self.undo(params, begin + count - 1 - i, _row(here, count - 1 - i), ct, *carry)  # noqa: E731
            return here, *lax.fori_loop(0, count, turn, (rows, *rest))

        zeros = lambda count: jax.tree.map(lambda y: jnp.zeros((count, *y.shape), y.dtype), y)  # noqa: E731
        ways = jax.tree.map(jnp.zeros_like, params)
        carry = zeros(room // 2), _rows(y), zeros(STAGES), zeros(STAGES + 2), ways
        *_, back, ways = lax.fori_loop(0, legs, leg, carry)
        lost = jnp.where(stride <= room // 2, 1.0, jnp.nan)
        return jax.tree.map(lambda x: x * lost, (ways, _row(back, 0)))

    def undo(self, params: Any, k: Any, y: Any, ct: Any, rows: Any, places: Any, back: Any, ways: Any) -> tuple:
        """One step back over a node.

        `back` holds what is known of the next y in its first row, of the places where slopes were asked in others, and of what
        looks at the slope of y itself in the last one.
        """
        table, backwards = self.rows[self.half(k)], self.backwards[self.half(k)]

        def stage(i, carry):
            rows, places = carry
            y, rows = self.stage(params, table, i, rows)
            return rows, _put(places, y, i)

        rows, places = lax.fori_loop(0, STAGES, stage, (_put(rows, y, 0), places))
        moved, by_y, by_slope = jax.vjp(self.course.look, params, y, _row(rows, 1))[1](self.between.gather(k, ct))
        ways, back = jax.tree.map(jnp.add, ways, moved), _put(back, by_slope, STAGES + 1)

        def turn(j, carry):
            back, ways = carry
            i = STAGES - 1 - j
            slope = _product(backwards[i], back)
            moved, by_y = jax.vjp(self.course.field, params, _row(places, i))[1](slope)
            return _put(back, by_y, i + 1), jax.tree.map(jnp.add, ways, moved)

        back, ways = lax.fori_loop(0, STAGES, turn, (back, ways))
        before = jax.tree.map(jnp.add, _product(np.append(np.ones(STAGES + 1), 0.0), back), by_y)
        return rows, places, _put(back, before, 0), ways


def _for_each(h: Any, tree: Any) -> Any:
    """h, one for each lane of a batch: rows times rows of each lane are quick, one row times those of all is transposed first."""
    for leaf in jax.tree.leaves(tree):
        if leaf.size:
            h = jnp.where(leaf.ravel()[0] == 0, h, h)
    return h


def _rows(y: Any) -> Any:
    """Rows of zeros behind y."""
    return jax.tree.map(lambda y: jnp.zeros((FIRST.size, *y.shape), y.dtype).at[0].set(y), y)


def _row(rows: Any, k: Any) -> Any:
    return jax.tree.map(lambda rows: rows[k], rows)


def _put(rows: Any, y: Any, k: Any) -> Any:
    return jax.tree.map(lambda rows, y: lax.dynamic_update_index_in_dim(rows, y, k, 0), rows, y)


def _product(row: Any, rows: Any) -> Any:
    return jax.tree.map(lambda rows: jnp.tensordot(row, rows, 1, precision=lax.Precision.HIGHEST), rows)


def _largest(y: Any) -> Any:
    return functools.reduce(jnp.maximum, [jnp.max(jnp.abs(leaf)) for leaf in jax.tree.leaves(y)])


def _room(y: Any) -> int:
    """Of states that are kept."""
    size = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(y))
    return min(max(MEMORY // size, KEPT // 4), KEPT)
