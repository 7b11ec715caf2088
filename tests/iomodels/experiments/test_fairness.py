"""What is said of the slowest client, from figures; and a few clients of a real server."""

import sys

import pytest

from iomodels.catalogue import find
from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.fairness import Shares, judge, measure

ALIKE = Shares([90, 100, 100, 105], 1.0)
LOTTERY = Shares([2, 50, 60, 400], 1.0)


def test_it_holds_where_all_have_their_turn() -> None:
    answer = judge({"sockets/epoll": ALIKE, "sockets/threads": ALIKE})
    assert answer.verdict is Verdict.HOLDS
    assert answer.because == ""


def test_it_depends_where_threads_draw_lots_and_says_why() -> None:
    answer = judge({"sockets/epoll": ALIKE, "sockets/threads": LOTTERY, "sockets/fork": ALIKE})
    assert answer.verdict is Verdict.DEPENDS
    assert answer.crossing == "fair: sockets/epoll, sockets/fork; unfair: sockets/threads"
    assert "90% of what the median one has with sockets/epoll, and 4% with sockets/threads" in answer.says
    assert "the least served had 2 replies, the median one 55 and the best served 400" in answer.because
    assert "the lock and not the kernel's scheduler" in answer.because


def test_without_processes_beside_them_threads_are_not_told_from_the_scheduler() -> None:
    assert "kernel's scheduler" not in judge({"sockets/epoll": ALIKE, "sockets/threads": LOTTERY}).because


def test_it_does_not_hold_where_nobody_is_fair() -> None:
    assert judge({"sockets/epoll": LOTTERY, "sockets/threads": LOTTERY}).verdict is Verdict.DOES_NOT_HOLD


def test_where_half_of_the_clients_had_nothing_the_slowest_had_nothing() -> None:
    assert Shares([0, 0, 0, 9], 1.0).slowest == 0.0


def test_the_figure_shows_what_the_slowest_have_together() -> None:
    shares = Shares([0, 10, 30, 60], 1.0)
    assert [shares.of(part) for part in (0, 25, 50, 75, 100)] == [0, 0, 10, 40, 100]
    (chart,) = judge({"sockets/threads": shares}).charts
    assert (50, 10) in chart.series[0].points


@pytest.mark.skipif(sys.platform != "linux", reason="the clients wait in epoll")
def test_each_client_of_a_server_is_counted() -> None:
    server = find("sockets/epoll").launch().start()
    try:
        shares = measure(server, 0.1, clients=5)
    finally:
        server.stop()
    assert len(shares.counts) == 5
    assert shares.counts[0] > 0
