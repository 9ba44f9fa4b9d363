"""The parameters of the two models, named as in the library."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Spins:
    """Battery of M = n_battery and charger of N = n_charger spins 1/2.

    H = w_B S^z + w_C J^z + g (S^+ J^- + S^- J^+) + g gamma (S^+ J^+ + S^- J^-)
        + 2 Delta S^z J^z + g_1 (J^+ J^- + J^- J^+) + g_2 (S^+ S^- + S^- S^+)

    with w_B = battery_frequency, w_C = charger_frequency, g = coupling,
    gamma = anisotropy, Delta = ising, g_1 = charger_crosstalk, g_2 = battery_crosstalk.
    """

    n_battery: int
    n_charger: int
    coupling: float = 1.0
    anisotropy: float = 0.0
    ising: float = 0.0
    battery_frequency: float = 1.0
    charger_frequency: float = 1.0
    battery_crosstalk: float = 0.0
    charger_crosstalk: float = 0.0


@dataclass(frozen=True)
class Cavity:
    """Battery of M = n_battery cells and one mode with photon numbers 0 .. cutoff - 1.

    H = w_B S^z + w_c b^+ b + g (S^+ b + S^- b^+) + g k (S^+ b^+ + S^- b)

    with k = counter_rotating: 0 is Tavis-Cummings, 1 is Dicke.
    """

    n_battery: int
    cutoff: int
    coupling: float = 1.0
    counter_rotating: float = 0.0
    battery_frequency: float = 1.0
    cavity_frequency: float = 1.0
