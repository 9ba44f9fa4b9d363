"""Entanglement, ergotropy and populations of the dark-state battery, and `maxima`: against the unstructured master equation
(`truth.dark`), single spins in 2^N, Clebsch-Gordan coefficients, closed forms, and the naive methods that fail."""

import functools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import scipy.sparse as sp
from scipy.linalg import expm
from scipy.sparse.linalg import expm_multiply
from truth import dark

import jaxqb as qb
from jaxqb.algebra import joint, negativity
from jaxqb.errors import FieldError, MeritError, Status, TimesError

TIMES = np.array([0.0, 0.05, 0.3, 2.0])
CASES = [(1, 1, 0.0), (1, 5, 0.0), (2, 10, 0.0), (3, 6, 0.3), (2, 2, 1.5)]
WITHIN = {"joints": 4, "levels": 19}  # of all cases: one program
FULL = qb.merit.ergotropy.with_(space="full")
SAVE = {name: name for name in ("log_negativity", "entanglement_rate", "ergotropy", "level_populations", "energy", "purity")}


def battery(cells: int, chargers: int, n: Any = 0.0, **options: Any) -> qb.DarkStateBattery:
    return qb.DarkStateBattery(cells, chargers, thermal_occupation=n, **(WITHIN | options))


def saved(one: qb.DarkStateBattery) -> dict[str, np.ndarray]:
    sol = qb.evolve(one, TIMES, SAVE | {"full": FULL})
    assert sol.status == Status.OK
    return {name: np.asarray(value) for name, value in sol.saved.items()}


# ------------------------------------------------------------------------------------------------ against brute force


@pytest.mark.parametrize("case", CASES, ids=str)
def test_curves(case: tuple) -> None:
    cells, chargers, n = case
    rho = dark.evolve(cells, chargers, TIMES, n=n)
    slope = (dark.liouvillian(cells, chargers, n=n) @ rho.reshape(len(TIMES), -1).T).T.reshape(rho.shape)
    found = saved(battery(*case))
    weights = np.stack([dark.populations(cells, chargers, x) for x in rho])
    np.testing.assert_allclose(found["level_populations"][:, : cells + 1], weights, rtol=0, atol=1e-13)
    np.testing.assert_allclose(found["level_populations"].sum(axis=1), 1.0, rtol=0, atol=1e-12)
    assert np.all(found["level_populations"] > -1e-15)
    np.testing.assert_allclose(found["purity"], np.sum(weights**2, axis=1), rtol=0, atol=1e-13)
    np.testing.assert_allclose(found["ergotropy"], [dark.ergotropy(x) for x in weights], rtol=0, atol=1e-13)
    np.testing.assert_allclose(
        found["log_negativity"], [dark.log_negativity(cells, chargers, x) for x in rho], rtol=0, atol=2e-13
    )
    rates = [dark.entanglement_rate(cells, chargers, *x) for x in zip(rho[1:], slope[1:], strict=True)]
    np.testing.assert_allclose(found["entanglement_rate"][1:], rates, rtol=0, atol=1e-9)
    assert np.all(found["ergotropy"] <= found["full"] + 1e-14)
    assert np.all(found["full"] <= found["energy"] + 1e-14)


@eqx.filter_jit
def kept(one: qb.DarkStateBattery) -> jax.Array:
    """What stays of entanglement, ergotropy, purity, energy and full ergotropy."""
    state, m = qb.steady_state(one), qb.merit
    return jnp.stack([f(one, state) for f in (m.log_negativity, m.ergotropy, m.purity, m.energy, FULL)])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_steady_states(case: tuple) -> None:
    cells, chargers, n = case
    rho = dark.evolve(cells, chargers, 60.0, n=n)[0]
    weights = dark.populations(cells, chargers, rho)
    wanted = dark.log_negativity(cells, chargers, rho), dark.ergotropy(weights), weights @ weights, weights @ np.arange(cells + 1)
    np.testing.assert_allclose(kept(battery(*case))[:4], np.array(wanted), rtol=0, atol=2e-12)


