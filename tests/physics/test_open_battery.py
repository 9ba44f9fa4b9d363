"""Open batteries of every structure against dense superoperators (`truth.master`), QuTiP, and each other."""

import functools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st
from truth import master
from truth.master import DOWN, X, Y, Z, at

import jaxqb as qb
from jaxqb.errors import FieldError, MethodError, Status
from jaxqb.methods.moments import MomentsFlow

N = 3
SITES = range(N)
FLIPS = sum(at(DOWN, i, N) @ at(DOWN.T, i + 1, N) for i in SITES[:-1])
HOP = FLIPS + FLIPS.T
GAPS = sum((1 + 0.3 * i) * at(Z, i, N) / 2 for i in SITES)
FIELD = at(X, 0, N) + 0.5 * at(Y, 1, N)
JUMPS = [at(DOWN, 0, N), at(DOWN, 2, N), at(DOWN.T, 1, N), at(Z, 1, N)]
ODD = at(DOWN, 1, N) + 0.5j * at(Z, 0, N) @ at(X, 2, N)
RATES = np.array([0.3, 0.2, 0.1, 0.25])
ONE = np.diag([0.0, 1.0])
START = np.eye(8)[0b011]
TIMES = np.linspace(0.0, 4.0, 6)
METHODS = [qb.Chebyshev(), qb.Exponential(), qb.Adaptive(rtol=1e-12, atol=1e-13)]
FIGURES = ["energy", "instantaneous_power", "ergotropy", "log_negativity", "purity"]


def case(name: str) -> tuple[qb.OpenBattery, np.ndarray, list[np.ndarray]]:
    """A battery, its Hamiltonian and its jumps."""
    h, jumps, start, gap = HOP + GAPS, JUMPS, START, ONE
    match name:
        case "excitations are conserved":
            pass
        case "nothing is conserved":
            h, jumps = h + 0.3 * FIELD, [*JUMPS[:3], ODD]
        case "dense":
            rng = np.random.default_rng(5)
            a = rng.normal(size=(3, 8, 8)) + 1j * rng.normal(size=(3, 8, 8))
            h, jumps, gap = a[0] + a[0].conj().T, [a[1] / 4, a[2] / 4, *JUMPS[:2]], np.diag([0.3, 2.0, -1.0, 0.4])
            start = a[2] @ a[2].conj().T
            start = start / np.trace(start).real
    return qb.OpenBattery(h, jumps, RATES, gap, start), h, jumps


CASES = ["excitations are conserved", "nothing is conserved", "dense"]


@functools.cache
def truth(name: str) -> dict[str, np.ndarray]:
    battery, h, jumps = case(name)
    total, gap = master.generator(h, jumps, RATES), battery.battery_hamiltonian
    rhos = master.evolve(total, battery.initial, TIMES)
    d, inner = len(gap), [master.reduced(rho, len(gap)) for rho in rhos]
    return {
        "energy": np.array([master.energy(rho, gap) for rho in rhos]),
        "instantaneous_power": np.array([np.real(np.trace(master.reduced(s, d) @ gap)) for s in master.slopes(total, rhos)]),
        "ergotropy": np.array([master.ergotropy(rho, gap) for rho in rhos]),
        "log_negativity": np.array([master.log_negativity(rho, d) for rho in rhos]),
        "purity": np.array([np.real(np.trace(rho @ rho)) for rho in inner]),
        "density": rhos,
    }


def test_slopes_of_work_where_eigenvalues_meet() -> None:
    """Two spins in a pure state, in the most mixed one, and with two eigenvalues on two levels each."""
    gap, save = np.kron(ONE, np.eye(2)) + np.kron(np.eye(2), ONE), {"W": qb.merit.Rate(qb.merit.ergotropy)}
    rng = np.random.default_rng(4)
    turn = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))[0]
    h, jumps = at(X, 0, 2) + 0.5 * at(Y, 1, 2) @ at(Z, 0, 2) + gap, [at(DOWN, 0, 2), at(DOWN + 0.3j * Z, 1, 2), at(Z, 1, 2)]
    total = master.generator(h, jumps, RATES[:3])
    for start in (np.diag([0.0, 0.0, 0.0, 1.0]), np.eye(4) / 4, turn @ np.diag([0.4, 0.4, 0.1, 0.1]) @ turn.conj().T):
        works = [master.ergotropy(rho, gap) for rho in master.evolve(total, start, 1e-3 * np.arange(6))]
        found = qb.evolve(qb.OpenBattery(h, jumps, RATES[:3], gap, start), [0.0], save).saved["W"][0]
        assert found == pytest.approx(np.polyfit(np.arange(6), works, 5)[-2] / 1e-3, abs=1e-8)


