"""A migration plan: what stands in it, in which order, and what it does not do. test_plan_seen.py looks at it."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest

from iomodels.cli import main
from iomodels.cli.commands import scan as command
from iomodels.migrate.finding import Finding, Kind, Model, Scan
from iomodels.migrate.moving import Moved
from iomodels.migrate.plan import plan
from iomodels.migrate.plan.effort import BASE, CLIENT, FINDING, FURTHER, REVIEW, WAITER, Effort, days, effort
from iomodels.migrate.plan.excerpt import excerpt
from iomodels.migrate.plan.page import FRAME, SMALL_ENOUGH, render
from iomodels.migrate.plan.parts import LOOSE, parts
from iomodels.migrate.plan.tried import ENOUGH, moves, tried
from iomodels.migrate.rewrite import Target
from iomodels.migrate.rule import By
from iomodels.migrate.sources import Sources
from tests.iomodels.migrate.output.making import scan
from tests.iomodels.migrate.planning import RULES, THREADS, found, move, tree, unit


def text(html: str) -> str:
    shown = re.sub(r"<(style|script)>.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", shown)).split())


def section(html: str, name: str) -> str:
    """One of the page's parts."""
    return html.partition(f'<details class="part" id="{name}"')[2].partition('<details class="part"')[0]


@pytest.fixture(autouse=True)
def shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is rewritten, whatever that is by now."""
    known = [SimpleNamespace(rule="IOM101"), SimpleNamespace(rule="IOM102")]
    monkeypatch.setattr("iomodels.migrate.rewrite.shape.all_shapes", lambda: known)


@pytest.fixture
def html(tmp_path: Path) -> str:
    return plan(tree(tmp_path), RULES, Sources(), move)


def test_it_asks_for_nothing_and_is_valid_in_its_ids(html: str) -> None:
    assert not re.search(r'\b(?:src|href)="(?!#)', html)
    assert "http" not in re.sub(r"iomodels check.*", "", html).replace('http-equiv="', "").replace("<code>http</code>", "")
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert sorted(ids) == sorted(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


def test_the_verdict_says_what_there_is_who_can_do_it_and_how_long_it_takes(html: str) -> None:
    shown = text(html)
    assert "4 parts with classic I/O in 4 of 5 files (blocking 1, threads 1, select 1, other calls 1)" in shown
    assert "and 1 call that blocks async code." in shown
    assert "A machine can do 3 of the 7 findings, and part of 2 more; 2 are by hand. People need roughly" in shown
    assert "iomodels migrate was tried on 1 file with a shape that it rewrites." in shown
    assert "Of 3 parts in there it moves 2 to asyncio, 2 to trio, 0 to anyio" in shown
    assert "1 part is better left as it is." in shown
    assert "A day is 6 hours." in shown


def test_kinds_and_parts_come_easiest_first_and_loose_calls_last(html: str) -> None:
    order = section(html, "order")
    assert re.findall(r"<h3>\d\. (.*?) <", order) == [
        "Client, blocking",
        "Server, threads",
        "Server, select",
        LOOSE.capitalize(),
    ]
    two = scan(
        [found("x.py", line, "IOM111") for line in (1, 2, 3)],
        [unit("x.py", 1, "long", Model.SELECT, Kind.SERVER), unit("x.py", 3, "short", Model.SELECT, Kind.SERVER)],
    )
    sources = Sources()
    sources._lines["x.py"] = ["def long():", "    pass", "def short(): pass"]
    assert re.findall(r"<h4><code>(\w+)", plan(two, RULES, sources)) == ["short", "long"]


def test_a_finding_belongs_to_what_is_round_it_or_to_its_class_or_to_the_only_part(tmp_path: Path) -> None:
    every = {part.name: [each.place.line for each in part.findings] for part in parts(tree(tmp_path), RULES, Sources())}
    assert every == {"Loop": [7], "forks": [5], "Server": [12, 16], "main": [21], "other calls": [24]}
    only = scan([found("a.py", 9, "IOM102")], [unit("a.py", 1, "serve", Model.THREADS, Kind.SERVER)])
    assert [len(part.findings) for part in parts(only, RULES, Sources())] == [1]


def test_what_is_better_left_has_no_place_in_the_order_and_no_hours(html: str) -> None:
    assert "forks" not in section(html, "order")
    leave = text(section(html, "leave"))
    assert "Do not go async here." in leave
    assert "it wants a process" in leave
    assert " h " not in leave


def test_a_framework_is_left_although_nothing_was_found_in_it() -> None:
    framework = unit("own.py", 1, "dispatcher", Model.ASYNCORE, Kind.FRAMEWORK, "defines the removed API")
    shown = text(section(plan(scan((), [framework]), RULES, Sources()), "leave"))
    assert "dispatcher own.py:1 · framework, asyncore defines the removed API" in shown


def test_hazards_are_for_before_and_blocking_calls_for_today(html: str) -> None:
    assert 'id="IOM301"' in section(html, "today")
    assert "IOM301" not in section(html, "order")
    before = section(html, "before")
    assert 'id="IOM201"' in before
    assert "the trap of unchecked-send" in before
    assert '<a href="#IOM201">IOM201</a> (line 16)' in section(html, "order")


def test_each_part_has_its_code_its_futures_its_trap_and_its_command(html: str, tmp_path: Path) -> None:
    card = html.partition("<h4><code>Loop</code>")[2].partition("<h4>")[0]
    assert "it has a <code>select</code> of its own" in card
    assert '<span class="line mark" data-n="7">' in card
    for library, after in (("asyncio", "start_server(serve)"), ("trio", "serve_tcp"), ("anyio", "listener.serve")):
        panel = card.partition(f'data-library="{library}"')[2].partition("</section>")[0]
        assert after in panel
        assert f"iomodels migrate &#39;{tmp_path}/a b.py&#39; --to {library}" in panel
    assert "the trap of select-loop" in card
    assert "recipes/threads.md" in card


def test_a_trap_is_told_once_and_can_be_unfolded_after_that(tmp_path: Path) -> None:
    lines = [found(str(tmp_path / f"{name}.py"), 1, "IOM102") for name in "ab"]
    units = [unit(each.place.path, 1, "", Model.THREADS, Kind.SERVER) for each in lines]
    shown = plan(scan(lines, units), RULES, Sources())
    assert shown.count("<code>one</code> exception &amp; no more") == 2
    assert len(re.findall('<details class="trap" open>', shown)) == 1
    assert len(re.findall('<details class="trap again">', shown)) == 1


def test_diffs_and_refusals_are_those_of_migrate(html: str) -> None:
    card = html.partition("<h4><code>Server</code>")[2].partition("<h4>")[0]
    panels = dict(re.findall(r'data-library="(\w+)">(.*?)</section>', card, flags=re.DOTALL))
    assert '<span class="line add">+    async def serve(self):</span>' in panels["trio"]
    assert "line 12: served by trio (IOM102)" in panels["trio"]
    assert "by machine to asyncio, trio" in card
    assert "async def" not in panels["anyio"]
    assert "the loop is <code>odd</code> (IOM902)" in panels["anyio"]
    assert html.count('<span class="line add">+    async def serve') == 2  # for each library once
    loose = html.partition("<h4><code>other calls</code>")[2].partition("<h4>")[0]
    assert loose.count('The diff of the whole file stands in <a href="#part-2">an earlier part</a>') == 2
    main = html.partition("<h4><code>main</code>")[2].partition("<h4>")[0]
    assert "Move it by hand." in main
    assert "served by" not in main


def test_only_files_with_a_shape_that_is_rewritten_are_tried(tmp_path: Path) -> None:
    asked = []

    def noting(path: str, target: Target) -> Moved:
        asked.append((Path(path).name, target.value))
        return move(path, target)

    every = tree(tmp_path)
    answers, _ = tried(every.findings, Sources(), noting)
    assert set(answers) == {str(tmp_path / "threads.py"), str(tmp_path / "forks.py")}
    assert ("threads.py", "anyio") in asked
    assert not {"a b.py", "late.py"} & {name for name, _ in asked}


def test_what_would_take_too_long_is_not_tried_and_counted(tmp_path: Path) -> None:
    every = tree(tmp_path)
    long = tmp_path / "long.py"
    long.write_text("#" * ENOUGH)
    more = replace(every, findings=[*every.findings, found(str(long), 1, "IOM101")])
    assert "1 more file with one would have taken too long." in text(plan(more, RULES, Sources(), move))


def test_many_files_are_tried_by_several_processes(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.py" for number in range(6)]
    for path in paths:
        path.write_text(THREADS)
    answers, left = tried([found(str(path), 12, "IOM102") for path in paths], Sources(), move)
    assert left == 0
    assert list(answers) == [str(path) for path in paths]
    assert all(answer["trio"].changed for answer in answers.values())


def test_a_part_of_which_anything_is_left_alone_is_not_moved(tmp_path: Path) -> None:
    server, *_ = (part for part in parts(tree(tmp_path), RULES, Sources()) if part.name == "Server")
    moved = move(server.path, Target.ASYNCIO)
    assert moves(server, moved)
    assert not moves(server, replace(moved, refusals=(replace(moved.refusals[0], line=15),)))
    assert not moves(server, replace(moved, changes=()))


def test_without_libcst_it_says_that_nothing_was_tried(tmp_path: Path) -> None:
    shown = text(plan(tree(tmp_path), RULES, Sources()))
    assert "was not tried, for want of libcst: pip install 'iomodels[migrate]'" in shown
    assert "as it was tried" not in shown


def test_the_effort_follows_the_rule_that_is_stated(html: str) -> None:
    hand, machine = FINDING[By.HAND], FINDING[By.MACHINE]
    server = unit("a", 1, "", Model.SELECT, Kind.SERVER)
    loop = [found("a", line, "IOM111") for line in (1, 2, 3)]
    assert effort(server, 100, loop, RULES, moved=False) == BASE[Model.SELECT] + hand.times(1 + 2 * FURTHER)
    assert effort(server, 1, (), RULES, moved=False) == BASE[Model.SELECT].times(0.25)
    assert effort(server, 5000, (), RULES, moved=False) == BASE[Model.SELECT].times(4)
    client = replace(server, kind=Kind.CLIENT)
    assert effort(client, 100, (), RULES, moved=False) == BASE[Model.SELECT].times(CLIENT)
    assert effort(replace(server, kind=Kind.WAITER), 900, (), RULES, moved=False) == WAITER
    threads = [found("a", 1, "IOM102"), found("a", 2, "IOM201")]
    assert effort(server, 100, threads, RULES, moved=True) == REVIEW + hand
    assert effort(None, 0, threads, RULES, moved=False) == machine + hand
    assert set(BASE) == set(Model)
    numbers = text(section(html, "numbers"))
    assert all(f"{model.value} {hours}" in numbers for model, hours in BASE.items())
    assert f"a client {CLIENT} of it" in numbers


@pytest.mark.parametrize(
    ("hours", "words", "size"),
    [
        (Effort(0, 1), "less than half a day", "S"),
        (Effort(1, 4), "up to 0.5 day", "S"),
        (Effort(6, 6), "1 day", "M"),
        (Effort(6, 12), "1 to 2 days", "M"),
        (Effort(13, 50), "2 to 8.5 days", "L"),
    ],
)
def test_hours_become_days_and_sizes(hours: Effort, words: str, size: str) -> None:
    assert (days(hours), hours.size) == (words, size)


def test_source_code_is_text_and_is_coloured_from_the_function_round_it(html: str) -> None:
    assert "<script>alert" not in html
    assert "&lt;/span&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in html
    lines = [
        '"""A text',
        "of two lines",
        '"""',
        "",
        "import socket",
        *[""] * 500,
        "def f():",
        '    """',
        "    accept it",
        '    """',
        "    x = 1",
    ]
    shown = str(excerpt(lines, [found("a", 5, "IOM102"), found("a", len(lines), "IOM102")], 3, frozenset()))
    assert '<i class="k">import</i>' in shown
    assert '<span class="line" data-n="508"><i class="s">    accept it</i></span>' in shown
    assert '<span class="line mark" data-n="510">    x = <i class="m">1</i></span>' in shown
    assert shown.count('class="gap"') == 1
    assert '<span class="line" data-n="4"' in shown
    assert 'data-n="6"' not in shown  # empty, at the end of its piece


