"""Any open system: a battery that the user brings, as operators."""

import math
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..algebra.hermitian import folded
from ..algebra.patterns import Pattern, elements, pack, reach
from ..conventions import epsilon, real_dtype
from ..errors import FieldError, fail
from ..fields import Real, parameter, size, traced
from ..laws import AbstractMasterLaw, Lindblad, Master, Reachable
from ..matrices import as_array, check_hermitian
from .battery import AbstractBattery, convert_fields

PART = 0.6  # of all numbers, below which the reached ones are worth a law of their own
ENTRIES = 2_000_000  # of a sparse generator, above which it is not made: it would not be quicker
ROOM = 2 * 2**30  # bytes that a dense superoperator may take (making it takes several times as much)


class Structure(NamedTuple):
    """What is static about an open battery: where its operators may differ from zero, and whether few numbers are reached."""

    pattern: Pattern
    reached: int | None


class OpenBattery(AbstractBattery):
    r"""An open quantum system whose first tensor factor is the battery.

    .. math:: \dot\rho = -i[H, \rho] + \sum_k \gamma_k D[L_k]\rho, \quad D[L]\rho = L\rho L^+ - \{L^+L, \rho\}/2,
              \quad H = \sum_j c_j H_j

    A rate multiplies its dissipator. Rates, coefficients, operators and start may be traced and differentiated; where operators
    and start are known numbers, what they conserve is found and made use of.

    Args:
        hamiltonian: H, shape (n, n), or several terms H_j, shape (j, n, n), with `coefficients`.
        jumps: the L_k, shape (k, n, n) or a list of k matrices.
        rates: gamma_k, one a jump, in units of frequency.
        battery_hamiltonian: H_B, shape (d, d) with n a multiple of d; its lowest level is the empty battery, of energy zero.
        initial: a density matrix (n, n), or a state vector (n,).
        coefficients: c_j, one a term of the Hamiltonian.
        n_battery: how many cells `energy_per_cell` shares the energy among.

    Operators and start are structure: `replace` changes them, for it looks anew at where they vanish. Numbers that were put where
    nothing was (as `equinox.tree_at` could) make the answer NaN.

    Matrices may also be objects that other packages make (with ``full()``, ``toarray()`` or ``to_numpy()``: qutip.Qobj,
    scipy.sparse, dynamiqs).

    Raises:
        FieldError: for an operator that is not square, not Hermitian where it must be, not finite or of another size; for
            negative rates; for a start that is no state.

    Source: Gorini, Kossakowski and Sudarshan, J. Math. Phys. 17, 821 (1976), https://doi.org/10.1063/1.522979; Lindblad,
    Commun. Math. Phys. 48, 119 (1976), https://doi.org/10.1007/BF01608499.

    A spin that takes its energy from another one, which decays:

    >>> import jaxqb as qb
    >>> import numpy as np
    >>> down = np.array([[0.0, 1.0], [0.0, 0.0]])  # level 0 is the empty one
    >>> swap = np.kron(down.T, down) + np.kron(down, down.T)
    >>> full_charger = np.kron([1.0, 0.0], [0.0, 1.0])
    >>> battery = qb.OpenBattery(swap, [np.kron(np.eye(2), down)], [0.1], down.T @ down, full_charger)
    >>> sol = qb.evolve(battery, [0.0, 1.5], ["energy", "ergotropy", "log_negativity"])
    >>> [round(float(x), 6) for x in sol.saved["energy"]]
    [0.0, 0.923617]
    """

    hamiltonian: Any
    jumps: Any
    rates: Any = parameter(symbol="gamma", unit="frequency", doc="rates of the jumps", minimum=0.0, vector=True)
    battery_hamiltonian: Any  # pyright: ignore[reportGeneralTypeIssues]  (it takes `parameter` for a default)
    initial: Any  # pyright: ignore[reportGeneralTypeIssues]
    coefficients: Any = parameter(
        default=None, symbol="c", unit="frequency", doc="weights of the terms of the Hamiltonian", vector=True
    )
    n_battery: Real = size(symbol="N_B", doc="number of battery cells", default=1.0)
    structure: Structure = eqx.field(static=True, init=False)

    def __post_init__(self) -> None:
        self.hamiltonian = _matrices("hamiltonian", self.hamiltonian, many=self.coefficients is not None)
        n = self.hamiltonian.shape[-1]
        self.coefficients = _numbers("coefficients", self.coefficients, len(self.hamiltonian), "term of the Hamiltonian")
        self.jumps = _matrices("jumps", self.jumps, many=True, empty=n)
        self.rates = _numbers("rates", self.rates, len(self.jumps), "jump", least=0.0)
        convert_fields(self)
        self.battery_hamiltonian = _matrices("battery_hamiltonian", self.battery_hamiltonian, many=False)[0]
        d = len(self.battery_hamiltonian)
        if self.jumps.shape[-1] != n:
            but = f"their dimension is {self.jumps.shape[-1]} and that of the hamiltonian {n}"
            fail(FieldError, "jumps", "act on the whole system", but, "extend them by identities (np.kron)")
        if n % d:
            but = f"its dimension {d} does not divide {n}"
            fail(FieldError, "battery_hamiltonian", "act on the first tensor factor", but, "put the battery first")
        for name in ("hamiltonian", "battery_hamiltonian"):
            check_hermitian(FieldError, name, getattr(self, name))
        self.initial = _state(self.initial, n)
        self.structure = _structure(self.hamiltonian, self.jumps, self.initial, n)

    def replace(self, **changes: Any) -> "OpenBattery":
        """See `AbstractBattery.replace`; one matrix in place of the Hamiltonian's terms has the coefficient 1."""
        if "hamiltonian" in changes and "coefficients" not in changes:
            terms = _matrices("hamiltonian", changes["hamiltonian"], many=None)
            changes |= {"hamiltonian": terms, "coefficients": self.coefficients if len(terms) > 1 else np.ones(1)}
        return super().replace(**changes)

    @property
    def battery_frequency(self) -> Real:
        """Energies are those of `battery_hamiltonian` as they are."""
        return np.ones((), real_dtype())

    @property
    def modes(self) -> int | None:
        """Levels of a last factor of which higher ones are left out (see `OpenState`)."""
        return None

    def _gap(self) -> Any:
        """The battery's Hamiltonian, zero when empty, as one real matrix."""
        lowest = jnp.linalg.eigvalsh(self.battery_hamiltonian)[0]
        return folded(self.battery_hamiltonian) - lowest * jnp.eye(len(self.battery_hamiltonian), dtype=real_dtype())

    def _parts(self) -> tuple[Any, Any, Any]:
        """Real and imaginary part of the Hamiltonian, of the jumps and of the start."""
        whole = jnp.tensordot(jnp.asarray(self.coefficients), jnp.asarray(self.hamiltonian), 1)
        both = lambda x: (jnp.real(x), jnp.imag(x))  # noqa: E731
        return both(whole), both(jnp.asarray(self.jumps)), both(jnp.asarray(self.initial))

    def _of(self, law: type[Any]) -> Any:
        """A law of this battery; its start is NaN if something is where nothing was when the structure was found."""
        pattern, (whole, jumps, start) = self.structure.pattern, self._parts()
        masks = [(*pattern.parts(packed),) for packed in (pattern.hamiltonian, *pattern.jumps, pattern.start)]
        found = [jnp.stack([whole[k], *jumps[k], start[k]]) for k in (0, 1)]
        known = [jnp.all((found[k] == 0) | np.array([mask[k] for mask in masks])) for k in (0, 1)]
        initial = jnp.where(known[0] & known[1], start[0] + start[1], jnp.nan)
        return law(Master(whole, jumps, jnp.asarray(self.rates), pattern), initial, self._gap(), self.modes)

    def law(self) -> AbstractMasterLaw:
        """Among the numbers that the start reaches, if these are few; else in operator form."""
        return self.reachable_law() if self.structure.reached is not None else self.lindblad()

    def lindblad(self) -> Lindblad:
        """Operator form."""
        return self._of(Lindblad)

    def reachable_law(self) -> Reachable:
        """Among the numbers that the start reaches."""
        return self._of(Reachable)

    def laws(self) -> dict[str, Any]:
        """The laws that describe this battery."""
        few = {"reachable": self.reachable_law()} if self.structure.reached is not None else {}
        return few | {"lindblad": self.lindblad()}

    def candidates(self, law: Any) -> list[Any]:
        """See `AbstractBattery.candidates`; among the numbers that are reached it is right where they are many, too."""
        return [self.reachable_law()] if isinstance(law, Reachable) else super().candidates(law)

    def superoperator(self) -> Any:
        """The Liouvillian as a dense matrix, shape (n^2, n^2), on density matrices whose columns are stacked.

        Raises:
            FieldError: where it would not fit into memory.
        """
        n = self.hamiltonian.shape[-1]
        if (need := 16 * n**4) > ROOM:
            fix = "leave the operator form as it is (`evolve` never builds this matrix)"
            fail(FieldError, "superoperator", f"take at most {_bytes(ROOM)}", f"for {n} levels it takes {_bytes(need)}", fix)
        one, h = jnp.eye(n), jnp.tensordot(jnp.asarray(self.coefficients), jnp.asarray(self.hamiltonian), 1)
        total = -1j * (jnp.kron(one, h) - jnp.kron(h.T, one))
        for rate, jump in zip(self.rates, jnp.asarray(self.jumps), strict=True):
            loss = jump.conj().T @ jump
            total += rate * (jnp.kron(jump.conj(), jump) - (jnp.kron(one, loss) + jnp.kron(loss.T, one)) / 2)
        return total

    def capacity(self) -> Real:
        """From the lowest to the highest level of the battery."""
        levels = jnp.linalg.eigvalsh(jnp.asarray(self.battery_hamiltonian))
        return levels[-1] - levels[0]

    def charger_quantum(self) -> Real:
        """What is not the battery has no unit of its own."""
        return np.ones((), real_dtype())

    def total_energy(self, state: Any) -> Any:
        """Mean of the Hamiltonian."""
        return state.expectation(jnp.tensordot(jnp.asarray(self.coefficients), jnp.asarray(self.hamiltonian), 1))

    def amplitudes(self) -> int:
        """Numbers that are reached, or all of them."""
        return self.structure.reached or self.hamiltonian.shape[-1] ** 2


