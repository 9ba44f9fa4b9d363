"""What is computed: workloads on spin chargers, in a waveguide and on open batteries, and the matrices that all peers share.

``g = 1`` throughout.  A battery of ``M`` cells and a charger of ``N`` spins live on Dicke levels
``m`` and ``n``; the charger holds all excitations at the start, the battery none.

======  ==========================================================================================
W1      a table of 150 designs, ``M = 1..50`` by ``N = 100, 200, 300``, charger started in level
        ``n = M``: the first local maximum of ``E(t)`` and the largest ``E(t)/t`` of each
W1b     one long chain, ``M = N = 1000``, charger full: ``E`` at 401 times, past its first maximum
W2      no conserved excitations, ``M = N = 100``, anisotropy 0.6, both frequencies 10:
        ``E`` at 401 times, past its first maximum
W3      both in one cold bath that sees their sum only, ``M = 5, N = 25``, ``gamma = 1``:
        ``E`` at 101 times up to ``t = 1``
W3b     the same with ``M = 10, N = 50``
W4      two emitters in a waveguide, one of them excited, ``omega_0 = 0.9, separation 0.1,
        Gamma = 0.5``: the other one's amplitude at 200 times up to ``t = 60``
W4g     the same at a generic point, ``omega_0 = 1.23, separation 0.42, Gamma = 0.31``
W5      a chain of 80 spins with two gaps in turn that hop and decay, by second moments closed by
        factorising: ``E`` at 101 times up to ``t = 100``
W6      six spins with local decay and dephasing in which nothing is conserved, at 16 sets of
        parameters: ``E`` of three of them at 101 times
W6u     the same where excitations hop and decay, so that the density matrix falls into blocks
======  ==========================================================================================
"""

from dataclasses import asdict, dataclass
from functools import cached_property, reduce

import numpy as np

POINTS = 401
SAMPLES = 101  # of a curve of an open battery
MOMENTS = 200  # of a curve in a waveguide
CONE = 0.05  # how near to the light cone a time is on it


def couplings(n_battery, n_charger, excitations):
    """Off-diagonal of the isotropic chain: ``<m+1| H |m>`` with ``n = excitations - m``."""
    m = np.arange(min(n_battery, excitations), dtype=float)
    n = excitations - m
    return np.sqrt((m + 1) * (n_battery - m) * n * (n_charger - n + 1))


@dataclass(frozen=True)
class Table:
    """Pairs ``(M, N)``; each charger starts in level ``n = M``.  Figures: ``(cases, 2)``."""

    cases: tuple[tuple[int, int], ...]

    @property
    def levels(self):
        return 1 + max(m for m, _ in self.cases)

    @cached_property
    def chains(self):
        """The off-diagonal of every case."""
        return [couplings(m, n, m) for m, n in self.cases]

    @cached_property
    def times(self):
        """A grid per case, ``(cases, POINTS)``, whose end lies 8-26 % behind the first maximum.

        A rule of thumb that a user could have found by hand: the first maximum lies between
        1.57 and 2.9 in units of ``1/sqrt(M N)`` over the whole table.
        """
        m, n = np.array(self.cases, dtype=float).T
        ends = (1.75 + 0.35 * np.log(m)) / np.sqrt(m * n)
        return ends[:, None] * np.linspace(0, 1, POINTS)

    @property
    def sizes(self):
        return {"cases": len(self.cases), "levels": self.levels}


@dataclass(frozen=True)
class Chain:
    """One isotropic chain from a full charger.  Figures: ``E`` at ``POINTS`` times."""

    n_battery: int
    n_charger: int
    horizon: float

    @property
    def times(self):
        return np.linspace(0, self.horizon, POINTS)

    @cached_property
    def bands(self):
        """Upper diagonals of the real symmetric ``H``, by offset."""
        return {1: couplings(self.n_battery, self.n_charger, self.n_charger)}

    @property
    def dimension(self):
        return 1 + len(self.bands[1])

    @property
    def energies(self):
        """Battery energy of each basis state (frequency 1)."""
        return np.arange(self.dimension, dtype=float)

    @property
    def start(self):
        """Index of the basis state at ``t = 0``."""
        return 0

    @property
    def sizes(self):
        return asdict(self)