@eqx.filter_jit
def kept_of_cells(one: qb.DarkStateBattery) -> jax.Array:
    """What stays of energy, entanglement and work, where cells are no collective spin."""
    state = qb.steady_state(one)
    return jnp.stack([f(one, state) for f in (qb.merit.energy, qb.merit.log_negativity, FULL)])


def test_single_spins() -> None:
    """Empty and thermal starts, in the space of all five spins."""
    cells, chargers, n, mean = 2, 3, 0.4, 0.7
    count = cells + chargers
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])

    def at(o: np.ndarray, k: int) -> Any:
        return functools.reduce(sp.kron, [sp.csr_matrix(o) if j == k else sp.identity(2) for j in range(count)]).tocsr()

    down: Any = sum(at(lower, k) for k in range(count))
    one: Any = sp.identity(2**count)
    held = np.sum([at(lower.T @ lower, k).diagonal() for k in range(cells)], axis=0)
    jump: Any = lambda o: 2 * sp.kron(o, o) - sp.kron(o.T @ o, one) - sp.kron(one, o.T @ o)  # noqa: E731
    generator = ((n + 1) * jump(down) + n * jump(down.T)).tocsr()
    levels = np.sort([bin(k).count("1") for k in range(2**cells)])
    for p in (0.0, mean / cells):
        sides = [np.diag([1 - p, p])] * cells + [np.diag([0.0, 1.0])] * chargers
        rho = functools.reduce(np.kron, sides)
        battery = qb.DarkStateBattery(cells, chargers, thermal_occupation=n, battery_excitations=qb.thermal(p * cells))
        found = qb.evolve(battery, TIMES, {"E": "energy", "S": "log_negativity", "W": FULL, "C": "charger_energy"}).saved
        ends = np.asarray(kept_of_cells(battery))
        for k, t in enumerate([*TIMES, 30.0]):
            x = expm_multiply(t * generator, rho.ravel()).reshape(rho.shape)
            shape = (2**cells, 2**chargers)
            turned = x.reshape(shape + shape).transpose(2, 1, 0, 3).reshape(x.shape)
            reduced = np.einsum("ajbj->ab", x.reshape(shape + shape))
            energy = np.diag(x) @ held
            wanted = (
                energy,
                np.log2(np.abs(np.linalg.eigvalsh(turned)).sum()),
                energy - np.linalg.eigvalsh(reduced)[::-1] @ levels,
            )
            got = ends if k == len(TIMES) else [float(found[name][k]) for name in "ESW"]
            np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("start", [1, [0.5, 0.2, 0.3]], ids=str)
def test_other_starts(start: Any) -> None:
    """A Dicke level, and a mixture of them."""
    rho = np.zeros((3, 5, 3, 5))
    weights = [0, 1, 0] if start == 1 else start
    rho[np.arange(3), 4, np.arange(3), 4] = weights
    rho = dark.evolve(2, 4, TIMES, rho.reshape(15, 15).astype(complex), n=0.3)
    one = qb.DarkStateBattery(2, 4, thermal_occupation=0.3, battery_excitations=start)
    found = qb.evolve(one, TIMES, ["energy", "log_negativity", "level_populations"]).saved
    np.testing.assert_allclose(found["level_populations"], [dark.populations(2, 4, x) for x in rho], rtol=0, atol=1e-13)
    np.testing.assert_allclose(found["energy"], found["level_populations"] @ np.arange(3), rtol=0, atol=1e-13)
    np.testing.assert_allclose(found["log_negativity"], [dark.log_negativity(2, 4, x) for x in rho], rtol=0, atol=1e-13)


def test_powers_of_thermal_cells() -> None:
    """`charge` takes derivatives of energies as energies of derivatives; `maxima` looks at the curve."""
    one = qb.DarkStateBattery(2, 6, battery_excitations=qb.thermal(0.4))
    (fastest,) = (x for x in qb.maxima(one, "instantaneous_power", 2.0) if x.value > 0)
    best = qb.charge(one, 2.0).max_instantaneous_power
    np.testing.assert_allclose([best.time, best.value], [fastest.time, fastest.value], rtol=1e-8)


