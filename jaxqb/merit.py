"""Figures of merit: functions of (battery, state), written on the vocabulary of `states`.

Each is a Module compared by value (so it never causes a retrace); variants are made by `with_`. Figures that need time
wrap another one: `Rate` is its time derivative, `Average` its mean slope since t = 0.

>>> import jaxqb as qb
>>> battery = qb.SpinCharger(n_battery=2, n_charger=2)
>>> sol = qb.evolve(battery, [0.0, 0.5], save={"W": qb.merit.ergotropy.with_(space="full")})
>>> sol.saved["W"].shape
(2,)
"""

import abc
from typing import Any, ClassVar, Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from .algebra import negativity
from .conventions import UNITS
from .errors import MeritError, fail
from .matrices import as_array, check_hermitian


class AbstractMerit(eqx.Module):
    """A figure of merit: a Module compared by value, called on (battery, state), so that it never causes a retrace.

    A subclass says its `symbol` (which labels axes), its `unit` (a key of `conventions.UNITS`) and, in ``__call__``, its value,
    in what states answer (`jaxqb.states`).

    Raises:
        MeritError: by ``__call__``, where a state cannot answer.

    A figure of one's own, the probability that the battery is empty:

    >>> import jaxqb as qb
    >>> class Empty(qb.merit.AbstractMerit):
    ...     symbol, unit = "p_0", "number"
    ...
    ...     def __call__(self, battery, state):
    ...         return qb.merit.level_populations(battery, state)[0]
    >>> sol = qb.evolve(qb.SpinCharger(1, 1), [0.5], {"empty": Empty()})
    >>> round(float(sol.saved["empty"][0]), 6)  # cos(0.5)^2
    0.770151
    """

    symbol: eqx.AbstractClassVar[str]
    unit: eqx.AbstractClassVar[str]

    @abc.abstractmethod
    def __call__(self, battery: Any, state: Any) -> Array:
        """The figure of one state."""

    @property
    def phase_sensitive(self) -> bool:
        """Whether it sees coherences between levels (and not populations alone)."""
        return False

    def with_(self, **options: Any) -> "AbstractMerit":
        """The same figure with other options."""
        return type(self)(**options)

    def rising(self, battery: Any, state: Any) -> Array:
        """The figure again, for `Rate`: its `jax.jvp` is the slope to the right, which a figure with kinks has to say itself."""
        return self(battery, state)

    @property
    def units(self) -> str:
        """Unit in words, hbar = 1."""
        return UNITS[self.unit]


class AbstractObservable(AbstractMerit):
    """A figure that is linear in the density matrix, so that its curve holds no other frequencies than the state's.

    Methods then need not make every state: they carry the figure alone. A subclass promises that it is so.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> isinstance(qb.merit.energy, qb.merit.AbstractObservable), isinstance(qb.merit.purity, qb.merit.AbstractObservable)
    (True, False)
    """


def check_figure(argument: str, value: Any) -> None:
    """A sentence if `value` is no figure of merit: neither a merit nor a function of (battery, state).

    Args:
        argument: how the message names it.
        value: what was given.

    Raises:
        MeritError: if it is none.

    >>> import jaxqb as qb
    >>> qb.merit.check_figure("save", 3.0)
    Traceback (most recent call last):
        ...
    jaxqb.errors.MeritError: `save` must be a figure of merit, but it is 3.0; fix: use e.g. jaxqb.merit.energy.
    """
    if isinstance(value, type):
        fail(MeritError, argument, "be a figure of merit", f"it is the class {value.__name__}", f"use {value.__name__}()")
    if not callable(value):
        fail(MeritError, argument, "be a figure of merit", f"it is {value!r}", "use e.g. jaxqb.merit.energy")


class Energy(AbstractObservable):
    r"""Energy of the battery, zero when it is empty: a scalar, in units of hbar frequency.

    .. math:: E = \mathrm{Tr}\, \rho_B H_B = \omega_B \langle m\rangle

    with m the number of excited cells; of a chain the sum over its gaps, of an `OpenBattery` the mean of its Hamiltonian above
    the lowest level.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> round(float(qb.merit.energy(battery, state)), 9)  # 0.2 + 2 0.7
    1.6
    """

    symbol: ClassVar[str] = "E"
    unit: ClassVar[str] = "energy"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return battery.battery_frequency * state.battery_excitations()


