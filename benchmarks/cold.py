"""``python -m benchmarks.cold``: seconds from a cold process to a first result.

Each line is a fresh python process, from its start until the result is there (so the interpreter's
own time is in it, as the first line shows, and its exit is not; CPU seconds are those of all of it).
All lines take turns for five rounds; medians.
Only what a line needs is imported; one BLAS thread, as in ``python -m benchmarks``.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from .first import RESULTS, WAYS
from .timing import Row, write

ROOT = Path(__file__).resolve().parents[1]
IMPORTS = ("", "jax, diffrax, equinox", "jaxqb", "dynamiqs", "qutip", "numpy, scipy.linalg")


def lines():
    """What is timed: ``(name, tool, code)``."""
    yield from (("import", names or "nothing", f"import {names}" if names else "") for names in IMPORTS)
    for name in RESULTS:
        for tool in WAYS:
            yield name, tool, f"from benchmarks.first import first; first({name!r}, {tool!r})"


def fresh_memory(name, tool, label):
    """Rise of the peak memory over a first run, in MB, in a fresh process; None if it failed."""
    code = f"from benchmarks.first import memory; memory({name!r}, {tool!r}, {label!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    return float(done.stdout.split()[-1]) if done.returncode == 0 else None


def once(code):
    """Run code in a fresh process: wall seconds until it has run, CPU seconds, peak memory in MB, complaint."""
    with tempfile.TemporaryFile("w+") as complaint:
        began = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, "-c", f"{code}\nprint(flush=True)"],
            cwd=ROOT,
            env=os.environ | {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "MKL", "OMP")},
            stdout=subprocess.PIPE,
            stderr=complaint,
        ) as process:
            process.stdout.readline()
            wall = time.perf_counter() - began
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        complaint.seek(0)
        errors = [line for line in complaint if re.match(r"[\w.]*(Error|Exception)\b", line)]
    note = (errors or ["failed without an error message"])[-1].strip() if process.returncode else ""
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, note


def measure(rounds=5):
    """One `Row` a line; ``first_s`` is wall time, ``memory`` the peak of the whole process."""
    todo = list(lines())
    runs = {line: [once(line[2])] for line in todo}
    for _ in range(rounds - 1):
        for line in todo:
            if not runs[line][0][-1]:  # what failed once is not tried again
                runs[line].append(once(line[2]))
    rows = []
    for name, tool, code in todo:
        walls, cpus, peaks, notes = zip(*runs[name, tool, code], strict=True)
        sizes = RESULTS[name].sizes if name in RESULTS else {}
        row = Row(name, tool, WAYS.get(tool, ""), sizes, rounds=len(walls), note=notes[0])
        if not row.note:
            row.first_s, row.cpu_s, row.memory = median(walls), median(cpus), max(peaks)
        rows.append(row)
    return rows


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="processes a line")
    parser.add_argument("--json", metavar="FILE", help="write the rows here")
    options = parser.parse_args()
    rows = measure(options.rounds)
    print(f"{'':8}{'':24}{'wall s':>8}{'cpu s':>8}{'MB':>7}")
    for row in rows:
        numbers = f"{row.first_s:8.2f}{row.cpu_s:8.2f}{row.memory:7.0f}" if not row.note else f"  {row.note}"
        print(f"{row.workload:8}{row.tool:24}{numbers}")
    if options.json:
        write(rows, options.json)


if __name__ == "__main__":
    main()