@pytest.mark.peer
def test_against_qutip() -> None:
    import qutip

    cells, chargers, n = 2, 4, 0.3
    sides = [qutip.jmat(cells / 2, "-"), qutip.jmat(chargers / 2, "-")]
    down = qutip.tensor(sides[0], qutip.qeye(chargers + 1)) + qutip.tensor(qutip.qeye(cells + 1), sides[1])
    start = qutip.tensor(qutip.fock_dm(cells + 1, cells), qutip.fock_dm(chargers + 1, 0))  # levels fall
    jumps = [np.sqrt(2 * (n + 1)) * down, np.sqrt(2 * n) * down.dag()]
    path = qutip.mesolve(0 * down, start, TIMES, jumps, options={"atol": 1e-13, "rtol": 1e-12, "nsteps": 100_000}).states
    found = saved(battery(cells, chargers, n))
    for k, rho in enumerate(path):
        weights = np.real(rho.ptrace(0).diag())[::-1]
        np.testing.assert_allclose(found["level_populations"][k, : cells + 1], weights, rtol=0, atol=1e-9)
        norm = np.abs(qutip.partial_transpose(rho, [1, 0]).eigenenergies()).sum()
        # at the start a root of what the solver leaves
        assert found["log_negativity"][k] == pytest.approx(np.log2(norm), abs=1e-9)


# -------------------------------------------------------------------------------------------------------- closed forms


def test_entanglement_that_is_kept() -> None:
    for m in (1, 2, 5, 9):
        found = float(kept(battery(1, m))[0])
        assert found == pytest.approx(np.log2((m + np.sqrt(1 + 4 * m**3 / (m + 1) ** 2)) / (m + 1)), rel=1e-13)
    for cells, value in ((1, 0.5621), (2, 0.8010), (3, 0.9058)):
        assert float(kept(battery(cells, 5 * cells))[0]) == pytest.approx(value, abs=5e-5)


@pytest.mark.slow
def test_entanglement_of_many_cells() -> None:
    """Squeezed thermal light in the limit."""
    s = 1 / 4
    limit = -np.log2(1 + 3 * s + 2 * s**2 - np.sqrt(s**2 + 4 * s * (1 + s) ** 3))
    found = float(kept(qb.DarkStateBattery(80, 400))[0])
    assert found == pytest.approx(1.1255, abs=5e-5)
    assert 0 < limit - found < 1 / 80


@pytest.mark.parametrize(("cells", "work"), [(1, 0.3889), (2, 0.6116), (10, 0.8977)])
def test_work_that_is_kept(cells: int, work: float) -> None:
    found = kept(battery(cells, 5 * cells, joints=11, levels=66))
    assert float(found[1]) / cells == pytest.approx(work, abs=5e-5)
    assert found[1] <= found[4] <= found[3]


def test_energy_of_a_large_battery_makes_no_tables() -> None:
    state = qb.steady_state(qb.DarkStateBattery(10**6, 2 * 10**6))
    assert max(np.size(leaf) for leaf in jax.tree.leaves(state)) < 100


@pytest.mark.parametrize("sizes", [(1, 5), (2, 10), (3, 9)], ids=str)
def test_the_first_slope(sizes: tuple[int, int]) -> None:
    """To the right, where all eigenvalues of the partial transpose but one vanish."""
    cells, chargers = sizes
    wanted = 2 / np.log(2) * (np.sqrt(chargers**2 + cells * chargers) - chargers)
    assert saved(battery(*sizes))["entanglement_rate"][0] == pytest.approx(wanted, rel=1e-13)
    early = qb.evolve(battery(*sizes), np.array([1e-9, 1e-7, 1e-6, 1e-5]), SAVE | {"full": FULL}).saved["entanglement_rate"]
    assert np.all(np.diff(early) < 0)
    np.testing.assert_allclose(early, wanted, rtol=1e-3)


@pytest.mark.parametrize(("cells", "n"), [(2, 0.2), (3, 0.4)])
def test_the_first_work(cells: int, n: float) -> None:
    """None: what comes into an empty battery is passive at first, and so is what leaves the charger's bath."""
    save = {"W": qb.merit.Rate(qb.merit.ergotropy), "full": qb.merit.Rate(FULL), "E": qb.merit.instantaneous_power}
    rates = qb.evolve(battery(cells, 6, n), [0.0], save).saved
    assert rates["E"][0] > 0.1
    assert [rates["W"][0], rates["full"][0]] == pytest.approx([0.0, 0.0], abs=1e-12)


