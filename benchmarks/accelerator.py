"""``python -m benchmarks --device gpu``: large batches on an accelerator beside all cores of the CPU of the same machine.

Each row is one sweep of the library, or one of jax's own maps over it, in float64: points a second on both devices, compile time
apart, the largest difference between the two on the points that both computed, and how much of the card that is: operations and
bytes of a point (see `counting`; a mean over some) times points a second, over measured ceilings (products of matrices, copies).
``--device cpu`` runs the same without a card.
"""

import os
import time
from functools import partial

import numpy as np

from .counting import counted
from .ours import open_battery
from .timing import Row, say, write

SAMPLE = 8  # points whose operations are counted


def _timed(run, repeat):
    """First call, and the median of some more."""
    begun = time.perf_counter()
    result = run()
    first = time.perf_counter() - begun
    spent = []
    for _ in range(repeat):
        begun = time.perf_counter()
        result = run()
        spent.append(time.perf_counter() - begun)
    return result, first, float(np.median(spent))


def ceilings(quick):
    """Bytes copied and flops of a product a second."""
    import jax
    import jax.numpy as jnp

    x = jnp.ones((2**20 if quick else 2**27,))
    copy = jax.jit(lambda x: x + 1.0)
    _, _, spent = _timed(lambda: copy(x).block_until_ready(), 5)
    yield "copy float64, bytes/s", 2 * x.nbytes / spent
    n = 512 if quick else 4096
    a = jnp.asarray(np.random.default_rng(0).normal(size=(n, n)))
    product = jax.jit(lambda a: a @ a)
    _, _, spent = _timed(lambda: product(a).block_until_ready(), 5)
    yield "product float64, flop/s", 2 * n**3 / spent


def eigh(batch):
    """Seconds a matrix of a batched symmetric diagonalisation.

    `jaxqb.select_method` takes `Eigen` up to 128 amplitudes on any device; what that costs on a card, with a step behind n = 32,
    is what these rows say.
    """
    import jax

    solve = jax.jit(jax.vmap(lambda a: jax.numpy.linalg.eigh(a)))
    for n in (8, 16, 31, 32, 33, 34, 48, 64, 128):
        a = np.random.default_rng(n).normal(size=(batch, n, n))
        a = jax.device_put(a + a.transpose(0, 2, 1))
        _, first, spent = _timed(lambda a=a: jax.block_until_ready(solve(a)), 3)
        yield n, first, spent / batch


