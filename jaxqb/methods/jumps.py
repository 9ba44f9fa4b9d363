"""Quantum jumps at random times: means over trajectories, with statistical errors.

Candidates for a jump come at a rate that is never below that of jumps; each is one with the ratio of the two (thinning), so that
waiting times are exact. At candidates, too, what the equations of near correlations do not know is added to the mean, divided by
the candidates' rate: an integral over time by random points, which has no bias, and little noise since little is sampled.
"""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float

from ..algebra.determinants import Determinant, Row, by_particles, exponential, leaving, moved, near, room, without
from ..algebra.gradients import most, undifferentiable
from ..errors import MeritError, MethodError, Status, fail
from ..laws.trajectories import FEW, Trajectories
from .method import EDGE, ERROR, AbstractFlow, AbstractMethod, Figures

FLOOR = 1.0  # least rate of candidates, as a part of the largest rate at which anything moves
REACH = 4.0  # of a step: size of the generator of near correlations times time, at most
LANES = 256  # trajectories at once on an accelerator


class Jumps(AbstractMethod):
    """Quantum-jump trajectories of determinants, for the law that ``chain.trajectories(count, key)`` makes.

    The mean over trajectories is exact but for a statistical error, which `evolve` gives in ``sol.error``.

    Raises:
        MethodError: for any other law; for derivatives.
        MeritError: by `evolve`, for figures that are not linear in the density matrix.

    Source: Dalibard, Castin and Molmer, PRL 68, 580 (1992), https://doi.org/10.1103/PhysRevLett.68.580; Terhal and DiVincenzo,
    PRA 65, 032325 (2002).

    >>> import jax
    >>> import jaxqb as qb
    >>> qb.select_method(qb.SpinChain.uniform(40).trajectories(500, jax.random.key(0)))
    Jumps()
    """

    def prepare(self, law: Any) -> "JumpsFlow":
        """Nothing to prepare."""
        if not isinstance(law, Trajectories):
            fail(MethodError, "Jumps", "be given trajectories", f"this is {type(law).__name__}", "leave `method` out")
        return JumpsFlow(law)


class Walk(NamedTuple):
    """Where a trajectory is: its state, the mean so far (laid, see `Trajectories.laid`), and what was seen."""

    t: Float[Array, ""]
    event: Any
    d: Determinant
    rate: Float[Array, ""]
    re: Float[Array, " l"]
    im: Float[Array, " l"]
    k: Any
    seen: Float[Array, "t 2 d n"]


