"""The report as a file: all of it in one piece, and everything that was found in it. test_report_seen.py looks at it."""

import json
import re
from dataclasses import replace
from html import escape, unescape

import pytest

from iomodels.compare import document, report
from iomodels.compare.grid import cells, models
from iomodels.compare.ranking import ONE_ROUND
from iomodels.compare.words import quotable
from iomodels.contract.runner import Verdict
from iomodels.report.page import prose
from tests.iomodels.compare.samples import RIVAL, findings

pytestmark = pytest.mark.xdist_group("report")  # it is made once


@pytest.fixture(scope="module")
def html() -> str:
    return report.render(findings())


def text(html: str) -> str:
    shown = re.sub(r"<(style|script)>.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", shown)).split())


def test_it_asks_for_nothing_and_is_small(html: str) -> None:
    assert not re.search(r'\b(?:src|href)="(?!#)', html)
    assert set(re.findall(r'https?://[^"\s]+', html)) == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert len(html.encode()) < 3 * 1024 * 1024


def test_ids_are_unique(html: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert sorted(ids) == sorted(set(ids))


def test_what_came_from_outside_is_text(html: str) -> None:
    assert escape(RIVAL) in html
    assert RIVAL not in html
    assert "[Errno 104] &lt;reset&gt;" in html


def test_everything_that_was_found_is_in_it(html: str) -> None:
    found, shown = findings(), text(html)
    assert found.results is not None
    for line in quotable(found):
        assert " ".join(line.split()) in shown
    for cell in found.ranking:
        assert found.called(cell.subject) in shown
    for ran in found.ran:
        assert ran.experiment.claim in shown
    for words in (
        *("holds", "does not hold here", "depends", "cannot be made here", "could not be made"),
        *(case.id for case in found.verdicts.cases),
        *("iomodels experiments never-made", "there is no asyncore", "asyncio+rloop/threads: it sends no FIN", "byte 3 is 'x'"),
        *(f"{name} {value}" for name, value in found.metadata.items()),
        "contract 71 s, costs 82 s, experiments 61 s",
    ):
        assert words in shown, words


def test_who_was_measured_once_is_marked_and_who_serves_few_has_a_table_of_its_own(html: str) -> None:
    found = findings()
    tables = [text(table) for table in re.findall(r'<table class="ranking">.*?</table>', html, flags=re.DOTALL)]
    assert len(tables) == 4
    main, *others = tables
    assert main.count(ONE_ROUND) == sum(len(cell.rounds) == 1 for cell in found.ranking) > 20
    assert f"{ONE_ROUND}: measured once" in text(html)
    assert "sockets/blocking" not in main
    assert [name in table for name, table in zip(("trio/thread_pool", "prefork", "sockets/blocking"), others, strict=True)] == [
        True
    ] * 3
    assert all("sockets/epoll" in table for table in others)
    assert "At 1 connection: who serves no more at once, sockets/epoll beside them" in text(html)


def test_code_between_backticks_is_code() -> None:
    assert str(prose("an `await` of <it>")) == "an <code>await</code> of &lt;it&gt;"


def test_without_a_server_of_the_users_there_is_no_part_for_it() -> None:
    plain = report.render(replace(findings(rival=False), results=None, ran=[]))
    assert "Your server" not in plain
    assert "your own" not in plain


def test_a_run_that_ended_early_is_a_report_too() -> None:
    found = findings(rival=False)
    found.results, found.ran, found.interrupted = None, [], True
    found.verdicts.results.clear()
    shown = text(report.render(found))
    assert "Ended before its time" in shown
    assert "Nothing was measured" in shown
    assert "No variant broke the contract, but 2,160 cases were not reached" in shown


def test_the_grid_has_every_variant() -> None:
    found = findings(rival=False)
    grid = models(found)
    assert grid["runtimes"] == [
        *("sockets", "asyncio", "asyncio+rloop", "asyncio+uvloop"),
        *("trio", "anyio", "anyio+trio", "anyio+uvloop"),
    ]
    marks = {(model, runtime): mark for model, row in grid["rows"] for runtime, mark in zip(grid["runtimes"], row, strict=True)}
    assert len(marks) == 128
    assert marks["epoll", "sockets"].css == "pass"
    same = marks["epoll", "trio"]
    assert same.css == "pass same"
    assert same.says.startswith("trio/epoll runs the code of trio/select: ")


def test_a_failure_stands_out_in_the_grid() -> None:
    found = findings()
    first = next(iter(cells(found)))
    assert (first["runtime"], first["names"]) == ("your own", [RIVAL])
    marks = {case.id: marks[0] for case, marks in first["rows"]}
    assert marks["stop/in-mid-reply"].css == "fail"
    assert "the server has ended: status 1" in marks["stop/in-mid-reply"].says
    assert marks["half-close/at-once"].css == "pass"


def test_the_document_has_the_parts_as_their_commands_write_them() -> None:
    found = findings()
    told = json.loads(document.dump(found))
    assert told["schema_version"] == document.SCHEMA_VERSION
    assert told["lines"] == quotable(found)
    assert told["contract"]["totals"]["fail"] == found.verdicts.totals()[Verdict.FAIL] == 2
    assert {cell["subject"] for cell in told["benchmark"]["cells"]} >= {RIVAL, "ceiling", "sockets/epoll"}
    assert [each["name"] for each in told["experiments"]] == ["silent-client", "idle-descriptors", "threads-are-slow"]
    assert (told["missing"].keys(), told["failed"].keys(), told["unmade"]) == ({"rings"}, {"herd"}, ["never-made"])
