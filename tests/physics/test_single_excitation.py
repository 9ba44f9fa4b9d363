"""One excitation on a decaying chain: against exponentials of K, the full Lindblad equation, and what was computed elsewhere."""

import functools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

import jaxqb as qb
from jaxqb.compiled import options
from jaxqb.errors import FieldError, MethodError
from jaxqb.laws.excitation import DimerExcitation, Excitation
from jaxqb.laws.lattice import Lattice, Single

RNG = np.random.default_rng(5)
TIMES = np.array([0.0, 0.4, 7.0, 60.0])
N = 4
GAPS, RATES, BONDS = RNG.uniform(0.2, 1.1, N), RNG.uniform(0.0, 0.1, N), RNG.uniform(-0.2, 0.2, N - 1)
START = np.array([0.3 + 0.1j, 0.5, -0.2j, 0.4 - 0.3j])
COLLECTIVE = 0.7
quickly = functools.partial(eqx.filter_jit, compiler_options=options(0))  # as `evolve` compiles what is small
PRECISE = qb.Adaptive(rtol=1e-12, atol=1e-13)
SAVED = (
    "energy",
    "populations",
    "correlations",
    "coherences",
    "total_energy",
    "ergotropy",
    "capacity",
    "purity",
    "energy_variance",
    "level_populations",
    "instantaneous_power",
)

# ------------------------------------------------------------------------------------------------ truth


def hamiltonian(gaps: np.ndarray, rates: np.ndarray, bonds: np.ndarray, collective: float = 0.0) -> np.ndarray:
    """K, on amplitudes."""
    n = len(gaps)
    return np.diag(gaps - 0.5j * rates) + np.diag(bonds, 1) + np.diag(bonds, -1) - 0.5j * collective * np.ones((n, n))


def amplitudes(k: np.ndarray, start: np.ndarray, times: np.ndarray) -> np.ndarray:
    return np.array([expm(-1j * k * t) @ start for t in times])


def dimer(n: int, ratio: float, damping: float = 0.05, hopping: float = 0.05) -> np.ndarray:
    gaps = np.where(np.arange(n) % 2, ratio, 1.0)
    return hamiltonian(gaps, damping * gaps, np.full(n - 1, hopping))


@functools.cache
def lowering() -> tuple[np.ndarray, ...]:
    """Of each spin, on all 2^N levels."""
    one, down = np.eye(2), np.array([[0.0, 1.0], [0.0, 0.0]])
    return tuple(functools.reduce(np.kron, [down if i == j else one for i in range(N)]) for j in range(N))


def chain_energy(gaps: np.ndarray, bonds: np.ndarray) -> np.ndarray:
    s = lowering()
    hops = [b * (s[j].T @ s[j + 1] + s[j + 1].T @ s[j]) for j, b in enumerate(bonds)]
    return sum(g * s[j].T @ s[j] for j, g in enumerate(gaps)) + sum(hops)


def lindblad(gaps: np.ndarray, rates: np.ndarray, bonds: np.ndarray, collective: float, ket: np.ndarray) -> np.ndarray:
    """Density matrices at TIMES; jumps lead everywhere."""
    s, one = lowering(), np.eye(2**N)
    h = chain_energy(gaps, bonds)
    generator = -1j * (np.kron(h, one) - np.kron(one, h.T))
    for rate, jump in [*zip(rates, s, strict=True), (collective, sum(s))]:
        loss = jump.T @ jump
        generator += rate * (np.kron(jump, jump) - (np.kron(loss, one) + np.kron(one, loss.T)) / 2)
    rho = np.outer(ket, ket.conj()).ravel()
    return np.array([(expm(generator * t) @ rho).reshape(2**N, -1) for t in TIMES])


def figures(rho: np.ndarray, gaps: np.ndarray, bonds: np.ndarray) -> dict[str, Any]:
    s, levels = lowering(), np.diag(chain_energy(gaps, 0 * bonds)).real
    mean = lambda operator: np.trace(operator @ rho)  # noqa: E731
    values = np.linalg.eigvalsh(rho)
    passive, active = values[::-1] @ np.sort(levels), values @ np.sort(levels)
    number = sum(np.diag(x.T @ x) for x in s)
    return {
        "energy": mean(np.diag(levels)).real,
        "populations": [2 * mean(x.T @ x).real - 1 for x in s],
        "correlations": [[mean(x.T @ y) for y in s] for x in s],
        "coherences": [mean(x) for x in s],
        "total_energy": mean(chain_energy(gaps, bonds)).real,
        "ergotropy": mean(np.diag(levels)).real - passive,
        "capacity": active - passive,
        "purity": np.trace(rho @ rho).real,
        "energy_variance": mean(np.diag(levels**2)).real - mean(np.diag(levels)).real ** 2,
        "level_populations": [np.diag(rho)[number == m].sum().real for m in range(N + 1)],
    }


