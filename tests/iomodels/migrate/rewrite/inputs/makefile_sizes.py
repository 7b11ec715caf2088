"""Messages with their length before them, read from a file of bytes; a length that is none is an error of the client's."""

import socket
import sys


def session(conn):
    with conn, conn.makefile("rb") as file:
        while size := file.readline():
            try:
                conn.sendall(file.read(int(size)).upper())
            except ValueError:
                conn.sendall(b"no length\n")


def run(port):
    server = socket.create_server(("127.0.0.1", port))
    while True:
        conn, _ = server.accept()
        session(conn)


if __name__ == "__main__":
    run(int(sys.argv[1]))
