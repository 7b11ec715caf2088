"""Wait for completion: a BufferedProtocol hands out the buffer first, and is told when it has been filled.

Good for: what io_uring is good for to its caller: input lands where one wants it, in a buffer that all connections share.
Costs: a copy less than a Protocol, a call more; beneath it the loop waits for readiness (epoll) all the same. A proactor loop,
Windows' own, is completion throughout.
Trap: the buffer is one's own only until the next `get_buffer`: what is to be kept must be taken out at once.

A literal counterpart of models/io_uring.py and its provided buffers. On trio and anyio: byte streams, whose reads complete with
the data. In practice: threads.
"""

import asyncio
from functools import partial
from typing import cast

from async_models.ground.asyncio import CHUNK, POLLIN, Listener, Peer, run
from models.ground.conversation import Service


async def serve(listener: Listener, service: Service) -> None:
    # listen
    # accept
    while peer := await listener.arrival(service):
        await peer.connect(partial(Channel, peer))
    await listener.vacated()


class Channel(asyncio.BufferedProtocol):
    __slots__ = ("peer", "transport")

    transport: asyncio.Transport
    shared = memoryview(bytearray(CHUNK))  # one for all: what has come is taken out before the next is read

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # not every loop's is a subclass
        self.peer.attach(self.transport)

    def get_buffer(self, _sizehint: int) -> memoryview:
        return self.shared

    def buffer_updated(self, count: int) -> None:
        # read
        self.peer.take(self.shared[:count].tobytes())
        self.go_on()

    def eof_received(self) -> bool:
        self.peer.take(b"")
        self.go_on()
        return True  # the transport stays open: what is owed has still to go

    def pause_writing(self) -> None:
        self.peer.stuck = True

    def resume_writing(self) -> None:
        self.peer.stuck = False
        self.go_on()

    def go_on(self) -> None:
        # reply
        peer = self.peer
        wanted = peer.reply()
        # wait: by being called back, for input too as long as it is wanted
        if wanted != peer.interest:
            peer.interest = wanted
            if not wanted:
                self.transport.close()
            else:
                self.transport.resume_reading() if wanted & POLLIN else self.transport.pause_reading()

    def connection_lost(self, error: Exception | None) -> None:
        # close
        self.peer.leave(error)


if __name__ == "__main__":
    run(serve)