def density(battery: Any, state: Any) -> Any:
    return state.density()


@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("name", CASES)
def test_figures(name: str, method: Any) -> None:
    battery = case(name)[0]
    wanted, laws = truth(name), battery.laws()
    within = 2e-10 if isinstance(method, qb.Adaptive) else 2e-13
    for law in laws.values() if isinstance(method, qb.Chebyshev) else list(laws.values())[:1]:
        sol = qb.evolve(battery, TIMES, {name: name for name in FIGURES} | {"density": density}, law=law, method=method)
        assert sol.status == Status.OK
        for figure, values in sol.saved.items():
            np.testing.assert_allclose(values, wanted[figure], rtol=0, atol=within, err_msg=f"{figure}, {law}")


@pytest.mark.parametrize("name", CASES)
def test_moments(name: str) -> None:
    """Linear figures by themselves, which no state is computed for."""
    battery = case(name)[0]
    for law in battery.laws().values():
        sol = qb.evolve(battery, TIMES, FIGURES[:2], law=law, method=qb.Chebyshev())
        for figure, values in sol.saved.items():
            np.testing.assert_allclose(values, truth(name)[figure], rtol=0, atol=2e-13, err_msg=f"{figure}, {law}")


def test_structures() -> None:
    """Conserved excitations leave few numbers, real or imaginary ones of each coherence; else all are reached."""
    few, all_, _ = (case(name)[0] for name in CASES)
    assert list(few.laws()) == ["reachable", "lindblad"]
    assert few.structure.reached == 20  # 1 + 9 + 9 + 1, of 64
    assert list(all_.laws()) == ["lindblad"]


@pytest.mark.parametrize("name", CASES)
def test_superoperator_and_generators(name: str) -> None:
    """The dense matrix on request, every law's field, and its transpose."""
    battery, h, jumps = case(name)
    total = master.generator(h, jumps, RATES)
    np.testing.assert_allclose(battery.superoperator(), total, rtol=0, atol=1e-14)
    for law in battery.laws().values():

        @jax.jit
        def look(law, u):
            c = law.coefficients()
            return law.state(law.field(law.start)).density(), u, law.apply(c, u), law.apply(law.transposed(c), u)

        slope, u, forward, back = look(law, jax.random.normal(jax.random.key(1), np.shape(law.start)))
        np.testing.assert_allclose(slope, master.slopes(total, battery.initial[None])[0], rtol=0, atol=1e-14)
        np.testing.assert_allclose(jnp.sum(u * forward), jnp.sum(u * back), rtol=1e-12)
        if hasattr(law, "generator"):
            np.testing.assert_allclose(law.generator() @ u, forward, rtol=0, atol=1e-13)


def test_against_qutip() -> None:
    battery, h, jumps = case("nothing is conserved")
    options = {"rtol": 1e-12, "atol": 1e-14, "nsteps": 100_000, "progress_bar": ""}
    losses = [np.sqrt(r) * qutip.Qobj(jump) for r, jump in zip(RATES, jumps, strict=True)]
    whole = qutip.Qobj(np.kron(ONE, np.eye(4)))
    found = qutip.mesolve(qutip.Qobj(h), qutip.Qobj(START), TIMES, losses, e_ops=[whole], options=options).expect[0]
    np.testing.assert_allclose(qb.evolve(battery, TIMES).saved["energy"], found, rtol=0, atol=1e-9)
    brought = qb.OpenBattery(qutip.Qobj(h), list(map(qutip.Qobj, jumps)), RATES, qutip.Qobj(ONE), qutip.Qobj(START))
    assert jax.tree.all(jax.tree.map(np.array_equal, brought, battery))


def _random(seed: int, rank: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(4, 4, 4)) + 1j * rng.normal(size=(4, 4, 4))
    half = a[3][:, :rank]
    return a[0] + a[0].conj().T, a[1:3], 10 ** rng.uniform(-3, 1, 2), half @ half.conj().T / np.sum(np.abs(half) ** 2)


