# corpus
#   what: relay with two threads for each client, one for each direction
#   service: own
#   run: {file} {port}
#   unit: Pump server and client threads
#   unit: - server and client threads
#   finds: IOM102 IOM104 IOM105 IOM107
# /corpus
"""TCP port forwarder: what comes in is passed on to $UPSTREAM (HOST:PORT, default 127.0.0.1:7), and back. The end of one direction
is passed on as such; the other goes on."""
import os
import socket
import sys
import threading

UPSTREAM = os.environ.get("UPSTREAM", "127.0.0.1:7")


class Pump(threading.Thread):
    def __init__(self, source, sink, done):
        threading.Thread.__init__(self)
        self.daemon = True
        self.source, self.sink, self.done = source, sink, done

    def run(self):
        try:
            while 1:
                piece = self.source.recv(8192)
                if not piece:
                    break
                self.sink.sendall(piece)
        except OSError:
            pass
        try:
            self.sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        self.done(self)


class Pair:
    """Both directions of one client; closes the sockets when the second one has ended."""

    def __init__(self, inner, outer):
        self.sockets = (inner, outer)
        self.lock = threading.Lock()
        self.left = 2

    def start(self):
        inner, outer = self.sockets
        Pump(inner, outer, self.finished).start()
        Pump(outer, inner, self.finished).start()

    def finished(self, pump):
        with self.lock:
            self.left -= 1
            if self.left:
                return
        for sock in self.sockets:
            sock.close()


def main():
    host, _, port = UPSTREAM.rpartition(":")
    door = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=20)
    while 1:
        inner, _addr = door.accept()
        try:
            outer = socket.create_connection((host, int(port)), timeout=5)
        except OSError as why:
            sys.stderr.write("%s: %s\n" % (UPSTREAM, why))
            inner.close()
            continue
        outer.settimeout(None)
        Pair(inner, outer).start()


if __name__ == "__main__":
    main()