@pytest.mark.parametrize("sizes", [(1, 1), (3, 15), (5, 5), (10, 50)], ids=str)
def test_product_states(sizes: tuple[int, int]) -> None:
    """Signs and digits of Clebsch-Gordan coefficients, by Racah's sum; padding is zero."""
    cells, chargers = sizes
    every = 1 if cells < 10 else 7  # levels
    b, c, f = mpmath.mpf(cells) / 2, mpmath.mpf(chargers) / 2, mpmath.factorial

    def coefficient(k: int, m: int, e: int) -> mpmath.mpf:
        j, mb, mc = c - b + k, m - b, e - m - c
        front = (2 * j + 1) * f(j + b - c) * f(j - b + c) * f(b + c - j) / f(b + c + j + 1)
        front *= f(j + mb + mc) * f(j - mb - mc) * f(b - mb) * f(b + mb) * f(c - mc) * f(c + mc)
        total = mpmath.mpf(0)
        for i in range(cells + chargers + 1):
            parts = (i, b + c - j - i, b - mb - i, c + mc - i, j - c + mb + i, j - b - mc + i)
            if min(parts) >= 0:
                total += (-1) ** i / mpmath.fprod(map(f, parts))
        return mpmath.sqrt(front) * total

    wanted = np.zeros((cells + 3, cells + chargers + 1, cells + 3))
    with mpmath.workdps(60):
        signs = [mpmath.sign(coefficient(k, 0, chargers)) for k in range(cells + 1)]
        for k in range(cells + 1):
            for e in range(cells - k, chargers + k + 1):
                if e % every:
                    continue
                for m in range(max(0, e - chargers), min(cells, e) + 1):
                    wanted[k, e, m] = signs[k] * coefficient(k, m, e)
    e, m = jnp.arange(cells + chargers + 1.0)[:, None], jnp.arange(cells + 3.0)
    found = np.asarray(jax.jit(joint.product, static_argnums=0)(cells + 3, m, e, 1.0 * cells, 1.0 * chargers))
    found, wanted = found[:, ::every], wanted[:, ::every]
    clear = np.abs(wanted) > 1e-40  # the others vanish by symmetry
    np.testing.assert_allclose(found[clear], wanted[clear], rtol=2e-13)
    np.testing.assert_allclose(found[~clear], 0.0, rtol=0, atol=1e-15)


def test_the_start_is_a_product() -> None:
    """Without coherence between different J the battery would not begin empty."""
    law = eqx.filter_jit(lambda one: one.law())(battery(2, 10))
    held = eqx.filter_jit(lambda law, r: law.state(r).battery_excitations())
    assert float(held(law, law.start)) == pytest.approx(0.0, abs=1e-14)
    assert float(held(law, law.start.at[law.joints :].set(0.0))) > 0.1


# --------------------------------------------------------------------------------------------------- slopes and gradients


def test_slopes_of_trace_norms() -> None:
    """Random Hermitian blocks, full or deficient in rank, against small steps to the right."""
    rng = np.random.default_rng(1)
    hermitian = lambda n: (x := rng.normal(size=(3, n, n)) + 1j * rng.normal(size=(3, n, n))) + x.conj().swapaxes(1, 2)  # noqa: E731
    way = hermitian(4)
    norm = lambda x: np.abs(np.linalg.eigvalsh(x)).sum()  # noqa: E731
    v = rng.normal(size=(3, 4, 2))
    for blocks in (hermitian(4), v @ v.swapaxes(1, 2) + 0j, np.zeros((3, 4, 4), complex)):
        slope, t = float(negativity.slope(jnp.asarray(blocks), jnp.asarray(way))), 1e-5
        assert slope == pytest.approx(
            (-3 * norm(blocks) + 4 * norm(blocks + t * way) - norm(blocks + 2 * t * way)) / 2 / t, rel=1e-7
        )
    x, v = jnp.asarray(hermitian(4)), jnp.asarray(way)
    bend = float(jax.jvp(lambda x: negativity.slope(x, v), (x,), (v,))[1])
    t = 1e-4
    assert bend == pytest.approx((norm(x + t * v) - 2 * norm(x) + norm(x - t * v)) / t**2, rel=1e-5)


