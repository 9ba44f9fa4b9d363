"""``python -m benchmarks.accelerator``: large batches on an accelerator beside all cores of the CPU of the same machine.

Each row is one sweep of the library, or one of jax's own transformations over it, in float64: points a second on both devices,
compile time apart, and the largest difference between the two on the points that both computed.  ``eigh`` rows say what the
default method rests on; the ceilings of the card (copied bytes, products of matrices) stand beside them.
"""

import argparse
import os
import time
from functools import partial

import numpy as np

from .timing import Row, write


def _timed(run, repeat):
    """First call, and the quickest of some more."""
    begun = time.perf_counter()
    result = run()
    first = time.perf_counter() - begun
    spent = []
    for _ in range(repeat):
        begun = time.perf_counter()
        result = run()
        spent.append(time.perf_counter() - begun)
    return result, first, float(np.median(spent))


def ceilings():
    """Bytes copied and flops of a product a second."""
    import jax
    import jax.numpy as jnp

    x = jnp.ones((2**27,))
    copy = jax.jit(lambda x: x + 1.0)
    _, _, spent = _timed(lambda: copy(x).block_until_ready(), 5)
    yield "copy float64, bytes/s", 2 * x.nbytes / spent
    a = jnp.asarray(np.random.default_rng(0).normal(size=(4096, 4096)))
    product = jax.jit(lambda a: a @ a)
    _, _, spent = _timed(lambda: product(a).block_until_ready(), 5)
    yield "product float64, flop/s", 2 * 4096**3 / spent


def eigh(batch):
    """Seconds a matrix of a batched symmetric diagonalisation."""
    import jax

    solve = jax.jit(jax.vmap(lambda a: jax.numpy.linalg.eigh(a)))
    for n in (8, 16, 31, 32, 33, 34, 48, 64):
        a = np.random.default_rng(n).normal(size=(batch, n, n))
        a = jax.device_put(a + a.transpose(0, 2, 1))
        _, first, spent = _timed(lambda a=a: jax.block_until_ready(solve(a)), 3)
        yield n, first, spent / batch


def _sides(points):
    """A grid of about so many points."""
    first = 2 ** int(np.log2(points) / 2)
    return first, points // first


def charge(points):
    """First peaks of a spin charger of ten cells."""
    import jaxqb as qb

    a, b = _sides(points)
    axes = {"coupling": np.linspace(0.5, 2, a), "charger_frequency": np.linspace(0.5, 1.5, b)}
    battery = qb.SpinCharger(10, 10)
    return lambda: qb.sweep("first_peak", battery, axes, progress=False).first_peak.values


def curves(points):
    """Energy of the same at 32 times."""
    import jaxqb as qb

    a, b = _sides(points)
    axes = {"coupling": np.linspace(0.5, 2, a), "charger_frequency": np.linspace(0.5, 1.5, b)}
    battery, ts = qb.SpinCharger(10, 10), np.linspace(0, 3, 32)
    energy = partial(_energy, ts)
    return lambda: qb.sweep(energy, battery, axes, progress=False).energy.values


def _energy(ts, battery):
    import jaxqb as qb

    return {"energy": qb.evolve(battery, ts).saved["energy"]}


def anisotropic(points):
    """First peaks where no excitations are conserved."""
    import jaxqb as qb

    a, b = _sides(points)
    axes = {"anisotropy": np.linspace(0.1, 0.9, a), "charger_frequency": np.linspace(0.5, 1.5, b)}
    battery = qb.SpinCharger(8, 8, anisotropy=0.5)
    return lambda: qb.sweep("first_peak", battery, axes, progress=False).first_peak.values


def dark(points):
    """Energy of a battery charged through dark states, warm bath."""
    import jaxqb as qb

    a, b = _sides(points)
    axes = {"decay_rate": np.linspace(0.5, 2, a), "thermal_occupation": np.linspace(0.01, 0.5, b)}
    battery = qb.DarkStateBattery(3, 9, thermal_occupation=0.1)
    energy = partial(_energy, np.linspace(0.1, 2, 16))
    return lambda: qb.sweep(energy, battery, axes, progress=False).energy.values


def waveguide(points):
    """Energy of two emitters in a waveguide at 200 times."""
    import jaxqb as qb

    a, b = _sides(points)
    axes = {"frequency": np.linspace(0.3, 2, a), "separation": np.linspace(0.05, 2, b)}
    battery = qb.WaveguideBattery(0.9, 0.1, 0.5)
    energy = partial(_energy, np.linspace(0, 60, 200))
    return lambda: qb.sweep(energy, battery, axes, progress=False).energy.values


def spins(points):
    """Six spins with local noise, nothing conserved: workload W6 at many points."""
    import jax

    import jaxqb as qb

    from .ours import open_battery
    from .workloads import FULL

    work = FULL["W6"]
    some = np.array(work.points)
    rng = np.random.default_rng(0)
    many = some[rng.integers(len(some), size=points)] * rng.uniform(0.9, 1.1, size=(points, some.shape[1]))
    one = lambda point: qb.evolve(open_battery(work, point), work.times).saved["energy"]  # noqa: E731
    on_cpu = jax.devices()[0].platform == "cpu" or getattr(jax.config.jax_default_device, "platform", "") == "cpu"
    run = jax.jit(partial(jax.lax.map, one) if on_cpu else jax.vmap(one))
    return lambda: np.asarray(run(many))


