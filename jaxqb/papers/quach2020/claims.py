"""What the paper says, number by number and sentence by sentence, and what is true."""

import numpy as np

from ..paper import Claim
from . import checks
from .appendix import APPENDIX
from .checks import at, falls, rises

COPY = "; may be our copy's"
KEPT_J = (
    "the start has M = j_C - j_B > 0, and dark states have M = -J <= 0: they never overlap unless N_C = N_B; what protects "
    "the energy is that J is conserved, so each J ends in its own dark state"
)
LIMIT = "1: of many cells nothing is lost but (2R - 1)/((R - 1)^2 N_B); 1/2 is the limit of <J^z>/N_B (or of E for R = 1)"


_MODEL = [
    Claim(
        "Eq. 1",
        "R is made of r_k^+, so that J^+ R absorbs from the bath, as Eq. 2 has it",
        True,
        lambda r: checks.conserves(counter_rotating=True),
        "misprint",
        "J^+ r^+ creates two quanta; R must hold r_k" + COPY,
        reading=lambda r: checks.conserves(counter_rotating=False),
    ),
    Claim(
        "Eq. 1, rho_R",
        "the energy of the bath is E_k r_k^+",
        True,
        lambda r: checks.is_hermitian(printed=True),
        "misprint",
        "not Hermitian: r_k is missing" + COPY,
        reading=lambda r: checks.is_hermitian(printed=False),
    ),
    Claim("Eq. 3", "the start is half symmetric, half antisymmetric, with both coherences", True, checks.starts_even),
    Claim("after Eq. 3", "the antisymmetric state is not coupled to the bath", True, checks.is_dark),
    Claim("Eq. 4", "two spins end half in the ground state, half dark, and rest there", True, checks.is_at_rest),
    Claim("Eq. 5", "<J_C^z>, in hbar", -0.25, lambda r: r["appendix"].charger[0], within=1e-12),
    Claim("Eq. 5", "<J_B^z>, in hbar", -0.25, lambda r: r["appendix"].battery[0], within=1e-12),
    Claim(
        "after Eq. 5, Eq. 7",
        "energy that one charger spin gives one cell, in hbar omega",
        0.25,
        at("fig2", "kept_by_ratio", n_battery=1, ratios=1),
        within=1e-12,
    ),
    Claim(
        "Sec. III",
        "for the effect the start must overlap with dark states, and with a full charger and an empty battery it does (R = 2)",
        True,
        lambda r: checks.overlap(1, 2) > 0,
        "wrong",
        KEPT_J,
    ),
    Claim("Sec. III", "that overlap where N_C = N_B = 1", 0.5, lambda r: checks.overlap(1, 1), within=1e-12),
    Claim("Eq. 13", "<J^z> of either spin at every temperature", 0.0, checks.eq13, within=1e-12),
    Claim(
        "Eq. 13",
        "at high temperature it vanishes",
        True,
        lambda r: rises(r["appendix"].battery, "occupation") and float(r["appendix"].battery[-1]) > -0.031,
        why="as -1/(6n)",
    ),
]

