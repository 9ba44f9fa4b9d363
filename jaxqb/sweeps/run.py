"""`sweep`: a grid of designs, block by block, as one labelled Dataset."""

import json
import math
import time
from typing import TYPE_CHECKING, Any

import jax

from ..batteries import AbstractBattery
from ..conventions import real_dtype
from ..errors import SweepError, fail
from ..evolution import planned
from ..fields import check_flag
from ..figures import figures_of
from ..given import check_method, check_window
from ..methods import AbstractMethod, Chebyshev
from .axes import check_axes, hull
from .blocks import affordable, evaluate
from .dataset import dataset, provenance
from .plan import MANY, SOME, block_count, block_shape, check_chunk, check_mapping, default_mapping, order_of, workers
from .program import Job, method_of, split

if TYPE_CHECKING:
    import xarray


def sweep(
    figures: Any,
    battery: AbstractBattery,
    axes: Any,
    *,
    window: Any = None,
    method: AbstractMethod | None = None,
    mapping: Any = None,
    chunk: int | None = None,
    progress: bool | None = None,
    store: Any = None,
    client: Any = None,
) -> "xarray.Dataset":
    """Figures of a battery at every point of a grid.

    Main arguments:
        figures: names of figures of `charge` ("first_peak", "max_average_power", "max_instantaneous_power", with a
            window "max_energy"), `charge` itself, or a function of a battery that returns an array or a dict of arrays.
        battery: the battery whose fields are varied.
        axes: from a field to its values; the grid is their product. Sizes are data like any other field, and initial
            excitations may be numbers. A key may be a tuple of fields that move together,
            ``("n_battery", "charger_excitations"): [1, 2, 3]``, with one value for all or a tuple at each point.
        window: for the figures of `charge`, as there.
        method: for the figures of `charge`, as there.

    Other arguments:
        mapping: "loop", "lanes" or "vmap", for all axes or a tuple of one for each (see `jaxqb.sweeps.plan`). Default:
            on a CPU loops, with a block for each core, and lanes innermost where points are many; else "vmap".
        chunk: about how many points a block holds. Blocks bound the memory, and progress is told by blocks.
        progress: True: a bar on a terminal, lines elsewhere; None: only if it takes long; False: never.
        store, client: not available in this version.

    Returns:
        An `xarray.Dataset` with a dimension for each axis, a variable for each figure, units and symbols in their
        attributes, and a `status` for each point (a `Status`): a point that cannot be solved is NaN and leaves the
        others alone. Its attributes say what ran, where, and how long it took to compile and to run.

    Raises:
        SweepError, FieldError, MeritError, TimesError: before anything is compiled.

    >>> import jaxqb as qb
    >>> ds = qb.sweep("first_peak", qb.SpinCharger(n_battery=2, n_charger=2), {"n_charger": [2, 20]})
    >>> ds.first_peak.round(6).values.tolist()
    [2.0, 1.807372]
    """
    for name, value in (("store", store), ("client", client)):
        if value is not None:
            fail(SweepError, name, "be None", f"`{name}=` is not available in this version", f"leave {name} out")
    checked = check_axes(battery, axes)
    given, chunk = check_mapping(mapping, checked), check_chunk(chunk)
    check_method(method)
    progress = None if progress is None else check_flag(SweepError, "progress", progress)
    window = check_window(window)
    chosen = figures_of(figures, window, method if window is None else planned(battery, None, method, window, "window"))
    family = hull(battery, checked)

    order = order_of(checked)
    arrays, static, leaves = split(family, chosen)
    devices = _devices()
    lengths = tuple(checked[k].size for k in order)
    points, crew = math.prod(lengths), workers(devices)
    solver = method_of(static, leaves)
    # lanes repay where steps are alike (not in adaptive solves; a function may hold one) and no matrix is factorised
    # times and contours are the same for all lanes of a battery with memory: sums over them become products of matrices
    lanes = (points >= MANY and isinstance(solver, Chebyshev)) or (points >= SOME and family.memory)
    kinds = tuple(given[k] for k in order) if given else default_mapping(len(order), devices[0].platform, lanes)
    shape = block_shape(lengths, kinds, block_count(points, chunk, devices, crew), len(devices))
    fields = tuple(tuple(field.name for field in checked[k].fields) for k in order)
    begun = time.perf_counter()
    job = affordable(Job(static, leaves, fields, shape, kinds, real_dtype(), devices), given is None and not family.memory)
    compiled = time.perf_counter()
    results, job = evaluate(job, arrays, tuple(checked[k].values for k in order), order, crew, progress)
    ended = time.perf_counter()

    by_axis = lambda items: json.dumps(dict(zip((checked[k].name for k in order), items, strict=True)))  # noqa: E731
    attrs = provenance(battery, checked, devices) | {
        "figures": json.dumps([name for name in results if name != "status"]),
        "window": "none" if window is None else float(window),
        "method": "as the figures choose" if solver is None else repr(solver),
        "mapping": by_axis(job.kinds),
        "block": by_axis(job.shape),
        "seconds_compile": compiled - begun,
        "seconds_run": ended - compiled,
    }
    return dataset(checked, results, chosen, attrs)


def _devices() -> tuple[Any, ...]:
    """Where to run: the device the user made the default, or all local ones of the default kind."""
    default = jax.config.jax_default_device  # pyright: ignore[reportAttributeAccessIssue]
    return (default,) if isinstance(default, jax.Device) else tuple(jax.local_devices(backend=default))
