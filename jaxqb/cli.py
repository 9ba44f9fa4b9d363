"""The command line: parse, call, print.

Exit codes: 0 done; 1 done, but some answer is missing or not as it should be (each command's help says which); 2 the
input cannot be run (one sentence on stderr); 130 interrupted. jax is imported by commands that compute, never for help.
"""

import dataclasses
import json
import math
import os
import sys
import tomllib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from .errors import FieldError, JaxqbError, Status, fail

if TYPE_CHECKING:
    from rich.table import Table


OUT = Path("jaxqb-output")
MANY = 40  # rows of a table that fit a screen


class _Commands(TyperGroup):
    """Errors and warnings in one line on stderr, wherever they come from."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        show = warnings.showwarning
        warnings.showwarning = lambda message, *_: typer.echo(f"warning: {message}", err=True)
        try:
            return super().invoke(ctx)
        except JaxqbError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            typer.echo("interrupted", err=True)
            raise typer.Exit(130) from None
        finally:
            warnings.showwarning = show


app = typer.Typer(
    cls=_Commands, no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a row, and nothing else.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Folder for what is written.", show_default=False)
]
StudyFile = Annotated[Path, typer.Argument(metavar="STUDY.toml", help="The study file.", show_default=False)]


@app.callback(epilog="Exit codes: 0 done, 1 done but an answer is missing, 2 wrong input, 130 interrupted.")
def _head() -> None:
    """Simulate and design quantum batteries."""


def main() -> None:
    """Entry point of `jaxqb` and `python -m jaxqb`."""
    app()


@app.command()
def models(
    name: Annotated[str | None, typer.Argument(help="Show this battery only.", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """List the batteries and their fields: symbol, unit, default, meaning.

    Example: [bold]jaxqb models SpinCharger[/bold]
    """
    from .batteries import REGISTRY
    from .study import battery_class

    rows = []
    for known in (name,) if name else REGISTRY:
        fields = _fields(battery_class(known))
        rows += [{"battery": known, **row} for row in fields]
        if not as_json:
            _print(_table(f"{known}: {_first_line(battery_class(known))}", fields))
    if as_json:
        _print_json(rows)


@app.command(no_args_is_help=True)
def charge(
    battery: Annotated[str, typer.Argument(help="Name of a battery, see `jaxqb models`.", show_default=False)],
    fields: Annotated[
        list[str] | None,
        typer.Argument(metavar="FIELD=VALUE...", help="Its fields; values as in a study file.", show_default=False),
    ] = None,
    window: Annotated[
        float | None,
        typer.Option(help="Look at 0 <= t <= WINDOW only, and for the largest energy there.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Charge one battery: its first energy peak and its largest powers.

    Exit code 1 where a figure does not exist.

    Example: [bold]jaxqb charge SpinCharger n_battery=10 n_charger=10[/bold]

    Example: [bold]jaxqb charge SpinCharger n_battery=2 n_charger=4 'charger_excitations={thermal=3.5}'[/bold]
    """
    given = dict(map(_assignment, fields or []))
    _start_jax()
    from .charge import charge as solve
    from .conventions import UNITS
    from .figures import LABELS
    from .study import battery_of

    best = solve(battery_of(battery, given), window)
    rows, shown = [], []
    status = Status(int(best.status))
    for figure, label in LABELS.items():
        found = getattr(best, figure)
        if found is not None:
            value, time = float(found.value), float(found.time)
            row = {"figure": figure, "symbol": label.symbol, "value": value, "unit": label.units, "time": time}
            rows.append(row | {"time_unit": UNITS["time"], "status": status.name.lower()})
            shown.append(row | {"figure": label.long_name})
    if as_json:
        _print_json(rows)
    else:
        _print(_table(f"{battery}: {status.sentence} ({best.law} law, {best.method}; times in {UNITS['time']})", shown))
    raise typer.Exit(int(any(math.isnan(row["value"]) for row in rows)))


