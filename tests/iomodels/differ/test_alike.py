"""Where nothing differs nothing is reported, and what is not the same each time is no difference."""

import pytest

from iomodels.differ.noise import Noise
from iomodels.differ.observe import Aspect, Observation
from iomodels.differ.played import Played
from iomodels.differ.report import as_text
from tests.iomodels.differ.running import compared, found


@pytest.mark.parametrize("run", [0, *(pytest.param(run, marks=pytest.mark.long) for run in range(1, 20))])
def test_a_server_does_not_differ_from_itself(run: int) -> None:
    report = compared("", seed=run, kinds=["plain", "recut", "half-closed", "reset", "pipelined"], log=True, exit_status=True)
    assert report.alike, as_text(report)
    assert not any(outcome.unstable for outcome in report.outcomes), as_text(report)


def test_nor_in_what_takes_longer() -> None:
    report = compared("", kinds=["mutated", "interrupted", "slow", "two", "stopped"])
    assert report.alike, as_text(report)


def test_words_that_change_each_time_are_masked() -> None:
    report = compared("nondeterministic", old="nondeterministic", kinds=["plain"])
    assert report.alike, as_text(report)
    assert [outcome.learned for outcome in report.outcomes] == [(("bytes", "1"),)] * 2


def test_names_are_masked_in_what_servers_say() -> None:
    report = compared("nondeterministic", old="nondeterministic", kinds=["plain"], runs=1, masks=["id"], ignore=[r"id (\d+)"])
    assert report.alike, as_text(report)
    assert not any(outcome.learned for outcome in report.outcomes)


def test_and_a_difference_beside_them_is_found() -> None:
    report = compared("nondeterministic,case", old="nondeterministic", kinds=["plain"], limits=None)
    assert found(report) == {"bytes"}


def observation(**aspects: bytes) -> Observation:
    values: dict[Aspect, bytes] = {(*name.split("_"),): value for name, value in aspects.items()}
    return Observation(Played(), values, values)


def test_a_word_is_learned_as_narrowly_as_it_changes() -> None:
    noise = Noise([observation(log=b"pid 12 came"), observation(log=b"pid 345 came")])
    assert not noise.differences(observation(log=b"pid 7 came"))
    assert noise.differences(observation(log=b"pid x came"))
    assert noise.differences(observation(log=b"pid 7 went"))


def test_what_no_mask_fits_is_not_compared_but_told() -> None:
    noise = Noise([observation(log=b"one two"), observation(log=b"one")])
    assert not noise.differences(observation(log=b"three"))
    assert noise.unstable == {("log",): [b"one two", b"one"]}


def test_a_difference_that_shows_now_in_the_end_and_now_in_the_waiting_alone_lasts() -> None:
    noise = Noise([observation(end_1=b"FIN", waits_1_0=b"FIN")] * 2)
    once = observation(end_1=b"still open", waits_1_0=b"still open")
    again = observation(end_1=b"FIN", waits_1_0=b"still open")
    assert [each.aspect for each in noise.differences(once, once)] == [("end", "1")]
    assert [each.aspect for each in noise.differences(once, again)] == [("waits", "1", "0")]
    assert [each.aspect for each in noise.differences(again, once)] == [("waits", "1", "0")]
    assert noise.differences(once, observation(end_1=b"FIN", waits_1_0=b"FIN")) == []


def test_how_a_connection_ends_is_never_masked() -> None:
    noise = Noise([observation(end_1=b"FIN"), observation(end_1=b"RST")])
    assert noise.unstable
    assert not noise.differences(observation(end_1=b"open"))


def test_what_is_only_in_one_of_them_differs() -> None:
    (difference,) = Noise([observation(log=b"")]).differences(observation(log=b"", file_a=b"x"))
    assert (difference.aspect, difference.old, difference.new) == (("file", "a"), None, b"x")


def test_of_a_connection_that_says_something_else_pauses_are_no_news() -> None:
    old = observation(bytes_1=b"abc", waits_1_0=b"3", waits_2_0=b"1", waits_2_1=b"2")
    new = observation(bytes_1=b"ab", waits_1_0=b"2", waits_2_0=b"0", waits_2_1=b"0")
    aspects = [each.aspect for each in Noise([old]).differences(new)]
    assert aspects == [("bytes", "1"), ("waits", "2", "0")]


def test_a_word_that_is_all_there_is_to_say_is_no_noise_to_mask() -> None:
    noise = Noise([observation(bytes_1=b"X" * 1000), observation(bytes_1=b"X" * 2000)])
    assert not noise.learned
    assert noise.unstable
