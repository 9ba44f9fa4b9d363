"""Sweeps: figures of a battery over a grid of its fields, as one labelled `xarray.Dataset`, in memory or on disk.

`axes` checks what is asked, `plan` decides on order, maps, blocks and chunks, `grid` is what then travels between processes,
`program` compiles one block once, `blocks` solves a chunk with it, `crews` are who does so: threads, or workers of a cluster.
`work` keeps them busy and listens for signals, `sinks` takes their chunks, into memory or into a `store`, of which `record` says
what sweep it is for. `outlook` says what it all will take, `survey` what a store holds; `dataset` writes labels and provenance;
`task` puts these together, and `run` is the verb.
"""

from .run import sweep as sweep
