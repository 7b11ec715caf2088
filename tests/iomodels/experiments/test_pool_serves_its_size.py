"""What decides whether a pool serves as many as it has workers."""

from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.pool_serves_its_size import Seen, judge

SOUND = {1: Seen(1, [1]), 4: Seen(4, [1, 1])}


def test_it_holds_when_as_many_are_answered_and_one_more_for_each_that_leaves() -> None:
    answer = judge({"sockets/thread_pool": SOUND, "trio/thread_pool": SOUND})
    assert answer.verdict is Verdict.HOLDS
    assert answer.says.startswith("Pools of 1 and 4 workers answered just so many")


def test_it_depends_when_one_pool_serves_more_or_takes_two_for_one() -> None:
    answer = judge({"sockets/thread_pool": SOUND, "trio/thread_pool": {1: Seen(2, [1]), 4: Seen(4, [1, 1])}})
    assert (answer.verdict, answer.crossing) == (Verdict.DEPENDS, "on 3 of 4 pools")
    assert answer.because == "trio/thread_pool with 1 workers answers 2 at once, and then 1."
    assert judge({"sockets/thread_pool": {1: Seen(1, [1]), 4: Seen(4, [1, 2])}}).verdict is Verdict.DEPENDS


def test_it_does_not_hold_when_none_does() -> None:
    assert judge({"sockets/thread_pool": {4: Seen(8, [])}}).verdict is Verdict.DOES_NOT_HOLD