_CAPACITY = [
    Claim(
        "Eq. 6",
        "the energy of an empty battery is zero in every unit of hbar",
        0.0,
        lambda r: checks.empty_energy(hbar=2.0, half=0.5),
        "misprint",
        "J^z carries hbar in Eqs. 2 and 5, so 1/2 must be hbar/2",
        within=1e-12,
        reading=lambda r: checks.empty_energy(hbar=2.0, half=1.0),
    ),
    Claim(
        "Fig. 2(a), text", "the energy of the charger falls all the time", True, lambda r: falls(r["fig2"].charger_energy, "mark")
    ),
    Claim("Fig. 2(a), text", "the battery's energy rises all the time", True, lambda r: rises(r["fig2"].energy, "time")),
    Claim(
        "Fig. 2(b), text",
        "the steady energy per cell grows with N_B, R = 2, 5, 10",
        True,
        lambda r: rises(r["fig2"].kept, "cells"),
    ),
    Claim("Fig. 2(b), text", "the larger R, the flatter", True, checks.flattens),
    Claim("Fig. 2(c)", "the steady energy per cell grows with R", True, lambda r: rises(r["fig2"].kept_by_ratio, "ratios")),
    Claim(
        "abstract, Sec. IV",
        "capacity is superextensive: one battery of M cells keeps more than M of one cell",
        True,
        checks.outgrows,
        why="of one charger for all cells against a charger of R spins for each; the excess saturates, since no cell holds "
        "more than hbar omega",
    ),
    Claim(
        "Sec. IV",
        "limit of the energy per cell for R to infinity, in hbar omega (one cell, R = 10^6)",
        0.5,
        at("limits", "energy_of_one", chargers=1e6),
        "misprint",
        "1: for one cell it is (R/(R + 1))^2; 1/2 is the limit of <J^z>/N_B",
        within=1e-5,
        reading=lambda r: float(r["limits"].energy_of_one.sel(chargers=1e6)) - 0.5,
    ),
    Claim(
        "Sec. IV",
        "limit of the energy per cell for N_B to infinity and R > 1, in hbar omega (R = 2, a million cells)",
        0.5,
        at("limits", "energy", ratio=2, cells=1e6),
        "misprint",
        LIMIT,
        within=1e-5,
        reading=checks.moment,
    ),
    Claim(
        "abstract, Fig. 2(d), text",
        "the largest power per cell grows with N_B",
        True,
        lambda r: rises(r["fig2"].max_power, "cells"),
        why="at fixed R, as stated; with 60 charger spins for 1 to 50 cells it falls, from 23.3 to 5.0: what grows is the "
        "superradiance of the surplus N_C - N_B",
    ),
    *(
        Claim(
            "abstract, Sec. IV, Fig. 2(e)",
            f"exponent of the largest power per cell in N_B, R = {ratio}",
            1.0,
            checks.power_exponent(ratio),
            within=0.01,
            why="over 1 to 12 cells; exactly 1 only for N_B to infinity: 0.1957 of 2 gamma (N_C - N_B)",
        )
        for ratio in (5, 10)
    ),
    Claim(
        "abstract, Sec. IV, Fig. 2(e)",
        "exponent of the largest power per cell in N_B, R = 2",
        1.0,
        checks.power_exponent(2),
        "wrong",
        "linear, not proportional: 0.18 + 0.39 N_B, and 0.88 over 1 to 12 cells; for R = 1 it tends to 1/2",
        within=0.01,
    ),
    Claim(
        "Sec. V",
        "the largest power per cell is linear in N_B, R = 2, 5, 10 (a line explains 0.9999 of the variance)",
        True,
        lambda r: all(checks.straightness(row.cells, row) > 0.9999 for row in r["fig2"].max_power.transpose("ratio", ...)),
    ),
    Claim(
        "Fig. 2(f)",
        "the largest power per cell grows with R",
        True,
        lambda r: rises(r["fig2"].max_power_by_ratio, "ratios"),
        why="linearly in R - 1",
    ),
    Claim(
        "Sec. V",
        "the figure of the largest power against R is 2(d)",
        True,
        lambda r: "ratios" in r["fig2"].power.dims,
        "misprint",
        "it is 2(f)",
        reading=lambda r: "ratios" in r["fig2"].max_power_by_ratio.dims,
    ),
]

