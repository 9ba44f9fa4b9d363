"""Questions that claims ask of the figures' data (`r` is what `Results` holds: a Dataset by figure), and of the model."""

from typing import Any

import numpy as np

from ...batteries import WaveguideBattery
from ...reservoirs import Waveguide
from .tables import NEAR, RATE, extremes, in_time, self_energies, steady, times

OPTICAL = 0.637  # lambda_11 in micrometres, for omega_0 = omega_11
TRANSFER = 0.01  # micrometres, as far as dipoles typically transfer an excitation
MICROWAVE = 0.299792458 / 2.87  # in metres, at 2.87 GHz
PAIR = 0.9, 0.3  # frequency and distance at which equations are tried


# ------------------------------------------------------------------------------------------- equations


def is_density(r: Any) -> bool:
    """Modes of TM_11 in a long guide, counted: both signs of k, |u_z|^2 = 4 / (a b L) (omega_11 / omega)^2 sin^2 sin^2."""
    a, b, dipole, x, y = 1.3, 0.9, 0.7, 0.4, 0.5
    cutoff = np.pi * np.hypot(1 / a, 1 / b)
    profile = np.sin(np.pi * x / a) ** 2 * np.sin(np.pi * y / b) ** 2
    rate = 4 * cutoff * dipole**2 / (a * b) * profile / cutoff  # Gamma_11 / omega_11 as printed, epsilon_0 = c = 1
    w, distance = np.array([1.1, 1.7, 3.0]), 0.8
    k = np.sqrt(w**2 - 1) * cutoff
    coupling = w * cutoff / 2 * dipole**2 * 4 / (a * b) / w**2 * profile  # g^2 times the length
    modes = 2 / (2 * np.pi) * w * cutoff / k  # a length and a frequency
    counted = coupling * modes * np.cos(k * distance) / cutoff
    return bool(np.allclose(counted, Waveguide(rate).density(w, distance * cutoff), rtol=1e-12))


def is_hamiltonian(r: Any) -> bool:
    """Whether the modes of a box, with the shift that those above k = 40 would make, move as Eq. 3 does."""
    frequency, separation = PAIR
    step, top, t = 2 * np.pi / 30, 40.0, np.array([5.0, 12.0])
    k = step * np.arange(int(top / step))
    w = np.sqrt(1 + k**2)
    shifted = frequency - RATE / (2 * np.pi) * (1 / top + frequency / (2 * top**2))
    channels = []
    for sign in (1, -1):
        weight = RATE / (2 * np.pi) * (1 + sign * np.cos(2 * np.pi * separation * k)) / w * step
        weight[0] /= 2
        matrix = np.diag(np.append(shifted, w))
        matrix[0, 1:] = matrix[1:, 0] = np.sqrt(weight)
        energy, states = np.linalg.eigh(matrix)
        channels.append(np.exp(-1j * np.multiply.outer(t, energy)) @ states[0] ** 2)
    ours = in_time(times(t), frequency, separation).amplitudes.values
    even, odd = channels
    return bool(np.allclose(ours.T, [(even + odd) / 2, (even - odd) / 2], rtol=0, atol=1e-4))


def keeps_battery_only(field: bool) -> bool:
    """Whether tracing out the charger, and the field or not, leaves an operator on the battery's two levels."""
    c = np.zeros((2, 2, 2))  # charger, battery, one mode of the field
    c[1, 0, 0], c[0, 1, 0], c[0, 0, 1] = 0.6, 0.48, 0.64
    kept = np.moveaxis(c, 1, 0).reshape(2, -1) if field else c.reshape(2, -1).T
    return (kept @ kept.T).shape == (2, 2)


def markov_error(rate: float) -> float:
    """Largest error of the amplitudes of Eq. 6 up to one lifetime 1 / Gamma."""
    ts = np.linspace(0.0, 1 / rate, 101)
    exact = in_time(times(ts), 1.4, 0.3, rate).amplitudes.values
    return float(np.max(abs(np.asarray(WaveguideBattery(1.4, 0.3, rate).markov(ts)) - exact)))


def markov_rate(frequency: float) -> float:
    """Rate at which Eq. 6 lets the slower of both channels decay, Delta_z = 0.1."""
    z = np.array(frequency) + 0j
    alone, across = map(complex, self_energies(z, 2 * np.pi * NEAR, through=True))
    return 2 * min((alone + across).imag, (alone - across).imag)


def is_transform(r: Any) -> bool:
    """Whether the Laplace transform at s = 1 of both amplitudes is what is printed."""
    frequency, separation = PAIR
    nodes, weights = np.polynomial.legendre.leggauss(20)
    ends = np.append(2 * np.pi * separation * np.array([0.0, 1e-3, 1e-2, 0.1, 0.5, 0.9, 0.99, 1.0, 1.01, 1.1, 1.5]), [8.0, 30.0])
    half = np.diff(ends) / 2
    t = (ends[:-1, None] + half[:, None] * (1 + nodes)).ravel()
    c = in_time(times(t), frequency, separation).amplitudes.values
    ours = (half[:, None] * weights).ravel() * np.exp(-t) @ c
    own, across = (-1j * complex(x) for x in self_energies(np.array(1j), 2 * np.pi * separation))
    xi = 1 + 1j * frequency + own
    printed = [(1 / (xi + across) - (-1) ** j / (xi - across)) / 2 for j in (1, 2)]
    return bool(np.allclose(ours, printed, rtol=0, atol=1e-7))


