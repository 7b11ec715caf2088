import html
import re
from pathlib import Path

import pytest

from guide.ext.fragments import docstring
from guide.ext.words import paragraphs

ROOT = Path(__file__).resolve().parents[3]
FILES = [*sorted((ROOT / "models").glob("[!_]*.py")), *sorted((ROOT / "async_models").glob("*o/[!_]*.py"))]


def shown(text: str) -> str:
    return paragraphs(text, lambda path: f"source/{path}.html", lambda model: f"{model}.html")


def test_the_first_line_stands_out_and_labels_begin_paragraphs() -> None:
    assert shown("Wait.\n\nGood for: this\nand that.\nCosts: much.\nTraps: two.\n\nOn trio: the same.") == (
        '<p class="what">Wait.</p><p><b>Good for:</b> this and that.</p><p><b>Costs:</b> much.</p>'
        "<p><b>Traps:</b> two.</p><p>On trio: the same.</p>"
    )


def test_files_man_pages_issues_and_the_better_sentence_are_links() -> None:
    links = re.findall(
        r'href="([^"]+)"', shown("A `x` b.\n\nSee models/ground/uring.py, epoll(7) and cpython#81374. In\npractice: threads.")
    )
    assert links == [
        "source/models/ground/uring.py.html",
        "https://man7.org/linux/man-pages/man7/epoll.7.html",
        "https://github.com/python/cpython/issues/81374",
        "threads.html",
    ]


def test_code_is_code_and_nothing_is_markup() -> None:
    text = shown("Call `f(a < b)` & wait, <now>.")
    assert '<code class="docutils literal">f(a &lt; b)</code> &amp; wait, &lt;now&gt;.' in text


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_word_of_a_docstring_is_lost(path: Path) -> None:
    text = docstring(path.read_text())
    back = html.unescape(re.sub(r"<[^>]+>", "", shown(text).replace("</p>", " ")))
    assert back.split() == text.replace("`", "").split()
