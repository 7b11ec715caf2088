"""Shout from a thread for each client, with socketserver."""

import socketserver
import sys
from contextlib import suppress

import trio

from iomodels import bridge


class Shout(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while data := self.connection.recv(65536):
            self.wfile.write(data.upper())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True  # at Ctrl-C nobody waits for them


async def main(port: int) -> None:
    with Server(("127.0.0.1", port), Shout) as server:
        print(f"listening on 127.0.0.1:{server.server_address[1]}", flush=True)
        await bridge.serve(server=server)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        trio.run(main, int(sys.argv[1]))
