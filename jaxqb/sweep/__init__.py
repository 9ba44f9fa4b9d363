"""Sweeps: figures of a battery over a grid of its fields, as one labelled `xarray.Dataset`.

`axes` checks what is asked, `plan` decides the order, the maps and the blocks, `program` compiles one block once, `run` works
through the blocks, `dataset` writes the labels and the provenance.
"""

import sys
import types
from typing import Any

from .run import sweep as sweep


class _Verb(types.ModuleType):
    """`import jaxqb.sweep` binds this package where the verb `jaxqb.sweep` was; so the package answers to a call, too."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        return sweep(*args, **options)


sys.modules[__name__].__class__ = _Verb