def _y(energy: np.ndarray, through: bool) -> np.ndarray:
    """Y_+ and Y_- of Eq. 7 at the parameters of Fig. 2, omega_0 = 1."""
    z = energy + 0j
    alone, across = (np.real(x) for x in self_energies(z, 2 * np.pi * NEAR, through))
    return 1 - np.stack([alone + across, alone - across])


def y_falls(r: Any) -> bool:
    """Whether both fall with E below the edge."""
    return bool((np.diff(_y(np.linspace(-1.0, 0.999, 400), through=False)) < 0).all())


def largest_step(discrete: bool = False) -> float:
    """By how much Y changes at most from one point to the next above the edge, on a grid of 0.01; or that of modes of a box."""
    energy = np.arange(1.05, 5.0, 0.01)
    if not discrete:
        return float(np.max(abs(np.diff(_y(energy, through=True)))))
    k, step = np.linspace(0.0, 40.0, 192, retstep=True)
    w = np.hypot(1, k)
    weight = RATE / (2 * np.pi) * (1 + np.cos(2 * np.pi * NEAR * k)) / w * step
    return float(np.max(abs(np.diff((weight / (w - energy[:, None])).sum(axis=1)))))


def is_residue(r: Any) -> bool:
    """Whether both Z, by the integral over omega = cosh(theta), are half the residues, omega_0 = 0.9 and Delta_z = 0.1."""
    theta = np.linspace(0.0, 25.0, 200001)
    states = steady(0.9, NEAR)
    waves = np.cos(2 * np.pi * NEAR * np.sinh(np.minimum(theta, 12.0)))
    found = []
    for sign, energy in zip((1, -1), states.bound.values, strict=True):
        density = RATE / (2 * np.pi) * (1 + sign * waves)
        found.append(0.5 / (1 + np.trapezoid(density / (energy - np.cosh(theta)) ** 2, theta)))
    return bool(np.allclose(found, states.residue / 2, rtol=1e-6))


# ------------------------------------------------------------------------------------------- frequencies


def gap(frequency: float) -> float:
    """1 - E_+ at the distance of Fig. 2."""
    return 1 - float(steady(frequency, NEAR).bound.sel(channel="plus"))


def most_energy(frequency: float, separation: float) -> float:
    """Largest energy at long times, by Eq. 8."""
    return float(extremes(steady(frequency, separation), frequency)[0])


def most_work(frequency: float, separation: float) -> float:
    """Largest extractable work at long times, by Eq. 8."""
    return 2 * most_energy(frequency, separation) - frequency


def last_bound(r: Any) -> float:
    """The highest frequency looked at for which the plus state is bound (Fig. 2 and the threshold's figure)."""
    return max(float(x.frequency[x.notnull()].max()) for x in (r["fig2"].bound.sel(channel="plus"), r["threshold"].gap))


def late_spread(frequency: float) -> float:
    """Difference of the largest and the least energy from t = 200 to 400, Delta_z = 0.1."""
    energy = in_time(times(np.linspace(200.0, 400.0, 201)), frequency, NEAR).energy
    return float(energy.max() - energy.min())


def energy_at(frequency: float, time: float) -> float:
    """Energy at a time, Delta_z = 0.1."""
    return float(in_time(times([time]), frequency, NEAR).energy[0])


def swing_kept() -> float:
    """Swing of the energy from t = 300 to 400 over that from 30 to 130, omega_0 = 0.8 and Delta_z = 0.1."""
    swings = [in_time(times(np.linspace(a, a + 100, 201)), 0.8, NEAR).energy for a in (30.0, 300.0)]
    early, late = (float(x.max() - x.min()) for x in swings)
    return late / early


def fullest(r: Any) -> float:
    """The largest part of the battery that is filled at long times, of all frequencies of Fig. 2."""
    frequency = r["fig2"].frequency
    return float((extremes(steady(frequency, NEAR), frequency)[0] / frequency).max())


# ------------------------------------------------------------------------------------------- distances


def over_near_zone() -> float:
    """Delta_z of Fig. 2 over lambda_11 / 2 pi, up to which the field of a dipole is that at rest."""
    return NEAR * 2 * np.pi


def over_transfer() -> float:
    """The same over the range of transfer, for light."""
    return NEAR * OPTICAL / TRANSFER


def slower(r: Any) -> float:
    """How much longer the best battery of Fig. 4(c) takes at one lambda_11 than at a tenth of it."""
    wait = r["fig4c"].wait
    return float(wait.interp(separation=1.0) / wait.interp(separation=0.1))


def worst(r: Any) -> float:
    """The largest energy from 150 to 400 over that of Eq. 8, at the first bound state in the continuum."""
    data = r["continuum"].sel(separation=float(r["continuum"].places[0]), method="nearest")
    return float(data.largest / data.largest_eq8)


def fewer_above(r: Any) -> bool:
    """Whether, at each distance, the number of bound states never grows with the frequency."""
    return bool((r["fig4a"]["count"].diff("frequency") <= 0).all())


def width(ratio: float) -> float:
    """a = b in micrometres, if 637 nm is the emitters' wave length and omega_0 = ratio omega_11: lambda_11 = sqrt(2) a."""
    return OPTICAL * ratio / np.sqrt(2)


def gains_by_second(r: Any) -> float:
    """What two chargers, one on each side, give more work than one at the best of the frequencies."""
    most = r["chargers"].work.max("frequency")
    return float(most.sel(chargers="two, one on each side") - most.sel(chargers="one charger"))
