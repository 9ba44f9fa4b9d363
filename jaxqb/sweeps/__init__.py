"""Sweeps: figures of a battery over a grid of its fields, as one labelled `xarray.Dataset`.

`axes` checks what is asked, `plan` decides on order, maps and blocks, `program` compiles one block once, `blocks` works
through all of them, `dataset` writes labels and provenance; `run` is the verb.
"""

from .run import sweep as sweep
