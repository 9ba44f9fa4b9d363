"""Sweeps: figures of a battery over a grid of its fields, as one labelled `xarray.Dataset`.

`axes` checks what is asked, `plan` decides on order, maps and blocks, `program` compiles one block once, `blocks` works
through all of them, `dataset` writes labels and provenance; `run` is the verb.
"""

import sys
import types
from typing import Any

from .run import sweep as sweep


class _Verb(types.ModuleType):
    """`import jaxqb.sweep` binds this package where the verb `jaxqb.sweep` was, so the package answers to calls too."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        return sweep(*args, **options)


sys.modules[__name__].__class__ = _Verb
