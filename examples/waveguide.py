"""A battery in a waveguide, charged from a distance: how well, how long it waits, what is left of it for ever."""

import jax
import numpy as np

import jaxqb as qb

jax.config.update("jax_enable_x64", True)

# frequencies in units of the guide's cut-off, distances in its wave lengths
battery = qb.WaveguideBattery(frequency=0.6, separation=0.1, radiation_rate=0.5)
print(battery.bound_states())
late = battery.long_time()
print(f"extractable work at late times: up to {float(late.max_ergotropy):.6f}, half a beat is {float(late.half_period):.4f}")

# what it really does, at any time at the same cost
times = np.array([5.0, 16.74, 1000.0, 10_000.0])
saved = qb.evolve(battery, times, save=["ergotropy", "photons"]).saved
for t, work, photons in zip(times, saved["ergotropy"], saved["photons"], strict=True):
    print(f"t = {t:7g}  work {float(work):.6f}  photons {float(photons):.6f}")

# the most energy within a time, and how the work that remains depends on the design
print(qb.charge(battery, window=40.0, figures="max_energy"))
kept = lambda w, d, g: qb.WaveguideBattery(w, d, g).long_time().max_ergotropy  # noqa: E731
print("slopes of the work:", *map(float, jax.jit(jax.grad(kept, (0, 1, 2)))(0.6, 0.1, 0.5)))

# the same emitters in a bath of another kind, checked by a second method that knows its memory only
bath = qb.ReservoirBattery(1.0, qb.reservoirs.Ohmic(strength=0.05, cutoff=5.0))
one, other = (qb.evolve(bath, [10.0], method=m).saved["energy"][0] for m in (qb.Resolvent(10.0), qb.Volterra(horizon=10.0)))
print(f"Ohmic bath: {float(one):.12f}, by the other method {float(other):.12f}")

figure = qb.plot.lines(qb.evolve(battery, np.linspace(0.0, 60.0, 241), save=["energy", "ergotropy", "photons"]))
qb.plot.save(figure, "jaxqb-output/waveguide")
