"""selectors, and what to call as the data; a connection's object registers itself, and changes what is called with its data."""

import selectors
import socket
from functools import partial

selector = selectors.DefaultSelector()


class Talk:
    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.outbox = bytearray()
        self.over = False
        self.state = self.first
        sock.setblocking(False)
        selector.register(sock, selectors.EVENT_READ, self.ready)

    def ready(self, mask: int) -> None:
        try:
            if mask & selectors.EVENT_READ:
                data = self.sock.recv(4096)
                self.over = not data
                self.state(data)
            if mask & selectors.EVENT_WRITE:
                count = self.sock.send(self.outbox)
                del self.outbox[:count]
        except ConnectionError:
            self.outbox.clear()
            self.over = True
        self.rearm()

    def first(self, data: bytes) -> None:
        self.outbox += b"hello " + data
        self.state = self.later

    def later(self, data: bytes) -> None:
        self.outbox += data

    def rearm(self) -> None:
        wanted = 0 if self.over else selectors.EVENT_READ
        wanted |= selectors.EVENT_WRITE if self.outbox else 0
        if wanted:
            selector.modify(self.sock, wanted, self.ready)
        else:
            selector.unregister(self.sock)
            self.sock.close()


def accept(listener: socket.socket, _mask: int) -> None:
    Talk(listener.accept()[0])


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 8080))
    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ, partial(accept, listener))
    while True:
        for key, mask in selector.select():
            key.data(mask)


main()
