"""The rank test gives the probabilities that the tables of the Mann-Whitney U test have, and is as rarely wrong as it says."""

import itertools
import random
from math import comb

import pytest

from iomodels.bench.ranks import least_p, rank_sum_p


@pytest.mark.parametrize(
    ("one", "other", "p"),
    [
        pytest.param([1, 2, 3], [4, 5, 6], 2 / 20, id="no overlap, of C(6, 3) deals the two uttermost"),
        pytest.param([1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 2 / 252, id="no overlap, five each"),
        pytest.param([1, 2, 3, 4, 6], [5, 7, 8, 9, 10], 4 / 252, id="one pair out of order"),
        pytest.param([1, 4], [2, 3], 1.0, id="in the middle"),
        pytest.param([5, 5, 5], [5, 5, 5], 1.0, id="all equal"),
        pytest.param([1, 2, 2], [2, 2, 3], 12 / 20, id="ties share their ranks"),
    ],
)
def test_p_is_that_of_the_tables(one: list[float], other: list[float], p: float) -> None:
    assert rank_sum_p(one, other) == pytest.approx(p)
    assert rank_sum_p(other, one) == pytest.approx(p)


def test_p_is_what_trying_all_deals_gives() -> None:
    source = random.Random(7)
    for _ in range(20):
        values = [source.randrange(8) for _ in range(7)]
        ranks = [sum(each < value for each in values) + (values.count(value) + 1) / 2 for value in values]
        middle = 3 * 8 / 2
        far = abs(sum(ranks[:3]) - middle)
        deals = [abs(sum(deal) - middle) >= far - 1e-9 for deal in itertools.combinations(ranks, 3)]
        assert rank_sum_p(values[:3], values[3:]) == pytest.approx(sum(deals) / comb(7, 3))


def test_samples_that_do_not_overlap_have_the_least_p_there_is() -> None:
    assert rank_sum_p([1, 2, 3, 4], [7, 8, 9]) == pytest.approx(least_p(4, 3))
    assert least_p(5, 5) < 0.01 < least_p(4, 5)


def test_equal_distributions_are_told_apart_as_rarely_as_p_says() -> None:
    source = random.Random(11)

    def sample() -> list[float]:
        return [source.lognormvariate(0, 0.2) for _ in range(5)]

    wrong = sum(rank_sum_p(sample(), sample()) < 0.05 for _ in range(1000))
    assert 10 < wrong < 60  # 0.0317 is the greatest p below 0.05 that five and five can have


def test_distributions_far_apart_are_told_apart() -> None:
    source = random.Random(13)
    for _ in range(100):
        one, other = ([source.lognormvariate(mean, 0.1) for _ in range(5)] for mean in (0.0, 1.0))
        assert rank_sum_p(one, other) < 0.01
