"""What is said of processes that wait on one listener, from figures; and a small herd."""

import sys
from collections.abc import Mapping

import pytest

from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.thundering_herd import Woken, herd, judge, measure

CALM = {1: Woken(1.2, 0.0, 60.0), 16: Woken(1.3, 0.0, 64.0)}
HERD = {1: Woken(1.2, 0.0, 60.0), 16: Woken(16.8, 0.4, 150.0)}


def woken(**ways: Mapping[int, Woken]) -> Mapping[str, Mapping[int, Woken]]:
    return {"accept": CALM, "epoll": CALM, "exclusive": CALM, "reuse-port": CALM, **ways}


def test_it_depends_on_how_they_wait() -> None:
    answer = judge(woken(epoll=HERD))
    assert answer.verdict is Verdict.DEPENDS
    assert answer.crossing == "a herd with epoll; none with accept, EPOLLEXCLUSIVE and SO_REUSEPORT"
    assert "16.8 with epoll" in answer.says
    assert "150 us of CPU with epoll on a shared listener, and 64 us with EPOLLEXCLUSIVE" in answer.says
    assert "Of epoll's 16.8 wake-ups 0.40 come back to the program" in answer.because


def test_it_holds_where_all_wake_however_they_wait() -> None:
    answer = judge({"accept": HERD, "epoll": HERD, "exclusive": HERD, "reuse-port": HERD})
    assert answer.verdict is Verdict.HOLDS
    assert answer.crossing == ""


def test_it_does_not_hold_where_one_wakes() -> None:
    answer = judge(woken())
    assert answer.verdict is Verdict.DOES_NOT_HOLD
    assert "come back to the program" not in answer.because


@pytest.mark.skipif(sys.platform != "linux", reason="EPOLLEXCLUSIVE and context switches in /proc are Linux's")
def test_a_small_herd_wakes_in_epoll_and_sleeps_on_where_one_is_chosen() -> None:
    seen = {}
    for way in ("accept", "epoll", "exclusive", "reuse-port"):
        with herd(way, 8) as server:
            seen[way] = measure(server, 20)
    assert seen["epoll"].wake_ups > 6
    assert all(each.wake_ups < 4 for way, each in seen.items() if way != "epoll")
    assert all(each.cost > 0 for each in seen.values())
