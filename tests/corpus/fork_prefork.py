# corpus
#   what: N processes forked before the first client, all accepting on one listener
#   service: upper
#   run: {file} {port}
#   capacity: 4
#   unit: PreforkServer server prefork
#   finds: IOM103 IOM104 IOM105
# /corpus
"""Master forks the workers, waits, and forks another when one dies."""
import os
import signal
import socket
import sys


class PreforkServer(object):
    num_children = 4

    def __init__(self, port):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(128)
        self.children = set()

    def spawn(self):
        pid = os.fork()
        if pid:
            self.children.add(pid)
            return
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            self.child_main()
        finally:
            os._exit(0)

    def child_main(self):
        while True:
            conn, _ = self.listener.accept()
            try:
                self.serve(conn)
            except OSError as e:
                sys.stderr.write("[%d] %s\n" % (os.getpid(), e))
            conn.close()

    def serve(self, conn):
        while True:
            data = conn.recv(65536)
            if not data:
                break
            conn.sendall(data.upper())

    def terminate(self, signum, frame):
        for pid in self.children:
            os.kill(pid, signal.SIGTERM)
        sys.exit(0)

    def run(self):
        signal.signal(signal.SIGTERM, self.terminate)
        signal.signal(signal.SIGINT, self.terminate)
        for _ in range(self.num_children):
            self.spawn()
        while True:
            pid, status = os.wait()
            self.children.discard(pid)
            self.spawn()


if __name__ == "__main__":
    PreforkServer(int(sys.argv[1])).run()
