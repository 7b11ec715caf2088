"""Asked to stop, it waits until its clients go, and leaves its listener open without accepting."""

import socket
from types import FrameType

from tests.broken._servers import CHUNK, Threads

CAUGHT_BY = ("stop/with-queued-clients",)


class Broken(Threads):
    def stop(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.ring()

    def receive(self, client: socket.socket) -> bytes:
        return client.recv(CHUNK)


Broken().run()