@settings(max_examples=300)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_states_stay_states(seed: int, rank: int) -> None:
    """Trace, Hermiticity (it is built in), positivity and 0 <= W <= E of 300 random systems."""
    h, jumps, rates, start = _random(seed, rank)
    battery = qb.OpenBattery(h, jumps, rates, np.diag([0.0, 1.0]), start)
    sol = qb.evolve(battery, [0.1, 3.0], {"rho": density, "E": "energy", "W": "ergotropy"}, method=qb.Chebyshev())
    rho = np.asarray(sol.saved["rho"])
    np.testing.assert_allclose(np.trace(rho, axis1=1, axis2=2), 1, rtol=0, atol=1e-12)
    assert np.linalg.eigvalsh(rho).min() > -1e-10
    assert np.all(sol.saved["W"] > -1e-12)
    assert np.all(sol.saved["W"] < sol.saved["E"] + 1e-12)


STIFF = [((100.0, 50.0, 0.0, 20.0), 5.0), ((0.3, 0.1, 0.2, 0.05), 300.0), ((0.0, 0.0, 0.0, 0.0), 200.0)]


@pytest.mark.parametrize(("rates", "end"), STIFF, ids=["strong", "long", "closed"])
def test_many_windows(rates: tuple[float, ...], end: float) -> None:
    """Series are restarted before rounding is amplified."""
    h, jumps = HOP + GAPS + 0.3 * FIELD, [*JUMPS[:3], ODD]
    battery = qb.OpenBattery(h, jumps, rates, ONE, START)
    rhos = master.evolve(master.generator(h, jumps, rates), np.outer(START, START), [end / 3, end])
    found = qb.evolve(battery, [end / 3, end], {"rho": density}, method=qb.Chebyshev()).saved["rho"]
    np.testing.assert_allclose(found, rhos, rtol=0, atol=2e-12)


# ------------------------------------------------------------------------------------------------- derivatives

PARAMETERS = np.array([0.7, 0.5, 0.3, 0.0, 0.2, 1.3])  # two coefficients, three rates, the battery's gap
SAVED = ("energy", "ergotropy", "log_negativity", "instantaneous_power")


def curves(p: Any, end: float, method: Any, save: tuple[str, ...]) -> jax.Array:
    battery = qb.OpenBattery([HOP, GAPS], JUMPS[:3], p[2:5], ONE * p[5], START, coefficients=p[:2])
    saved = qb.evolve(battery, np.array([0.4, 1.0]) * end, save, method=method).saved
    return jnp.concatenate([saved[name] for name in save])


quickly = functools.partial(jax.jit, static_argnums=(1, 2, 3))


@pytest.mark.parametrize("save", [SAVED[:1], SAVED], ids=["moments", "states"])
def test_gradients(save: tuple[str, ...]) -> None:
    """Forward, backward and by differences; to the right of a rate 0."""
    value, forward, back = (quickly(f(curves)) for f in (lambda f: f, jax.jacfwd, jax.jacrev))
    parameters = PARAMETERS if save == SAVED[:1] else PARAMETERS + 0.1  # at 0 the negativity has eigenvalues that vanish
    found = forward(parameters, 3.0, qb.Chebyshev(), save)
    np.testing.assert_allclose(back(parameters, 3.0, qb.Chebyshev(), save), found, rtol=0, atol=1e-13)
    h = 1e-4 * np.eye(len(parameters))
    at = lambda k, step: np.asarray(value(parameters + step * h[k], 3.0, qb.Chebyshev(), save))  # noqa: E731
    weights = {-2: 1 / 12, -1: -2 / 3, 1: 2 / 3, 2: -1 / 12}
    right = {0: -25 / 12, 1: 4.0, 2: -3.0, 3: 4 / 3, 4: -1 / 4}
    for k, p in enumerate(parameters):
        slope = sum(w * at(k, step) for step, w in (weights if p else right).items()) / 1e-4
        np.testing.assert_allclose(np.asarray(found)[:, k], slope, rtol=0, atol=3e-9)


