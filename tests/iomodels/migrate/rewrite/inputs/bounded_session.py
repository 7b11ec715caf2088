"""One client at a time, each a session that ends when nothing comes for a while."""

import socket
import sys
from select import select


class Session:
    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def run(self):
        while True:
            ready = select([self.sock], [], [], 0.5)[0]
            if not ready:
                break
            received = self.sock.recv(512)
            if not received:
                break
            self.buffer += received
            if b"\n" not in self.buffer:
                continue
            line, self.buffer = self.buffer.split(b"\n", 1)
            if line == b"quit":
                break
            self.sock.sendall(line.upper() + b"\n")
        self.sock.close()


server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    conn, addr = server.accept()
    Session(conn).run()