_WORK = [
    Claim(
        "before Eq. 10",
        "the populations are ordered r_1 < r_2 < .., which gives the least energy",
        True,
        lambda r: checks.least_energy(1),
        "misprint",
        "so they give the largest; decreasing, as the words have it, means r_1 > r_2 > .." + COPY,
        reading=lambda r: checks.least_energy(-1),
    ),
    Claim(
        "Eq. 10",
        "least energy of an empty cell, in hbar omega, which Eq. 9 takes from E_B",
        0.0,
        lambda r: checks.empty_energy(hbar=1.0, half=0.0),
        "misprint",
        "the 1/2 of Eq. 6 is missing: an empty battery would have work 1/2",
        within=1e-12,
        reading=lambda r: checks.empty_energy(hbar=1.0, half=0.5),
    ),
    Claim(
        "Sec. IV, Fig. 3(a)",
        "one cell, R = 5: no work until E_B > 1/2",
        True,
        checks.work_needs_half("work", "stored", size=1),
    ),
    Claim(
        "Sec. IV, Fig. 3",
        "work can only be extracted where <J_B^z> > 0 (two cells, R = 5)",
        True,
        checks.work_needs_half("work", "stored", size=2),
        "wrong",
        "only of one cell: within the collective spin two cells yield work from E_B = 0.377 on, ten from 0.240 on, and with all "
        "unitaries, as Eq. 9 says, two and more do from the first moment on",
    ),
    Claim(
        "Fig. 3 caption",
        "one cell, R = 1: no work at any time",
        True,
        lambda r: float(abs(r["fig3"].work_by_ratio.sel(ratio=1)).max()) < 1e-12,
    ),
    Claim(
        "Fig. 3 caption",
        "because its energy is negative",
        True,
        lambda r: bool((r["fig3"].stored_by_ratio.sel(ratio=1, time=slice(0.1, None)) < 0).all()),
        "misprint",
        "<J_B^z> is; E_B, as Eq. 6 defines and the figure draws it, is between 0 and 1/4",
        reading=lambda r: bool((r["fig3"].stored_by_ratio.sel(ratio=1) < 0.5).all()),
    ),
    Claim(
        "Sec. IV, Fig. 3(a)",
        "work tends to the energy as N_B grows (1 - W/E falls to below 0.03 at 20 cells)",
        True,
        lambda r: rises(r["fig3"].part, "cells") and float(r["fig3"].part.sel(cells=20)) > 0.97,
        why="in both spaces; of the energy missing from 1, once more as much is missing from the work",
    ),
    Claim("Sec. IV, Fig. 3(b)", "work tends to the energy as R grows", True, checks.all_work),
]

_ENTANGLEMENT = [
    Claim(
        "Fig. 4(a), text",
        "where there is more energy there is more entanglement, N_B = 1, 2, 3",
        True,
        lambda r: (
            rises(r["fig4"].entanglement.sel(time=slice(0.01, None)), "n_battery")
            and rises(r["fig4"].energy.sel(time=slice(0.1, None)), "n_battery")
        ),
    ),
    Claim(
        "Fig. 4(b), abstract",
        "energy and entanglement are correlated in time (correlation at least 0.9)",
        True,
        lambda r: checks.correlation("entanglement", "energy")(r) > 0.9,
        why="not one for one: S_B of three cells passes its steady value 0.9058 (0.9081) while E_B still rises",
    ),
    Claim(
        "Fig. 4(c)",
        "steady entanglement grows with N_B, R = 2, 3, 5",
        True,
        lambda r: rises(r["fig4"].kept_entanglement, "cells"),
        why="but it saturates for R > 1, at 1.969, 1.497 and 1.135 bits, while the capacity grows on",
    ),
    Claim(
        "Fig. 4(d), text",
        "steady energy and entanglement are correlated over N_B (correlation at least 0.9)",
        True,
        lambda r: checks.correlation("kept_entanglement", "kept")(r) > 0.9,
    ),
    Claim(
        "Fig. 4(d), text",
        "at one steady energy there is the less entanglement the larger R (E_B = 0.8)",
        True,
        lambda r: bool((np.diff(checks.entanglement_at(0.8)(r)) < 0).all()),
    ),
    Claim(
        "Sec. V",
        "steady entanglement falls with R from R = 2 on, one and two cells",
        True,
        lambda r: falls(r["fig4"].kept_by_ratio.sel(n_battery=[1, 2], ratios=slice(2, None)), "ratios"),
        "wrong",
        "it grows up to R = 5 for one cell and up to R = 3 for two, and falls from there",
    ),
    Claim(
        "Sec. V",
        "it does from R = 2 on for three cells",
        True,
        lambda r: falls(r["fig4"].kept_by_ratio.sel(n_battery=3, ratios=slice(2, None)), "ratios"),
    ),
]

