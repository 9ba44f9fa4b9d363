"""`Stepped`: Runge-Kutta in equal steps, against closed forms, diffrax and differences."""

import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float

import jaxqb as qb
from jaxqb.algebra import runge_kutta, verner
from jaxqb.compiled import options
from jaxqb.errors import MethodError, Status, ToleranceError
from jaxqb.laws import AbstractDifferentialLaw
from jaxqb.methods import Figures

SAVE = ("energy", "total_energy", "instantaneous_power", "correlations")
PRECISE = qb.Adaptive(rtol=1e-12, atol=1e-13)
HARD = (0.0, 0.3, 0.31, 2.0, 3.7, 3.7001, 6.0)  # in no ratio to any step


class Growth(AbstractDifferentialLaw):
    """Logistic equations, beside a number that decays as its own square: ``p' = a p (1 - p)``, ``q' = -q^2``."""

    rates: Float[Array, " n"]
    begin: tuple[Float[Array, " n"], Float[Array, ""]]
    speed: Float[Array, ""]

    exact: ClassVar[bool] = True
    linear: ClassVar[bool] = False

    def valid(self) -> Any:
        return True

    @property
    def start(self) -> Any:
        return self.begin

    def field(self, y: Any) -> Any:
        p, q = y
        return self.rates * p * (1 - p), -(q**2)

    def radius(self) -> Any:
        return self.speed

    def pace(self) -> Any:
        return self.speed

    def state(self, y: Any) -> Any:
        return y

    def exactly(self, t: Any) -> dict[str, Any]:
        """The solution, and its slope."""
        grown = self.begin[0] * jnp.exp(self.rates * t)
        p, q = grown / (1 - self.begin[0] + grown), self.begin[1] / (1 + self.begin[1] * t)
        return {"p": p, "both": (p + 1j * q) * q, "slope": self.rates * p * (1 - p)}


RATES = np.array([0.3, -0.8, 1.7])
LAW = Growth(jnp.asarray(RATES), (jnp.array([0.2, 0.9, 0.01]), jnp.asarray(0.7)), jnp.asarray(1.7))
PLAIN = {"p": lambda _, state: state[0], "both": lambda _, state: (state[0] + 1j * state[1]) * state[1]}


quickly = partial(eqx.filter_jit, compiler_options=options(0))


def solve(law: Growth, ts: Any, smooth: bool = True, **options: Any) -> tuple[dict[str, Any], Any]:
    """All figures, and whether they are accurate."""
    figures = Figures(PLAIN, {"slope": PLAIN["p"]}, smooth=smooth)
    return qb.Stepped(**options).prepare(law).values(figures, None, jnp.asarray(ts))


solved = quickly(solve)


def known(law: Growth, ts: Any) -> dict[str, Any]:
    return jax.vmap(law.exactly)(jnp.asarray(ts))


def assert_close(one: Any, other: Any, within: float) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=within), one, other)


# ---------------------------------------------------------------------------------------------- the formula


@cache
def trees(order: int) -> list[tuple]:
    """Rooted trees, as tuples of branches."""

    def forests(order: int, largest: int) -> set[tuple]:
        whole = {()} if order == 0 else set()
        for size in range(1, min(order, largest) + 1):
            rest = forests(order - size, size)
            whole |= {tuple(sorted((*forest, tree))) for tree in trees(size) for forest in rest}
        return whole

    return sorted(forests(order - 1, order - 1))


def size(tree: tuple) -> int:
    return 1 + sum(map(size, tree))


def density(tree: tuple) -> int:
    return size(tree) * int(np.prod([density(branch) for branch in tree]))


def weight(tree: tuple, stages: np.ndarray) -> np.ndarray:
    """Elementary weights of all stages."""
    return np.prod([stages @ weight(branch, stages) for branch in tree], axis=0) * np.ones(len(stages))


@pytest.mark.parametrize(("row", "order"), [(10, 7), (11, 6)])
def test_coefficients_meet_all_conditions_of_their_order(row: int, order: int) -> None:
    stages, weights = verner.TABLE[:10], verner.TABLE[row]
    counted = [len(trees(n)) for n in range(1, order + 1)]
    assert counted == [1, 1, 2, 4, 9, 20, 48][:order]
    for n in range(1, order + 1):
        for tree in trees(n):
            assert weights @ weight(tree, stages) == pytest.approx(float(Fraction(1, density(tree))), abs=2e-14)
    assert max(abs(weights @ weight(tree, stages) - 1 / density(tree)) for tree in trees(order + 1)) > 1e-6


