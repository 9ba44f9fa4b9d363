"""Rules for loops whose length is data: derivatives, and batches.

JAX has no reverse mode for a loop with a traced number of turns. Where each turn can be undone nothing needs to be
stored either: the reverse sweep recovers every intermediate value by stepping back.
"""

import functools
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from ..errors import MethodError, fail

DIFFERENCES = "take differences of the first one"  # of a second derivative


# A primitive, for partial evaluation drops the rule of what `jax.custom_jvp` wraps: a missing one must not become a silent zero.
# All leaves pass through one, which is there as long as any of them is used.
_refusing = Primitive("refusing")
_refusing.multiple_results = True
_refusing.def_impl(lambda *leaves, **_: leaves)
_refusing.def_abstract_eval(lambda *leaves, **_: leaves)
mlir.register_lowering(_refusing, lambda _, *leaves, **__: leaves)
batching.primitive_batchers[_refusing] = lambda leaves, axes, **sentence: (_refusing.bind(*leaves, **sentence), axes)
ad.primitive_jvps[_refusing] = lambda *_, **sentence: fail(MethodError, **sentence)


def _refused(x: Any, **sentence: str) -> Any:
    moving, rest = eqx.partition(x, eqx.is_inexact_array)
    leaves, tree = jax.tree.flatten(moving)
    return eqx.combine(jax.tree.unflatten(tree, _refusing.bind(*leaves, **sentence)), rest)


def once_differentiable(x: Any, what: str, fix: str) -> Any:
    """The identity on a pytree, for the rule of a first derivative: it refuses to be differentiated again."""
    return _refused(x, argument=what, must="be differentiated once only", but="a second derivative was asked for", fix=fix)


def undifferentiable(x: Any, what: str, fix: str) -> Any:
    """The identity on a pytree, which refuses to be differentiated."""
    return _refused(x, argument=what, must="not be differentiated", but="a derivative was asked for", fix=fix)


_forward_only = Primitive("forward_only")
_forward_only.def_impl(lambda x, **_: x)
_forward_only.def_abstract_eval(lambda x, **_: x)
mlir.register_lowering(_forward_only, lambda _, x, **__: [x])
batching.defvectorized(_forward_only)
ad.deflinear2(_forward_only, lambda *_, **sentence: fail(MethodError, **sentence))


def forward_only(x: Any, what: str, fix: str) -> Any:
    """The identity on a pytree, which has no reverse mode."""
    sentence = {
        "argument": what,
        "must": "be differentiated forward here",
        "but": "a reverse derivative was asked for",
        "fix": fix,
    }
    return jax.tree.map(lambda leaf: _forward_only.bind(leaf, **sentence) if eqx.is_inexact_array(leaf) else leaf, x)


@jax.custom_jvp
def smooth(x: Any, there: Any) -> Any:
    """The identity; where it is not so, its derivative is not a number."""
    del there
    return x


@smooth.defjvp
def _(primals, tangents):
    x, there = primals
    return smooth(x, there), tangents[0] * jnp.where(there, 1.0, jnp.nan)


def existing(x: Any, there: Any, given: Any) -> Any:
    """``x`` where it is there, and else not a number, with derivatives by all numbers of `given` that are none either."""
    if not jnp.issubdtype(jnp.result_type(x), jnp.inexact):  # a count
        return jnp.where(there, x, jnp.nan)
    return _existing(x, there, [leaf for leaf in jax.tree.leaves(given) if eqx.is_inexact_array(leaf)])


@jax.custom_jvp
def _existing(x: Any, there: Any, given: Any) -> Any:
    del given
    return jnp.where(there, x, jnp.nan)


@_existing.defjvp
def _(primals, tangents):
    far = sum(jnp.sum(jnp.real(leaf)) for leaf in tangents[2])  # a branch that was not taken would say zero
    return _existing(*primals), tangents[0] + jnp.where(primals[1], 0.0, jnp.nan) * far


def linear_map(forward: Callable, transpose: Callable, x: Any) -> Any:
    """``forward(x)`` for a linear function of a pytree onto its own space, with its transpose given.

    `lax.custom_linear_solve` is the one public primitive that takes a linear function and its transpose and works under
    jvp, vjp, vmap and jit; the function is presented to it as a solve. It needs tangents (cotangents) of all parts of `x`
    (of what comes out), or of none.
    """
    solve = lambda b: lax.custom_linear_solve(lambda v: v, b, lambda _, b: forward(b), lambda _, b: transpose(b), symmetric=True)  # noqa: E731
    return _together(solve(_together(x)))


