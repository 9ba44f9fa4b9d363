"""Error types and the status of one element of a batch.

Every message follows one grammar: *argument* must ..., but ...; fix: ...
What shapes and concrete numbers can tell is raised before anything is compiled; what only a run can tell is a
`Status`, one per element, so that one unsolvable point never takes the others with it.
"""

import difflib
import enum
import math
from collections.abc import Iterable
from typing import Any, NoReturn

MANY = 12  # numbers that a sentence lists


class JaxqbError(ValueError):
    """Base of all errors that jaxqb raises on purpose."""


class FieldError(JaxqbError):
    """A parameter or size of a battery has a wrong value, type or shape."""


class CutoffError(FieldError):
    """A bosonic mode, or a closure, is truncated below what its state needs; the message names what is enough."""


class TimesError(JaxqbError):
    """Times are empty, not finite, negative or not increasing."""


class ToleranceError(JaxqbError):
    """A tolerance is below what the floating point type can deliver."""


class MeritError(JaxqbError):
    """A figure of merit was asked of a state that cannot answer it, or does not exist."""


class MethodError(JaxqbError):
    """A method cannot solve this law, or cannot give this derivative."""


class SweepError(JaxqbError):
    """The axes, figures or mapping of a sweep do not fit the battery."""


class StoreError(JaxqbError):
    """A store cannot be read or written, holds another sweep, or has another writer.

    Attributes:
        disk: whether it is the operating system that does not let it be written.
    """

    disk: bool = False


class DesignError(JaxqbError):
    """The objective, bounds, starts or constraints of an optimization do not fit the battery."""


class StudyError(JaxqbError):
    """A study file has an unknown key, a missing table or a value of the wrong kind."""


class PaperError(JaxqbError):
    """No such paper or figure."""


def fail(kind: type[JaxqbError], argument: str, must: str, but: str, fix: str) -> NoReturn:
    """Raise `kind` with the one grammar all messages share.

    Args:
        kind: the type of the error.
        argument: what is wrong, by the name that the user knows.
        must: what it must do or be.
        but: what it does or is.
        fix: what to do.

    Raises:
        JaxqbError: of this kind, always.

    >>> fail(FieldError, "gap", "be positive", "it is -1", "turn its sign")
    Traceback (most recent call last):
        ...
    jaxqb.errors.FieldError: `gap` must be positive, but it is -1; fix: turn its sign.
    """
    raise kind(f"`{argument}` must {must}, but {but}; fix: {fix}.")


def nearest(name: str, known: Iterable[str]) -> str:
    """What to do about an unknown name: write the nearest known one, as a whole or by a word of it, or one of all.

    Args:
        name: the unknown name.
        known: those that exist.

    >>> nearest("n_batery", ["n_battery", "n_charger"])
    'write n_battery'
    >>> nearest("energi", ["first_peak", "energy_per_cell"])
    'write energy_per_cell'
    >>> nearest("fig1", ["fig2", "fig3"])  # nobody knows which
    'use one of fig2, fig3'
    """
    known = list(known)

    def likeness(other: str) -> tuple[float, float]:
        whole, *parts = (difflib.SequenceMatcher(None, name.lower(), x.lower()).ratio() for x in (other, *other.split("_")))
        return max(whole, *parts), whole

    best = max(known, key=likeness, default="")
    alike = [other for other in known if likeness(other) == likeness(best)]
    return f"write {best}" if len(alike) == 1 and likeness(best)[0] >= 0.5 else f"use one of {', '.join(known)}"


def shown(value: Any) -> str:
    """A value as one would write it in Python: numbers of numpy and jax too, long arrays by their shape.

    Args:
        value: what a user gave.

    >>> import numpy as np
    >>> shown(np.asarray(0.5)), shown((np.float64(2.0), None)), shown("full"), shown(np.zeros(100))
    ('0.5', '(2.0, None)', "'full'", 'an array of shape (100,)')
    """
    if type(value) in (list, tuple) and len(value) > MANY:
        return f"a {type(value).__name__} of {len(value)} entries"
    if hasattr(value, "tolist") and math.prod(shape := getattr(value, "shape", ())) > MANY:
        return f"an array of shape {shape}"
    return repr(_plain(value))


def _plain(value: Any) -> Any:
    if type(value) in (list, tuple):
        return type(value)(map(_plain, value))
    try:
        return value.tolist()
    except (AttributeError, TypeError):  # no array, or one whose numbers are not known yet
        return value


class Status(enum.IntEnum):
    """What became of one element of a batch; an element that could not be solved is NaN, and leaves the others alone.

    Members: `OK`, `BUDGET_SPENT`, `NOT_FINITE`, `OUTSIDE_PADDING`, `UNRESOLVED`, `NO_PEAK`, `NOT_REACHED`, `TOO_FEW`, `MISSING`.

    >>> Status(4).name, Status.NO_PEAK.sentence
    ('UNRESOLVED', 'there is no such maximum')
    """

    OK = 0
    BUDGET_SPENT = 1
    NOT_FINITE = 2
    OUTSIDE_PADDING = 3
    UNRESOLVED = 4
    NO_PEAK = 5
    NOT_REACHED = 6
    TOO_FEW = 7
    MISSING = 8

    @property
    def sentence(self) -> str:
        """The status in words."""
        return _SENTENCES[self]


_SENTENCES = {
    Status.OK: "solved",
    Status.BUDGET_SPENT: "stopped before the answer was reached: the step budget was spent",
    Status.NOT_FINITE: "the answer is not a finite number",
    Status.OUTSIDE_PADDING: "a size, start or frequency is outside what is provided (levels, cutoff, span), or a value is none "
    "that the battery can have",
    Status.UNRESOLVED: "a truncation was reached: raise the charger's cutoff, or the closure's bands",
    Status.NO_PEAK: "there is no such maximum",
    Status.NOT_REACHED: "the level is not reached",
    Status.TOO_FEW: "solved, but of a sample so small that its errors are not sure: take more trajectories",
    Status.MISSING: "not computed yet",
}
