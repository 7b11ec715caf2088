"""A relay: whoever connects is connected to the server behind. A thread for each client, and in it a select on the pair."""

import select
import socket
import struct
import sys
import threading
from contextlib import suppress

CHUNK = 64 * 1024
CONNECT = 10.0  # seconds for the server behind to accept
NOW = struct.pack("ii", 1, 0)  # SO_LINGER: closing is RST (socket(7))


class Way:
    """One of the two directions."""

    def __init__(self, source: socket.socket, target: socket.socket) -> None:
        self.source = source
        self.target = target
        self.pending = b""  # what the target has not taken yet; meanwhile nothing is read from the source
        self.ended = False

    def receive(self) -> None:
        self.pending = self.source.recv(CHUNK)
        if not self.pending:  # FIN, and behind all that was sent: it is passed on
            self.target.shutdown(socket.SHUT_WR)
            self.ended = True

    def send(self) -> None:
        self.pending = self.pending[self.target.send(self.pending) :]


def main(port: int, behind: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            client, _ = listener.accept()
            threading.Thread(target=attend, args=(client, behind), daemon=True).start()


def attend(client: socket.socket, behind: int) -> None:
    with client:
        try:
            server = socket.create_connection(("127.0.0.1", behind), CONNECT)
        except OSError:
            reset(client)
            return
        with server:
            try:
                relay(client, server)
            except OSError:  # one of them has vanished: so must we, for the other
                reset(client)
                reset(server)


def relay(client: socket.socket, server: socket.socket) -> None:
    client.setblocking(False)
    server.setblocking(False)
    ways = [Way(client, server), Way(server, client)]
    while not all(way.ended for way in ways):
        sources = {way.source: way for way in ways if not way.ended and not way.pending}
        targets = {way.target: way for way in ways if way.pending}
        readable, writable, _ = select.select(sources, targets, [])
        for way in [sources[source] for source in readable]:
            way.receive()
        for way in [targets[target] for target in writable]:
            way.send()


def reset(connection: socket.socket) -> None:
    """Have its closing, which follows, tell the peer that something was lost."""
    with suppress(OSError):  # it has gone itself
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NOW)


if __name__ == "__main__":
    port, behind = (int(argument) for argument in sys.argv[1:] or (8080, 8081))
    try:
        main(port, behind)
    except KeyboardInterrupt:
        pass
