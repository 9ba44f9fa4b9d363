"""Numbers that must be the same to the last bit."""

import numpy as np

from .processes import cluster, finished, spawn
from .rows import Row
from .sweeps import solve


def unsolvable(folder, quick):
    """One size in a hundred is too small for its start."""
    import jaxqb as qb

    count, differ, bad = 200 if quick else 2000, 0, 0
    battery, sizes = qb.SpinCharger(4, 12, charger_excitations=4), np.resize([5.0, 7.0, 9.0, 12.0], count)
    for mapping, places in {"loop": slice(50, None, 100), "lanes": slice(count // 100)}.items():
        # in lanes points of equal work go together, which ones decides on last bits, and so order must be the same
        sizes = np.sort(sizes) if mapping == "lanes" else sizes
        small = sizes.copy()
        small[places] = 3
        options = {"mapping": mapping, "chunk": 64, "progress": False}
        good = qb.sweep("first_peak", battery, {"n_charger": sizes}, **options)
        some = qb.sweep("first_peak", battery, {"n_charger": small}, store=folder / f"{mapping}.zarr", **options)
        here = some.status.values == 0
        bad = int((~here).sum())
        for name in ("first_peak", "first_peak_time"):
            differ += int((good[name].values[here].view("u8") != some[name].values[here].view("u8")).sum())
    yield Row(f"{bad} of {count} points unsolvable: others that differ", "0", str(differ), differ == 0 and bad == count // 100)


def bits(folder, quick):
    """The same numbers from chunks of 1, 8 and 64, from two Dask workers, and from two devices."""
    shape, found = (16, 8), {}
    found["in memory"] = solve(shape=shape)
    for chunk in (1, 8, 64):
        found[f"chunk {chunk}"] = solve(shape=shape, chunk=chunk, store=folder / f"{chunk}.zarr")
    with cluster() as client:
        found["2 Dask workers"] = solve(shape=shape, store=folder / "dask.zarr", client=client)
    env = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    finished(spawn({"store": str(folder / "devices.zarr"), "sweep": {"shape": shape}}, folder / "cache", env=env))
    found["2 devices"] = solve(shape=shape, store=folder / "devices.zarr")
    whole = found.pop("in memory")
    differ = [
        label for label, ds in found.items() if any(ds[name].values.tobytes() != whole[name].values.tobytes() for name in whole)
    ]
    yield Row(f"{', '.join(found)}: that differ from memory", "0", ", ".join(differ) or "0", not differ)
