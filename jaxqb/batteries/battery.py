"""What every battery promises, and how its constructor and its sweeps treat fields."""

import abc
import dataclasses
import functools
import operator
from operator import attrgetter
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..errors import FieldError, MeritError, fail, nearest, shown
from ..fields import Field, Real, composed, entry, fields_of
from ..laws import AbstractLaw


class AbstractBattery(eqx.Module):
    """The physics of one battery: design parameters are leaves, what shapes arrays is static and derived from them.

    A subclass declares its fields by `parameter` and `size`, derives in ``__post_init__`` what is static, and answers `law`,
    `laws`, `capacity`, `charger_quantum` and `amplitudes`. All verbs take it then: `evolve`, `charge`, `sweep`, `optimize`.

    Raises:
        FieldError: for a field that it does not have, with the nearest one that it has; for a value that it cannot have.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(n_battery=2, n_charger=4)
    >>> isinstance(battery, qb.AbstractBattery), float(battery.capacity())
    (True, 2.0)
    >>> float(battery.replace(coupling=0.5).coupling)
    0.5
    >>> qb.SpinCharger(n_batery=2, n_charger=4)
    Traceback (most recent call last):
        ...
    jaxqb.errors.FieldError: `n_batery` must be a field of SpinCharger, but it is none; fix: write n_battery.
    """

    structure: eqx.AbstractVar[Any]
    n_battery: eqx.AbstractVar[Any]
    battery_frequency: eqx.AbstractVar[Any]

    starts: ClassVar[tuple[str, ...]] = ("localised", "thermal", "coherent", "populations")  # that a file can describe
    memory: ClassVar[bool] = False  # whether its laws have, so that the latest time has to be known beforehand

    def __new__(cls, *args: Any, **fields: Any) -> "AbstractBattery":
        """A misspelt field is said before the constructor would say it less well."""
        known = [item.name for item in dataclasses.fields(cls) if item.init]
        for name in fields:
            if name not in known:
                fail(FieldError, name, f"be a field of {cls.__name__}", "it is none", nearest(name, known))
        return super().__new__(cls)

    def __post_init__(self) -> None:
        """Fields are checked and converted; a subclass that derives more begins with that, too."""
        convert_fields(self)

    def __repr__(self) -> str:
        return composed(self)

    @abc.abstractmethod
    def law(self) -> AbstractLaw:
        """The generator and start that suit the structure of this battery."""

    @abc.abstractmethod
    def laws(self) -> dict[str, AbstractLaw]:
        """Every law that describes this battery, by name; the first is the default."""

    def candidates(self, law: AbstractLaw) -> list[AbstractLaw]:
        """The laws of this battery that `law` may be: one of `laws`, or one with the same options."""
        del law
        return list(self.laws().values())

    @abc.abstractmethod
    def capacity(self) -> Real:
        """Energy of the battery with all cells excited: what it can hold, or (negative gap) give."""

    def reach(self) -> tuple[Any, Any]:
        """The least and the largest energy that a state of the battery can have; with a negative gap the full one has least."""
        top = self.capacity()
        return jnp.minimum(top, 0.0), jnp.maximum(top, 0.0)

    def reachable(self) -> Any:
        """An upper bound on the energy that the battery can reach from its start."""
        return jnp.maximum(self.capacity(), 0.0)

    @abc.abstractmethod
    def charger_quantum(self) -> Real:
        """Energy of one charger excitation."""

    def charger_energy(self, state: Any) -> Any:
        """Free energy of the charger, zero when it is empty."""
        return self.charger_quantum() * state.charger_excitations()

    def total_energy(self, state: Any) -> Any:
        """Mean of the whole Hamiltonian, with free energies zero for empty battery and charger."""
        free = self.battery_frequency * state.battery_excitations() + self.charger_quantum() * state.charger_excitations()
        return free + state.coupling_energy() + state.expect(self.joint_energy) + state.expect(self.crosstalk_energy)

    def polarisation(self, state: Any) -> Any:
        """``<sigma^z>`` of the cell of an open state, if it is one of two levels (for `merit.populations`).

        Raises:
            MeritError: of more levels, which do not say what the cells are.
        """
        if (levels := len(state.gap)) != 2:
            but, fix = f"this open battery has {levels} levels", "use merit.filling, merit.level_populations or merit.Expectation"
            fail(MeritError, "populations", "be asked of cells of two levels", but, fix)
        low, high = self.reach()
        return 2 * (state.battery_excitations() - low) / (high - low) - 1

    @abc.abstractmethod
    def amplitudes(self) -> int:
        """About how many numbers a state of `law()` holds: what a step costs."""

    def joint_energy(self, m, n, cells, chargers) -> Any:
        """Diagonal energy that couples battery and charger, as a function of levels and sizes."""
        return 0.0 * (m + n)

    def crosstalk_energy(self, m, n, cells, chargers) -> Any:
        """Diagonal energy of couplings within the battery and within the charger."""
        return 0.0 * (m + n)

    def without_resonance(self) -> Any:
        """The same battery with the shortcut of a constant diagonal given up, if it takes one."""
        if not getattr(self.structure, "resonant", False):
            return self
        fresh = self.put()
        object.__setattr__(fresh, "structure", self.structure._replace(resonant=False))
        return fresh

    def kept(self) -> int:
        """Largest charger level that is kept."""
        return self.structure.charger_levels - 1

    def widened(self) -> Any:
        """The same battery with twice the charger levels kept (for truncated chargers)."""
        return self

    def led_by(self, law: AbstractLaw) -> Any:
        """The same battery with one of its laws for its default, where more than one is truncated."""
        del law
        return self

    def overflow(self, enough: Any) -> tuple[str, str, str, str]:
        """What to say where a truncation was too small: argument, must, but and fix. `enough`: this battery widened, or None."""
        if enough is None:
            return "cutoff", "hold the light", f"even {self.kept()} is too small", "use shorter times or weaker coupling"
        but = f"its last levels filled up at cutoff={self.kept()}"
        return "cutoff", "hold the light at all times", but, f"use cutoff={enough.kept()}"

    def replace(self, **changes: Any) -> Any:
        """A battery with some fields changed, built anew from what the user gave (so sizes and symmetries follow)."""
        known = self.variables()
        for name in changes:
            if "." in name and name not in known:
                fail(FieldError, name, f"be a field of {type(self).__name__}", "it is none", nearest(name, known))
        given = {item.name: getattr(self, item.name) for item in dataclasses.fields(self) if item.init}
        parts = {name: dataclasses.replace(given[name], **inner) for name, inner in _inner(changes).items()}
        return type(self)(**(given | changes | parts))

    def hull(self, values: dict[str, Any]) -> Any:
        """The battery whose padding and symmetries cover all values of the named fields (vectors shape nothing)."""
        fields = self.variables()
        shaping = lambda name: entry(name)[1] is None and not getattr(fields.get(name), "vector", False)  # noqa: E731
        return self.replace(**{name: value for name, value in values.items() if shaping(name)})

    def put(self, **leaves: Any) -> Any:
        """This battery with traced scalars in place of leaves; everything static stays, so they must lie in its hull."""
        return _put(self, leaves)

    def admitted(self) -> Any:
        """Whether all fields have values that this battery can have: of traced ones the constructor could not know."""
        values = [(info, attrgetter(name)(self)) for name, info in self.variables().items()]
        return functools.reduce(operator.and_, [info.admits(value) for info, value in values], jnp.asarray(True))

    def variables(self) -> dict[str, Field]:
        """The fields that may be varied: those declared, and those of what this battery holds, such as ``reservoir.cutoff``."""
        held = {item.name: getattr(self, item.name) for item in dataclasses.fields(self) if item.init}
        inner = {
            f"{name}.{key}": info
            for name, part in held.items()
            if isinstance(part, eqx.Module)
            for key, info in fields_of(part).items()
        }
        return self.declared() | {name: dataclasses.replace(info, name=name) for name, info in inner.items()}

    @classmethod
    def declared(cls) -> dict[str, Field]:
        """The declared fields by name."""
        return fields_of(cls)


