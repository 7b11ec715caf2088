"""Wait in a thread for each client: each of them is served with plain blocking calls, and the kernel does the rest.

Good for: up to some hundred clients; blocking libraries; code that reads like the protocol.
Costs: a stack and a switch for each client; the interpreter lock is passed on at every call, which is most of the price.
Trap: there may be no more threads (RLIMIT_NPROC, memory). Thread.start then raises; it must cost the new client alone.

On asyncio, trio and anyio: a task for each client (`start_server`, `serve_listeners`, `listener.serve`).
"""

import threading

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import POLLIN, Peer
from models.ground.program import run


def serve(listener: Listener, service: Service) -> None:
    # listen
    listener.setblocking(True)
    # wait: accept sleeps until a client comes, or the listener is shut down
    # accept
    while peer := listener.accept(service):
        try:
            threading.Thread(target=converse, args=(peer,)).start()
        except RuntimeError as error:
            peer.refuse(str(error))


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