def test_gradient_over_many_turns() -> None:
    """More blocks of orders than states are kept, against the dense exponential."""
    back = quickly(jax.jacrev(curves))
    ours, other = (back(PARAMETERS, 400.0, method, SAVED[:1]) for method in (qb.Chebyshev(), qb.Exponential()))
    np.testing.assert_allclose(ours, other, rtol=0, atol=1e-9 * np.abs(other).max())


def test_gradient_by_a_whole_operator() -> None:
    def last(h):
        return qb.evolve(qb.OpenBattery(h, JUMPS, RATES, ONE, START), TIMES).saved["energy"][-1]

    value, slope = jax.jit(jax.value_and_grad(last))(HOP + GAPS)
    assert value == pytest.approx(truth("excitations are conserved")["energy"][-1], abs=1e-13)
    rng = np.random.default_rng(3)
    way = rng.normal(size=(8, 8))
    way = way + way.T
    total = lambda x: master.generator(HOP + GAPS + x * way, JUMPS, RATES)  # noqa: E731
    end = lambda x: master.energy(master.evolve(total(x), np.outer(START, START), TIMES[-1:])[0], ONE)  # noqa: E731
    assert float(jnp.sum(slope * way)) == pytest.approx((end(1e-5) - end(-1e-5)) / 2e-5, rel=1e-8)


def test_derivative_by_times_is_the_power() -> None:
    battery = case(CASES[0])[0]
    slope = jax.jit(jax.jacrev(lambda ts: qb.evolve(battery, ts).saved["energy"]))(TIMES)
    np.testing.assert_allclose(slope, np.diag(truth(CASES[0])["instantaneous_power"]), rtol=0, atol=1e-12)


# ---------------------------------------------------------------------------------------------- maxima, and rest


def test_charge_within_a_window() -> None:
    battery = case(CASES[0])[0]
    best = qb.charge(battery, 6.0)
    grid = np.linspace(0, 6, 4001)
    energy = np.asarray(qb.evolve(battery, grid).saved["energy"])
    assert float(best.max_energy.value) == pytest.approx(energy.max(), abs=1e-6)
    assert float(best.max_energy.value) >= energy.max()
    again = qb.evolve(battery, [float(best.max_energy.time)]).saved["energy"][0]
    assert float(best.max_energy.value) == pytest.approx(float(again), abs=1e-13)


def dicke_pair(cells: int, chargers: int, rates: Any) -> qb.OpenBattery:
    """A battery and a charger in one bath, in operators: what `DarkStateBattery` knows the structure of."""
    lower = lambda n: np.diag(np.sqrt(np.arange(1, n + 1) * np.arange(n, 0, -1.0)), 1)  # noqa: E731
    both = np.kron(lower(cells), np.eye(chargers + 1)) + np.kron(np.eye(cells + 1), lower(chargers))
    start = np.eye(len(both))[chargers]
    return qb.OpenBattery(0 * both, [both, both.T], rates, np.diag(np.arange(cells + 1.0)), start)


@pytest.mark.parametrize(("cells", "chargers", "n"), [(1, 5, 0.0), (2, 4, 0.0), (2, 3, 0.4)])
def test_steady_state_keeps_what_is_conserved(cells: int, chargers: int, n: float) -> None:
    """The kernel has as many dimensions as there are joint spins; qutip takes one state of it, whatever the start."""
    battery, dark = dicke_pair(cells, chargers, [2 * (n + 1), 2 * n]), qb.DarkStateBattery(cells, chargers, 1.0, n)
    (state, rest), own = qb.steady_state(battery, report=True), qb.steady_state(dark)
    assert int(rest.multiplicity) == cells + 1
    assert rest.residual < 1e-12
    for figure in (qb.merit.energy, qb.merit.log_negativity):
        assert float(figure(battery, state)) == pytest.approx(float(figure(dark, own)), abs=1e-12)
    if (cells, n) == (1, 0.0):
        assert float(qb.merit.energy(battery, state)) == pytest.approx(25 / 36, abs=1e-13)
        wrong = qutip.steadystate(qutip.Qobj(0 * battery.jumps[0]), [np.sqrt(2) * qutip.Qobj(battery.jumps[0])])
        assert abs(np.real(np.trace(wrong.full() @ np.kron(np.diag([0, 1]), np.eye(6)))) - 25 / 36) > 0.5


