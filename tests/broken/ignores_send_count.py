"""It writes without blocking, and forgets what the kernel did not take."""

import socket
from contextlib import suppress

from tests.broken._servers import Threads

CAUGHT_BY = ("integrity/late-reader", "backpressure/all-comes-back")


class Broken(Threads):
    def send(self, client: socket.socket, data: bytes) -> None:
        with suppress(BlockingIOError):
            client.send(data, socket.MSG_DONTWAIT)


Broken().run()
