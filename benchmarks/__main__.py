"""``python -m benchmarks [W1 W1b W2 W3 W3b W4 W4g W5 W6 W6u]``: one table of rows, and ours against each peer, on the CPU.

``--report [DIR]`` writes all of it down, with a picture of work against precision, in about ten minutes (``--quick``: two).
``--device gpu`` measures large batches on an accelerator instead, beside the CPU of the same machine.

Sets float64 in jax, and one BLAS thread: on two cores shared with others the second one made numpy 2 to 20 times slower
(``--blas-threads 0`` leaves that alone).  ``--cores 1`` keeps all threads on one core, where nothing waits for a sleeping one.
Nothing else is set.
"""

import argparse
import os
import sys

REPORT = "benchmarks/results/report"


def arguments(given=None):
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("workloads", nargs="*", metavar="W1|W1b|W2|...", help="default: all of them")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of alternating calls, fewer where they take long")
    parser.add_argument("--json", metavar="FILE", help="write the rows here")
    parser.add_argument("--report", metavar="DIR", nargs="?", const=REPORT, help=f"write a report here (default: {REPORT})")
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--memory", action="store_true", help="peak memory too, each in a fresh process")
    parser.add_argument("--device", choices=("cpu", "gpu"), help="large batches on this device")
    parser.add_argument("--seconds", type=float, default=600, help="with --device: begin no row after so many seconds")
    parser.add_argument("--cores", type=int, metavar="N", help="run on N cores only (Linux; default: all)")
    parser.add_argument("--blas-threads", type=int, default=1, metavar="N")
    return parser.parse_args(given)


def set_up():
    """Float64, and the CPU."""
    try:
        import jax
    except ImportError:
        return
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_default_device", jax.devices("cpu")[0])


def lacks(platform):
    """Why there is no device of this kind, or nothing."""
    import jax

    try:
        jax.devices(platform)
    except RuntimeError:
        fix = 'pip install -e ".[cuda]" on a machine that has one'
        return f"`--device {platform}` must find a GPU, but jax sees only {jax.default_backend()}; fix: {fix}"
    return ""


def table(rows):
    """The rows as text, one line each."""
    head = ("workload", "tool", "label", "run s", "cpu s", "first s", "error", "smooth", "MB", "/ ours", "cpu")
    lines = [head]
    for row in rows:
        numbers = [(row.run_s, ".4f"), (row.cpu_s, ".4f"), (row.first_s, ".2f"), (row.error, ".0e"), (row.smooth_error, ".0e")]
        numbers += [(row.memory, ".0f"), (row.ratio, ".2f"), (row.cpu_ratio, ".2f")]
        cells = ["-" if value is None else format(value, style) for value, style in numbers]
        lines.append((row.workload, row.tool, row.label or "-", *cells))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
    notes = [f"{row.workload} {row.tool}: {row.note}" for row in rows if row.note]
    return "\n".join(text + notes)


def measure_parts(name, doc, parts, beside):
    """``python -m benchmarks.NAME [PART ...]``; `beside` is the part that wants the rows before it."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=doc)
    parser.add_argument("parts", nargs="*", metavar="|".join(parts), help="default: all of them")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", metavar="FILE", help="write the rows here")
    parser.add_argument("--quick", action="store_true", help="small sizes")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(parts):
        parser.error(f"parts must be among {list(parts)}, but got {sorted(unknown)}")
    from .timing import write

    set_up()
    rows = []
    for part in options.parts or parts:
        some = list(parts[part](options.rounds, options.quick, *[rows] * (part == beside)))
        print(table(some), flush=True)
        rows += some
    print(f"load {os.getloadavg()[0]:.1f}")
    if options.json:
        write(rows, options.json)


def main(given=None):
    """Measure, print, write."""
    options = arguments(given)
    if options.blas_threads:
        for library in ("OPENBLAS", "MKL", "OMP"):
            os.environ[f"{library}_NUM_THREADS"] = str(options.blas_threads)
    if options.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-options.cores :])
    from . import accelerator, report
    from .cold import fresh_memory
    from .ours import ours
    from .peers import contenders
    from .timing import compare, cores, write
    from .workloads import FULL, QUICK

    if options.device and (why := lacks(options.device)):
        print(why, file=sys.stderr)
        raise SystemExit(2)
    set_up()
    workloads = QUICK if options.quick else FULL
    known = ["eigh", *accelerator.rows()] if options.device else [*workloads] + [report.GRADIENT] * bool(options.report)
    if unknown := set(options.workloads) - set(known):
        raise SystemExit(f"workloads must be among {known}, but got {sorted(unknown)}")
    if options.device:
        accelerator.measure(options.device, options.workloads, options.json, options.quick, options.seconds)
        return
    if options.report:
        report.measure(options.report, options.workloads, options.rounds, options.quick)
        return
    rows = []
    for name in options.workloads or workloads:
        work = workloads[name]
        rows += compare(name, work, contenders(work), ours(work), options.rounds)
    if options.memory and not options.quick:
        for row in (row for row in rows if row.label):
            row.memory = fresh_memory(row.workload, row.tool, row.label)
    print(table(rows))
    print(f"load {os.getloadavg()[0]:.1f}, {cores()} of {os.cpu_count()} cores")
    if options.json:
        write(rows, options.json)


if __name__ == "__main__":
    main()
