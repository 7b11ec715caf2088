import json
import re
import xml.etree.ElementTree as ET

import pytest

from iomodels.contract.case import Case
from iomodels.contract.runner import Result, Verdict
from iomodels.report import github, junit, markdown, text
from iomodels.report import json as json_report
from iomodels.report.verdicts import Column, Verdicts, summary


def case(name: str) -> Case:
    return Case(name, f"{name} holds.", "", "RFC 9293, 3.6", frozenset(), ("upper",), lambda _: None)


CASES = [case("half-close/at-once"), case("stop/idle"), case("half-close/over-all")]
REASON = "its clients have no processes of their own"
DETAIL = "it is 100% | wrong\nsent ```` \x00\x1b[31m é"


@pytest.fixture
def verdicts() -> Verdicts:
    """Three servers: one well, two that fail alike, with a reason, an error and a gap."""
    table = Verdicts([Column("sockets/a", "It waits."), Column("sockets/b"), Column("trio/c")], CASES)
    for column in ("sockets/a", "sockets/b", "trio/c"):
        table.add(column, Result(CASES[0], Verdict.NOT_APPLICABLE, REASON))
    table.add("sockets/a", Result(CASES[1], Verdict.PASS, "", 0.25))
    for column in ("sockets/b", "trio/c"):
        table.add(column, Result(CASES[1], Verdict.FAIL, DETAIL, 1.5))
    table.add("sockets/a", Result(CASES[2], Verdict.PASS))
    table.add("sockets/b", Result(CASES[2], Verdict.ERROR, "Traceback: the harness stumbled"))
    return table


def test_the_grid_has_a_row_a_case_and_a_column_a_server(verdicts: Verdicts) -> None:
    lines = text.render(verdicts).splitlines()
    assert lines[0] == "  1  sockets/a  2 passed, 1 not applicable"
    assert lines[2] == "  3  trio/c     1 failed, 1 not applicable, 1 not run"
    rows = lines[lines.index("half-close") : lines.index("stop") + 2]
    assert [re.sub(" +", " ", row) for row in rows] == [
        "half-close",
        " at-once - - -",
        " over-all . E ?",
        "stop",
        " idle . F F",
    ]


def test_of_many_columns_each_runtime_has_a_grid_of_its_own() -> None:
    names = [f"{runtime}/{number}" for runtime in ("sockets", "trio") for number in range(text.ABREAST)]
    table = Verdicts([Column(name) for name in names], CASES)
    lines = text.render(table).splitlines()
    heads = [line.split() for line in lines if re.fullmatch(r" +(\d+ *)+", line)]
    count = len(names)
    assert heads == [[*map(str, range(1, count // 2 + 1))], [*map(str, range(count // 2 + 1, count + 1))]]
    assert lines.count("half-close") == 2


def test_the_same_failure_of_several_servers_is_told_once(verdicts: Verdicts) -> None:
    for shown in (text.render(verdicts), markdown.render(verdicts)):
        assert shown.count("it is 100%") == 1
        assert "sockets/b, trio/c" in shown


def test_a_harness_error_never_looks_like_a_verdict(verdicts: Verdicts) -> None:
    assert "half-close/over-all harness error, no verdict on sockets/b" in text.render(verdicts)
    assert not verdicts.good


def test_every_reason_is_printed_once_with_those_that_it_holds_for(verdicts: Verdicts) -> None:
    shown = text.render(verdicts)
    assert shown.count(REASON) == 1
    assert "all: half-close/at-once" in shown
    assert "trio/c: half-close/over-all" in shown


def test_the_last_line_counts_and_does_not_judge(verdicts: Verdicts) -> None:
    last = text.render(verdicts).splitlines()[-1]
    assert last == "2 passed, 2 failed, 1 harness error, 3 not applicable, 1 not run"
    assert summary(verdicts.totals("nobody")) == "nothing was run"


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.ERROR, Verdict.NOT_RUN])
def test_only_passes_and_what_does_not_apply_are_good(verdict: Verdict) -> None:
    table = Verdicts([Column("a")], CASES[:2])
    table.add("a", Result(CASES[0], Verdict.PASS))
    table.add("a", Result(CASES[1], Verdict.NOT_APPLICABLE))
    assert table.good
    table.add("a", Result(CASES[1], verdict))
    assert not table.good


def test_one_server_gets_a_list() -> None:
    table = Verdicts([Column("127.0.0.1:8080", service="http")], CASES[:1])
    table.add("127.0.0.1:8080", Result(CASES[0], Verdict.PASS, "", 0.01))
    assert text.render(table).splitlines() == [
        "127.0.0.1:8080 --service http",
        "pass            half-close/at-once    0.01 s",
        "",
        "1 passed",
    ]


def test_colour_is_there_when_wanted_and_only_then(verdicts: Verdicts) -> None:
    plain = text.render(verdicts).replace(DETAIL, "").replace("\x1b[31m é", "")
    assert "\x1b" not in plain
    coloured = text.render(verdicts, colour=True)
    assert "\x1b[31mF" in coloured


def test_markdown_escapes_what_would_break_its_tables_and_fences(verdicts: Verdicts) -> None:
    shown = markdown.render(verdicts)
    assert "| `stop/idle` | pass | **FAIL** | **FAIL** |" in shown
    assert "\n`````text\n" in shown
    assert markdown.cell("a | b\nc") == r"a \| b c"


def test_json_has_its_version_and_every_cell(verdicts: Verdicts) -> None:
    document = json.loads(json_report.render(verdicts))
    assert document["schema_version"] == 1
    assert len(document["results"]) == 9
    assert document["servers"][0]["totals"]["pass"] == 2
    assert {"server": "sockets/b", "case": "stop/idle", "verdict": "fail", "detail": DETAIL, "seconds": 1.5} in document[
        "results"
    ]


def test_junit_is_well_formed_whatever_a_server_wrote(verdicts: Verdicts) -> None:
    suites = ET.fromstring(junit.render(verdicts))
    assert [suite.attrib["name"] for suite in suites] == ["sockets/a", "sockets/b", "trio/c"]
    second = suites[1].attrib
    assert (second["tests"], second["failures"], second["errors"], second["skipped"]) == ("3", "1", "1", "1")
    failure = suites.find(".//failure")
    assert failure is not None
    assert failure.attrib["message"] == "it is 100% | wrong"
    assert "\N{REPLACEMENT CHARACTER}" in (failure.text or "")


def test_github_gets_an_annotation_for_each_failure(verdicts: Verdicts) -> None:
    lines = github.render(verdicts).splitlines()
    assert sum(line.startswith("::error title=") for line in lines) == 2
    assert "stop/idle failed on sockets/b%2C trio/c::stop/idle holds.%0Ait is 100%25 | wrong%0A" in lines[1]
