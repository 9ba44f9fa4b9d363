"""How much faster a charger charges M cells together than M chargers charge one cell each, and how that grows with M."""

import jax
import numpy as np

import jaxqb as qb

jax.config.update("jax_enable_x64", True)

sizes = np.array([1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0])
family = qb.SpinCharger(n_battery=1, n_charger=1).hull({"n_battery": sizes, "n_charger": sizes})


@jax.jit
@jax.vmap
def power(size):
    """Largest average power of `size` cells charged by as many spins; one compiled program serves all sizes."""
    return qb.charge(family.put(n_battery=size, n_charger=size)).max_average_power.value


together = power(sizes)
advantage = together / (sizes * together[0])
exponents = np.diff(np.log(advantage)) / np.diff(np.log(sizes))
print("cells   largest power   over that of parallel charging   exponent since the last row")
for i, size in enumerate(sizes):
    exponent = f"{exponents[i - 1]:29.4f}" if i else ""
    print(f"{size:5.0f}  {together[i]:14.6f}  {advantage[i]:31.6f}  {exponent}")
