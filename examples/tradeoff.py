"""What filling costs in power: the most powerful charger of ten cells for each demand on how far they are filled."""

import jax

import jaxqb as qb

jax.config.update("jax_enable_x64", True)

battery = qb.SpinCharger(n_battery=10, n_charger=10)
bounds = {"n_charger": (10, 60)}

print("filled to at least   best n_charger   largest power   what a unit of filling would cost")
for demand in (0.84, 0.86, 0.90, 0.94, 0.96):
    wanted = {"filling": (">=", demand)}
    best = qb.optimize("max_average_power", battery, bounds, constraints=wanted, starts=8)  # compiled once
    price = best.constraints["filling"].multiplier
    print(f"{demand:18.2f}  {best.parameters['n_charger']:15.0f}  {best.value:14.4f}  {price:33.1f}")

figure = qb.plot.lines(qb.sweep(["first_peak", "max_average_power"], battery, {"n_charger": range(10, 61)}))
qb.plot.save(figure, "jaxqb-output/tradeoff")
