# corpus
#   what: selectors, classes: each connection is an object in data with inb and outb, and the server modifies its events
#   service: lines
#   run: {file} {port}
#   unit: LineServer server selectors
#   finds: IOM105 IOM112 IOM208
# /corpus
"""Line server: each line comes back in capitals; QUIT ends."""

import logging
import selectors
import socket
import sys

LINE_MAX = 65536
OUT_MAX = 65536

logger = logging.getLogger(__name__)


class Session:
    def __init__(self, server, sock, addr):
        self.server = server
        self.sock = sock
        self.addr = addr
        self.inb = b""
        self.outb = b""
        self.ending = False

    def ready(self, mask):
        try:
            if mask & selectors.EVENT_READ:
                self.read()
            if mask & selectors.EVENT_WRITE:
                self.write()
        except ConnectionError as exc:
            logger.info("%s: %s", self.addr, exc)
            self.server.remove(self)
            return
        if self.ending and not self.outb:
            self.server.remove(self)
        else:
            self.server.update(self)

    def read(self):
        data = self.sock.recv(8192)
        self.inb += data
        while not self.ending and b"\n" in self.inb:
            line, self.inb = self.inb.split(b"\n", 1)
            self.process(line)
        if self.ending:
            return
        if len(self.inb) > LINE_MAX:
            self.too_long()
        elif not data:
            if self.inb:
                self.process(self.inb)
            self.ending = True

    def process(self, line):
        if len(line) > LINE_MAX:
            self.too_long()
            return
        if line.endswith(b"\r"):
            line, eol = line[:-1], b"\r\n"
        else:
            eol = b"\n"
        if line.lower() == b"quit":
            self.outb += b"BYE" + eol
            self.ending = True
        else:
            self.outb += line.upper() + eol

    def too_long(self):
        self.outb += b"ERROR line too long\n"
        self.ending = True

    def write(self):
        n = self.sock.send(self.outb)
        self.outb = self.outb[n:]

    def wants(self):
        events = 0
        if self.outb:
            events |= selectors.EVENT_WRITE
        if not self.ending and len(self.outb) < OUT_MAX:
            events |= selectors.EVENT_READ
        return events


class LineServer:
    def __init__(self, host, port):
        self.sel = selectors.DefaultSelector()
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((host, port))
        self.sock.listen(200)
        self.sock.setblocking(False)
        self.sel.register(self.sock, selectors.EVENT_READ)

    def update(self, session):
        self.sel.modify(session.sock, session.wants(), session)

    def remove(self, session):
        self.sel.unregister(session.sock)
        session.sock.close()

    def run(self):
        while True:
            for key, events in self.sel.select(timeout=None):
                session = key.data
                if session is not None:
                    session.ready(events)
                    continue
                sock, addr = self.sock.accept()
                sock.setblocking(False)
                self.sel.register(sock, selectors.EVENT_READ, Session(self, sock, addr))


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    LineServer("127.0.0.1", int(sys.argv[1])).run()
