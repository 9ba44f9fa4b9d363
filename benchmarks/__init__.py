"""Benchmarks of jaxqb against QuTiP, dynamiqs and code written by hand.

``python -m benchmarks`` measures the workloads, ``python -m benchmarks.gradients`` derivatives of an open chain,
``python -m benchmarks.cold`` the time from a cold process to a first result, ``python -m benchmarks.alone`` what no peer is
measured on, ``python -m benchmarks.waveguide`` batteries in a waveguide; ``python -m benchmarks.reference`` checks the
references.
"""
