"""How the documentation is built: ``sphinx-build -n -W -q docs docs/_build/html``.

Every page with code runs it; nothing is fetched from a network.
"""

import os
import sys
from pathlib import Path

import jaxqb

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "extensions"))
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(HERE / "_build" / "programs"))  # what one page compiles others have
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
PROFILE = HERE / "_build" / "ipython" / "profile_default"  # of kernels, which else warn on each page that others may listen
PROFILE.mkdir(parents=True, exist_ok=True)
(PROFILE / "ipython_kernel_config.py").write_text("get_config().IPKernelApp.log_level = 40\n", encoding="utf-8")
os.environ["IPYTHONDIR"] = str(PROFILE.parent)

project, author, copyright = "jaxqb", "The jaxqb authors", "The jaxqb authors"
release = version = jaxqb.__version__
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "myst_nb",
    "sphinx_gallery.gen_gallery",
    "outside",
    "names",
    "named_figures",
    "titles",
]
exclude_patterns = ["_build", "**/*.ipynb", "gallery/*.py", "gallery/*.json", "**/sg_execution_times.rst"]
nitpicky = True

# pages of code
nb_execution_mode = "inline"  # so that numbers within sentences are computed, too: {eval}`...`
nb_execution_raise_on_error = True
nb_execution_in_temp = True  # stores that pages write
nb_execution_timeout = 300
nb_eval_name_regex = ".*"  # any expression
nb_render_markdown_format = "gfm"  # with tables
nb_output_stderr = "remove"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 3

# docstrings
default_role = "names"  # single backticks: a link where there is something of that name
autodoc_typehints = "none"  # shapes and units stand in the text
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_use_param = napoleon_use_rtype = False
napoleon_custom_sections = [(name, "params_style") for name in ("Main arguments", "Other arguments", "Long sweeps", "Attributes")]

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/(?!slurm_sweep|two_processes)\w+\.py",  # these are shown, but need a cluster, or several processes
    "plot_gallery": True,
    "image_scrapers": ("drawings",),
    "thumbnail_size": (640, 240),
    "default_thumb_file": str(HERE / "_static" / "code.svg"),  # of examples that draw nothing
    "within_subsection_order": "titles.Order",
    "abort_on_example_error": True,
    "reset_modules": (),
    "capture_repr": (),
    "show_memory": False,
    "write_computation_times": False,
    "download_all_examples": False,
    "show_signature": False,
    "remove_config_comments": True,
}

html_theme = "pydata_sphinx_theme"
html_title = "jaxqb"
html_show_sourcelink = False
toc_object_entries_show_parents = "hide"
html_static_path = ["_static"]
html_css_files = ["jaxqb.css"]
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
}
html_sidebars = {"index": [], "tutorial": []}
