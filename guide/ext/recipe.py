"""The directive `recipe`: the program before, and in tabs the same on asyncio, trio and anyio.

    ```{recipe} half_close
    ```

takes before.py, on_asyncio.py, on_trio.py and on_anyio.py from guide/recipes/half_close/; an argument with a slash is a folder
below guide/. A file that is missing is a warning, which breaks the build (-W).
"""

from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from guide.ext import sources

__all__ = ["setup"]

LIBRARIES = ("asyncio", "trio", "anyio")

logger = logging.getLogger(__name__)


class Recipe(SphinxDirective):
    """See the module."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        text = [*self._file("before.py"), "", "::::::{tab-set}", ":sync-group: library", ":class: recipe"]
        for library in LIBRARIES:
            text += [f":::::{{tab-item}} {library}", f":sync: {library}", *self._file(f"on_{library}.py"), ":::::"]
        text.append("::::::")
        where = f"{self.env.doc2path(self.env.docname)}"
        box = nodes.container(classes=["recipe"])
        self.state.nested_parse(StringList(text, source=where), self.content_offset, box)
        return [box]

    def _file(self, name: str) -> list[str]:
        """The link to a file, and its text."""
        argument: str = self.arguments[0]
        folder = argument if "/" in argument else f"recipes/{argument}"
        if not (Path(self.env.srcdir) / folder / name).is_file():
            logger.warning(
                "recipe %s: guide/%s/%s does not exist", self.arguments[0], folder, name, location=self.get_location()
            )
            return ["(missing)"]
        sources.note(self.env, self.env.docname, f"guide/{folder}/{name}")
        up = "../" * self.env.docname.count("/")
        return [
            f"[`{name}`]({up}{folder}/{name})",
            "",
            f"```{{literalinclude}} /{folder}/{name}",
            ":language: python",
            ":linenos:",
            "```",
        ]


def setup(app: Sphinx) -> None:
    app.add_directive("recipe", Recipe)
