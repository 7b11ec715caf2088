"""The plain loop against a far end that decides what each of its reads finds."""

import fcntl
import socket
import struct
import termios
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from select import EPOLLIN, epoll
from types import SimpleNamespace

import pytest

from iomodels.load.closed import Closed
from iomodels.load.spec import LoadError, Spec
from iomodels.load.talk import Upper
from iomodels.load.tally import Tally

Cut = Callable[[bytes], Sequence[bytes]]


@contextmanager
def far_end(cut: Cut) -> Iterator[Closed]:
    """A loop on one connection, on which replies come in the pieces that `cut` makes of them, each in a read of its own."""
    near, far = socket.socketpair()
    near.setblocking(False)

    def answer() -> None:
        with far, suppress(ConnectionError):
            while request := far.recv(1024):
                for piece in cut(request.upper()):
                    far.sendall(piece)
                    while struct.unpack("i", fcntl.ioctl(far, termios.TIOCOUTQ, b"\0" * 4))[0]:
                        pass  # until it has been read

    thread = threading.Thread(target=answer)
    with epoll() as poller:
        poller.register(near, EPOLLIN)
        thread.start()
        try:
            yield Closed(Upper(Spec("h", 1, connections=1)), poller, [near.fileno()], near.fileno() + 1)
        finally:
            near.close()
            thread.join()


def run(cut: Cut, seconds: float) -> int:
    """What is counted."""
    tally = Tally()
    with far_end(cut) as loop:
        loop.run(tally, seconds, lambda _: None)
    return tally.total


def test_replies_that_come_in_pieces_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    # A clock that goes on by being read: a busy machine cannot make the load end after its first reply.
    monkeypatch.setattr("iomodels.load.closed.time", SimpleNamespace(perf_counter_ns=count(step=1_000_000).__next__))
    assert run(lambda reply: [reply[:1], reply[1:40], reply[40:]], 0.05) > 1


@pytest.mark.parametrize(
    ("cut", "seconds", "words"),
    [
        (lambda reply: [reply[:9], reply], 0.0, "the server sent b'AA0000000' and then a whole reply"),
        (lambda reply: [reply[:5], reply[6:]], 0.0, "wrong at byte 8 of a reply"),
        (lambda reply: [reply + b"!"], 0.0, "the server sent b'!' after its reply"),
        (lambda reply: [reply, b"!"], 9.0, "wrong at byte 0 of a reply: owed b'BA"),
    ],
)
def test_replies_that_are_wrong_beyond_their_first_piece(cut: Cut, seconds: float, words: str) -> None:
    with pytest.raises(LoadError, match=words):
        run(cut, seconds)