@app.command(no_args_is_help=True)
def sweep(file: StudyFile, out: Out = None, as_json: Json = False) -> None:
    """Tabulate figures of a battery over the axes of a study file; write a table (CSV) and a picture (PNG).

    Exit code 1 if some point could not be solved; a figure that does not exist is an answer.

    Example: [bold]jaxqb sweep examples/sweep_charger_size.toml[/bold]
    """
    study = _study(file, "sweep")
    data = study.run()
    rows = _rows_of(data)
    if as_json:
        _print_json(rows)
    else:
        _print(_table(study.tables.title or str(file), rows if len(rows) <= MANY else rows[:MANY]))
        _print(
            f"{len(rows)} points: {data.attrs['status_counts']}, compiled in {data.attrs['seconds_compile']:.1f} s, "
            f"run in {data.attrs['seconds_run']:.1f} s" + (f"; the first {MANY} are shown" if len(rows) > MANY else "")
        )
    folder = _folder(study, out)
    data.to_dataframe().to_csv(folder / f"{file.stem}.csv")
    _written(folder / f"{file.stem}.csv")
    if study.tables.output.plot:
        from .plot import lines

        lines(data).savefig(folder / f"{file.stem}.png")
        _written(folder / f"{file.stem}.png")
    solved = {Status.OK.name.lower(), Status.NO_PEAK.name.lower()}
    raise typer.Exit(int(not {row["status"] for row in rows} <= solved))


@app.command(no_args_is_help=True)
def optimize(file: StudyFile, out: Out = None, as_json: Json = False) -> None:
    """Find the best battery within the bounds of a study file; write the result (JSON) and a picture (PNG).

    Exit code 1 if no search came to rest at a battery that satisfies the constraints.

    Example: [bold]jaxqb optimize examples/spin_charger.toml[/bold]
    """
    study = _study(file, "design")
    best = study.run()
    if as_json:
        _print_json([{name: value for name, value in best.to_dict().items() if name != "history"}])
    else:
        _print(_table(study.tables.title or str(file), _comparison(study.battery(), best)))
        _print(repr(best))
    folder = _folder(study, out)
    (folder / f"{file.stem}.json").write_text(best.to_json() + "\n", encoding="utf-8")
    _written(folder / f"{file.stem}.json")
    if study.tables.output.plot:
        from .plot import optimum

        optimum(best).savefig(folder / f"{file.stem}.png")
        _written(folder / f"{file.stem}.png")
    raise typer.Exit(int(not best.converged))


