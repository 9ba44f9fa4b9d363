"""jaxqb on the three workloads, through its public names only."""

from functools import partial

import numpy as np

from .peers import Contender
from .workloads import Chain, Table

PACKAGES = ("jaxqb", "jax", "equinox")


def ours(work):
    """Our configurations, as in `peers.contenders`."""
    build = {Table: _table, Chain: _chain}.get(type(work), _grid)
    return [Contender("jaxqb", "default", partial(build, work), PACKAGES)]


def designs(qb, work):
    """ADAPT HERE: the battery of one case of W1, its charger started in level ``n = M``.

    The start is tied to a swept size, which a product of axes cannot say; hence a function of
    one case, mapped below, and not ``qb.sweep``.
    """

    def design(n_battery, n_charger):
        return qb.SpinCharger(
            n_battery=n_battery,
            n_charger=n_charger,
            charger_excitations=n_battery,
            levels=work.levels,
        )

    return design


def _table(work):
    import jax

    import jaxqb as qb

    design = designs(qb, work)

    def figures(n_battery, n_charger):
        best = qb.charge(design(n_battery, n_charger))
        return best.first_peak.value, best.max_average_power.value

    run = jax.jit(jax.vmap(figures))
    n_battery, n_charger = np.array(work.cases, dtype=float).T
    return lambda: np.stack(run(n_battery, n_charger), axis=1)


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


def _curve(qb, battery, times):
    save = {"energy": qb.merit.energy}
    return lambda: np.asarray(qb.evolve(battery, times, save=save).saved["energy"])
