"""What the paper says, number by number and sentence by sentence, and what is true."""

import numpy as np

from ..paper import Claim
from . import checks, equations
from .checks import PRINTED, at
from .tables import FEW, LIFETIME

HALF = "amplitudes decay at gamma/2, as K and Eq. 3 have it; S2 has gamma"
MIXES = "coupling mixes spins of small gap with neighbours that decay faster: it takes energy at every ratio and time"
EXPONENTIAL = (
    "it is nearly r/(1 + r) (exp((1 - r) gamma_A t) - 1), the answer without coupling, of which a window looks like a power"
)
RATES = "what is kept is kept because the rate falls with the gap"

_MODEL = [
    Claim(
        "before Eq. 2",
        "nothing depends on the frequency of the cavity (gaps shift by 0.3, rates and couplings stay: largest change of E at t = "
        "10)",
        0.0,
        lambda r: checks.moved("normalised_energy"),
        "convention",
        "populations do not; E of Eq. 6, and rates in proportion to Delta_j = omega_j - omega_c, do",
        within=1e-9,
        reading=lambda r: checks.moved("populations"),
    ),
    Claim(
        "Eq. 4, S14",
        "equation of populations, with collective decay (largest difference from Eq. S12, a random state)",
        0.0,
        lambda r: equations.populations_off(0.2),
        within=1e-15,
    ),
    Claim(
        "S13",
        "means by commutators (largest difference, a random jump and state)",
        0.0,
        lambda r: equations.s13_off(),
        within=1e-12,
    ),
    Claim("S15", "equation of neighbours", 0.0, lambda r: equations.pairs_off(True), within=1e-15),
    Claim("S16", "equation of other pairs", 0.0, lambda r: equations.pairs_off(False), within=1e-15),
    Claim(
        "S14, S17, S18",
        "they are a closed set for storage, Gamma = 0 (80 spins, lambda = 0.05, 0.1, 0.2: error of E below 0.01)",
        True,
        lambda r: max(checks.closure_off(r, hopping) for hopping in FEW.values) < 0.01,
        why="for discharge they are not meant: S15 to S18 lack the terms of Gamma, without which no superradiance builds up from "
        "the full chain, E = -0.055 at t = 5, exactly -0.397 (uniform, six spins, Gamma = 0.1)",
    ),
    Claim(
        "S17, S18",
        "the closure is right for large N (80 spins: error of E below 0.001, lambda = 0.05)",
        True,
        lambda r: checks.closure_off(r, 0.05) < 1e-3,
        why="6.3e-5; 7.4e-4 and 5.3e-3 for lambda = 0.1, 0.2; it is as good for six spins",
    ),
    Claim(
        "before Eq. 5, S1",
        "Omega are eigenvalues of K = H_S - ... (largest distance, ten spins)",
        0.0,
        lambda r: equations.spectrum_off(False, empty=-3.125),
        "convention",
        "up to the energy -sum Delta_j/2 that H_S gives the empty chain",
        within=1e-12,
        reading=lambda r: equations.spectrum_off(False),
    ),
    Claim(
        "before Eq. 5, S2",
        "Omega_A,B = Delta - i gamma: S2 gives eigenvalues of K (largest distance, ten spins)",
        0.0,
        lambda r: equations.spectrum_off(True),
        "misprint",
        "Delta - i gamma/2",
        within=1e-12,
        reading=lambda r: equations.spectrum_off(False),
    ),
    Claim(
        "S1",
        "they are all modes, N = 10",
        10.0,
        lambda r: float(len(np.unique(np.round(equations.omegas(*equations.CHAIN, printed=False), 9)))),
        within=0.5,
        why="of an odd chain one more is at Omega_A",
    ),
    Claim(
        "S3, S4",
        "eigenvectors to the right and to the left (K v less Omega v, ten spins)",
        0.0,
        lambda r: equations.vectors_off(printed=True),
        "misprint",
        "theta_k has the same gamma in place of gamma/2; all else is right",
        within=1e-12,
        reading=lambda r: equations.vectors_off(printed=False),
    ),
    Claim("S8 to S10", "sums over modes (difference from Eq. 3)", 0.0, lambda r: equations.sums_off(), within=1e-10),
    Claim(
        "SM I, first sentence",
        "populations and correlations are those of S8 and S10 (both real parts are those of <sigma^z>: -1/2 for spin 10 at t = "
        "0)",
        -0.5,
        lambda r: float(checks.coherence_at_start(r)),
        "misprint",
        "S9 and S10; S8 is <sigma^x>",
        within=1e-9,
        reading=at("fig2a", "site10", chain="dimerised, " + checks.BY[0], time=0.0),
    ),
    Claim(
        "before Eq. 5",
        "jumps do not contribute in this sector (they add nothing to its trace)",
        True,
        lambda r: equations.jumps_left_out()[1] == 0,
        "convention",
        "not to blocks with an excitation; the empty chain gains",
        reading=lambda r: equations.jumps_left_out()[0] == 0,
    ),
    Claim(
        "before Eq. 5",
        "the slowest decay of all belongs to this sector (three spins: smallest rate of Eq. 3 less that of K)",
        0.0,
        lambda r: float(np.subtract(*equations.slowest())),
        within=1e-9,
        why="coherence with the empty chain; populations decay at twice that rate",
    ),
]

