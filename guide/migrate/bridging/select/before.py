"""Shout in one thread: select says who is ready, and what a client has not taken yet waits in its outbox."""

import select
import socket
import sys
from contextlib import suppress

HIGH_WATER = 65536  # bytes in an outbox above which nothing more is read from its client


class Client:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.outbox = bytearray()
        self.said_all = False
        connection.setblocking(False)

    def fileno(self) -> int:
        return self.connection.fileno()

    def read(self) -> None:
        data = self.connection.recv(65536)
        self.outbox += data.upper()
        self.said_all = not data

    def write(self) -> None:
        del self.outbox[: self.connection.send(self.outbox)]


def serve(client: Client, can_read: bool) -> bool:
    """Whether there may be more."""
    try:
        if can_read:
            client.read()
        if client.outbox:
            client.write()
    except BlockingIOError:
        pass  # it was ready, and is no more (select(2), BUGS)
    except OSError:
        return False
    return not client.said_all or bool(client.outbox)


def main(port: int) -> None:
    clients: set[Client] = set()
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.setblocking(False)
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            readers: list[Client | socket.socket] = [listener]
            readers += [each for each in clients if not each.said_all and len(each.outbox) < HIGH_WATER]
            writers = [each for each in clients if each.outbox]
            readable, writable, _ = select.select(readers, writers, [])
            for client in clients & {*readable, *writable}:
                if not serve(client, client in readable):
                    clients.remove(client)
                    client.connection.close()
            if listener in readable:
                with suppress(BlockingIOError, ConnectionAbortedError):
                    clients.add(Client(listener.accept()[0]))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(int(sys.argv[1]))
