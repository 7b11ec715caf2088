# corpus
#   what: relay of two sockets on select, a thread for each pair; it brings a target along
#   service: upper
#   run: {file} {port}
#   unit: Relay server and client threads
#   unit: Backend server threads
#   finds: IOM102 IOM104 IOM105 IOM107 IOM108 IOM110 IOM208
# /corpus
"""relay PORT [HOST:PORT]: pass on what comes, both ways."""

import select
import socket
import sys
import threading

SIZE = 16384


class Backend(threading.Thread):
    """What there is to relay to when nothing else is given: it upper-cases."""

    def __init__(self):
        super().__init__(daemon=True)
        self.sock = socket.socket()
        self.sock.bind(("127.0.0.1", 0))
        self.sock.listen(128)

    @property
    def address(self):
        return self.sock.getsockname()

    def run(self):
        while True:
            conn, _ = self.sock.accept()
            threading.Thread(target=self.shout, args=(conn,), daemon=True).start()

    @staticmethod
    def shout(conn):
        with conn:
            try:
                while True:
                    data = conn.recv(SIZE)
                    if not data:
                        break
                    conn.sendall(data.upper())
            except OSError:
                pass


class Relay:
    def __init__(self, port, target):
        self.port = port
        self.target = target

    def forever(self):
        inlet = socket.socket()
        inlet.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        inlet.bind(("127.0.0.1", self.port))
        inlet.listen(128)
        while True:
            near, _ = inlet.accept()
            t = threading.Thread(target=self.pair, args=[near])
            t.daemon = True
            t.start()

    def pair(self, near):
        try:
            far = socket.create_connection(self.target, timeout=10)
        except OSError as e:
            print("relay: %s:%d: %s" % (self.target + (e,)), file=sys.stderr)
            near.close()
            return
        far.settimeout(None)
        try:
            self.pump(near, far)
        except OSError:
            pass
        finally:
            near.close()
            far.close()

    def pump(self, near, far):
        other = {near: far, far: near}
        sources = [near, far]
        while sources:
            for source in select.select(sources, [], [])[0]:
                data = source.recv(SIZE)
                if data:
                    other[source].sendall(data)
                else:
                    sources.remove(source)
                    other[source].shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        host, _, port = sys.argv[2].rpartition(":")
        goal = (host, int(port))
    else:
        backend = Backend()
        backend.start()
        goal = backend.address
    Relay(int(sys.argv[1]), goal).forever()
