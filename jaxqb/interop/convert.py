"""`to_qutip`, `from_qutip` and the same for dynamiqs: whole batteries, single operators and states."""

import math
from typing import Any, NamedTuple

import numpy as np

from ..algebra.hermitian import unfolded
from ..batteries import AbstractBattery, OpenBattery
from ..errors import FieldError, fail, shown
from ..fields import numbers, traced
from ..given import check_known, check_single
from ..matrices import as_array
from ..states import Density, OpenState, Populations, Spectral
from .operators import operators
from .packages import Dynamiqs, Package, Qutip

NEAR = 1e-10  # relative: what may be missing from a product with an identity


class MasterEquation(NamedTuple):
    r"""A battery in the operators of another package, energies zero for the empty battery.

    .. math:: \dot\rho = -i[H, \rho] + \sum_k D[L_k]\rho

    Attributes:
        hamiltonian: H, on the whole system.
        jumps: the L_k with the roots of their rates in them; none of a battery that is closed.
        battery_hamiltonian: H_B on the whole system: its mean is `merit.energy`.
        initial: the start, a ket where it is pure.

    Source: Breuer and Petruccione, "The Theory of Open Quantum Systems", section 3.2.

    >>> import jaxqb as qb
    >>> found = qb.to_qutip(qb.SpinCharger(n_battery=1, n_charger=1))
    >>> found.hamiltonian.dims, len(found.jumps), found.initial.type
    ([[2, 2], [2, 2]], 0, 'ket')
    """

    hamiltonian: Any
    jumps: list[Any]
    battery_hamiltonian: Any
    initial: Any


def to_qutip(what: Any, dims: Any = None) -> Any:
    """A battery, a state or an operator as QuTiP has it.

    Every factor begins with its *empty* level; the spins of `qutip.jmat`, `qutip.sigmam` and `qutip.spin_J_set` begin with the
    full one. The battery is the first factor (all spins of a chain are the first factors). Levels of collective spins are Dicke
    levels; a start of single excited or thermal cells occupies several towers of collective spin, whose levels then follow one
    another, one tower for all its copies: energies are the same, but not every ergotropy.

    Args:
        what: a battery with a master equation of at most 4096 levels (a chain: of at most 9 spins); a state that `steady_state`
            returns, or its ``state.battery()``; an operator of shape (n, n), or a ket of shape (n,).
        dims: dimensions of the tensor factors of an operator or state; None: one factor.

    Returns:
        A `MasterEquation` of a battery; else a `qutip.Qobj`.

    Raises:
        FieldError: for a battery without a finite master equation, or too large a one; for what is no operator; for dimensions
            that do not fit; without QuTiP.

    Source: Lambert et al., "QuTiP 5: The Quantum Toolbox in Python", arXiv:2412.04705.

    >>> import jaxqb as qb
    >>> import qutip
    >>> battery = qb.SpinCharger(n_battery=2, n_charger=2)
    >>> found = qb.to_qutip(battery)
    >>> run = qutip.mesolve(found.hamiltonian, found.initial, [0.0, 0.5], found.jumps, e_ops=[found.battery_hamiltonian])
    >>> round(float(run.expect[0][1]), 4), round(float(qb.evolve(battery, [0.5]).saved["energy"][0]), 4)
    (0.8441, 0.8441)
    """
    return _to(Qutip(), what, dims)


def from_qutip(hamiltonian: Any, jumps: Any = (), battery_hamiltonian: Any = None, initial: Any = None, rates: Any = None) -> Any:
    """An `OpenBattery` from operators of QuTiP; a single one alone as an array.

    ``from_qutip(*to_qutip(battery))`` is the same master equation again.

    Args:
        hamiltonian: H, a `qutip.Qobj` that does not depend on time; alone, any operator or state.
        jumps: collapse operators (or one, or None), with the roots of their rates in them as `qutip.mesolve` takes them; or
            without, if `rates` has them.
        battery_hamiltonian: H_B, of the first tensor factor or factors; or of the whole system, if it is an identity on all but
            the first. Its lowest level is the empty battery, of energy zero.
        initial: a ket or a density matrix.
        rates: one a jump, in units of frequency; None: 1.

    Returns:
        An `OpenBattery`; of a single operator a complex array of shape (n, n), of a ket (n,).

    Raises:
        FieldError: for an operator that depends on time, a superoperator, or one of other dimensions; if the battery is not the
            first tensor factor (the message says how to permute); and whatever `OpenBattery` raises.

    Source: Lambert et al., "QuTiP 5: The Quantum Toolbox in Python", arXiv:2412.04705.

    Two levels that take their energy from two others, which decay:

    >>> import jaxqb as qb
    >>> import qutip
    >>> a, c = (qutip.tensor(*x) for x in ((qutip.destroy(2), qutip.qeye(2)), (qutip.qeye(2), qutip.destroy(2))))
    >>> start = qutip.tensor(qutip.basis(2, 0), qutip.basis(2, 1))
    >>> battery = qb.from_qutip(a.dag() * c + c.dag() * a, [0.1**0.5 * c], a.dag() * a, start)
    >>> [round(float(x), 6) for x in qb.evolve(battery, [0.0, 1.5]).saved["energy"]]
    [0.0, 0.923617]
    """
    return _from(Qutip(), hamiltonian, jumps, battery_hamiltonian, initial, rates)


