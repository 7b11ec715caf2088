"""Wait in a process for each client: the parent accepts and forks, the child serves with plain blocking calls and ends.

Good for: isolation. A client's crash, leak or memory is its own child's; children may drop privileges, and use every core.
Costs: a fork for each client, some hundred microseconds and pages of memory; nothing is shared, not even a cache.
Traps: a parent that keeps the connection open keeps the client from ever seeing FIN; a child that keeps the listener keeps the
port. Children that are not waited for stay as zombies (wait(2)). Fork may fail (RLIMIT_NPROC): that costs the new client alone.

On asyncio, trio and anyio: a child for each client, handed the connection by descriptor.
"""

from functools import partial

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import POLLIN, Peer
from models.ground.processes import Children
from models.ground.program import run

PROFILE = {"isolation": "process", "state": "connection"}


def serve(listener: Listener, service: Service) -> None:
    # listen
    listener.setblocking(False)
    children = Children(listener)
    while listener.open or children:
        # wait
        if not children.wait():
            continue
        # accept: one a turn, or a stop would go unheard as long as clients keep coming
        if peer := listener.accept(service):
            try:
                children.fork(partial(converse, peer), ended=peer.close, peer=peer)
            except OSError as error:
                peer.refuse(f"no process for it: {error.strerror}")
            else:
                peer.connection.close()  # the child's now; the peer counts as served until the child has ended


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
    run(serve, forks=True)
