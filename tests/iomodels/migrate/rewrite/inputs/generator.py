"""Lines from a generator that receives."""

import socket
import sys
import threading
from collections.abc import Iterator


def lines(conn: socket.socket) -> Iterator[bytes]:
    """The lines of a connection, each with its LF."""
    buffer = b""
    while data := conn.recv(4096):
        *whole, buffer = (buffer + data).split(b"\n")
        for line in whole:
            yield line + b"\n"
    if buffer:
        yield buffer


def talk(conn: socket.socket) -> None:
    with conn:
        for number, line in enumerate([b"hello\n"]):
            conn.sendall(line * (number + 1))
        for line in lines(conn):
            conn.sendall(line.upper())


def serve(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            conn, _ = listener.accept()
            threading.Thread(target=talk, args=(conn,)).start()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
