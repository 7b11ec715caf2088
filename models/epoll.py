"""Wait with epoll: the kernel keeps the set of descriptors, and each wait returns those that are ready, however many there are.

Good for: thousands of clients in one thread. Linux only (kqueue elsewhere).
Costs: a wait costs what is ready, not what is open; each change of what is wanted is a system call of its own (epoll_ctl(2)).
Level-triggered, a descriptor is reported as long as it is ready. Edge-triggered (`--edge`), once when it becomes ready: it
must then be read and written until EAGAIN, and yet in turns, or one greedy client starves the rest (epoll(7)).
Trap: a registration belongs to the open file, not to the number. Unregister before closing, or after a dup or a fork the
kernel goes on reporting a descriptor that by then is somebody else's.

On asyncio: add_reader and add_writer on the default loop. On trio and anyio: wait_readable and wait_writable.
"""

import select
from typing import Annotated

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import POLLIN, POLLOUT, Peer
from models.ground.program import Unavailable, run

Edge = Annotated[bool, "edge-triggered: be told once, then go on until EAGAIN"]


def serve(listener: Listener, service: Service, *, edge: Edge = False) -> None:
    # listen
    listener.setblocking(False)
    poller = select.epoll()
    trigger = POLLIN | POLLOUT | select.EPOLLET if edge else POLLIN
    peers: dict[int, Peer] = {}
    again: list[tuple[int, int]] = []  # edge-triggered: those that were not done until EAGAIN have another turn
    listening = 0
    while listener.open or peers:
        if listening != listener.wanted:
            listening = listener.wanted
            poller.register(listener, trigger) if listening else poller.unregister(listener)
        # wait
        ready = poller.poll(0 if again else listener.patience) + again
        again = []
        for descriptor, _ in ready:
            peer = peers.get(descriptor)
            if peer is None:
                # accept
                while newcomer := listener.accept(service):
                    peers[newcomer.descriptor] = newcomer
                    poller.register(newcomer, trigger)
                continue
            # read: whatever was reported; EPOLLHUP and EPOLLERR come unasked, and reading tells what they mean
            more = peer.interest & POLLIN and peer.receive()
            # reply
            wanted = peer.reply()
            if not wanted:
                # close
                poller.unregister(descriptor)
                del peers[descriptor]
                peer.close()
            elif edge:
                if more or wanted & ~peer.interest & POLLIN or (wanted & POLLOUT and not peer.stuck):
                    again.append((descriptor, 0))
                peer.interest, peer.stuck = wanted, False
            elif wanted != peer.interest:
                peer.interest = wanted
                poller.modify(descriptor, wanted)


def check() -> None:
    if not hasattr(select, "epoll"):
        raise Unavailable("epoll is Linux's alone; models.selectors takes the best poller there is")


if __name__ == "__main__":
    run(serve, needs=check)
