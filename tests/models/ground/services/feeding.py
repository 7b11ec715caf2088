"""A driver without sockets: what a model does with a conversation, over bytes in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import strategies as st

from models.ground.conversation import Conversation, Service

__all__ = ["Spoken", "cuts", "feed", "pieces", "same_however_cut", "speak"]


@dataclass(frozen=True)
class Spoken:
    """What a conversation said, and whether it ended before its input did."""

    output: bytes
    hung_up: bool


def feed(conversation: Conversation, chunks: Iterable[bytes], take: int = 4096) -> Spoken:
    """Give the chunks, then the end of input, when they are wanted; take `take` bytes at a time of what is owed."""
    said = bytearray()

    def send() -> None:
        taken = conversation.unsent[:take]
        said.extend(taken)
        conversation.sent(len(taken))

    for chunk in chunks:
        while not conversation.wants_input and not conversation.finished:
            assert conversation.unsent, "neither reads nor writes nor ends"
            send()
        if conversation.finished:
            break
        conversation.receive(chunk)
        if conversation.unsent:
            send()
    while not conversation.wants_input and not conversation.finished:
        assert conversation.unsent, "neither reads nor writes nor ends"
        send()
    hung_up = conversation.finished
    if not hung_up:
        conversation.receive(b"")
    while not conversation.finished:
        assert conversation.unsent, "has nothing left to say and does not end"
        send()
    assert not conversation.unsent
    return Spoken(bytes(said), hung_up)


def speak(service: Service, *chunks: bytes, take: int = 4096) -> bytes:
    """What a new conversation says to the chunks."""
    return feed(service(), chunks, take).output


def pieces(data: bytes, borders: Sequence[int]) -> list[bytes]:
    """`data` cut at the borders."""
    edges = [0, *sorted(borders), len(data)]
    return [data[a:b] for a, b in pairwise(edges) if a < b]


def cuts(length: int) -> st.SearchStrategy[list[int]]:
    """Borders at which to cut `length` bytes."""
    return st.lists(st.integers(0, length), max_size=12)


def same_however_cut(service: Service, data: bytes, borders: Sequence[int] = ()) -> Spoken:
    """What is said to `data`, having checked that it is said whole, byte by byte, cut at the borders and sent in dribs."""
    whole = feed(service(), [data] if data else [])
    assert feed(service(), pieces(data, range(len(data)))) == whole
    assert feed(service(), pieces(data, borders)) == whole
    assert feed(service(), pieces(data, borders), take=7) == whole
    return whole
