import pytest

from iomodels.differ.masks import NAMES, MaskError, Masks


@pytest.mark.parametrize(
    ("name", "text", "masked"),
    [
        ("date", b"on 2024-02-29T10:00 and Thu, 29 Feb 2024 or Feb 29, 2.4.1", b"on <date>T10:00 and <date> or <date>, 2.4.1"),
        ("date", b"in 29 marbles", b"in 29 marbles"),
        ("time", b"at 10:11:12.345 +0000, 1700000000.25", b"at <time>, <time>"),
        ("time", b"ratio 10:11", b"ratio 10:11"),
        ("port", b"127.0.0.1:51234 port 80 port=8080", b"127.0.0.1:<port> port <port> port=<port>"),
        ("pid", b"smtpd[1234]: pid=12 pid 7", b"smtpd[<pid>]: pid=<pid> pid <pid>"),
        ("id", b"id 550e8400-e29b-41d4-a716-446655440000 deadbeef0123 deadbeefcafe", b"id <id> <id> deadbeefcafe"),
        ("address", b"<X at 0x7f00aa> from 10.0.0.1", b"<X at <address>> from <address>"),
    ],
)
def test_what_has_a_name_is_masked(name: str, text: bytes, masked: bytes) -> None:
    assert Masks(names=[name])(text) == masked


def test_names_are_masked_together() -> None:
    assert Masks(names=NAMES)(b"2024-01-02 03:04:05 a[17] 10.0.0.1:99") == b"<date> <time> a[<pid>] <address>:<port>"


def test_numbers_that_are_known_are_masked_where_their_name_is() -> None:
    text = b"from 51234, not 151234"
    assert Masks(names=["port"])(text, port=[51234], pid=[51]) == b"from <port>, not 151234"
    assert Masks()(text, port=[51234]) == text


def test_matches_are_ignored_and_of_a_pattern_with_groups_the_groups() -> None:
    assert Masks([r"\d+"])(b"a1b22") == b"a<ignored>b<ignored>"
    assert Masks([r"id=(\d+), n=(\d+)"])(b"id=1, n=2") == b"id=<ignored>, n=<ignored>"
    assert Masks([r"x(y)?z"])(b"xz xyz") == b"<ignored> x<ignored>z"


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(MaskError, match="no regular expression"):
        Masks(["("])