def _inner(values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Takes out what is for fields of a field, by the name of the outer one."""
    parts: dict[str, dict[str, Any]] = {}
    for name in [name for name in values if "." in name]:
        outer, _, inner = name.partition(".")
        parts.setdefault(outer, {})[inner] = values.pop(name)
    return parts


def _put(module: Any, leaves: dict[str, Any]) -> Any:
    """A copy with some fields, entries of fields, and fields of fields changed, and nothing derived anew."""
    leaves = leaves | {name: _put(getattr(module, name), inner) for name, inner in _inner(leaves).items()}
    for name in [name for name in leaves if entry(name)[1] is not None]:
        field, index = entry(name)
        leaves[field] = jnp.asarray(leaves.get(field, getattr(module, field))).at[index].set(leaves.pop(name))
    fresh, known = object.__new__(type(module)), [item.name for item in dataclasses.fields(module)]
    for name in leaves:
        if name not in known:
            fail(FieldError, name, f"be a field of {type(module).__name__}", "it is none", nearest(name, known))
    for item in dataclasses.fields(module):
        object.__setattr__(fresh, item.name, leaves.get(item.name, getattr(module, item.name)))
    return fresh


def convert_fields(battery: AbstractBattery) -> None:
    """Convert and check every declared field in place (called at the head of a battery's `__post_init__`)."""
    for name, info in fields_of(battery).items():
        object.__setattr__(battery, name, info.convert(getattr(battery, name)))


def check_levels(battery: AbstractBattery, name: str, needed: int | None, size: str) -> int:
    """A padded level number: what the user gave, if it is enough, or what the sizes need, if they are known."""
    value = getattr(battery, name)
    if value is None:
        if needed is None:
            must, fix = "be a number that is known before tracing", f"pass `{name}=` (the largest {size} plus 1)"
            fail(FieldError, size, must, "it is traced", fix)
        return max(2, needed)
    least = max(2, needed or 2)
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        fix = f"use {name}={least}, or leave it out"
        fail(FieldError, name, f"be an integer of at least {least}", f"it is {shown(value)}", fix)
    return int(value)


def is_hull(battery: AbstractBattery) -> bool:
    """Whether some scalar field holds an array: a family of batteries rather than one."""
    return any(np.ndim(attrgetter(name)(battery)) > 0 for name, field in battery.variables().items() if not field.vector)
