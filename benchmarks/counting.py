"""Floating point operations of a program, and the bytes that its loops carry, loops counted as often as they run.

XLA's own ``cost_analysis`` takes the body of a loop for one pass, and knows nothing of what LAPACK and cuSOLVER do.  Here a
program is walked through and computes its cost beside its results, so that loops count as often as these values make them run.
"""

import numpy as np

ONE_EACH = frozenset(
    "add sub mul div neg max min exp log log1p expm1 sin cos tan tanh sqrt rsqrt pow integer_pow square abs sign floor ceil round"
    " atan2 add_any select_n cumsum cumprod lt le gt ge eq ne".split()
)


def counted(function):
    """A function of the same arguments: ``[flops, bytes]`` of one call.

    A product of matrices has 2 flops for each pair of numbers, a symmetric diagonalisation 9 n^3, a reduction one for each
    number, any other arithmetic one for each result, and four times as many where numbers are complex.  Bytes are what passes
    through loops read and write (what they carry, and slices of arrays), and the results: more than comes from memory where a
    cache holds it, or a buffer is changed in place.
    """
    import jax

    def cost(*args):
        closed = jax.make_jaxpr(function)(*args)
        results, total = _walk(closed, jax.tree.leaves(args))
        return total + np.array([0.0, _bytes(results)])

    return jax.jit(cost)


def _walk(closed, args):
    """Results of a program, and its cost."""
    import jax.numpy as jnp
    from jax.extend.core import Literal

    jaxpr = getattr(closed, "jaxpr", closed)
    values = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*getattr(closed, "consts", ()), *args], strict=True))
    read = lambda atom: atom.val if isinstance(atom, Literal) else values[atom]  # noqa: E731
    total = jnp.zeros(2)
    for equation in jaxpr.eqns:
        results, cost = _step(equation, [read(atom) for atom in equation.invars])
        total = total + cost
        values |= dict(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars], total


def _step(equation, args):
    import jax.numpy as jnp
    from jax import lax

    name, params = equation.primitive.name, equation.params
    none = jnp.zeros(2)
    if name == "while":
        a = params["cond_nconsts"]
        b = a + params["body_nconsts"]
        each = np.array([0.0, 2 * _bytes(args[b:])])

        def again(carry):
            results, cost = _walk(params["body_jaxpr"], [*args[a:b], *carry[1]])
            return carry[0] + cost + each, results

        cost, results = lax.while_loop(
            lambda carry: _walk(params["cond_jaxpr"], [*args[:a], *carry[1]])[0][0], again, (none, args[b:])
        )
        return results, cost
    if name == "scan":
        # versions of jax write down differently how many are carried; slices and what is stacked have a dimension less inside
        body, same = params["jaxpr"].jaxpr, lambda one, other: one.aval.shape == other.aval.shape
        b = sum(map(same, equation.invars, body.invars))
        a = b - sum(map(same, equation.outvars, body.outvars))
        each = np.array([0.0, 2 * _bytes(args[a:b])])

        def pass_(carry, slices):
            results, cost = _walk(params["jaxpr"], [*args[:a], *carry[1], *slices])
            return (carry[0] + cost + each, results[: b - a]), results[b - a :]

        (cost, carried), stacked = lax.scan(
            pass_, (none, args[a:b]), args[b:], length=params["length"], reverse=params["reverse"]
        )
        return [*carried, *stacked], cost + np.array([0.0, _bytes([*args[b:], *stacked])])
    if name == "cond":
        return lax.switch(args[0], [lambda *ops, b=branch: _walk(b, ops) for branch in params["branches"]], *args[1:])
    inner = next((params[key] for key in ("jaxpr", "call_jaxpr", "fun_jaxpr") if key in params), None)
    if inner is not None:
        return _walk(inner, args)
    results = equation.primitive.bind(*args, **params)
    results = results if equation.primitive.multiple_results else [results]
    return results, np.array([_flops(name, params, args, results), 0.0])


def _flops(name, params, args, results):
    shapes, size = [np.shape(x) for x in args], np.size(results[0])
    weight = 4.0 if np.iscomplexobj(results[0]) else 1.0
    if name == "dot_general":
        return weight * 2 * size * np.prod([shapes[0][k] for k in params["dimension_numbers"][0][0]], dtype=float)
    if name == "eigh":
        return weight * 9 * np.prod(shapes[0], dtype=float) * shapes[0][-1]
    if name.startswith("reduce_") or name in ("argmax", "argmin"):
        return weight * np.prod(shapes[0], dtype=float)
    return weight * size if name in ONE_EACH else 0.0


def _bytes(arrays):
    return float(sum(np.size(x) * np.dtype(x.dtype).itemsize for x in arrays))
