"""`maxima`: all local maxima of any figure of merit, at continuous times, on smooth pieces and at jumps and corners between them.

The window is parted until a polynomial holds the figure on each part. Where none does because the figure jumps, the jump is
closed in upon between two neighbouring numbers, and either side is a piece of its own. No grid of times can miss a jump: the
figure beyond it does not continue the one before.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.polynomial import chebyshev

from .batteries.battery import AbstractBattery
from .conventions import epsilon
from .errors import MeritError, Status, TimesError, fail
from .evolution import Solution, evolve
from .fields import traced
from .given import check_known, check_save, check_single, check_window
from .laws import AbstractLaw, Trajectories
from .methods import AbstractMethod
from .methods.jumps import at_given_times

DEGREE, PARTS = 16, 4  # of the polynomial on a piece; pieces that are looked at in one program
POINTS = -np.cos(np.pi * np.arange(DEGREE + 1) / DEGREE)  # of a piece, on (-1, 1)
SERIES = np.linalg.inv(chebyshev.chebvander(POINTS, DEGREE))
COUNT = PARTS * DEGREE + 1  # times in one program
BUDGET = 10_000  # calls of it
ASIDE = 0.1  # of the narrowest piece, to be left out on either side of a jump
SHOWN = 10  # maxima that are printed
RIPPLE = 100  # times the resolution: by how much a figure must rise before a maximum and fall behind it
EDGY = 1e-3  # part of its variation that a polynomial leaves out of a corner, at any magnification, and of nothing smooth


@dataclasses.dataclass(frozen=True)
class Maximum:
    """A local maximum: where the slope vanishes ("smooth"), or at a jump or a corner ("kink"), the larger of both limits."""

    time: float
    value: float
    kind: Literal["smooth", "kink"]


@dataclasses.dataclass(frozen=True)
class Maxima:
    """What `maxima` returns, a sequence of maxima.

    Attributes:
        found: the maxima inside the window, in the order of time.
        start: the figure at t = 0.
        falls: whether it falls from there, so that the start is a maximum too.
        status: a `Status` value.
    """

    found: tuple[Maximum, ...]
    start: float
    falls: bool
    status: Status

    def __repr__(self) -> str:
        more = "; fix: take a shorter window" if self.status == Status.BUDGET_SPENT else ""
        lines = [f"Maxima: {len(self)}, from {self.start:.10g} at t = 0: {self.status.sentence}{more}"]
        lines += [f"  {one.value:.10g} at t = {one.time:.10g} ({one.kind})" for one in self.found[:SHOWN]]
        return "\n".join([*lines, "  ..."] if len(self) > SHOWN else lines)

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Maximum]:
        return iter(self.found)

    def __getitem__(self, k: int) -> Maximum:
        return self.found[k]


def maxima(
    battery: AbstractBattery, merit: Any, window: Any, *, law: AbstractLaw | None = None, method: AbstractMethod | None = None
) -> Maxima:
    """Find all local maxima of a figure of merit for 0 < t < window.

    Main arguments:
        battery: one battery.
        merit: any figure that `evolve` can save and that is one number, or its name.
        window: a time.

    Other arguments:
        law, method: as in `evolve`.

    Returns:
        `Maxima`, a sequence: each has ``.time``, ``.value`` and ``.kind``; ``.start`` stands at t = 0. Rises and falls below 1e-6
        of the figure's largest value (in float64) are taken for rounding. Values are good to 1e-8 of it and better. For
        derivatives of a smooth maximum differentiate `evolve` at its time.

    Raises:
        TimesError, FieldError, MeritError: before anything is compiled.

    The rate of entanglement jumps where an eigenvalue of the partial transpose passes through zero:

    >>> import jaxqb as qb
    >>> battery = qb.DarkStateBattery(n_battery=1, n_charger=50)
    >>> [(round(x.time, 5), round(x.value, 4), x.kind) for x in qb.maxima(battery, "entanglement_rate", 0.2)]
    [(0.0996, 5.5614, 'smooth'), (0.10429, 5.4236, 'kink'), (0.10582, 6.1593, 'kink')]
    """
    check_single(battery, "maxima")
    check_known(battery, "maxima")
    if (end := check_window(window)) is None or traced(end):
        but = "it is None" if end is None else "it is traced"
        fail(TimesError, "window", "be a known time", but, "give a positive number, outside of jit, vmap and grad")
    if isinstance(law, Trajectories):
        at_given_times()
    figure = check_save({"figure": merit}, "merit")
    look = _Look(lambda ts: evolve(battery, ts, figure, law=law, method=method))
    pieces = _part(look, float(end))
    if look.failed:  # pieces are missing, and what lies between others is none of their business
        return Maxima((), look.first, False, Status(look.status))
    tops = _tops(_nodes(pieces), RIPPLE * look.resolution)
    inside = [node for node in tops if node.time > 0]
    found = tuple(_settle(look, pieces, node) for node in inside)
    return Maxima(found, look.first, len(inside) < len(tops), Status(look.status))


class _Look:
    """The figure at COUNT times; it remembers the largest value and what went wrong."""

    def __init__(self, solve: Callable[[Any], Solution]) -> None:
        self.solve, self.largest, self.calls, self.status = solve, 0.0, 0, Status.OK
        self.first = np.nan  # at the earliest time of all

    def __call__(self, ts: np.ndarray) -> np.ndarray:
        solution = self.solve(ts)
        values = np.asarray(solution.saved["figure"])
        if values.ndim != 1:
            fail(MeritError, "merit", "be one number", f"it has shape {values.shape[1:]}", "write a function that picks one")
        self.first = float(values[0]) if self.calls == 0 else self.first
        self.calls += 1
        self.status = max(self.status, Status(int(solution.status)), Status.BUDGET_SPENT if self.calls == BUDGET else Status.OK)
        self.largest = max(self.largest, float(np.max(np.abs(values))))
        return values

    @property
    def failed(self) -> bool:
        """Whether to stop."""
        return self.status != Status.OK

    @property
    def resolution(self) -> float:
        """What a polynomial may leave out."""
        return epsilon() ** 0.5 * self.largest


class _Piece(NamedTuple):
    """Part of the window, and the figure on it in Chebyshev polynomials on (-1, 1)."""

    low: float
    high: float
    series: np.ndarray

    def at(self, t: float) -> float:
        """The figure."""
        return float(chebyshev.chebval(2 * (t - self.low) / (self.high - self.low) - 1, self.series))

    def left_out(self) -> float:
        """About what the polynomial misses."""
        return float(np.max(np.abs(self.series[-3:])))

    def beyond(self, t: float) -> float:
        """The figure some way beyond an end, along its tangent."""
        x = float(np.sign(t - (self.low + self.high) / 2))
        slope = chebyshev.chebval(x, chebyshev.chebder(self.series)) * 2 / (self.high - self.low)
        return float(chebyshev.chebval(x, self.series) + slope * (t - (self.high if x > 0 else self.low)))

    def turns(self) -> list[float]:
        """Times inside where the slope vanishes."""
        roots = chebyshev.chebroots(chebyshev.chebder(self.series))
        x = np.sort(roots.real[(np.abs(roots.imag) < 1e-6) & (np.abs(roots.real) < 1)])
        return (self.low + (x + 1) / 2 * (self.high - self.low)).tolist()


class _Node(NamedTuple):
    """An end of a piece, or a turn inside; between neighbours the figure is monotonic. `torn`: it is the side of a jump."""

    time: float
    value: float
    torn: bool


def _part(look: _Look, end: float) -> list[_Piece]:
    """Pieces in the order of time; where one does not begin at the end of the one before, the figure jumps in the middle."""
    pieces, waiting = [], [(0.0, end)]
    narrow = epsilon() ** 0.5 * end
    while waiting and not look.failed:
        low, high = waiting.pop()
        ends = np.linspace(low, high, PARTS + 1)
        ts = np.append(np.add.outer(ends[:-1], (POINTS[:-1] + 1) / 2 * (high - low) / PARTS), high)
        values = look(ts)
        for k, (a, b) in enumerate(itertools.pairwise(ends.tolist())):
            mine = slice(k * DEGREE, (k + 1) * DEGREE + 1)
            piece = _Piece(a, b, SERIES @ values[mine])
            if piece.left_out() <= look.resolution or b - a < narrow:
                pieces.append(piece)
            elif (jump := _jump(look, ts[mine], values[mine], ASIDE * narrow)) is None:
                waiting.append((a, b))
            else:  # some way from where rounding decides on which side of the jump the figure is
                sides = (a, jump - ASIDE * narrow), (jump + ASIDE * narrow, b)
                waiting += [(low, high) for low, high in sides if high - low > narrow]
    return sorted(pieces, key=lambda piece: piece.low)


def _jump(look: _Look, ts: np.ndarray, values: np.ndarray, near: float) -> float | None:
    """The time of a jump; None if what seems one is none, or cannot be told from the rest yet."""
    low, high = float(ts[0]), float(ts[-1])
    for turn in itertools.count():
        gaps = np.abs(np.diff(values))
        k = int(np.argmax(gaps))
        # within narrower and narrower limits, a jump is more and more of all that changes, until rounding repeats it
        if gaps[k] < max(look.resolution, (0.3 if turn < 2 else 0.5) * np.sum(gaps)) or look.failed:
            return (low + high) / 2 if high - low < near else None
        low, high = float(ts[k]), float(ts[k + 1])
        if high - low < 1e3 * epsilon() * high:
            return (low + high) / 2
        ts = np.linspace(low, high, COUNT)
        values = look(ts)
    return None


def _nodes(pieces: list[_Piece]) -> list[_Node]:
    """Ends and turns of all pieces."""
    if not pieces:
        return []
    nodes = [_Node(pieces[0].low, pieces[0].at(pieces[0].low), torn=False)]
    for piece, later in itertools.zip_longest(pieces, pieces[1:]):
        nodes += [_Node(t, piece.at(t), torn=False) for t in piece.turns()]
        if later is None or later.low == piece.high:
            nodes.append(_Node(piece.high, piece.at(piece.high), torn=False))
        else:
            jump = (piece.high + later.low) / 2
            nodes += [_Node(jump, piece.beyond(jump), torn=True), _Node(jump, later.beyond(jump), torn=True)]
    return nodes


def _tops(nodes: list[_Node], ripple: float) -> list[_Node]:
    """Nodes that the figure rises to and falls from, by more than a ripple; the first of all if it falls from there."""
    tops, rising, best, least = [], True, nodes[:1], nodes[0].value if nodes else 0.0
    for node in nodes:
        if rising and node.value > best[0].value:
            best = [node]
        elif rising and node.value < best[0].value - ripple:
            risen = tops or best[0].value > least + ripple
            tops += best if risen else nodes[:1]
            rising, least = False, node.value
        elif not rising:
            least = min(least, node.value)
            rising = node.value > least + ripple
            best = [node] if rising else best
    return tops


def _settle(look: _Look, pieces: list[_Piece], node: _Node) -> Maximum:
    """The maximum at a node, from a polynomial around it."""
    if node.torn:
        return Maximum(node.time, node.value, "kink")
    around = [piece for piece in pieces if piece.low <= node.time <= piece.high]
    reach = min(piece.high - piece.low for piece in around) / 4
    low, high = max(around[0].low, node.time - reach), min(around[-1].high, node.time + reach)
    points = -np.cos(np.pi * np.arange(COUNT) / (COUNT - 1))
    ts = low + (points + 1) / 2 * (high - low)
    values = look(ts)
    piece = _Piece(low, high, chebyshev.chebfit(points, values, DEGREE))
    variation = np.ptp(values)
    if variation > 1e5 * epsilon() * look.largest and piece.left_out() > EDGY * variation:
        k = int(np.argmax(values))
        return Maximum(float(ts[k]), float(values[k]), "kink")
    time = max([node.time, *piece.turns()], key=piece.at)
    return Maximum(time, piece.at(time), "smooth")