def to_dynamiqs(what: Any, dims: Any = None) -> Any:
    """A battery, a state or an operator as dynamiqs has it: see `to_qutip`, whose levels and factors it has.

    Args:
        what: a battery, a state, an operator of shape (n, n), or a ket of shape (n,).
        dims: dimensions of the tensor factors of an operator or state; None: one factor.

    Returns:
        A `MasterEquation` of a battery, for ``dynamiqs.mesolve(hamiltonian, jumps, initial, ts, exp_ops=[...])``; else a QArray.

    Raises:
        FieldError: as `to_qutip`; without dynamiqs.

    Source: Guilmin et al., "Dynamiqs: an open-source Python library for GPU-accelerated and differentiable simulation of
    quantum systems" (2025), https://github.com/dynamiqs/dynamiqs.

    >>> import jaxqb as qb
    >>> found = qb.to_dynamiqs(qb.DarkStateBattery(n_battery=1, n_charger=2))
    >>> found.hamiltonian.dims, len(found.jumps)
    ((2, 3), 1)
    """
    return _to(Dynamiqs(), what, dims)


def from_dynamiqs(
    hamiltonian: Any, jumps: Any = (), battery_hamiltonian: Any = None, initial: Any = None, rates: Any = None
) -> Any:
    """An `OpenBattery` from operators of dynamiqs; a single one alone as an array: see `from_qutip`.

    Args:
        hamiltonian: H, a QArray that does not depend on time; alone, any operator or state.
        jumps: jump operators (or one, or None), with the roots of their rates in them, or without, if `rates` has them.
        battery_hamiltonian: H_B, of the first tensor factor or factors, or of the whole system.
        initial: a ket or a density matrix.
        rates: one a jump, in units of frequency; None: 1.

    Returns:
        An `OpenBattery`; of a single operator a complex array of shape (n, n), of a ket (n,).

    Raises:
        FieldError: as `from_qutip`.

    Source: Guilmin et al., "Dynamiqs: an open-source Python library for GPU-accelerated and differentiable simulation of
    quantum systems" (2025), https://github.com/dynamiqs/dynamiqs.

    >>> import dynamiqs as dq
    >>> import jaxqb as qb
    >>> qb.from_dynamiqs(dq.destroy(2)).tolist()
    [[0j, (1+0j)], [0j, 0j]]
    """
    return _from(Dynamiqs(), hamiltonian, jumps, battery_hamiltonian, initial, rates)


def _to(package: Package, what: Any, dims: Any) -> Any:
    if isinstance(what, AbstractBattery):
        check_single(what, f"to_{package.name}")
        check_known(what, f"to_{package.name}")
        if dims is not None:
            fail(FieldError, "dims", "be left out for a battery", f"it is {shown(dims)}", "leave it out")
        found = operators(what)
        whole = lambda x: package.write(x, found.dims)  # noqa: E731
        rest = np.eye(math.prod(found.dims[found.held :]))
        gap = whole(np.kron(found.battery_hamiltonian, rest))
        return MasterEquation(whole(found.hamiltonian), list(map(whole, found.jumps)), gap, whole(found.initial))
    array = _array(what)
    dims = (len(array),) if dims is None else _dims(dims)
    if math.prod(dims) != len(array):
        fail(FieldError, "dims", f"multiply to {len(array)}", f"it is {dims}", "give the dimension of each tensor factor")
    return package.write(array, dims)


def _dims(dims: Any) -> tuple[int, ...]:
    """Dimensions of factors, if they are such."""
    counts = numbers(dims) if isinstance(dims, (list, tuple, np.ndarray)) else None
    if counts is None or traced(counts) or counts.ndim != 1 or np.any((counts < 1) | (counts != np.round(counts))):
        fail(FieldError, "dims", "be the dimensions of tensor factors", f"it is {shown(dims)}", "use e.g. dims=(2, 3)")
    return tuple(int(count) for count in counts)


