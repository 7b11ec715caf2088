"""Upper-case what comes, with selectors: who has not taken its replies is not read from until it has."""

import selectors
import socket
import sys
from selectors import EVENT_READ, EVENT_WRITE

HIGH_WATER = 64 * 1024  # bytes owed beyond which no more is read from a client
CHUNK = 64 * 1024


class Client:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.owed = bytearray()
        self.said_all = False

    @property
    def interest(self) -> int:
        reading = not self.said_all and len(self.owed) <= HIGH_WATER
        return (EVENT_READ if reading else 0) | (EVENT_WRITE if self.owed else 0)


def main(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener, selectors.DefaultSelector() as selector:
        listener.setblocking(False)
        selector.register(listener, EVENT_READ)
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            for key, events in selector.select():
                if key.data is None:
                    accept(listener, selector)
                else:
                    attend(key.data, events, selector)


def accept(listener: socket.socket, selector: selectors.BaseSelector) -> None:
    try:
        connection, _ = listener.accept()
    except (BlockingIOError, ConnectionAbortedError):
        return  # it has gone already
    connection.setblocking(False)
    selector.register(connection, EVENT_READ, Client(connection))


def attend(client: Client, events: int, selector: selectors.BaseSelector) -> None:
    try:
        if events & EVENT_READ:
            data = client.connection.recv(CHUNK)
            client.said_all = not data
            client.owed += data.upper()
        if events & EVENT_WRITE:
            del client.owed[: client.connection.send(client.owed)]
    except BlockingIOError:
        return  # it was ready, and is no more (select(2), BUGS)
    except OSError:
        client.said_all = True
        client.owed.clear()
    if client.interest:
        selector.modify(client.connection, client.interest, client)
    else:
        selector.unregister(client.connection)
        client.connection.close()


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
    except KeyboardInterrupt:
        pass
