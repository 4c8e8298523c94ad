"""How Sphinx builds the documentation: `sphinx-build -W docs docs/_build/html`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "Ostinato"
author = "The Ostinato authors"
copyright = f"2026, {author}"

extensions = ["myst_parser", "lives"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Ostinato"
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