def ket_of(start: np.ndarray) -> np.ndarray:
    """On all levels; the empty chain is level 0."""
    ket = np.zeros(2**N, complex)
    ket[0] = np.sqrt(1 - np.sum(np.abs(start) ** 2))
    for a, s in zip(start, lowering(), strict=True):
        ket += a * s.T[:, 0]
    return ket


# ------------------------------------------------------------------------------------------------ laws


@pytest.mark.parametrize("collective", [0.0, COLLECTIVE])
def test_against_all_levels(collective: float) -> None:
    """Every figure of the sector, ergotropy too, also where spins have negative gaps or decay together."""
    gaps = GAPS if collective else GAPS * [1, -1, 1, 1]
    chain = qb.SpinChain(gaps, RATES, BONDS, collective, initial=qb.single_excitation(START))
    assert type(chain.law()) is Excitation
    found = qb.evolve(chain, TIMES, SAVED).saved
    known = [figures(rho, gaps, BONDS) for rho in lindblad(gaps, RATES, BONDS, collective, ket_of(START))]
    for name in known[0]:
        np.testing.assert_allclose(found[name], [one[name] for one in known], atol=2e-13, err_msg=name)
    k = hamiltonian(gaps, RATES, BONDS, collective)
    a = amplitudes(k, START, TIMES)
    power = 2 * np.sum(gaps * np.imag(a.conj() * (a @ k.T)), axis=1)
    np.testing.assert_allclose(found["instantaneous_power"], power, atol=1e-13)


def lattice(gaps: Any, rates: Any, bond: Any, start: np.ndarray) -> Lattice:
    odd = np.arange(len(start)) % 2
    begin = Single(jnp.stack([jnp.real(start), jnp.imag(start)]))
    return Lattice(jnp.asarray(gaps)[odd], jnp.asarray(rates)[odd], jnp.full(len(start) - 1, bond), jnp.zeros(()), begin, True)


def solved(gaps: Any, rates: Any, bond: Any, start: Any, ts: Any) -> Any:
    law = DimerExcitation.of(lattice(gaps, rates, bond, start))
    y = jax.vmap(lambda t: law.after(law.start, t))(ts)
    return y[:, 0] + 1j * y[:, 1]


closed = quickly(solved)


def exceptional(n: int) -> float:
    """The bond at which both eigenvectors of the first wave coincide, for equal gaps and rates 0.4 and 0."""
    return 0.1 / (2 * np.cos(np.pi / (n + 1)))


@pytest.mark.parametrize("n", [2, 5, 6])
def test_closed_form(n: int) -> None:
    start = RNG.normal(size=n) + 1j * RNG.normal(size=n)
    start /= 1.3 * np.linalg.norm(start)
    times = np.append(TIMES, 900.0)
    for gaps, rates, bond in [
        ((1.0, 0.25), (0.05, 0.0125), 0.05),
        ((1.0, 1.0), (0.05, 0.05), -0.3),
        ((0.7, -0.9), (0.0, 0.0), 2.0),
        ((1.0, 0.6), (0.3, 0.0), 0.0),
        ((1.0, 1.0), (0.4, 0.0), exceptional(n)),
        ((1.0, 1.0), (0.4, 0.0), exceptional(n) * (1 + 1e-9)),
        ((1.0, 1.0), (7.0, 9.0), 1e-3),  # each exponential alone falls below, or would rise above, all numbers
    ]:
        odd = np.arange(n) % 2
        k = hamiltonian(np.array(gaps)[odd], np.array(rates)[odd], np.full(n - 1, bond))
        found = closed(np.array(gaps), np.array(rates), bond, start, times)
        np.testing.assert_allclose(found, amplitudes(k, start, times), atol=1e-12, err_msg=str((gaps, rates, bond)))


@pytest.mark.parametrize("n", [5, 6])
def test_closed_form_at_late_times(n: int) -> None:
    """A closed chain keeps the norm, and comes where the spectrum leads it, for ever."""
    start = np.eye(n)[1]
    a = closed(np.array([1.0, 0.3]), np.zeros(2), 0.4, start, np.array([1e5, 1e6]))
    np.testing.assert_allclose(np.sum(np.abs(a) ** 2, axis=1), 1.0, atol=1e-12)
    w, v = np.linalg.eigh(hamiltonian(np.where(np.arange(n) % 2, 0.3, 1.0), np.zeros(n), np.full(n - 1, 0.4)))
    np.testing.assert_allclose(a[0], v @ (np.exp(-1j * w * 1e5) * v[1]), atol=1e-9)


