"""Roots of analytic functions: found by Newton's method, which nobody differentiates, and differentiated by the implicit rule.

Functions here act on arrays entry by entry. Derivatives of every order and in both modes follow from ``f(p, x(p)) = 0``.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Complex, Float

from ..conventions import epsilon
from .gradients import most
from .roots import square_root

TURNS = 100  # of a bracketed search: enough for bisection alone
STEPS = 25  # of Newton's method in the plane
APART, ROUNDING = 1e-7, 100.0  # closer than this, or so many units of rounding, two zeros are one


def implicit(f: Callable, find: Callable, guess: Any) -> Any:
    """A root of f, as ``find(f, guess)`` gives it (and what else it gives), with the derivatives that the root has."""
    return lax.custom_root(f, guess, find, lambda slope, y: y / slope(jnp.ones_like(y)), has_aux=True)


def slope(f: Callable, x: Any) -> tuple[Any, Any]:
    """f and its derivative, entry by entry."""
    return jax.jvp(f, (x,), (jnp.ones_like(x),))


def falling_root(f: Callable, low: Any, high: Any, start: Any) -> Float[Array, "*n"]:
    """Where f, positive at `low` and negative at `high`, passes through zero: Newton's steps within what is left of the bracket.

    Six of them do from a good start; a step that leaves the bracket is replaced by its middle.
    """

    # a derivative of zero, handed back through the root of a bracket that is zero, would be none
    low, high, start = map(lax.stop_gradient, (low, high, start))

    def find(f: Callable, start: Any) -> Any:
        def turn(state: Any) -> Any:
            k, low, high, x, _ = state
            y, dy = slope(f, x)
            low, high = jnp.where(y > 0, x, low), jnp.where(y > 0, high, x)
            new = x - y / jnp.where(dy == 0, 1.0, dy)
            far = jnp.abs(new - x) > settled * (x + settled)
            new = jnp.where(far & ((new < low) | (new > high)), (low + high) / 2, new)
            return k + 1, low, high, new, jnp.any(far)

        settled = jnp.finfo(start.dtype).eps ** 0.5  # what is left after so small a step is rounding
        moving = lambda state: most((state[0] < TURNS) & state[4])  # noqa: E731
        state = (jnp.zeros((), int), low + 0 * start, high + 0 * start, start, jnp.array(True))
        return lax.while_loop(moving, turn, state)[3], None

    return implicit(f, find, start)[0]


def zeros(
    f: Callable, starts: Complex[Array, " m"], edge: Any, high: Any, depth: Any, slots: int, left: Any = 0.0
) -> tuple[Complex[Array, " s"], Complex[Array, " s"], Bool[Array, " s"]]:
    """Zeros of f with ``edge - left < Re z < high`` and ``-depth < Im z <= 0``, nearest to the real axis first; there ``1 / f'``.

    Newton's method from every start, in the root of ``z - edge``: f may have a branch point at the edge, such as a root. Each
    zero counts once. Where there are fewer than `slots`, the mask is False and the residue zero.
    """

    apart = max(APART, ROUNDING * epsilon())
    starts, high, depth = map(lax.stop_gradient, (starts, high, depth))

    def find(*_: Any) -> Any:
        along = lambda q: f(edge + q**2)  # noqa: E731  (of `custom_root` a function comes that takes as many as are found only)

        def newton(_, state):
            q, _ = state
            y, dy = slope(along, q)
            step = y / jnp.where(dy == 0, 1.0, dy)
            step = step * jnp.minimum(1.0, 0.3 * (1 + jnp.abs(q)) / jnp.maximum(jnp.abs(step), tiny))
            q = q - step
            q = lax.complex(jnp.where(q.real < 0.01, 0.02, q.real), q.imag)  # on this side of the branch point
            return q, jnp.abs(step)

        q = square_root(starts - edge)
        q, step = lax.fori_loop(0, STEPS, newton, (q, jnp.abs(q)))
        z = edge + q**2
        good = (step < apart * (1 + jnp.abs(q))) & (z.real > edge - left) & (z.real < high) & (z.imag > -depth) & (z.imag < apart)
        twins = (jnp.abs(z[:, None] - z) < apart * (1 + jnp.abs(z))) & good
        good &= ~jnp.any(jnp.tril(twins, -1), axis=-1)
        order = jnp.argsort(jnp.where(good, -z.imag, jnp.inf))[:slots]
        return jnp.where(good[order], z[order], edge + 1.0 - 1.0j), 1.0 * good[order]  # a mask of numbers: they have tangents

    tiny = jnp.finfo(starts.real.dtype).tiny
    z, found = implicit(f, find, jnp.zeros(slots, starts.dtype))
    return z, jnp.where(found > 0, 1 / slope(f, z)[1], 0.0), found > 0