def swept(battery, spans, figure):
    """A sweep over one or two fields: the function of one point, some points, and what runs so many."""
    import jaxqb as qb

    def axes(points):
        side = max(n for n in range(1, int(points**0.5) + 1) if points % n == 0)
        sides = (side, points // side) if len(spans) == 2 else (points,)
        return {name: np.linspace(*span, side) for (name, span), side in zip(spans.items(), sides, strict=True)}

    one = lambda x: figure(battery.put(**dict(zip(spans, x, strict=True))))  # noqa: E731
    some = np.random.default_rng(0).uniform(*np.transpose(list(spans.values())), size=(SAMPLE, len(spans)))
    return one, some, lambda points: lambda: qb.sweep(figure, battery, axes(points), progress=False).figure.values


def mapped(one, draw):
    """The same of a function of a vector, by jax's maps: a loop on a CPU, thousands at once on an accelerator."""
    import jax

    def runs(points):
        on_cpu = jax.config.jax_default_device.platform == "cpu"
        run = jax.jit(partial(jax.lax.map, one, batch_size=None if on_cpu else min(points, 5000)))
        xs = draw(points)
        return lambda: np.asarray(run(xs))

    return one, draw(SAMPLE), runs


def _peak(battery):
    import jaxqb as qb

    return {"figure": qb.charge(battery, figures=["first_peak"]).first_peak.value}


def _energy(ts, battery):
    import jaxqb as qb

    return {"figure": qb.evolve(battery, ts).saved["energy"]}


def rows():
    """By workload: what it is, what computes it, points on both devices, and points on the accelerator alone."""
    import jax

    import jaxqb as qb

    from .workloads import FULL

    many, work = (10_000, 100_000, 1_000_000), FULL["W6"]
    energy = lambda *grid: partial(_energy, np.linspace(*grid))  # noqa: E731
    cells, spans = qb.SpinCharger(10, 10), {"coupling": (0.5, 2), "charger_frequency": (0.5, 1.5)}
    skewed, skew = qb.SpinCharger(8, 8, anisotropy=0.5), {"anisotropy": (0.1, 0.9), "charger_frequency": (0.5, 1.5)}
    dark, bath = qb.DarkStateBattery(3, 9, thermal_occupation=0.1), {"decay_rate": (0.5, 2), "thermal_occupation": (0.01, 0.5)}
    remote, guide = qb.WaveguideBattery(0.9, 0.1, 0.5), {"frequency": (0.3, 2), "separation": (0.05, 2)}
    chain, gaps = qb.SpinChain.dimer(80, 0.25), {"gap_ratio": (0.05, 0.95)}
    crossed = qb.SpinCharger(6, 6, coupling=1.0, ising=0.1, battery_crosstalk=0.1, charger_crosstalk=0.1)
    names = ("coupling", "battery_frequency", "charger_frequency", "ising", "battery_crosstalk", "charger_crosstalk")
    low, high = [0.5, 0.8, 0.8, 0.05, 0.05, 0.05], [1.5, 1.2, 1.2, 0.2, 0.2, 0.2]

    def slopes(x):
        return jax.grad(lambda x: _peak(crossed.put(**dict(zip(names, x, strict=True))))["figure"])(x)

    def about(points):
        return np.random.default_rng(0).uniform(low, high, size=(points, len(names)))

    def spins(point):
        return qb.evolve(open_battery(work, point), work.times).saved["energy"]

    def near(points):
        rng, some = np.random.default_rng(0), np.array(work.points)
        return some[rng.integers(len(some), size=points)] * rng.uniform(0.9, 1.1, size=(points, some.shape[1]))

    return {
        "W1": ("first peak of 10 cells and 10 spins", swept(cells, spans, _peak), 10_000, many),
        "W1 curves": ("their energy at 32 times", swept(cells, spans, energy(0, 3, 32)), 10_000, many),
        "W1 gradients": ("derivatives of a first peak by six parameters", mapped(slopes, about), 1_000, many[:2]),
        "W2": ("first peak of 8 anisotropic cells and 8 spins", swept(skewed, skew, _peak), 1_000, many),
        "W3": (
            "dark states of 3 cells and 9 spins: energy at 16 times",
            swept(dark, bath, energy(0.1, 2, 16)),
            2_000,
            many,
        ),
        "W4": ("two emitters in a waveguide: energy at 200 times", swept(remote, guide, energy(0, 60, 200)), 2_500, many),
        "W5": ("chain of 80 spins: energy at 101 times", swept(chain, gaps, energy(0, 100, 101)), 64, (1_000, *many[:2])),
        "W6": ("six open spins: energy at 101 times", mapped(spins, near), 64, many[:2]),
    }


QUICK = 64  # points


def measure(platform, names=(), path=None, quick=False, seconds=600.0):
    """Measure on jax's first device of this platform and on the CPU; print, and write the rows."""
    import jax

    begun, device, cpu = time.perf_counter(), jax.devices(platform)[0], jax.devices("cpu")[0]
    kind = "cpu" if platform == "cpu" else device.device_kind
    kept, limits = [], {}
    note = lambda row: (kept.append(row), path and write(kept, path))  # noqa: E731
    new = partial(Row, device=kind, versions={"jax": jax.__version__})
    print(f"{kind}, jax {jax.__version__}, {len(os.sched_getaffinity(0))} cores", flush=True)
    with jax.default_device(device):
        for what, rate in ceilings(quick):
            limits[what] = rate
            print(f"{what}: {rate:.3g}", flush=True)
            note(new(what, "jax", "ceiling", {}, run_s=1 / rate))
        for n, first, each in eigh(100 if quick else 10_000) if not names or "eigh" in names else ():
            print(f"eigh n={n}: {each:.2e} s a matrix, first call {first:.2f} s", flush=True)
            note(new(f"eigh {n}", "jax", "vmap", {"n": n}, first_s=first, run_s=each))
    for name, (what, (one, some, runs), few, sizes) in rows().items():
        if names and name not in names:
            continue
        few, sizes = (QUICK, ()) if quick else (few, sizes)
        try:
            with jax.default_device(cpu):
                say(f"{name}: counting")
                flops, moved = np.mean([*map(counted(one), some)], axis=0)
                say(f"{name}: {few} points on cpu")
                reference, first, spent = _timed(runs(few), 1)
            here = partial(new, name, "jaxqb", what)
            size = {"flops a point": float(flops), "bytes a point": float(moved)}
            note(_row(partial(here, device="cpu"), {"points": few} | size, first, spent))
            with jax.default_device(device):
                for points in dict.fromkeys((few, *sizes)):
                    if time.perf_counter() - begun > seconds:
                        break
                    say(f"{name}: {points} points on {kind}")
                    found, first, spent = _timed(runs(points), 1 if points > 1e5 else 2)
                    row = _row(here, {"points": points} | size, first, spent, limits)
                    if points == few:
                        row.error = float(np.nanmax(np.abs(found - reference)) / np.nanmax(np.abs(reference)))
                        odd = [int(np.sum(~np.isfinite(x))) for x in (found, reference)]
                        row.note += f"; off the cpu by {row.error:.1e}; not finite: {odd[0]} here, {odd[1]} on cpu"
                    print(f"    {row.note}", flush=True)
                    note(row)
        except Exception as error:  # a workload that fails, or does not fit, leaves the others alone
            print(f"{name}: {type(error).__name__}: {str(error)[:300]}", flush=True)
    return kept


def _row(new, sizes, first, spent, limits=None):
    """One row, and how much of the ceilings it reaches."""
    row, pace = new(sizes=sizes, first_s=first, run_s=spent), sizes["points"] / spent
    if limits:
        moved, flops = limits.values()
        share = sizes["flops a point"] * pace / flops, sizes["bytes a point"] * pace / moved
        row.note = f"{share[0]:.2%} of the flops a second, {share[1]:.2%} of the bytes"
    print(
        f"{row.workload} {row.label} {row.device} {sizes['points']}: {spent:.3f} s, {pace:.3g} points/s, first {first:.2f} s",
        flush=True,
    )
    return row
