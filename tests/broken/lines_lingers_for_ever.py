"""After QUIT it waits for the client to close, without limit."""

import socket

from tests.broken._talks import KIB, Lines, run

CAUGHT_BY = ("half-close/lingering-client-frees-slot",)
SERVICE = "lines"


class Broken(Lines):
    def end(self) -> None:
        self.connection.shutdown(socket.SHUT_WR)
        while self.connection.recv(64 * KIB):
            pass


run(Broken)
