"""How entangled battery and charger are, and how mixed the battery is by it."""

from typing import Any, ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from .merit import AbstractMerit


class LogNegativity(AbstractMerit):
    r"""Logarithmic negativity between battery and charger: a scalar, in bits.

    .. math:: E_N = \log_2 \lVert \rho^{T_B}\rVert_1

    It has a kink where an eigenvalue of the partial transpose vanishes, as nearly all do at a product state. Derivatives by
    parameters take nothing from those: the mean of both sides where the parameter may go either way, and no slope at the end of
    its range (a bath, or a start, at zero temperature); `Rate` takes the coming side.

    Raises:
        MeritError: of a mixture whose coupling does not conserve excitations.

    Source: Vidal and Werner, PRA 65, 032314 (2002), https://doi.org/10.1103/PhysRevA.65.032314; Plenio, PRL 95, 090503 (2005).

    >>> import jaxqb as qb
    >>> sol = qb.evolve(qb.DarkStateBattery(1, 5), [0.0], ["log_negativity", "entanglement_rate"])
    >>> round(float(sol.saved["entanglement_rate"][0]), 9)  # 2 / log(2) (sqrt(30) - 5)
    1.376981941
    """

    symbol: ClassVar[str] = "E_N"
    unit: ClassVar[str] = "bits"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return jnp.log2(state.trace_norm())

    def rising(self, battery: Any, state: Any) -> Float[Array, ""]:
        """With the slopes of eigenvalues that vanish."""
        return jnp.log2(state.trace_norm(rising=True))


class Purity(AbstractMerit):
    r"""Purity of the reduced battery state, :math:`\mathrm{Tr}\, \rho_B^2`: a scalar, 1 for a pure state.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> round(float(qb.merit.purity(battery, state)), 9)
    0.54
    """

    symbol: ClassVar[str] = "Tr rho_B^2"
    unit: ClassVar[str] = "number"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        eigenvalues, copies = state.battery().spectrum()
        return jnp.sum(copies * eigenvalues**2)


log_negativity = LogNegativity()
purity = Purity()
