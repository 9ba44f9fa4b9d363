"""jaxqb on all workloads, through its public names only."""

from functools import partial

import numpy as np

from .contender import Contender
from .workloads import Chain, DarkState, Grid, Guided, Spins, Storage, Table

PACKAGES = ("jaxqb", "jax", "equinox")


def ours(work):
    """Our configurations, as in `peers.contenders`."""
    if isinstance(work, Table):
        ways = [
            Contender("jaxqb", f"sweep {kind or ''}".strip(), partial(_table, work, kind), PACKAGES) for kind in (None, "vmap")
        ]
        return [*ways, Contender("jaxqb", "jit(vmap(charge))", partial(_batch, work), PACKAGES)]
    if isinstance(work, Spins):
        return [Contender("jaxqb", how, partial(_spins, work, how), PACKAGES) for how in ("vmap", "lax.map")]
    if isinstance(work, Guided | Storage):
        build, tolerances = (_guided, (1e-4, 1e-6, 1e-9)) if isinstance(work, Guided) else (_storage, (1e-6, 1e-8, 1e-11))
        ways = {"evolve": (False, None), "jit": (True, None)} | {f"jit {rtol:.0e}": (True, rtol) for rtol in tolerances}
        return [Contender("jaxqb", label, partial(build, work, *way), PACKAGES) for label, way in ways.items()]
    build = {Chain: _chain, Grid: _grid, DarkState: _dark_state}[type(work)]
    return [Contender("jaxqb", "default", partial(build, work), PACKAGES)]


def _table(work, mapping):
    import jaxqb as qb

    if len(work.cases) == 1:
        return partial(_one, qb, *work.cases[0])
    cells = sorted({m for m, _ in work.cases})
    chargers = sorted({n for _, n in work.cases})
    axes = {"n_charger": chargers, ("n_battery", "charger_excitations"): cells}
    place = [(chargers.index(n), cells.index(m)) for m, n in work.cases]
    rows, columns = np.array(place).T
    battery = qb.SpinCharger(n_battery=1, n_charger=chargers[0])
    names = ["first_peak", "max_average_power"]

    def run():
        table = qb.sweep(names, battery, axes, mapping=mapping, progress=False)
        return np.stack([table[name].values[rows, columns] for name in names], axis=1)

    return run


def _batch(work):
    """Without labels: `charge` under jax's own transformations, as the peers' batches."""
    import jax
    import jax.numpy as jnp

    import jaxqb as qb

    def one(cells, chargers):
        battery = qb.SpinCharger(cells, chargers, charger_excitations=cells, levels=work.levels)
        best = qb.charge(battery, figures=["first_peak", "max_average_power"])
        return jnp.stack([best.first_peak.value, best.max_average_power.value])

    many = jax.jit(jax.vmap(one))
    cells, chargers = np.array(work.cases, float).T
    return lambda: np.asarray(many(cells, chargers))


def _one(qb, cells, chargers):
    best = qb.charge(qb.SpinCharger(cells, chargers, charger_excitations=cells), figures=["first_peak", "max_average_power"])
    return np.array([[best.first_peak.value, best.max_average_power.value]])


def _chain(work):
    import jaxqb as qb

    battery = qb.SpinCharger(n_battery=work.n_battery, n_charger=work.n_charger)
    return _curve(qb, battery, work.times)


def _grid(work):
    import jaxqb as qb

    battery = qb.SpinCharger(
        n_battery=work.n_battery,
        n_charger=work.n_charger,
        anisotropy=work.anisotropy,
        battery_frequency=work.frequency,
        charger_frequency=work.frequency,
    )
    return _curve(qb, battery, work.times)


def _dark_state(work):
    import jaxqb as qb

    return _curve(qb, qb.DarkStateBattery(work.n_battery, work.n_charger), work.times)


def open_battery(work, point):
    """The battery of one point, whose numbers may be traced."""
    import jaxqb as qb

    coefficients, rates = work.split(point)
    own = 2**work.cells
    return qb.OpenBattery(
        hamiltonian=list(work.hamiltonians),
        coefficients=coefficients,
        jumps=list(work.jumps),
        rates=rates,
        battery_hamiltonian=np.diag(work.energies[:: work.dimension // own]),
        initial=np.diag(np.arange(work.dimension) == work.start).astype(float),
    )


def _spins(work, how):
    import jax

    import jaxqb as qb

    def one(point):
        return qb.evolve(open_battery(work, point), work.times).saved["energy"]

    many = jax.jit(jax.vmap(one) if how == "vmap" else partial(jax.lax.map, one))
    points = np.array(work.points)
    return lambda: np.asarray(many(points))


def _guided(work, jit, tolerance):
    import jax

    import jaxqb as qb

    values, method = (work.frequency, work.separation, work.rate), tolerance and qb.Resolvent(tolerance=tolerance)
    battery, save = qb.WaveguideBattery(*values), {"amplitude": lambda _, state: state.amplitudes()[-1]}

    def curve(frequency, separation, rate):
        here = battery.put(frequency=frequency, separation=separation, radiation_rate=rate)
        return qb.evolve(here, work.times, save=save, method=method)

    solve = jax.jit(curve) if jit else lambda *_: qb.evolve(battery, work.times, save=save)
    return lambda: np.asarray(solve(*values).saved["amplitude"])


def _storage(work, jit, tolerance):
    import jax

    import jaxqb as qb

    method = tolerance and qb.Stepped(tolerance=tolerance)

    def energies(ratio):
        chain = qb.DimerChain(work.n, gap_ratio=ratio, damping=work.damping, hopping=work.hopping)
        return qb.evolve(chain, work.times, method=method).saved["energy"]

    solve = jax.jit(energies) if jit else energies
    return lambda: np.asarray(solve(work.ratio))


def _curve(qb, battery, times):
    save = {"energy": qb.merit.energy}
    return lambda: np.asarray(qb.evolve(battery, times, save=save).saved["energy"])
