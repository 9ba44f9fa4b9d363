"""One result in a fresh process, for `benchmarks.cold`: nothing is imported here that the result does not need."""

from .workloads import FULL, Chain, Table

RESULTS = {
    "evolve": Chain(10, 10, horizon=0.8),  # a curve
    "charge": Table(((10, 10),)),  # first maximum and largest power of one battery
    "W1": FULL["W1"],
}
WAYS = {"jaxqb": "", "dynamiqs": "Dopri8", "qutip": "tsit5", "by hand": ""}


def chosen(name, tool, label):
    """The first configuration of a tool whose label begins so; float64 in the tools on jax."""
    if tool in ("jaxqb", "dynamiqs"):
        import jax

        jax.config.update("jax_enable_x64", True)
    work = (FULL | RESULTS)[name]
    if tool == "jaxqb":
        from .ours import ours

        ways = ours(work)
    else:
        from .peers import contenders

        ways = contenders(work)[tool]
    return next(way for way in ways if way.label.startswith(label))


def first(name, tool):
    """Compute one result once, from nothing."""
    chosen(name, tool, WAYS[tool]).prepare().run()


def memory(name, tool, label):
    """Print the rise of the peak resident memory over the first run, in MB."""
    from .timing import peak_memory

    way = chosen(name, tool, label).prepare()
    before = peak_memory(reset=True)
    way.run()
    print(peak_memory() - before)
