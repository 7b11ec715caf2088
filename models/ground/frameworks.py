"""What the standard library's server frameworks need in order to serve our listeners: accepting that neither spins nor dies."""

import socketserver

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import Peer

__all__ = ["Server"]


class Server(socketserver.TCPServer):
    """A TCPServer on a listener that is open already; a request is a Peer. Mix in ThreadingMixIn or ForkingMixIn as usual.

    At EMFILE `TCPServer` spins: get_request fails, the listener stays readable. Ours sleeps in get_request until there is room.
    `shutdown` must be called by another thread, and waits for a loop that may be asleep; ours ends the loop from within.
    """

    def __init__(self, listener: Listener, service: Service, handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(listener.socket.getsockname(), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener.socket
        self.listener = listener
        self.service = service

    def serve_until_stopped(self) -> None:
        """`serve_forever` until `get_request` finds the listener stopped; then wait for what is under way."""
        try:
            self.serve_forever()
        except _Stopped:
            self.server_close()

    def get_request(self) -> tuple[Peer, str]:  # type: ignore[override]  # a peer stands where the framework passes a socket
        peer = self.listener.accept(self.service)
        if peer is None:
            raise _Stopped
        return peer, peer.address

    def shutdown_request(self, request: Peer) -> None:  # type: ignore[override]
        self.close_request(request)

    def close_request(self, request: Peer) -> None:  # type: ignore[override]
        request.close()


class _Stopped(Exception):
    pass
