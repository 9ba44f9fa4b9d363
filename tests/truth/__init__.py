"""Outside truth: what jaxqb must compute, computed without it.

numpy, scipy and mpmath only (qutip in the tests of these modules); neither jax nor
jaxqb is imported here.  hbar = 1, S and J are collective spin-1/2 sums, the index of
a level is its number of excited cells, the battery energy is zero when it is empty.
"""
