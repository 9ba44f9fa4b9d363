"""What emitters in a reservoir have in common: one is the battery; and where the contour passes on which they are solved."""

import abc
import functools
import math
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..algebra.contours import ASIDE
from ..bound_states import BoundStates, LongTime, long_time
from ..errors import FieldError, fail, shown
from ..fields import concrete, numbers, traced
from ..laws.memory import SMALL, Span
from .battery import AbstractBattery

UNKNOWN = 3.0, 2.0  # frequency and radiation rate up to which a contour reaches where they are traced
MILD = 2.0  # loss at which a contour that does not know of it still has errors of 1e-12 only
SEPARATED = 2.0  # separation up to which late times are known where it is traced
LATE, PASSES = 100.0, 10  # times from which on they are late: of the cut-off frequency, and passes of light between the emitters


class AbstractPair(AbstractBattery):
    """Two equal emitters, one of which is the battery and the other one its charger."""

    frequency: eqx.AbstractVar[Any]

    memory: ClassVar[bool] = True

    @property
    def n_battery(self) -> Any:
        """One emitter."""
        return np.float64(1.0)

    @property
    def battery_frequency(self) -> Any:
        """Of the battery."""
        return self.frequency

    def long_time(self, beyond: Any = None) -> LongTime:
        """What remains when all has decayed that does: energies and work, of gap states and of states in the continuum."""
        return long_time(self.bound_states(beyond), self.frequency)

    @abc.abstractmethod
    def bound_states(self, beyond: Any = None) -> BoundStates:
        """Energies and residues of bound states; `beyond`: count as bound what lives longer than this time."""

    def capacity(self) -> Any:
        """Excited."""
        return self.frequency

    def charger_quantum(self) -> Any:
        """The same."""
        return self.frequency

    def amplitudes(self) -> int:
        """So few that programs are compiled in the shortest time: one call goes through their sums once."""
        return 2


class Structure(NamedTuple):
    """What is static about a battery in a waveguide: where its contour passes, and whether the guide loses no light."""

    span: Span
    lossless: bool


def reach(
    given: Any,
    frequency: Any,
    rate: Any,
    losses: tuple[Any, ...],
    emitters: int,
    orders: int,
    margin: float | None = None,
    separation: Any = None,
) -> Span:
    """From below all bound states to where light that went to and fro `orders` times is no matter.

    `losses`: of emitters and light. `margin`: the contour may end so far above the largest frequency, if what then remains is
    followed further.
    """
    known = [concrete(value) for value in (frequency, rate)]
    least = 0.0 if known[0] is None else float(known[0].min())
    most, rate = (up if value is None else float(value.max()) for value, up in zip(known, UNKNOWN, strict=True))
    low = -0.6
    while low - least + emitters * _alone(low, rate) >= 0:
        low *= 2
    # where Gamma (n - 1) / 2k over the distance from the largest frequency is so small that its power is
    small = 2 * (SMALL * 1e-3) ** (1 / orders) / (rate * (emitters - 1))
    k = (most + math.sqrt(most**2 + 4 / small)) / 2
    far = math.ceil(2 * max(math.hypot(1, k), most + 2)) / 2
    high = far if margin is None else min(far, math.ceil(2 * (most + margin)) / 2)
    aside = beside(*losses)
    low, high, far = min(low, min(least, 1.0) - aside), max(high, most + aside), max(far, most + aside)
    late, count = _late(separation, most, rate)
    if given is None:
        return Span(low, high, far, late, count)
    low, high = check_span(given)
    if not low < 1 < high:
        fail(FieldError, "span", "begin below the cut-off and end above", f"it is {shown(given)}", "use e.g. span=(-2.0, 14.0)")
    if aside and (low > min(least, 1.0) - aside or high < most + aside):
        but, fix = f"it is {shown(given)}", f"leave it out, or use span=({min(least, 1.0) - aside:g}, {most + aside:g})"
        fail(FieldError, "span", "reach beyond what decays so fast", but, fix)
    return Span(low, high, high if margin is None else max(high, far), late, count)


def beside(*losses: Any) -> float:
    """How far beside the frequencies a contour has to pass all that lies half a loss below the real axis; 0: no farther."""
    known = [concrete(loss) for loss in losses]
    most = max((float(loss.max()) for loss in known if loss is not None), default=0.0)
    return ASIDE * math.ceil(most) / 2 if most > MILD else 0.0


def passed(span: Span, frequency: Any, *losses: Any) -> Any:
    """Whether a contour passes so far beside it, where losses were not known when it was chosen."""
    deep = functools.reduce(jnp.maximum, [jnp.max(jnp.asarray(loss)) for loss in losses]) / 2
    near = jnp.minimum(jnp.min(frequency) - span.low, span.high - jnp.max(frequency))
    return 2 * deep <= jnp.maximum(near, MILD)


def check_span(given: Any) -> tuple[float, float]:
    """Two frequencies as numbers."""
    ends = None if traced(given) else numbers(given)
    if ends is None or ends.shape != (2,) or not np.all(np.isfinite(ends)) or not ends[0] < ends[1]:
        must, fix = "be two frequencies that increase", "use e.g. span=(-2.0, 14.0), or leave it out"
        fail(FieldError, "span", must, f"it is {shown(given)}", fix)
    return float(ends[0]), float(ends[1])


def _late(separation: Any, most: float, rate: float) -> tuple[float | None, int]:
    """When resonances are few, and how many: those that live long have few half waves between the emitters."""
    if separation is None:
        return None, 0
    known = concrete(separation)
    distance = 2 * math.pi * (SEPARATED if known is None else float(known.max()))
    since = LATE * 2 ** max(0, math.ceil(math.log2(PASSES * distance / LATE)))
    return since, math.ceil((most + 3 + math.sqrt(10 * rate)) * distance / (2 * math.pi)) + 4


def _alone(energy: float, rate: float) -> float:
    """Self-energy of an emitter at a negative energy."""
    theta = complex(0, math.acos(energy)) if energy > -1 else complex(math.acosh(-energy), math.pi)
    return (rate / (2 * math.pi) * (1j * math.pi - theta) / np.sinh(theta)).real
