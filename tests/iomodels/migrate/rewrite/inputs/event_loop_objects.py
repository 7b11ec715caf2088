"""select with an object for each connection; what it owes is in a buffer, and too much of that stops its input."""

import select
import socket

TOO_MUCH = 65536


class Peer:
    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.owed = bytearray()
        self.over = False

    def fileno(self) -> int:
        return self.sock.fileno()

    def read(self) -> None:
        data = self.sock.recv(4096)
        if not data:
            self.over = True
        self.owed += data.upper()

    def write(self) -> None:
        count = self.sock.send(self.owed)
        del self.owed[:count]


def main() -> None:
    peers: set[Peer] = set()
    listener = socket.create_server(("127.0.0.1", 8080))
    listener.setblocking(False)
    while True:
        reading = [listener]
        reading += [peer for peer in peers if not peer.over and len(peer.owed) < TOO_MUCH]
        writing = [peer for peer in peers if peer.owed]
        can_read, can_write, _ = select.select(reading, writing, [])
        for peer in peers & {*can_read, *can_write}:
            try:
                if peer in can_read:
                    peer.read()
                if peer in can_write:
                    peer.write()
            except BlockingIOError:
                continue
            except OSError as error:
                print(f"lost: {error}")
                peer.owed.clear()
                peer.over = True
            if peer.over and not peer.owed:
                peers.remove(peer)
                peer.sock.close()
        if listener in can_read:
            try:
                peers.add(Peer(listener.accept()[0]))
            except (BlockingIOError, ConnectionAbortedError):
                pass


main()