def test_steady_state_of_one_bath() -> None:
    """A single kernel: qutip's answer; and its derivatives, against those of late times."""
    battery, h, jumps = case("nothing is conserved")
    state, rest = qb.steady_state(battery, report=True)
    assert int(rest.multiplicity) == 1
    wanted = qutip.steadystate(qutip.Qobj(h), [np.sqrt(r) * qutip.Qobj(jump) for r, jump in zip(RATES, jumps, strict=True)])
    np.testing.assert_allclose(state.density(), wanted.full(), rtol=0, atol=1e-12)

    def held(rates):
        fresh = battery.replace(rates=rates)
        return qb.merit.ergotropy(fresh, qb.steady_state(fresh)) + qb.merit.energy(fresh, qb.steady_state(fresh))

    slope = jax.jit(jax.grad(held))(RATES)
    np.testing.assert_allclose(jax.jit(jax.jacfwd(held))(RATES), slope, rtol=0, atol=1e-13)

    def late(rates):
        rho = master.evolve(master.generator(h, jumps, rates), battery.initial, [400.0])[0]
        return master.energy(rho, ONE) + master.ergotropy(rho, ONE)

    steps = 1e-5 * np.eye(4)
    np.testing.assert_allclose(slope, [(late(RATES + s) - late(RATES - s)) / 2e-5 for s in steps], rtol=0, atol=1e-8)


def test_what_is_reached_may_be_all() -> None:
    """Among the numbers that are reached a battery is right where they are many, too; not of another battery."""
    battery = case(CASES[1])[0]
    assert "reachable" not in battery.laws()
    found, known = (qb.evolve(battery, TIMES, law=law).saved["energy"] for law in (battery.reachable_law(), battery.lindblad()))
    np.testing.assert_allclose(found, known, rtol=0, atol=1e-12)
    with pytest.raises(FieldError, match="this Reachable is of another one"):
        qb.evolve(battery, TIMES, law=battery.replace(rates=2 * battery.rates).reachable_law())


@pytest.mark.parametrize("trace", [0.0, 0.5, 2.0])
def test_a_start_has_trace_1(trace: float) -> None:
    with pytest.raises(FieldError, match=f"trace 1, but it is {trace:g}"):
        pumped().replace(initial=np.diag([trace, 0.0, 0.0, 0.0]))


def test_two_values_share_a_program(compiles) -> None:
    one = case(CASES[0])[0]
    first = qb.evolve(one, TIMES).saved["energy"]
    with compiles(0):
        other = qb.evolve(one.replace(rates=2 * RATES), 1.1 * TIMES).saved["energy"]
    assert not np.allclose(first, other)


# ------------------------------------------------------------------------------------- tables, and better batteries


def pumped(rates: Any = (0.05, 0.05, 0.3), coefficients: Any = (0.4,)) -> qb.OpenBattery:
    """Two spins: a pumped charger beside the battery."""
    down = [at(DOWN, k, 2) for k in (0, 1)]
    hop = down[0].T @ down[1] + down[1].T @ down[0]
    return qb.OpenBattery([hop], [*down, down[1].T], rates, ONE, np.eye(4)[0], coefficients=coefficients)


def work(battery: Any) -> Any:
    return qb.merit.ergotropy(battery, qb.steady_state(battery))


def test_sweep_over_entries() -> None:
    ds = qb.sweep(work, pumped(), {"rates[2]": [0.3, 1.2], "coefficients[0]": [0.2, 0.4]})
    wanted = [[float(work(pumped((0.05, 0.05, r), (c,)))) for c in (0.2, 0.4)] for r in (0.3, 1.2)]
    np.testing.assert_allclose(ds.work, wanted, rtol=0, atol=1e-13)


def test_optimize_over_vectors() -> None:
    """The best pump for a weak exchange lies inside its bounds: brute force finds no better one."""
    best = qb.optimize(work, pumped(), {"rates": ([0.05, 0.05, 0.1], [0.06, 0.06, 5.0])}, starts=2)
    tried = qb.sweep(work, pumped(), {"rates[2]": np.linspace(0.1, 5.0, 99)})
    assert best.status == Status.OK
    np.testing.assert_allclose(best.parameters["rates"][:2], 0.05, rtol=1e-6)
    assert float(best.value) >= float(tried.work.max())
    assert best.parameters["rates"][2] == pytest.approx(float(tried.idxmax("rates[2]").work), abs=0.06)