class JumpsFlow(AbstractFlow):
    """Trajectories."""

    law: Trajectories

    @property
    def solved(self) -> Status:
        """Errors are known as well as the sample is large."""
        return Status.OK if self.law.count >= FEW else Status.TOO_FEW

    def values(self, figures: Figures, battery: Any, ts: Float[Array, " t"]) -> tuple[dict[str, Any], Any]:
        """Means, and under the name `ERROR` their standard errors."""
        if not figures.smooth or figures.rates:
            named = ", ".join(name for name in figures.plain | figures.rates if name != EDGE)
            but = f"not all of {named} are, and means over trajectories are known of no others"
            fix = "save e.g. merit.energy and merit.populations, or use law=chain.exact()"
            fail(MeritError, "save", "hold figures that are linear in the density matrix", but, fix)
        what, fix = "evolve(..., law=chain.trajectories(...))", "use another law, or differences with the same key"
        flow, battery, ts = undifferentiable((self, battery, ts), what, fix)
        law, count = flow.law, flow.law.count
        lanes = 1 if jax.default_backend() == "cpu" else min(LANES, count)  # one by one, only what is chosen is computed

        def one(i: Any) -> Any:
            seen = _walk(law, jax.random.fold_in(law.key, i), ts)
            return jax.vmap(lambda y: figures.at(flow, battery, (y[0], y[1])))(seen)

        many = jax.vmap(one) if lanes > 1 else lambda i: jax.tree.map(lambda x: x[None], one(i[0]))
        nothing = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), jax.eval_shape(one, 0))
        start = jnp.zeros((), ts.dtype), nothing, jax.tree.map(jnp.real, nothing)
        batches = jnp.arange(-(-count // lanes) * lanes).reshape(-1, lanes)
        (_, mean, square), _ = lax.scan(lambda so_far, i: (_pooled(so_far, many(i), i < count), None), start, batches)
        return mean | {ERROR: jax.tree.map(lambda q: jnp.sqrt(q / (count * (count - 1))), square)}, True

    @property
    def start(self) -> Any:
        """A sentence."""
        return at_given_times()

    def window(self, pace: Float[Array, ""]) -> Float[Array, ""]:
        """A sentence."""
        return at_given_times()

    def stride(self, span: Float[Array, ""]) -> Any:
        """A sentence."""
        return at_given_times()

    def hop(self, stride: Any, y: Any, moves: Any = True) -> Any:
        """A sentence."""
        return at_given_times()

    def taylor(self, figure: Any, t: Float[Array, ""], y: Any, order: int) -> tuple[Any, ...]:
        """A sentence."""
        return at_given_times()


def at_given_times() -> Any:
    """The sentence."""
    fix = "use `evolve` with figures such as merit.energy, or another law of the chain"
    fail(MeritError, "law", "be one whose figures have slopes", "means over trajectories are known at given times only", fix)


def _pooled(so_far: Any, new: Any, counts: Bool[Array, " lanes"]) -> Any:
    """How many, their means and sums of squared deviations, with some more."""
    known, mean, square = so_far
    more = jnp.sum(counts.astype(known.dtype))
    total = lambda x: jnp.sum(jnp.where(counts.reshape(-1, *(1,) * (x.ndim - 1)), x, 0), axis=0)  # noqa: E731
    fresh = jax.tree.map(lambda x: total(x) / more, new)
    shift = jax.tree.map(jnp.subtract, fresh, mean)
    mean = jax.tree.map(lambda m, s: m + s * (more / (known + more)), mean, shift)
    deviations = lambda q, x, f, s: q + total(jnp.abs(x - f) ** 2) + jnp.abs(s) ** 2 * (known * more / (known + more))  # noqa: E731
    return known + more, mean, jax.tree.map(deviations, square, new, fresh, shift)


def _walk(law: Trajectories, key: Any, ts: Float[Array, " t"]) -> Float[Array, "t 2 d n"]:
    """One trajectory: near correlations as they are seen at all times."""
    row = law.row()
    d = law.draw(jax.random.fold_in(key, 0))
    re, im = near(d, law.followed + 1)
    mean = [law.laid(part.at[-1].set(last)) for part, last in zip(law.start, (re[-1], im[-1]), strict=True)]
    sound = law.valid() & jnp.isfinite(_size(law, row))
    blank = jnp.full((ts.size, 2, law.followed, law.lattice.n), jnp.nan, ts.dtype)
    begin = Walk(
        t=jnp.zeros((), ts.dtype),
        event=jnp.ones((), int),
        d=d,
        rate=jnp.sum(law.lattice.rates * re[0]),
        re=mean[0],
        im=mean[1],
        k=jnp.where(sound, 0, ts.size),
        seen=blank,
    )
    return lax.while_loop(lambda w: w.k < ts.size, lambda w: _event(law, row, key, ts, w), begin).seen


def _event(law: Trajectories, row: Row, key: Any, ts: Any, w: Walk) -> Walk:
    """Up to the next candidate, or as far as a step goes."""
    rates, rows = law.lattice.rates, law.followed
    draws = jax.random.uniform(jax.random.fold_in(key, w.event), (3,), ts.dtype)
    base, slope = _bound(law, row, w)
    area = -jnp.log1p(-draws[0])
    wait = 2 * area / jnp.maximum(base + jnp.sqrt(base**2 + 2 * slope * area), jnp.finfo(ts.dtype).tiny)
    step = jnp.minimum(row.step(), REACH / _size(law, row))
    end = jnp.minimum(w.t + jnp.minimum(wait, step), ts[-1])
    candidate = w.t + wait <= end
    top = jnp.where(candidate, base + slope * wait, 1.0)

    w = _followed(law, row, ts, w, end)
    d = moved(row, w.d, end - w.t)
    re, im = near(d, rows + 1)
    each = rates * jnp.maximum(re[0], 0.0)
    rate = jnp.sum(each)
    jumps = candidate & (draws[1] * top < rate)
    site = jnp.minimum(jnp.sum(jnp.cumsum(each) <= draws[2] * rate), law.lattice.n - 1)

    mean = law.rows(w.re), law.rows(w.im)
    ahead = [law.laid(jnp.zeros_like(re).at[-1].set(new[-1] - old[-1])) for new, old in zip((re, im), mean, strict=True)]
    unknown = [more + string for more, string in zip(law.apply(*ahead), law.strings(re, im), strict=True)]
    d, re, im = lax.cond(jumps, lambda d, re, im: _fallen(d, re, im, site), lambda *x: x, d, re, im)
    share = candidate / top
    mean = [law.laid((old + share * more).at[-1].set(new[-1])) for old, more, new in zip(mean, unknown, (re, im), strict=True)]
    full = d.holes & (d.count == room(law.lattice.n))
    turned = lambda d: jax.tree.map(functools.partial(jnp.where, full), by_particles(d), d)  # noqa: E731
    d = lax.cond(most(full.astype(int)) > 0, turned, lambda d: d, d)
    return Walk(end, w.event + 1, d, jnp.sum(rates * re[0]), mean[0], mean[1], w.k, w.seen)


def _bound(law: Trajectories, row: Row, w: Walk) -> tuple[Any, Any]:
    r"""A bound on the rate of jumps at a time t ahead, ``base + slope t``.

    Without hopping the rate falls: its derivative is minus a variance. Hopping adds the mean of
    ``sum_j w_j i (c^+_j c_{j+1} - h.c.)`` with ``w_j = bonds_j (gamma_j - gamma_{j+1})``, a matrix of trace zero whose positive
    eigenvalues have squares that sum up to that of w; so n particles, or n holes, make it at most the root of n times that.
    """
    x = law.lattice
    few = jnp.minimum(w.d.particles, x.n - w.d.particles)
    slope = jnp.sqrt(few * jnp.sum((x.bonds * jnp.diff(x.rates)) ** 2))
    return jnp.where(w.d.particles > 0, jnp.maximum(w.rate, FLOOR * row.radius()), 0.0), slope


def _size(law: Trajectories, row: Row) -> Float[Array, ""]:
    """A bound on the generator of near correlations."""
    return 2 * row.radius() + jnp.max(law.lattice.rates)


def _followed(law: Trajectories, row: Row, ts: Any, w: Walk, end: Any) -> Walk:
    """The mean up to a time, seen on the way."""
    late, size = jnp.append(ts, jnp.inf), _size(law, row)

    def leg(carry: Any) -> Any:
        now, k, re, im, seen = carry
        to = jnp.minimum(end, late[k])
        start = law.rows(re), law.rows(im)

        def step(re: Any, im: Any, f: Any) -> Any:
            return tuple(law.laid(a + f * b) for a, b in zip(start, law.apply(re, im), strict=True))

        re, im = exponential(step, (re, im), to - now, size * (to - now))
        rows = jnp.stack([law.rows(re), law.rows(im)])[:, : law.followed]
        seen = lax.dynamic_update_index_in_dim(seen, rows, k, 0)  # what is too early is written over
        return to, k + (late[k] <= to), re, im, seen

    ahead = lambda carry: (carry[0] < end) | (late[carry[1]] <= end)  # noqa: E731
    _, k, re, im, seen = lax.while_loop(ahead, leg, (w.t, w.k, w.re, w.im, w.seen))
    return w._replace(re=re, im=im, k=k, seen=seen)


def _fallen(d: Determinant, re: Any, im: Any, site: Any) -> tuple[Determinant, Any, Any]:
    """After a jump at a site, with near correlations."""
    n = re.shape[1]
    signs = jnp.where(np.arange(n) < site, -1.0, 1.0).astype(re.dtype)
    v = leaving(d, site)
    x, y = (signs * part[:, 0] for part in v)
    ahead = lambda x: jnp.stack([jnp.pad(x, (0, r))[r:] for r in range(re.shape[0])])  # noqa: E731
    flips = signs * ahead(signs)
    return without(d, v, signs), flips * re - x * ahead(x) - y * ahead(y), flips * im - x * ahead(y) + y * ahead(x)
