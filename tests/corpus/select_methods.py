# corpus
#   what: select loop in a base class, its hooks on_accept, on_read and on_close overridden below; a line protocol
#   service: lines
#   run: {file} --port {port}
#   unit: SelectServer server select
#   unit: LineServer server select
#   finds: IOM105 IOM111 IOM206 IOM208
# /corpus
import argparse
import select
import socket


class SelectServer:
    """Waits; what is to be done is for a subclass to say."""

    request_queue = 64

    def __init__(self, host, port):
        self.addr = (host, port)
        self._listening = None
        self._peers = {}
        self._running = False

    def open(self):
        self._listening = socket.socket()
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listening.bind(self.addr)
        self._listening.listen(self.request_queue)

    def run(self):
        self.open()
        self._running = True
        while self._running:
            self.run_once()

    def run_once(self):
        rlist = [self._listening] + list(self._peers)
        for sock in select.select(rlist, [], [])[0]:
            if sock is self._listening:
                self.handle_new()
            else:
                self.handle_data(sock)

    def handle_new(self):
        sock, peer = self._listening.accept()
        self._peers[sock] = peer
        self.on_accept(sock, peer)

    def handle_data(self, sock):
        try:
            chunk = sock.recv(4096)
            if chunk:
                self.on_read(sock, chunk)
            else:
                self.hang_up(sock)
        except ConnectionError:
            self.hang_up(sock)

    def hang_up(self, sock):
        if self._peers.pop(sock, None):
            self.on_close(sock)
            sock.close()

    def on_accept(self, sock, peer):
        pass

    def on_read(self, sock, chunk):
        raise NotImplementedError

    def on_close(self, sock):
        pass


class LineServer(SelectServer):
    longest = 64 * 1024

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.unfinished = {}

    def on_accept(self, sock, peer):
        self.unfinished[sock] = b""

    def on_read(self, sock, chunk):
        *complete, rest = (self.unfinished[sock] + chunk).split(b"\n")
        self.unfinished[sock] = rest
        for line in complete:
            if not self.line(sock, line):
                return
        if len(rest) > self.longest:
            self.refuse(sock)

    def line(self, sock, line):
        if len(line) > self.longest:
            return self.refuse(sock)
        text = line.rstrip(b"\r") if line.endswith(b"\r") else line
        if text.upper() == b"QUIT":
            sock.sendall(b"BYE" + line[4:] + b"\n")
            self.unfinished[sock] = b""
            self.hang_up(sock)
            return False
        sock.sendall(line.upper() + b"\n")
        return True

    def refuse(self, sock):
        sock.sendall(b"ERROR line too long\n")
        self.unfinished[sock] = b""
        self.hang_up(sock)
        return False

    def on_close(self, sock):
        rest = self.unfinished.pop(sock)
        if rest:
            self.unfinished[sock] = b""
            try:
                self.line(sock, rest)
            except OSError:
                pass
            del self.unfinished[sock]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    LineServer("127.0.0.1", options.port).run()
