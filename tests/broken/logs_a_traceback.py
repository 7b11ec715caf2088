"""A client that resets the connection costs the log a traceback."""

import socket
import traceback

from tests.broken._servers import Threads

CAUGHT_BY = ("reset/one-log-line-each",)


class Broken(Threads):
    def lose(self, client: socket.socket) -> None:  # noqa: ARG002
        traceback.print_exc()


Broken().run()