def _bytes(count: int) -> str:
    return f"{count / 2**30:.3g} GiB"


def _matrices(name: str, value: Any, many: bool | None, empty: int | None = None) -> Any:
    """A stack of square matrices (`many` None: or a single one; `empty`: of this dimension if there is none)."""
    value = as_array(FieldError, name, value)
    if empty is not None and value.size == 0:
        return np.zeros((0, empty, empty), real_dtype())
    wanted = "matrices, one or more, of shape (n, n)" if many else "a matrix of shape (n, n)"
    value = value[None] if value.ndim == 2 and not (many and empty is None and name == "hamiltonian") else value
    if value.ndim != 3 or (many is False and len(value) != 1) or len(value) == 0:
        fix = "give `coefficients` with several terms" if name == "hamiltonian" else f"give {wanted}"
        fail(FieldError, name, f"be {wanted}", f"its shape is {value.shape}", fix)
    if value.shape[1] != value.shape[2] or value.shape[1] == 0:
        fail(FieldError, name, "be square", f"its shape is {value.shape[1:]}", "give operators of shape (n, n)")
    return value


def _numbers(name: str, value: Any, count: int, what: str, least: float = -math.inf) -> Any:
    """One real number for each of `count` things."""
    if value is None:
        return np.ones(count, real_dtype())
    array = as_array(FieldError, name, value)
    if array.dtype.kind == "c":
        fail(FieldError, name, "be real", "they are complex", "put phases into the operators")
    array = array[None] if array.ndim == 0 else array
    if array.shape != (count,):
        but = f"its shape is {array.shape} for {count} of them"
        fail(FieldError, name, f"have one number for each {what}", but, f"give {count} numbers")
    if not traced(array) and np.any(array < least):
        fail(
            FieldError, name, f"be at least {least:g}", f"one is {array.min():g}", "give positive rates, and L^+ for the reverse"
        )
    return array


