"""The exact law of a chain, and a chain in a cavity, against dense superoperators, QuTiP, closed forms and independent tables."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import qutip
from truth import linear, master
from truth.chain import Spins

import jaxqb as qb
from jaxqb.errors import CutoffError, FieldError, MeritError, Status

N = 4
RNG = np.random.default_rng(3)
GAPS, RATES, BONDS = np.array([1.0, 0.3, -0.55, 0.83]), np.array([0.2, 0.05, 0.1, 0.0]), np.array([0.3, -0.2, 0.25])
CHANCES, AMPLITUDES = np.array([0.9, 1.0, 0.2, 0.6]), np.array([0.5, 0.3j, 0.0, 0.4 - 0.2j])
TIMES = np.linspace(0.0, 9.0, 13)
LINEAR = ["populations", "coherences", "energy"]
FIGURES = ["correlations", "total_energy", "normalised_energy", "ergotropy", "purity", "energy_variance", "capacity"]
STARTS = ["full", "product", "single", "superposed"]


def at(operator: np.ndarray, j: int, n: int = N) -> np.ndarray:
    return master.at(operator, j, n)


LOWER = [at(master.DOWN, j) for j in range(N)]
FREE = sum(g * a.T @ a for g, a in zip(GAPS, LOWER, strict=True))
WHOLE = FREE + sum(b * (x.T @ y + y.T @ x) for b, x, y in zip(BONDS, LOWER[:-1], LOWER[1:], strict=True))


def chain(start: str, collective: float) -> qb.SpinChain:
    norm = np.linalg.norm(AMPLITUDES) if start == "single" else 1.0
    begin = {"full": "full", "product": CHANCES}.get(start, qb.single_excitation(AMPLITUDES / norm))
    return qb.SpinChain(GAPS, RATES, BONDS, collective, begin)


def begin(start: str) -> np.ndarray:
    """The density matrix at t = 0."""
    if start in ("full", "product"):
        chances = CHANCES if start == "product" else np.ones(N)
        return functools.reduce(np.kron, [np.diag([1 - p, p]) for p in chances]).astype(complex)
    c = AMPLITUDES / np.linalg.norm(AMPLITUDES) if start == "single" else AMPLITUDES
    ket = np.eye(2**N)[0] * np.sqrt(max(1 - np.linalg.norm(c) ** 2, 0.0)) + 0j
    for amplitude, a in zip(c, LOWER, strict=True):
        ket += amplitude * a.T[:, 0]
    return np.outer(ket, ket.conj())


@functools.cache
def generator(collective: float) -> np.ndarray:
    return master.generator(WHOLE, [*LOWER, sum(LOWER)], [*RATES, collective])


def spectrum(battery: Any, state: Any) -> Any:
    return state.battery().spectrum()[0]


def levels(battery: Any, state: Any) -> Any:
    return state.battery().populations()


EVERY: dict[str, Any] = {name: name for name in FIGURES} | {"spectrum": spectrum, "levels": levels}


def wanted(rhos: np.ndarray) -> dict[str, np.ndarray]:
    """All figures of density matrices."""
    mean = lambda operator: np.einsum("tij,ji->t", rhos, operator)  # noqa: E731
    pairs = np.array([[mean(a.T @ b) for b in LOWER] for a in LOWER]).transpose(2, 0, 1)
    values = np.linalg.eigvalsh(rhos)
    number = sum(a.T @ a for a in LOWER)
    energy, total = mean(FREE).real, mean(WHOLE).real
    top, low = np.sort(np.diagonal(FREE))[::-1], np.sort(np.diagonal(FREE))
    return {
        "populations": 2 * np.real(np.diagonal(pairs, axis1=1, axis2=2)) - 1,
        "coherences": np.array([mean(a) for a in LOWER]).T,
        "energy": energy,
        "correlations": pairs,
        "total_energy": total,
        "normalised_energy": 2 * total / GAPS.sum() - 1,
        "ergotropy": energy - values[:, ::-1] @ low,
        "purity": np.sum(values**2, axis=1),
        "energy_variance": mean(FREE @ FREE).real - energy**2,
        "capacity": values @ (low - top),
        "spectrum": values,
        "levels": np.array([mean(np.diag(np.diagonal(number) == m)).real for m in range(N + 1)]).T,
    }


@pytest.mark.parametrize(
    ("start", "collective"), [("product", 0.0), ("product", 0.15), ("full", 0.15), ("superposed", 0.15), ("single", 0.0)]
)
def test_against_dense_matrices(start: str, collective: float) -> None:
    """Every figure, by moments and by states; positivity and trace lie in the spectrum."""
    battery = chain(start, collective)
    truth = wanted(master.evolve(generator(collective), begin(start), TIMES))
    by_moments: dict[str, Any] = {name: name for name in LINEAR}
    ways = {"full": [by_moments], "single": [by_moments], "product": [EVERY], "superposed": [by_moments, EVERY]}[start]
    for save in ways:
        sol = qb.evolve(battery, TIMES, save, law=battery.exact(), method=qb.Chebyshev())
        assert sol.status == Status.OK and sol.law == "sectors"
        for name, values in sol.saved.items():
            values = np.sort(values, axis=1) if name == "spectrum" else values
            np.testing.assert_allclose(values, truth[name], rtol=0, atol=3e-13, err_msg=name)


@pytest.mark.parametrize("start", ["full", "superposed"])
def test_generator(start: str) -> None:
    """Its eigenvalues, its transpose, and the bounds of its numerical range, which hold and are not far off."""
    law = chain(start, 0.15).exact()

    @jax.jit
    def look(law, units):
        c = law.coefficients()
        fields = [jax.vmap(lambda u, c=c: law.apply(c, u), out_axes=1)(units) for c in (c, law.transposed(c))]
        return *fields, jnp.stack(law.extent())

    matrix, back, extent = map(np.array, look(law, jnp.eye(law.numbers())))
    np.testing.assert_allclose(back, matrix.T, rtol=0, atol=1e-15)
    real, imaginary = np.linalg.eigvalsh((matrix + matrix.T) / 2), np.linalg.eigvalsh((matrix - matrix.T) / 2j)
    reached = np.array([-real[0], real[-1], imaginary[-1]])
    assert np.all(reached <= extent + 1e-12)
    assert start != "full" or np.all(extent[::2] <= 1.5 * reached[::2])
    # the same numbers are the eigenvalues of a part of the dense superoperator
    dense = np.linalg.eigvals(generator(0.15))
    for value in np.linalg.eigvals(matrix):
        assert np.min(np.abs(dense - value)) < 1e-6  # next to a defective one, the root of rounding


def sparse(operator: Any) -> qutip.Qobj:
    return qutip.Qobj(operator).to("csr")


def test_against_qutip() -> None:
    spins = Spins(
        np.array([1.0, 0.4, 0.7, 0.2, 1.1]), np.array([0.1, 0.02, 0.05, 0.0, 0.2]), np.array([0.2, 0.1, -0.3, 0.15]), 0.1
    )
    lower = list(map(sparse, spins.lowering))
    losses = [np.sqrt(rate) * a for rate, a in zip(spins.rates, lower, strict=True)] + [np.sqrt(spins.collective) * sum(lower)]
    start = sparse(np.outer(np.eye(32)[-1], np.eye(32)[-1]))
    seen = [a.dag() * a for a in lower] + [lower[0].dag() * lower[3]]
    times, options = np.array([0.0, 1.0, 4.0, 12.0]), {"rtol": 1e-11, "atol": 1e-13, "nsteps": 100_000, "progress_bar": ""}
    found = qutip.mesolve(sparse(spins.hamiltonian), start, times, losses, e_ops=seen, options=options).expect
    battery = qb.SpinChain(spins.gaps, spins.rates, spins.bonds, spins.collective)
    saved = qb.evolve(battery, times, ["populations", "correlations"], law=battery.exact()).saved
    np.testing.assert_allclose((saved["populations"].T + 1) / 2, found[:5], rtol=0, atol=1e-8)
    np.testing.assert_allclose(saved["correlations"][:, 0, 3], found[5], rtol=0, atol=1e-8)


NOTED = np.array([5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0])


@functools.cache
def dimer(n: int, ratio: float, hopping: float) -> dict[str, np.ndarray]:
    gaps = np.where(np.arange(n) % 2 == 0, 1.0, ratio)
    battery = qb.SpinChain(gaps, 0.05 * gaps, np.full(n - 1, hopping))
    save: dict[str, Any] = {"energy": "total_energy"} | ({"spectrum": spectrum} if n == 8 else {})
    return jax.tree.map(np.asarray, qb.evolve(battery, NOTED, save, law=battery.exact()).saved)


def shifted(n: int, ratio: float, hopping: float) -> np.ndarray:
    """The part of the capacity that is left."""
    return dimer(n, ratio, hopping)["energy"] / (n * (1 + ratio) / 2)


@pytest.mark.parametrize("hopping", [0.05, 0.2])
def test_equal_spins_decay_as_if_alone(hopping: float) -> None:
    np.testing.assert_allclose(shifted(N, 1.0, hopping), np.exp(-0.05 * NOTED), rtol=0, atol=1e-13)


def test_tables_of_independent_computations() -> None:
    """Of `structured_chain.md`: energies of short chains, and of long ones by their growth with the length."""
    energy = lambda n: 2 * shifted(n, 0.25, 0.05)[4] - 1  # noqa: E731
    np.testing.assert_allclose([energy(4), energy(6)], [-0.54474, -0.54515], rtol=0, atol=5e-6)
    bulk = (dimer(6, 0.25, 0.05)["energy"] - dimer(4, 0.25, 0.05)["energy"]) / 2
    left = (dimer(6, 0.25, 0.05)["energy"] + 74 * bulk) / 50
    np.testing.assert_allclose(2 * left[4] - 1, -0.54593, rtol=0, atol=5e-6)
    excess = left / np.exp(-0.05 * NOTED) - 1
    table = [0.0903, 0.2202, 0.4074, 0.6776, 1.0684, 1.6341, 3.640, 7.854]
    np.testing.assert_allclose(excess[1:], table, rtol=0, atol=5e-4)
    np.testing.assert_allclose(excess[1:7], table[:6], rtol=0, atol=5e-5)


def test_growth_with_the_length() -> None:
    """Of the normalised energy, from 4 to 6 spins and from 6 to 8; and the ergotropy of 8 spins, hopping among their energies."""
    for ratio, hopping, least, most in ((0.25, 0.1, 3e-6, 4.5e-6), (0.8, 0.05, 1.5e-6, 2.5e-6)):
        e = [dimer(n, ratio, hopping)["energy"] for n in (4, 6, 8)]
        change = np.max(np.abs(np.diff(e, 2, axis=0))) / (1 + ratio) * 2  # two spins hold (1 + ratio), E is twice that
        assert least < change < most
    found, n = dimer(8, 0.25, 0.05), 8
    h = np.diag(np.where(np.arange(n) % 2 == 0, 1.0, 0.25)) + 0.05 * (np.eye(n, k=1) + np.eye(n, k=-1))
    sums = functools.reduce(lambda sums, e: np.concatenate([sums, sums + e]), np.linalg.eigvalsh(h), np.zeros(1))
    work = found["energy"] - np.sort(found["spectrum"], axis=1)[:, ::-1] @ np.sort(sums)
    np.testing.assert_allclose(work[[0, 1, 3]] / 5, [0.7215, 0.4883, 0.0811], rtol=0, atol=5e-5)


def test_gradients() -> None:
    """Of the ergotropy by all gaps, rates, bonds and chances, against finite differences."""
    point, when = (GAPS, RATES + 0.02, BONDS, np.array(0.15), CHANCES * 0.9), 3

    def value(p: Any) -> Any:
        battery = qb.SpinChain(*p)
        return qb.evolve(battery, jnp.array([TIMES[when]]), "ergotropy", law=battery.exact()).saved["ergotropy"][0]

    def known(p: Any) -> Any:
        """By the program of `test_against_dense_matrices`."""
        battery = qb.SpinChain(*p)
        return qb.evolve(battery, TIMES, EVERY, law=battery.exact(), method=qb.Chebyshev()).saved["ergotropy"][when]

    for k, part in enumerate(jax.jit(jax.grad(value))(point)):
        way = [np.zeros_like(p) for p in point]
        way[k] = RNG.normal(size=np.shape(part))
        there, back = (known([p + h * w for p, w in zip(point, way, strict=True)]) for h in (1e-5, -1e-5))
        np.testing.assert_allclose(np.sum(part * way[k]), (there - back) / 2e-5, rtol=1e-7, atol=1e-9)


SLOPES = {
    "work": qb.merit.Rate(qb.merit.ergotropy),
    "mean": qb.merit.Average(qb.merit.ergotropy),
    "swing": qb.merit.Rate(qb.merit.capacity),
}


def ahead(total: np.ndarray, rho: np.ndarray, energies: np.ndarray, step: float = 1e-3) -> tuple[float, float]:
    """Slopes of ergotropy and capacity to the right, through six points."""
    rhos = master.evolve(total, rho, step * np.arange(6))
    works, swings = ([f(rho, energies) for rho in rhos] for f in (linear.ergotropy, linear.capacity))
    return tuple(np.polyfit(np.arange(6), values, 5)[-2] / step for values in (works, swings))


@pytest.mark.parametrize("collective", [0.0, 0.15])
@pytest.mark.parametrize("start", ["full", "product", "warm", "single", "superposed"])
def test_slopes_where_eigenvalues_meet(start: str, collective: float) -> None:
    """Of a product state many are one number, of one block and of different ones; of a pure state all but one."""
    n, amplitudes = 3, AMPLITUDES[[0, 1, 3]] * (1 if start == "superposed" else 1 / np.linalg.norm(AMPLITUDES))
    chances = {"full": np.ones(n), "product": np.array([0.5, 1.0, 0.5]), "warm": np.full(n, 0.3)}.get(start)
    lower = [at(master.DOWN, j, n) for j in range(n)]
    free = sum(g * a.T @ a for g, a in zip(GAPS, lower, strict=False))
    whole = free + sum(b * (x.T @ y + y.T @ x) for b, x, y in zip(BONDS, lower, lower[1:], strict=False))
    total = master.generator(whole, [*lower, sum(lower)], [*RATES[:n], collective])
    if chances is None:
        ket = np.eye(2**n)[0] * np.sqrt(max(1 - np.sum(np.abs(amplitudes) ** 2), 0.0))
        ket = ket + sum(c * a.T[:, 0] for c, a in zip(amplitudes, lower, strict=True))
        rho = np.outer(ket, ket.conj())
    else:
        rho = functools.reduce(np.kron, [np.diag([1 - p, p]) for p in chances]).astype(complex)
    initial = qb.single_excitation(amplitudes) if chances is None else chances
    battery = qb.SpinChain(GAPS[:n], RATES[:n], BONDS[: n - 1], collective, initial)
    saved = qb.evolve(battery, [0.0, 1.3], SLOPES, law=battery.exact()).saved
    work, swing = ahead(total, rho, np.diagonal(free))
    assert [saved[name][0] for name in SLOPES] == pytest.approx([work, work, swing], abs=1e-8)
    later = ahead(total, master.evolve(total, rho, [1.3])[0], np.diagonal(free))
    assert [saved["work"][1], saved["swing"][1]] == pytest.approx(later, abs=1e-8)


def test_derivatives_of_the_first_slope() -> None:
    """Of two full spins, one of which decays first: ``-gamma (1 + r)^2``, in batches too."""

    def slope(ratio: Any) -> Any:
        law = (battery := qb.SpinChain.dimer(2, ratio, damping=0.05)).exact()
        work = lambda y: qb.merit.ergotropy.rising(battery, law.state(y))  # noqa: E731
        return jax.jvp(work, (law.start,), (law.field(law.start),))[1]

    ratios = np.array([0.25, 0.7, 1.3])
    values, slopes = jax.jit(jax.vmap(jax.value_and_grad(slope)))(ratios)
    np.testing.assert_allclose(values, -0.05 * (1 + ratios) ** 2, rtol=1e-12)
    np.testing.assert_allclose(slopes, -0.1 * (1 + ratios), rtol=1e-12)


def test_bad_input() -> None:
    with pytest.raises(FieldError, match=r"at most 10 spins.* 14 .* 3\.6 GiB.*chain\.closure\(\).*trajectories"):
        qb.SpinChain.dimer(14, 0.25).exact()
    with pytest.raises(FieldError, match="at most 14 spins"):
        qb.SpinChain.dimer(200, 0.25).exact(most=300)
    large = qb.SpinChain.dimer(12, 0.25)
    assert large.exact(most=12).numbers() == 2704156
    assert "exact" not in large.laws() and "exact" in qb.SpinChain.dimer(10, 0.25).laws()
    with pytest.raises(MeritError, match="charger"):
        qb.evolve(chain("full", 0.0), [1.0], "log_negativity", law=chain("full", 0.0).exact())


def lowering(n: int, modes: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Of spins, and of light."""
    spins = [np.kron(at(master.DOWN, j, n), np.eye(modes)) for j in range(n)]
    return spins, np.kron(np.eye(2**n), np.diag(np.arange(1.0, modes) ** 0.5, 1))


