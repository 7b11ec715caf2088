"""It answers nothing before it has four bytes."""

import socket

from tests.broken._servers import Threads

CAUGHT_BY = (
    "integrity/one-byte",
    "segmentation/byte-by-byte",
    "integrity/every-byte-value",
    "integrity/two-interleaved",
    "segmentation/split-at-every-border",
)


class Broken(Threads):
    def receive(self, client: socket.socket) -> bytes:
        data = super().receive(client)
        while data and len(data) < 4 and (more := client.recv(4 - len(data))):
            data += more
        return data


Broken().run()