# --------------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize("smooth", [True, False])
@pytest.mark.parametrize("tolerance", [1e-9, 1e-13])
def test_against_closed_forms(smooth: bool, tolerance: float) -> None:
    """Steps of 0.6 at 1e-9 and of 0.15 at 1e-13: at other times what is between them is no worse."""
    found, good = solved(LAW, HARD, smooth, tolerance=tolerance)
    assert good
    assert_close(found, known(LAW, HARD), 10 * tolerance + 1e-14)


@pytest.mark.parametrize("smooth", [True, False])
def test_any_times(smooth: bool) -> None:
    """One alone, the start alone, all within a step, and far apart."""
    alone = ([0.0], [0.5], [7.0])
    together = ([0.2, 0.3, 0.31, 0.32, 0.4, 0.5, 0.52], [0.0, 1e-9, 1.0, 5.0, 50.0, 50.1, 90.0])
    for ts in (*alone, *together) if smooth else together:
        found, good = solved(LAW, ts, smooth)
        assert good
        assert_close(found, known(LAW, ts), 2e-9)


def test_more_figures_than_are_added_at_once() -> None:
    """Times are taken in blocks of two, the last of which overlaps."""
    law = Growth(jnp.linspace(-1, 2, 400), (jnp.full(400, 0.3), jnp.asarray(0.4)), jnp.asarray(2.0))
    ts = np.array([0.0, 0.1, 0.2, 0.21, 0.5, 1.0, 1.5, 1.6, 1.61, 1.62, 2.7])
    assert_close(solved(law, ts)[0], known(law, ts), 2e-9)


@quickly
def curves(chain: Any, ts: Any, law: str, method: Any) -> Any:
    return qb.evolve(chain, ts, SAVE if law == "closure" else SAVE[:3], law=chain.laws()[law], method=method)


@pytest.mark.parametrize("law", ["closure", "fermionic"])
def test_chains_against_adaptive_steps(law: str) -> None:
    rng = np.random.default_rng(2)
    ts = np.sort(rng.uniform(0, 40, 17))
    for _ in range(4):
        chain = qb.SpinChain(
            rng.uniform(0.2, 1.5, 5), rng.uniform(0, 0.1, 5), rng.uniform(-0.3, 0.3, 4), initial=rng.uniform(0, 1, 5)
        )
        one, two = (curves(chain, ts, law, method) for method in (qb.Stepped(), PRECISE))
        assert one.status == Status.OK
        assert_close(one.saved, two.saved, 4e-9)


def test_chains_that_are_solved() -> None:
    ts = np.linspace(0, 100, 51)
    apart = qb.evolve(qb.DimerChain(6, 0.25, hopping=0.0), ts).saved["energy"]
    assert_close(apart, 3 * (np.exp(-0.05 * ts) + 0.25 * np.exp(-0.0125 * ts)), 6e-9)
    equal = qb.evolve(qb.SpinChain.uniform(6, hopping=0.4), ts).saved["energy"]
    assert_close(equal, 6 * np.exp(-0.05 * ts), 6e-9)


# ---------------------------------------------------------------------------------------------- derivatives


def weighed(law: Growth, ts: Any, smooth: bool, figures: Callable = solve) -> Any:
    """One number of all figures at all times."""
    found = figures(law, ts, smooth, tolerance=1e-11)[0] if figures is solve else figures(law, ts)
    leaves = [jnp.stack([x.real, x.imag]) if jnp.iscomplexobj(x) else x for x in jax.tree.leaves(found)]
    return sum(jnp.sum(jnp.sin(3.1 * np.arange(x.size).reshape(x.shape)) * x**2) for x in leaves)


MOVED = jax.tree.map(lambda x: x * 0 + 0.3, LAW)


