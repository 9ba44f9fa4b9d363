"""The gallery: the order of examples, and of a first sentence such as "Gradients: derivatives of ..." a title and a sentence."""

import re
from typing import Any

ORDER = "first_charge gradients tradeoff parallel_advantage mixed_starts dark_state open_battery interop waveguide".split()
CARD = re.compile(r'(thumbnail-title">)([^:<]+)(?:: )?(.*)(</div>)')
FIRST = re.compile(r"^(\.\. _sphx_glr_gallery_\w+\.py:\n\n)([^:\n]+)(?:: )?(.*)\n", re.MULTILINE)


class Order:
    """From the simple to the special; what is not named comes last."""

    def __init__(self, folder: str) -> None:
        del folder

    def __call__(self, name: str) -> tuple[int, str]:
        """What examples are sorted by."""
        stem = name.removesuffix(".py")
        return (ORDER.index(stem) if stem in ORDER else len(ORDER), stem)


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
