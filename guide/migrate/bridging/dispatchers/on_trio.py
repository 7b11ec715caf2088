"""Shout from asyncore: a dispatcher for each client, which says what it wants to be told."""

import socket
import sys
from contextlib import suppress

import trio

from iomodels.bridge import asyncore

HIGH_WATER = 65536  # bytes in an outbox above which nothing more is read from its client


class Client(asyncore.dispatcher):  # type: ignore[misc, unused-ignore]  # asyncore has no types any more
    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection)
        self.outbox = b""
        self.said_all = False

    def readable(self) -> bool:
        return not self.said_all and len(self.outbox) < HIGH_WATER

    def writable(self) -> bool:
        return self.said_all or bool(self.outbox)

    def handle_read(self) -> None:
        self.outbox += self.recv(65536).upper()

    def handle_write(self) -> None:
        if self.outbox:
            self.outbox = self.outbox[self.send(self.outbox) :]
        if self.said_all and not self.outbox:
            self.close()

    def handle_close(self) -> None:
        if self.said_all:  # told twice: it is gone, and takes no more
            self.close()
        self.said_all = True


class Listener(asyncore.dispatcher):  # type: ignore[misc, unused-ignore]
    def __init__(self, port: int) -> None:
        listener = socket.create_server(("127.0.0.1", port))
        super().__init__(listener)
        self.listen(100)
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)

    def handle_accepted(self, connection: socket.socket, _: object) -> None:
        Client(connection)


async def main(port: int) -> None:
    Listener(port)
    await asyncore.loop()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        trio.run(main, int(sys.argv[1]))
