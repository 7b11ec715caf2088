"""Do not wait: ask every socket, again and again, and be told "not yet" (EAGAIN) by all but a few.

Good for: seeing what a poller is for; loops that must turn anyway (a game's frame, a device without a descriptor).
Costs: a call for each socket and turn, and a whole core with `--pause 0`; else as much latency as it is long.
Trap: EAGAIN is an answer, not an error; a program that treats it as one, or sleeps longer each time, loses clients or time.

On asyncio: the same with `sleep(0)`. On trio and anyio: with `checkpoint()`.
"""

import time
from typing import Annotated

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import POLLIN, Peer
from models.ground.program import run

PROFILE = {"not_applicable": {"leaks/cpu-idle": "it polls: asking all the time is what the model is"}}


def serve(
    listener: Listener, service: Service, *, pause: Annotated[float, "seconds to sleep after a turn without news"] = 0.001
) -> None:
    # listen
    listener.setblocking(False)
    peers: set[Peer] = set()
    while listener.open or peers:
        # accept
        news = False
        while newcomer := listener.accept(service):
            peers.add(newcomer)
            news = True
        for peer in list(peers):
            # read
            if peer.interest & POLLIN:
                news |= peer.receive()
            # reply
            owed = len(peer.conversation.unsent)
            peer.interest = peer.reply()
            news |= len(peer.conversation.unsent) != owed
            # close
            if not peer.interest:
                peers.remove(peer)
                peer.close()
        # wait
        if not news and pause:
            time.sleep(pause)


if __name__ == "__main__":
    run(serve)