_SINGLE = [
    Claim(
        "before Eq. 5, S1",
        "decay rate of the uniform chain, over Delta_A",
        "0.05",
        at("figS1", "uniform", of="uniform, " + checks.BY[0], mode=10),
        "misprint",
        HALF,
        rule="round",
        within=1e-9,
        reading=at("figS1", "uniform", of=f"uniform, {PRINTED}", mode=10),
    ),
    Claim(
        "S1",
        "in both bands decay is slower than in the uniform chain, for all k",
        True,
        lambda r: checks.slower(r),
        why="by up to 1.3 percent in the upper band, which belongs to the larger gaps; by 4 in the lower one",
    ),
    Claim(
        "before Eq. 5, S1",
        "1/gamma is the storage time of the uniform chain (to 1/e of the energy, 80 full spins)",
        1.0,
        lambda r: checks.storage(r) / LIFETIME,
        within=1e-6,
    ),
    Claim(
        "S1",
        "so the dimerised chain has a much longer one (the inverse of the slowest rate: at least twice as long)",
        True,
        lambda r: checks.longer(r) > 2,
        why="4.0 times; but to 1/e of its energy the full chain lasts only 1.27 times as long, as four fifths are in spins that "
        "decay like those of the uniform chain",
    ),
    Claim(
        "S1",
        "two bands remain without coupling, as Omega_A and Omega_B differ",
        True,
        lambda r: checks.two_bands(),
    ),
    Claim(
        "Fig. 2(a), text",
        "in the uniform chain the population falls exponentially at first (its rate at t = 8 is that at 1, to 10 percent)",
        True,
        lambda r: abs(checks.rate_of_uniform(r, 8.0) / checks.rate_of_uniform(r, 1.0) - 1) < 0.1,
        "wrong",
        "Eq. 4 cancels in states that are the same everywhere; this one spreads: 0.006 are left at t = 20, not 0.37",
    ),
    Claim(
        "Fig. 2(a), text",
        "in the uniform chain, close to nothing is left at t = 25 (less than 0.1)",
        True,
        lambda r: checks.left_of_uniform(r, 25.0) < 0.1,
        why="0.070 (printed Omega: 0.020), since the excitation runs away: without coupling 0.29 would be left",
    ),
    Claim(
        "Fig. 2(a), text",
        "in the dimerised chain the population falls more slowly (t = 25)",
        True,
        lambda r: checks.lost(r) < 1 - checks.left_of_uniform(r, 25.0),
    ),
    Claim(
        "Fig. 2(a), text",
        "part that has decayed by t = 25",
        "0.4",
        lambda r: checks.lost(r),
        "wrong",
        "not reproduced, cause unknown: 0.29, or 0.49 by the printed Omega; no coupling from 0 to 0.1 gives 0.4 together with a "
        "largest contrast at 30. Other parameters than the printed ones do: gap ratio 0.4, lambda = 0.02 (reading)",
        within=0.05,
        reading=lambda r: checks.of_other_chain(r, "by_then"),
    ),
    Claim(
        "before Fig. 2, text",
        "basic features do not depend on the start (spins 9, 10 or 11 and the next but one: more is left of the first than in "
        "the uniform chain at all t up to 25)",
        True,
        lambda r: checks.slower_from_all(),
        why="but how much is left does: 0.71 by t = 25 in spins of the small gap, 0.29 in those of the large one",
    ),
    Claim(
        "introduction",
        "correlations slow the decay of spin 10 (more is left at t = 25 than without coupling)",
        True,
        lambda r: checks.lost(r) < checks.lost(r, f"{checks.BY[0]}, without coupling"),
        "wrong",
        "0.711 is left, and 0.732 without coupling; " + RATES,
    ),
    Claim(
        "Fig. 2(b), text",
        "population and correlation oscillate with one period (ratio of periods)",
        1.0,
        lambda r: checks.periods(r),
        within=0.01,
        why="8.15 both",
    ),
    Claim(
        "Fig. 2(b), text",
        "in the uniform chain correlations hardly matter for populations (t = 25: left to 20 percent as without coupling)",
        True,
        lambda r: abs(checks.left_of_uniform(r, 25.0) / 0.2865 - 1) < 0.2,
        "wrong",
        "0.070 in place of 0.287: their imaginary part, not zero, carries the excitation away",
    ),
    Claim(
        "after Fig. 3, (i)",
        "when the populations of Fig. 2(a) differ most",
        "30",
        lambda r: checks.when_most(r),
        "wrong",
        "not reproduced, cause unknown: 16.5 (printed Omega: 15.1), and 37 without coupling; at a gap ratio of 0.4 and lambda = "
        "0.02, where 40 percent decay by t = 25, it is 29.7 (reading)",
        within=5.0,
        reading=lambda r: checks.of_other_chain(r, "when"),
    ),
    Claim(
        "S2",
        "antiphase at small ratios (correlation below -0.95, r = 0.1 and 0.2)",
        True,
        lambda r: max(checks.antiphase(r, x) for x in (0.1, 0.2)) < -0.95,
        why="-0.961 and -0.954; by the printed Omega -0.994 and -0.991",
    ),
    Claim(
        "S2",
        "it is obscure at 0.8 (correlation above -0.8)",
        True,
        lambda r: checks.antiphase(r, 0.8) > -0.8,
        why="-0.67; by the printed Omega -0.75",
    ),
]