def _together(x: Any) -> Any:
    """The identity, after which all parts have tangents if one has."""
    leaves = jax.tree.leaves(x)
    if len(leaves) < 2:
        return x
    total = sum(jnp.sum(jnp.real(leaf)) for leaf in leaves)
    return jax.tree.map(lambda leaf: leaf + 0 * total, x)


def reversible(
    step: Callable, undo: Callable, params: Any, fixed: Any, turns: Any, y0: Any, known: Any = None, quick: Callable | None = None
) -> Any:
    """``y`` after `turns` (traced) applications of ``y -> step(params, fixed, y)``, differentiable in `params` and `y0`.

    Args:
        step: one turn; `params` is a pytree of real arrays, `fixed` of arrays by which nobody differentiates (each
            derivative that is not wanted costs a sum over y at every order of a series).
        undo: its inverse, ``undo(params, fixed, step(params, fixed, y)) == y`` to rounding.
        turns: traced integer.
        known: the answer, where it has been computed already; the loop then runs for derivatives only.
        quick: ``quick(params, fixed, y, ct)``, a cheaper way back over one turn: y before it, the cotangents of `params` and of
            that y, and whether they are good enough. Once they are not, it is asked no more.
    """

    @jax.custom_jvp
    def run(params, y0, fixed, known, turns):
        if known is not None:
            return known
        return lax.fori_loop(0, turns, lambda _, y: step(params, fixed, y), y0)

    @run.defjvp
    def _(primals, tangents):
        params, y0, fixed, known, turns = primals
        end = run(params, y0, fixed, known, turns)
        fix = f"use `method=jaxqb.Eigen()`, or {DIFFERENCES}"
        params, start, last = once_differentiable((params, y0, end), "Chebyshev", fix)

        def forward(lin):
            def turn(_, carry):
                y, dy = carry
                return jax.jvp(lambda params, y: step(params, fixed, y), (params, y), (lin[0], dy))

            return lin[0], lax.fori_loop(0, turns, turn, (start, lin[1]))[1]

        def back(y, dy):
            y = undo(params, fixed, y)
            _, pull = jax.vjp(lambda params, y: step(params, fixed, y), params, y)
            return y, *pull(dy)

        def backward(ct):
            def turn(_, carry):
                y, dparams, dy, failed = carry
                if quick is None:
                    y, more, dy = back(y, dy)
                else:
                    # of a batch, all or none: a choice between lanes would do both
                    skip = lambda y, dy: (y, dparams, dy, failed > 0)  # noqa: E731
                    *found, good = lax.cond(most(failed) == 0, functools.partial(quick, params, fixed), skip, y, dy)
                    failed = jnp.where(good, failed, 1)
                    y, more, dy = lax.cond(most(failed) == 0, lambda *_: tuple(found), back, y, dy)
                return y, jax.tree.map(jnp.add, dparams, more), dy, failed

            return lax.fori_loop(0, turns, turn, (last, *ct, jnp.zeros((), int)))[1:3]

        return end, linear_map(forward, backward, (tangents[0], tangents[1]))[1]

    return run(params, y0, fixed, known, turns)


def bilinear(apply: Callable, coefficients: Any, transposed: Any, y: Any) -> Any:
    """``apply(coefficients, y)``, linear in y, where ``apply(transposed, .)`` is its transpose.

    A transpose in a form of its own is as quick as the map itself; the one that is derived from it need not be.
    """

    @jax.custom_jvp
    def run(coefficients, transposed, y):
        del transposed
        return apply(coefficients, y)

    @run.defjvp
    def _(primals, tangents):
        (coefficients, transposed, y), (dc, _, dy) = primals, tangents
        moved = linear_map(lambda v: apply(coefficients, v), lambda v: apply(transposed, v), dy)

        @jax.checkpoint
        def bent(coefficients, dc, y):
            return jax.jvp(lambda c: apply(c, y), (coefficients,), (dc,))[1]

        return apply(coefficients, y), jax.tree.map(jnp.add, bent(coefficients, dc, y), moved)

    return run(coefficients, transposed, y)


