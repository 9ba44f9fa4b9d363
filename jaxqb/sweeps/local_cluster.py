"""A cluster of processes on this machine."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import SweepError, fail, shown

# the process that asks decides what Ctrl-C means; a terminal sends it to all
DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"


@contextmanager
def local(workers: Any) -> Iterator[Any]:
    """A `dask.distributed.Client` of so many worker processes with one thread each, for as long as the context lasts.

    ::

        if __name__ == "__main__":  # processes import the script that starts them
            with local(4) as client:
                qb.sweep("first_peak", battery, axes, store="x.zarr", client=client)

    Raises:
        SweepError: if `workers` is no number of processes, they do not start, or Dask is not installed.
    """
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        fail(SweepError, "workers", "be a number of processes of at least 1", f"it is {shown(workers)}", "use e.g. local(2)")
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        fail(SweepError, "client", "have dask.distributed", "it is not installed", "run pip install 'jaxqb[cluster]'")
    try:
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=0,  # Dask's limits kill workers of which the operating system would not complain
            dashboard_address=None,  # pyright: ignore[reportArgumentType]
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # the usual port may be that of another cluster
            silence_logs=logging.CRITICAL,
            env={"NPROC": "1"},  # threads of XLA in each process; the last bits do not depend on it
            preload=[DEAF],
        )
    except RuntimeError as error:
        fix = 'put what a script does below `if __name__ == "__main__":`'
        fail(SweepError, "workers", "start as processes of their own", str(error).rstrip(".").lower(), fix)
    with cluster, Client(cluster) as client:
        yield client
