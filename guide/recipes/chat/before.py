"""A chat on one select loop: the first line that a client sends is its name, each further line goes to all the others."""

import select
import socket
import sys

LINE = 1024  # bytes: who sends a longer line has to leave
OUTGOING = 256 * 1024  # bytes that may wait for a client that reads slowly; then it has to leave
CHUNK = 4096
FD_SETSIZE = 1024  # select(2): no descriptor beyond it


class Client:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.name = b""  # until its first line has come, and again when it has left
        self.incoming = b""  # the beginning of a line
        self.outgoing = bytearray()  # what the kernel has not taken yet
        self.leaving = False  # nothing is read from it any more; it goes when its outgoing has gone

    def fileno(self) -> int:
        return self.connection.fileno()


clients: list[Client] = []


def main(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.setblocking(False)
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            readers: list[socket.socket | Client] = [listener, *(client for client in clients if not client.leaving)]
            writers = [client for client in clients if client.outgoing]
            readable, writable, _ = select.select(readers, writers, [])
            for client in writable:
                send(client)
            for ready in readable:
                if isinstance(ready, Client):
                    receive(ready)
                else:
                    accept(ready)
            for client in [client for client in clients if len(client.outgoing) > OUTGOING]:
                client.outgoing.clear()
                leave(client)
            for client in [client for client in clients if client.leaving and not client.outgoing]:
                clients.remove(client)
                client.connection.close()


def accept(listener: socket.socket) -> None:
    try:
        connection, _ = listener.accept()
    except (BlockingIOError, ConnectionAbortedError):
        return  # it has gone already
    connection.setblocking(False)
    if connection.fileno() < FD_SETSIZE:
        clients.append(Client(connection))
    else:
        connection.close()


def receive(client: Client) -> None:
    try:
        data = client.connection.recv(CHUNK)
    except BlockingIOError:
        return  # it was ready, and is no more (select(2), BUGS)
    except OSError:
        data = b""
    *lines, client.incoming = (client.incoming + data).split(b"\n")
    for line in lines:
        if not client.leaving:
            hear(client, line)
    if not data or len(client.incoming) > LINE:
        leave(client)


def hear(client: Client, line: bytes) -> None:
    if len(line) > LINE or not (client.name or line):
        leave(client)
    elif client.name:
        broadcast(b"%s: %s\n" % (client.name, line), but=client)
    else:
        client.outgoing += b"* here: %s\n" % (b", ".join(other.name for other in clients if other.name) or b"nobody")
        client.name = line
        broadcast(b"* %s has joined\n" % client.name, but=client)


def broadcast(text: bytes, but: Client | None = None) -> None:
    for client in clients:
        if client.name and client is not but:
            client.outgoing += text


def send(client: Client) -> None:
    try:
        sent = client.connection.send(client.outgoing)
    except BlockingIOError:
        return
    except OSError:
        sent = len(client.outgoing)  # it has gone, and takes nothing more
        leave(client)
    del client.outgoing[:sent]


def leave(client: Client) -> None:
    client.leaving = True
    if client.name:
        name, client.name = client.name, b""
        broadcast(b"* %s has left\n" % name)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
    except KeyboardInterrupt:
        pass
