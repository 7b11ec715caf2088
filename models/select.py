"""Wait with select: hand the kernel every descriptor, each time, and be told which of them are ready.

Good for: a few hundred clients in one thread, on any system; no locks, no race between two clients.
Costs: each wait copies and scans all the descriptors, busy or not, so it is O(n) where epoll is O(ready).
Trap: FD_SETSIZE (1024) bounds the descriptor's number, not their count; Python raises ValueError beyond it (select(2)), and
a server that does not look is ended by its 1021st client.

On asyncio: add_reader and add_writer on a loop with SelectSelector. On trio and anyio: wait_readable and wait_writable.
"""

import select

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import POLLIN, POLLOUT, Peer
from models.ground.program import run

FD_SETSIZE = 1024  # select(2): fixed in the kernel's and the C library's headers

PROFILE = {"capacity": FD_SETSIZE}


def serve(listener: Listener, service: Service) -> None:
    # listen
    listener.setblocking(False)
    peers: dict[int, Peer] = {}
    while listener.open or peers:
        # wait
        readers = [descriptor for descriptor, peer in peers.items() if peer.interest & POLLIN]
        writers = [descriptor for descriptor, peer in peers.items() if peer.interest & POLLOUT]
        listening = [listener.fileno()] if listener.wanted else []
        readable, writable, _ = select.select(listening + readers, writers, [], listener.patience)
        # read
        for descriptor in peers.keys() & readable:
            peers[descriptor].receive()
        # reply
        for descriptor in peers.keys() & {*readable, *writable}:
            peer = peers[descriptor]
            peer.interest = peer.reply()
            # close
            if not peer.interest:
                del peers[descriptor]
                peer.close()
        # accept
        if listener.fileno() in readable:
            while newcomer := listener.accept(service):
                if newcomer.descriptor < FD_SETSIZE:
                    peers[newcomer.descriptor] = newcomer
                else:
                    newcomer.refuse(f"descriptor {newcomer.descriptor} is beyond FD_SETSIZE ({FD_SETSIZE})")


if __name__ == "__main__":
    run(serve)