def test_dark_cavity() -> None:
    """Without coupling a cavity changes nothing."""
    battery = qb.SpinChain([1.0, 0.4, 0.7], [0.1, 0.02, 0.05], [0.2, -0.1], 0.0, [1.0, 0.3, 0.8])
    save, times = ["energy", "ergotropy", "purity"], [0.0, 3.0, 10.0]
    alone = qb.evolve(battery, times, save, law=battery.exact()).saved
    inside = qb.evolve(qb.in_cavity(battery, 0.0, loss=0.3), times, save).saved
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=1e-13), alone, inside)


def test_cavity_against_qutip() -> None:
    """Two spins, of which one decays, and light that is lost; and the derivative by everything."""
    n, modes, light = 2, 4, 1
    (one, two), a = lowering(n, modes)
    h = one.T @ one + 0.6 * two.T @ two + 0.2 * (one.T @ two + two.T @ one)
    h = h + 0.3 * ((one + two).T @ a + a.T @ (one + two)) + 0.8 * a.T @ a
    losses = [np.sqrt(0.05) * one, np.sqrt(0.1) * (one + two), np.sqrt(0.2) * a]
    start = np.kron(np.kron(np.diag([0.75, 0.25]), np.diag([1.0, 0.0])), np.diag(np.arange(modes) == light))
    options = {"rtol": 1e-11, "atol": 1e-13, "nsteps": 100_000, "progress_bar": ""}
    seen = [sparse(one.T @ one + 0.6 * two.T @ two)]
    times = np.array([0.0, 1.0, 5.0])
    found = qutip.mesolve(sparse(h), sparse(start), times, list(map(sparse, losses)), e_ops=seen, options=options).expect[0]

    def value(gaps, hopping, coupling, loss):
        battery = qb.SpinChain(gaps, [0.05, 0.0], hopping, 0.1, [0.25, 0.0])
        return qb.evolve(qb.in_cavity(battery, coupling, 0.8, loss, photons=light), times).saved["energy"]

    point = np.array([1.0, 0.6]), np.array([0.2]), np.array(0.3), np.array(0.2)
    np.testing.assert_allclose(value(*point), found, rtol=0, atol=1e-9)
    run = jax.jit(value)
    slopes = jax.jit(jax.grad(lambda *p: value(*p)[2], (0, 1, 2, 3)))(*point)
    for k, slope in enumerate(slopes):
        way = [np.zeros_like(p) for p in point]
        way[k] = RNG.normal(size=np.shape(slope))
        there, back = (run(*(p + h * w for p, w in zip(point, way, strict=True)))[2] for h in (1e-5, -1e-5))
        np.testing.assert_allclose(np.sum(slope * way[k]), (there - back) / 2e-5, rtol=1e-7)