class EnergyPerCell(AbstractObservable):
    """Energy over the number of cells, :math:`E / N_B`: a scalar, in units of hbar frequency.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> round(float(qb.merit.energy_per_cell(battery, state)), 9)
    0.8
    """

    symbol: ClassVar[str] = "E / N_B"
    unit: ClassVar[str] = "energy"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return energy(battery, state) / battery.n_battery


class Filling(AbstractObservable):
    """Stored energy over capacity: 0 for an empty battery, 1 for a full one, whatever its frequency. A scalar.

    NaN for a battery without a gap, which stores nothing.

    .. math:: (E - E_{min}) / (E_{max} - E_{min})

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(n_battery=4, n_charger=4, battery_frequency=2.5, battery_excitations=3)
    >>> [round(float(x), 6) for x in qb.evolve(battery, [0.0], ["filling", "energy"]).saved["filling"]]
    [0.75]
    """

    symbol: ClassVar[str] = "E / K"
    unit: ClassVar[str] = "number"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return filled(battery.battery_frequency * state.battery_excitations(), battery)


def filled(stored: Any, battery: Any) -> Float[Array, ""]:
    """Where an energy lies between the least and the largest that a battery can have: 0 to 1.

    Args:
        stored: an energy, of any shape.
        battery: the battery, whose ``reach()`` says the range.

    >>> import jaxqb as qb
    >>> float(qb.merit.filled(1.5, qb.SpinCharger(4, 4, battery_frequency=0.5)))
    0.75
    """
    low, high = battery.reach()
    return (stored - low) / (high - low)


class ChargerEnergy(AbstractObservable):
    r"""Free energy of the charger, zero when it is empty: a scalar, in units of hbar frequency.

    .. math:: E_C = \omega_C \langle n\rangle

    Raises:
        MeritError: of an `OpenBattery`, which singles no charger out.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> round(float(qb.merit.charger_energy(battery, state)), 9)  # two spins, full
    2.0
    """

    symbol: ClassVar[str] = "E_C"
    unit: ClassVar[str] = "energy"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return battery.charger_energy(state)


class InteractionEnergy(AbstractObservable):
    r"""Mean of all that couples battery and charger (exchange, pair and Ising terms): a scalar, in units of hbar frequency.

    .. math:: E_I = \langle H - H_B - H_C\rangle

    without the crosstalk within battery and charger.

    Raises:
        MeritError: of a battery whose coupling is not known as an operator.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> coupled = qb.SpinCharger(1, 3, ising=0.4)  # 2 Delta S^z J^z at the start, with S^z = -1/2 and J^z = 3/2
    >>> round(float(qb.merit.interaction_energy(coupled, coupled.law().state(coupled.law().start))), 9)
    -0.6
    """

    symbol: ClassVar[str] = "E_I"
    unit: ClassVar[str] = "energy"

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return state.coupling_energy() + state.expect(battery.joint_energy)


class TotalEnergy(AbstractObservable):
    r"""Mean of the whole Hamiltonian, zero free energy for empty battery and charger: a scalar, in units of hbar frequency.

    .. math:: \langle H\rangle = E + E_C + E_I + \text{(crosstalk)}

    It is a constant of the motion where nothing is lost.

    Raises:
        MeritError: of a battery whose coupling is not known as an operator.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> round(float(qb.merit.total_energy(battery, state)), 9)  # 1.6 and 2
    3.6
    """

    symbol: ClassVar[str] = "<H>"
    unit: ClassVar[str] = "energy"

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return battery.total_energy(state)


