"""What the paper says, number by number and sentence by sentence, and what is true."""

from ..paper import Claim
from . import checks

NO_THRESHOLD = (
    "S_+ grows as Gamma/kappa towards the edge, so that the plus state exists for every omega_0, as Y_+(omega_11) = -infinity "
    "and the paper's own criterion say; kappa ~ Gamma/(omega_0 - 1), and the state fades as kappa^3"
)
CONTINUUM = "it leaves out bound states in the continuum (k d = n pi): near them energy lives long, and at one for ever"


_MODEL = [
    Claim(
        "Eq. 2",
        "J and Gamma_11 follow from g_k of TM_11 and dipoles along the guide, both signs of k counted",
        True,
        checks.is_density,
    ),
    Claim(
        "Eqs. 1, 3",
        "Eq. 3 is the dynamics of Eq. 1 (191 modes of a box, 1e-4)",
        True,
        checks.is_hamiltonian,
        why="a box cut off at k_c needs its Lamb shift back, -(Gamma/2 pi)(1/k_c + omega_0/2 k_c^2), or it is wrong by 5e-3",
    ),
    Claim(
        "after Eq. 4",
        "rho_B = Tr_1 |Psi><Psi| is an operator on the battery alone",
        True,
        lambda r: checks.keeps_battery_only(field=False),
        "misprint",
        "the field must be traced out, too",
        reading=lambda r: checks.keeps_battery_only(field=True),
    ),
    Claim(
        "Eq. 6",
        "it is the limit of weak coupling: its error over one lifetime halves with Gamma",
        1 / 2,
        lambda r: checks.markov_error(0.005) / checks.markov_error(0.01),
        within=0.05,
    ),
    Claim(
        "after Eq. 6",
        "by Eq. 6 charger and battery lose their energy for any omega_0 (decay rate of the slower channel, omega_0 = 0.8)",
        True,
        lambda r: checks.markov_rate(0.8) > 0,
        "wrong",
        "below the edge J = 0 and Eq. 6 oscillates for ever, without loss; above it half is lost where k d = n pi, and a quarter "
        "stays in each emitter",
    ),
    Claim(
        "after Eq. 6",
        "it does for omega_0 > omega_11 (Fig. 2)",
        True,
        lambda r: min(checks.markov_rate(1.6), checks.markov_rate(3.0)) > 0,
    ),
    Claim(
        "after Eq. 8, Fig. 2 text",
        "the lossless Rabi oscillation is not captured by Eq. 6 (omega_0 = 0.8: it damps to zero)",
        True,
        lambda r: float(r["fig2"].markov.isel(regime=0, time=slice(-60, None)).max()) < 0.01,
        "wrong",
        "below the edge it is, without loss, only with other frequencies and weights",
    ),
    Claim("after Eq. 6", "the transform of c_j is that printed (s = omega_11, 1e-7)", True, checks.is_transform),
    Claim("Eq. 7", "Y_+ and Y_- fall with E below the edge", True, checks.y_falls),
    Claim(
        "after Eq. 7",
        "a state is bound if Y(omega_11) < omega_11: two of them exactly for omega_0 < omega_c(Delta_z)",
        True,
        lambda r: bool(((r["fig4a"]["count"] == 2) == (r["fig4a"].frequency < r["fig4a"].threshold)).all()),
    ),
    Claim(
        "after Eq. 7",
        "Y jumps rapidly between plus and minus infinity above the edge (its steps on a grid of 0.01 exceed 1)",
        True,
        lambda r: checks.largest_step() > 1,
        "convention",
        "of the continuum the principal value is smooth; that of discrete modes, here those of a box, does jump",
        reading=lambda r: checks.largest_step(discrete=True) > 1,
    ),
    Claim(
        "after Eq. 7",
        "by Y_+ or Y_- a root E_+-^b or E_-^b is formed (as many as are named)",
        True,
        lambda r: float(r["fig4a"]["count"].max()) == len(["+", "-"]) + len(["-"]),
        "misprint",
        "E_+^b or E_-^b, which are two; it may be our copy's",
        reading=lambda r: float(r["fig4a"]["count"].max()) == len(["+"]) + len(["-"]),
    ),
    Claim("Eq. 8", "Z_+ and Z_- as printed are the residues", True, checks.is_residue),
    Claim(
        "Eq. 8",
        "it is the long-time limit (Fig. 2: energies from t = 40 on differ by less than 0.02)",
        True,
        lambda r: float(r["fig2"].late.max()) < 0.02,
        why="the rest falls as t^-3/2",
    ),
    Claim(
        "Eq. 8",
        "it is at all distances of Fig. 3: the largest energy from 150 to 400 at Delta_z = 0.46354 is that of Eq. 8 (10 percent)",
        True,
        lambda r: checks.worst(r) < 1.1,
        "wrong",
        CONTINUUM,
    ),
    Claim(
        "before Eq. 8",
        "what is in the continuum contributes nothing at long times (omega_0 = 1.4, any Delta_z)",
        True,
        lambda r: float((r["continuum"].largest - r["continuum"].largest_eq8).max()) < 0.05,
        "wrong",
        "the same cause: bound states in the continuum",
    ),
    Claim(
        "after Eq. 8",
        "with one bound state E(inf) = omega_0 Z_+^2 (omega_0 = 1.6, t = 400, within 0.001)",
        True,
        lambda r: abs(checks.energy_at(1.6, 400.0) - checks.most_energy(1.6, 0.1)) < 1e-3,
    ),
    Claim(
        "abstract, after Eq. 8",
        "kept in the waveguide the battery does not age: from t = 300 to 400 it swings as from 30 to 130 (omega_0 = 0.8, 1 "
        "percent)",
        True,
        lambda r: abs(checks.swing_kept() - 1) < 0.01,
        why="if nothing else is lossy; a loss of 10^-3 of an emitter, or of the guide, ends it after about 10^3 (aging)",
    ),
    Claim(
        "after Eq. 8",
        "charging is as perfect as by direct coupling, which fills the battery (Delta_z = 0.1; largest filling to 10 percent)",
        True,
        lambda r: checks.fullest(r) > 0.9,
        "wrong",
        "the light around the emitters keeps its share, 1 - (Z_+ + Z_-)^2: filled are 0.86, 0.76 and 0.57 at omega_0 = 0.2, 0.6 "
        "and 1, and never more than 0.889 (omega_0 to 0), which is close to 0.9",
    ),
]

