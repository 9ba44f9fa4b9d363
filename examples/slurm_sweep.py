"""A million batteries on a SLURM cluster: sixteen workers a job; started again, it goes on. `--script` only prints the job."""

import os
import sys

import jax
import numpy as np
from dask_jobqueue import SLURMCluster
from distributed import Client

import jaxqb as qb

SHARED = os.path.expanduser("~/.cache/jaxqb/xla")  # a folder that all nodes see: one worker compiles for all
jax.config.update("jax_compilation_cache_dir", SHARED)
jax.config.update("jax_enable_x64", True)  # workers do as this process does

if __name__ == "__main__":
    cluster = SLURMCluster(
        cores=16,
        processes=16,  # one thread each
        memory="32 GiB",
        walltime="04:00:00",
        job_script_prologue=[f"export JAX_COMPILATION_CACHE_DIR={SHARED}", "export NPROC=1"],
        worker_extra_args=["--lifetime", "225m", "--lifetime-stagger", "10m"],  # they hand over before SLURM ends them
        scheduler_options={"dashboard_address": ":0"},
    )
    if "--script" in sys.argv:
        sys.exit(print(cluster.job_script()))
    cluster.adapt(minimum_jobs=1, maximum_jobs=8)
    detuned, couplings = np.linspace(0.9, 1.1, 100), np.linspace(0.5, 1.5, 100)
    axes = {"n_charger": range(1, 101), "coupling": couplings, "charger_frequency": detuned}
    with Client(cluster) as client:
        client.wait_for_workers(1)
        qb.sweep("max_average_power", qb.SpinCharger(10, 10), axes, store="slurm.zarr", client=client)
