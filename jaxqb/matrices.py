"""Matrices as users bring them: arrays, lists of them, or objects of other packages."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from .conventions import epsilon, real_dtype
from .errors import JaxqbError, fail
from .fields import traced


def as_array(kind: type[JaxqbError], name: str, value: Any) -> Any:
    """Numbers as an array of the process's real or complex type.

    Objects with ``full()``, ``toarray()`` or ``to_numpy()`` are asked for it (qutip.Qobj, scipy.sparse, dynamiqs).
    """
    for method in ("full", "toarray", "to_numpy"):
        if hasattr(value, method):
            value = getattr(value, method)()
            break
    if isinstance(value, (list, tuple)) and any(not np.isscalar(v) for v in value):
        value = [as_array(kind, name, v) for v in value]
        if len({np.shape(v) for v in value}) > 1:
            fail(kind, name, "be matrices of one size", "their sizes differ", "give arrays of shape (n, n)")
        value = (jnp if any(map(traced, value)) else np).stack(value)
    value = value if traced(value) else np.asarray(value)
    if value.dtype.kind not in "iufc":
        fail(kind, name, "hold numbers", f"it holds {value.dtype}", "give real or complex arrays")
    value = value.astype(np.result_type(real_dtype(), np.complex64) if value.dtype.kind == "c" else real_dtype())
    if not traced(value) and not np.all(np.isfinite(value)):
        fail(kind, name, "be finite", "it has NaN or infinite entries", "mend them")
    return value


def check_hermitian(kind: type[JaxqbError], name: str, value: Any) -> None:
    """A sentence if known numbers are not a Hermitian matrix, or several."""
    if traced(value):
        return
    off = np.max(np.abs(value - np.conj(np.swapaxes(value, -1, -2))), initial=0.0)
    if off > 1e4 * epsilon() * np.max(np.abs(value), initial=0.0):
        fail(kind, name, "be Hermitian", f"it differs from its adjoint by {off:.1e}", "use (A + A^+) / 2, or mend it")
