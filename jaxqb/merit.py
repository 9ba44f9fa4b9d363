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
    """A figure of merit. `unit` is a key of `conventions.UNITS`, `symbol` labels axes."""

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
    """A figure that is linear in the density matrix, so that its curve holds no other frequencies than the state's."""


def check_figure(argument: str, value: Any) -> None:
    """A sentence if `value` is no figure of merit: neither a merit nor a function of (battery, state)."""
    if isinstance(value, type):
        fail(MeritError, argument, "be a figure of merit", f"it is the class {value.__name__}", f"use {value.__name__}()")
    if not callable(value):
        fail(MeritError, argument, "be a figure of merit", f"it is {value!r}", "use e.g. jaxqb.merit.energy")


class Energy(AbstractObservable):
    """Battery energy ``omega_B <m>``, zero when empty. Unit: hbar frequency."""

    symbol: ClassVar[str] = "E"
    unit: ClassVar[str] = "energy"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return battery.battery_frequency * state.battery_excitations()


class EnergyPerCell(AbstractObservable):
    """Battery energy over the number of cells."""

    symbol: ClassVar[str] = "E / N_B"
    unit: ClassVar[str] = "energy"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return energy(battery, state) / battery.n_battery


class Filling(AbstractObservable):
    r"""Stored energy over capacity: 0 for an empty battery, 1 for a full one, whatever its frequency. Unit: 1.

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
    """Where an energy lies between the least and the largest that a battery can have."""
    low, high = battery.reach()
    return (stored - low) / (high - low)


class ChargerEnergy(AbstractObservable):
    """Free energy of the charger, zero when it is empty."""

    symbol: ClassVar[str] = "E_C"
    unit: ClassVar[str] = "energy"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return battery.charger_energy(state)


class InteractionEnergy(AbstractObservable):
    """Mean of all that couples battery and charger: exchange, pair and Ising terms."""

    symbol: ClassVar[str] = "E_I"
    unit: ClassVar[str] = "energy"

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return state.coupling_energy() + state.expect(battery.joint_energy)


class TotalEnergy(AbstractObservable):
    """Mean of the whole Hamiltonian, with free energies zero for empty battery and charger: a constant of the motion."""

    symbol: ClassVar[str] = "<H>"
    unit: ClassVar[str] = "energy"

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return battery.total_energy(state)


class EnergyVariance(AbstractMerit):
    """Variance of the battery's energy."""

    symbol: ClassVar[str] = "Var E"
    unit: ClassVar[str] = "power"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        return battery.battery_frequency**2 * (state.battery_excitations(2) - state.battery_excitations() ** 2)


class Ergotropy(AbstractMerit):
    """Work that unitaries on the battery can extract: energy minus that of its passive state.

    `space="symmetric"`: unitaries within the collective spin; `space="full"`: all unitaries on the 2^M states of M cells,
    which reach the M-fold first excited level and so never extract less.

    It has a kink where eigenvalues of the battery's density matrix meet, as many do at a product state. Derivatives by parameters
    take them as they are found; `Rate` takes the coming side.

    Raises:
        MeritError: for "symmetric" where the battery occupies several towers (localised or thermal cells).
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
    """Mean number of photons in the reservoir that emitters share (lost ones count), see `WaveguideBattery`."""

    symbol: ClassVar[str] = "<n>"
    unit: ClassVar[str] = "number"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        if not hasattr(state, "photons"):
            but, fix = "this battery has no such reservoir", "use e.g. merit.charger_energy"
            fail(MeritError, "photons", "be asked of emitters in a reservoir", but, fix)
        return state.photons()


class Capacity(AbstractMerit):
    """Largest minus least energy that unitaries can give the battery: how much it holds, whatever its charge."""

    symbol: ClassVar[str] = "K"
    unit: ClassVar[str] = "energy"

    def __call__(self, battery: Any, state: Any, rising: bool = False) -> Float[Array, ""]:
        return jnp.abs(battery.battery_frequency) * state.battery().swing(rising)

    def rising(self, battery: Any, state: Any) -> Float[Array, ""]:
        """With the slopes of eigenvalues that meet."""
        return self(battery, state, rising=True)


class LogNegativity(AbstractMerit):
    """Logarithmic negativity between battery and charger, ``log2`` of the trace norm of the partial transpose.

    It has a kink where an eigenvalue of the partial transpose vanishes, as nearly all do at a product state. Derivatives by
    parameters take nothing from those (the mean of both sides, zero at a pure product state); `Rate` takes the coming side.

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
    """Purity of the reduced battery state."""

    symbol: ClassVar[str] = "Tr rho_B^2"
    unit: ClassVar[str] = "number"

    def __call__(self, battery: Any, state: Any) -> Float[Array, ""]:
        eigenvalues, copies = state.battery().spectrum()
        return jnp.sum(copies * eigenvalues**2)


