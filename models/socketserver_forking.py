"""Wait in a framework, with a process for each request: `socketserver.ForkingTCPServer`.

Good for: what `fork` is good for, by changing a base class.
Costs: what `fork` costs.
Traps: children that have ended are collected when the loop turns, so up to half a second later; `max_children` is 40,
and the loop blocks in waitpid when it is reached. `block_on_close` waits for all of them at the end.

On asyncio, trio and anyio: a child for each client, handed the connection by descriptor.
"""

import os
import signal
import socketserver
from types import FrameType

from models.ground.conversation import Service
from models.ground.frameworks import Server
from models.ground.listener import Listener
from models.ground.peer import POLLIN, Peer
from models.ground.processes import Lifeline, signals_held
from models.ground.program import run
from models.ground.watch import end_at_once, on_stop

PROFILE = {"isolation": "process", "state": "connection"}
MANY = 10_000  # children at once, where --max-connections does not say otherwise


class Handler(socketserver.BaseRequestHandler):
    request: Peer
    server: "ForkingServer"

    def handle(self) -> None:
        self.server.listener.leave_to_parent(self.request)
        self.server.lifeline.hold(self.server.listener)
        wanted = POLLIN
        while wanted:
            # read
            if wanted & POLLIN:
                self.request.receive()
            # reply
            wanted = self.request.reply()


class ForkingServer(socketserver.ForkingMixIn, Server):
    block_on_close = True

    def __init__(self, listener: Listener, service: Service) -> None:
        super().__init__(listener, service, Handler)
        self.max_children, listener.limit = listener.limit or MANY, None
        self.lifeline = Lifeline()

    def stop(self, number: int, _frame: FrameType | None) -> None:
        if not self.listener.open:
            for pid in self.active_children or ():
                os.kill(pid, signal.SIGKILL)
            end_at_once(number)
        self.listener.stop()
        self.lifeline.cut()

    def process_request(self, request: Peer, client_address: str) -> None:  # type: ignore[override]
        with signals_held():
            super().process_request(request, client_address)  # type: ignore[arg-type]

    def handle_error(self, request: Peer, client_address: str) -> None:  # type: ignore[override]
        request.refuse("no process for it")


def serve(listener: Listener, service: Service) -> None:
    # listen
    listener.setblocking(True)
    server = ForkingServer(listener, service)
    on_stop(server.stop)
    # wait: serve_forever has a selector
    # accept: get_request, when it is ready
    # close: shutdown_request, when the handler returns
    server.serve_until_stopped()


if __name__ == "__main__":
    run(serve, forks=True)
