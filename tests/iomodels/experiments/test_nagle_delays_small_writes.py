from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.nagle_delays_small_writes import NODELAY, ONE, STREAMS, TWO, ask, judge
from iomodels.experiments.lab import Lab

MS = 1e6


def took(two: float, nodelay: float) -> dict[str, list[float]]:
    return {ONE: [0.02 * MS] * 3, TWO: [two * MS] * 3, NODELAY: [nodelay * MS] * 3, STREAMS: [0.04 * MS, 0.05 * MS, 9 * MS]}


def test_it_holds_when_two_pieces_wait_and_nodelay_mends_it() -> None:
    answer = judge(took(44, 0.03))
    assert (answer.verdict, answer.because, answer.crossing) == (Verdict.HOLDS, "", "")
    assert answer.says == (
        "Sent in two pieces, a line and its reply took 44.0 ms; in one 20.0 us; in two with TCP_NODELAY 30.0 us; "
        "in two through asyncio 50.0 us."
    )


def test_it_does_not_hold_when_nothing_waits() -> None:
    answer = judge(took(0.03, 0.03))
    assert answer.verdict is Verdict.DOES_NOT_HOLD
    assert answer.because


def test_it_depends_when_nodelay_does_not_help() -> None:
    answer = judge(took(44, 44))
    assert (answer.verdict, answer.crossing) == (Verdict.DEPENDS, "TCP_NODELAY does not help here")


def test_a_request_in_two_pieces_can_be_asked() -> None:
    with Lab().serve("sockets/epoll", service="lines") as server:
        assert len(ask(server, [b"he", b"llo\n"], 6, nodelay=True)) == 2
