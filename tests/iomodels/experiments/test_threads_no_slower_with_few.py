"""What decides whether threads are slower, and where they begin to be."""

from collections.abc import Mapping

from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.threads_no_slower_with_few import Load, Rounds, judge


def rounds(costs: Mapping[int, float]) -> Rounds:
    """Two rounds in which threads cost so much, and the other two 10 us and more."""
    other = [Load(10, 50_000, 0.01), Load(10, 50_000, 0.01)]
    return {
        connections: {
            "sockets/threads": [Load(cost, 1e6 / cost, 1), Load(cost, 1e6 / cost, 1)],
            "sockets/select": other,
            "sockets/epoll": [Load(12, 40_000, 0.02), Load(12, 40_000, 0.02)],
        }
        for connections, cost in costs.items()
    }


def test_it_holds_when_none_of_the_few_is_dearer_and_tells_where_it_turns() -> None:
    answer = judge(rounds({1: 8, 10: 11, 20: 15, 100: 25}))
    assert (answer.verdict, answer.crossing) == (Verdict.HOLDS, "it turns between 10 and 20 connections")
    assert "0.8 times what it costs the cheaper of select and epoll with one connection, and 2.5 times with 100" in answer.says
    assert "sockets/select finds many ready at a time and makes 0.01" in answer.because


def test_the_cheaper_of_the_other_two_counts_whichever_it_is() -> None:
    measured = rounds({1: 8})[1]
    swapped = {**measured, "sockets/select": measured["sockets/epoll"], "sockets/epoll": measured["sockets/select"]}
    assert judge({1: swapped}).table[1][4] == judge({1: measured}).table[1][4] == "0.8"


def test_it_depends_when_it_turns_among_the_few() -> None:
    answer = judge(rounds({1: 8, 2: 15, 100: 25}))
    assert (answer.verdict, answer.crossing) == (Verdict.DEPENDS, "it turns between 1 and 2 connections")
    assert answer.charts[0].marks[0].x == 2**0.5


def test_it_does_not_hold_when_they_are_dearer_from_the_first_on() -> None:
    answer = judge(rounds({1: 12, 2: 15, 100: 25}))
    assert (answer.verdict, answer.crossing) == (Verdict.DOES_NOT_HOLD, "")


def test_it_turns_nowhere_when_the_many_are_no_dearer() -> None:
    answer = judge(rounds({1: 8, 2: 15, 100: 9}))
    assert (answer.verdict, answer.crossing, answer.charts[0].marks) == (Verdict.DEPENDS, "", [])


def test_a_round_is_compared_with_itself() -> None:
    """A machine that is half as quick in one round is so for all of them."""
    slow = rounds({1: 8})
    quick = {name: [Load(each.cost / 2, each.rate * 2, each.switches) for each in loads] for name, loads in slow[1].items()}
    mixed = {1: {name: [slow[1][name][0], quick[name][0]] for name in quick}}
    assert judge(mixed).table[1][4] == "0.8"
