"""A model's docstring as a few paragraphs of HTML, in which files, man pages and issues are links."""

import re
from collections.abc import Callable
from html import escape

__all__ = ["paragraphs"]

LABEL = re.compile(r"(Good for|Costs|Traps?|The thundering herd|Synchronous|Asynchronous|Blocking): ")
TOKEN = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|(?P<file>\b(?:async_)?models/[\w/]+\.py\b)"
    r"|(?P<page>\b(?P<name>[a-z_]+)\((?P<section>[2-7])\))"
    r"|(?P<issue>\bcpython#(?P<number>\d+))"
    r"|(?P<practice>(?<=In practice: )(?P<model>[a-z_]+))"
)


def paragraphs(docstring: str, source: Callable[[str], str], model: Callable[[str], str]) -> str:
    """The docstring in HTML.

    source: the address of the page that shows a file, by its path from the root.
    model: the address of the page of a model's pair, by its name.
    """
    said: list[str] = []
    for paragraph in re.split(r"\n\s*\n", docstring.strip()):
        first, *more = paragraph.splitlines()
        said.append(first)
        for line in more:
            if LABEL.match(line):
                said.append(line)
            else:
                said[-1] += f" {line}"
    html = []
    for number, text in enumerate(said):
        label = LABEL.match(text)
        shown = f"<b>{label[1]}:</b> {_inline(text[label.end() :], source, model)}" if label else _inline(text, source, model)
        html.append(f'<p class="what">{shown}</p>' if number == 0 else f"<p>{shown}</p>")
    return "".join(html)


def _inline(text: str, source: Callable[[str], str], model: Callable[[str], str]) -> str:
    html, end = [], 0
    for token in TOKEN.finditer(text):
        html.append(escape(text[end : token.start()]))
        end = token.end()
        if token["code"]:
            html.append(f'<code class="docutils literal">{escape(token["code"])}</code>')
        elif token["file"]:
            html.append(f'<a href="{escape(source(token["file"]))}">{token["file"]}</a>')
        elif token["page"]:
            address = f"https://man7.org/linux/man-pages/man{token['section']}/{token['name']}.{token['section']}.html"
            html.append(f'<a href="{address}">{token["page"]}</a>')
        elif token["issue"]:
            html.append(f'<a href="https://github.com/python/cpython/issues/{token["number"]}">{token["issue"]}</a>')
        else:
            html.append(f'<a href="{escape(model(token["model"]))}">{token["model"]}</a>')
    html.append(escape(text[end:]))
    return "".join(html)