_ENERGY = [
    Claim(
        "after Eq. 4",
        "the uniform chain decays exponentially, each spin by itself (largest error of 2 exp(-gamma t) - 1, 80 spins)",
        0.0,
        checks.uniform_off,
        within=1e-8,
        why="exactly, for any number of spins and any coupling, ends included",
    ),
    Claim(
        "after Eq. 4",
        "while its correlations are not zero (the full chain)",
        True,
        lambda r: checks.correlations_of_uniform(r) > 1e-9,
        "wrong",
        "the full chain, from which storage begins, is a product state at all times; other states that are the same everywhere "
        "have correlations",
    ),
    Claim(
        "before Fig. 3",
        "for large N the energy tends to the ergotropy (full uniform chain: largest difference of E_u and W over the capacity up "
        "to t = 13)",
        0.0,
        checks.work_off,
        within=1e-9,
        why="for every N, but only up to t = 13.86, from when on E_u is negative and W zero; and not of the dimerised chain, "
        "whose W is 0.72 where E_d is 0.62 (t = 5)",
    ),
    Claim(
        "Fig. 3, (i)",
        "the dimerised chain preserves more energy than the uniform one (by Eq. 6, at all t up to 100)",
        True,
        lambda r: bool((r["figS4"].more[1:] > 0).all()),
        why="more of what it held, which was less: per spin it has less up to t = 37",
    ),
    Claim(
        "Fig. 3, (i)",
        "the relative excess is monotonic in time (up to t = 100)",
        True,
        lambda r: checks.rises(r["signs"].printed_all, "time"),
        "convention",
        "no range of time is given: that of Eq. 6 rises up to its pole at t = 20 ln 2 = 13.86, and is negative afterwards; of "
        "energies from the empty chain, (E_d - E_u)/(E_u + 1) rises all the time",
        reading=checks.monotonic,
    ),
    Claim(
        "Fig. 3, (i)",
        "the absolute excess turns over",
        True,
        lambda r: checks.has_summit(r["figS4"].more, "time"),
        why="at t = 36.06, 0.1843; without coupling at 36.97, 0.1890",
    ),
    Claim(
        "Fig. 3, (i), S5",
        "exponent of the relative excess at long times (Eq. 6, t from 5 to 13, just before its pole)",
        "1.5",
        lambda r: checks.power(r["signs"].printed_all, 5.0, 13.0),
        "convention",
        "3.0, and from the empty chain 2.9 (50 to 100). No range of time is given: by Eq. 6 it is 1.50 from 1 to 10, and from "
        "the empty chain 1.46 from 10 to 40, as " + EXPONENTIAL,
        reading=checks.fitted,
    ),
    Claim(
        "S5",
        "it is a power law at longer times (from the empty chain the local exponent changes by less than 0.2 in a window of "
        "ours, t = 50 to 100)",
        True,
        lambda r: abs(checks.local_exponent(r, 100.0) - checks.local_exponent(r, 50.0)) < 0.2,
        "wrong",
        "it rises all the time, 1.09, 1.50, 2.19, 3.77 at t = 5, 24, 50, 99 (by Eq. 6 1.55 and 3.54 at t = 5 and 10): "
        + EXPONENTIAL,
    ),
    Claim(
        "Fig. 3, (i), SM III",
        "E_d / E_u is what grows so (exponent of t from 10 to 40)",
        "1.5",
        lambda r: checks.power(1 + r["fig3"].shifted, 10.0, 40.0),
        "misprint",
        "(E_d - E_u)/E_u, as the caption of S5 has it; the ratio itself has exponents from 0 to 3.3",
        reading=lambda r: checks.power(r["fig3"].shifted, 10.0, 40.0),
    ),
    Claim(
        "Fig. 3, (ii), abstract",
        "the relative excess does not depend on N (4 to 80 spins: to 1 percent up to t = 50)",
        True,
        lambda r: checks.spread(r) < 0.01,
        why="but for a term of the ends, 0.035/N at t = 50; without coupling it is so by definition",
    ),
    Claim(
        "Fig. 3, (iii)",
        "it is not monotonic in the gap ratio, largest at an intermediate one",
        True,
        lambda r: checks.has_summit(r["fig3"].by_ratio, "ratio"),
        why="at 0.384, 0.323, 0.268, 0.172 for t = 10, 30, 50, 100: which ratio is best depends on the time",
    ),
    Claim(
        "Fig. 3, (iii)",
        "which would not be so if rates alone had changed (without coupling it is monotonic in the ratio)",
        True,
        lambda r: not checks.has_summit(checks.free_by_ratio(), "ratio"),
        "wrong",
        "r/(1 + r) (exp((1 - r) gamma_A t) - 1) is zero at 0 and 1, and so near that the best ratio is 0.384 either way at t = "
        "10",
    ),
    Claim(
        "abstract, Fig. 3, (iii)",
        "correlations protect energy (E with coupling is above E without at some ratio and time)",
        True,
        lambda r: float(r["protection"].most.max()) > 1e-9,
        "wrong",
        MIXES + ", by up to 0.0065 at r = 0.25; 0.023 and 0.062 for lambda = 0.1, 0.2",
    ),
    Claim(
        "before Fig. 2, (Structure engineering)",
        "gaps change rates, and that alone makes decay slower (E_d > E_u without coupling, r = 0.25)",
        True,
        lambda r: bool((r["exponent"].free_excess[1:] > 0).all()),
        why="this is all of the effect",
    ),
    Claim(
        "after Eq. 4",
        "a second gap may also make decay faster (ratio 2: E_d < E_u, without coupling)",
        True,
        lambda r: checks.faster(2.0),
    ),
    Claim(
        "S3",
        "population and energy behave almost the same (largest difference below 0.01)",
        True,
        lambda r: checks.hopping_energy() < 0.01,
        why="the hopping energy, at most 0.0099 of half the capacity, and never positive",
    ),
    Claim(
        "S3, caption",
        "the inset shows an excess energy",
        True,
        lambda r: "energy" in r["figS3"].by_ratio.attrs["long_name"],
        "misprint",
        "an excess population, if it is of what the figure shows (our copy has no pictures)",
        reading=lambda r: "population" in r["figS3"].by_ratio.attrs["long_name"],
    ),
    Claim(
        "S4, caption and text",
        "what is subtracted is E_h",
        True,
        lambda r: "E_h" in r["figS4"].more.attrs["symbol"],
        "misprint",
        "E_u",
        reading=lambda r: "E_u" in r["figS4"].more.attrs["symbol"],
    ),
]

