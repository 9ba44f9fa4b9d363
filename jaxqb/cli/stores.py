"""Commands for the stores of sweeps."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ..errors import StoreError, fail, nearest
from . import rows, show
from .app import OUT, Json, Out, app, folder, picture

Kept = Annotated[Path, typer.Argument(metavar="X.zarr", help="The folder of a store.", show_default=False)]


@app.command(no_args_is_help=True)
def status(store: Kept, as_json: Json = False) -> None:
    """Say what a store holds, also while a sweep writes to it; every chunk is compared with its checksum.

    Exit code 1 if chunks are missing or damaged.

    Example: [bold]jaxqb status size.zarr[/bold]
    """
    from ..sweeps.survey import battery_of, survey

    found = survey(store)
    if as_json:
        show.rows(
            [{"store": str(store), "chunks": found.chunks, "whole": found.whole, "damaged": found.damaged} | found.statuses]
        )
    else:
        damaged = f", {found.damaged} damaged" if found.damaged else ""
        about = {
            "battery": battery_of(found),
            "axes": ", ".join(f"{name} ({count})" for name, count in found.axes.items()),
            "figures": ", ".join(found.figures),
            "chunks": f"{found.whole} of {found.chunks}{damaged}",
            "device": f"{found.about['device']}, {found.about['dtype']}, jaxqb {found.about['jaxqb']}, jax {found.about['jax']}",
            "last run": found.last_run,
        }
        show.table(str(store), [{"": key, "found": value} for key, value in about.items()])
        if found.statuses:
            show.table("", rows.statuses(found.statuses))
        if not found.complete:
            typer.echo("the same sweep with this store goes on with what is missing or damaged")
    raise typer.Exit(int(not found.complete))


@app.command(no_args_is_help=True)
def plot(
    store: Kept,
    figures: Annotated[
        list[str] | None, typer.Argument(metavar="FIGURE...", help="Which; default all.", show_default=False)
    ] = None,
    out: Out = OUT,
) -> None:
    """Draw what a store holds, as lines or a map (PNG); points that are missing or have no answer are marked.

    Example: [bold]jaxqb plot size.zarr max_average_power[/bold]
    """
    from ..sweeps.survey import opened

    data = opened(store)
    known = json.loads(data.attrs["figures"])
    for name in figures or ():
        if name not in known:
            fail(StoreError, name, f"be a figure in {store}", "it is none", nearest(name, known))
    picture(
        data.load(),
        figures or [name for name in known if name.removesuffix("_time") not in {*known} - {name}],
        folder(out) / store.stem,
    )


@app.command(no_args_is_help=True)
def export(
    store: Kept,
    file: Annotated[Path, typer.Argument(metavar="FILE.nc|FILE.csv", help="What to write.", show_default=False)],
) -> None:
    """Write what a store holds as NetCDF, or as a table with a row for each point.

    Example: [bold]jaxqb export size.zarr size.nc[/bold]
    """
    from ..sweeps.survey import opened

    data = opened(store)
    kinds = {".nc": rows.to_netcdf, ".csv": rows.to_csv}
    if file.suffix not in kinds:
        fail(StoreError, str(file), "end with .nc or .csv", f"it ends with {file.suffix!r}", "write e.g. size.nc")
    try:
        kinds[file.suffix](data, file)
    except OSError as error:
        but = f"{file} is not ({(error.strerror or str(error)).lower()})"
        fail(StoreError, str(file), "be a file that can be written to", but, "name another one")
    show.written(file)