def gradients(points):
    """Derivatives of a first peak by six parameters."""
    import jax
    import jax.numpy as jnp

    import jaxqb as qb

    names = ("coupling", "battery_frequency", "charger_frequency", "ising", "battery_crosstalk", "charger_crosstalk")
    battery = qb.SpinCharger(6, 6, coupling=1.0, ising=0.1, battery_crosstalk=0.1, charger_crosstalk=0.1)

    def peak(x):
        return qb.charge(battery.put(**dict(zip(names, x, strict=True))), figures=["first_peak"]).first_peak.value

    x = np.random.default_rng(0).uniform([0.5, 0.8, 0.8, 0.05, 0.05, 0.05], [1.5, 1.2, 1.2, 0.2, 0.2, 0.2], size=(points, 6))
    on_cpu = jax.devices()[0].platform == "cpu" or getattr(jax.config.jax_default_device, "platform", "") == "cpu"
    run = jax.jit(partial(jax.lax.map, jax.grad(peak)) if on_cpu else jax.vmap(jax.grad(peak)))
    return lambda: np.asarray(run(jnp.asarray(x)))


def chains(points):
    """Energies of a dimerised chain of 80 spins, second moments, at 101 times up to 100."""
    import jaxqb as qb

    axes = {"gap_ratio": np.linspace(0.05, 0.95, points)}
    battery = qb.SpinChain.dimer(80, 0.25)
    energy = partial(_energy, np.linspace(0, 100, 101))
    return lambda: qb.sweep(energy, battery, axes, progress=False).energy.values


# workload: points on the accelerator (the last one is compared) and on the CPU
ROWS = {
    charge: ((10_000, 100_000, 1_000_000), 10_000),
    curves: ((10_000, 100_000, 1_000_000), 10_000),
    anisotropic: ((10_000,), 1_000),
    dark: ((10_000, 100_000), 2_000),
    waveguide: ((40_000,), 2_500),
    spins: ((1_000, 4_000), 64),
    gradients: ((10_000,), 1_000),
    chains: ((1_000,), 64),
}
QUICK = 64  # points


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accelerator", description=__doc__)
    parser.add_argument("names", nargs="*", help="default: all")
    parser.add_argument("--json", metavar="FILE", help="write the rows here")
    parser.add_argument("--quick", action="store_true", help="few points")
    parser.add_argument("--seconds", type=float, default=600, help="begin no row after so many seconds")
    options = parser.parse_args()
    import jax

    jax.config.update("jax_enable_x64", True)
    begun, device = time.perf_counter(), jax.devices()[0]
    kind = "cpu" if device.platform == "cpu" else device.device_kind
    versions, rows = {"jax": jax.__version__}, []
    print(f"{kind}, jax {jax.__version__}, {len(os.sched_getaffinity(0))} cores", flush=True)
    for what, rate in ceilings() if not options.quick else ():
        print(f"{what}: {rate:.3g}", flush=True)
        rows.append(Row(what, "jax", "ceiling", {}, device=kind, run_s=1 / rate, versions=versions))
    if not options.names or "eigh" in options.names:
        for n, first, each in eigh(100 if options.quick else 10_000):
            print(f"eigh n={n}: {each:.2e} s a matrix, first call {first:.2f} s", flush=True)
            rows.append(Row(f"eigh {n}", "jax", "vmap", {"n": n}, device=kind, first_s=first, run_s=each, versions=versions))
    for work, (sizes, few) in ROWS.items():
        name = work.__name__
        if options.names and name not in options.names:
            continue
        if options.quick:
            sizes, few = (QUICK,), QUICK
        seen = {}
        try:
            with jax.default_device(jax.devices("cpu")[0]):
                reference, first, spent = _timed(work(few), 1)
            rows.append(_row(name, "cpu", few, first, spent, versions))
            for points in dict.fromkeys((few, *sizes)) if device.platform != "cpu" else ():
                if time.perf_counter() - begun > options.seconds:
                    break
                found, first, spent = _timed(work(points), 1 if points > 1e5 else 2)
                if points == few:
                    seen["error"] = float(np.nanmax(np.abs(found - reference)) / np.nanmax(np.abs(reference)))
                    seen["note"] = (
                        f"not finite: {int(np.sum(~np.isfinite(found)))} here, {int(np.sum(~np.isfinite(reference)))} on cpu"
                    )
                rows.append(_row(name, kind, points, first, spent, versions, **seen))
        except Exception as error:  # one workload that fails leaves the others alone
            print(f"{name}: {type(error).__name__}: {str(error)[:300]}", flush=True)
        if options.json:
            write(rows, options.json)


def _row(name, device, points, first, spent, versions, **seen):
    off = f", off the cpu by {seen['error']:.1e}; {seen['note']}" if seen else ""
    print(f"{name} {device} {points}: {spent:.3f} s, {points / spent:.3g} points/s, first {first:.2f} s{off}", flush=True)
    return Row(name, "jaxqb", "sweep", {"points": points}, device=device, first_s=first, run_s=spent, versions=versions, **seen)


if __name__ == "__main__":
    main()
