"""Benchmarks of jaxqb against QuTiP, dynamiqs and code written by hand.

``python -m benchmarks`` measures the workloads, ``python -m benchmarks.cold`` the time from a
cold process to a first result, ``python -m benchmarks.reference`` checks the references.
"""
