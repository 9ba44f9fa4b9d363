"""Any open system as a battery: bring its operators; rates and couplings are design parameters like all others."""

import jax
import jax.numpy as jnp
import numpy as np

import jaxqb as qb

jax.config.update("jax_enable_x64", True)

DOWN = np.array([[0.0, 1.0], [0.0, 0.0]])  # of a spin whose level 0 is the empty one


def on(operator, site):
    """An operator on one of three spins: the battery, a mediator, and the charger."""
    return np.kron(np.kron(np.eye(2**site), operator), np.eye(2 ** (2 - site)))


hops = [on(DOWN.T, k) @ on(DOWN, k + 1) + on(DOWN, k) @ on(DOWN.T, k + 1) for k in (0, 1)]


def battery(couplings, pump):
    """Excitations hop from a pumped charger to the battery; every spin decays."""
    jumps, rates = [on(DOWN, k) for k in range(3)] + [on(DOWN.T, 2)], jnp.append(jnp.full(3, 0.05), pump)
    return qb.OpenBattery(hops, jumps, rates, DOWN.T @ DOWN, np.eye(8)[0], coefficients=couplings)


def work(design):
    """What can be extracted in the end."""
    made = battery(design[:2], design[2])
    return qb.merit.ergotropy(made, qb.steady_state(made))


design = jnp.array([0.3, 0.5, 1.0])
sol = qb.evolve(battery(design[:2], design[2]), np.linspace(0.0, 20.0, 81), ["energy", "ergotropy", "log_negativity"])
print(sol.to_dataset().to_dataframe().loc[[1.0, 5.0, 20.0]].round(5))
figure = qb.plot.lines(sol)
qb.plot.save(figure, "jaxqb-output/open_battery")
print(f"ergotropy in the end {work(design):.6f}; by couplings and pump", jax.grad(work)(design))
