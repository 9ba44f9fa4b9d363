"""Single backticks in docstrings: a link where the reference has something of that name, else code."""

from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.util.docutils import SphinxRole


class Names(SphinxRole):
    """A name that need not have a target."""

    def run(self) -> tuple[list[nodes.Node], list[Any]]:
        """The name as code, to be resolved where the docstring stands."""
        code = nodes.literal(self.rawtext, self.text, classes=["xref", "py"])
        node = pending_xref("", code, refdomain="py", reftype="obj", reftarget=self.text, lenient=True)
        node["refdoc"] = self.env.docname
        node["py:module"] = self.env.ref_context.get("py:module")
        node["py:class"] = self.env.ref_context.get("py:class")
        return [node], []


def other(app: Any, env: Any, node: Any, code: Any) -> Any:
    """What is not found where it stands may be a name of jaxqb, or of its module of figures; else it is code."""
    if not node.get("lenient"):
        return None
    python = env.domains.python_domain
    name = node["reftarget"]
    targets = [f"{module}.{name}" for module in ("jaxqb", "jaxqb.merit") if f"{module}.{name}" in python.objects]
    if name[:1].isupper():  # a type that some module has
        targets += [known for known in python.objects if known.endswith(f".{name}")]
    return python.resolve_xref(env, node["refdoc"], app.builder, "obj", targets[0], node, code) if targets else code


def setup(app: Any) -> dict[str, bool]:
    """For Sphinx."""
    app.add_role("names", Names())
    app.connect("missing-reference", other, priority=900)
    return {"parallel_read_safe": True}
