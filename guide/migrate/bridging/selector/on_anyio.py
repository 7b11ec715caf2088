"""Shout in one thread: each descriptor is registered once, with the function to call when it is ready."""

import selectors
import socket
import sys
from contextlib import suppress

import anyio

from iomodels import bridge

selector = bridge.Selector()


def accept(listener: socket.socket, _: int) -> None:
    with suppress(BlockingIOError, ConnectionAbortedError):
        connection, _ = listener.accept()
        connection.setblocking(False)
        selector.register(connection, selectors.EVENT_READ, Client(connection).ready)


class Client:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.owed = b""
        self.said_all = False

    def ready(self, connection: socket.socket, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                data = connection.recv(65536)
                self.owed, self.said_all = data.upper(), not data
            if self.owed:
                self.owed = self.owed[connection.send(self.owed) :]
        except BlockingIOError:
            pass
        except OSError:
            self.owed, self.said_all = b"", True
        if self.said_all:
            selector.unregister(connection)
            connection.close()
        else:  # who owes something reads nothing more
            selector.modify(connection, selectors.EVENT_WRITE if self.owed else selectors.EVENT_READ, self.ready)


async def main(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.setblocking(False)
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        selector.register(listener, selectors.EVENT_READ, accept)
        while True:
            for key, events in await selector.select():
                key.data(key.fileobj, events)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        anyio.run(main, int(sys.argv[1]))
