"""Squared matrix elements of ladder operators.

They are polynomials in the level and the size, so they vanish by themselves at the ends of a ladder (which is what
lets one padded array serve every size) and stay differentiable where their square roots are not.
"""

from jaxtyping import Array, Float


def spin_lowering(level: Float[Array, "*n"], cells: Float[Array, ""]) -> Float[Array, "*n"]:
    """``|<n-1| J^- |n>|^2 = n (N - n + 1)`` for level n of a collective spin of N cells."""
    return level * (cells - level + 1)


def boson_lowering(level: Float[Array, "*n"]) -> Float[Array, "*n"]:
    """``|<n-1| b |n>|^2 = n``."""
    return level