_CAVITY = [
    Claim(
        "S11",
        "a = -2i eta J/(kappa + i Delta): of one spin, relative error (kappa = 20, eta^2 = 0.1, Delta = 10)",
        0.0,
        lambda r: checks.s11_off(printed=True),
        "misprint",
        "kappa - 2i Delta: a is 0.0158 - 0.0158i, as printed -0.0126 - 0.0253i",
        within=0.01,
        reading=lambda r: checks.s11_off(printed=False),
    ),
    Claim(
        "S12",
        "Gamma = 4 eta^2/kappa (rate of one spin over it, times 1 + 4 Delta^2/kappa^2 where Delta is not small)",
        1.0,
        lambda r: checks.eliminated()[1] / (4 * checks.ETA**2 / checks.KAPPA) * 2,
        within=0.01,
    ),
    Claim(
        "S11, S12",
        "a cavity that loses light fast may be eliminated (three spins, kappa = 80, Gamma = 0.2: E to 0.02)",
        True,
        lambda r: float(r["cavity"].off_few.sel(kappa=80)) < 0.02,
        why="0.17, 0.043, 0.011 for kappa = 5, 20, 80: the error falls as 1/kappa",
    ),
    Claim(
        "before Eq. 3",
        "that the chain is full is assumed; a cavity can fill it (three spins, six photons, and eta = 3 of ours: to 5 percent)",
        True,
        lambda r: float(r["cavity"].charged.min("chain")[-1]) > 0.95,
        why="where the coupling is far above the gaps, which are detunings in Eq. 1: at eta = 0.05 less than 0.1 is filled",
    ),
    Claim(
        "after S14",
        "discharge is superradiant: faster than by gamma + Gamma alone (uniform, six spins, Gamma = 0.1, t = 5)",
        True,
        lambda r: checks.discharged(r) < -0.06,
        why="-0.397 for six spins; 2 exp(-(gamma + Gamma) t) - 1 is -0.055",
    ),
]

CLAIMS = (*_MODEL, *_SINGLE, *_ENERGY, *_CAVITY)
