"""Wait in a framework, with a thread for each request: `socketserver.ThreadingTCPServer`.

Good for: turning a `TCPServer` into one that serves many, by changing a base class.
Costs: what `threads` costs.
Traps: `daemon_threads` set, replies are cut off at exit; unset, each thread is kept until `server_close` joins it
(`block_on_close`; cpython#81374). A thread that cannot be started ends the request with a traceback, not the server.

On asyncio: `start_server`. On trio and anyio: `serve_tcp` and `create_tcp_listener`.
"""

import socketserver

from models.ground.conversation import Service
from models.ground.frameworks import Server
from models.ground.listener import Listener
from models.ground.peer import POLLIN, Peer
from models.ground.program import run


class Handler(socketserver.BaseRequestHandler):
    request: Peer

    def handle(self) -> None:
        wanted = POLLIN
        while wanted:
            # read
            if wanted & POLLIN:
                self.request.receive()
            # reply
            wanted = self.request.reply()


class ThreadingServer(socketserver.ThreadingMixIn, Server):
    block_on_close = True

    def handle_error(self, request: Peer, client_address: str) -> None:  # type: ignore[override]
        request.refuse("no thread for it")


def serve(listener: Listener, service: Service) -> None:
    # listen
    listener.setblocking(True)
    server = ThreadingServer(listener, service, Handler)
    # wait: serve_forever has a selector
    # accept: get_request, when it is ready
    # close: shutdown_request, when the handler returns
    server.serve_until_stopped()


if __name__ == "__main__":
    run(serve)