def test_a_file_that_changed_since_or_is_gone_is_no_harm(tmp_path: Path) -> None:
    every = tree(tmp_path)
    (tmp_path / "threads.py").write_text("def (\n")
    (tmp_path / "forks.py").unlink()
    assert "3 parts with classic I/O" in text(plan(every, RULES, Sources(), move))  # where `main` ended is no longer known


def test_what_was_not_read_and_what_was_left_out_is_said(html: str) -> None:
    unread = text(section(html, "unread"))
    assert "old.py:3 python 2: print is a statement" in unread
    assert "Left out: 2 by comments." in unread


def test_the_cases_to_run_before_and_after_are_named(html: str) -> None:
    tests = text(section(html, "tests"))
    assert "--only limits/handler-raises --output before.json" in tests
    assert "A service that raises costs its own client alone" in tests
    assert "Run before and after: limits/handler-raises" in text(section(html, "order"))


def test_where_nothing_was_found_there_is_nothing_to_do() -> None:
    shown = plan(scan(), RULES, Sources(), move)
    assert "Nothing to move: no classic I/O was found in 3 files." in text(shown)
    assert not section(shown, "order")


def many(number: int) -> Scan:
    names = [f"part_{each}.py" for each in range(number)]
    findings: list[Finding] = [found(name, line, code) for name in names for line, code in ((1, "IOM102"), (2, "IOM201"))]
    return scan(findings, [unit(name, 1, "Server", Model.THREADS, Kind.SERVER) for name in names])


