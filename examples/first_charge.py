"""Charge ten cells with ten spins: the maxima, and how energy, ergotropy and entanglement grow on the way."""

import jax
import numpy as np

import jaxqb as qb

jax.config.update("jax_enable_x64", True)

battery = qb.SpinCharger(n_battery=10, n_charger=10)

best = qb.charge(battery)
print(best)

ts = np.linspace(0.0, float(best.first_peak.time), 6)
figures = {"energy": qb.merit.energy, "ergotropy": qb.merit.ergotropy, "negativity": qb.merit.log_negativity}
sol = qb.evolve(battery, ts, save=figures)
print(sol)
print("\n  time   energy   ergotropy   log-negativity")
for t, energy, ergotropy, negativity in zip(ts, *(sol.saved[name] for name in figures), strict=True):
    print(f"{t:6.3f}  {energy:7.4f}  {ergotropy:10.4f}  {negativity:15.4f}")

figure = qb.plot.lines(qb.evolve(battery, np.linspace(0.0, 1.0, 201), save=figures))
qb.plot.save(figure, "jaxqb-output/first_charge")
