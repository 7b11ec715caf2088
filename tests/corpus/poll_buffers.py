# corpus
#   what: poll with POLLOUT only while something is owed, and POLLIN only while not too much is; a class
#   service: upper
#   run: {file} {port}
#   unit: PollServer server poll
#   finds: IOM105 IOM111 IOM208
# /corpus
"""Upper-case server on poll(2) that never waits for a slow reader, and never buffers much for one."""

from select import POLLERR, POLLHUP, POLLIN, POLLOUT, poll
import socket
import sys

TOO_MUCH = 256 * 1024


class PollServer:
    def __init__(self, port):
        self.poll = poll()
        self.socks = {}
        self.out = {}
        self.eof = set()
        self.listen_sock = self.bind(port)
        self.listen_fd = self.listen_sock.fileno()
        self.poll.register(self.listen_fd, POLLIN)

    def bind(self, port):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
        sock.listen(256)
        sock.setblocking(False)
        return sock

    def loop(self):
        while True:
            for fd, ev in self.poll.poll():
                if fd == self.listen_fd:
                    self.do_accept()
                elif fd in self.socks:
                    self.dispatch(fd, ev)

    def dispatch(self, fd, ev):
        try:
            if ev & POLLIN:
                self.do_read(fd)
            if ev & POLLOUT:
                self.do_write(fd)
            if ev & (POLLERR | POLLHUP) and not ev & (POLLIN | POLLOUT):
                raise ConnectionResetError
        except OSError:
            self.do_close(fd)
            return
        if fd in self.eof and not self.out[fd]:
            self.do_close(fd)
        else:
            self.interest(fd)

    def interest(self, fd):
        mask = 0
        if fd not in self.eof and len(self.out[fd]) < TOO_MUCH:
            mask |= POLLIN
        if self.out[fd]:
            mask |= POLLOUT
        self.poll.modify(fd, mask)

    def do_accept(self):
        try:
            sock, _ = self.listen_sock.accept()
        except BlockingIOError:
            return
        sock.setblocking(False)
        fd = sock.fileno()
        self.socks[fd] = sock
        self.out[fd] = b""
        self.poll.register(fd, POLLIN)

    def do_read(self, fd):
        data = self.socks[fd].recv(16384)
        if data:
            self.out[fd] += data.upper()
        else:
            self.eof.add(fd)

    def do_write(self, fd):
        try:
            sent = self.socks[fd].send(self.out[fd])
        except BlockingIOError:
            return
        self.out[fd] = self.out[fd][sent:]

    def do_close(self, fd):
        self.poll.unregister(fd)
        self.socks.pop(fd).close()
        self.out.pop(fd)
        self.eof.discard(fd)


if __name__ == "__main__":
    PollServer(int(sys.argv[1])).loop()
