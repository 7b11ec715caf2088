"""Upper-case what comes and, when the client has said all, tell how much it was: a poll loop that heeds half-close."""

import select
import socket
import sys
from select import POLLIN, POLLOUT

HIGH_WATER = 64 * 1024  # bytes owed beyond which no more is read from a client
CHUNK = 64 * 1024


class Client:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.total = 0
        self.owed = bytearray()
        self.said_all = False

    @property
    def interest(self) -> int:
        reading = not self.said_all and len(self.owed) <= HIGH_WATER
        return (POLLIN if reading else 0) | (POLLOUT if self.owed else 0)

    def receive(self) -> None:
        data = self.connection.recv(CHUNK)
        self.total += len(data)
        self.owed += data.upper()
        if not data:  # FIN: it will send no more, and reads on
            self.said_all = True
            self.owed += b"%d bytes\n" % self.total

    def send(self) -> None:
        del self.owed[: self.connection.send(self.owed)]


def main(port: int) -> None:
    clients: dict[int, Client] = {}
    poller = select.poll()
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.setblocking(False)
        poller.register(listener, POLLIN)
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            for descriptor, events in poller.poll():
                if descriptor == listener.fileno():
                    accept(listener, poller, clients)
                    continue
                client = clients[descriptor]
                try:
                    if (
                        events & ~POLLOUT and client.interest & POLLIN
                    ):  # POLLHUP and POLLERR too: what came before is read first
                        client.receive()
                    if client.owed:
                        client.send()
                except BlockingIOError:
                    pass  # not yet: poll will tell
                except OSError:
                    client.said_all = True
                    client.owed.clear()
                if client.interest:
                    poller.modify(descriptor, client.interest)
                else:
                    poller.unregister(descriptor)
                    clients.pop(descriptor).connection.close()


def accept(listener: socket.socket, poller: select.poll, clients: dict[int, Client]) -> None:
    try:
        connection, _ = listener.accept()
    except (BlockingIOError, ConnectionAbortedError):
        return  # it has gone already
    connection.setblocking(False)
    clients[connection.fileno()] = Client(connection)
    poller.register(connection, POLLIN)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
    except KeyboardInterrupt:
        pass