class EnergyVariance(AbstractMerit):
    r"""Variance of the battery's energy: a scalar, in units of (hbar frequency)^2.

    .. math:: \mathrm{Var}\, E = \mathrm{Tr}\, \rho_B H_B^2 - E^2

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> round(float(qb.merit.energy_variance(battery, state)), 9)  # 0.2 + 4 0.7 - 1.6^2
    0.44
    """

    symbol: ClassVar[str] = "Var E"
    unit: ClassVar[str] = "power"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return battery.battery_frequency**2 * (state.battery_excitations(2) - state.battery_excitations() ** 2)


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
                f"`space` must be 'symmetric' or 'full', but it is {self.space!r}; fix: ergotropy.with_(space='full')."
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


class Photons(AbstractObservable):
    """Mean number of photons in the reservoir that emitters share (lost ones count), see `WaveguideBattery`: a scalar.

    Raises:
        MeritError: of a battery without such a reservoir.

    >>> import jaxqb as qb
    >>> battery = qb.WaveguideBattery(frequency=1.3, separation=0.4, radiation_rate=0.3)
    >>> sol = qb.evolve(battery, [0.0, 5.0], ["photons"])
    >>> [float(x) > 0.1 for x in sol.saved["photons"]]  # the excitation is first in the charger
    [False, True]
    """

    symbol: ClassVar[str] = "<n>"
    unit: ClassVar[str] = "number"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        if not hasattr(state, "photons"):
            but, fix = "this battery has no such reservoir", "use e.g. merit.charger_energy"
            fail(MeritError, "photons", "be asked of emitters in a reservoir", but, fix)
        return state.photons()


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