def test_figures_of_one_s_own_under_jit() -> None:
    save = {"x": lambda battery, state: state.density()[0, 0].real, "H": "total_energy"}
    saved = jax.jit(lambda r: qb.evolve(pumped(r), [1.0], save).saved)(np.array([0.1, 0.2, 0.3]))
    fresh = qb.evolve(pumped((0.1, 0.2, 0.3)), [1.0], save).saved
    for name, value in fresh.items():
        np.testing.assert_allclose(saved[name], value, rtol=0, atol=1e-14)


def test_no_peak_of_what_only_rises() -> None:
    """A pumped spin fills for ever, until its slope is rounding."""
    for method in (qb.Exponential(), qb.Chebyshev()):
        best = qb.charge(qb.OpenBattery(0 * ONE, [DOWN.T], [0.5], ONE, [1.0, 0.0]), method=method)
        assert best.status == Status.NO_PEAK and not best.first_peak.found
        assert float(best.max_average_power.value) == pytest.approx(0.5, rel=1e-9)


def test_closed_systems() -> None:
    """No jumps, or none that does anything: a turning spin, in both forms; and nothing at all, which stays what it is."""
    idle = qb.OpenBattery(X, [0 * X], [0.1], ONE, [1.0, 0.0])
    for battery, wanted in (
        (idle, np.sin([0.3, 2.0]) ** 2),
        (qb.OpenBattery(X, [], [], ONE, [1.0, 0.0]), np.sin([0.3, 2.0]) ** 2),
        (still(), [1.0, 1.0]),
    ):
        for law in battery.laws().values():
            np.testing.assert_allclose(qb.evolve(battery, [0.3, 2.0], law=law).saved["energy"], wanted, rtol=0, atol=1e-14)
    state, rest = qb.steady_state(still(), report=True)
    assert float(qb.merit.energy(still(), state)) == 1
    assert int(rest.multiplicity) == still().structure.reached == 1


def still() -> qb.OpenBattery:
    return qb.OpenBattery(0 * X, [], [], ONE, [0.0, 1.0])


def test_times_on_the_seams_of_windows() -> None:
    """A time that is a window's end but for rounding belongs to one of both windows, and is not before its beginning."""
    h, jumps = HOP + GAPS + 0.3 * FIELD, [*JUMPS[:3], ODD]
    battery = qb.OpenBattery(h, jumps, RATES, ONE, START)
    total = master.generator(h, jumps, RATES)
    end = master.energy(master.evolve(total, np.outer(START, START), [400.0])[0], ONE)
    span = float(MomentsFlow.of(battery.lindblad(), None).span)
    for windows in (7, 49, 77):
        ts = np.linspace(0.0, windows * span * (1 - 1e-9), 2 * windows + 1)
        found = qb.evolve(battery, ts, method=qb.Chebyshev()).saved["energy"]
        np.testing.assert_allclose(found[ts > 200], end, rtol=0, atol=1e-11)


def test_corners_of_the_numerical_range() -> None:
    """A coherence that turns fastest and relaxes fastest."""
    h, jump = np.diag(np.linspace(0, 30, 10)), np.diag(np.linspace(-1, 1, 10))
    start = np.zeros((10, 10))
    start[np.ix_([0, 9], [0, 9])] = 0.5
    battery = qb.OpenBattery(h, [jump], [1.0], np.diag([0.0, 1.0]), start)
    times = np.array([0.5, 3.0, 9.0])
    found = qb.evolve(battery, times, {"rho": density}, law=battery.lindblad(), method=qb.Chebyshev()).saved["rho"]
    np.testing.assert_allclose(found[:, 0, 9], 0.5 * np.exp((30j - 2.0) * times), rtol=0, atol=1e-13)


def test_very_late_times_are_not_made_up() -> None:
    """Squaring an exponential again and again loses all digits at last: NaN, and a status."""
    battery = qb.OpenBattery(0.3 * X, [DOWN], [0.2], ONE, [1.0, 0.0])
    early, late = (qb.evolve(battery, [t], method=qb.Exponential()) for t in (1e5, 1e12))
    assert float(early.saved["energy"][0]) == pytest.approx(float(qb.merit.energy(battery, qb.steady_state(battery))), abs=1e-10)
    assert np.isnan(late.saved["energy"][0]) and late.status == Status.NOT_FINITE


