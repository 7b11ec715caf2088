"""Wait in one of N threads: each takes a client from the listener, serves it to its end, and takes the next.

Good for: a bound on threads and on the work done at once, set in advance; databases and other blocking back ends.
Costs: client N+1 waits, however idle the first N are: a pool of threads is for short conversations.
Trap: accepting in one thread and handing over by a queue makes a second backlog without a bound. Here every worker accepts for
itself: the only queue is the kernel's, and accept wakes one sleeper for each client (exclusive wait; no thundering herd).

On asyncio: N accepting tasks. On trio and anyio: a CapacityLimiter.
"""

import threading
from typing import Annotated

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import POLLIN, Peer
from models.ground.program import run

WORKERS = 16
PROFILE = {"capacity": WORKERS}


def serve(listener: Listener, service: Service, *, workers: Annotated[int, "how many threads serve"] = WORKERS) -> None:
    # listen
    listener.setblocking(True)
    threads = [threading.Thread(target=work, args=(listener, service)) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def work(listener: Listener, service: Service) -> None:
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
