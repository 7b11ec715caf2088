import random

import pytest

from iomodels.load.outcome import Outcome, new_histogram
from iomodels.load.tally import SHIFT, SPAN, Tally

PERCENTS = (50, 90, 99, 99.9, 100)


def tally_of(latencies: list[int]) -> Tally:
    """As a loop counts them."""
    tally = Tally()
    for latency in latencies:
        try:
            tally.counts[latency >> SHIFT] += 1
        except IndexError:
            tally.beyond.append(latency)
    return tally


@pytest.mark.parametrize("scale", [20e-6, 1e-3, 50e-3, 0.5])
def test_percentiles_of_a_known_distribution(scale: float) -> None:
    draw = random.Random(7)
    latencies = sorted(int(draw.expovariate(1 / scale) * 1e9) for _ in range(20_000))
    outcome = Outcome(len(latencies), 1.0, 0.1, tally_of(latencies).histogram())
    for percent in PERCENTS:
        exact = latencies[max(1, round(len(latencies) * percent / 100)) - 1] / 1e9
        assert outcome.percentile(percent) == pytest.approx(exact, rel=2e-3, abs=600e-9), percent


def test_no_latency_is_lost_however_long_it_is() -> None:
    latencies = [0, 511, 512, (SPAN << SHIFT) - 1, SPAN << SHIFT, 10**9, 10**14]
    tally = tally_of(latencies)
    assert (tally.total, len(tally.beyond)) == (7, 3)
    histogram = tally.histogram()
    assert histogram.get_total_count() == 7
    assert histogram.get_value_at_percentile(100) == pytest.approx(3600 * 10**9, rel=2e-3)


def test_outcomes_of_several_processes_add_up() -> None:
    draw = random.Random(11)
    halves = [[draw.randrange(10_000, 10**9) for _ in range(500)] for _ in range(2)]
    one, two = (
        Outcome(500, 1.0 + number, 0.5, tally_of(half).histogram(), 100.0, 3, 4, 1, [250, 250 - number][: 2 - number])
        for number, half in enumerate(halves)
    )
    both = Outcome.merge([one, two])
    assert (both.requests, both.seconds, both.cpu, both.asked) == (1000, 2.0, 1.0, 200.0)
    assert (both.late, both.connects, both.dropped, both.processes) == (6, 8, 2, 2)
    assert both.by_second == [500, 250]
    together = tally_of(halves[0] + halves[1]).histogram()
    assert [both.latency.get_value_at_percentile(each) for each in PERCENTS] == [
        together.get_value_at_percentile(each) for each in PERCENTS
    ]
    assert Outcome.merge([one]).asked == 100.0
    assert Outcome.merge([Outcome(1, 1.0, 0.1)]).asked is None


def test_an_outcome_comes_back_from_json_as_it_was() -> None:
    outcome = Outcome(2, 1.5, 0.5, tally_of([10**5, 10**7]).histogram(), 2.0, 1, 5, 2, [2], 3)
    back = Outcome.load(outcome.dump())
    assert back.dump() == outcome.dump()
    assert back.percentile(100) == outcome.percentile(100)


def test_a_rate_is_held_when_99_of_100_requests_went_out() -> None:
    assert Outcome(990, 1.0, 0.1, new_histogram(), 1000.0, late=10).held
    assert not Outcome(989, 1.0, 0.1, new_histogram(), 1000.0, late=11).held
    assert Outcome(0, 1.0, 0.1).held
