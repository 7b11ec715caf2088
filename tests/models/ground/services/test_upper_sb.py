from hypothesis import given
from hypothesis import strategies as st

from models.ground.services.upper_sb import MARK, service
from tests.models.ground.services.feeding import cuts, pieces, speak


def test_the_cut_shows() -> None:
    assert speak(service, b"hello world") == b"HELLO WORLD_SB"
    assert speak(service, b"hello ", b"world") == b"HELLO _SBWORLD_SB"


@given(st.data(), st.binary(max_size=300).filter(lambda text: b"_" not in text))
def test_without_its_marks_the_reply_is_the_text(data: st.DataObject, text: bytes) -> None:
    chunks = pieces(text, data.draw(cuts(len(text))))
    reply = speak(service, *chunks)
    assert reply.count(MARK) == len(chunks)
    assert reply.replace(MARK, b"") == text.upper()
