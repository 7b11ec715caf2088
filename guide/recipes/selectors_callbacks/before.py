"""Serve many clients with callbacks: the `data` of each key is what to call when its socket is ready."""

import selectors
import socket
import sys
from collections.abc import Callable
from functools import partial

HIGH_WATER = 65536  # bytes in an outbox above which nothing more is read from its client
NAME_LIMIT = 100  # bytes in which a client must have said its name

selector = selectors.DefaultSelector()


class Conversation:
    """First a client says its name, a line; from then on, whatever it says comes back in upper case."""

    def __init__(self, client: socket.socket) -> None:
        self.client = client
        self.inbox = b""
        self.outbox = bytearray()
        self.said_all = False
        self.state: Callable[[bytes], None] = self.read_name
        client.setblocking(False)
        selector.register(client, selectors.EVENT_READ, self.on_ready)

    def on_ready(self, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                data = self.client.recv(65536)
                self.said_all = not data
                self.state(data)
            if self.outbox:
                sent = self.client.send(self.outbox)
                del self.outbox[:sent]
        except BlockingIOError:
            pass
        except OSError as error:
            print(f"lost a client: {error}", file=sys.stderr)
            self.outbox.clear()
            self.said_all = True
        self.wait_for_more()

    def read_name(self, data: bytes) -> None:
        self.inbox += data
        name, newline, rest = self.inbox.partition(b"\n")
        if len(name) > NAME_LIMIT:
            raise ConnectionError("its name is too long")
        if newline:
            self.outbox += b"hello " + name + b"\n"
            self.state = self.shout
            self.shout(rest)

    def shout(self, data: bytes) -> None:
        self.outbox += data.upper()

    def wait_for_more(self) -> None:
        wanted = 0 if self.said_all or len(self.outbox) >= HIGH_WATER else selectors.EVENT_READ
        wanted |= selectors.EVENT_WRITE if self.outbox else 0
        if wanted:
            selector.modify(self.client, wanted, self.on_ready)
        else:
            selector.unregister(self.client)
            self.client.close()


def accept(listener: socket.socket, _events: int) -> None:
    try:
        Conversation(listener.accept()[0])
    except (BlockingIOError, ConnectionAbortedError):
        pass  # it has left already


def main(port: int) -> None:
    listener = socket.create_server(("127.0.0.1", port))
    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ, partial(accept, listener))
    print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        for key, events in selector.select():
            key.data(events)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
