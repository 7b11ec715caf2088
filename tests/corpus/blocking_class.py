# corpus
#   what: sequential server as a class, accept and handle in methods of their own
#   service: upper
#   run: {file} {port}
#   unit: EchoDaemon server blocking
#   finds: IOM101 IOM104 IOM105
# /corpus
"""A tiny daemon that sends back, in capitals, what it is sent."""
import logging
import socket
import sys

logger = logging.getLogger(__name__)


class EchoDaemon:
    """One client at a time, on purpose: the device behind it can serve only one."""

    block = 16384

    def __init__(self, host, port, backlog=50):
        self.address = (host, port)
        self.backlog = backlog
        self._listener = None
        self._seen = 0

    def start(self):
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(self.address)
        self._listener.listen(self.backlog)
        logger.info("waiting on %s:%d", *self.address)

    def run(self):
        self.start()
        try:
            while True:
                self._accept_one()
        finally:
            self._listener.close()
            self._listener = None

    def _accept_one(self):
        conn, peer = self._listener.accept()
        self._seen += 1
        logger.info("client %d from %s:%d", self._seen, *peer)
        try:
            self.handle(conn)
        except OSError:
            logger.exception("client %d", self._seen)
        finally:
            conn.close()
            logger.info("client %d closed", self._seen)

    def handle(self, conn):
        while True:
            block = conn.recv(self.block)
            if not block:
                return
            conn.sendall(self.transform(block))

    def transform(self, block):
        return block.upper()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    EchoDaemon("127.0.0.1", int(sys.argv[1])).run()
