# corpus
#   what: epoll, edge-triggered: accept, recv and send until they would block; a connection object found by descriptor
#   service: upper
#   run: {file} {port}
#   unit: EdgeServer server epoll
#   finds: IOM105 IOM111 IOM208
# /corpus
"""Edge-triggered: the kernel tells of a change once, so every call is made until it says EAGAIN."""

import errno
import select
import socket
import sys

EDGES = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET
HIGH = 1 << 18


class Conn:
    __slots__ = ("sock", "backlog", "input_over")

    def __init__(self, sock):
        self.sock = sock
        self.backlog = bytearray()
        self.input_over = False


class EdgeServer:
    def __init__(self, port):
        self.ls = socket.create_server(("127.0.0.1", port), backlog=512)
        self.ls.setblocking(False)
        self.ep = select.epoll()
        self.ep.register(self.ls, select.EPOLLIN | select.EPOLLET)
        self.conns = {}

    def serve_forever(self):
        while True:
            for fd, mask in self.ep.poll():
                if fd == self.ls.fileno():
                    self.accept_all()
                    continue
                c = self.conns[fd]
                try:
                    self.progress(c)
                except ConnectionError:
                    self.kill(c)

    def accept_all(self):
        while True:
            try:
                s, _ = self.ls.accept()
            except OSError as e:
                if e.errno in (errno.EAGAIN, errno.EWOULDBLOCK):
                    return
                raise
            s.setblocking(False)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.conns[s.fileno()] = Conn(s)
            self.ep.register(s.fileno(), EDGES)

    def progress(self, c):
        self.flush(c)
        while not c.input_over and len(c.backlog) < HIGH:
            if not self.fill(c):
                break
            self.flush(c)
        if c.input_over and not c.backlog:
            self.kill(c)

    def fill(self, c):
        try:
            data = c.sock.recv(65536)
        except BlockingIOError:
            return False
        if not data:
            c.input_over = True
        c.backlog.extend(data.upper())
        return True

    def flush(self, c):
        while c.backlog:
            try:
                n = c.sock.send(c.backlog)
            except BlockingIOError:
                return
            del c.backlog[:n]

    def kill(self, c):
        self.ep.unregister(c.sock.fileno())
        del self.conns[c.sock.fileno()]
        c.sock.close()


if __name__ == "__main__":
    EdgeServer(int(sys.argv[1])).serve_forever()
