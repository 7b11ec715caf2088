import pytest
from hypothesis import given
from hypothesis import strategies as st

from iomodels.contract.broken import Broken, excerpt, first_difference


@given(st.binary(), st.binary(), st.binary())
def test_the_first_difference_is_where_the_common_beginning_ends(common: bytes, left: bytes, right: bytes) -> None:
    expected, came = common + left, common + right
    at = first_difference(expected, came)
    assert expected[:at] == came[:at]
    assert at in (len(expected), len(came)) or expected[at] != came[at]


@pytest.mark.parametrize(
    ("at", "shown"), [(0, "b'" + "a" * 24 + "'..."), (50, "...b'" + "a" * 48 + "'..."), (100, "...b'" + "a" * 24 + "'")]
)
def test_an_excerpt_shows_the_place_and_that_something_is_left_out(at: int, shown: str) -> None:
    assert excerpt(b"a" * 100, at) == shown


def test_a_failure_says_what_happened_and_shows_the_bytes() -> None:
    broken = Broken("a wrong reply came", sent=b"abc", expected=b"ABC", came=b"ABc")
    assert str(broken).splitlines() == [
        "a wrong reply came",
        "first difference at byte 2",
        "sent     3 bytes: b'abc'",
        "expected 3 bytes: b'ABC'",
        "came     3 bytes: b'ABc'",
    ]
