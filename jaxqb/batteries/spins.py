"""What chains of spins have in common: their laws, from second moments to exact."""

import abc
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..conventions import real_dtype
from ..errors import FieldError, fail, shown
from ..fields import array_of, concrete, numbers, traced, written
from ..laws.closure import AbstractBanded, Closure, check_bands, check_pairs, enough
from ..laws.collective import Collective
from ..laws.excitation import Excitation
from ..laws.fermions import Fermions
from ..laws.lattice import UNIT, Lattice, Product, Single
from ..laws.law import AbstractLaw
from ..laws.sectors import Sectors, check_size
from ..laws.trajectories import Trajectories
from .battery import AbstractBattery

EXACT = 10  # spins up to which the exact law fits a small computer


class Structure(NamedTuple):
    """What is static about a chain: length, no collective decay, a start in one excitation."""

    n: int
    alone: bool
    single: bool
    law: str  # the default one, by the name of its method
    bands: int | None = None  # of its moments, if a truncation proved too small


class single_excitation(eqx.Module):
    """A start with one excitation in superposition over the spins of a chain, and none with the rest of the norm.

    Args:
        amplitudes: complex, shape (n,), of norm at most 1; the empty chain's amplitude is real and positive.

    Raises:
        FieldError: for amplitudes that are no numbers, or of larger norm.

    >>> import jaxqb as qb
    >>> chain = qb.SpinChain.dimer(4, 0.25, initial=qb.single_excitation([0, 0.6, 0, 0.8]))
    >>> [round(float(x), 9) for x in chain.law().state(chain.law().start).excited()]
    [0.0, 0.36, 0.0, 0.64]
    """

    amplitudes: Any

    def __init__(self, amplitudes: Any) -> None:
        array = array_of(amplitudes)
        vector = array is not None and array.dtype.kind in "iufc" and array.ndim == 1
        if array is None or not vector or not (traced(array) or np.all(np.isfinite(array))):
            must, fix = "be a vector of finite numbers", "give one amplitude a spin"
            fail(FieldError, "amplitudes", must, f"it is {shown(amplitudes)}", fix)
        if not traced(array) and (norm := float(np.sum(np.abs(array) ** 2))) > 1 + UNIT:
            fail(FieldError, "amplitudes", "have norm at most 1", f"its squares sum up to {norm:g}", "divide by the root of that")
        xp: Any = jnp if traced(array) else np
        self.amplitudes = xp.stack([xp.real(array), xp.imag(array)]).astype(real_dtype())

    def __repr__(self) -> str:
        real, imag = self.amplitudes
        known = not traced(self.amplitudes) and np.any(imag)
        return f"single_excitation({written(real + 1j * imag if known else real)})"


