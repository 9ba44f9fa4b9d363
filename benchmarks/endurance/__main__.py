"""``python -m benchmarks.endurance [PART ...]``."""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from ..__main__ import set_up
from ..timing import cores, write
from . import __doc__ as about
from .cost import million, overhead
from .files import damage, disks
from .killed import clustered, kills
from .numbers import bits, unsolvable
from .processes import child
from .refusals import inputs, plans, writers
from .rows import table

PARTS = {
    "inputs": inputs, "kills": kills, "cluster": clustered, "damage": damage, "disks": disks, "writers": writers, "plans": plans,
    "unsolvable": unsolvable, "bits": bits, "million": million, "overhead": overhead,
}  # fmt: skip


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.endurance", description=about)
    parser.add_argument("parts", nargs="*", metavar="|".join(PARTS), help="default: all of them")
    parser.add_argument("--json", metavar="FILE", help="write the rows here")
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return child(json.loads(options.child))
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"parts must be among {list(PARTS)}, but got {sorted(unknown)}")
    set_up()
    rows = []
    for name in options.parts or PARTS:
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="endurance-") as folder:
            some = list(PARTS[name](Path(folder), options.quick))
        rows += some
        print(f"{table(some)}\n{name}: {time.perf_counter() - begun:.0f} s\n", flush=True)
    print(f"load {os.getloadavg()[0]:.1f}, {cores()} of {os.cpu_count()} cores")
    if options.json:
        write(rows, options.json)
    return sum(not row.met for row in rows)


if __name__ == "__main__":
    sys.exit(min(main() or 0, 1))
