"""The load: one request in flight on each of many connections, and only replies checked byte for byte are counted.

A fast wrong answer is worth nothing, so every reply is compared with the one that its request was owed. Requests differ
from one connection to the next and from one turn to the next, so that a crossed, a stale or an unchanged reply is a
wrong one; at the end each connection must hold nothing more. The first wrong byte ends the run.

As a program it is driven through its standard streams by who measures the server, since the clock to read is there:

    -> ready                      connected and warm, nothing in flight
    <- 1.5                        for how many seconds to go on
    -> {"requests": ..., ...}     what was counted, nothing in flight any more
    <- (any line)                 the clock has been read: the connections are ended, and checked for bytes too many
    -> sound

or, instead of any of these answers, `wrong: ` and what was wrong, with exit status 1.

It is quick enough in Python because a request costs it little: replies are received into one shared buffer, each
connection's methods are bound once, and all requests are made beforehand.
"""

import gc
import json
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import cycle
from select import EPOLLIN, epoll
from typing import Self

__all__ = ["Counted", "Load", "ReplyError"]

PATIENCE = 10.0  # seconds without a single reply, after which the server counts as stuck
TURNS = 7  # different requests on one connection: a reply may be stale by up to six turns and is still caught


class ReplyError(Exception):
    """The server replied what it should not, or not at all."""


@dataclass(frozen=True)
class Counted:
    """What one counted stretch came to."""

    requests: int
    seconds: float
    cpu_seconds: float  # the generator's own


class Peer:
    """One connection: what it will ask, and the reply that it is owed."""

    __slots__ = ("kept", "recv_into", "send", "socket", "turn", "want")

    def __init__(self, address: tuple[str, int], number: int, size: int) -> None:
        self.socket = socket.create_connection(address, PATIENCE)
        self.recv_into: Callable[[bytearray], int] = self.socket.recv_into
        self.send: Callable[[bytes], int] = self.socket.send
        requests = [f"c{number:06d}t{turn}".encode().ljust(size, b"x") for turn in range(TURNS)]
        pairs = [(request, request.upper()) for request in requests]
        self.turn: Callable[[], tuple[bytes, bytes]] = cycle(pairs).__next__
        self.want = b""
        self.kept = b""  # the beginning of a reply that came in pieces

    def ask(self) -> None:
        """Send the next request."""
        request, self.want = self.turn()
        self.send(request)

    def piece(self, data: bytes) -> bool:
        """Take `data`, which is not simply the reply: is the reply whole now? ReplyError where it never will be."""
        if not data:
            raise ReplyError(f"the server closed the connection and owed {self.want!r}")
        self.kept += data
        if not self.want.startswith(self.kept):
            raise ReplyError(f"the server owed {self.want!r} and sent {self.kept!r}")
        if self.kept != self.want:
            return False
        self.kept = b""
        return True


class Load:
    """So many connections to `address`, closed at the end of the block. `size` is that of every request and reply."""

    def __init__(self, address: tuple[str, int], connections: int, size: int = 64) -> None:
        if size < 9:
            raise ValueError("a request needs 9 bytes to name its connection and its turn")
        self._buffer = bytearray(size)
        self._peers: dict[int, Peer] = {}
        self._epoll = epoll()
        try:
            for number in range(connections):
                peer = Peer(address, number, size)
                self._peers[peer.socket.fileno()] = peer
                self._greet(peer)
                self._epoll.register(peer.socket, EPOLLIN)
        except BaseException:
            self.close()
            raise

    def _greet(self, peer: Peer) -> None:
        """One request before the next connection is made: a server's backlog never overflows, which would lose SYNs."""
        peer.ask()
        try:
            while not peer.piece(peer.socket.recv(len(self._buffer) + 1)):
                pass
        except TimeoutError:
            raise ReplyError(f"no reply in {PATIENCE:.0f} s; owed {peer.want!r}") from None
        peer.socket.setblocking(False)

    def run(self, seconds: float) -> Counted:
        """Ask everywhere, and again after each reply, for so long; then take what is still owed. Every reply counts."""
        buffer, peers, poll, clock = self._buffer, self._peers, self._epoll.poll, time.perf_counter
        size, in_flight, requests = len(buffer), len(peers), 0
        start, cpu = clock(), time.process_time()
        deadline = start + seconds
        for peer in peers.values():
            peer.ask()
        while in_flight:
            again = clock() < deadline
            ready = poll(PATIENCE)
            if not ready:
                raise ReplyError(f"no reply in {PATIENCE:.0f} s; {in_flight} are owed")
            for descriptor, _ in ready:
                peer = peers[descriptor]
                count = peer.recv_into(buffer)
                if (count != size or buffer != peer.want) and not peer.piece(bytes(buffer[:count])):
                    continue
                requests += 1
                if again:
                    request, peer.want = peer.turn()
                    peer.send(request)
                else:
                    in_flight -= 1
        return Counted(requests, clock() - start, time.process_time() - cpu)

    def finish(self) -> None:
        """End the input of every connection, and expect no more than the end of its output."""
        for peer in self._peers.values():
            peer.socket.shutdown(socket.SHUT_WR)
        for peer in self._peers.values():
            peer.socket.settimeout(PATIENCE)
            try:
                rest = peer.kept + peer.socket.recv(1024)
            except TimeoutError:
                raise ReplyError(f"a connection was still open {PATIENCE:.0f} s after the end of its input") from None
            if rest:
                raise ReplyError(f"the server sent {rest!r} after its last reply")

    def close(self) -> None:
        """Close every connection."""
        for peer in self._peers.values():
            peer.socket.close()
        self._epoll.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def main(arguments: list[str]) -> int:
    """HOST PORT CONNECTIONS SIZE WARM_UP_SECONDS"""
    host, port, connections, size, warm_up = arguments
    gc.disable()  # nothing here makes cycles, and a collection would be a pause in the load
    try:
        with Load((host, int(port)), int(connections), int(size)) as load:
            load.run(float(warm_up))
            print("ready", flush=True)
            seconds = sys.stdin.readline()
            if not seconds:  # who measures is gone
                return 1
            print(json.dumps(asdict(load.run(float(seconds)))), flush=True)
            sys.stdin.readline()
            load.finish()
            print("sound", flush=True)
    except (ReplyError, OSError) as error:
        print(f"wrong: {error}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
