import pytest

from iomodels.replay.compare import differences, shown
from iomodels.replay.heard import End, Heard, cut_again, expected
from iomodels.replay.recording import Kind
from tests.iomodels.replay.relaying import recording, said


def heard(data: bytes, end: End = End.FIN, number: int = 1) -> dict[int, Heard]:
    return {number: Heard(number, data=bytearray(data), end=end)}


def test_the_same_is_alike() -> None:
    assert differences(heard(b"abc"), heard(b"abc")) == []


def test_what_the_recording_does_not_have_the_end_of_may_go_on() -> None:
    assert differences(heard(b"ab", End.OPEN), heard(b"abc", End.FIN)) == []
    assert differences(heard(b"", End.OPEN), heard(b"abc", End.RESET)) == []
    (found,) = differences(heard(b"ab", End.OPEN), heard(b"a", End.OPEN))
    assert (found.what, found.offset) == ("bytes", 1)


@pytest.mark.parametrize(
    ("one", "other", "offset"), [(b"abc", b"abd", 2), (b"abc", b"ab", 2), (b"", b"x", 0), (b"abc", b"abcd", 3)]
)
def test_the_first_byte_that_differs_is_found(one: bytes, other: bytes, offset: int) -> None:
    ahead = b"0123456789" * 100
    (found,) = differences(heard(ahead + one), heard(ahead + other))
    assert (found.connection, found.what, found.offset) == (1, "bytes", 1000 + offset)


def test_it_is_shown_with_both_sides() -> None:
    (found,) = differences(heard(b"250 well\r\n221 bye\r\n"), heard(b"250 well\r\n", End.RESET))
    assert found.text().splitlines() == [
        "connection 1: byte 10 differs (what is shown begins at byte 0)",
        r"  recorded  250 well\r\n",
        r"            221 bye\r\n",
        r"  heard     250 well\r\n",
    ]
    (found,) = differences(heard(b"a" * 16), heard(b"a" * 16 + b"\0\1\2\3\4\xff" * 4))
    assert "  heard     61 61 61 61" in found.text()
    assert "  00 01 02 03 04 ff" in found.text()


def test_nothing_more_is_said_as_such() -> None:
    (found,) = differences(heard(b""), heard(b"x", End.OPEN))
    assert "  recorded  nothing more: FIN\n  heard     x\n" in found.text()


@pytest.mark.parametrize(
    ("was", "came"), [(End.FIN, End.RESET), (End.RESET, End.FIN), (End.FIN, End.OPEN), (End.OPEN, End.REFUSED)]
)
def test_another_end_is_a_difference(was: End, came: End) -> None:
    (found,) = differences(heard(b"abc", was), heard(b"abc", came))
    assert found.text() == f"connection 1: {came} after 3 bytes, where {was} was recorded\n"


def test_bytes_are_shown_as_text_or_in_hexadecimal() -> None:
    assert shown(b"a\\b\xe9\n\tc") == [r"a\\b\xe9\n", r"\tc"]
    assert shown(b"\0" * 17) == [" ".join(["00"] * 16) + "  ................", f"{'00':<47}  ."]
    assert shown(b"") == []


def test_what_was_expected_is_told_with_who_waited_for_whom() -> None:
    talk = recording(
        (1, "open"),
        (1, "<", b"hi\n"),
        (1, ">", b"a"),
        (1, ">", b"b\n"),
        (1, "<", b"AB\n"),
        (1, "<eof"),
        (1, ">", b"x"),
        (1, "<reset"),
    )
    (found,) = expected(talk).values()
    assert found == Heard(1, bytearray(b"ab\nx"), bytearray(b"hi\nAB\n"), End.FIN, [(3, 0), (6, 3)])


def test_cutting_again_keeps_the_stream_and_is_decided_by_the_seed() -> None:
    talk = recording((1, "open"), (1, ">", bytes(range(100))), (1, "<", b"reply"), (1, ">", b"z"), (1, ">eof"))
    again = cut_again(talk, 3, seed=4)
    assert said(again, Kind.ASKED) == said(talk, Kind.ASKED)
    assert sum(event.kind is Kind.ASKED for event in again.events) == 5
    assert [event for event in again.events if event.kind is not Kind.ASKED] == [
        event for event in talk.events if event.kind is not Kind.ASKED
    ]
    assert cut_again(talk, 3, seed=4) == again
    assert len({tuple(cut_again(talk, 3, seed=seed).events) for seed in range(20)}) > 10
    assert sum(event.kind is Kind.ASKED for event in cut_again(talk, 1000).events) == 101
