from itertools import islice, pairwise
from statistics import mean, pstdev

import pytest

from iomodels.load.arrivals import NEVER, arrivals
from iomodels.load.spec import Spec


def gaps(spec: Spec, number: int) -> list[int]:
    """Nanoseconds between the first so many arrivals."""
    return [later - sooner for sooner, later in pairwise(islice(arrivals(spec, 10**15), number + 1))]


def test_constant_arrivals_are_even_and_do_not_drift() -> None:
    spec = Spec("h", 1, rate=3000.0)
    assert set(gaps(spec, 100)) <= {333_333, 333_334}
    assert next(islice(arrivals(spec, 5), 3_000, None)) == 5 + 10**9


def test_poisson_arrivals_have_the_rate_and_the_spread_of_a_poisson_process() -> None:
    between = gaps(Spec("h", 1, rate=1000.0, arrivals="poisson"), 20_000)
    assert mean(between) == pytest.approx(1e6, rel=0.03)
    assert pstdev(between) / mean(between) == pytest.approx(1, rel=0.03)  # of gaps that remember nothing
    assert sum(gap > 10**6 for gap in between) / len(between) == pytest.approx(0.368, rel=0.03)


def test_poisson_arrivals_are_the_same_for_the_same_seed_alone() -> None:
    one, same, other = (gaps(Spec("h", 1, rate=9.0, arrivals="poisson", seed=seed), 5) for seed in (1, 1, 2))
    assert one == same != other


def test_nothing_is_due_in_a_closed_loop() -> None:
    assert next(arrivals(Spec("h", 1), 0)) == NEVER