def two_ways(ahead: Callable, back: Callable, x: Any, what: str) -> Any:
    """``ahead(x)``, which has forward mode only, where `back` is the same with reverse mode only; differentiable once."""
    moving, rest = eqx.partition(x, eqx.is_inexact_array)
    fixed, static = eqx.partition(rest, eqx.is_array)

    @jax.custom_jvp
    def run(moving, fixed):
        return ahead(eqx.combine(moving, fixed, static))

    @run.defjvp
    def _(primals, tangents):
        moving, fixed = once_differentiable(primals, what, DIFFERENCES)
        of = lambda function: lambda moving: function(eqx.combine(moving, fixed, static))  # noqa: E731
        out = run(*primals)

        def forward(lin):
            return lin[0], jax.tree.map(jnp.add, lin[1], jax.jvp(of(ahead), (moving,), (lin[0],))[1])

        def backward(ct):
            return jax.tree.map(jnp.add, ct[0], *jax.vjp(of(back), moving)[1](ct[1])), ct[1]

        return out, linear_map(forward, backward, (tangents[0], jax.tree.map(jnp.zeros_like, out)))[1]

    return run(moving, fixed)


STORED = 8  # states kept at each level of a way back
LEVELS = 6


def replayed(step: Callable, params: Any, fixed: Any, turns: Any, y0: Any) -> tuple[Any, Any]:
    """What ``y, more = step(params, fixed, k, y)`` makes of y0 in `turns` (traced) turns k = 0, 1, ...; the sum of all `more`.

    Differentiable in `params` and `y0`, in both directions. A turn that cannot be undone is computed again on the way back, from
    the last state that was kept: `STORED` states at each of `LEVELS` levels, each of which serves the turns between two states of
    the one before. The gradient of more than ``STORED**LEVELS`` turns is NaN.
    """

    @jax.custom_jvp
    def run(params, y0, fixed, turns):
        return _turns(functools.partial(step, params, fixed), 0, turns, y0)

    @run.defjvp
    def _(primals, tangents):
        params, y0, fixed, turns = primals
        params, start, fixed = once_differentiable((params, y0, fixed), "Chebyshev", DIFFERENCES)
        only = lambda k, y: step(params, fixed, k, y)[0]  # noqa: E731
        live = lambda k: lambda params, y: step(params, fixed, k, y)  # noqa: E731

        def forward(lin):
            ways, dy, total = lin

            def turn(k, carry):
                y, dy, total = carry
                (y, _), (dy, more) = jax.jvp(live(k), (params, y), (ways, dy))
                return y, dy, jax.tree.map(jnp.add, total, more)

            return ways, *lax.fori_loop(0, turns, turn, (start, dy, total))[1:]

        def back_over(first, stop, y, carry, level):
            """Cotangents of y and of params before turns first ... stop - 1, from those after; y is that before the first."""
            stride = 1 if level == 0 else jnp.maximum(-(-(stop - first) // STORED), 1)
            legs = -(-(stop - first) // stride)

            def keep(k, carry):
                y, kept = carry
                kept = jax.tree.map(lambda room, y: lax.dynamic_update_index_in_dim(room, y, k, 0), kept, y)
                ahead = jnp.where(k + 1 < legs, stride, 0)
                begin = first + k * stride
                return lax.fori_loop(begin, begin + ahead, only, y), kept

            room = jax.tree.map(lambda y: jnp.zeros((STORED, *y.shape), y.dtype), y)
            kept = lax.fori_loop(0, legs, keep, (y, room))[1]

            def leg(k, carry):
                k = legs - 1 - k
                y, begin = jax.tree.map(lambda room: room[k], kept), first + k * stride
                if level:
                    return back_over(begin, jnp.minimum(begin + stride, stop), y, carry, level - 1)
                dy, ways, total = carry
                more, dy = jax.vjp(live(begin), params, y)[1]((dy, total))
                return dy, jax.tree.map(jnp.add, ways, more), total

            return lax.fori_loop(0, legs, leg, carry)

        def backward(ct):
            ways, dy, total = ct
            ways = jax.tree.map(lambda x: jnp.where(turns <= STORED**LEVELS, x, jnp.nan), ways)
            dy, ways, total = back_over(jnp.zeros_like(turns), turns, start, (dy, ways, total), LEVELS - 1)
            return ways, dy, total

        out = run(params, y0, fixed, turns)
        nothing = jax.tree.map(jnp.zeros_like, out[1])
        return out, linear_map(forward, backward, (tangents[0], tangents[1], nothing))[1:]

    return run(params, y0, fixed, turns)


def _turns(step: Callable, first: Any, stop: Any, y: Any) -> tuple[Any, Any]:
    """The turns first ... stop - 1, and the sum of what they give."""

    def turn(k, carry):
        y, total = carry
        y, more = step(k, y)
        return y, jax.tree.map(jnp.add, total, more)

    shape = jax.eval_shape(step, 0, y)[1]
    return lax.fori_loop(first, stop, turn, (y, jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shape)))


def with_slope(function: Callable, slope: Callable, same: Callable | None = None) -> Callable:
    """``function(args, ts)``, row i of which depends on ts[i] alone, with `slope(args, ts)` for its derivative by times.

    `same`: what is differentiated by `args` in its place.
    """

    def moved(of: Callable, leaves: list[Any], ways: dict[int, Any]) -> list[Any]:
        some = lambda chosen: of([chosen.get(k, leaf) for k, leaf in enumerate(leaves)])  # noqa: E731
        return [jax.jvp(some, ({k: leaves[k] for k in ways},), (ways,))[1]] if ways else []

    def late(args: Any, ts: Any) -> Any:
        return slope(args, once_differentiable(ts, "ts", "differentiate merit.Rate of the figure, once"))

    return _ruled(function, moved, late, same or function)


def _ruled(function: Callable, moved: Callable, slope: Callable, same: Callable) -> Callable:
    """``function(args, ts)`` with rules for its derivatives, the sum of which is formed here.

    `moved(of, leaves, ways)`: derivatives along each of `ways`, by the number of a leaf, of `same` as a function of all leaves.
    `slope(args, ts)`: of row i by ts[i].
    """

    def call(args: Any, ts: Any) -> Any:
        dynamic, static = eqx.partition(args, eqx.is_array)
        leaves, tree = jax.tree.flatten(dynamic)
        whole = lambda leaves: eqx.combine(jax.tree.unflatten(tree, leaves), static)  # noqa: E731
        run = jax.custom_jvp(lambda leaves, ts: function(whole(leaves), ts))

        def rule(primals: Any, tangents: Any) -> Any:
            (leaves, ts), (ways, late) = primals, tangents
            still = lambda way: isinstance(way, jax.custom_derivatives.SymbolicZero)  # noqa: E731
            moving = {k: way for k, way in enumerate(ways) if not still(way)}
            parts = moved(lambda leaves: same(whole(leaves), ts), leaves, moving)
            if not still(late):
                rows = lambda s: late.reshape(-1, *(1,) * (s.ndim - 1)) * s  # noqa: E731
                parts.append(jax.tree.map(rows, slope(whole(leaves), ts)))
            out = run(leaves, ts)
            return out, functools.reduce(lambda a, b: jax.tree.map(jnp.add, a, b), parts, jax.tree.map(jnp.zeros_like, out))

        run.defjvp(rule, symbolic_zeros=True)
        return run(leaves, ts)

    return call


def frozen(x: Any) -> Any:
    """`x` with all derivatives cut, leaf by leaf (non-arrays pass)."""
    return jax.tree.map(lambda leaf: lax.stop_gradient(leaf) if eqx.is_array_like(leaf) else leaf, x)


@jax.custom_batching.custom_vmap
def most(count: Any) -> Any:
    """`count`, and the largest of a batch under vmap: a loop that may do too many turns needs no choice between its lanes."""
    return count


@most.def_vmap
def _(axis_size, batched, count):
    del axis_size, batched
    return most(jnp.max(count, axis=0)), False


def columnwise(function: Callable, slope: Callable | None = None) -> Callable:
    """``function(args, ts)``, whose derivatives are columns: one forward pass for each number in `args` that is differentiated.

    It gives forward and reverse mode to loops of unknown length, whatever they hold, and is for few numbers: each costs about as
    much as the function itself, in memory too. What is not differentiated (`lax.stop_gradient`) costs nothing. Row i of
    what the function returns depends on ts[i] alone; `slope(args, ts)` is its derivative. Derivatives of derivatives are forward.
    """
    ahead = lambda x: forward_only(x, "Uniformization", "use jax.jacfwd for the outer derivative, as jax.hessian does")  # noqa: E731

    def moved(of: Callable, leaves: list[Any], ways: dict[int, Any]) -> list[Any]:
        parts = []
        for place, way in ways.items():
            x = leaves[place]

            def along(direction: Any, place: int = place, x: Any = x) -> Any:
                only = lambda x: of([*leaves[:place], x, *leaves[place + 1 :]])  # noqa: E731
                return ahead(jax.jvp(only, (x,), (direction.reshape(x.shape),))[1])

            columns = jax.vmap(along)(jnp.eye(x.size, dtype=x.dtype))
            parts.append(jax.tree.map(lambda c, way=way: jnp.tensordot(way.ravel(), c, 1), columns))
        return parts

    def missing(args: Any, ts: Any) -> Any:
        """A missing rule must not become a silent zero."""
        del args, ts
        fail(MethodError, "ts", "not be differentiated here", "a derivative was asked for", "freeze it")

    return _ruled(function, moved, lambda args, ts: ahead((slope or missing)(args, ts)), function)