def test_bad_cavity() -> None:
    """Against collective decay, as of `structured_chain.md`: the error falls as one over the loss."""
    battery, rate, times = qb.SpinChain.dimer(3, 0.25), 0.2, np.linspace(0.0, 30.0, 31)
    spins, _ = lowering(3, 4)
    limit = battery.replace(collective_decay=rate)
    bare = qb.evolve(limit, times, "populations", law=limit.exact()).saved["populations"]
    inside = {str(j): qb.merit.Expectation(2 * a.T @ a - np.eye(len(a))) for j, a in enumerate(spins)}
    for loss, error in ((5.0, 0.176), (20.0, 0.043), (80.0, 0.0108)):
        saved = qb.evolve(qb.in_cavity(battery, np.sqrt(rate * loss) / 2, loss=loss), times, inside).saved
        found = np.max(np.abs(np.stack([saved[str(j)] for j in range(3)], axis=1) - bare))
        assert found == pytest.approx(error, rel=0.03)


def test_detuned_cavity() -> None:
    """What light there is follows the spins: ``kappa - 2 i Delta`` (printed ``kappa + i Delta``), here for Delta = kappa / 2."""
    eta, loss, gap = 0.1**0.5, 20.0, 10.0
    start = qb.single_excitation(np.ones(2) / 2**0.5)
    battery = qb.SpinChain([gap, gap], 0.0, 0.0, 0.0, start)
    (one, two), a = lowering(2, 2)
    flow = (one + two).T @ a
    parts = {"re": qb.merit.Expectation((flow + flow.T) / 2), "im": qb.merit.Expectation((flow - flow.T) / 2j)}
    saved = qb.evolve(qb.in_cavity(battery, eta, loss=loss), [5.0, 25.0], {"E": "energy"} | parts).saved
    ratio = (saved["re"] + 1j * saved["im"]) / (2 * saved["E"] / gap)  # the symmetric state: <J+J-> is twice the excitations
    np.testing.assert_allclose(ratio, -2j * eta / (loss - 2j * gap), rtol=0, atol=5e-5)
    decay = np.log(saved["E"][0] / saved["E"][1]) / 20
    assert decay == pytest.approx(2 * 4 * eta**2 * loss / (loss**2 + 4 * gap**2), rel=0.02)


