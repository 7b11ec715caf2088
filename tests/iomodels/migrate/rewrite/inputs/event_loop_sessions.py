"""selectors with an object in data, that asks its server to watch it, or to let it go; None is the listener's data."""

import selectors
import socket


class Session:
    def __init__(self, server, sock):
        self.server = server
        self.sock = sock
        self.pending = b""
        self.ending = False

    def handle(self, mask):
        if mask & selectors.EVENT_READ:
            self.read()
        if mask & selectors.EVENT_WRITE:
            self.write()
        if self.ending and not self.pending:
            self.server.remove(self)
        else:
            self.server.update(self)

    def read(self):
        data = self.sock.recv(4096)
        self.pending += data
        self.ending = not data

    def write(self):
        count = self.sock.send(self.pending)
        self.pending = self.pending[count:]

    def events(self):
        mask = 0
        if self.pending:
            mask |= selectors.EVENT_WRITE
        if not self.ending:
            mask |= selectors.EVENT_READ
        return mask


class Server:
    def __init__(self, port):
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", port))
        self.selector.register(self.listener, selectors.EVENT_READ)

    def update(self, session):
        self.selector.modify(session.sock, session.events(), session)

    def remove(self, session):
        self.selector.unregister(session.sock)
        session.sock.close()

    def run(self):
        while True:
            for key, mask in self.selector.select():
                session = key.data
                if session is None:
                    sock, _ = self.listener.accept()
                    self.selector.register(sock, selectors.EVENT_READ, Session(self, sock))
                else:
                    session.handle(mask)


Server(8080).run()
