"""The commands. jax is imported by those that compute, when they compute, and never for help.

Exit codes: 0 done; 1 done, but an answer is missing or not as it should be (each command's help says which); 2 the
input cannot be run (one sentence on stderr); 3 a store cannot be written; 130 and 143 stopped by a signal.
"""

import json
import math
import os
import signal
import sys
import tomllib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperGroup

from ..errors import FieldError, JaxqbError, Status, StoreError, StudyError, TimesError, fail
from . import complete, process, rows, show

if TYPE_CHECKING:
    from ..study import DesignStudy, Study, SweepStudy

    Kind = TypeVar("Kind", SweepStudy, DesignStudy)

OUT = Path("jaxqb-output")
MANY = 40  # rows of a table that fit a screen
STOPPED = tuple(128 + number for number in (signal.SIGINT, signal.SIGTERM))
OPTIONAL = ("distributed", "dask-jobqueue", "h5netcdf", "qutip", "dynamiqs")  # said where they are installed
SOLVED = {status.name.lower() for status in (Status.OK, Status.NO_PEAK, Status.NOT_REACHED)}


_UsageError: Any = typer.BadParameter.__base__  # typer has no name of its own for it


class _Commands(TyperGroup):
    """Errors and warnings in one line on stderr, wherever they come from."""

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """What stands before a command."""
        with _usage():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        with _usage():
            return self._invoke(ctx)

    def _invoke(self, ctx: Any) -> Any:
        usual = warnings.showwarning
        warnings.showwarning = lambda message, *_, **__: typer.echo(f"warning: {message}", err=True)
        try:
            return super().invoke(ctx)
        except JaxqbError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(3 if isinstance(error, StoreError) and error.disk else 2) from None
        except KeyboardInterrupt as stopped:
            typer.echo(f"stopped: {stopped}" if stopped.args else "interrupted", err=True)
            raise typer.Exit(128 + getattr(stopped, "number", signal.SIGINT)) from None
        finally:
            warnings.showwarning = usual


@contextmanager
def _usage() -> Iterator[None]:
    """What cannot be understood, in one line."""
    try:
        yield
    except _UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            raise
        said = error.format_message().rstrip(".")
        more = "" if said.endswith("?") else f"; fix: see {error.ctx.command_path if error.ctx else 'jaxqb'} --help."
        typer.echo(f"error: {said[0].lower()}{said[1:]}{more}", err=True)
        raise typer.Exit(2) from None


app = typer.Typer(cls=_Commands, no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a row on stdout, and nothing else.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for what is written.", show_default=str(OUT))]
File = Annotated[Path, typer.Argument(metavar="STUDY.toml", help="The study file.", show_default=False)]


def _say_version(asked: bool) -> bool:
    if asked:
        typer.echo(f"jaxqb {process.version_of('jaxqb')}")
        raise typer.Exit
    return asked


@app.callback(epilog="Exit codes: 0 done, 1 done but an answer is missing, 2 wrong input, 3 disk, 130 and 143 stopped.")
def _head(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_say_version, is_eager=True)] = False,
) -> None:
    """Simulate and design quantum batteries."""


def main() -> None:
    """Entry point of `jaxqb` and `python -m jaxqb`."""
    try:
        app()
    except SystemExit as end:
        if end.code in STOPPED:  # threads may be busy for long, and Python would wait for them
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(int(end.code))
        raise


