"""Datagrams: counted and answered, until one says to stop; now and then it looks up from its work."""

import socket
import sys

PAUSE = 0.2
counts = {}


class Counter:
    def __init__(self, port):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind(("127.0.0.1", port))
        self.sock.settimeout(PAUSE)
        self.idle = 0

    def serve(self):
        running = True
        while running:
            running = self.one()

    def one(self):
        try:
            data, peer = self.sock.recvfrom(2048)
        except socket.timeout:
            self.idle += 1
            return True
        counts[peer] = counts.get(peer, 0) + 1
        answer(self.sock, b"%d %b" % (counts[peer], data), peer)
        return data != b"stop"


def answer(sock, text, peer):
    if not sock.sendto(text, peer):
        print("nothing was sent")


if __name__ == "__main__":
    counter = Counter(int(sys.argv[1]))
    counter.serve()
    counter.sock.close()
    print("idle" if counter.idle else "busy")
