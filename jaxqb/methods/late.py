"""Late times of two emitters in a waveguide: what is bound, what resounds still, and the edge of the continuum.

The contour is drawn down along the ray ``z = 1 - i y`` from the edge of the continuum. To the left of it stand the bound states;
on its right, on the second sheet, resonances; what is left is the difference between the sheets on the ray. Its points are spaced
evenly in log y, which suits any time and any distance from a threshold. A resonance near the ray, on either side, adds what the
sum over points misses.
"""

from typing import Any, cast

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Complex, Float

from ..algebra.gradients import smooth
from ..algebra.poles import zeros
from ..bound_states import bound_states, dispersion, starts, threshold
from ..laws import Channels
from ..reservoirs import Waveguide

STEP, LEAST = 0.3, 1e-32  # of log y, and the smallest y
GONE = 33.0  # in powers of e: what is then left of a resonance, or on the ray
BESIDE = 1 - np.multiply.outer([0.02, 0.1, 0.3, 0.6], np.exp([0.3j, 0.8j, 1.3j])).ravel()  # places to the left of the ray
LEFT = 0.5  # how far to look for resonances there
BLURRED = 1e-7  # distance of the frequency from the threshold of a bound state, below which parts of derivatives cancel too far
TRUST, COARSE = 50.0, 1e-3  # tolerances, by which it may differ from what is known of earlier times, but by no more than so much


class Late(eqx.Module):
    """Sums of exponentials, one row a channel."""

    poles: Complex[Array, "2 p"]
    residues: Complex[Array, "2 p"]
    on_ray: Complex[Array, "2 y"]
    trusted: Any
    since: float = eqx.field(static=True)

    @classmethod
    def of(cls, law: Channels, since: float, slots: int, before: Any, tolerance: float) -> "Late":
        """From a time on, at which it is compared with the amplitudes that are known `before`."""
        guide, channels = cast(Waveguide, law.reservoir), law.SIGNS[:, 0]
        s = _log_y(since)
        ray = 1 - 1j * np.exp(s)
        first, second = (ray - law.frequency + law.both(ray, through) for through in (False, True))
        _, travels, turn = guide.parts(ray, 0.0, through=True)
        half = turn * law.distance / 2
        jump = 4 * travels * jnp.stack([jnp.cos(half), jnp.sin(half)]) ** 2  # between the sheets of the self-energies
        on_ray = -STEP / (2 * np.pi) * np.exp(s) * jump / (first * second)

        bound = bound_states(guide, law.frequency, law.distance)
        energies, weights = (jnp.where(bound.found[:2], x[:2], 0.0)[:, None] for x in (bound.energy, bound.residue))

        def resonances(channel: Any) -> tuple[Any, Any]:
            first = starts(guide, law.frequency, law.distance, channel, jnp.arange(-1.0, slots))
            first = jnp.concatenate([first, BESIDE])
            d = dispersion(guide, law.frequency, law.distance, channel)
            z, residue, found = zeros(d, first, guide.edge, law.span.high, GONE / since, slots, left=LEFT)
            place = (jnp.log(1j * (z - 1)) - s[0]) / STEP
            counts = 1 / (1 - jnp.exp(2j * np.pi * place))
            return jnp.where(found, z, 1.0), jnp.where(found, counts * residue, 0.0)

        # both parts of the odd channel's derivative are as large as one over the distance from the threshold, their sum is not
        blurred = lax.stop_gradient(jnp.abs(law.frequency - threshold(guide, law.distance))) < BLURRED
        z, residues = jax.vmap(resonances)(jnp.asarray(channels))
        poles = jnp.concatenate([energies + 0j, z], axis=1)
        poles, on_ray = (smooth(x, ~blurred) for x in (poles, on_ray))
        late = cls(poles, jnp.concatenate([weights + 0j, residues], axis=1), on_ray, jnp.asarray(True), since)
        apart = jnp.max(jnp.abs(late.amplitudes(jnp.asarray(since), 1)[0] - before))
        allowed = max(min(TRUST * tolerance, COARSE), 2 * tolerance)
        return eqx.tree_at(lambda late: late.trusted, late, lax.stop_gradient(apart) < allowed)

    def amplitudes(self, t: Float[Array, ""], orders: int) -> Complex[Array, "orders 2"]:
        """And their time derivatives; not a number if something was missed."""
        powers = np.arange(orders)[:, None, None]
        turn = lambda z, a: jnp.sum((-1j * z) ** powers * a * jnp.exp(-1j * z * t), axis=-1)  # noqa: E731
        total = turn(self.poles, self.residues) + turn(1 - 1j * np.exp(_log_y(self.since)), self.on_ray)
        return jnp.where(self.trusted, total, jnp.nan)


def _log_y(since: float) -> np.ndarray:
    """Points on the ray."""
    return np.arange(np.log(LEAST), np.log(GONE / since), STEP)
