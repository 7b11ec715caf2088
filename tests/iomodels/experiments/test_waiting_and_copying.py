from dataclasses import replace
from pathlib import Path

import pytest

from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.waiting_and_copying import Phases, judge, parts, phases
from iomodels.trace import document
from iomodels.trace.timeline import Timeline

TRACES = Path(__file__).resolve().parents[3] / "guide" / "data" / "traces"

EPOLL = Phases("sockets/epoll", "epoll_wait", 115_000, 55, 2, {"receive": 1, "send": 1}, 3, [30, 0, 230])
SELECT = replace(EPOLL, variant="sockets/select", waits="pselect6")
POLL = replace(EPOLL, variant="sockets/poll", waits="poll")
URING = Phases("sockets/io_uring", "io_uring_enter", 96_000, 0, 0, {}, 2, [0, 0, 270])


def trace(name: str) -> Timeline:
    return document.load((TRACES / f"{name}.json").read_text())


def test_it_holds_when_only_the_waiting_differs() -> None:
    answer = judge([EPOLL, SELECT, URING])
    assert (answer.verdict, answer.because) == (Verdict.HOLDS, "")
    assert "2 of 2 variants copy a request and its reply with the same calls (receive 1, send 1)" in answer.says
    assert "in 3 different ones; a request to io_uring is copied by no call" in answer.says


def test_it_depends_when_one_copies_otherwise() -> None:
    answer = judge([EPOLL, POLL, replace(SELECT, copies={"receive": 2, "send": 1}), URING])
    assert (answer.verdict, answer.crossing) == (Verdict.DEPENDS, "other calls in 1 of 3")
    assert answer.because == "Others copy in sockets/select (receive 2, send 1)."


def test_it_does_not_hold_when_io_uring_copies_by_calls() -> None:
    assert judge([EPOLL, SELECT, replace(URING, copies={"receive": 1})]).verdict is Verdict.DOES_NOT_HOLD


def test_it_does_not_hold_when_all_wait_alike() -> None:
    alike = [replace(each, waits="poll") for each in (EPOLL, SELECT)]
    assert judge(alike).verdict is not Verdict.HOLDS


def test_without_io_uring_the_others_are_judged() -> None:
    answer = judge([EPOLL, SELECT])
    assert answer.verdict is Verdict.HOLDS
    assert "io_uring cannot be tried here" in answer.says


@pytest.mark.parametrize(
    "variant", ["sockets/blocking", "sockets/select", "sockets/threads", "sockets/fork", "asyncio/threads"]
)
def test_a_request_is_received_once_and_sent_once(variant: str) -> None:
    found = phases([trace(variant)])
    assert found.copies == {"receive": 1, "send": 1}
    assert found.parts[0] > 0


def test_a_request_to_io_uring_is_copied_by_no_call() -> None:
    assert phases([trace("sockets/io_uring")]).copies == {}


def test_who_asks_again_and_again_asks_in_vain() -> None:
    assert phases([trace("sockets/nonblocking")]).vain > 100
    assert phases([trace("sockets/blocking")]).vain == 0


@pytest.mark.parametrize(
    "variant", ["sockets/blocking", "sockets/nonblocking", "sockets/threads", "sockets/io_uring", "trio/threads"]
)
def test_the_parts_lie_between_request_and_reply(variant: str) -> None:
    timeline = trace(variant)
    copying, vain, rest = parts(timeline)
    assert rest > 0
    assert copying + vain + rest < timeline.when("A", "is answered") - timeline.when("A", "sends")
    assert (vain > 0) == (variant == "sockets/nonblocking")
