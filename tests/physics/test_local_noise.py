"""A dark-state battery whose spins also decay and dephase one by one: against all 2^N levels, limits, and closed forms."""

import functools
import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse as sp
from scipy.linalg import expm
from scipy.sparse.linalg import expm_multiply

import jaxqb as qb
from jaxqb.algebra import towers
from jaxqb.errors import FieldError, MeritError, Status
from jaxqb.laws import Towers

TIMES = np.array([0.1, 0.6, 2.0])
PRECISE = qb.Adaptive(rtol=1e-12, atol=1e-13)
SIZES = [(1, 2), (2, 2), (2, 3), (1, 4)]
RATES = {"decay_rate": 1.1, "local_decay": 0.4, "dephasing": 0.25}
FIGURES = {
    "energy": qb.merit.energy,
    "charger": qb.merit.charger_energy,
    "levels": qb.merit.level_populations,
    "work": qb.merit.ergotropy.with_(space="full"),
    "capacity": qb.merit.capacity,
    "purity": qb.merit.purity,
    "negativity": qb.merit.log_negativity,
}


# ------------------------------------------------------------------------------- all levels of all spins, one by one


def at_site(operator: np.ndarray, site: int, spins: int) -> sp.csr_matrix:
    return sp.kron(sp.kron(sp.eye(2**site), operator), sp.eye(2 ** (spins - site - 1))).tocsr()


def dissipator(jump: sp.csr_matrix) -> sp.csr_matrix:
    """On row-major vectors of real density matrices."""
    one, loss = sp.eye(jump.shape[0]), jump.T @ jump
    return sp.kron(jump, jump) - (sp.kron(loss, one) + sp.kron(one, loss)) / 2


def excited(spins: int) -> np.ndarray:
    """Whether each spin is, in each state."""
    return np.array(list(itertools.product([0, 1], repeat=spins)))


def all_levels(
    cells: int, chargers: int, n: float, decay_rate: float, local_decay: float, dephasing: float, up: float = 0.0
) -> np.ndarray:
    """Density matrices at TIMES from a charger that is up, and cells that are so with probability `up`."""
    spins = cells + chargers
    lower = [at_site(np.array([[0.0, 1.0], [0.0, 0.0]]), site, spins) for site in range(spins)]
    flip = [at_site(np.diag([-1.0, 1.0]), site, spins) for site in range(spins)]
    bath = [(2 * decay_rate, sum(lower)), *((local_decay, jump) for jump in lower)]
    jumps = [(r * (n + 1), jump) for r, jump in bath] + [(r * n, jump.T) for r, jump in bath]
    total = sum(rate * dissipator(jump) for rate, jump in [*jumps, *((dephasing, jump) for jump in flip)])
    first = excited(spins)
    held = np.prod(np.where(first[:, :cells], up, 1 - up), axis=1) * first[:, cells:].all(axis=1)
    rho = np.diag(held)
    return np.stack([expm_multiply(t * total, rho.ravel()).reshape(rho.shape) for t in TIMES])


def told(cells: int, chargers: int, rho: np.ndarray) -> dict[str, Any]:
    """Figures of one density matrix."""
    shape = (2**cells, 2**chargers) * 2
    up = excited(cells + chargers)
    here, there = up[:, :cells].sum(1), up[:, cells:].sum(1)
    battery = np.einsum("icjc->ij", rho.reshape(shape))
    values, levels = np.sort(np.linalg.eigvalsh(battery)), np.sort(excited(cells).sum(1))
    diagonal = np.diag(rho)
    swapped = rho.reshape(shape).transpose(2, 1, 0, 3).reshape(rho.shape)
    return {
        "energy": diagonal @ here,
        "charger": diagonal @ there,
        "levels": np.bincount(here, weights=diagonal),
        "work": diagonal @ here - values[::-1] @ levels,
        "capacity": values @ levels - values[::-1] @ levels,
        "purity": values @ values,
        "negativity": np.log2(np.abs(np.linalg.eigvalsh(swapped)).sum()),
    }


