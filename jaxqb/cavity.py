"""A chain of spins in a cavity, whole: to charge it, to discharge it, and to see how good the limit of a bad cavity is."""

from functools import reduce
from typing import Any, cast

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from .batteries import OpenBattery, single_excitation
from .batteries.spins import AbstractSpinChain
from .errors import FieldError, fail, shown
from .fields import numbers, traced, vanishes

LARGEST = 512  # levels of chain and cavity together, whose operators are dense matrices


class Cavity(OpenBattery):
    """A chain with so many `levels` of light, of which it may need `enough`."""

    levels: int | None = eqx.field(static=True, default=None)
    enough: int | None = eqx.field(static=True, default=None)

    @property
    def modes(self) -> int | None:
        """All levels, if there are too few."""
        return None if self.levels == self.enough else self.levels

    def polarisation(self, state: Any) -> Any:
        """``<sigma^z>`` of each spin, from first to last, shape (n,)."""
        n = len(state.gap).bit_length() - 1  # of 2^n levels
        chances = jnp.diagonal(state.battery().m).reshape((2,) * n)  # in M a density matrix has its own diagonal
        return jnp.stack([2 * jnp.sum(jnp.take(chances, 1, axis=j)) - 1 for j in range(n)])

    def kept(self) -> int:
        """The largest number of photons."""
        return cast(int, self.levels) - 1

    def widened(self) -> "Cavity":
        """As if there were enough levels, for there is no need to try."""
        wider = self.put()
        object.__setattr__(wider, "levels", self.enough)
        return wider


def in_cavity(
    chain: Any,
    coupling: Any,
    frequency: Any = 0.0,
    loss: Any = 0.0,
    photons: Any = 0,
    cutoff: Any = None,
) -> Cavity:
    r"""The spins of a chain and a mode of light, which they exchange excitations with; the battery is the chain.

    .. math:: H = H_S + \omega\, a^+a + \eta \sum_j (\sigma^-_j a^+ + \sigma^+_j a), \quad
              \dot\rho = -i[H, \rho] + \kappa D[a]\rho + \text{(decay of the chain)}

    The chain (`SpinChain`) brings its Hamiltonian H_S, its decay and its start. If its gaps are those from the light, as in the
    source, the frequency of the mode is 0. For a large loss the mode follows the spins, which then decay collectively:
    ``<a> = -2i eta <J> / (kappa - 2i delta)`` for spins of gap delta above the mode, and `collective_decay` is
    ``4 eta^2 kappa / (kappa^2 + 4 delta^2)``; the error falls as 1 / kappa while that is kept.

    Args:
        chain: a `SpinChain` or `DimerChain` of few spins.
        coupling: eta, of each spin.
        frequency: omega, of the mode, on the scale of the gaps.
        loss: kappa, the rate at which photons are lost.
        photons: how many there are at the beginning.
        cutoff: the largest number of photons that is kept; None: with all excitations in the mode, which is exact. Where fewer
            prove too few, the status says so.

    Coupling, frequency, loss and what the chain consists of may be traced and differentiated.

    Returns:
        A kind of `OpenBattery`, of ``2^n (cutoff + 1)`` levels, the chain its first factor, spins from first to last.

    Raises:
        FieldError: for a value no cavity can have, and for more than 512 levels.
        CutoffError: by `evolve` and other verbs, where the last level of light is filled.

    Source: Liu et al., "Boosting quantum battery performance by structure engineering", Eqs. 1, 2 and S11 (where the
    detuning has another factor).

    Two equal spins share a photon as one that is coupled more strongly by a factor of the root of 2:

    >>> import jaxqb as qb
    >>> import numpy as np
    >>> chain = qb.SpinChain(gaps=[1.0, 1.0], decay_rates=0.0, hopping=0.0, initial=0.0)
    >>> battery = qb.in_cavity(chain, coupling=0.3, frequency=1.0, photons=1)
    >>> sol = qb.evolve(battery, [1.0, np.pi / 2 / 0.3 / 2**0.5])
    >>> [round(float(x), 9) for x in sol.saved["energy"]]  # sin(0.3 2^(1/2))^2, and all
    [0.169455894, 1.0]
    """
    if not isinstance(chain, AbstractSpinChain):
        fail(FieldError, "chain", "be a chain of spins", f"it is {type(chain).__name__}", "use e.g. jaxqb.SpinChain")
    coupling, frequency = _number("coupling", coupling), _number("frequency", frequency)
    loss = _number("loss", loss, least=0.0)
    n, one = chain.structure.n, chain.structure.single
    photons = _count("photons", photons, least=0)
    kept = photons + (1 if one else n) if cutoff is None else _count("cutoff", cutoff, least=photons)
    enough = max(kept, photons + (1 if one else _excited(chain.initial, n)))
    spins, modes = 2**n, kept + 1
    if spins * modes > LARGEST:
        but = f"{n} spins and up to {kept} photons have {spins * modes}"
        fail(FieldError, "chain", f"have at most {LARGEST} levels with its cavity", but, "take fewer spins, or a smaller cutoff")

    gaps, rates = chain.pattern()
    lower = [_at(j, n) for j in range(n)]
    together, light = sum(lower), np.diag(np.arange(1.0, modes) ** 0.5, 1)
    of_chain, of_mode = (lambda x: np.kron(x, np.eye(modes))), (lambda x: np.kron(np.eye(spins), x))
    hops = [lower[j].T @ lower[j + 1] for j in range(n - 1)]
    exchange = np.kron(together, light.T)
    terms = [of_chain(x.T @ x) for x in lower] + [of_chain(x + x.T) for x in hops]
    terms += [exchange + exchange.T, of_mode(light.T @ light)]
    bonds = jnp.broadcast_to(jnp.asarray(chain.hopping), (n - 1,))
    jumps, losses = [of_chain(x) for x in lower], [rates]
    for jump, rate in ((of_chain(together), chain.collective_decay), (of_mode(light), loss)):
        if not vanishes(rate):
            jumps, losses = [*jumps, jump], [*losses, rate]
    return Cavity(
        np.stack(terms),
        np.stack(jumps),
        jnp.hstack(losses),
        jnp.diag(np.stack([np.diagonal(x.T @ x) for x in lower], axis=1) @ gaps),
        _start(chain, np.arange(modes) == photons),
        jnp.hstack([gaps, bonds, coupling, frequency]),
        n,
        modes,
        enough + 1,
    )


