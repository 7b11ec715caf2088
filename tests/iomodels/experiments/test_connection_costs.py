"""What decides which connection is the dearer."""

from dataclasses import replace

from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.connection_costs import LEAST, Cost, judge

IN_ORDER = {
    "sockets/fork": Cost(1700, 100, 5),
    "sockets/threads": Cost(24, 20, 0.5),
    "anyio/threads": Cost(14, 0, 0.4),
    "trio/threads": Cost(6, 0, 0.3),
    "sockets/epoll": Cost(0.5, 0, 0.1),
}


def test_it_holds_when_each_kind_is_dearer_than_the_next() -> None:
    answer = judge(IN_ORDER)
    assert (answer.verdict, answer.because) == (Verdict.HOLDS, "")
    assert "1,800 as a process, 44 as a thread, 6 to 14 as a task, 0.5 as an entry" in answer.says


def test_it_depends_when_one_task_is_no_quicker_than_a_thread() -> None:
    answer = judge({**IN_ORDER, "anyio/threads": Cost(14, 0, 0.49)})
    assert (answer.verdict, answer.crossing) == (Verdict.DEPENDS, "it holds for memory, not for time")
    assert answer.because.startswith(
        "In time to the first byte a task (anyio/threads) is no cheaper than a thread (sockets/threads)"
    )


def test_it_does_not_hold_when_both_are_out_of_order() -> None:
    thread = replace(IN_ORDER["sockets/threads"], own=1, kernel=1, first_byte=0.1)
    assert judge({**IN_ORDER, "sockets/threads": thread}).verdict is Verdict.DOES_NOT_HOLD


def test_a_difference_below_what_can_be_told_stands_on_the_axis() -> None:
    answer = judge({**IN_ORDER, "sockets/epoll": Cost(-0.2, 0, 0.1)})
    assert answer.verdict is Verdict.HOLDS
    assert min(y for _, y in answer.charts[0].series[0].points) == LEAST
    assert answer.table[-1][2] == "0"