def test_derivatives_at_an_exceptional_point() -> None:
    n, start = 6, np.full(6, 0.3 + 0.2j)
    point = np.array([1.0, 1.0, 0.4, 0.0, exceptional(n)])
    odd = np.arange(n) % 2
    flat = lambda a: jnp.concatenate([jnp.real(a), jnp.imag(a)]).ravel()  # noqa: E731
    ours = lambda p: flat(solved(p[:2], p[2:4], p[4], start, TIMES))  # noqa: E731

    def truth(p):
        k = hamiltonian(p[:2][odd], p[2:4][odd], np.full(n - 1, p[4]))
        return np.asarray(flat(amplitudes(k, start, TIMES)))

    weights, step = RNG.normal(size=truth(point).size), 1e-5 * np.eye(5)
    known = [weights @ (truth(point + e) - truth(point - e)) / 2e-5 for e in step]
    weighted = lambda p: jnp.asarray(weights) @ ours(p)  # noqa: E731
    back = quickly(jax.grad(weighted))(point)
    np.testing.assert_allclose(back, known, rtol=1e-6, atol=1e-6)
    assert float(quickly(lambda p, v: jax.jvp(weighted, (p,), (v,))[1])(point, point)) == pytest.approx(
        float(point @ back), rel=1e-11
    )


# ------------------------------------------------------------------------------------------------ batteries


def test_routes_agree() -> None:
    n = 5
    start = 0.9 * np.eye(n)[1]
    chain = qb.DimerChain(n, 0.4, hopping=0.2, initial=qb.single_excitation(start))
    assert type(chain.law()) is DimerExcitation and type(chain.replace(hopping=[0.2] * (n - 1)).law()) is Excitation
    assert type(chain.replace(collective_decay=0.1).law()) is Excitation
    known = amplitudes(dimer(n, 0.4, hopping=0.2), start, TIMES)
    for method, error in ((None, 1e-13), (qb.Chebyshev(), 1e-13), (PRECISE, 1e-10)):
        found = qb.evolve(chain, TIMES, ["amplitudes"], method=method).saved["amplitudes"]
        np.testing.assert_allclose(found, known, atol=error)


@pytest.mark.parametrize("method", [None, qb.Chebyshev(), qb.Exponential()])
def test_charge(method: Any) -> None:
    """Half a Rabi cycle carries the excitation from the spin with the smaller gap to the other one."""
    ratio, bond = 0.4, 0.5
    chain = qb.DimerChain(2, ratio, damping=0.0, hopping=bond, initial=qb.single_excitation([0.0, 1.0]))
    peak = qb.charge(chain, figures="first_peak", method=method).first_peak
    turn = np.hypot((1 - ratio) / 2, bond)
    assert float(peak.time) == pytest.approx(np.pi / 2 / turn, rel=1e-9)
    assert float(peak.value) == pytest.approx(ratio + (1 - ratio) * (bond / turn) ** 2, rel=1e-12)


def test_derivatives() -> None:
    """By all gaps, rates, bonds and amplitudes, in both directions, against differences of the truth."""
    times, weights = TIMES[1:], RNG.normal(size=(3, N))

    def kept(gaps, rates, bonds, start):
        chain = qb.SpinChain(gaps, rates, bonds, initial=qb.single_excitation(start))
        return jnp.sum(weights * qb.evolve(chain, times, ["populations"]).saved["populations"])

    def known(gaps, rates, bonds, start):
        a = amplitudes(hamiltonian(gaps, rates, bonds), start, times)
        return np.sum(weights * (2 * np.abs(a) ** 2 - 1))

    point = [GAPS, RATES, BONDS, np.abs(START)]
    back = quickly(jax.grad(kept, argnums=(0, 1, 2, 3)))(*point)
    ways = [RNG.normal(size=x.shape) for x in point]
    along = sum(np.sum(way * slope) for way, slope in zip(ways, back, strict=True))
    ahead = quickly(lambda point, ways: jax.jvp(kept, point, ways)[1])(point, ways)
    assert float(ahead) == pytest.approx(float(along), rel=1e-11)
    for i, x in enumerate(point):
        for j, e in enumerate(1e-5 * np.eye(len(x))):
            ahead, behind = (known(*point[:i], x + s * e, *point[i + 1 :]) for s in (1, -1))
            assert float(back[i][j]) == pytest.approx((ahead - behind) / 2e-5, rel=1e-6, abs=1e-6)


def test_bands_are_one_program(compiles: Any) -> None:
    chain = qb.DimerChain(9, 0.3)
    with compiles(2):  # the other one is for the lattice
        first = chain.bands()
    with compiles(0):
        second = chain.replace(gap_ratio=0.4).bands()
    assert not np.allclose(first.lower, second.lower)


