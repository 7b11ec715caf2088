"""Answer lines, a thread for each client; who comes under a name that is in use ends the older conversation."""

import contextlib
import socket
import sys
import threading

LINE_LIMIT = 16 * 1024 * 1024  # bytes


class Session:
    def __init__(self, client: socket.socket) -> None:
        self.client = client
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True
        with contextlib.suppress(OSError):  # its client has left already
            self.client.shutdown(socket.SHUT_RD)  # wakes its thread: `recv` returns b""


sessions: dict[bytes, Session] = {}
lock = threading.Lock()


def main(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            client, _ = listener.accept()
            threading.Thread(target=attend, args=[client], daemon=True).start()


def attend(client: socket.socket) -> None:
    try:
        with client:
            converse(client)
    except OSError as error:
        print(f"lost a client: {error}", file=sys.stderr)


def converse(client: socket.socket) -> None:
    inbox = bytearray()
    name = read_line(client, inbox)
    if not name:
        return
    session = Session(client)
    with lock:
        if name in sessions:
            sessions[name].cancel()
        sessions[name] = session
    try:
        answer(client, name, inbox)
    finally:
        with lock:
            if sessions[name] is session:
                del sessions[name]
    if session.cancelled:
        client.sendall(b"replaced; unanswered: " + inbox + b"\n")


def answer(client: socket.socket, name: bytes, inbox: bytearray) -> None:
    client.sendall(b"hello " + name)
    while line := read_line(client, inbox):
        client.sendall(line.upper())


def read_line(client: socket.socket, inbox: bytearray) -> bytes:
    """The next line; b"" when none is to come. What is there of an unfinished one stays in `inbox`."""
    while b"\n" not in inbox:
        data = client.recv(65536)
        if not data:
            return b""
        inbox += data
        if len(inbox) > LINE_LIMIT:
            raise ConnectionError("a line is too long")
    end = inbox.index(b"\n") + 1
    line = bytes(inbox[:end])
    del inbox[:end]
    return line


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