_FREQUENCY = [
    Claim(
        "before Fig. 2",
        "Delta_z = 0.1 lambda_11 is much more than the typical range of dipole-dipole interactions (ours: the near zone, "
        "lambda_11/2 pi)",
        True,
        lambda r: checks.over_near_zone() > 1,
        "convention",
        "it is 0.63 of that, but the range is not given: 64 nm, for 637 nm, are six times 10 nm, as far as dipoles typically "
        "transfer excitations (reading)",
        reading=lambda r: checks.over_transfer() > 5,
    ),
    Claim(
        "Fig. 2, text",
        "omega_0 below which two states are bound, in omega_11",
        "1.1",
        lambda r: float(r["fig2"].threshold),
    ),
    Claim(
        "Fig. 2, text",
        "omega_0 from which no state is bound: E_+ is at the edge (1 - E_+ is zero to 6 digits at 2.8)",
        True,
        lambda r: checks.gap(2.8) < 1e-6,
        "wrong",
        NO_THRESHOLD,
    ),
    Claim(
        "Fig. 2, text",
        "that omega_0, in omega_11 (ours: the highest that was looked at)",
        "2.8",
        checks.last_bound,
        "wrong",
        "the same cause; energies resolved to 0.029, or a grid of step 0.0203 in omega, would print 2.8",
    ),
    Claim(
        "Fig. 2, text",
        "number of regimes of the spectrum",
        "3",
        lambda r: float(len(set(r["fig2"].bound.notnull().sum("channel").values.tolist()))),
        "wrong",
        "the same cause: two, as there is none without a bound state",
    ),
    Claim(
        "Fig. 2, text",
        "for omega_0 >= 2.8 all energy is lost: nothing is kept (omega_0 = 2.8)",
        0.0,
        lambda r: checks.most_energy(2.8, 0.1),
        "wrong",
        "the same cause: 5.3e-4 is kept for ever, too little to be seen in the figure",
        within=1e-6,
    ),
    Claim(
        "Fig. 2, text",
        "between, the energy tends to a finite value (omega_0 = 1.6, it moves by less than 0.005 from t = 200 on)",
        True,
        lambda r: checks.late_spread(1.6) < 0.005,
    ),
    Claim(
        "Fig. 2, text",
        "for omega_0 < 1.1 it oscillates without loss (omega_0 = 0.8, by more than 0.3 from t = 200 on)",
        True,
        lambda r: checks.late_spread(0.8) > 0.3,
    ),
]

