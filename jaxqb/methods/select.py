"""Which method solves a law by default: decided by the law's type and static shapes, never by values."""

import functools
import math
from typing import Any

import jax

from ..errors import MethodError, fail, shown
from ..laws import (
    AbstractClosedLaw,
    AbstractDampedLaw,
    AbstractDecayLaw,
    AbstractDifferentialLaw,
    AbstractMasterLaw,
    AbstractMemoryLaw,
    AbstractUnitaryLaw,
    Mixture,
    Trajectories,
)
from .adaptive import Adaptive
from .chebyshev import Chebyshev
from .closed_form import ClosedForm
from .eigen import Eigen
from .exponential import Exponential
from .jumps import Jumps
from .method import AbstractMethod
from .resolvent import Resolvent
from .stepped import Stepped
from .uniformization import Uniformization

SMALL = 128  # above this dense diagonalisation costs more than the steps it saves
FEW = 64  # numbers up to which a dense exponential costs no more than a series, whatever the time


@functools.singledispatch
def select_method(law: Any, ts: Any = None) -> AbstractMethod:
    """The method that `evolve` (with `ts`) and `charge` (without) use for a law.

    * unitary law, given times, at most 128 amplitudes a sector: `Eigen`
    * unitary law otherwise: `Chebyshev`
    * decay law (rate equations): `Uniformization`
    * master equation of at most 64 numbers: `Exponential`; a larger one: `Chebyshev`
    * damped amplitudes: `ClosedForm` where the law knows its solution, else `Chebyshev`
    * equation with memory: `Resolvent`
    * trajectories: `Jumps`
    * differential law that is not linear: `Stepped`
    * any other differential law: `Adaptive`

    `evolve` takes `Chebyshev` also where a size of the battery is traced: a derivative by it may be asked.

    A package that brings a law registers it with ``select_method.register``.

    Args:
        law: a law, e.g. ``battery.law()``.
        ts: the times, if they are known.

    Returns:
        A method, ready for ``evolve(..., method=...)``.

    Raises:
        MethodError: for what is no law.

    >>> import jaxqb as qb
    >>> qb.select_method(qb.SpinCharger(2, 2).law())
    Chebyshev()
    >>> qb.select_method(qb.SpinCharger(2, 2).law(), [0.1, 0.2])
    Eigen()
    """
    del ts
    fail(MethodError, "law", "be a law of jaxqb", f"it is {shown(law)}", "use battery.law()")


@select_method.register
def _(law: AbstractDifferentialLaw, ts: Any = None) -> AbstractMethod:
    return Adaptive() if law.linear else Stepped()


@select_method.register
def _(law: AbstractDecayLaw, ts: Any = None) -> AbstractMethod:
    return Uniformization()


@select_method.register
def _(law: AbstractClosedLaw, ts: Any = None) -> AbstractMethod:
    return ClosedForm()


@select_method.register
def _(law: AbstractDampedLaw, ts: Any = None) -> AbstractMethod:
    return Chebyshev()


@select_method.register
def _(law: AbstractMasterLaw, ts: Any = None) -> AbstractMethod:
    size = sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(jax.eval_shape(lambda: law.start)))
    return Exponential() if size <= FEW else Chebyshev()


@select_method.register
def _(law: AbstractUnitaryLaw, ts: Any = None) -> AbstractMethod:
    shape = jax.eval_shape(lambda: law.psi()).shape
    size = math.prod(shape[1:] if isinstance(law, Mixture) else shape)
    return Eigen() if ts is not None and size <= SMALL else Chebyshev()


@select_method.register
def _(law: AbstractMemoryLaw, ts: Any = None) -> AbstractMethod:
    return Resolvent()


@select_method.register
def _(law: Trajectories, ts: Any = None) -> AbstractMethod:
    return Jumps()
