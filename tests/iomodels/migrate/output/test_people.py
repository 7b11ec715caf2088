"""What people read: text, concise, statistics and Markdown."""

import json
from pathlib import Path

import click
import pytest

from iomodels.migrate.finding import Finding
from iomodels.migrate.output import FORMATS, STATISTICS, concise, markdown, render, statistics, text
from iomodels.migrate.output.markdown import code
from iomodels.migrate.sources import Sources
from tests.iomodels.migrate.output.making import RULES, finding, scan, server

TEXT = """\
FOLDER/server.py

FOLDER/server.py:3:9: IOM101 it has accept-loop
  |
3 |         while True:
  |         ^^^^^^^^^^^ to line 5
  = migrate: partly
  = asyncio: start_server(serve)
  = trio: serve_tcp(serve, port)
  = anyio: listener.serve(serve)
  = trap: the trap of accept-loop (iomodels rule IOM101)

FOLDER/server.py:5:13: IOM102 it has accept-thread
  |
5 |             Thread(target=self.talk, args=(conn,)).start()
  |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = migrate: automatic
  = asyncio: start_server(serve)
  = trio: serve_tcp(serve, port)
  = anyio: listener.serve(serve)
  = trap: the trap of accept-thread (iomodels rule IOM102)

FOLDER/server.py:8:15: IOM201 the count of send is lost (likely)
  |
8 |     name = "你好"; conn.send(name)
  |                    ^^^^^^^^^^^^^^^
  = migrate: by hand
  = asyncio: writer.write(data) ...
  = trio: serve_tcp(serve, port)
  = anyio: listener.serve(serve)
  = trap: the trap of unchecked-send (iomodels rule IOM201)

What each part is:

FOLDER/server.py
  Server (class, line 1): server, threads
    it starts a thread
    do not go async here: it computes
  module (line 7): client, blocking

old.py:3: not read, python 2: print is a statement
bad.py: not read, unreadable: Permission denied

Found 3 findings in 1 file: 1 automatic, 1 partly, 1 by hand.
Left out: 2 by comment.
Not read: 2 files (1 python 2, 1 unreadable).
Read 3 files, 1,200 lines in 0.25 s; 2 had to be parsed.
"""


def test_text_shows_the_line_the_future_the_parts_and_the_totals(tmp_path: Path) -> None:
    assert text.render(server(tmp_path), RULES, Sources()).replace(str(tmp_path), "FOLDER") == TEXT


def test_colour_is_all_that_colour_adds(tmp_path: Path) -> None:
    found = server(tmp_path)
    for show in (text.render, concise.render):
        painted = show(found, RULES, Sources(), colour=True)
        assert "\x1b[" in painted
        assert click.unstyle(painted) == show(found, RULES, Sources())


