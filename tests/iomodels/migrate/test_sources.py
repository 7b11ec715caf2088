from pathlib import Path

import pytest

from iomodels.migrate.finding import Place
from iomodels.migrate.sources import Sources


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"a\r\nb\rc\n", ["a", "b", "c", ""]),
        ("a = '\u2028'\n\x0cb\n".encode(), ["a = '\u2028'", "\x0cb", ""]),
        ("# coding: latin-1\né".encode("latin-1"), ["# coding: latin-1", "é"]),
        (b"\xef\xbb\xbfa", ["a"]),
        (b"\xff", []),
        (b"# coding: nonsense\n", []),
    ],
)
def test_lines_are_those_of_python(tmp_path: Path, content: bytes, lines: list[str]) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(content)
    assert list(Sources().lines(str(path))) == lines


def test_a_file_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("first\n")
    sources = Sources()
    for _ in range(2):
        assert sources.line(Place(str(path), 1, 1, 1, 2)) == "first"
        path.unlink(missing_ok=True)


def test_a_line_that_is_gone_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x")
    assert Sources().line(Place(str(path), 9, 1, 9, 2)) == ""
    assert Sources().line(Place(str(tmp_path), 1, 1, 1, 2)) == ""
