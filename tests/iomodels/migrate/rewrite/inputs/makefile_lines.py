"""Lines from a file of bytes, replies through another, both passed on."""

import socket
import sys

LIMIT = 1000


def session(rfile, wfile):
    for line in iter(lambda: rfile.readline(LIMIT), b""):
        wfile.write(line.upper())
        wfile.flush()


def run(port):
    server = socket.create_server(("127.0.0.1", port))
    while True:
        sock, _ = server.accept()
        with sock, sock.makefile("rb") as rfile:
            wfile = sock.makefile("wb")
            session(rfile, wfile)
            wfile.close()


if __name__ == "__main__":
    run(int(sys.argv[1]))
