"""How Sphinx builds the documentation: `sphinx-build -W docs docs/_build/html`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "Ostinato"
author = "The Ostinato authors"
copyright = f"2026, {author}"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "commands", "lives", "signatures"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Ostinato"
nitpicky = True
default_role = "code"
# Python's own names, type variables and aliases have no pages here.
nitpick_ignore_regex = [("py:(class|exc|obj)", r"(?!ostinato\.).*")]

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
