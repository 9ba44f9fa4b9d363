"""A battery and its charger in a reservoir of any kind."""

import itertools
import math
from operator import attrgetter
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial

from ..bound_states import BoundStates, bound_states
from ..compiled import compiled
from ..errors import FieldError, fail, shown
from ..fields import Real, parameter, traced
from ..laws import Channels, Embedding
from ..laws.memory import Span
from ..reservoirs import AbstractReservoir, Exponentials
from ..reservoirs.promises import check_promises
from ..states import EmitterState
from .battery import convert_fields
from .guided import AbstractPair, beside, check_span, passed

TRIES = 40


class Structure(NamedTuple):
    """What is static: where the contour passes on which the equation is solved."""

    span: Span


class ReservoirBattery(AbstractPair):
    r"""A two-level battery and an equal charger, which know of each other by a reservoir that both couple to.

    .. math:: \dot c_j = -i(\omega_0 + \delta - i\gamma/2) c_j - \sum_{k=1,2}\int_0^t f(t - \tau, x_{jk}) c_k(\tau) d\tau

    with the charger excited, c_1(0) = 1; f is the reservoir's kernel and delta its counter-term, which raises the frequency of
    each emitter and couples no two of them. For derivatives by the reservoir's own numbers, or maps of them, give `span` and use
    `jax.grad` or `jax.vmap`.

    Args:
        frequency: omega_0 of battery and charger.
        reservoir: `reservoirs.Ohmic`, `BandEdge`, `Exponentials`, `Waveguide`, or one's own `AbstractReservoir`.
        distance: between the two, for reservoirs in which it matters.
        loss: gamma, the rate at which each emitter decays otherwise.
        span: lowest and highest frequency of the contour on which the equation is solved; derived from the fields where these
            are not traced.

    Raises:
        FieldError: for a value no battery can have, a traced one without `span`, or a reservoir of one's own that breaks a
            promise (see `AbstractReservoir`).

    Source: Breuer and Petruccione, "The Theory of Open Quantum Systems", section 10.1, for two emitters in place of one.

    Half of the excitation is in a superposition that a reservoir without distances does not see:

    >>> import jaxqb as qb
    >>> battery = qb.ReservoirBattery(1.0, qb.reservoirs.Exponentials([0.04], [1.0], [0.5]))
    >>> round(float(qb.evolve(battery, [200.0]).saved["energy"][0]), 9)
    0.25
    """

    frequency: Real = parameter(symbol="omega_0", unit="frequency", doc="frequency of battery and charger", positive=True)
    reservoir: AbstractReservoir  # pyright: ignore[reportGeneralTypeIssues]  (it takes `parameter` for a default)
    distance: Real = parameter(default=0.0, symbol="x", unit="length", doc="distance in the reservoir", minimum=0.0, slow=True)
    loss: Real = parameter(default=0.0, symbol="gamma", unit="frequency", doc="other decay of each emitter", minimum=0.0)
    span: tuple[float, float] | None = eqx.field(static=True, default=None)
    structure: Structure = eqx.field(static=True, init=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        if not isinstance(self.reservoir, AbstractReservoir):
            but = f"it is {shown(self.reservoir)}"
            fail(FieldError, "reservoir", "be a reservoir", but, "use e.g. jaxqb.reservoirs.Ohmic(0.1, 5.0)")
        known = not any(map(traced, jax.tree.leaves((self.frequency, self.reservoir, self.distance))))
        self.structure = Structure(Span(0.0, 1.0, 1.0))
        if self.span is not None:
            low, high = check_span(self.span)
            edge = self.reservoir.edge
            if not traced(edge) and -np.inf < np.min(edge) <= low:
                but = f"the edge is at {np.min(edge):g} and it begins at {low:g}"
                fail(FieldError, "span", "begin below the continuum", but, "let it begin lower, or leave it out")
        elif known:
            low, high = self._reach()
        else:
            fail(FieldError, "span", "be given where fields are not known", "a field is traced", "pass e.g. span=(-2.0, 20.0)")
        self.structure = Structure(Span(low, high, high))
        for battery in self._corners() if known else ():
            check_promises(battery.reservoir, battery.frequency, battery.distance, low, high)

    def admitted(self) -> Any:
        """See `AbstractBattery.admitted`; the loss decides on the contour."""
        return super().admitted() & passed(self.structure.span, self.frequency, self.loss)

    def _corners(self) -> list["ReservoirBattery"]:
        """This battery at both ends of each field that varies."""
        values = {name: attrgetter(name)(self) for name, info in self.variables().items() if not info.vector}
        ends = [[(name, f(value)) for f in (np.min, np.max)] for name, value in values.items() if np.ndim(value)]
        return [self.put(**dict(corner)) for corner in itertools.product(*ends)]

    def _reach(self) -> tuple[float, float]:
        """Ends of a span that holds all that it must."""
        edge, end = self.reservoir.extent()
        if not np.isfinite(end - edge):
            but, fix = f"it goes from {edge:g} to {end:g}", "give its class a method `extent`, or the battery a `span`"
            fail(FieldError, "reservoir", "have a finite extent", but, fix)
        aside = beside(self.loss)
        low, high = min(edge, np.min(self.frequency)) - max(0.6, aside), max(end, np.max(self.frequency) + max(2.0, aside))
        low, high = float(low), float(high)
        for battery in self._corners():
            law = battery.law()
            for _ in range(TRIES):
                below, above = _held(law, np.asarray(low), np.asarray(high), numbers=1)
                low, high = (low if below else low - 0.5 * (high - low)), (high if above else high + 0.5 * (high - low))
                if below and above:
                    break
            else:
                but = f"beyond {low:g} and {high:g} there are bound states still"
                fail(FieldError, "reservoir", "bind within a finite span", but, "weaken it")
        step = 2.0 ** math.floor(math.log2((high - low) / 8))  # outward to round numbers, so that batteries share programs
        return step * math.floor(low / step), step * math.ceil(high / step)

    def law(self) -> Channels:
        """Even and odd superposition of the emitters, each by itself."""
        return Channels(
            frequency=jnp.asarray(self.frequency),
            loss=jnp.asarray(self.loss),
            distance=jnp.asarray(self.distance),
            reservoir=self.reservoir,
            begin=jnp.array([1.0, 0.0]),
            physical=jnp.asarray(self.frequency) > 0,
            span=self.structure.span,
        )

    def embedding(self) -> Embedding:
        """An ordinary linear equation, if the memory is a sum of exponentials."""
        if not isinstance(self.reservoir, Exponentials):
            but = f"it is {type(self.reservoir).__name__}"
            fail(FieldError, "reservoir", "be Exponentials for an embedding", but, "use battery.law()")
        both = lambda x: jnp.broadcast_to(x, (2,))  # noqa: E731
        begin = jnp.array([[1.0, 0.0], [0.0, 0.0]])
        return Embedding(both(self.frequency), both(self.loss), begin, self.reservoir, Partial(EmitterState))

    def laws(self) -> dict[str, Any]:
        """The laws that describe this battery."""
        known = {"channels": self.law()}
        return known | ({"embedding": self.embedding()} if isinstance(self.reservoir, Exponentials) else {})

    def bound_states(self, beyond: Any = None) -> BoundStates:
        """Energies and residues of bound states; see `WaveguideBattery.bound_states`.

        Raises:
            FieldError: for `beyond` without loss, where the reservoir is no waveguide: all that is found lives for ever.
        """
        return bound_states(self.reservoir, self.frequency, self.distance, beyond, self.loss)


@compiled
def _held(law: Channels, low: Any, high: Any) -> Any:
    return law.held(low, high)
