"""A bath of oscillators whose spectral density is a power with a cutoff."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..algebra.expint import MOST, exponential, finite, wave
from ..errors import FieldError, fail, shown
from ..fields import Real, check_flag, concrete, parameter
from .shared import AbstractSharedReservoir

SHAPES = ("exponential", "hard")


class Ohmic(AbstractSharedReservoir):
    r"""Sub-Ohmic (s < 1), Ohmic (s = 1) or super-Ohmic (s > 1) modes above frequency zero.

    .. math:: J(w) = \alpha w_c (w / w_c)^s e^{-w / w_c} \quad (w > 0), \qquad
              f(t) = \frac{\alpha w_c^2 \Gamma(s + 1)}{(1 + i w_c t)^{s + 1}}, \qquad
              S(z) = \alpha w_c F_s(z / w_c)

    with :math:`F_s(z) = \Gamma(s+1) (-z)^s e^{-z} \Gamma(-s, -z)`; or, of hard shape, ``J(w) = alpha w_c (w / w_c)^s`` cut off
    at ``w_c``. This J enters the equation of the amplitudes as it is, with no factor of pi. Analytic also in s, to 1e-13.

    Args:
        strength: alpha, a number: for s = 1, far below the cutoff, an emitter decays at the rate ``2 pi alpha w``.
        cutoff: w_c.
        exponent: s, from 0.05 to 8. If it is traced when the reservoir is made, below 1/2 the self-energy is NaN.
        shape: "exponential" or "hard".
        counter_term: raise each emitter's frequency by S(0), which takes off what the bath as a whole pulls it down by.

    Raises:
        FieldError: for a strength or cutoff that is not positive, an exponent out of range, and a hard cutoff without
            counter-term, whose shift is a matter of where the modes were cut.

    Source: Leggett et al., Rev. Mod. Phys. 59, 1 (1987), https://doi.org/10.1103/RevModPhys.59.1.

    >>> bath = Ohmic(strength=0.1, cutoff=5.0)
    >>> round(complex(bath.self_energy(-5.0)).real, 9), float(bath.shift())  # 0.5 (1 - e E_1(1)); S(0)
    (0.201826319, 0.5)
    """

    strength: Real = parameter(symbol="alpha", unit="number", doc="coupling to the bath", positive=True)
    cutoff: Real = parameter(symbol="omega_c", unit="frequency", doc="cutoff of the bath", positive=True)
    exponent: Real = parameter(default=1.0, symbol="s", unit="number", doc="power of the spectral density", minimum=0.05)
    shape: Any = eqx.field(static=True, default="exponential")
    counter_term: Any = eqx.field(static=True, default=True)
    halvings: int = eqx.field(static=True, init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        exponent = concrete(self.exponent)
        if exponent is not None and np.any(exponent > MOST):
            fail(FieldError, "exponent", f"be at most {MOST:g}", f"it is {shown(self.exponent)}", "lower exponent")
        if self.shape not in SHAPES:
            fail(FieldError, "shape", f"be one of {', '.join(SHAPES)}", f"it is {shown(self.shape)}", "leave it out")
        self.counter_term = check_flag(FieldError, "counter_term", self.counter_term)
        if self.shape == "hard" and not self.counter_term:
            but = "it has none, and its shift depends on where the modes were cut"
            fail(FieldError, "counter_term", "go with a hard cutoff", but, "use counter_term=True")
        # of 1, down to the exponent: what the sum over nodes must reach; few cases, so that exponents share programs
        self.halvings = 1 if exponent is None else max(1, int(np.ceil(-np.log2(np.min(exponent)))))

    @property
    def edge(self) -> Any:
        """Zero."""
        return np.float64(0.0)

    @property
    def top(self) -> Any:
        """The cutoff, if it is hard."""
        return np.inf if self._soft else self.cutoff

    def extent(self) -> tuple[float, float]:
        """To where, on the second sheet, the exponential makes up for the power."""
        cutoff, exponent = float(np.max(self.cutoff)), float(np.max(self.exponent))
        return 0.0, cutoff * (36 + 12 * exponent if self._soft else 1.0)

    @property
    def _soft(self) -> bool:
        return self.shape == "exponential"

    def memory(self, t: Any) -> Any:
        """A power of ``1 + i w_c t``, or an incomplete gamma function."""
        phase, scale = self.cutoff * t, self.strength * self.cutoff**2
        if not self._soft:
            return scale * wave(phase, self.exponent)
        s = self.exponent
        return scale * jnp.exp(lax.lgamma(jnp.asarray(s + 1)) - (s + 1) * jnp.log(1 + 1j * phase))

    def spectrum(self, w: Any) -> Any:
        """The power, cut off."""
        y = w / self.cutoff
        inside = (y > 0) & (y < (np.inf if self._soft else 1)) if not jnp.iscomplexobj(y) else y != 0
        y = jnp.where(inside, y, 1.0)
        falls = jnp.exp(self.exponent * jnp.log(y) - (y if self._soft else 0.0))
        return self.strength * self.cutoff * jnp.where(inside, falls, 0.0)

    def response(self, z: Any, through: bool) -> Any:
        """An exponential integral. Below a hard cutoff the second sheet is reached through the modes, wherever z is."""
        integral = exponential if self._soft else finite
        return self.strength * self.cutoff * integral(z / self.cutoff, self.exponent, through, 0.5**self.halvings)

    def shift(self) -> Any:
        """S(0), if there is a counter-term: ``alpha w_c Gamma(s)``, hard: ``alpha w_c / s``."""
        if not self.counter_term:
            return np.float64(0.0)
        s = self.exponent
        return self.strength * self.cutoff * (jnp.exp(lax.lgamma(jnp.asarray(s))) if self._soft else 1 / s)
