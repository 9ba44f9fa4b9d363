"""Batteries as plain matrices: the Lindblad equation in a product space whose first factors are the battery.

Where single cells are excited, or thermal, several towers of collective spin are occupied. The levels of a factor are then those
of all occupied towers, one tower behind the other; every tower begins with its lowest level.
"""

import functools
from typing import Any, NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray

from ..algebra.ladders import spin_lowering
from ..batteries import AbstractBattery, CavityCharger, DarkStateBattery, OpenBattery, SpinCharger
from ..batteries.spins import AbstractSpinChain
from ..batteries.starts import AbstractStart, Full
from ..cavity import Cavity, in_cavity
from ..errors import FieldError, fail

Matrix = NDArray[Any]

LARGEST = 4096  # levels: a matrix of so many has 128 MiB
SPINS = 9  # of a chain
PURE = 100  # roundings by which a density matrix may differ from that of a vector


class Operators(NamedTuple):
    """What a master equation consists of; the battery is the first `held` factors of `dims`."""

    hamiltonian: Matrix
    jumps: list[Matrix]
    battery_hamiltonian: Matrix
    initial: Matrix
    dims: tuple[int, ...]
    held: int = 1


@functools.singledispatch
def operators(battery: AbstractBattery) -> Operators:
    """The operators of a battery, each jump times the root of its rate; energies are zero for the empty battery.

    A pure start is a vector.
    """
    but = f"the one of {type(battery).__name__} remembers"
    fail(FieldError, "battery", "have a reservoir without memory to be written as operators", but, "use `evolve`")


@operators.register
def _(battery: OpenBattery) -> Operators:
    h = np.tensordot(battery.coefficients, battery.hamiltonian, 1)
    gap = np.asarray(battery.battery_hamiltonian)
    gap = gap - np.linalg.eigvalsh(gap)[0] * np.eye(len(gap))
    jumps = [np.sqrt(rate) * jump for rate, jump in zip(battery.rates, battery.jumps, strict=True) if rate]
    dims = len(gap), len(h) // len(gap)
    return Operators(h, jumps, gap, _ket(np.asarray(battery.initial)), dims if dims[1] > 1 else dims[:1])


def _ket(density: Matrix) -> Matrix:
    """The vector of a pure state; any other one as it is."""
    k = np.argmax(np.abs(np.diagonal(density)))
    ket = density[:, k] / np.sqrt(np.abs(density[k, k]))
    pure = np.max(np.abs(np.outer(ket, ket.conj()) - density)) < PURE * np.finfo(density.dtype).eps
    return ket if pure else density


@operators.register
def _(battery: Cavity) -> Operators:
    n, light = int(battery.n_battery), battery.kept() + 1
    return operators.dispatch(OpenBattery)(battery)._replace(dims=(2,) * n + (light,) * (light > 1), held=n)


@operators.register
def _(battery: AbstractSpinChain) -> Operators:
    if (n := battery.structure.n) > SPINS:
        must, fix = f"have at most {SPINS} spins to be written as operators", "take fewer spins"
        fail(FieldError, "battery", must, f"it has {n}, whose matrices have {4**n:.2g} entries", fix)
    return operators(in_cavity(battery, coupling=0.0, cutoff=0))


@operators.register
def _(battery: DarkStateBattery) -> Operators:
    if battery.structure.alone is not None:
        fix = "use local_decay=0 and dephasing=0, or an OpenBattery of single spins"
        fail(FieldError, "battery", "be collective to be written as operators", "its spins also decay or dephase alone", fix)
    one, other = _side(battery.battery_excitations, int(battery.n_battery)), _side(Full(), int(battery.n_charger))
    _check_size(one, other)
    down = np.kron(one.lowering, np.eye(len(other.levels))) + np.kron(np.eye(len(one.levels)), other.lowering)
    rate, quanta = 2 * float(battery.decay_rate), float(battery.thermal_occupation)
    jumps = [np.sqrt(r) * jump for r, jump in ((rate * (quanta + 1), down), (rate * quanta, down.T)) if r]
    frequency = float(battery.frequency)
    return _joined(frequency * np.add.outer(one.excitations, other.excitations), 0.0, jumps, frequency, one, other)


