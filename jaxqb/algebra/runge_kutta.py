r"""Runge-Kutta of seventh order in equal steps, with figures interpolated between them, and derivatives both ways.

y and the slopes of its stages are rows of one array, and every stage begins with a row vector times that: elementwise sums would
be computed again for every neighbour that a field looks at. An embedded formula of sixth order says now and then how large the
error is; where it is too large, all is done again with shorter steps.

Source of the coefficients: J. H. Verner, Numer. Algor. 53, 383 (2010), the "most efficient" pair of orders 7 and 6.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Int

from .gradients import linear_map, most, once_differentiable

_COEFFICIENTS = """
0.005
-1.0767901234567901 1.1856790123456790
0.040833333333333333 0 0.1225
0.63891392362557267 0 -2.4556726382236568 2.2722587145980841
-2.6615773750187571 0 10.804513886456138 -8.3539146573961994 0.82048759495665697
6.0677414346967710 0 -24.711273635911086 20.427517930788894 -1.9061579788166472 1.0061722492420680
12.054670076253203 0 -49.754784950468989 41.142888638604677 -4.4617601499740042 2.0423348222391750 -0.098348436654061074
10.138146522881808 0 -42.641136031717502 35.763840039922570 -4.3480228403929077 2.0098622683770359 0.34874904603382724 \
-0.27143900510483128
-45.030072034298677 0 187.32724376545888 -154.02882369350187 18.564653063475362 -7.1418096792950789 1.3088085781613786
0.047155618486272222 0 0 0.25750564298434152 0.26216653977412620 0.15216092656738557 0.49399691700324842 \
-0.29430311714032504 0.081317472324951100
0.044608606606341176 0 0 0.26716403785713727 0.22010183001772930 0.21884317031431568 0.22898717054112028 0 0 \
0.020295184663356282
"""  # of the second to the tenth stage, of the answer, and of the one of sixth order, which alone takes the tenth


def _table() -> np.ndarray:
    """Rows as above, and one of zeros first, filled up to ten columns."""
    rows = [np.array(line.split(), float) for line in _COEFFICIENTS.replace("\\\n", "").strip().splitlines()]
    return np.array([np.zeros(10), *(np.pad(row, (0, 10 - row.size)) for row in rows)])


TABLE = _table()
STAGES, ALL, ORDER = 9, 10, 7  # stages of a step, with that of the embedded formula, and the order
PLACE = np.array([1, 2, 3, 2, 4, 5, 6, 7, 8, 3])  # row of each slope behind y; two are taken again when they have served

NODES = 6  # steps that figures are interpolated from
EVERY = 4  # steps, at the first of which the error is looked at
SURPLUS = 128.0  # by how much the embedded formula is the less accurate one (70 to 230, for steps of interest)
REACH, USUAL = 0.8, 1e-9  # radius times length of a step, for this tolerance
KEPT, MEMORY = 320, 2**25  # states that are kept at each of two levels: at most, and bytes
BLOCK = 4096  # numbers that are added to at once

# the same by rows, with 1 for y apart; and what a stage's slope is worth on the way back: by the next y, by later stages, at last
# by what looks at it
_ROWS = TABLE @ np.eye(PLACE.max() + 1)[PLACE]
_FIRST = np.eye(PLACE.max() + 1)[0]
_BACKWARDS = np.hstack([TABLE[ALL, :STAGES, None], TABLE[:STAGES, :STAGES].T])
_BOTH = np.append(np.ones(STAGES + 1), 0.0)


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
    are computed again when their turn comes. The gradient of more steps than the square of the room is NaN.
    """

    @jax.custom_jvp
    def run(params, y0, ts, radius):
        end = attempts(course, params, y0, ts, ts[-1], radius)
        return end.seen, end.good

    @run.defjvp
    def _(primals, tangents):
        params, y0, ts, radius = primals
        end = attempts(course, params, y0, ts, ts[-1], radius, keep=True)
        fix = "use `method=jaxqb.Adaptive()`"
        params, y0, ts, kept = once_differentiable((params, y0, ts, end.kept), "Stepped", fix)
        way = _Way(course, ts, ts[-1] / end.steps, end.steps, y0)
        nothing = jax.tree.map(jnp.zeros_like, end.seen)

        def forward(lin):
            return *lin[:2], jax.tree.map(jnp.add, lin[2], way.ahead(params, y0, *lin[:2], nothing))

        def backward(ct):
            return *jax.tree.map(jnp.add, ct[:2], way.back(params, kept, ct[2])), ct[2]

        moved = linear_map(forward, backward, (tangents[0], tangents[1], nothing))[2]
        return (end.seen, end.good), (moved, jnp.zeros_like(end.good))

    return run(params, y0, ts, radius)