def test_it_stays_small_and_says_what_was_left_out() -> None:
    sources = Sources()
    every = many(4000)
    for each in every.units:
        sources._lines[each.place.path] = ["x" * 190] * 8
    shown = plan(every, RULES, sources)
    assert len(shown.encode()) < SMALL_ENOUGH
    told = re.search(r"this file under 3 MiB: ([\d,]+) cards without code and diff, ([\d,]+) cards left out.", text(shown))
    assert told is not None
    bare, dropped = (int(number.replace(",", "")) for number in told.groups())
    assert bare > 100
    assert len(re.findall(r'<details class="card" id="part-', shown)) + dropped == 4000
    assert "4,000 parts with classic I/O" in text(shown)
    assert f"And {dropped} more, for which there was no room here." in text(shown)


def test_what_has_no_room_for_its_code_keeps_its_words() -> None:
    sources = Sources()
    sources._lines["part_0.py"] = ["x" * 190] * 8
    full = render(many(1), RULES, sources, None)
    card = full.partition('id="part-1"')[2].partition("</main>")[0].partition('<details class="part"')[0]
    shown = render(many(1), RULES, sources, None, most=FRAME + int(len(card) * 1.3))
    assert "without code and diff" in text(shown)
    assert "part_0.py:1 · server, threads" in text(shown)