def _state(value: Any, n: int) -> Any:
    """A start as a density matrix."""
    value = as_array(FieldError, "initial", value)
    if value.ndim == 2 and value.shape == (n, 1) and n > 1:
        value = value[:, 0]
    if value.shape not in ((n,), (n, n)):
        but = f"its shape is {value.shape} and the hamiltonian's dimension {n}"
        fail(FieldError, "initial", "be a state of the whole system", but, f"give shape ({n}, {n}) or ({n},)")
    least = 1e3 * n * epsilon()
    if value.ndim == 1:
        norm = None if traced(value) else np.linalg.norm(value)
        if norm is not None and abs(norm - 1) > least:
            fail(FieldError, "initial", "have norm 1", f"it is {norm:.6g}", "divide it by its norm")
        xp: Any = jnp if traced(value) else np
        return xp.outer(value, value.conj())
    if traced(value):
        return value
    check_hermitian(FieldError, "initial", value)
    if abs((trace := np.trace(value).real) - 1) > least:
        fail(FieldError, "initial", "have trace 1", f"it is {trace:.6g}", "divide it by its trace")
    if (lowest := np.linalg.eigvalsh(value)[0]) < -least:
        fail(FieldError, "initial", "have no negative eigenvalue", f"the lowest is {lowest:.2e}", "give a state")
    return value


def _structure(hamiltonian: Any, jumps: Any, initial: Any, n: int) -> Structure:
    def packed(value: Any) -> tuple[bytes, bytes]:
        if traced(value):
            real, imag = np.ones((n, n), bool), np.full((n, n), value.dtype.kind == "c")
        else:
            value = value.reshape(-1, n, n)
            real, imag = np.any(value.real != 0, axis=0), np.any(value.imag != 0, axis=0)
        return pack(real), pack(imag)

    each = (jumps for _ in jumps) if traced(jumps) else jumps
    pattern = Pattern(n, packed(hamiltonian), tuple(map(packed, each)), packed(initial))
    reached = reach(pattern).size if _entries(pattern) <= ENTRIES else n**2
    return Structure(pattern, reached if reached <= PART * n**2 else None)


def _entries(pattern: Pattern) -> int:
    """About how many entries the generator has among the elements that are reached."""
    row = lambda parts: np.count_nonzero(np.logical_or(*parts)) / pattern.n  # noqa: E731
    each = 2 * row(pattern.drift) + sum(row(pattern.parts(jump)) ** 2 for jump in pattern.jumps)
    return int(np.count_nonzero(elements(pattern)) * each)
