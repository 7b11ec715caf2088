"""Do not wait: ask every socket, again and again, and give way to other tasks between two turns.

Good for: seeing what the backend's own poller is for; a loop that must turn anyway, beside tasks that wait.
Costs: what models/nonblocking.py costs; without `--pause` the loop never sleeps, for the poller is asked with no patience.
Trap: without a checkpoint in each turn no other task ever runs again, and a handled signal goes unheard.

A literal counterpart of models/nonblocking.py: `checkpoint()` gives way. On asyncio: `sleep(0)`. On trio: `checkpoint()`. In
practice: threads.
"""

from typing import Annotated

import anyio

from async_models.ground.anyio import POLLIN, Listener, Peer, run
from models.ground.conversation import Service

PROFILE = {"not_applicable": {"leaks/cpu-idle": "it polls: asking all the time is what the model is"}}


async def serve(
    listener: Listener, service: Service, *, pause: Annotated[float, "seconds to sleep after a turn without news"] = 0.001
) -> None:
    # listen
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
        if news:
            await anyio.lowlevel.checkpoint()
        else:
            await anyio.sleep(pause)


if __name__ == "__main__":
    run(serve)