@functools.partial(jax.jit, static_argnums=0)
def figures(sizes: tuple[int, int], x: jax.Array) -> jax.Array:
    """Entanglement, its rate and work, by decay rate and occupation."""
    times = jnp.array([0.0, 0.03, 0.12])
    found = qb.evolve(battery(*sizes, n=x[1], decay_rate=x[0]), times, ["log_negativity", "entanglement_rate", "ergotropy"]).saved
    return jnp.stack([found["log_negativity"], found["entanglement_rate"], found["ergotropy"]])


@functools.cache
def slopes() -> list[Any]:
    """In both modes, compiled once."""
    return [jax.jit(d(functools.partial(figures, (2, 10)))) for d in (jax.jacrev, jax.jacfwd)]


@pytest.mark.parametrize("occupation", [0.3, 0.0])
def test_derivatives(occupation: float) -> None:
    x = jnp.array([1.1, occupation])
    reverse, forward = (derivative(x) for derivative in slopes())
    np.testing.assert_allclose(reverse, forward, rtol=0, atol=1e-12)
    for k, step in enumerate(np.eye(2) * 1e-4):
        f = lambda s: np.asarray(figures((2, 10), x + s * step))  # noqa: B023, E731
        one_sided = occupation == 0 and k == 1
        slope = (-11 * f(0) + 18 * f(1) - 9 * f(2) + 2 * f(3)) / 6 if one_sided else (8 * (f(1) - f(-1)) - f(2) + f(-2)) / 12
        np.testing.assert_allclose(reverse[..., k], slope / 1e-4, rtol=0, atol=1e-6)


# ---------------------------------------------------------------------------------------------------------------- traps


@pytest.mark.parametrize("sizes", [(3, 7), (2, 100), (3, 150)], ids=str)
def test_contours_and_diagonalisation_fail_on_a_ladder(sizes: tuple[int, int]) -> None:
    """A ladder's generator is far from normal: Talbot's contour is fine for few spins only, eigenvectors for none."""
    cells, chargers = sizes
    t = 1.0 / chargers
    law = eqx.filter_jit(lambda one: one.law())(qb.DarkStateBattery(cells, chargers))
    found = eqx.filter_jit(lambda law: qb.Uniformization().prepare(law).hop(t, law.start))(law)[cells]  # of the largest J
    e = np.arange(cells + chargers + 1.0)
    rates = 2 * e * (cells + chargers - e + 1)
    generator, start = np.diag(-rates) + np.diag(rates[1:], 1), np.asarray(law.start)[cells]
    exact = expm(t * generator) @ start  # no subtractions in its squarings
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-13 * start.sum())
    off = lambda x: np.abs(x - exact).max() / start.sum()  # noqa: E731
    contour, eigenvectors = off(_talbot(generator, start, t)), off(_diagonalised(generator, start, t))
    assert contour < 1e-9 if chargers < 10 else contour > 0.1
    assert not eigenvectors < 0.1


def _talbot(generator: np.ndarray, start: np.ndarray, t: float, nodes: int = 24) -> np.ndarray:
    """Source: J. A. C. Weideman, SIAM J. Numer. Anal. 44, 2342 (2006)."""
    angles = np.arange(1, nodes, 2) * np.pi / nodes
    z = nodes * (0.5017 * angles / np.tan(0.6407 * angles) - 0.6122 + 0.2645j * angles)
    dz = 0.5017 / np.tan(0.6407 * angles) - 0.5017 * 0.6407 * angles / np.sin(0.6407 * angles) ** 2 + 0.2645j
    resolvent = lambda s: np.linalg.solve(s * np.eye(len(start)) - generator, start.astype(complex))  # noqa: E731
    return np.imag(np.sum([2 * np.exp(a) * b * resolvent(a / t) for a, b in zip(z, dz, strict=True)], axis=0)) / t