@dataclass(frozen=True)
class DarkState:
    """A battery and a charger, collective spins in one cold bath.  Figures: ``E`` at ``SAMPLES`` times.

    Jumps by ``J_B^- + J_C^-`` at the rate 2 (``gamma = 1``), in the frame of the spins, where nothing else moves.
    """

    n_battery: int
    n_charger: int
    horizon: float = 1.0

    points = ((2.0,),)
    hamiltonians = ()

    @property
    def times(self):
        return np.linspace(0, self.horizon, SAMPLES)

    @cached_property
    def jumps(self):
        """The jump operator on the levels ``|m, n>``."""
        battery, charger = (
            np.diag(np.sqrt(np.arange(1.0, size + 1) * np.arange(size, 0.0, -1)), 1) for size in (self.n_battery, self.n_charger)
        )
        return (np.kron(battery, np.eye(self.n_charger + 1)) + np.kron(np.eye(self.n_battery + 1), charger),)

    def split(self, point):
        """No coefficients, and the rate."""
        return (), point

    @property
    def dimension(self):
        return (self.n_battery + 1) * (self.n_charger + 1)

    @property
    def start(self):
        """Index of the basis state at ``t = 0``."""
        return self.n_charger

    @property
    def energies(self):
        """Battery energy of each basis state (frequency 1)."""
        return np.repeat(np.arange(self.n_battery + 1.0), self.n_charger + 1)

    @property
    def sizes(self):
        return asdict(self)


@dataclass(frozen=True)
class Guided:
    """Two equal emitters in a waveguide, the first one excited.  Figures: the other one's complex amplitude at `MOMENTS` times.

    Frequencies in units of the guide's cut-off, the separation in its wave length, the distance over the speed of light.
    """

    frequency: float
    separation: float
    rate: float
    horizon: float = 60.0

    accuracy = 1e-3  # that counts here: peers cut a continuum off, which costs more time the less of it they cut

    @property
    def distance(self):
        return 2 * np.pi * self.separation

    @property
    def times(self):
        return np.linspace(0, self.horizon, MOMENTS)

    @property
    def smooth(self):
        """Times at which no light arrives that went to and fro."""
        return np.abs(self.times - self.distance * np.round(self.times / self.distance)) > CONE

    @property
    def sizes(self):
        return asdict(self)


@dataclass(frozen=True)
class Spins:
    """A chain of spins: the first half is the battery, empty at the start, the others are full.  Figures: ``E(t)`` of each point.

    ``H = sum_k c_k H_k``; each term is a sum of products of Pauli matrices on every site or on all neighbours, which grow by half
    along the chain, so that it is not its own mirror image.  Each kind of jump acts on every site.  A point is the numbers
    ``c_k``, then the rate of each kind of jump.

    With three different exchanges and a field along ``x`` nothing is conserved: ``sigma^-`` mixes what is even and odd along
    ``x``, the field what is even and odd along ``z``.  Where excitations hop (``xx+yy``), feel a field along ``z`` and decay,
    coherences between different numbers of them stay zero.
    """

    spins: int
    terms: tuple[str, ...]
    losses: tuple[str, ...]
    points: tuple[tuple[float, ...], ...]
    horizon: float

    @property
    def times(self):
        return np.linspace(0, self.horizon, SAMPLES)

    @cached_property
    def hamiltonians(self):
        """The terms of ``H``."""
        return tuple(sum(self._placed(word) for word in term.split("+")) for term in self.terms)

    @cached_property
    def jumps(self):
        """The jump operators, all sites of one kind after another."""
        return tuple(self._product({site: letter}) for letter in self.losses for site in range(self.spins))

    def split(self, point):
        """Coefficients of the terms and rates of the jumps, of a point that may be an array of any library."""
        count = len(self.terms)
        return point[:count], point[count + np.repeat(np.arange(len(self.losses)), self.spins)]

    def _placed(self, word):
        heights = np.linspace(0.8, 1.2, self.spins + 1 - len(word))
        return sum(height * self._product(dict(enumerate(word, place))) for place, height in enumerate(heights))

    def _product(self, letters):
        return reduce(np.kron, (PAULI[letters.get(site, "1")] for site in range(self.spins)))

    @property
    def cells(self):
        return self.spins // 2

    @property
    def dimension(self):
        return 2**self.spins

    @property
    def start(self):
        """Index of the basis state at ``t = 0``; the first spin is the highest bit, set where it is excited."""
        return 2 ** (self.spins - self.cells) - 1

    @property
    def energies(self):
        """Battery energy of each basis state (frequency 1)."""
        return np.array([float((index >> self.spins - self.cells).bit_count()) for index in range(self.dimension)])

    @property
    def sizes(self):
        return asdict(self) | {"points": len(self.points)}


