"""Several emitters in one waveguide, the last of which is the battery."""

import itertools
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..conventions import real_dtype
from ..errors import FieldError, fail, shown
from ..fields import Real, concrete, parameter, traced, vanishes
from ..laws.emitters import Emitters
from ..reservoirs import Waveguide
from .battery import AbstractBattery, convert_fields
from .guided import Structure, passed, reach

UNIT = 1e-6  # by how much the square of a norm may differ from 1
MARGIN = 3.0  # above the largest frequency, where resonances are deep enough for the contour to end


class WaveguideArray(AbstractBattery):
    r"""N two-level emitters along a waveguide that share one excitation; the last one is the battery, the others charge it.

    .. math:: \dot c_i = -i(\omega_i - i\gamma_i/2) c_i - \sum_j\int_0^t f(t - \tau, |x_i - x_j|) c_j(\tau) d\tau

    Units as in `WaveguideBattery`.

    Args:
        frequencies: omega_i, shape (n,), or one for all.
        positions: along the guide, shape (n,), in its cut-off wave lengths; no two may coincide.
        radiation_rate: Gamma_11, of one emitter into the guide.
        losses: gamma_i, rates at which emitters decay otherwise, shape (n,), or one for all.
        waveguide_loss: the rate at which light is lost from the guide.
        initial: (complex) amplitudes of the emitters at t = 0, shape (n,), of norm 1; default: the first is excited.
        span: see `WaveguideBattery`.

    Raises:
        FieldError: for a value no array can have.

    Source: an extension of Song et al., "Remote charging and degradation suppression for the quantum battery".

    >>> import jaxqb as qb
    >>> array = qb.WaveguideArray(frequencies=1.23, positions=[0.0, 0.42], radiation_rate=0.31)
    >>> round(float(qb.evolve(array, [17.3]).saved["energy"][0]) / 1.23, 12)
    0.009408981975
    """

    frequencies: Real = parameter(symbol="omega", unit="frequency", doc="frequencies of the emitters", positive=True, vector=True)
    positions: Real = parameter(symbol="z", unit="length", doc="positions in cut-off wave lengths", slow=True, vector=True)
    radiation_rate: Real = parameter(symbol="Gamma_11", unit="frequency", doc="radiation rate into the guide", positive=True)
    losses: Real = parameter(
        default=0.0, symbol="gamma", unit="frequency", doc="other decay of the emitters", minimum=0.0, vector=True
    )
    waveguide_loss: Real = parameter(default=0.0, symbol="kappa", unit="frequency", doc="loss of the guide's light", minimum=0.0)
    initial: Any = None
    span: tuple[float, float] | None = eqx.field(static=True, default=None)
    structure: Structure = eqx.field(static=True, init=False)

    memory: ClassVar[bool] = True

    def __post_init__(self) -> None:
        convert_fields(self)
        if np.ndim(self.positions) != 1 or np.size(self.positions) < 2:
            but = f"its shape is {np.shape(self.positions)}"
            fail(FieldError, "positions", "be a vector of at least two numbers", but, "give one position an emitter")
        n = np.size(self.positions)
        for name in ("frequencies", "losses"):
            value = getattr(self, name)
            if np.shape(value) not in ((), (n,)):
                but = f"its shape is {np.shape(value)} with {n} positions"
                fail(FieldError, name, "be one number, or one an emitter", but, f"give {n} numbers")
        known = concrete(self.positions)
        if known is not None and np.unique(known).size < n:
            i, j = next((i, j) for i, j in itertools.combinations(range(n), 2) if known[i] == known[j])
            but = f"emitters {i} and {j} are both at {known[i]:g}"
            fail(FieldError, "positions", "differ from one another", but, "move one of them")
        if self.initial is not None:
            self.initial = _initial(self.initial, n)
        losses = self.losses, self.waveguide_loss
        span = reach(self.span, self.frequencies, self.radiation_rate, losses, n, Emitters.ORDERS, margin=MARGIN)
        self.structure = Structure(span, vanishes(self.waveguide_loss))

    def admitted(self) -> Any:
        """See `AbstractBattery.admitted`; losses decide on the contour."""
        return super().admitted() & passed(self.structure.span, self.frequencies, self.losses, self.waveguide_loss)

    @property
    def n_battery(self) -> Any:
        """One emitter."""
        return np.float64(1.0)

    @property
    def battery_frequency(self) -> Any:
        """Of the last emitter."""
        return self._each(self.frequencies)[-1]

    def law(self) -> Emitters:
        """A matrix equation."""
        positions = 2 * np.pi * jnp.asarray(self.positions)
        guide = Waveguide(self.radiation_rate, np.float64(0.0) if self.structure.lossless else self.waveguide_loss)
        apart = jnp.abs(positions[:, None] - positions) + jnp.eye(positions.size)
        initial = jnp.eye(positions.size)[0] if self.initial is None else self.initial
        begin = jnp.stack([jnp.real(initial), jnp.imag(initial)])
        unit = jnp.abs(jnp.sum(begin**2) - 1) < UNIT
        own, losses = self._each(self.frequencies), self._each(self.losses)
        physical = jnp.all(own > 0) & jnp.all(apart > 0) & unit
        return Emitters(
            own=own,
            losses=losses,
            positions=positions,
            begin=begin,
            reservoir=guide,
            physical=physical,
            span=self.structure.span,
        )

    def laws(self) -> dict[str, Emitters]:
        """The laws that describe this array."""
        return {"emitters": self.law()}

    def capacity(self) -> Real:
        """Excited."""
        return self.battery_frequency

    def charger_quantum(self) -> Real:
        """Mean gap of the chargers."""
        return jnp.mean(self._each(self.frequencies)[:-1])

    def charger_energy(self, state: Any) -> Any:
        """Of all other emitters."""
        c = state.amplitudes()[:-1]
        return jnp.sum(self._each(self.frequencies)[:-1] * jnp.real(c * jnp.conj(c)))

    def _each(self, value: Any) -> Any:
        """One number for each emitter."""
        return jnp.broadcast_to(value, np.shape(self.positions))

    def amplitudes(self) -> int:
        """So few that programs are compiled in the shortest time: one call goes through their sums once."""
        return np.size(self.positions)


def _initial(given: Any, n: int) -> Any:
    """Complex amplitudes."""
    array = given if traced(given) else np.asarray(given)
    if array.dtype.kind not in "iufc" or array.shape != (n,) or not (traced(array) or np.all(np.isfinite(array))):
        fail(FieldError, "initial", f"be {n} finite amplitudes", f"it is {shown(given)}", "give one amplitude an emitter")
    if not traced(array) and abs(np.sum(np.abs(array) ** 2) - 1) > UNIT:
        norm = float(np.sum(np.abs(array) ** 2))
        fail(FieldError, "initial", "have norm 1", f"its squares sum up to {norm:g}", "divide by the root of that")
    return array.astype(np.result_type(real_dtype(), 1j))
