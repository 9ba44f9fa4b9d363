"""The public names."""

import pkgutil

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
