"""The public names, and examples in docstrings."""

import doctest
import importlib
import pkgutil

import pytest

import jaxqb as qb


def test_every_public_name_loads():
    names = [name for name in dir(qb) if not name.startswith("_")]
    assert {"SpinCharger", "CavityCharger", "evolve", "charge", "sweep", "optimize", "reproduce", "merit"} <= set(names)
    for name in names:
        assert getattr(qb, name) is not None


def test_no_module_has_the_name_of_a_verb():
    """Importing such a module would put it in the place of the verb."""
    modules = {module.name for module in pkgutil.iter_modules(qb.__path__)}
    assert not modules & {name for name in dir(qb) if callable(getattr(qb, name))}


EXAMPLES = [
    "algebra.bessel",
    "algebra.expint",
    "bound_states.find",
    "batteries.cavity_charger",
    "batteries.dark_state_battery",
    "batteries.dimer_chain",
    "batteries.open_battery",
    "batteries.reservoir_battery",
    "batteries.spin_chain",
    "batteries.spin_charger",
    "batteries.spins",
    "batteries.starts",
    "batteries.waveguide_array",
    "batteries.waveguide_battery",
    "cavity",
    "charging",
    "errors",
    "evolution",
    "fields",
    "figures",
    "interop.convert",
    "merit",
    "methods.select",
    "methods.stepped",
    "plot",
    "reservoirs.band_edge",
    "reservoirs.exponentials",
    "reservoirs.ohmic",
    "reservoirs.waveguide",
    "steady",
    "storing",
    "study.tables",
    "study.words",
    "sweeps.dataset",
    "sweeps.outlook",
    "sweeps.record",
    "sweeps.run",
]


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_of_docstrings(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"jaxqb.{name}"))
    assert found.attempted and not found.failed
