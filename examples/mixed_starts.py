"""Batteries and chargers that do not begin in one pure level: thermal, coherent, localised, or any populations."""

import jax
import numpy as np
import xarray as xr

import jaxqb as qb

jax.config.update("jax_enable_x64", True)

ENERGY = qb.merit.energy
USEFUL = qb.merit.ergotropy.with_(space="full")  # work that unitaries on all cells can extract

starts = {
    "full charger": {},
    "spin-coherent charger, mean 3": {"charger_excitations": qb.coherent(3.0)},
    "thermal charger, mean 3": {"charger_excitations": qb.thermal(3.0)},
    "one cell charged, which is unknown": {"battery_excitations": qb.localised(1)},
}
print("two cells, four charger spins             t of peak   energy   ergotropy then   largest power")
curves = []
for name, start in starts.items():
    battery = qb.SpinCharger(n_battery=2, n_charger=4, **start)
    best = qb.charge(battery)
    sol = qb.evolve(battery, best.first_peak.time[None], save={"E": ENERGY, "W": USEFUL})
    energy, useful = float(sol.saved["E"][0]), float(sol.saved["W"][0])
    print(f"{name:38}  {best.first_peak.time:11.4f}  {energy:7.4f}  {useful:15.4f}  {best.max_average_power.value:14.4f}")
    curves.append(qb.evolve(battery, np.linspace(0.0, 2.0, 201), save={"energy": ENERGY, "ergotropy": USEFUL}).to_dataset())

figure = qb.plot.lines(xr.concat(curves, xr.Variable("start", list(starts)), combine_attrs="override"))
qb.plot.save(figure, "jaxqb-output/mixed_starts")