class LogNegativity(AbstractMerit):
    r"""Logarithmic negativity between battery and charger: a scalar, in bits.

    .. math:: E_N = \log_2 \lVert \rho^{T_B}\rVert_1

    It has a kink where an eigenvalue of the partial transpose vanishes, as nearly all do at a product state. Derivatives by
    parameters take nothing from those (the mean of both sides, zero at a pure product state); `Rate` takes the coming side.

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
        """By the blocks of the partial transpose, where a state knows them."""
        known = hasattr(state, "partial_transpose")
        return jnp.log2(negativity.rising(state.partial_transpose())) if known else self(battery, state)


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


class LevelPopulations(AbstractObservable):
    """Populations of the battery's levels 0, 1, 2, ..., shape (levels,); where there are several towers, they are rows.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> [round(float(x), 9) for x in qb.merit.level_populations(battery, state)]
    [0.1, 0.2, 0.7]
    """

    symbol: ClassVar[str] = "p_m"
    unit: ClassVar[str] = "number"

    def __call__(self, battery: Any, state: Any) -> Array:
        weights = state.battery().populations()
        return weights[0] if weights.shape[0] == 1 else weights


class Expectation(AbstractObservable):
    r"""Mean of a Hermitian operator on the whole system of an `OpenBattery`, :math:`\mathrm{Tr}\, \rho O`: a scalar.

    Args:
        operator: O, shape (n, n), an array or an object of QuTiP, dynamiqs or scipy.sparse.

    Raises:
        MeritError: for an operator that is not square or not Hermitian, or of another size; asked of another battery.

    >>> import jaxqb as qb
    >>> flip = [[0.0, 1.0], [1.0, 0.0]]
    >>> battery = qb.OpenBattery(flip, [], [], [[0.0, 0.0], [0.0, 1.0]], [1.0, 0.0])
    >>> sol = qb.evolve(battery, [0.5], {"x": qb.merit.Expectation(flip), "E": qb.merit.energy})
    >>> round(float(sol.saved["E"][0]), 6), abs(round(float(sol.saved["x"][0]), 6))  # sin(0.5)^2
    (0.229849, 0.0)
    """

    operator: Any

    symbol: ClassVar[str] = "<O>"
    unit: ClassVar[str] = "number"

    def __init__(self, operator: Any) -> None:
        self.operator = as_array(MeritError, "operator", operator)
        if self.operator.ndim != 2 or len(set(self.operator.shape)) > 1:
            fail(MeritError, "operator", "be square", f"its shape is {self.operator.shape}", "give an array of shape (n, n)")
        check_hermitian(MeritError, "operator", self.operator)

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        if not hasattr(state, "expectation"):
            but, fix = "this battery's states know no such operators", "use a named figure, e.g. merit.energy"
            fail(MeritError, "Expectation", "be asked of an open battery", but, fix)
        return state.expectation(self.operator)


class Amplitudes(AbstractMerit):
    """Complex amplitudes of a pure state in the coordinates of its law.

    Of a chain of levels one for each, shape (levels,); of the grid of both ladders shape (levels, charger levels); of emitters in
    a reservoir, and of one excitation in a chain of spins, one for each. A mixture of sectors has a leading axis, and roots of
    weights.

    Raises:
        MeritError: of a mixed state.

    >>> import jaxqb as qb
    >>> sol = qb.evolve(qb.SpinCharger(1, 1), [0.5], ["amplitudes"])
    >>> [round(float(abs(x)), 6) for x in sol.saved["amplitudes"][0]]  # cos(0.5) and sin(0.5)
    [0.877583, 0.479426]
    """

    symbol: ClassVar[str] = "psi"
    unit: ClassVar[str] = "number"

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Array:
        return state.amplitudes()


class Polarisation(AbstractObservable):
    r"""Polarisation :math:`\langle\sigma^z_j\rangle` of battery cells: -1 when empty, 1 when full.

    A scalar, :math:`2 \langle m\rangle / N_B - 1`, where all cells are alike; of the spins of a chain one each, shape (n,).

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(2, 2, battery_excitations=[0.1, 0.2, 0.7])
    >>> state = battery.law().state(battery.law().start)
    >>> round(float(qb.merit.populations(battery, state)), 9)  # 2 1.6 / 2 - 1
    0.6
    """

    symbol: ClassVar[str] = "<sigma_z>"
    unit: ClassVar[str] = "number"

    def __call__(self, battery: Any, state: Any) -> Float[Array, "..."]:
        if hasattr(state, "excited"):
            return 2 * state.excited() - 1
        return 2 * state.battery_excitations() / battery.n_battery - 1


class Correlations(AbstractObservable):
    r"""Correlations :math:`\langle\sigma^+_n \sigma^-_m\rangle` of the spins of a chain, shape (n, n).

    On the diagonal are probabilities of excitation.

    Raises:
        MeritError: of another battery, or of a law that does not follow them.

    >>> import jaxqb as qb
    >>> chain = qb.SpinChain.uniform(2, initial=qb.single_excitation([0.6, 0.8]))
    >>> sol = qb.evolve(chain, [0.0], ["correlations"])
    >>> [round(float(x.real), 9) for x in sol.saved["correlations"][0].ravel()]
    [0.36, 0.48, 0.48, 0.64]
    """

    symbol: ClassVar[str] = "C"
    unit: ClassVar[str] = "number"

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Complex[Array, "n n"]:
        return _chain(state, "correlations").correlations()


class Coherences(AbstractObservable):
    r"""Coherences :math:`\langle\sigma^-_j\rangle` of the spins of a chain, shape (n,).

    They are zero unless numbers of excitations are superposed.

    Raises:
        MeritError: of another battery.

    >>> import jaxqb as qb
    >>> chain = qb.SpinChain.uniform(2, initial=qb.single_excitation([0.6, 0.0]))
    >>> sol = qb.evolve(chain, [0.0], ["coherences"])
    >>> [round(float(x.real), 9) for x in sol.saved["coherences"][0]]  # 0.6 times the amplitude 0.8 of the empty chain
    [0.48, 0.0]
    """

    symbol: ClassVar[str] = "<sigma_->"
    unit: ClassVar[str] = "number"

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Complex[Array, " n"]:
        return _chain(state, "coherences").coherences()


class NormalisedEnergy(AbstractObservable):
    r"""Energy of a chain as in the source: with the hopping, and zero half way between empty and full. A scalar.

    .. math:: 2 \langle H\rangle / \sum_j \Delta_j - 1

    `filling` is the part of the capacity that is left, which stays positive.

    Raises:
        MeritError: of another battery.

    Source: Liu, Segal and Hanna, "Boosting quantum battery performance by structure engineering", Eq. 6.

    >>> import jaxqb as qb
    >>> sol = qb.evolve(qb.SpinChain.uniform(4), [10.0], ["normalised_energy"])
    >>> round(float(sol.saved["normalised_energy"][0]), 9)  # 2 exp(-0.5) - 1
    0.213061319
    """

    symbol: ClassVar[str] = "E / E_0"
    unit: ClassVar[str] = "number"

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return 2 * battery.total_energy(_chain(state, "normalised_energy")) / battery.capacity() - 1


def _chain(state: Any, figure: str) -> Any:
    """A sentence where spins are not told apart."""
    if not hasattr(state, "excited"):
        but, fix = "this battery's cells are not told apart", "use e.g. merit.energy"
        fail(MeritError, figure, "be asked of a spin chain", but, fix)
    return state


class _Slope(AbstractMerit):
    """Another figure over time, which one state does not tell."""

    merit: AbstractMerit

    unit: ClassVar[str] = "power"  # of an energy

    def __check_init__(self) -> None:
        check_figure("merit", self.merit)

    @property
    def units(self) -> str:
        """That of the figure, times frequency."""
        unit = getattr(self.merit, "units", "1")
        return {UNITS["energy"]: UNITS["power"], "1": UNITS["frequency"]}.get(unit, f"{unit} frequency")

    def __call__(self, battery: Any, state: Any) -> Array:
        name = type(self).__name__
        fail(MeritError, name, "be saved by `evolve`", "it was called on a state", f"evolve(..., save={{'P': {name}(m)}})")


class Rate(_Slope):
    r"""Time derivative of another figure f, exact: along the generator, or of the closed form in time; at a kink to the right.

    .. math:: \dot f(t) = \lim_{h \to 0^+} (f(t + h) - f(t)) / h

    `instantaneous_power` is that of the energy, `entanglement_rate` that of the logarithmic negativity. Shape of f; its unit
    times frequency. It is saved by `evolve`, and not to be called on a state.

    Args:
        merit: f, a figure of merit or a function of (battery, state).

    Raises:
        MeritError: for what is no figure, or called on a state.

    >>> import jaxqb as qb
    >>> sol = qb.evolve(qb.SpinCharger(1, 1), [0.5], {"power": qb.merit.Rate(qb.merit.energy)})
    >>> round(float(sol.saved["power"][0]), 6)  # sin(2 0.5)
    0.841471
    """

    symbol: ClassVar[str] = "d/dt"


class Average(_Slope):
    """Mean slope of another figure f since t = 0, and its rate there.

    .. math:: (f(t) - f(0)) / t

    `average_power` is that of the energy. Shape of f; its unit times frequency. It is saved by `evolve`, and not to be called on
    a state.

    Args:
        merit: f, a figure of merit or a function of (battery, state).

    Raises:
        MeritError: for what is no figure, or called on a state.

    >>> import jaxqb as qb
    >>> sol = qb.evolve(qb.SpinCharger(1, 1), [0.5], {"power": qb.merit.Average(qb.merit.energy)})
    >>> round(float(sol.saved["power"][0]), 6)  # sin(0.5)^2 / 0.5
    0.459698
    """

    symbol: ClassVar[str] = "P"


energy = Energy()
energy_per_cell = EnergyPerCell()
filling = Filling()
charger_energy = ChargerEnergy()
interaction_energy = InteractionEnergy()
total_energy = TotalEnergy()
average_power = Average(energy)
instantaneous_power = Rate(energy)
ergotropy = Ergotropy()
capacity = Capacity()
energy_variance = EnergyVariance()
log_negativity = LogNegativity()
entanglement_rate = Rate(log_negativity)
purity = Purity()
photons = Photons()
amplitudes = Amplitudes()
populations = Polarisation()
correlations = Correlations()
coherences = Coherences()
normalised_energy = NormalisedEnergy()
level_populations = LevelPopulations()

NAMED: dict[str, AbstractMerit] = {name: value for name, value in globals().items() if isinstance(value, AbstractMerit)}
