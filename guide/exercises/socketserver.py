"""ThreadingTCPServer with a bound: no more than `workers` clients are served at once, the others wait in the backlog.

ThreadingMixIn starts a thread for each client, however many come. Here a place is taken before a client is accepted, and given
back when its thread has ended. While all are taken, `get_request` waits for one; it does so for `patience` seconds at most and
then raises OSError, which `serve_forever` takes for a client that has gone: it looks whether `shutdown` was called, and comes
again. Run it, and talk to it with `nc`: python -m guide.exercises.socketserver [PORT [WORKERS]]
"""

import socket
import socketserver
import sys
import threading
from typing import Any


class BoundedServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 128  # the backlog is where the surplus waits: 5 would be too short
    patience = 0.5  # seconds to wait for a place before looking whether to stop

    def __init__(self, address: tuple[str, int], handler: type[socketserver.BaseRequestHandler], workers: int) -> None:
        self.places = threading.BoundedSemaphore(workers)
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        if not self.places.acquire(timeout=self.patience):
            raise BlockingIOError("all places are taken")
        try:
            return super().get_request()
        except OSError:
            self.places.release()
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request(request, client_address)
        except BaseException:  # there can be no more threads: nobody else would give the place back
            self.places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.places.release()


class Upper(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line.upper())


def main(port: int = 8080, workers: int = 4) -> None:
    with BoundedServer(("127.0.0.1", port), Upper, workers) as server:
        print(f"listening on 127.0.0.1:{server.server_address[1]}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
