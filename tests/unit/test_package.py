"""The public names, and examples in docstrings."""

import dataclasses
import doctest
import importlib
import importlib.util
import inspect
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest

import jaxqb as qb
from jaxqb.merit import AbstractMerit

ROOT = Path(qb.__file__).parent


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
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    for path in sorted(ROOT.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_of_docstrings(name: str) -> None:
    here = [each for each in doctest.DocTestFinder().find(importlib.import_module(f"jaxqb.{name}")) if each.examples]
    if importlib.util.find_spec("dynamiqs") is None:  # no test depends on it
        here = [each for each in here if not each.name.endswith("_dynamiqs")]
    runner = doctest.DocTestRunner()
    assert here and not any(runner.run(each).failed for each in here)


# -------------------------------------------------------------------------------------------------- public docstrings

PARTS = ("advantage", "errors", "figures", "laws", "merit", "methods", "plot", "reservoirs")
PAPERS = ("load", "listing", "Paper", "Figure", "Claim", "Checked")  # the rest of `papers` is for those who add one
UNSHOWN = {name for name in vars(qb.errors) if name.endswith("Error")}  # raised, and shown where they are
# made by batteries, never by hand: what they consist of is written down where they are made
MADE = {"Chain", "Channels", "Emitters", "Grid", "JointLadders", "Mixture", "Reachable", "Towers", "Trajectories"}
RAISING = re.compile(r"\bfail\(|\braise [A-Z]|\bcheck_\w+\(")


def public() -> dict[str, Any]:
    """Classes, functions and figures of merit that a user may call by a public name."""
    found = {name: value for name in dir(qb) if callable(value := getattr(qb, name))}
    for part in PARTS:
        for name, value in vars(importlib.import_module(f"jaxqb.{part}")).items():
            own = getattr(value, "__module__", "").startswith(f"jaxqb.{part}")  # and not what it imports
            if own and callable(value) and not name.startswith("_"):
                found[f"{part}.{name}"] = value
    return found | {f"papers.{name}": getattr(qb.papers, name) for name in PAPERS}


PUBLIC = public()


def parameters(value: Any) -> list[str]:
    """What a constructor or a function takes (a figure of merit is not called by hand)."""
    if isinstance(value, AbstractMerit) or (inspect.isclass(value) and value.__name__ in MADE):
        return []
    if dataclasses.is_dataclass(value):
        return [item.name for item in dataclasses.fields(value) if item.init]
    if inspect.isclass(value):
        return [name for name in vars(value).get("__annotations__", {}) if issubclass(value, tuple)]
    return list(inspect.signature(value).parameters)


def document(name: str) -> str:
    """A docstring of its own, not one that is inherited."""
    value = PUBLIC[name]
    owner = value if inspect.isclass(value) or inspect.isroutine(value) else type(value)
    return inspect.cleandoc((vars(owner).get("__doc__") if inspect.isclass(owner) else value.__doc__) or "")


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_documented(name: str) -> None:
    """What it is, an example that is executed, each argument, and what is raised."""
    value, text = PUBLIC[name], document(name)
    assert len(text.splitlines()[0]) > 20
    assert ">>> " in text or name.split(".")[-1] in UNSHOWN
    left_out = [each for each in parameters(value) if not re.search(rf"^ +([\w, *]+, )?{each}(, [\w, ]+)?:", text, re.MULTILINE)]
    assert not left_out
    owner = value if inspect.isclass(value) or inspect.isroutine(value) else type(value)
    assert "Raises:" in text or not RAISING.search(inspect.getsource(inspect.unwrap(owner)))


def test_batteries_methods_and_reservoirs_name_their_source() -> None:
    kinds = (qb.AbstractBattery, qb.methods.AbstractMethod, qb.reservoirs.AbstractReservoir)
    found = [name for name, value in PUBLIC.items() if inspect.isclass(value) and issubclass(value, kinds)]
    named = {name for name in found if "Source: " in document(name)}
    assert {name for name in found if "Abstract" not in name} <= named and len(named) > 20


def test_the_examples_of_public_names_are_executed() -> None:
    for name, value in PUBLIC.items():
        module = (value if inspect.isclass(value) or inspect.isroutine(value) else type(value)).__module__
        assert ">>> " not in document(name) or module.removeprefix("jaxqb.") in EXAMPLES
