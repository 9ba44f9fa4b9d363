"""Gradients: derivatives of charging power by every design parameter at once, and a check of one by a finite difference."""

import jax

import jaxqb as qb

jax.config.update("jax_enable_x64", True)


def power(design):
    """Largest average power of ten cells."""
    return qb.charge(qb.SpinCharger(n_battery=10, **design)).max_average_power.value


design = {"n_charger": 12.0, "coupling": 1.0, "charger_frequency": 1.1, "charger_crosstalk": 0.05}
value_and_slopes = jax.jit(jax.value_and_grad(power))
value, slopes = value_and_slopes(design)
print(f"P_max = {value:.8f} hbar frequency^2, and it changes by")
for name, slope in slopes.items():
    print(f"  {slope:+14.8f} per unit of {name}")

step = 1e-5
up, _ = value_and_slopes(design | {"n_charger": 12.0 + step})
down, _ = value_and_slopes(design | {"n_charger": 12.0 - step})
print(f"finite difference by n_charger: {(up - down) / (2 * step):+.8f}")