@app.command()
def reproduce(
    paper: Annotated[str | None, typer.Argument(help="Key of a paper; all, if left out.", show_default=False)] = None,
    figure: Annotated[str | None, typer.Argument(help="One figure of it.", show_default=False)] = None,
    full: Annotated[bool, typer.Option("--full", help="The papers' sizes and beyond, in place of quick ones.")] = False,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Compute the figures of published papers, and set our numbers beside the printed ones.

    Exit code 1 if a claim no longer has the verdict that is written down for it.

    Example: [bold]jaxqb reproduce huangfu2021[/bold]

    Example: [bold]jaxqb reproduce huangfu2021 fig2 --full --out figures[/bold]
    """
    _start_jax()
    from .papers import reproduce as compute

    folder = out or OUT / "papers"
    data = compute(paper, figure, quick=not full, out=folder)
    if figure is not None:
        rows = _rows_of(data)
        _print_json(rows) if as_json else _print(data)
    _written(folder)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what jaxqb runs on, and check one number against a closed form.

    Exit code 1 if the check fails.

    Example: [bold]jaxqb doctor[/bold]
    """
    import platform

    _start_jax()
    import jax

    from .batteries import SpinCharger
    from .charge import charge as solve
    from .conventions import real_dtype

    row: dict[str, Any] = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    for package in ("jaxqb", "jax", "jaxlib", "equinox", "diffrax", "optimistix", "xarray", "zarr", "numpy"):
        row[package] = _version(package)
    row["devices"] = ", ".join(f"{device.device_kind} ({device.platform})" for device in jax.devices())
    row["cores"] = os.cpu_count()
    row["precision"] = str(real_dtype())
    row["cache"] = str(jax.config.jax_compilation_cache_dir)  # pyright: ignore[reportAttributeAccessIssue]
    value = float(solve(SpinCharger(n_battery=1, n_charger=1)).max_average_power.value)
    row["self_check"] = "largest average power of one cell and one charger spin, against max of sin(t)^2 / t"
    row["value"], row["closed_form"] = value, _largest_power_of_one_cell()
    row["error"] = abs(value - row["closed_form"])
    row["passed"] = row["error"] < 1e-12
    if as_json:
        _print_json([row])
    else:
        shown = [{"": key.replace("_", " "), "found": _text(value, 16)} for key, value in row.items()]
        _print(_table("jaxqb doctor", shown))
    raise typer.Exit(int(not row["passed"]))


def _fields(battery: Any) -> list[dict[str, Any]]:
    """What can be written for a battery: its declared fields, and its starts."""
    from .conventions import UNITS
    from .study import STARTS

    start = f"start: a number, or {{key = number}} with {', '.join(STARTS)}"
    declared = battery.declared()
    rows = []
    for item in dataclasses.fields(battery):
        default = "(needed)" if item.default is dataclasses.MISSING else item.default
        if item.name in declared:
            info = declared[item.name]
            row = {"symbol": info.symbol, "unit": UNITS[info.unit], "default": default, "meaning": info.doc}
        elif item.init and not item.metadata.get("static"):
            default = "full" if default is None else default
            row = {"symbol": "", "unit": UNITS["number"], "default": default, "meaning": start}
        else:
            continue
        rows.append({"field": item.name, **row})
    return rows


def _largest_power_of_one_cell() -> float:
    """The maximum of sin(t)^2 / t, where tan(t) = 2 t, by bisection."""
    low, high = 1.0, 1.3
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if math.tan(middle) < 2 * middle else (low, middle)
    return math.sin(low) ** 2 / low


def _study(file: Path, table: str) -> "Study":
    """A study that is checked, and jax started as it asks."""
    from .errors import StudyError
    from .study import load

    study = load(file)
    if not hasattr(study.tables, table):
        verb, other = ("sweep", "optimize") if table == "sweep" else ("optimize", "sweep")
        fail(
            StudyError,
            str(file),
            f"have a table [{table}]",
            "it has none",
            f"use `jaxqb {other}` in place of `jaxqb {verb}`",
        )
    _start_jax(study.tables.numerics.x64)
    return study


def _folder(study: "Study", out: Path | None) -> Path:
    """Where results are written."""
    folder = out or Path(study.tables.output.directory or OUT)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _written(path: Path) -> None:
    typer.echo(f"wrote {path}", err=True)


def _rows_of(data: Any) -> list[dict[str, Any]]:
    """Every point of a Dataset, its status in words."""
    rows = data.to_dataframe().reset_index().to_dict("records")
    return [row | {"status": Status(int(row["status"])).name.lower()} if "status" in row else row for row in rows]


def _comparison(given: Any, best: Any) -> list[dict[str, Any]]:
    """The given battery beside the best one: what was varied, and how both charge."""
    from .charge import charge as solve
    from .figures import LABELS

    def row(name: str, before: float, after: float, unit: str) -> dict[str, Any]:
        change = f"{100 * (after / before - 1):+.2f} %" if before else ""
        return {"": name, "as given": before, "optimum": after, "unit": unit, "change": change}

    declared = given.declared()
    rows = []
    for name, value in best.parameters.items():
        unit = declared[name].unit if name in declared else ""
        rows.append(row(name, float(getattr(given, name)), float(value), unit))
    before, after = solve(given), solve(best.battery)
    for name in ("first_peak", "max_average_power"):
        label = LABELS[name]
        figures = (float(getattr(charged, name).value) for charged in (before, after))
        rows.append(row(label.long_name, *figures, label.units))
    return rows


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _assignment(text: str) -> tuple[str, Any]:
    """`name=value`, the value written as in TOML."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name.isidentifier() and equals and value):
        fail(FieldError, text, "be FIELD=VALUE", "it is not", "write e.g. n_battery=10")
    try:
        return name, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        fail(
            FieldError,
            name,
            "have a number, a list or a table {key=value}",
            f"it is {value!r}",
            f"write e.g. {name}=1.0",
        )


def _start_jax(x64: bool = True) -> None:
    """Double precision, and compiled programs kept for the next call (in JAX_COMPILATION_CACHE_DIR, if that is set)."""
    import jax

    jax.config.update("jax_enable_x64", x64)
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        jax.config.update("jax_compilation_cache_dir", str(_cache_folder() / "xla"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)


def _cache_folder() -> Path:
    """Where this platform keeps caches."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "jaxqb" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "jaxqb"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jaxqb"


def _first_line(thing: Any) -> str:
    return (thing.__doc__ or "").strip().splitlines()[0].rstrip(".")


def _text(value: Any, digits: int = 10) -> str:
    if isinstance(value, float):
        return "none" if math.isnan(value) else f"{value:.{digits}g}"
    return "" if value is None else str(value)


def _table(title: str, rows: list[dict[str, Any]]) -> "Table":
    """Rows of equal keys as a table."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for key in rows[0] if rows else ():
        number = all(isinstance(row[key], (int, float)) for row in rows)
        table.add_column(key.replace("_", " "), justify="right" if number else "left", no_wrap=number, overflow="fold")
    for row in rows:
        table.add_row(*(escape(_text(value)) for value in row.values()))
    return table


def _print(what: Any) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=120)
    console.print(what)


def _plain(value: Any) -> Any:
    """A number as JSON knows it; what is not finite is null."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print_json(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        typer.echo(json.dumps({key: _plain(value) for key, value in row.items()}))