@app.command()
def models(
    name: Annotated[
        str | None,
        typer.Argument(metavar="BATTERY", help="Show this one only.", show_default=False, autocompletion=complete.batteries),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the batteries that a file can describe, and their fields: symbol, unit, default, meaning.

    Example: [bold]jaxqb models SpinCharger[/bold]
    """
    from ..batteries import REGISTRY
    from ..study import battery_class

    for known in (name,) if name else REGISTRY:
        battery = battery_class(known, "BATTERY")
        if as_json:
            show.rows([{"battery": known} | row for row in rows.fields(battery)])
        else:
            show.table(f"{known}: {(battery.__doc__ or '').splitlines()[0].rstrip('.')}", rows.fields(battery))


@app.command(no_args_is_help=True)
def charge(
    battery: Annotated[
        str,
        typer.Argument(help="Name of a battery, see `jaxqb models`.", show_default=False, autocompletion=complete.batteries),
    ],
    fields: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FIELD=VALUE...",
            help="Its fields; values as in a study file.",
            show_default=False,
            autocompletion=complete.fields,
        ),
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
    given = _assignments(fields or [])
    process.start_jax()
    from ..charging import charge as solve
    from ..figures import LABELS
    from ..study import battery_of

    built = battery_of(battery, given, in_file=False)
    if built.memory and window is None:
        fail(TimesError, "--window", "be given for a battery with memory", "it is missing", "add e.g. --window 40")
    best = solve(built, window)
    found = rows.charges(best)
    if as_json:
        show.rows(found)
    else:
        title = f"{battery}: {Status(int(best.status)).sentence} ({best.law} law, {best.method})"
        kept = ("symbol", "value", "unit", "time", "time_unit")
        show.table(title, [{"": LABELS[row["figure"]].long_name} | {key: row[key] for key in kept} for row in found])
    raise typer.Exit(int(any(math.isnan(row["value"]) for row in found)))


@app.command(no_args_is_help=True)
def sweep(
    file: File,
    out: Out = OUT,
    store: Annotated[
        Path | None,
        typer.Option(metavar="X.zarr", help="Keep every chunk here as it is finished; go on if it is begun.", show_default=False),
    ] = None,
    branch: Annotated[bool, typer.Option("--branch", help="If the store is of another sweep, take X-2.zarr, ...")] = False,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="local:N|ADDRESS", help="N worker processes here, or the scheduler of a Dask cluster."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it is going to take.")] = False,
    as_json: Json = False,
) -> None:
    """Tabulate figures of a battery over the axes of a study file; write a table (CSV) and a picture (PNG).

    With a store nothing that is finished is lost, whatever ends the sweep, and the same command goes on with it; the table stays
    there. --json prints a row for each point, with a store an event for each chunk.

    Exit code 1 if a point could not be solved; that a figure does not exist is an answer.

    Example: [bold]jaxqb sweep examples/sweep_charger_size.toml[/bold]

    Example: [bold]jaxqb sweep examples/sweep_charger_size.toml --store size.zarr --cluster local:2[/bold]
    """
    from ..study import SweepStudy

    study = _load(file, SweepStudy, "sweep", "optimize")
    told = study.tables.output.store
    store = store or (Path(told) if told else None)
    if branch and store is None:
        fail(StudyError, "--branch", "stand with --store", "there is no store", "add --store x.zarr")
    if dry_run:
        with _cluster(cluster) as client:
            look = study.run(store=store, branch=branch, client=client, dry_run=True)
        return show.rows([look.row()]) if as_json else typer.echo(str(look))
    stem = _stem(study, out)
    with _cluster(cluster) as client:
        if store is not None:
            listener = show.event if as_json else None
            data = study.run(store=store, branch=branch, client=client, progress=listener)
            return _stored(study, data, stem, as_json)
        data = study.run(client=client)
    order = list(dict.fromkeys([*study.fields(), *study.tables.figures]))
    found = rows.points(data, order)
    if as_json:
        show.rows(found)
    else:
        left = f" (the first {MANY} of {len(found)} points)" if len(found) > MANY else ""
        show.table(f"{study.tables.title or file}{left}", rows.with_units(found[:MANY], data))
        seconds = [data.attrs[f"seconds_{what}"] for what in ("compile", "run")]
        typer.echo(f"{len(found)} points: {seconds[0]:.1f} s to compile, {seconds[1]:.1f} s to run")
    rows.to_csv(data, stem.with_suffix(".csv"), list(found[0]))
    show.written(stem.with_suffix(".csv"))
    if study.tables.output.plot:
        picture(data, study.tables.figures, stem)
    raise typer.Exit(int(not {row["status"] for row in found} <= SOLVED))


def _stored(study: "SweepStudy", data: Any, stem: Path, as_json: bool) -> None:
    """What is said of a sweep that went to a store."""
    counts, where = json.loads(data.attrs["status_counts"]), data.encoding["source"]
    seconds = {f"seconds_{what}": data.attrs[f"seconds_{what}"] for what in ("compile", "run")}
    if as_json:
        show.event({"event": "end", "store": where, "points": sum(counts.values()), "statuses": counts} | seconds)
    else:
        show.table(f"{study.tables.title or study.path}", rows.statuses(counts))
        typer.echo(f"{seconds['seconds_compile']:.1f} s to compile, {seconds['seconds_run']:.1f} s to run")
    show.written(Path(where))
    if study.tables.output.plot:
        picture(data, study.tables.figures, stem)
    raise typer.Exit(int(not set(counts) <= SOLVED))


def _cluster(named: str | None) -> Any:
    """The client of a cluster, or None, for a `with`."""
    if named is None:
        return nullcontext()
    kind, _, count = named.partition(":")
    if kind == "local":
        if not count.isdecimal() or int(count) < 1:
            fail(StudyError, "--cluster", "be local:N with N workers", f"it is {named!r}", "write e.g. local:2")
        from ..sweeps.local_cluster import local

        return local(int(count))
    if ":" not in named:
        fail(StudyError, "--cluster", "be local:N, or the address of a scheduler", f"it is {named!r}", "write e.g. local:2")
    try:
        from distributed import Client

        return Client(named, timeout=10)
    except ImportError:
        fail(StudyError, "--cluster", "have dask.distributed", "it is not installed", "run pip install 'jaxqb[cluster]'")
    except (OSError, ValueError):
        fail(StudyError, "--cluster", "be the address of a scheduler", f"none answers at {named}", "look whether it runs")


def picture(data: Any, figures: list[str], stem: Path) -> None:
    """Draw a sweep, if it can be drawn, and write it."""
    from ..study import picture as pictures

    drawn = pictures.of_sweep(data, figures)
    if drawn is None:
        typer.echo("note: a grid with so many axes is not drawn", err=True)
    else:
        draw(drawn, stem)


@app.command(no_args_is_help=True)
def optimize(file: File, out: Out = OUT, as_json: Json = False) -> None:
    """Find the best battery within the bounds of a study file; write the result (JSON) and a picture (PNG).

    Exit code 1 if no search came to rest at a battery that satisfies the constraints.

    Example: [bold]jaxqb optimize examples/spin_charger.toml[/bold]
    """
    from ..study import DesignStudy
    from ..study.around import around

    study = _load(file, DesignStudy, "design", "sweep")
    stem = _stem(study, out)
    best = study.run()
    stem.with_suffix(".json").write_text(best.to_json() + "\n", encoding="utf-8")  # first, whatever becomes of the picture
    show.written(stem.with_suffix(".json"))
    near = around(study, best)
    if as_json:
        show.rows([{name: value for name, value in best.to_dict().items() if name != "history"}])
    else:
        show.table(study.tables.title or str(file), rows.comparison(near.given, near.best))
        typer.echo(repr(best))
    if study.tables.output.plot:
        from ..study import picture as pictures

        draw(pictures.of_design(best, near), stem)
    raise typer.Exit(int(not best.converged))


@app.command()
def reproduce(
    paper: Annotated[
        str | None,
        typer.Argument(help="Key of a paper; all, if left out.", show_default=False, autocompletion=complete.papers),
    ] = None,
    figure: Annotated[
        str | None, typer.Argument(help="One figure of it.", show_default=False, autocompletion=complete.figures)
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Only list papers and figures, with a line about each.")] = False,
    full: Annotated[bool, typer.Option("--full", help="The papers' sizes and beyond, in place of quick ones.")] = False,
    processes: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Share figures among N of them; default one a core, at most four.")
    ] = None,
    out: Out = OUT,
    as_json: Json = False,
) -> None:
    """Compute the figures of published papers, and set our numbers beside the printed ones.

    Exit code 1 if a claim does not have the verdict that is written down for it.

    Example: [bold]jaxqb reproduce --list[/bold]

    Example: [bold]jaxqb reproduce huangfu2021[/bold]

    Example: [bold]jaxqb reproduce huangfu2021 fig2 --full --out figures[/bold]
    """
    from .. import papers

    process.start_jax()
    if listed:
        return _list_figures(papers.listing(paper), as_json)
    folder(out)
    progress = None if as_json else lambda *done: typer.echo("{} {}: {:.1f} s".format(*done), err=True)
    data = papers.reproduce(paper, figure, quick=not full, out=out, processes=processes or process.crew(), progress=progress)
    found = rows.points(data) if figure is not None else rows.claims(data)
    if as_json:
        show.rows(found)
    elif figure is not None:
        held = papers.entries(data) if "table" in data.attrs else rows.ranges(data)
        show.table(f"{paper} {figure}: {data.attrs['caption']}", held)
    else:
        shown = [{key: row[key] for key in ("paper", "verdict", "printed", "ours", "reading", "says")} for row in found]
        show.table("What is printed, what we find, and what we find if it is read otherwise", shown)
        show.table("Verdicts", papers.verdicts(found))
        typer.echo(f"why, for each: {out / 'index.html'}")
    show.written(out / (paper or ""))
    raise typer.Exit(int(any(row.get("stands") == "NO" for row in found)))


def _list_figures(found: list[dict[str, str]], as_json: bool) -> None:
    """Papers, their figures, and a line about each."""
    if as_json:
        return show.rows(found)
    from ..papers import load

    for key in dict.fromkeys(row["paper"] for row in found):
        mine = [{name: row[name] for name in ("figure", "in_the_paper", "shows")} for row in found if row["paper"] == key]
        show.table(f"{key}: {load(key).title} ({load(key).authors})", mine)
    return None


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what jaxqb runs on, and check one number against a closed form.

    Exit code 1 if the check fails.

    Example: [bold]jaxqb doctor[/bold]
    """
    import os
    import platform

    process.start_jax()
    import jax

    from ..conventions import real_dtype

    row: dict[str, Any] = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    for package in ("jaxqb", "jax", "jaxlib", "equinox", "diffrax", "optimistix", "xarray", "zarr", "numpy"):
        row[package] = process.version_of(package)
    row |= {package: found for package in OPTIONAL if (found := process.version_of(package)) != process.MISSING}
    row["devices"] = ", ".join(f"{device.device_kind} ({device.platform})" for device in jax.devices())
    if process.idle_gpu(jax.default_backend()):
        row["hint"] = "there is an NVIDIA GPU that jax does not use; fix: run pip install 'jaxqb[cuda]'"
    row["cores"] = os.cpu_count()
    row["precision"] = str(real_dtype())
    row["cache"] = os.environ.get("JAX_COMPILATION_CACHE_DIR") or str(process.cache_folder() / "xla")
    row |= rows.self_check()
    if as_json:
        show.rows([row])
    else:
        show.table("jaxqb doctor", [{"": key.replace("_", " "), "found": show.text(row[key], 16)} for key in row])
    raise typer.Exit(int(not row["passed"]))


def _assignments(fields: list[str]) -> dict[str, Any]:
    """Fields and their values, each given once."""
    pairs = list(map(_assignment, fields))
    given = dict(pairs)
    for name, value in given.items():
        values = [other for known, other in pairs if known == name]
        if len(values) > 1:
            fail(FieldError, name, "be given once", f"it is {' and '.join(map(repr, values))}", f"keep {name}={value!r}")
    return given


def _assignment(given: str) -> tuple[str, Any]:
    """`name=value`, the value written as in TOML."""
    name, equals, value = (part.strip() for part in given.partition("="))
    if not (name.isidentifier() and equals and value):
        fail(FieldError, given, "be FIELD=VALUE", "it is not", "write e.g. n_battery=10")
    try:
        return name, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        fail(
            FieldError,
            name,
            "have a number, a list or a table {key=value}",
            f"it is {value!r}",
            f"write e.g. {name}=2",
        )


def _load(file: Path, kind: type["Kind"], table: str, other: str) -> "Kind":
    """A study of the kind that has this table, checked, and jax started as it asks; of the other kind, the command is named."""
    from ..study import load

    study = load(file)
    if not isinstance(study, kind):
        fail(StudyError, str(file), f"have a table [{table}]", f"it is a study for `jaxqb {other}`", "run that")
    process.start_jax(study.tables.numerics.x64)
    return study


def _stem(study: "Study", out: Path) -> Path:
    """Where the results of a study are written, without the suffix; --out goes before what the study says."""
    return folder(Path(study.tables.output.directory or OUT) if out == OUT else out) / study.path.stem


def folder(path: Path) -> Path:
    """A folder to write to, made if need be; known to be good before anything is computed."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path):
            return path
    except OSError as error:
        fail(StudyError, "--out", "be a folder that can be written to", f"{path} is not ({error.strerror})", "name another one")


def draw(figure: Any, stem: Path) -> None:
    """Write a picture, and say so."""
    from ..plot import save

    show.written(*save(figure, stem, ("png",)))