@pytest.mark.parametrize("n", [0.0, 0.3])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_all_levels(sizes: tuple[int, int], n: float) -> None:
    sol = qb.evolve(qb.DarkStateBattery(*sizes, thermal_occupation=n, **RATES), TIMES, FIGURES, method=PRECISE)
    assert sol.status == Status.OK
    found = dict(sol.saved) | {"levels": np.reshape(sol.saved["levels"], (len(TIMES), -1, sizes[0] + 1)).sum(1)}
    for k, rho in enumerate(all_levels(*sizes, n, **RATES)):
        for name, value in told(*sizes, rho).items():
            np.testing.assert_allclose(found[name][k], value, rtol=0, atol=1e-10, err_msg=name)


def test_thermal_cells() -> None:
    """They begin in all towers."""
    sizes = 2, 2
    battery = qb.DarkStateBattery(*sizes, thermal_occupation=0.3, battery_excitations=qb.thermal(2 * 0.2), **RATES)
    sol = qb.evolve(battery, TIMES, FIGURES)
    wanted = [told(*sizes, rho) for rho in all_levels(*sizes, 0.3, **RATES, up=0.2)]
    for name in ("energy", "charger", "work", "purity", "negativity"):
        np.testing.assert_allclose(sol.saved[name], [one[name] for one in wanted], rtol=0, atol=1e-12, err_msg=name)


# ------------------------------------------------------------------------------------------------- what it must obey


