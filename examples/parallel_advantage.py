"""Collective advantage: how much faster M cells charge together than each alone, with its own charger, and how that grows."""

import jax

import jaxqb as qb

jax.config.update("jax_enable_x64", True)

sizes = [1, 2, 5, 10, 20, 50, 100]
together = {("n_battery", "n_charger"): sizes}  # as many charger spins as cells: both move along one axis
ds = qb.sweep(qb.collective_advantage, qb.SpinCharger(n_battery=1, n_charger=1), together)

advantage = ds.collective_advantage.values
exponents = ["", *(f"{slope:.4f}" for slope in qb.advantage.backward_exponent(advantage, sizes))]
print("cells   power over that of parallel charging   exponent since the last row")
for size, eta, exponent in zip(sizes, advantage, exponents, strict=True):
    print(f"{size:5d}  {eta:37.6f}  {exponent:>28}")

figure = qb.plot.lines(ds, "collective_advantage", log="xy", points=True)
qb.plot.save(figure, "jaxqb-output/parallel_advantage")
