# corpus
#   what: N threads that all accept on one listener
#   service: upper
#   run: LISTEN_PORT={port} {file}
#   capacity: 10
#   unit: Acceptor server thread_pool
#   unit: - server thread_pool
#   finds: IOM121 IOM104 IOM105
# /corpus
"""Settings come from the environment: LISTEN_PORT, LISTEN_THREADS."""

import os
import socket
import threading


class Acceptor(threading.Thread):
    """Accepts a client, serves it, accepts the next; the kernel hands each client to one of us."""

    def __init__(self, listener, index):
        super(Acceptor, self).__init__()
        self.listener = listener
        self.name = "acceptor-%d" % index

    def run(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with peer:
                self.copy(peer)

    def copy(self, peer):
        try:
            for block in iter(lambda: peer.recv(32768), b""):
                peer.sendall(block.upper())
        except (ConnectionResetError, BrokenPipeError):
            pass


def main():
    port = int(os.environ["LISTEN_PORT"])
    count = int(os.environ.get("LISTEN_THREADS", "10"))
    listener = socket.create_server(("127.0.0.1", port), backlog=socket.SOMAXCONN)
    threads = [Acceptor(listener, i) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
