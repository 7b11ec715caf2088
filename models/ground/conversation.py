"""What one connection owes, free of I/O: every service is written against this, every model drives it.

A conversation takes bytes and owes bytes; it never sees a socket. Partial writes, backpressure, half-close and last words are
therefore decided once, here, and tested without a network. What a driver does with it is always the same:

    conversation.receive(data)                      # what arrived; b"" is the end of input
    conversation.sent(send(conversation.unsent))    # what the kernel took is forgotten, the rest is still owed
    conversation.wants_input                        # whether to go on reading
    conversation.finished                           # whether nothing is left to say

A service of your own is a subclass and a factory without arguments (the class itself will do), named on the command line as
`--service package.module:factory`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

__all__ = ["HIGH_WATER", "Conversation", "Dialogue", "Service"]

HIGH_WATER = 64 * 1024  # bytes owed beyond which no more input is taken; asyncio's default write limit is the same


class Conversation(ABC):
    """One connection's state of a service. A subclass gives `receive`, which calls `say` and `end`.

    unsent: the bytes still to go, oldest first.
    wants_input: whether more input may be given: false above HIGH_WATER bytes unsent, and after `end`.
    finished: whether all has been said and sent.
    deadline: when, by time.monotonic() in seconds, the peer must have completed what it has begun; None while it owes nothing.

    They are plain attributes, kept true by the four methods, because a driver reads them once for each message.
    """

    __slots__ = ("_ended", "deadline", "finished", "unsent", "wants_input")

    request_seconds: ClassVar[float] = 10.0
    """How long a service may let a request that has begun take to arrive whole; set from the command line."""

    def __init__(self) -> None:
        self.unsent = b""
        self.wants_input = True
        self.finished = False
        self.deadline: float | None = None
        self._ended = False

    @abstractmethod
    def receive(self, data: bytes) -> None:
        """Take what arrived; b"" says that the peer will send no more."""

    def sent(self, count: int) -> None:
        """Forget the first `count` bytes of `unsent`: the kernel has them."""
        self.unsent = self.unsent[count:]
        if not self.wants_input:
            if self._ended:
                self.finished = not self.unsent
            elif len(self.unsent) <= HIGH_WATER:
                self._resume()

    def unsend(self, data: bytes) -> None:
        """Owe `data` again, before all else: the kernel has not taken it after all (io_uring)."""
        self.unsent = data + self.unsent
        self.finished = False
        if len(self.unsent) > HIGH_WATER:
            self.wants_input = False

    def say(self, reply: bytes) -> None:
        """Owe `reply`, after all that is owed already."""
        self.unsent += reply
        if len(self.unsent) > HIGH_WATER:
            self.wants_input = False

    def end(self) -> None:
        """Say no more: take no input, and finish when what is owed has gone."""
        self._ended = True
        self.wants_input = False
        self.finished = not self.unsent
        self.deadline = None

    def _resume(self) -> None:
        self.wants_input = True


class Dialogue(Conversation):
    """A conversation of requests and replies. A subclass gives `feed` and `answer`, and may call `end` in either.

    One chunk of input may hold thousands of requests, each with a large reply. Answering them all at once would owe without
    bound, so a dialogue answers one at a time and stops at the high-water mark; requests not yet answered wait in the parser,
    which holds no more than it was given, and are answered as the replies before them go out.
    """

    __slots__ = ("_input_ended",)

    def __init__(self) -> None:
        super().__init__()
        self._input_ended = False

    @abstractmethod
    def feed(self, data: bytes) -> None:
        """Give the parser what arrived (never b"")."""

    @abstractmethod
    def answer(self) -> bytes | None:
        """The reply to the next whole request (b"" for a request that has none yet), or None when more input is needed."""

    def receive(self, data: bytes) -> None:
        if self._ended:
            return
        if data:
            self.feed(data)
        else:
            self._input_ended = True
        self._resume()

    def _resume(self) -> None:
        replies: list[bytes] = []
        owed = len(self.unsent)
        starved = False
        while owed <= HIGH_WATER and not self._ended:
            reply = self.answer()
            if reply is None:
                starved = True
                break
            replies.append(reply)
            owed += len(reply)
        self.unsent += b"".join(replies)
        if self._ended or (starved and self._input_ended):
            self.end()
        else:
            self.wants_input = starved


Service = Callable[[], Conversation]