def test_operators_are_structure() -> None:
    battery = case(CASES[0])[0]
    moved = eqx.tree_at(lambda b: b.hamiltonian, battery, battery.hamiltonian + 0.1 * at(X, 0, N))
    assert np.isnan(qb.evolve(moved, [1.0]).saved["energy"][0])
    with pytest.raises(MethodError, match="differentiated once"):
        jax.hessian(lambda t: qb.evolve(battery, t).saved["energy"][0])(jnp.array([1.0]))


def test_derivative_of_level_populations_by_the_gap() -> None:
    def excited(x):
        gap = jnp.array([[0.0, 1.0], [1.0, 0.0]]) * x + ONE
        sol = qb.evolve(qb.OpenBattery(HOP + GAPS, JUMPS, RATES, gap, START), [1.0], {"p": "level_populations"})
        return sol.saved["p"][0, 1]

    assert float(jax.grad(excited)(0.3)) == pytest.approx(float(excited(0.3 + 1e-5) - excited(0.3 - 1e-5)) / 2e-5, rel=1e-7)


def test_gradients_with_dense_jumps() -> None:
    """Jumps of many diagonals act by products, which are not linear in them."""
    rng = np.random.default_rng(8)
    a = rng.normal(size=(3, 4, 4)) + 1j * rng.normal(size=(3, 4, 4))
    start = np.eye(4)[0]

    def last(rates, scale):
        battery = qb.OpenBattery(a[0] + a[0].conj().T, a[1:] * scale, rates, ONE, start)
        return qb.evolve(battery, [0.3, 0.8], method=qb.Chebyshev()).saved["energy"][-1]

    def truth(rates, scale):
        total = master.generator(a[0] + a[0].conj().T, a[1:] * scale, rates)
        return master.energy(master.evolve(total, np.outer(start, start), [0.8])[0], ONE)

    rates, h = np.array([0.4, 0.0]), 1e-5
    by_rates, by_scale = jax.jit(jax.grad(last, (0, 1)))(rates, 0.7)
    forward = jax.jit(jax.jacfwd(last, (0, 1)))(rates, 0.7)
    np.testing.assert_allclose(np.append(*forward), np.append(by_rates, by_scale), rtol=0, atol=1e-13)
    assert float(by_rates[0]) == pytest.approx((truth([0.4 + h, 0.0], 0.7) - truth([0.4 - h, 0.0], 0.7)) / (2 * h), rel=1e-7)
    ahead = [truth([0.4, k * h], 0.7) for k in range(3)]
    assert float(by_rates[1]) == pytest.approx((4 * ahead[1] - 3 * ahead[0] - ahead[2]) / (2 * h), rel=1e-6)
    assert float(by_scale) == pytest.approx((truth(rates, 0.7 + h) - truth(rates, 0.7 - h)) / (2 * h), rel=1e-7)


def test_steady_state_of_what_never_moves() -> None:
    """Losses and gains that cancel but for rounding are no relaxation."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        jumps = [np.diag(rng.normal(size=3)) for _ in range(2)]
        battery = qb.OpenBattery(np.eye(3), jumps, rng.random(2), np.diag([0.0, 1.0, 2.0]), np.eye(3)[seed % 3])
        state, rest = qb.steady_state(battery, report=True)
        assert (float(qb.merit.energy(battery, state)), int(rest.multiplicity)) == (seed % 3, 1)


def test_impossible_numbers_inside_jit_are_no_answer() -> None:
    """Traced rates and starts cannot be checked beforehand."""
    down = np.array([[0.0, 1.0], [0.0, 0.0]])

    @jax.jit
    def energy(rate: Any, excited: Any) -> Any:
        start = jnp.diag(jnp.stack([1 - excited, excited]))
        return qb.evolve(qb.OpenBattery(np.zeros((2, 2)), [down], [rate], down.T @ down, start), [1.0]).saved["energy"][0]

    assert float(energy(0.1, 1.0)) == pytest.approx(np.exp(-0.1), rel=1e-12)
    assert np.isnan(energy(-1.0, 1.0)) and np.isnan(energy(0.1, 2.0))
