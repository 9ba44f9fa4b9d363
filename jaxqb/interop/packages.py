"""How other packages write and read matrices."""

import abc
import importlib
from typing import Any

import numpy as np

from ..errors import FieldError, fail


class Package(abc.ABC):
    """How another package writes and reads matrices."""

    name: str
    permute: str  # what puts factors in another order

    def module(self) -> Any:
        """The package, or a sentence."""
        try:
            return importlib.import_module(self.name)
        except ImportError:
            fail(FieldError, self.name, "be installed for this", "it is not", f"run pip install {self.name}")

    @abc.abstractmethod
    def write(self, array: Any, dims: tuple[int, ...]) -> Any:
        """A matrix, or a vector as a ket."""

    @abc.abstractmethod
    def read(self, name: str, value: Any, whole: bool) -> tuple[Any, tuple[int, ...]]:
        """A matrix (or a column) and the dimensions of its factors; `whole`: a superoperator will not do."""

    @abc.abstractmethod
    def single(self, value: Any) -> bool:
        """Whether this is one operator, in time or not, and no list of them."""


class Qutip(Package):
    """Qobj."""

    name, permute = "qutip", "Qobj.permute({})"

    def write(self, array: Any, dims: tuple[int, ...]) -> Any:
        """Operators as sparse matrices."""
        from scipy.sparse import csr_matrix

        ket = array.ndim == 1
        return self.module().Qobj(array if ket else csr_matrix(array), dims=[list(dims), [1] if ket else list(dims)])

    def read(self, name: str, value: Any, whole: bool) -> tuple[Any, tuple[int, ...]]:
        """See `Package`."""
        qutip = self.module()
        if isinstance(value, (list, tuple, qutip.QobjEvo)):
            fail(FieldError, name, "be constant in time", "it is not", "give the Qobj of one time")
        if not isinstance(value, qutip.Qobj):
            fail(FieldError, name, "be a qutip.Qobj", f"it is {type(value).__name__}", "use OpenBattery for arrays")
        if whole and value.issuper:
            fail(FieldError, name, "be an operator", "it is a superoperator", "give the Hamiltonian and collapse operators")
        return value.full(), tuple(value.dims[0]) if not value.issuper else (value.shape[0],)

    def single(self, value: Any) -> bool:
        """See `Package`."""
        qutip = self.module()
        return isinstance(value, (qutip.Qobj, qutip.QobjEvo))


class Dynamiqs(Package):
    """QArrays."""

    name, permute = "dynamiqs", "`dynamiqs.tensor` in the order {}"

    def write(self, array: Any, dims: tuple[int, ...]) -> Any:
        """As dense complex matrices: its solvers take no real start."""
        dq, array = self.module(), array.astype(complex)
        return dq.asqarray(array[:, None] if array.ndim == 1 else array, dims=dims, layout=dq.dense)

    def read(self, name: str, value: Any, whole: bool) -> tuple[Any, tuple[int, ...]]:
        """See `Package`."""
        dq = self.module()
        if isinstance(value, dq.TimeQArray) or callable(value):
            fail(FieldError, name, "be constant in time", "it is not", "give the QArray of one time")
        if not isinstance(value, dq.QArray):
            fail(FieldError, name, "be a dynamiqs.QArray", f"it is {type(value).__name__}", "use OpenBattery for arrays")
        return np.asarray(value.to_numpy()), tuple(value.dims)

    def single(self, value: Any) -> bool:
        """See `Package`; an array of three axes is a list."""
        dq = self.module()
        return isinstance(value, (dq.QArray, dq.TimeQArray)) and value.ndim == 2
