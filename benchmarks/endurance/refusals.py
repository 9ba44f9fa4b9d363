"""What must be refused in one sentence: malformed input, a second writer, another plan."""

import random
import re
import subprocess
import sys
import time

from ..disturb import contents, refused
from .processes import HERE, spawn
from .rows import Row
from .sweeps import solve


def inputs(folder, quick):
    """Malformed studies and commands, those of the tests, in one process."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--durations=0", "-vv", "tests/unit/test_malformed.py"]
    said = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False).stdout
    calls = re.findall(r"([\d.]+)s call +\S*test_one_sentence\[(.*)\]", said)
    slowest = sorted((float(seconds) for seconds, _ in calls), reverse=True)[1]  # but for the first, which imports jax
    refused = len(re.findall(r"test_one_sentence\[.*\] PASSED", said))
    total = len(re.findall(r"test_one_sentence\[.*\] (?:PASSED|FAILED)", said))
    yield Row("malformed inputs, in 12 classes: one sentence", "60 of 60", f"{refused} of {total}", refused == total == 60)
    yield Row("the slowest, seconds", "< 1", f"{slowest:.2f}", slowest < 1)


def writers(folder, quick):
    """A second process asks for the store of one that runs."""
    instants, times = random.Random(3), 3 if quick else 20
    solve(store=folder / "whole.zarr", shape=(48, 16))
    whole, no, same = contents(folder / "whole.zarr"), 0, 0
    job = {"each": True, "sweep": {"shape": (48, 16)}}
    with spawn(job, folder / "cache") as other:
        for k in range(times):
            path = folder / f"{k}.zarr"
            other.stdin.write(f"{path}\n")
            other.stdin.flush()
            other.stdout.readline()
            time.sleep(instants.uniform(0, 0.2))
            no += refused(lambda path=path: solve(store=path, shape=(48, 16)), path, "another process writes")
            other.stdout.readline()
            same += contents(path) == whole
        other.stdin.close()
    yield Row("two runs on one store: the second refused", f"{times} of {times}", f"{no} of {times}", no == times)
    yield Row("and nothing lost", f"{times} of {times}", f"{same} of {times}", same == times)


def plans(folder, quick):
    """Ten changes of a plan."""
    import jaxqb as qb
    from jaxqb.sweeps import dataset, run

    path, battery = folder / "x.zarr", qb.SpinCharger(2, 2)
    axes = {"coupling": [1.0, 2.0, 3.0], "charger_frequency": [1.0, 1.1]}
    figures = lambda battery: {"sum": battery.coupling + battery.charger_frequency}  # noqa: E731
    other = lambda battery: {"sum": battery.coupling - battery.charger_frequency}  # noqa: E731
    same = {"figures": figures, "battery": battery, "axes": axes, "store": path, "chunk": 2, "progress": False}
    qb.sweep(**same)
    before = contents(path)
    changes = {
        "battery.anisotropy: 0.0 there, 0.5 here": {"battery": battery.replace(anisotropy=0.5)},
        "battery.type: SpinCharger there, CavityCharger here": {
            "battery": qb.CavityCharger(2, 2), "axes": {"coupling": axes["coupling"]}, "figures": lambda b: {"sum": b.coupling},
        },
        "axes.coupling.coupling[1]: 2.0 there, 2.5 here": {"axes": axes | {"coupling": [1.0, 2.5, 3.0]}},
        "axes.ising: none there": {"axes": axes | {"ising": [0.0]}},
        "order[0]: coupling there, charger_frequency here": {"axes": dict(reversed(axes.items()))},
        "program of the figures: ": {"figures": other},
        "chunk.coupling: ": {"chunk": 6},
        "mapping.coupling: loop there, vmap here": {"mapping": "vmap"},
    }  # fmt: skip
    named = sum(refused(lambda change=change: qb.sweep(**same | change), path, line) for line, change in changes.items())
    versions, provenance = dataset.versions, run.provenance
    dataset.versions = lambda: versions() | {"jaxqb": "9.9"}
    named += refused(lambda: qb.sweep(**same), path, "jaxqb: ", " there, 9.9 here")
    dataset.versions = versions
    run.provenance = lambda *args: provenance(*args) | {"device_kind": "H100"}
    named += refused(lambda: qb.sweep(**same), path, "device_kind: ", " there, H100 here")
    run.provenance = provenance
    total, kept = len(changes) + 2, contents(path) == before
    yield Row("changed plans refused, with what changed", f"{total} of {total}", f"{named} of {total}", named == total and kept)
