"""What every figure of merit is: a Module called on (battery, state)."""

import abc
import dataclasses
from typing import Any

import equinox as eqx
from jaxtyping import Array

from ..asked import takes
from ..conventions import UNITS
from ..errors import MeritError, fail, nearest, shown


class AbstractMerit(eqx.Module):
    """A figure of merit: a Module compared by value, called on (battery, state), so that it never causes a retrace.

    A subclass says its `symbol` (which labels axes), its `unit` (a key of `conventions.UNITS`) and, in ``__call__``, its value,
    in what states answer (`jaxqb.states`).

    Raises:
        MeritError: by ``__call__``, where a state cannot answer.

    A figure of one's own, the probability that the battery is empty:

    >>> import jaxqb as qb
    >>> class Empty(qb.merit.AbstractMerit):
    ...     symbol, unit = "p_0", "number"
    ...
    ...     def __call__(self, battery, state):
    ...         return qb.merit.level_populations(battery, state)[0]
    >>> sol = qb.evolve(qb.SpinCharger(1, 1), [0.5], {"empty": Empty()})
    >>> round(float(sol.saved["empty"][0]), 6)  # cos(0.5)^2
    0.770151
    """

    symbol: eqx.AbstractClassVar[str]
    unit: eqx.AbstractClassVar[str]

    @abc.abstractmethod
    def __call__(self, battery: Any, state: Any) -> Array:
        """The figure of one state."""

    @property
    def phase_sensitive(self) -> bool:
        """Whether it sees coherences between levels (and not populations alone)."""
        return False

    def with_(self, **options: Any) -> "AbstractMerit":
        """The same figure with other options.

        Raises:
            MeritError: for an option that it does not have.
        """
        known = [item.name for item in dataclasses.fields(self) if item.init]
        for name in options:
            if name not in known:
                fix = nearest(name, known) if known else "leave it out"
                fail(MeritError, name, f"be an option of {type(self).__name__}", "it is none", fix)
        return dataclasses.replace(self, **options)

    def rising(self, battery: Any, state: Any) -> Array:
        """The figure again, for `Rate`: its `jax.jvp` is the slope to the right, which a figure with kinks has to say itself."""
        return self(battery, state)

    @property
    def notation(self) -> str:
        """The symbol; of a slope with that of the figure it is of."""
        return self.symbol

    @property
    def units(self) -> str:
        """Unit in words, hbar = 1."""
        return UNITS[self.unit]


class AbstractObservable(AbstractMerit):
    """A figure that is linear in the density matrix, so that its curve holds no other frequencies than the state's.

    Methods then need not make every state: they carry the figure alone. A subclass promises that it is so.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> isinstance(qb.merit.energy, qb.merit.AbstractObservable), isinstance(qb.merit.purity, qb.merit.AbstractObservable)
    (True, False)
    """


def check_figure(argument: str, value: Any) -> None:
    """A sentence if `value` is no figure of merit: neither a merit nor a function of (battery, state).

    Args:
        argument: how the message names it.
        value: what was given.

    Raises:
        MeritError: if it is none.

    >>> import jaxqb as qb
    >>> qb.merit.check_figure("save", 3.0)
    Traceback (most recent call last):
        ...
    jaxqb.errors.MeritError: `save` must be a figure of merit, but it is 3.0; fix: use e.g. jaxqb.merit.energy.
    """
    if isinstance(value, type):
        fail(MeritError, argument, "be a figure of merit", f"it is the class {value.__name__}", f"use {value.__name__}()")
    if not callable(value):
        fail(MeritError, argument, "be a figure of merit", f"it is {shown(value)}", "use e.g. jaxqb.merit.energy")
    if not isinstance(value, AbstractMerit) and not takes(value, 2):
        but, fix = "it takes other arguments", "write e.g. lambda battery, state: state.battery_excitations()"
        fail(MeritError, argument, "be a function of a battery and its state", but, fix)