@dataclass(frozen=True)
class Storage:
    """A full chain with gaps 1, ratio, 1, ratio, ..., which decay in proportion.  Figures: ``E`` at `SAMPLES` times."""

    n: int = 80
    ratio: float = 0.25
    damping: float = 0.05
    hopping: float = 0.05
    horizon: float = 100.0

    accuracy = 1e-8

    @property
    def times(self):
        return np.linspace(0, self.horizon, SAMPLES)

    @property
    def gaps(self):
        return np.where(np.arange(self.n) % 2 == 0, 1.0, self.ratio)

    @property
    def sizes(self):
        return asdict(self)


PAULI = {  # the excited level is the second
    "1": np.eye(2),
    "x": np.array([[0, 1], [1, 0]]),
    "y": np.array([[0, 1j], [-1j, 0]]),
    "z": np.diag([-1, 1]),
    "-": np.array([[0, 1], [0, 0]]),
}


@dataclass(frozen=True)
class Grid:
    """The anisotropic grid ``|m, n>``, folded to the parity of the start, or ``whole``.

    ``H`` changes ``m + n`` by 0 or 2.  With an odd row length the sector is every second element
    of the flattened grid and stays banded; an even row gets one dead column, which the spin
    matrix elements decouple by themselves.  A constant is taken off the diagonal.  The whole grid
    is what a tool computes with that is given a tensor product and knows no symmetry.
    """

    n_battery: int
    n_charger: int
    anisotropy: float
    frequency: float
    horizon: float
    whole: bool = False

    @property
    def times(self):
        return np.linspace(0, self.horizon, POINTS)

    @property
    def stride(self):
        return self.n_charger + 1 + self.n_charger % 2

    @cached_property
    def levels(self):
        """Levels ``m`` and ``n`` of each basis state."""
        begin, every = (0, 1) if self.whole else (self.n_charger % 2, 2)
        flat = np.arange(begin, (self.n_battery + 1) * self.stride, every)
        return np.divmod(flat, self.stride)

    @cached_property
    def bands(self):
        """Upper diagonals of the real symmetric ``H``, by offset."""
        m, n = (level.astype(float) for level in self.levels)
        big_m, big_n = self.n_battery, self.n_charger
        up = np.sqrt((m + 1) * (big_m - m))
        dead = n > big_n
        down = np.sqrt(np.where(dead, 0.0, n * (big_n - n + 1)))
        also_up = np.sqrt(np.where(dead, 0.0, (n + 1) * (big_n - n)))
        near, far = self.stride - 1, self.stride + 1
        if not self.whole:
            near, far = near // 2, far // 2
        return {
            0: self.frequency * (m + n - big_n),
            near: (up * down)[:-near],
            far: self.anisotropy * (up * also_up)[:-far],
        }

    @property
    def dimension(self):
        return len(self.levels[0])

    @property
    def energies(self):
        """Battery energy of each basis state."""
        return self.frequency * self.levels[0]

    @property
    def start(self):
        """Index of the basis state at ``t = 0``."""
        return self.n_charger if self.whole else self.n_charger // 2

    @property
    def sizes(self):
        return asdict(self)


