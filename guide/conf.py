"""Sphinx configuration of the guide; `make guide` builds it.

Nothing in the site, and nothing in its making, needs the network.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for guide.ext

project = "iomodels"
author = "the iomodels authors"
extensions = ["myst_parser", "sphinx_copybutton", "sphinx_design", "guide.ext"]
exclude_patterns = ["_build"]
needs_sphinx = "9.0"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4  # ### half-close/at-once is #half-closeat-once

copybutton_selector = "div.highlight:not(.listing) pre"
copybutton_exclude = ".linenos, .gp, .go"  # of a console example the commands alone

html_theme = "pydata_sphinx_theme"
html_title = "iomodels"
html_show_sphinx = False
html_use_index = False  # it would be empty; the concept map and the glossary are ours
html_show_sourcelink = False
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["guide.css"]
html_js_files = ["guide.js"]
html_show_search_summary = False  # summaries are fetched, which a browser forbids to a page from file://
html_permalinks_icon = "#"
# No page below them, nothing to list.
ALONE = ("index", "terms", "two_phases", "choosing", "experiments", "measuring", "contract", "traps", "glossary")
html_sidebars: dict[str, list[str]] = {page: [] for page in (*ALONE, "side_by_side/*", "source/**")}
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system is
html_theme_options = {
    "navbar_align": "left",
    "navigation_depth": 2,
    "show_toc_level": 2,
    "header_links_before_dropdown": 8,
    "article_header_start": ["breadcrumbs"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "search_bar_text": "Search the guide",
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "github-dark",
}