def _diagonalised(generator: np.ndarray, start: np.ndarray, t: float) -> np.ndarray:
    values, vectors = np.linalg.eig(generator)
    return vectors @ (np.exp(t * values) * np.linalg.solve(vectors, start))


# --------------------------------------------------------------------------------------------------------------- maxima


@pytest.mark.parametrize(("cells", "value", "lag"), [(1, 0.501, 0.4236), (2, 1.662, 0.1615), (3, 2.765, 0.1232)])
def test_largest_rates(cells: int, value: float, lag: float) -> None:
    one = battery(cells, 5 * cells)
    found = qb.maxima(one, "entanglement_rate", 1.0)
    best = max(found, key=lambda x: x.value)
    assert best.value == pytest.approx(value, abs=5e-4)
    power = qb.charge(one, figures="max_instantaneous_power").max_instantaneous_power
    assert best.time - float(power.time) == pytest.approx(lag, abs=2e-4)
    assert found.falls
    assert found.start == pytest.approx(2 / np.log(2) * cells * (np.sqrt(30) - 5), rel=1e-9)


def test_many_corners_are_no_reason_to_give_up(monkeypatch: Any) -> None:
    """The ergotropy of ten cells has a corner wherever two populations pass each other."""
    cells, window = qb.SpinCharger(10, 10), 2.0
    found = qb.maxima(cells, "ergotropy", window)
    times = np.linspace(0.0, window, 4001)
    curve = np.asarray(qb.evolve(cells, times, "ergotropy").saved["ergotropy"])
    best = max(found, key=lambda x: x.value)
    assert int(found.status) == qb.Status.OK and found.start == pytest.approx(0.0, abs=1e-12)
    assert best.time == pytest.approx(times[curve.argmax()], abs=1e-3) and best.value == pytest.approx(curve.max(), abs=1e-4)
    monkeypatch.setattr(qb.summits, "BUDGET", 20)
    part = qb.maxima(cells, "ergotropy", window)
    assert part.status == qb.Status.BUDGET_SPENT and len(part) == 0 and part.start == pytest.approx(0.0, abs=1e-12)
    assert "take a shorter window" in repr(part)


def test_a_jump_that_grids_miss() -> None:
    """The largest rate lies beside a jump, in which no grid has a point; both sides are known by brute force."""
    one = qb.DarkStateBattery(1, 50)
    found = qb.maxima(one, "entanglement_rate", 0.2)
    smooth, small, best = found
    assert [x.kind for x in found] == ["smooth", "kink", "kink"]
    np.testing.assert_allclose(
        [smooth.value, smooth.time, best.value, best.time], [5.5614, 0.0996, 6.1593, 0.10582], rtol=0, atol=5e-5
    )
    coarse = np.linspace(0.0, 0.2, 129)  # as many times as `maxima` looks at at once
    seen = np.asarray(qb.evolve(one, coarse, ["entanglement_rate"]).saved["entanglement_rate"])
    assert best.value - seen.max() > 0.01
    down, one = sp.csr_matrix(dark.jump(1, 50)), sp.identity(102)
    generator = (2 * sp.kron(down, down) - sp.kron(down.T @ down, one) - sp.kron(one, down.T @ down)).tocsr()
    for kink in (small, best):
        sides = []
        for t in kink.time + np.array([-1e-8, 1e-8]):
            rho = expm_multiply(t * generator, dark.start(1, 50).ravel())
            sides.append(dark.entanglement_rate(1, 50, *(x.reshape(102, 102) for x in (rho, generator @ rho))))
        assert sides[1] == pytest.approx(kink.value, abs=2e-6)
        assert sides[1] - sides[0] > 0.01


@pytest.mark.slow
@pytest.mark.parametrize(("cells", "value", "time"), [(2, 13.3626, 0.05768), (3, 20.5206, 0.04122)])
def test_largest_rates_of_large_chargers(cells: int, value: float, time: float) -> None:
    best = max(qb.maxima(qb.DarkStateBattery(cells, 50 * cells), "entanglement_rate", 0.1), key=lambda x: x.value)
    np.testing.assert_allclose([best.value, best.time], [value, time], rtol=0, atol=5e-5)


