"""What a sweep tabulates and an optimization maximises: named figures of a battery, or any function of it.

Names of `charge`: "first_peak", "max_average_power", "max_instantaneous_power", and with a window "max_energy". Each yields its
value, its time under ``<name>_time``, and shares one `charge`. Where one number is asked for (`optimize`, studies) a name may
end in ``_time``, ``_per_cell`` (divided by the number of cells) or, of an energy, ``_filling`` (of the battery's capacity).

>>> import jaxqb as qb
>>> sorted(qb.figures.Charging(("first_peak",))(qb.SpinCharger(2, 2)))
['first_peak', 'first_peak_time', 'status']
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from . import merit as merits
from .asked import array, ask, takes
from .charging import charge, check_figures
from .conventions import UNITS
from .errors import JaxqbError, MeritError, Status, fail
from .merit import AbstractMerit, filled
from .methods import AbstractMethod
from .storing import LIFETIME, storage_time

EXAMPLE = "lambda battery: jaxqb.evolve(battery, [1.0]).saved['energy'][0]"  # of a function of a battery


@dataclasses.dataclass(frozen=True)
class Label:
    """How a figure is written on an axis.

    Attributes:
        long_name: in words.
        symbol: in letters.
        units: in words, hbar = 1.

    >>> LABELS["first_peak"].long_name
    'energy at its first peak'
    """

    long_name: str
    symbol: str
    units: str


LABELS = {
    "first_peak": Label("energy at its first peak", "E_first", UNITS["energy"]),
    "max_average_power": Label("largest average power", "P_max", UNITS["power"]),
    "max_instantaneous_power": Label("largest instantaneous power", "(dE/dt)_max", UNITS["power"]),
    "max_energy": Label("largest energy in the window", "E_max", UNITS["energy"]),
}

ENERGIES = ("first_peak", "max_energy")
ALIASES = {"energy_per_cell": "first_peak_per_cell", "filling": "first_peak_filling"}
DERIVED = {  # from each name that is made of a figure of `charge` to that figure
    base + suffix: base for base in LABELS for suffix in ("", "_time", "_per_cell", *(("_filling",) if base in ENERGIES else ()))
}


def names_of_figures(window: Any = None) -> list[str]:
    """All names that are a figure of `charge` or made of one; without a window none of the largest energy.

    Args:
        window: see `charge`.

    >>> [name for name in names_of_figures() if name.endswith("filling")]
    ['first_peak_filling', 'filling']
    """
    return [name for name in (*DERIVED, *ALIASES) if window is not None or not name.startswith("max_energy")]


def derived(name: str, found: Mapping[str, Array], battery: Any) -> Array:
    """A figure by its name, from those of `charge`: as it is, per cell, or as a part of the battery's capacity.

    Args:
        name: of a figure, e.g. "first_peak_per_cell" or "filling".
        found: figures of `charge` by name.
        battery: the battery whose figures they are.

    >>> import jaxqb as qb
    >>> float(derived("energy_per_cell", {"first_peak": jnp.asarray(3.0)}, qb.SpinCharger(n_battery=4, n_charger=4)))
    0.75
    """
    name = ALIASES.get(name, name)
    if name in found:
        return found[name]
    value = found[DERIVED[name]]
    return filled(value, battery) if name.endswith("_filling") else value / battery.n_battery


class AbstractFigures(eqx.Module):
    """A function of a battery that returns named arrays and a status; compared by value, so it never causes a retrace.

    A subclass has ``__call__(battery)``, which returns a dict with a "status", and may have a `label` of its own.

    >>> import jaxqb as qb
    >>> qb.figures.Charging(("first_peak",)).label("first_peak_per_cell").symbol
    'E_first / N_B'
    """

    def label(self, name: str) -> Label:
        """How the figure is written."""
        name = ALIASES.get(name, name)
        base = DERIVED.get(name, "")
        if not base:
            return Label(name, name, "")
        known = LABELS[base]
        if name == f"{base}_time":
            return Label(f"time of {known.long_name}", f"t({known.symbol})", UNITS["time"])
        if name == f"{base}_filling":
            return Label(known.long_name.replace("energy", "filling", 1), f"{known.symbol} / K", "1")
        if name == f"{base}_per_cell":
            words = known.long_name
            words = words.replace("energy", "energy per cell", 1) if "energy" in words else f"{words} per cell"
            return Label(words, f"{known.symbol} / N_B", known.units)
        return known


class Charging(AbstractFigures):
    """Figures of one `charge`.

    Args:
        names: which.
        window: see `charge`.
        method: see `charge`.

    >>> import jaxqb as qb
    >>> found = qb.figures.Charging(("first_peak",))(qb.SpinCharger(n_battery=1, n_charger=1))
    >>> {name: round(float(value), 6) for name, value in found.items()}  # at pi / 2
    {'first_peak': 1.0, 'first_peak_time': 1.570796, 'status': 0.0}
    """

    names: tuple[str, ...] = eqx.field(static=True)
    window: Any = None
    method: AbstractMethod | None = None

    def __call__(self, battery: Any) -> dict[str, Array]:
        best = charge(battery, self.window, method=self.method, figures=self.names)
        out: dict[str, Array] = {}
        for name in self.names:
            figure = getattr(best, name)
            out[name], out[f"{name}_time"] = figure.value, figure.time
        return out | {"status": best.status}


class Named(AbstractFigures):
    """Some figures of one charge by their names, also per cell and of the capacity; times only where named.

    Args:
        names: which.
        charging: the charge that they are made of.

    >>> import jaxqb as qb
    >>> found = qb.figures.Named(("filling",), qb.figures.Charging(("first_peak",)))(qb.SpinCharger(n_battery=1, n_charger=1))
    >>> sorted(found), round(float(found["filling"]), 6)
    (['filling', 'status'], 1.0)
    """

    names: tuple[str, ...] = eqx.field(static=True)
    charging: Charging

    def __call__(self, battery: Any) -> dict[str, Array]:
        out = self.charging(battery)
        return {"status": out["status"]} | {name: derived(name, out, battery) for name in self.names}


class Storing(AbstractFigures):
    """How long a battery keeps more than a fraction of what a figure of merit is at first, see `storage_time`.

    Args:
        fraction: of the first value, 1 / e if left out.
        figure: a figure of merit, the energy if left out.
        window: see `storage_time`.
        method: see `storage_time`.

    >>> import jaxqb as qb
    >>> chain = qb.SpinChain.uniform(3, initial=qb.single_excitation([0.0, 1.0, 0.0]))
    >>> qb.sweep(qb.figures.Storing(), chain, {"damping": [0.05, 0.1]}).storage_time.round(6).values.tolist()
    [20.0, 10.0]
    """

    fraction: Any = LIFETIME
    figure: Any = merits.energy
    window: Any = None
    method: AbstractMethod | None = None

    def __call__(self, battery: Any) -> dict[str, Array]:
        kept = storage_time(battery, self.fraction, self.figure, self.window, method=self.method)
        return {"storage_time": kept.time, "status": kept.status}

    def label(self, name: str) -> Label:
        """A time."""
        return Label("storage time", "t_s", UNITS["time"]) if name == "storage_time" else super().label(name)


class Function(AbstractFigures):
    """Any function of a battery that returns an array, or a dict of arrays (with, if it likes, a "status").

    Args:
        function: of a battery, in `jax.numpy`.
        name: of the array, if it returns one only.

    Raises:
        MeritError: where it returns no numbers, or asks for a number that is not known while the program is made.

    >>> import jaxqb as qb
    >>> found = qb.figures.Function(lambda battery: battery.capacity() / 2, "half")(qb.SpinCharger(n_battery=3, n_charger=3))
    >>> float(found["half"]), int(found["status"])
    (1.5, 0)
    """

    function: Callable
    name: str = eqx.field(static=True)

    def __call__(self, battery: Any) -> dict[str, Array]:
        value = ask(self.function, self.name, battery)
        out = dict(value) if isinstance(value, Mapping) else {self.name: value}
        if not set(out) - {"status"}:
            but = "it returns nothing beside a status" if out else "it returns an empty dict"
            fail(MeritError, self.name, "return numbers", but, "return an array, or arrays by name")
        out = {str(name): array(self.name, one) for name, one in out.items()}
        if "status" in out:
            status = out["status"]
            if status.ndim or not jnp.issubdtype(status.dtype, jnp.integer):
                but = f"it has shape {status.shape} and type {status.dtype}"
                fail(MeritError, "status", "be one integer", but, "return one of jaxqb.Status, or leave it out")
            out["status"] = jnp.where((status >= 0) & (status < len(Status)), status, Status.NOT_FINITE)
        else:
            finite = jnp.stack([jnp.all(jnp.isfinite(x)) for x in jax.tree.leaves(out)])
            out["status"] = jnp.where(jnp.all(finite), Status.OK, Status.NOT_FINITE)
        return out


def check_function(kind: type[JaxqbError], argument: str, value: Any) -> None:
    """A sentence if `value` is no function of a battery.

    Args:
        kind: the type of the error.
        argument: how the message names it.
        value: what was given.

    Raises:
        JaxqbError: of this kind, if it is none.

    >>> import jaxqb as qb
    >>> check_function(MeritError, "figures", qb.charge)
    """
    if isinstance(value, (type, AbstractMerit)) or not callable(value):
        what = f"the class {value.__name__}" if isinstance(value, type) else repr(value)
        but = f"it is {what}, which is asked of a state" if isinstance(value, AbstractMerit) else f"it is {what}"
        fail(kind, argument, "be the name of a figure or a function of a battery", but, f"use e.g. 'first_peak', or {EXAMPLE}")
    if not takes(value, 1):
        fail(kind, argument, "be a function of a battery", "it takes other arguments", f"write e.g. {EXAMPLE}")


def figures_of(figures: Any, window: Any = None, method: AbstractMethod | None = None) -> AbstractFigures:
    """From what a user may give: names of figures of `charge`, also per cell or of the capacity; `charge`; or a function.

    Args:
        figures: what was given.
        window: see `charge`.
        method: see `charge`.

    Raises:
        MeritError: for what is none of these.

    >>> import jaxqb as qb
    >>> figures_of("first_peak").names
    ('first_peak',)
    >>> sorted(figures_of(["energy_per_cell", "first_peak_time"])(qb.SpinCharger(n_battery=1, n_charger=1)))
    ['energy_per_cell', 'first_peak_time', 'status']
    """
    if isinstance(figures, AbstractFigures):
        return figures
    if callable(figures) and figures is not charge:
        check_function(MeritError, "figures", figures)
        return Function(figures, getattr(figures, "__name__", "value").replace("<lambda>", "value"))
    if figures is None or figures is charge:
        return Charging(check_figures(None, window), window, method)
    names: tuple[Any, ...] = (figures,) if isinstance(figures, str) or not isinstance(figures, Iterable) else tuple(figures)
    if isinstance(figures, Mapping) or any(map(callable, names)):
        but = "it is a dict" if isinstance(figures, Mapping) else "there is a function among them"
        fix = "let one function return all, in a dict: lambda battery: {'mine': ..., 'peak': ...}"
        fail(MeritError, "figures", "be names of figures of `charge`, or one function of a battery", but, fix)
    bases = tuple(DERIVED.get(ALIASES.get(name, name), name) if isinstance(name, str) else name for name in names)
    charging = Charging(check_figures(bases, window, names_of_figures(window)), window, method)
    return charging if set(names) <= set(charging.names) else Named(names, charging)
