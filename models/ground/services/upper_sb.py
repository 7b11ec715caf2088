"""`upper-sb`: like `upper`, with `_SB` after each chunk as it was received.

The one service where the cut shows: send the same text twice and the marks may fall elsewhere, because TCP carries a stream
and has no messages. It is here to teach that; never build a protocol on it.
"""

from models.ground.conversation import Conversation

__all__ = ["MARK", "UpperSb", "service"]

MARK = b"_SB"


class UpperSb(Conversation):
    """Owe every chunk received, upper-cased and marked."""

    __slots__ = ()

    def receive(self, data: bytes) -> None:
        if data:
            self.say(data.upper() + MARK)
        else:
            self.end()


service = UpperSb
