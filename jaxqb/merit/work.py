"""What unitaries on the battery can take from it and give to it."""

from typing import Any, ClassVar, Literal

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..errors import MeritError, shown
from .merit import AbstractMerit


class Ergotropy(AbstractMerit):
    r"""Work that unitaries on the battery can extract, its energy less that of its passive state: a scalar, hbar frequency.

    .. math:: W = E - \sum_k r_k^\downarrow \epsilon_k^\uparrow

    with eigenvalues r of the battery's density matrix falling and levels of H_B rising.

    It has a kink where eigenvalues of the battery's density matrix meet, as many do at a product state. Derivatives by parameters
    take them as they are found; `Rate` takes the coming side.

    Args:
        space: "symmetric": unitaries within the collective spin; "full": all unitaries on the 2^M states of M cells, which reach
            the M-fold first excited level and so never extract less.

    Raises:
        MeritError: for another word; for "symmetric" where the battery occupies several towers (localised or thermal cells).

    Source: Allahverdyan, Balian and Nieuwenhuizen, EPL 67, 565 (2004), https://doi.org/10.1209/epl/i2004-10101-2.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> round(float(qb.merit.ergotropy(battery, state)), 9)  # 1.6 less 0.7 0 + 0.2 1 + 0.1 2
    1.2
    >>> round(float(qb.merit.ergotropy.with_(space="full")(battery, state)), 9)  # less 0.7 0 + 0.2 1 + 0.1 1
    1.3
    """

    space: Literal["symmetric", "full"] = "symmetric"

    symbol: ClassVar[str] = "W"
    unit: ClassVar[str] = "energy"

    def __check_init__(self) -> None:
        if self.space not in ("symmetric", "full"):
            raise MeritError(
                f"`space` must be 'symmetric' or 'full', but it is {shown(self.space)}; fix: ergotropy.with_(space='full')."
            )

    def __call__(self, battery: Any, state: Any, rising: bool = False) -> Float[Array, ""]:
        reduced = state.battery()
        # with a negative gap the excited level is the lower one, and passive states fill the ladder from its top
        gap = battery.battery_frequency
        rest = jnp.where(gap < 0, reduced.inverted(self.space, rising), reduced.passive(self.space, rising))
        return gap * (reduced.moment(1) - rest)

    def rising(self, battery: Any, state: Any) -> Float[Array, ""]:
        """With the slopes of eigenvalues that meet."""
        return self(battery, state, rising=True)


class Capacity(AbstractMerit):
    r"""Largest minus least energy that unitaries can give the battery, whatever its charge: a scalar, in units of hbar frequency.

    .. math:: K = \sum_k r_k^\uparrow \epsilon_k^\uparrow - \sum_k r_k^\downarrow \epsilon_k^\uparrow

    of eigenvalues r of the battery's density matrix and levels of H_B, over all unitaries.

    Source: Yang et al., PRL 131, 030402 (2023), https://doi.org/10.1103/PhysRevLett.131.030402.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> round(float(qb.merit.capacity(battery, state)), 9)  # levels 0, 1, 1, 2 and weights 0, 0.1, 0.2, 0.7
    1.4
    """

    symbol: ClassVar[str] = "K"
    unit: ClassVar[str] = "energy"

    def __call__(self, battery: Any, state: Any, rising: bool = False) -> Float[Array, ""]:
        return jnp.abs(battery.battery_frequency) * state.battery().swing(rising)

    def rising(self, battery: Any, state: Any) -> Float[Array, ""]:
        """With the slopes of eigenvalues that meet."""
        return self(battery, state, rising=True)


ergotropy = Ergotropy()
capacity = Capacity()
