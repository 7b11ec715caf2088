"""Sphinx configuration of the guide; `make guide` builds it."""

project = "iomodels"
author = "the iomodels authors"
extensions = ["myst_parser", "sphinx_copybutton"]
exclude_patterns = ["_build"]
html_theme = "pydata_sphinx_theme"
html_title = "iomodels"
html_show_sourcelink = False
myst_heading_anchors = 3
html_sidebars = {"index": []}
