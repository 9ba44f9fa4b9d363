"""Whatever a user gives wrongly is said in one sentence, typed, before anything is compiled.

Every row: what is done, the type of the error, the argument it names, and the value (or what is wrong with it) it shows.
"""

import array
import re
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jaxtyping
import numpy as np
import pytest
import xarray as xr

import jaxqb as qb
from jaxqb.errors import (
    CutoffError,
    DesignError,
    FieldError,
    JaxqbError,
    MeritError,
    MethodError,
    PaperError,
    SweepError,
    TimesError,
    ToleranceError,
)

GRAMMAR = re.compile(r"^`(?P<argument>[^`]+)` must (?P<must>.+), but (?P<but>.+); fix: (?P<fix>.+)\.$", re.DOTALL)

GOOD = qb.SpinCharger(2, 3)
LIGHT = qb.CavityCharger(2, 2)
OTHER = qb.SpinCharger(3, 3).law()  # of another battery
WARM = qb.CavityCharger(2, qb.thermal(1.0))
DARK = qb.DarkStateBattery(2, 2, battery_excitations=qb.thermal(0.5))
LARGE = qb.OpenBattery(np.ones((400, 400)), [np.ones((400, 400))], [0.1], np.diag([0.0, 1.0]), np.eye(400)[0])
HULL = qb.SpinCharger(2, 3, coupling=np.array([0.5, 1.0]))
nan, inf = float("nan"), float("inf")


