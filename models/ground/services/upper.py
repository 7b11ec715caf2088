"""`upper`: bytes in, the same bytes out with ASCII a-z in upper case. A stream: how the bytes were cut never shows."""

from models.ground.conversation import Conversation

__all__ = ["Upper", "service"]


class Upper(Conversation):
    """Owe every byte received, upper-cased."""

    __slots__ = ()

    def receive(self, data: bytes) -> None:
        if data:
            self.say(data.upper())
        else:
            self.end()


service = Upper