def made(cells: int, chargers: int, *rates: float) -> Towers:
    """decay_rate, occupation, local_decay, dephasing."""
    empty = np.zeros((cells // 2 + 1, cells + 1))
    empty[0, 0] = 1.0
    gamma, n, kappa, dephasing = map(jnp.asarray, rates)
    return Towers(gamma, n, kappa, dephasing, jnp.asarray(empty), jnp.asarray(True), cells, chargers)


@functools.partial(jax.jit, static_argnums=(0, 1))
def _matrix(cells: int, chargers: int, rates: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    law = made(cells, chargers, *rates)
    return law.generator(), law.extent()


def matrix(cells: int, chargers: int, *rates: float) -> np.ndarray:
    return np.asarray(_matrix(cells, chargers, jnp.array(rates))[0])


def trace(cells: int, chargers: int, of: int | None = None) -> np.ndarray:
    """Of coordinates, or the mean excitations of one group."""
    at = towers.elements(cells, chargers)
    return np.where(at.ket[0] == at.bra[0], 1 if of is None else at.ket[of], 0) / towers.scales(cells, chargers)


def test_trace_and_positivity() -> None:
    """No number's derivative has a trace, and the density matrix has no negative eigenvalue in any pair of towers."""
    cells, chargers = sizes = 3, 4
    rates = (1.1, 0.3, 0.7, 0.2)
    at, generator = towers.elements(*sizes), matrix(*sizes, *rates)
    np.testing.assert_allclose(trace(*sizes) @ generator, 0, atol=1e-13)
    left, right, height = _matrix(*sizes, jnp.array(rates))[1]
    eigenvalues = np.linalg.eigvalsh(generator + generator.T) / 2
    assert -left <= eigenvalues[0]
    assert eigenvalues[-1] <= right
    assert np.linalg.norm(generator - generator.T, 2) / 2 <= height
    y = expm(0.4 * generator) @ np.asarray(made(*sizes, *rates).start) / towers.scales(*sizes)
    copies = [towers.copies(size) for size in sizes]
    assert [c @ np.arange(size + 1, 0, -2) for c, size in zip(copies, sizes, strict=True)] == [2**cells, 2**chargers]
    m, p = np.meshgrid(*(np.arange(cells + 1),) * 2, indexing="ij")
    for a, b, total in itertools.product(range(2), range(3), range(cells + chargers + 1)):
        found, there = at.find(np.array([a, b])[:, None, None], np.stack([m, total - m]), np.stack([p, total - p]))
        assert np.linalg.eigvalsh(np.where(there, y[found], 0.0)).min() > -1e-14


def test_the_generator_both_ways() -> None:
    law = made(2, 3, 1.1, 0.3, 0.7, 0.2)
    y = jnp.asarray(np.random.default_rng(3).normal(size=towers.count(2, 3)))

    @jax.jit
    def both(law: Towers) -> tuple[jax.Array, jax.Array]:
        c = law.coefficients()
        return law.apply(c, y), law.apply(law.transposed(c), y)

    dense = matrix(2, 3, 1.1, 0.3, 0.7, 0.2)
    np.testing.assert_allclose(both(law), [dense @ y, dense.T @ y], rtol=0, atol=1e-12)


def test_numbers_are_counted() -> None:
    assert [towers.count(*sizes) for sizes in ((1, 15), (3, 13), (5, 11), (8, 8))] == [208, 652, 1164, 1563]
    for sizes in ((1, 2), (4, 7), (5, 5)):
        assert towers.count(*sizes) == towers.elements(*sizes).ket.shape[1]
        assert towers.generator(*sizes).kinds.size == towers.TERMS


@functools.partial(jax.jit, static_argnums=0)
def energies(sizes: tuple[int, int], rates: jax.Array) -> jax.Array:
    """Of battery and charger at TIMES, by decay rate, occupation, local decay and dephasing."""
    names = ("decay_rate", "thermal_occupation", "local_decay", "dephasing")
    battery = qb.DarkStateBattery(*sizes, **dict(zip(names, rates, strict=True)))
    saved = qb.evolve(battery, TIMES, ["energy", "charger_energy"]).saved
    return jnp.stack([saved["energy"], saved["charger_energy"]])


@pytest.mark.parametrize("n", [0.0, 0.4])
def test_without_noise_it_is_the_ladders(n: float) -> None:
    ladders = qb.evolve(qb.DarkStateBattery(2, 3, thermal_occupation=n), TIMES, ["energy", "charger_energy"])
    assert ladders.law == "jointladders"
    wanted = ladders.saved["energy"], ladders.saved["charger_energy"]
    np.testing.assert_allclose(energies((2, 3), jnp.array([1.0, n, 0.0, 0.0])), wanted, rtol=0, atol=1e-11)


def test_spins_that_share_no_bath() -> None:
    """Each goes its own way to n / (2n + 1), and does not know of dephasing."""
    n, kappa = 0.4, 0.7
    end, left = n / (2 * n + 1), np.exp(-kappa * (2 * n + 1) * TIMES)
    found = energies((2, 3), jnp.array([0.0, n, kappa, 0.5]))
    np.testing.assert_allclose(found, [2 * end * (1 - left), 3 * (end + (1 - end) * left)], rtol=0, atol=1e-11)


def test_local_decay_leaves_dark_states_dark() -> None:
    """A spin that falls in a state without light leaves a state without light: what is stored falls as one spin does."""
    kappa, t, sizes = 0.7, 0.9, (3, 4)
    law = made(*sizes, 1.0, 0.0, 0.0, 0.0)
    dark = expm(60 * matrix(*sizes, 1.0, 0.0, 0.0, 0.0)) @ np.asarray(law.start)
    later = expm(t * matrix(*sizes, 1.0, 0.0, kappa, 0.0)) @ dark
    held = [trace(*sizes, 0) @ y for y in (dark, later)]
    assert held[0] == pytest.approx(float(qb.steady_state(qb.DarkStateBattery(*sizes)).battery_excitations()), rel=1e-12)
    assert held[1] == pytest.approx(held[0] * np.exp(-kappa * t), rel=1e-12)


def test_dephasing_lets_the_light_out() -> None:
    """Of one cell: what is dark is mixed slowly with what is not, which leaves at once."""
    chargers, slow = 5, 1e-5
    spins = chargers + 1
    law = made(1, chargers, 1.0, 0.0, 0.0, slow)
    for t in (2.0, 10.0):
        x = np.exp(-4 * t / spins)
        y = expm(t / slow * matrix(1, chargers, 1.0, 0.0, 0.0, slow)) @ np.asarray(law.start)
        assert trace(1, chargers, 0) @ y == pytest.approx(chargers / spins**2 * (x + (chargers - 1) * x**2), rel=1e-4)


@functools.partial(jax.jit, static_argnums=0)
def at_last(sizes: tuple[int, int], n: jax.Array, kappa: jax.Array) -> jax.Array:
    battery = qb.DarkStateBattery(*sizes, thermal_occupation=n, local_decay=kappa)
    state = qb.steady_state(battery)
    return jnp.stack([qb.merit.energy_per_cell(battery, state), qb.merit.charger_energy(battery, state)])


def test_at_last() -> None:
    """As hot as the bath, however slowly; but what the bath leaves alone, if nothing else is there."""
    n, ladders = 0.4, qb.DarkStateBattery(2, 3, thermal_occupation=0.4)
    for kappa in (0.1, 1e-3):
        np.testing.assert_allclose(at_last((2, 3), n, kappa), np.array([1, 3]) * n / (2 * n + 1), rtol=1e-9)
    kept = qb.merit.energy_per_cell(ladders, qb.steady_state(ladders))
    assert float(at_last((2, 3), n, 0.0)[0]) == pytest.approx(float(kept), rel=1e-11)


def test_charging() -> None:
    """The energy has a peak now, below what would have been kept."""
    peak = qb.charge(qb.DarkStateBattery(1, 4, local_decay=0.1, dephasing=0.05), figures="first_peak").first_peak
    law = made(1, 4, *(rates := (1.0, 0.0, 0.1, 0.05)))
    step, y = expm(1e-3 * matrix(1, 4, *rates)), np.asarray(law.start)
    curve = [trace(1, 4, 0) @ (y := step @ y) for _ in range(3000)]
    assert float(peak.value) == pytest.approx(max(curve), rel=1e-6)
    assert float(peak.time) == pytest.approx(1e-3 * (1 + np.argmax(curve)), abs=1e-3)
    assert float(peak.value) < (4 / 5) ** 2


# ------------------------------------------------------------------------------------------------------- derivatives


def test_derivatives() -> None:
    """By rates that are zero, too."""
    x = jnp.array([1.1, 0.0, 0.0, 0.0])
    forward, backward = (jax.jit(d(lambda x: energies((2, 3), x)))(x) for d in (jax.jacfwd, jax.jacrev))
    np.testing.assert_allclose(forward, backward, rtol=0, atol=1e-10)
    for k, step in enumerate(np.eye(4) * 2e-4):
        f0, f1, f2, f3 = (np.asarray(energies((2, 3), x + s * step)) for s in range(4))
        np.testing.assert_allclose(backward[..., k], (-11 * f0 + 18 * f1 - 9 * f2 + 2 * f3) / 6e-4 * 0.5, rtol=0, atol=1e-6)


def test_a_batch_is_a_loop() -> None:
    rates = jnp.array([[1.0, 0.2, 0.0, 0.1], [0.8, 0.0, 0.3, 0.0]])
    together = jax.jit(jax.vmap(lambda x: energies((2, 3), x)))(rates)
    np.testing.assert_allclose(together, [energies((2, 3), x) for x in rates], rtol=0, atol=1e-11)


# --------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("make", "error", "names"),
    [
        (lambda: qb.DarkStateBattery(1, 3, local_decay=-0.1), FieldError, ["local_decay", "at least 0"]),
        (lambda: qb.DarkStateBattery(1, 3, dephasing=np.inf), FieldError, ["dephasing", "finite"]),
        (lambda: qb.DarkStateBattery([1, 2], 3, local_decay=0.1), FieldError, ["n_battery", "one known number"]),
        (lambda: qb.DarkStateBattery(40, 40, dephasing=0.1), FieldError, ["n_charger", "GiB"]),
        (lambda: qb.DarkStateBattery(10**6, 10**6, dephasing=0.1), FieldError, ["n_charger", "GiB"]),
        (
            lambda: jax.jit(lambda n: qb.evolve(qb.DarkStateBattery(n, 3, dephasing=0.1), [0.1]))(1.0),
            FieldError,
            ["n_battery", "traced"],
        ),
        (lambda: qb.evolve(qb.DarkStateBattery(2, 3, local_decay=0.1), [0.1], "ergotropy"), MeritError, ["space='full'"]),
    ],
)
def test_bad_input(make: Any, error: type, names: list[str]) -> None:
    with pytest.raises(error) as caught:
        make()
    assert all(name in str(caught.value) for name in names), caught.value


def test_zero_rates_change_nothing() -> None:
    assert qb.DarkStateBattery(2, 3, local_decay=0.0, dephasing=0.0).structure == qb.DarkStateBattery(2, 3).structure
    assert qb.DarkStateBattery(2, 3, dephasing=0.1).structure.alone == (2, 3)