@pytest.fixture(autouse=True)
def as_users_run_it() -> Iterator[None]:
    """Without the run-time check of annotations that these tests are run with: it would speak first."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


def spin(**fields: Any) -> Callable[[], Any]:
    """Construct a spin charger with some fields changed."""
    return lambda: qb.SpinCharger(**({"n_battery": 3, "n_charger": 4} | fields))


def light(**fields: Any) -> Callable[[], Any]:
    """Construct a cavity charger with some fields changed."""
    return lambda: qb.CavityCharger(**({"n_battery": 2, "photons": 2} | fields))


FLIP, ONE = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([0.0, 1.0])


def opened(**fields: Any) -> Callable[[], Any]:
    """Construct an open battery of two spins with some fields changed."""
    right: dict[str, Any] = {"hamiltonian": np.kron(FLIP, FLIP), "jumps": [np.kron(FLIP, ONE)], "rates": [0.1]}
    right |= {"battery_hamiltonian": ONE, "initial": np.eye(4)[1]}
    return lambda: qb.OpenBattery(**(right | fields))


def times(ts: Any) -> Callable[[], Any]:
    """Evolve to such times."""
    return lambda: qb.evolve(GOOD, ts)


def optimum(objective: Any = "first_peak", **options: Any) -> Callable[[], Any]:
    """Optimize the coupling with such options."""
    return lambda: qb.optimize(objective, GOOD, {"coupling": (0.5, 2.0)}, **({"starts": 2} | options))


def grid(figures: Any = "first_peak", **options: Any) -> Callable[[], Any]:
    """Sweep the coupling with such options."""
    return lambda: qb.sweep(figures, GOOD, {"coupling": [0.5, 1.0]}, **options)


def window(end: Any) -> Callable[[], Any]:
    """Charge within such a window."""
    return lambda: qb.charge(GOOD, end)


FIELDS = [
    (spin(n_battery=0), FieldError, "n_battery", "0"),
    (spin(n_battery=-3), FieldError, "n_battery", "-3"),
    (spin(n_battery=2.5), FieldError, "n_battery", "2.5"),
    (spin(n_battery=[2, 2.5]), FieldError, "n_battery", "2.5"),
    (spin(n_battery=nan), FieldError, "n_battery", "nan"),
    (spin(n_battery=inf), FieldError, "n_battery", "inf"),
    (spin(n_battery="two"), FieldError, "n_battery", "'two'"),
    (spin(n_battery=None), FieldError, "n_battery", "None"),
    (spin(n_battery=True), FieldError, "n_battery", "True"),
    (spin(n_battery=np.True_), FieldError, "n_battery", "True"),
    (spin(n_battery=[]), FieldError, "n_battery", "empty"),
    (spin(n_battery=2j), FieldError, "n_battery", "2j"),
    (spin(n_battery=[1, None]), FieldError, "n_battery", "None"),
    (spin(n_battery={"cells": 3}), FieldError, "n_battery", "cells"),
    (spin(n_charger=0), FieldError, "n_charger", "0"),
    (spin(n_charger=0.5), FieldError, "n_charger", "0.5"),
    (spin(n_battery=6, n_charger=3.5), FieldError, "n_charger", "3.5"),
    (spin(n_charger=4.5, anisotropy=0.2), FieldError, "n_charger", "4.5"),
    (spin(n_charger=4.5, charger_excitations=qb.thermal(2.0)), FieldError, "n_charger", "4.5"),
    (spin(n_charger=4.5, charger_excitations=[0.5, 0.5]), FieldError, "n_charger", "4.5"),
    (spin(coupling=nan), FieldError, "coupling", "nan"),
    (spin(coupling=-inf), FieldError, "coupling", "inf"),
    (spin(coupling="strong"), FieldError, "coupling", "'strong'"),
    (spin(coupling=None), FieldError, "coupling", "None"),
    (spin(coupling=False), FieldError, "coupling", "False"),
    (spin(coupling=1j), FieldError, "coupling", "1j"),
    (spin(anisotropy=nan), FieldError, "anisotropy", "nan"),
    (spin(ising=object()), FieldError, "ising", "object"),
    (spin(battery_frequency=[1.0, nan]), FieldError, "battery_frequency", "nan"),
    (spin(charger_crosstalk=[[]]), FieldError, "charger_crosstalk", "empty"),
    (spin(coupling=np.asarray(1j)), FieldError, "coupling", "it is 1j"),
    (spin(n_charger=np.asarray(0.5)), FieldError, "n_charger", "it is 0.5"),
    (spin(coupling=np.full(100, nan)), FieldError, "coupling", "an array of shape (100,)"),
    (spin(coupling=[nan] * 100), FieldError, "coupling", "a list of 100 entries"),
    (spin(levels=array.array("d", [4.0])), FieldError, "levels", "[4.0]"),
    (spin(levels=3), FieldError, "levels", "3"),
    (spin(levels=0), FieldError, "levels", "0"),
    (spin(levels=-1), FieldError, "levels", "-1"),
    (spin(levels=4.5), FieldError, "levels", "4.5"),
    (spin(levels="all"), FieldError, "levels", "'all'"),
    (spin(levels=True), FieldError, "levels", "True"),
    (spin(charger_levels="all"), FieldError, "charger_levels", "'all'"),
    (spin(charger_levels=2, anisotropy=0.3), FieldError, "charger_levels", "2"),
    (spin(couplng=1.0), FieldError, "couplng", "none"),
    (light(couplng=1.0), FieldError, "couplng", "none"),
]

STARTS = [
    (spin(battery_excitations=4), FieldError, "battery_excitations", "4"),
    (spin(battery_excitations=-1), FieldError, "battery_excitations", "-1"),
    (spin(battery_excitations=0.5), FieldError, "battery_excitations", "0.5"),
    (spin(battery_excitations=nan), FieldError, "battery_excitations", "nan"),
    (spin(battery_excitations="one"), FieldError, "battery_excitations", "'one'"),
    (spin(battery_excitations=True), FieldError, "battery_excitations", "True"),
    (spin(charger_excitations=7), FieldError, "charger_excitations", "7"),
    (spin(charger_excitations=[0.5, 0.6]), FieldError, "charger_excitations", "1.1"),
    (spin(charger_excitations=[-0.5, 1.5]), FieldError, "charger_excitations", "-0.5"),
    (spin(charger_excitations=[nan, 1.0]), FieldError, "charger_excitations", "nan"),
    (spin(charger_excitations=[[0.5, 0.5]]), FieldError, "charger_excitations", "(1, 2)"),
    (spin(charger_excitations=["a", "b"]), FieldError, "charger_excitations", "a"),
    (spin(charger_excitations=[]), FieldError, "charger_excitations", ""),
    (spin(charger_excitations=[0.5, 0, 0, 0, 0, 0.5]), FieldError, "charger_excitations", "5"),
    (spin(battery_excitations=qb.localised(4)), FieldError, "battery_excitations", "4"),
    (spin(battery_excitations=qb.thermal(3.5)), FieldError, "battery_excitations", "3.5"),
    (spin(charger_excitations=qb.coherent(9.0)), FieldError, "charger_excitations", "9"),
    (lambda: qb.thermal(-1.0), FieldError, "mean", "-1"),
    (lambda: qb.thermal("hot"), FieldError, "mean", "'hot'"),
    (lambda: qb.coherent(nan), FieldError, "mean", "nan"),
    (lambda: qb.localised(-1), FieldError, "count", "-1"),
    (lambda: qb.localised(1.5), FieldError, "count", "1.5"),
    (lambda: qb.localised(True), FieldError, "count", "True"),
    (lambda: qb.populations([0.3, 0.3]), FieldError, "populations", "0.6"),
    (lambda: qb.populations("abc"), FieldError, "populations", "abc"),
    (lambda: qb.populations(None), FieldError, "populations", "None"),
    (lambda: qb.populations([0.0, 0.0]), FieldError, "populations", "0"),
    (spin(charger_excitations="half"), FieldError, "charger_excitations", "'half'"),
    (spin(charger_excitations=[True, False]), FieldError, "charger_excitations", "[True, False]"),
    (lambda: qb.localised(np.True_), FieldError, "count", "True"),
]

CAVITIES = [
    (light(photons=None), FieldError, "photons", "None"),
    (light(photons=-1), FieldError, "photons", "-1"),
    (light(photons=1.5), FieldError, "photons", "1.5"),
    (light(photons="many"), FieldError, "photons", "'many'"),
    (light(photons=[0.5, 0.6]), FieldError, "photons", "1.1"),
    (light(photons=qb.localised(1)), FieldError, "photons", "localised"),
    (light(battery_excitations=3), FieldError, "battery_excitations", "3"),
    (light(cutoff=0), CutoffError, "cutoff", "0"),
    (light(cutoff=-2), CutoffError, "cutoff", "-2"),
    (light(cutoff=2.5), CutoffError, "cutoff", "2.5"),
    (light(cutoff=True), CutoffError, "cutoff", "True"),
    (light(cutoff="large"), CutoffError, "cutoff", "'large'"),
    (light(cutoff=1), CutoffError, "cutoff", "1"),
    (light(photons=qb.coherent(4.0), cutoff=5), CutoffError, "cutoff", "5"),
    (light(photons=qb.thermal(1.0), cutoff=9), CutoffError, "cutoff", "9"),
    (light(mirrored=True, counter_rotating=0.5), FieldError, "mirrored", ""),
    (light(levels=2), FieldError, "levels", "2"),
    (light(mirrored="yes"), FieldError, "mirrored", "'yes'"),
    (light(photons=qb.thermal(1e9)), CutoffError, "photons", "29933607041"),
    (light(photons=10**9, counter_rotating=1.0), CutoffError, "photons", "4000000032"),
]

CALLS = [
    (lambda: GOOD.replace(couplin=2.0), FieldError, "couplin", "none"),
    (lambda: GOOD.replace(n_battery=0), FieldError, "n_battery", "0"),
    (lambda: qb.SpinCharger(2, 3, anisotropy=0.1).chain(), FieldError, "anisotropy", ""),
    (lambda: qb.CavityCharger(2, 3, counter_rotating=0.1).chain(), FieldError, "counter_rotating", ""),
    (lambda: qb.evolve("battery", [0.0, 1.0]), FieldError, "battery", "str"),
    (lambda: qb.charge(None), FieldError, "battery", "None"),
    (lambda: qb.charge(qb.SpinCharger), FieldError, "battery", "the class SpinCharger"),
    (lambda: qb.evolve(GOOD, []), TimesError, "ts", "empty"),
    (lambda: qb.evolve(GOOD, [1.0], {"x": lambda state: 1}), MeritError, "save['x']", "other arguments"),
    (lambda: qb.charge(GOOD, "first_peak"), TimesError, "window", "'first_peak'"),
    (lambda: qb.evolve(GOOD, [1.0], "max_average_power"), MeritError, "save", "found by charging"),
    (lambda: qb.evolve(GOOD, [1.0], "ergotropi"), MeritError, "save", "'ergotropi'"),
    (lambda: qb.maxima(GOOD, "first_peak", 1.0), MeritError, "merit", "'first_peak'"),
    (lambda: qb.first_time(GOOD, "filing", 0.5), MeritError, "figure", "'filing'"),
    (lambda: qb.evolve(qb.SpinCharger, [1.0]), FieldError, "battery", ""),
    (lambda: qb.evolve(HULL, [1.0]), FieldError, "coupling", "(2,)"),
    (lambda: qb.charge(HULL), FieldError, "coupling", "(2,)"),
    (lambda: qb.charge(qb.CavityCharger(1, qb.thermal([1.0, 2.0]))), FieldError, "photons", "(2,)"),
    (lambda: qb.evolve(qb.CavityCharger(1, qb.coherent([1.0, 2.0])), [1.0]), FieldError, "photons", "(2,)"),
    (lambda: qb.optimize("first_peak", GOOD, {"coupling": (0.5, 1.0)}, window=-1.0), TimesError, "window", "-1"),
    (lambda: qb.optimize("ergotropy", GOOD, {"coupling": (0.5, 1.0)}), DesignError, "objective", "asked of a state"),
    (lambda: qb.charge(GOOD, figures="ergotropy"), MeritError, "figures", "asked of a state"),
    (lambda: qb.charge(GOOD, window=np.float64(-1)), TimesError, "window", "it is -1.0"),
    (lambda: qb.plot.lines(None), SweepError, "ds", "NoneType"),
    (lambda: qb.optimize("first_peak", GOOD, {"coupling": (0.5, 1.0)}, window="a"), TimesError, "window", "'a'"),
    (lambda: qb.SpinChain([1.0], 0.05, 0.1), FieldError, "gaps", "(1,)"),
    (lambda: qb.SpinChain([1.0, 2.0], [0.05] * 3, 0.1), FieldError, "decay_rates", "(3,)"),
    (lambda: qb.SpinChain([1.0, 2.0], -0.05, 0.1), FieldError, "decay_rates", "-0.05"),
    (lambda: qb.SpinChain([1.0, 2.0], 0.05, [0.1, 0.1]), FieldError, "hopping", "(2,)"),
    (lambda: qb.SpinChain([1.0, 2.0], 0.05, 0.1, initial=[1, 2]), FieldError, "initial", "[1, 2]"),
    (lambda: qb.SpinChain([1.0, 2.0], 0.05, 0.1, initial="empty"), FieldError, "initial", "'empty'"),
    (lambda: qb.SpinChain([1.0, 2.0], 0.05, 0.1, initial=[1.0] * 3), FieldError, "initial", "(3,)"),
    (lambda: qb.DimerChain(1, 0.2), FieldError, "n_battery", "1"),
    (lambda: qb.DimerChain(4.5, 0.2), FieldError, "n_battery", "4.5"),
    (lambda: qb.DimerChain([4, 6], 0.2), FieldError, "n_battery", "[4.0, 6.0]"),
    (lambda: qb.single_excitation([1, 1]), FieldError, "amplitudes", "2"),
    (lambda: qb.SpinChain([1.0, 2.0], 0.05, 0.1, initial=qb.single_excitation([1, 0, 0])), FieldError, "initial", "3"),
    (lambda: qb.DimerChain(4, 0.2).closure("both"), FieldError, "pairs", "'both'"),
    (lambda: qb.DimerChain(4, 0.2).closure(bands=4), FieldError, "bands", "4"),
    (lambda: qb.DimerChain(12, 0.2).exact(), FieldError, "exact", "GiB"),
    (lambda: qb.evolve(qb.DimerChain(12, 0.2), [1.0], ["ergotropy"]), MeritError, "save", "the whole chain"),
    (lambda: qb.evolve(GOOD, [1.0], law="chain"), FieldError, "law", "'chain'"),
    (lambda: qb.charge(GOOD, law=3), FieldError, "law", "3"),
    (lambda: qb.evolve(GOOD, [1.0], method="eigen"), FieldError, "method", "'eigen'"),
    (lambda: qb.charge(GOOD, method=qb.Eigen), FieldError, "method", "Eigen"),
    (lambda: qb.evolve(GOOD, [1.0], law=GOOD.laws), FieldError, "law", "laws, not called"),
    (lambda: qb.evolve(GOOD, [1.0], law={"chain": 1}), FieldError, "law", "dict"),
    (lambda: qb.select_method(3), MethodError, "law", "3"),
    (optimum(solver="x"), FieldError, "solver", "'x'"),
    (optimum(steps=-1), DesignError, "steps", "-1"),
    (optimum(minimise="no"), DesignError, "minimise", "'no'"),
    (optimum(qb.merit.energy), DesignError, "objective", "Energy()"),
    (optimum(constraints={"first_peak": (">=", np.True_)}), DesignError, "constraints['first_peak']", "True"),
    (lambda: qb.optimize("first_peak", GOOD, {"coupling": (np.False_, 1.0)}), DesignError, "design['coupling']", "False"),
    (grid(progress="yes"), SweepError, "progress", "'yes'"),
    (grid(qb.merit.energy), MeritError, "figures", "Energy()"),
    (grid(lambda b: qb.evolve(b, [1.0])), MeritError, "value", "Solution"),
    (grid(lambda b, c: 1.0), MeritError, "figures", "other arguments"),
    (optimum(lambda b, c: 1.0), DesignError, "objective", "other arguments"),
    (grid({"mine": "first_peak"}), MeritError, "figures", "a dict"),
    (grid(["first_peak", lambda b: 1.0]), MeritError, "figures", "a function among"),
    (lambda: qb.sweep("first_peak", WARM, {"photons": [1, 2]}), SweepError, "photons", "thermal(1"),
    (lambda: qb.reproduce(3), PaperError, "paper", "3"),
    (lambda: qb.reproduce("peng2021", 3), PaperError, "figure", "3"),
    (lambda: qb.evolve(DARK, [1.0], "ergotropy"), MeritError, "ergotropy", "single cells"),
    (grid(qb.merit.Energy), MeritError, "figures", "class Energy"),
    (times([]), TimesError, "ts", "empty"),
    (times(None), TimesError, "ts", ""),
    (times("now"), TimesError, "ts", "'now'"),
    (times(0.5), TimesError, "ts", "()"),
    (times([[0.0, 1.0]]), TimesError, "ts", "(1, 2)"),
    (times([0.0, nan]), TimesError, "ts", "NaN"),
    (times([0.0, inf]), TimesError, "ts", "infinite"),
    (times([-1.0, 1.0]), TimesError, "ts", "-1"),
    (times([0.0, 2.0, 1.0]), TimesError, "ts", "1 follows 2"),
    (times([0.0, 0.0]), TimesError, "ts", "0 follows 0"),
    (times([1j]), TimesError, "ts", "j"),
    (times(np.array([1.0 + 0j])), TimesError, "ts", "j"),
    (times(jax.device_put(np.array([1.0 + 0j]))), TimesError, "ts", "j"),
    (times([False, True]), TimesError, "ts", "True"),
    (times(["1", "2"]), TimesError, "ts", "'1'"),
    (lambda: qb.charge(GOOD, figures="peak"), MeritError, "figures", "'peak'"),
    (lambda: qb.charge(GOOD, figures=[]), MeritError, "figures", "empty"),
    (lambda: qb.charge(GOOD, figures="max_energy"), MeritError, "figures", "window"),
    (window(0.0), TimesError, "window", "0"),
    (window(-1.0), TimesError, "window", "-1"),
    (window(nan), TimesError, "window", "nan"),
    (window(inf), TimesError, "window", "inf"),
    (window("long"), TimesError, "window", "'long'"),
    (window([1.0, 2.0]), TimesError, "window", "2."),
    (window(True), TimesError, "window", "True"),
    (window(np.True_), TimesError, "window", "True"),
    (window("5"), TimesError, "window", "'5'"),
    (lambda: qb.evolve(GOOD, [1.0], "energi"), MeritError, "save", "'energi'"),
    (lambda: qb.evolve(GOOD, [1.0], ["energy", "nope"]), MeritError, "save", "'nope'"),
    (lambda: qb.evolve(GOOD, [1.0], {"E": 5}), MeritError, "save['E']", "5"),
    (lambda: qb.evolve(GOOD, [1.0], 5), MeritError, "save['5']", "5"),
    (lambda: qb.evolve(GOOD, [1.0], []), MeritError, "save", "empty"),
    (lambda: qb.evolve(GOOD, [1.0], {}), MeritError, "save", "empty"),
    (lambda: qb.evolve(GOOD, [1.0], {"e": qb.merit.Energy}), MeritError, "save['e']", "class Energy"),
    (lambda: qb.merit.Rate(3), MeritError, "merit", "3"),
    (lambda: qb.merit.Average("energy"), MeritError, "merit", "'energy'"),
    (lambda: qb.merit.ergotropy.with_(space="half"), MeritError, "space", "'half'"),
    (lambda: qb.evolve(GOOD, [1.0], method=qb.Adaptive(rtol=1e-17)), ToleranceError, "rtol", "1.0e-17"),
    (lambda: qb.evolve(GOOD, [1.0], method=qb.Adaptive(atol=1e-18)), ToleranceError, "atol", "1.0e-18"),
    (lambda: qb.Adaptive(rtol=0.0), ToleranceError, "rtol", "0.0"),
    (lambda: qb.Adaptive(atol=-1e-9), ToleranceError, "atol", "-1e-09"),
    (lambda: qb.Adaptive(rtol=nan), ToleranceError, "rtol", "nan"),
    (lambda: qb.Adaptive(max_steps=0), MethodError, "max_steps", "0"),
    (lambda: qb.Chebyshev(reach=-2.0), MethodError, "reach", "-2"),
    (lambda: qb.Chebyshev(reach=nan), MethodError, "reach", "nan"),
    (lambda: qb.Chebyshev(reach="a"), MethodError, "reach", "'a'"),  # pyright: ignore[reportArgumentType]
    (lambda: qb.Chebyshev(reach=True), MethodError, "reach", "True"),
    (lambda: qb.Adaptive(rtol="a"), ToleranceError, "rtol", "'a'"),  # pyright: ignore[reportArgumentType]
    (lambda: qb.Adaptive(max_steps=2.5), MethodError, "max_steps", "2.5"),  # pyright: ignore[reportArgumentType]
    (lambda: qb.figures.figures_of("firstpeak"), MeritError, "figures", "'firstpeak'"),
    (lambda: qb.figures.figures_of("max_energy"), MeritError, "figures", "None"),
    (lambda: qb.advantage.local_exponent("abc", [1, 2, 3]), MeritError, "values", "'abc'"),
    (lambda: qb.advantage.local_exponent([1.0, 2.0, 3.0], [1, nan, 3]), MeritError, "sizes", "nan"),
    (lambda: qb.collective_advantage(qb.CavityCharger(2, 0), normalisation="rescaled"), MeritError, "photons", "none"),
]

# asked of states that cannot answer: said while tracing, so before compiling too
UNANSWERABLE = [
    (
        lambda: qb.evolve(qb.SpinCharger(2, 2, battery_excitations=qb.localised(1)), [1.0], "ergotropy"),
        MeritError,
        "ergotropy",
        "excited",
    ),
    (
        lambda: qb.evolve(qb.SpinCharger(2, 2, charger_excitations=[0.5, 0.5], anisotropy=0.1), [1.0], "log_negativity"),
        MeritError,
        "log_negativity",
        "mixture",
    ),
    (lambda: jax.jit(lambda n: qb.charge(qb.SpinCharger(n, 3)))(2.0), FieldError, "n_battery", "traced"),
    (
        lambda: jax.jit(lambda n: qb.charge(qb.SpinCharger(2, n, anisotropy=0.1)))(2.0),
        FieldError,
        "n_charger",
        "traced",
    ),
    (lambda: jax.jit(lambda n: qb.charge(qb.CavityCharger(n, 3)))(2.0), FieldError, "n_battery", "traced"),
    (
        lambda: qb.evolve(GOOD, [1.0], {"P": lambda battery, state: qb.merit.instantaneous_power(battery, state)}),
        MeritError,
        "Rate",
        "",
    ),
    (grid(lambda battery: {}), MeritError, "value", "empty"),
    (grid(lambda battery: None), MeritError, "value", "None"),
    (grid(lambda battery: float(battery.coupling)), MeritError, "value", "float()"),
    (optimum(lambda battery: None), MeritError, "objective", "None"),
    (optimum(lambda battery: 1.0 if battery.coupling > 1 else 0.0), MeritError, "objective", "`if`"),
    (lambda: qb.evolve(GOOD, [1.0], {"e": lambda battery, state: None}), MeritError, "save['e']", "None"),
    (lambda: qb.evolve(GOOD, [1.0], {"e": lambda battery, state: np.sin(battery.coupling)}), MeritError, "save['e']", "numpy"),
    (
        lambda: jax.jit(lambda g: qb.optimize("first_peak", GOOD.put(coupling=g), {"ising": (0, 1)}))(2.0),
        FieldError,
        "battery",
        "traced",
    ),
    (lambda: jax.jit(lambda g: qb.evolve(GOOD.replace(coupling=g), [1.0], law=OTHER))(2.0), FieldError, "law", "another"),
]

OPEN = [
    (opened(hamiltonian=np.kron(FLIP, [[0, 1], [0, 0]])), FieldError, "hamiltonian", "adjoint by 1"),
    (opened(hamiltonian=np.ones((4, 3))), FieldError, "hamiltonian", "(4, 3)"),
    (opened(hamiltonian=np.ones(4)), FieldError, "hamiltonian", "(4,)"),
    (opened(hamiltonian=[np.eye(4), np.eye(4)]), FieldError, "hamiltonian", "(2, 4, 4)"),
    (opened(hamiltonian=[np.eye(4), np.eye(3)], coefficients=[1, 2]), FieldError, "hamiltonian", "differ"),
    (opened(hamiltonian=[np.eye(4), np.eye(4)], coefficients=[1, 2, 3]), FieldError, "coefficients", "(3,)"),
    (opened(hamiltonian=[np.eye(4)], coefficients=[1j]), FieldError, "coefficients", "complex"),
    (opened(hamiltonian=nan * np.eye(4)), FieldError, "hamiltonian", "NaN"),
    (opened(hamiltonian="H"), FieldError, "hamiltonian", "U1"),
    (opened(hamiltonian=None), FieldError, "hamiltonian", "object"),
    (opened(jumps=[FLIP]), FieldError, "jumps", "2"),
    (opened(jumps=[np.ones((4, 2))]), FieldError, "jumps", "(4, 2)"),
    (opened(jumps=[FLIP, np.eye(4)], rates=[1, 1]), FieldError, "jumps", "differ"),
    (opened(rates=[-0.1]), FieldError, "rates", "-0.1"),
    (opened(rates=[nan]), FieldError, "rates", "NaN"),
    (opened(rates=[0.1, 0.2]), FieldError, "rates", "(2,)"),
    (opened(battery_hamiltonian=np.diag([0, 1, 2])), FieldError, "battery_hamiltonian", "3"),
    (opened(battery_hamiltonian=[[0, 1], [0, 0]]), FieldError, "battery_hamiltonian", "adjoint"),
    (opened(initial=np.eye(4)[:3]), FieldError, "initial", "(3, 4)"),
    (opened(initial=np.eye(3)[0]), FieldError, "initial", "(3,)"),
    (opened(initial=np.ones(4)), FieldError, "initial", "2"),
    (opened(initial=np.eye(4)), FieldError, "initial", "4"),
    (opened(initial=np.zeros((4, 4))), FieldError, "initial", "0"),
    (opened(initial=np.diag([1.5, -0.5, 0, 0])), FieldError, "initial", "-5.00e-01"),
    (opened(initial=np.triu(np.ones((4, 4))) / 4), FieldError, "initial", "adjoint"),
    (opened(n_battery=0), FieldError, "n_battery", "0"),
    (lambda: LARGE.superoperator(), FieldError, "superoperator", "381 GiB"),
    (lambda: qb.evolve(LARGE, [1.0], method=qb.Exponential()), MethodError, "law", "160000 numbers"),
    (lambda: qb.steady_state(LARGE), MethodError, "law", "191 GiB"),
    (lambda: qb.evolve(opened()(), [1.0], "charger_energy"), MeritError, "figure", "single out"),
    (lambda: qb.evolve(GOOD, [1.0], {"x": qb.merit.Expectation(FLIP)}), MeritError, "Expectation", "no such"),
    (lambda: qb.merit.Expectation([[0, 1], [0, 0]]), MeritError, "operator", "adjoint"),
    (lambda: qb.merit.Expectation([1, 2]), MeritError, "operator", "(2,)"),
    (lambda: qb.evolve(opened()(), [1.0], {"x": qb.merit.Expectation(FLIP)}), MeritError, "operator", "(2, 2)"),
    (opened(hamiltonian=1e-12 * np.kron(FLIP, [[0, 1], [0, 0]])), FieldError, "hamiltonian", "adjoint by 1"),
    (lambda: qb.evolve(GOOD, [1.0], method=qb.Exponential()), MethodError, "Exponential", "Chain"),
    (lambda: qb.evolve(opened()(), [1.0], method=qb.Eigen()), MethodError, "Eigen", "Reachable"),
    (lambda: qb.steady_state(GOOD), FieldError, "battery", "turns"),
    (lambda: qb.steady_state(qb.DimerChain(4, 0.5)), FieldError, "law", "Closure has none"),
    (
        lambda: qb.sweep(lambda b: b.coupling, GOOD, {"coupling": [1.0]}, window=1.0),
        MeritError,
        "window",
        "function of their own",
    ),
    (
        lambda: qb.optimize(lambda b: -((b.coupling - 1) ** 2), GOOD, {"coupling": (0.0, 2.0)}, window=1.0),
        DesignError,
        "window",
        "functions of their own",
    ),
    (lambda: qb.plot.map(xr.Dataset({"x": ("time", [0.0, 1.0])})), SweepError, "ds", "'x' has time"),
    (lambda: qb.steady_state(opened()(), report="yes"), FieldError, "report", "'yes'"),
    (lambda: qb.DarkStateBattery(1, 5, thermal_occupation=-0.1), FieldError, "thermal_occupation", "-0.1"),
    (lambda: qb.DarkStateBattery(1, 5, decay_rate=-1), FieldError, "decay_rate", "-1"),
    (lambda: qb.DarkStateBattery(1, 5, local_decay=-1), FieldError, "local_decay", "-1"),
]

GUIDE = qb.WaveguideBattery(1.2, 0.3, 0.5)
BATH = qb.ReservoirBattery(1.0, qb.reservoirs.BandEdge(0.3, 0.8))


def guided(**fields: Any) -> Callable[[], Any]:
    """Construct a battery in a waveguide with some fields changed."""
    return lambda: qb.WaveguideBattery(**({"frequency": 1.2, "separation": 0.3, "radiation_rate": 0.5} | fields))


def array(**fields: Any) -> Callable[[], Any]:
    """Construct three emitters in a waveguide with some fields changed."""
    return lambda: qb.WaveguideArray(**({"frequencies": 1.2, "positions": [0.0, 0.3, 0.7], "radiation_rate": 0.5} | fields))


def bath(reservoir: Any, **fields: Any) -> Callable[[], Any]:
    """Construct a battery in a reservoir."""
    return lambda: qb.ReservoirBattery(**({"frequency": 1.0, "reservoir": reservoir} | fields))


MEMORY = [
    *(
        (guided(**{name: value}), FieldError, name, shown)
        for name in ("frequency", "separation", "radiation_rate")
        for value, shown in ((0.0, "0"), (-0.5, "-0.5"), (nan, "nan"), (inf, "inf"), ("much", "'much'"), (None, "None"))
    ),
    (guided(frequency=True), FieldError, "frequency", "True"),
    (guided(loss=-0.1), FieldError, "loss", "-0.1"),
    (guided(waveguide_loss=-0.1), FieldError, "waveguide_loss", "-0.1"),
    (guided(distance=1.0), FieldError, "distance", "none"),
    (guided(span=(2.0, 1.0)), FieldError, "span", "(2.0, 1.0)"),
    (guided(span=(-1.0, nan)), FieldError, "span", "nan"),
    (guided(span=(-1.0,)), FieldError, "span", "(-1.0,)"),
    (guided(span="wide"), FieldError, "span", "'wide'"),
    (guided(span=5.0), FieldError, "span", "5.0"),
    (array(positions=[0.0, 0.3, 0.3]), FieldError, "positions", "emitters 1 and 2"),
    (array(positions=[0.0]), FieldError, "positions", "(1,)"),
    (array(positions=1.0), FieldError, "positions", "()"),
    (array(positions=[[0.0, 1.0]]), FieldError, "positions", "(1, 2)"),
    (array(positions=[0.0, nan]), FieldError, "positions", "nan"),
    (array(frequencies=[1.0, 1.2]), FieldError, "frequencies", "(2,)"),
    (array(frequencies=[1.0, 1.2, 0.0]), FieldError, "frequencies", "0"),
    (array(frequencies="red"), FieldError, "frequencies", "'red'"),
    (array(losses=[0.1]), FieldError, "losses", "(1,)"),
    (array(losses=[0.1, 0.1, -0.1]), FieldError, "losses", "-0.1"),
    (array(radiation_rate=0), FieldError, "radiation_rate", "0"),
    (array(initial=[1.0, 0.5, 0.0]), FieldError, "initial", "1.25"),
    (array(initial=[1.0, 0.0]), FieldError, "initial", "[1.0, 0.0]"),
    (array(initial=[nan, 0.0, 0.0]), FieldError, "initial", "nan"),
    (array(initial="first"), FieldError, "initial", "'first'"),
    (array(span=(2.0, 1.0)), FieldError, "span", "(2.0, 1.0)"),
    (bath("ohmic"), FieldError, "reservoir", "'ohmic'"),
    (bath(qb.reservoirs.Ohmic), FieldError, "reservoir", "Ohmic"),
    (bath(BATH.reservoir, frequency=0.0), FieldError, "frequency", "0"),
    (bath(BATH.reservoir, distance=-1.0), FieldError, "distance", "-1"),
    (bath(BATH.reservoir, loss=nan), FieldError, "loss", "nan"),
    (lambda: BATH.embedding(), FieldError, "reservoir", "BandEdge"),
    (lambda: qb.reservoirs.Ohmic(0.1, 5.0, shape="hard", counter_term=False), FieldError, "counter_term", "cut"),
    (lambda: qb.reservoirs.Ohmic(0.1, 0.0), FieldError, "cutoff", "0"),
    (lambda: qb.reservoirs.Ohmic(-0.1, 5.0), FieldError, "strength", "-0.1"),
    (lambda: qb.reservoirs.BandEdge(0.0), FieldError, "strength", "0"),
    (lambda: qb.reservoirs.Exponentials([0.1], [1.0], [0.0]), FieldError, "widths", "0"),
    (lambda: qb.reservoirs.Exponentials([0.1, 0.2], [1.0], [0.1]), FieldError, "frequencies", "(1,)"),
    (lambda: qb.reservoirs.Waveguide(0.5).self_energy(1.3), FieldError, "z", "1.3"),
    (lambda: qb.reservoirs.BandEdge(0.5).self_energy(np.array([-1.0, 1.3])), FieldError, "z", "1.3"),
    (lambda: qb.steady_state(GUIDE), FieldError, "battery", ""),
    (lambda: qb.steady_state(BATH), FieldError, "battery", ""),
    (lambda: qb.charge(GUIDE), TimesError, "window", "None"),
    (lambda: qb.charge(BATH), TimesError, "window", "None"),
    (lambda: jax.jit(lambda ts: qb.evolve(GUIDE, ts))(np.array([1.0])), TimesError, "ts", "traced"),
    (lambda: qb.evolve(GOOD, [1.0], method=qb.Resolvent()), MethodError, "Resolvent", "Chain"),
    (lambda: qb.Resolvent("late"), MethodError, "horizon", "'late'"),  # pyright: ignore[reportArgumentType]
    (lambda: qb.Resolvent([1.0, 2.0]), MethodError, "horizon", "[1.0, 2.0]"),  # pyright: ignore[reportArgumentType]
    (lambda: qb.Resolvent(tolerance="loose"), ToleranceError, "tolerance", "'loose'"),  # pyright: ignore[reportArgumentType]
    (lambda: qb.evolve(GOOD, 1.0), TimesError, "ts", "()"),
    (lambda: jax.vmap(lambda t: qb.evolve(GOOD, t).saved)(np.ones(2)), TimesError, "ts", "()"),
    (lambda: jax.jit(lambda t: qb.evolve(GOOD, t).saved)(np.ones((2, 2))), TimesError, "ts", "(2, 2)"),
    (lambda: jax.jit(lambda t: qb.charge(GOOD, t).max_energy)(np.ones(2)), TimesError, "window", "(2,)"),
    (lambda: jax.jit(lambda t: qb.maxima(GOOD, "energy", t).start)(1.0), TimesError, "window", "traced"),
    (lambda: qb.evolve(GOOD, [1.0], method=qb.Volterra()), MethodError, "Volterra", "Chain"),
    (lambda: qb.evolve(GUIDE, [1.0], method=qb.Eigen()), MethodError, "Eigen", "Channels"),
    (lambda: qb.evolve(GUIDE, [1.0], method=qb.Chebyshev()), MethodError, "Chebyshev", "Channels"),
    (lambda: qb.evolve(GUIDE, [1.0], method=qb.Adaptive()), MethodError, "Adaptive", "Channels"),
    (lambda: qb.evolve(GUIDE, [1.0], method=qb.Exponential()), MethodError, "Exponential", "Channels"),
    (lambda: qb.evolve(GUIDE, [1.0], "interaction_energy"), MeritError, "interaction_energy", "continuum"),
    (lambda: qb.evolve(GUIDE, [1.0], "total_energy"), MeritError, "interaction_energy", "continuum"),
    (lambda: qb.evolve(GOOD, [1.0], "photons"), MeritError, "photons", "no such"),
    (lambda: qb.Volterra(order=0), MethodError, "order", "0"),
    (lambda: qb.Volterra(panels=2.5), MethodError, "panels", "2.5"),  # pyright: ignore[reportArgumentType]
    (lambda: GUIDE.bound_states(beyond=-1.0), FieldError, "beyond", "-1"),
    (lambda: GUIDE.replace(separation=0.0), FieldError, "separation", "0"),
    (lambda: qb.evolve(guided(separation=[0.1, 0.2])(), [1.0]), FieldError, "separation", "(2,)"),
    (guided(span=("a", "b")), FieldError, "span", "'a'"),
    (bath(BATH.reservoir, span=(1.0, 2.0, 3.0)), FieldError, "span", "(1.0, 2.0, 3.0)"),
    (bath(BATH.reservoir, span="wide"), FieldError, "span", "'wide'"),
    (bath(BATH.reservoir, span=(2.0, -1.0)), FieldError, "span", "(2.0, -1.0)"),
    (lambda: jax.jit(lambda t: qb.charge(GUIDE, t))(1.0), TimesError, "window", "traced"),
    (lambda: qb.evolve(GUIDE, [1.0], method=qb.Resolvent(horizon=-1.0)), MethodError, "horizon", "-1"),
    (lambda: qb.evolve(GUIDE, [1.0], method=qb.Resolvent(horizon=nan)), MethodError, "horizon", "nan"),
    (lambda: qb.evolve(GUIDE, [1.0], method=qb.Volterra(horizon=0.0)), MethodError, "horizon", "0"),
]

TABLE = [*FIELDS, *STARTS, *CAVITIES, *CALLS, *UNANSWERABLE, *OPEN, *MEMORY]
IDS = [f"{i}-{argument}-{shown}" for i, (_, _, argument, shown) in enumerate(TABLE)]


@pytest.mark.parametrize(("act", "kind", "argument", "shown"), TABLE, ids=IDS)
def test_says_what_is_wrong(act: Callable[[], Any], kind: type[JaxqbError], argument: str, shown: str, compiles: Any) -> None:
    with compiles(0), pytest.raises(JaxqbError) as caught:
        act()
    message = str(caught.value)
    parts = GRAMMAR.match(message)
    assert parts, message
    assert type(caught.value) is kind, message
    assert parts["argument"] == argument, message
    assert shown in parts["but"], message
    assert "Tracer" not in message
    assert "XLA" not in message
    assert "rray(" not in message and "np.float" not in message


def test_table_is_long() -> None:
    assert len(TABLE) >= 100


@pytest.mark.parametrize("battery", [GUIDE, BATH], ids=["waveguide", "reservoir"])
def test_a_steady_state_with_memory_is_found_otherwise(battery: Any) -> None:
    with pytest.raises(FieldError, match=r"long_time"):
        qb.steady_state(battery)


# ------------------------------------------------------------------------- fixes that name a number are tried out


def named(act: Callable[[], Any]) -> int:
    """The number in the fix of a CutoffError."""
    with pytest.raises(CutoffError) as caught:
        act()
    return int(re.search(r"fix: .*cutoff=(\d+)", str(caught.value))[1])


@pytest.mark.parametrize("photons", [3, qb.coherent(4.0), qb.thermal(1.0), [0.1, 0.2, 0.7]], ids=str)
def test_named_cutoff_of_the_start_suffices(photons: Any) -> None:
    cutoff = named(light(photons=photons, cutoff=1))
    battery = light(photons=photons, cutoff=cutoff)()
    wide = light(photons=photons, cutoff=cutoff + 30)()
    one, other = (qb.evolve(b, [0.4, 1.1]).saved["energy"] for b in (battery, wide))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-11)


def test_named_cutoff_of_the_run_suffices() -> None:
    parameters = {"coupling": 0.6, "counter_rotating": 1.0, "photons": 1}
    ts = [0.5, 2.0]
    small = light(cutoff=4, **parameters)()
    cutoff = named(lambda: qb.evolve(small, ts))
    assert cutoff > 4
    with pytest.raises(CutoffError, match="cutoff=4;"):  # the one that was given
        qb.evolve(small, ts)
    assert named(lambda: qb.charge(small, 2.0, figures="first_peak")) >= cutoff / 2
    one, other = (qb.evolve(light(cutoff=c, **parameters)(), ts).saved["energy"] for c in (cutoff, 2 * cutoff))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-7)


def test_unsolvable_element_spares_the_others() -> None:
    hull = qb.SpinCharger(3, 4).hull({"n_battery": np.array([1.0, 3.0])})
    sizes = np.array([2.0, 3.0, 7.0, 2.5])  # the third is outside the padding, the fourth no size
    best = jax.vmap(lambda m: qb.charge(hull.put(n_battery=m)))(sizes)
    status = [qb.Status(int(s)).name for s in best.status]
    assert status == ["OK", "OK", "OUTSIDE_PADDING", "OUTSIDE_PADDING"]
    assert np.isfinite(best.first_peak.value).tolist() == [True, True, False, False]
    single = qb.charge(qb.SpinCharger(3, 4), figures="first_peak").first_peak.value
    np.testing.assert_allclose(best.first_peak.value[1], single, rtol=1e-12)
    stored = lambda m, g: qb.evolve(hull.put(n_battery=m, coupling=g), [0.3]).saved["energy"][0]  # noqa: E731
    for derivative in (jax.jacfwd, jax.jacrev):  # where there is no number there is no slope
        slopes = jax.jit(jax.vmap(derivative(stored, 1), (0, None)))(sizes, 1.0)
        assert np.isfinite(slopes).tolist() == [True, True, False, False]


# ------------------------------------------------------------------------- laws know whose they are


@pytest.mark.parametrize(
    "changes",
    [{"n_battery": 3}, {"n_charger": 5}, {"coupling": 1.01}, {"charger_frequency": 1.2}, {"charger_excitations": 2}],
    ids=lambda changes: next(iter(changes)),
)
def test_law_of_another_battery(changes: dict[str, Any]) -> None:
    other = GOOD.replace(**changes).law()
    for verb in (lambda: qb.evolve(GOOD, [1.0], law=other), lambda: qb.charge(GOOD, law=other)):
        with pytest.raises(FieldError, match="`law` must be a law of this battery"):
            verb()


def test_own_laws() -> None:
    """Padding, rounding and the shortcut of resonance make no other battery."""
    truth = qb.evolve(GOOD, [1.0]).saved["energy"]
    for law in (*GOOD.laws().values(), GOOD.without_resonance().chain()):
        np.testing.assert_allclose(qb.evolve(GOOD, [1.0], law=law).saved["energy"], truth, rtol=1e-12)
    fast = qb.SpinCharger(2, 3, battery_frequency=1e9, charger_frequency=1e9 + 1)
    one, other = (qb.evolve(fast, [1.0], law=law).saved["energy"] for law in fast.laws().values())
    np.testing.assert_allclose(one, other, rtol=1e-5)
    slope = jax.grad(lambda g: qb.evolve(GOOD.replace(coupling=g), [1.0], law=GOOD.replace(coupling=g).grid()).saved["energy"][0])
    step = 1e-5
    ahead, behind = (qb.evolve(GOOD.replace(coupling=1 + h), [1.0]).saved["energy"][0] for h in (step, -step))
    np.testing.assert_allclose(slope(1.0), (ahead - behind) / (2 * step), rtol=1e-7)
