"""What decides whether polling burns a core."""

from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.idle_polling_burns_a_core import POLLING, judge

BURNS = dict.fromkeys(POLLING, 0.99)


def test_it_holds_when_all_that_poll_run_and_all_that_wait_rest() -> None:
    answer = judge({**BURNS, "sockets/epoll": 0.0001})
    assert (answer.verdict, answer.because) == (Verdict.HOLDS, "")
    assert "of 1 servers that wait none takes more than 0.01 %" in answer.says


def test_it_depends_when_one_that_polls_rests_or_one_that_waits_does_not() -> None:
    lazy = judge({**BURNS, "sockets/nonblocking": 0.5, "sockets/epoll": 0})
    assert (lazy.verdict, lazy.because) == (Verdict.DEPENDS, "sockets/nonblocking polls, and takes 50 %.")
    restless = judge({**BURNS, "sockets/epoll": 0.3})
    assert (restless.verdict, restless.because) == (Verdict.DEPENDS, "sockets/epoll waits, and takes 30 %.")


def test_it_does_not_hold_when_none_that_polls_burns_one() -> None:
    assert judge({**dict.fromkeys(POLLING, 0.1), "sockets/epoll": 0}).verdict is Verdict.DOES_NOT_HOLD
