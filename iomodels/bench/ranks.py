"""Whether two samples differ: the exact permutation test of the rank sum (Mann-Whitney U), which assumes no distribution."""

from collections import Counter
from collections.abc import Sequence
from math import comb

__all__ = ["least_p", "rank_sum_p"]


def rank_sum_p(one: Sequence[float], other: Sequence[float]) -> float:
    """How probable it is that chance alone deals the ranks at least as unevenly as they are dealt to the two (two-sided)."""
    ranks = _doubled_ranks([*one, *other])
    middle = len(one) * (len(ranks) + 1)  # of the doubled rank sum of `one`, were nothing but chance at work
    seen = abs(sum(ranks[: len(one)]) - middle)
    sums = _sums(ranks, len(one))
    return sum(count for total, count in sums.items() if abs(total - middle) >= seen) / comb(len(ranks), len(one))


def least_p(one: int, other: int) -> float:
    """What `rank_sum_p` gives samples of these sizes at the least: when they do not overlap."""
    return min(1.0, 2 / comb(one + other, one))


def _doubled_ranks(values: Sequence[float]) -> list[int]:
    """Twice the rank of each, counted from 1; equal ones share the mean of theirs, so that twice it is whole."""
    ordered = sorted(values)
    first = {value: ordered.index(value) for value in set(values)}
    return [2 * first[value] + 1 + ordered.count(value) for value in values]


def _sums(ranks: Sequence[int], size: int) -> Counter[int]:
    """In how many ways so many of the ranks add up to each sum."""
    ways: list[Counter[int]] = [Counter({0: 1}), *(Counter() for _ in range(size))]
    for rank in ranks:
        for chosen in range(size, 0, -1):
            for total, count in ways[chosen - 1].items():
                ways[chosen][total + rank] += count
    return ways[size]