def test_what_a_rule_becomes_is_told_once_in_each_file(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("x\n" * 3)
    findings = [finding(tmp_path / name, line) for name in ("a.py", "b.py") for line in (1, 2, 3)]
    shown = text.render(scan(findings), RULES, Sources())
    assert shown.count("  = migrate: automatic\n") == 2
    assert "Found 6 findings in 2 files: 6 automatic.\n" in shown


def test_libraries_that_agree_are_named_together() -> None:
    alike = {code: rule for code, rule in RULES.items() if code != "IOM102"}
    alike["IOM102"] = type(rule := RULES["IOM102"])(**{**vars(rule), "anyio": rule.trio})
    shown = text.render(scan([finding("gone.py", 1)]), alike, Sources())
    assert "  = asyncio: start_server(serve)\n  = trio, anyio: serve_tcp(serve, port)\n  = trap: " in shown


def test_a_file_that_is_gone_is_shown_without_its_line() -> None:
    assert text.render(scan([finding("gone.py", 7)]), RULES, Sources()).startswith(
        "gone.py\n\ngone.py:7:1: IOM102 it has accept-thread\n  = migrate: automatic\n"
    )


def test_a_long_line_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "long.py"
    path.write_text("x" * 10_000)
    shown = text.render(scan([finding(path, 1, column=5, end=(1, 9_999))]), RULES, Sources())
    assert max(len(line) for line in shown.splitlines() if "x" * 9 in line) < 250


def test_a_file_cannot_command_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "bad\x1b[2J.py"
    path.write_text("conn.send('\x1b]0;owned\x07')\n")
    odd = finding(path, 1)
    findings = [Finding(odd.place, odd.rule, "send of \x1b[31m", odd.confidence)]
    for form in FORMATS:
        if form != "json":
            assert "\x1b" not in render(form, scan(findings), RULES, Sources())


def test_a_name_that_is_no_utf_8_can_be_printed() -> None:
    findings = [finding("bad\udcff.py", 1)]
    for form in FORMATS:
        render(form, scan(findings), RULES, Sources()).encode()


def test_concise_is_a_line_for_each_finding(tmp_path: Path) -> None:
    assert concise.render(server(tmp_path), RULES, Sources()).replace(str(tmp_path), "FOLDER").splitlines() == [
        "FOLDER/server.py:3:9: IOM101 it has accept-loop [partly]",
        "FOLDER/server.py:5:13: IOM102 it has accept-thread [automatic]",
        "FOLDER/server.py:8:15: IOM201 the count of send is lost (likely) [by hand]",
        "Found 3 findings in 1 file: 1 automatic, 1 partly, 1 by hand.",
        "Left out: 2 by comment.",
        "Not read: 2 files (1 python 2, 1 unreadable).",
    ]


@pytest.mark.parametrize("form", ["text", "concise", "github", "md"])
def test_nothing_found_is_said(form: str) -> None:
    assert "Found nothing in 3 files." in render(form, scan(), RULES, Sources()).splitlines()


def test_statistics_have_the_commonest_rule_first() -> None:
    findings = [finding("a.py", 1, "IOM201"), *(finding("a.py", line) for line in range(1, 12)), finding("a.py", 1, "IOM101")]
    assert statistics.render(scan(findings), RULES, Sources()).splitlines() == [
        "11  IOM102  automatic  accept-thread   what accept-thread is",
        " 1  IOM101  partly     accept-loop     what accept-loop is",
        " 1  IOM201  by hand    unchecked-send  what unchecked-send is",
        "Found 13 findings in 1 file: 11 automatic, 1 partly, 1 by hand.",
    ]
    assert statistics.render(scan(), RULES, Sources()) == "Found nothing in 3 files.\n"


def test_markdown_has_every_finding_in_a_table_of_its_file(tmp_path: Path) -> None:
    lines = markdown.render(server(tmp_path), RULES, Sources()).replace(str(tmp_path), "FOLDER").splitlines()
    at = lines.index("### `FOLDER/server.py`")
    assert lines[at + 2 : at + 7] == [
        "| place | rule | what | line |",
        "| --- | --- | --- | --- |",
        "| 3:9 | IOM101 | it has accept-loop | `while True:` |",
        "| 5:13 | IOM102 | it has accept-thread | `Thread(target=self.talk, args=(conn,)).start()` |",
        '| 8:15 | IOM201 | the count of send is lost (likely) | `name = "你好"; conn.send(name)` |',
    ]
    assert "| `FOLDER/server.py:1` | `Server` | server, threads | it starts a thread | it computes |" in lines
    assert "| `old.py` | python 2: print is a statement |" in lines


def test_code_in_markdown_survives_backquotes() -> None:
    assert [code(text) for text in ("a", "a`b", "``", "")] == ["`a`", "``a`b``", "``` `` ```", ""]


@pytest.mark.parametrize(("form", "kind"), [*((form, False) for form in FORMATS), *((form, True) for form in STATISTICS)])
def test_every_format_shows_every_scan(tmp_path: Path, form: str, *, kind: bool) -> None:
    for found in (server(tmp_path), scan()):
        shown = render(form, found, RULES, Sources(), statistics=kind, colour=True)
        assert shown.endswith("\n")
        assert ("IOM201" in shown) == bool(found.findings)
        if form in ("json", "sarif"):
            assert json.loads(shown)
