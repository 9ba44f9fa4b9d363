r"""Collective against parallel charging, and the exponents that say how the advantage grows.

M cells charged together reach a largest average power ``P_max``; charged apart, each by a charger of its own (one spin,
or one photon), they reach ``P_par = M p_max``. The collective advantage is their ratio (Huangfu & Jing, Eqs. 9-11),

.. math:: \eta = P_{max} / P_{max}^{\parallel}, \qquad \eta \propto M^\beta.

Which coupling the collective charger has is a convention that decides what is called an advantage: see
`collective_advantage`. "The exponent" has four definitions in the literature, which differ by tenths; each is here a
function named after what it is.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .batteries import AbstractBattery, CavityCharger, SpinCharger
from .batteries.starts import Coherent, Level, Thermal, Weighted
from .charging import charge
from .errors import MeritError, fail, shown
from .fields import concrete, numbers, traced
from .given import check_single, check_window

SINC_PEAK = 1.1655611852072113  # where sin^2(x) / x is largest: tan x = 2 x

Values = Array | np.ndarray


@eqx.filter_jit
def _exchange_power(battery: Any, frequency: Any, window: Any) -> Float[Array, ""]:
    """Best average power of one cell and one quantum: ``E(t) = w (4 g^2 / W^2) sin^2(W t / 2)``, ``W^2 = d^2 + 4 g^2``.

    Pair terms act in the other parity block, crosstalk and Ising coupling are constants here.
    """
    g, detuning = jnp.asarray(battery.coupling), battery.battery_frequency - frequency
    squared = detuning**2 + 4 * g**2
    moving = squared > 0
    rate = jnp.sqrt(jnp.where(moving, squared, 1.0))
    x = SINC_PEAK if window is None else jnp.minimum(SINC_PEAK, rate * window / 2)
    power = battery.battery_frequency * 2 * g**2 / rate * jnp.sin(x) ** 2 / x
    return jnp.where(moving & (battery.battery_frequency >= 0), power, jnp.where(moving, jnp.nan, 0.0))


def _cell_power(battery: AbstractBattery, window: Any) -> Float[Array, ""]:
    """p_max: one cell, charged from empty by one quantum of its own."""
    if isinstance(battery, SpinCharger):
        return _exchange_power(battery, battery.charger_frequency, window)
    if not isinstance(battery, CavityCharger):
        name = type(battery).__name__
        fail(
            MeritError,
            "battery",
            "have a charger to be parted",
            f"it is {name}",
            "use a SpinCharger or a CavityCharger",
        )
    if battery.structure.conserved:
        return _exchange_power(battery, battery.cavity_frequency, window)  # mirrored light moves one cell as its image does
    single = battery.replace(n_battery=1, photons=1, battery_excitations=0, cutoff=None, levels=None)
    return charge(single, window).max_average_power.value


def parallel_power(battery: AbstractBattery) -> Float[Array, ""]:
    r"""The largest average power of M cells, each charged alone: ``M p_max``.

    Every cell starts empty beside a charger of one spin (full), or of one photon (mirrored: none, which it may gain), with the
    battery's own coupling and frequencies. With exchange alone, of strength g and detuning d,

    .. math:: p_{max} = \omega_B \frac{2 g^2}{\sqrt{d^2 + 4 g^2}} \max_x \frac{\sin^2 x}{x}

    which is ``0.7246 g omega_B`` at resonance, whatever the pair coupling of a spin charger. With counter-rotating
    light the single cell is solved.

    Args:
        battery: a `SpinCharger` or `CavityCharger`; its n_battery is M, its charger's size and start do not enter.

    Returns:
        Power in hbar frequency^2; differentiable.

    Raises:
        MeritError: for a battery without such a charger.

    >>> import jaxqb as qb
    >>> round(float(qb.advantage.parallel_power(qb.SpinCharger(n_battery=10, n_charger=10))), 6)
    7.246114
    """
    check_single(battery, "parallel_power")
    return battery.n_battery * _cell_power(battery, None)


def collective_advantage(battery: Any, *, normalisation: str = "bare", window: Any = None) -> Float[Array, ""]:
    r"""How many times more power M cells take together than apart, ``eta = P_max / P_max^parallel``.

    Args:
        battery: a `SpinCharger` or `CavityCharger`.
        normalisation: which coupling the collective battery has, if a single cell has g.

            * "bare": the same g (Huangfu & Jing, Eq. 10): ``eta = P_max(g) / (M p_max(g))``. The interaction energy
              then grows faster than the number of cells, and so may the power.
            * "rescaled": ``g / sqrt(N_C)``, with N_C the number of charger spins, or the mean number of photons:
              ``eta = P_max(g / sqrt(N_C)) / (M p_max(g))``, the thermodynamic normalisation.

            The paper's Tavis-Cummings benchmark, ``g~ = sqrt(N) g`` against single cells with ``g~``, is "bare";
            against single cells with g it is sqrt(N) times as much.
        window: compare powers in 0 < t <= window only.

    Returns:
        The ratio, NaN where there is no largest power; differentiable, and a figure for `sweep`.

    Raises:
        MeritError: for another normalisation, or a battery without a charger.

    Source: Huangfu and Jing, PRE 104, 024129 (2021), Eqs. 9-11.

    >>> import jaxqb as qb
    >>> round(float(qb.collective_advantage(qb.SpinCharger(n_battery=20, n_charger=20))), 6)
    6.939471
    """
    check_single(battery, "collective_advantage")
    if normalisation not in ("bare", "rescaled"):
        fail(MeritError, "normalisation", "be 'bare' or 'rescaled'", f"it is {shown(normalisation)}", "use 'bare'")
    together = battery
    if normalisation == "rescaled":
        quanta = _charger_quanta(battery)
        known = concrete(quanta)
        if known is not None and known <= 0:
            but, fix = "there are none on the mean", "use normalisation='bare', or more photons"
            fail(MeritError, "photons", "be quanta to rescale by", but, fix)
        together = battery.put(coupling=_rescaled(battery.coupling, quanta))
    window = check_window(window)
    power = charge(together, window).max_average_power.value
    return power / (battery.n_battery * _cell_power(battery, window))


@jax.jit
def _rescaled(coupling: Any, quanta: Any) -> Float[Array, ""]:
    return coupling / jnp.sqrt(quanta)


def _charger_quanta(battery: Any) -> Any:
    """Number of charger spins, or mean number of photons."""
    if isinstance(battery, SpinCharger):
        return battery.n_charger
    light = battery.photons
    if isinstance(light, Level):
        return light.number
    if isinstance(light, (Thermal, Coherent)):
        return light.mean
    if isinstance(light, Weighted):
        return light.vector @ np.arange(light.vector.shape[0])
    fail(MeritError, "photons", "have a mean number", f"it is {light}", "use a number, thermal(...) or coherent(...)")


class PowerLaw(NamedTuple):
    """``value = prefactor * size ** exponent``.

    Attributes:
        exponent: beta.
        prefactor: the value at size 1.

    >>> law = fitted_exponent([2.0, 8.0, 18.0], [1, 2, 3])
    >>> round(float(law.exponent), 9), round(float(law.prefactor), 9)
    (2.0, 2.0)
    """

    exponent: Values
    prefactor: Values


def local_exponent(values: Any, sizes: Any) -> Values:
    r"""Slope ``d ln value / d ln M`` by central differences over neighbours, at the inner sizes.

    .. math:: \beta_i = \frac{\ln v_{i+1} - \ln v_{i-1}}{\ln M_{i+1} - \ln M_{i-1}}

    Args:
        values: positive values, shape (n,).
        sizes: increasing sizes M, shape (n,), at least three.

    Returns:
        Shape (n - 2,): the slopes at ``sizes[1:-1]``.

    Raises:
        MeritError: for shapes that differ, too few sizes, or values that have no logarithm.

    >>> local_exponent([1.0, 8.0, 27.0], [1, 2, 3])
    array([3.])
    """
    x, y, _ = _logarithms(values, sizes, 3)
    return (y[2:] - y[:-2]) / (x[2:] - x[:-2])


def backward_exponent(values: Any, sizes: Any) -> Values:
    r"""Slope ``d ln value / d ln M`` from each size to the one before it, at all sizes but the first.

    See `local_exponent`, which is of second order; some printed exponents are these.

    Args:
        values: positive values, shape (n,).
        sizes: increasing sizes M, shape (n,), at least two.

    Returns:
        Shape (n - 1,): the slopes at ``sizes[1:]``.

    Raises:
        MeritError: as `local_exponent`.

    >>> backward_exponent([1.0, 4.0, 9.0], [1, 2, 3])
    array([2., 2.])
    """
    x, y, _ = _logarithms(values, sizes, 2)
    return (y[1:] - y[:-1]) / (x[1:] - x[:-1])


def fitted_exponent(values: Any, sizes: Any) -> PowerLaw:
    r"""The power law that fits best: unweighted least squares of ln value on ln M, with intercept.

    .. math:: \ln v = \alpha \ln M + \ln \beta

    Args:
        values: positive values, shape (n,).
        sizes: increasing sizes M, shape (n,), at least two.

    Returns:
        A `PowerLaw` with ``.exponent`` (alpha) and ``.prefactor`` (beta), as in Table I of Peng et al.

    Raises:
        MeritError: as `local_exponent`.

    >>> law = fitted_exponent([3.0, 12.0, 27.0], [1, 2, 3])
    >>> round(float(law.exponent), 12), round(float(law.prefactor), 12)
    (2.0, 3.0)
    """
    x, y, space = _logarithms(values, sizes, 2)
    off = x - space.mean(x)
    exponent = space.sum(off * y) / space.sum(off**2)
    return PowerLaw(exponent, space.exp(space.mean(y) - exponent * space.mean(x)))


def ratio_exponent(values: Any, sizes: Any) -> Values:
    """``ln value / ln M``: the exponent of a power law whose prefactor is one. NaN at M = 1.

    Args:
        values: positive values, shape (n,).
        sizes: increasing sizes M, shape (n,).

    Returns:
        Shape (n,).

    Raises:
        MeritError: as `local_exponent`.

    >>> ratio_exponent([4.0, 9.0], [2, 3])
    array([2., 2.])
    """
    x, y, space = _logarithms(values, sizes, 1)
    return space.where(x == 0, space.nan, y / space.where(x == 0, 1.0, x))


def _logarithms(values: Any, sizes: Any, least: int) -> tuple[Any, Any, Any]:
    """ln M, ln value, and the array library that suits: numpy for numbers (nothing to compile), else jax."""
    space = jnp if isinstance(values, jax.Array) or isinstance(sizes, jax.Array) else np
    x, y = map(numbers, (sizes, values))
    for name, array, given in (("sizes", x, sizes), ("values", y, values)):
        if array is None:
            fail(MeritError, name, "be real numbers", f"it is {shown(given)}", f"give {name} as an array")
    x, y = space.asarray(x), space.asarray(y)
    if x.ndim != 1 or x.shape != y.shape:
        fail(
            MeritError,
            "values",
            "be one for each size",
            f"shapes are {y.shape} and {x.shape}",
            "give two equal lengths",
        )
    if x.shape[0] < least:
        fail(MeritError, "sizes", f"be at least {least}", f"there are {x.shape[0]}", "add sizes")
    for name, array, fix in (("sizes", x, "start at 1"), ("values", y, "drop what is not positive")):
        if not traced(array) and np.any(np.asarray(array) <= 0):
            fail(MeritError, name, "be positive to have logarithms", f"the least is {np.min(array):g}", fix)
    if not traced(x) and not np.all(np.diff(np.asarray(x)) > 0):  # nor does what is not a number
        fail(MeritError, "sizes", "increase", f"they are {np.asarray(x).tolist()}", "sort them and drop repeated ones")
    return space.log(x), space.log(y), space
