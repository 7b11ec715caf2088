"""Wait in a framework: `socketserver.TCPServer` accepts one client, calls a handler, and takes the next when it returns.

Good for: the smallest servers of the standard library, and for knowing what http.server and xmlrpc.server stand on.
Costs: what `blocking` costs; `shutdown` takes half a second, as the loop looks at its flag when its selector times out.
Traps: `request_queue_size` is 5, so a burst of clients is dropped; `shutdown` from a handler deadlocks; at EMFILE the
loop spins.

On asyncio: `start_server` with a lock. On trio and anyio: `serve_tcp` and `create_tcp_listener` with one place.
"""

import socketserver

from models.ground.conversation import Service
from models.ground.frameworks import Server
from models.ground.listener import Listener
from models.ground.peer import POLLIN, Peer
from models.ground.program import run

PROFILE = {"capacity": 1}


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


def serve(listener: Listener, service: Service) -> None:
    # listen
    listener.setblocking(True)
    server = Server(listener, service, Handler)
    # wait: serve_forever has a selector
    # accept: get_request, when it is ready
    # close: shutdown_request, when the handler returns
    server.serve_until_stopped()


if __name__ == "__main__":
    run(serve)
