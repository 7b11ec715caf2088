import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iomodels.replay.recording import Kind, RecordingError
from iomodels.replay.redact import MOST, WINDOW, Noted, Redactor, blotted, patterns

PASSWORD = patterns([r"pass=\w+"])


def through(events: list[Noted], words: list[str]) -> list[Noted]:
    redactor = Redactor(patterns(words))
    return [noted for event in events for noted in redactor.add(*event)] + list(redactor.rest())


def test_a_match_keeps_its_length() -> None:
    assert blotted(b"user=me pass=secret! pass=x", PASSWORD) == b"user=me ***********! ******"


def test_what_is_no_pattern_is_refused() -> None:
    with pytest.raises(RecordingError, match=r"'\(' is no regular expression: missing \)"):
        patterns(["("])


@given(st.lists(st.integers(0, 40)), st.integers(0, 2**32))
def test_a_match_is_found_however_it_was_cut_and_order_and_cuts_are_kept(places: list[int], seed: int) -> None:
    text = b"user=me pass=secret\npass=again\n"
    cuts = sorted({place for place in places if place < len(text)} | {0})
    pieces = [text[start:end] for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)]
    chance = random.Random(seed)
    events: list[Noted] = []
    for at, piece in enumerate(pieces):
        events.append((float(at), 1, Kind.ASKED, piece))
        if chance.random() < 0.5:
            events.append((float(at), 2, Kind.ANSWERED, b"pa"))
    came = through([(0.0, 1, Kind.OPEN, b""), *events], [r"pass=\w+"])[1:]
    assert [(each[:3], len(each[3])) for each in came] == [(each[:3], len(each[3])) for each in events]
    assert b"".join(each[3] for each in came if each[1] == 1) == b"user=me ***********\n**********\n"


def test_a_match_across_the_window_is_found() -> None:
    for at in range(WINDOW - 20, 2 * WINDOW + 20, 7):
        text = (b"." * at + b"pass=secret").ljust(5 * WINDOW, b".")
        events = [(0.0, 1, Kind.ASKED, text[start : start + 50]) for start in range(0, len(text), 50)]
        came = b"".join(each[3] for each in through(events, [r"pass=\w+"]))
        assert came == text.replace(b"pass=secret", b"*" * 11)


def test_one_that_is_longer_than_the_window_loses_what_follows_its_own_beginning() -> None:
    text = b"pass=" + b"x" * WINDOW
    events = [(0.0, 1, Kind.ASKED, text[start : start + 100]) for start in range(0, len(text), 100)]
    assert b"".join(each[3] for each in through(events, [r"pass=\w+"])) == b"*" * len(text)


def test_nothing_is_held_once_a_side_has_ended_and_never_more_than_a_bound() -> None:
    redactor = Redactor(PASSWORD)
    assert list(redactor.add(0.0, 1, Kind.ASKED, b"pass=")) == []
    assert list(redactor.add(1.0, 1, Kind.ASKED, b"me")) == []
    came = list(redactor.add(2.0, 1, Kind.ASKED_EOF, b""))
    assert came == [(0.0, 1, Kind.ASKED, b"*****"), (1.0, 1, Kind.ASKED, b"**"), (2.0, 1, Kind.ASKED_EOF, b"")]
    let_go = 0
    for number in range(2, 2 + 2 * MOST // 1024):
        let_go += sum(len(each[3]) for each in redactor.add(3.0, number, Kind.ASKED, b"x" * 1024))
        assert (number - 1) * 1024 - let_go <= MOST
    assert let_go > MOST / 2
