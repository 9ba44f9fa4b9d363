"""From a file to checked tables, or to one sentence that says what is wrong where."""

import difflib
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError

from ..errors import StudyError, fail
from .tables import DesignTables, Grid, Limits, SweepTables, Tables, Wrong

NESTED = {"sweep": Grid, "constraints": Limits}  # tables whose keys are names, and what stands under each


def read(path: Path) -> Tables:
    """The tables of a study file.

    Raises:
        StudyError: in one sentence that names the file, the table and the key, and the nearest key that is known.
    """
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        fail(StudyError, str(path), "be a study file", "there is no such file", "give the path of a TOML file")
    except (OSError, UnicodeDecodeError):
        fail(StudyError, str(path), "be a study file", "it cannot be read as text", "give the path of a TOML file")
    except tomllib.TOMLDecodeError as error:
        what = str(error)
        line = re.search(r"line \d+", what)
        place = line[0] if line else "the end of the file"
        fail(StudyError, str(path), "be valid TOML", f"the parser says: {what[:1].lower() + what[1:]}", f"mend {place}")
    try:
        return check(written)
    except StudyError as error:
        raise StudyError(f"{path}: {error}") from None


def check(written: dict[str, Any]) -> Tables:
    """The tables, if all is right with them."""
    given = [name for name in ("sweep", "design") if name in written]
    if len(given) == 2:
        fail(StudyError, "sweep", "stand without [design]", "both are there", "keep one of [sweep] and [design]")
    kind = DesignTables if given == ["design"] else SweepTables
    try:
        return kind.model_validate(written)
    except ValidationError as error:
        errors = error.errors()
    # unknown keys first, and of these the tables: they are what makes others missing or unknown
    _explain(kind, min(errors, key=lambda item: (item["type"] != "extra_forbidden", len(item["loc"]))), given)


def nearest(name: str, known: Iterable[str]) -> str:
    """What to do about an unknown name: write the nearest known one, or one of all.

    >>> nearest("n_batery", ["n_battery", "n_charger"])
    'write n_battery'
    """
    known = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    return f"write {known[close[0]]}" if close else f"use one of {', '.join(known.values())}"


def _explain(kind: type[BaseModel], found: Any, given: list[str]) -> NoReturn:
    """One thing that pydantic found, in the grammar of all messages."""
    place = [part for part in found["loc"] if part not in ("values", "grid")]
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    *above, key = [part for part in place if isinstance(part, str)]
    table = ".".join(above)
    if found["type"] == "extra_forbidden":
        other = SweepTables if kind is DesignTables else DesignTables
        if key in _keys(other, above) and given:
            verbs = ("design", "sweep") if kind is SweepTables else ("sweep", "design")
            fail(
                StudyError,
                name,
                f"stand in a {verbs[0]}",
                f"this is a {verbs[1]}",
                f"remove {name}, or write [{verbs[0]}]",
            )
        where = f"be a key of [{table}]" if table else "be a table of a study, or a key above the tables"
        fail(
            StudyError,
            name,
            where,
            "it is none",
            nearest(key, _keys(kind, above) if above else [*_keys(kind, above), "sweep", "design"]),
        )
    if found["type"] == "missing":
        if key == "sweep":
            fail(StudyError, "sweep", "be given, or design", "neither is there", "add a table [sweep] or [design]")
        fail(StudyError, name, "be given", "it is missing", f"give {key} a value" if table else f"add a table [{name}]")
    if found["type"] == "value_error" and isinstance(wrong := found["ctx"]["error"], Wrong):
        fail(StudyError, name, *wrong.args)
    must = found["msg"].removeprefix("Input should ")
    must = "be a table" if "dictionary" in must or "instance of" in must else must[:1].lower() + must[1:]
    but = "it is a table" if isinstance(found["input"], dict) else f"it is {found['input']!r}"
    fail(StudyError, name, must, but, f"mend {key}")


def _keys(kind: type[BaseModel], above: list[str]) -> list[str]:
    """The keys that may stand in this table of a study."""
    for name in above[:1]:
        field = kind.model_fields.get(name)
        inner = NESTED.get(name) or (field.annotation if field else None)
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        kind = inner
    return list(kind.model_fields)