class AbstractSpinChain(AbstractBattery):
    """A row of spins; each law of it is made by a method of its own."""

    starts: ClassVar[tuple[str, ...]] = ()  # but probabilities
    hopping: eqx.AbstractVar[Any]
    collective_decay: eqx.AbstractVar[Any]
    initial: eqx.AbstractVar[Any]
    structure: eqx.AbstractVar[Structure]

    @abc.abstractmethod
    def pattern(self) -> tuple[Any, Any]:
        """Gap and decay rate of each spin, shapes (n,)."""

    def lattice(self) -> Lattice:
        """The chain in the words of its laws."""
        # inside of a program a number that goes right through comes back as numpy's
        return jax.tree.map(jnp.asarray, _lattice(self))

    def law(self) -> AbstractLaw:
        """Of amplitudes, from a single excitation; else of second moments."""
        return getattr(self, self.structure.law)()

    def closure(self, pairs: Any = "factorised", bands: Any = None) -> AbstractLaw:
        """Second moments, closed by ``<sigma^z_l sigma^+_n sigma^-_m> = <sigma^z_l><sigma^+_n sigma^-_m>``.

        Args:
            pairs: with collective decay ``<sigma^z_n sigma^z_m>`` is needed too: "factorised" into means, "followed" by equations
                of its own, or "printed", which leaves out what collective decay does to pairs.
            bands: how many diagonals of the matrix of correlations are kept, from 1 to n - 1; None: all of at most 25 spins, else
                16 (see `laws.Closure`). With collective decay all are.

        Raises:
            FieldError: for another word or number.
        """
        check_pairs(pairs)
        if self.structure.alone:
            check_bands(bands, self.structure.n)
            return Closure.of(self.lattice(), bands or self.structure.bands)
        if bands is not None:
            fail(FieldError, "bands", "be left out with collective decay", f"it is {shown(bands)}", "leave it out")
        return Collective(self.lattice(), pairs)

    def fermionic(self, bands: Any = None) -> AbstractLaw:
        """Second moments of the fermions that the spins are, strings closed by Wick's theorem; `bands` as in `closure`.

        Raises:
            FieldError: with collective decay, or for another number.
        """
        check_bands(bands, self.structure.n)
        if not self.structure.alone:
            but, fix = "collective decay is not local in fermions", "use law=chain.closure(pairs='followed')"
            fail(FieldError, "collective_decay", "be a known 0 for this law", but, fix)
        return Fermions.of(self.lattice(), bands or self.structure.bands)

    def exact(self, most: int = EXACT) -> AbstractLaw:
        """The density matrix in blocks of equal numbers of excitations.

        Args:
            most: the largest number of spins that you have memory and time for.

        Raises:
            FieldError: for more spins.
        """
        check_size(self.structure.n, self.structure.single, most)
        return Sectors(self.lattice())

    def single_excitation(self) -> AbstractLaw:
        """Amplitudes of the one excitation that the chain starts with, if it does; exact."""
        return Excitation.of(self.lattice())

    def trajectories(self, count: int, key: Any) -> AbstractLaw:
        """The mean over random quantum-jump trajectories, each a Slater determinant: exact but for a statistical error.

        It is stated in ``sol.error``, for figures that are linear in populations and in correlations of neighbours.

        Args:
            count: how many trajectories, at least 2; below 200 their error is not sure, which the status says.
            key: of `jax.random`; with the same one trajectories are the same, and more of them go on where fewer end.

        Raises:
            FieldError: with collective decay, or for what is no count or key.

        >>> import jax
        >>> import jaxqb as qb
        >>> chain = qb.SpinChain.dimer(20, 0.25)
        >>> sol = qb.evolve(chain, [40.0], ["filling"], law=chain.trajectories(200, jax.random.key(0)))
        >>> float(sol.error["filling"][0]) < 1e-5, round(float(sol.saved["filling"][0]), 4)
        (True, 0.2318)
        """
        return Trajectories.of(self.lattice(), count, key)

    def laws(self) -> dict[str, AbstractLaw]:
        """The laws that describe this chain; trajectories, which take a key, are not among them."""
        first = {"single_excitation": self.single_excitation()} if self.structure.single else {}
        fermions = {"fermionic": self.fermionic()} if self.structure.alone else {}
        last = {"exact": self.exact()} if self.structure.n <= EXACT else {}
        return first | {"closure": self.closure()} | fermions | last

    def kept(self) -> int:
        """Diagonals of its moments."""
        own = self.structure
        return own.bands or (own.n - 1 if own.single else enough(own.n))

    def _structured(self, **changes: Any) -> "AbstractSpinChain":
        """The same chain with something static changed."""
        fresh = self.put()
        object.__setattr__(fresh, "structure", self.structure._replace(**changes))
        return fresh

    def widened(self) -> "AbstractSpinChain":
        """The same chain with twice the diagonals in its moments."""
        return self._structured(bands=min(2 * self.kept(), self.structure.n - 1))

    def led_by(self, law: AbstractLaw) -> "AbstractSpinChain":
        """The same chain with these moments for its default law, of at least as many diagonals."""
        if not isinstance(law, AbstractBanded):
            return self
        name = "fermionic" if isinstance(law, Fermions) else "closure"
        return self._structured(law=name, bands=max(law.bands, self.kept()))

    def overflow(self, enough: Any) -> tuple[str, str, str, str]:
        """About diagonals."""
        must, but = "hold the correlations at all times", "those of spins far apart grew too large"
        if enough is None:
            return "bands", must, f"even {self.kept()} are too few", "use shorter times or weaker hopping"
        return "bands", must, but, f"use law=chain.{enough.structure.law}(bands={enough.kept()})"

    def candidates(self, law: AbstractLaw) -> list[AbstractLaw]:
        """This law of this chain: its options are free."""
        if isinstance(getattr(law, "lattice", None), Lattice):
            return [eqx.tree_at(lambda law: law.lattice, law, self.lattice())]
        return super().candidates(law)

    @property
    def battery_frequency(self) -> Any:
        """Energies are sums over gaps as they are."""
        return np.ones((), real_dtype())

    def capacity(self) -> Any:
        """All spins excited."""
        return jnp.sum(self.pattern()[0])

    def reach(self) -> tuple[Any, Any]:
        """Gaps may have both signs."""
        gaps = self.pattern()[0]
        return jnp.sum(jnp.minimum(gaps, 0.0)), jnp.sum(jnp.maximum(gaps, 0.0))

    def charger_quantum(self) -> Any:
        """There is none."""
        return np.zeros((), real_dtype())

    def total_energy(self, state: Any) -> Any:
        """With the hopping; zero for the empty chain."""
        return state.battery_excitations() + state.coupling_energy()

    def amplitudes(self) -> int:
        """Correlations of neighbours near and far."""
        return 32 * self.structure.n