class LevelPopulations(AbstractObservable):
    """Populations of the battery's levels 0, 1, 2, ... (towers are rows, where there are several)."""

    symbol: ClassVar[str] = "p_m"
    unit: ClassVar[str] = "number"

    def __call__(self, battery: Any, state: Any) -> Array:
        weights = state.battery().populations()
        return weights[0] if weights.shape[0] == 1 else weights


class Expectation(AbstractObservable):
    """Mean of a Hermitian operator on the whole system of an `OpenBattery`. Unit: the operator's.

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
    """Complex amplitudes of the pure state in the coordinates of its law."""

    symbol: ClassVar[str] = "psi"
    unit: ClassVar[str] = "number"

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Array:
        return state.amplitudes()


class Polarisation(AbstractObservable):
    """``<sigma^z_j>`` of each battery cell: ``2 <m> / N_B - 1`` where all are alike, one a spin of a chain."""

    symbol: ClassVar[str] = "<sigma_z>"
    unit: ClassVar[str] = "number"

    def __call__(self, battery: Any, state: Any) -> Float[Array, "..."]:
        if hasattr(state, "excited"):
            return 2 * state.excited() - 1
        return 2 * state.battery_excitations() / battery.n_battery - 1


class Correlations(AbstractObservable):
    """``<sigma^+_n sigma^-_m>`` of the spins of a chain, shape (n, n); probabilities of excitation on the diagonal."""

    symbol: ClassVar[str] = "C"
    unit: ClassVar[str] = "number"

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Complex[Array, "n n"]:
        return _chain(state, "correlations").correlations()


class Coherences(AbstractObservable):
    """``<sigma^-_j>`` of the spins of a chain, shape (n,), zero unless numbers of excitations are superposed."""

    symbol: ClassVar[str] = "<sigma_->"
    unit: ClassVar[str] = "number"

    @property
    def phase_sensitive(self) -> bool:
        return True

    def __call__(self, battery: Any, state: Any) -> Complex[Array, " n"]:
        return _chain(state, "coherences").coherences()


class NormalisedEnergy(AbstractObservable):
    r"""Energy of a chain as in the source: with the hopping, zero half way between empty and full, where it changes sign.

    .. math:: \langle H\rangle / \sum_j \Delta_j / 2 - 1

    Source: Liu, Segal and Hanna, Eq. 6. `filling` is the part of the capacity that is left, which stays positive.

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


class Rate(AbstractMerit):
    """Time derivative of another figure, exact: along the generator, or of the closed form in time; at a kink to the right."""

    merit: AbstractMerit

    symbol: ClassVar[str] = "d/dt"
    unit: ClassVar[str] = "power"

    def __check_init__(self) -> None:
        check_figure("merit", self.merit)

    def __call__(self, battery: Any, state: Any) -> Array:
        raise MeritError("`Rate` must be saved by `evolve`, but it was called on a state; fix: evolve(..., save={'P': Rate(m)}).")


class Average(AbstractMerit):
    """``(f(t) - f(0)) / t`` of another figure f, and its rate at t = 0."""

    merit: AbstractMerit

    symbol: ClassVar[str] = "P"
    unit: ClassVar[str] = "power"

    def __check_init__(self) -> None:
        check_figure("merit", self.merit)

    def __call__(self, battery: Any, state: Any) -> Array:
        raise MeritError("`Average` must be saved by `evolve`, but it was called on a state; fix: evolve(..., save={'P': ...}).")


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
