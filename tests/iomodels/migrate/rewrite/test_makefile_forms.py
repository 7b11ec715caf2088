"""Built-in functions that get the file of a connection: those that are known, and what looks like them."""

from pathlib import Path

import pytest

from iomodels.migrate.rewrite import Target, rewrite
from tests.iomodels.migrate.rewrite.test_behaviour import FORMS, connected, exchange, running

INPUTS = Path(__file__).parent / "inputs"
LOOPS, PRINT = ((INPUTS / f"makefile_{name}.py").read_text() for name in ("loops", "print"))
NUMBERED, ITERATED = "in enumerate(f, 1):", 'for line in iter(f.readline, b""):\n        c.sendall(line.upper())\n'
FIRST, LAST = "*line.split(), len(line)", '"ok", end='


@FORMS
def test_lines_have_their_numbers_and_come_to_an_end(target: Target | None, tmp_path: Path) -> None:
    with running("makefile_loops", target, tmp_path) as server:
        assert exchange(server.port, b"a\nenough\nb\nc") == b"1 a\n2 enough\nB\nC"
        assert exchange(server.port, b"a\nb") == b"1 a\n2 bno more\n"
        assert exchange(server.port, b"") == b"no more\n"


@FORMS
def test_what_is_printed_arrives_when_it_is_flushed(target: Target | None, tmp_path: Path) -> None:
    with running("makefile_print", target, tmp_path) as server, connected(server) as client, client.makefile("rb") as file:
        for line, answer in ((b"a  b\n", b"a-b-5\n"), ("\u00e9\r\n".encode(), "\u00e9-2\n".encode())):
            client.sendall(line)
            assert [file.readline(), file.readline()] == [answer, b"ok.\n"]


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (LOOPS, NUMBERED, "in enumerate(f, c):"),
        (LOOPS, NUMBERED, "in list(enumerate(f, 1)):"),
        (LOOPS, NUMBERED, "in zip(range(9), f):"),
        (LOOPS, "def handle", "def enumerate(*lines): return []\ndef handle"),
        (LOOPS, 'iter(f.readline, b"")', 'iter(f.readline, b"quit\\n")'),  # for ever, at the end of input
        (LOOPS, 'iter(f.readline, b"")', 'iter(f.readline, "")'),
        (LOOPS, 'iter(f.readline, b"")', "iter(f.readline, end)"),
        (LOOPS, ITERATED, ITERATED + "    c.sendall(line)\n"),  # the last one, and not the end of input
        (LOOPS, ITERATED, ITERATED + '        f = c.makefile("rb")\n'),
        (LOOPS, ITERATED, ITERATED.replace("line.upper()", "b''.join(later)") + "        later = (line for _ in 'ab')\n"),
        (LOOPS, ITERATED, ITERATED.replace("for line", "for c.line")),
        (LOOPS, "def handle", "def iter(*lines): return []\ndef handle"),
        (PRINT, FIRST, "f"),
        (PRINT, FIRST, "*line.split(), **{}"),
        (PRINT, 'sep="-"', "sep=line"),
        (PRINT, 'c.makefile("rw", encoding="utf-8")', 'c.makefile("rwb")'),
        (PRINT, "def handle", "def print(*words, **more): pass\ndef handle"),
    ],
)
def test_any_other_form_is_left_alone(text: str, old: str, new: str, target: Target) -> None:
    assert text.count(old) == 1
    text = text.replace(old, new)
    done = rewrite(text, "program.py", target)
    assert done.text == text
    assert [refusal.code for refusal in done.refusals] in (["IOM903"], ["IOM906"])


@pytest.mark.parametrize("target", Target)
def test_what_is_printed_and_never_flushed_is_left_alone(target: Target) -> None:
    text = PRINT.replace("with c.makefile", "f = c.makefile").replace(" as f:", "").replace(", flush=True", "")
    lines = text.splitlines(keepends=True)
    text = "".join(line.removeprefix("    ") if line.startswith("        ") else line for line in lines)
    done = rewrite(text, "program.py", target)
    assert done.text == text
    assert "never flushed" in done.refusals[0].text


@pytest.mark.parametrize("target", Target)
def test_that_a_text_file_forgets_nothing_any_more_is_said(target: Target) -> None:
    assert any("read ahead; now" in change.text for change in rewrite(PRINT, "program.py", target).changes)
