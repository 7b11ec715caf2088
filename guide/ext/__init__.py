"""The guide's own extension of Sphinx: a file for each thing that it adds."""

from typing import Any

from sphinx.application import Sphinx

from guide.ext import figures, pair, recipe, rules, sources

__all__ = ["setup"]


def setup(app: Sphinx) -> dict[str, Any]:
    for part in (figures, pair, recipe, rules, sources):
        part.setup(app)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