def test_maxima_of_other_figures() -> None:
    """Smooth ones of a closed form; a corner; nothing where nothing turns."""
    swing = qb.SpinCharger(1, 1, coupling=0.5)  # E = sin(t / 2)^2
    found = qb.maxima(swing, "energy", 20.0)
    assert [x.kind for x in found] == ["smooth"] * 3
    np.testing.assert_allclose([x.time for x in found], np.pi * np.array([1, 3, 5]), rtol=1e-9)
    np.testing.assert_allclose([x.value for x in found], 1.0, rtol=1e-12)
    (corner,) = qb.maxima(swing, _tent, 3.0)
    assert (corner.kind, corner.value) == ("kink", pytest.approx(0.0, abs=1e-7))
    assert corner.time == pytest.approx(2 * np.arcsin(np.sqrt(0.7)), abs=1e-7)
    still = qb.maxima(qb.SpinCharger(1, 1, coupling=0.0), "energy", 1.0)
    assert (len(still), still.falls, still.start) == (0, False, 0.0)


def _tent(battery: Any, state: Any) -> jax.Array:
    return -jnp.abs(qb.merit.energy(battery, state) - 0.7)


@pytest.mark.parametrize(
    ("make", "error", "names"),
    [
        (
            lambda: qb.evolve(battery(1, 3), [0.1], ["ergotropy"], law=battery(1, 3).law()),
            MeritError,
            ["mean energy", "ladders()"],
        ),
        (lambda: qb.evolve(battery(1, 3), [0.1], ["amplitudes"]), (MeritError, AttributeError), []),
        (lambda: qb.DarkStateBattery(1, 3, battery_excitations=2), FieldError, ["battery_excitations", "at most"]),
        (lambda: qb.DarkStateBattery(1, 3, battery_excitations=qb.coherent(0.5)), FieldError, ["superposed", "thermal"]),
        (lambda: qb.maxima(battery(1, 3), "energy", None), TimesError, ["window"]),
        (lambda: qb.maxima(battery(1, 3), "level_populations", 1.0), MeritError, ["one number"]),
        (lambda: jax.jit(lambda g: qb.maxima(battery(1, 3, decay_rate=g), "energy", 1.0))(1.0), FieldError, ["traced"]),
    ],
)
def test_bad_input(make: Any, error: Any, names: list[str]) -> None:
    with pytest.raises(error) as caught:
        make()
    assert all(name in str(caught.value) for name in names), caught.value


@pytest.mark.peer
def test_against_qutip_spin_by_spin() -> None:
    """All 2^5 states of two cells and three charger spins, which know nothing of collective spins."""
    import qutip

    cells, chargers, times = 2, 3, [0.0, 0.1, 0.6]
    spins = cells + chargers
    lower = [qutip.tensor([qutip.destroy(2) if k == site else qutip.qeye(2) for k in range(spins)]) for site in range(spins)]
    start = qutip.tensor([qutip.fock_dm(2, 0)] * cells + [qutip.fock_dm(2, 1)] * chargers)
    options = {"atol": 1e-13, "rtol": 1e-12, "nsteps": 100_000, "progress_bar": ""}
    path = qutip.mesolve(0 * lower[0], start, times, [np.sqrt(2) * sum(lower)], options=options).states
    found = qb.evolve(
        qb.DarkStateBattery(cells, chargers),
        times,
        {"E": "energy", "W": qb.merit.ergotropy.with_(space="full"), "S": "log_negativity"},
    ).saved
    for k, rho in enumerate(path):
        inner = np.sort(rho.ptrace(list(range(cells))).eigenenergies())[::-1]
        energy = sum(qutip.expect(low.dag() * low, rho) for low in lower[:cells])
        norm = np.abs(qutip.partial_transpose(rho, [1] * cells + [0] * chargers).eigenenergies()).sum()
        wanted = [energy, energy - inner @ [0, 1, 1, 2], np.log2(norm)]
        np.testing.assert_allclose([found[name][k] for name in "EWS"], wanted, rtol=0, atol=1e-9)
