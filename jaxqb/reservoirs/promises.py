"""What a reservoir of a user's own must keep: methods that rely on it would otherwise be wrong without a word."""

from typing import Any

import jax
import numpy as np

from ..compiled import compiled
from ..conventions import epsilon
from ..errors import FieldError, fail
from .reservoir import AbstractReservoir

AGES, EACH = 41, 8  # octaves of time over which a kernel is followed, and times in each
SLOWEST = 0.5  # to what it must fall over the last half of them: more slowly than t^(-1/20), it does not decay
STEP, COUNT = 1 / 64, 230  # of a double-exponential rule, and steps to each side
GONE = 40.0  # in powers of e: what is then left of the kernel's transform
CLOSE, ROUNDING = 1e-6, 1e3  # how well self-energy and transform must agree; in units of rounding
TRUST = 100.0  # how many times worse than it looks the rule may be
BEND = 10.0  # how many times more a self-energy may change across the axis than above it


def check_promises(reservoir: AbstractReservoir, frequency: Any, distance: Any, low: float, high: float) -> None:
    """A sentence if the kernel does not decay, the self-energy is not its transform, or does not go on where a contour needs it.

    jaxqb's own reservoirs keep their promises by its tests, and cost nothing here. Nothing is said of a transform for which the
    rule is not good enough.

    Args:
        reservoir, frequency, distance: known ones.
        low, high: ends of the span, where a contour passes from the upper half plane to the lower one.

    Raises:
        FieldError: for a promise that is broken.
    """
    if type(reservoir).__module__.partition(".")[0] == __name__.partition(".")[0]:
        return
    width, endless = high - low, bool(np.isinf(reservoir.top))
    points = np.array([(low + high) / 2 + 1j * width, float(frequency) + 0.25j * width])
    beside = 1j * width * np.array([3.0, 1.0, -1.0]) * epsilon() ** 0.5
    ages = 2.0 ** np.arange(AGES)[:, None] * (1 + np.arange(EACH) * 0.618034 % 1) / width
    for x in {0.0, float(distance)}:
        ts, weights = _rule(np.array([float(b) for b in reservoir.breaks(x)]), GONE / (0.25 * width))
        zs = np.concatenate([points, low + beside, high + beside])
        kernel, first, second = map(np.asarray, _values(reservoir, np.concatenate([ages.ravel(), ts]), zs, x, numbers=1))
        old, young = np.split(kernel, [ages.size])
        with np.errstate(all="ignore"):
            _check_decay(old.reshape(AGES, EACH, -1), ages)
            _check_transform(points, first[:2].reshape(2, -1), young.reshape(ts.size, -1), ts, weights)
            _check_sheet("at the span's lower end", low, first[2:5].reshape(3, -1))
            _check_sheet("at the span's upper end", high, (second if endless else first)[5:].reshape(3, -1))


@compiled
def _values(reservoir: AbstractReservoir, ts: Any, zs: Any, x: Any) -> Any:
    """The kernel, and the self-energy on both sheets."""
    sheets = [jax.vmap(lambda z, through=through: reservoir.self_energy(z, x, through))(zs) for through in (False, True)]
    return jax.vmap(lambda t: reservoir.kernel(t, x))(ts), *sheets


def _check_decay(kernel: np.ndarray, ages: np.ndarray) -> None:
    sizes = np.sqrt(np.mean(np.abs(kernel) ** 2, axis=1))
    sizes = np.where(np.isnan(sizes), np.inf, sizes)
    mean = lambda last: np.sqrt(np.mean(sizes[last - 3 : last] ** 2, axis=0))  # noqa: E731
    late, before = mean(AGES), mean(AGES // 2 + 1)
    falls = np.isfinite(late) & (late <= np.maximum(SLOWEST * before, ROUNDING * epsilon() * np.max(sizes, axis=0)))
    if not np.all(falls):
        k = np.argmin(falls)
        but = f"it is {before[k]:.3g} at t = {ages[AGES // 2, 0]:.3g} and {late[k]:.3g} at t = {ages[-1, 0]:.3g}"
        fix = "give each mode a width, or take single modes for emitters"
        fail(FieldError, "reservoir", "have a kernel that decays", but, fix)


def _check_transform(points: np.ndarray, given: np.ndarray, kernel: np.ndarray, ts: np.ndarray, weights: np.ndarray) -> None:
    """``S(z) = i int_0^inf f(t) exp(i z t) dt`` in the upper half plane."""
    for z, one in zip(points, given, strict=True):
        terms = np.where(weights > 0, weights * np.exp(1j * z * ts), 0)[:, None] * kernel
        whole, half = 1j * np.sum(terms, axis=0), 2j * np.sum(terms[::2], axis=0)
        ends = np.max(np.abs(terms[[0, -1]]), axis=0) / STEP
        bound = CLOSE * np.abs(whole) + ROUNDING * epsilon() * np.sum(np.abs(terms), axis=0)
        bound = bound + TRUST * (np.abs(whole - half) + ends)
        wrong = np.abs(one - whole) > bound
        if np.any(wrong):
            k = np.argmax(wrong)
            but = f"at z = {z:.4g} it is {one[k]:.6g}, and {whole[k]:.6g} follows from the kernel"
            fix = "compare self_energy(z) with i int_0^inf kernel(t) exp(i z t) dt"
            fail(FieldError, "reservoir", "have the self-energy that belongs to its kernel", but, fix)


def _check_sheet(where: str, end: float, values: np.ndarray) -> None:
    """From twice the height above the axis to it, and by as much through it."""
    change, jump = np.abs(np.diff(values, axis=0))
    if np.any(jump > BEND * change + ROUNDING * epsilon() * np.abs(values[0])):
        but = f"{where}, at {end:.4g}, it jumps by {np.max(jump):.3g}"
        fix = "continue self_energy(z, x, through=True) from above, or pass another `span`"
        fail(FieldError, "reservoir", "have a self-energy that goes on through the real axis", but, fix)


def _rule(breaks: np.ndarray, length: float) -> tuple[np.ndarray, np.ndarray]:
    """Times and weights between all times at which the kernel is not smooth, and for as long after the last one."""
    s = STEP * np.arange(-COUNT, COUNT + 1)
    share = 1 / (1 + np.exp(-np.pi * np.sinh(s)))
    weights = STEP * np.pi * np.cosh(s) * share * share[::-1]
    ends = np.append(np.sort(breaks), np.max(breaks) + length)
    ts = ends[:-1, None] + np.diff(ends)[:, None] * share
    for b in breaks[breaks > 0]:  # rounding must not carry a point there
        apart = 8 * epsilon() * b
        ts = np.where(np.abs(ts - b) < apart, b + np.where(ts < b, -apart, apart), ts)
    return np.maximum(ts, 1e-30).ravel(), (np.diff(ends)[:, None] * weights).ravel()
