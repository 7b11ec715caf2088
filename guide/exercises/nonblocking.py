"""models/nonblocking.py with a pause that adapts: short while there is news, doubled by each turn without, up to a bound.

An idle server then asks ten times a second instead of a thousand times, and passes `leaks/cpu-idle`, which the model is not
even asked. The price is the first request after a silence: it waits for up to `--longest`. Those behind it do not.
"""

import time
from typing import Annotated

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import POLLIN, Peer
from models.ground.program import run

SHORTEST = 0.001  # seconds: the model's own pause


def serve(
    listener: Listener,
    service: Service,
    *,
    longest: Annotated[float, "seconds to sleep at most"] = 0.1,
) -> None:
    listener.setblocking(False)
    peers: set[Peer] = set()
    pause = SHORTEST
    while listener.open or peers:
        news = False
        while newcomer := listener.accept(service):
            peers.add(newcomer)
            news = True
        for peer in list(peers):
            if peer.interest & POLLIN:
                news |= peer.receive()
            owed = len(peer.conversation.unsent)
            peer.interest = peer.reply()
            news |= len(peer.conversation.unsent) != owed
            if not peer.interest:
                peers.remove(peer)
                peer.close()
        if news:
            pause = SHORTEST
        else:
            time.sleep(pause)
            pause = min(2 * pause, longest)  # without a bound, an hour of silence would cost the next client another


if __name__ == "__main__":
    run(serve)
