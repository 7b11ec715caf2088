"""A connection at whose one end exactly so many bytes lie, so that receiving them is copying and nothing else."""

import select
import socket
from typing import Self

__all__ = ["Filled"]

PATIENCE_MS = 10_000  # for bytes on the loopback to arrive


class Filled:
    """Two ends of a connection in one process. end: where bytes are received, non-blocking."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._far = socket.create_connection(listener.getsockname())
            self.end, _ = listener.accept()
        self._far.setblocking(False)
        self.end.setblocking(False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._far.close()
        self.end.close()

    def send(self, data: bytes) -> None:
        """Send a few bytes, wherever they land."""
        self._far.send(data)

    def fill(self, data: bytes) -> None:
        """Have `data` lie there, all of it.

        SO_RCVLOWAT says when a socket counts as readable, and makes the kernel give it that much room (socket(7); at most half
        of what net.ipv4.tcp_rmem allows, 3 MiB unless told otherwise).
        """
        self.end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, len(data))
        poller = select.poll()
        poller.register(self.end, select.POLLIN)
        poller.register(self._far, select.POLLOUT)
        rest = memoryview(data)
        while rest:
            if not poller.poll(PATIENCE_MS):
                raise TimeoutError(f"{len(rest)} of {len(data)} bytes do not find room")
            rest = rest[self._far.send(rest) :]
        poller.unregister(self._far)
        if not poller.poll(PATIENCE_MS):
            raise TimeoutError(f"{len(data)} bytes did not arrive")
