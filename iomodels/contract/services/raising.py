"""`upper` with every kind of failure: it raises in mid-message, at the end of input, or when its reply has gone."""

from models.ground.conversation import Conversation

__all__ = ["WORDS", "Raising", "service"]

WORDS = "the service raised this on purpose"


class Raising(Conversation):
    """Owe every byte received, upper-cased. `raise: now`, `raise: at the end` and `raise: when sent` say where to raise."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        super().__init__()
        self._seen = b""

    def receive(self, data: bytes) -> None:
        self._seen = (self._seen + data)[-64:]
        if b"raise: now" in self._seen or (not data and b"raise: at the end" in self._seen):
            raise RuntimeError(WORDS)
        if data:
            self.say(data.upper())
        else:
            self.end()

    def sent(self, count: int) -> None:
        super().sent(count)
        if b"raise: when sent" in self._seen:
            raise RuntimeError(WORDS)


service = Raising