@eqx.filter_jit
def _lattice(chain: AbstractSpinChain) -> Lattice:
    n = chain.structure.n
    gaps, rates = map(jnp.asarray, chain.pattern())
    bonds = jnp.broadcast_to(jnp.asarray(chain.hopping, gaps.dtype), (n - 1,))
    if isinstance(chain.initial, single_excitation):
        begin = Single(jnp.asarray(chain.initial.amplitudes))
    else:
        begin = Product(jnp.broadcast_to(jnp.asarray(chain.initial, gaps.dtype), (n,)))
    return Lattice(gaps, rates, bonds, jnp.asarray(chain.collective_decay), begin, chain.structure.alone)


def check_start(initial: Any, n: int) -> Any:
    """Probabilities, or a single excitation, of n spins."""
    if isinstance(initial, single_excitation):
        if np.shape(initial.amplitudes) != (2, n):
            but = f"it has {np.shape(initial.amplitudes)[1]} amplitudes and the chain {n} spins"
            fail(FieldError, "initial", "have one amplitude a spin", but, f"give {n} amplitudes")
        return initial
    if isinstance(initial, str):
        if initial != "full":
            fix = "use 'full', n probabilities, or jaxqb.single_excitation(amplitudes)"
            fail(FieldError, "initial", "be 'full', probabilities or a single excitation", f"it is {shown(initial)}", fix)
        return np.ones((), real_dtype())
    array = numbers(initial)
    if array is None or array.shape not in ((), (n,)):
        but = f"it is {shown(initial)}" if array is None else f"its shape is {array.shape} with {n} spins"
        fix = "use 'full', n probabilities, or jaxqb.single_excitation(amplitudes)"
        fail(FieldError, "initial", "be one probability a spin", but, fix)
    if traced(array):
        return array
    if not np.all((array >= 0) & (array <= 1)):
        fail(FieldError, "initial", "be probabilities", f"it is {shown(initial)}", "give numbers from 0 to 1")
    return array.astype(real_dtype())


def check_length(name: str, value: Any, n: int, what: str) -> None:
    """A sentence if `value` is neither one number nor n."""
    if np.shape(value) not in ((), (n,)):
        fail(FieldError, name, f"be one number, or one a {what}", f"its shape is {np.shape(value)}", f"give {n} numbers")


def structure_of(battery: AbstractSpinChain, n: int) -> Structure:
    """Of a chain with n spins whose fields are converted."""
    known = concrete(battery.collective_decay)
    alone = known is not None and not np.any(known)
    single = isinstance(battery.initial, single_excitation)
    return Structure(n, alone, single, "single_excitation" if single else "closure")


def check_spins(value: Any) -> int:
    """A number of spins, which shapes arrays."""
    if any(map(traced, jax.tree.leaves(value))) or np.size(value) != 1:
        fix = "loop over lengths outside of `sweep`"
        fail(FieldError, "n_battery", "be one known number, which shapes the arrays", f"it is {shown(value)}", fix)
    return int(np.asarray(value).item())
