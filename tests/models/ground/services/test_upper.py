from hypothesis import given
from hypothesis import strategies as st

from models.ground.conversation import HIGH_WATER
from models.ground.services.upper import service
from tests.models.ground.services.feeding import cuts, same_however_cut, speak


def test_only_ascii_letters_change_of_all_256_bytes() -> None:
    every = bytes(range(256))
    assert speak(service, every) == every.replace(b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@given(st.data(), st.binary(max_size=300))
def test_the_reply_does_not_show_how_the_bytes_were_cut(data: st.DataObject, text: bytes) -> None:
    spoken = same_however_cut(service, text, data.draw(cuts(len(text))))
    assert spoken.output == text.upper()
    assert not spoken.hung_up


def test_what_is_not_taken_stops_the_input() -> None:
    conversation = service()
    while conversation.wants_input:
        conversation.receive(b"x" * 1000)
    assert HIGH_WATER < len(conversation.unsent) <= HIGH_WATER + 1000


def test_the_end_of_input_leaves_what_is_owed() -> None:
    conversation = service()
    conversation.receive(b"abc")
    conversation.receive(b"")
    assert not conversation.finished
    conversation.sent(2)
    assert (conversation.unsent, conversation.finished) == (b"C", False)
    conversation.sent(1)
    assert conversation.finished
