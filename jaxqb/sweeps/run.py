"""`sweep`: a grid of designs, chunk by chunk, as one labelled Dataset, in memory or on disk."""

import math
from typing import Any

import jax

from ..batteries import AbstractBattery
from ..errors import MeritError, SweepError, fail
from ..evolution import planned
from ..fields import check_flag
from ..figures import Charging, Named, figures_of
from ..given import check_method, check_window
from ..methods import AbstractMethod, Chebyshev
from .axes import check_axes, hull
from .crews import check_client, threads
from .dataset import provenance
from .grid import Grid
from .plan import MANY, SOME, check_chunk, check_mapping, chunk_points, default_mapping, order_of, workers
from .program import method_of, split
from .store import check_path
from .task import Task


def sweep(
    figures: Any,
    battery: AbstractBattery,
    axes: Any,
    *,
    window: Any = None,
    method: AbstractMethod | None = None,
    mapping: Any = None,
    chunk: int | None = None,
    progress: Any = None,
    store: Any = None,
    branch: Any = False,
    client: Any = None,
    dry_run: Any = False,
) -> Any:
    """Figures of a battery at every point of a grid.

    Main arguments:
        figures: names of figures of `charge` ("first_peak", "max_average_power", "max_instantaneous_power", with a window
            "max_energy"; also with ``_time`` or ``_per_cell``, and "filling"), `charge` itself, or a function of a battery that
            returns an array or a dict of arrays.
        battery: the battery whose fields are varied.
        axes: from a field to its values; the grid is their product. Sizes are data like any other field, and initial
            excitations may be numbers. A key may be a tuple of fields that move together,
            ``("n_battery", "charger_excitations"): [1, 2, 3]``, with one value for all or a tuple at each point.
        window: for the figures of `charge`, as there.
        method: for the figures of `charge`, as there.

    Long sweeps:
        store: a folder such as "x.zarr", which takes every chunk as it is finished. The same call goes on where it was left,
            after whatever ended it, and solves again what is damaged; another sweep is refused. Ctrl-C (SIGTERM too) ends it when
            the running chunks are done.
        branch: in place of a store that holds another sweep, take "x-2.zarr", or the next that is free or holds this one.
        client: a `dask.distributed.Client`, whose workers solve the chunks; this process writes the store.
        dry_run: only say what the sweep is going to take, in an `Outlook` to be printed. It is compiled, a few points are timed.

    Other arguments:
        mapping: "loop", "lanes" or "vmap", for all axes or a tuple of one for each (see `jaxqb.sweeps.plan`). Default:
            on a CPU loops, with a chunk for each core, and lanes innermost where points are many; else "vmap".
        chunk: about how many points a chunk holds. Chunks are solved one by one on each core, told as progress, and stored; of a
            store one takes some seconds, as a few points say beforehand.
        progress: True: a bar on a terminal, lines elsewhere; None: only if it takes long; False: never; or a function, called
            with a dict for each chunk.

    Returns:
        An `xarray.Dataset` with a dimension for each axis, a variable for each figure, units and symbols in their
        attributes, and a `status` for each point (a `Status`): a point that cannot be solved is NaN and leaves the
        others alone. Its attributes say what ran, where, and how long it took to compile and to run. With a store its arrays lie
        there, and are read when they are looked at; ``xarray.open_zarr("x.zarr")`` opens them at any time, with status `MISSING`
        where nothing is yet.

    Raises:
        SweepError, FieldError, MeritError, TimesError: before anything is compiled.
        StoreError: if the store holds another sweep, has another writer, or cannot be written.

    >>> import jaxqb as qb
    >>> ds = qb.sweep("first_peak", qb.SpinCharger(n_battery=2, n_charger=2), {"n_charger": [2, 20]})
    >>> ds.first_peak.round(6).values.tolist()
    [2.0, 1.807372]

    As a `pandas.DataFrame`, a row for each point:

    >>> frame = ds.to_dataframe().reset_index()
    >>> frame.n_charger.tolist(), [qb.Status(status).name for status in frame.status]
    ([2, 20], ['OK', 'OK'])
    """
    checked = check_axes(battery, axes)
    given, chunk = check_mapping(mapping, checked), check_chunk(chunk)
    check_method(method)
    progress = progress if progress is None or callable(progress) else check_flag(SweepError, "progress", progress)
    branch, dry_run = check_flag(SweepError, "branch", branch), check_flag(SweepError, "dry_run", dry_run)
    path = None if store is None else check_path(store)
    client = None if client is None else check_client(client)
    window = check_window(window)
    chosen = figures_of(figures, window, method if window is None else planned(battery, None, method, window, "window"))
    for name, value in {"window": window, "method": method}.items():
        if value is not None and not isinstance(chosen, (Charging, Named)):
            but = "these figures are a function of their own"
            fail(MeritError, name, "go with names of figures", but, f"use {name} within the function")
    family = hull(battery, checked)

    order = order_of(checked)
    _, static, leaves = split(family, chosen)
    devices = _devices()
    points, crew = math.prod(axis.size for axis in checked), workers(devices) if client is None else threads(client)
    solver = method_of(static, leaves)
    # lanes repay where steps are alike (not in adaptive solves; a function may hold one) and no matrix is factorised
    # times and contours are the same for all lanes of a battery with memory: sums over them become products of matrices
    lanes = (points >= MANY and isinstance(solver, Chebyshev)) or (points >= SOME and family.memory)
    kinds = tuple(given[k] for k in order) if given else default_mapping(len(order), devices[0].platform, lanes)
    fields = tuple(tuple(field.name for field in checked[k].fields) for k in order)
    values = tuple(checked[k].values for k in order)
    grid = Grid(
        family, chosen, fields, values, kinds, given is None and not family.memory, chunk or chunk_points(points, devices, crew)
    )
    about = provenance(battery, checked, devices) | {
        "window": "none" if window is None else float(window),
        "method": "as the figures choose" if solver is None else repr(solver),
    }
    task = Task(checked, order, grid, devices, crew, client, about, chunk is not None)
    if dry_run:
        return task.outlook(path, branch)
    return task.in_memory(progress) if path is None else task.on_disk(path, branch, progress)


def _devices() -> tuple[Any, ...]:
    """Where to run: the device the user made the default, or all local ones of the default kind."""
    default = jax.config.jax_default_device  # pyright: ignore[reportAttributeAccessIssue]
    return (default,) if isinstance(default, jax.Device) else tuple(jax.local_devices(backend=default))