_ENTANGLEMENT += [
    Claim(
        "Fig. 5 caption",
        "where there is power there is entanglement rate, R = 50 (the middle 90 percent of it lie within those of the rate)",
        True,
        checks.both_alive,
        why="the rate, 2 gamma/ln 2 (sqrt(N_C^2 + N_B N_C) - N_C) at the start, is earlier and lasts longer: one cell has power "
        "from gamma t = 0.020 to 0.090, and rate from 0.011 to 0.132",
    ),
    Claim(
        "Sec. V",
        "the entanglement rate of one cell has more than one local maximum, R = 50",
        True,
        lambda r: float(r["fig5"].peaks) > 1,
        why="three: 5.561 at gamma t = 0.0996, and two jumps up, to 5.424 at 0.1043 and to 6.159 at 0.1058, where eigenvalues "
        "of the partial transpose change sign",
    ),
    *(
        Claim(
            "Fig. 5(c), text",
            f"the largest entanglement rate is linear in N_B, R = {ratio} (a line explains 0.99 of the variance)",
            True,
            lambda r, ratio=ratio: checks.straightness(r["fig5"].cells, r["fig5"].max_rate.sel(ratio=ratio)) > 0.99,
            why="straight, not proportional",
        )
        for ratio in (3, 5, 10)
    ),
    Claim(
        "Sec. V, Fig. 5(c)",
        "the largest local maximum of the entanglement rate comes after the largest power, R = 3, 5, 10",
        True,
        lambda r: bool((r["fig5"].lag > 0).all()),
        why="of local maxima, as stated; for R = 3 and 5, and one cell with R = 10, the rate is larger still at t = 0+, before "
        "any power",
    ),
    Claim("Fig. 5(d), text", "the lag falls with R", True, lambda r: falls(r["fig5"].lag, "ratio")),
    *(
        Claim(
            "Fig. 5(d), text",
            f"the lag falls with N_B, R = {ratio}",
            True,
            lambda r, ratio=ratio: falls(r["fig5"].lag.sel(ratio=ratio), "cells"),
        )
        for ratio in (5, 10)
    ),
    Claim(
        "Fig. 5(d), text",
        "the lag falls with N_B, R = 3",
        True,
        lambda r: falls(r["fig5"].lag.sel(ratio=3), "cells"),
        "wrong",
        "it grows from 0.1384 (3 cells) to 0.1425 (4): at one and two cells the largest rate stands at a jump",
    ),
    Claim(
        "Sec. V",
        "the lag vanishes for large N_B or R (four cells, R = 10, against one cell, R = 3: less than a tenth)",
        True,
        lambda r: float(r["fig5"].lag.sel(ratio=10, cells=4) / r["fig5"].lag.sel(ratio=3, cells=1)) < 0.1,
    ),
    Claim("Sec. V", "the largest entanglement rate grows with R", True, lambda r: rises(r["fig5"].max_rate, "ratio")),
]

_STORAGE = [
    Claim(
        "abstract, Sec. VIII",
        "the charged battery is in a steady state and stable in an open system",
        True,
        lambda r: checks.is_at_rest(r) and float(abs(r["fig2"].power.isel(time=-1).sel(n_battery=3))) < 1e-2,
        why="against the bath of Eq. 2; if each spin also decays (or dephases) by itself at a rate kappa, half of it is gone "
        "after 0.69/kappa under decay, however many cells there are: as long as a single spin lasts (R = 5, under dephasing: "
        "0.59/kappa for one cell, 0.95/kappa for two)",
    ),
    Claim(
        "Sec. IV",
        "without its charger the battery discharges superextensively: its largest power per cell grows with N_B",
        True,
        lambda r: rises(r["discharge"].power.max("time"), "size"),
    ),
    Claim(
        "Sec. IV",
        "once dephased it discharges at the rate of a single spin (three cells, within a hundredth of hbar omega per cell)",
        True,
        lambda r: float(abs(r["discharge"].energy_dephased - r["discharge"].alone).sel(size=3).max()) < 0.01,
        "wrong",
        "only at first: the common bath makes new coherence, so that it is faster, and some energy is left for ever in singlets",
    ),
]

