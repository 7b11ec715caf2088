import re
from pathlib import Path

import pytest

from iomodels.differ.conversations import Conversation, Script
from iomodels.differ.report import as_text
from iomodels.differ.shrink import Limits, shrunk
from iomodels.replay.recording import Kind
from tests.iomodels.differ.running import compared

WIDE = Limits(tries=2000, seconds=60)


def conversation() -> Conversation:
    script = Script()
    for number in range(1, 6):
        script.pause().do(number, Kind.OPEN).pause().do(number, b"one\ntwo\nthree x\n").pause().do(number, b"four\n")
        script.pause().do(number, Kind.ASKED_EOF).pause().do(number, Kind.CLOSE)
    return script.named("all", slow=[2, 4], gap=True)


def test_what_shows_it_alone_is_left() -> None:
    def shows(shorter: Conversation) -> bool:
        return any(b"x" in step.data for step in shorter.steps)

    shortest, _ = shrunk(conversation(), shows, WIDE)
    assert [(step.connection, step.kind, step.data) for step in shortest.steps] == [
        (1, Kind.OPEN, b""),
        (1, Kind.ASKED, b"x\n"),
    ]
    assert not shortest.slow
    assert not shortest.gap


def test_clients_keep_their_order_and_are_counted_anew() -> None:
    def shows(shorter: Conversation) -> bool:
        kinds = [step.kind for step in shorter.steps]
        return len(shorter.connections) >= 2 and kinds.count(Kind.ASKED_EOF) >= 1 and bool(shorter.slow)

    shortest, _ = shrunk(conversation(), shows, WIDE)
    assert shortest.connections == [1, 2]
    assert shortest.slow <= {1, 2}
    assert len(shortest.steps) == 3


def test_pauses_are_kept_where_they_matter() -> None:
    def shows(shorter: Conversation) -> bool:
        return any(step.waits and step.kind is Kind.CLOSE for step in shorter.steps)

    shortest, _ = shrunk(conversation(), shows, WIDE)
    assert [(step.kind, step.waits) for step in shortest.steps][1:] == [(Kind.CLOSE, True)]


@pytest.mark.parametrize("limits", [Limits(tries=3), Limits(seconds=0)])
def test_the_search_has_an_end(limits: Limits) -> None:
    asked: list[Conversation] = []

    def shows(shorter: Conversation) -> bool:
        asked.append(shorter)
        return False

    shortest, tries = shrunk(conversation(), shows, limits)
    assert shortest == conversation()
    assert tries == len(asked) <= 3


def test_a_real_one_is_shortened_to_what_shows_it() -> None:
    report = compared("error-reply", kinds=["mutated"])
    (outcome,) = [outcome for outcome in report.outcomes if outcome.differences]
    assert len(outcome.shortest.connections) == 1
    assert len(outcome.shortest.steps) <= 3
    assert b"\xff" in b"".join(step.data for step in outcome.shortest.steps)
    assert outcome.shortest.size <= 8
    assert [each.aspect[0] for each in outcome.shown] == ["bytes"]


def test_what_the_shortest_does_not_show_is_told_all_the_same(tmp_path: Path) -> None:
    report = compared("banner,last-newline,file", folder="{dir}", kinds=["plain"], save=tmp_path)
    text = as_text(report)
    assert r"pair 1.1 is here" in text
    assert re.search(r"BYE\\n +\| BYE$", text, re.MULTILINE)
    assert "the file lines" in text
    whole = [path for paths in report.recordings.values() for path in paths if "whole" in path.name]
    assert all(path.exists() for path in whole)
    assert whole
