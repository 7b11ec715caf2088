"""A service that takes its time over some words: `--service iomodels.experiments.programs.slow:service`.

It is `upper`, but a request that begins with `sleep` is answered after SLOW seconds of sleep, and one that begins with
`compute` after as many seconds of computing. This module is imported by the models' programs, and by no part of the toolkit.
"""

import time

from models.ground.conversation import Conversation

__all__ = ["SLOW", "handle", "is_slow", "service"]

SLOW = 0.1  # seconds


def is_slow(request: bytes) -> bool:
    """Whether it will take its time."""
    return request.startswith((b"sleep", b"compute"))


def handle(request: bytes) -> bytes:
    """The reply, when the time has passed."""
    if request.startswith(b"sleep"):
        time.sleep(SLOW)
    elif request.startswith(b"compute"):
        end = time.thread_time() + SLOW
        while time.thread_time() < end:
            sum(range(1000))  # a few microseconds, between which the interpreter lock may be passed on
    return request.upper()


class Slow(Conversation):
    """Owe every byte received, upper-cased, sooner or later."""

    __slots__ = ()

    def receive(self, data: bytes) -> None:
        if data:
            self.say(handle(data))
        else:
            self.end()


service = Slow