_TEMPERATURE = [
    Claim(
        "Fig. 6(a), text",
        "the warmer, the less energy is transferred",
        True,
        lambda r: falls(r["fig6"].energy.isel(time=-1), "temperature"),
        why="of what stays; at first a warm battery charges faster, P_B(0) = 2 gamma n",
    ),
    Claim("Fig. 6(b)", "all steady energies tend to 1/2 at high temperature", True, checks.towards_half),
    Claim("Fig. 6(b), text", "R = 1 rises with temperature", True, lambda r: checks.warms(r, 1)),
    Claim(
        "Sec. VI",
        "warmth lowers the steady energies above 1/2 (R = 3, 4), more than R = 3",
        True,
        lambda r: falls(r["fig6"].kept.sel(ratio=[3, 4]), "temperatures", 1e-12),
        why="R = 3 as well; of many spins those with N_C > N_B + 2 stay above 1/2",
    ),
    Claim(
        "Sec. VI",
        "R = 2 does both",
        True,
        lambda r: float(r["fig6"].slope.sel(ratio=2).min()) < -0.01 < 0.01 < float(r["fig6"].slope.sel(ratio=2).max()),
        why="from 4/9 at T = 0 it falls to 0.4344 at k_B T = 0.60 hbar omega, and rises from there",
    ),
    Claim(
        "Sec. II, Fig. 6(b)",
        "from a battery as warm as the bath, R = 3 and 4 fall towards 1/2 as they warm",
        True,
        lambda r: falls(r["fig6"].kept_if_warm.sel(ratio=[3, 4]), "temperatures", 1e-12),
        "convention",
        "then they dip below 1/2 and come back; Eqs. 13 and 28 to 32 and all that is said of Fig. 6 hold for a battery that "
        "begins in its ground state",
        reading=lambda r: falls(r["fig6"].kept.sel(ratio=[3, 4]), "temperatures", 1e-12),
    ),
    Claim(
        "Fig. 6(d), text",
        "work vanishes at high temperature, one cell, R = 4",
        True,
        checks.work_goes("hot_work", 1),
    ),
    Claim(
        "Fig. 6(d), text",
        "work, by all unitaries as Eq. 9 has it, vanishes at high temperature, three cells, R = 4",
        True,
        checks.work_goes("hot_work_full", 3),
        "convention",
        "of unitaries within the collective spin it does (N_B is not said); hot Dicke levels are not passive among all 2^N_B",
        reading=checks.work_goes("hot_work", 3),
    ),
    Claim("Fig. 6(c), text", "for R = 3, 4 the decline is greatest at low temperature", True, checks.steepest),
    Claim(
        "Sec. VI",
        "for R = 1 the source shifts from the charger to the bath as it warms",
        True,
        lambda r: rises(checks.own_share(r), "temperatures"),
        why="what the bath alone would give is 0 at T = 0 and 0.98 of it at k_B T = 5 hbar omega",
    ),
    Claim(
        "Sec. VI, Fig. 6 caption",
        "thermal fluctuations destroy dark states: the weight of what J^- takes to zero falls, R = 2, 3, 4",
        True,
        lambda r: all(np.all(np.diff([checks.dark_weight(ratio, t) for t in (0.0, 0.6, 2.0, 5.0)]) < 0) for ratio in (2, 3, 4)),
        why="1, 0.83, 0.57, 0.48 at k_B T = 0, 0.6, 2, 5 hbar omega for R = 2; each J keeps its weight, and its ladder warms",
    ),
    Claim(
        "Sec. VI, Fig. 6 caption",
        "so they do for R = 1: the dark population of two spins falls with temperature",
        True,
        lambda r: falls(r["appendix"].population.sel(state="dark"), "occupation"),
        "wrong",
        "by Eqs. 20 and 30 the singlet keeps 1/2; what warms is the ground state, which holds no energy",
    ),
    Claim(
        "Sec. VI",
        "that R = 1 rises with temperature is shown in Fig. 3",
        True,
        lambda r: "temperatures" in r["fig3"].work_by_ratio.dims,
        "misprint",
        "in Fig. 6",
        reading=lambda r: "temperatures" in r["fig6"].kept.dims,
    ),
]

CLAIMS = (*_MODEL, *APPENDIX, *_CAPACITY, *_WORK, *_ENTANGLEMENT, *_STORAGE, *_TEMPERATURE)
