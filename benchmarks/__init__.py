"""Benchmarks of jaxqb against QuTiP, dynamiqs, diffrax and code written by hand.

``python -m benchmarks`` measures the workloads; with ``--report`` it writes rows, a table and a picture, with ``--device gpu`` it
measures large batches on an accelerator.  More is in modules of their own, ``python -m benchmarks.X``: ``gradients`` of an open
chain, ``cold`` processes to a first result, what no peer is measured on (``alone``), batteries in a ``waveguide``, a storing
``chain``, what sweeps survive (``endurance``).  ``reference`` checks the references.
"""