def _array(what: Any) -> Any:
    """An operator or a ket, of whatever has one."""
    if isinstance(what, OpenState):
        what = what.density()
    elif isinstance(what, Spectral):
        what = unfolded(what.m)
    elif isinstance(what, (Density, Populations)):
        from scipy.linalg import block_diag

        towers = what.matrices if isinstance(what, Density) else list(map(np.diag, np.asarray(what.weights)))
        what = block_diag(*map(np.asarray, towers))
    elif type(what).__module__.startswith("jaxqb."):
        fix = "use its `battery()`, or evolve an OpenBattery"
        fail(FieldError, "state", "have its density matrix in a product space", f"a {type(what).__name__} has not", fix)
    array = np.asarray(as_array(FieldError, "operator", what))
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (1, 2) or array.size == 0 or len({*array.shape}) > 1:
        must = "be an operator of shape (n, n), or a ket of shape (n,)"
        fail(FieldError, "operator", must, f"its shape is {array.shape}", "give one at a time")
    return array


def _listed(package: Package, jumps: Any) -> list[Any]:
    """Jumps one by one: there may be none, or a single one that stands alone."""
    if jumps is None or package.single(jumps):
        return [] if jumps is None else [jumps]
    try:
        return list(jumps)
    except TypeError:
        fail(FieldError, "jumps", "be a list of operators", f"it is {shown(jumps)}", "use e.g. [jump], or [] for none")


def _from(package: Package, hamiltonian: Any, jumps: Any, gap: Any, initial: Any, rates: Any) -> Any:
    jumps = _listed(package, jumps)
    if gap is None and initial is None and len(jumps) == 0:
        array, _ = package.read("hamiltonian", hamiltonian, whole=False)
        return array[:, 0] if array.shape[1] == 1 else array
    for name, value in (("battery_hamiltonian", gap), ("initial", initial)):
        if value is None:
            fail(FieldError, name, "be given for a battery", "it is missing", f"give {name}, or the operator alone")
    h, dims = package.read("hamiltonian", hamiltonian, whole=True)

    def same(name: str, value: Any) -> Any:
        array, own = package.read(name, value, whole=True)
        if own != dims:
            but = f"its dimensions are {list(own)} and those of the hamiltonian {list(dims)}"
            fail(FieldError, name, "act on the whole system", but, "extend it by identities (tensor)")
        return array

    losses = [same(f"jumps[{k}]", jump) for k, jump in enumerate(jumps)]
    first = _first(package, *package.read("battery_hamiltonian", gap, whole=True), dims)
    rates = [1.0] * len(losses) if rates is None else rates
    return OpenBattery(h, losses, rates, first, same("initial", initial))  # pyright: ignore[reportCallIssue]


def _first(package: Package, gap: Any, own: tuple[int, ...], dims: tuple[int, ...]) -> Any:
    """The battery's Hamiltonian on its own factors, which must be the first ones."""
    if len(own) < len(dims):
        if own == dims[: len(own)]:
            return gap
        places = [k for k in range(len(dims)) if dims[k : k + len(own)] == own]
        order = _order(range(places[0], places[0] + len(own)), len(dims)) if places else "..."
        but = f"its dimensions are {list(own)} in {list(dims)}"
        fix = f"put the battery first, by {package.permute.format(order)} of each operator and state"
        fail(FieldError, "battery_hamiltonian", "act on the first tensor factors", but, fix)
    if own != dims:
        but = f"its dimensions are {list(own)} and those of the hamiltonian {list(dims)}"
        fail(FieldError, "battery_hamiltonian", "act on the first tensor factors", but, "give it on the first ones")
    busy = [k for k in range(len(dims)) if not _idle(gap, dims, k)] or [0]
    if busy != list(range(len(busy))):
        but = f"it acts on those of number {busy} of {list(dims)}"
        fix = f"put the battery first, by {package.permute.format(_order(busy, len(dims)))} of each operator and state"
        fail(FieldError, "battery_hamiltonian", "act on the first tensor factors", but, fix)
    d = math.prod(dims[: len(busy)])
    rest = len(gap) // d
    return np.einsum("iaja->ij", gap.reshape(d, rest, d, rest)) / rest


def _idle(gap: Any, dims: tuple[int, ...], k: int) -> bool:
    """Whether an operator is an identity on factor k."""
    before, d, after = math.prod(dims[:k]), dims[k], math.prod(dims[k + 1 :])
    parts = np.moveaxis(gap.reshape(before, d, after, before, d, after), (1, 4), (0, 1))
    mean = np.einsum("kk...->...", parts) / d
    off = parts - np.eye(d)[:, :, None, None, None, None] * mean
    return bool(np.max(np.abs(off)) <= NEAR * np.max(np.abs(gap), initial=0.0))


def _order(first: Any, count: int) -> list[int]:
    first = list(first)
    return first + [k for k in range(count) if k not in first]