Run = Callable[..., int]
ACCEPTS = """\
import socket

listener = socket.create_server(("", 0))
while True:
    connection, _ = listener.accept()
    connection.sendall(connection.recv(10))
    connection.close()
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "late.py").write_text("import time\n\n\nasync def late():\n    time.sleep(1)\n")
    return lambda *arguments: main(["scan", "--no-cache", *arguments])


def test_the_command_writes_it(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(".", "--report", "plan.html") == 1
    assert "the plan is plan.html" in capsys.readouterr().err
    assert "1 call that blocks async code" in text((tmp_path / "plan.html").read_text("utf-8"))


def test_without_jinja2_the_command_says_so_before_it_scans(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None if name == "jinja2" else object())
    monkeypatch.setattr(command, "scan", lambda *_, **__: pytest.fail("it scanned"))
    assert run(".", "--report", "plan.html") == 3
    assert capsys.readouterr().err.splitlines() == [
        "iomodels: the plan is made with jinja2, which is not installed: pip install 'iomodels[report]'"
    ]
    assert not Path("plan.html").exists()


def test_without_libcst_the_command_leaves_the_diffs_out(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "late.py").write_text(ACCEPTS)
    monkeypatch.setattr(command, "find_spec", lambda name: None if name == "libcst" else object())
    assert run(".", "--report", "plan.html") == 1
    assert "for want of libcst" in (tmp_path / "plan.html").read_text("utf-8")