def attempts(course: Course, params: Any, y0: Any, ts: Float[Array, " t"], span: Any, radius: Any, keep: bool = False) -> End:
    """A journey of length `span`, begun again with more steps until it is accurate; without derivatives."""
    reach = REACH * (course.tolerance / USUAL) ** (1 / ORDER)
    wanted = jnp.maximum(jnp.ceil(radius * jnp.abs(span) / reach), NODES - 1 if ts.size else 1)
    begin = most(jnp.where(wanted <= course.budget, wanted, course.budget + 1).astype(int))
    room = _room(y0) if keep else 0
    shapes = jax.eval_shape(course.look, params, y0, y0) if ts.size else ()
    unseen = jax.tree.map(lambda s: jnp.zeros((*ts.shape, *s.shape[1:]), s.dtype), shapes)
    nothing = jax.tree.map(lambda y: jnp.zeros((room + 1, *y.shape), y.dtype), y0)

    def attempt(carry):
        n, end, _ = carry
        way = _Way(course, ts, span / n, n, y0)
        y, seen, error, kept = way.march(params, y0, unseen, end.kept)
        good = error <= course.tolerance
        factor = jnp.where(jnp.isfinite(error), jnp.clip(1.2 * (error / course.tolerance) ** (1 / ORDER), 1.5, 8.0), 8.0)
        again = most(jnp.where(good, 0, 1)) > 0
        return most(jnp.ceil(n * factor).astype(int)), End(n, y, seen, good.astype(span.dtype), kept), again

    end = End(jnp.ones_like(begin), y0, unseen, jnp.zeros_like(span), nothing)
    end = lax.while_loop(lambda c: c[2] & (c[0] <= course.budget), attempt, (begin, end, jnp.ones((), bool)))[1]
    there = lambda x: jnp.where(end.good > 0, x, jnp.nan)  # noqa: E731
    return end._replace(y=jax.tree.map(there, end.y), seen=jax.tree.map(there, end.seen))


