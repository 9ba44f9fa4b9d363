"""Titles for the gallery: the first sentence of an example, "Gradients: derivatives of ...", becomes a title and a sentence."""

import re
from typing import Any

CARD = re.compile(r'(thumbnail-title">)([^:<]+)(?:: )?(.*)(</div>)')
FIRST = re.compile(r"^(\.\. _sphx_glr_gallery_\w+\.py:\n\n)([^:\n]+)(?:: )?(.*)\n", re.MULTILINE)


def titled(app: Any, docname: str, source: list[str]) -> None:
    """Underlines the first words of an example on its page, and makes them bold in the list of all."""
    if docname == "gallery/index":
        source[0] = CARD.sub(lambda m: f"{m[1]}<b>{m[2]}</b><br>{_begin(m[3])}{m[4]}", source[0])
    elif docname.startswith("gallery/"):
        source[0] = FIRST.sub(lambda m: f"{m[1]}{m[2]}\n{'=' * len(m[2])}\n\n{_begin(m[3])}\n", source[0], count=1)


def _begin(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def setup(app: Any) -> dict[str, bool]:
    """For Sphinx."""
    app.connect("source-read", titled)
    return {"parallel_read_safe": True}