def test_light_that_is_left_out() -> None:
    """Two full spins and a photon need three; what starts with one excitation needs one."""
    pair = qb.SpinChain([1.0, 0.6], 0.05, 0.2)
    battery = qb.in_cavity(pair, 0.3, 0.8, 0.2, photons=1, cutoff=2)
    with pytest.raises(CutoffError, match=r"`cutoff` must hold the light at all times, but .* cutoff=2; fix: use cutoff=3"):
        qb.evolve(battery, [5.0])
    status = jax.jit(lambda loss: qb.evolve(qb.in_cavity(pair, 0.3, 0.8, loss, photons=1, cutoff=2), [5.0]).status)
    assert status(0.2) == Status.UNRESOLVED
    one = pair.replace(initial=[0.7, 0.0])
    assert qb.evolve(qb.in_cavity(one, 0.3, 0.8, 0.2, cutoff=1), [5.0]).status == Status.OK


def test_bad_input_of_a_cavity() -> None:
    battery = qb.SpinChain.dimer(3, 0.25)
    with pytest.raises(FieldError, match=r"512 levels.*8 spins and up to 8 photons have 2304"):
        qb.in_cavity(qb.SpinChain.dimer(8, 0.25), 0.1)
    for name, options in (
        ("coupling", {"coupling": "strong"}),
        ("frequency", {"coupling": 0.1, "frequency": np.nan}),
        ("loss", {"coupling": 0.1, "loss": -1.0}),
        ("photons", {"coupling": 0.1, "photons": 1.5}),
        ("cutoff", {"coupling": 0.1, "photons": 3, "cutoff": 2}),
    ):
        with pytest.raises(FieldError, match=f"`{name}` must"):
            qb.in_cavity(battery, **options)
    with pytest.raises(FieldError, match="chain of spins"):
        qb.in_cavity(qb.SpinCharger(2, 2), 0.1)
