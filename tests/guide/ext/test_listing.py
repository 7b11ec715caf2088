import re
from html import unescape
from pathlib import Path

import pytest

from guide.ext.listing import block, coloured, lines_of

ROOT = Path(__file__).resolve().parents[3]


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


@pytest.mark.parametrize("name", ["models/prefork.py", "models/ground/peer.py", "pyproject.toml", "Makefile", "LICENSE"])
def test_what_is_copied_is_the_file(name: str) -> None:
    lines = lines_of(ROOT / name)
    assert text_of(block(lines, 1, len(lines))) == (ROOT / name).read_text()


def test_each_line_has_its_number_and_its_indentation() -> None:
    html = block(coloured("if a:\n    b = '''x\n      y'''\n", "a.py"), 2, 3, "L")
    assert re.findall(r'id="(\w+)" data-n="(\d+)" style="--in:(\d+)ch"', html) == [("L2", "2", "4"), ("L3", "3", "6")]


def test_a_long_line_may_break_behind_dots_commas_and_brackets() -> None:
    assert block(coloured("a.b(c, d)", "a.txt"), 1, 1).count("<wbr>") == 3


def test_a_string_of_many_lines_is_coloured_on_each() -> None:
    first, second = coloured('"""a\nb"""\n', "a.py")
    assert first.startswith("<span")
    assert second.startswith("<span")