@pytest.mark.parametrize(("smooth", "kept"), [(True, 192), (False, 7)])
def test_derivatives_both_ways(smooth: bool, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By parameters and start, with a state kept for each step, and for every second one."""
    monkeypatch.setattr(runge_kutta, "KEPT", kept)
    law, ts = (Growth(LAW.rates, LAW.begin, jnp.asarray(1.7 if kept > 7 else 1.2)), np.array([0.0, 0.3, 1.7, 2.5]))
    exact = jax.grad(lambda law: weighed(law, ts, smooth, known))(law)
    run = lambda law: weighed(law, ts, smooth)  # noqa: E731
    back = quickly(jax.grad(run))(law)
    assert_close((back.rates, back.begin), (exact.rates, exact.begin), 1e-9)
    ahead = quickly(lambda law: jax.jvp(run, (law,), (MOVED,))[1])(law)
    along = sum(jnp.sum(0.3 * x) for x in jax.tree.leaves((exact.rates, exact.begin)))
    assert ahead == pytest.approx(float(along), abs=1e-9)


def test_derivatives_by_times() -> None:
    ts = jnp.array([0.0, 0.3, 1.7])
    exact = jax.grad(lambda ts: weighed(LAW, ts, True, known))(ts)
    assert_close(quickly(jax.grad(lambda ts: weighed(LAW, ts, True)))(ts), exact, 1e-9)


def test_what_is_not_kept_has_no_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runge_kutta, "KEPT", 3)
    assert np.isnan(quickly(jax.grad(lambda law: weighed(law, np.array([9.0]), True)))(LAW).rates).all()


def test_gradient_of_a_chain_by_all_gaps_and_rates() -> None:
    n, ts = 4, np.array([3.0, 20.0])
    rng = np.random.default_rng(3)

    def figures(x: Any) -> Any:
        chain = qb.SpinChain(x[:n], x[n : 2 * n], x[2 * n :], initial=[1.0, 0.2, 0.9, 0.6])
        return qb.evolve(chain, ts, ["energy", "instantaneous_power"], method=qb.Stepped(1e-12)).saved

    x = np.concatenate([rng.uniform(0.3, 1, n), rng.uniform(0.02, 0.1, n), rng.uniform(-0.2, 0.2, n - 1)])
    run, back, ahead = quickly(figures), quickly(jax.jacrev(figures))(x), quickly(jax.jacfwd(figures))(x)
    assert_close(back, ahead, 1e-10)
    for k in (1, 6, 9):
        at = lambda m, k=k: run(x + m * 1e-3 * np.eye(x.size)[k])  # noqa: E731
        slope = jax.tree.map(lambda a, b, c, d: (8 * (a - b) - (c - d)) / 12e-3, at(1), at(-1), at(2), at(-2))
        assert_close(slope, jax.tree.map(lambda x, k=k: x[:, k], back), 1e-7)


def test_a_second_derivative_is_refused() -> None:
    with pytest.raises(MethodError, match="differentiated once only"):
        by = lambda s: weighed(eqx.tree_at(lambda law: law.rates, LAW, LAW.rates * s), [1.0], True)  # noqa: E731
        jax.eval_shape(jax.grad(jax.grad(by)), 1.0)


def test_batches() -> None:
    """Lanes of different numbers of steps; one that fails leaves the others alone."""
    at = lambda s, q: eqx.tree_at(lambda law: (law.rates, law.speed, law.begin[1]), LAW, (LAW.rates * s, s * 1.7, q))  # noqa: E731
    run = lambda s, q: weighed(at(s, q), np.array([0.5, 3.0]), True)  # noqa: E731
    scales, q = np.array([0.2, 1.0, 3.0]), np.array([0.3, 0.7, 1.1])
    one, slopes = quickly(jax.vmap(jax.value_and_grad(run)))(scales, q)
    exact = [
        jax.value_and_grad(lambda s, q: weighed(at(s, q), np.array([0.5, 3.0]), True, known))(*x)
        for x in zip(scales, q, strict=True)
    ]
    assert_close((one, slopes), tuple(map(jnp.stack, zip(*exact, strict=True))), 1e-9)
    some = quickly(jax.vmap(lambda q: solve(at(1.0, q), (2.0, 3.0), max_steps=400)))
    found, good = some(np.array([0.5, -0.6, 0.7]))
    assert good.tolist() == [True, False, True]  # the second is infinite before t = 2
    assert np.isfinite(found["p"]).all(axis=(1, 2)).tolist() == [True, False, True]
    assert_close(jax.tree.map(lambda x: x[2], found), known(at(1.0, 0.7), [2.0, 3.0]), 2e-9)


# ----------------------------------------------------------------------------------- what cannot be, and what is said


@pytest.mark.parametrize("speed", [0.0, 1e-3, 0.3, 1e4])
def test_a_law_that_is_faster_or_slower_than_it_says(speed: float) -> None:
    law = Growth(jnp.array([-40.0, 25.0, 1.0]), LAW.begin, jnp.asarray(speed))
    found, good = solved(law, HARD)
    assert good
    assert_close(found, known(law, HARD), 5e-8)  # slopes are 40 times values


@pytest.mark.parametrize("speed", [1.0, 1e9, np.inf, np.nan])
def test_a_budget(speed: float) -> None:
    law = Growth(1e3 * LAW.rates, LAW.begin, jnp.asarray(speed))
    found, good = solved(law, HARD, max_steps=300)
    assert not good
    assert all(np.isnan(x).all() for x in found.values())
    solution = qb.evolve(qb.DimerChain(4, 0.5), [0.0, 100.0], method=qb.Stepped(max_steps=20))
    assert solution.status == Status.BUDGET_SPENT and np.isnan(solution.saved["energy"]).all()
    assert "budget was spent; fix: raise max_steps=20, or use method=jaxqb.Adaptive()" in repr(solution)


def test_what_goes_to_infinity_is_not_accurate() -> None:
    law = eqx.tree_at(lambda law: law.begin[1], LAW, jnp.asarray(-0.4))  # q is infinite at t = 2.5
    assert solved(law, (0.0, 2.4), max_steps=20_000)[1]
    assert not solved(law, (0.0, 2.6), max_steps=20_000)[1]


SINGLE = """
import warnings
import numpy as np
import jaxqb as qb
from jaxqb.compiled import options
from jaxqb.errors import ToleranceError

warnings.simplefilter("ignore")
ts = np.linspace(0, 30, 7)
solution = qb.evolve(qb.DimerChain(4, 0.3, hopping=0.0), ts)
assert solution.saved["energy"].dtype == np.float32 and solution.status == 0, solution
off = solution.saved["energy"] - 2 * (np.exp(-0.05 * ts) + 0.3 * np.exp(-0.015 * ts))
assert np.max(np.abs(off)) < 1e-5, off
try:
    qb.evolve(qb.DimerChain(4, 0.3), ts, method=qb.Stepped(1e-9))
except ToleranceError as error:
    assert "tolerance" in str(error) and "jax_enable_x64" in str(error), error
else:
    raise AssertionError("the tolerance is below float32")
"""


def test_single_precision() -> None:
    """It delivers what it says, and refuses what it cannot."""
    subprocess.run([sys.executable, "-c", SINGLE], check=True, timeout=120)


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"tolerance": 0.0}, ToleranceError, "larger than 0"),
        ({"tolerance": float("nan")}, ToleranceError, "larger than 0"),
        ({"max_steps": 0}, MethodError, "at least 1"),
        ({"max_steps": -3}, MethodError, "at least 1"),
    ],
)
def test_bad_input(options: dict[str, Any], kind: type, words: str) -> None:
    with pytest.raises(kind, match=words):
        qb.Stepped(**options)


def test_what_it_solves() -> None:
    assert qb.select_method(qb.DimerChain(4, 0.5).closure()) == qb.Stepped() == qb.select_method(LAW)
    with pytest.raises(ToleranceError, match="at least"):
        qb.Stepped(1e-15).prepare(LAW)
    with pytest.raises(MethodError, match="differential law"):
        qb.Stepped().prepare(qb.WaveguideBattery(1.2, 0.4, 0.3, span=(-2.0, 14.0)).law())


# ------------------------------------------------------------------------------------------------- a search


def test_a_maximum_of_two_spins() -> None:
    """One gives to the other, and back: two spins have no third one, and the closure is exact."""
    high, low, gap = 0.9, 0.1, 0.3

    def exactly(bond: Any) -> tuple[Any, Any]:
        turn = jnp.sqrt(gap**2 + 4 * bond**2)
        return 0.7 * high + low + gap * (high - low) * 4 * bond**2 / turn**2, np.pi / turn

    def found(bond: Any) -> tuple[Any, Any]:
        chain = qb.SpinChain([1.0, 0.7], 0.0, bond, initial=[low, high])
        peak = qb.charge(chain, method=qb.Stepped(1e-11), figures="first_peak").first_peak
        return peak.value, peak.time

    assert_close(
        quickly(jax.value_and_grad(lambda bond: sum(found(bond))))(0.2),
        jax.value_and_grad(lambda bond: sum(exactly(bond)))(0.2),
        1e-7,
    )
    assert_close(quickly(found)(0.2), exactly(0.2), 1e-8)


def test_a_hop_that_fails_leads_nowhere() -> None:
    flow = qb.Stepped(max_steps=9).prepare(LAW)
    hop = quickly(lambda span, moves: flow.hop(flow.stride(span), flow.start, moves))
    y = known(LAW, [1.5])
    np.testing.assert_allclose(hop(jnp.array(1.5), True)[0], y["p"][0], atol=1e-8)
    np.testing.assert_allclose(hop(jnp.array(1.5), False)[0], LAW.begin[0], atol=0)
    back = quickly(lambda y: flow.hop(jnp.array(-1.5), y))(hop(jnp.array(1.5), True))
    np.testing.assert_allclose(back[0], LAW.begin[0], atol=1e-8)
    assert all(np.isnan(leaf).all() for leaf in hop(jnp.array(15.0), True))
