"""``python -m benchmarks.endurance [PART ...]``: what sweeps survive.

``inputs`` are malformed; ``kills`` ends processes at random instants, ``cluster`` workers of Dask; ``damage`` truncates
files of a store, flips bits in them and removes them; ``disks`` are full, denied or read-only at one write; ``writers`` meet on
one store; ``plans`` are others than that of the store; ``unsolvable`` points stand among others; ``bits`` are compared between
sizes of chunks, devices and clusters; ``million`` points go to a store; ``overhead`` is the time of a store over that of memory.
"""

import os

for library in ("OPENBLAS", "MKL", "OMP"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")  # as in `python -m benchmarks`, before numpy loads