def table(largest, chargers):
    """The table ``M = 1..largest`` by ``N`` in ``chargers``."""
    return Table(tuple((m, n) for n in chargers for m in range(1, largest + 1)))


FOUR = np.linspace(0, 1, 4)
# terms, kinds of jumps and 16 points: one of the couplings, and the rate of decay
MIXED = (
    ("xx", "yy", "zz", "x"),
    ("-", "z"),
    tuple((1.0, 0.5 + 0.4 * y, 0.4, 0.5, 0.02 + 0.06 * r, 0.02) for y in FOUR for r in FOUR),
)
HOPPING = (
    ("xx+yy", "z"),
    ("-",),
    tuple((1.0, 0.2 + 0.6 * z, 0.02 + 0.06 * r) for z in FOUR for r in FOUR),
)
FULL = {
    "W1": table(50, (100, 200, 300)),
    "W1b": Chain(1000, 1000, horizon=0.011),  # first maximum at 0.00862
    "W2": Grid(100, 100, anisotropy=0.6, frequency=10.0, horizon=0.05),  # first maximum at 0.0475
    "W3": DarkState(5, 25),
    "W3b": DarkState(10, 50),
    "W4": Guided(0.9, 0.1, 0.5),
    "W4g": Guided(1.23, 0.42, 0.31),
    "W5": Storage(),
    "W6": Spins(6, *MIXED, horizon=10.0),  # the widest difference of energies is 15
    "W6u": Spins(6, *HOPPING, horizon=10.0),
}
QUICK = {
    "W1": table(10, (100,)),
    "W1b": Chain(100, 100, horizon=0.08),
    "W2": Grid(20, 20, anisotropy=0.6, frequency=10.0, horizon=0.2),
    "W3": DarkState(2, 6),
    "W3b": DarkState(3, 9),
    "W4": Guided(0.9, 0.1, 0.5, horizon=20.0),
    "W4g": Guided(1.23, 0.42, 0.31, horizon=20.0),
    "W5": Storage(n=20),
    "W6": Spins(4, *MIXED, horizon=2.0),
    "W6u": Spins(4, *HOPPING, horizon=2.0),
}

NAMES = {
    "W1": "table of designs",
    "W1b": "one long chain",
    "W2": "anisotropic spins",
    "W3": "dark state",
    "W3b": "dark state, larger",
    "W4": "waveguide",
    "W4g": "waveguide, generic",
    "W5": "chain that stores",
    "W6": "open spins",
    "W6u": "open spins that hop",
    "W6 gradient": "open spins",
}


def optima(times, energy):
    """First local maximum of ``E`` and largest ``E/t``, by a parabola through three grid points.

    Both arguments are ``(cases, POINTS)`` with ``times[:, 0] == 0``; returns ``(cases, 2)``.
    """
    rises = (energy[:, 1:-1] >= energy[:, :-2]) & (energy[:, 1:-1] > energy[:, 2:])
    power = energy[:, 1:] / times[:, 1:]
    return np.stack([_vertex(energy, 1 + rises.argmax(1)), _vertex(power, power[:, 1:-1].argmax(1) + 1)], 1)


def _vertex(values, at):
    """Height of the parabola through the samples ``at - 1, at, at + 1`` of each row."""
    left, top, right = (np.take_along_axis(values, (at + k)[:, None], 1)[:, 0] for k in (-1, 0, 1))
    return top - (left - right) ** 2 / (8 * (left - 2 * top + right))
