"""From a file to checked tables, or to one sentence that says what is wrong where."""

import re
import tomllib
from pathlib import Path
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError

from ..errors import StudyError, fail, nearest
from .tables import DesignTables, Grid, Limits, SweepTables, Tables, Wrong

NESTED = {"sweep": Grid, "constraints": Limits}  # tables whose keys are names, and what stands under each

KINDS = ("values", "points", "grid", "str", "list[str]")  # what pydantic calls the kinds of one value


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


def _explain(kind: type[BaseModel], found: Any, given: list[str]) -> NoReturn:
    """One thing that pydantic found, in the grammar of all messages."""
    place = [part for part in found["loc"] if part not in KINDS]
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
        homes = [] if table else [home for home in kind.model_fields if key in _keys(kind, [home])]
        if homes:
            fail(StudyError, name, f"stand in [{homes[0]}]", "it stands above the tables", f"write it below [{homes[0]}]")
        where = f"be a key of [{table}]" if table else "be a table of a study, or a key above the tables"
        fail(
            StudyError,
            name,
            where,
            "it is none",
            nearest(key, _keys(kind, above) if above else dict.fromkeys([*_keys(kind, above), "sweep", "design"])),
        )
    if found["type"] == "missing":
        if key == "sweep":
            fail(StudyError, "sweep", "be given, or design", "neither is there", "add a table [sweep] or [design]")
        fail(StudyError, name, "be given", "it is missing", f"give {key} a value" if table else f"add a table [{name}]")
    if found["type"] == "value_error" and isinstance(wrong := found["ctx"]["error"], Wrong):
        fail(StudyError, name, *wrong.args)
    but = "it is a table" if isinstance(found["input"], dict) else f"it is {found['input']!r}"
    must, fix = _expected(found)
    fail(StudyError, name, must, but, fix)


def _expected(found: Any) -> tuple[str, str]:
    """What pydantic wants of a value, and how to write that."""
    limits, value = found.get("ctx", {}), found["input"]
    match found["type"]:
        case "too_short":
            least = limits["min_length"]
            return f"hold at least {least} value{'s' * (least > 1)}", "add what is missing"
        case "too_long":
            return f"hold at most {limits['max_length']} values", "remove the others"
        case "greater_than_equal":
            return f"be at least {limits['ge']:g}", f"write {limits['ge']:g}, or more"
        case "greater_than":
            return f"be greater than {limits['gt']:g}", "write a larger number"
        case "finite_number":
            return "be a finite number", "write one"
        case "int_type" | "int_from_float":
            return "be an integer", "write a number without point"
        case "float_type":
            return "be a number", "write one, without quotes" if isinstance(value, str) else "write one"
        case "bool_type":
            return "be true or false", "write one of them"
        case "string_type":
            return "be text", "write it in quotes"
        case "list_type":
            return "be a list", "write values in [ ]"
        case "literal_error":
            return f"be {limits['expected']}", nearest(str(value), re.findall("'(.*?)'", limits["expected"]))
        case _:
            return "be a table", "write {key = value}"


def _keys(kind: type[BaseModel], above: list[str]) -> list[str]:
    """The keys that may stand in this table of a study."""
    for name in above[:1]:
        field = kind.model_fields.get(name)
        inner = NESTED.get(name) or (field.annotation if field else None)
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        kind = inner
    return list(kind.model_fields)
