"""models/selectors.py with a clock in its loop: whoever says nothing for `--idle` seconds is let go.

A loop sleeps in one place, so its clock is that place's timeout: until the earliest alarm. An alarm is not moved each time its
client speaks, which would cost a search for each message: when it rings it looks when the client last spoke, and is set anew.
"""

import heapq
import selectors
import time
from functools import partial
from typing import Annotated

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import POLLIN, POLLOUT, Peer
from models.ground.program import run

EVENTS = {POLLIN: selectors.EVENT_READ, POLLOUT: selectors.EVENT_WRITE, POLLIN | POLLOUT: 3}


def serve(listener: Listener, service: Service, *, idle: Annotated[float, "seconds of silence"] = 60.0) -> None:
    listener.setblocking(False)
    selector = selectors.DefaultSelector()
    heard: dict[Peer, float] = {}  # when each client last spoke
    alarms: list[tuple[float, int, Peer]] = []  # a heap; the number keeps peers from being compared

    def welcome() -> None:
        while peer := listener.accept(service):
            selector.register(peer, EVENTS[POLLIN], partial(converse, peer))
            heard[peer] = time.monotonic()
            heapq.heappush(alarms, (heard[peer] + idle, id(peer), peer))

    def converse(peer: Peer) -> None:
        if peer.interest & POLLIN and peer.receive():
            heard[peer] = time.monotonic()
        peer.interest = peer.reply()
        if peer.interest:
            selector.modify(peer, EVENTS[peer.interest], partial(converse, peer))
        else:
            selector.unregister(peer)
            del heard[peer]
            peer.close()

    def ring(now: float) -> None:
        while alarms and alarms[0][0] <= now:
            _, number, peer = heapq.heappop(alarms)
            if peer not in heard:
                continue  # it has left by itself
            if heard[peer] + idle <= now:
                peer.hang_up()  # it becomes readable, and what is read is the end of its input
            else:
                heapq.heappush(alarms, (heard[peer] + idle, number, peer))

    listening = 0
    while listener.open or heard:
        if listening != listener.wanted:
            listening = listener.wanted
            selector.register(listener, EVENTS[POLLIN], welcome) if listening else selector.unregister(listener)
        waits = [] if listener.patience is None else [listener.patience]
        if alarms:
            waits.append(max(0.0, alarms[0][0] - time.monotonic()))
        for key, _ in selector.select(min(waits, default=None)):
            key.data()
        ring(time.monotonic())


if __name__ == "__main__":
    run(serve)