_DISTANCE = [
    Claim(
        "Fig. 3, text",
        "Delta_z from which two states are bound, omega_0 = 1.4, in lambda_11",
        "0.3",
        lambda r: float(r["fig3a"].threshold),
    ),
    Claim(
        "Fig. 3, text",
        "Delta_z from which they are degenerate, omega_0 = 1.4: the splitting is zero to 6 digits at 1.7",
        True,
        lambda r: float(r["splitting"].splitting.sel(case=1.4).interp(separation=1.7)) < 1e-6,
        "wrong",
        "the splitting is R Gamma exp(-kappa d)/kappa, small, never zero: 0.0030 at 1.7, half a period of 1039",
    ),
    Claim(
        "Fig. 3, text",
        "energy that Eq. 8 gives there, its maximum in time (Delta_z = 1.7)",
        0.0,
        lambda r: float(r["splitting"].most.sel(case=1.4).interp(separation=1.7)),
        "wrong",
        "the same cause: it is as much as anywhere, only later, 0.0950, and 0.0947 for infinite distance",
        within=0.01,
    ),
    Claim(
        "Fig. 3, text",
        "for 0.3 <= Delta_z < 1.7 the energy oscillates at E_- - E_+ alone (Delta_z = 0.46354: within a tenth of Eq. 8)",
        True,
        lambda r: checks.worst(r) < 1.1,
        "wrong",
        "the cause of what Eq. 8 leaves out: a bound state in the continuum beats with both",
    ),
    Claim(
        "Fig. 3, text",
        "max E(inf) is raised by another frequency: 1.0 before 1.2 before 1.4, at all Delta_z",
        True,
        lambda r: bool((r["fig3b"].most.diff("case") > 0).all()),
    ),
    Claim(
        "abstract, introduction",
        "distance does not make charging inefficient: at 1 lambda_11 the best battery needs less than ten times as long as at "
        "0.1",
        True,
        lambda r: checks.slower(r) < 10,
        "wrong",
        "it keeps as much work (0.256), but the wait pi/(E_- - E_+) grows as exp(kappa d): 15.7, 161, 2758 at 0.1, 0.5, 1",
    ),
]

_WORK = [
    Claim("Fig. 4(a)", "two states are bound for small omega_0, one for large", True, checks.fewer_above),
    Claim(
        "Fig. 4(a)",
        "least number M of bound states on the plane",
        "0",
        lambda r: float(r["fig4a"]["count"].min()),
        "wrong",
        "one: the plus state exists for every omega_0 (the cause of 2.8 in Fig. 2)",
    ),
    Claim(
        "Fig. 4(a)",
        "there are degenerate ones (2D): the least splitting on the plane is zero to rounding (1e-12)",
        True,
        lambda r: float(r["fig4a"].splitting.min()) < 1e-12,
        "wrong",
        "their splitting is never zero (the cause of 1.7 in Fig. 3)",
    ),
    Claim(
        "Fig. 4, text",
        "two bound states do not always give work",
        True,
        lambda r: bool(((r["fig4a"]["count"].values == 2) & (r["fig4b"].work.values == 0)).any()),
        why="work needs |c_2|^2 > 1/2: Delta_z = 0.1, omega_0 < 1.062",
    ),
    Claim(
        "Fig. 4(c), text",
        "good performance over quite a large distance: at 2 lambda_11 no less than 3/4 of that at 0.1",
        True,
        lambda r: float(r["fig4c"].work[-1] / r["fig4c"].work.sel(separation=0.1)) > 0.75,
        why="a plateau at 0.2560, which one must wait for: 2758 at 1 lambda_11",
    ),
    Claim(
        "conclusion",
        "largest stored energy, omega_0 = 1.0, in omega_11 (Delta_z = 0.1)",
        "0.6",
        lambda r: checks.most_energy(1.0, 0.1),
        why="0.567; Delta_z is not said, and up to 0.659 for Delta_z to 0",
    ),
    Claim(
        "conclusion",
        "largest extractable energy, omega_0 = 0.6, in omega_11 (Delta_z = 0.1)",
        "0.3",
        lambda r: checks.most_work(0.6, 0.1),
        why="0.317; the largest of all frequencies is 0.322, at 0.661",
    ),
    Claim("conclusion", "a = b for omega_0 = 1.0, 637 nm, in micrometres", "0.45", lambda r: checks.width(1.0)),
    Claim("conclusion", "a = b for omega_0 = 0.6, 637 nm, in micrometres", "0.27", lambda r: checks.width(0.6)),
    Claim(
        "conclusion",
        "distance in an optical guide, in micrometres (1.7 lambda_11, omega_0 = 1.0)",
        "1",
        lambda r: 1.7 * checks.OPTICAL,
    ),
    Claim(
        "conclusion",
        "distance in a microwave guide, in metres (1.7 lambda_11, omega_0 = 1.0)",
        "0.1",
        lambda r: 1.7 * checks.MICROWAVE,
        "convention",
        "0.18; 0.1 is one wavelength",
        reading=lambda r: checks.MICROWAVE,
    ),
    Claim(
        "conclusion",
        "the scheme extends to several emitters: two chargers that share the excitation give the battery more than one (late "
        "maximum)",
        True,
        lambda r: checks.gains_by_second(r) > 0,
    ),
]

CLAIMS = (*_MODEL, *_FREQUENCY, *_DISTANCE, *_WORK)