def test_bands() -> None:
    for n in (7, 50):
        chain = qb.DimerChain(n, 0.3, hopping=0.2)
        for printed in (False, True):
            bands = chain.bands(printed)
            known = np.linalg.eigvals(dimer(n, 0.3, 0.1 if printed else 0.05, 0.2))
            found = np.concatenate([bands.lower, bands.upper, bands.middle])
            assert found.shape == known.shape
            np.testing.assert_allclose(np.sort_complex(found), np.sort_complex(known), atol=1e-13)
            np.testing.assert_allclose(bands.k, 2 * np.pi * np.arange(1, n // 2 + 1) / (n + 1))
    slope = quickly(jax.grad(lambda r: jnp.imag(qb.DimerChain(7, r).bands().lower[0])))(0.3)
    rates = lambda r: np.sort(np.linalg.eigvals(dimer(7, r)).imag)  # noqa: E731
    known = (rates(0.3 + 1e-5) - rates(0.3 - 1e-5)) / 2e-5
    assert np.min(np.abs(known - slope)) < 1e-6


# ------------------------------------------------------------------------------------------------ the source's figures


@functools.cache
def fifty(ratio: float) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The chain of Figs. 2 and S2."""
    ts = np.linspace(0, 100, 2001)
    start = np.zeros(50)
    start[[9, 11]] = 0.5
    chain = qb.DimerChain(50, ratio, initial=qb.single_excitation(start))
    saved = qb.evolve(chain, ts, ["populations", "coherences"]).saved
    return ts, {name: np.asarray(value) for name, value in saved.items()}


def test_figure_2() -> None:
    (ts, dimers), (_, equal) = fifty(0.25), fifty(1.0)
    left = [(saved["populations"][:, 9] + 1) / 0.5 for saved in (dimers, equal)]
    assert 1 - left[0][ts == 25] == pytest.approx(0.289, abs=5e-4)  # printed: 40 %
    assert left[1][ts == 25] == pytest.approx(0.070, abs=5e-4)
    assert ts[np.argmax(left[0] - left[1])] == pytest.approx(16.5, abs=0.05)  # printed: about 30


def test_figure_s1() -> None:
    for printed, known in ((False, [0.006464, 0.024786]), (True, [0.012928, 0.049572])):
        bands = qb.DimerChain(50, 0.25).bands(printed)
        np.testing.assert_allclose([-bands.lower[9].imag, -bands.upper[9].imag], known, atol=5e-7)


@pytest.mark.parametrize(("ratio", "known"), [(0.1, -0.961), (0.2, -0.954), (0.4, -0.916), (0.8, -0.671)])
def test_figure_s2(ratio: float, known: float) -> None:
    ts, saved = fifty(ratio)
    late = saved["coherences"].real[ts >= 40]
    assert np.corrcoef(late[:, 9], late[:, 10])[0, 1] == pytest.approx(known, abs=1e-3)


def test_the_printed_frequencies_are_wrong() -> None:
    """With gamma in place of gamma / 2 populations fall twice as fast as the source's own master equation has it."""
    gaps = np.where(np.arange(N) % 2, 0.25, 1.0)
    start = np.array([0.0, 0.5, 0.0, 0.5])
    rhos = lindblad(gaps, 0.05 * gaps, np.full(N - 1, 0.05), 0.0, ket_of(start))
    truth = np.array([figures(rho, gaps, np.full(N - 1, 0.05))["populations"] for rho in rhos])
    right, wrong = (2 * np.abs(amplitudes(dimer(N, 0.25, d), start, TIMES)) ** 2 - 1 for d in (0.05, 0.1))
    assert np.max(np.abs(right - truth)) < 1e-14 and np.max(np.abs(wrong - truth)) > 0.05


# ------------------------------------------------------------------------------------------------ bad input


def test_bad_input() -> None:
    chain = qb.DimerChain(4, 0.25)
    with pytest.raises(FieldError, match="`initial` must be a single excitation for this law"):
        chain.single_excitation()
    with pytest.raises(FieldError, match="`hopping` must be one number for bands"):
        chain.replace(hopping=[0.1, 0.2, 0.1]).bands()
    with pytest.raises(FieldError, match="`collective_decay` must be zero for bands"):
        chain.replace(collective_decay=0.1).bands()
    with pytest.raises(MethodError, match="`ClosedForm` must be given a law that knows its solution"):
        qb.evolve(chain, [1.0], method=qb.methods.ClosedForm())
    with pytest.raises(MethodError, match="`Chebyshev` must be differentiated once"):
        kept = lambda r: qb.evolve(  # noqa: E731
            qb.DimerChain(4, r, hopping=[0.1, 0.2, 0.1], initial=qb.single_excitation(START)), [1.0]
        ).saved["energy"][0]
        jax.grad(jax.grad(kept))(0.3)
