"""What an example draws, for the gallery: every picture that it holds by a name."""

from typing import Any

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst


def pictures(block: Any, variables: dict[str, Any], config: dict[str, Any]) -> str:
    """Saves them, for Sphinx-Gallery."""
    del block
    figures = [value for value in variables["example_globals"].values() if isinstance(value, Figure)]
    paths = [path for _, path in zip(figures, variables["image_path_iterator"], strict=False)]
    for figure, path in zip(figures, paths, strict=True):
        figure.savefig(path, dpi=200)
    return figure_rst(paths, config["src_dir"])


def _get_sg_image_scraper() -> Any:
    return pictures