@operators.register(SpinCharger)
@operators.register(CavityCharger)
def _(battery: Any) -> Operators:
    if getattr(battery, "mirrored", False):
        fail(FieldError, "mirrored", "be False to be written as operators", "the light has no lowest level", "use `evolve`")
    one = _side(battery.battery_excitations, int(battery.n_battery))
    if isinstance(battery, SpinCharger):
        if (size := float(battery.n_charger)) != round(size):
            must, fix = "be an integer to be written as operators", f"use {round(size)}"
            fail(FieldError, "n_charger", must, f"it is {size:g}", fix)
        other, paired = _side(battery.charger_excitations, int(size)), float(battery.anisotropy)
    else:
        other, paired = _side(battery.photons, None, battery.kept() + 1), float(battery.counter_rotating)
    _check_size(one, other)
    coupling = float(battery.coupling) * np.kron(one.lowering.T, other.lowering + paired * other.lowering.T)
    m, n, cells, chargers = one.levels[:, None], other.levels, one.cells[:, None], other.cells
    energies = battery.joint_energy(m, n, cells, chargers) + battery.crosstalk_energy(m, n, cells, chargers)
    frequency = float(battery.battery_frequency)
    energies += frequency * one.excitations[:, None] + float(battery.charger_quantum()) * other.excitations
    return _joined(energies, coupling + coupling.T, [], frequency, one, other)


def _joined(energies: Matrix, coupling: Any, jumps: list[Matrix], frequency: float, one: "_Side", other: "_Side") -> Operators:
    """Of battery and charger, from the energies of their product states."""
    pure = one.start.ndim == other.start.ndim == 1
    start = np.kron(*(side.start if pure or side.start.ndim == 2 else np.outer(*2 * [side.start]) for side in (one, other)))
    gap = np.diag(frequency * one.excitations)
    return Operators(np.diag(energies.ravel()) + coupling, jumps, gap, start, energies.shape)


class _Side(NamedTuple):
    """One factor: what each of its levels is, S^- (or b), and the start as a vector or a density matrix."""

    levels: Matrix  # in its tower
    cells: Matrix  # of its tower
    excitations: Matrix
    lowering: Matrix
    start: Matrix


def _side(start: AbstractStart, count: int | None, room: int = 0) -> _Side:
    """A collective spin of `count` cells in the towers that its start occupies; or (None) `room` levels of light."""
    sectors = start.sectors(None if count is None else np.float64(count), room or int(count or 0) + 1)
    found: dict[tuple[int, int], float] = {}
    for tower, level, weight in zip(sectors.tower, np.rint(sectors.levels), np.array(sectors.weights), strict=True):
        if weight > 0:
            found[tower, int(level)] = found.get((tower, int(level)), 0.0) + float(weight)
    all_levels = [(k, j) for k in sorted({k for k, _ in found}) for j in range(room or int(count or 0) - 2 * k + 1)]
    tower, levels = np.array(all_levels, dtype=float).T
    cells = np.full(len(levels), np.inf) if count is None else count - 2 * tower
    squares = np.asarray(levels if count is None else jax.vmap(spin_lowering)(levels, cells))  # type: ignore[arg-type]
    begin = np.array([found.get(at, 0.0) for at in all_levels])
    if start.superposed:
        begin = np.array(start.amplitude(levels, 0.0, count))
    elif len(found) > 1:
        begin = np.diag(begin)
    return _Side(levels, cells, levels + tower, np.diag(np.sqrt(squares[1:]), 1), begin)


def _check_size(one: _Side, other: _Side) -> None:
    """A sentence if matrices would be large."""
    if (n := len(one.levels) * len(other.levels)) > LARGEST:
        must, fix = f"have at most {LARGEST} levels to be written as operators", "take smaller sizes, or a smaller cutoff"
        fail(FieldError, "battery", must, f"it has {n}", fix)
