"""One design by two processes: each has half of 64 imperfect batteries, and gradients are summed over both; and by one alone."""

import os
import subprocess
import sys

import jax
import numpy as np
import optax

import jaxqb as qb

jax.config.update("jax_enable_x64", True)
WHOLE, PART, RULE = jax.P(), jax.P("all"), optax.adam(0.03)


def filling(design, error):
    battery = qb.SpinCharger(6, 6, coupling=design[0] * error[0], charger_frequency=design[1] * error[1])
    return qb.evolve(battery, [0.5], "filling").saved["filling"][0]


def step(design, memory, errors):
    own = jax.value_and_grad(lambda design: jax.vmap(filling, (None, 0))(design, errors).sum() / 64)(design)
    mean, slope = jax.lax.psum(own, "all")  # all that travels: three numbers
    update, memory = RULE.update(-slope, memory)
    return design + update, memory, mean


if several := len(sys.argv) == 2:  # one of two; else the one that starts both
    jax.distributed.initialize(f"127.0.0.1:{20000 + os.getppid() % 10000}", 2, int(sys.argv[1]))
mesh, errors = jax.make_mesh((1 + several,), "all"), np.random.default_rng(0).normal(1, 0.1, (64, 2))
errors = jax.make_array_from_callback(errors.shape, jax.NamedSharding(mesh, PART), errors.__getitem__)
step = jax.jit(jax.shard_map(step, mesh=mesh, in_specs=(WHOLE, WHOLE, PART), out_specs=WHOLE, check_vma=False))
design, memory = np.array([0.8, 1.3]), RULE.init(np.zeros(2))
for _ in range(150):
    design, memory, mean = step(design, memory, errors)
print(f"{1 + several} process(es): {design[0]!s} {design[1]!s} {mean!s}\n", end="", flush=True)  # in one piece
if not several:
    sys.exit(any(each.wait() for each in [subprocess.Popen([sys.executable, __file__, rank]) for rank in "01"]))
