import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ground.conversation import HIGH_WATER
from models.ground.services.lines import LINE_LIMIT, TOO_LONG, service
from tests.models.ground.services.feeding import Spoken, cuts, feed, pieces, same_however_cut, speak

TEXT = st.lists(st.sampled_from([b"a", b"Z9", b"\r", b"\n", b"\r\n", b"quit", b"QUIT\n", b"\xff\x00"])).map(b"".join)


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        (b"hello\n", b"HELLO\n"),
        (b"hello\r\n", b"HELLO\r\n"),
        (b"a\nb\r\nc\n", b"A\nB\r\nC\n"),
        (b"\n\r\n", b"\n\r\n"),
        (b"a\rb\n", b"A\rB\n"),
        (b"a\r\r\n", b"A\r\r\n"),
        (b"\xe9\x00z\n", b"\xe9\x00Z\n"),
        (b"", b""),
        (b"no newline", b"NO NEWLINE\n"),
        (b"ends in CR\r", b"ENDS IN CR\r\n"),
    ],
)
def test_a_line_is_answered_in_upper_case_with_its_own_ending(said: bytes, reply: bytes) -> None:
    assert same_however_cut(service, said) == Spoken(reply, hung_up=False)


@pytest.mark.parametrize(("said", "reply"), [(b"QUIT\n", b"BYE\n"), (b"quit\r\n", b"BYE\r\n"), (b"a\nQuit\nb\n", b"A\nBYE\n")])
def test_quit_ends_and_what_follows_is_ignored(said: bytes, reply: bytes) -> None:
    assert same_however_cut(service, said) == Spoken(reply, hung_up=True)


def test_quit_is_the_whole_line() -> None:
    assert speak(service, b"quit now\n quit\n") == b"QUIT NOW\n QUIT\n"


def test_quit_without_newline_at_the_end_of_input() -> None:
    assert speak(service, b"quit") == b"BYE\n"


@given(st.data(), TEXT)
def test_the_reply_does_not_show_how_the_lines_were_cut(data: st.DataObject, text: bytes) -> None:
    same_however_cut(service, text, data.draw(cuts(len(text))))


@pytest.mark.parametrize("length", [LINE_LIMIT - 1, LINE_LIMIT, LINE_LIMIT + 1, 3 * LINE_LIMIT])
@pytest.mark.parametrize("size", [1, 4096, LINE_LIMIT, 10 * LINE_LIMIT])
def test_the_longest_line_is_the_same_however_it_is_cut(length: int, size: int) -> None:
    data = b"x" * length + b"\nnext\n"
    spoken = feed(service(), pieces(data, range(0, len(data), size)))
    if length <= LINE_LIMIT:
        assert spoken == Spoken(data.upper(), hung_up=False)
    else:
        assert spoken == Spoken(TOO_LONG, hung_up=True)


def test_an_endless_line_is_refused_as_soon_as_the_limit_is_passed() -> None:
    conversation = service()
    conversation.receive(b"x" * LINE_LIMIT)
    assert (conversation.unsent, conversation.wants_input) == (b"", True)
    conversation.receive(b"x")
    assert (conversation.unsent, conversation.wants_input) == (TOO_LONG, False)


def test_replies_not_taken_are_bounded_and_none_is_lost() -> None:
    line = b"y" * 1000 + b"\n"
    conversation = service()
    conversation.receive(line * 1000)
    assert not conversation.wants_input
    assert HIGH_WATER < len(conversation.unsent) <= HIGH_WATER + len(line)
    assert feed(conversation, []).output == line.upper() * 1000


@given(st.lists(st.binary(min_size=1, max_size=50)))
def test_random_bytes_never_raise(chunks: list[bytes]) -> None:
    feed(service(), chunks)
