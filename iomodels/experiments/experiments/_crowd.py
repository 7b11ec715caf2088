"""Clients that have been served once and then are there, saying nothing unless they are asked to."""

import socket
import time
from contextlib import suppress
from typing import Self

from iomodels.contract.server import Server
from iomodels.experiments.experiment import NotHere
from iomodels.load.limits import allow
from iomodels.load.spec import LimitError

__all__ = ["Crowd", "need_descriptors"]

AT_ONCE = 64  # clients that ask before the first reply is read: less than any backlog, so that no SYN is lost
LOOK = 0.02  # seconds between two looks: of another process's descriptors no event tells
PATIENCE = 5.0  # seconds in which so many must have their replies
ASK, REPLY = b"still there?", b"STILL THERE?"


def need_descriptors(connections: int) -> None:
    """See to it that this process and those that it starts may have so many connections each. Raises NotHere."""
    try:
        allow(connections)
    except LimitError as error:
        raise NotHere(str(error)) from error


class Crowd:
    """Clients of `server`, which talks `upper`; all of them leave at the end of the block.

    size: how many have come, whatever has become of them.
    """

    def __init__(self, server: Server) -> None:
        self.size = 0
        self._server = server
        self._before = server.usage().descriptors
        self._clients: list[socket.socket] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def grow(self, size: int) -> int:
        """Come until there are `size`, and ask once; how many of the newcomers had the right reply."""
        served = 0
        while self.size < size:
            newcomers = []
            for _ in range(min(AT_ONCE, size - self.size)):
                self.size += 1
                newcomer = socket.socket()
                newcomers.append(newcomer)
                newcomer.settimeout(PATIENCE)
                with suppress(OSError):  # nobody listens any more, as asking will tell
                    newcomer.connect((self._server.host, self._server.port))
            self._clients += newcomers
            served += _ask(newcomers)
        return served

    def served(self) -> int:
        """How many have the right reply when all of them ask again."""
        return sum(_ask(self._clients[first : first + AT_ONCE]) for first in range(0, len(self._clients), AT_ONCE))

    def leave(self) -> None:
        """All of them; returns when the server has closed their connections too."""
        for client in self._clients:
            client.close()
        self._clients = []
        self.size = 0
        end = time.monotonic() + PATIENCE
        while self._server.usage().descriptors > self._before and time.monotonic() < end:
            time.sleep(LOOK)


def _ask(clients: list[socket.socket]) -> int:
    end = time.monotonic() + PATIENCE
    for client in clients:
        try:
            client.sendall(ASK)
        except OSError:
            continue  # it was turned away, as reading will tell
    return sum(_is_served(client, end) for client in clients)


def _is_served(client: socket.socket, end: float) -> bool:
    came = b""
    try:
        while len(came) < len(REPLY):
            client.settimeout(max(0.01, end - time.monotonic()))
            data = client.recv(len(REPLY))
            if not data:
                return False
            came += data
    except OSError:
        return False
    return came == REPLY
