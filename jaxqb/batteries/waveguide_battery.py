"""A battery and its charger at a distance, in a waveguide."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..bound_states import BoundStates, bound_states, threshold
from ..fields import Real, parameter, vanishes
from ..laws.memory import Channels
from ..reservoirs import Waveguide
from .battery import convert_fields
from .guided import AbstractPair, Structure, passed, reach


class WaveguideBattery(AbstractPair):
    r"""A two-level battery that is charged by an equal one, far away in the same waveguide.

    .. math:: \dot c_j = -i(\omega_0 - i\gamma/2) c_j - \sum_{k=1,2}\int_0^t f(t - \tau, x_{jk}) c_k(\tau) d\tau,

    with the charger excited, c_1(0) = 1, and `Waveguide`'s memory f. Frequencies are in units of the waveguide's cut-off
    frequency ``omega_11``, times in its inverse, the separation in its wave length ``2 pi c / omega_11``.

    Args:
        frequency: omega_0 of battery and charger.
        separation: their distance.
        radiation_rate: Gamma_11, of one emitter into the guide.
        loss: gamma, the rate at which each emitter decays otherwise.
        waveguide_loss: the rate at which light is lost from the guide.
        span: lowest and highest frequency of the contour on which the equation is solved; derived from the fields where these
            are not traced.

    Raises:
        FieldError: for a value no battery can have: frequency, separation and radiation rate are positive.

    Source: Song et al., "Remote charging and degradation suppression for the quantum battery", Eqs. 1 to 3.

    >>> import jaxqb as qb
    >>> battery = qb.WaveguideBattery(frequency=1.23, separation=0.42, radiation_rate=0.31)
    >>> sol = qb.evolve(battery, [17.3], save=["energy", "photons"])
    >>> round(float(sol.saved["energy"][0]) / 1.23, 12)
    0.009408981975
    """

    frequency: Real = parameter(symbol="omega_0", unit="frequency", doc="frequency of battery and charger", positive=True)
    separation: Real = parameter(
        symbol="Delta_z", unit="length", doc="distance in cut-off wave lengths", positive=True, slow=True
    )
    radiation_rate: Real = parameter(symbol="Gamma_11", unit="frequency", doc="radiation rate into the guide", positive=True)
    loss: Real = parameter(default=0.0, symbol="gamma", unit="frequency", doc="other decay of each emitter", minimum=0.0)
    waveguide_loss: Real = parameter(default=0.0, symbol="kappa", unit="frequency", doc="loss of the guide's light", minimum=0.0)
    span: tuple[float, float] | None = eqx.field(static=True, default=None)
    structure: Structure = eqx.field(static=True, init=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        apart = self.separation if vanishes(self.waveguide_loss, self.loss) else None
        losses = self.loss, self.waveguide_loss
        span = reach(self.span, self.frequency, self.radiation_rate, losses, 2, Channels.ORDERS, separation=apart)
        self.structure = Structure(span, vanishes(self.waveguide_loss))

    def admitted(self) -> Any:
        """See `AbstractBattery.admitted`; losses decide on the contour."""
        return super().admitted() & passed(self.structure.span, self.frequency, self.loss, self.waveguide_loss)

    @property
    def distance(self) -> Real:
        """Of battery and charger, in units of c / omega_11."""
        return 2 * np.pi * self.separation

    def law(self) -> Channels:
        """Even and odd superposition of the emitters, each by itself."""
        return Channels(
            frequency=jnp.asarray(self.frequency),
            loss=jnp.asarray(self.loss),
            distance=jnp.asarray(self.distance),
            reservoir=self._guide(),
            begin=jnp.array([1.0, 0.0]),
            physical=jnp.asarray((self.frequency > 0) & (self.distance > 0)),
            span=self.structure.span,
        )

    def laws(self) -> dict[str, Channels]:
        """The laws that describe this battery."""
        return {"channels": self.law()}

    def bound_states(self, beyond: Any = None) -> BoundStates:
        """Energies and residues of bound states; `beyond`: count as bound what lives longer than this time.

        >>> import jaxqb as qb
        >>> qb.WaveguideBattery(frequency=1.4, separation=0.1, radiation_rate=0.5).bound_states()
         channel        energy     residue     width
              +  0.8072083002  0.33766321   0.0e+00
        """
        return bound_states(self._guide(), self.frequency, self.distance, beyond, self.loss)

    def threshold(self) -> Any:
        """The frequency below which there is an odd bound state."""
        return threshold(self._guide(), self.distance)

    @eqx.filter_jit
    def markov(self, ts: Any) -> Any:
        r"""Amplitudes of the emitters, shape (t, 2), if the guide forgot at once:

        .. math:: c_\pm(t) = e^{-(i\omega_0 + \gamma/2 + \Upsilon_0 \pm \Upsilon_1) t}, \quad
              \Upsilon_j = -i S(\omega_0 + i0, x_j)

        Source: Song et al., Eq. 6. It diverges at the edge, ``frequency = 1``.
        """
        guide, z = self._guide(), jnp.asarray(self.frequency) + 0j
        alone, across = (guide.self_energy(z, x, through=True) for x in (0.0, self.distance))
        rates = 1j * z + self.loss / 2 - 1j * jnp.stack([alone + across, alone - across])
        even, odd = jnp.exp(-jnp.multiply.outer(rates, jnp.asarray(ts)))
        return jnp.stack([even + odd, even - odd], axis=-1) / 2

    def _guide(self) -> Waveguide:
        """Its waveguide; that it loses nothing is said by a number that is known."""
        return Waveguide(self.radiation_rate, np.float64(0.0) if self.structure.lossless else self.waveguide_loss)
