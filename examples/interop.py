"""A battery goes to QuTiP, gets a loss that it has not here, is solved there, and comes back with it."""

import jax
import numpy as np
import qutip

import jaxqb as qb

jax.config.update("jax_enable_x64", True)

battery = qb.SpinCharger(n_battery=3, n_charger=4, coupling=0.4)
times = np.linspace(0.0, 4.0, 5)

# what `qutip.mesolve` takes: every factor begins with its empty level, and the battery is the first one
h, jumps, gap, start = qb.to_qutip(battery)
levels = qutip.qeye(4)
loss = qutip.tensor(levels, qutip.destroy(5))  # of the charger's ladder
theirs = qutip.mesolve(h, start, times, [*jumps, 0.3**0.5 * loss], e_ops=[gap], options={"rtol": 1e-10, "atol": 1e-10})

lossy = qb.from_qutip(h, [*jumps, loss], gap, start, rates=[0.3])  # rates are design parameters here
ours = qb.evolve(lossy, times, ["energy", "ergotropy"])

print("t     energy of QuTiP, and ours; ergotropy")
for t, e, energy, work in zip(times, theirs.expect[0], ours.saved["energy"], ours.saved["ergotropy"], strict=True):
    print(f"{t:.2f}  {e:.6f}  {energy:.6f}  {work:.6f}")


def stored(rate):
    return qb.evolve(lossy.replace(rates=[rate]), times[-1:]).saved["energy"][0]


print(f"slope of the last energy by the rate: {jax.jit(jax.grad(stored))(0.3):.6f}")
