"""A battery charged through a bath: what stays in the dark, what of it is work, and how long it stays if spins decay alone."""

import jax
import jax.numpy as jnp

import jaxqb as qb

jax.config.update("jax_enable_x64", True)

battery = qb.DarkStateBattery(n_battery=2, n_charger=10)
best = qb.charge(battery).max_instantaneous_power
print(f"largest power {best.value:.6f} at t = {best.time:.5f}")

kept, rest = qb.steady_state(battery, report=True)
figures = {name: float(getattr(qb.merit, name)(battery, kept)) for name in ("energy", "ergotropy", "log_negativity")}
print("kept for ever:", ", ".join(f"{name} {value:.6f}" for name, value in figures.items()))
print(f"{rest.multiplicity} numbers are conserved")

for top in qb.maxima(battery, qb.merit.entanglement_rate, window=0.5):
    print(f"entanglement grows by {top.value:.5f} at t = {top.time:.5f} ({top.kind})")

warm = jax.grad(lambda n: qb.merit.energy(battery, qb.steady_state(battery.replace(thermal_occupation=n))))(0.0)
print(f"of that energy a first quantum in the bath takes {-warm:.6f}")

times = jnp.array([1.0, 7.0, 70.0])
lost = qb.evolve(battery.replace(local_decay=0.1), times)
print("if each spin decays at 0.1:", *(f"{e:.5f}" for e in lost.saved["energy"]))

figure = qb.plot.lines(qb.evolve(battery, jnp.linspace(0.0, 1.5, 201), ["energy", "ergotropy", "log_negativity"]))
qb.plot.save(figure, "jaxqb-output/dark_state")
