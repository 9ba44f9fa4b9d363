"""Emitters that share one excitation with a reservoir, which remembers."""

import abc
import dataclasses
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float

from ..conventions import real_dtype
from ..fields import concrete, numbers, vanishes
from ..reservoirs import AbstractReservoir
from ..states import EmitterState
from .law import AbstractLaw

SMALL = 1e-10  # what a span may cut off
LITTLE = 1e-3  # below the lowest frequency


@dataclasses.dataclass(frozen=True)
class Span:
    """Between which frequencies a contour has to pass above the real axis; `far`: where what travels may be neglected.

    `late`: a time from which on resonances are few, `resonances` for each channel at most; None where they are not looked for.
    """

    low: float
    high: float
    far: float
    late: float | None = None
    resonances: int = 0


class Fronts(NamedTuple):
    """Amplitudes as sums over paths on which light may have travelled, each with its delay: ``a exp(-i z (t - delay))``.

    On the first one nothing travels, and there is no delay.
    """

    delays: Float[Array, " paths"]
    amplitudes: Complex[Array, "paths n z"]


class AbstractMemoryLaw(AbstractLaw):
    r"""Amplitudes c of emitters that obey an equation with memory,

    .. math:: \dot c(t) = -i\Omega c(t) - \int_0^t f(t - \tau) c(\tau) d\tau,

    with complex diagonal frequencies Omega. Two methods solve it: `Volterra` by the kernel f, `Resolvent` by its transform,
    ``(z - Omega + S(z)) c(z) = c(0)``.

    >>> import jaxqb as qb
    >>> law = qb.WaveguideBattery(frequency=1.3, separation=0.4, radiation_rate=0.3).law()
    >>> isinstance(law, qb.laws.AbstractMemoryLaw), law.start.tolist()  # sum and difference of charger and battery
    (True, [(1+0j), (1+0j)])
    """

    exact: ClassVar[bool] = True

    span: eqx.AbstractVar[Span]

    @property
    @abc.abstractmethod
    def start(self) -> Complex[Array, " n"]:
        """Amplitudes at t = 0."""

    @property
    @abc.abstractmethod
    def frequencies(self) -> Complex[Array, " n"]:
        """Omega; the imaginary part is minus half of an emitter's loss."""

    @abc.abstractmethod
    def kernel(self, t: Any) -> Complex[Array, "n n"]:
        """The memory kernel at a time t > 0."""

    @abc.abstractmethod
    def breaks(self) -> Float[Array, " b"]:
        """Times at which the kernel is not smooth, the first of which is 0."""

    @abc.abstractmethod
    def response(self, z: Any, through: bool = True) -> Complex[Array, "n z"]:
        """c(z) less what it is without a reservoir, ``c(0) / (z - Omega)``; on the first sheet or `through` the cut."""

    @abc.abstractmethod
    def fronts(self, z: Any) -> Fronts:
        """The same, through the cut, as a sum over paths, each without its ``exp(i z delay)``."""

    @abc.abstractmethod
    def rest(self, z: Any) -> Complex[Array, "n z"]:
        """What `fronts` leaves out of `response`."""

    @abc.abstractmethod
    def state(self, c: Complex[Array, " n"]) -> Any:
        """The typed state with these amplitudes."""

    @abc.abstractmethod
    def pace(self) -> Float[Array, ""]:
        """An estimate from above of the frequencies that figures of merit show."""


