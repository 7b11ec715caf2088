"""Wait by being called back: a Protocol is told what has come, when it may write, and when it is over.

Good for: the least that asyncio can cost: no task, no Future, and the data is there when one is called.
Costs: code turned inside out, as with models/selectors.py: what happens next is spread over callbacks.
Traps: `eof_received` must return True, or the transport closes and what is answered afterwards is lost. Without `pause_writing`
a client that does not read fills the memory, and whoever stops writing must stop reading too (`pause_reading`).

A literal counterpart of models/selectors.py: callbacks by registration. On trio and anyio: a task for each client. In practice:
threads.
"""

import asyncio
from functools import partial
from typing import cast

from async_models.ground.asyncio import POLLIN, Listener, Peer, run
from models.ground.conversation import Service


async def serve(listener: Listener, service: Service) -> None:
    # listen
    # accept
    while peer := await listener.arrival(service):
        await peer.connect(partial(Channel, peer))
    await listener.vacated()


class Channel(asyncio.Protocol):
    __slots__ = ("peer", "transport")

    transport: asyncio.Transport

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # not every loop's is a subclass
        self.peer.attach(self.transport)

    def data_received(self, data: bytes) -> None:
        # read
        self.peer.take(data)
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