class _Way:
    """n steps of length h, at whose ends (nodes 0 ... n) something is looked at."""

    def __init__(self, course: Course, ts: Float[Array, " t"], h: Any, n: Any, y0: Any) -> None:
        self.course, self.h, self.n = course, h, n
        self.rows = h * jnp.asarray(_ROWS[:-1], h.dtype) + _FIRST
        self.error = h / SURPLUS * jnp.asarray(_ROWS[-2] - _ROWS[-1], h.dtype)
        self.backwards = jnp.hstack([h * jnp.asarray(_BACKWARDS, h.dtype), np.eye(STAGES, 1)])
        self.first, self.shares = _shares(ts, h, n)

    def stage(self, params: Any, i: Any, rows: Any) -> tuple[Any, Any]:
        """Where the slope of a stage is asked, and the rows with it."""
        y = _product(self.rows[i], rows)
        slope = self.course.field(params, y)
        return y, _put(rows, slope, jnp.asarray(PLACE)[i])

    def march(self, params: Any, y: Any, seen: Any, kept: Any) -> tuple[Any, Any, Any, Any]:
        """The way from y: its end, what is seen, the error over the largest coordinate, and some states."""
        room = jax.tree.leaves(kept)[0].shape[0] - 1
        stride = -(-(self.n + 1) // max(room, 1))

        def node(k, carry):
            y, rows, seen, error, size, kept = carry
            look = (k % EVERY == 0) & (k < self.n)
            count = jnp.where(look, ALL, jnp.where(k < self.n, STAGES, 1))
            rows = lax.fori_loop(0, count, lambda i, rows: self.stage(params, i, rows)[1], _put(rows, y, 0))
            if jax.tree.leaves(seen):
                seen = self.add(k, seen, self.course.look(params, y, _row(rows, 1)))
            judge = lambda: (error + EVERY * _largest(_product(self.error, rows)), jnp.maximum(size, _largest(y)))  # noqa: E731
            error, size = lax.cond(look, judge, lambda: (error, size))
            if room:
                kept = _put(kept, y, jnp.where(k % stride == 0, k // stride, room))
            ahead = jnp.where(k < self.n, self.rows[ALL], _FIRST)
            return _product(ahead, rows), rows, seen, error, size, kept

        zero = jnp.zeros_like(self.h)
        y, _, seen, error, size, kept = lax.fori_loop(0, self.n + 1, node, (y, _rows(y), seen, zero, zero, kept))
        return y, seen, jnp.where(size > 0, error / size, error), kept

    def step(self, params: Any, y: Any, rows: Any) -> tuple[Any, Any]:
        """The next y, and the rows that it was made of."""
        rows = lax.fori_loop(0, STAGES, lambda i, rows: self.stage(params, i, rows)[1], _put(rows, y, 0))
        return _product(self.rows[ALL], rows), rows

    def ahead(self, params: Any, y: Any, ways: Any, moved: Any, total: Any) -> Any:
        """Derivative of what is seen, along `ways` of the parameters and `moved` of y."""

        def node(params, y):
            after, rows = self.step(params, y, _rows(y))
            return after, self.course.look(params, y, _row(rows, 1))

        def turn(k, carry):
            y, moved, total = carry
            (y, _), (moved, more) = jax.jvp(node, (params, y), (ways, moved))
            return y, moved, self.add(k, total, more)

        return lax.fori_loop(0, self.n + 1, turn, (y, moved, total))[2]

    def back(self, params: Any, kept: Any, ct: Any) -> tuple[Any, Any]:
        """Cotangents of the parameters and of the first y, from those of what is seen."""
        y, room = _row(kept, 0), jax.tree.leaves(kept)[0].shape[0] - 1
        stride = -(-(self.n + 1) // room)
        legs = -(-(self.n + 1) // stride)

        def leg(j, carry):
            begin = (legs - 1 - j) * stride
            count = jnp.minimum(stride, self.n + 1 - begin)
            here, rows, *rest = carry

            def keep(i, carry):
                y, here, rows = carry
                y, rows = self.step(params, y, rows)
                return y, _put(here, y, i), rows

            y = _row(kept, legs - 1 - j)
            _, here, rows = lax.fori_loop(1, count, keep, (y, _put(here, y, 0), rows))
            turn = lambda i, carry: self.undo(params, begin + count - 1 - i, _row(here, count - 1 - i), ct, *carry)  # noqa: E731
            return here, *lax.fori_loop(0, count, turn, (rows, *rest))

        zeros = lambda count: jax.tree.map(lambda y: jnp.zeros((count, *y.shape), y.dtype), y)  # noqa: E731
        ways = jax.tree.map(jnp.zeros_like, params)
        carry = zeros(room + 1), _rows(y), zeros(STAGES), zeros(STAGES + 2), ways
        *_, back, ways = lax.fori_loop(0, legs, leg, carry)
        lost = jnp.where(stride <= room, 1.0, jnp.nan)
        return jax.tree.map(lambda x: x * lost, (ways, _row(back, 0)))

    def undo(self, params: Any, k: Any, y: Any, ct: Any, rows: Any, places: Any, back: Any, ways: Any) -> tuple:
        """One step back over a node.

        `back` holds what is known of the next y in its first row, of the places where slopes were asked in others, and of what
        looks at the slope of y itself in the last one.
        """

        def stage(i, carry):
            rows, places = carry
            y, rows = self.stage(params, i, rows)
            return rows, _put(places, y, i)

        rows, places = lax.fori_loop(0, STAGES, stage, (_put(rows, y, 0), places))
        moved, by_y, by_slope = jax.vjp(self.course.look, params, y, _row(rows, 1))[1](self.gather(k, ct))
        ways, back = jax.tree.map(jnp.add, ways, moved), _put(back, by_slope, STAGES + 1)

        def turn(j, carry):
            back, ways = carry
            i = STAGES - 1 - j
            slope = _product(self.backwards[i], back)
            moved, by_y = jax.vjp(self.course.field, params, _row(places, i))[1](slope)
            return _put(back, by_y, i + 1), jax.tree.map(jnp.add, ways, moved)

        back, ways = lax.fori_loop(0, STAGES, turn, (back, ways))
        before = jax.tree.map(jnp.add, _product(_BOTH, back), by_y)
        return rows, places, _put(back, before, 0), ways

    def add(self, k: Any, seen: Any, jets: Any) -> Any:
        """What is seen, with the share of what a node shows."""

        def some(begin, shares, seen):
            def put(seen, jet):
                block = lax.dynamic_slice_in_dim(seen, begin, shares.shape[0])
                return lax.dynamic_update_slice_in_dim(seen, block + _by(shares, jet), begin, 0)

            return jax.tree.map(put, seen, jets)

        return self._blocks(k, jets, some, seen)

    def gather(self, k: Any, ct: Any) -> Any:
        """Cotangents of what a node shows, from those of what is seen."""

        def some(begin, shares, total):
            def more(total, ct):
                return total + _by(shares.T, lax.dynamic_slice_in_dim(ct, begin, shares.shape[0]))

            return jax.tree.map(more, total, ct)

        nothing = jax.tree.map(lambda x: jnp.zeros((2, *x.shape[1:]), x.dtype), ct)
        return self._blocks(k, nothing, some, nothing)

    def _blocks(self, k: Any, jets: Any, some: Callable, start: Any) -> Any:
        """Over the times that are interpolated from a node, some at once: ``some(first of them, their shares, carry)``."""
        count, size = len(self.first), sum(leaf.size // 2 for leaf in jax.tree.leaves(jets))
        block = max(BLOCK // max(size, 1), 1)
        if count <= block:
            return some(0, self._shares_of(k, self.first, self.shares), start)
        low, high = jnp.sum(self.first < k - NODES + 1), jnp.sum(self.first <= k)

        def turn(j, carry):
            begin = jnp.minimum(low + j * block, count - block)
            first, shares = (lax.dynamic_slice_in_dim(x, begin, block) for x in (self.first, self.shares))
            new = begin + np.arange(block) >= low + j * block  # the last block is moved to where there are times
            return some(begin, self._shares_of(k, first, shares) * new[:, None], carry)

        return lax.fori_loop(0, -(-(high - low) // block), turn, start)

    def _shares_of(self, k: Any, first: Any, shares: Any) -> Float[Array, "t 2"]:
        """What a node gives to some times."""
        here = k - first[:, None] == np.arange(NODES)
        return jnp.sum(jnp.where(here[..., None], shares, 0.0), axis=1)


def _shares(ts: Float[Array, " t"], h: Any, n: Any) -> tuple[Int[Array, " t"], Float[Array, "t nodes 2"]]:
    """From how many steps on a time is interpolated, and by which shares of values and slopes there: Hermite's polynomials."""
    x = ts / jnp.where(h == 0, 1.0, h)
    first = jnp.clip(jnp.floor(x).astype(int) - NODES // 2 + 1, 0, jnp.maximum(n - NODES + 1, 0))
    node = np.arange(NODES)
    apart = node[:, None] - node + np.eye(NODES)  # from itself: 1, so that it drops out
    away = (x - first)[:, None] - node
    others = jnp.prod(jnp.where(np.eye(NODES) > 0, 1.0, away[:, None, :] / apart), axis=-1)
    bend = np.sum(1 / apart, axis=1) - 1
    return first, jnp.stack([(1 - 2 * bend * away) * others**2, h * away * others**2], axis=-1)


def _rows(y: Any) -> Any:
    """Rows of zeros behind y."""
    return jax.tree.map(lambda y: jnp.zeros((_FIRST.size, *y.shape), y.dtype).at[0].set(y), y)


def _row(rows: Any, k: Any) -> Any:
    return jax.tree.map(lambda rows: rows[k], rows)


def _put(rows: Any, y: Any, k: Any) -> Any:
    return jax.tree.map(lambda rows, y: lax.dynamic_update_index_in_dim(rows, y, k, 0), rows, y)


def _product(row: Any, rows: Any) -> Any:
    return jax.tree.map(lambda rows: _by(row, rows), rows)


def _by(matrix: Any, x: Any) -> Any:
    return jnp.tensordot(matrix, x, 1, precision=lax.Precision.HIGHEST)


def _largest(y: Any) -> Any:
    return functools.reduce(jnp.maximum, [jnp.max(jnp.abs(leaf)) for leaf in jax.tree.leaves(y)])


def _room(y: Any) -> int:
    """Of states that are kept."""
    size = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(y))
    return min(max(MEMORY // size, KEPT // 5), KEPT)
