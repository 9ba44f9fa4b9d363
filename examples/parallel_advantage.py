"""How much faster M cells charge together than each alone, with a charger of its own, and how that grows with M."""

import jax
import numpy as np

import jaxqb as qb

jax.config.update("jax_enable_x64", True)

sizes = [2, 5, 10, 20, 50, 100]
together = {("n_battery", "n_charger"): sizes}  # as many charger spins as cells: both move along one axis
ds = qb.sweep(qb.collective_advantage, qb.SpinCharger(n_battery=1, n_charger=1), together)

advantage = ds.collective_advantage.values
exponent = qb.advantage.local_exponent(advantage, sizes)  # d ln(advantage) / d ln(M)
print("cells   power over that of parallel charging   exponent")
for i, size in enumerate(sizes):
    print(f"{size:5d}  {advantage[i]:37.6f}  {exponent[i - 1] if 0 < i < len(sizes) - 1 else np.nan:9.4f}")
