"""A charged chain of spins that hop and decay: what it keeps, for how long, and by which gaps it would keep more."""

import jax
import jax.numpy as jnp
import numpy as np

import jaxqb as qb

jax.config.update("jax_enable_x64", True)

# gaps 1, 1/4, 1, 1/4, ..., each spin decaying in proportion to its gap: second moments of 80 spins
chain = qb.SpinChain.dimer(80, gap_ratio=0.25)
curves = qb.evolve(chain, np.linspace(0.0, 100.0, 201), save=["filling", "normalised_energy"]).to_dataset()
kept = curves.sel(time=[10.0, 40.0, 100.0]).round(6)
print("kept:", kept.filling.values, "as the source counts:", kept.normalised_energy.values)
figure = qb.plot.lines(curves)
qb.plot.save(figure, "jaxqb-output/spin_chain")
print("lifetime:", qb.storage_time(chain))

# a chain of six knows all of its density matrix, and with it what can be extracted as work
short = qb.SpinChain.dimer(6, gap_ratio=0.25)
saved = qb.evolve(short, [5.0, 10.0, 30.0], save=["filling", "ergotropy"], law=short.exact()).saved
print("work over capacity:", np.round(saved["ergotropy"] / short.capacity(), 4))

# one excitation, in superposition over two sites of fifty
place = jnp.zeros(50).at[jnp.array([9, 11])].set(0.5)
one = qb.SpinChain.dimer(50, gap_ratio=0.25, initial=qb.single_excitation(np.asarray(place)))
print("of site 10 is left at t = 25:", qb.evolve(one, [0.0, 25.0], save=["populations"]).saved["populations"][1, 9] / 2 + 0.5)


# all gaps at once: the derivative of what is left at t = 40
def left(gaps):
    """Part of the capacity that is left."""
    made = qb.SpinChain(gaps, decay_rates=0.05 * gaps, hopping=0.05)
    return qb.evolve(made, [40.0], save=["filling"]).saved["filling"][0]


slopes = jax.jit(jax.grad(left))(jnp.asarray(chain.pattern()[0]))
print("slopes by the first four gaps:", np.round(slopes[:4], 6))
