from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.polled_awaited_called_back import POLLED, WAYS, Learnt, judge

MICROSECOND = 1_000


def learnt(polled_us: int, *, polled_wants: float = 0.99, others_want: float = 0.01) -> dict[str, Learnt]:
    others = Learnt([90 * MICROSECOND, 100 * MICROSECOND, 5_000 * MICROSECOND], others_want)
    return dict.fromkeys(WAYS, others) | {POLLED: Learnt([polled_us * MICROSECOND] * 3, polled_wants)}


def test_it_holds_when_who_asks_knows_soonest_and_pays() -> None:
    answer = judge(learnt(10), 0.005)
    assert (answer.verdict, answer.because) == (Verdict.HOLDS, "")
    assert "Who asks all the time hears 10.0 us after the end and wants 99 % of a core" in answer.says
    assert "hears after 100 us and wants 1 %" in answer.says


def test_it_does_not_hold_when_asking_delays_the_answer() -> None:
    answer = judge(learnt(5_100), 0.005)
    assert answer.verdict is Verdict.DOES_NOT_HOLD
    assert answer.because.endswith("gives it up when it must, every 5 ms. Asking delays the answer.")


def test_it_depends_when_asking_is_quick_and_costs_no_more() -> None:
    assert judge(learnt(10, polled_wants=0.3), 0.005).verdict is Verdict.DEPENDS
    assert judge(learnt(10, others_want=0.6), 0.005).verdict is Verdict.DEPENDS


def test_the_table_has_a_row_and_the_chart_a_bar_for_each_way() -> None:
    answer = judge(learnt(10), 0.005)
    assert [row[0] for row in answer.table[1:]] == list(WAYS.values())
    assert answer.table[1] == ["done(), again and again", "10.0 us", "10.0 us", "99 %"]
    assert answer.charts[0].series[0].points[0] == (0, 10.0)
