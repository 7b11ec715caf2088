"""Wait in the call itself: accept one client, serve it to its end, then take the next.

Good for: the first server one writes, and tools with one client by nature; there is nothing simpler to get right.
Costs: everybody else waits in the backlog, however little the client at the counter has to say.
Trap: a client that connects and says nothing keeps the counter for as long as it likes.

On asyncio, trio and anyio: the same, with each call awaited in line; the loop is there, and has nothing else to do.
"""

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import POLLIN, Peer
from models.ground.program import run

PROFILE = {"capacity": 1}


def serve(listener: Listener, service: Service) -> None:
    # listen
    listener.setblocking(True)
    # wait: accept sleeps until a client comes, or the listener is shut down
    # accept
    while peer := listener.accept(service):
        converse(peer)


def converse(peer: Peer) -> None:
    wanted = POLLIN
    while wanted:
        # read
        if wanted & POLLIN:
            peer.receive()
        # reply
        wanted = peer.reply()
    # close
    peer.close()


if __name__ == "__main__":
    run(serve)