def _at(j: int, n: int) -> np.ndarray:
    """The lowering operator of spin j."""
    return np.kron(np.kron(np.eye(2**j), np.diag([1.0], 1)), np.eye(2 ** (n - 1 - j)))


def _start(chain: AbstractSpinChain, light: np.ndarray) -> Any:
    """Of chain and mode: a vector or a density matrix."""
    initial, n = chain.initial, chain.structure.n
    xp: Any = jnp if traced(getattr(initial, "amplitudes", initial)) else np
    if isinstance(initial, single_excitation):
        re, im = initial.amplitudes
        rest = xp.maximum(1 - xp.sum(re**2 + im**2), 0.0)
        places = np.arange(2**n) == 2 ** np.arange(n)[::-1, None]
        return xp.kron((re + 1j * im) @ places + xp.sqrt(rest) * (np.arange(2**n) == 0), light)
    chances = xp.broadcast_to(xp.asarray(initial), (n,))
    weights = reduce(xp.kron, [xp.stack([1 - p, p]) for p in chances])
    return xp.kron(xp.diag(weights), np.diag(light))


def _excited(chances: Any, n: int) -> int:
    """How many spins may be excited."""
    return n if traced(chances) else int(np.count_nonzero(np.broadcast_to(chances, n)))


def _number(name: str, value: Any, least: float = -np.inf) -> Any:
    """One finite number, or a traced one."""
    number = numbers(value)
    if number is None or number.ndim or not (traced(number) or (np.isfinite(number) and number >= least)):
        wanted = "be a finite number" + ("" if least == -np.inf else f" of at least {least:g}")
        fail(FieldError, name, wanted, f"it is {shown(value)}", f"give e.g. {name}=0.1")
    return number


def _count(name: str, value: Any, least: int) -> int:
    """A whole number that is known."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        fail(FieldError, name, f"be an integer of at least {least}", f"it is {shown(value)}", f"give {name}={least}, or more")
    return int(value)
