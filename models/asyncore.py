"""Wait in the standard library's first event loop: a dispatcher for each socket says what it wants and is called back.

Good for: reading code from before 2014; it left the standard library in 3.12 and lives on as the package pyasyncore.
Costs: O(n) a turn, as `readable` and `writable` of every dispatcher are asked each time before select or poll is.
Traps: a map of sockets for the whole program; `loop` ends when the map is empty; an exception in a handler closes the
channel and prints a compact traceback; `dispatcher_with_send` buffers without a bound; `handle_close` is called for
EOF, so half-close is lost unless
`recv` is left alone.

On asyncio: a Protocol. On trio and anyio: `serve_tcp` and `listener.serve`.
"""

import socket

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import POLLIN, POLLOUT, Peer
from models.ground.program import require, run

asyncore = require("asyncore", package="pyasyncore")
LOOK = 1.0  # seconds after which the loop asks everybody again, come what may


class Channel(asyncore.dispatcher):  # type: ignore[misc, name-defined]  # asyncore has no types any more
    """One client."""

    def __init__(self, peer: Peer, channels: dict[int, object]) -> None:
        super().__init__(peer.connection, channels)
        self.peer = peer
        self.channels = channels

    def readable(self) -> bool:
        return bool(self.peer.interest & POLLIN)

    def writable(self) -> bool:
        return bool(self.peer.interest & POLLOUT)

    def handle_read(self) -> None:
        # read
        self.peer.receive()
        self.handle_write()

    def handle_write(self) -> None:
        # reply
        self.peer.interest = self.peer.reply()
        if not self.peer.interest:
            self.handle_close()

    def handle_expt(self) -> None:
        self.peer.connection.recv(1, socket.MSG_OOB)  # TCP's urgent byte: as long as it is there, poll returns at once

    def handle_close(self) -> None:
        # close
        if self.peer.descriptor in self.channels:  # POLLHUP calls it once more, after handle_read has
            del self.channels[self.peer.descriptor]
            self.peer.close()


class Door(asyncore.dispatcher):  # type: ignore[misc, name-defined]
    """The listener."""

    def __init__(self, listener: Listener, service: Service, channels: dict[int, object]) -> None:
        super().__init__(listener.socket, channels)
        self.accepting = True
        self.listener = listener
        self.service = service
        self.channels = channels

    def readable(self) -> bool:
        return bool(self.listener.wanted)

    def writable(self) -> bool:
        return False

    def handle_accept(self) -> None:
        # accept
        while peer := self.listener.accept(self.service):
            Channel(peer, self.channels)


def serve(listener: Listener, service: Service) -> None:
    # listen
    listener.setblocking(False)
    channels: dict[int, object] = {}
    door = Door(listener, service, channels)
    while listener.open:
        # wait
        asyncore.loop(LOOK, use_poll=True, map=channels, count=1)
    door.del_channel(channels)
    asyncore.loop(LOOK, use_poll=True, map=channels)


if __name__ == "__main__":
    run(serve)
