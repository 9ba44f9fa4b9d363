"""``.. named-figures::``: instances of `jaxqb.merit` that have a name, each with its symbol and the docstring of its class."""

import inspect
from typing import Any

from docutils import nodes
from sphinx.ext.napoleon import Config, GoogleDocstring
from sphinx.util.docutils import SphinxDirective

from jaxqb import merit, plot

NAMES = {value: name for name, value in merit.NAMED.items()}


class NamedFigures(SphinxDirective):
    """One entry a line of the content."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The entries."""
        lines: list[str] = []
        for name in self.content:
            about = _about(merit.NAMED[name.removeprefix("jaxqb.merit.")])
            lines += [f".. py:data:: {name}", "", *(f"   {line}" for line in about), ""]
        return self.parse_text_to_nodes("\n".join(lines))


def _about(figure: Any) -> list[str]:
    if isinstance(figure, (merit.Rate, merit.Average)):
        return [f":obj:`~jaxqb.merit.{type(figure).__name__}` of :obj:`jaxqb.merit.{NAMES[figure.merit]}`."]
    first, *rest = GoogleDocstring(inspect.cleandoc(type(figure).__doc__ or ""), Config(napoleon_use_param=False)).lines()
    return [f":math:`{plot.tex(figure.symbol).strip('$ ')}`: {first[0].lower()}{first[1:]}", *rest]


def setup(app: Any) -> dict[str, bool]:
    """For Sphinx."""
    app.add_directive("named-figures", NamedFigures)
    return {"parallel_read_safe": True}