class Channels(AbstractMemoryLaw):
    """Two equal emitters: their even and odd superpositions evolve by themselves, c = c_1 + c_2 and c_1 - c_2.

    There is one path for each number of times that light went to and fro.

    >>> import jaxqb as qb
    >>> law = qb.WaveguideBattery(frequency=1.3, separation=0.4, radiation_rate=0.3).law()
    >>> type(law).__name__, law.start.shape
    ('Channels', (2,))
    """

    frequency: Float[Array, ""]
    loss: Float[Array, ""]
    distance: Float[Array, ""]
    reservoir: AbstractReservoir
    begin: Float[Array, " 2"]
    physical: Bool[Array, ""] | np.bool_
    span: Span = eqx.field(static=True)

    ORDERS: ClassVar[int] = 6
    SIGNS: ClassVar[np.ndarray] = np.array([[1.0], [-1.0]])

    def valid(self) -> Any:
        """Whether the span holds what it must."""
        below, above = self.held(self.span.low, self.span.high)
        return self.physical & below & above

    def held(self, low: Any, high: Any) -> tuple[Any, Any]:
        """Whether no bound state lies below a span; and whether none lies above it, nor what paths leave out matters there."""
        low, high = (numbers(x)[None] + 0j for x in (low - LITTLE, high))
        edge = jnp.asarray(self.reservoir.edge)
        below = (jnp.real(low - self.omega + self.both(low, False)) < 0) & (jnp.isinf(edge) | (jnp.real(low) < edge))
        _, ratio, _, near = self._series(high)
        above = (jnp.abs(ratio) ** self.ORDERS < SMALL) & (jnp.real(near) > 0)
        return jnp.all(below), jnp.all(above) & (jnp.real(self.omega) < jnp.real(high[0]) - 1)

    @property
    def omega(self) -> Complex[Array, ""]:
        """The complex frequency of an emitter."""
        return self.frequency + self.reservoir.shift() - 0.5j * self.loss

    @property
    def start(self) -> Complex[Array, " 2"]:
        """The even and the odd one."""
        first, second = self.begin
        return jnp.stack([first + second, first - second]) + 0j

    @property
    def frequencies(self) -> Complex[Array, " 2"]:
        """The same for both."""
        return jnp.stack([self.omega, self.omega])

    def kernel(self, t: Any) -> Complex[Array, "2 2"]:
        """Of an emitter with itself, plus or minus that with the other one."""
        alone, across = self.reservoir.kernel(t, 0.0), self.reservoir.kernel(t, self.distance)
        return jnp.diag(jnp.stack([alone + across, alone - across]))

    def breaks(self) -> Float[Array, " b"]:
        """Those of light that went across."""
        return jnp.stack([jnp.asarray(t, real_dtype()) for t in self.reservoir.breaks(self.distance)])

    def response(self, z: Any, through: bool = True) -> Complex[Array, "2 z"]:
        """``-S / ((z - Omega + S) (z - Omega))``."""
        s, free = self.both(z, through), z - self.omega
        return -self.start[:, None] * s / ((free + s) * free)

    def fronts(self, z: Any) -> Fronts:
        """A geometric series in what travels, divided by the rest of ``z - Omega + S``."""
        still, ratio, turn, near = self._series(z)
        first = -still / (near * (z - self.omega))
        delays = self.distance * np.arange(1 if vanishes(ratio) else self.ORDERS)
        once = ratio * jnp.exp(1j * (turn - z) * self.distance)
        late = [once / near]
        for _ in delays[2:]:
            late.append(late[-1] * once)
        return Fronts(delays, self.start[:, None] * jnp.stack([first, *late][: delays.size]))

    def rest(self, z: Any) -> Complex[Array, "2 z"]:
        """What the series leaves out."""
        _, ratio, turn, _ = self._series(z)
        s, free = self.both(z, self._endless), z - self.omega
        return self.start[:, None] * (ratio * jnp.exp(1j * turn * self.distance)) ** self.ORDERS / (free + s)

    def state(self, c: Complex[Array, " 2"]) -> EmitterState:
        """Back to the emitters."""
        return EmitterState(0.5 * jnp.stack([c[0] + c[1], c[0] - c[1]]))

    def pace(self) -> Float[Array, ""]:
        """Twice what lies between the lowest bound state and what is above the emitters."""
        return 2 * (self.frequency + max(0.0, -self.span.low)) + 1.0

    @property
    def _endless(self) -> bool:
        """Whether the continuum has no end, so that behind the right corner lies the other sheet."""
        top = concrete(self.reservoir.top)
        return top is not None and bool(np.all(np.isinf(top)))

    def both(self, z: Any, through: bool) -> Complex[Array, "2 z"]:
        """Self-energies of the even and of the odd channel; light that stays between the emitters cancels exactly."""
        still, travels, _ = self.reservoir.parts(z, 0.0, through)
        beside, _, turn = self.reservoir.parts(z, self.distance, through)
        return still + self.SIGNS * beside + travels * (1 + self.SIGNS + self.SIGNS * jnp.expm1(1j * turn * self.distance))

    def _series(self, z: Any) -> tuple[Any, Any, Any, Any]:
        """Self-energy but for what travels between emitters; ratio of the series without its phase; wave number; denominator."""
        alone = self.reservoir.self_energy(z, 0.0, self._endless)
        still, travels, turn = self.reservoir.parts(z, self.distance, self._endless)
        still = alone + self.SIGNS * still
        near = z - self.omega + still
        ratio = 0.0 if vanishes(travels) else -self.SIGNS * travels / near  # known to be nothing, if nothing travels
        return still, ratio, turn, near
