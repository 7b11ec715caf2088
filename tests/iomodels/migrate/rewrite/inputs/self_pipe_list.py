"""select on a list that has everything in it, the pipe as well; an attribute ends the loop, from within the inner one."""

import logging
import select
import signal
import socket
import sys

log = logging.getLogger(__name__)


class Server:
    def __init__(self, host, port):
        self.server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.bind((host, port))
        self.server.listen(5)
        self.inputs = [self.server]
        self.r, self.w = socket.socketpair()
        self.inputs.append(self.r)
        self.running = False

    def handle(self, signum, frame):
        self.w.send(b"x")

    def run(self):
        signal.signal(signal.SIGTERM, self.handle)
        signal.signal(signal.SIGINT, self.handle)
        self.running = True
        while self.running:
            readable, _, _ = select.select(self.inputs, [], [])
            for s in readable:
                if s is self.r:
                    self.r.recv(1)
                    log.info("shutting down")
                    self.running = False
                    break
                if s is self.server:
                    conn, addr = s.accept()
                    self.inputs.append(conn)
                    continue
                data = s.recv(1024)
                if not data:
                    self.inputs.remove(s)
                    s.close()
                    continue
                s.sendall(data.upper())
        for s in self.inputs:
            s.close()
        self.w.close()


if __name__ == "__main__":
    Server("127.0.0.1", int(sys.argv[1])).run()
