"""Serve many clients in one thread: select says who is ready, and an outbox keeps what a client has not taken yet."""

import select
import socket
import sys

HIGH_WATER = 65536  # bytes in an outbox above which nothing more is read from its client


class Client:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.outbox = bytearray()
        self.said_all = False
        connection.setblocking(False)

    def fileno(self) -> int:
        return self.connection.fileno()

    def receive(self) -> None:
        data = self.connection.recv(65536)
        self.said_all = not data
        self.outbox += data.upper()

    def send(self) -> None:
        sent = self.connection.send(self.outbox)
        del self.outbox[:sent]


def main(port: int) -> None:
    clients: set[Client] = set()
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.setblocking(False)
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            readers: list[Client | socket.socket] = [listener]
            readers += [client for client in clients if not client.said_all and len(client.outbox) < HIGH_WATER]
            writers = [client for client in clients if client.outbox]
            readable, writable, _ = select.select(readers, writers, [])
            for client in clients & {*readable, *writable}:
                try:
                    if client in readable:
                        client.receive()
                    if client.outbox:
                        client.send()
                except BlockingIOError:
                    continue  # it was ready, and is no more (select(2), BUGS)
                except OSError as error:
                    print(f"lost a client: {error}", file=sys.stderr)
                    client.outbox.clear()
                    client.said_all = True
                if client.said_all and not client.outbox:
                    clients.remove(client)
                    client.connection.close()
            if listener in readable:
                try:
                    clients.add(Client(listener.accept()[0]))
                except (BlockingIOError, ConnectionAbortedError):
                    pass  # it has left already


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
