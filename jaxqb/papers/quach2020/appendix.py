"""What the appendix says of two spins, equation by equation, and what is true."""

from ..paper import Claim
from . import checks

HALF = "half the rate that Eq. 2 has with its own L(O): with gamma / 2 in Eq. 2 it agrees (times t become 2t, powers half)"
SIGN = "a phase turns the other way round: by Eq. 2 the element (i, j) of higher energy i has -i omega (and half the rates)"


def _motion() -> list[Claim]:
    """Eqs. 18 to 27."""
    elements = dict(zip(range(18, 28), (11, 22, 33, 44, 12, 13, 14, 23, 24, 34), strict=True))
    lacks = {
        22: "the coupling 2 gamma n rho_24 is missing (and half the rates, omega of the other sign)",
        23: "gamma n must be gamma (n + 1), or rho_13 would not decay at T = 0 (and omega has the other sign)",
        26: "the coupling 2 gamma (n + 1) rho_12 is missing (and half the rates, omega of the other sign)",
    }
    brackets = {25: "; one bracket is never closed"}
    found = []
    for number, element in elements.items():
        says, ours = f"equation of motion of rho_{element}", checks.follows(number)
        if number in lacks:
            found.append(Claim(f"Eq. {number}", says, True, ours, "misprint", lacks[number], reading=checks.is_mended))
        elif number in (24, 27):
            turned = checks.follows(number, "gamma / 2, -omega")
            found.append(Claim(f"Eq. {number}", says, True, ours, "misprint", SIGN, reading=turned))
        elif number == 20:
            found.append(Claim("Eq. 20", says, True, ours, why="the antisymmetric state is dark at every temperature"))
        else:
            why, halved = HALF + brackets.get(number, ""), checks.follows(number, "gamma / 2")
            found.append(Claim(f"Eq. {number}", says, True, ours, "misprint", why, reading=halved))
    return found


APPENDIX = [
    *_motion(),
    *(
        Claim(f"Eq. {number}", f"steady population rho_{i}{i}", True, checks.is_equation(number))
        for i, number in enumerate(range(28, 32), 1)
    ),
    Claim(
        "before Eq. 28",
        "in the steady state there are no coherences",
        True,
        lambda r: float(r["appendix"].coherence.max()) < 1e-12,
        why="of this start; at n = 0 a coherence rho_34 would stay for ever",
    ),
    Claim(
        "Eq. 32",
        "trace of the steady state, n = 0.2",
        1.0,
        lambda r: float(r["appendix"].eq32.sel(occupation=0.2, method="nearest").sum()),
        "misprint",
        "0.79: the dark state must not be divided by 1 + 3n(n + 1); Eqs. 28 to 31 have trace 1",
        within=1e-12,
        reading=lambda r: float(r["appendix"].population.sel(occupation=0.2, method="nearest").sum()),
    ),
    Claim(
        "Appendix, twice",
        "Eq. 3 is Eq. 32 at n = 0",
        True,
        checks.eq32_without_bath(1),
        "misprint",
        "Eq. 4 is (also: the battery is called A in Eqs. 14 to 17)",
        reading=checks.eq32_without_bath(3),
    ),
]
